# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about the runs after the first one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from event_taps_core.testing.promises.base import READ_LOG, FirstRun, Promises

if TYPE_CHECKING:
    from event_taps_core.testing.running import TapRunner
    from event_taps_core.testing.sandbox import Sandbox

SETTLE_DAYS = 14
DAYS = 5


class PassingTime(Promises):
    """Incremental reading, shards, start dates."""

    def test_warehouse_equals_the_truth_while_the_world_moves_on(
        self, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Day after day: rows come, change, are merged and removed, and a parent vanishes."""
        run = run_tap().assert_good()
        warehouse = self.load(run)
        self.assert_equals(warehouse, self.truth(sandbox))
        changes: Counter[str] = Counter()
        for _ in range(DAYS):
            changes += Counter(sandbox.advance())
            run = run_tap(state=run.state).assert_good()
            warehouse.load(run.stdout.splitlines(keepends=True))
            self.assert_equals(warehouse, self.truth(sandbox))
        assert len(changes) > 1, "the world did not change: nothing was tested"

    def test_parent_that_vanished_leaves_no_rows(
        self, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Also when it vanished long after it was settled."""
        first = run_tap().assert_good()
        sandbox.vanish()
        second = run_tap(state=first.state).assert_good()
        self.assert_equals(self.load(first, second), self.truth(sandbox))

    def test_second_run_reads_only_what_is_not_settled(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """The paths of settled parents are not requested; those of the others are, as before."""
        run = run_tap(state=first_run.run.state, settle_days=SETTLE_DAYS).assert_good()
        asked = Counter(sandbox.paths())
        usual = first_run.asked
        today = datetime.now(UTC).date()
        settled: set[str] = set()
        unsettled: set[str] = set()
        for name in self.tap.child_streams:
            for part in first_run.parts(name):
                age = (today - date.fromisoformat(part.end[:10])).days
                # The bookmark ends on the day that is over everywhere, which may be yesterday's.
                if age > SETTLE_DAYS + 1:
                    settled.add(part.path)
                elif age < SETTLE_DAYS:
                    unsettled.add(part.path)
        assert settled
        assert unsettled
        assert [path for path in settled if asked[path]] == []
        assert [path for path in unsettled if asked[path] != usual[path]] == []
        assert asked < usual
        for name in self.tap.child_streams:
            assert self.progress(run, name) == self.progress(first_run.run, name)
        self.assert_equals(self.load(first_run.run, run), first_run.truth)

    def test_bookmark_is_not_beyond_the_start_of_the_run(self, first_run: FirstRun) -> None:
        """Parents of the future are read and do not count as past."""
        for name in self.tap.child_streams:
            bookmark = first_run.run.bookmark(name)
            assert bookmark is not None, name
            assert bookmark <= first_run.run.records(READ_LOG)[0]["read_at"], name

    def test_shards_together_equal_the_truth(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """And no parent is read twice."""
        runs = [run_tap(shard_count=3, shard_index=index).assert_good() for index in range(3)]
        self.assert_equals(self.load(*runs), first_run.truth)
        asked, usual = Counter(sandbox.paths()), first_run.asked
        children = {part.path for name in self.tap.child_streams for part in first_run.parts(name)}
        assert [path for path in children if asked[path] != usual[path]] == []
        parts = [
            {
                (name, row[self.key(name)])
                for name in self.tap.child_streams
                for row in run.records(name)
            }
            for run in runs
        ]
        assert sum(map(len, parts)) == len(set().union(*parts))
        assert all(len(part) < len(set().union(*parts)) for part in parts)

    def test_start_date_leaves_out_what_ended_before(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """What has no end is read all the same."""
        name = next(iter(self.tap.child_streams))
        parts = first_run.parts(name)
        start_date = parts[len(parts) // 2].end[:10]
        run = run_tap(start_date=start_date).assert_good()
        asked = set(sandbox.paths())
        for part in parts:
            assert (part.path in asked) is (part.end >= start_date), part
        dateless = [
            record
            for record in first_run.run.records(name)
            if record[str(self.tap.streams[name].replication_key)] is None
        ]
        found = {record[self.key(name)] for record in run.records(name)}
        assert {record[self.key(name)] for record in dateless} <= found

    def key(self, stream: str) -> str:
        """Return the column with the parent's id."""
        return str(self.tap.streams[stream].parent_key)
