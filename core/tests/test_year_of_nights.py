"""Whatever happens between runs, and in them: what is listed has been read since it last changed.

Parents appear (also with an old end), vanish and come back, move their end, fail; a run is killed
after any of its STATEs; settings change. Each night is a run of the whole tap over HTTP.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from event_taps_core.testing.api_server import ApiServer, Seen, status

from .runs import run
from .test_nesting import RoomsStream, SeatsStream
from .toy_tap import EventsStream, PollsStream, ToyTap

if TYPE_CHECKING:
    from event_taps_core import EventStream
    from event_taps_core.testing.api_server import Scripted

    from .runs import Run

BEGINNING = datetime(2026, 1, 1, 3, tzinfo=UTC)


class YearTap(ToyTap):
    stream_classes: ClassVar[tuple[type[EventStream], ...]] = (
        EventsStream,
        PollsStream,
        RoomsStream,
        SeatsStream,
    )
    day: ClassVar[int]
    """The day of the run."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_started = BEGINNING + timedelta(days=self.day)


@dataclass
class Event:
    """An event, with the day of its end; None if it has none."""

    ends: int | None
    rooms: int
    changes: list[int]
    """The days on which its data changed."""
    is_listed: bool = True
    read: dict[str, int] = field(default_factory=dict)
    """By stream: the last day on which all that belongs to it arrived."""


@dataclass
class World:
    """The vendor's events on one night after the other."""

    events: dict[str, Event] = field(default_factory=dict)
    day: int = 0
    failing: frozenset[str] = frozenset()

    def answer_events(self, _: Seen) -> Scripted:
        return {
            "data": [
                {"id": name, "ends_at": end_of(event)}
                for name, event in self.events.items()
                if event.is_listed
            ]
        }

    def answer_polls(self, seen: Seen) -> Scripted:
        name = seen.segments[3]
        return self.failed(name) or {"data": {"polls": [{"id": name, "question": self.day}]}}

    def answer_rooms(self, seen: Seen) -> Scripted:
        name = seen.segments[3]
        event = self.events[name]
        rooms = [{"id": f"{name}-{n}", "ends_at": end_of(event)} for n in range(event.rooms)]
        return self.failed(name) or {"data": rooms}

    def answer_seats(self, seen: Seen) -> Scripted:
        room = seen.segments[5]
        return self.failed(room) or {"data": [{"id": room}]}

    def failed(self, what: str) -> Scripted | None:
        return status(400) if what in self.failing else None


def end_of(event: Event) -> str | None:
    if event.ends is None:
        return None
    return (BEGINNING + timedelta(days=event.ends)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Night:
    """What happens before a run, and in it."""

    days: int = 1
    """Since the night before."""
    appear: tuple[tuple[int | None, int], ...] = ()
    move: tuple[tuple[int, int | None], ...] = ()
    toggle: tuple[int, ...] = ()
    change: tuple[int, ...] = ()
    fail: tuple[int, ...] = ()
    """Events, or (from 1000 on) a room of one."""
    killed_after: int | None = None
    """It is killed after so many of its STATEs."""
    settle_days: int = 14
    start: int | None = None
    shards: int = 1


ENDS = st.none() | st.integers(-400, 40)
PARENTS = st.tuples(ENDS, st.integers(0, 2))
FIRST = st.lists(PARENTS, min_size=1, max_size=8).map(tuple)
SOME = st.lists(st.integers(0, 40), max_size=2).map(tuple)


def nights(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[Night]:
    return st.builds(
        Night,
        days=st.sampled_from([1, 1, 7, 40]),
        appear=st.lists(PARENTS, max_size=3).map(tuple),
        toggle=SOME,
        change=SOME,
        fail=st.just(()) | st.lists(st.sampled_from([0, 1, 2, 1000, 1001]), max_size=1).map(tuple),
        killed_after=st.none() | st.none() | st.integers(0, 12),
        **more,
    )


NIGHTS = st.lists(
    nights(
        move=st.lists(st.tuples(st.integers(0, 40), ENDS), max_size=1).map(tuple),
        settle_days=st.sampled_from([14, 14, 14, 0, 3, 60]),
        start=st.sampled_from([None, None, None, -300, -30]),
        shards=st.sampled_from([1, 1, 1, 2]),
    ),
    min_size=2,
    max_size=6,
)


def prepare(world: World, night: Night) -> None:
    """Let happen what happens before the night."""
    world.day += night.days
    for ends, rooms in night.appear:
        day = None if ends is None else ends + world.day
        world.events[f"e{len(world.events)}"] = Event(day, rooms, [world.day])
    events = list(world.events.values()) or [Event(None, 0, [])]
    for number, ends in night.move:
        event = events[number % len(events)]
        event.ends = None if ends is None else ends + world.day
        event.changes.append(world.day)
    for number in night.toggle:
        event = events[number % len(events)]
        event.is_listed = not event.is_listed
    for number in night.change:
        events[number % len(events)].changes.append(world.day)
    names = list(world.events) or ["none"]
    chosen = [(names[n % 1000 % len(names)], n) for n in night.fail]
    world.failing = frozenset(f"{name}-0" if n >= 1000 else name for name, n in chosen)


def take(world: World, lines: list[str]) -> None:
    """Note what arrived: an event's stream is read when the read log says so of all its parts."""
    logged: set[tuple[str, str]] = set()
    for message in map(json.loads, lines):
        if message["type"] == "RECORD" and message["stream"] == "read_log":
            logged.add((message["record"]["stream"], message["record"]["parent_id"]))
    for name, event in world.events.items():
        parts = {stream: [(stream, name)] for stream in ("polls", "rooms")}
        for stream in ("seats", "chairs"):
            parts[stream] = [(stream, f"{name}-{number}") for number in range(event.rooms)]
        for stream, own in parts.items():
            if logged.issuperset(own or parts["rooms"]):
                event.read[stream] = world.day


def check(world: World, night: Night, streams: tuple[str, ...]) -> None:
    """After a good run: all that is listed was read since it last changed within its window."""
    for name, event in world.events.items():
        start = -math.inf if night.start is None else night.start + world.day
        ends = math.inf if event.ends is None else event.ends
        if not event.is_listed or ends < start:
            continue
        counted = [day for day in event.changes if day <= ends + night.settle_days]
        for stream in streams:
            assert stream in event.read, f"{stream} of {name} was never read"
            assert event.read[stream] >= max(counted, default=0), f"{stream} of {name}: {event}"


@dataclass
class History:
    """One night after the other."""

    server: ApiServer
    tap_class: type[YearTap] = YearTap
    streams: tuple[str, ...] = ("polls", "rooms", "seats")
    """Those that are looked at."""
    world: World = field(default_factory=World)
    last_of: dict[int, list[Any]] = field(default_factory=dict)
    """By the number of shards, their last states."""
    last: list[Any] = field(default_factory=list)
    """Those of the last night."""

    def __post_init__(self) -> None:
        self.server.on("/events", self.world.answer_events)
        self.server.on("/events/{}/polls", self.world.answer_polls)
        self.server.on("/events/{}/rooms", self.world.answer_rooms)
        for stream in ("seats", "chairs"):
            self.server.on(f"/events/{{}}/rooms/{{}}/{stream}", self.world.answer_seats)

    def pass_night(self, night: Night, states: list[Any] | None = None) -> None:
        """Run all shards; after a killed run, its last STATE is what is known of it."""
        prepare(self.world, night)
        begun_with = states or self.last_of.get(night.shards, [None] * night.shards)
        self.last = self.last_of[night.shards] = []
        is_good = night.killed_after is None
        for index, state in enumerate(begun_with):
            result = self.run(night, state, index)
            lines = result.stdout.splitlines()
            if night.killed_after is not None:
                ends = [n for n, line in enumerate(lines, 1) if '"type":"STATE"' in line]
                lines = lines[: next(itertools.islice(ends, night.killed_after, None), 0)]
            take(self.world, lines)
            kept = [json.loads(line)["value"] for line in lines if '"type":"STATE"' in line]
            self.last.append(kept[-1] if kept else state)
            is_good &= result.exit_code == 0
        if is_good:
            check(self.world, night, self.streams)

    def run(self, night: Night, state: Any, index: int) -> Run:
        self.tap_class.day = self.world.day
        start = night.start and BEGINNING + timedelta(days=self.world.day + night.start)
        return run(
            self.server,
            tap_class=self.tap_class,
            state=copy.deepcopy(state),
            settle_days=night.settle_days,
            concurrency=1,
            shard_count=night.shards,
            shard_index=index,
            start_date=start and start.isoformat(),
        )


@pytest.mark.usefixtures("all_states")
@hypothesis_settings(
    max_examples=hypothesis_settings().max_examples // 5,  # each is many runs
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(FIRST, NIGHTS)
def test_after_a_good_run_all_that_is_listed_was_read_since_it_last_changed(
    server: ApiServer, first: tuple[tuple[int | None, int], ...], nights: list[Night]
) -> None:
    history = History(server)
    quiet = Night(settle_days=nights[-1].settle_days, start=nights[-1].start)
    for night in (Night(appear=first), *nights, quiet):
        history.pass_night(night)
