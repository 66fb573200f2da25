"""For those who have Airflow 3: the loads of accounts.yml, a pod for each shard; then the tables.

It needs the provider `cncf-kubernetes`. Copy it into the folder of DAGs, with accounts.yml beside
it (whose first schedule is that of all accounts).
Each account needs a pool with as many slots as `parallel` says, or its loads never start:
`airflow pools set tap_airmeet__acme 2 "the key of acme"`. A pod does what a run of Dagster does,
with an instance of its own, which nobody needs afterwards.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from kubernetes.client import models

IMAGE = os.environ.get("EVENT_TAPS_IMAGE", "event-taps:1")
VOLUME = models.V1Volume(name="accounts", config_map={"name": "event-taps-accounts"})
content = yaml.safe_load(Path(__file__).with_name("accounts.yml").read_text(encoding="utf-8"))


def pod(name: str, module: str, *job: str, **options: object) -> KubernetesPodOperator:
    """Make a task of a job of Dagster."""
    module = f"event_taps_dagster.{module}_definitions"
    return KubernetesPodOperator(
        task_id=name,
        image=IMAGE,
        arguments=["dagster", "job", "execute", "--module-name", module, "--job", *job],
        secrets=[Secret("env", None, "event-taps")],
        env_vars={
            "DAGSTER_HOME": "/tmp",  # noqa: S108 - of a pod that nothing else uses
            "EVENT_TAPS_ACCOUNTS": "/etc/event-taps/accounts.yml",
        },
        volumes=[VOLUME],
        volume_mounts=[models.V1VolumeMount(name="accounts", mount_path="/etc/event-taps")],
        termination_grace_period=90,
        **options,
    )


with DAG(
    "event_taps",
    schedule=content.get("schedule", "0 3 * * *"),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo(content.get("timezone", "UTC"))),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=6)},
):
    tables = pod("tables", "table", "tables", trigger_rule="all_done")
    all_read = EmptyOperator(task_id="all_read")  # or the run would not fail with a load
    for account in content["accounts"]:
        key = f"{account['tap']}__{account['name']}".replace("-", "_")
        for index in range(shards := account.get("shards", 1)):
            shard = f"{index}-of-{shards}"
            tags = json.dumps({"dagster/partition": shard})
            load = pod(f"{key}__{shard}", "load", f"load_{key}", "--tags", tags, pool=key)
            load >> [tables, all_read]
