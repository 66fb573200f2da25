"""However raw files arrive, the tables are what all of them together say.

A random history of a year of nights, cut short: sessions come, vanish and come back, check-ins are
merged away, readings fail, loads are killed, files come late, twice, half and then whole, are
compressed, and bring members that nobody declared. After each build the tables are compared with
the rules of docs/production.md, applied to every line that was ever written; now and then with a
full rebuild by dbt itself.
"""

from __future__ import annotations

import json
import random
import re
import select
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from scripts.taps import ROOT
from scripts.warehouse import archive, publish
from tests.conftest import keep_only

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from scripts.project import Project

Row = dict[str, Any]

STREAMS = ("sessions", "attendance", "read_log")
KEYS = {
    "sessions": ("subdomain", "id"),
    "attendance": ("subdomain", "session_id", "attendance_key"),
    "read_log": ("subdomain", "stream", "parent_id"),
}
WORLDS = ("north", "south", "east", "west")
"""Accounts in the same tables: each has a history of its own, and none may touch another's."""

DRIVER = """
import json, pickle, sys
from pathlib import Path
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

def parse(folders, variables):
    files = [p for p in Path(folders[1]).rglob("*") if p.suffix in {".csv", ".sql", ".yml"}]
    said = variables, {(p, p.stat().st_mtime_ns) for p in files}
    if said != parsed.get("of"):  # it takes longer than a build
        done = dbtRunner().invoke(["--quiet", "parse", *folders, *variables])
        if not done.success:
            return done
        parsed.update(of=said, manifest=pickle.dumps(done.result))

parsed = {}
for line in sys.stdin:
    folders, options, variables = json.loads(line)
    done = parse(folders, variables)
    if not done:
        runner = dbtRunner(manifest=pickle.loads(parsed["manifest"]))
        done = runner.invoke(["--quiet", "build", *folders, *variables, *options])
    DuckDBConnectionManager.close_all_connections()  # as the end of a process would
    print("BUILT" if done.success else f"FAILED {done.exception}", flush=True)
"""


class Builder:
    """dbt in a process that stays: starting it takes longer than a build.

    Args:
        project: Where it builds.
        selected: What, if not three streams of tap-conferencesio.
    """

    def __init__(self, project: Project, *selected: str) -> None:
        self.project = project
        self.folder = project.root / "output"
        transform = project.root / "transform"
        self._models = transform / "models" / "tap_conferencesio" / "schema.yml"
        self._python = project.root / ".meltano" / "utilities" / "dbt-duckdb" / "venv/bin/python"
        self._environment = {**project.environment(), "EVENTS_FOLDER": str(self.folder)}
        names = selected or [
            f"{kind}tap_conferencesio__{s}" for s in STREAMS for kind in ("loaded_", "")
        ]
        self._folders = ["--project-dir", str(transform), "--profiles-dir", str(transform)]
        self._folders += ["--target-path", str(self.folder / "building")]
        self._options = ["--no-write-json", "--select", *names]
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self._python), "-c", DRIVER],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def declare(self, stream: str, column: str) -> None:
        """Give a stream's model one more column."""
        models = yaml.safe_load(self._models.read_text())
        (model,) = (one for one in models["models"] if one["name"].endswith(f"__{stream}"))
        model["columns"].append({"name": column, "data_type": "varchar"})
        self._models.write_text(yaml.safe_dump(models))

    def build_and_kill(self, seconds: float) -> None:
        """Begin a build that does not end."""
        self._ask()
        time.sleep(seconds)
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def build(self, *options: str) -> dict[str, list[Row]]:
        """Build, and return the tables of what is current."""
        self._ask(*options)
        said = self._said()
        assert said.endswith("BUILT\n"), said
        return self.tables()

    def tables(self) -> dict[str, list[Row]]:
        """Return what was built, even if the build has failed."""
        publish(self.folder)
        with duckdb.connect(str(self.folder / "events.duckdb"), read_only=True) as warehouse:
            return {stream: self._rows(warehouse, stream) for stream in STREAMS}

    @staticmethod
    def _rows(warehouse: duckdb.DuckDBPyConnection, stream: str) -> list[Row]:
        query = f"select to_json(t) from tap_conferencesio.{stream} as t"  # noqa: S608 - ours
        return [json.loads(text) for (text,) in warehouse.sql(query).fetchall()]

    def fail(self, *options: str) -> str:
        """Build in vain; return what was said."""
        self._ask(*options)
        said = self._said()
        assert "\nFAILED " in f"\n{said}", said
        return said

    def begin(self) -> Callable[[], bool]:
        """Begin a build; the answer tells whether it has ended."""
        self._ask()
        said = self.process.stdout
        assert said is not None

        def ended() -> bool:
            if not select.select([said], [], [], 0)[0]:
                return False
            assert self._said() == "BUILT\n"
            return True

        return ended

    def _ask(self, *options: str) -> None:
        assert self.process.stdin is not None
        variables = [option for option in options if option.startswith("--vars=")]
        others = [*self._options, *(option for option in options if option not in variables)]
        self.process.stdin.write(json.dumps([self._folders, others, variables]) + "\n")
        self.process.stdin.flush()

    def _said(self) -> str:
        """Wait for the end of a build."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith(("BUILT", "FAILED")):
                return said
        raise AssertionError(said)

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


@contextmanager
def building(project: Project, *selected: str) -> Iterator[Builder]:
    builder = Builder(project, *selected)
    try:
        yield builder
    finally:
        builder.end()


@pytest.fixture
def builder(project: Project) -> Iterator[Builder]:
    """A warehouse and models of each test's own."""
    shutil.rmtree(project.root / "output", ignore_errors=True)
    models = project.root / "transform" / "models"
    shutil.rmtree(models)
    shutil.copytree(ROOT / "transform" / "models", models)
    with building(keep_only(project, "tap-conferencesio")) as builder:
        yield builder


@dataclass
class World:
    """What is true at one vendor's account, and how a night reads it."""

    name: str
    chance: random.Random
    sessions: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    people: dict[int, set[int]] = field(default_factory=dict)

    def live(self) -> None:
        """Let a day pass."""
        for _ in range(self.chance.randrange(3)):
            session = len(self.people)
            self.people[session] = {self.chance.randrange(9) for _ in range(4)}
            self.sessions.add(session)
        for session in list(self.sessions):
            fate = self.chance.random()
            if fate < 0.1:
                self.sessions.discard(session)
                self.hidden.add(session)
            elif fate < 0.5:
                who = self.people[session]
                who.symmetric_difference_update({self.chance.randrange(9)})
        for session in list(self.hidden):
            if self.chance.random() < 0.2:
                self.hidden.discard(session)
                self.sessions.add(session)

    def night(self, read_at: str, continues: str | None) -> dict[str, list[Row]]:
        """Read as the tap does; some parts fail, some are settled, a load may be killed."""
        written: dict[str, list[Row]] = {stream: [] for stream in STREAMS}

        def note(stream: str, parent_id: str, outcome: str = "read", **more: object) -> None:
            row = {"stream": stream, "parent_id": parent_id, "outcome": outcome, **more}
            written["read_log"].append({"subdomain": self.name, **row, "read_at": read_at})

        note("read_log", read_at, "run", shard="0/1", continues=continues)
        if self.chance.random() < 0.9:
            for session in sorted(self.sessions):
                row = {"subdomain": self.name, "id": str(session), "name": read_at[:13]}
                written["sessions"].append({**row, "read_at": read_at, **self._odd()})
            note("sessions", "", row_count=len(self.sessions))
        for session in sorted(self.sessions):
            if self.chance.random() < 0.4:
                continue
            for person in sorted(self.people[session]):
                keys = {"session_id": str(session), "attendance_key": f"p{person}"}
                row = {"subdomain": self.name, **keys, "admin_note": self.chance.choice("abc")}
                written["attendance"].append({**row, "read_at": read_at, **self._odd()})
            if self.chance.random() < 0.8:
                note("attendance", str(session), row_count=len(self.people[session]))
        return written

    def _odd(self) -> Row:
        """Return members that nobody declared, and some that the tap had no column for."""
        fate = self.chance.random()
        if fate < 0.1:
            return {"seat's": {"row": None}, "gone": None, "extra_fields": {"pad": [1]}}
        if fate < 0.2:
            return {"badge": self.chance.choice("xyz"), "extra_fields": None}
        return {"extra_fields": {"pad": "x"} if fate < 0.3 else None}


class History:
    """Writes raw files, and knows what they say."""

    def __init__(self, raw: Path, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - no secret is made
        self.folder = raw / "tap_conferencesio"
        self.folder.mkdir(parents=True)
        self.worlds = [World(name, random.Random(f"{seed} {name}")) for name in WORLDS]  # noqa: S311 - likewise
        self.there: list[tuple[str, str, Row]] = []  # stream, file, row: all that has arrived
        self._late: list[tuple[str, str, list[Row]]] = []
        self._unfinished: list[tuple[str, str, list[Row]]] = []
        self._nights = 0
        self.readings: list[Row] = []  # of which no build has said that all their rows are there

    def step(self) -> None:
        """Let a day and a night pass for each world."""
        for world in self.worlds:
            world.live()
            self._nights += 1
            when = datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(hours=self._nights)
            read_at = when.isoformat(timespec="microseconds").replace("+00:00", "Z")
            for stream, rows in world.night(read_at, self._last_run_of(world)).items():
                self._deliver(stream, f"{stream}-{when:%Y%m%dT%H%M%S}.jsonl", rows)
        for stream, name, rows in self._take(self._unfinished):
            self._write(stream, name, rows)
        for stream, name, rows in self._take(self._late):
            self._write(stream, name, rows)

    def _take(self, waiting: list[tuple[str, str, list[Row]]]) -> list[tuple[str, str, list[Row]]]:
        taken = [one for one in waiting if self.chance.random() < 0.4]
        waiting[:] = [one for one in waiting if one not in taken]
        return taken

    def _deliver(self, stream: str, name: str, rows: list[Row]) -> None:
        if not rows:
            return
        fate = self.chance.random()
        if fate < 0.1:
            self._late.append((stream, name, rows))
        elif fate < 0.2:  # a load that is under way, or was killed within a line
            self._write(stream, name, rows[: len(rows) // 2], cut=json.dumps(rows[-1])[:-9])
            self._unfinished.append((stream, name, rows))
        elif fate < 0.25:
            self._write(stream, name, rows)
            self._write(stream, name.replace("T", "U"), rows)  # the same once more
        else:
            self._write(stream, name, rows)

    def _write(self, stream: str, name: str, rows: list[Row], cut: str = "") -> None:
        (self.folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows) + cut)
        self.there += [(stream, name, row) for row in rows]
        self.readings += rows if stream == "read_log" else []

    def _runs_of(self, account: str) -> list[Row]:
        """Return the runs of an account that the read log names, in their order."""
        runs = (row for _, _, row in self.there if row.get("outcome") == "run")
        own = (row for row in runs if row["subdomain"] == account)
        return sorted(own, key=lambda row: str(row["read_at"]))

    def _last_run_of(self, world: World) -> str | None:
        runs = self._runs_of(world.name)
        return runs[-1]["read_at"] if runs else None

    def _newest(self) -> dict[str, dict[tuple[Any, ...], Row]]:
        newest: dict[str, dict[tuple[Any, ...], Row]] = {stream: {} for stream in STREAMS}
        for stream, _, row in sorted(self.there, key=lambda one: one[2]["read_at"]):
            newest[stream][tuple(row[key] for key in KEYS[stream])] = row
        return newest

    def missing(self) -> set[tuple[str, str, str]]:
        """Return account, stream and time of runs whose rows are not there, says the read log."""
        newest = self._newest()
        found = set()
        for row in self.readings:
            account, stream, part = (row[key] for key in KEYS["read_log"])
            when, count = row["read_at"], row.get("row_count", 0)
            runs = self._runs_of(account)
            anew = [run["read_at"] for run in runs if run["continues"] is None]
            if (
                newest["read_log"][account, stream, part] != row
                or when not in {run["read_at"] for run in runs}
                or when < max(anew)
            ):
                continue
            rows = [one for one in newest[stream].values() if one["subdomain"] == account]
            later = [
                one
                for one in rows
                if one["read_at"] >= when and part in {"", one.get("session_id")}
            ]
            if len(later) < count and when not in {one["read_at"] for one in rows}:
                found.add((account, stream, when))
        return found

    def current(self) -> dict[str, Collection[Row]]:
        """Apply the rules to every line that has arrived."""
        newest = self._newest()
        readings = {key: row["read_at"] for key, row in newest["read_log"].items()}

        def is_current(stream: str, part: str, row: Row) -> bool:
            return bool(readings.get((row["subdomain"], stream, part), "") <= row["read_at"])

        sessions = {
            key: row for key, row in newest["sessions"].items() if is_current("sessions", "", row)
        }
        gone = newest["sessions"].keys() - sessions.keys()
        attendance = [
            row
            for row in newest["attendance"].values()
            if is_current("attendance", row["session_id"], row)
            and (row["subdomain"], row["session_id"]) not in gone
        ]
        return {
            "sessions": sessions.values(),
            "attendance": attendance,
            "read_log": newest["read_log"].values(),
        }


DECLARED = {
    "sessions": {*KEYS["sessions"], "name"},
    "attendance": {*KEYS["attendance"], "admin_note"},
    "read_log": {*KEYS["read_log"], "outcome"},
}


def comparable(rows: Iterable[Row], declared: AbstractSet[str]) -> set[str]:
    """Return rows as texts: what is declared as columns, the rest in extra_fields."""
    return {json.dumps(_in_columns(row, declared), sort_keys=True) for row in rows}


def in_utc(when: str) -> str:
    """Return a time as either a tap or DuckDB writes it, in one form."""
    return datetime.fromisoformat(when.replace(" ", "T")).astimezone(UTC).isoformat()


def _in_columns(row: Row, declared: AbstractSet[str]) -> Row:
    columns = {name: value for name, value in row.items() if name in declared and value is not None}
    when = in_utc(row["read_at"])
    others = {**(row.get("extra_fields") or {})}
    undeclared = {"seat's", "gone", "badge"} & row.keys() - declared
    others |= {name: row[name] for name in undeclared}
    return {**columns, "read_at": when, "extra_fields": others}


def compared(
    tables: Mapping[str, Collection[Row]], declared: Mapping[str, AbstractSet[str]]
) -> Any:
    """Return what two states of the tables have in common if they are the same."""
    return {
        stream: (len(tables[stream]), comparable(tables[stream], declared[stream]))
        for stream in STREAMS
    }


def build(builder: Builder, history: History, *options: str) -> bool:
    """Build; it fails, naming the runs, if a file is missing that may be late or lost."""
    missing = history.missing()
    if not missing:
        builder.build(*options)
        history.readings.clear()
        return True
    said = builder.fail(*options)
    named = re.findall(r"^ *(\w+) of (\w+): the run of (\S+ \S+) read", said, re.MULTILINE)
    times = {(account, stream, in_utc(when)) for stream, account, when in named}
    assert times == {(account, stream, in_utc(when)) for account, stream, when in missing}
    return False


def play(builder: Builder, seed: int, steps: int) -> None:
    """Build after each step of a history, in whose middle a model gets a new column."""
    passed = 0
    history = History(builder.folder / "raw", seed)
    declared = {stream: set(names) for stream, names in DECLARED.items()}
    for step in range(steps):
        history.step()
        if step == steps // 2:
            declared["attendance"].add("badge")
            builder.declare("attendance", "badge")
        if step % 10 == 4:
            builder.build_and_kill(history.chance.uniform(0.5, 2))
        passed += build(builder, history)
        found = compared(builder.tables(), declared)
        assert found == compared(history.current(), declared), f"seed {seed}, step {step}"
        if history.chance.random() < 0.3:
            archive(builder.folder, float("inf"))
    assert 0 < passed < steps
    build(builder, history, "--full-refresh")
    assert compared(builder.tables(), declared) == compared(history.current(), declared)


def test_tables_are_what_all_files_say_after_each_step_of_a_random_history(
    builder: Builder,
) -> None:
    """Fifteen builds, each after a night of each of four accounts: 60 steps."""
    play(builder, seed=1, steps=15)


@pytest.mark.long
def test_and_after_a_hundred_builds(builder: Builder) -> None:
    play(builder, seed=2, steps=100)
