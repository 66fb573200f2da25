"""The streams of tap-accelevents.

What stands after a path is the vendor's page of it: its slug at
developer.accelevents.com/reference/.
"""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, cast

from singer_sdk.streams.rest import PageContext
from typing_extensions import override

from event_taps_core import (
    ApiError,
    BadResponse,
    ChangedSince,
    EventStream,
    IncompletePages,
    NotFound,
    Page,
    ReadInFull,
    SetAside,
    Suspect,
    snake_case,
)
from tap_accelevents import schemas
from tap_accelevents.client import SESSION_ANALYTICS
from tap_accelevents.dates import session_end, utc_time, zone_of
from tap_accelevents.errors import BadRequest, NoSuchPath
from tap_accelevents.paging import FIRST_PAGE, PAGE_SIZE, SEARCH_TIME, ListPages, total_of
from tap_accelevents.rows import list_of_objects, rows_of, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests
    from singer_sdk.helpers.types import Context
    from singer_sdk.pagination import BaseAPIPaginator

    from event_taps_core import ApiResponse, BaseTap, Remark, Row, Wait

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

    list_names: ClassVar[tuple[str, ...]] = ()
    """What the list may be called, if not `data` or as the stream; it may also be the answer."""

    is_paged: ClassVar[bool] = True

    event_params: ClassVar[Mapping[str, str]] = {}
    """Parameters that name the event, each with the item of the context that fills it."""

    expansions: ClassVar[tuple[str, ...]] = ()
    """What is only sent when it is asked for (`client.spellings_of`)."""

    left_out: ClassVar[tuple[str, ...]] = ()
    """Attributes whose values other streams hold."""

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        return ListPages(self.identity_of) if self.is_paged else None

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Ask for what the selected streams need, and for nothing else."""
        params: Row = {name: (context or {})[item] for name, item in self.event_params.items()}
        readers = cast("list[AccelEventsStream]", self.readers)
        if tokens := [token for stream in readers for token in stream.expansions]:
            params["expand"] = ",".join(tokens)
        if next_page_token is not None:
            params |= {"page": next_page_token.page, "size": PAGE_SIZE}
        return params

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Take the list; no rows on its first page are none only where none are counted.

        Raises:
            BadResponse: If there is no list, or it has no rows and some are counted.
        """
        rows = rows_of(response.json(), self.list_names or ("data", self.name))
        asked, counted = response.url.partition("?")[2].split("&"), total_of(response)
        if not rows and counted and f"page={FIRST_PAGE.page}" in asked:
            raise BadResponse(f"no rows, and the API counts {counted}")
        return list(map(self.own_part_of, self.without_twins(rows)))

    def without_twins(self, rows: list[Row]) -> list[Row]:
        """Return the first row of each id; say where others of an answer differ from it."""
        first: dict[int | str, Row] = {}
        for row in rows:
            if first.setdefault(self.identity_of(row), row) != row:
                name = self.id_attributes[0]
                self.log_once(f"rows of one {name} differ; the first of them is kept")
        return list(first.values())

    def own_part_of(self, row: Row) -> Row:
        """Leave out what other streams hold: rows may be kept for as long as the run lasts."""
        if not self.left_out:
            return row
        return {name: value for name, value in row.items() if name not in self.left_out}

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Leave out secrets, at any depth."""
        return row if self.config.get("include_secrets") else without_secrets(row)


class EventsStream(AccelEventsStream):
    """The events of the setting `event_urls`."""

    name = "events"
    path = "/rest/host/event/{event_url}/eventDetails"  # event-and-design-details
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
        except NoSuchPath as answer:
            raise NotFound(answer.reason) from answer

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        event = response.json()
        if not isinstance(event, dict):
            raise BadResponse("no event in the answer")
        return [event]

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "event_id": self.id_of(record), "zone": zone_name(record)}

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Say what its times are in UTC: the partition's context knows no zone, but the row."""
        zone = zone_name(row)
        names = [name for name in row if snake_case(name) in _EVENT_TIMES]
        times = {f"{snake_case(name)}_utc": utc_time(row[name], zone) for name in names}
        return {**(super().post_process(row, context) or {}), **times}


def zone_name(event: Row) -> str | None:
    """Return the name of an event's time zone; `timezoneId` may hold a name of no database."""
    names = (event.get("equivalentTimezone"), event.get("timezoneId"))
    return next((name for name in names if zone_of(name)), None)


class EventPartStream(AccelEventsStream):
    """What belongs to one event, and is read in full: nothing says when an event is over."""

    parent: ClassVar[type[EventStream] | None] = EventsStream
    parent_key = "event_url"


class SessionsStream(EventPartStream):
    """Sessions of an event."""

    name = "sessions"
    path = "/rest/host/event/{event_url}/session"  # get-all-sessions-1
    primary_keys = ("event_url", "session_id")
    id_attributes = ("sessionId",)
    event_params: ClassVar = {"eventId": "event_id"}  # the prose requires it beside the slug
    expansions = ("TRACK", "TAG", "STATS")
    left_out = _OTHER_STREAMS
    columns = schemas.SESSIONS

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        event_context = context or {}
        end = session_end(record.get("endTime"), event_context.get("zone"))
        return {**event_context, "session_id": self.id_of(record), "session_end_time": end}


_Reading: TypeAlias = "tuple[list[Row], IncompletePages | None]"
"""Rows, and why there may be more."""


class SessionAnalyticsStream(EventPartStream):
    """Analytics of all sessions, as the organiser sees them: one row per session."""

    name = "session_analytics"
    path = "/rest/host/session/analytics"  # get-all-session-aalytics-data
    primary_keys = ("session_id",)
    list_names = ("data", "sessions")
    id_attributes = ("sessionId",)
    event_params: ClassVar = {"eventurl": "event_url", "eventId": "event_id"}  # as other paths do
    expansions = ("DURATION", "WATCH_TIME")
    columns = schemas.SESSION_ANALYTICS

    def __init__(self, tap: BaseTap) -> None:
        super().__init__(tap)
        self._first_reading = threading.Lock()
        self._first: _Reading | None = None

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Keep to the sessions that the event lists, and to what has no id: it may be the event's.

        Whether an answer is about one event or about the whole organisation is not documented. One
        that holds a session of another event is about all, and so is not asked for again.
        """
        sessions = self.sibling(SessionsStream)
        listed = self.tap.rows_of(sessions.name, context)
        children = (sessions.get_child_context(row, context) or {} for row in listed)
        ends = {child["session_id"]: child["session_end_time"] for child in children}
        if None in ends:
            del ends[None]
            yield SetAside(self.name, "a row of sessions without an id")
        if not ends:
            return
        rows, stuck = self._reading_of(context, set(ends))
        own = [
            {**row, "session_end_time": ends[id_]}
            for row in rows
            if (id_ := self.id_of(row)) in ends
        ]
        yield Page(own + [row for row in rows if self.id_of(row) is None])
        if stuck is not None:
            raise stuck

    def _reading_of(self, context: Context | None, ids: set[int | str | None]) -> _Reading:
        """Return analytics of these sessions, and perhaps of others.

        Raises:
            BadResponse: If only those of others come.
        """
        with self._first_reading:
            is_first = self._first is None
            rows, stuck = self._first = self._first or self._read_all(context)
        if not is_first and ids.isdisjoint(map(self.id_of, rows)):
            rows, stuck = self._read_all(context)
        if rows and ids.isdisjoint(map(self.id_of, rows)):
            raise BadResponse("the analytics of all sessions hold none of this event's", retries=0)
        return rows, stuck

    def _read_all(self, context: Context | None) -> _Reading:
        rows: list[Row] = []
        try:
            for step in super().read_partition(context):
                rows += step.rows if isinstance(step, Page) else ()
        except IncompletePages as stuck:
            return rows, stuck
        return rows, None


class SessionPartStream(AccelEventsStream):
    """What belongs to one session; nothing in the API says what changed since.

    The vendor's code 404800 says that there is no such session, but may be missing from the body of
    an error.
    """

    parent = SessionsStream
    parent_key = "session_id"
    replication_key = "session_end_time"
    recheck_parent = (BadResponse,)


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


class SessionAnalyticsDetailsStream(SessionPartStream):
    """Everything that the analytics of one session say: one row per session."""

    name = "session_analytics_details"
    path = SESSION_ANALYTICS[0]  # get-session-analytics-data-by-session-id does not show it
    primary_keys = ("session_id",)
    is_paged = False
    expansions = ("STATS", "DURATION", "ATTENDEE_COUNT")
    left_out = _OTHER_STREAMS
    columns = schemas.SESSION_ANALYTICS_DETAILS

    def __init__(self, tap: BaseTap) -> None:
        super().__init__(tap)
        self.path = self.config.get("session_analytics_path") or self.path
        self._search = threading.Lock()

    @override
    def get_url(self, context: Context | None) -> str:
        return self.url_for((context or {}).get("path", self.path), context)

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Ask at the path that answers, and doubt what did not come although it was asked for."""
        response, page = self._get_session(context)
        steps: list[Page | Remark] = [page, *self._missing_in(session_of(response))]
        del response, page  # see EventStream.read_partition
        while steps:
            yield steps.pop()

    def _missing_in(self, session: Row) -> Iterator[Suspect]:
        for stream in self.readers:
            if isinstance(stream, SessionItemsStream) and session.keys().isdisjoint(stream.items):
                yield Suspect(stream.name, f"no '{stream.items[0]}' in the answer")

    def _get_session(self, context: Context | None) -> tuple[ApiResponse, Page]:
        """Ask for one session, at another path too if the one in use may be wrong.

        Raises:
            ApiError: Why there are no records.
        """
        path = self.path
        try:
            return self.get_page(_page_at(path, context))
        except ApiError as answer:
            if isinstance(answer, BadResponse) and answer.retries != 0:
                raise  # this may pass, so it says nothing about the path
            with self._search:
                working_path = self._working_path
            if working_path is None:
                reason = f"{answer.reason}; no path that is known works: set session_analytics_path"
                raise BadResponse(reason, retries=0) from answer
            if working_path == path:
                raise
        return self.get_page(_page_at(working_path, context))

    @cached_property
    def _working_path(self) -> str | None:
        """The first path that has sessions, the one in use before all others; searched for once.

        What the search finds depends neither on who begins it nor on what else has answered by
        then: so the same is read, and the same fails, with one worker and with many.
        """
        paths = dict.fromkeys((self.path, *SESSION_ANALYTICS))
        found = next(filter(self._try_path, paths), None)
        if found not in (None, self.path):
            self.logger.warning(
                "Session analytics are at %s, not at %s: put that into the setting "
                "session_analytics_path",
                found,
                self.path,
            )
        self.path = found or self.path
        return found

    def _try_path(self, path: str) -> bool:
        """Ask for a few of the sessions that are read at a path; say whether one came."""
        due = self.tap.due_contexts(self.name)
        for context in due[:: max(1, len(due) // _MAX_TRIED_SESSIONS)][:_MAX_TRIED_SESSIONS]:
            with contextlib.suppress(ApiError):  # whatever is there, it is no session
                request = self.get_http_request(page=_page_at(path, context))
                self.tap.client.send(request, self.stats, session_of, max_retries=1)
                return True
        return False

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        return [self.own_part_of(session_of(response))]


def _page_at(path: str, context: Context | None) -> PageContext[None]:
    return PageContext({**(context or {}), "path": path}, None)


class SessionItemsStream(SessionPartStream):
    """A list within the answer about one session."""

    source = SessionAnalyticsDetailsStream
    items: ClassVar[tuple[str, ...]]
    """The attribute that holds the list, as it may be spelled."""

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        session = session_of(response)
        lists = {name: list_of_objects(session.get(name)) for name in self.items}
        return self.without_twins(rows_of(lists, self.items))


class SessionRegistrantsStream(SessionItemsStream):
    """Who registered for a session."""

    name = "session_registrants"
    primary_keys = ("session_id", "event_ticket_id")
    items = _REGISTRANTS
    id_attributes = ("eventTicketId", "eventTicketingId")
    expansions = _REGISTRANTS[:1]
    columns = schemas.SESSION_PEOPLE


class SessionSpeakersStream(SessionItemsStream):
    """Who speaks in a session."""

    name = "session_speakers"
    primary_keys = ("session_id", "speaker_id")
    items = _SPEAKERS
    id_attributes = ("speakerId",)
    expansions = ("SPEAKER",)
    columns = schemas.SESSION_SPEAKERS


class SessionAssetsStream(SessionItemsStream):
    """Recordings and videos of a session."""

    name = "session_assets"
    primary_keys = ("session_id", "id")
    items = _ASSETS
    id_attributes = ("id",)
    columns = schemas.SESSION_ASSETS


class SessionAttendeesStream(SessionPartStream):
    """Who came to a session."""

    name = "session_attendees"
    path = "/rest/host/session/{session_id}/attendee"  # get-attendee-data-for-session-by-session-id
    primary_keys = ("session_id", "event_ticket_id")
    list_names = ("data", "attendees")
    id_attributes = ("eventTicketId", "eventTicketingId")
    columns = schemas.SESSION_PEOPLE


class SpeakersStream(EventPartStream):
    """Speakers of an event."""

    name = "speakers"
    path = "/rest/host/event/{event_url}/speaker"  # get-all-speakers
    primary_keys = ("event_url", "speaker_id")
    id_attributes = ("speakerId",)
    event_params: ClassVar = {"eventId": "event_id"}
    expansions = ("",)  # the definition requires `expand`, even if it is empty
    columns = schemas.SPEAKERS


class AttendeesStream(EventPartStream):
    """Tickets of an event with their holders: a person may have several."""

    name = "attendees"
    path = "/rest/events/{event_url}/staff/allAttendees"  # get-all-attendees
    primary_keys = ("event_url", "barcode")
    list_names = ("attendees", "data")
    id_attributes = ("barcode",)
    columns = schemas.ATTENDEES

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        """Walk all pages for the tickets only; the counters are the same on each."""
        return super().get_new_paginator() if self.selected else None

    @override
    def get_page(self, page: PageContext[Any]) -> tuple[ApiResponse, Page]:
        """Take the counters of the first page alone: of later ones they may have changed."""
        response, found = super().get_page(page)
        if page.next_page_token not in (None, FIRST_PAGE):
            found = found._replace(shared={name: [] for name in found.shared})
        return response, found


class AttendeeSummaryStream(EventPartStream):
    """Counters of an event's tickets: one row per event."""

    name = "attendee_summary"
    source = AttendeesStream
    primary_keys = ("event_url",)
    left_out = ("attendees", "data", "recordsTotal", "recordsFiltered", "error")
    columns = schemas.ATTENDEE_SUMMARY

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        body = response.json()
        rows_of(body, AttendeesStream.list_names)
        return [self.own_part_of(body)] if isinstance(body, dict) else []


class OrdersStream(EventPartStream):
    """Orders of tickets: those made or changed since the last run."""

    name = "orders"
    path = "/rest/events/{event_url}/staff/orders"  # get-ticketing-orders
    primary_keys = ("event_url", "order_id")
    id_attributes = ("orderId", "id")
    columns = schemas.ORDERS

    incremental = ChangedSince
    replication_key = "read_at"
    overlap = timedelta(hours=26)
    """The filter's zone is not documented: this covers every zone, whatever it is."""

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read everything where the filter, which one page does not know, is refused.

        So it is where there may be more changes than come: without the filter, rows are counted.
        """
        try:
            yield from super().read_partition(context)
        except (BadRequest, IncompletePages) as answer:
            if self.progress.since(context) is None:
                raise
            failure = "is refused" if isinstance(answer, BadRequest) else f"fails ({answer.reason})"
            event = self.partition_id(context)
            self.logger.warning("orders of %s: %s %s; all are read", event, SEARCH_TIME, failure)
            yield ReadInFull(self.name)
            yield from super().read_partition({**(context or {}), "in_full": True})

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        params = super().get_url_params(context, next_page_token)
        since = self.progress.since(context)
        if since is None or "in_full" in (context or {}):
            return params
        return {**params, SEARCH_TIME: since.strftime("%m/%d/%Y %H:%M:%S")}


class TicketTypesStream(EventPartStream):
    """Ticket types of an event, with what is left of them."""

    name = "ticket_types"
    path = "/rest/events/{event_url}/staff/ticketing/settings"  # docs/adding-attendees
    primary_keys = ("event_url", "id")
    list_names = ("ticketTypes",)
    id_attributes = ("id", "typeId")
    is_paged = False
    columns = schemas.TICKET_TYPES


class SponsorsStream(EventPartStream):
    """Sponsors of an event."""

    name = "sponsors"
    path = "/rest/event/{event_id}/sponsors"  # get-all-sponsor-for-display-side-by-eventid
    primary_keys = ("event_url", "id")
    id_attributes = ("id",)
    columns = schemas.SPONSORS


class SponsorAnalyticsStream(EventPartStream):
    """Clicks on the sponsors of an event."""

    name = "sponsor_analytics"
    path = "/rest/host/event/{event_url}/sponsors/analytics"  # get-all-sponsor-click-analytics
    primary_keys = ("event_url", "id")
    list_names = ("data", "sponsors")
    id_attributes = ("id",)
    columns = schemas.SPONSOR_ANALYTICS


class ExhibitorsStream(EventPartStream):
    """Exhibitors of an event."""

    name = "exhibitors"
    # get-summary-of-all-exhibitor-for-expo-portal
    path = "/rest/event/{event_url}/exhibitor/summary"
    primary_keys = ("event_url", "id")
    id_attributes = ("id",)
    columns = schemas.EXHIBITORS

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "exhibitor_id": self.id_of(record)}


class ExhibitorStaffStream(AccelEventsStream):
    """Who is at an exhibitor's booth."""

    name = "exhibitor_staff"
    # get-all-exhibitor-staff-details
    path = "/rest/event/{event_url}/exhibitor/{exhibitor_id}/staff"
    parent = ExhibitorsStream
    parent_key = "exhibitor_id"
    primary_keys = ("event_url", "exhibitor_id", "id")
    list_names = ("data", "staff")
    id_attributes = ("id",)
    columns = schemas.EXHIBITOR_STAFF
