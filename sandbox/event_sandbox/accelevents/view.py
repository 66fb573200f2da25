"""What of the world this vendor knows by now: the ground that the answers and the truth share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from event_sandbox.world.hub import OTHER, hub_event, hub_sessions
from event_sandbox.world.hub_people import hub_orders, hub_visits

if TYPE_CHECKING:
    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.hub import HubAsset, HubEvent, HubSession
    from event_sandbox.world.hub_people import HubOrder, HubTicket, HubVisit
    from event_sandbox.world.model import Millis

FORBIDDEN: Final = 1
"""The number of the event that refuses everything, or its speakers only, by a switch."""


def look(world: World, positions: Positions) -> View:
    """Look at a world as it stands now."""
    return View(world, positions, world.now)


@dataclass(frozen=True, slots=True)
class View:
    """One organisation's events, under given positions of the switches."""

    world: World
    positions: Positions
    now: Millis
    """The instant at which the world stands."""
    wanted: frozenset[str] = frozenset()
    """What is only sent when it is asked for, as constants that stand in `expand`."""

    def events(self) -> list[HubEvent]:
        """Give the events that a reader is told to read."""
        return [hub_event(self.world, number) for number in range(self.world.size.hub_events)]

    def readable(self) -> list[HubEvent]:
        """Give those among them that do not refuse."""
        return [event for event in self.events() if not self.is_forbidden(event.number)]

    def is_forbidden(self, event: int) -> bool:
        """Tell whether the key's owner is not the host of this event."""
        return self.positions["foreign_event"] == "one" and event == FORBIDDEN

    def hosted(self) -> list[HubEvent]:
        """Give all events of the organisation that its key can see."""
        return [hub_event(self.world, OTHER), *self.readable()]

    def has_error(self, event: HubEvent) -> bool:
        """Tell whether the event's list of speakers never comes without an error."""
        return self.positions["error_member"] == "one_list" and event.number == FORBIDDEN

    def sessions(self, event: HubEvent) -> list[HubSession]:
        """Give the sessions of an event."""
        return hub_sessions(self.world, event.number)

    def event_of(self, session: HubSession) -> HubEvent:
        """Give the event of a session."""
        return hub_event(self.world, session.event)

    def registrants(self, session: HubSession) -> list[HubVisit]:
        """Give who registered for a session."""
        visits = hub_visits(self.world, session)
        return [v for v in visits if v.registered is not None and v.registered <= self.now]

    def attendees(self, session: HubSession) -> list[HubVisit]:
        """Give who registered for a session or just came."""
        over = session.is_over(self.now)
        return [
            visit
            for visit in hub_visits(self.world, session)
            if (over if visit.registered is None else visit.registered <= self.now)
        ]

    def came(self, session: HubSession) -> list[HubVisit]:
        """Give who came to a session that is over."""
        if not session.is_over(self.now):
            return []
        return [visit for visit in hub_visits(self.world, session) if visit.comes]

    def assets(self, session: HubSession) -> list[HubAsset]:
        """Give a session's videos, once they were made."""
        return [asset for asset in session.assets if asset.created <= self.now]

    def orders(self, event: HubEvent) -> list[HubOrder]:
        """Give the orders that were made."""
        return [o for o in hub_orders(self.world, event) if o.made <= self.now]

    def tickets(self, event: HubEvent) -> list[tuple[HubTicket, HubOrder]]:
        """Give the tickets that were sold, with their orders."""
        return [(ticket, order) for order in self.orders(event) for ticket in order.tickets]

    def ticket_status(self, event: HubEvent, ticket: HubTicket, order: HubOrder) -> str:
        """Give where a ticket stands."""
        if order.is_refunded(self.now):
            return "REFUNDED"
        arrived = ticket.comes and event.starts <= self.now
        checked_in = arrived or ticket.barcode in self.world.hub_checked_in
        return "CHECKED_IN" if checked_in else "BOOKED"

    def seconds(self, session: HubSession) -> int | None:
        """Give how long a session's video is, once it was held."""
        if not session.has_video or not session.is_over(self.now):
            return None
        return session.minutes * 60 - session.number
