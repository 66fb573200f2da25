"""The answers have the documented form: attribute lists copied by hand from the reference."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from event_sandbox.conferencesio.testing import ConferencesIOReader

from .forms import assert_forms

if TYPE_CHECKING:
    from event_sandbox.testing import Client

CUSTOM_FIELDS = "field_1 field_2 field_3 field_4 field_5"
FORMS = {
    "app": "app_password custom_attendee_field_1 custom_attendee_field_2 custom_attendee_field_3"
    " custom_attendee_field_4 custom_attendee_field_5 end_date moderator_password name start_date"
    " timezone",
    # `description` is in the schema and in no example.
    "sessions": "access_code checkin_code checkin_required checkout_code checkout_required date"
    " delivery_format description? end_time external_id fields_of_study id learning_objectives"
    " location moderator_password name presenters start_time url",
    "sessions.presenters": "id external_id name",
    "sessions.fields_of_study": "name credits",
    "records": "user checkin_time checkout_time checkin_time_actual checkout_time_actual"
    " delivery_format admin_note attendee_note checkin_source checkout_source fields_of_study"
    " history",
    "records.user": f"first_name last_name email external_id {CUSTOM_FIELDS}",
    "records.history": "action timestamp",
    "records.fields_of_study": "name credits codewords",
    "records.fields_of_study.codewords": "possible valid missed valid_list missed_list",
    "evaluations": "session user presenter question response response_value timestamp",
    "evaluations.session": "name external_id",
    "evaluations.user": f"id external_id first_name last_name {CUSTOM_FIELDS}",
    "evaluations.presenter": "id external_id name",
}


@pytest.fixture
def reader(sandbox: Client) -> ConferencesIOReader:
    return ConferencesIOReader(sandbox)


def test_objects_have_these_attributes(reader: ConferencesIOReader) -> None:
    names = ("app", "sessions", "records", "evaluations")
    assert_forms([(name, getattr(reader, name)) for name in names], FORMS)
    poll = {"created", "name", "rank", "type", "choices", "responses"}  # more is not documented
    assert {frozenset(one) for one in reader.polls} == {frozenset(poll)}


def test_envelopes(reader: ConferencesIOReader) -> None:
    answer = reader.send("GET", "/sessions")
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["status", "code", "data"]
    assert (answer.json()["status"], answer.json()["code"]) == ("ok", "200")
    listing = reader.get("/sessions")["data"]
    assert list(listing) == ["count", "data"]
    assert listing["count"] == len(listing["data"]) == 12
    listing = reader.get("/evaluations/responses")["data"]
    assert list(listing) == ["count", "responses"]
    assert listing["count"] == len(listing["responses"]) > 0
    reader.sandbox.control("POST", "/faults", {"permanent": [{"path": "^/app$", "kind": "500"}]})
    answer = reader.send("GET", "/app")
    assert list(answer.json()) == ["status", "code", "message"]
    assert (answer.status, answer.json()["status"], answer.json()["code"]) == (500, "error", "500")


def test_values(reader: ConferencesIOReader) -> None:
    for session in reader.sessions:
        assert reader.get(f"/sessions/{session['id']}")["data"] == session
        assert session["delivery_format"] in {"in-person", "virtual", "hybrid", None}
        assert {len(presenter["id"]) for presenter in session["presenters"]} <= {24}
        assert {type(field["credits"]) for field in session["fields_of_study"]} <= {str}
    awards = [award for record in reader.records for award in record["fields_of_study"]]
    assert {type(award["credits"]) for award in awards} <= {int, float}
    for_each = ([r["user"]["field_1"] for r in some] for some in reader.checkins.values())
    known = [list(filter(None, numbers)) for numbers in for_each]
    assert any(len(set(numbers)) < len(numbers) for numbers in known), "nobody is there twice"
    assert any(poll["responses"] is None for poll in reader.polls)
    assert {"polls": {}, "questions": []} in reader.data
    assert all(row["user"]["id"].isdecimal() for row in reader.evaluations)
    assert reader.app["app_password"]
    assert reader.app["moderator_password"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/app"),
        ("POST", "/sessions"),
        ("DELETE", "/sessions/{}/attendance"),
        ("GET", "/sessions/{}/attendance/remove"),
    ],
)
def test_what_is_no_read_is_recorded_and_refused(
    reader: ConferencesIOReader, method: str, path: str
) -> None:
    path = path.format(reader.sessions[0]["id"])
    answer = reader.send(method, path)
    assert (answer.status, answer.json()["message"]) == (404, "Unknown endpoint.")
    newest = reader.sandbox.control("GET", "/requests")[-1]
    assert (newest["method"], newest["path"]) == (method, path)


def test_people_come_when_a_session_begins_by_the_clock_of_the_app(
    reader: ConferencesIOReader,
) -> None:
    """Offsets of check-ins are those of where people are."""
    zone = ZoneInfo(reader.app["timezone"])
    offsets = set()
    for session in reader.sessions:
        if not (session["date"] and session["start_time"]):
            continue
        text = f"{session['date'][:10]} {session['start_time']}"
        starts = dt.datetime.fromisoformat(text).replace(tzinfo=zone)
        for record in reader.checkins[str(session["id"])]:
            if record["checkin_time"]:
                came = dt.datetime.fromisoformat(record["checkin_time_actual"])
                offsets.add(came.utcoffset())
                assert dt.timedelta(minutes=-15) <= came - starts <= dt.timedelta(minutes=20)
    assert len(offsets) > 1
