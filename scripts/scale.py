"""Load the sandbox's events over shards into PostgreSQL, with Dagster, and compare with the truth.

Everything is new at each call, and in output/scale: the world, the database (also for Meltano's
state, and for Dagster), the project that the shards run in. Without --once Dagster's page stays
when all is loaded, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg
import requests
import yaml
from dagster_graphql import DagsterGraphQLClient

from event_taps_dagster.loads import LOAD
from scripts import truths
from scripts.postgres import differences, serving_postgres
from scripts.processes import exit_on_signals, running
from scripts.project import POSTGRES, MeltanoError, Project
from scripts.sandbox import SandboxError, serving, tap_of
from scripts.taps import BIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from scripts.postgres import Database
    from scripts.sandbox import Sandbox

WORKSPACE = ROOT / "orchestrate" / "workspace.yaml"
HOST = "127.0.0.1"
SHARDS, PARALLEL = 4, 2
MAX_CONCURRENT_RUNS = 3
"""A run takes a core while it starts."""

POLL_SECONDS = 1


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


class EngineError(Exception):
    """Dagster did not do what it was asked for."""


@dataclass(frozen=True)
class Engine:
    """Dagster over a copy of the project: what it needs to know, in environment variables."""

    project: Project
    variables: Mapping[str, str]
    port: int

    @property
    def home(self) -> Path:
        """Dagster's folder."""
        return self.project.root / "dagster"

    @property
    def url(self) -> str:
        """Dagster's page."""
        return f"http://{HOST}:{self.port}"

    def command(self, *command: str) -> list[str]:
        """Return a command of the environment."""
        return [str(BIN / command[0]), *command[1:]]

    def environment(self) -> dict[str, str]:
        """Return the variables of each command."""
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {**self.project.environment(), **self.variables, "PATH": path}

    def run(self, *command: str) -> str:
        """Run a command to its end.

        Raises:
            EngineError: If it fails.
        """
        done = subprocess.run(  # noqa: S603 - our own
            self.command(*command),
            cwd=self.project.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EngineError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def prepare(self) -> None:
        """Make accounts.yml take effect."""
        self.run("event-taps-dagster", "prepare")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run Dagster's page and daemon, which log to a file.

        Raises:
            EngineError: If they end by themselves.
        """
        log = self.project.root / "output" / "dagster.log"
        log.parent.mkdir(exist_ok=True)
        command = self.command(
            "dagster", "dev", f"--workspace={WORKSPACE}", f"--host={HOST}", f"--port={self.port}"
        )
        with (
            log.open("a") as file,
            running(command, env=self.environment(), stdout=file, stderr=file) as process,
        ):
            while not self._answers() and process.poll() is None:
                time.sleep(POLL_SECONDS)
            if process.poll() is None:
                yield
            if process.poll() is not None:
                raise EngineError(f"Dagster has ended; its log: {log}")

    def _answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/server_info", timeout=POLL_SECONDS).ok
        return False

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """Look at Dagster's runs."""
        os.environ.update(self.variables)
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            yield instance

    def launch(self, job: str, *partitions: str) -> None:
        """Ask for a job, or for shards of an account's job."""
        client = DagsterGraphQLClient(HOST, port_number=self.port)
        for tags in [{"dagster/partition": one} for one in partitions] or [{}]:
            client.submit_job_execution(job, tags=tags)


def accounts_of(
    sandbox: Sandbox, project: Project, vendors: Collection[str]
) -> tuple[dict[str, object], dict[str, str]]:
    """Return accounts.yml for the sandbox, and the variables that hold its credentials."""
    content = yaml.safe_load((project.root / "meltano.yml").read_text())
    secrets = {
        plugin["name"]: {one["name"] for one in plugin["settings"] if one.get("sensitive")}
        for plugin in content["plugins"]["extractors"]
    }
    (demo,) = (one for one in content["environments"] if one["name"] == "demo")
    of_demo = {one["name"]: one["config"] for one in demo["config"]["plugins"]["extractors"]}
    accounts: list[dict[str, object]] = []
    variables: dict[str, str] = {}
    for vendor in vendors:
        tap, where = tap_of(vendor), sandbox.vendors[vendor]
        settings = {**of_demo[tap], **where["settings"], "api_url": where["api_url"]}
        account = {"tap": tap, "name": settings.pop("account", "main"), "credentials": {}}
        for name in sorted(secrets[tap] & settings.keys()):
            account["credentials"][name] = variable = f"SANDBOX_{vendor}_{name}".upper()
            variables[variable] = settings.pop(name)
        if "requests_per_minute" in settings:
            account["requests_per_minute"] = settings.pop("requests_per_minute")
        accounts.append({**account, "settings": settings, "shards": SHARDS, "parallel": PARALLEL})
    return {"accounts": accounts}, variables


@contextmanager
def engine(
    folder: Path, sandbox: Sandbox, database: Database, project: Project, vendors: Collection[str]
) -> Iterator[Engine]:
    """Make a project in which Dagster loads vendors of the sandbox into the database."""
    copied = project.copy(folder)
    accounts, credentials = accounts_of(sandbox, copied, vendors)
    (folder / "accounts.yml").write_text(yaml.safe_dump(accounts, sort_keys=False))
    home = folder / "dagster"
    home.mkdir()
    settings = yaml.safe_load((ROOT / "orchestrate" / "dagster.yaml").read_text())
    settings["concurrency"]["runs"]["max_concurrent_runs"] = MAX_CONCURRENT_RUNS
    settings["run_monitoring"] |= {
        "poll_interval_seconds": 5,
        "free_slots_after_run_end_seconds": 5,
    }
    settings["run_queue"] = {"dequeue_interval_seconds": 1}
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings))
    for name in ("dagster", "meltano"):
        database.run(f"create database {name}")
    yield Engine(
        copied,
        {
            **database.settings,
            **credentials,
            "DAGSTER_HOME": str(home),
            "DAGSTER_POSTGRES_URL": database.url_of("dagster"),
            "MELTANO_AUTO_INSTALL": "false",
            "MELTANO_DATABASE_URI": database.url_of("meltano").replace("://", "+psycopg://", 1),
            "MELTANO_ENVIRONMENT": "prod",
            "MELTANO_PROJECT_ROOT": str(folder),
        },
        free_port(),
    )


def shards_of(count: int) -> list[str]:
    """Name so many shards of an account."""
    return [f"{index}-of-{count}" for index in range(count)]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def built_last(records: Sequence[dg.RunRecord]) -> dg.DagsterRun | None:
    """Return the run that built the tables of all loads; None while something is to come.

    Args:
        records: All runs, the newest first.
    """
    tables = [one for one in records if one.dagster_run.job_name == "tables"]
    loads = [one for one in records if LOAD.items() <= one.dagster_run.tags.items()]
    if not tables or not all(one.dagster_run.is_finished for one in records):
        return None
    ended = max((one.end_time or 0 for one in loads), default=0)
    is_last = tables[0].create_timestamp.timestamp() > ended
    return tables[0].dagster_run if is_last else None


def wait(instance: dg.DagsterInstance) -> Sequence[dg.DagsterRun]:
    """Wait until everything is loaded and the tables are built; say what ends, and how."""
    said: set[str] = set()
    while True:
        records = instance.get_run_records()
        runs = [one.dagster_run for one in records]
        for run in runs:
            if run.is_finished and run.run_id not in said:
                said.add(run.run_id)
                shard = run.tags.get("dagster/partition", "")
                say(f"  {run.job_name:<45} {shard:>8}  {run.status.value}")
        if built_last(records):
            return runs
        time.sleep(POLL_SECONDS)


def scale(root: Path, world: str, *, once: bool) -> bool:
    """Load everything; return whether the tables hold the truth."""
    project = Project(root)
    project.install(say, *POSTGRES)
    folder = root / "output" / "scale"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        serving_postgres() as database,
        serving(world, folder / "sandbox.json") as sandbox,
        engine(folder, sandbox, database, project, sandbox.vendors) as made,
        made.instance() as instance,
    ):
        say(f"sandbox: {sandbox.url}; PostgreSQL: {database.url}")
        made.prepare()
        with made.serving():
            say(f"Dagster: {made.url}")
            started = time.monotonic()
            accounts = yaml.safe_load((folder / "accounts.yml").read_text())["accounts"]
            for account in accounts:
                job = f"load_{account['tap']}__{account['name']}".replace("-", "_")
                made.launch(job, *shards_of(SHARDS))
            runs = wait(instance)
            say(f"{len(runs)} runs, {time.monotonic() - started:.0f} seconds")
            found = {**differences(sandbox, database), **truths.differences(sandbox, database.rows)}
            for name, rows in found.items():
                say(f"{name} DIFFERS: {rows}")
            good = not found and all(run.is_success for run in runs)
            say("all tables hold the truth" if good else "NOT everything is as it should be")
            while not once:
                time.sleep(POLL_SECONDS)
    return good


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="./dev scale", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when everything is loaded")
    parser.add_argument("--world", default="demo", help="size of the sandbox's world (small, demo)")
    arguments = parser.parse_args()
    exit_on_signals()
    try:
        return 0 if scale(ROOT, arguments.world, once=arguments.once) else 1
    except (EngineError, MeltanoError, SandboxError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
