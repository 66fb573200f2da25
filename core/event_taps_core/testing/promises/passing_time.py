# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about the runs after the first one."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.testing.promises.base import (
    READ_LOG,
    FirstRun,
    Promises,
    long,
    of_the_core,
)
from event_taps_core.testing.promises.selection import rows_of

if TYPE_CHECKING:
    from event_taps_core.testing.running import Record, Run

SETTLE_DAYS = 14
FUTURE = "2999-12-31"


class PassingTime(Promises):
    """Incremental reading and shards, whatever tells a tap what it has to read."""

    @pytest.mark.parametrize("days", [3, long(5)])
    def test_warehouse_equals_the_truth_while_the_world_moves_on(
        self, first_run: FirstRun, days: int
    ) -> None:
        """Day after day: rows come, change, are merged and removed, and a parent vanishes."""
        runs = [first_run.run]
        changes: Counter[str] = Counter()
        for _ in range(days):
            changes += Counter(self.sandbox.advance())
            runs.append(self.run_tap(state=runs[-1].state).assert_good())
            self.assert_equals(self.truth(), *runs)
        assert len(changes) > 1, "the world did not change: nothing was tested"

    def test_parent_that_vanished_leaves_no_rows_but_those_of_another_account(
        self, first_run: FirstRun
    ) -> None:
        """Also when it vanished long after it was settled; accounts load into the same tables."""
        columns = self.tap.account_columns
        settings: dict[str, Any] = dict.fromkeys(columns, "other")
        assert columns, "nothing says whose data these are"
        self.sandbox.switch(**self.tap.any_account)
        first, other = first_run.run, self.run_tap(**settings)
        before = self.truth()
        self.sandbox.vanish()
        second = self.run_tap(state=first.state)
        now = self.truth()
        of_other, of_first = (
            {name: run.assert_good().records(READ_LOG)[0][name] for name in columns}
            for run in (other, first)
        )
        together = {
            name: [
                *({**row, **of_other} for row in before[name]),
                *({**row, **of_first} for row in now[name]),
            ]
            for name in before
        }
        self.assert_equals(together, first, other, second.assert_good())

    def test_shards_together_equal_the_truth(self, first_run: FirstRun) -> None:
        """Their rows are the whole run's, each once; shard 0 has those of streams read whole."""
        runs = [self.run_tap(shard_count=3, shard_index=index).assert_good() for index in range(3)]
        self.assert_equals(first_run.truth, *runs)
        asked, usual = Counter(self.sandbox.addresses()), first_run.asked
        parted = self.tap.parted_streams
        addresses = {part.address for name in parted for part in first_run.parts(name)}
        read_whole = self.tap.streams.keys() - parted.keys()
        parents = {stream.parent.name for stream in parted.values() if stream.parent}
        addresses |= {self.tap.template(name) for name in read_whole - parents}
        assert [address for address in addresses if asked[address] != usual[address]] == []
        for name in self.tap.streams:
            rows = [row for run in runs for row in rows_of(run, name)]
            assert sorted(rows, key=str) == sorted(rows_of(first_run.run, name), key=str)
        for run in runs[1:]:
            assert run.streams >= {READ_LOG, *read_whole}
            assert [name for name in read_whole if run.records(name)] == []
            assert all("read by shard 0" in run.summary(name) for name in read_whole)
            logged = {row["stream"] for row in run.records(READ_LOG)}
            assert logged.isdisjoint(read_whole)
        parts = [
            {
                (name, row[str(cls.parent_key)])
                for name, cls in parted.items()
                for row in run.records(name)
            }
            for run in runs
        ]
        assert sum(map(len, parts)) == len(set().union(*parts))
        assert all(len(part) < len(set().union(*parts)) for part in parts)

    @of_the_core
    def test_parent_that_vanished_leaves_no_rows_in_any_shard(self) -> None:
        """Although shard 0 alone says that it is gone."""
        of_all: list[dict[str, Any]] = [{"shard_count": 2, "shard_index": n} for n in range(2)]
        before = [self.run_tap(**shard).assert_good() for shard in of_all]
        self.sandbox.vanish()
        after = [
            self.run_tap(state=run.state, **shard).assert_good()
            for shard, run in zip(of_all, before, strict=True)
        ]
        self.assert_equals(self.truth(), *before, *after)
        self.assert_equals(self.truth(), *before, *reversed(after))


class Settling(Promises):
    """Streams whose parts settle some days after their end."""

    def test_second_run_reads_only_what_is_not_settled(self, first_run: FirstRun) -> None:
        """What is settled is not requested; the rest is, as before."""
        run = self.run_tap(state=first_run.run.state, settle_days=SETTLE_DAYS).assert_good()
        asked = Counter(self.sandbox.addresses())
        usual = first_run.asked
        today = datetime.now(UTC).date()
        settled: set[str] = set()
        unsettled: set[str] = set()
        for name in self.tap.settling_streams:
            # What had not settled for the first run is read once more, if now fewer days do.
            days = max(SETTLE_DAYS, first_run.run.state["bookmarks"][name]["settle_days"])
            for part in first_run.parts(name):
                age = (today - date.fromisoformat(part.end[:10])).days - self.tap.part_days
                # The bookmark ends on the day that is over everywhere, which may be yesterday's.
                if age > days + 1:
                    settled.add(part.address)
                elif age < SETTLE_DAYS:
                    unsettled.add(part.address)
        assert settled
        assert unsettled
        assert [address for address in settled if asked[address]] == []
        assert [address for address in unsettled if asked[address] != usual[address]] == []
        assert asked < usual
        for name in self.tap.settling_streams:
            assert self.progress(run, name) == self.progress(first_run.run, name)
        self.assert_equals(first_run.truth, first_run.run, run)

    def test_bookmark_is_not_beyond_the_start_of_the_run(self, first_run: FirstRun) -> None:
        """Parents of the future are read and do not count as past."""
        for name in self.tap.settling_streams:
            bookmark = first_run.run.bookmark(name)
            assert bookmark is not None, name
            assert bookmark <= first_run.run.records(READ_LOG)[0]["read_at"], name


class Changes(Promises):
    """Streams whose vendor can say what changed: a bookmark of the clock for each part."""

    def test_bookmark_is_the_clock_and_behind_it(self, first_run: FirstRun) -> None:
        """Rows may change while they are read, so the run's start counts, less an overlap."""
        started = datetime.fromisoformat(first_run.run.records(READ_LOG)[0]["read_at"])
        for name in self.tap.changes_streams:
            bookmarks = first_run.run.part_bookmarks(name)
            parts = {part.part_id for part in first_run.parts(name)}
            assert parts <= set(bookmarks), name
            for bookmark in bookmarks.values():
                assert datetime.fromisoformat(bookmark) <= started

    def test_a_second_run_is_no_whole_reading(self, first_run: FirstRun) -> None:
        """So it must not replace the first in the read log; the tables stay as they are."""
        run = self.run_tap(state=first_run.run.state).assert_good()
        logged = {row["stream"] for row in run.records(READ_LOG)}
        assert logged.isdisjoint(self.tap.changes_streams)
        self.assert_equals(self.truth(), first_run.run, run)

    def test_bookmark_from_the_future_reads_everything(self, first_run: FirstRun) -> None:
        """Of a clock that was wrong once, nobody knows what was missed since."""
        future = copy.deepcopy(first_run.run.state)
        for name in self.tap.changes_streams:
            for part in future["bookmarks"][name]["partitions"]:
                part["replication_key_value"] = f"{FUTURE}T00:00:00Z"
        run = self.run_tap(state=future).assert_good()
        self.assert_equals({name: first_run.truth[name] for name in self.tap.changes_streams}, run)
        assert self.logged(run) == self.logged(first_run.run)

    def logged(self, run: Run) -> list[Record]:
        """Return what the read log says of these streams, without the time."""
        return sorted(
            (
                {key: value for key, value in row.items() if key != "read_at"}
                for row in run.records(READ_LOG)
                if row["stream"] in self.tap.changes_streams
            ),
            key=str,
        )
