# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what a vendor prepares when it is asked for: ready in time, or never."""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from event_taps_core.testing.promises.base import (
    MAX_EXIT_SECONDS,
    PRECISE,
    STOPPING,
    FirstRun,
    Promises,
)
from event_taps_core.testing.promises.output import A_MOMENT_SECONDS, masked
from event_taps_core.testing.running import select
from event_taps_core.testing.sandbox import wait_until

if TYPE_CHECKING:
    from event_taps_core.testing.running import Record

NEVER_SECONDS = 3600.0


class Deferral(Promises):
    """Streams that are `deferred`; in other promises' tests what they ask for is ready at once."""

    def test_preparation_changes_neither_output_nor_requests(self, first_run: FirstRun) -> None:
        """What was asked for early is asked for once more, was it ready or not."""
        self.sandbox.prepare(A_MOMENT_SECONDS)
        run = self.run_tap().assert_good()
        assert masked(run) == masked(first_run.run)
        assert Counter(self.sandbox.addresses()) == first_run.asked
        for name in self.tap.deferred_streams:
            assert "not ready at first" in run.summary(name)

    def test_everything_is_prepared_at_the_same_time(self, first_run: FirstRun) -> None:
        """So it takes the time of one, by however few workers it is asked for."""
        self.sandbox.prepare(A_MOMENT_SECONDS)
        self.run_tap(concurrency=1).assert_good()
        paths = self.deferred_paths(first_run, *self.tap.deferred_streams)
        self.assert_waited_together(paths)

    def test_parts_of_one_stream_wait_side_by_side(
        self, first_run: FirstRun, catalog: Record
    ) -> None:
        """No worker is held, be it the only one."""
        paths, stream = max(
            ((self.deferred_paths(first_run, name), name) for name in self.tap.deferred_streams),
            key=lambda found: len(found[0]),
        )
        self.sandbox.prepare(A_MOMENT_SECONDS)
        self.run_tap(catalog=select(catalog, stream), concurrency=1).assert_good()
        self.assert_waited_together(paths)

    @pytest.mark.parametrize("number", [signal.SIGKILL, *STOPPING], ids=lambda number: number.name)
    def test_run_that_ends_while_it_waits_is_resumed(
        self,
        first_run: FirstRun,
        number: signal.Signals,
    ) -> None:
        """The next one asks again; and a wait holds up nobody who wants to stop."""
        self.sandbox.prepare(NEVER_SECONDS)
        paths = self.deferred_paths(first_run, *self.tap.deferred_streams)
        running = self.run_tap.start(settings=PRECISE)
        wait_until(
            lambda: any(Counter(self.sandbox.addresses())[path] > 1 for path in paths),
            while_true=running.runs,
        )
        running.send(number)
        ended = running.finish(MAX_EXIT_SECONDS)
        if number is signal.SIGKILL:
            assert ended.exit_code == -signal.SIGKILL
        else:
            self.assert_stopped(ended, number)
        self.sandbox.prepare(A_MOMENT_SECONDS)
        self.assert_resumes(ended, first_run)

    def test_what_is_never_ready_is_named_and_everything_else_is_read(
        self, first_run: FirstRun
    ) -> None:
        """After a time that is set; and the next run ends at the truth."""
        self.sandbox.prepare(NEVER_SECONDS)
        run = self.run_tap(settle_days=0, **self.tap.impatient)
        deferred = self.tap.deferred_streams
        run.assert_failed_in_one_line(*deferred)
        lacking = set().union(*map(self.tap.fed_by, deferred))
        truth = first_run.truth
        self.assert_equals({n: [] if n in lacking else truth[n] for n in truth}, run)
        self.sandbox.prepare(A_MOMENT_SECONDS)
        after = self.run_tap(state=run.state, settle_days=0).assert_good()
        self.assert_equals(truth, run, after)

    def deferred_paths(self, first_run: FirstRun, *streams: str) -> set[str]:
        """Return the paths that rows of these streams came from."""
        return {part.address for name in streams for part in first_run.parts(name)}

    def assert_waited_together(self, paths: set[str]) -> None:
        """Insist that the one worker asked for most of these before it asked for one again.

        For all, if the machine has nothing else to do.
        """
        asked: dict[str, list[float]] = defaultdict(list)
        for request in self.sandbox.requests():
            asked[request.path].append(request.at)
        again = min(asked[path][1] for path in paths)
        assert sum(asked[path][0] < again for path in paths) > len(paths) / 2
