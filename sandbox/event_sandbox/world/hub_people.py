"""Let people buy tickets for a hub's events, register for sessions, come, and watch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from event_sandbox.world import names
from event_sandbox.world.hub import (
    AHEAD,
    BIG,
    DESERTED,
    OTHER,
    SERIES,
    hub_event,
)
from event_sandbox.world.model import DAY, Growing, instant, once
from event_sandbox.world.people import person_at

if TYPE_CHECKING:
    import random
    from datetime import date

    from event_sandbox.world.hub import HubEvent, HubSession, HubTicketType
    from event_sandbox.world.model import Millis, Person, World

_CAME: Final = 0.7
_REGISTERED: Final = 0.5
_WALKED_IN: Final = 0.15
_LATE: Final = 0.2
_REPLAYED: Final = 0.3
_ORDER_TYPES: Final = ("CARD", "CASH", "COMPLIMENTARY", "UNPAID", "EXTERNAL_TRANSACTION")


@dataclass(frozen=True, slots=True)
class HubTicket:
    """One ticket: the right of one person to come."""

    number: int
    key: int
    barcode: str
    person: Person
    type: HubTicketType
    comes: bool


@dataclass(frozen=True, slots=True)
class HubOrder:
    """What one person bought at once."""

    number: int
    key: int
    buyer: Person
    made: Millis
    refunded: Millis | None
    tickets: tuple[HubTicket, ...]
    type: str
    note: str | None

    def is_refunded(self, now: Millis) -> bool:
        """Tell whether the money went back."""
        return self.refunded is not None and self.refunded <= now


@dataclass(frozen=True, slots=True)
class HubVisit:
    """What one ticket's holder has to do with one session; who just came never registered."""

    ticket: HubTicket
    registered: Millis | None
    comes: bool
    seconds: Growing
    """How long the video was watched."""
    replayed_from: Millis | None
    interested: bool


def note_hub_step(world: World) -> None:
    """Note the real time of a step that was just made.

    A vendor that answers "changed since" compares with the time at which it learnt of a change:
    what a day of the world brings is learnt when the control API lets that day pass.
    """
    world.made_online["hub_step", world.step] = int(time.time() * 1000)


def changed_at(world: World, order: HubOrder) -> Millis:
    """Give when the vendor learnt of the newest change of an order, by the real clock."""
    known = max(at for at in (order.made, order.refunded) if at is not None and at <= world.now)
    first = world.now - world.step * DAY
    step = -(-(known - first) // DAY)
    return int(world.made_online["hub_step", step]) if step > 0 else known


@once
def hub_orders(world: World, event: HubEvent) -> list[HubOrder]:
    """Give all orders that are ever made for an event, in the order in which they are made."""
    rng = world.rng("hub", event.number, "orders")
    orders: list[HubOrder] = []
    place = 0
    for number, day in enumerate(_order_days(world, event, rng)):
        # No change to daylight saving time ever falls into these hours.
        made = instant(day, rng.randrange(8 * 60, 15 * 60), event.zone)
        numbers = [rng.randrange(world.size.people) for _ in range(1 + number % 3)]
        people = [person_at(world, "hub", number) for number in numbers]
        order = HubOrder(
            number=number,
            key=122_000 + 1000 * (event.number - OTHER) + number,
            buyer=people[0],
            made=made,
            refunded=_refund(world, event, number, made),
            tickets=tuple(
                _make_ticket(event, place + at, person, rng) for at, person in enumerate(people)
            ),
            type=_ORDER_TYPES[number % len(_ORDER_TYPES)],
            note=rng.choice(names.NOTES) if number % 4 == 0 else None,
        )
        orders.append(order)
        place += len(people)
    return orders


def _order_days(world: World, event: HubEvent, rng: random.Random) -> list[date]:
    """Give the day of each order: a batch before the event, or one each day as time passes."""
    later = [world.first_today + timedelta(days=1 + n) for n in range(60)]
    if event.number == AHEAD:
        return later[:12]
    count = 18 if event.number in (BIG, SERIES) else 9
    before = min(event.first_day, world.first_today)
    days = sorted(before - timedelta(days=rng.randint(1, 40)) for _ in range(count))
    return days + later if event.number == SERIES else days


def _refund(world: World, event: HubEvent, number: int, made: Millis) -> Millis | None:
    """Give when an order is refunded; of the big event, which is long over, on every other day."""
    if number % 6 == 2 and event.number == BIG:  # noqa: PLR2004 - every sixth
        day = world.first_today + timedelta(days=1 + 2 * (number // 6))
        return instant(day, 10 * 60, event.zone)
    return made + 3 * DAY if number % 4 == 1 else None


def _make_ticket(event: HubEvent, place: int, person: Person, rng: random.Random) -> HubTicket:
    return HubTicket(
        number=place,
        key=9_000_000 + (event.number - OTHER) * 10_000 + place,
        barcode=f"00{event.key}{place:04d}" if place % 3 else f"NL-{event.key}-{place:04X}",
        person=person,
        type=event.ticket_types[place % len(event.ticket_types)],
        comes=rng.random() < _CAME,
    )


@once
def hub_visits(world: World, session: HubSession) -> list[HubVisit]:
    """Give all that people ever have to do with a session: some register, some just come."""
    rng = world.rng("hub", session.event, "visits", session.number)
    visits: list[HubVisit] = []
    if (session.event, session.number) == DESERTED:
        return visits
    for order in hub_orders(world, hub_event(world, session.event)):
        for ticket in order.tickets:
            fate = rng.random()
            too_late = session.starts is not None and order.made >= session.starts
            if fate < _REGISTERED + _WALKED_IN and not too_late:
                visits.append(
                    _make_visit(session, order, ticket, rng, registers=fate < _REGISTERED)
                )
    return visits


def _make_visit(
    session: HubSession,
    order: HubOrder,
    ticket: HubTicket,
    rng: random.Random,
    *,
    registers: bool,
) -> HubVisit:
    ends = session.ends or 0
    late = rng.randrange(2, 9) * DAY if rng.random() < _LATE else 0
    seconds = rng.randrange(60, session.minutes * 60)
    missing = seconds - seconds // 2 if late else 0
    known_from = max(order.made, session.known_from)
    days = ((session.starts or known_from + 2 * DAY) - known_from) // DAY
    return HubVisit(
        ticket=ticket,
        registered=known_from + rng.randrange(max(1, days)) * DAY if registers else None,
        comes=session.starts is not None and (not registers or rng.random() < _CAME),
        seconds=Growing(seconds - missing, missing, ends + late),
        replayed_from=ends + rng.randrange(1, 9) * DAY if rng.random() < _REPLAYED else None,
        interested=rng.random() < _LATE,
    )
