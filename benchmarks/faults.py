"""What becomes of rows when an API misbehaves: each engine is run, at its defaults.

What an engine wrote, its exit code and its last words are the verdict; a run that does not end in
time is one, too. Several run side by side: no time is measured here.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import duckdb

from benchmarks import fault_server
from benchmarks.engines import DLT, OURS, STOCK, Command, airbyte
from benchmarks.fault_server import Api, Key, Killed, Nights, TooMany, serving
from benchmarks.worlds import write_json
from scripts.taps import ROOT

FAULTS: tuple[type[Api], ...] = (
    fault_server.SameCursor,  # what takes long begins first
    fault_server.NewCursors,
    TooMany,
    fault_server.ErrorBody,
    fault_server.NotReady,
    fault_server.Html,
    fault_server.CutJson,
    fault_server.TokenEnds,
    fault_server.ServerError,
    fault_server.Undeclared,
    Killed,
)
LIMIT_SECONDS = 90
SIDE_BY_SIDE = 8
UNDECLARED = ("loyalty_tier", "badge_colour")
LAST_WORDS = 200
RIGHT = "right"
LOG_PREFIX = re.compile(r"^[\d :,-]+\| \w+ +\| \S+ +\| ")
"""Time, level and logger before what a tap says."""


class Engine(Protocol):
    """What the runs need of an engine."""

    def command(self, config: dict[str, Any], folder: Path) -> Command:
        """Return how it is started, after the runs that left something in the folder."""

    def rows(self, folder: Path) -> Iterator[tuple[Key, bool]]:
        """Give the rows of all runs, each with whether it has what no schema names."""


def messages(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Give the messages of a kind that the runs wrote; a line that was cut is none."""
    for path in sorted(folder.glob("stdout-*")):
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                message: dict[str, Any] = json.loads(line)
                if message["type"] == kind:
                    yield message


def has_undeclared(row: object) -> bool:
    """Say whether a row has the attributes that no schema names, wherever in it."""
    text = json.dumps(row)
    return all(name in text for name in UNDECLARED)


class Singer(NamedTuple):
    """A tap."""

    program: Command

    def command(self, config: dict[str, Any], folder: Path) -> Command:
        """Go on from the last STATE, as every runner does."""
        states = [message["value"] for message in messages(folder, "STATE")]
        state = ("--state", write_json(folder / "state.json", states[-1])) if states else ()
        return (*self.program, "--config", write_json(folder / "config.json", config), *state)

    def rows(self, folder: Path) -> Iterator[tuple[Key, bool]]:
        """Read its messages."""
        for message in messages(folder, "RECORD"):
            if message["stream"] == "rows":
                row = message["record"]
                yield (row["parent_id"], row["id"]), has_undeclared(row)


class Airbyte(NamedTuple):
    """A source of Airbyte."""

    def command(self, config: dict[str, Any], folder: Path) -> Command:
        """Go on from the last state of each stream, as the platform does."""
        states = [message["state"] for message in messages(folder, "STATE")]
        last = {json.dumps(state["stream"]["stream_descriptor"]): state for state in states}
        state = ("--state", write_json(folder / "state.json", [*last.values()])) if last else ()
        incremental, has_token = bool(config.get("incremental")), "token_url" in config
        program = airbyte(folder, incremental=incremental, has_token=has_token)
        settings = {"num_workers": 2, **config}  # the CDK's own default
        return (*program, "--config", write_json(folder / "config.json", settings), *state)

    def rows(self, folder: Path) -> Iterator[tuple[Key, bool]]:
        """Read its messages."""
        for message in messages(folder, "RECORD"):
            if message["record"]["stream"] == "rows":
                row = message["record"]["data"]
                yield (row["parent_id"], row.get("id")), has_undeclared(row)


class Dlt(NamedTuple):
    """A pipeline of dlt into DuckDB, which keeps its state itself."""

    def command(self, config: dict[str, Any], folder: Path) -> Command:
        """Start it where the last run left its state."""
        home = folder / "dlt"
        home.mkdir(exist_ok=True)
        settings = {**config, "stage": "load", "folder": str(home)}
        return (*DLT, "--config", write_json(folder / "config.json", settings))

    def rows(self, folder: Path) -> Iterator[tuple[Key, bool]]:
        """Read its table, if there is one."""
        with duckdb.connect(str(folder / "dlt" / "events.duckdb")) as warehouse:
            tables = warehouse.sql("select table_name from duckdb_tables()").fetchall()
            if ("rows",) not in tables:
                return
            found = warehouse.sql("select * from loaded.rows")
            for values in found.fetchall():
                row = dict(zip(found.columns, values, strict=True))
                kept = [name for name, value in row.items() if value is not None]
                yield (row["_parents_id"], row["id"]), has_undeclared(kept)


ENGINES: dict[str, Engine] = {
    "ours": Singer(OURS),
    "stock sdk": Singer(STOCK),
    "dlt": Dlt(),
    "airbyte": Airbyte(),
}


class Ended(NamedTuple):
    """How a run ended."""

    exit_code: int | None
    """None if it had to be stopped."""

    last_words: str


def run(
    engine: Engine,
    config: dict[str, Any],
    folder: Path,
    kill_when: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run an engine to its end, or until it is killed or the time is over."""
    command = engine.command(config, folder)
    begun, number = time.monotonic(), len([*folder.glob("stdout-*")])
    with (
        (folder / f"stdout-{number}").open("wb") as stdout,
        (folder / f"stderr-{number}").open("wb") as stderr,
        subprocess.Popen(  # noqa: S603 - see ENGINES
            command, cwd=ROOT, stdout=stdout, stderr=stderr, start_new_session=True
        ) as process,
    ):
        try:
            while process.poll() is None:
                if kill_when() or time.monotonic() - begun > LIMIT_SECONDS:
                    os.killpg(process.pid, signal.SIGKILL)
                    break
                time.sleep(0.05)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    stopped = process.returncode == -signal.SIGKILL
    return Ended(None if stopped else process.returncode, last_words(folder, number))


def last_words(folder: Path, number: int) -> str:
    """Return the last thing that a run said: of Airbyte the last error, of others the last line."""
    errors = [m["trace"]["error"] for m in messages(folder, "TRACE") if "error" in m["trace"]]
    said = (folder / f"stderr-{number}").read_text(encoding="utf-8").splitlines()
    lines = [line.strip() for line in said if line.strip()]
    text = errors[-1]["message"] if errors else LOG_PREFIX.sub("", lines[-1]) if lines else ""
    return textwrap.shorten(text, LAST_WORDS, placeholder=" ...")


def judge(api: Api, engine: Engine, folder: Path, ended: Ended) -> dict[str, Any]:
    """Compare what arrived with what there is."""
    rows = [*engine.rows(folder)]
    right = {key for key, has in rows if has or not api.needs_undeclared}
    expected = api.expected
    found = {
        "exit_code": ended.exit_code,
        "last_words": ended.last_words,
        "expected": len(expected),
        "right": len(right & expected),
        "others": len({key for key, _ in rows} - expected),
        "requests": api.requests,
    }
    verdict = in_words(found)
    early = f", {api.early} requests too early" if isinstance(api, TooMany) else ""
    return found | {"verdict": verdict + early, "is_right": verdict == RIGHT}


def try_fault(fault: type[Api], engine: Engine, folder: Path) -> dict[str, Any]:
    """Run an engine against an API with a fault."""
    api = fault()
    with serving(api) as url:
        config = {"api_url": url} | ({"token_url": f"{url}/token"} if api.wants_token else {})
        if not isinstance(api, Killed):
            return judge(api, engine, folder, run(engine, config, folder))
        run(engine, config, folder, kill_when=api.is_to_be_killed)
        api.goes_on.set()
        return judge(api, engine, folder, run(engine, config, folder))


def try_nights(engine: Engine, folder: Path, *, incremental: bool) -> dict[str, Any]:
    """Run an engine on two nights."""
    api = Nights()
    with serving(api) as url:
        config = {"api_url": url} | ({"incremental": True} if incremental else {})
        run(engine, config, folder)
        before = api.requests
        api.pass_a_night()
        ended = run(engine, config, folder)
    here = {key for key, _ in engine.rows(folder)}
    return {
        "exit_code": ended.exit_code,
        "last_words": ended.last_words,
        "first_requests": before,
        "requests": api.requests - before,
        "missing": {what: [len(keys - here), len(keys)] for what, keys in api.late.items()},
    }


def nights() -> dict[str, tuple[Engine, bool]]:
    """Return who is asked about two nights: each as it reads what is new, then all of it."""
    found = {"ours": (ENGINES["ours"], False)}
    for name, engine in ENGINES.items():
        if name != "ours":
            found |= {f"{name}, incremental": (engine, True), f"{name}, all": (engine, False)}
    return found


def measure(say: Callable[[str], None], *, is_quick: bool) -> dict[str, Any]:
    """Try every fault and two nights on every engine; give the verdicts."""
    TooMany.seconds = 5 if is_quick else 60
    pairs = [*product(FAULTS, ENGINES)]
    with tempfile.TemporaryDirectory(prefix="faults-") as place:

        def fault(pair: tuple[type[Api], str]) -> dict[str, Any]:
            api, engine = pair
            verdict = try_fault(api, ENGINES[engine], Path(tempfile.mkdtemp(dir=place)))
            say(f"{api.__name__}: {engine}: {verdict['verdict']}")
            return verdict

        def night(name: str) -> dict[str, Any]:
            engine, incremental = nights()[name]
            verdict = try_nights(engine, Path(tempfile.mkdtemp(dir=place)), incremental=incremental)
            say(f"Nights: {name}: {verdict['missing']}")
            return verdict

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            tried, slept = [*pool.map(fault, pairs)], [*pool.map(night, nights())]
    faults: dict[str, Any] = {api.__name__: {"what": api.__doc__, "verdicts": {}} for api in FAULTS}
    for (api, engine), verdict in zip(pairs, tried, strict=True):
        faults[api.__name__]["verdicts"][engine] = verdict
    return {"faults": faults, "nights": dict(zip(nights(), slept, strict=True))}


def in_words(found: dict[str, Any]) -> str:
    """Say in a few words what became of the rows."""
    right, of = found["right"], found["expected"]
    if found["exit_code"] is None:
        return "does not end"
    if found["exit_code"]:
        return f"fails (exit code {found['exit_code']}), {right} of {of} rows"
    others = f", {found['others']} that are none" if found["others"] else ""
    if right < of or others:
        return f"{of - right} of {of} rows silently missing{others}"
    return RIGHT
