"""The answers have the documented form: attribute lists copied by hand from the article.

For the three samples that the article lost (4.12 to 4.14), the lists are what clients met.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetReader

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

AIRMEET = {"uid", "name", "status", "timezone", "startTime", "endTime"}
PARTICIPANT = {
    *("email", "name", "city", "country", "organisation", "Designation", "registrationDate"),
    *("profile_url", "user_type", "token", "invite_sent", "user_profile"),
}
SESSION = {
    *("sessionid", "name", "start_time", "status", "duration", "summary", "host_id"),
    *("cohost_ids", "speaker_id", "speakerList", "type"),
}
CUSTOM_FIELD = {"label", "name", "fieldId", "options", "isRequired", "type"}
ATTENDEE = {"email", "id", "name", "user_id", "time_stamp", "time_spent"}
BOOTH_ATTENDEE = ATTENDEE | {"interested_in_being_contacted", "visits"}
BOOTH = {
    *("uid", "name", "exhibitors", "tags", "airmeet_id", "logo_url", "video", "faqs", "order"),
    *("resources", "layoutType", "layoutData", "boothExhibitor", "social_media_links"),
    *("short_description", "long_description", "banner_url", "register_interest_details"),
    *("offer_details", "doc_url", "doc_name", "booth_space_id"),
}
TRACK = {"uid", "name", "description", "track_order", "metaData", "sessions"}
UTM = {"id", "airmeetId", "email", "utms"}
RECORDING = {"session_id", "session_name", "download_link"}
REPLAY = {"id", "name", "email", "session_id", "duration_viewed"}
CURSORS = {"after", "before", "pageCount"}
STATUS = {"statusCode", "statusMessage"}
REPORT = {"cursors", "data"} | STATUS
PERSON = {"email", "name", "user_id"}
QUESTION = {"question", "session_id", "upvoteCount"}

OLDER = ("participants", "info", "custom-fields", "session-recordings", "event-replay-attendees")
NEWER = ("attendees", "booths", "polls", "questions", "tracks", "utms")

FORMS = {
    "airmeets": ({"data", "cursors"}, AIRMEET),
    "participants": ({"participants", "userCount", "totalUserCount"}, PARTICIPANT),
    "custom_fields": ({"customFields"}, CUSTOM_FIELD),
    "event_attendance": (REPORT, ATTENDEE),
    "session_attendance": (REPORT, ATTENDEE),
    "booths": ({"booths"}, BOOTH),
    "booth_attendance": (REPORT, BOOTH_ATTENDEE),
    "poll_responses": (REPORT, PERSON | {"polls"}),
    "questions": ({"data"} | STATUS, PERSON | {"questions"}),
    "tracks": ({"tracks"}, TRACK),
    "registration_utms": (REPORT, UTM),
    "session_recordings": ({"recordings", "recordingsCount", "totalCount"}, RECORDING),
    "replay_attendance": (REPORT, REPLAY),
}
"""Of each list the attributes of the answer, and of a row; what `/info` has more is not shown."""

WITHIN: dict[tuple[str, str], list[set[str]]] = {
    ("participants", "user_profile"): [{"value", "fieldId"}],
    ("custom_fields", "options"): [{"code", "displayValue"}],
    ("custom_fields", "type"): [{"fieldType", "inputType", "mappedFrom"}],
    ("sessions", "speakerList"): [{"id", "name", "company", "designation", "speaker_img"}],
    ("poll_responses", "polls"): [{"question", "answer", "time_stamp"}],
    ("questions", "questions"): [QUESTION, QUESTION | {"time_stamp"}],
    ("tracks", "metaData"): [{"colorCode"}],
}
"""Of objects within rows, the attributes."""


@pytest.fixture
def client(sandbox: Client) -> AirmeetReader:
    return AirmeetReader(sandbox)


def test_answers_rows_and_objects_in_them_have_these_attributes(client: AirmeetReader) -> None:
    for stream, (answer, row) in FORMS.items():
        assert {frozenset(body) for body in client.bodies(stream)} == {frozenset(answer)}, stream
        assert {frozenset(one) for one in client.rows(stream)} == {frozenset(row)}, stream
        states = {tuple(map(body.get, sorted(STATUS))) for body in client.bodies(stream)}
        assert states == ({(200, "SUCCESS")} if answer >= STATUS else {(None, None)})
        for cursors in client.told(stream, "cursors"):
            assert set(cursors) == CURSORS | ({"totalCount"} if answer >= REPORT else set())
    for (stream, name), attributes in WITHIN.items():
        values = client.values(stream, name)
        objects = [one for value in values for one in (value if type(value) is list else [value])]
        assert set(map(frozenset, objects)) == set(map(frozenset, attributes)), (stream, name)


def test_values_that_an_event_has(client: AirmeetReader) -> None:
    events = client.rows("airmeets")
    assert {event["status"] for event in events} == {"CREATED", "ONGOING", "PAUSED", "FINISHED"}
    assert sum(event["endTime"] is None for event in events) == 1
    assert all(set(session) == SESSION for session in client.rows("sessions"))
    assert client.types("sessions", "duration") == {int}
    path = f"/airmeet/{client.big()}"
    people = client.get(f"{path}/participants")
    assert people["userCount"] == people["totalUserCount"] == len(people["participants"]) > 60
    answers = [answer for row in people["participants"] for answer in row["user_profile"]]
    fields = client.get(f"{path}/custom-fields")["customFields"]
    assert {answer["fieldId"] for answer in answers} == {field["fieldId"] for field in fields}
    assert [field["type"]["inputType"] for field in fields] == ["text", "radio", "checkbox"]
    cursors = client.get(f"{path}/attendees")["cursors"]
    assert all(type(value) is int for value in cursors.values())


@pytest.mark.parametrize("name", [*OLDER, *NEWER])
def test_unknown_and_foreign_events(client: AirmeetReader, name: str) -> None:
    """The older endpoints tell causes apart, the newer ones say 400 to all."""
    older = name in OLDER
    unknown = "00000000-0000-11ed-a000-000000000000"
    assert client.ask(f"/airmeet/{unknown}/{name}")[0] == (404 if older else 400)
    client.switch(foreign_event="listed")
    foreign = client.events()[0]["uid"]
    assert client.ask(f"/airmeet/{foreign}/{name}")[0] == (401 if older else 400)


def test_unknown_sessions_and_booths(client: AirmeetReader) -> None:
    assert client.ask("/session/nothing/attendees")[0] == 400
    assert client.ask(f"/airmeet/{client.big()}/booth/nothing/booth-attendance")[0] == 400


def test_archived_events(fresh: Client) -> None:
    client = AirmeetReader(fresh)
    big, path = client.big(), f"/airmeet/{client.big()}/info"
    session = client.get(path)["sessions"][0]["sessionid"]
    fresh.control("POST", "/vanish", {"vendor": "airmeet", "session_id": big})
    assert big not in {event["uid"] for event in client.events()}
    assert big not in {row["airmeet_id"] for row in fresh.truth("airmeet", "participants")}
    assert client.ask(path)[0] == 404
    assert client.ask(f"/session/{session}/attendees")[0] == 400
    client.switch(archived_event="answers")
    assert client.ask(path)[0] == 200
    assert client.ask(f"/session/{session}/attendees")[0] == 200
    assert big not in {event["uid"] for event in client.events()}


def test_vanish_chooses_the_newest_event_with_attendance(fresh: Client) -> None:
    rows = fresh.truth("airmeet", "event_attendance")
    ended = {
        row["uid"] for row in fresh.truth("airmeet", "airmeets") if row["status"] == "FINISHED"
    }
    newest = max(
        (row["airmeet_end_time"], row["airmeet_id"]) for row in rows if row["airmeet_id"] in ended
    )
    answer = fresh.control("POST", "/vanish", {"vendor": "airmeet", "after_requests": 2})
    assert answer["session_id"] == newest[1]
    client = AirmeetReader(fresh)
    client.sign_in()
    assert newest[1] not in {event["uid"] for event in client.events()}


def test_what_is_not_there_cannot_vanish_later(sandbox: Client) -> None:
    body = {"vendor": "airmeet", "session_id": "x", "after_requests": 3}
    answer = sandbox.ask("POST", f"{sandbox.url}/_sandbox/vanish", body)
    assert (answer.status, answer.json()) == (400, {"error": "there is no 'x'"})


def failure(status: int, message: str) -> Json:
    """The form of an error that the newer endpoints have."""
    return {"data": {}, "statusCode": status, "statusMessage": message}


@pytest.mark.parametrize(
    ("form", "older", "newer"),
    [
        ("own", {"success": False, "message": "Not Found"}, failure(400, "Bad Request")),
        ("message", {"message": "Not Found"}, {"message": "Bad Request"}),
        ("empty", None, None),
    ],
)
def test_bodies_of_errors(client: AirmeetReader, form: str, older: Json, newer: Json) -> None:
    client.switch(error_body=form)
    assert client.ask("/airmeet/nothing/info") == (404, older)
    assert client.ask("/airmeet/nothing/polls") == (400, newer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/airmeet"),
        ("PUT", "/airmeet/{big}/status"),
        ("DELETE", "/airmeet/{big}/attendees"),
        ("POST", "/airmeet/{big}/participants"),
        ("GET", "/airmeet/{big}/sessions"),
        ("GET", "/airmeet//info"),
        ("GET", "/auth"),
        ("GET", "/"),
    ],
)
def test_what_is_no_read_is_recorded_and_without_effect(
    client: AirmeetReader, method: str, path: str
) -> None:
    before = client.sandbox.truth("airmeet", "participants")
    path = path.format(big=client.big())
    answer = client.send(method, path)
    assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})
    assert client.sandbox.truth("airmeet", "participants") == before
    newest = client.sandbox.control("GET", "/requests")[-1]
    assert (newest["vendor"], newest["method"], newest["path"]) == ("airmeet", method, path)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("429_none", 429, {"message": "Too Many Requests"}),
        ("502", 502, failure(502, "Bad gateway (sandbox fault).")),
        ("error_200", 200, failure(500, "Something went wrong (sandbox fault).")),
    ],
)
def test_faults_have_this_vendors_form(
    client: AirmeetReader, kind: str, status: int, body: Json
) -> None:
    client.sandbox.control("POST", "/faults", {"rate": 1, "kinds": [kind]})
    answer = client.send("GET", "/airmeets")
    assert (answer.status, json.loads(answer.body)) == (status, body)
    client.switch(server_error="html")
    answer = client.send("GET", "/airmeets")
    assert answer.headers["content-type"].startswith("text/html") is (status != 429)
