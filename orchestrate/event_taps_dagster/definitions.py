"""The definitions that Dagster loads: `dagster ... -m event_taps_dagster.definitions`."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from event_taps_dagster import checks, jobs, loads, tables
from event_taps_dagster.accounts import read_accounts
from event_taps_dagster.project import Project


def make_definitions(project: Project) -> dg.Definitions:
    """Make all definitions of a project.

    Raises:
        AccountsError: If accounts.yml cannot be used.
        FileNotFoundError: If `event-taps-dagster prepare` was not run.
    """
    accounts = read_accounts(project)
    stale_after = timedelta(hours=accounts.stale_after_hours)
    retry = dg.RetryPolicy(max_retries=accounts.retries, delay=accounts.retry_after_seconds)
    loaded = [loads.load_assets(account, project, retry) for account in accounts.accounts]
    models = tables.model_assets(accounts, project)
    report = tables.report_asset(models, project)
    of_streams = [
        checks.check_assets(account, project, stale_after) for account in accounts.accounts
    ]
    load_jobs = [jobs.load_job(*one) for one in zip(accounts.accounts, loaded, strict=True)]
    tables_job = jobs.tables_job(models, report, of_streams)
    check_job = jobs.check_job(of_streams)
    schedules = [
        jobs.load_schedule(account, accounts, job)
        for account, job in zip(accounts.accounts, load_jobs, strict=True)
    ]
    return dg.Definitions(
        assets=[*loaded, models, report],
        asset_checks=of_streams,
        jobs=[*load_jobs, tables_job, check_job],
        schedules=[*schedules, jobs.check_schedule(check_job)],
        sensors=[jobs.tables_follow_loads(tables_job)],
        resources={"dbt": tables.dbt_resource(project)},
        executor=dg.in_process_executor,  # a run is one Meltano command, which is a process already
    )


defs = make_definitions(Project.from_environment())
