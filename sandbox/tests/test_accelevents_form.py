"""The answers have the documented form.

The first list is copied by hand from "Get Session Analytics Data by Session Id", with the names
that sibling pages give to what its labels call otherwise ("Enable Chat").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.accelevents.testing import AcceleventsReader
from event_sandbox.accelevents.truth import STREAMS

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

DETAILS = {
    *("title", "startTime", "endTime", "location", "description", "capacity", "status", "format"),
    *("currentUserRegisteredEventTicketId", "purchaserUserRegisteredEventTicketId", "duration"),
    *("hideSessionFromAttendees", "quesAndAnsEnabled", "chatEnabled", "pollEnabled", "streamKey"),
    *("streamUrl", "subStreamProvider", "rtmpUrl", "accelEventsStudio", "directVideoAutoStart"),
    *("assetList", "displayDonation", "meetingPassword", "closedCaptionHeight"),
    *("closedCaptionUrl", "recordSession", "hideVideoControls", "subTitleFileUrl"),
    *("sessionVisibilityType", "attendeeListEnabled", "allowedMinutesToJoinLate", "qandAPrivate"),
}
SIBLINGS = {"sessionId", "streamProvider", "sessionStats", "attendeeCount"}
"""What is on the page as an expansion, or on all sibling pages."""

HOLDER = {
    *("eventTicketId", "firstName", "lastName", "email", "phoneNumber", "attended"),
    *("registrationDate", "engagement"),
}
SPEAKER = {
    *("speakerId", "title", "company", "imageUrl", "userId", "pronouns", "bio", "linkedIn"),
    *("twitter", "moderator", "loggedInAtVEH", "showModerator", "deviceChecked"),
    *("ticketTypesForSpeaker", "allowOverrideDetails", "allowAttendeeAccess"),
}
ASSET = {
    *("id", "assetId", "createdAt", "createdBy", "defaultPlayback", "duration", "fileName"),
    "playBackId",
}
COUNTERS = {"recordsTotal", "recordsFiltered", "error"}
NEVER_FILLED = {
    "events": {"event_phone_number", "donation_enabled"},
    "sessions": {"sponsor_list"},
    "session_analytics_details": {"document_key_value", "chime_config"},
    "session_speakers": {"twitter", "instagram", "allow_attendee_access"},
    "speakers": {"allow_attendee_access"},
    "orders": {"recurring_event_date"},
    "sponsors": {"sponsor_card_image"},
}
HOST = "/rest/host/event/northlight-hub-1"
STAFF_SIDE = "/rest/events/northlight-hub-1/staff"
SESSIONS = f"{HOST}/session?eventId=61017&size=50&"
ANALYTICS = "/rest/host/session/analytics?"
ONE_SESSION = "/rest/host/session/700130/analytics?"
EXPANSIONS = {
    *("sessionStats", "duration", "watchTime", "tags", "tracks", "speakerList"),
    *("attendeeCount", "registerdHolderUsers"),
}


@pytest.fixture
def client(sandbox: Client) -> AcceleventsReader:
    return AcceleventsReader(sandbox)


def test_the_page(client: AcceleventsReader) -> None:
    wanted = "STATS,DURATION,ATTENDEE_COUNT,SPEAKER,registerdHolderUsers"
    body = client.get(f"{ONE_SESSION}expand={wanted}")
    assert set(body) == DETAILS | SIBLINGS | {"registerdHolderUsers", "speakerList"}
    for name, attributes in (
        ("registerdHolderUsers", HOLDER | {"userId"}),
        ("speakerList", SPEAKER),
        ("assetList", ASSET),
    ):
        assert {frozenset(row) for row in body[name]} == {frozenset(attributes)}


def test_all_attributes_that_the_truth_reads_are_sent(client: AcceleventsReader) -> None:
    """That no others are is seen by the tap, which would not know them."""
    client.switch(
        session_speaker_fields="siblings",
        ticket_type_fields="many",
        sponsor_list="present",
        unknown_fields="present",
        speaker_tickets="object",
        speaker_session="object",
        event_secrets="top",
    )
    empty = {}
    for stream in STREAMS:
        rows = client.truth(stream, include_secrets=True)
        filled = {name for row in rows for name, value in row.items() if value is not None}
        empty[stream] = set(rows[0]) - filled
    assert {stream: names for stream, names in empty.items() if names} == NEVER_FILLED


@pytest.mark.parametrize(
    ("path", "expand", "sent"),
    [
        (ONE_SESSION, "", set()),
        (ONE_SESSION, "STATS", {"sessionStats"}),
        (ONE_SESSION, "DURATION", {"duration"}),
        (ONE_SESSION, "ATTENDEE_COUNT", {"attendeeCount"}),
        (ONE_SESSION, "SPEAKER", {"speakerList"}),
        (ONE_SESSION, "registerdHolderUsers", {"registerdHolderUsers"}),
        (ONE_SESSION, "SPEAKER,nothing,STATS", {"speakerList", "sessionStats"}),
        (SESSIONS, "", {"duration"}),
        (SESSIONS, "STATS", {"duration", "sessionStats"}),
        (SESSIONS, "TAG", {"duration", "tags"}),
        (SESSIONS, "TRACK,nothing", {"duration", "tracks"}),
        (ANALYTICS, "", {"attendeeCount"}),
        (ANALYTICS, "DURATION", {"attendeeCount", "duration"}),
        (ANALYTICS, "WATCH_TIME", {"attendeeCount", "watchTime"}),
    ],
)
def test_only_what_is_asked_for_is_sent(
    client: AcceleventsReader, path: str, expand: str, sent: set[str]
) -> None:
    client.switch(absent_values="absent")
    body = client.get(f"{path}expand={expand}")
    assert set().union(*body.get("data", [body])) & EXPANSIONS == sent


# Lists


@pytest.mark.parametrize(
    ("path", "name", "more"),
    [
        (SESSIONS, "data", set()),
        (
            f"{STAFF_SIDE}/allAttendees",
            "attendees",
            {
                *("totalBookedTickets", "totalCheckedInTickets", "totalFreeTickets"),
                *("totalPaidTickets", "ticketTypeCountDtos"),
            },
        ),
        (
            "/rest/event/northlight-hub-1/exhibitor/summary",
            "data",
            {"numberOfExhibitorsRemainingToEnable", "numberOfProExhibitorPurchased"},
        ),
    ],
)
def test_envelopes(client: AcceleventsReader, path: str, name: str, more: set[str]) -> None:
    assert set(client.get(path)) == COUNTERS | more | {name}


@pytest.mark.parametrize(
    ("stream", "attribute", "documented"),
    [
        ("events", "eventFormat", {"VIRTUAL", "HYBRID", "IN-PERSON"}),
        ("sessions", "status", {"VISIBLE", "HIDDEN"}),
        ("sessions", "format", {"MAIN_STAGE", "BREAKOUT_SESSION", "MEET_UP", "WORKSHOP"}),
        ("orders", "status", {"paid", "refunded", "unpaid"}),
        ("sponsors", "sponsorSize", {"SMALL", "MEDIUM", "LARGE"}),
    ],
)
def test_values_are_those_that_are_documented(
    client: AcceleventsReader, stream: str, attribute: str, documented: set[str]
) -> None:
    assert set(client.values(stream, attribute)) == documented


def test_oddities_that_clients_met(client: AcceleventsReader) -> None:
    assert "" in client.values("speakers", "imageUrl")
    assert "," in client.values("speakers", "company")
    assert client.types("attendees", "attendeeId") == {int, str}
    assert any(code.startswith("0") for code in client.values("attendees", "barcode"))


def test_members_of_counters(client: AcceleventsReader) -> None:
    clicks = client.values("sponsor_analytics", "countBySource")
    counts = client.told("attendees", "ticketTypeCountDtos")[0]
    assert {frozenset(one) for one in clicks} == {
        frozenset({"eventSite", "total", "virtualEventHub"})
    }
    assert {frozenset(one) for one in counts} == {
        frozenset({"ticketTypeId", "ticketTypeName", "totalTickets"})
    }


# Refusals


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/rest/host/session/1/analytics", 404, 404800),
        ("/rest/host/session/x/attendee", 404, 404800),
        ("/rest/host/event/nothing/eventDetails", 404, 4040200),
        ("/rest/event/1/sponsors", 404, 4040200),
        ("/rest/event/northlight-hub-1/exhibitor/1/staff", 404, 4040027),
        ("/rest/events/northlight-hub-1/staff/refund/order/1", 406, 40600013),
        ("/rest/host/event//eventDetails", 406, 40600013),
        ("/rest/host/session/analytics/700123", 404, None),
        ("/other", 406, 40600013),
        # the switches put the host of the second event elsewhere
        ("/rest/host/event/Northlight_Live1/eventDetails", 403, 4030201),
        ("/rest/event/Northlight_Live1/exhibitor/summary", 403, 4030201),
        ("/rest/event/61034/sponsors", 403, 4030201),
        ("/rest/host/session/800123/attendee", 403, 4030201),
        ("/rest/host/session/800123/analytics", 403, 4030201),
        # and the analytics of all sessions need an event
        ("/rest/host/session/analytics", 400, 400),
        ("/rest/host/session/analytics?eventurl=nothing", 404, 4040200),
        (f"{HOST}/speaker?eventId=61017", 400, 400),  # `expand` is required
        (f"{HOST}/session", 400, 400),
        (f"{HOST}/speaker?expand=&eventId=61034", 400, 400),
        *(
            (f"{STAFF_SIDE}/orders?{query}", 400, 400)
            for query in ("page=x", "size=x", "page=-1", "searchTimeStamp=yesterday")
        ),
        (f"{STAFF_SIDE}/orders?searchTimeStamp=2026/01/01%2000:00", 400, 400),
        (f"{STAFF_SIDE}/orders?searchTimeStamp=13/01/2026%2000:00:00", 400, 400),
    ],
)
def test_what_is_refused(
    client: AcceleventsReader, path: str, status: int, code: int | None
) -> None:
    client.switch(foreign_event="one", analytics_scope="event")
    found, body = client.ask(path)
    assert (found, body.get("errorCode")) == (status, code)


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [("bare_404", 404, None), ("coded_404", 404, 40600013), ("coded_406", 406, 40600013)],
)
def test_paths_of_analytics(
    client: AcceleventsReader, form: str, status: int, code: int | None
) -> None:
    paths = {
        "session_id_analytics": "/rest/host/session/{}/analytics",
        "analytics_session_id": "/rest/host/session/analytics/{}",
        "event_session_id_analytics": "/rest/host/event/northlight-hub-1/session/{}/analytics",
    }

    def answer(path: str, session: int) -> tuple[int, Json]:
        found, body = client.ask(path.format(session))
        return found, body.get("errorCode", body.get("sessionId"))

    for position in paths:
        client.switch(analytics_path=position, wrong_path=form)
        for name, path in paths.items():
            right = name == position
            assert answer(path, 700_123) == ((200, 700_123) if right else (status, code))
            assert answer(path, 1) == ((404, 404800) if right else (status, code))
    # the session of another event
    assert answer(paths["event_session_id_analytics"], 900_123) == (404, 404800)


def test_faults_have_this_vendors_form(client: AcceleventsReader) -> None:
    client.sandbox.control("POST", "/faults", {"rate": 1, "kinds": ["error_200"]})
    message = "Something went wrong (sandbox fault)."
    assert client.ask(f"{HOST}/eventDetails") == (200, {"errorCode": 500, "message": message})


def test_only_gets_are_served(client: AcceleventsReader) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = client.send(method, SESSIONS)
        assert (answer.status, answer.json()["errorCode"]) == (406, 40600013)


def test_a_get_that_checks_in_is_counted(fresh: Client) -> None:
    client = AcceleventsReader(fresh)
    path = f"{STAFF_SIDE}/checkin/barcode/{{}}/checkin/true"
    before = client.get(f"{STAFF_SIDE}/allAttendees")
    booked = [row["barcode"] for row in before["attendees"] if row["ticketStatus"] == "BOOKED"]
    assert client.send("GET", path.format(booked[0]), {}).status == 401
    assert fresh.control("GET", "/counters")["accelevents.check_ins"] == 1
    assert client.get(path.format(booked[0]))["type"] == "Success"
    assert fresh.control("GET", "/counters")["accelevents.check_ins"] == 2
    after = client.get(f"{STAFF_SIDE}/allAttendees")
    assert after["totalCheckedInTickets"] == before["totalCheckedInTickets"] + 1


@pytest.mark.parametrize("key", ["1", "x", "600123"])
def test_what_cannot_vanish(sandbox: Client, key: str) -> None:
    body = {"vendor": "accelevents", "session_id": key}
    answer = sandbox.ask("POST", f"{sandbox.url}/_sandbox/vanish", body)
    assert (answer.status, answer.json()) == (400, {"error": f"there is no '{key}'"})


def test_what_vanishes_is_the_newest_session_that_people_came_to(fresh: Client) -> None:
    analytics = fresh.truth("accelevents", "session_analytics")
    key = fresh.control("POST", "/vanish", {"vendor": "accelevents"})["session_id"]
    ends = {
        str(row["session_id"]): row["end_time_utc"] for row in analytics if row["attendee_count"]
    }
    assert ends[key] in (None, max(filter(None, ends.values())))  # not all events tell their zone
