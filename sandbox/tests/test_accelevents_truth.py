"""The truth equals what an independent and very naive reader makes of the answers.

The reader below follows the columns' definitions word by word and shares nothing with the package.
Each switch has to show in the answers as well: what is claimed of a position is looked up there.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from event_sandbox.accelevents.switches import SWITCHES
from event_sandbox.accelevents.testing import AcceleventsClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Row: TypeAlias = "dict[str, Json]"
SECRETS = {
    "streamKey",
    "rtmpUrl",
    "meetingPassword",
    "accessToken",
    "access_token",
    "cardType",
    "lastFour",
}


def whole(value: Json) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    return int(value) if isinstance(value, (int, float)) and value == int(value) else None


def number(value: Json) -> float | int | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = json.loads(value)
    return value if isinstance(value, (int, float)) else None


def flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def json_text(value: Json) -> str | None:
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value if value is None or isinstance(value, str) else compact


def ids(value: Json) -> list[int | None] | None:
    if value is None:
        return None
    return [whole(item) for item in (value if isinstance(value, list) else [value])]


def public(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: public(inner) for name, inner in value.items() if name not in SECRETS}
    return [public(inner) for inner in value] if isinstance(value, list) else value


def objects(value: Json) -> Json:
    return public([value] if isinstance(value, dict) else value)


def instant(value: Json, zone: ZoneInfo | None) -> str | None:
    sent = str(value)
    if re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d(:\d\d)?", sent):
        if zone is None:
            return None
        moment = datetime.fromisoformat(sent.replace("/", "-")).replace(tzinfo=zone)
    elif re.fullmatch(r"\d{12,}", sent):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(sent))
    else:
        try:
            moment = datetime.fromisoformat(sent)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Kinds: TypeAlias = "dict[str, str]"
"""For each column: how it is converted, and the attributes that it may come from."""

EVENT: Kinds = {
    "event_id": "whole eventId",
    "event_name": "text eventName name",
    "event_phone_number": "text eventPhoneNumber",
    "event_country_code": "text eventCountryCode",
    "no_module_activate": "flag noModuleActivate",
    "auction_enabled": "flag auctionEnabled",
    "fund_a_need_enabled": "flag fundANeedEnabled",
    "raffle_enabled": "flag raffleEnabled",
    "donation_enabled": "flag donationEnabled",
    "ticketing_enabled": "flag ticketingEnabled",
    "text_to_give_enabled": "flag textToGiveEnabled",
    "currency_symbol": "text currencySymbol",
    "enable_bidder_registration": "flag enableBidderRegistration",
    "event_design_detail_dto": "public eventDesignDetailDto",
    "event_format": "text eventFormat",
    "event_listing_status": "text eventListingStatus",
    "timezone_id": "text timezoneId",
    "equivalent_timezone": "text equivalentTimezone",
    "event_start_date": "time eventStartDate",
    "event_end_date": "time eventEndDate",
}
SESSION: Kinds = {
    "title": "text title",
    "start_time": "time startTime",
    "end_time": "time endTime",
    "location": "text location",
    "description": "text description",
    "capacity": "whole capacity",
    "status": "text status",
    "format": "text format",
    "current_user_registered_event_ticket_id": "ids currentUserRegisteredEventTicketId",
    "purchaser_user_registered_event_ticket_id": "ids purchaserUserRegisteredEventTicketId",
    "duration": "whole duration",
    "hide_session_from_attendees": "flag hideSessionFromAttendees",
    "enable_ques_and_ans": "flag quesAndAnsEnabled enableQuesAndAns",
    "enable_chat": "flag chatEnabled enableChat",
    "enable_poll": "flag pollEnabled enablePoll",
    "stream_url": "text streamUrl",
    "stream_provider": "text streamProvider",
    "sub_stream_provider": "text subStreamProvider",
    "accel_events_studio": "flag accelEventsStudio",
    "direct_video_auto_start": "flag directVideoAutoStart",
    "display_donation": "flag displayDonation",
    "closed_caption_height": "whole closedCaptionHeight",
    "closed_caption_url": "text closedCaptionUrl",
    "record_session": "flag recordSession",
    "hide_video_controls": "flag hideVideoControls",
    "sub_title_file_url": "text subTitleFileUrl",
    "session_visibility_type": "text sessionVisibilityType",
    "enable_attendee_list": "flag attendeeListEnabled enableAttendeeList",
    "allowed_minutes_to_join_late": "whole allowedMinutesToJoinLate",
    "q_and_a_private": "flag qandAPrivate qAndAPrivate qandaPrivate",
    "session_stats": "public sessionStats",
    "chime_config": "public chimeConfig",
    "document_key_value": "json_text documentKeyValue",
    "sponsor_list": "objects sponsorList",
}
LISTED: Kinds = {
    "tags": "objects tags",
    "tracks": "objects tracks",
    "location_id": "whole locationId",
    "session_type_format": "text sessionTypeFormat",
    "ticket_types_that_can_be_registered": "ids ticketTypesThatCanBeRegistered",
}
ANALYTICS: Kinds = {
    "title": "text title",
    "start_time": "time startTime",
    "end_time": "time endTime",
    "registered_user_count": "whole registeredUserCount",
    "attendee_count": "whole attendeeCount",
    "duration": "number duration",
    "avg_attended_duration": "number avgAttendedDuration",
    "recording_views": "whole recordingViews",
    "live_views": "whole liveViews",
    "watch_time": "number watchTime",
}
HOLDER: Kinds = {
    "event_ticket_id": "whole eventTicketId eventTicketingId",
    "user_id": "whole userId",
    "first_name": "text firstName",
    "last_name": "text lastName",
    "email": "text email",
    "phone_number": "text phoneNumber",
    "attended": "flag attended",
    "registration_date": "time registrationDate",
    "engagement": "number engagement",
}
SPEAKER: Kinds = {
    "speaker_id": "whole speakerId",
    "user_id": "whole userId",
    "first_name": "text firstName firatName",
    "last_name": "text lastName",
    "email": "text email",
    "title": "text title",
    "company": "text company",
    "image_url": "text imageUrl",
    "pronouns": "text pronouns",
    "bio": "text bio",
    "linked_in": "text linkedIn",
    "twitter": "text twitter",
    "instagram": "text instagram",
    "position": "number position",
    "moderator": "flag moderator",
    "logged_in_at_veh": "flag loggedInAtVEH",
    "show_moderator": "flag showModerator",
    "device_checked": "flag deviceChecked",
    "ticket_types_for_speaker": "objects ticketTypesForSpeaker",
    "allow_override_details": "flag allowOverrideDetails",
    "allow_attendee_access": "flag allowAttendeeAccess",
}
ASSET: Kinds = {
    "id": "text id",
    "asset_id": "text assetId",
    "created_at": "time createdAt",
    "created_by": "whole createdBy",
    "default_playback": "flag defaultPlayback",
    "duration": "whole duration",
    "file_name": "text fileName",
    "play_back_id": "text playBackId",
}
ATTENDEE: Kinds = {
    "attendee_id": "text attendeeId",
    "barcode": "text barcode",
    "first_name": "text firstName",
    "last_name": "text lastName",
    "email": "text email",
    "status": "text status",
    "ticket_status": "text ticketStatus",
    "ticket_type": "text ticketType",
}
SUMMARY: Kinds = {
    "total_booked_tickets": "whole totalBookedTickets",
    "total_checked_in_tickets": "whole totalCheckedInTickets",
    "total_free_tickets": "whole totalFreeTickets",
    "total_paid_tickets": "whole totalPaidTickets",
    "ticket_type_count_dtos": "objects ticketTypeCountDtos",
}
ORDER: Kinds = {
    "order_id": "whole orderId id",
    "id": "whole id",
    "status": "text status",
    "total_amount": "number totalAmount",
    "sales_tax_fee": "number salesTaxFee",
    "ticketing_fee": "number ticketingFee",
    "cc_fee": "number ccFee",
    "purchaser": "public purchaser",
    "purchase_date": "time purchaseDate",
    "order_type": "text orderType",
    "note": "text note",
    "delivery_mode": "text deliveryMode",
    "attendee": "objects attendee",
    "currency": "text currency",
    "timezone_id": "text timezoneId",
    "equivalent_timezone": "text equivalentTimezone",
    "recurring_event_date": "text recurringEventDate",
    "is_speaker_order": "flag isSpeakerOrder",
}
TICKET_TYPE: Kinds = {
    "id": "whole id typeId",
    "name": "text name",
    "price": "number price",
    "remaining_tickets": "whole remainingTickets",
    "category_id": "whole categoryId",
    "number_of_ticket": "whole numberOfTicket",
    "ticket_type_description": "text ticketTypeDescription",
    "enable_ticket_description": "flag enableTicketDescription",
    "passfeetobuyer": "flag passfeetobuyer",
    "start_date": "time startDate",
    "end_date": "time endDate",
    "hidden": "flag hidden",
    "max_ticker_per_buyer": "whole maxTickerPerBuyer",
    "sales_tax_rate": "number salesTaxRate",
    "absorb_tax": "flag absorbTax",
}
SPONSOR: Kinds = {
    "id": "whole id",
    "sponsor_name": "text sponsorName",
    "sponsor_logo": "text sponsorLogo",
    "sponsor_size": "text sponsorSize",
    "sponsor_url": "text sponsorUrl",
    "event_id": "whole eventId",
    "position": "number position",
    "include_in_lobby_carousel": "flag includeInLobbyCarousel",
    "carousel_logo_slider_delay_seconds": "whole carouselLogoSliderDelaySeconds",
    "short_description": "text shortDescription",
    "sponsor_card_image": "text sponsorCardImage",
    "color_config": "json_text colorConfig",
    "card_tag": "text cardTag",
    "exhibitor_id": "whole exhibitorId",
}
CLICKS: Kinds = {
    "id": "whole id",
    "sponsor_name": "text sponsorName",
    "count_by_source": "public countBySource",
}
EXHIBITOR: Kinds = {
    "id": "whole id",
    "event_id": "whole eventId",
    "exhibitor_name": "text exhibitorName",
    "booth_size": "text boothSize",
    "category_id": "whole categoryId",
    "category_name": "text categoryName",
    "show_status_indicator": "flag showStatusIndicator",
    "preferred_exhibitor": "flag preferredExhibitor",
    "chat_enabled": "flag chatEnabled",
    "position": "number position",
    "color_config": "json_text colorConfig",
    "link_to_site": "text linkToSite",
    "show_booth_name": "flag showBoothName",
    "featured": "flag featured",
    "category_position_json": "json_text categoryPositionJson",
}
STAFF: Kinds = {
    "id": "whole id",
    "first_name": "text firstName",
    "last_name": "text lastName",
    "email": "text email",
    "role": "text role",
    "allow_to_book_meeting": "flag allowToBookMeeting",
    "allow_direct_messages": "flag allowDirectMessages",
    "user": "public user",
    "leads": "whole leads",
    "exhibitor_admin": "flag exhibitorAdmin",
}
STREAMS = (
    "events",
    "sessions",
    "session_analytics",
    "session_analytics_details",
    "session_registrants",
    "session_speakers",
    "session_assets",
    "session_attendees",
    "speakers",
    "attendees",
    "attendee_summary",
    "orders",
    "ticket_types",
    "sponsors",
    "sponsor_analytics",
    "exhibitors",
    "exhibitor_staff",
)
CONVERT: dict[str, Callable[[Json], Json]] = {
    "whole": whole,
    "number": number,
    "flag": flag,
    "text": text,
    "time": text,
    "json_text": json_text,
    "ids": ids,
    "public": public,
    "objects": objects,
}
EXPAND = "STATS,Stats,DURATION,Duration,WATCH_TIME,Watch Time,ATTENDEE_COUNT,Attendee Count"
EXPAND += ",registerdHolderUsers,SPEAKER,Speaker"
KEYS = ("sessionId", "eventTicketId", "eventTicketingId", "speakerId", "barcode", "orderId", "id")


def convert(kinds: Kinds, sent: Json, zone: ZoneInfo | None) -> Row:
    row: Row = {}
    for column, told in kinds.items():
        kind, *names = told.split()
        value = next((sent[name] for name in names if sent.get(name) is not None), None)
        row[column] = CONVERT[kind](value)
        if kind == "time":
            row[f"{column}_utc"] = instant(value, zone)
    return row


class Reader(AcceleventsClient):
    """Reads everything once, and makes rows of it."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.bodies: dict[str, list[Json]] = {stream: [] for stream in STREAMS}
        self.sent: dict[str, list[Json]] = {stream: [] for stream in STREAMS}
        self.rows: dict[str, list[Row]] = {stream: [] for stream in STREAMS}
        self.statuses: Counter[int] = Counter()
        self.kinds: set[str] = set()
        self.seen: set[str] = set()
        self.find_header()
        self.template = self.find_template()
        for slug in self.slugs:
            status, event = self.read(f"/rest/host/event/{slug}/eventDetails")
            if status == 200:
                self.read_event(slug, event)
        self.connection.close()

    def find_header(self) -> None:
        for headers in (
            {"Key": self.key},
            {"Authorization": self.key},
            {"Authorization": f"Bearer {self.key}"},
        ):
            self.headers = headers
            if self.ask(f"/rest/host/event/{self.slugs[0]}/eventDetails")[0] == 200:
                return
        raise AssertionError

    def find_template(self) -> str:
        slug = self.slugs[0]
        for template in (
            "/rest/host/session/{}/analytics",
            "/rest/host/session/analytics/{}",
            f"/rest/host/event/{slug}/session/{{}}/analytics",
        ):
            if self.ask(template.format(700_123))[0] == 200:
                return template.replace(slug, "{slug}").replace("{}", "{key}")
        raise AssertionError

    def read(self, path: str, **query: object) -> tuple[int, Json]:
        """Ask twice if the body says that something went wrong, or if labels are refused."""
        for _ in range(2):
            status, body = self.ask(path, **query)
            if status == 400 and query.get("expand"):
                tokens = str(query["expand"]).split(",")
                wanted = [t for t in tokens if t.isupper() or t == "registerdHolderUsers"]
                status, body = self.ask(path, **query | {"expand": ",".join(wanted)})
            self.statuses[status] += 1
            if status == 200:
                self.kinds.add(self.kind)
            if not isinstance(body, dict) or body.get("error") is None:
                break
            self.seen.add(str(body["error"]))
        else:
            return 500, None
        return status, body

    def walk(self, stream: str, path: str, **query: object) -> list[Json]:
        """Turn pages until nothing new comes, and again if the vendor says that there is more."""
        found: dict[str, Json] = {}
        for _ in range(2):
            for page in range(1000):
                status, body = self.read(path, **query, page=page, size=100)
                if status != 200:
                    return []
                self.bodies[stream].append(body)
                rows = body if isinstance(body, list) else self.unwrap(body)
                keyed = {
                    str(next(row[k] for k in KEYS if row.get(k) is not None)): row for row in rows
                }
                if set(keyed) <= set(found):
                    break
                found |= {key: row for key, row in keyed.items() if key not in found}
            said = body.get("recordsTotal", 0) if isinstance(body, dict) else 0
            if len(found) >= said:
                break
        self.sent[stream] += found.values()
        return list(found.values())

    def unwrap(self, body: Json) -> list[Json]:
        names = ("data", "attendees", "sessions", "speakers", "orders", "sponsors")
        return next(list(body[n]) for n in (*names, "exhibitors", "staff") if n in body)

    def add(self, stream: str, kinds: Kinds, sent: Json, first: Row, zone: ZoneInfo | None) -> None:
        self.rows[stream].append({**first, **convert(kinds, sent, zone)})

    def read_event(self, slug: str, event: Row) -> None:
        zone = None
        for name in ("equivalentTimezone", "timezoneId"):
            try:
                zone = zone or ZoneInfo(event[name])
            except (KeyError, ZoneInfoNotFoundError):
                continue
        parent = {"event_url": slug}
        self.sent["events"].append(event)
        self.add("events", EVENT, event, parent, zone)
        eid = event["eventId"]
        host, staff = f"/rest/host/event/{slug}", f"/rest/events/{slug}/staff"
        speakers = self.walk("speakers", f"{host}/speaker", expand="", eventId=eid)
        dto: Kinds = {
            "session_dto": "public sessionDTO",
            "allow_edit_sessions": "flag allowEditSessions",
        }
        for sent in speakers:
            self.add("speakers", SPEAKER | dto, sent, parent, zone)
        for sent in self.walk("attendees", f"{staff}/allAttendees"):
            self.add("attendees", ATTENDEE, sent, parent, zone)
        self.add("attendee_summary", SUMMARY, self.bodies["attendees"][-1], parent, zone)
        for sent in self.walk("orders", f"{staff}/orders"):
            self.add("orders", ORDER, sent, parent, zone)
        _, settings = self.read(f"{staff}/ticketing/settings")
        self.sent["ticket_types"] += settings["ticketTypes"]
        for sent in settings["ticketTypes"]:
            self.add("ticket_types", TICKET_TYPE, sent, parent, zone)
        for sent in self.walk("sponsors", f"/rest/event/{eid}/sponsors"):
            self.add("sponsors", SPONSOR, sent, parent, zone)
        for sent in self.walk("sponsor_analytics", f"{host}/sponsors/analytics"):
            self.add("sponsor_analytics", CLICKS, sent, parent, zone)
        self.read_exhibitors(slug, zone)
        self.read_sessions(slug, eid, zone)

    def read_exhibitors(self, slug: str, zone: ZoneInfo | None) -> None:
        for company in self.walk("exhibitors", f"/rest/event/{slug}/exhibitor/summary"):
            self.add("exhibitors", EXHIBITOR, company, {"event_url": slug}, zone)
            path = f"/rest/event/{slug}/exhibitor/{company['id']}/staff"
            parent = {"event_url": slug, "exhibitor_id": int(company["id"])}
            for sent in self.walk("exhibitor_staff", path):
                self.add("exhibitor_staff", STAFF, sent, parent, zone)

    def read_sessions(self, slug: str, eid: Json, zone: ZoneInfo | None) -> None:
        path = f"/rest/host/event/{slug}/session"
        expand = "STATS,Stats,TAG,Tag,TRACK,Track"
        parents = {}
        for session in self.walk("sessions", path, eventId=eid, expand=expand):
            ends = instant(session.get("endTime"), zone or ZoneInfo("UTC"))
            key = int(session["sessionId"])
            parent = {"event_url": slug, "session_id": key, "session_end_time": ends}
            parents[key] = parent
            self.add("sessions", SESSION | LISTED, session, parent, zone)
            self.read_session(slug, key, parent, zone)
        query = {"eventurl": slug, "eventId": eid, "expand": EXPAND}
        for row in self.walk("session_analytics", "/rest/host/session/analytics", **query):
            if int(row["sessionId"]) in parents:
                parent = parents[int(row["sessionId"])]
                self.add("session_analytics", ANALYTICS, row, parent, zone)

    def read_session(self, slug: str, key: int, parent: Row, zone: ZoneInfo | None) -> None:
        path = self.template.format(slug=slug, key=key)
        _, body = self.read(path, expand=EXPAND)
        self.sent["session_analytics_details"].append(body)
        count: Kinds = {"attendee_count": "whole attendeeCount"}
        self.add("session_analytics_details", SESSION | count, body, parent, zone)
        photo: Kinds = {"photo_url": "text photoUrl"}
        for stream, name, kinds in (
            ("session_registrants", "registerdHolderUsers", HOLDER),
            ("session_speakers", "speakerList", SPEAKER | photo),
            ("session_assets", "assetList", ASSET),
        ):
            sent = body.get(name) or []
            for item in sent if isinstance(sent, list) else [sent]:
                self.sent[stream].append(item)
                self.add(stream, kinds, item, parent, zone)
        for sent in self.walk("session_attendees", f"/rest/host/session/{key}/attendee"):
            self.add("session_attendees", HOLDER, sent, parent, zone)


def items(row: Row) -> str:
    """A row as a text, in which 1000 and 1000.0 are not the same."""
    return json.dumps(row, sort_keys=True)


def check(sandbox: Client) -> Reader:
    reader = Reader(sandbox)
    for stream in STREAMS:
        truth = sandbox.truth("accelevents", stream)
        assert truth, f"{stream} is empty"
        read = reader.rows[stream]
        if read != truth:  # then perhaps only in another order
            assert sorted(map(items, read)) == sorted(map(items, truth)), stream
    return reader


def values(rows: list[Json], *names: str) -> list[Json]:
    return [row[name] for row in rows for name in names if name in row]


def types(rows: list[Json], *names: str) -> set[type]:
    return {type(value) for value in values(rows, *names) if value is not None}


def details(reader: Reader, *names: str) -> list[Json]:
    return values(reader.sent["session_analytics_details"], *names)


def dates(reader: Reader, pattern: str) -> bool:
    found = values(reader.sent["session_registrants"], "registrationDate")
    found += values(reader.sent["orders"], "purchaseDate")
    found += values(reader.sent["session_assets"], "createdAt")
    return all(re.fullmatch(pattern, str(value)) for value in found)


def times(reader: Reader, pattern: str) -> bool:
    rows = reader.sent["sessions"] + reader.sent["session_analytics"]
    found = [value for value in values(rows, "startTime", "endTime") if value is not None]
    return all(re.fullmatch(pattern, value) for value in found)


def pages(reader: Reader, stream: str, name: str) -> list[Json]:
    """A member of the answers to one list; an event's pages, and those of the next, and so on."""
    return values(reader.bodies[stream], name)


def sizes(reader: Reader, stream: str) -> set[int]:
    return {len(rows) for rows in pages(reader, stream, "data")}


def zones(reader: Reader) -> set[tuple[bool, bool]]:
    return {("timezoneId" in e, "equivalentTimezone" in e) for e in reader.sent["events"]}


CLAIMS: dict[str, Callable[[Reader], bool]] = {
    "auth=all": lambda r: r.headers == {"Key": r.key},
    "auth=key": lambda r: r.headers == {"Key": r.key},
    "auth=authorization": lambda r: r.headers == {"Authorization": r.key},
    "auth=bearer": lambda r: r.headers == {"Authorization": f"Bearer {r.key}"},
    "foreign_event=none": lambda r: r.statuses[403] == 0,
    "foreign_event=one": lambda r: r.statuses[403] == 1 and len(r.sent["events"]) == 4,
    "analytics_path=session_id_analytics": lambda r: (
        r.template.endswith("/session/{key}/analytics") and "{slug}" not in r.template
    ),
    "analytics_path=analytics_session_id": lambda r: r.template.endswith("/analytics/{key}"),
    "analytics_path=event_session_id_analytics": lambda r: "{slug}" in r.template,
    "analytics_scope=organisation": lambda r: len(r.sent["session_analytics"]) == 5 * 34,
    "analytics_scope=event": lambda r: len(r.sent["session_analytics"]) == 30,
    "content_type=json": lambda r: r.kinds == {"application/json"},
    "content_type=text_plain": lambda r: r.kinds == {"text/plain;charset=UTF-8"},
    "largest_page=500": lambda r: 36 in {len(rows) for rows in pages(r, "attendees", "attendees")},
    "largest_page=ten": lambda r: sizes(r, "speakers") == {10, 2, 4, 0},
    "largest_page=five": lambda r: sizes(r, "speakers") == {5, 2, 4, 0},
    "paging=works": lambda r: [] in pages(r, "speakers", "data"),
    "paging=everything": lambda r: sizes(r, "speakers") == {12, 4},
    "paging=first_page_again": lambda r: sizes(r, "speakers") == {12, 4},
    "past_end=empty": lambda r: [] in pages(r, "speakers", "data"),
    "past_end=repeated": lambda r: [] not in pages(r, "speakers", "data"),
    "host_pages=none": lambda r: [] not in pages(r, "session_analytics", "data"),
    "host_pages=paged": lambda r: [] in pages(r, "session_analytics", "data"),
    "records_total=right": lambda r: set(pages(r, "speakers", "recordsTotal")) == {12, 4},
    "records_total=too_many": lambda r: set(pages(r, "speakers", "recordsTotal")) == {15, 7},
    "records_total=too_few": lambda r: set(pages(r, "speakers", "recordsTotal")) == {1, 0},
    "records_total=absent": lambda r: not pages(r, "speakers", "recordsTotal"),
    "records_filtered=search": lambda r: set(pages(r, "speakers", "recordsFiltered")) == {12, 4},
    "records_filtered=page": lambda r: set(pages(r, "speakers", "recordsFiltered")) == {12, 4, 0},
    "error_member=null": lambda r: set(pages(r, "speakers", "error")) == {None},
    "error_member=absent": lambda r: not pages(r, "speakers", "error"),
    "error_member=first_call": lambda r: r.seen == {"Something went wrong"},
    "error_member=one_list": lambda r: r.seen == {"Cannot read speakers"},
    "list_envelope=data": lambda r: bool(pages(r, "orders", "data")),
    "list_envelope=bare_list": lambda r: isinstance(r.bodies["orders"][0], list),
    "list_envelope=named": lambda r: len(pages(r, "orders", "orders")) == len(r.bodies["orders"]),
    "analytics_envelope=data": lambda r: bool(pages(r, "session_analytics", "data")),
    "analytics_envelope=bare_list": lambda r: isinstance(r.bodies["session_analytics"][0], list),
    "analytics_envelope=sessions": lambda r: bool(pages(r, "session_analytics", "sessions")),
    "session_attendees_envelope=data": lambda r: bool(pages(r, "session_attendees", "data")),
    "session_attendees_envelope=bare_list": lambda r: isinstance(
        r.bodies["session_attendees"][0], list
    ),
    "session_attendees_envelope=attendees": lambda r: bool(
        pages(r, "session_attendees", "attendees")
    ),
    "attendees_envelope=attendees": lambda r: bool(pages(r, "attendees", "attendees")),
    "attendees_envelope=data": lambda r: bool(pages(r, "attendees", "data")),
    "absent_values=null": lambda r: None in details(r, "rtmpUrl"),
    "absent_values=absent": lambda r: all(
        None not in row.values() for rows in r.sent.values() for row in rows
    ),
    "toggle_names=response": lambda r: len(details(r, "chatEnabled", "attendeeListEnabled")) == 60,
    "toggle_names=request": lambda r: len(details(r, "enableChat", "enableQuesAndAns")) == 60,
    "qanda_name=qandAPrivate": lambda r: len(details(r, "qandAPrivate")) == 30,
    "qanda_name=qAndAPrivate": lambda r: len(details(r, "qAndAPrivate")) == 30,
    "qanda_name=qandaPrivate": lambda r: len(details(r, "qandaPrivate")) == 30,
    "ticket_id_name=eventTicketId": lambda r: all(
        "eventTicketId" in row for row in r.sent["session_attendees"]
    ),
    "ticket_id_name=eventTicketingId": lambda r: all(
        "eventTicketingId" in row for row in r.sent["session_registrants"]
    ),
    "event_names=documented": lambda r: values(r.sent["events"], "eventUrl") == r.slugs,
    "event_names=display": lambda r: values(r.sent["events"], "eventURL") == r.slugs,
    "session_speaker_fields=seed": lambda r: not values(r.sent["session_speakers"], "lastName"),
    "session_speaker_fields=siblings": lambda r: all(
        values(r.sent["session_speakers"], "firstName")
    ),
    "session_speaker_fields=misspelled": lambda r: all(
        "firatName" in row for row in r.sent["session_speakers"]
    ),
    "ticket_type_fields=few": lambda r: {len(row) for row in r.sent["ticket_types"]} == {4},
    "ticket_type_fields=many": lambda r: all(
        "typeId" in row and "maxTickerPerBuyer" in row for row in r.sent["ticket_types"]
    ),
    "vocabulary=seed": lambda r: (
        {"CHECK_IN_AVAILABEL", "NETWORKING SESSION"} <= set(details(r, "status", "format"))
    ),
    "vocabulary=siblings": lambda r: (
        {"VISIBLE", "HIDDEN", "MEET_UP"} <= set(details(r, "status", "format"))
    ),
    "ids=number": lambda r: types(r.sent["session_attendees"], "eventTicketId") == {int},
    "ids=text": lambda r: types(r.sent["session_attendees"], "eventTicketId", "userId") == {str},
    "asset_ids=number": lambda r: types(r.sent["session_assets"], "assetId", "id") == {int},
    "asset_ids=text": lambda r: types(r.sent["session_assets"], "playBackId", "id") == {str},
    "own_ticket_ids=list": lambda r: [] in details(r, "currentUserRegisteredEventTicketId"),
    "own_ticket_ids=scalar": lambda r: (
        types(r.sent["sessions"], "currentUserRegisteredEventTicketId") == {int}
    ),
    "own_ticket_ids=null": lambda r: (
        set(details(r, "currentUserRegisteredEventTicketId")) == {None}
    ),
    "asset_list=list": lambda r: {type(assets) for assets in details(r, "assetList")} == {list},
    "asset_list=object": lambda r: (
        {type(assets) for assets in details(r, "assetList")} == {list, dict}
    ),
    "speaker_tickets=null": lambda r: (
        set(values(r.sent["speakers"], "ticketTypesForSpeaker")) == {None}
    ),
    "speaker_tickets=object": lambda r: (
        types(r.sent["session_speakers"], "ticketTypesForSpeaker") == {dict}
    ),
    "speaker_tickets=list": lambda r: types(r.sent["speakers"], "ticketTypesForSpeaker") == {list},
    "speaker_session=null": lambda r: not types(r.sent["speakers"], "sessionDTO"),
    "speaker_session=object": lambda r: types(r.sent["speakers"], "sessionDTO") == {dict},
    "sponsor_list=absent": lambda r: not details(r, "sponsorList"),
    "sponsor_list=present": lambda r: len(details(r, "sponsorList")) == 30,
    "order_ids=both": lambda r: all("orderId" in row and "id" in row for row in r.sent["orders"]),
    "order_ids=order_id_only": lambda r: not values(r.sent["orders"], "id"),
    "order_ids=id_only": lambda r: not values(r.sent["orders"], "orderId"),
    "session_times=minutes": lambda r: times(r, r"\d{4}/\d\d/\d\d \d\d:\d\d"),
    "session_times=seconds": lambda r: times(r, r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"),
    "other_dates=local": lambda r: dates(r, r"\d{4}/\d\d/\d\d \d\d:\d\d"),
    "other_dates=iso": lambda r: dates(r, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z"),
    "other_dates=epoch_ms": lambda r: dates(r, r"\d{13}"),
    "event_zone=both": lambda r: zones(r) == {(True, True), (False, False)},
    "event_zone=timezone_id": lambda r: zones(r) == {(True, False), (False, False)},
    "event_zone=equivalent_timezone": lambda r: zones(r) == {(False, True), (False, False)},
    "event_zone=odd_id": lambda r: (
        set(values(r.sent["events"], "timezoneId")) == {"Eastern Time (US & Canada)"}
    ),
    "event_zone=absent": lambda r: zones(r) == {(False, False)},
    "event_dates=present": lambda r: len(values(r.sent["events"], "eventEndDate")) == 5,
    "event_dates=absent": lambda r: not values(r.sent["events"], "eventEndDate"),
    "event_secrets=absent": lambda r: "accessToken" not in json.dumps(r.sent["events"]),
    "event_secrets=top": lambda r: len(values(r.sent["events"], "accessToken")) == 5,
    "event_secrets=nested": lambda r: json.dumps(r.sent["events"]).count("accessToken") == 10,
    "percentages=number": lambda r: (
        types(r.sent["session_analytics"], "avgAttendedDuration") == {float}
    ),
    "percentages=text": lambda r: types(r.sent["session_registrants"], "engagement") == {str},
    "embedded_json=text": lambda r: types(r.sent["sessions"], "documentKeyValue") == {str},
    "embedded_json=object": lambda r: (
        types(r.sent["exhibitors"], "colorConfig", "categoryPositionJson") == {dict, list}
    ),
    "unknown_fields=absent": lambda r: not values(r.sent["orders"], "brandNew"),
    "unknown_fields=present": lambda r: len(values(r.sent["orders"], "brandNew")) == 54,
    "odd_types=present": lambda r: "perhaps" in values(r.sent["session_attendees"], "attended"),
}
INVISIBLE = {
    "compression",  # in test_control: it changes no answer
    "key",  # nothing can be read; this and the next ones are in test_accelevents_form
    "error_body",
    "unknown_session",
    "event_id_param",
    "wrong_path",
    "expand_tokens",
    "row_order",  # this and the next one are in test_accelevents_pages
    "order_filter",
}
POSITIONS = [
    (switch.name, position)
    for switch in SWITCHES
    for position in switch.positions[1:]
    if (switch.name, position) != ("key", "revoked")
]


def assert_claim(reader: Reader, name: str, position: str) -> None:
    claim = CLAIMS.get(f"{name}={position}")
    assert claim is None or claim(reader), (name, position)


def move(sandbox: Client, positions: dict[str, str]) -> None:
    """Move switches, but for mixtures under which no reader could read everything."""
    positions["key"] = "active"
    if positions["row_order"] == "shifts_up":  # which only an honest recordsTotal gives away
        positions["row_order"] = "shifts_down"
    if positions.get("largest_page") != "500" and positions.get("paging") == "first_page_again":
        positions["largest_page"] = "500"
    sandbox.control("POST", "/switches", {"accelevents": positions})


def test_every_switch_is_claimed_about() -> None:
    claimed = {claim.partition("=")[0] for claim in CLAIMS}
    assert claimed | INVISIBLE == {switch.name for switch in SWITCHES}
    known = {f"{switch.name}={position}" for switch in SWITCHES for position in switch.positions}
    assert set(CLAIMS) <= known
    missing = {f"{name}={position}" for name, position in POSITIONS if name not in INVISIBLE}
    assert missing <= set(CLAIMS)


def test_truth_and_claims_by_default(sandbox: Client) -> None:
    reader = check(sandbox)
    for switch in SWITCHES:
        assert_claim(reader, switch.name, switch.default)
    for stream in STREAMS:
        truth = sandbox.truth("accelevents", stream)
        assert list(map(items, reader.rows[stream])) == list(map(items, truth)), stream


@pytest.mark.parametrize(("name", "position"), POSITIONS)
def test_truth_follows_each_switch(sandbox: Client, name: str, position: str) -> None:
    sandbox.control("POST", "/switches", {"accelevents": {name: position}})
    assert_claim(check(sandbox), name, position)


@pytest.mark.parametrize("turn", range(1, 5))
def test_truth_follows_all_switches_at_once(sandbox: Client, turn: int) -> None:
    move(sandbox, {s.name: s.positions[turn % len(s.positions)] for s in SWITCHES})
    check(sandbox)


@pytest.mark.parametrize("seed", range(8))
def test_truth_follows_mixed_switches(sandbox: Client, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it has to repeat
    move(sandbox, {switch.name: chance.choice(switch.positions) for switch in SWITCHES})
    check(sandbox)


def test_truth_follows_time(fresh: Client) -> None:
    for steps in (1, 2, 4, 8):
        fresh.control("POST", "/advance", {"steps": steps})
        check(fresh)


def test_secrets_are_in_the_truth_only_on_request(sandbox: Client) -> None:
    columns = {
        "events": {"access_token"},
        "sessions": {"stream_key", "rtmp_url", "meeting_password"},
        "session_analytics_details": {"stream_key", "rtmp_url", "meeting_password"},
        "orders": {"card_type", "last_four"},
    }
    positions = {"event_secrets": "nested", "speaker_session": "object"}
    sandbox.control("POST", "/switches", {"accelevents": positions})
    for stream in STREAMS:
        without = sandbox.truth("accelevents", stream)
        with_secrets = sandbox.truth("accelevents", stream, include_secrets=True)
        assert set(with_secrets[0]) - set(without[0]) == columns.get(stream, set())
        assert not any(f'"{name}"' in json.dumps(without) for name in SECRETS)
    shown = {
        stream: json.dumps(sandbox.truth("accelevents", stream, include_secrets=True))
        for stream in ("events", "sessions", "speakers", "orders")
    }
    assert '"accessToken"' in shown["events"]
    assert "sk-700123-9c1e" in shown["sessions"]
    assert '"meetingPassword"' in shown["speakers"]
    assert '"lastFour"' in shown["orders"]
    reader = Reader(sandbox)
    assert values(reader.sent["sessions"], "streamKey") == [
        row["stream_key"] for row in sandbox.truth("accelevents", "sessions", include_secrets=True)
    ]


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


def test_an_event_without_a_zone(sandbox: Client) -> None:
    """Its texts have no instants, and its sessions end as if their clock were UTC's."""
    rows = [r for r in sandbox.truth("accelevents", "sessions") if "hub-4" in r["event_url"]]
    assert {row["end_time_utc"] for row in rows} == {None}
    assert sum(row["session_end_time"] is None for row in rows) == 1
    for row in rows:
        if row["end_time"] is not None:
            text = row["session_end_time"]
            assert row["end_time"] == text[:16].replace("-", "/").replace("T", " ")
