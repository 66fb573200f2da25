"""One-to-one meetings at the trade show."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from event_sandbox.world.model import Meeting

if TYPE_CHECKING:
    from collections import Counter

    from event_sandbox.world.model import Event, World

_HALF_HOUR: Final = 30 * 60_000
_DAY: Final = 24 * 3600 * 1000


def make_meetings(world: World) -> None:
    """Fill the trade show: about one meeting for every three people."""
    show = next(event for event in world.events if event.kind == "trade_show")
    for number in range(max(1, world.people_count // 3)):
        world.meetings.append(_make_meeting(world, show, number))


def _make_meeting(world: World, show: Event, number: int) -> Meeting:
    rng = world.rng("meeting", number)
    host = rng.randrange(world.people_count)
    guest = (host + rng.randint(1, max(1, world.people_count - 1))) % world.people_count
    day = show.first_day + timedelta(days=rng.randint(0, (show.last_day - show.first_day).days))
    starts = datetime.combine(day, time(rng.randint(9, 16), rng.choice((0, 30))), show.zone)
    at = int(starts.timestamp()) * 1000
    return Meeting(
        key=f"M{number:05d}",
        event=show,
        host=world.people[host],
        guest=world.people[guest],
        starts=at,
        minutes=30,
        place=f"Table {rng.randint(1, 40)}",
        status=rng.choice(("requested", "confirmed", "confirmed", "cancelled")),
        changed=at - 7 * _DAY,
    )


def change_meetings(world: World, changes: Counter[str]) -> None:
    """Move, confirm or cancel a few meetings that are still ahead, and add one."""
    rng = world.rng("meetings", world.step)
    now = int(datetime.combine(world.today, time(12), world.events[0].zone).timestamp()) * 1000
    ahead = [meeting for meeting in world.meetings if meeting.starts > now]
    for meeting in rng.sample(ahead, min(len(ahead), max(1, len(ahead) // 10))):
        if rng.random() < 0.5:  # noqa: PLR2004 - a coin
            meeting.starts += _HALF_HOUR
            changes["meetings_moved"] += 1
        else:
            meeting.status = rng.choice(("confirmed", "cancelled"))
            changes["meetings_answered"] += 1
        meeting.changed = now
    if ahead:
        world.meetings.append(_make_meeting(world, ahead[0].event, len(world.meetings)))
        changes["meetings_new"] += 1
