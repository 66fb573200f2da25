"""Load the sandbox's events through Meltano into DuckDB, and compare with what is known to be true.

The first call reads everything. Each later call lets a day pass in the sandbox and reads on from
there. Its log is output/meltano.log.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from scripts.comparison import compare
from scripts.processes import exit_on_signals
from scripts.project import MeltanoError, Project, readable
from scripts.report.page import write
from scripts.report.warehouse import Choice, Marts, NoMartsError
from scripts.sandbox import SandboxError, serving, tap_of
from scripts.taps import READ_LOG
from scripts.truths import TRUTHS, differences

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.comparison import Comparison
    from scripts.sandbox import Row, Sandbox

EXAMPLE = (
    "select vendor, session_name, registered, attended, round(median_attended_minutes) as minutes"
    " from marts.mart_session_scorecard order by attended desc limit 5"
)
EXAMPLES_SHOWN = 2
EVENTS_SHOWN = 5


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


# What the log says that is worth a line while it runs, beside warnings and errors.
MILESTONES = ("Running with dbt", "Finished running")


@dataclass
class LogWatcher:
    """Repeats on screen what stands out in Meltano's log."""

    log: Path
    _read: int = 0

    def look(self) -> None:
        """Say what was logged since the last look."""
        with self.log.open() as file:
            file.seek(self._read)
            new = file.read()
        whole, newline, _ = new.rpartition("\n")
        self._read += len((whole + newline).encode())
        for line in whole.split("\n"):
            noisy = '"level": "warning"' in line or '"level": "error"' in line
            if noisy or any(text in line for text in MILESTONES):
                say(f"  {readable(line)}")


@dataclass
class Arrivals:
    """Watches the loader's files grow: which stream gets rows, how many, and for how long."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)  # that arrived in this run, by "tap.stream"
    seconds: dict[str, float] = field(default_factory=dict)  # from its first to its last growth
    megabytes: float = 0.0  # that arrived in this run
    _sizes: dict[Path, int] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)
    _said: dict[str, int] = field(default_factory=dict)
    _say_at: float = 0.0

    def __post_init__(self) -> None:
        """Leave out what earlier runs have loaded."""
        self._sizes = {path: path.stat().st_size for path in self.folder.glob("*/*.jsonl")}

    def look(self) -> None:
        """Count what has arrived since the last look, and say it, at most twice a second."""
        now = time.monotonic()
        for path in sorted(self.folder.glob("*/*.jsonl")):
            self._count(path, now)
        if now >= self._say_at:
            self._say_at = now + 0.5
            self.report()

    def _count(self, path: Path, now: float) -> None:
        try:
            before, size = self._sizes.get(path, 0), path.stat().st_size
        except FileNotFoundError:
            return  # the archive has just compressed it
        if size == before:
            return
        with path.open("rb") as file:
            file.seek(before)
            new = file.read(size - before)
        stream = f"{path.parent.name}.{path.stem.rpartition('-')[0]}"  # without the run's time
        self._sizes[path] = size
        self.megabytes += (size - before) / 1e6
        self.rows[stream] = self.rows.get(stream, 0) + new.count(b"\n")
        self.seconds[stream] = now - self._started.setdefault(stream, now)

    def report(self) -> None:
        """Say what has arrived since it was last said."""
        for stream, count in self.rows.items():
            if count != self._said.get(stream) and not stream.endswith(f".{READ_LOG}"):
                self._said[stream] = count
                say(f"  {stream:<42} {count:>9,} rows")


def start_over(project: Project, taps: list[str]) -> None:
    """Remove what earlier demos left: world, files, warehouse, and Meltano's state of the job."""
    output = project.root / "output"
    for name in ("raw", "building"):
        shutil.rmtree(output / name, ignore_errors=True)
    for name in ("sandbox.json", "demo.json", "events.duckdb"):
        (output / name).unlink(missing_ok=True)
    project.clear_state(taps)


def load(sandbox: Sandbox, root: Path) -> tuple[Arrivals, int]:
    """Run the job; return what arrived and how many requests that took."""
    arrivals = Arrivals(root / "output" / "raw")
    project = Project(root, sandbox.tap_environment())
    sandbox.forget_requests()
    say("running: meltano run demo (each tap -> target-jsonl, then dbt)")
    log = LogWatcher(project.log)

    def watch() -> None:
        arrivals.look()
        log.look()

    project.run("run", "demo", watch=watch)
    arrivals.report()
    return arrivals, sandbox.request_count()


def compare_all(sandbox: Sandbox, root: Path) -> dict[str, Comparison]:
    """Compare each stream's table with the sandbox's truth."""
    warehouse, models = root / "output" / "events.duckdb", root / "transform" / "models"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            f"{tap}.{stream}": compare(connection, f"{tap}.{stream}", sandbox.truth(vendor, stream))
            for vendor in sandbox.vendors
            for tap in [tap_of(vendor).replace("-", "_")]
            for stream in sandbox.streams(vendor)
            if (models / tap / f"{tap}__{stream}.sql").exists()  # a setting may add streams
        }


def compare_marts(sandbox: Sandbox, root: Path) -> dict[str, list[str]]:
    """Compare the marts with what the sandbox knows of people across vendors."""
    with duckdb.connect(str(root / "output" / "events.duckdb"), read_only=True) as warehouse:

        def query(sql: str) -> list[Row]:
            found = warehouse.sql(sql)
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

        return differences(sandbox, query)


def say_how_marts_compare(found: dict[str, list[str]]) -> None:
    """Say which truths the marts hold."""
    for truth in TRUTHS:
        say(f"{f'marts: {truth}':<82}  {'DIFFERS' if truth in found else 'same'}")
    for truth, rows in found.items():
        for row in rows[:EXAMPLES_SHOWN]:
            say(f"marts: {truth}: {row[:1000]}")


def table(arrivals: Arrivals, compared: dict[str, Comparison]) -> list[str]:
    """Return the table's lines; `read` is what this run brought, `loaded` what is there."""
    line = "{:<42} {:>9} {:>9} {:>9} {:>8}  {}"
    lines = [line.format("stream", "read", "loaded", "expected", "seconds", "")]
    for stream, result in compared.items():
        differs = f"DIFFERS: {len(result.missing)} missing, {len(result.surplus)} too many"
        lines.append(
            line.format(
                stream,
                f"{arrivals.rows.get(stream, 0):,}",
                f"{result.loaded:,}",
                f"{result.expected:,}",
                f"{arrivals.seconds.get(stream, 0):.1f}",
                "same" if result.equal else differs,
            )
        )
    return [text.rstrip() for text in lines]


def show_differences(compared: dict[str, Comparison]) -> None:
    """Print a few rows of each table that differs."""
    for stream, result in compared.items():
        for what, rows in (("missing", result.missing), ("too many", result.surplus)):
            for row in rows[:EXAMPLES_SHOWN]:
                say(f"{stream}, {what}: {row[:1000]}")


@dataclass(frozen=True)
class Night:
    """What one load took."""

    seconds: float
    requests: int
    megabytes: float  # of raw files

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.requests:,} requests, {self.megabytes:.1f} MB of raw files,"
            f" {self.seconds:.1f} seconds in all"
        )


def demo(root: Path, *, fresh: bool, world: str, nights: int) -> bool:
    """Load, once or night after night; return whether every table holds the truth."""
    output = root / "output"
    project = Project(root)
    project.install(say)
    done = output / "demo.json"  # written by the first run that went through
    first = fresh or not done.exists()
    taps = [path.parent.name for path in sorted(root.glob("tap-*/pyproject.toml"))]
    if first:
        say("starting over: a new world, an empty warehouse")
        start_over(project, taps)
    passed: list[Night] = []
    with serving(world, output / "sandbox.json") as sandbox:
        say(f"sandbox: {sandbox.url} serves {', '.join(sandbox.vendors)}")
        for _ in range(nights):
            if passed or not first:
                let_a_day_pass(sandbox)
            started = time.monotonic()
            arrivals, requests = load(sandbox, root)
            passed.append(Night(time.monotonic() - started, requests, arrivals.megabytes))
            if nights > 1:
                say(f"night {len(passed)} of {nights}: {passed[-1]}")
        compared, of_marts = compare_all(sandbox, root), compare_marts(sandbox, root)
    say()
    for line in table(arrivals, compared):
        say(line)
    show_differences(compared)
    say_how_marts_compare(of_marts)
    earlier = None if first else json.loads(done.read_text())["requests"]
    if first:
        done.write_text(json.dumps({"requests": passed[0].requests}))
    before = f"; the first run took {earlier:,} requests" if earlier is not None else ""
    say(f"\n{passed[-1]}{before}")
    if nights > 1:
        say(f"night 1 of {nights}: {passed[0]}")
    say_what_now(root)
    show_report(root)
    return not of_marts and all(result.equal for result in compared.values())


def let_a_day_pass(sandbox: Sandbox) -> None:
    """Let the world change, and say how."""
    changes = sandbox.advance().items()
    what = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in changes)
    say(f"a day passes in the sandbox: {what}")


def say_what_now(root: Path) -> None:
    """Say where the data is and how to look at it."""
    say(f"The data is in {root / 'output' / 'events.duckdb'}. For example:")
    query = f"duckdb.connect('output/events.duckdb', read_only=True).sql('{EXAMPLE}').show()"
    say(f'  .venv/bin/python -c "import duckdb; {query}"')


def show_report(root: Path) -> None:
    """Write the report, and print of its first table what fits a terminal."""
    output, names = root / "output", ("Registered", "Attended", "Engaged")
    path = write(output, Choice())
    with Marts(output / "events.duckdb", Choice()) as marts:
        events = marts.rows("funnel")[:EVENTS_SHOWN]
    line = "{:<48.48} {:>10} {:>10} {:>10}"
    say("\n" + line.format("event", *(name.lower() for name in names)))
    for event in events:
        told = ("-" if event[name] is None else f"{event[name]:,}" for name in names)
        say(line.format(event["Event"], *told))
    say(f"\nThe report, with all of it: {path}")


def main() -> int:
    """Run the demo from the command line."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget earlier demos and start over")
    parser.add_argument(
        "--nights",
        type=int,
        default=1,
        help="let so many days pass, with a load after each, and compare after the last",
    )
    parser.add_argument("--world", default="demo", help="size of the sandbox's world (small, demo)")
    arguments = parser.parse_args()
    exit_on_signals()
    project = Project()
    try:
        same = demo(
            project.root, fresh=arguments.fresh, world=arguments.world, nights=arguments.nights
        )
    except (MeltanoError, NoMartsError, SandboxError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
