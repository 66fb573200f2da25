"""Trade shows: who is registered, and who meets whom."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.errors import UserError
from event_sandbox.world import names
from event_sandbox.world.model import DAY, MINUTE, Account, Fair, Meeting, instant
from event_sandbox.world.people import FIRST_VISITOR, person_at

if TYPE_CHECKING:
    import random
    from collections import Counter
    from collections.abc import Callable

    from event_sandbox.world.model import Millis, World

_QUIET_DAYS: Final = 2
"""Whatever the first day holds was made and changed at least so long before it."""

_PLANS: Final = (
    (1041, "Asia/Kolkata", -5, 2, 260, 565),
    (1187, "Europe/Berlin", -40, -38, 24, 40),
    (1302, "America/Chicago", 30, 32, 15, 0),
    (1377, "Asia/Kolkata", 12, 12, 30, 12),
)
"""The number of a show, its zone, its days counted from today, and how many accounts and meetings.

The first one grows with the world: a meeting for every third of its people, if that is more.
"""

EVENT_IDS: Final = tuple(number for number, *_ in _PLANS)
"""The trade shows' numbers."""

_TOPICS: Final = (*names.FIELDS_OF_STUDY, "Café & Catering")
_HALLS: Final = ("Hall 1", "Hall 2", "Salle Érable")


def make_fairs(world: World) -> None:
    """Make the trade shows as they stand at the end of the first day."""
    for order, (show, zone, first, last, accounts, meetings) in enumerate(_PLANS):
        days = (world.today + timedelta(days=first), world.today + timedelta(days=last))
        fair = world.fairs[show] = Fair(show, ZoneInfo(zone), *days)
        grown = world.size.people if order == 0 else 0
        for number in range(max(accounts, grown // 4)):
            key = FIRST_VISITOR + 10_000 * order + number
            fair.accounts.append(_make_account(world, fair, key, _long_ago(world, number)))
        for _ in range(max(meetings, grown // 3)):
            _add_meeting(world, fair)


def _quiet_before(world: World) -> Millis:
    return instant(world.first_today) - _QUIET_DAYS * DAY


def _long_ago(world: World, number: int) -> Millis:
    """Give an instant some weeks before the first day."""
    return _quiet_before(world) - (number % 50 + 1) * DAY + number % 86_400 * 1000


def _make_account(world: World, fair: Fair, number: int, at: Millis) -> Account:
    rng = world.rng("account", fair.number, number)
    person = person_at(world, "fairs", number)
    while (looks := (person.first_name, person.last_name, person.company)) in fair.looks:
        person.company += " & Co."
    fair.looks.add(looks)
    is_exhibitor = number % 5 == 0
    return Account(
        number=number,
        person=person,
        category="Exhibitor" if is_exhibitor else ("Hosted Buyer", "Visitor")[number % 2],
        hall=rng.choice(_HALLS) if is_exhibitor else None,
        stand=f"{rng.choice('ABCD')}{rng.randint(1, 40)}" if is_exhibitor else None,
        job_title=rng.choice(names.ROLES),
        country=rng.choice(names.COUNTRIES),
        may_meet=number % 9 != 4,  # noqa: PLR2004 - a position, as in `people`
        may_chat=number % 4 != 1,
        updated=at,
    )


def _add_meeting(world: World, fair: Fair, at: Millis | None = None) -> Meeting:
    """Add the next meeting to a trade show: made at that instant, or long ago and maybe changed."""
    index = fair.made
    fair.made += 1
    rng = world.rng("meeting", fair.number, index)
    size = 4 if index % 35 == 0 else 3 if index % 7 == 0 else 2
    people = rng.sample(fair.accounts, size)
    host = next((account for account in people if account.stand), None)
    day = fair.first_day + timedelta(days=rng.randint(0, (fair.last_day - fair.first_day).days))
    clock = 60 * rng.randint(9, 16) + rng.choice((0, 30))
    meeting = Meeting(
        number=fair.number * 10_000 + index,
        people=people,
        starts=instant(day, clock, fair.zone),
        minutes=rng.choice((20, 30, 45)),
        hall=(host and host.hall) or "Hall 1",
        stand=(host and host.stand) or f"Table {rng.randint(1, 40)}",
        is_online=index % 10 == 3,  # noqa: PLR2004 - a position, as in `people`
        subject=rng.choice(names.SUBJECTS),
        message=rng.choice(names.OPEN_ANSWERS) if index % 3 == 0 else None,
        tags=tuple(rng.sample(_TOPICS, index % 3)),
        created=at or _long_ago(world, rng.randint(0, 10**5)),
    )
    if at is None:
        _let_it_go_on(world, meeting, rng)
    fair.meetings.append(meeting)
    return meeting


def _let_it_go_on(world: World, meeting: Meeting, rng: random.Random) -> None:
    """Let others answer a meeting of long ago, or leave it: some were never touched since."""
    quiet = _quiet_before(world)
    meeting.status = rng.choice(("requested", "confirmed", "confirmed", "cancelled"))
    was_touched = meeting.status != "requested" or rng.random() < 0.5  # noqa: PLR2004 - a coin
    if was_touched:
        meeting.changed = rng.randrange(meeting.created // 1000 + 1, quiet // 1000) * 1000
    is_past = meeting.starts < quiet
    meeting.completed = is_past and meeting.status == "confirmed" and rng.choice((True, False))


# What happens there, with each day and while somebody reads: stamped with the real time, because
# readers ask for "what changed since my last run" by their own clock.


def change_fairs(world: World, changes: Counter[str]) -> None:
    """Let a day pass at every trade show where people meet."""
    for fair in world.fairs.values():
        rng = world.rng("fair", fair.number, world.step)
        newest = fair.accounts[-1].number
        fair.accounts.append(_make_account(world, fair, newest + 1, _now()))
        changes["accounts_new"] += 1
        _update_accounts(fair, rng, changes)
        if fair.meetings:
            _hold_meetings(world, fair, rng, changes)
            _answer_meetings(fair, rng, changes)
            _move_stand(fair, rng, changes)
            _join(fair, rng, changes)
            _add_meeting(world, fair, _now())
            _add_meeting(world, fair, _now())
            changes["meetings_new"] += 2


def _now() -> Millis:
    return int(time.time()) * 1000


def _touch(what: Meeting | Account) -> None:
    """Stamp a change; two changes never have the same stamp, or nobody could tell their order."""
    if isinstance(what, Account):
        what.updated = max(_now(), what.updated + 1000)
    else:
        what.changed = max(_now(), (what.changed or what.created) + 1000)


def _update_accounts(fair: Fair, rng: random.Random, changes: Counter[str]) -> None:
    for account in rng.sample(fair.accounts, 4):
        account.job_title = rng.choice(names.ROLES) + " (new)"
        account.is_active = rng.random() < 0.8  # noqa: PLR2004 - most stay
        account.may_chat = not account.may_chat
        _touch(account)
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
    """Give the trade show with the most meetings.

    Raises:
        UserError: If there is none with any.
    """
    fair = max(world.fairs.values(), key=lambda fair: len(fair.meetings), default=None)
    if fair is None or not fair.meetings:
        raise UserError("there is no trade show with a meeting left; DELETE /_sandbox/world")
    return fair


def _participant_joined(world: World) -> None:
    """Register somebody with the lowest number of all, and let them join an old meeting."""
    fair = _busiest(world)
    account = _make_account(world, fair, fair.accounts[0].number - 1, _now())
    fair.accounts.insert(0, account)
    meeting = min(fair.meetings, key=lambda meeting: (meeting.created, meeting.number))
    meeting.people.append(account)
    _touch(meeting)


def _meeting_inserted(world: World) -> None:
    fair = _busiest(world)
    _add_meeting(world, fair, _now()).people = fair.accounts[:2]


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
    _touch(account)


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
