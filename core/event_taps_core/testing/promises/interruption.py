# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about runs that are ended from outside, and the runs after them."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from event_taps_core.testing.promises.base import (
    LONGEST_GOODBYE_SECONDS,
    PRECISE,
    STOPPING,
    FirstRun,
    Promises,
)

if TYPE_CHECKING:
    from event_taps_core.testing.running import RunningTap, TapRunner
    from event_taps_core.testing.sandbox import Sandbox

SLOW_RUN_SECONDS = 3
"""By one worker, so that there is time to interrupt it."""


class Interruption(Promises):
    """Signals, and a target that goes away."""

    @pytest.mark.parametrize("part", [0, 0.25, 0.5, 0.75, 0.99])
    def test_killed_run_is_resumed_from_its_last_state(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner, part: float
    ) -> None:
        """Nothing is lost, wherever the run was when it was killed."""
        running = self.run_until(part, first_run, sandbox, run_tap)
        running.send(signal.SIGKILL)
        killed = running.finish()
        assert killed.exit_code == -signal.SIGKILL
        self.assert_resumes(killed, first_run, sandbox, run_tap)

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

    @pytest.mark.parametrize("part", [0, 0.3, 0.6, 0.99])
    @pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
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
        self.assert_stopped(running.finish(LONGEST_GOODBYE_SECONDS), number)
        self.assert_resumes(running.finish(), first_run, sandbox, run_tap)

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
        stopped = running.finish(LONGEST_GOODBYE_SECONDS)
        self.assert_stopped(stopped, number)
        self.assert_resumes(stopped, first_run, sandbox, run_tap)

    def test_signals_in_a_row_still_leave_whole_lines(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Whoever insists gets the same exit code; the handler is not gone after the first."""
        running = self.run_until(0.5, first_run, sandbox, run_tap)
        running.send(signal.SIGTERM)
        running.send(signal.SIGTERM)
        stopped = running.finish(LONGEST_GOODBYE_SECONDS)
        assert stopped.exit_code == 128 + signal.SIGTERM
        stopped.assert_whole_lines()

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
