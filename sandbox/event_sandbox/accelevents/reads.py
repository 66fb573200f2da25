"""What is answered at each path that is read.

The numbers in the texts are sections of what is known of this API: 6 analytics, 7 sessions,
8 tickets and orders, 9 speakers and companies, 10 events.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from event_sandbox.accelevents import listings, shapes
from event_sandbox.accelevents.errors import (
    EVENT_NOT_FOUND,
    EXHIBITOR_NOT_FOUND,
    NOT_HOST,
    SESSION_NOT_FOUND,
    bad_request,
    refusal,
)
from event_sandbox.world.hub import find_session
from event_sandbox.world.hub_people import changed_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.accelevents.asked import Asked
    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.accelevents.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.hub_model import HubEvent, HubOrder, HubSession, HubStaff


def event_at(view: View, slug: str | None, key: str | None) -> HubEvent:
    """Find the event that a request names, by its address or its number, or refuse."""
    for event in view.events():
        if event.slug == slug or str(event.key) == key:
            return require_host(view, event)
    raise refusal(view.positions, EVENT_NOT_FOUND)


def require_host(view: View, event: HubEvent) -> HubEvent:
    """Give an event back, or refuse if the key's owner is not its host."""
    if view.is_forbidden(event.number):
        raise refusal(view.positions, NOT_HOST)
    return event


def session_at(view: View, key: str) -> HubSession:
    """Find the session that a path names, or refuse."""
    session = find_session(view.world, int(key)) if key.isdecimal() else None
    if session is None:
        raise refusal(view.positions, SESSION_NOT_FOUND)
    return session


# Sessions, and what happened in those


def _sessions(asked: Asked) -> Json:
    """7.1."""
    asked.check_event_id()
    view, wanted = asked.view, asked.expansions
    sessions = view.sessions(asked.event)
    rows = [shapes.listed_session(view, session, wanted) for session in asked.page(sessions)]
    return asked.send(rows, len(sessions), "sessions")


def _analytics(asked: Asked) -> Json:
    """6.1: of the whole organisation, or of the event that a parameter names."""
    view, wanted = asked.view, asked.expansions
    events = view.hosted()
    if asked.positions["analytics_scope"] == "event":
        slug, key = asked.query.get("eventurl"), asked.query.get("eventId")
        if not slug and not key:
            raise bad_request(asked.positions, "eventurl is required")
        events = [event_at(view, slug, key)]
    sessions = [session for event in events for session in view.sessions(event)]
    rows = [shapes.analytics(view, session, wanted) for session in asked.host_page(sessions)]
    return asked.send(rows, len(sessions), switch="analytics_envelope")


def _details(asked: Asked) -> Json:
    """6.2."""
    session = session_at(asked.view, asked.keys[0])
    if session.event != asked.event.number:
        raise refusal(asked.positions, SESSION_NOT_FOUND)
    return shapes.details(asked.view, session, asked.expansions)


def _session_attendees(asked: Asked) -> Json:
    """6.3."""
    view, session = asked.view, session_at(asked.view, asked.keys[0])
    visits = view.attendees(session)
    rows = [shapes.holder(view, session, visit) for visit in asked.host_page(visits)]
    return asked.send(rows, len(visits), switch="session_attendees_envelope")


# Speakers, tickets and orders


def _speakers(asked: Asked) -> Json:
    """9.1: `expand` has to be there."""
    if "expand" not in asked.query:
        raise bad_request(asked.positions, "expand is required")
    asked.check_event_id()
    return asked.send_list("speakers", asked.event.speakers, listings.speaker)


def _attendees(asked: Asked) -> Json:
    """8.1."""
    view, event = asked.view, asked.event
    tickets = view.tickets(event)
    page = asked.page(tickets, default_size=100)
    rows = [listings.attendee(view, event, ticket, order) for ticket, order in page]
    more = listings.counters(view, event)
    return asked.send(rows, len(tickets), switch="attendees_envelope", more=more)


def _orders(asked: Asked) -> Json:
    """8.2: those that changed since `searchTimeStamp`, if that is there and understood."""
    orders = _changed(asked, asked.view.orders(asked.event))
    return asked.send_list("orders", orders, listings.order)


def _changed(asked: Asked, orders: list[HubOrder]) -> list[HubOrder]:
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


def _ticket_types(asked: Asked) -> Json:
    """8.5: no pages, and an envelope of its own."""
    view, event = asked.view, asked.event
    kinds = [listings.ticket_type(view, event, kind) for kind in event.ticket_types]
    return {"ticketTypes": kinds, "chartKey": None}


# Exhibitors


def _exhibitors(asked: Asked) -> Json:
    """9.3."""
    companies = asked.event.exhibitors
    more = {
        "numberOfExhibitorsRemainingToEnable": 7,
        "numberOfProExhibitorPurchased": len(companies),
    }
    return asked.send_list("exhibitors", companies, listings.exhibitor, more)


def _staff(asked: Asked) -> Json:
    """9.3."""
    exhibitors = asked.event.exhibitors
    company = next((c for c in exhibitors if str(c.key) == asked.keys[0]), None)
    if company is None:
        raise refusal(asked.positions, EXHIBITOR_NOT_FOUND)

    def shape(view: View, event: HubEvent, member: HubStaff) -> Shape:
        return listings.staff(view, event, company, member)

    return asked.send_list("staff", company.staff, shape)


DETAILS: Final = {
    "host/session/{session}/analytics": "session_id_analytics",
    "host/session/analytics/{session}": "analytics_session_id",
    "host/event/{event}/session/{session}/analytics": "event_session_id_analytics",
}
"""Where a session's analytics may be, and the positions of the switch."""

READS: Final[dict[str, Callable[[Asked], Json]]] = {
    "host/event/{event}/eventDetails": lambda asked: listings.event_details(
        asked.view, asked.event
    ),
    "host/event/{event}/session": _sessions,
    "host/event/{event}/speaker": _speakers,
    "host/event/{event}/sponsors/analytics": lambda asked: asked.send_list(
        "sponsors", asked.event.sponsors, listings.sponsor_clicks
    ),
    "host/session/analytics": _analytics,
    "host/session/{session}/attendee": _session_attendees,
    "events/{event}/staff/allAttendees": _attendees,
    "events/{event}/staff/orders": _orders,
    "events/{event}/staff/ticketing/settings": _ticket_types,
    # By the event's number, not by its address.
    "event/{event_id}/sponsors": lambda asked: asked.send_list(
        "sponsors", asked.event.sponsors, listings.sponsor
    ),
    "event/{event}/exhibitor/summary": _exhibitors,
    "event/{event}/exhibitor/{exhibitor}/staff": _staff,
    **dict.fromkeys(DETAILS, _details),
}
"""By path below /rest, what answers there."""
