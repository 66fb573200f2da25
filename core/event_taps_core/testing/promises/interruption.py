# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about runs that are ended from outside, and the runs after them."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import signal
import subprocess
import termios
import time
from typing import IO, TYPE_CHECKING

import pytest

from event_taps_core.testing.promises.base import (
    MAX_EXIT_SECONDS,
    PRECISE,
    STOPPING,
    FirstRun,
    Promises,
    core,
    long,
    of_the_core,
)
from event_taps_core.testing.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing.running import RunningTap, TapRunner

_SET_PIPE_SIZE = 1031
"""F_SETPIPE_SZ of Linux, which Python names since 3.10 there only."""

SLOW_RUN_SECONDS = 3
"""By one worker, so that there is time to interrupt it."""


class Interruption(Promises):
    """Signals, and a target that goes away."""

    @pytest.mark.parametrize("part", [core(0), long(0.25), 0.5, long(0.75), core(0.99)])
    def test_killed_run_is_resumed_from_its_last_state(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner, part: float
    ) -> None:
        """Nothing is lost, wherever the run was when it was killed."""
        running = self.run_until(part, first_run, sandbox, run_tap)
        running.send(signal.SIGKILL)
        killed = running.finish()
        assert killed.exit_code == -signal.SIGKILL
        self.assert_resumes(killed, first_run, sandbox, run_tap)

    @of_the_core
    def test_run_killed_while_it_writes_is_resumed_from_its_last_state(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """A state may be the last that arrived; whatever came before it is whole."""
        running = self.run_until_it_writes(first_run, sandbox, run_tap)
        running.send(signal.SIGKILL)
        killed = running.finish()
        assert killed.exit_code == -signal.SIGKILL
        assert killed.state is not None
        self.assert_resumes(killed, first_run, sandbox, run_tap)

    @of_the_core
    @pytest.mark.parametrize(
        ("number", "part"),
        [*zip(STOPPING * 2, (0, 0.3, 0.6, 0.99), strict=True)],
        ids=lambda value: getattr(value, "name", value),
    )
    def test_stopped_run_ends_with_whole_lines_and_is_resumed(
        self,
        first_run: FirstRun,
        sandbox: Sandbox,
        run_tap: TapRunner,
        number: signal.Signals,
        part: float,
    ) -> None:
        """The exit code is that of the signal; no hanging answer is waited for."""
        running = self.run_until(part, first_run, sandbox, run_tap)
        running.send(number)
        self.assert_stopped(running.finish(MAX_EXIT_SECONDS), number)
        self.assert_resumes(running.finish(), first_run, sandbox, run_tap)

    @of_the_core
    @pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
    def test_run_stopped_while_it_writes_ends_with_whole_lines_and_is_resumed(
        self,
        first_run: FirstRun,
        sandbox: Sandbox,
        run_tap: TapRunner,
        number: signal.Signals,
    ) -> None:
        """What was handed to the target is whole, and the last state is true of it."""
        running = self.run_until_it_writes(first_run, sandbox, run_tap)
        running.send(number)
        stopped = running.finish(MAX_EXIT_SECONDS)
        self.assert_stopped(stopped, number)
        self.assert_resumes(stopped, first_run, sandbox, run_tap)

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
        self, first_run: FirstRun, run_tap: TapRunner, unbuffered: str, times: int
    ) -> None:
        """Meltano answers Ctrl-C, which reaches the tap as well, with a signal of its own."""
        with full_pipe(run_tap, unbuffered) as (running, pipe):
            for number in (signal.SIGINT, signal.SIGTERM)[:times]:
                running.send(number)
            stdout = pipe.read()
            stopped = running.finish(MAX_EXIT_SECONDS).with_stdout(stdout)
        self.assert_stopped(stopped, signal.SIGINT)
        # There is none where not one part was complete.
        assert stopped.state is None or stopped.messages[-1]["type"] == "STATE"
        resumed = run_tap(state=stopped.state, settle_days=0).assert_good()
        self.assert_equals(self.load(stopped, resumed), first_run.truth)

    @of_the_core
    @pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
    def test_a_third_signal_insists_although_nobody_reads(
        self, run_tap: TapRunner, unbuffered: str
    ) -> None:
        """Else only a kill would end it."""
        with full_pipe(run_tap, unbuffered) as (running, _):
            for _ in range(3):
                running.send(signal.SIGTERM)
                time.sleep(0.05)  # signals that are pending at the same time are one
            stopped = running.finish(MAX_EXIT_SECONDS)
        assert stopped.exit_code == 128 + signal.SIGTERM

    @of_the_core
    def test_target_that_goes_away_ends_the_run_in_one_line(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """As `| head -1` does."""
        sandbox.delay(first_run.milliseconds(1))
        running = run_tap.start(stdout=subprocess.PIPE)
        assert running.process.stdout is not None
        first = running.process.stdout.readline()
        running.process.stdout.close()
        run = running.finish()
        assert first.endswith(b"\n")
        run.assert_failed_in_one_line("target")
        assert "BrokenPipe" not in run.stderr

    def run_until_it_writes(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> RunningTap:
        """Start a run and come back when it has sent its first STATE, in the middle of reading."""
        sandbox.delay(first_run.milliseconds(SLOW_RUN_SECONDS))
        running = run_tap.start(settings=PRECISE)
        sandbox.wait_until(lambda: running.so_far().state is not None, while_true=running.runs)
        return running

    def run_until(
        self, part: float, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> RunningTap:
        """Start a run and come back when it is at this part of its requests: that one hangs.

        An address counts where it is first asked for.
        """
        addresses = list(first_run.asked)
        address = addresses[int(part * len(addresses))]
        sandbox.break_address(address, "timeout")
        running = run_tap.start(settings=PRECISE)
        sandbox.wait_until(lambda: address in sandbox.addresses(), while_true=running.runs)
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
        Sandbox.wait_until(lambda: is_stuck(reading, size), while_true=running.runs)
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
