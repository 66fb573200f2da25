"""Thirty shards of one account, and then fewer: what was read is not read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from scripts.postgres import differences, serving_postgres
from scripts.sandbox import serving
from scripts.scale import WORKSPACE, engine
from tests.conftest import keep_only
from tests.test_scale import CONFERENCES, OF_A_SESSION, wait_for_tables

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.project import Project
    from scripts.sandbox import Sandbox
    from scripts.scale import Engine

MANY, FEWER = 30, 2


def night(made: Engine, sandbox: Sandbox, shards: int) -> int:
    """Load all shards; return how many requests were about single sessions."""
    path = made.project.root / "accounts.yml"
    content = yaml.safe_load(path.read_text())
    content["accounts"][0] |= {"shards": shards, "parallel": 2}
    path.write_text(yaml.safe_dump(content))
    made.prepare()
    sandbox.forget_requests()
    with made.serving(), made.instance() as instance:
        job = (f"--workspace={WORKSPACE}", "--location=loads", f"--job=load_{CONFERENCES}")
        made.run("dagster", "job", "backfill", *job, "--all", "all", "--noprompt")
        wait_for_tables(instance)
        assert {run.is_success for run in instance.get_runs()} == {True}
    return sum(bool(OF_A_SESSION.search(one["path"])) for one in sandbox.requests())


@pytest.mark.long
def test_thirty_shards_and_then_two_go_on_from_each_other(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keep_only(project, "tap-conferencesio", marts=True)
    folder: Path = tmp_path_factory.mktemp("scale")
    with (
        serving_postgres() as database,
        serving("small", project.root / "output" / "sandbox.json") as sandbox,
        engine(folder, sandbox, database, project, ["conferencesio"]) as made,
    ):
        everything = night(made, sandbox, MANY)
        fewer = night(made, sandbox, FEWER)
        found = differences(sandbox, database)
    assert {name for name in found if name.startswith("tap_conferencesio")} == set()
    assert 0 < fewer < everything, "what had settled is not read again"
