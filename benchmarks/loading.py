"""From a tap's output to typed tables, against dlt: a part of `./dev bench --rivals`.

What tap-conferencesio writes about the sandbox, with its attendance repeated under other keys, is a
file. Ours is a loader that reads this file, and dbt. dlt loads the file's attendance as its pages
show it: a merge by key, types declared, nested values as JSON. Both end with the newest row of each
key; ours also leaves out what is gone, and tests the keys. What a PostgreSQL server takes is in the
seconds only.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import duckdb
import yaml

from benchmarks.engines import DLT_PYTHON
from benchmarks.nights import KB_PER_MB, Cost
from scripts.postgres import Database, serving_postgres
from scripts.project import POSTGRES, Project
from scripts.sandbox import serving
from scripts.taps import BIN, ROOT

TAP, SCHEMA, STREAM = "tap-conferencesio", "tap_conferencesio", "attendance"


class Step(NamedTuple):
    """A process, with its variables and perhaps a file that it reads."""

    command: list[str]
    environment: dict[str, str] = {}  # noqa: RUF012 - never changed
    stdin: Path = Path(os.devnull)


def write_output(path: Path, rows: int, folder: Path) -> int:
    """Write what the tap says of the sandbox with so many rows; return their mean length."""
    with serving("small", folder / "sandbox.json") as sandbox:
        variables = {**os.environ, **sandbox.tap_environment()}
        command = [str(BIN / TAP), "--config=ENV"]
        found = subprocess.run(  # noqa: S603 - our own tap
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        ).stdout.splitlines(keepends=True)
    is_row = f'{{"type":"RECORD","stream":"{STREAM}"'.encode()
    repeated = [line for line in found if line.startswith(is_row)]
    keys = [json.loads(line)["record"]["attendance_key"].encode() for line in repeated]
    written = size = 0
    with path.open("wb") as output:
        for line in found:
            if not line.startswith(is_row):
                output.write(line)
            elif not written:
                for written in range(rows):
                    turn, which = divmod(written, len(repeated))
                    key = keys[which]
                    size += output.write(repeated[which].replace(key, b"%s-%d" % (key, turn), 1))
    return size // rows


def setting(loader: str, **more: object) -> dict[str, object]:
    """Return a loader's settings as this project runs it."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (config,) = (each["config"] for each in loaders if each["name"] == loader)
    return {**config, **more}


def plugin(kind: str, name: str, command: str) -> str:
    """Return the path of a command that Meltano has installed."""
    return str(ROOT / ".meltano" / kind / name / "venv" / "bin" / command)


def load_step(loader: str, output: Path, folder: Path, **settings: object) -> Step:
    """Return a loader that reads the tap's output."""
    config = folder / "config.json"
    config.write_text(json.dumps(setting(loader, **settings)))
    command = [plugin("loaders", loader, loader), f"--config={config}"]
    return Step(command, dict(os.environ), output)


def dbt_step(utility: str, folder: Path, variables: dict[str, str], *options: str) -> Step:
    """Return a build with nothing left from an earlier one, as the first night does it."""
    transform = ROOT / "transform"
    command = [plugin("utilities", utility, "dbt"), "--quiet", "build", *options]
    command += [f"--project-dir={transform}", f"--profiles-dir={transform}"]
    command += [f"--select=+{SCHEMA}__{STREAM}"]  # and what its rows depend on
    command += ["--indirect-selection=cautious"]  # the tests of these alone
    return Step([*command, f"--target-path={folder / 'building'}"], {**os.environ, **variables})


def ours_into_duckdb(output: Path, folder: Path, _: Database) -> list[Step]:
    """Return target-jsonl and dbt."""
    raw = folder / "raw" / SCHEMA
    raw.mkdir(parents=True)
    load = load_step("target-jsonl", output, folder, destination_path=str(raw))
    return [load, dbt_step("dbt-duckdb", folder, {"EVENTS_FOLDER": str(folder)})]


def ours_into_postgres(output: Path, folder: Path, database: Database) -> list[Step]:
    """Return target-postgres and dbt."""
    places = {
        name.removeprefix("TARGET_POSTGRES_").lower(): value
        for name, value in database.settings.items()
    }
    places["default_target_schema"] = f"loaded_{SCHEMA}"
    connection: dict[str, object] = {**places, "port": int(places["port"])}
    load = load_step("target-postgres", output, folder, **connection)
    return [load, dbt_step("dbt-postgres", folder, database.settings, "--target=postgres")]


def dlt_into(destination: str, output: Path, folder: Path, where: str) -> list[Step]:
    """Return dlt in its own environment."""
    script = str(Path(__file__).parent / "dlt_load.py")
    command = [DLT_PYTHON, script, str(output), STREAM, destination, where]
    return [Step(command, {**os.environ, "DLT_DATA_DIR": str(folder / "dlt")})]


def dlt_into_duckdb(output: Path, folder: Path, _: Database) -> list[Step]:
    """Return dlt with a DuckDB of its own."""
    return dlt_into("duckdb", output, folder, str(folder / "events.duckdb"))


def dlt_into_postgres(output: Path, folder: Path, database: Database) -> list[Step]:
    """Return dlt with PostgreSQL."""
    return dlt_into("postgres", output, folder, database.url)


CONTENDERS: dict[str, Callable[[Path, Path, Database], list[Step]]] = {
    "DuckDB, ours": ours_into_duckdb,
    "DuckDB, dlt": dlt_into_duckdb,
    "PostgreSQL, ours": ours_into_postgres,
    "PostgreSQL, dlt": dlt_into_postgres,
}


def run(step: Step) -> Cost:
    """Run a process to its end."""
    with step.stdin.open("rb") as stdin, tempfile.TemporaryFile("w+") as said:
        started = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - see CONTENDERS
            step.command, env=step.environment, stdin=stdin, stdout=said, stderr=said
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            raise SystemExit("".join([*said.readlines()[-15:], f"{step.command[0]} failed"]))
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / KB_PER_MB)


def count(name: str, folder: Path, database: Database) -> int:
    """Return how many rows a contender's table has."""
    table = f"loaded.{STREAM}" if "dlt" in name else f"{SCHEMA}.{STREAM}"
    query = f"select count(*) from {table}"  # noqa: S608 - our own
    if "PostgreSQL" in name:
        return int(database.run(query))
    path = folder / "events.duckdb" if "dlt" in name else folder / "building" / "events.duckdb"
    with duckdb.connect(str(path), read_only=True) as warehouse:
        ((rows,),) = warehouse.sql(query).fetchall()
        return int(rows)


def measure(rows: int, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return what the contenders took, who take turns: medians, and each round."""
    Project().install(say, *POSTGRES)
    costs: dict[str, list[list[Cost]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory(prefix="rivals-") as place:
        output = Path(place) / "output.jsonl"
        size = write_output(output, rows, Path(place))
        for turn in range(rounds):
            for name, measured in costs.items():
                with (
                    serving_postgres() as database,
                    tempfile.TemporaryDirectory(dir=place) as folder,
                ):
                    taken = [run(step) for step in CONTENDERS[name](output, Path(folder), database)]
                    found = count(name, Path(folder), database)
                if found != rows:
                    raise SystemExit(f"{name}: {found:,} rows in the table, not {rows:,}")
                steps = " + ".join(f"{cost.seconds:.1f}" for cost in taken)
                say(f"loading {turn + 1}: {name}: {steps} s")
                measured.append(taken)
    contenders = {name: medians(each, rows) for name, each in costs.items()}
    return {"rows": rows, "bytes_a_row": size, "contenders": contenders}


def medians(rounds: list[list[Cost]], rows: int) -> dict[str, Any]:
    """Return what the steps took together."""
    seconds = median(sum(cost.seconds for cost in taken) for taken in rounds)
    return {
        "seconds": seconds,
        "cpu_seconds": median(sum(cost.cpu_seconds for cost in taken) for taken in rounds),
        "peak_mb": median(max(cost.peak_mb for cost in taken) for taken in rounds),
        "rows_per_s": rows / seconds,
        "rounds": [[cost.seconds for cost in taken] for taken in rounds],
    }
