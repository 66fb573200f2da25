"""What happens to trade shows: with each day, and while somebody reads them.

What happens is stamped with the real time, because readers ask for "what changed since my last
run" by their own clock.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from event_sandbox.world import names
from event_sandbox.world.meetings import add_meeting, make_account
from event_sandbox.world.model import MINUTE, instant

if TYPE_CHECKING:
    import random
    from collections import Counter
    from collections.abc import Callable

    from event_sandbox.world.model import Account, Fair, Meeting, Millis, World


def change_fairs(world: World, changes: Counter[str]) -> None:
    """Let a day pass at every trade show where people meet."""
    for fair in world.fairs.values():
        rng = world.rng("fair", fair.number, world.step)
        _register(world, fair, changes)
        _update_accounts(fair, rng, changes)
        if fair.meetings:
            _hold_meetings(world, fair, rng, changes)
            _answer_meetings(fair, rng, changes)
            _move_stand(fair, rng, changes)
            _join(fair, rng, changes)
            add_meeting(world, fair, _now())
            add_meeting(world, fair, _now())
            changes["meetings_new"] += 2


def _now() -> Millis:
    return int(time.time()) * 1000


def _touch(meeting: Meeting) -> None:
    """Stamp a change; two changes never have the same stamp, or nobody could tell their order."""
    meeting.changed = max(_now(), (meeting.changed or meeting.created) + 1000)


def _touch_account(account: Account) -> None:
    account.updated = max(_now(), account.updated + 1000)


def _register(world: World, fair: Fair, changes: Counter[str]) -> None:
    newest = fair.accounts[-1].number
    fair.accounts.append(make_account(world, fair, newest + 1, _now()))
    changes["accounts_new"] += 1


def _update_accounts(fair: Fair, rng: random.Random, changes: Counter[str]) -> None:
    for account in rng.sample(fair.accounts, 4):
        account.job_title = rng.choice(names.ROLES) + " (new)"
        account.is_active = rng.random() < 0.8  # noqa: PLR2004 - most stay
        account.may_chat = not account.may_chat
        _touch_account(account)
        changes["accounts_updated"] += 1


def _hold_meetings(world: World, fair: Fair, rng: random.Random, changes: Counter[str]) -> None:
    """Complete what was held, also of shows long past: badges are read late."""
    ended = instant(world.today + timedelta(days=1), zone=fair.zone)
    held = [m for m in fair.meetings if m.starts < ended and m.status == "confirmed"]
    late = [meeting for meeting in held if not meeting.completed]
    for meeting in rng.sample(late, min(len(late), 3)):
        meeting.completed = True
        _touch(meeting)
        changes["meetings_completed"] += 1


def _answer_meetings(fair: Fair, rng: random.Random, changes: Counter[str]) -> None:
    """Confirm, cancel or move meetings that are not over."""
    for meeting in rng.sample(fair.meetings, max(3, len(fair.meetings) // 100)):
        if meeting.completed:
            continue
        if meeting.status == "confirmed" and rng.random() < 0.5:  # noqa: PLR2004 - a coin
            meeting.starts += 30 * MINUTE
            changes["meetings_moved"] += 1
        else:
            meeting.status = "cancelled" if meeting.status == "confirmed" else "confirmed"
            changes["meetings_answered"] += 1
        _touch(meeting)


def _move_stand(fair: Fair, rng: random.Random, changes: Counter[str]) -> None:
    """Give an exhibitor another stand: the location of all its meetings changes at once."""
    exhibitor = rng.choice([account for account in fair.accounts if account.stand])
    before = (exhibitor.hall, exhibitor.stand)
    exhibitor.stand = f"{rng.choice('EFGH')}{rng.randint(1, 40)}"
    for meeting in fair.meetings:
        if exhibitor in meeting.people and (meeting.hall, meeting.stand) == before:
            meeting.stand = exhibitor.stand
            _touch(meeting)
            changes["meetings_relocated"] += 1


def _join(fair: Fair, rng: random.Random, changes: Counter[str]) -> None:
    """Let somebody join a meeting that others have long had."""
    meeting = rng.choice(fair.meetings)
    strangers = [account for account in fair.accounts if account not in meeting.people]
    meeting.people.append(rng.choice(strangers))
    _touch(meeting)
    changes["meetings_joined"] += 1


# While somebody reads


def _busiest(world: World) -> Fair:
    return max(world.fairs.values(), key=lambda fair: len(fair.meetings))


def _participant_joined(world: World) -> None:
    """Register somebody with the lowest number of all, and let them join an old meeting."""
    fair = _busiest(world)
    account = make_account(world, fair, fair.accounts[0].number - 1, _now())
    fair.accounts.insert(0, account)
    meeting = min(fair.meetings, key=lambda meeting: (meeting.created, meeting.number))
    meeting.people.append(account)
    _touch(meeting)


def _meeting_inserted(world: World) -> None:
    fair = _busiest(world)
    add_meeting(world, fair, _now()).people = fair.accounts[:2]


def _meeting_edited(world: World) -> None:
    meeting = min(_first_meetings(_busiest(world)), key=lambda m: m.changed or m.created)
    meeting.starts += 30 * MINUTE
    _touch(meeting)


def _meeting_deleted(world: World) -> None:
    fair = _busiest(world)
    fair.meetings.remove(_first_meetings(fair)[0])


def _participant_edited(world: World) -> None:
    account = min(_busiest(world).accounts, key=lambda account: (account.updated, account.number))
    account.job_title += " (moved)"
    _touch_account(account)


def _first_meetings(fair: Fair) -> list[Meeting]:
    """Give the meetings of the lowest account that has any."""
    first = min(min(a.number for a in meeting.people) for meeting in fair.meetings)
    return [m for m in fair.meetings if any(a.number == first for a in m.people)]


CHANGES: Final[dict[str, Callable[[World], None]]] = {
    "participant_joined": _participant_joined,
    "meeting_inserted": _meeting_inserted,
    "meeting_edited": _meeting_edited,
    "meeting_deleted": _meeting_deleted,
    "participant_edited": _participant_edited,
}
"""What can be let happen at a chosen moment, in the trade show with the most meetings."""
