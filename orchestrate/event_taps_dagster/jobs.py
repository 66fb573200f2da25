"""What runs, and when.

load_job, load_schedule          the shards of an account, a run for each
tables_job, tables_follow_loads  checks, dbt and the report, once no load is queued or running
check_job, check_schedule        the checks alone: they also look at what was not loaded at all
"""

from __future__ import annotations

from collections.abc import Iterator  # noqa: TC003 - Dagster looks at the annotation
from typing import TYPE_CHECKING

import dagster as dg

from event_taps_dagster.loads import LOAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    # What `define_asset_job` returns, which Dagster does not export.
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )

    from event_taps_dagster.accounts import Account, Accounts

LOOK_SECONDS = 10
ENDED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
GOING_ON = [status for status in dg.DagsterRunStatus if status not in ENDED]


def load_job(account: Account, assets: dg.AssetsDefinition) -> Job:
    """Make the job of an account. Its checks come later: they are about all shards together."""
    selection = dg.AssetSelection.assets(assets).without_checks()
    return dg.define_asset_job(f"load_{account.id}", selection=selection, tags=LOAD)


def load_schedule(account: Account, accounts: Accounts, job: Job) -> dg.ScheduleDefinition:
    """Load all shards; whoever asks twice for the same night gets one run of each."""

    @dg.schedule(
        name=f"nightly_{account.id}",
        job=job,
        cron_schedule=account.schedule or accounts.schedule,
        execution_timezone=accounts.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        when = context.scheduled_execution_time.isoformat()
        for partition in account.partitions:
            yield dg.RunRequest(run_key=f"{when} {partition}", partition_key=partition)

    return nightly


def tables_job(
    models: dg.AssetsDefinition,
    report: dg.AssetsDefinition,
    checks: Sequence[dg.AssetChecksDefinition],
) -> Job:
    """Make the job of all that follows the loads."""
    tables = dg.AssetSelection.assets(models, report)
    return dg.define_asset_job("tables", selection=tables | dg.AssetSelection.checks(*checks))


def tables_follow_loads(job: Job) -> dg.SensorDefinition:
    """Build the tables once after the loads that have ended, whether well or not.

    So one vendor's trouble holds up no other's tables.
    """

    @dg.sensor(
        job=job,
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tables_follow_loads(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        def newest(statuses: list[dg.DagsterRunStatus]) -> str | None:
            wanted = dg.RunsFilter(tags=LOAD, statuses=statuses)
            found = context.instance.get_run_records(wanted, limit=1, order_by="update_timestamp")
            return found[0].dagster_run.run_id if found else None

        if newest(GOING_ON):
            return dg.SkipReason("loads are queued or running")
        ended = newest(ENDED)
        return dg.RunRequest(run_key=ended) if ended else dg.SkipReason("nothing was loaded yet")

    return tables_follow_loads


def check_job(checks: Sequence[dg.AssetChecksDefinition]) -> Job:
    """Make the job of all checks."""
    return dg.define_asset_job("checks", selection=dg.AssetSelection.checks(*checks))


def check_schedule(job: Job) -> dg.ScheduleDefinition:
    """Check once an hour."""
    return dg.ScheduleDefinition(
        name="hourly_checks",
        job=job,
        cron_schedule="15 * * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
