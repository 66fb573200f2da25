"""Count what a day brings to online events, live chats and hubs.

Facts come to light by themselves as days pass; this only tells how many did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.world import chats, hub, hub_people, online, online_people
from event_sandbox.world.model import DAY

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from event_sandbox.world.model import Millis, World

Fact = tuple[str, "Millis | None"]
"""Its kind, and from when on it is known; None for never."""

DAYS_IN_MOTION: Final = 11
"""Longer ago than so many days, nothing of an event or a session comes to light any more."""


def count_news(world: World, changes: Counter[str]) -> None:
    """Count what came to light with the day that just passed."""
    began = world.now - DAY
    changes["online_events_new"] += world.step % 2
    changes["chats_new"] += world.step % 2
    for facts in (_of_online_events, _of_chats, _of_hubs):
        for kind, at in facts(world):
            changes[kind] += at is not None and began < at <= world.now


def _of_online_events(world: World) -> Iterator[Fact]:
    for number in online.event_numbers(world):
        found = online.event(world, number)
        if found.ends is not None and found.ends < world.now - DAYS_IN_MOTION * DAY:
            continue
        yield "online_events_ended", found.ends
        for entry in online_people.registrations(world, found):
            yield "online_registrations", entry.known_from
        for session in found.sessions:
            yield "online_recordings", session.recorded_from
        if found.starts > world.now:
            continue
        done = online_people.activity(world, found)
        for stays in (*done.stays.values(), *done.visits.values()):
            for stay in stays:
                yield "online_stays", stay.known_from
                if stay.spent.more:
                    yield "online_corrections", stay.spent.more_from
        yield from (("online_answers", answer.at) for answer in done.answers)
        yield from (("online_questions", question.at) for question in done.questions)
        yield from (("online_replays", view.at) for view in done.replays)


def _of_chats(world: World) -> Iterator[Fact]:
    for number in chats.chat_numbers(world):
        found = chats.chat(world, number)
        if found.ends < world.now - (chats.DAYS_IN_MOTION + 2) * DAY:
            continue
        yield "chats_called_off", found.called_off_from
        if found.called_off_from is not None and found.called_off_from <= world.now:
            continue
        for entry in chats.candidates(world, number):
            yield "chat_candidates", entry.known_from
            yield "chat_registrations", entry.registered_from
            yield "chat_attendances", entry.attended_from
            if entry.erased_from is not None:
                yield "chat_erasures", max(entry.erased_from, entry.known_from)


def _of_hubs(world: World) -> Iterator[Fact]:
    for number in range(world.size.hub_events):
        for order in hub_people.hub_orders(world, hub.hub_event(world, number)):
            yield "hub_orders", order.made
            yield "hub_refunds", order.refunded
        for session in hub.hub_sessions(world, number):
            if session.ends is not None and session.ends < world.now - DAYS_IN_MOTION * DAY:
                continue
            yield "hub_sessions_new", session.known_from
            for visit in hub_people.hub_visits(world, session):
                yield "hub_registrations", visit.registered
                yield "hub_stays", session.ends if visit.comes else None
                if visit.seconds.more:
                    yield "hub_corrections", visit.seconds.more_from
