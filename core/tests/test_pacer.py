"""A vendor's limit on calls is never broken, wherever the vendor counts, and it is used."""

from __future__ import annotations

import contextlib
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from event_taps_core import (
    CallWindow,
    TapError,
)
from event_taps_core.pacer import Pacer
from event_taps_core.testing.api_server import ApiServer, status

from .runs import client_of, send
from .test_auth import LoginClient

if TYPE_CHECKING:
    from collections.abc import Sequence


NO_EVEN_PACE = 600_000
"""So many requests per minute leave the pace to the window."""


def assert_no_window_holds_more(counted_at: Sequence[float], window: CallWindow) -> None:
    """Check every window there is.

    Two calls that have `calls` - 1 others between them may not be counted within `seconds`: so no
    sliding window holds more, and then no fixed one does, whatever its phase.
    """
    counted_at = sorted(counted_at)
    for first, one_too_many in zip(counted_at, counted_at[window.calls :], strict=False):
        assert one_too_many - first > window.seconds


# In a simulation, where time passes only if somebody waits


@dataclass(frozen=True)
class Call:
    latency: float
    """Seconds from sending to answering."""
    counted: float
    """When the server counts it: from 0, on sending, to 1, on answering."""
    idle: float = 0.0
    """For so long nobody wanted anything before it."""


@dataclass
class Simulation:
    """Workers that share a pacer, in one thread: it is the clock and the condition, too."""

    workers: int
    now: float = 1000.0
    started_at: list[float] = field(default_factory=list)
    counted_at: list[float] = field(default_factory=list)
    under_way: list[tuple[float, contextlib.ExitStack]] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def Condition(self) -> Self:  # noqa: N802 - it stands for `threading`
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Only one thread, so nothing to hold."""

    def notify_all(self) -> None:
        """Who waits looks again anyway."""

    def wait(self, timeout: float | None) -> None:
        """Let time pass until something happens; a timeout may be rounded up, never down."""
        until = min(
            ([] if timeout is None else [self.now + timeout]) + [at for at, _ in self.under_way]
        )
        self.pass_time(until)

    def pass_time(self, until: float) -> None:
        self.under_way.sort(key=lambda call: call[0])
        while self.under_way and self.under_way[0][0] <= until:
            at, turn = self.under_way.pop(0)
            self.now = max(self.now, at)
            turn.close()
        self.now = max(self.now, until)

    def send(self, pacer: Pacer, call: Call) -> None:
        self.pass_time(self.now + call.idle)
        if len(self.under_way) >= self.workers:
            self.pass_time(min(at for at, _ in self.under_way))
        turn = contextlib.ExitStack()
        turn.enter_context(pacer.turn())
        self.started_at.append(self.now)
        self.counted_at.append(self.now + call.counted * call.latency)
        self.under_way.append((self.now + call.latency, turn))


def simulate(
    calls: Sequence[Call],
    window: CallWindow,
    *,
    workers: int,
    requests_per_minute: int,
    runs: int = 1,
) -> Simulation:
    simulation = Simulation(workers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("event_taps_core.pacer.time", simulation)
        patch.setattr("event_taps_core.pacer.threading", simulation)
        pacer = Pacer(requests_per_minute, window, runs)
        for call in calls:
            simulation.send(pacer, call)
        while simulation.under_way:
            simulation.pass_time(max(at for at, _ in simulation.under_way))
    return simulation


WINDOWS = st.builds(CallWindow, st.integers(1, 12), st.floats(0.5, 100))
CALLS = st.builds(
    Call,
    latency=st.sampled_from([0.0, 0.001, 0.3, 5.0, 40.0]) | st.floats(0, 300),
    counted=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    idle=st.sampled_from([0.0] * 4 + [1.0, 30.0]),
)
PACES = st.sampled_from([NO_EVEN_PACE, 120, 30, 1])
SLOW_THEN_QUICK = [Call(40.0, 1.0)] * 5 + [Call(0.0, 0.0)] * 10
"""Counted late at first and at once then: what even spacing alone turns into a burst."""


@given(
    calls=st.lists(CALLS, min_size=2, max_size=60),
    window=WINDOWS,
    workers=st.integers(1, 20),
    requests_per_minute=PACES,
)
@example(SLOW_THEN_QUICK, CallWindow(5, 5.0), 8, 120)
@example(SLOW_THEN_QUICK, CallWindow(5, 5.0), 8, NO_EVEN_PACE)
def test_no_window_holds_more_calls_wherever_the_server_counts_them(
    calls: list[Call], window: CallWindow, workers: int, requests_per_minute: int
) -> None:
    """Not even if the server's clock is slower than ours by a hundredth; and the pace is even."""
    run = simulate(calls, window, workers=workers, requests_per_minute=requests_per_minute)
    assert len(run.counted_at) == len(calls)
    slow_clock = window._replace(seconds=window.seconds * 1.0099)
    assert_no_window_holds_more(run.counted_at, slow_clock)
    for earlier, later in itertools.pairwise(run.started_at):
        assert later - earlier >= 60 / requests_per_minute - 1e-6


@given(window=WINDOWS, share=st.floats(0, 0.05), workers=st.integers(1, 20))
def test_when_answers_are_quick_nine_tenths_of_the_limit_are_used(
    window: CallWindow, share: float, workers: int
) -> None:
    rate = window.calls / window.seconds
    latency = share * window.seconds
    quick = [Call(latency, 0.5)] * (window.calls * 40 + 1)
    enough = max(workers, window.calls)  # workers that wait for answers are another matter
    run = simulate(quick, window, workers=enough, requests_per_minute=NO_EVEN_PACE)
    took = max(run.counted_at) - min(run.counted_at)
    assert (len(quick) - 1) / took >= 0.9 * rate


def test_an_even_pace_of_the_same_limit_costs_nothing_more() -> None:
    run = simulate([Call(0.2, 0.5)] * 401, CallWindow(10, 5.0), workers=8, requests_per_minute=120)
    assert 400 / (run.counted_at[-1] - run.counted_at[0]) >= 0.9 * 10 / 5.0


PLACES = st.lists(  # of runs at the same time; in each one run follows the other
    st.lists(st.lists(CALLS, min_size=1, max_size=25), min_size=1, max_size=3),
    min_size=1,
    max_size=10,
)


@given(
    places=PLACES,
    window=st.builds(CallWindow, st.integers(10, 24), st.floats(0.5, 100)),
    workers=st.integers(1, 20),
    requests_per_minute=PACES,
)
@example([[[Call(0.0, 0.0)] * 10] * 3] * 2, CallWindow(10, 5.0), 8, NO_EVEN_PACE)
@example([[SLOW_THEN_QUICK]] * 3, CallWindow(10, 5.0), 8, 120)
@example([[[Call(0.0, 0.0)] * 10]] * 3, CallWindow(100, 5.0), 8, 60)
def test_runs_that_share_a_key_keep_its_limit_and_its_budget_together(
    places: list[list[list[Call]]], window: CallWindow, workers: int, requests_per_minute: int
) -> None:
    """Also where a run takes the place of one that has just ended."""
    started_at: list[float] = []
    counted_at: list[float] = []
    for place in places:
        ended = 0.0
        for calls in place:
            one = simulate(
                calls,
                window,
                workers=workers,
                requests_per_minute=requests_per_minute,
                runs=len(places),
            )
            started_at += (ended + at for at in one.started_at)
            counted_at += (ended + at for at in one.counted_at)
            ended += one.now - Simulation.now
    assert len(counted_at) == sum(len(calls) for place in places for calls in place)
    assert_no_window_holds_more(counted_at, window)
    minutes = (max(started_at) - min(started_at)) / 60
    first_ones = sum(map(len, places))
    assert len(started_at) <= requests_per_minute * minutes + first_ones + 1e-6


def test_more_runs_than_calls_are_refused() -> None:
    with pytest.raises(TapError, match="concurrent_runs: 3 runs cannot share the 2 calls in 5 s"):
        Pacer(60, CallWindow(2, 5.0), 3)


# With threads


def test_whatever_is_raised_in_a_turn_frees_its_place_after_the_window() -> None:
    pacer = Pacer(NO_EVEN_PACE, CallWindow(1, 0.1))
    with pytest.raises(KeyboardInterrupt), pacer.turn():
        raise KeyboardInterrupt
    ended = time.monotonic()
    with pacer.turn():
        assert time.monotonic() - ended >= 0.1


def test_a_pause_holds_for_all_who_wait_for_a_place() -> None:
    """Told to wait, nobody sends only because a place got free."""
    pacer = Pacer(NO_EVEN_PACE, CallWindow(2, 0.05))

    def time_of_turn(_: int) -> float:
        with pacer.turn():
            return time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        with pacer.turn(), pacer.turn():
            turns = pool.map(time_of_turn, range(4))
            paused_at = time.monotonic()
            pacer.pause(0.4)
        assert all(turn - paused_at >= 0.4 for turn in turns)


WINDOW = CallWindow(5, 0.1)


class WindowedClient(LoginClient):
    call_window: ClassVar[CallWindow | None] = WINDOW


def test_logins_and_redirects_are_calls_too_and_a_limit_holds_without_a_budget(
    server: ApiServer,
) -> None:
    """Breaking it can cost the key, so no setting lifts it, and no address does."""
    server.on("/login", {"token": "t-1"})
    server.on("/people", status(307, Location="/api/events")).on("/events", {})
    client = client_of(server, WindowedClient, concurrency=12)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: send(client), range(8)))
    assert len(server.requests) == 17
    assert_no_window_holds_more([request.at for request in server.requests], WINDOW)
