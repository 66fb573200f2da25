"""Many shards side by side, with Dagster: nothing lost or doubled, whatever is killed or broken.

Real runs in processes of their own, a real PostgreSQL, and the sandbox, night after night. The
tests stand in their order: each goes on from the tables of the one before it.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import psycopg
import pytest
import yaml
from dagster_graphql import DagsterGraphQLClient, ReloadRepositoryLocationStatus

from event_taps_dagster.project import Project as ProjectOfDagster
from event_taps_dagster.warehouse import connected
from scripts.postgres import differences
from scripts.scale import (
    HOST,
    WORKSPACE,
    Engine,
    EngineError,
    built_last,
    engine,
    shards_of,
)
from tests.conftest import keep_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scripts.postgres import Database
    from scripts.project import Project
    from scripts.sandbox import Sandbox

CONFERENCES = "tap_conferencesio__main"
ENGAGE = "tap_meetengage__northlight"
SHARDS = {CONFERENCES: 2, ENGAGE: 2}
MANY = 30
"""Shards of the first account at first."""

PARALLEL = 2
PATIENCE_SECONDS = 1800
ANSWER_SECONDS = 50
"""So long a load is left waiting; a tap waits for a minute."""

VENDORS = ("conferencesio", "meetengage")
SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
MAKE_LIMIT = """
    insert into concurrency_limits (concurrency_key, "limit", using_default_limit)
    values (%s, 1, false)
"""
WAITS_FOR_ANOTHER = (
    "select 1 from pg_locks where locktype = 'transactionid' and not granted limit 1"
)
OF_A_SESSION = re.compile(r"/sessions/[^/]+/(attendance|polls|questions)")


@pytest.fixture(scope="module")
def made(
    project: Project,
    sandbox: Sandbox,
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """Dagster's daemon over a project of two vendors."""
    keep_only(project, "tap-conferencesio", "tap-meetengage", marts=True)
    folder = tmp_path_factory.mktemp("scale")
    with engine(folder, sandbox, database, project, VENDORS) as made:
        divide(made, SHARDS | {CONFERENCES: MANY})
        with made.serving():
            yield made


def divide(made: Engine, shards: dict[str, int]) -> None:
    """Say in accounts.yml into how many shards each account is divided."""
    path = made.project.root / "accounts.yml"
    content = yaml.safe_load(path.read_text())
    content["retries"] = 0
    content["schedule"] = "0 0 1 1 *"  # by default it could be night while these tests run
    for account in content["accounts"]:
        account["shards"] = shards[f"{account['tap']}__{account['name']}".replace("-", "_")]
        if "window_days" in account["settings"]:  # fewer calls: their limit is what takes time
            account["settings"]["window_days"] = 1830
    path.write_text(yaml.safe_dump(content))
    made.prepare()


def reload(made: Engine) -> None:
    """Let the code servers read accounts.yml again."""
    client = DagsterGraphQLClient(HOST, port_number=made.port)
    for location in ("loads", "tables"):
        done = client.reload_repository_location(location)
        assert done.status is ReloadRepositoryLocationStatus.SUCCESS, done.message


@pytest.fixture
def instance(made: Engine) -> Iterator[dg.DagsterInstance]:
    with made.instance() as instance:
        yield instance


def launch(made: Engine, account: str, *partitions: str) -> None:
    """Ask for shards of an account: for all if none is named."""
    made.launch(f"load_{account}", *partitions or shards_of(SHARDS[account]))


def runs_of(instance: dg.DagsterInstance, job: str) -> Sequence[dg.DagsterRun]:
    return instance.get_runs(dg.RunsFilter(job_name=job))


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)


def wait_for_tables(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """Wait until everything has ended, and the tables were built after the last load."""
    until(lambda: built_last(instance.get_run_records()) is not None)
    found = built_last(instance.get_run_records())
    assert found is not None
    return found


def process_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int:
    """Return the process of a run."""
    for record in instance.get_records_for_run(run.run_id).records:
        message = record.event_log_entry.dagster_event and record.event_log_entry.message
        if found := re.search(r"Started process for run \(pid: (\d+)\)", message or ""):
            return int(found[1])
    raise AssertionError("no process")


@contextmanager
def running_load(
    made: Engine, instance: dg.DagsterInstance, sandbox: Sandbox, account: str, partition: str
) -> Iterator[dg.DagsterRun]:
    """Load a shard, whose vendor leaves it waiting for its first answer."""
    sandbox.forget_requests()
    sandbox.delay(ANSWER_SECONDS)
    launch(made, account, partition)
    until(lambda: sandbox.request_count() > 0)
    started = dg.RunsFilter(job_name=f"load_{account}", statuses=[dg.DagsterRunStatus.STARTED])
    (run,) = instance.get_runs(started)
    try:
        yield run
    finally:
        sandbox.delay(0)


def failed_checks(instance: dg.DagsterInstance, run: dg.DagsterRun) -> set[tuple[str, str]]:
    """Return the schemas and names of checks of streams that failed in a run."""
    wanted = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    found = [
        record.event_log_entry.get_dagster_event().asset_check_evaluation_data
        for record in instance.get_records_for_run(run.run_id, of_type=wanted).records
    ]
    return {
        (one.asset_key.path[0], one.check_name)
        for one in found
        if one.check_name in ("complete", "fresh") and not one.passed
    }


def meltano_of(plugin: str) -> list[int]:
    """Return the processes of Meltano that run a plugin."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = path.read_bytes().split(b"\0")
            if b"run" in command and any(plugin.encode() in part for part in command):
                found.append(int(path.parent.name))
    return found


def release_lock_of_meltano(database: Database) -> None:
    """Do at once what five minutes do: a Meltano that ended too early has left its lock.

    `retry_after_seconds` is longer than that; here nothing is retried.
    """
    with psycopg.connect(database.url_of("meltano")) as connection:
        connection.execute("update runs set state = 'FAIL' where state = 'RUNNING'")


def errors_of(instance: dg.DagsterInstance) -> dict[str, list[str]]:
    """Return of each run that did not go well what its steps say."""
    failures = dg.RunsFilter(statuses=[FAILURE, dg.DagsterRunStatus.CANCELED])
    return {
        f"{run.job_name} {run.tags.get('dagster/partition', '')}": [
            record.event_log_entry.get_dagster_event().step_failure_data.error_display_string
            for record in instance.get_records_for_run(
                run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE
            ).records
        ]
        for run in instance.get_runs(failures)
    }


def most_at_once(instance: dg.DagsterInstance, job: str) -> int:
    """Return how many runs of a job had their place in the pool at the same time."""
    changes: list[tuple[float, int]] = []
    for run in runs_of(instance, job):
        for step in instance.get_run_step_stats(run.run_id):
            if step.start_time and step.end_time:
                changes += [(step.start_time, 1), (step.end_time, -1)]
    running, most = 0, 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def assert_true(sandbox: Sandbox, database: Database, *schemas: str) -> None:
    """The tables hold the truth."""
    found = differences(sandbox, database)
    assert {name: rows for name, rows in found.items() if name.partition(".")[0] in schemas} == {}


def asked_of_sessions(sandbox: Sandbox) -> Counter[str]:
    """Return how often single sessions were asked for."""
    return Counter(path for one in sandbox.requests() if OF_A_SESSION.search(path := one.path))


def test_code_servers_prepare_at_the_same_time_what_a_first_night_needs(
    made: Engine, database: Database
) -> None:
    """Of several Meltanos that make the tables of their own database, all but one would fail."""
    variables = dict(made.variables)
    for name in ("DAGSTER_POSTGRES_URL", "MELTANO_DATABASE_URI"):
        before, _, database_name = variables[name].rpartition("/")
        variables[name] = f"{before}/first_{database_name}"
        database.run(f"create database first_{database_name}")
    (made.project.root / "accounts" / "accounts.meltano.yml").unlink()
    server = replace(made, variables=variables)
    command = ("event-taps-dagster", "prepare", "--without-dbt")
    with ThreadPoolExecutor() as servers:
        said = {*servers.map(lambda _: server.run(*command), range(3))}
    assert len(said) == 1
    assert not [*made.project.root.glob("accounts/*.new")]
    with psycopg.connect(database.url_of("first_meltano")) as connection:
        assert connection.execute("select * from runs").fetchall() == []


def test_a_limit_that_another_code_server_is_just_making_is_made(
    made: Engine, database: Database
) -> None:
    address = made.variables["DAGSTER_POSTGRES_URL"]
    with ThreadPoolExecutor() as servers, psycopg.connect(address) as other:
        taken = other.execute("delete from concurrency_limits returning concurrency_key").fetchall()
        other.commit()
        for row in taken:
            other.execute(MAKE_LIMIT, row)
        prepared = servers.submit(made.run, "event-taps-dagster", "prepare", "--without-dbt")
        until(lambda: prepared.done() or database.run(WAITS_FOR_ANOTHER) != "")
        other.commit()
        assert "2 accounts" in prepared.result()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"DAGSTER_POSTGRES_URL": ""}, "are not set: DAGSTER_POSTGRES_URL"),
        ({"MELTANO_DATABASE_URI": "mysql://one"}, r"meltano upgrade database \(by .*\) fails: "),
        ({"TARGET_POSTGRES_PORT": "1"}, r"the warehouse .* cannot be used: .* refused"),
    ],
    ids=str,
)
def test_what_accounts_cannot_take_effect_in_is_named_in_one_line(
    made: Engine, wrong: dict[str, str], said: str
) -> None:
    server = replace(made, variables={**made.variables, **wrong})
    with pytest.raises(EngineError, match=said) as failure:
        server.run("event-taps-dagster", "prepare")
    assert len(str(failure.value).splitlines()) == 1


@pytest.mark.usefixtures("instance")
def test_the_server_notices_soon_that_a_machine_is_lost_which_has_a_lock() -> None:
    with connected(ProjectOfDagster.from_environment()) as connection:
        (idle,) = connection.execute("show tcp_keepalives_idle").fetchone() or [""]
    assert idle == "60"


def test_a_backfill_of_thirty_shards_reads_everything_once_and_within_the_limit_of_a_key(
    made: Engine, instance: dg.DagsterInstance, sandbox: Sandbox, database: Database
) -> None:
    launch(made, ENGAGE)
    job = (f"--workspace={WORKSPACE}", "--location=loads", f"--job=load_{CONFERENCES}")
    made.run("dagster", "job", "backfill", *job, "--all", "all", "--noprompt")
    tables = wait_for_tables(instance)
    assert errors_of(instance) == {}
    assert len(runs_of(instance, f"load_{CONFERENCES}")) == MANY
    assert_true(sandbox, database, "tap_conferencesio", "tap_meetengage")
    asked = asked_of_sessions(sandbox)
    assert len(asked) > 10
    assert {*asked.values()} == {1}, "each session by one shard"
    limits = sandbox.control("GET", "/limits")["meetengage"]
    assert limits["calls"] > 5
    assert (limits["breaches"], limits["fullest"] <= 10) == (0, True)
    assert most_at_once(instance, f"load_{CONFERENCES}") == PARALLEL
    assert failed_checks(instance, tables) == set()


def test_a_cancelled_run_ends_meltano_and_frees_its_place(
    made: Engine, instance: dg.DagsterInstance, sandbox: Sandbox
) -> None:
    with running_load(made, instance, sandbox, ENGAGE, "0-of-2") as run:
        assert meltano_of("tap-meetengage--northlight--0-of-2")
        instance.run_launcher.terminate(run.run_id)
        until(lambda: runs_of(instance, f"load_{ENGAGE}")[0].is_finished)
    assert runs_of(instance, f"load_{ENGAGE}")[0].status is dg.DagsterRunStatus.CANCELED
    assert meltano_of("tap-meetengage--northlight--0-of-2") == []
    until(lambda: instance.event_log_storage.get_concurrency_info(ENGAGE).active_slot_count == 0)


def test_fewer_shards_two_schedulers_a_killed_worker_and_a_vendor_that_refuses(
    made: Engine, instance: dg.DagsterInstance, sandbox: Sandbox, database: Database
) -> None:
    """Fewer shards go on from where the many were: what had settled is not read again."""
    divide(made, SHARDS)
    reload(made)
    sandbox.advance(2)
    sandbox.refuse("/organisation_data")
    with running_load(made, instance, sandbox, CONFERENCES, "1-of-2") as run:
        os.kill(process_of(instance, run), signal.SIGKILL)
        until(lambda: not meltano_of("tap-conferencesio--main--1-of-2"))
    release_lock_of_meltano(database)
    launch(made, CONFERENCES)
    launch(made, ENGAGE)
    again = dg.RunsFilter(tags={"dagster/parent_run_id": run.run_id})
    until(lambda: bool(instance.get_runs(again)))
    tables = wait_for_tables(instance)

    killed = instance.get_run_by_id(run.run_id)
    assert killed is not None
    assert killed.status is FAILURE
    since = runs_of(instance, f"load_{CONFERENCES}")[:-MANY]
    others = [one for one in since if one.run_id != run.run_id]
    assert {one.status for one in others} == {SUCCESS}, "the one in its place, too"
    assert len(others) == SHARDS[CONFERENCES] + 1
    attended = {row["session_id"] for row in sandbox.truth("conferencesio", "attendance")}
    asked = {path.split("/")[2] for path in asked_of_sessions(sandbox)}
    assert attended & asked
    assert attended - asked
    assert_true(sandbox, database, "tap_conferencesio")
    assert most_at_once(instance, f"load_{CONFERENCES}") == PARALLEL

    refused = runs_of(instance, f"load_{ENGAGE}")[: SHARDS[ENGAGE]]
    assert FAILURE in {one.status for one in refused}, "each shard that had to read something"
    assert tables.status is SUCCESS
    assert failed_checks(instance, tables) == {("loaded_tap_meetengage", "complete")}


def test_a_stream_that_was_not_read_for_long_fails_its_check(
    made: Engine, instance: dg.DagsterInstance, database: Database
) -> None:
    database.run(
        "update loaded_tap_conferencesio.read_log set read_at = read_at - interval '3 days'"
    )
    before = len(runs_of(instance, "checks"))  # the schedule may have launched some
    made.launch("checks")
    until(lambda: len(runs_of(instance, "checks")) > before)
    until(lambda: all(run.is_finished for run in runs_of(instance, "checks")))
    (run, *_) = runs_of(instance, "checks")
    assert ("loaded_tap_conferencesio", "fresh") in failed_checks(instance, run)
    assert ("loaded_tap_meetengage", "fresh") not in failed_checks(instance, run)
