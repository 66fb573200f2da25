"""Benchmark: the core against bare requests, and a tap on its API.

Every contender is its own process, timed from outside. Within a case they take turns (A B C A B C),
so that a busy machine hurts all alike. Figures are medians; only their ratios say something about
another machine. `read_s` is wall time without start-up: from the first request, which the server
notes, to the end of the process. Rows are counted in what each contender wrote, stream by stream.

A new rival is one more script that takes `--config` and writes Singer messages: add it to `cases`.
"""

import argparse
import json
import math
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this file is started by its name

from benchmarks.sandboxes import DETAIL_STREAMS, Accelevents, Airmeet, MeetEngage
from benchmarks.worlds import HERE, Figures, Server, World, write_json

AnyWorld = World | Airmeet | Accelevents | MeetEngage

MESSAGE = re.compile(rb'\{"type": ?"(\w+)"(?:, ?(?:"record":\{)?"stream": ?"(\w+)")?')
"""Of Singer, and of Airbyte."""

RUSAGE_UNITS_PER_MB = 1024**2 if sys.platform == "darwin" else 1024
COLUMNS = {
    **dict.fromkeys(("wall_s", "read_s", "cpu_s"), ".2f"),
    **dict.fromkeys(("rows_per_s", "peak_mb", "state_bytes", "schemas"), ",.0f"),
    **dict.fromkeys(("requests", "unneeded", "pending"), ",.0f"),
    **dict.fromkeys(("by_session", "of_settled", "unshared", "breaches", "fullest"), ",.0f"),
    **dict.fromkeys(("times_least", "used_share"), ".3f"),
    "state_share": ".4f",
}
WORST = {"of_settled", "breaches", "fullest"}
"""Of these the largest counts, not the median: once is too often."""


class Contender(NamedTuple):
    """Arguments for an interpreter, and the world it reads."""

    name: str
    command: tuple[str, ...]
    world: AnyWorld | None = None
    settings: dict[str, object] = {}  # noqa: RUF012 - never changed
    most_rounds: int = 99
    goes_on: bool = False
    """Whether it begins with the state in which the run right before it ended."""

    python: str = sys.executable


class Goal(NamedTuple):
    """A figure of one contender divided by another's (by nothing if empty), and its limit.

    Times of the slower one come first, so that a ratio says how many times as fast the other is.
    """

    figure: str
    of: str
    by: str = ""
    at_least: float = 0
    at_most: float = math.inf


class Case(NamedTuple):
    """Contenders that take turns, and what must come out."""

    contenders: list[Contender]
    goals: list[Goal]
    least_rounds: int = 1


START = Case(
    [
        Contender("import sdk", ("-c", "import singer_sdk")),
        Contender("--discover", ("-m", "tap_conferencesio", "--discover")),
        Contender("--about", ("-m", "tap_conferencesio", "--about")),
    ],
    [
        Goal("wall_s", "--discover", "import sdk", at_most=1.5),
        Goal("wall_s", "--about", "import sdk", at_most=1.5),
    ],
    least_rounds=7,
)


def floor(threads: int, world: AnyWorld, name: str = "") -> Contender:
    """Return bare requests + orjson."""
    command = (str(HERE / "floor.py"),)
    return Contender(name or f"floor {threads}", command, world, {"concurrency": threads})


def ours(workers: int, world: World, name: str = "") -> Contender:
    """Return our core without a request budget: pacing is not what is measured."""
    settings: dict[str, object] = {"concurrency": workers, "requests_per_minute": 0}
    return Contender(name or f"ours {workers}", (str(HERE / "our_tap.py"),), world, settings)


def airmeet(world: Airmeet, workers: int = 8, name: str = "") -> Contender:
    """Return tap-airmeet without a request budget; 8 workers are its default."""
    settings: dict[str, object] = {
        "concurrency": workers,
        "requests_per_minute": 0,
        "report_poll_seconds": 1,
    }
    return Contender(name or f"airmeet {workers}", ("-m", "tap_airmeet"), world, settings)


def accelevents(
    world: Accelevents, name: str = "accelevents", *, goes_on: bool = False
) -> Contender:
    """Return tap-accelevents without a request budget, with 10 workers."""
    settings: dict[str, object] = {"concurrency": 10, "requests_per_minute": 0}
    return Contender(name, ("-m", "tap_accelevents"), world, settings, goes_on=goes_on)


def meetengage(world: MeetEngage, **settings: object) -> Contender:
    """Return tap-meetengage, with its defaults beside these settings."""
    return Contender("meetengage", ("-m", "tap_meetengage"), world, settings)


def cases(shrink: int = 1) -> dict[str, Case]:
    """Return what is measured, with the number of parents divided by `shrink`."""
    bulk, slow = World(200 // shrink, 30, 100), World(200 // shrink, 3, 100, latency=50)
    many, more = World(4_000 // shrink, 1, 10), World(8_000 // shrink, 1, 10)
    reports = Airmeet(max(12, 30 // shrink), prepare=5)
    people = Airmeet(200 // shrink, 15, 50, has_small_pages=True, only=("participants",))
    crowds = Airmeet(50 // shrink, 3_000, 50, only=("participants",))
    quarter, whole = World(100 // shrink, 50, 100), World(400 // shrink, 50, 100)
    hub = Accelevents(20 // shrink, 50, latency=50)
    crowd, paced = MeetEngage(200_000 // shrink, has_limit=False), MeetEngage(latency=50)
    return {
        "bulk": Case(
            [ours(1, bulk), ours(8, bulk), floor(1, bulk), floor(10, bulk)],
            [
                Goal("wall_s", "floor 1", "ours 1", at_least=0.7),
            ],
        ),
        "latency": Case(
            [ours(10, slow), ours(20, slow), floor(10, slow), floor(20, slow)],
            [
                # How well the workers are used; what starting costs is the case "start".
                Goal("read_s", "floor 10", "ours 10", at_least=0.95),
                Goal("read_s", "ours 10", "ours 20", at_least=1.7),
            ],
        ),
        "parents": Case(
            [ours(8, many, "ours many"), ours(8, more, "ours twice")],
            [
                Goal("wall_s", "ours twice", "ours many", at_most=2.2),
                Goal("state_bytes", "ours twice", at_most=1023),
                Goal("state_share", "ours many", at_most=0.01),
                Goal("schemas", "ours twice", at_most=1),
            ],
        ),
        "memory": Case(
            [ours(8, quarter, "ours 1/4"), ours(8, whole, "ours 4/4")],
            [Goal("peak_mb", "ours 4/4", "ours 1/4", at_most=1.1)],
        ),
        "start": START,
        "deferred": Case([airmeet(reports)], [Goal("wall_s", "airmeet 8", at_most=8)]),
        "participants": Case(
            [
                *(airmeet(people, 10), airmeet(people, 20), floor(10, people), floor(20, people)),
                # Full pages, for information: here the CPU is what is waited for.
                *(airmeet(crowds, 10, "full pages"), floor(10, crowds, "full floor")),
            ],
            [
                Goal("read_s", "floor 10", "airmeet 10", at_least=0.95),
                Goal("read_s", "airmeet 10", "airmeet 20", at_least=1.7),
                # One more for each event, and for the list of events.
                Goal("unneeded", "airmeet 10", at_most=people.events + 1),
                Goal("unneeded", "airmeet 20", at_most=people.events + 1),
            ],
        ),
        "sessions": Case(
            [
                accelevents(hub),
                accelevents(hub, "next run", goes_on=True),
                # Without the lists, for information: here every request can be side by side.
                accelevents(hub._replace(only=DETAIL_STREAMS), "details"),
            ],
            [
                Goal("times_least", "accelevents", at_most=1.25),
                Goal("of_settled", "next run", at_most=0),
            ],
        ),
        "window": Case(
            [meetengage(crowd, requests_per_minute=0, window_days=3660)],  # few calls
            [Goal("peak_mb", "meetengage", at_most=150)],
        ),
        "limit": Case(
            # Four months in a window: some 45 calls, and so at least 20 s.
            [meetengage(paced, window_days=124)],
            [
                Goal("breaches", "meetengage", at_most=0),
                Goal("fullest", "meetengage", at_most=10),
                Goal("used_share", "meetengage", at_least=0.9),
            ],
        ),
    }


def run_once(contender: Contender, server: Server | None, folder: Path) -> Figures:
    """Run a contender to its end; return what it took and, if it read a world, what it wrote."""
    command = [contender.python, *contender.command]
    if server:
        config = write_json(folder / "config.json", {**server.config, **contender.settings})
        command += ["--config", config, *selection(contender, config, folder)]
        if contender.goes_on:
            command += ["--state", write_json(folder / "state.json", last_state(folder / "stdout"))]
        server.forget()
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr)  # noqa: S603 - see `cases`
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        end = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = (folder / "stderr").read_text(encoding="utf-8").splitlines()[-15:]
        raise SystemExit("\n".join([*tail, f"{contender.name} failed: {process.returncode}"]))
    figures = {
        "wall_s": end - begin,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / RUSAGE_UNITS_PER_MB,
    }
    if not server:
        return figures
    seen = server.seen()
    figures |= seen | {"read_s": end - seen["first"]}
    figures |= inspect(folder / "stdout", server.expected, may_lack=contender.goes_on)
    if "latency_s" in figures:  # what the workers need if they only ever wait for answers
        least = figures["latency_s"] / int(str(contender.settings["concurrency"]))
        figures["times_least"] = figures["read_s"] / least
    return figures | {"rows_per_s": figures["rows"] / figures["wall_s"]}


def selection(contender: Contender, config: str, folder: Path) -> list[str]:
    """Return the arguments that have a tap read only what its world is about, as users do it."""
    world = contender.world
    only = world.only if isinstance(world, Airmeet | Accelevents) else ()
    if not only or "-m" not in contender.command:  # the floor has no choice
        return []
    command = [sys.executable, *contender.command, "--config", config, "--discover"]
    catalog = json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))  # noqa: S603 - see `cases`
    for stream in catalog["streams"]:
        whole = next(each for each in stream["metadata"] if not each["breadcrumb"])
        whole["metadata"]["selected"] = stream["tap_stream_id"] in only
    return ["--catalog", write_json(folder / "catalog.json", catalog)]


def last_state(stdout: Path) -> Any:
    """Return the state in which a run ended."""
    last = b""
    with stdout.open("rb") as lines:
        for line in lines:
            if (match := MESSAGE.match(line)) and match[1] == b"STATE":
                last = line
    return json.loads(last)["value"]


def inspect(stdout: Path, expected: dict[str, int], *, may_lack: bool) -> Figures:
    """Return what was written: rows, the longest STATE, their part of all, the most SCHEMAs.

    Args:
        stdout: What a contender wrote.
        expected: How many rows each stream has.
        may_lack: Whether fewer rows are right too, because an earlier run read the others.

    Raises:
        SystemExit: If a stream has not as many rows as there are, or has more.
    """
    counts: Counter[tuple[str, str]] = Counter()
    longest = states = 0
    with stdout.open("rb") as lines:
        for line in lines:
            if match := MESSAGE.match(line):
                counts[match[1].decode(), (match[2] or b"").decode()] += 1
                if match[1] == b"STATE":
                    longest, states = max(longest, len(line)), states + len(line)
            elif line.strip().isdigit():  # the floor reads one stream, and prints its count
                counts["RECORD", next(iter(expected))] += int(line)
    rows = {stream: counts["RECORD", stream] for stream in expected}
    if any(
        n > expected[stream] if may_lack else n != expected[stream] for stream, n in rows.items()
    ):
        raise SystemExit(f"rows by stream: {rows}, not {expected}")
    schemas = max((n for (kind, _), n in counts.items() if kind == "SCHEMA"), default=0)
    share = states / max(1, stdout.stat().st_size)
    return {
        "rows": sum(rows.values()),
        "state_bytes": longest,
        "state_share": share,
        "schemas": schemas,
    }


def measure(name: str, case: Case, rounds: int, folder: Path) -> dict[str, Any]:
    """Run a case, contender after contender, round after round."""
    samples: dict[str, list[Figures]] = {each.name: [] for each in case.contenders}
    with ExitStack() as stack:
        worlds = dict.fromkeys(each.world for each in case.contenders if each.world)
        servers = {world: stack.enter_context(world.serving()) for world in worlds}
        for world, each in warming(case).items():
            run_once(each, servers[world], folder)
        for turn in range(max(rounds, case.least_rounds)):
            for each in (one for one in case.contenders if turn < one.most_rounds):
                figures = run_once(each, servers[each.world] if each.world else None, folder)
                sys.stderr.write(f"{name} {turn + 1}: {each.name} {figures['wall_s']:.2f} s\n")
                samples[each.name].append(figures)
        about = [server.about() for server in servers.values()]
    results = {
        contender: {
            figure: (max if figure in WORST else median)(each[figure] for each in found)
            for figure in found[0]
        }
        for contender, found in samples.items()
    }
    return {
        "servers": about,
        "contenders": results,
        "ratios": [judge(goal, results) for goal in case.goals],
        "rounds": samples,
    }


def warming(case: Case) -> dict[AnyWorld, Contender]:
    """Return who reads each sandbox once for nothing: it keeps the answers that it was asked for.

    Where runs wait for their budget it does not matter what a first answer takes.
    """
    found = {each.world: each for each in case.contenders if each.world and not each.goes_on}
    return {
        world: each
        for world, each in found.items()
        if not isinstance(world, World) and not (isinstance(world, MeetEngage) and world.has_limit)
    }


def judge(goal: Goal, results: dict[str, Figures]) -> dict[str, Any]:
    """Return a goal's value, whether it is met, and for times the value without start-up too."""

    def value(figure: str) -> float:
        return results[goal.of][figure] / (results[goal.by][figure] if goal.by else 1)

    verdict: dict[str, Any] = {
        "what": f"{goal.figure}: {goal.of}" + (f" / {goal.by}" if goal.by else ""),
        "value": value(goal.figure),
        "met": goal.at_least <= value(goal.figure) <= goal.at_most,
        "goal": f">= {goal.at_least}" if goal.at_least else f"<= {goal.at_most}",
    }
    if goal.figure == "wall_s" and "read_s" in results[goal.of]:
        verdict["without_start"] = value("read_s")
    return verdict


def table(name: str, result: dict[str, Any]) -> str:
    """Return a case as text."""
    found = result["contenders"]
    columns = [each for each in COLUMNS if any(each in figures for figures in found.values())]
    lines = [f"\n{name}", *(f"  {server}" for server in result["servers"])]
    lines.append(f"  {'':11}" + "".join(f"{column:>12}" for column in (*columns, "rounds")))
    for contender, figures in found.items():
        cells = [
            format(figures[column], COLUMNS[column]) if column in figures else "-"
            for column in columns
        ]
        cells.append(str(len(result["rounds"][contender])))
        lines.append(f"  {contender:11}" + "".join(f"{cell:>12}" for cell in cells))
    for ratio in result["ratios"]:
        verdict = "ok" if ratio["met"] else "MISSED"
        line = f"  {verdict:7}{ratio['what']} = {ratio['value']:.3f} (goal {ratio['goal']})"
        if "without_start" in ratio:
            line += f"; without start-up {ratio['without_start']:.3f}"
        lines.append(line)
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a tenth of the parents, one round: for a look, start-up weighs too much",
    )
    parser.add_argument("--only", action="append", choices=cases(), help="this case (repeatable)")
    parser.add_argument("--rounds", type=int, help="turns per contender (3; start: at least 7)")
    path = HERE.parent / "output" / "bench.json"
    parser.add_argument("--output", type=Path, default=path, help="JSON (output/bench.json)")
    return parser.parse_args()


def main() -> None:
    """Run the chosen cases; print each table, and save the JSON, as soon as a case is done."""
    options = arguments()
    rounds = options.rounds or (1 if options.quick else 3)
    libraries = ("singer-sdk", "requests", "msgspec", "orjson")
    report: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "libraries": {library: version(library) for library in libraries},
        "quick": options.quick,
        "cases": {},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name, case in cases(10 if options.quick else 1).items():
            if options.only and name not in options.only:
                continue
            result = report["cases"][name] = measure(name, case, rounds, Path(folder))
            sys.stdout.write(table(name, result) + "\n")
            sys.stdout.flush()
            options.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped politely: stop the servers
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
