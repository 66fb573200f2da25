"""Make accounts.yml take effect: run this after each change of it, and before Dagster starts.

It checks the file, writes the Meltano plugins of its accounts and shards, brings Meltano's database
up to date, lets dbt read its models and sets in Dagster's instance how many runs may use each key
at the same time.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError

from event_taps_dagster.accounts import AccountsError, read_accounts
from event_taps_dagster.meltano import Meltano
from event_taps_dagster.plugins import write_plugins
from event_taps_dagster.project import Project, ProjectError, read_yaml
from event_taps_dagster.warehouse import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_dagster.accounts import Account

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
    _check_environment(project)
    accounts = read_accounts(project)
    write_plugins(accounts, project)
    with _explained("meltano upgrade database (by MELTANO_DATABASE_URI) fails"):
        Meltano(project).upgrade_database()
    if with_dbt:
        # Not for loads: where each run prepares itself, a short outage is for its tries to outlast.
        with _explained("the warehouse (TARGET_POSTGRES_...) cannot be used"), connected(project):
            pass
        from event_taps_dagster.tables import dbt_resource  # noqa: PLC0415 - it takes three seconds

        with _explained("dbt cannot read the models"):
            dbt_resource(project).cli(["parse"], target_path=project.dbt_target).wait()
    where = "Dagster's instance (DAGSTER_HOME, DAGSTER_POSTGRES_URL: a database of its own)"
    with _explained(f"{where} cannot be used"), dg.DagsterInstance.get() as instance:
        for account in accounts.accounts:
            _limit_runs(instance, account)
    shards = sum(account.shards for account in accounts.accounts)
    return f"{len(accounts.accounts)} accounts, {shards} shards: {project.plugins}"


def _limit_runs(instance: dg.DagsterInstance, account: Account) -> None:
    """Do what `dagster instance concurrency set` does, without a process for each account.

    Of those that make a limit at the same time, one gets through, and the others fail after it: so
    they ask a second time.
    """
    set_slots = instance.event_log_storage.set_concurrency_slots
    try:
        set_slots(account.id, account.parallel)
    except IntegrityError:
        set_slots(account.id, account.parallel)


def _check_environment(project: Project) -> None:
    """Look at the variables; what libraries say of an odd one may show a part of a password.

    Raises:
        PrepareError: If one is missing, or cannot be right.
        ProjectError: If meltano.yml or dagster.yaml cannot be read.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or "").expanduser()
    settings = home / "dagster.yaml"
    has_settings = home.is_absolute() and settings.is_file()
    content = read_yaml(settings) if has_settings else {}
    # `storage`, or one for each kind: `run_storage` and others.
    storages = content.items() if isinstance(content, dict) else ()
    of_storage = _variables_in({key: value for key, value in storages if "storage" in str(key)})
    if missing := [name for name in (*NEEDED, *of_storage) if not os.environ.get(name)]:
        raise PrepareError(f"these environment variables are not set: {', '.join(missing)}")
    if not has_settings:
        raise PrepareError(
            f"DAGSTER_HOME: {home} is no absolute path of a folder with a dagster.yaml: copy "
            "orchestrate/dagster.yaml there"
        )
    if project.environment not in project.environments:
        raise PrepareError(
            f"MELTANO_ENVIRONMENT: {project.root / 'meltano.yml'} has no environment "
            f"{project.environment!r}"
        )
    for name in dict.fromkeys((*ADDRESSES, *of_storage)):
        address = os.environ.get(name, "")
        if not _is_address(address) and (name in ADDRESSES or "://" in address):
            raise PrepareError(
                f"{name}: no address (postgresql://user:password@host:5432/database); in its "
                "password write %40 for @, %5B for [, %5D for ], %2F for / and %3F for ?"
            )


def _variables_in(settings: Any) -> list[str]:
    """Return the variables from which Dagster takes settings: `{env: NAME}`, at any depth."""
    if not isinstance(settings, dict):
        return []
    if isinstance(name := settings.get("env"), str) and len(settings) == 1:
        return [name]
    return [name for value in settings.values() for name in _variables_in(value)]


def _is_address(address: str) -> bool:
    """Say whether an address of a database, if there is one, can be taken apart as it is meant."""
    if not address:
        return True
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return False
    if url.get_backend_name() == "sqlite":
        return True
    is_query = {*"?="} <= {*str(url.password or "")}  # cut at an @ of `?password=`
    is_cut_wrongly = is_query or "@" in f"{url.host}{url.database}"
    return not is_cut_wrongly and {*"[]"}.isdisjoint(address.rpartition("@")[0])


@contextmanager
def _explained(failure: str) -> Iterator[None]:
    """Say in a line what fails, and why: the first and the last of what a library says."""
    try:
        yield
    except Exception as error:  # each library and database raises its own
        causes: list[BaseException] = []
        cause: BaseException | None = error
        while cause is not None and cause not in causes:
            causes.append(cause)
            cause = cause.__cause__ or cause.__context__
        first, last = (" ".join(str(one).split()) for one in (causes[0], causes[-1]))
        first = first[max(0, first.find("Error 1:")) :]  # Dagster explains a type before that
        reasons = "; ".join(dict.fromkeys((first, last)))
        reason = textwrap.shorten(reasons, _MAX_LENGTH, placeholder=" ...")
        raise PrepareError(f"{failure}: {reason}") from error


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
