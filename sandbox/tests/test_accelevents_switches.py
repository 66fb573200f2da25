"""Each switch shows in the answers: what is claimed of a position is looked up there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from event_sandbox.accelevents.switches import SWITCHES
from event_sandbox.accelevents.testing import AcceleventsReader
from event_sandbox.testing import values

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


HOST = "/rest/host/event/northlight-hub-1"
EVENT = f"{HOST}/eventDetails"
UNKNOWN = "/rest/host/session/1/analytics"
PAGE = "<!doctype html><html><body><h1>Session Not Found</h1></body></html>"


def details(reader: AcceleventsReader, *names: str) -> list[Json]:
    return reader.values("session_analytics_details", *names)


def dates(reader: AcceleventsReader, pattern: str) -> bool:
    found = reader.values("session_registrants", "registrationDate")
    found += reader.values("orders", "purchaseDate")
    found += reader.values("session_assets", "createdAt")
    return all(re.fullmatch(pattern, str(value)) for value in found)


def times(reader: AcceleventsReader, pattern: str) -> bool:
    rows = reader.rows("sessions") + reader.rows("session_analytics")
    found = [value for value in values(rows, "startTime", "endTime") if value is not None]
    return all(re.fullmatch(pattern, value) for value in found)


def sizes(reader: AcceleventsReader, stream: str) -> set[int]:
    return {len(rows) for rows in reader.told(stream, "data")}


def zones(reader: AcceleventsReader) -> set[tuple[bool, bool]]:
    return {("timezoneId" in e, "equivalentTimezone" in e) for e in reader.rows("events")}


def forms_of_the_key(reader: AcceleventsReader) -> list[int]:
    forms = (
        {"Key": reader.key},
        {"Authorization": reader.key},
        {"Authorization": f"Bearer {reader.key}"},
    )
    return [reader.send("GET", EVENT, headers).status for headers in forms]


def is_counted(reader: AcceleventsReader, expand: str) -> bool:
    """Whether the attendees are counted that are asked for so."""
    return bool(reader.get("/rest/host/session/700130/analytics", expand=expand)["attendeeCount"])


def error(reader: AcceleventsReader) -> tuple[str | None, str]:
    answer = reader.send("GET", UNKNOWN)
    return answer.headers.get("content-type"), answer.body.decode()


CLAIMS: dict[str, Callable[[AcceleventsReader], bool]] = {
    "auth=key": lambda r: forms_of_the_key(r) == [200, 401, 401],
    "auth=authorization": lambda r: forms_of_the_key(r) == [401, 200, 401],
    "auth=bearer": lambda r: forms_of_the_key(r) == [401, 401, 200],
    "key=revoked": lambda r: r.ask(EVENT)[1]["errorCode"] == 4010101,
    "foreign_event=one": lambda r: len(r.rows("events")) == 4,
    "error_body=code": lambda r: (
        error(r) == ("application/json", '{"code":"404800","error":"Session Not Found"}')
    ),
    "error_body=html": lambda r: error(r) == ("text/html; charset=utf-8", PAGE),
    "error_body=plain": lambda r: error(r) == ("text/plain; charset=utf-8", "Session Not Found"),
    "error_body=empty": lambda r: error(r) == (None, ""),
    "event_id_param=optional": lambda r: (
        r.ask(f"{HOST}/session")[0] == r.ask(f"{HOST}/speaker?expand=")[0] == 200
    ),
    "unknown_session=http_406": lambda r: r.ask(UNKNOWN)[0] == 406,
    "unknown_session=http_400": lambda r: r.ask(UNKNOWN)[0] == 400,
    "content_type=text_plain": lambda r: (
        r.send("GET", EVENT).headers["content-type"] == "text/plain;charset=UTF-8"
    ),
    "analytics_scope=event": lambda r: (
        set(r.told("session_analytics", "recordsTotal")) == {12, 3, 8, 4}
    ),
    "largest_page=ten": lambda r: sizes(r, "speakers") == {10, 2, 4, 0},
    "largest_page=five": lambda r: sizes(r, "speakers") == {5, 2, 4, 0},
    "paging=everything": lambda r: sizes(r, "speakers") == {12, 4},
    "paging=first_page_again": lambda r: sizes(r, "speakers") == {12, 4},
    "past_end=repeated": lambda r: [] not in r.told("speakers", "data"),
    "host_pages=paged": lambda r: [] in r.told("session_analytics", "data"),
    "records_total=right": lambda r: set(r.told("speakers", "recordsTotal")) == {12, 4},
    "records_total=too_many": lambda r: set(r.told("speakers", "recordsTotal")) == {15, 7},
    "records_total=too_few": lambda r: set(r.told("speakers", "recordsTotal")) == {1, 0},
    "records_total=absent": lambda r: not r.told("speakers", "recordsTotal"),
    "records_filtered=search": lambda r: set(r.told("speakers", "recordsFiltered")) == {12, 4},
    "records_filtered=page": lambda r: set(r.told("speakers", "recordsFiltered")) == {12, 4, 0},
    "error_member=null": lambda r: set(r.told("speakers", "error")) == {None},
    "error_member=absent": lambda r: not r.told("speakers", "error"),
    "error_member=first_call": lambda r: (
        set(r.told("speakers", "error")) == {"Something went wrong"}
    ),
    "error_member=one_list": lambda r: "Cannot read speakers" in r.told("speakers", "error"),
    "list_envelope=bare_list": lambda r: isinstance(r.bodies("orders")[0], list),
    "list_envelope=named": lambda r: len(r.told("orders", "orders")) == len(r.bodies("orders")),
    "analytics_envelope=bare_list": lambda r: isinstance(r.bodies("session_analytics")[0], list),
    "analytics_envelope=sessions": lambda r: bool(r.told("session_analytics", "sessions")),
    "session_attendees_envelope=bare_list": lambda r: isinstance(
        r.bodies("session_attendees")[0], list
    ),
    "session_attendees_envelope=attendees": lambda r: bool(
        r.told("session_attendees", "attendees")
    ),
    "attendees_envelope=data": lambda r: bool(r.told("attendees", "data")),
    "expand_tokens=constants": lambda r: (
        is_counted(r, "ATTENDEE_COUNT") and not is_counted(r, "attendeecount")
    ),
    "expand_tokens=labels": lambda r: (
        is_counted(r, "Attendee Count,nothing") and not is_counted(r, "ATTENDEE_COUNT")
    ),
    "expand_tokens=strict": lambda r: (
        is_counted(r, "ATTENDEE_COUNT")
        and r.ask(f"{HOST}/session?eventId=61017&expand=tag")[0] == 400
    ),
    "absent_values=absent": lambda r: all(
        None not in row.values() for row in r.rows("orders") + r.rows("sessions")
    ),
    "toggle_names=request": lambda r: len(details(r, "enableChat", "enableQuesAndAns")) == 60,
    "qanda_name=qAndAPrivate": lambda r: len(details(r, "qAndAPrivate")) == 30,
    "qanda_name=qandaPrivate": lambda r: len(details(r, "qandaPrivate")) == 30,
    "ticket_id_name=eventTicketingId": lambda r: all(
        "eventTicketingId" in row for row in r.rows("session_registrants")
    ),
    "event_names=documented": lambda r: r.values("events", "eventUrl") == r.slugs,
    "event_names=display": lambda r: r.values("events", "eventURL") == r.slugs,
    "session_speaker_fields=siblings": lambda r: r.types("session_speakers", "firstName") == {str},
    "session_speaker_fields=misspelled": lambda r: all(
        "firatName" in row for row in r.rows("session_speakers")
    ),
    "ticket_type_fields=few": lambda r: {len(row) for row in r.rows("ticket_types")} == {4},
    "ticket_type_fields=many": lambda r: all(
        "typeId" in row and "maxTickerPerBuyer" in row for row in r.rows("ticket_types")
    ),
    "vocabulary=seed": lambda r: (
        {"CHECK_IN_AVAILABEL", "NETWORKING SESSION"} <= set(details(r, "status", "format"))
    ),
    "vocabulary=siblings": lambda r: (
        {"VISIBLE", "HIDDEN", "MEET_UP"} <= set(details(r, "status", "format"))
    ),
    "ids=text": lambda r: r.types("session_attendees", "eventTicketId", "userId") == {str},
    "asset_ids=text": lambda r: r.types("session_assets", "playBackId", "id") == {str},
    "own_ticket_ids=scalar": lambda r: (
        r.types("sessions", "currentUserRegisteredEventTicketId") == {int}
    ),
    "own_ticket_ids=null": lambda r: (
        set(details(r, "currentUserRegisteredEventTicketId")) == {None}
    ),
    "asset_list=object": lambda r: (
        {type(assets) for assets in details(r, "assetList")} == {list, dict}
    ),
    "speaker_tickets=object": lambda r: (
        r.types("session_speakers", "ticketTypesForSpeaker") == {dict}
    ),
    "speaker_tickets=list": lambda r: r.types("speakers", "ticketTypesForSpeaker") == {list},
    "speaker_session=object": lambda r: r.types("speakers", "sessionDTO") == {dict},
    "sponsor_list=present": lambda r: len(details(r, "sponsorList")) == 30,
    "order_ids=order_id_only": lambda r: not r.values("orders", "id"),
    "order_ids=id_only": lambda r: not r.values("orders", "orderId"),
    "session_times=seconds": lambda r: times(r, r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"),
    "other_dates=iso": lambda r: dates(r, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z"),
    "other_dates=epoch_ms": lambda r: dates(r, r"\d{13}"),
    "event_zone=timezone_id": lambda r: zones(r) == {(True, False), (False, False)},
    "event_zone=equivalent_timezone": lambda r: zones(r) == {(False, True), (False, False)},
    "event_zone=odd_id": lambda r: (
        set(r.values("events", "timezoneId")) == {"Eastern Time (US & Canada)"}
    ),
    "event_zone=absent": lambda r: zones(r) == {(False, False)},
    "event_dates=absent": lambda r: not r.values("events", "eventEndDate"),
    "event_secrets=top": lambda r: len(r.values("events", "accessToken")) == 5,
    "event_secrets=nested": lambda r: json.dumps(r.rows("events")).count("accessToken") == 10,
    "percentages=text": lambda r: r.types("session_registrants", "engagement") == {str},
    "embedded_json=object": lambda r: (
        r.types("exhibitors", "colorConfig", "categoryPositionJson") == {dict, list}
    ),
    "unknown_fields=present": lambda r: len(r.values("orders", "brandNew")) == 54,
    "odd_types=present": lambda r: "perhaps" in r.values("session_attendees", "attended"),
}
ELSEWHERE = {
    "compression",  # in test_control: it changes no answer
    "analytics_path",  # this and the next one are in test_accelevents_form
    "wrong_path",
    "row_order",  # this and the next one are in test_accelevents_pages
    "order_filter",
}
TestPositions = suite(SWITCHES, AcceleventsReader, CLAIMS, ELSEWHERE)


def test_what_cannot_be_measured_is_missing_and_not_zero(sandbox: Client) -> None:
    rows = {row["session_id"]: row for row in sandbox.truth("accelevents", "session_analytics")}
    listed = sandbox.truth("accelevents", "sessions")
    blind = [
        rows[session["session_id"]]
        for session in listed
        if session["stream_provider"] in ("ZOOM", "WISTIA", "FACEBOOK")
        or session["format"] in ("WORKSHOP", "MEET_UP")
    ]
    assert len(blind) > 10
    for name in ("avg_attended_duration", "live_views", "recording_views", "watch_time"):
        assert {row[name] for row in blind} == {None}
        assert 0 in {row[name] for row in rows.values()}
