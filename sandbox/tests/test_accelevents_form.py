"""The answers have the documented form: attribute lists copied by hand from the vendor's pages.

The first list is that of "Get Session Analytics Data by Session Id", with the names that sibling
pages give to what its labels call otherwise ("Enable Chat").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.accelevents.testing import AcceleventsClient

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
LISTED_SPEAKER = {
    *("speakerId", "userId", "firstName", "lastName", "email", "title", "company", "bio"),
    *("pronouns", "imageUrl", "linkedIn", "twitter", "instagram", "position", "sessionDTO"),
    *("moderator", "showModerator", "allowAttendeeAccess", "ticketTypesForSpeaker"),
    *("deviceChecked", "loggedInAtVEH", "allowOverrideDetails"),
}
ANALYTICS = {
    *("sessionId", "title", "startTime", "endTime", "registeredUserCount", "attendeeCount"),
    *("duration", "avgAttendedDuration", "recordingViews", "liveViews", "watchTime"),
}
ATTENDEE = {
    *("attendeeId", "barcode", "firstName", "lastName", "email", "status", "ticketStatus"),
    "ticketType",
}
ORDER = {
    *("orderId", "id", "status", "totalAmount", "salesTaxFee", "ticketingFee", "ccFee"),
    *("purchaser", "purchaseDate", "orderType", "cardType", "lastFour", "note", "deliveryMode"),
    *("attendee", "currency", "timezoneId", "equivalentTimezone", "recurringEventDate"),
    "isSpeakerOrder",
}
SPONSOR = {
    *("id", "sponsorName", "sponsorLogo", "sponsorSize", "sponsorUrl", "eventId", "position"),
    *("includeInLobbyCarousel", "carouselLogoSliderDelaySeconds", "shortDescription"),
    *("sponsorCardImage", "colorConfig", "cardTag", "exhibitorId"),
}
EXHIBITOR = {
    *("id", "eventId", "exhibitorName", "boothSize", "categoryId", "categoryName"),
    *("showStatusIndicator", "preferredExhibitor", "chatEnabled", "position", "colorConfig"),
    *("linkToSite", "showBoothName", "featured", "categoryPositionJson"),
}
STAFF = {
    *("id", "exhibitorId", "firstName", "lastName", "email", "role", "allowToBookMeeting"),
    *("allowDirectMessages", "user", "leads", "exhibitorAdmin"),
}
COUNTERS = {"recordsTotal", "recordsFiltered", "error"}
LISTED_SESSION = (DETAILS | SIBLINGS) - {"assetList", "attendeeCount"} | {
    *("chimeConfig", "documentKeyValue", "tags", "tracks", "locationId", "sessionTypeFormat"),
    "ticketTypesThatCanBeRegistered",
}
HOST = "/rest/host/event/northlight-hub-1"
STAFF_SIDE = "/rest/events/northlight-hub-1/staff"
ALL = "STATS,DURATION,ATTENDEE_COUNT,SPEAKER,registerdHolderUsers"


@pytest.fixture
def client(sandbox: Client) -> AcceleventsClient:
    return AcceleventsClient(sandbox)


def test_the_page(client: AcceleventsClient) -> None:
    body = client.get("/rest/host/session/700130/analytics", expand=ALL)
    assert set(body) == DETAILS | SIBLINGS | {"registerdHolderUsers", "speakerList"}
    assert body["status"] in ("IN_MEETING", "REGISTERED", "CHECK_IN_AVAILABEL")
    assert body["format"] == "BREAKOUT_SESSION"
    assert {frozenset(row) for row in body["registerdHolderUsers"]} == {
        frozenset([*HOLDER, "userId"])
    }
    assert {frozenset(row) for row in body["speakerList"]} == {frozenset(SPEAKER)}
    assert {frozenset(row) for row in body["assetList"]} == {frozenset(ASSET)}


@pytest.mark.parametrize(
    ("expand", "sent"),
    [
        ("", set()),
        ("STATS", {"sessionStats"}),
        ("DURATION", {"duration"}),
        ("ATTENDEE_COUNT", {"attendeeCount"}),
        ("SPEAKER", {"speakerList"}),
        ("registerdHolderUsers", {"registerdHolderUsers"}),
        ("SPEAKER,nothing,STATS", {"speakerList", "sessionStats"}),
    ],
)
def test_only_what_is_asked_for_is_sent(
    client: AcceleventsClient, expand: str, sent: set[str]
) -> None:
    client.switch(absent_values="absent")
    body = client.get("/rest/host/session/700130/analytics", expand=expand)
    names = {"sessionStats", "duration", "attendeeCount", "speakerList", "registerdHolderUsers"}
    assert set(body) & names == sent


@pytest.mark.parametrize(
    ("position", "expand", "status", "is_sent"),
    [
        ("any", "attendeecount", 200, True),
        ("any", "attendees", 200, False),
        ("constants", "ATTENDEE_COUNT", 200, True),
        ("constants", "Attendee Count", 200, False),
        ("labels", "Attendee Count", 200, True),
        ("labels", "ATTENDEE_COUNT", 200, False),
        ("strict", "ATTENDEE_COUNT,registerdHolderUsers", 200, True),
        ("strict", "ATTENDEE_COUNT,Attendee Count", 400, False),
        ("strict", "", 200, False),
    ],
)
def test_spellings_of_expansions(
    client: AcceleventsClient, position: str, expand: str, status: int, *, is_sent: bool
) -> None:
    client.switch(expand_tokens=position)
    found, body = client.ask("/rest/host/session/700130/analytics", expand=expand)
    assert (found, bool(body.get("attendeeCount"))) == (status, is_sent)


# Lists


@pytest.mark.parametrize(
    ("path", "query", "attributes"),
    [
        (f"{HOST}/session", {"eventId": 61017, "expand": "TRACK,TAG,STATS"}, LISTED_SESSION),
        ("/rest/host/session/analytics", {"expand": "DURATION,WATCH_TIME"}, ANALYTICS),
        ("/rest/host/session/700130/attendee", {}, HOLDER | {"userId"}),
        (f"{HOST}/speaker", {"eventId": 61017, "expand": ""}, LISTED_SPEAKER),
        (f"{STAFF_SIDE}/orders", {}, ORDER),
        ("/rest/event/61017/sponsors", {}, SPONSOR),
        (f"{HOST}/sponsors/analytics", {}, {"id", "sponsorName", "countBySource"}),
    ],
)
def test_rows_of_lists_have_the_attributes_of_their_pages(
    client: AcceleventsClient, path: str, query: dict[str, Json], attributes: set[str]
) -> None:
    body = client.get(path, **query)
    assert set(body) == COUNTERS | {"data"}
    assert body["error"] is None
    assert body["data"]
    assert {frozenset(row) for row in body["data"]} == {frozenset(attributes)}


def test_sessions(client: AcceleventsClient) -> None:
    path = f"{HOST}/session"
    sent = client.get(path, eventId=61017, size=50, expand="STATS")["data"]
    assert {row["status"] for row in sent} == {"VISIBLE", "HIDDEN"}
    formats = {"MAIN_STAGE", "BREAKOUT_SESSION", "MEET_UP", "WORKSHOP"}
    assert {row["format"] for row in sent} == formats
    assert all(row["sessionStats"] for row in sent)
    assert client.get(path, eventId=61017)["data"][0]["sessionStats"] is None


def test_analytics_of_sessions(client: AcceleventsClient) -> None:
    path = "/rest/host/session/analytics"
    sent = client.get(path, expand="DURATION,WATCH_TIME")["data"]
    assert any(row["duration"] for row in sent)
    assert any(row["watchTime"] for row in sent)
    sent = client.get(path)["data"]
    assert not any(row["duration"] or row["watchTime"] for row in sent)


def test_analytics_of_one_event(client: AcceleventsClient) -> None:
    path = "/rest/host/session/analytics"
    everything = client.get(path, eventurl=client.slugs[0])
    client.switch(analytics_scope="event")
    assert client.ask(path)[0] == 400
    assert client.ask(path, eventurl="nothing")[0] == 404
    by_slug = client.get(path, eventurl=client.slugs[0])
    assert by_slug == client.get(path, eventId=61017)
    assert 0 < by_slug["recordsTotal"] < everything["recordsTotal"]


def test_events(client: AcceleventsClient) -> None:
    event = client.event()
    documented = {
        *("eventId", "eventName", "eventUrl", "eventPhoneNumber", "eventCountryCode"),
        *("noModuleActivate", "auctionEnabled", "fundANeedEnabled", "raffleEnabled"),
        *("donationEnabled", "ticketingEnabled", "textToGiveEnabled", "currencySymbol"),
        *("enableBidderRegistration", "eventDesignDetailDto", "eventFormat"),
        "eventListingStatus",
    }
    siblings = {"timezoneId", "equivalentTimezone", "eventStartDate", "eventEndDate"}
    assert set(event) == documented | siblings
    formats = {client.event(number)["eventFormat"] for number in range(5)}
    assert formats == {"VIRTUAL", "HYBRID", "IN-PERSON"}


def test_speakers(client: AcceleventsClient) -> None:
    path = f"{HOST}/speaker"
    assert client.ask(path, eventId=61017)[0] == 400
    sent = client.get(path, eventId=61017, expand="")["data"]
    assert len(sent) == 10
    assert "" in {row["imageUrl"] for row in sent}
    assert "," in {row["company"] for row in sent}


@pytest.mark.parametrize("name", ["session", "speaker"])
def test_event_id_is_required_or_not(client: AcceleventsClient, name: str) -> None:
    path = f"/rest/host/event/northlight-hub-1/{name}"
    assert client.ask(path, expand="")[0] == 400
    assert client.ask(path, expand="", eventId=61034)[0] == 400
    client.switch(event_id_param="optional")
    assert client.ask(path, expand="")[0] == 200


def test_attendees_and_orders(client: AcceleventsClient) -> None:
    body = client.get(f"{STAFF_SIDE}/allAttendees")
    totals = {f"total{kind}Tickets" for kind in ("Booked", "CheckedIn", "Free", "Paid")}
    assert set(body) == COUNTERS | totals | {"attendees", "ticketTypeCountDtos"}
    assert {frozenset(row) for row in body["attendees"]} == {frozenset(ATTENDEE)}
    assert {type(row["attendeeId"]) for row in body["attendees"]} == {int, str}
    assert any(row["barcode"].startswith("0") for row in body["attendees"])
    counts = body["ticketTypeCountDtos"]
    names = {"ticketTypeId", "ticketTypeName", "totalTickets"}
    assert {frozenset(row) for row in counts} == {frozenset(names)}
    sent = client.get(f"{STAFF_SIDE}/orders")["data"]
    assert len(sent) == 10
    assert {row["status"] for row in sent} == {"paid", "refunded", "unpaid"}
    types = client.get(f"{STAFF_SIDE}/ticketing/settings")["ticketTypes"]
    names = {"id", "name", "price", "remainingTickets"}
    assert {frozenset(row) for row in types} == {frozenset(names)}


def test_companies(client: AcceleventsClient) -> None:
    sent = client.get("/rest/event/61017/sponsors")["data"]
    assert {row["sponsorSize"] for row in sent} == {"SMALL", "MEDIUM", "LARGE"}
    clicks = client.get(f"{HOST}/sponsors/analytics")["data"]
    sources = {"eventSite", "total", "virtualEventHub"}
    assert all(set(row["countBySource"]) == sources for row in clicks)
    body = client.get("/rest/event/northlight-hub-1/exhibitor/summary")
    bought = {"numberOfExhibitorsRemainingToEnable", "numberOfProExhibitorPurchased"}
    assert set(body) == COUNTERS | bought | {"data"}
    assert {frozenset(row) for row in body["data"]} == {frozenset(EXHIBITOR)}
    path = f"/rest/event/northlight-hub-1/exhibitor/{body['data'][2]['id']}/staff"
    staff = client.get(path)["data"]
    assert {frozenset(row) for row in staff} == {frozenset(STAFF)}


# Keys and refusals


@pytest.mark.parametrize(
    ("position", "good"),
    [("all", 7), ("key", 1), ("authorization", 2), ("bearer", 4)],
)
def test_forms_of_the_key(client: AcceleventsClient, position: str, good: int) -> None:
    """`good` has a bit for each of three forms; none of them is accepted with a wrong key."""
    client.switch(auth=position)
    path = f"/rest/host/event/{client.slugs[0]}/eventDetails"
    for key, accepted in ((client.key, good), ("wrong", 0)):
        for bit, headers in enumerate(
            ({"Key": key}, {"Authorization": key}, {"Authorization": f"Bearer {key}"})
        ):
            status = client.send("GET", path, headers).status
            assert status == (200 if accepted >> bit & 1 else 401), (key, headers)
    assert client.send("GET", path, {}).status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/rest/host/event/Northlight_Live1/eventDetails",
        "/rest/event/Northlight_Live1/exhibitor/summary",
        "/rest/event/61034/sponsors",
        "/rest/host/session/800123/attendee",
        "/rest/host/session/800123/analytics",
    ],
)
def test_an_event_of_which_one_is_not_the_host(client: AcceleventsClient, path: str) -> None:
    client.switch(foreign_event="one")
    assert client.ask(path) == (403, {"errorCode": 4030201, "message": "Not Event Host"})


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
    ],
)
def test_what_is_not_there(
    client: AcceleventsClient, path: str, status: int, code: int | None
) -> None:
    found, body = client.ask(path)
    assert (found, body.get("errorCode")) == (status, code)


@pytest.mark.parametrize(
    ("place", "good"),
    [
        ("session_id_analytics", 0),
        ("analytics_session_id", 1),
        ("event_session_id_analytics", 2),
    ],
)
@pytest.mark.parametrize(
    ("form", "status", "code"),
    [("bare_404", 404, None), ("coded_404", 404, 40600013), ("coded_406", 406, 40600013)],
)
def test_paths_of_analytics(  # noqa: PLR0913, PLR0917 - two tables, crossed
    client: AcceleventsClient, place: str, good: int, form: str, status: int, code: int | None
) -> None:
    client.switch(analytics_path=place, wrong_path=form)
    for number, path in enumerate(
        (
            "/rest/host/session/{}/analytics",
            "/rest/host/session/analytics/{}",
            "/rest/host/event/northlight-hub-1/session/{}/analytics",
        )
    ):
        found, body = client.ask(path.format(700_123))
        gone, missing = client.ask(path.format(1))
        if number == good:
            assert (found, body["sessionId"]) == (200, 700_123)
            assert (gone, missing["errorCode"]) == (404, 404800)
        else:
            assert (found, body.get("errorCode")) == (gone, missing.get("errorCode"))
            assert (found, body.get("errorCode")) == (status, code)


def test_a_session_is_not_in_another_event(client: AcceleventsClient) -> None:
    client.switch(analytics_path="event_session_id_analytics")
    path = "/rest/host/event/northlight-hub-3/session/700123/analytics"
    assert client.ask(path)[1]["errorCode"] == 404800


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("error_code", "application/json", b'{"errorCode":404800,"message":"Session Not Found"}'),
        ("code", "application/json", b'{"code":"404800","error":"Session Not Found"}'),
        ("html", "text/html; charset=utf-8", b"<!doctype html>"),
        ("plain", "text/plain; charset=utf-8", b"Session Not Found"),
        ("empty", "", b""),
    ],
)
def test_bodies_of_errors(client: AcceleventsClient, form: str, kind: str, body: bytes) -> None:
    client.switch(error_body=form)
    answer = client.send("GET", "/rest/host/session/1/analytics")
    assert (answer.status, answer.headers.get("content-type", "")) == (404, kind)
    assert answer.body.startswith(body)


def test_faults_have_this_vendors_form(client: AcceleventsClient) -> None:
    client.sandbox.control("POST", "/faults", {"rate": 1, "kinds": ["error_200"]})
    path = f"/rest/host/event/{client.slugs[0]}/eventDetails"
    message = "Something went wrong (sandbox fault)."
    assert client.ask(path) == (200, {"errorCode": 500, "message": message})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_gets_are_served(client: AcceleventsClient, method: str) -> None:
    path = f"/rest/host/event/{client.slugs[0]}/session?eventId=61017"
    before = client.sandbox.truth("accelevents", "sessions")
    assert client.send("GET", path).status == 200
    answer = client.send(method, path)
    assert (answer.status, answer.json()["errorCode"]) == (406, 40600013)
    assert client.sandbox.truth("accelevents", "sessions") == before


def test_a_get_that_checks_in_is_counted(fresh: Client) -> None:
    client = AcceleventsClient(fresh)
    assert fresh.control("GET", "/counters")["accelevents.check_ins"] == 0
    slug = client.slugs[0]
    ticket = next(
        row
        for row in fresh.truth("accelevents", "attendees")
        if row["event_url"] == slug and row["ticket_status"] == "BOOKED"
    )
    path = f"/rest/events/{slug}/staff/checkin/barcode/{ticket['barcode']}/checkin/true"
    assert client.send("GET", path, {}).status == 401
    before = fresh.truth("accelevents", "attendee_summary")[0]["total_checked_in_tickets"]
    assert client.get(path)["type"] == "Success"
    assert fresh.control("GET", "/counters")["accelevents.check_ins"] == 2
    after = fresh.truth("accelevents", "attendee_summary")[0]["total_checked_in_tickets"]
    assert after == before + 1
    body = client.get(f"/rest/events/{slug}/staff/allAttendees")
    assert body["totalCheckedInTickets"] == after


# Sessions that vanish


def test_a_vanished_session(fresh: Client) -> None:
    client = AcceleventsClient(fresh)
    truth = fresh.truth("accelevents", "session_analytics")
    peopled = [row for row in truth if row["attendee_count"]]
    key = fresh.control("POST", "/vanish", {"vendor": "accelevents"})["session_id"]
    told = [row for row in peopled if row["event_url"] != "northlight-hub-4"]
    newest = max(row["session_end_time"] for row in told)
    assert int(key) in {row["session_id"] for row in peopled if row["session_end_time"] >= newest}
    for path in ("analytics", "attendee"):
        assert client.ask(f"/rest/host/session/{key}/{path}")[1]["errorCode"] == 404800
    for stream in ("sessions", "session_analytics", "session_attendees", "session_registrants"):
        assert int(key) not in {row["session_id"] for row in fresh.truth("accelevents", stream)}
    listed = {row["sessionId"] for number in range(5) for row in client.sessions(number)}
    assert listed == {row["session_id"] for row in fresh.truth("accelevents", "sessions")}


@pytest.mark.parametrize("key", ["1", "x", "600123"])
def test_what_cannot_vanish(sandbox: Client, key: str) -> None:
    body = {"vendor": "accelevents", "session_id": key}
    answer = sandbox.ask("POST", f"{sandbox.url}/_sandbox/vanish", body)
    assert (answer.status, answer.json()) == (400, {"error": f"there is no '{key}'"})
