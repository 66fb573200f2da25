"""What the transform makes of raw files: ties, removals, cut lines, missing files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import keep_only, query
from tests.test_incremental import Builder, building

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.project import Project

OLD, NEW = "2026-01-01T03:00:00.000001Z", "2026-01-02T03:00:00.000001Z"


def write(
    project: Project,
    stream: str,
    *rows: dict[str, object],
    tail: str = "",
    tap: str = "tap_conferencesio",
) -> Path:
    folder = project.root / "output" / "raw" / tap
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


def chat(window: str, key: str, read_at: str, **more: object) -> dict[str, object]:
    keys = {"account": "example", "window_start": window, "row_key": key}
    return {**keys, "country": "GB", "read_at": read_at, **more}


def hub_session(session_id: int, read_at: str, account: str = "main") -> dict[str, object]:
    keys = {"account": account, "event_url": "hub", "session_id": session_id}
    return {**keys, "read_at": read_at}


def hub_attendee(
    session_id: int, ticket: int, read_at: str, account: str = "main"
) -> dict[str, object]:
    return {**hub_session(session_id, read_at, account), "event_ticket_id": ticket}


@pytest.fixture(scope="module")
def built(project: Project) -> Project:
    """All cases in one build; most streams have no file at all."""
    taps = ("accelevents", "conferencesio", "meetengage", "meetings-export")
    keep_only(project, *(f"tap-{name}" for name in taps))
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
    write_windows(project)
    write_numbered_parents(project)
    project.run("run", "dbt-duckdb:build", "dbt-duckdb:publish")
    return project


def write_windows(project: Project) -> None:
    write(
        project,
        "organisation_data_standard",
        chat("2025-12-01", "settled", OLD),
        chat("2026-01-01", "gone from its window", OLD),
        chat("2026-01-01", "kept", OLD),
        chat("2026-01-01", "kept", NEW, channel="Web", extra_fields={"Score": 7}),
        tap="tap_meetengage",
    )
    log = {"account": "example", "stream": "organisation_data_standard", "outcome": "read"}
    write(
        project,
        "read_log",
        {**log, "parent_id": "2025-12-01", "read_at": OLD},
        {**log, "parent_id": "2026-01-01", "read_at": OLD},
        {**log, "parent_id": "2026-01-01", "read_at": NEW},
        tap="tap_meetengage",
    )


def write_numbered_parents(project: Project) -> None:
    tap = "tap_accelevents"
    accounts = ("main", "other")
    sessions = [hub_session(number, OLD, name) for number in (1, 2) for name in accounts]
    write(project, "sessions", *sessions, tap=tap)
    write(
        project,
        "session_attendees",
        *(hub_attendee(session, ticket, OLD) for session in (1, 2) for ticket in (10, 11)),
        hub_attendee(1, 10, OLD, "other"),
        hub_attendee(2, 11, OLD, "other"),
        hub_attendee(2, 10, NEW),
        tap=tap,
    )
    (project.root / "output" / "raw" / tap / "sessions-20260103T030000.jsonl").write_text(
        json.dumps(hub_session(2, NEW)) + "\n"
    )
    log = {"account": "main", "outcome": "read", "read_at": NEW}
    write(
        project,
        "read_log",
        {**log, "stream": "sessions", "parent_id": "hub"},
        {**log, "stream": "session_attendees", "parent_id": "2"},
        tap=tap,
    )


def test_newest_row_of_each_key_that_is_still_there(built: Project) -> None:
    rows = query(
        built,
        "select session_id, attendance_key, admin_note from tap_conferencesio.attendance"
        " order by all",
    )
    assert rows == [
        ("kept", "changed", "new"),
        ("kept", "tie", "last"),
        ("never loaded", "stays", None),
        ("settled", "not read again", None),
    ]


def test_a_parent_that_is_not_in_the_new_reading_is_gone(built: Project) -> None:
    rows = query(built, "select id from tap_conferencesio.sessions order by all")
    assert rows == [("emptied",), ("kept",)]


def test_a_window_that_was_read_again_replaces_what_it_held(built: Project) -> None:
    rows = query(built, "select row_key from tap_meetengage.organisation_data_standard order by 1")
    assert rows == [("kept",), ("settled",)]


def test_discovered_columns_are_kept_beside_the_extra_fields(built: Project) -> None:
    rows = query(
        built,
        "select row_key, extra_fields from tap_meetengage.organisation_data_standard order by all",
    )
    kept = {key: json.loads(str(extra)) if extra else None for key, extra in rows}
    assert kept == {"kept": {"channel": "Web", "Score": 7}, "settled": None}


def test_parents_may_have_numbers_as_ids(built: Project) -> None:
    """And what is gone from one account is not gone from another."""
    rows = query(
        built,
        "select account, session_id, event_ticket_id from tap_accelevents.session_attendees"
        " order by all",
    )
    assert rows == [("main", 2, 10), ("other", 1, 10), ("other", 2, 11)]


def test_a_stream_without_a_file_is_an_empty_table(built: Project) -> None:
    assert query(built, "select count(*) from tap_conferencesio.poll_responses") == [(0,)]


def test_taps_of_which_no_file_has_ever_come_are_told(built: Project) -> None:
    assert "No raw file has ever come of tap_meetings_export" in built.log.read_text()


def test_types_are_those_of_the_tap(built: Project) -> None:
    ((instant, person),) = query(
        built,
        "select checkin_time = timestamptz '2026-01-02 02:59:59+00', (select user ->> 'first_name'"
        " from tap_conferencesio.attendance where attendance_key = 'changed')"
        " from tap_conferencesio.attendance where attendance_key = 'tie'",
    )
    assert (instant, person) == (True, "Zoë")
    columns = "select column_name, column_type from (describe tap_conferencesio.polls) order by 1"
    types = {name: kind for name, kind in query(built, columns)}  # noqa: C416 - mypy follows
    assert types["session_date"] == "DATE"
    assert types["rank"] == "BIGINT"
    assert types["choices"] == "JSON"


@pytest.fixture(scope="module")
def builder(built: Project) -> Iterator[Builder]:
    """Once more, of the models only that are spoilt."""
    selected = ("+tap_conferencesio__app", "+tap_conferencesio__polls", "cut_lines")
    with building(built, *selected) as builder:
        yield builder


def test_a_line_that_is_no_json_is_told_but_for_an_unfinished_last_one(
    built: Project, builder: Builder
) -> None:
    """Only what a kill leaves may be passed over; elsewhere a row would be lost without a word."""
    row = json.dumps({"subdomain": "example", "read_at": NEW})
    app = write(built, "app")
    app.write_text(f'{{"subdomain": "exa{row}\n{row}\n')  # cut in the middle
    polls = write(built, "polls")
    polls.write_text(row + row + "\n")  # two on a last line that is whole
    said = builder.fail()
    assert "cut_lines" in said
    assert "Got 2 results" in said
    app.unlink()
    polls.unlink()


def test_a_value_that_does_not_fit_its_type_stops_the_build(
    built: Project, builder: Builder
) -> None:
    write(built, "app", {"subdomain": "example", "read_at": NEW, "start_date": "soon"})
    assert "soon" in builder.fail()
