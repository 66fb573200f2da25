"""What a day brings to a hub, counted; and when, by the real clock, an order changed.

A vendor that answers "changed since" compares with the time at which it learnt of a change. Days of
the world pass when the control API says so: what they bring is learnt at that moment.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from event_sandbox.world.hub import DAY, hub_event, hub_now, hub_sessions
from event_sandbox.world.hub_people import hub_orders, hub_visits

if TYPE_CHECKING:
    from event_sandbox.world.hub_model import HubOrder, HubSession
    from event_sandbox.world.model import Millis, World

DAYS_IN_MOTION: Final = 10
"""Later than so many days after a session, nothing of it comes to light any more."""


def note_hub_step(world: World, changes: Counter[str]) -> None:
    """Note the real time of a step that was just made, and count what came to light with it."""
    world.made_online["hub_step", world.step] = int(time.time() * 1000)
    after = hub_now(world)
    oldest = after - (DAYS_IN_MOTION + 1) * DAY
    for number in range(world.size.hub_events):
        orders = hub_orders(world, hub_event(world, number))
        sessions = hub_sessions(world, number)
        moving = [s for s in sessions if s.ends is None or s.ends > oldest]
        known = _known(world, orders, moving, after)
        changes.update(known - _known(world, orders, moving, after - DAY))


def changed_at(world: World, order: HubOrder) -> Millis:
    """Give when the vendor learnt of the newest change of an order, by the real clock."""
    now = hub_now(world)
    known = [at for at in (order.made, order.refunded) if at is not None and at <= now]
    first = now - world.step * DAY
    step = -(-(max(known) - first) // DAY)
    return int(world.made_online["hub_step", step]) if step > 0 else max(known)


def _known(
    world: World, orders: tuple[HubOrder, ...], sessions: list[HubSession], at: Millis
) -> Counter[str]:
    """Count what is known at an instant of an event's orders, and of some of its sessions."""
    known = Counter(
        hub_sessions_new=sum(session.known_from <= at for session in sessions),
        hub_orders=sum(order.made <= at for order in orders),
        hub_refunds=sum(order.is_refunded(at) for order in orders),
    )
    for session in sessions:
        visits = hub_visits(world, session)
        over = session.is_over(at)
        known["hub_registrations"] += sum((v.registered or at + 1) <= at for v in visits)
        known["hub_stays"] += sum(over and visit.comes for visit in visits)
        known["hub_corrections"] += sum(
            over and visit.first_seconds != visit.seconds and visit.corrected_from <= at
            for visit in visits
        )
    return known
