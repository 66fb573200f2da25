"""From the sandbox through Meltano into DuckDB while the world moves: tables are the truth."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.demo import compare_all, compare_marts, load
from scripts.project import Project
from scripts.taps import ROOT
from tests.conftest import NO_HUB, query
from tests.made_up_marts import Page
from tests.test_any_folder import NAME

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.comparison import Comparison
    from scripts.sandbox import Sandbox


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Project:
    """A project in a folder of any name."""
    assert installed.exists()
    folder = tmp_path_factory.mktemp("project") / NAME
    folder.mkdir()
    return Project(ROOT, NO_HUB).copy(folder)


def load_and_compare(project: Project, sandbox: Sandbox) -> tuple[dict[str, Comparison], int]:
    _, requests = load(sandbox, project.root)
    return compare_all(sandbox, project.root), requests


def differing(compared: dict[str, Comparison]) -> dict[str, tuple[list[str], list[str]]]:
    return {
        table: (result.missing[:2], result.surplus[:2])
        for table, result in compared.items()
        if not result.equal
    }


def lines(project: Project, stream: str) -> list[dict[str, object]]:
    folder = project.root / "output" / "raw" / "tap_conferencesio"
    return [
        json.loads(line)
        for path in sorted(folder.glob(f"{stream}-*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def test_two_runs_hold_the_truth_while_the_world_moves(project: Project, sandbox: Sandbox) -> None:
    sessions = {row["id"] for row in sandbox.truth("conferencesio", "sessions")}
    compared, first_requests = load_and_compare(project, sandbox)
    assert differing(compared) == {}
    assert all(result.loaded for result in compared.values())

    sandbox.advance(2)
    vanished = sessions - {row["id"] for row in sandbox.truth("conferencesio", "sessions")}
    compared, second_requests = load_and_compare(project, sandbox)

    assert differing(compared) == {}
    assert second_requests < first_requests
    # This is worth something only if rows went away: a session, and merged check-ins.
    assert vanished
    keys = {(row["session_id"], row["attendance_key"]) for row in lines(project, "attendance")}
    assert len(keys) > compared["tap_conferencesio.attendance"].expected


def test_marts_hold_the_truth_across_vendors(project: Project, sandbox: Sandbox) -> None:
    """Runs after the test above, on its tables."""
    assert compare_marts(sandbox, project.root) == {}


@pytest.mark.long
def test_marts_hold_the_truth_after_each_of_ten_days(project: Project, sandbox: Sandbox) -> None:
    for _ in range(10):
        sandbox.advance()
        load(sandbox, project.root)
        assert compare_marts(sandbox, project.root) == {}


def test_each_rule_of_staging_and_of_people(project: Project) -> None:
    """The unit tests of dbt, which stand beside the models; on the tables of the tests above."""
    built = project.root / "output" / "building"
    options = ("--select=test_type:unit", f"--target-path={built}")
    project.run("invoke", "dbt-duckdb", "test", *options)


def test_marts_join_up(project: Project, sandbox: Sandbox) -> None:
    """Runs after the test above, on its tables."""
    (summary,) = query(
        project,
        "select count(*), sum(polls), sum(questions), sum(evaluation_responses)"
        " from marts.mart_session_scorecard where vendor = 'conferencesio'",
    )
    truth = {
        stream: sandbox.truth("conferencesio", stream)
        for stream in ("sessions", "polls", "questions", "evaluation_responses")
    }
    truth["evaluation_responses"] = [
        row for row in truth["evaluation_responses"] if row["session_id"] is not None
    ]
    assert summary == tuple(len(rows) for rows in truth.values())


# What stands in these columns of a section's table, and what the marts say.
SHOWN: dict[tuple[str, int, tuple[str, ...]], str] = {
    ("funnel", 0, ("Event", "Registered", "Attended", "Engaged", "No-shows")): """
        select coalesce(event_name, 'Event ' || event_id), registered, attended, engaged, no_shows
        from marts.mart_event_funnel""",
    ("sessions", 0, ("Session", "On the list", "Attended", "Minutes", "Answers")): """
        select coalesce(session_name, 'Session ' || session_id), registered, attended,
            median_attended_minutes, evaluation_responses
        from marts.mart_session_scorecard""",
    ("engagement", 0, ("Acts", "People", "Events")): """
        select cast(sum(act_count) as bigint), count(distinct person_key), count(distinct event_key)
        from marts.fct_engagement group by engagement_type""",
    ("campaigns", 0, ("Campaign", "Source", "Registered")): """
        select if(utm_is_ambiguous, 'several links', coalesce(utm_campaign, 'no campaign')),
            if(utm_is_ambiguous, 'several sources', coalesce(utm_source, 'no source')), count(*)
        from marts.fct_registration
        where is_invited_only is not true and is_cancelled is not true and not is_duplicate
            and coalesce(utm_campaign, utm_source, utm_medium) is not null
        group by 1, 2""",
    ("meetings", 0, ("Status", "Meetings")): """
        select meeting_status, count(*) from marts.fct_meeting group by 1""",
    ("freshness", 1, ("Stream", "Account", "Parts", "Parts read", "Rows")): """
        select stream, account, parts, parts_in_last_run, row_count from marts.mart_freshness""",
}
KEY_FIGURES = {
    "Events": "select count(*) from marts.dim_event",
    "Sessions": "select count(*) from marts.dim_session",
    "People registered": """
        select count(distinct person_key) from marts.fct_event_attendance
        where is_registered and is_identified""",
    "People who came": """
        select count(distinct person_key) from marts.fct_event_attendance
        where is_attended and is_identified""",
}


def as_written(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:,.0f}"
    return "\N{EN DASH}" if value is None else str(value)


def test_the_report_says_what_the_marts_hold(project: Project) -> None:
    """Runs after the tests above, on their tables."""
    project.run("run", "report")
    page = Page((project.root / "output" / "report.html").read_text())
    with duckdb.connect(str(project.root / "output" / "events.duckdb"), read_only=True) as marts:
        for (section, number, names), query in SHOWN.items():
            heads, *rows = page.tables[section][number]
            shown = [tuple(row[heads.index(name)] for name in names) for row in rows]
            held = [tuple(map(as_written, row)) for row in marts.sql(query).fetchall()]
            assert shown, section
            assert sorted(shown) == sorted(held), section
        for name, query in KEY_FIGURES.items():
            ((value,),) = marts.sql(query).fetchall()
            assert f"<dt>{name}</dt><dd><b>{value:,}</b>" in page.html
        people = marts.sql(
            "select full_name from marts.dim_person union select email from marts.dim_person"
        )
        told = {name for (name,) in people.fetchall() if name}
    assert len(told) > 100
    assert [name for name in told if name in page.words] == []
