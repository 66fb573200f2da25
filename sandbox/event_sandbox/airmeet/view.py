"""What there is for this vendor by now: the ground that answers and truth share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from event_sandbox.world.online import FOREIGN, event, event_key, event_numbers
from event_sandbox.world.online_people import activity, registrations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.model import Millis
    from event_sandbox.world.online import Booth, OnlineEvent, OnlineSession
    from event_sandbox.world.online_people import (
        OnlineAnswer,
        OnlineQuestion,
        Registration,
        ReplayView,
        Stay,
    )

COMMUNITY: Final = "c7a1f0de-51b2-11ed-a0f2-2a9c3f6e7b10"

_MOST_REACHED: Final = {"ignored": 500, "ignored_by_fives": 5}
"""How many events can be had where `after` is ignored: the largest page."""


@dataclass(frozen=True, slots=True)
class View:
    """One community's events and their people, under given positions of the switches."""

    world: World
    positions: Positions

    @property
    def now(self) -> Millis:
        """Give the instant at which the world stands."""
        return self.world.now

    # Events

    def numbers(self) -> list[int]:
        """Give the numbers of the events that the list shows, in its order."""
        numbers = event_numbers(self.world)
        if self.positions["foreign_event"] == "listed":
            numbers.append(FOREIGN)
        return sorted(numbers, key=cursor, reverse=self.positions["airmeets_order"] == "descending")

    def reachable(self) -> list[OnlineEvent]:
        """Give the events that a reader of the list can get to see."""
        most = _MOST_REACHED.get(self.positions["airmeets_after"])
        return [event(self.world, number) for number in self.numbers()[:most]]

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
        every = [event(self.world, number) for number in event_numbers(self.world)]
        newest = newest_finished(every, self.now)
        return None if newest is None else newest.number

    def find(self, kind: str, key: str) -> int | None:
        """Give the number of the event of a key, or of a session's key, if its details answer."""
        made = self.world.size.events + (self.world.step + 1) // 2
        kept = self.world.made_online
        if (kind, made) not in kept:
            kept[kind, made] = {
                key: number for number in range(FOREIGN, made) for key in self._keys(kind, number)
            }
        number: int | None = kept[kind, made].get(key)
        if number is None or self.positions["archived_event"] != "gone":
            return number
        return None if event_key(self.world, number) in self.world.gone else number

    def _keys(self, kind: str, number: int) -> Iterable[str]:
        if kind == "session":
            return [session.key for session in event(self.world, number).sessions]
        return [event_key(self.world, number)]

    def session_status(self, found: OnlineEvent, session: OnlineSession) -> str:
        """Give where a session stands; what has no start is open as long as its event is."""
        if session.starts is None or session.ends is None:
            return found.status(self.now)
        if self.now >= session.ends:
            return "FINISHED"
        return "ONGOING" if self.now >= session.starts else "CREATED"

    # What is known by now of an event's people: who registered, who came, what they did

    def registrations(self, found: OnlineEvent) -> list[Registration]:
        """Give the event's list of people, oldest first; some are in it twice."""
        return [one for one in registrations(self.world, found) if one.known_from <= self.now]

    def session_stays(self, found: OnlineEvent, session: OnlineSession) -> list[Stay]:
        """Give who is known to have been in a session: nobody before it is over."""
        return self._known(activity(self.world, found).stays.get(session.key, ()))

    def booth_stays(self, found: OnlineEvent, booth: Booth) -> list[Stay]:
        """Give who is known to have been at a booth: nobody before the event is over."""
        return self._known(activity(self.world, found).visits.get(booth.key, ()))

    def _known(self, stays: Iterable[Stay]) -> list[Stay]:
        return [stay for stay in stays if stay.known_from <= self.now]

    def answers(self, found: OnlineEvent) -> list[OnlineAnswer]:
        """Give the answers to polls, by person."""
        return [one for one in activity(self.world, found).answers if one.at <= self.now]

    def questions(self, found: OnlineEvent) -> list[OnlineQuestion]:
        """Give the questions, by person."""
        return [one for one in activity(self.world, found).questions if one.at <= self.now]

    def replays(self, found: OnlineEvent) -> list[ReplayView]:
        """Give who watched what after the event."""
        return [one for one in activity(self.world, found).replays if one.at <= self.now]

    def recordings(self, found: OnlineEvent) -> list[tuple[OnlineSession, int]]:
        """Give the recorded sessions, with the number of each recording."""
        several = self.positions["recordings_per_session"] == "several"
        return [
            (session, number)
            for session in found.sessions
            if session.recorded_from is not None and session.recorded_from <= self.now
            for number in range(2 if several and session.number == 0 else 1)
        ]


def newest_finished(events: Iterable[OnlineEvent], now: Millis) -> OnlineEvent | None:
    """Give that of these events which ended last."""
    finished = (one for one in events if one.is_finished(now))
    return max(finished, key=lambda one: (one.ends or 0, one.number), default=None)


def cursor(number: int) -> int:
    """Give the cursor of an event in the list: the order of creation."""
    return 41_007 + 13 * number
