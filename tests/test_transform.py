"""What the transform makes of raw files: ties, removals, cut lines, missing files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.project import MeltanoError

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.project import Project

OLD, NEW = "2026-01-01T03:00:00.000001Z", "2026-01-02T03:00:00.000001Z"


def write(project: Project, stream: str, *rows: dict[str, object], tail: str = "") -> Path:
    folder = project.root / "output" / "raw" / "tap_conferencesio"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stream}-20260102T030000.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + tail)
    return path


def session(name: str, read_at: str) -> dict[str, object]:
    return {"subdomain": "example", "id": name, "name": f"session {name}", "read_at": read_at}


def checkin(session_id: str, key: str, read_at: str, **more: object) -> dict[str, object]:
    keys = {"subdomain": "example", "session_id": session_id, "attendance_key": key}
    return {**keys, "read_at": read_at, **more}


def logged(stream: str, parent_id: str, read_at: str, outcome: str = "read") -> dict[str, object]:
    keys = {"subdomain": "example", "stream": stream, "parent_id": parent_id}
    return {**keys, "outcome": outcome, "read_at": read_at}


def query(project: Project, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(
        str(project.root / "output" / "events.duckdb"), read_only=True
    ) as warehouse:
        return warehouse.sql(sql).fetchall()


@pytest.fixture(scope="module")
def built(project: Project) -> Project:
    """All cases in one build; most streams have no file at all."""
    write(
        project,
        "sessions",
        session("kept", OLD),
        session("vanished", OLD),
        session("kept", NEW),
        session("emptied", NEW),
        tail='{"subdomain": "example", "id": "cut off by a ki',
    )
    write(
        project,
        "attendance",
        checkin("kept", "changed", OLD, admin_note="old"),
        checkin("kept", "merged away", OLD),
        checkin("kept", "changed", NEW, admin_note="new", user={"first_name": "Zoë"}),
        checkin("kept", "tie", NEW, admin_note="first"),
        checkin("kept", "tie", NEW, admin_note="last", checkin_time="2026-01-02T02:59:59Z"),
        checkin("emptied", "removed", OLD),
        checkin("vanished", "gone with its session", OLD),
        checkin("never loaded", "stays", OLD),
        checkin("settled", "not read again", OLD),
    )
    write(
        project,
        "read_log",
        logged("sessions", "", OLD),
        logged("sessions", "", NEW),
        logged("attendance", "kept", OLD),
        logged("attendance", "kept", NEW),
        logged("attendance", "vanished", OLD),
        logged("attendance", "settled", OLD),
        logged("attendance", "emptied", NEW, "absent"),
    )
    project.run("run", "dbt-duckdb:build")
    return project


def test_newest_row_of_each_key_that_is_still_there(built: Project) -> None:
    rows = query(
        built, "select session_id, attendance_key, admin_note from tap_conferencesio.attendance"
    )
    assert sorted(rows) == [
        ("kept", "changed", "new"),
        ("kept", "tie", "last"),
        ("never loaded", "stays", None),
        ("settled", "not read again", None),
    ]


def test_a_parent_that_is_not_in_the_new_reading_is_gone(built: Project) -> None:
    assert sorted(query(built, "select id from tap_conferencesio.sessions")) == [
        ("emptied",),
        ("kept",),
    ]


def test_a_stream_without_a_file_is_an_empty_table(built: Project) -> None:
    assert query(built, "select count(*) from tap_conferencesio.poll_responses") == [(0,)]


def test_types_are_those_of_the_tap(built: Project) -> None:
    ((instant, person),) = query(
        built,
        "select checkin_time = timestamptz '2026-01-02 02:59:59+00', (select user ->> 'first_name'"
        " from tap_conferencesio.attendance where attendance_key = 'changed')"
        " from tap_conferencesio.attendance where attendance_key = 'tie'",
    )
    assert (instant, person) == (True, "Zoë")
    columns = "select column_name, column_type from (describe tap_conferencesio.polls)"
    types = {name: kind for name, kind in query(built, columns)}  # noqa: C416 - mypy follows
    assert types["session_date"] == "DATE"
    assert types["rank"] == "BIGINT"
    assert types["choices"] == "JSON"


def test_a_cut_line_in_the_middle_of_a_file_is_told(built: Project) -> None:
    """Only a file's last line may be cut; elsewhere a row would be lost without a word."""
    path = write(built, "app", {"subdomain": "example", "read_at": NEW})
    path.write_text('{"subdomain": "exa' + path.read_text() + path.read_text())
    with pytest.raises(MeltanoError, match="cut_lines"):
        built.run("run", "dbt-duckdb:build")


def test_a_value_that_does_not_fit_its_type_stops_the_build(built: Project) -> None:
    write(built, "app", {"subdomain": "example", "read_at": NEW, "start_date": "soon"})
    with pytest.raises(MeltanoError, match="soon"):
        built.run("run", "dbt-duckdb:build")
