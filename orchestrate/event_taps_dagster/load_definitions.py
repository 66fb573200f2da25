"""The code location `loads`: an asset for each stream, a job and a schedule for each account.

Each run of a shard starts with this module, so it imports nothing of dbt, whose start takes longer
than Dagster's.
"""

from __future__ import annotations

import dagster as dg

from event_taps_dagster import jobs, loads
from event_taps_dagster.accounts import read_accounts
from event_taps_dagster.project import Project


def make_definitions(project: Project) -> dg.Definitions:
    """Make the definitions of all loads.

    Raises:
        AccountsError: If accounts.yml cannot be used.
    """
    accounts = read_accounts(project)
    retry = dg.RetryPolicy(max_retries=accounts.retries, delay=accounts.retry_after_seconds)
    loaded = [loads.load_assets(account, project, retry) for account in accounts.accounts]
    load_jobs = [jobs.load_job(*one) for one in zip(accounts.accounts, loaded, strict=True)]
    schedules = [
        jobs.load_schedule(account, accounts, job)
        for account, job in zip(accounts.accounts, load_jobs, strict=True)
    ]
    return dg.Definitions(
        assets=loaded,
        jobs=load_jobs,
        schedules=schedules,
        executor=dg.in_process_executor,  # a run is one Meltano command, which is a process already
    )


defs = make_definitions(Project.from_environment())
