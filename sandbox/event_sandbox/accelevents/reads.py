"""What is answered at each path that is read.

The numbers in the texts are sections of what is known of this API: 6 analytics, 7 sessions,
8 tickets and orders, 9 speakers and companies, 10 events.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.accelevents import listings, shapes
from event_sandbox.accelevents.errors import (
    EVENT_NOT_FOUND,
    EXHIBITOR_NOT_FOUND,
    NOT_HOST,
    SESSION_NOT_FOUND,
    bad_request,
    refusal,
)
from event_sandbox.world.hub import find_session, hub_event
from event_sandbox.world.hub_people import changed_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.accelevents.asked import Asked
    from event_sandbox.accelevents.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.hub import HubCompany, HubEvent, HubSession
    from event_sandbox.world.hub_people import HubOrder


def find(view: View, **names: str) -> tuple[Any, ...]:
    """Find the event that a path is about, and what else it names; refuse what is not there."""
    rest: list[HubSession | HubCompany] = []
    if "event" in names or "event_id" in names:
        event = _event_at(view, names.get("event"), names.get("event_id"))
    elif "session" in names:
        event = _as_host(view, view.event_of(_session_at(view, names["session"])))
    else:
        # The analytics of all sessions: no event is in the path, and any will do.
        event = hub_event(view.world, 0)
    if "session" in names:
        session = _session_at(view, names["session"])
        if session.event != event.number:
            raise refusal(view.positions, SESSION_NOT_FOUND)
        rest.append(session)
    if "exhibitor" in names:
        rest += [one for one in event.exhibitors if str(one.key) == names["exhibitor"]]
        if not rest:
            raise refusal(view.positions, EXHIBITOR_NOT_FOUND)
    return event, *rest


def _event_at(view: View, slug: str | None, key: str | None) -> HubEvent:
    for event in view.events():
        if event.slug == slug or str(event.key) == key:
            return _as_host(view, event)
    raise refusal(view.positions, EVENT_NOT_FOUND)


def _as_host(view: View, event: HubEvent) -> HubEvent:
    """Give an event back, or refuse if the key's owner is not its host."""
    if view.is_forbidden(event.number):
        raise refusal(view.positions, NOT_HOST)
    return event


def _session_at(view: View, key: str) -> HubSession:
    session = find_session(view.world, int(key)) if key.isdecimal() else None
    if session is None:
        raise refusal(view.positions, SESSION_NOT_FOUND)
    return session


# Sessions, and what happened in those


def _sessions(asked: Asked) -> Json:
    """7.1."""
    asked.check_event_id()
    sessions = asked.view.sessions(asked.event)
    return asked.expanded().send("sessions", sessions, shapes.listed_session)


def _analytics(asked: Asked) -> Json:
    """6.1: of the whole organisation, or of the event that a parameter names."""
    asked = asked.expanded()
    view, events = asked.view, asked.view.hosted()
    if asked.positions["analytics_scope"] == "event":
        slug, key = asked.query.get("eventurl"), asked.query.get("eventId")
        if not slug and not key:
            raise bad_request(asked.positions, "eventurl is required")
        events = [_event_at(view, slug, key)]
    return asked.send(
        "analytics",
        [session for event in events for session in view.sessions(event)],
        lambda _view, _event, one: shapes.analytics(view, view.event_of(one), one),
        _pages_of_the_host(asked),
    )


def _details(asked: Asked, session: HubSession) -> Json:
    """6.2."""
    return shapes.details(asked.expanded().view, asked.event, session)


def _session_attendees(asked: Asked, session: HubSession) -> Json:
    """6.3."""
    return asked.send(
        "session_attendees",
        asked.view.attendees(session),
        lambda view, event, visit: shapes.holder(view, event, session, visit),
        _pages_of_the_host(asked),
    )


def _pages_of_the_host(asked: Asked) -> int | None:
    """Give the size of pages of lists of which it is not documented whether they have any."""
    return 10 if asked.positions["host_pages"] == "paged" else None


# Speakers, tickets and orders


def _speakers(asked: Asked) -> Json:
    """9.1: `expand` has to be there."""
    if "expand" not in asked.query:
        raise bad_request(asked.positions, "expand is required")
    asked.check_event_id()
    return asked.send("speakers", asked.event.speakers, listings.speaker)


def _attendees(asked: Asked) -> Json:
    """8.1."""
    return asked.send(
        "attendees",
        asked.view.tickets(asked.event),
        lambda view, event, sold: listings.attendee(view, event, *sold),
        page_size=100,
        more=listings.counters(asked.view, asked.event),
    )


def _orders(asked: Asked) -> Json:
    """8.2: those that changed since `searchTimeStamp`, if that is there and understood."""
    orders = _changed(asked, asked.view.orders(asked.event))
    return asked.send("orders", orders, listings.order)


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
    return asked.send("exhibitors", companies, listings.exhibitor, more=more)


def _staff(asked: Asked, company: HubCompany) -> Json:
    """9.3."""
    return asked.send(
        "staff",
        company.staff,
        lambda view, event, member: listings.staff(view, event, company, member),
    )


DETAILS: Final = {
    "host/session/{session}/analytics": "session_id_analytics",
    "host/session/analytics/{session}": "analytics_session_id",
    "host/event/{event}/session/{session}/analytics": "event_session_id_analytics",
}
"""Where a session's analytics may be, and the positions of the switch."""

READS: Final[dict[str, Callable[..., Json]]] = {
    "host/event/{event}/eventDetails": lambda asked: listings.event_details(
        asked.view, asked.event
    ),
    "host/event/{event}/session": _sessions,
    "host/event/{event}/speaker": _speakers,
    "host/event/{event}/sponsors/analytics": lambda asked: asked.send(
        "sponsors", asked.event.sponsors, listings.sponsor_clicks
    ),
    "host/session/analytics": _analytics,
    "host/session/{session}/attendee": _session_attendees,
    "events/{event}/staff/allAttendees": _attendees,
    "events/{event}/staff/orders": _orders,
    "events/{event}/staff/ticketing/settings": _ticket_types,
    # By the event's number, not by its address.
    "event/{event_id}/sponsors": lambda asked: asked.send(
        "sponsors", asked.event.sponsors, listings.sponsor
    ),
    "event/{event}/exhibitor/summary": _exhibitors,
    "event/{event}/exhibitor/{exhibitor}/staff": _staff,
    **dict.fromkeys(DETAILS, _details),
}
"""By path below /rest, what answers there."""
