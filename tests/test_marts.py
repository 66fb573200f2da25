"""What the marts make of odd input, and how much of people they show."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.project import Project
from scripts.taps import ROOT
from tests.conftest import keep_only, query
from tests.test_incremental import building

if TYPE_CHECKING:
    from pathlib import Path

NOW, EARLIER = "2026-03-31T03:00:00Z", "2026-03-01T03:00:00Z"
EVENT = {"account": "main", "airmeet_id": "e", "read_at": NOW}
PERSON = {"email": "Ada@Example.org", "name": "Ada Lovelace"}
ROWS: dict[str, dict[str, list[dict[str, object]]]] = {
    "tap_airmeet": {
        "airmeets": [
            {
                "account": "main",
                "uid": "e",
                "name": "Spring",
                "start_time": "2026-03-02T10:00:00Z",
                "end_time": "2026-03-01T10:00:00Z",
                "read_at": NOW,
            },
            {"account": "acme", "uid": "e", "name": "Of another account", "read_at": NOW},
        ],
        "participants": [
            {
                **EVENT,
                **PERSON,
                "participant_key": "ada",
                "organisation": "Engines Ltd",
                "registration_date": EARLIER,
            },
            {**EVENT, "participant_key": "nobody", "registration_date": "0099-01-01T00:00:00Z"},
            {
                **EVENT,
                "account": "acme",
                "participant_key": "ada",
                "email": "bo@example.org",
                "registration_date": EARLIER,
            },
        ],
        "sessions": [{**EVENT, "airmeet_id": "never listed", "session_id": "s"}],
        "session_attendance": [
            {**EVENT, "session_id": "s", "id": 1, **PERSON, "time_spent": -60_000},
            {**EVENT, "session_id": "unknown", "id": 2, "time_spent": 60_000},
        ],
        "questions": [
            {**EVENT, "session_id": "s", "question_key": "q", **PERSON, "question": "Lady Byron?"}
        ],
        "read_log": [
            {
                "account": "main",
                "stream": "read_log",
                "parent_id": NOW,
                "outcome": "run",
                "shard": "0/1",
                "ended_at": NOW,
                "failures": [{"stream": "booths", "reason": "HTTP 500", "parts": 1}],
                "read_at": NOW,
            },
            {
                "account": "main",
                "stream": "airmeets",
                "parent_id": "",
                "outcome": "read",
                "row_count": 1,
                "read_at": NOW,
            },
        ],
    },
    # A contract that has ended: what was read before stays.
    "tap_meetengage": {
        "organisation_data_standard": [
            {
                "account": "north",
                "row_key": "k",
                "window_start": "2026-02-01",
                "registered": True,
                "email_address": "ada@example.org",
                "read_at": EARLIER,
            }
        ],
        "read_log": [
            {
                "account": "north",
                "stream": "read_log",
                "parent_id": EARLIER,
                "outcome": "run",
                "shard": "0/1",
                "read_at": EARLIER,
            },
            {
                "account": "north",
                "stream": "organisation_data_standard",
                "parent_id": "2026-02-01",
                "outcome": "read",
                "row_count": 1,
                "read_at": EARLIER,
            },
        ],
    },
}
SEEDS = {
    "event_details": "expoplatform,main,9,Never listed,Europe/Berlin,,\n"
    "expoplatform,main,10,Nor this,Mars/Phobos,,\n",
    "person_ids": "ada,airmeet,main,email,Ada@example.org\nbo,airmeet,main,id,nobody\n",
}
WHOLE_NUMBERS = {
    "act_count",
    "acts.act_count",
    "booth_visits.visits",
    "case when (holder ->> 'qty'",
    "parts",
    "readings.row_count",
    "records",
}
ODD = (
    "1 accounts of which nothing has come for two weeks longer than of another (meetengage)",
    "1 attendance of less than no minutes (airmeet)",
    "1 attendance without its session (airmeet)",
    "1 events that end before they start (airmeet)",
    "1 people without id and address of their own (airmeet)",
    "1 rows of the seed person_ids that name nobody (airmeet)",
    "1 sessions without their event (airmeet)",
    "1 streams of which the newest run could not read a part (airmeet)",
    "1 times before 2000 or more than ten years ahead (airmeet)",
    "2 rows of the seed event_details that name no known event or time zone (expoplatform)",
)
PEPPER = "a long secret"


@pytest.fixture(scope="module")
def built(project: Project) -> Project:
    taps = ("airmeet", "conferencesio", "meetengage", "meetings-export")
    keep_only(project, *(f"tap-{name}" for name in taps), marts=True)
    for tap, streams in ROWS.items():
        for stream, rows in streams.items():
            path = project.root / "output" / "raw" / tap / f"{stream}-20260331T030000.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for seed, lines in SEEDS.items():
        with (project.root / "transform" / "seeds" / f"{seed}.csv").open("a") as file:
            file.write(lines)
    project.run("run", "dbt-duckdb:build", "dbt-duckdb:publish")
    return project


def test_sums_of_what_may_not_be_whole_have_an_order() -> None:
    """In another order they differ in the last digit, from build to build of the same rows."""
    models = "".join(path.read_text() for path in (ROOT / "transform").glob("models/**/*.sql"))
    arguments = set(re.findall(r"\b(?:sum|avg)\(([^)]+)", models))
    assert {text for text in arguments if "order by" not in text} == WHOLE_NUMBERS


def test_odd_input_is_built_and_named(built: Project) -> None:
    log = built.log.read_text()
    said = [line.partition("Odd: ")[2].partition('"')[0] for line in log.splitlines()]
    assert sorted(line for line in said if line) == sorted(ODD)
    rows = query(
        built, "select vendor, count(*) from marts.fct_registration group by all order by all"
    )
    assert rows == [("airmeet", 3), ("meetengage", 1)]


def test_a_vendor_of_which_nothing_came_leaves_empty_parts(built: Project) -> None:
    for mart in ("fct_meeting", "fct_order", "fct_evaluation", "fct_booth_visit"):
        assert query(built, f"select count(*) from marts.{mart}") == [(0,)]  # noqa: S608 - ours


def test_what_a_vendor_cannot_tell_is_null_and_what_there_is_none_of_is_0(built: Project) -> None:
    (airmeet,) = query(
        built,
        "select questions, poll_responses, evaluation_responses, registered, checked_out"
        " from marts.mart_session_scorecard where vendor = 'airmeet'",
    )
    assert airmeet == (None,) * 5  # the session's event is not there to say what is told of it
    funnel = query(
        built,
        "select vendor, registered, attended, watched_replay, meetings_requested, orders"
        " from marts.mart_event_funnel where account <> 'acme' order by vendor",
    )
    assert funnel == [("airmeet", 2, 1, 0, None, None), ("meetengage", 1, 0, None, None, None)]


def test_accounts_stand_side_by_side_though_their_ids_are_the_same(built: Project) -> None:
    rows = query(
        built,
        "select events.account, event_name, email from marts.fct_registration as registrations"
        " join marts.dim_event as events using (event_key) join marts.dim_person using (person_key)"
        " where events.vendor = 'airmeet' and is_identified order by all",
    )
    assert rows == [
        ("acme", "Of another account", "bo@example.org"),
        ("main", "Spring", "ada@example.org"),
    ]


def test_people_of_two_vendors_are_joined_by_address(built: Project) -> None:
    ((vendors, name),) = query(
        built, "select vendor_count, full_name from marts.dim_person where email like 'ada%'"
    )
    assert (vendors, name) == (2, "Ada Lovelace")


def test_freshness_tells_what_was_read_when(built: Project) -> None:
    rows = query(
        built,
        "select vendor, stream, is_behind, parts, row_count, failed_reasons"
        " from marts.mart_freshness order by all",
    )
    assert rows == [
        ("airmeet", "airmeets", False, 1, 1, None),
        ("airmeet", "booths", True, 0, 0, "HTTP 500"),
        ("meetengage", "organisation_data_standard", False, 1, 1, None),
    ]


def shown(folder: Path) -> str:
    """Return all that marts and intermediate tables hold."""
    with duckdb.connect(str(folder / "events.duckdb"), read_only=True) as warehouse:
        tables = warehouse.sql(
            "select schema, name from (show all tables) where schema in ('marts', 'intermediate')"
        ).fetchall()
        return "\n".join(
            str(warehouse.table(f"{schema}.{name}").fetchall()) for schema, name in tables
        )


@pytest.mark.parametrize("privacy", ["hashed", pytest.param("none", marks=pytest.mark.long)])
def test_marts_show_no_more_of_people_than_was_asked_for(built: Project, privacy: str) -> None:
    secret = Project(built.root, {**built.extra, "EVENTS_PERSON_PEPPER": PEPPER})
    with building(secret, "path:models/intermediate", "path:models/marts") as builder:
        said = json.dumps({"person_privacy": privacy})
        builder.build(f"--vars={said}", "--exclude-resource-type", "unit_test")
    found = shown(built.root / "output")
    for text in ("ada@", "bo@", "Ada@", "Lovelace", "Engines", "Byron"):
        assert text.lower() not in found.lower(), text
    hashes = query(
        built, "select count(*), count(email_hash), max(vendor_count) from marts.dim_person"
    )
    assert hashes == [(4, 2 if privacy == "hashed" else 0, 2)]
    assert query(built, "select count(*) from marts.fct_attendance") == [(2,)]


def test_hashes_need_a_pepper(built: Project) -> None:
    with building(built, "int_registrations") as builder:
        said = builder.fail('--vars={"person_privacy":"hashed"}')
    assert "EVENTS_PERSON_PEPPER is not set" in said
