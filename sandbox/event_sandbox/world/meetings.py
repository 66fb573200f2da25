"""Trade shows: who is registered, and who meets whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world import names
from event_sandbox.world.model import DAY, Account, Fair, Meeting, instant
from event_sandbox.world.people import FIRST_VISITOR, make_person

if TYPE_CHECKING:
    import random

    from event_sandbox.world.model import Millis, World

_QUIET_DAYS: Final = 2
"""Whatever the first day holds was made and changed at least so long before it."""


@dataclass(frozen=True, slots=True)
class _Plan:
    number: int
    zone: str
    first: int
    last: int
    """Its days, counted from today."""
    accounts: int
    meetings: int


_PLANS: Final = (
    _Plan(1041, "Asia/Kolkata", -5, 2, 260, 565),
    _Plan(1187, "Europe/Berlin", -40, -38, 24, 40),
    _Plan(1302, "America/Chicago", 30, 32, 15, 0),
    _Plan(1377, "Asia/Kolkata", 12, 12, 30, 12),
)
"""The first one grows with the world: a meeting for every third of its people, if that is more."""

EVENT_IDS: Final = tuple(plan.number for plan in _PLANS)
"""The trade shows' numbers."""

_TOPICS: Final = (*names.FIELDS_OF_STUDY, "Café & Catering")
_HALLS: Final = ("Hall 1", "Hall 2", "Salle Érable")


def make_fairs(world: World) -> None:
    """Make the trade shows as they stand at the end of the first day."""
    for order, plan in enumerate(_PLANS):
        is_first = order == 0
        accounts = max(plan.accounts, world.size.people // 4 * is_first)
        meetings = max(plan.meetings, world.size.people // 3 * is_first)
        days = (world.today + timedelta(days=plan.first), world.today + timedelta(days=plan.last))
        fair = world.fairs[plan.number] = Fair(plan.number, ZoneInfo(plan.zone), *days)
        for number in range(accounts):
            made = make_account(
                world, fair, FIRST_VISITOR + 10_000 * order + number, long_ago(world, number)
            )
            fair.accounts.append(made)
        for _ in range(meetings):
            add_meeting(world, fair)


def long_ago(world: World, number: int) -> Millis:
    """Give an instant some weeks before the first day."""
    return _quiet_before(world) - (number % 50 + 1) * DAY + number % 86_400 * 1000


def _quiet_before(world: World) -> Millis:
    return instant(world.first_today) - _QUIET_DAYS * DAY


def make_account(world: World, fair: Fair, number: int, at: Millis) -> Account:
    """Make an account of a trade show, without registering it."""
    rng = world.rng("account", fair.number, number)
    person = make_person(world, "fairs", number)
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
        is_active=True,
        may_meet=number % 9 != 4,  # noqa: PLR2004 - a position, as in `people`
        may_chat=number % 4 != 1,
        updated=at,
    )


def add_meeting(world: World, fair: Fair, at: Millis | None = None) -> Meeting:
    """Add the next meeting to a trade show: made at that instant, or long ago and maybe changed."""
    index = fair.made
    fair.made += 1
    rng = world.rng("meeting", fair.number, index)
    size = 4 if index % 35 == 0 else 3 if index % 7 == 0 else 2
    people = rng.sample(fair.accounts, size)
    host = next((account for account in people if account.stand), None)
    meeting = Meeting(
        number=fair.number * 10_000 + index,
        people=people,
        starts=_start(fair, rng),
        minutes=rng.choice((20, 30, 45)),
        hall=(host and host.hall) or "Hall 1",
        stand=(host and host.stand) or f"Table {rng.randint(1, 40)}",
        is_online=index % 10 == 3,  # noqa: PLR2004 - a position, as in `people`
        status="requested",
        completed=False,
        subject=rng.choice(names.SUBJECTS),
        message=rng.choice(names.OPEN_ANSWERS) if index % 3 == 0 else None,
        tags=tuple(rng.sample(_TOPICS, index % 3)),
        created=at or long_ago(world, rng.randint(0, 10**5)),
        changed=None,
    )
    if at is None:
        _let_it_go_on(world, meeting, rng)
    fair.meetings.append(meeting)
    return meeting


def _start(fair: Fair, rng: random.Random) -> Millis:
    day = fair.first_day + timedelta(days=rng.randint(0, (fair.last_day - fair.first_day).days))
    return instant(day, 60 * rng.randint(9, 16) + rng.choice((0, 30)), fair.zone)


def _let_it_go_on(world: World, meeting: Meeting, rng: random.Random) -> None:
    """Let others answer a meeting of long ago, or leave it: some were never touched since."""
    quiet = _quiet_before(world)
    meeting.status = rng.choice(("requested", "confirmed", "confirmed", "cancelled"))
    was_touched = meeting.status != "requested" or rng.random() < 0.5  # noqa: PLR2004 - a coin
    if was_touched:
        meeting.changed = rng.randrange(meeting.created // 1000 + 1, quiet // 1000) * 1000
    is_past = meeting.starts < quiet
    meeting.completed = is_past and meeting.status == "confirmed" and rng.choice((True, False))
