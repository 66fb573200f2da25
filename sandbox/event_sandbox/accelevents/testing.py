"""A plain client of this API for tests, with the key in one header, and a reader of all lists."""

from __future__ import annotations

import itertools
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_sandbox.accelevents.reads import DETAILS
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


_HOST: Final = "/rest/host/event/{event}"
_STAFF: Final = "/rest/events/{event}/staff"
_LISTS: Final = {
    "events": f"{_HOST}/eventDetails",
    "sessions": f"{_HOST}/session?eventId={{event_id}}&expand={{expand}}&",
    "session_analytics": (
        "/rest/host/session/analytics?eventurl={event}&eventId={event_id}&expand={expand}&"
    ),
    "session_analytics_details": "/rest/{details}?expand={expand}",
    "session_attendees": "/rest/host/session/{session}/attendee?",
    "speakers": f"{_HOST}/speaker?eventId={{event_id}}&expand=&",
    "attendees": f"{_STAFF}/allAttendees?",
    "orders": f"{_STAFF}/orders?",
    "ticket_types": f"{_STAFF}/ticketing/settings",
    "sponsors": "/rest/event/{event_id}/sponsors?",
    "sponsor_analytics": f"{_HOST}/sponsors/analytics?",
    "exhibitors": "/rest/event/{event}/exhibitor/summary?",
    "exhibitor_staff": "/rest/event/{event}/exhibitor/{exhibitor}/staff?",
}
"""For each stream, the list that holds it; one that ends so that a query may go on has pages."""

_PARENTS: Final = {
    "session_analytics_details": ("sessions", "session", "sessionId"),
    "session_attendees": ("sessions", "session", "sessionId"),
    "exhibitor_staff": ("exhibitors", "exhibitor", "id"),
}
_INSIDE: Final = {
    "session_registrants": "registerdHolderUsers",
    "session_speakers": "speakerList",
    "session_assets": "assetList",
}
"""What a session's analytics hold besides."""

_CONSTANTS: Final = (
    "STATS,DURATION,WATCH_TIME,ATTENDEE_COUNT,registerdHolderUsers,SPEAKER,TAG,TRACK"
)
_LABELS: Final = (
    "Stats,Duration,Watch%20Time,Attendee%20Count,registerdHolderUsers,Speaker,Tag,Track"
)


class AcceleventsReader(AcceleventsClient, VendorReader):
    """Reads the lists of all events, as the switches stand when it is made."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        positions = sandbox.control("GET", "/switches")[self.vendor_name]
        self._expand = _LABELS if positions["expand_tokens"] == "labels" else _CONSTANTS
        self._details = {place: path for path, place in DETAILS.items()}[
            positions["analytics_path"]
        ]
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
        return [row for slug in self.slugs for row in self._rows_of(stream, slug)]

    def _rows_of(self, stream: str, slug: str) -> list[Json]:
        if (stream, slug) not in self._rows:
            paths = self._paths(stream, slug)
            self._rows[stream, slug] = [row for path in paths for row in self._walk(stream, path)]
        return self._rows[stream, slug]

    def _paths(self, stream: str, slug: str) -> list[str]:
        path = _LISTS[stream].replace("{details}", self._details).replace("{event}", slug)
        if stream == "events":
            return [path]
        parents, name, key = _PARENTS.get(stream, ("events", "event_id", "eventId"))
        event_ids = [event["eventId"] for event in self._rows_of("events", slug)]
        return [
            path.format_map({"expand": self._expand, "event_id": event_id, name: parent[key]})
            for event_id in event_ids
            for parent in self._rows_of(parents, slug)
        ]

    def _walk(self, stream: str, path: str) -> list[Json]:
        """Turn pages until nothing new comes."""
        found: list[Json] = []
        has_pages = path.endswith(("?", "&"))
        for page in itertools.count():
            body = self._read(f"{path}page={page}&size=100" if has_pages else path)
            if body is None:
                return []
            self._bodies[stream].append(body)
            new = [row for row in _rows_in(stream, body) if row not in found]
            found += new
            if not (new and has_pages):
                break
        return found

    def _read(self, path: str) -> Json:
        """Ask twice if the body says that something went wrong."""
        for _ in range(2):
            status, body = self.ask(path)
            if not isinstance(body, dict) or body.get("error") is None:
                return body if status == HTTPStatus.OK else None
            self.errors.add(str(body["error"]))
        return None


def _rows_in(stream: str, body: Json) -> list[Json]:
    if stream in ("events", "session_analytics_details"):
        return [body]
    if stream == "ticket_types":
        return list(body["ticketTypes"])
    return body if isinstance(body, list) else list(body.values())[-1]
