"""The streams of tap-accelevents.

Sources are slugs of the vendor's pages (developer.accelevents.com/reference/...).
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, cast

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    ApiError,
    BadResponse,
    ChangedSince,
    EventStream,
    NotFound,
    Page,
    ReadInFull,
    SetAside,
    Suspect,
    objects_in,
    snake_case,
)
from tap_accelevents import client, errors, schemas
from tap_accelevents.analytics_path import SESSION_ANALYTICS
from tap_accelevents.dates import search_time, session_end, utc_time, zone_of
from tap_accelevents.paging import (
    PAGE_SIZE,
    SEARCH_TIME,
    IncompletePages,
    Pages,
    is_first_of_all,
    total_of,
)
from tap_accelevents.rows import (
    first_filled,
    list_of_objects,
    rows_of,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    import requests
    from singer_sdk.helpers.types import Context
    from singer_sdk.pagination import BaseAPIPaginator

    from event_taps_core import BaseTap, Remark, Row, Wait

LOGGER: Final = logging.getLogger(__name__)

_REGISTRANTS: Final = ("registerdHolderUsers", "registeredHolderUsers")
"""Really misspelled, on at least five of the vendor's pages."""

_SPEAKERS: Final = ("speakerList", "speakers")
_ASSETS: Final = ("assetList", "assets")
_OTHER_STREAMS: Final = (*_REGISTRANTS, *_SPEAKERS, *_ASSETS)
_EVENT_TIMES: Final = ("event_start_date", "event_end_date")

_MAX_TRIED_SESSIONS: Final = 5
"""So many sessions are asked for at each path that may be that of their analytics."""


class AccelEventsStream(EventStream):
    """What all streams share: lists in several envelopes, pages, no secrets."""

    list_names: ClassVar[tuple[str, ...]] = ("data",)
    """What the list may be called in the answer; it may also be the answer itself."""

    is_paged: ClassVar[bool] = True

    expansions: ClassVar[tuple[str, ...]] = ()
    """What is only sent when it is asked for (`client.spellings_of`)."""

    left_out: ClassVar[tuple[str, ...]] = ()
    """Attributes whose values other streams hold."""

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        return Pages(self.identity_of) if self.is_paged else None

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        expansions = {"expand": ",".join(self.expansions)} if self.expansions else {}
        if next_page_token is None:
            return expansions
        return {**expansions, "page": next_page_token.page, "size": PAGE_SIZE}

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Take the list; no rows on its first page are none only where none are counted.

        Raises:
            BadResponse: If there is no list, or it has no rows and some are counted.
        """
        body = response.json()
        rows = rows_of(body, self.list_names)
        counted = total_of(body) or 0
        if not rows and counted > 0 and self.is_paged and is_first_of_all(response.url):
            raise BadResponse(f"no rows, and the API counts {counted}")
        return self._without_twins(rows)

    def _without_twins(self, rows: list[Row]) -> list[Row]:
        """Return the first row of each id; say where others of an answer differ from it."""
        first: dict[int | str, Row] = {}
        for row in rows:
            if first.setdefault(self.identity_of(row), row) != row:
                name = self.id_attributes[0]
                self.log_once(f"rows of one {name} differ; the first of them is kept")
        return list(first.values())

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Leave out what other streams hold, and secrets at any depth."""
        kept = row
        if self.left_out:
            kept = {name: value for name, value in row.items() if name not in self.left_out}
        return kept if self.config.get("include_secrets") else without_secrets(kept)


class EventsStream(AccelEventsStream):
    """The events of the setting `event_urls`.

    Source: event-and-design-details.
    """

    name = "events"
    path = client.EVENT
    id_setting = "event_urls"
    parent_key = "event_url"
    primary_keys = ("event_id",)
    id_attributes = ("eventId",)
    is_paged = False
    columns = schemas.EVENTS

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Take a plain 404 for an event that does not exist: only the settings list events."""
        try:
            yield from super().read_partition(context)
        except errors.NoSuchPath as answer:
            raise NotFound(answer.reason) from answer

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        event = response.json()
        if not isinstance(event, dict):
            raise BadResponse("no event in the answer")
        return [event]

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {
            **(context or {}),
            "event_id": self.id_of(record),
            "zone": zone_name(record),
        }

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Say what its times are in UTC: the partition's context knows no zone, but the row."""
        zone = zone_of(zone_name(row))
        times = {f"{snake_case(name)}_utc": utc_time(row[name], zone) for name in _times_in(row)}
        return {**(super().post_process(row, context) or {}), **times}


def _times_in(event: Row) -> Iterator[str]:
    return (name for name in event if snake_case(name) in _EVENT_TIMES)


def zone_name(event: Row) -> str | None:
    """Return the name of an event's time zone; `timezoneId` may hold a name of no database."""
    names = (event.get("equivalentTimezone"), event.get("timezoneId"))
    return next((name for name in names if zone_of(name)), None)


class EventPartStream(AccelEventsStream):
    """What belongs to one event, and is read in full: nothing says when an event is over."""

    parent: ClassVar[type[EventStream] | None] = EventsStream
    parent_key = "event_url"


class SessionsStream(EventPartStream):
    """Sessions of an event.

    Source: get-all-sessions-1.
    """

    name = "sessions"
    path = client.SESSIONS
    primary_keys = ("event_url", "session_id")
    list_names = ("data", "sessions")
    id_attributes = ("sessionId",)
    expansions = ("TRACK", "TAG", "STATS")
    left_out = _OTHER_STREAMS
    columns = schemas.SESSIONS

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Send the event's number too, which the prose requires beside its slug."""
        return {"eventId": event_id(context), **super().get_url_params(context, next_page_token)}

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Leave out what other streams hold: the rows are kept for as long as the run lasts."""
        return [
            {name: value for name, value in row.items() if name not in self.left_out}
            for row in super().parse_response(response)
        ]

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {
            **(context or {}),
            "session_id": self.id_of(record),
            "session_end_time": self._end(record, context),
        }

    def ends(self, context: Context | None) -> dict[int | str | None, str | None]:
        """Return when each session of an event ends, by its id; None where one has no id."""
        rows = self.tap.rows_of(self.name, context)
        return {self.id_of(row): self._end(row, context) for row in rows}

    @staticmethod
    def _end(row: Row, context: Context | None) -> str | None:
        return session_end(row.get("endTime"), zone_of((context or {}).get("zone")))


def event_id(context: Context | None) -> int:
    """Return the number of the event that a partition belongs to."""
    return cast("int", (context or {})["event_id"])


class _Analytics(NamedTuple):
    """One reading of the analytics of all sessions."""

    by_id: dict[int | str, Row]
    stuck: IncompletePages | None
    """Why there may be more."""


class SessionAnalyticsStream(EventPartStream):
    """Analytics of all sessions, as the organiser sees them: one row per session.

    Source: get-all-session-aalytics-data.
    """

    name = "session_analytics"
    path = client.ALL_SESSION_ANALYTICS
    primary_keys = ("session_id",)
    list_names = ("data", "sessions")
    id_attributes = ("sessionId",)
    expansions = ("DURATION", "WATCH_TIME")
    columns = schemas.SESSION_ANALYTICS

    def __init__(self, tap: BaseTap) -> None:
        super().__init__(tap)
        self._first_reading = threading.Lock()
        self._first: _Analytics | None = None

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Name the event in both ways that other paths know: this path names none."""
        return {
            "eventurl": (context or {})["event_url"],
            "eventId": event_id(context),
            **super().get_url_params(context, next_page_token),
        }

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Keep to the sessions that the event lists.

        Whether the answer is about one event or about all of the organisation is not documented.
        One that holds a session of another event is about all, and so is not asked for again.
        What has no id may be about any event.
        """
        sessions = self.sibling(SessionsStream)
        ends = sessions.ends(context)
        if None in ends:
            del ends[None]
            yield SetAside(self.name, "a row of sessions without an id")
        by_id, stuck = self._analytics(context, ends) if ends else _Analytics({}, None)
        rows = [
            {**by_id[id_], "session_end_time": end} for id_, end in ends.items() if id_ in by_id
        ]
        yield Page(rows + [row for id_, row in by_id.items() if isinstance(id_, str)])
        if stuck is not None:
            raise stuck

    def _analytics(self, context: Context | None, ends: Mapping[Any, Any]) -> _Analytics:
        """Return analytics by session: of this event, or of more.

        Raises:
            BadResponse: If those of this event are asked for, and others come.
        """
        own = None
        with self._first_reading:
            if self._first is None:
                own = self._first = self._all_pages(context)
        if not ends.keys().isdisjoint(self._first.by_id):
            return self._first
        if own is None:
            own = self._all_pages(context)
        if own.by_id and ends.keys().isdisjoint(own.by_id):
            raise BadResponse("the analytics of all sessions hold none of this event's", retries=0)
        return own

    def _all_pages(self, context: Context | None) -> _Analytics:
        by_id: dict[int | str, Row] = {}
        try:
            for step in super().read_partition(context):
                if isinstance(step, Page):
                    by_id.update((self.identity_of(row), row) for row in step.rows)
        except IncompletePages as stuck:
            return _Analytics(by_id, stuck)
        return _Analytics(by_id, None)


class SessionPartStream(AccelEventsStream):
    """What belongs to one session; nothing in the API says what changed since.

    The vendor's code 404800 says that there is no such session, but may be missing from the body of
    an error.
    """

    parent = SessionsStream
    parent_key = "session_id"
    replication_key = "session_end_time"
    recheck_parent = (BadResponse,)


class SessionDetailStream(SessionPartStream):
    """What one answer holds.

    Source: get-session-analytics-data-by-session-id.
    """

    path = SESSION_ANALYTICS[0]
    is_paged = False
    items: ClassVar[tuple[str, ...]] = ()
    """The attribute that holds the rows, as it may be spelled."""

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Ask for what the selected streams need, and for nothing else."""
        readers = cast("list[AccelEventsStream]", self.readers)
        tokens = [token for one in readers for token in one.expansions]
        return {"expand": ",".join(tokens)} if tokens else {}

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Ask at the path that answers, and doubt what did not come although it was asked for."""

        def ask_at(path: str) -> tuple[Row, Page]:
            return self.tap.client.send(
                self._session_request(path, context),
                self.stats,
                lambda response: (session_of(response), self.page_of(response)),
            )

        asking = cast("client.AccelEventsClient", self.tap.client)
        session, page = asking.analytics_path.send(ask_at, self._has_sessions)
        for stream in cast("list[SessionDetailStream]", self.readers):
            if stream.items and session.keys().isdisjoint(stream.items):
                yield Suspect(stream.name, f"no '{stream.items[0]}' in the answer")
        yield page

    def _session_request(self, path: str, context: Context | None) -> HTTPRequest:
        return HTTPRequest(self.url_for(path, context), params=self.get_url_params(context, None))

    def _has_sessions(self, path: str) -> bool:
        """Say whether a path has one of a few sessions, taken from all that are read."""
        due = [context or {} for context in self.tap.due_contexts(self.name)]
        for context in due[:: max(1, len(due) // _MAX_TRIED_SESSIONS)][:_MAX_TRIED_SESSIONS]:
            try:
                request = self._session_request(path, context)
                self.tap.client.send(request, self.stats, session_of, max_retries=1)
            except ApiError:
                continue  # whatever is there, it is no session
            return True
        return False

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        session = session_of(response)
        found = first_filled([list_of_objects(session.get(name)) for name in self.items])
        return self._without_twins(objects_in([] if found is None else found, self.items[0]))


def session_of(response: requests.Response) -> Row:
    """Take the session out of an answer about one, which may be in an envelope.

    Raises:
        BadResponse: If there is none.
    """
    session = response.json()
    if isinstance(session, dict) and isinstance(session.get("data"), dict):
        session = session["data"]
    if not isinstance(session, dict) or session.keys().isdisjoint(("title", "sessionId")):
        raise BadResponse("no session in the answer")
    return session


class SessionAnalyticsDetailsStream(SessionDetailStream):
    """Everything that the analytics of one session say: one row per session."""

    name = "session_analytics_details"
    primary_keys = ("session_id",)
    expansions = ("STATS", "DURATION", "ATTENDEE_COUNT")
    left_out = _OTHER_STREAMS
    columns = schemas.SESSION_ANALYTICS_DETAILS

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        return [session_of(response)]


class SessionRegistrantsStream(SessionDetailStream):
    """Who registered for a session."""

    name = "session_registrants"
    source = SessionAnalyticsDetailsStream
    primary_keys = ("session_id", "event_ticket_id")
    items = _REGISTRANTS
    id_attributes = ("eventTicketId", "eventTicketingId")
    expansions = _REGISTRANTS[:1]
    columns = schemas.SESSION_PEOPLE


class SessionSpeakersStream(SessionDetailStream):
    """Who speaks in a session."""

    name = "session_speakers"
    source = SessionAnalyticsDetailsStream
    primary_keys = ("session_id", "speaker_id")
    items = _SPEAKERS
    id_attributes = ("speakerId",)
    expansions = ("SPEAKER",)
    columns = schemas.SESSION_SPEAKERS


class SessionAssetsStream(SessionDetailStream):
    """Recordings and videos of a session."""

    name = "session_assets"
    source = SessionAnalyticsDetailsStream
    primary_keys = ("session_id", "id")
    items = _ASSETS
    id_attributes = ("id",)
    columns = schemas.SESSION_ASSETS


class SessionAttendeesStream(SessionPartStream):
    """Who came to a session.

    Source: get-attendee-data-for-session-by-session-id.
    """

    name = "session_attendees"
    path = client.SESSION_ATTENDEES
    primary_keys = ("session_id", "event_ticket_id")
    list_names = ("data", "attendees")
    id_attributes = ("eventTicketId", "eventTicketingId")
    columns = schemas.SESSION_PEOPLE


class SpeakersStream(EventPartStream):
    """Speakers of an event.

    Source: get-all-speakers.
    """

    name = "speakers"
    path = client.SPEAKERS
    primary_keys = ("event_url", "speaker_id")
    list_names = ("data", "speakers")
    id_attributes = ("speakerId",)
    columns = schemas.SPEAKERS

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Send `expand`, which the definition requires even if it is empty."""
        params = super().get_url_params(context, next_page_token)
        return {"expand": "", "eventId": event_id(context), **params}


class AttendeesStream(EventPartStream):
    """Tickets of an event with their holders: a person may have several.

    Source: get-all-attendees.
    """

    name = "attendees"
    path = client.ATTENDEES
    primary_keys = ("event_url", "barcode")
    list_names = ("attendees", "data")
    id_attributes = ("barcode",)
    columns = schemas.ATTENDEES

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        """Walk all pages for the tickets only; the counters are the same on each."""
        return super().get_new_paginator() if self.selected else None

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Take the counters of the first page."""
        is_first = True
        for step in super().read_partition(context):
            if isinstance(step, Page) and not is_first:
                yield step._replace(shared={name: [] for name in step.shared})
            else:
                yield step
            is_first = is_first and not isinstance(step, Page)


class AttendeeSummaryStream(EventPartStream):
    """Counters of an event's tickets: one row per event.

    Source: get-all-attendees.
    """

    name = "attendee_summary"
    source = AttendeesStream
    path = client.ATTENDEES
    primary_keys = ("event_url",)
    left_out = ("attendees", "data", "recordsTotal", "recordsFiltered", "error")
    columns = schemas.ATTENDEE_SUMMARY

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        body = response.json()
        rows_of(body, AttendeesStream.list_names)
        return [body] if isinstance(body, dict) else []


class OrdersStream(EventPartStream):
    """Orders of tickets: those made or changed since the last run.

    Source: get-ticketing-orders.
    """

    name = "orders"
    path = client.ORDERS
    primary_keys = ("event_url", "order_id")
    list_names = ("data", "orders")
    id_attributes = ("orderId", "id")
    columns = schemas.ORDERS

    incremental = ChangedSince
    replication_key = "read_at"
    overlap = timedelta(hours=26)
    """The filter's zone is not documented: this covers every zone, whatever it is."""

    def __init__(self, tap: BaseTap) -> None:
        super().__init__(tap)
        self._read_in_full: set[str] = set()

    def since(self, context: Context | None) -> datetime | None:
        """Return from when on changes are asked for; None for everything."""
        in_full = self.partition_id(context) in self._read_in_full
        return None if in_full else self.progress.since(context)

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read everything where the filter, which one page does not know, is refused."""
        try:
            yield from super().read_partition(context)
        except errors.BadRequest:
            if self.since(context) is None:
                raise
            event = self.partition_id(context)
            LOGGER.warning("orders of %s: %s is refused; all are read", event, SEARCH_TIME)
            self._read_in_full.add(event)
            yield ReadInFull(self.name)
            yield from super().read_partition(context)

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        params = super().get_url_params(context, next_page_token)
        since = self.since(context)
        return params if since is None else {**params, SEARCH_TIME: search_time(since)}


class TicketTypesStream(EventPartStream):
    """Ticket types of an event, with what is left of them.

    Source: docs/adding-attendees.
    """

    name = "ticket_types"
    path = client.TICKET_TYPES
    primary_keys = ("event_url", "id")
    list_names = ("ticketTypes",)
    id_attributes = ("id", "typeId")
    is_paged = False
    columns = schemas.TICKET_TYPES


class SponsorsStream(EventPartStream):
    """Sponsors of an event.

    Source: get-all-sponsor-for-display-side-by-eventid.
    """

    name = "sponsors"
    path = client.SPONSORS
    primary_keys = ("event_url", "id")
    list_names = ("data", "sponsors")
    id_attributes = ("id",)
    columns = schemas.SPONSORS


class SponsorAnalyticsStream(EventPartStream):
    """Clicks on the sponsors of an event.

    Source: get-all-sponsor-click-analytics.
    """

    name = "sponsor_analytics"
    path = client.SPONSOR_ANALYTICS
    primary_keys = ("event_url", "id")
    list_names = ("data", "sponsors")
    id_attributes = ("id",)
    columns = schemas.SPONSOR_ANALYTICS


class ExhibitorsStream(EventPartStream):
    """Exhibitors of an event.

    Source: get-summary-of-all-exhibitor-for-expo-portal.
    """

    name = "exhibitors"
    path = client.EXHIBITORS
    primary_keys = ("event_url", "id")
    list_names = ("data", "exhibitors")
    id_attributes = ("id",)
    columns = schemas.EXHIBITORS

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "exhibitor_id": self.id_of(record)}


class ExhibitorStaffStream(AccelEventsStream):
    """Who is at an exhibitor's booth.

    Source: get-all-exhibitor-staff-details.
    """

    name = "exhibitor_staff"
    path = client.EXHIBITOR_STAFF
    parent = ExhibitorsStream
    parent_key = "exhibitor_id"
    primary_keys = ("event_url", "exhibitor_id", "id")
    list_names = ("data", "staff")
    id_attributes = ("id",)
    columns = schemas.EXHIBITOR_STAFF
