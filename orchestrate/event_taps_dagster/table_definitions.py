"""The code location `tables`: what follows the loads, the checks, dbt's models and the report."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from event_taps_dagster import checks, jobs, tables
from event_taps_dagster.accounts import read_accounts
from event_taps_dagster.project import Project


def make_definitions(project: Project) -> dg.Definitions:
    """Make the definitions of all that follows the loads.

    Raises:
        AccountsError: If accounts.yml cannot be used.
        FileNotFoundError: If `event-taps-dagster prepare` was not run.
    """
    accounts = read_accounts(project)
    stale_after = timedelta(hours=accounts.stale_after_hours)
    models = tables.model_assets(accounts, project)
    report = tables.report_asset(models, project)
    of_streams = [
        checks.check_assets(account, project, stale_after) for account in accounts.accounts
    ]
    tables_job, check_job = jobs.tables_job(models, report, of_streams), jobs.check_job(of_streams)
    return dg.Definitions(
        assets=[models, report],
        asset_checks=of_streams,
        jobs=[tables_job, check_job],
        schedules=[jobs.check_schedule(check_job)],
        sensors=[jobs.tables_follow_loads(tables_job)],
        resources={"dbt": tables.dbt_resource(project)},
        executor=dg.in_process_executor,  # one thing after the other, in one process
    )


defs = make_definitions(Project.from_environment())
