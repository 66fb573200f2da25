"""What a day brings to online events, counted.

Facts come to light by themselves as days pass (see `online_model`); this only tells how many did.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from event_sandbox.world.online import DAY, event, event_numbers
from event_sandbox.world.online_people import activity, registrations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from event_sandbox.world.model import Millis, World
    from event_sandbox.world.online_model import OnlineEvent

DAYS_IN_MOTION: Final = 10
"""Later than so many days after an event, nothing of it comes to light any more."""


def count_changes(
    world: World, before: Millis, after: Millis, new: Iterable[int], changes: Counter[str]
) -> None:
    """Count what came to light between two instants; `new` are events that came into being."""
    changes["online_events_new"] += len(set(new))
    for number in event_numbers(world):
        found = event(world, number)
        if found.ends is None or found.ends > before - DAYS_IN_MOTION * DAY:
            changes.update(_known(world, found, after) - _known(world, found, before))


def _known(world: World, found: OnlineEvent, at: Millis) -> Counter[str]:
    """Count what is known of an event at an instant."""
    entries = registrations(world, found)
    recorded = [session.recorded_from for session in found.sessions if session.recorded_from]
    known = Counter(
        online_events_ended=int(found.is_finished(at)),
        online_registrations=sum(entry.known_from <= at for entry in entries),
        online_recordings=sum(since <= at for since in recorded),
    )
    if found.starts <= at:
        done = activity(world, found)
        groups = (*done.stays.values(), *done.visits.values())
        stays = [stay for group in groups for stay in group if stay.known_from <= at]
        corrected = [s for s in stays if s.first_spent != s.spent and s.corrected_from <= at]
        known["online_stays"] = len(stays)
        known["online_corrections"] = len(corrected)
        known["online_answers"] = sum(answer.at <= at for answer in done.answers)
        known["online_questions"] = sum(question.at <= at for question in done.questions)
        known["online_replays"] = sum(view.at <= at for view in done.replays)
    return known
