"""Reading side by side, handing out in order."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_taps_core.reading import Computing, Done, Stop, Stopped, Wait, read_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SOON = 60
"""Seconds after which something that should have happened will not happen any more."""

many_workers = pytest.mark.parametrize("workers", [1, 2, 8])


@dataclass(frozen=True)
class Page:
    name: str
    weight: int = 1


@dataclass(frozen=True)
class Sleep:
    """A partition's server takes its time."""

    seconds: float


@dataclass(frozen=True)
class Park:
    """A partition has to ask again after so many seconds."""

    seconds: float


Script = list[Page | Sleep | Park | BaseException]
Event = tuple[int, Page | Done]


def play(script: Script) -> Iterator[Page | Wait]:
    """Read a partition as its script says."""
    for step in script:
        if isinstance(step, Sleep):
            time.sleep(step.seconds)
        elif isinstance(step, Park):
            yield Wait(time.monotonic() + step.seconds)
        elif isinstance(step, BaseException):
            raise step
        else:
            yield step


def read(scripts: list[Script], **options: Any) -> list[Event]:
    numbers = range(len(scripts))
    return list(read_in_order(numbers, lambda n: play(scripts[n]), **options))


def one_after_the_other(scripts: list[Script]) -> list[Event]:
    """Say what has to come out, by the simplest means."""
    events: list[Event] = []
    for n, script in enumerate(scripts):
        error = None
        for step in script:
            if isinstance(step, Page):
                events.append((n, step))
            elif isinstance(step, BaseException):
                error = step
                break
        events.append((n, Done(error)))
    return events


@contextlib.contextmanager
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, and fail if it does not come true."""
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


STEPS: st.SearchStrategy[Page | Sleep | Park | BaseException] = st.one_of(
    st.builds(Page, st.text(max_size=2), st.integers(0, 50)),
    st.builds(Page, st.text(max_size=2), st.integers(0, 50)),
    st.builds(Sleep, st.floats(0, 0.002)),
    st.builds(Park, st.floats(-0.001, 0.003)),
    st.builds(ValueError, st.text(max_size=2)),
    st.builds(SystemExit, st.just(3)),
)
SCRIPTS = st.lists(st.lists(STEPS, max_size=5), max_size=8)


class Told(Computing):
    """What share of the time is spent on computing, as it is told."""

    def __init__(self, *shares: float | None) -> None:
        self._shares = itertools.cycle(shares)

    def share(self, seconds: float) -> float | None:  # noqa: ARG002 - whenever it is asked
        return next(self._shares)


SHARES = st.lists(st.sampled_from([None, 0.0, 1.0]), min_size=1)


@settings(max_examples=60)
@given(SCRIPTS, st.sampled_from([1, 2, 3, 8]), st.integers(0, 100), SHARES)
def test_order_and_content_do_not_depend_on_workers_delays_waits_memory_or_who_reads(
    scripts: list[Script], workers: int, read_ahead_bytes: int, shares: list[float | None]
) -> None:
    told = Told(*shares)
    events = read(scripts, workers=workers, read_ahead_bytes=read_ahead_bytes, computing=told)
    assert events == one_after_the_other(scripts)


def test_as_many_partitions_are_read_at_the_same_time_as_there_are_workers() -> None:
    together = threading.Barrier(4)

    def meet(_: int) -> Iterator[Page]:
        together.wait(SOON)
        yield Page("met")

    events = list(read_in_order(range(4), meet, workers=4))
    assert [event for _, event in events if isinstance(event, Done)] == [Done()] * 4


@pytest.mark.parametrize(("share", "by_workers"), [(1.0, False), (0.5, True)])
def test_the_readers_own_thread_reads_where_the_others_would_only_hinder_it(
    share: float,
    by_workers: bool,  # noqa: FBT001 - a table
) -> None:
    threads: set[int] = set()

    def note(_: int) -> Iterator[Page | Wait]:
        threads.add(threading.get_ident())
        yield Page("one")

    assert len(list(read_in_order(range(20), note, workers=4, computing=Told(share)))) == 2 * 20
    # What was handed to the workers before is theirs.
    assert (threading.get_ident() in threads) != by_workers


def test_computing_is_told_from_waiting() -> None:
    computing = Computing()
    assert computing.share(SOON) is None, "not so soon"
    time.sleep(0.05)
    share = computing.share(0)
    assert share is not None
    assert share < 0.5


@many_workers
def test_waiting_partitions_take_one_waiting_time_together(workers: int) -> None:
    """None of them holds a worker, and none comes back too early."""
    log: list[tuple[str, int]] = []
    too_early: list[int] = []

    def ask_twice(n: int) -> Iterator[Page | Wait]:
        log.append(("asked", n))
        due = time.monotonic() + 0.3
        yield Wait(due)
        log.append(("came back", n))
        if time.monotonic() < due:
            too_early.append(n)
        yield Page(str(n))

    events = list(read_in_order(range(20), ask_twice, workers=workers))
    assert [n for n, event in events if isinstance(event, Done)] == list(range(20))
    assert [what for what, _ in log] == ["asked"] * 20 + ["came back"] * 20
    assert too_early == []


def test_however_many_wait_all_are_asked_for_at_first() -> None:
    """So all reports of a year are prepared at the same time."""
    total, deadline = 3000, time.monotonic() + SOON
    asked: set[int] = set()
    asked_at_first_page: list[int] = []

    def wait_for_all(n: int) -> Iterator[Page | Wait]:
        asked.add(n)
        while len(asked) < total and time.monotonic() < deadline:
            yield Wait(time.monotonic() + 0.05)
        asked_at_first_page.append(len(asked))
        yield Page("")

    list(read_in_order(range(total), wait_for_all, workers=2))
    assert asked_at_first_page[0] == total


@dataclass
class Memory:
    """What is kept between the workers and the reader."""

    kept: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, weight: int) -> None:
        with self.lock:
            self.kept += weight
            self.most = max(self.most, self.kept)


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.integers(1, 10), max_size=30), max_size=12),
    st.sampled_from([1, 2, 4]),
    st.integers(0, 60),
)
def test_what_is_kept_for_later_is_bounded(
    weights: list[list[int]], workers: int, bound: int
) -> None:
    """Beyond the bound only what workers were given already: at most two pages each."""
    memory = Memory()

    def produce(n: int) -> Iterator[Page]:
        for weight in weights[n]:
            memory.add(weight)
            yield Page("", weight)

    numbers = range(len(weights))
    reading = read_in_order(numbers, produce, workers=workers, read_ahead_bytes=bound)
    for _, event in reading:
        if isinstance(event, Page):
            memory.add(-event.weight)
    assert memory.most <= bound + 2 * workers * 10
    assert memory.kept == 0


def test_while_the_target_is_slow_the_workers_stop_at_the_bound() -> None:
    begun = itertools.count()
    last = 0

    def produce(_: int) -> Iterator[Page]:
        nonlocal last
        while True:
            last = next(begun)
            yield Page("", 10)

    reading = read_in_order(range(50), produce, workers=4, read_ahead_bytes=200)
    next(iter(reading))
    seen = -1
    while seen != last:  # until they rest
        seen = last
        time.sleep(0.1)
    assert last < 200 / 10 + 2 * 4 + 2
    closing(reading)


def closing(reading: Iterable[Any]) -> None:
    reading.close()  # type: ignore[attr-defined] # it is a generator


def test_partitions_are_taken_in_as_they_are_needed() -> None:
    reading = read_in_order(itertools.count(), lambda n: play([Page(str(n))]), workers=2)
    handed_out = list(itertools.islice(reading, 2000))
    closing(reading)
    assert [n for n, _ in handed_out] == [n // 2 for n in range(2000)]


@many_workers
def test_asked_to_stop_between_two_pages_it_stops_there(workers: int) -> None:
    stop = Stop()
    scripts: list[Script] = [[Page("a"), Page("b")], [Page("c")]]
    reading = read_in_order(range(2), lambda n: play(scripts[n]), workers=workers, stop=stop)
    assert next(iter(reading)) == (0, Page("a"))
    stop.send()
    with no_thread_left(), pytest.raises(Stopped):
        next(iter(reading))


@pytest.fixture
def alarm() -> Iterator[Callable[[Callable[[], None], float], None]]:
    """Call something from a signal handler, after some seconds."""
    before = signal.getsignal(signal.SIGALRM)

    def set_alarm(call: Callable[[], None], seconds: float) -> None:
        signal.signal(signal.SIGALRM, lambda *_: call())
        signal.setitimer(signal.ITIMER_REAL, seconds)

    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@many_workers
@pytest.mark.parametrize("how", ["hangs", "is parked"])
def test_asked_to_stop_while_a_server_keeps_it_waiting_it_stops_at_once(
    alarm: Callable[[Callable[[], None], float], None], workers: int, how: str
) -> None:
    stop, release, asked_at = Stop(), threading.Event(), 0.0

    def hang(_: int) -> Iterator[Page | Wait]:
        if how == "is parked":
            yield Wait(time.monotonic() + SOON)
        release.wait(SOON)

    def send() -> None:
        nonlocal asked_at
        asked_at = time.monotonic()
        stop.send()

    with no_thread_left():
        alarm(send, 0.2)
        with pytest.raises(Stopped):
            list(read_in_order(range(3), hang, workers=workers, stop=stop))
        assert asked_at
        assert time.monotonic() - asked_at < SOON / 2
        release.set()


@many_workers
def test_no_thread_is_left_after_the_end(workers: int) -> None:
    with no_thread_left():
        read([[Page("a"), ValueError()]] * 9, workers=workers)


@many_workers
def test_no_thread_is_left_when_the_reader_goes_away(workers: int) -> None:
    scripts: list[Script] = [[Page("a"), Park(SOON)]]
    scripts += [[Page("b")] for _ in range(9)]
    with no_thread_left():
        reading = read_in_order(range(10), lambda n: play(scripts[n]), workers=workers)
        next(iter(reading))
        closing(reading)


def test_when_the_reader_goes_away_no_further_request_is_begun() -> None:
    begun: list[int] = []
    release = threading.Event()

    def hang(n: int) -> Iterator[Page]:
        begun.append(n)
        if n:
            release.wait(SOON)
        yield Page("")

    with no_thread_left():
        reading = read_in_order(range(10), hang, workers=2)
        next(iter(reading))
        wait_until(lambda: len(begun) == 3)
        closing(reading)
        release.set()
    assert begun == [0, 1, 2]


def seconds_for(count: int) -> float:
    def ask_twice(_: int) -> Iterator[Page | Wait]:
        yield Wait(time.monotonic() + 0.05)
        yield Page("")

    began = time.process_time()
    assert sum(1 for _ in read_in_order(range(count), ask_twice, workers=2)) == 2 * count
    return time.process_time() - began


def test_parked_partitions_cost_in_proportion_to_their_number() -> None:
    """Forty times as many: 40 times the work, where quadratic work would be 1,600 times."""
    few = min(seconds_for(500) for _ in range(3))
    assert seconds_for(20_000) < 250 * few
