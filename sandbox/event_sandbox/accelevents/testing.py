"""A plain client of this API for tests, with the key in one header, and a reader of all lists."""

from __future__ import annotations

import itertools
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_sandbox.testing import VendorClient, VendorReader

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class AcceleventsClient(VendorClient):
    """Knows the events that a reader is told of."""

    vendor_name = "accelevents"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.key: str = self.settings["api_key"]
        self.slugs: list[str] = self.settings["event_urls"]
        self.headers = {"Key": self.key}

    def event(self, number: int = 0) -> Json:
        """Give the details of one event."""
        return self.get(f"/rest/host/event/{self.slugs[number]}/eventDetails")

    def sessions(self, number: int = 0, **query: object) -> list[Json]:
        """Give the sessions of one event."""
        key = self.event(number)["eventId"]
        path = f"/rest/host/event/{self.slugs[number]}/session"
        return list(self.get(path, eventId=key, size=100, **query)["data"])


_HOST: Final = "/rest/host/event/{slug}"
_STAFF: Final = "/rest/events/{slug}/staff"
_LISTS: Final = {
    "sessions": f"{_HOST}/session?eventId={{event}}&expand={{expand}}&",
    "session_analytics": (
        "/rest/host/session/analytics?eventurl={slug}&eventId={event}&expand={expand}&"
    ),
    "session_attendees": "/rest/host/session/{session}/attendee?",
    "speakers": f"{_HOST}/speaker?eventId={{event}}&expand=&",
    "attendees": f"{_STAFF}/allAttendees?",
    "orders": f"{_STAFF}/orders?",
    "sponsors": "/rest/event/{event}/sponsors?",
    "sponsor_analytics": f"{_HOST}/sponsors/analytics?",
    "exhibitors": "/rest/event/{slug}/exhibitor/summary?",
    "exhibitor_staff": "/rest/event/{slug}/exhibitor/{exhibitor}/staff?",
    # These have no pages.
    "events": f"{_HOST}/eventDetails",
    "session_analytics_details": "",  # at one of the following three places
    "ticket_types": f"{_STAFF}/ticketing/settings",
}
"""For each stream, the list that holds it."""

_DETAILS: Final = (
    "/rest/host/session/{session}/analytics?expand={expand}",
    "/rest/host/session/analytics/{session}?expand={expand}",
    f"{_HOST}/session/{{session}}/analytics?expand={{expand}}",
)
_INSIDE: Final = {
    "session_registrants": "registerdHolderUsers",
    "session_speakers": "speakerList",
    "session_assets": "assetList",
}
"""What a session's analytics hold besides."""

_MEMBERS: Final = (
    *("data", "attendees", "sessions", "speakers", "orders", "sponsors", "exhibitors", "staff"),
    "ticketTypes",
)
_KEYS: Final = (
    *("sessionId", "eventTicketId", "eventTicketingId", "speakerId", "barcode", "orderId", "id"),
    *("typeId", "eventId"),
)
_CONSTANTS: Final = (
    "STATS,DURATION,WATCH_TIME,ATTENDEE_COUNT,registerdHolderUsers,SPEAKER,TAG,TRACK"
)
_LABELS: Final = ",Stats,Duration,Watch%20Time,Attendee%20Count,Speaker,Tag,Track"


class AcceleventsReader(AcceleventsClient, VendorReader):
    """Reads the lists of all events."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.errors: set[str] = set()
        """What bodies at HTTP 200 said is wrong."""
        self._bodies: defaultdict[str, list[Json]] = defaultdict(list)
        self._rows: dict[tuple[str, str], list[Json]] = {}

    def bodies(self, stream: str) -> list[Json]:
        """Give the good answers, in the order in which they came."""
        self.rows(stream)
        return self._bodies[stream]

    def rows(self, stream: str) -> list[Json]:
        """Give the rows; of each list, one that comes once more is not read twice."""
        if stream in _INSIDE:
            details = self.rows("session_analytics_details")
            inside = [body.get(_INSIDE[stream]) or [] for body in details]
            return [row for rows in inside for row in (rows if type(rows) is list else [rows])]
        return [row for slug in self.slugs for row in self.rows_of(stream, slug)]

    def rows_of(self, stream: str, slug: str) -> list[Json]:
        """Give the rows of one event."""
        if (stream, slug) not in self._rows:
            paths = self._paths(stream, slug)
            self._rows[stream, slug] = [row for path in paths for row in self._walk(stream, path)]
        return self._rows[stream, slug]

    def _paths(self, stream: str, slug: str) -> list[str]:
        template = _LISTS[stream]
        if stream == "events":
            return [template.format(slug=slug)]
        found = self.rows_of("events", slug)
        if not found:
            return []
        names = {"slug": slug, "event": found[0]["eventId"], "expand": _CONSTANTS + _LABELS}
        children: list[dict[str, Json]] = [{}]
        if stream in ("session_analytics_details", "session_attendees"):
            children = [{"session": row["sessionId"]} for row in self.rows_of("sessions", slug)]
        elif stream == "exhibitor_staff":
            children = [{"exhibitor": row["id"]} for row in self.rows_of("exhibitors", slug)]
        if not template:
            template = next(t for t in _DETAILS if self._read(t.format(**names, **children[0])))
        return [template.format(**names, **child) for child in children]

    def _walk(self, stream: str, path: str) -> list[Json]:
        """Turn pages until nothing new comes."""
        found: dict[str, Json] = {}
        has_pages = path.endswith(("?", "&"))
        for page in itertools.count():
            body = self._read(f"{path}page={page}&size=100" if has_pages else path)
            if body is None:
                return []
            self._bodies[stream].append(body)
            rows = {str(next(row[k] for k in _KEYS if row.get(k))): row for row in _rows_in(body)}
            if not has_pages or rows.keys() <= found.keys():
                break
            found |= {key: row for key, row in rows.items() if key not in found}
        return list((found or rows).values())

    def _read(self, path: str) -> Json:
        """Ask twice if the body says that something went wrong, or if labels are refused."""
        for _ in range(2):
            status, body = self.ask(path)
            if status == HTTPStatus.BAD_REQUEST:
                path = path.replace(_LABELS, "")
                status, body = self.ask(path)
            if not isinstance(body, dict) or body.get("error") is None:
                return body if status == HTTPStatus.OK else None
            self.errors.add(str(body["error"]))
        return None


def _rows_in(body: Json) -> list[Json]:
    if isinstance(body, list):
        return body
    return next((list(body[name]) for name in _MEMBERS if type(body.get(name)) is list), [body])
