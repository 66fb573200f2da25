"""The answers and errors have the documented form: attributes copied by hand from the article.

For the three samples that the article lost (4.12 to 4.14), the lists are what clients met.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.testing import types

from .forms import assert_forms

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

REPORTS = (
    *("event_attendance", "session_attendance", "booth_attendance", "poll_responses"),
    *("registration_utms", "replay_attendance"),
)
ATTENDEE = "email id name user_id time_stamp time_spent"
FORMS = {
    **dict.fromkeys(REPORTS, "cursors data statusCode statusMessage"),
    **{f"{report}.cursors": "after before pageCount totalCount" for report in REPORTS},
    "airmeets": "data cursors",
    "airmeets.cursors": "after before pageCount",
    "airmeets.data": "uid name status timezone startTime endTime",
    "participants": "participants userCount totalUserCount",
    "participants.participants": "email name city country organisation Designation"
    " registrationDate profile_url user_type token invite_sent user_profile",
    "participants.participants.user_profile": "value fieldId",
    "sessions": "airmeet_id name status timezone start_time end_time short_desc long_desc"
    " master_img_url community_id sessions session_hosts remaining_time current_time",
    "sessions.session_hosts": "id name",
    "sessions.sessions": "sessionid name start_time status duration summary host_id cohost_ids"
    " speaker_id speakerList type",
    "sessions.sessions.speakerList": "id name company designation speaker_img",
    "custom_fields": "customFields",
    "custom_fields.customFields": "label name fieldId options isRequired type",
    "custom_fields.customFields.options": "code displayValue",
    "custom_fields.customFields.type": "fieldType inputType mappedFrom",
    "event_attendance.data": ATTENDEE,
    "session_attendance.data": ATTENDEE,
    "booths": "booths",
    "booths.booths": "uid name exhibitors tags airmeet_id logo_url video faqs order resources"
    " layoutType layoutData boothExhibitor social_media_links short_description long_description"
    " banner_url register_interest_details offer_details doc_url doc_name booth_space_id",
    "booth_attendance.data": f"{ATTENDEE} interested_in_being_contacted visits",
    "poll_responses.data": "email name user_id polls",
    "poll_responses.data.polls": "question answer time_stamp",
    "questions": "data statusCode statusMessage",
    "questions.data": "email name user_id questions",
    "questions.data.questions": "question session_id upvoteCount time_stamp?",
    "tracks": "tracks",
    "tracks.tracks": "uid name description track_order metaData sessions",
    "tracks.tracks.metaData": "colorCode",
    "registration_utms.data": "id airmeetId email utms",
    "registration_utms.data.utms": "utm_source utm_medium utm_campaign",
    "session_recordings": "recordings recordingsCount totalCount",
    "session_recordings.recordings": "session_id session_name download_link",
    "replay_attendance.data": "id name email session_id duration_viewed",
}
STREAMS = [name for name in FORMS if "." not in name]

OLDER = ("participants", "info", "custom-fields", "session-recordings", "event-replay-attendees")
NEWER = ("attendees", "booths", "polls", "questions", "tracks", "utms")
UNKNOWN = "00000000-0000-11ed-a000-000000000000"
HEADER = "X-Airmeet-Access-Token"
WRONG = "wrong"


@pytest.fixture
def client(sandbox: Client) -> AirmeetClient:
    return AirmeetClient(sandbox)


def test_answers_rows_and_objects_in_them_have_these_attributes(client: AirmeetClient) -> None:
    bodies = [(stream, body) for stream in STREAMS for body in client.bodies(stream)]
    assert_forms(bodies, FORMS)
    states = {
        (body["statusCode"], body["statusMessage"]) for _, body in bodies if "statusCode" in body
    }
    assert states == {(200, "SUCCESS")}


def test_values_that_an_event_has(client: AirmeetClient) -> None:
    assert client.types("sessions", "duration") == {int}
    assert client.types("session_attendance", "time_spent") == {str}
    asked = [one for row in client.rows("questions") for one in row["questions"]]
    assert types(asked, "upvoteCount") == {float}
    path = f"/airmeet/{client.big()}"
    people = client.get(f"{path}/participants")["participants"]
    twice = Counter((row["email"], row["name"]) for row in people if row["email"]).most_common(1)
    assert twice[0][1] == 2
    answers = [answer for row in people for answer in row["user_profile"]]
    fields = client.get(f"{path}/custom-fields")["customFields"]
    assert {answer["fieldId"] for answer in answers} == {field["fieldId"] for field in fields}
    assert [field["type"]["inputType"] for field in fields] == ["text", "radio", "checkbox"]


def test_unknown_and_foreign_ids(client: AirmeetClient) -> None:
    """The older endpoints tell causes apart, the newer ones say 400 to all."""
    client.switch(foreign_event="listed")
    foreign = client.events()[0]["uid"]
    for name in (*OLDER, *NEWER):
        found = [client.ask(f"/airmeet/{event}/{name}")[0] for event in (UNKNOWN, foreign)]
        assert found == ([404, 401] if name in OLDER else [400, 400]), name
    assert client.ask("/session/nothing/attendees")[0] == 400
    assert client.ask(f"/airmeet/{client.big()}/booth/nothing/booth-attendance")[0] == 400


def test_archived_events(fresh: Client) -> None:
    client = AirmeetClient(fresh)
    big = client.big()
    path = f"/airmeet/{big}/info"
    session = client.get(path)["sessions"][0]["sessionid"]
    fresh.control("POST", "/vanish", {"vendor": "airmeet", "session_id": big})
    assert big not in {row["airmeet_id"] for row in client.truth("participants")}
    for position, statuses in (("gone", (404, 400)), ("answers", (200, 200))):
        client.switch(archived_event=position)
        assert big not in {event["uid"] for event in client.events()}
        found = (client.ask(path)[0], client.ask(f"/session/{session}/attendees")[0])
        assert found == statuses


def test_vanish_chooses_the_newest_event_with_attendance(fresh: Client) -> None:
    client = AirmeetClient(fresh)
    ended = {row["uid"] for row in client.events() if row["status"] == "FINISHED"}
    rows = [row for row in client.truth("event_attendance") if row["airmeet_id"] in ended]
    newest = max(rows, key=lambda row: row["airmeet_end_time"])["airmeet_id"]
    unknown = {"vendor": "airmeet", "session_id": "x", "after_requests": 2}
    refused = fresh.ask("POST", f"{fresh.url}/_sandbox/vanish", unknown)
    assert (refused.status, refused.json()) == (400, {"error": "there is no 'x'"})
    answer = fresh.control("POST", "/vanish", {"vendor": "airmeet", "after_requests": 2})
    assert answer["session_id"] == newest
    assert newest in {event["uid"] for event in client.events()}
    assert newest not in {event["uid"] for event in client.events()}


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
def test_bodies_of_errors(client: AirmeetClient, form: str, older: Json, newer: Json) -> None:
    client.switch(error_body=form)
    assert client.ask("/airmeet/nothing/info") == (404, older)
    assert client.ask("/airmeet/nothing/polls") == (400, newer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/airmeet"),
        ("DELETE", "/airmeet/{big}/attendees"),
        ("POST", "/airmeet/{big}/participants"),
        ("GET", "/airmeet/{big}/sessions"),
        ("GET", "/airmeet//info"),
        ("GET", "/auth"),
        ("GET", "/"),
    ],
)
def test_what_is_no_read_is_recorded_and_refused(
    client: AirmeetClient, method: str, path: str
) -> None:
    path = path.format(big=client.big())
    answer = client.send(method, path)
    assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})
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
    client: AirmeetClient, kind: str, status: int, body: Json
) -> None:
    client.sandbox.control("POST", "/faults", {"rate": 1, "kinds": [kind]})
    answer = client.send("GET", "/airmeets")
    assert (answer.status, answer.json()) == (status, body)
    client.switch(server_error="html")
    answer = client.send("GET", "/airmeets")
    assert answer.headers["content-type"].startswith("text/html") is (status != 429)


# Tokens: how they are given, how they end, and how that is told


def test_observed_and_documented_shape(client: AirmeetClient) -> None:
    observed = client.auth()
    assert observed.status == 200
    assert set(observed.json()) == {"token", "communityId"}
    client.switch(auth_shape="documented")
    documented = client.auth().json()
    assert documented["success"] is True
    assert set(documented["data"]) == {"label", "token"}
    for token in (observed.json()["token"], documented["data"]["token"]):
        client.headers[HEADER] = token
        assert client.send("GET", "/airmeets").status == 200


def test_wrong_missing_and_revoked_keys(client: AirmeetClient) -> None:
    assert client.auth(access=WRONG).status == 400
    assert client.auth(secret=WRONG).status == 400
    assert client.send("POST", "/auth", {}).status == 400
    client.switch(keys="revoked")
    assert client.auth(access=WRONG).status == 400
    assert client.auth().status == 403


@pytest.mark.parametrize("path", ["/airmeets", "/airmeet/x/info", "/session/x/attendees"])
def test_bad_tokens_are_400_everywhere(client: AirmeetClient, path: str) -> None:
    assert client.send("GET", path, {}).status == 400
    assert client.send("GET", path, {HEADER: "made up"}).status == 400


def test_the_log_tells_who_had_credentials(client: AirmeetClient) -> None:
    client.auth(access=WRONG)
    client.sign_in()
    client.get("/airmeets")
    client.send("GET", "/airmeets", {HEADER: "made up"})
    entries = client.sandbox.control("GET", "/requests")
    assert [entry["authorised"] for entry in entries] == [False, True, True, False]
    assert all(entry["query"] == "" for entry in entries)


@pytest.mark.parametrize("status", ["412", "400", "401"])
def test_a_token_ends_after_so_many_requests(client: AirmeetClient, status: str) -> None:
    client.switch(token_life="50_requests", expired_token=status)  # noqa: S106 - a position
    client.sign_in()
    statuses = [client.send("GET", "/airmeets").status for _ in range(52)]
    assert statuses == [200] * 50 + [int(status)] * 2
    client.sign_in()
    assert client.send("GET", "/airmeets").status == 200


def test_a_new_token_may_end_the_old_one(client: AirmeetClient) -> None:
    first = client.sign_in()
    client.sign_in()
    assert client.send("GET", "/airmeets", {HEADER: first}).status == 200
    client.switch(new_token="replaces_old")  # noqa: S106 - a position
    second = client.sign_in()
    assert client.send("GET", "/airmeets", {HEADER: first}).status == 412
    assert client.send("GET", "/airmeets", {HEADER: second}).status == 200


def test_content_type(client: AirmeetClient) -> None:
    token = client.sign_in()
    client.switch(content_type="required")
    assert client.send("GET", "/airmeets", {HEADER: token}).status == 400
    assert client.send("GET", "/airmeets").status == 200
