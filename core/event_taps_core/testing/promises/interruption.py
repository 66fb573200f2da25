# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about runs that are ended from outside, and the runs after them."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import signal
import termios
import time
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import pytest

from event_taps_core.testing.promises.base import (
    MAX_EXIT_SECONDS,
    PRECISE,
    FirstRun,
    Promises,
    core,
    long,
    of_the_core,
)
from event_taps_core.testing.sandbox import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing.running import RunningTap, TapRunner

_SET_PIPE_SIZE = 1031
"""F_SETPIPE_SZ of Linux, which Python names since 3.10 there only."""
"""By one worker, so that there is time to interrupt it."""


class Interruption(Promises):
    """Signals, and a target that goes away."""

    @pytest.mark.parametrize("part", [core(0), long(0.25), 0.5, long(0.75), core(0.99)])
    def test_killed_run_is_resumed_from_its_last_state(
        self, first_run: FirstRun, part: float
    ) -> None:
        """Nothing is lost, wherever the run was when it was killed."""
        running = self.run_until(part, first_run)
        running.send(signal.SIGKILL)
        killed = running.finish()
        assert killed.exit_code == -signal.SIGKILL
        self.assert_resumes(killed, first_run)

    @of_the_core
    @pytest.mark.parametrize(
        ("unbuffered", "times"),
        [
            pytest.param("", 1, id="buffered, once"),
            pytest.param("1", 2, id="unbuffered, twice"),
            pytest.param("", 2, id="buffered, twice", marks=pytest.mark.long),
            pytest.param("1", 1, id="unbuffered, once", marks=pytest.mark.long),
        ],
    )
    def test_stopped_before_a_full_pipe_everything_arrives_whole(
        self, first_run: FirstRun, unbuffered: str, times: int
    ) -> None:
        """Meltano answers Ctrl-C, which reaches the tap as well, with a signal of its own."""
        with full_pipe(self.run_tap, unbuffered) as (running, pipe):
            for number in (signal.SIGINT, signal.SIGTERM)[:times]:
                running.send(number)
                time.sleep(0.05)  # threads may take two that come at once in either order
            stdout = pipe.read()
            stopped = replace(running.finish(MAX_EXIT_SECONDS), stdout=stdout)
        self.assert_stopped(stopped, signal.SIGINT)
        # There is none where not one part was complete.
        assert not stopped.state or stopped.messages[-1]["type"] == "STATE"
        resumed = self.run_tap(state=stopped.state, settle_days=0).assert_good()
        self.assert_equals(first_run.truth, stopped, resumed)

    @of_the_core
    @pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
    def test_a_third_signal_insists_although_nobody_reads(self, unbuffered: str) -> None:
        """Else only a kill would end it."""
        with full_pipe(self.run_tap, unbuffered) as (running, _):
            for _ in range(3):
                running.send(signal.SIGTERM)
                time.sleep(0.2)  # signals that are pending at the same time are one
            stopped = running.finish(MAX_EXIT_SECONDS)
        assert stopped.exit_code == 128 + signal.SIGTERM

    def run_until(self, part: float, first_run: FirstRun) -> RunningTap:
        """Start a run and come back when it is at this part of its requests: that one hangs.

        An address counts where it is first asked for.
        """
        addresses = list(first_run.asked)
        address = addresses[int(part * len(addresses))]
        self.sandbox.break_address(address, "timeout")
        running = self.run_tap.start(settings=PRECISE)
        wait_until(lambda: address in self.sandbox.addresses(), while_true=running.runs)
        return running


@contextlib.contextmanager
def full_pipe(run_tap: TapRunner, unbuffered: str) -> Iterator[tuple[RunningTap, IO[bytes]]]:
    """Start a run whose stdout is a small pipe, and wait until that is full and nobody reads."""
    reading, writing = os.pipe()
    size = fcntl.fcntl(writing, _SET_PIPE_SIZE, 4096)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - it is a descriptor
        environment = {"PYTHONUNBUFFERED": unbuffered}
        running = run_tap.start(settings=PRECISE, env=environment, stdout=writing)
        os.close(writing)
        wait_until(lambda: is_stuck(reading, size), while_true=running.runs)
        yield running, pipe


def is_stuck(pipe: int, size: int) -> bool:
    """Say whether nothing more goes into a pipe: a small write has to fit as a whole."""
    before = _held(pipe)
    time.sleep(0.2)
    return size // 2 < before == _held(pipe)


def _held(pipe: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]
