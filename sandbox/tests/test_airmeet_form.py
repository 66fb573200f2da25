"""The answers have the documented form: attribute lists copied by hand from the article.

For the three samples that the article lost (4.12 to 4.14), the lists are what clients met.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient

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

OLDER = ("participants", "info", "custom-fields", "session-recordings", "event-replay-attendees")
NEWER = ("attendees", "booths", "polls", "questions", "tracks", "utms")


@pytest.fixture
def client(sandbox: Client) -> AirmeetClient:
    client = AirmeetClient(sandbox)
    client.sign_in()
    return client


def report(client: AirmeetClient, path: str) -> list[Json]:
    body = client.get(path)
    assert set(body) == {"cursors", "data"} | STATUS
    assert (body["statusCode"], body["statusMessage"]) == (200, "SUCCESS")
    assert set(body["cursors"]) == CURSORS | {"totalCount"}
    assert all(type(value) is int for value in body["cursors"].values())
    assert body["data"]
    return list(body["data"])


def test_airmeets(client: AirmeetClient) -> None:
    body = client.get("/airmeets")
    assert set(body) == {"data", "cursors"}
    assert set(body["cursors"]) == CURSORS
    assert all(set(event) == AIRMEET for event in body["data"])
    statuses = {event["status"] for event in body["data"]}
    assert statuses == {"CREATED", "ONGOING", "PAUSED", "FINISHED"}
    assert sum(event["endTime"] is None for event in body["data"]) == 1


def test_participants(client: AirmeetClient) -> None:
    body = client.get(f"/airmeet/{client.big()}/participants")
    assert set(body) == {"participants", "userCount", "totalUserCount"}
    assert body["userCount"] == body["totalUserCount"] == len(body["participants"]) > 60
    assert all(set(row) == PARTICIPANT for row in body["participants"])
    answers = [answer for row in body["participants"] for answer in row["user_profile"]]
    assert all(set(answer) == {"value", "fieldId"} for answer in answers)
    fields = client.get(f"/airmeet/{client.big()}/custom-fields")["customFields"]
    assert {answer["fieldId"] for answer in answers} == {field["fieldId"] for field in fields}


def test_sessions(client: AirmeetClient) -> None:
    sessions = client.get(f"/airmeet/{client.big()}/info")["sessions"]
    assert all(set(session) == SESSION for session in sessions)
    speakers = [speaker for session in sessions for speaker in session["speakerList"]]
    assert all({"name", "company", "designation", "speaker_img"} < set(s) for s in speakers)
    assert all(type(session["duration"]) is int for session in sessions)


def test_custom_fields(client: AirmeetClient) -> None:
    body = client.get(f"/airmeet/{client.big()}/custom-fields")
    assert set(body) == {"customFields"}
    assert all(set(field) == CUSTOM_FIELD for field in body["customFields"])
    kinds = [field["type"] for field in body["customFields"]]
    assert all(set(kind) == {"fieldType", "inputType", "mappedFrom"} for kind in kinds)
    assert [kind["inputType"] for kind in kinds] == ["text", "radio", "checkbox"]
    options = [option for field in body["customFields"] for option in field["options"]]
    assert all(set(option) == {"code", "displayValue"} for option in options)


def test_reports(client: AirmeetClient) -> None:
    path = f"/airmeet/{client.big()}"
    assert all(set(row) == ATTENDEE for row in report(client, f"{path}/attendees"))
    session = client.get(f"{path}/info")["sessions"][0]["sessionid"]
    assert all(set(row) == ATTENDEE for row in report(client, f"/session/{session}/attendees"))
    booth = client.get(f"{path}/booths")["booths"][0]["uid"]
    rows = report(client, f"{path}/booth/{booth}/booth-attendance")
    assert all(set(row) == BOOTH_ATTENDEE for row in rows)
    assert all(set(row) == UTM for row in report(client, f"{path}/utms"))
    rows = report(client, f"{path}/event-replay-attendees")
    assert all(set(row) == REPLAY for row in rows)


def test_polls_and_questions(client: AirmeetClient) -> None:
    path = f"/airmeet/{client.big()}"
    rows = report(client, f"{path}/polls")
    assert all(set(row) == {"email", "name", "user_id", "polls"} for row in rows)
    polls = [poll for row in rows for poll in row["polls"]]
    assert all(set(poll) == {"question", "answer", "time_stamp"} for poll in polls)
    body = client.get(f"{path}/questions")
    assert set(body) == {"data"} | STATUS
    assert all(set(row) == {"email", "name", "user_id", "questions"} for row in body["data"])
    questions = [question for row in body["data"] for question in row["questions"]]
    attributes = {"question", "session_id", "upvoteCount"}
    assert {frozenset(question) for question in questions} == {
        frozenset(attributes),
        frozenset(attributes | {"time_stamp"}),
    }


def test_booths_tracks_and_recordings(client: AirmeetClient) -> None:
    path = f"/airmeet/{client.big()}"
    booths = client.get(f"{path}/booths")
    assert set(booths) == {"booths"}
    assert all(set(booth) == BOOTH for booth in booths["booths"])
    tracks = client.get(f"{path}/tracks")
    assert set(tracks) == {"tracks"}
    assert all(set(track) == TRACK for track in tracks["tracks"])
    assert all(set(track["metaData"]) == {"colorCode"} for track in tracks["tracks"])
    recordings = client.get(f"{path}/session-recordings")
    assert set(recordings) == {"recordings", "recordingsCount", "totalCount"}
    assert all(set(recording) == RECORDING for recording in recordings["recordings"])


@pytest.mark.parametrize("name", [*OLDER, *NEWER])
def test_unknown_and_foreign_events(client: AirmeetClient, name: str) -> None:
    """The older endpoints tell causes apart, the newer ones say 400 to all."""
    older = name in OLDER
    unknown = "00000000-0000-11ed-a000-000000000000"
    assert client.ask(f"/airmeet/{unknown}/{name}")[0] == (404 if older else 400)
    client.switch(foreign_event="listed")
    foreign = client.events()[0]["uid"]
    assert client.ask(f"/airmeet/{foreign}/{name}")[0] == (401 if older else 400)


def test_unknown_sessions_and_booths(client: AirmeetClient) -> None:
    assert client.ask("/session/nothing/attendees")[0] == 400
    assert client.ask(f"/airmeet/{client.big()}/booth/nothing/booth-attendance")[0] == 400


def test_archived_events(fresh: Client) -> None:
    client = AirmeetClient(fresh)
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
    client = AirmeetClient(fresh)
    client.sign_in()
    assert newest[1] not in {event["uid"] for event in client.events()}
    answer = fresh.ask(
        "POST", f"{fresh.url}/_sandbox/vanish", {"vendor": "airmeet", "session_id": "x"}
    )
    assert (answer.status, answer.json()) == (400, {"error": "there is no 'x'"})


def test_what_is_not_there_cannot_vanish_later(sandbox: Client) -> None:
    body = {"vendor": "airmeet", "session_id": "x", "after_requests": 3}
    assert sandbox.ask("POST", f"{sandbox.url}/_sandbox/vanish", body).status == 400


@pytest.mark.parametrize(
    ("form", "older", "newer"),
    [
        (
            "own",
            {"success": False, "message": "Not Found"},
            {"data": {}, "statusCode": 400, "statusMessage": "Bad Request"},
        ),
        ("message", {"message": "Not Found"}, {"message": "Bad Request"}),
        ("empty", None, None),
    ],
)
def test_bodies_of_errors(client: AirmeetClient, form: str, older: Json, newer: Json) -> None:
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
    client: AirmeetClient, method: str, path: str
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
        (
            "502",
            502,
            {"data": {}, "statusCode": 502, "statusMessage": "Bad gateway (sandbox fault)."},
        ),
        (
            "error_200",
            200,
            {
                "data": {},
                "statusCode": 500,
                "statusMessage": "Something went wrong (sandbox fault).",
            },
        ),
    ],
)
def test_faults_have_this_vendors_form(
    client: AirmeetClient, kind: str, status: int, body: Json
) -> None:
    client.sandbox.control("POST", "/faults", {"rate": 1, "kinds": [kind]})
    answer = client.send("GET", "/airmeets")
    assert (answer.status, json.loads(answer.body)) == (status, body)
    client.switch(server_error="html")
    answer = client.send("GET", "/airmeets")
    assert answer.headers["content-type"].startswith("text/html") is (status != 429)
