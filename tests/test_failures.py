"""What could not be read, from the vendor's refusal to the report; and how a good run clears it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.project import MeltanoError, Project
from tests.conftest import keep_only
from tests.made_up_marts import Page

if TYPE_CHECKING:
    from scripts.sandbox import Sandbox

LOAD = ("tap-conferencesio", "target-jsonl")
MAKE_TABLES = ("dbt-duckdb:build", "dbt-duckdb:publish", "report")


@pytest.fixture(scope="module")
def loading(project: Project, sandbox: Sandbox) -> Project:
    keep_only(project, "tap-conferencesio", marts=True)
    return Project(project.root, project.extra | sandbox.tap_environment())


def failed(project: Project) -> dict[str, tuple[int, str, bool]]:
    """Return of each stream that has failed how many parts, why, and whether it is behind."""
    path = project.root / "output" / "events.duckdb"
    with duckdb.connect(str(path), read_only=True) as warehouse:
        rows = warehouse.sql(
            "select stream, failed_parts, failed_reasons, is_behind from marts.mart_freshness"
            " where is_failed"
        ).fetchall()
    return {stream: (parts, reasons, is_behind) for stream, parts, reasons, is_behind in rows}


def told(project: Project) -> str:
    """Return what the report has found about freshness."""
    page = Page((project.root / "output" / "report.html").read_text())
    return page.findings["freshness"][0]


def test_a_part_that_is_refused_is_told_with_its_reason_until_it_is_read(
    loading: Project, sandbox: Sandbox
) -> None:
    session = sandbox.truth("conferencesio", "attendance")[0]["session_id"]
    sandbox.refuse(f"/sessions/{session}/attendance", "/evaluations/")
    with pytest.raises(MeltanoError, match="exit code 1"):
        loading.run("run", *LOAD)
    loading.run("run", *MAKE_TABLES)
    found = failed(loading)
    assert {stream: (parts, behind) for stream, (parts, _, behind) in found.items()} == {
        "attendance": (1, False),
        "evaluation_responses": (1, True),
    }
    assert all("HTTP 403" in reasons for _, reasons, _ in found.values())
    assert told(loading).startswith("The newest run could not read 2 of")

    sandbox.refuse()
    loading.run("run", *LOAD, *MAKE_TABLES)
    assert failed(loading) == {}
    assert told(loading).startswith("The newest runs read all that was due")


def test_a_refused_key_is_told_of_each_stream(loading: Project, sandbox: Sandbox) -> None:
    """Runs after the test above: of a run that could read nothing there is a row, too."""
    sandbox.refuse("")
    with pytest.raises(MeltanoError, match="exit code 1"):
        loading.run("run", *LOAD)
    loading.run("run", "dbt-duckdb:build", "dbt-duckdb:publish")
    found = failed(loading)
    assert len(found) == len(sandbox.streams("conferencesio"))
    for parts, reasons, is_behind in found.values():
        assert (parts, is_behind) == (1, True)
        assert "check the setting" in reasons
