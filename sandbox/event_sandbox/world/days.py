"""Make a world, and let it move on, one day at a time.

What changes lies within the last ten days or ahead, so that an extraction that re-reads two weeks
sees all of it. The one exception is a session that vanishes: an organiser may delete any.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from event_sandbox.world.hub_people import note_hub_step
from event_sandbox.world.meetings import change_fairs, make_fairs
from event_sandbox.world.model import Size, World
from event_sandbox.world.news import count_news
from event_sandbox.world.online import archive_now_and_then
from event_sandbox.world.people import person_at
from event_sandbox.world.programme import make_session
from event_sandbox.world.sessions import (
    add_checkin,
    answer_polls,
    ask,
    check_out,
    edit_times,
    evaluate,
    hold_until,
    opening,
    preload,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from datetime import date

    from event_sandbox.world.model import Session

T = TypeVar("T")

SIZES: Final = {
    "small": Size(12, 60),
    "demo": Size(60, 800, 30),
    "large": Size(1000, 20_000, 200),
}
DAYS_IN_MOTION: Final = 10
"""A session whose last day is longer ago than this does not change any more."""

_VANISHES_EVERY: Final = 3
_FEWEST_SESSIONS: Final = 4


def build_world(seed: int, size: Size, today: date) -> World:
    """Make the world as it stands at the end of `today`: the same for the same arguments."""
    world = World(seed, size, first_today=today, today=today)
    for _ in range(size.sessions):
        session = make_session(world)
        preload(world, session)
        hold_until(world, session, today)
    make_fairs(world)
    return world


def advance(world: World, steps: int = 1) -> Counter[str]:
    """Move the world on by so many days; give how often each kind of change happened."""
    changes: Counter[str] = Counter()
    for _ in range(steps):
        world.step += 1
        world.today += timedelta(days=1)
        _change_programme(world, changes)
        change_fairs(world, changes)
        vanishing = world.step % _VANISHES_EVERY == _VANISHES_EVERY - 1
        if vanishing:
            _vanish(world, changes)
        preload(world, make_session(world))
        changes["sessions_new"] += 1
        count_news(world, changes)
        if vanishing:
            archive_now_and_then(world, changes)
        note_hub_step(world)
    return +changes


def _change_programme(world: World, changes: Counter[str]) -> None:
    """Hold today's sessions, change some of the recent ones, and preload people for those ahead."""
    for session in world.sessions.values():
        held = session.days_held
        hold_until(world, session, world.today)
        changes["sessions_held"] += session.days_held - held
    recent = [session for session in world.sessions.values() if _is_in_motion(world, session)]
    for kind, change in _CHANGES.items():
        rng = world.rng("change", world.step, kind)
        for session in _some(rng, recent, max(2, len(recent) // 4)):
            changes[kind] += change(session, rng)
    rng = world.rng("register", world.step)
    ahead = [s for s in world.sessions.values() if s.first_day and s.first_day > world.today]
    for session in _some(rng, ahead, max(1, len(ahead) // 4)):
        person = person_at(world, "programme", rng.randrange(world.size.people))
        if all(checkin.person is not person for checkin in session.checkins):
            add_checkin(session, person)
            changes["people_registered"] += 1


def _is_in_motion(world: World, session: Session) -> bool:
    """Tell whether the session was held and is recent enough to change; without a date, always."""
    if session.first_day is None or session.last_day is None:
        return True
    oldest = world.today - timedelta(days=DAYS_IN_MOTION - 1)
    return session.first_day <= world.today and session.last_day >= oldest


def _some(rng: random.Random, items: Sequence[T], most: int = 2) -> list[T]:
    return rng.sample(items, min(len(items), most))


def _check_out_late(session: Session, rng: random.Random) -> int:
    inside = [checkin for checkin in session.arrived() if checkin.left is None][:3]
    for checkin in inside:
        check_out(checkin, rng)
    return len(inside)


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
    chosen = _some(rng, session.arrived())
    for checkin in chosen:
        edit_times(checkin, rng)
    return len(chosen)


def _edit_credits(session: Session, rng: random.Random) -> int:
    awards = [award for checkin in session.arrived() for award in checkin.awards]
    chosen = _some(rng, awards)
    for award in chosen:
        award.credits = max(0.0, award.credits - 0.5)
    return len(chosen)


def _answer_polls(session: Session, rng: random.Random) -> int:
    return answer_polls(session, _late_stamp(session), rng)


def _ask(session: Session, rng: random.Random) -> int:
    if session.silent:
        return 0
    ask(session, _late_stamp(session), rng)
    return 1


def _evaluate(session: Session, rng: random.Random) -> int:
    silent = [checkin for checkin in session.arrived() if not checkin.evaluated]
    chosen = _some(rng, silent)
    return sum(evaluate(session, checkin, _late_stamp(session), rng) for checkin in chosen)


def _late_stamp(session: Session) -> int:
    """Give an instant for a late change: the start of the last day, or the last arrival."""
    if session.last_day is not None:
        return opening(session, session.last_day)
    return max((c.arrived for c in session.arrived() if c.arrived), default=0)


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
