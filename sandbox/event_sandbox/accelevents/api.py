"""The endpoints that are read, by the paths that are printed; the rest is refused and logged.

One GET of this vendor writes: it checks a ticket in. It works here as well, and is counted: a tap
must never ask for it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from event_sandbox.accelevents import listings, shapes
from event_sandbox.accelevents.errors import (
    EVENT_NOT_FOUND,
    EXHIBITOR_NOT_FOUND,
    NOT_AUTHORISED,
    NOT_HOST,
    SESSION_NOT_FOUND,
    UNKNOWN_URL,
    bad_request,
    refusal,
    wrong_path,
)
from event_sandbox.accelevents.expand import expansions
from event_sandbox.accelevents.pages import Envelope, Pager
from event_sandbox.accelevents.view import look
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import Json, json_response
from event_sandbox.world.hub import find_session, hub_event
from event_sandbox.world.hub_changes import changed_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from event_sandbox.accelevents.expand import Expansion
    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.accelevents.view import View
    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions
    from event_sandbox.world.hub_model import HubEvent, HubOrder, HubSession, HubStaff

T = TypeVar("T")

BASE_PATH: Final = "/accelevents"
API_KEY: Final = "sandbox-accelevents-key=="
CHECK_INS: Final = "accelevents.check_ins"

_DETAILS: Final = {
    "host/session/{session}/analytics": "session_id_analytics",
    "host/session/analytics/{session}": "analytics_session_id",
    "host/event/{event}/session/{session}/analytics": "event_session_id_analytics",
}
"""Where a session's analytics may be, and the positions of the switch."""

_AUTH_FORMS: Final = {
    "key": ("key", API_KEY),
    "authorization": ("authorization", API_KEY),
    "bearer": ("authorization", f"Bearer {API_KEY}"),
}


def has_key(headers: Mapping[str, str], form: str = "all") -> bool:
    """Tell whether the key came along, in a form that is accepted."""
    forms = list(_AUTH_FORMS.values()) if form == "all" else [_AUTH_FORMS[form]]
    return any(headers.get(name) == value for name, value in forms)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and what its path leads to."""

    view: View
    url: str
    query: Mapping[str, str]
    event: HubEvent
    keys: tuple[str, ...] = ()
    """What the path names beside the event."""

    @property
    def positions(self) -> Positions:
        """Give the positions of the switches."""
        return self.view.positions

    @property
    def expansions(self) -> set[Expansion]:
        """Give what the answer is to be expanded by."""
        return expansions(self.positions, self.query.get("expand", ""))

    def envelope(
        self, name: str, switch: str = "list_envelope", more: Shape | None = None
    ) -> Envelope:
        """Give the envelope that a switch wants; `name` is how the list itself is called."""
        form = self.positions[switch]
        return Envelope(self.positions, name if form == "named" else form, more or {})


class API(KeepingAPI):
    """The API as an ASGI application."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._walks: Counter[str] = Counter()
        self._generation = shared.generation
        shared.counters[CHECK_INS] = 0
        reads: dict[str, Callable[[Asked], Json]] = {
            "host/event/{event}/eventDetails": self._event,
            "host/event/{event}/session": self._sessions,
            "host/event/{event}/speaker": self._speakers,
            "host/event/{event}/sponsors/analytics": self._sponsor_clicks,
            "host/session/analytics": self._analytics,
            "host/session/{session}/attendee": self._session_attendees,
            "events/{event}/staff/allAttendees": self._attendees,
            "events/{event}/staff/orders": self._orders,
            "events/{event}/staff/ticketing/settings": self._ticket_types,
            "event/{event_id}/sponsors": self._sponsors,
            "event/{event}/exhibitor/summary": self._exhibitors,
            "event/{event}/exhibitor/{exhibitor}/staff": self._staff,
            **dict.fromkeys(_DETAILS, self._details),
        }
        self._reads = [(path, path.split("/"), read) for path, read in reads.items()]

    def answer(self, request: Request) -> Response:
        """Let the request in, and answer it."""
        view = look(self._shared.world, self._shared.switches.of("accelevents"))
        parts = request.scope["path"][len(BASE_PATH) + 1 :].split("/")
        checks_in = parts[3:6] == ["staff", "checkin", "barcode"] and request.method == "GET"
        if checks_in:
            self._shared.counters[CHECK_INS] += 1
        good = has_key(request.headers, view.positions["auth"])
        if not good or view.positions["key"] == "revoked":
            raise refusal(view.positions, NOT_AUTHORISED)
        if checks_in:
            return self._check_in("".join(parts[6:7]))
        if request.method != "GET":
            raise refusal(view.positions, UNKNOWN_URL)
        asked = _url(request)
        return self._kept.get(asked) or self._keep(asked, view, request, parts)

    def _check_in(self, barcode: str) -> Response:
        """8.4: the trap."""
        self._shared.world.hub_checked_in.add(barcode)
        self._shared.generation += 1
        return json_response({"type": "Success", "message": "Checked in"})

    def _keep(self, asked: str, view: View, request: Request, parts: list[str]) -> Response:
        """Answer, and keep the answer where the next one will be the same."""
        self._forget_walks()
        self._walks[asked] += 1
        response = json_response(self._read(view, request, parts))
        if view.positions["content_type"] == "text_plain":
            response.headers["content-type"] = "text/plain;charset=UTF-8"
        first_call = view.positions["error_member"] == "first_call"
        if view.positions["row_order"] == "shifts_up" or first_call:
            return response
        return self._kept.keep(asked, response)

    def _forget_walks(self) -> None:
        if self._generation != self._shared.generation:
            self._walks.clear()
            self._generation = self._shared.generation

    # What a path leads to

    def _read(self, view: View, request: Request, parts: list[str]) -> Json:
        """Find out what a path is about, and read it."""
        place = view.positions["analytics_path"]
        for path, template, read in self._reads if parts[0] == "rest" else ():
            found = _match(template, parts[1:])
            if found is None:
                continue
            if _DETAILS.get(path, place) != place:
                raise wrong_path(view.positions)
            return read(self._find(view, request, found))
        raise refusal(view.positions, UNKNOWN_URL)

    def _find(self, view: View, request: Request, found: dict[str, str]) -> Asked:
        """Find the event that a path or a session belongs to; refuse what is not there."""
        keys = tuple(value for name, value in found.items() if not name.startswith("event"))
        event = None
        if "event" in found or "event_id" in found:
            event = self._find_event(view, found)
            if event is None:
                raise refusal(view.positions, EVENT_NOT_FOUND)
        elif "session" in found:
            event = view.event_of(self._find_session(view, found["session"]))
        else:
            # The analytics of all sessions: no event is in the path, and any will do.
            event = hub_event(self._shared.world, 0)
        if found and view.is_forbidden(event.number):
            raise refusal(view.positions, NOT_HOST)
        return Asked(view, _url(request), request.query_params, event, keys)

    def _find_event(self, view: View, found: Mapping[str, str]) -> HubEvent | None:
        slug, key = found.get("event"), found.get("event_id")
        return next((e for e in view.events() if e.slug == slug or str(e.key) == key), None)

    def _find_session(self, view: View, key: str) -> HubSession:
        session = find_session(view.world, int(key)) if key.isdecimal() else None
        if session is None:
            raise refusal(view.positions, SESSION_NOT_FOUND)
        return session

    # Events, sessions, and what happened in those

    def _event(self, asked: Asked) -> Json:
        """10."""
        return listings.event_details(asked.view, asked.event)

    def _sessions(self, asked: Asked) -> Json:
        """7.1."""
        self._check_event_id(asked)
        view, wanted = asked.view, asked.expansions
        page = self._pager(asked).cut(view.sessions(asked.event))
        rows = [shapes.listed_session(view, session, wanted) for session in page]
        return self._send(asked, asked.envelope("sessions"), rows, len(view.sessions(asked.event)))

    def _analytics(self, asked: Asked) -> Json:
        """6.1: of the whole organisation, or of the event that a parameter names."""
        view, wanted = asked.view, asked.expansions
        events = view.hosted()
        if asked.positions["analytics_scope"] == "event":
            slug, key = asked.query.get("eventurl"), asked.query.get("eventId")
            if not slug and not key:
                raise bad_request(asked.positions, "eventurl is required")
            events = [e for e in view.events() if e.slug == slug or str(e.key) == key]
            if not events:
                raise refusal(asked.positions, EVENT_NOT_FOUND)
            if view.is_forbidden(events[0].number):
                raise refusal(asked.positions, NOT_HOST)
        sessions = [session for event in events for session in view.sessions(event)]
        page = self._host_page(asked, sessions)
        rows = [shapes.analytics(view, session, wanted) for session in page]
        return self._send(asked, asked.envelope("", "analytics_envelope"), rows, len(sessions))

    def _details(self, asked: Asked) -> Json:
        """6.2."""
        session = self._find_session(asked.view, asked.keys[0])
        if session.event != asked.event.number:
            raise refusal(asked.positions, SESSION_NOT_FOUND)
        return shapes.details(asked.view, session, asked.expansions)

    def _session_attendees(self, asked: Asked) -> Json:
        """6.3."""
        view = asked.view
        session = self._find_session(view, asked.keys[0])
        visits = view.attendees(session)
        page = self._host_page(asked, visits)
        rows = [shapes.holder(view, session, visit) for visit in page]
        envelope = asked.envelope("", "session_attendees_envelope")
        return self._send(asked, envelope, rows, len(visits))

    # Speakers, tickets and orders

    def _speakers(self, asked: Asked) -> Json:
        """9.1: `expand` has to be there."""
        if "expand" not in asked.query:
            raise bad_request(asked.positions, "expand is required")
        self._check_event_id(asked)
        speakers = asked.event.speakers
        if asked.view.has_error(asked.event):
            return asked.envelope("speakers").with_error("Cannot read speakers")
        return self._send_list(asked, "speakers", speakers, listings.speaker)

    def _attendees(self, asked: Asked) -> Json:
        """8.1."""
        view, event = asked.view, asked.event
        tickets = view.tickets(event)
        page = self._pager(asked, default_size=100).cut(tickets)
        rows = [listings.attendee(view, event, ticket, order) for ticket, order in page]
        envelope = asked.envelope("", "attendees_envelope", listings.counters(view, event))
        return self._send(asked, envelope, rows, len(tickets))

    def _orders(self, asked: Asked) -> Json:
        """8.2: those that changed since `searchTimeStamp`, if that is there and understood."""
        orders = self._changed(asked, asked.view.orders(asked.event))
        return self._send_list(asked, "orders", orders, listings.order)

    def _changed(self, asked: Asked, orders: list[HubOrder]) -> list[HubOrder]:
        since, form = asked.query.get("searchTimeStamp"), asked.positions["order_filter"]
        if not since or form == "ignored":
            return orders
        zone = asked.event.zone if form == "event_zone" else UTC
        try:
            moment = datetime.strptime(since, "%m/%d/%Y %H:%M:%S").replace(tzinfo=zone)
        except ValueError:
            raise bad_request(asked.positions, "searchTimeStamp is not valid") from None
        edge = moment.timestamp() * 1000
        return [order for order in orders if changed_at(asked.view.world, order) >= edge]

    def _ticket_types(self, asked: Asked) -> Json:
        """8.5: no pages, and an envelope of its own."""
        view, event = asked.view, asked.event
        kinds = [listings.ticket_type(view, event, kind) for kind in event.ticket_types]
        return {"ticketTypes": kinds, "chartKey": None}

    # Sponsors and exhibitors

    def _sponsors(self, asked: Asked) -> Json:
        """9.2: by the event's number, not by its address."""
        return self._send_list(asked, "sponsors", asked.event.sponsors, listings.sponsor)

    def _sponsor_clicks(self, asked: Asked) -> Json:
        """9.2."""
        return self._send_list(asked, "sponsors", asked.event.sponsors, listings.sponsor_clicks)

    def _exhibitors(self, asked: Asked) -> Json:
        """9.3."""
        companies = asked.event.exhibitors
        more = {
            "numberOfExhibitorsRemainingToEnable": 7,
            "numberOfProExhibitorPurchased": len(companies),
        }
        return self._send_list(asked, "exhibitors", companies, listings.exhibitor, more)

    def _staff(self, asked: Asked) -> Json:
        """9.3."""
        exhibitors = asked.event.exhibitors
        company = next((c for c in exhibitors if str(c.key) == asked.keys[0]), None)
        if company is None:
            raise refusal(asked.positions, EXHIBITOR_NOT_FOUND)

        def shape(view: View, event: HubEvent, member: HubStaff) -> Shape:
            return listings.staff(view, event, company, member)

        return self._send_list(asked, "staff", company.staff, shape)

    # Pages

    def _check_event_id(self, asked: Asked) -> None:
        """Refuse a list of the host's side that was asked for without the event's number."""
        required = asked.positions["event_id_param"] == "required"
        if required and asked.query.get("eventId") != str(asked.event.key):
            raise bad_request(asked.positions, "eventId is required")

    def _pager(self, asked: Asked, *, default_size: int = 10) -> Pager:
        return Pager(asked.positions, asked.query, default_size, rows_fall=self._falls(asked))

    def _falls(self, asked: Asked) -> bool:
        """Tell whether rows fall between the pages of this walk: the first one since a change."""
        if asked.positions["row_order"] != "shifts_up":
            return False
        path = asked.url.partition("?")[0]
        walks = sum(
            count
            for url, count in self._walks.items()
            if url.startswith(f"{path}?") and "page=0" in url.partition("?")[2].split("&")
        )
        return walks <= 1

    def _host_page(self, asked: Asked, rows: Sequence[Any]) -> Sequence[Any]:
        return self._pager(asked).cut(rows) if asked.positions["host_pages"] == "paged" else rows

    def _send_list(
        self,
        asked: Asked,
        name: str,
        things: Sequence[T],
        shape: Callable[[View, HubEvent, T], Shape],
        more: Shape | None = None,
    ) -> Json:
        """Send a page of a list of one event."""
        rows = [shape(asked.view, asked.event, one) for one in self._pager(asked).cut(things)]
        return self._send(asked, asked.envelope(name, more=more), rows, len(things))

    def _send(self, asked: Asked, envelope: Envelope, rows: list[Json], total: int) -> Json:
        """Put a page into its envelope, or answer the first call with an error at 200."""
        if asked.positions["error_member"] == "first_call" and self._is_first(asked):
            return envelope.with_error("Something went wrong")
        return envelope.around(rows, total)

    def _is_first(self, asked: Asked) -> bool:
        """Tell whether this was never asked for since something changed."""
        return self._walks[asked.url] == 1


def _url(request: Request) -> str:
    """Give all that an answer depends on, besides the state of the sandbox."""
    return f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"


def _match(template: list[str], parts: list[str]) -> dict[str, str] | None:
    """Match a path with a template; give what stands for the names in braces."""
    if len(template) != len(parts):
        return None
    found = {}
    for expected, part in zip(template, parts, strict=True):
        if expected.startswith("{") and part:
            found[expected[1:-1]] = part
        elif expected != part:
            return None
    return found
