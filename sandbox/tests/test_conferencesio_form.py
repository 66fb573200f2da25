"""The answers have the documented form: attribute lists copied by hand from the reference."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from event_sandbox.conferencesio.testing import ConferencesIOReader

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

APP = {
    *("app_password", "custom_attendee_field_1", "custom_attendee_field_2"),
    *("custom_attendee_field_3", "custom_attendee_field_4", "custom_attendee_field_5"),
    *("end_date", "moderator_password", "name", "start_date", "timezone"),
}
SESSION = {
    *("access_code", "checkin_code", "checkin_required", "checkout_code", "checkout_required"),
    *("date", "delivery_format", "end_time", "external_id", "fields_of_study", "id"),
    *("learning_objectives", "location", "moderator_password", "name", "presenters"),
    *("start_time", "url"),
}
SESSION_SCHEMA_ONLY = {"description"}
CHECKIN = {
    *("user", "checkin_time", "checkout_time", "checkin_time_actual", "checkout_time_actual"),
    *("delivery_format", "admin_note", "attendee_note", "checkin_source", "checkout_source"),
    *("fields_of_study", "history"),
}
CUSTOM_FIELDS = {"field_1", "field_2", "field_3", "field_4", "field_5"}
ATTENDEE = {"first_name", "last_name", "email", "external_id"} | CUSTOM_FIELDS
AWARD = {"name", "credits", "codewords"}
CODEWORDS = {"possible", "valid", "missed", "valid_list", "missed_list"}
POLL = {"created", "name", "rank", "type", "choices", "responses"}
EVALUATION = {
    *("session", "user", "presenter", "question", "response", "response_value", "timestamp"),
}
EVALUATION_USER = {"id", "external_id", "first_name", "last_name"} | CUSTOM_FIELDS


def get(sandbox: Client, path: str) -> Json:
    answer = sandbox.vendor("conferencesio", path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    envelope = answer.json()
    assert list(envelope) == ["status", "code", "data"]
    assert (envelope["status"], envelope["code"]) == ("ok", "200")
    return envelope["data"]


def session_ids(sandbox: Client) -> list[str]:
    return [session["id"] for session in get(sandbox, "/sessions")["data"]]


def test_app(sandbox: Client) -> None:
    app = get(sandbox, "/app")
    assert set(app) == APP
    assert app["app_password"]
    assert app["moderator_password"]


def test_session_list_and_detail_agree(sandbox: Client) -> None:
    listing = get(sandbox, "/sessions")
    assert set(listing) == {"count", "data"}
    assert listing["count"] == len(listing["data"]) == 12
    for session in listing["data"]:
        assert set(session) - SESSION_SCHEMA_ONLY == SESSION
        assert session == get(sandbox, f"/sessions/{session['id']}")
    assert any("description" in session for session in listing["data"])


def test_parts_of_a_session(sandbox: Client) -> None:
    sessions = get(sandbox, "/sessions")["data"]
    presenters = [p for session in sessions for p in session["presenters"]]
    assert presenters
    assert all(set(p) == {"id", "external_id", "name"} for p in presenters)
    assert all(len(p["id"]) == 24 for p in presenters)
    fields = [f for session in sessions for f in session["fields_of_study"]]
    assert fields
    assert all(set(f) == {"name", "credits"} for f in fields)
    assert all(isinstance(f["credits"], str) for f in fields)
    assert {session["delivery_format"] for session in sessions} <= {
        "in-person",
        "virtual",
        "hybrid",
        None,
    }


def test_attendance_is_a_bare_array(sandbox: Client) -> None:
    records = [
        record
        for key in session_ids(sandbox)
        for record in get(sandbox, f"/sessions/{key}/attendance")
    ]
    assert records
    for record in records:
        assert set(record) == CHECKIN
        assert set(record["user"]) == ATTENDEE
        assert all(set(entry) == {"action", "timestamp"} for entry in record["history"])
        for award in record["fields_of_study"]:
            assert set(award) == AWARD
            assert set(award["codewords"]) == CODEWORDS
            assert isinstance(award["credits"], int | float)


def test_data(sandbox: Client) -> None:
    answers = [get(sandbox, f"/sessions/{key}/data") for key in session_ids(sandbox)]
    assert all(set(data) == {"polls", "questions"} for data in answers)
    polls = [poll for data in answers for poll in data["polls"].values()]
    assert polls
    assert all(set(poll) == POLL for poll in polls)
    assert any(poll["responses"] is None for poll in polls)
    assert {"polls": {}, "questions": []} in answers


def test_evaluations(sandbox: Client) -> None:
    listing = get(sandbox, "/evaluations/responses")
    assert set(listing) == {"count", "responses"}
    assert listing["count"] == len(listing["responses"]) > 0
    for response in listing["responses"]:
        assert set(response) == EVALUATION
        assert set(response["session"]) == {"name", "external_id"}
        assert set(response["user"]) == EVALUATION_USER
        assert response["user"]["id"].isdecimal()


def test_errors_have_the_documented_envelope(sandbox: Client) -> None:
    sandbox.control("POST", "/faults", {"permanent": [{"path": "^/app$", "kind": "500"}]})
    answer = sandbox.vendor("conferencesio", "/app")
    assert answer.status == 500
    assert list(answer.json()) == ["status", "code", "message"]
    assert (answer.json()["status"], answer.json()["code"]) == ("error", "500")


@pytest.mark.parametrize(
    ("method", "path", "status", "data"),
    [
        ("PUT", "/app", 200, set()),
        ("POST", "/sessions", 201, {"object", "id", "url"}),
        ("PUT", "/sessions/{}", 200, set()),
        ("DELETE", "/sessions/{}", 204, set()),
        ("DELETE", "/sessions/{}/attendance", 200, {"count"}),
        (
            *("POST", "/sessions/{}/attendance/remove", 200),
            {"preview", "found", "checkins", "filters"},
        ),
        ("POST", "/sessions/{}/attendance/preload", 200, {"count"}),
        ("POST", "/sessions/{}/data", 404, set()),
    ],
)
def test_writing_answers_as_documented_and_changes_nothing(
    sandbox: Client, method: str, path: str, status: int, data: set[str]
) -> None:
    before = [sandbox.truth("conferencesio", stream) for stream in ("sessions", "attendance")]
    path = path.format(session_ids(sandbox)[0])
    answer = sandbox.vendor("conferencesio", path, method, {})
    assert answer.status == status
    if data:
        assert set(answer.json()["data"]) == data
    after = [sandbox.truth("conferencesio", stream) for stream in ("sessions", "attendance")]
    assert before == after
    newest = sandbox.control("GET", "/requests")[-1]
    assert (newest["method"], newest["path"]) == (method, path)


def test_people_come_when_a_session_begins_by_the_clock_of_the_app(sandbox: Client) -> None:
    """Offsets of check-ins are those of where people are."""
    reader = ConferencesIOReader(sandbox)
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
