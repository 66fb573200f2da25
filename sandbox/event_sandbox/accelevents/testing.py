"""A plain client of this API for tests, which can read all lists."""

from __future__ import annotations

import itertools
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_sandbox.testing import VendorReader

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


_HOST: Final = "/rest/host/event/{event}"
_STAFF: Final = "/rest/events/{event}/staff"
_ALL: Final = "STATS,DURATION,WATCH_TIME,ATTENDEE_COUNT,registerdHolderUsers,SPEAKER,TAG,TRACK"
_LISTS: Final = {
    "events": f"{_HOST}/eventDetails",
    "sessions": f"{_HOST}/session?eventId={{eventId}}&expand={_ALL}&",
    "session_analytics": f"/rest/host/session/analytics?eventurl={{event}}&expand={_ALL}&",
    "session_analytics_details": f"/rest/host/session/{{sessionId}}/analytics?expand={_ALL}",
    "session_attendees": "/rest/host/session/{sessionId}/attendee?",
    "speakers": f"{_HOST}/speaker?eventId={{eventId}}&expand=&",
    "attendees": f"{_STAFF}/allAttendees?",
    "orders": f"{_STAFF}/orders?",
    "ticket_types": f"{_STAFF}/ticketing/settings",
    "sponsors": "/rest/event/{eventId}/sponsors?",
    "sponsor_analytics": f"{_HOST}/sponsors/analytics?",
    "exhibitors": "/rest/event/{event}/exhibitor/summary?",
    "exhibitor_staff": "/rest/event/{event}/exhibitor/{id}/staff?",
}
"""For each stream, the list that holds it; one that ends so that a query may go on has pages."""

_PARENTS: Final = {
    "session_analytics_details": "sessions",
    "session_attendees": "sessions",
    "exhibitor_staff": "exhibitors",
}
_INSIDE: Final = {
    "session_registrants": "registerdHolderUsers",
    "session_speakers": "speakerList",
    "session_assets": "assetList",
}
"""What a session's analytics hold besides."""


class AcceleventsReader(VendorReader):
    """Sends the key in one header, and reads the lists of all events."""

    vendor_name = "accelevents"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.key: str = self.settings["api_key"]
        self.slugs: list[str] = self.settings["event_urls"]
        self.headers = {"Key": self.key}
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
            parent = _PARENTS.get(stream, "events")
            parents = [{}] if stream == "events" else self._rows_of(parent, slug)
            paths = [_LISTS[stream].format_map({**row, "event": slug}) for row in parents]
            self._rows[stream, slug] = [row for path in paths for row in self._walk(stream, path)]
        return self._rows[stream, slug]

    def _walk(self, stream: str, path: str) -> list[Json]:
        """Turn pages until nothing new comes."""
        found: list[Json] = []
        has_pages = path.endswith(("?", "&"))
        for page in itertools.count():
            status, body = self.ask(f"{path}page={page}&size=100" if has_pages else path)
            if status != HTTPStatus.OK:
                return []
            self._bodies[stream].append(body)
            new = [row for row in _rows_in(stream, body) if row not in found]
            found += new
            if not (new and has_pages):
                break
        return found


def _rows_in(stream: str, body: Json) -> list[Json]:
    if stream in ("events", "session_analytics_details"):
        return [body]
    if stream == "ticket_types":
        return list(body["ticketTypes"])
    return body if isinstance(body, list) else list(body.values())[-1]
