"""Let the world move on, one day at a time.

What changes lies within the last ten days or ahead, so that an extraction that re-reads two weeks
sees all of it. The one exception is a session that vanishes: an organiser may delete any.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from event_sandbox.world.chats import chat_numbers, count_chat_changes
from event_sandbox.world.hub_changes import note_hub_step
from event_sandbox.world.meeting_changes import change_fairs
from event_sandbox.world.online import archive_now_and_then, event_numbers, now_of
from event_sandbox.world.online_changes import count_changes
from event_sandbox.world.programme import make_session
from event_sandbox.world.sessions import (
    add_checkin,
    answer_polls,
    ask,
    check_out,
    edit_times,
    evaluate,
    hold_until,
    local_millis,
    preload,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from event_sandbox.world.model import Checkin, Session, World

DAYS_IN_MOTION: Final = 10
"""A session whose last day is longer ago than this does not change any more."""

_VANISHES_EVERY: Final = 3
_FEWEST_SESSIONS: Final = 4


def advance(world: World, steps: int = 1) -> Counter[str]:
    """Move the world on by so many days; give how often each kind of change happened."""
    changes: Counter[str] = Counter()
    for _ in range(steps):
        apply_step(world, changes)
    return +changes


def apply_step(world: World, changes: Counter[str]) -> None:
    """Move the world on by one day."""
    before, numbers = now_of(world), set(event_numbers(world))
    chats = len(chat_numbers(world))
    world.step += 1
    world.today += timedelta(days=1)
    _hold_sessions(world, changes)
    recent = [session for session in world.sessions.values() if is_in_motion(world, session)]
    for kind, change in _CHANGES.items():
        rng = world.rng("change", world.step, kind)
        for session in rng.sample(recent, min(len(recent), max(2, len(recent) // 4))):
            changes[kind] += change(session, rng)
    _register_people(world, changes)
    change_fairs(world, changes)
    if world.step % _VANISHES_EVERY == _VANISHES_EVERY - 1:
        _vanish(world, changes)
    preload(world, make_session(world))
    changes["sessions_new"] += 1
    count_changes(world, before, now_of(world), set(event_numbers(world)) - numbers, changes)
    new_chats = len(chat_numbers(world)) - chats
    count_chat_changes(world, before, now_of(world), new_chats, changes)
    if world.step % _VANISHES_EVERY == _VANISHES_EVERY - 1:
        archive_now_and_then(world, changes)
    note_hub_step(world, changes)


def is_in_motion(world: World, session: Session) -> bool:
    """Tell whether the session was held and is recent enough to change; without a date, always."""
    if session.first_day is None or session.last_day is None:
        return True
    oldest = world.today - timedelta(days=DAYS_IN_MOTION - 1)
    return session.first_day <= world.today and session.last_day >= oldest


def _hold_sessions(world: World, changes: Counter[str]) -> None:
    """Play the new day of the sessions that take place today."""
    for session in world.sessions.values():
        if session.last_day is None or session.last_day < world.today:
            continue
        held, visits = session.days_held, _count_visits(session)
        hold_until(world, session, world.today)
        changes["sessions_held"] += session.days_held - held
        changes["visits"] += _count_visits(session) - visits


def _count_visits(session: Session) -> int:
    return sum(len(checkin.visits) for checkin in session.checkins)


def _register_people(world: World, changes: Counter[str]) -> None:
    """Preload somebody more into a session ahead."""
    rng = world.rng("register", world.step)
    ahead = [s for s in world.sessions.values() if s.first_day and s.first_day > world.today]
    for session in rng.sample(ahead, min(len(ahead), max(1, len(ahead) // 4))):
        person = world.people[rng.randrange(world.size.people)]
        if all(checkin.person is not person for checkin in session.checkins):
            add_checkin(session, person)
            changes["people_registered"] += 1


def _arrived(session: Session) -> list[Checkin]:
    return [checkin for checkin in session.checkins if checkin.arrived is not None]


def _check_out_late(session: Session, rng: random.Random) -> int:
    open_ = [c for c in _arrived(session) if c.left is None]
    for checkin in open_[:3]:
        check_out(checkin, rng)
    return len(open_[:3])


def _merge(session: Session, rng: random.Random) -> int:
    """Merge a duplicate into the record with the same e-mail, as an admin does.

    The earliest check-in, the latest check-out and all actions stay; the other record goes.
    """
    del rng
    for extra in session.checkins:
        email = extra.email.lower()
        kept = next((c for c in session.checkins if c.email.lower() == email), extra)
        if email and kept is not extra and extra.arrived is not None:
            kept.arrived = min(extra.arrived, kept.arrived or extra.arrived)
            kept.left = max(filter(None, (extra.left, kept.left)), default=None)
            kept.visits = sorted(kept.visits + extra.visits, key=lambda visit: visit.at)
            kept.delivery, kept.awards = extra.delivery, extra.awards
            session.checkins.remove(extra)
            return 1
    return 0


def _remove(session: Session, rng: random.Random) -> int:
    if len(session.checkins) <= 1:
        return 0
    session.checkins.remove(rng.choice(session.checkins))
    return 1


def _edit_times(session: Session, rng: random.Random) -> int:
    arrived = _arrived(session)
    for checkin in rng.sample(arrived, min(len(arrived), 2)):
        edit_times(checkin, rng)
    return min(len(arrived), 2)


def _edit_credits(session: Session, rng: random.Random) -> int:
    awards = [award for checkin in _arrived(session) for award in checkin.awards]
    for award in rng.sample(awards, min(len(awards), 2)):
        award.credits = max(0.0, award.credits - 0.5)
    return min(len(awards), 2)


def _answer_polls(session: Session, rng: random.Random) -> int:
    return answer_polls(session, _late_stamp(session), rng)


def _ask(session: Session, rng: random.Random) -> int:
    if session.silent:
        return 0
    ask(session, _late_stamp(session), rng)
    return 1


def _evaluate(session: Session, rng: random.Random) -> int:
    silent = [checkin for checkin in _arrived(session) if not checkin.evaluated]
    chosen = rng.sample(silent, min(len(silent), 2))
    return sum(evaluate(session, checkin, _late_stamp(session), rng) for checkin in chosen)


def _late_stamp(session: Session) -> int:
    """Give an instant for a late change: the start of the last day, or the last arrival."""
    if session.last_day is not None:
        return local_millis(session, session.last_day)
    return max((c.arrived for c in _arrived(session) if c.arrived), default=0)


def _vanish(world: World, changes: Counter[str]) -> None:
    """Let an organiser delete a session that everybody could see, and that people were in."""
    visible = [session for session in world.sessions.values() if not session.hidden]
    peopled = [session.key for session in visible if session.checkins]
    if peopled and len(visible) > _FEWEST_SESSIONS:
        del world.sessions[world.rng("vanish", world.step).choice(peopled)]
        changes["sessions_vanished"] += 1


_CHANGES: Final[dict[str, Callable[[Session, random.Random], int]]] = {
    "late_checkouts": _check_out_late,
    "checkins_merged": _merge,
    "checkins_removed": _remove,
    "times_edited": _edit_times,
    "credits_edited": _edit_credits,
    "poll_answers": _answer_polls,
    "questions": _ask,
    "evaluation_answers": _evaluate,
}
