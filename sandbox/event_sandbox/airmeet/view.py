"""Which events there are for this vendor by now: the ground that answers and truth share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from event_sandbox.world.online import FOREIGN, event, event_key, event_numbers, now_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.model import Millis
    from event_sandbox.world.online_model import OnlineEvent, OnlineSession

COMMUNITY: Final = "c7a1f0de-51b2-11ed-a0f2-2a9c3f6e7b10"

_MOST_REACHED: Final = {"ignored": 500, "ignored_by_fives": 5}
"""How many events can be had where `after` is ignored: the largest page."""


@dataclass(frozen=True, slots=True)
class View:
    """One community's events, under given positions of the switches."""

    world: World
    positions: Positions

    @property
    def now(self) -> Millis:
        """Give the instant at which the world stands."""
        return now_of(self.world)

    def numbers(self) -> list[int]:
        """Give the numbers of the events that the list shows, in its order."""
        numbers = event_numbers(self.world)
        if self.positions["foreign_event"] == "listed":
            numbers.append(FOREIGN)
        if self.positions["airmeets_order"] == "descending":
            numbers.sort(key=lambda number: -cursor(number))
        else:
            numbers.sort(key=cursor)
        return numbers

    def reachable(self) -> list[OnlineEvent]:
        """Give the events that a reader of the list can get to see."""
        most = _MOST_REACHED.get(self.positions["airmeets_after"])
        numbers = self.numbers()[:most]
        return [event(self.world, number) for number in numbers]

    def readable(self) -> list[OnlineEvent]:
        """Give the reachable events whose details answer."""
        return [found for found in self.reachable() if found.number != FOREIGN]

    def reporting(self) -> list[OnlineEvent]:
        """Give the readable events whose reports are ready some time."""
        never_ready = self.never_ready()
        return [found for found in self.readable() if found.number != never_ready]

    def never_ready(self) -> int | None:
        """Give the number of the event whose reports are not: the newest finished one."""
        if self.positions["never_ready"] == "none":
            return None
        finished = [event(self.world, number) for number in event_numbers(self.world)]
        ends = [(f.ends, f.number) for f in finished if f.ends and f.is_finished(self.now)]
        return max(ends)[1] if ends else None

    def index(self) -> dict[str, int]:
        """Give the numbers of the events whose details may be asked for, by key."""
        made = self.world.size.events + (self.world.step + 1) // 2
        numbers: Iterable[int] = range(FOREIGN, made)
        if self.positions["archived_event"] == "gone":
            numbers = (number for number in numbers if number not in self.world.archived)
        return {event_key(self.world, number): number for number in numbers}

    def event(self, number: int) -> OnlineEvent:
        """Give an event."""
        return event(self.world, number)

    def session_status(self, found: OnlineEvent, session: OnlineSession) -> str:
        """Give where a session stands; what has no start is open as long as its event is."""
        if session.starts is None or session.ends is None:
            return found.status(self.now)
        if self.now >= session.ends:
            return "FINISHED"
        return "ONGOING" if self.now >= session.starts else "CREATED"

    def record_id(self, found: OnlineEvent, number: int) -> int:
        """Give the id of a report's row, which is unique within the report only."""
        renumbered = self.positions["attendance_ids"] == "renumbered"
        shift = self.world.step * 1000 if renumbered else 0
        return (found.number + 2) * 1_000_000 + number + shift

    def calls_for_recordings(self, found: OnlineEvent) -> int:
        """Give how often the event's recordings were asked for: each call has links of its own."""
        return int(self.world.made_online.get(("recordings", found.number), 0))

    def note_call_for_recordings(self, found: OnlineEvent) -> None:
        """Note that links were given out."""
        calls = self.calls_for_recordings(found)
        self.world.made_online["recordings", found.number] = calls + 1

    def is_odd(self, number: int) -> bool:
        """Tell whether the row of that number has values of unexpected types."""
        return self.positions["odd_types"] == "present" and number % 5 == 1


def cursor(number: int) -> int:
    """Give the cursor of an event in the list: the order of creation."""
    return 41_007 + 13 * number
