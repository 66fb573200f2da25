"""Make accounts.yml take effect: run this after each change of it, and before Dagster starts.

It checks the file, writes the Meltano plugins of its accounts and shards, brings Meltano's database
up to date, lets dbt read its models and sets in Dagster's instance how many runs may use each key
at the same time.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import dagster as dg

from event_taps_dagster.accounts import AccountsError, read_accounts
from event_taps_dagster.meltano import Meltano
from event_taps_dagster.plugins import write_plugins
from event_taps_dagster.project import Project, ProjectError
from event_taps_dagster.warehouse import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = (
    "DAGSTER_HOME",
    *(f"TARGET_POSTGRES_{name}" for name in ("HOST", "USER", "PASSWORD", "DATABASE")),
)
ADDRESSES = ("MELTANO_DATABASE_URI", "DAGSTER_POSTGRES_URL")
"""Variables that hold a password within an address."""

_MAX_LENGTH = 500


class PrepareError(Exception):
    """What accounts.yml should take effect in cannot be used."""


def prepare(project: Project, *, with_dbt: bool = True) -> str:
    """Do it; return what was done. Several may at the same time.

    Raises:
        AccountsError: If accounts.yml cannot be used.
        PrepareError: If the environment, a database or dbt cannot.
        ProjectError: If a file of the project cannot.
    """
    _check_environment()
    accounts = read_accounts(project)
    with _named("the warehouse (TARGET_POSTGRES_...) cannot be used"), connected(project):
        pass  # loads would fail on it
    write_plugins(accounts, project)
    with _named("meltano upgrade database (by MELTANO_DATABASE_URI) fails"):
        Meltano(project).upgrade_database()
    if with_dbt:
        from event_taps_dagster.tables import dbt_resource  # noqa: PLC0415 - it takes three seconds

        with _named("dbt cannot read the models"):
            dbt_resource(project).cli(["parse"], target_path=project.dbt_target).wait()
    where = "Dagster's instance (DAGSTER_HOME, DAGSTER_POSTGRES_URL: a database of its own)"
    with _named(f"{where} cannot be used"), dg.DagsterInstance.get() as instance:
        for account in accounts.accounts:
            # As `dagster instance concurrency set` does, but at once for all.
            instance.event_log_storage.set_concurrency_slots(account.id, account.parallel)
    shards = sum(account.shards for account in accounts.accounts)
    return f"{len(accounts.accounts)} accounts, {shards} shards: {project.plugins}"


def _check_environment() -> None:
    """Look at the variables; what libraries say of an odd one may show a part of a password.

    Raises:
        PrepareError: If one is missing, or cannot be right.
    """
    settings = Path(os.environ.get("DAGSTER_HOME") or ".") / "dagster.yaml"
    wanted = re.findall(r"env: *(\w+)", settings.read_text("utf-8")) if settings.is_file() else ()
    if missing := [name for name in (*NEEDED, *wanted) if not os.environ.get(name)]:
        raise PrepareError(f"these environment variables are not set: {', '.join(missing)}")
    if not settings.is_file():
        raise PrepareError(f"DAGSTER_HOME: there is no {settings}: copy orchestrate/dagster.yaml")
    for name in ADDRESSES:
        address = os.environ.get(name, "")
        if address.count("@") != urlsplit(address).netloc.count("@") or address.count("@") > 1:
            raise PrepareError(
                f"{name}: write what is special in its user or password as %40 for @, %2F for /, "
                "%23 for # and %3F for ?"
            )


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Say in a line what fails, and why: the first and the last of what a library says."""
    try:
        yield
    except Exception as error:  # each library and database raises its own
        causes: list[BaseException] = [error]
        while cause := causes[-1].__cause__ or causes[-1].__context__:
            causes.append(cause)
        reasons = dict.fromkeys(" ".join(str(cause).split()) for cause in (causes[0], causes[-1]))
        reason = textwrap.shorten("; ".join(reasons), _MAX_LENGTH, placeholder=" ...")
        raise PrepareError(f"{what}: {reason}") from error


def _interrupted(*_: object) -> None:
    """End at once: libraries swallow Python's KeyboardInterrupt in places, and go on."""
    os.write(sys.stderr.fileno(), b"interrupted: run it again\n")
    os._exit(128 + signal.SIGINT)


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="event-taps-dagster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("prepare", description=__doc__, help="make it take effect")
    command.add_argument("--check", action="store_true", help="only check the file")
    command.add_argument("--without-dbt", action="store_true", help="where nothing but loads runs")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, _interrupted)
    try:
        project = Project.from_environment()
        if arguments.check:
            count = len(read_accounts(project).accounts)
            print(f"{project.accounts}: {count} accounts, no mistake")
        else:
            print(prepare(project, with_dbt=not arguments.without_dbt))
    except (AccountsError, PrepareError, ProjectError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
