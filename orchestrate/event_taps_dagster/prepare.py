"""Make accounts.yml take effect: run this after each change of it, and before Dagster starts.

It checks the file, writes the Meltano plugins of its accounts and shards, brings Meltano's database
up to date, lets dbt read its models and sets in Dagster's instance how many runs may use each key
at the same time.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from event_taps_dagster.accounts import AccountsError, read_accounts
from event_taps_dagster.meltano import Meltano
from event_taps_dagster.plugins import write_plugins
from event_taps_dagster.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = (
    "DAGSTER_HOME",
    *(f"TARGET_POSTGRES_{name}" for name in ("HOST", "USER", "PASSWORD", "DATABASE")),
)
"""Environment variables: those of the warehouse are dbt's too, which reads no .env."""


class PrepareError(Exception):
    """What accounts.yml should take effect in cannot be used."""


def prepare(project: Project, *, with_dbt: bool = True) -> str:
    """Do it; return what was done. Several may at the same time.

    Raises:
        AccountsError: If accounts.yml cannot be used.
        PrepareError: If dbt, or the database of Meltano or of Dagster, cannot.
    """
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        raise AccountsError(f"these environment variables are not set: {', '.join(missing)}")
    accounts = read_accounts(project)
    write_plugins(accounts, project)
    with _using("Meltano's database (MELTANO_DATABASE_URI)"):
        Meltano(project).upgrade_database()
    if with_dbt:
        from event_taps_dagster.tables import dbt_resource  # noqa: PLC0415 - it takes three seconds

        with _using("dbt's models"):
            dbt_resource(project).cli(["parse"], target_path=project.dbt_target).wait()
    where = "Dagster's instance (DAGSTER_HOME, DAGSTER_POSTGRES_URL: a database of its own)"
    with _using(where), dg.DagsterInstance.get() as instance:
        for account in accounts.accounts:
            # As `dagster instance concurrency set` does, but at once for all.
            instance.event_log_storage.set_concurrency_slots(account.id, account.parallel)
    shards = sum(account.shards for account in accounts.accounts)
    return f"{len(accounts.accounts)} accounts, {shards} shards: {project.plugins}"


@contextmanager
def _using(what: str) -> Iterator[None]:
    """Say in a line what cannot be used, and why."""
    try:
        yield
    except Exception as error:  # each library and database raises its own
        raise PrepareError(f"{what} cannot be used: {' '.join(str(error).split())}") from error


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="event-taps-dagster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("prepare", description=__doc__, help="make it take effect")
    command.add_argument("--check", action="store_true", help="only check the file")
    command.add_argument("--without-dbt", action="store_true", help="where nothing but loads runs")
    arguments = parser.parse_args()
    project = Project.from_environment()
    try:
        if arguments.check:
            count = len(read_accounts(project).accounts)
            print(f"{project.accounts}: {count} accounts, no mistake")
        else:
            print(prepare(project, with_dbt=not arguments.without_dbt))
    except (AccountsError, PrepareError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
