"""Against rivals: `./dev bench --rivals`.

Stock singer-sdk, dlt and airbyte-cdk read the same server as our core, each with the settings that
its documentation advises (speed); what a tap wrote becomes typed tables, against dlt (loading); an
API misbehaves, and every engine is run against it at its defaults (faults). A full run writes
benchmarks/rivals.json, and docs/benchmarks.md from it; any other writes output/rivals.json.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import engines, run
from benchmarks.run import Case, Contender, Goal, floor, ours
from benchmarks.worlds import World

RESULTS = engines.HERE / "rivals.json"
PARTS = ("speed", "loading", "faults")


def stock(world: World, most_rounds: int = 99) -> Contender:
    """Return singer-sdk as its documentation shows it."""
    python, *command = engines.STOCK
    return Contender("stock sdk", tuple(command), world, {}, most_rounds, python=python)


def tuned(world: World, most_rounds: int = 99) -> Contender:
    """Return singer-sdk with all that its documentation advises for speed."""
    python, *command = engines.TUNED
    return Contender("tuned sdk", tuple(command), world, {}, most_rounds, python=python)


def dlt(world: World, workers: int, stage: str = "extract", most_rounds: int = 99) -> Contender:
    """Return dlt with so many workers, up to a stage."""
    python, *command = engines.DLT
    settings: dict[str, object] = {"concurrency": workers, "stage": stage}
    name = "dlt" if stage == "extract" else f"dlt {stage}"
    return Contender(name, tuple(command), world, settings, most_rounds, python=python)


def airbyte(world: World, workers: int, folder: Path) -> Contender:
    """Return Airbyte with so many workers."""
    python, *command = engines.airbyte(folder)
    settings: dict[str, object] = {"num_workers": workers}
    return Contender("airbyte", tuple(command), world, settings, python=python)


def airbyte_without_parent(world: World, workers: int, folder: Path) -> Contender:
    """Return Airbyte whose rows do not say whose they are: adding that costs it much."""
    (folder / "bare").mkdir()
    python, *command = engines.airbyte(folder / "bare", has_parent_id=False)
    settings: dict[str, object] = {"num_workers": workers}
    return Contender("airbyte, no id", tuple(command), world, settings, 1, python=python)


def cases(shrink: int, folder: Path) -> dict[str, Case]:
    """Return what is measured, with the number of parents divided by `shrink`."""
    bulk, small = World(60 // shrink, 20, 100), World(15 // shrink, 20, 100)
    slow, many = World(120 // shrink, 3, 100, latency=50), World(4_000 // shrink, 1, 10)
    readers = [ours(1, bulk), ours(8, bulk), stock(bulk), tuned(bulk), dlt(bulk, 5)]
    return {
        "bulk": Case(
            [
                *readers,
                *(dlt(bulk, 5, "normalize", 1), airbyte(bulk, 2, folder)),
                *(airbyte_without_parent(bulk, 2, folder), floor(1, bulk)),
            ],
            [
                Goal("wall_s", "stock sdk", "ours 1", at_least=3.5),
                Goal("wall_s", "dlt", "ours 1", at_least=2.5),
                Goal("wall_s", "airbyte", "ours 1", at_least=5),
            ],
        ),
        "latency": Case(
            [
                *(ours(10, slow), stock(slow, most_rounds=1), dlt(slow, 10)),
                *(airbyte(slow, 10, folder), floor(10, slow)),
            ],
            [Goal("read_s", "floor 10", "ours 10", at_least=0.95)],
        ),
        "parents": Case(
            [
                *(
                    ours(8, many),
                    stock(many, most_rounds=1),
                    tuned(many, most_rounds=1),
                    dlt(many, 5),
                ),
                *(airbyte(many, 2, folder), floor(8, many)),
            ],
            [
                Goal("wall_s", "stock sdk", "ours 8", at_least=20),
                Goal("wall_s", "dlt", "ours 8", at_least=2),
                Goal("wall_s", "airbyte", "ours 8", at_least=2),
            ],
        ),
        "memory": Case(
            [
                ours(1, small),
                ours(8, small),
                stock(small),
                dlt(small, 5),
                airbyte(small, 2, folder),
            ],
            [],
        ),
    }


def speed(options: argparse.Namespace) -> dict[str, Any]:
    """Measure who is how fast; print a table of each case as soon as it is done."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="rivals-") as folder:
        for name, case in cases(10 if options.quick else 1, Path(folder)).items():
            rounds = 1 if name == "memory" else options.rounds
            found[name] = run.measure(name, case, rounds, Path(folder))
            say(run.table(name, found[name]))
    return found


def loading(options: argparse.Namespace) -> Any:
    """Measure what it takes from a tap's output to tables."""
    part = import_module("benchmarks.loading")  # only now: its size would be everybody's memory
    return part.measure(3_000 if options.quick else 50_000, 1, say)


def faults(options: argparse.Namespace) -> Any:
    """Try what becomes of rows when an API misbehaves."""
    part = import_module("benchmarks.faults")  # likewise
    return part.measure(say, is_quick=options.quick)


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def rounded(value: Any) -> Any:
    """Return results with four digits that count: more would be noise."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench --rivals", description=__doc__)
    parser.add_argument("--rivals", action="store_true", help="these")
    parser.add_argument("--quick", action="store_true", help="small, one round: for a look")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part (repeatable)")
    parser.add_argument("--rounds", type=int, help="turns per contender in speed (2)")
    parser.add_argument("--output", type=Path, help="JSON (see above)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 2)
    return options


def main() -> int:
    """Run it from the command line."""
    options = arguments()
    is_full = not (options.quick or options.only or options.output)
    path = options.output or engines.ROOT / "output" / "rivals.json"
    versions = engines.install(say)
    import_module("scripts.processes").exit_on_signals()
    results: dict[str, Any] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "python": platform.python_version(),
        "versions": {"event-taps-core": version("event-taps-core"), **versions},
        "quick": options.quick,
    }
    for part in (speed, loading, faults):
        if not options.only or part.__name__ in options.only:
            results[part.__name__] = rounded(part(options))
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if is_full:
        path.replace(RESULTS)
        docs = import_module("scripts.docs")
        docs.write(docs.benchmarks())
    return 0


if __name__ == "__main__":
    sys.exit(main())
