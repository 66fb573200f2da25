# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about the runs after the first one."""

from __future__ import annotations

import copy
import signal
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.shards import merge_states
from event_taps_core.testing.promises.base import (
    PRECISE,
    READ_LOG,
    FirstRun,
    Promises,
    long,
    of_the_core,
)
from event_taps_core.testing.promises.selection import rows_of
from event_taps_core.testing.running import select

if TYPE_CHECKING:
    from event_taps_core.testing.running import Record, Run, TapRunner
    from event_taps_core.testing.sandbox import Sandbox

SETTLE_DAYS = 14
FUTURE = "2999-12-31"


class PassingTime(Promises):
    """Incremental reading and shards, whatever tells a tap what it has to read."""

    @pytest.mark.parametrize("days", [3, long(5)])
    def test_warehouse_equals_the_truth_while_the_world_moves_on(
        self, sandbox: Sandbox, run_tap: TapRunner, days: int
    ) -> None:
        """Day after day: rows come, change, are merged and removed, and a parent vanishes."""
        run = run_tap().assert_good()
        warehouse = self.load(run)
        self.assert_equals(warehouse, self.truth(sandbox))
        changes: Counter[str] = Counter()
        for _ in range(days):
            changes += Counter(sandbox.advance())
            run = run_tap(state=run.state).assert_good()
            warehouse.load(run.stdout.splitlines(keepends=True))
            self.assert_equals(warehouse, self.truth(sandbox))
        assert len(changes) > 1, "the world did not change: nothing was tested"

    @of_the_core
    def test_run_says_which_run_it_goes_on_from(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """A warehouse without that one's row lacks rows, which no later run reads again."""
        run = run_tap(state=first_run.run.state).assert_good()
        assert first_run.run.noted_run["continues"] is None
        assert run.noted_run["continues"] == first_run.run.noted_run["parent_id"]

    def test_parent_that_vanished_leaves_no_rows_but_those_of_another_account(
        self, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Also when it vanished long after it was settled; accounts load into the same tables."""
        columns = self.tap.account_columns
        settings: dict[str, Any] = dict.fromkeys(columns, "other")
        assert columns, "nothing says whose data these are"
        sandbox.switch(**self.tap.any_account)
        first, other = run_tap(), run_tap(**settings)
        before = self.truth(sandbox)
        sandbox.vanish()
        second = run_tap(state=first.state)
        now = self.truth(sandbox)
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
        self.assert_equals(self.load(first, other, second.assert_good()), together)

    def test_shards_together_equal_the_truth(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Their rows are the whole run's, each once; shard 0 has those of streams read whole."""
        runs = [run_tap(shard_count=3, shard_index=index).assert_good() for index in range(3)]
        self.assert_equals(self.load(*runs), first_run.truth)
        asked, usual = Counter(sandbox.addresses()), first_run.asked
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
    def test_parent_that_vanished_leaves_no_rows_in_any_shard(
        self, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Although shard 0 alone says that it is gone."""
        of_all: list[dict[str, Any]] = [{"shard_count": 2, "shard_index": n} for n in range(2)]
        before = [run_tap(**shard).assert_good() for shard in of_all]
        sandbox.vanish()
        after = [
            run_tap(state=run.state, **shard).assert_good()
            for shard, run in zip(of_all, before, strict=True)
        ]
        self.assert_equals(self.load(*before, *after), self.truth(sandbox))
        self.assert_equals(self.load(*before, *reversed(after)), self.truth(sandbox))

    @of_the_core
    def test_a_shard_that_leaves_everything_to_another_says_that_it_ran(
        self, sandbox: Sandbox, run_tap: TapRunner, catalog: Record
    ) -> None:
        """Meltano's `config test` fails without a record; it costs no request."""
        read_whole = self.tap.streams.keys() - self.tap.parted_streams.keys()
        chosen = select(catalog, READ_LOG, *read_whole)
        run = run_tap(catalog=chosen, shard_count=2, shard_index=1).assert_good()
        if read_whole:
            assert run.noted_run["shard"] == "1/2"
        assert sandbox.requests() == []

    @of_the_core
    def test_a_sample_of_a_shard_lacks_no_stream_that_it_reads(self, run_tap: TapRunner) -> None:
        """`--test=records`."""
        run = run_tap("--test=records", shard_count=2, shard_index=1).assert_good()
        assert all(run.records(name) for name in self.tap.parted_streams)


class Settling(Promises):
    """Streams whose parts settle some days after their end."""

    def test_second_run_reads_only_what_is_not_settled(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """What is settled is not requested; the rest is, as before."""
        run = run_tap(state=first_run.run.state, settle_days=SETTLE_DAYS).assert_good()
        asked = Counter(sandbox.addresses())
        usual = first_run.asked
        today = datetime.now(UTC).date()
        settled: set[str] = set()
        unsettled: set[str] = set()
        for name in self.tap.settling_streams:
            # What had not settled for the first run is read once more, if now fewer days do.
            days = max(SETTLE_DAYS, (first_run.run.state or {})["bookmarks"][name]["settle_days"])
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
        self.assert_equals(self.load(first_run.run, run), first_run.truth)

    def test_bookmark_is_not_beyond_the_start_of_the_run(self, first_run: FirstRun) -> None:
        """Parents of the future are read and do not count as past."""
        for name in self.tap.settling_streams:
            bookmark = first_run.run.bookmark(name)
            assert bookmark is not None, name
            assert bookmark <= first_run.run.records(READ_LOG)[0]["read_at"], name

    @of_the_core
    def test_bookmark_from_the_future_reads_what_is_not_settled(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """A clock that was wrong once must not silence a stream for good."""
        kept = first_run.run.state or {}
        future = copy.deepcopy(kept)
        for name in self.tap.settling_streams:
            future["bookmarks"][name]["replication_key_value"] = FUTURE
        ordinary = run_tap(state=kept).assert_good()
        usual = sandbox.addresses()
        sandbox.forget_requests()
        run = run_tap(state=future).assert_good()
        assert set(usual) <= set(sandbox.addresses())
        for name in self.tap.settling_streams:
            assert self.progress(run, name) == self.progress(ordinary, name)

    @of_the_core
    def test_start_date_leaves_out_what_ended_before(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """What has no end is read all the same."""
        name, cls = next(iter(self.tap.settling_streams.items()))
        parts = first_run.parts(name)
        start_date = parts[len(parts) // 2].end[:10]
        run = run_tap(start_date=start_date).assert_good()
        asked = set(sandbox.addresses())
        for part in parts:
            assert (part.address in asked) is (part.end >= start_date), part
        key = str(cls.parent_key)
        dateless = [
            record
            for record in first_run.run.records(name)
            if record[str(cls.replication_key)] is None
        ]
        found = {record[key] for record in run.records(name)}
        assert {record[key] for record in dateless} <= found

    @of_the_core
    @pytest.mark.parametrize("left_out_by", ["start_date", "shard"])
    def test_what_a_setting_left_out_is_read_when_it_lets_it_in(
        self, first_run: FirstRun, run_tap: TapRunner, left_out_by: str
    ) -> None:
        """It joins with an old end, which a bookmark alone takes for read."""
        parts = first_run.parts(next(iter(self.tap.settling_streams)))
        settings: dict[str, dict[str, Any]] = {
            "start_date": {"start_date": parts[len(parts) // 2].end[:10]},
            "shard": {"shard_count": 2, "shard_index": 1},
        }
        less = run_tap(**settings[left_out_by]).assert_good()
        more = run_tap(state=less.state).assert_good()
        self.assert_equals(self.load(less, more), first_run.truth)
        assert "old parents read" in more.stderr
        again = run_tap(state=more.state).assert_good()
        assert "old parents read" not in again.stderr

    @of_the_core
    def test_shards_and_one_run_go_on_from_each_others_states(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """What had settled is read in none, all else in one."""
        days: dict[str, Any] = {"settle_days": SETTLE_DAYS}
        state = run_tap(state=first_run.run.state, **days).assert_good().state
        sandbox.forget_requests()
        once = run_tap(state=state, **days).assert_good()
        usual = self.parts_asked(first_run, sandbox)
        shards = [
            run_tap(state=state, shard_count=3, shard_index=index, **days).assert_good()
            for index in range(3)
        ]
        assert self.parts_asked(first_run, sandbox) == usual
        merged = merge_states([shard.state or {} for shard in shards])
        again = run_tap(state=merged, **days).assert_good()
        assert self.parts_asked(first_run, sandbox) == usual
        self.assert_equals(self.load(first_run.run, *shards, again), first_run.truth)
        of_one, of_shards = ((run.state or {})["bookmarks"] for run in (once, again))
        for name in self.tap.settling_streams:
            assert of_shards[name]["parents_read"] == of_one[name]["parents_read"], name

    def parts_asked(self, first_run: FirstRun, sandbox: Sandbox) -> Counter[str]:
        """Return how often each part of these streams was asked for since this was last called."""
        parts = {
            part.address for name in self.tap.settling_streams for part in first_run.parts(name)
        }
        asked = Counter(address for address in sandbox.addresses() if address in parts)
        sandbox.forget_requests()
        return asked

    @of_the_core
    def test_parent_that_comes_back_is_read(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """It was archived or hidden, and the bookmark went on without it."""
        name, cls = next(iter(self.tap.settling_streams.items()))
        if cls.parent is None:
            return  # windows of time do not go away
        oldest, *_ = first_run.parts(name)
        sandbox.vanish(oldest.part_id)
        without = run_tap().assert_good()
        sandbox.bring_back()
        run = run_tap(state=without.state).assert_good()
        self.assert_equals(self.load(without, run), first_run.truth)

    @of_the_core
    def test_more_days_to_settle_read_everything_that_settled_too_early(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """What changed on the tenth day is not known to have been read after the third."""
        hasty = run_tap(settle_days=0).assert_good()
        run = run_tap(state=hasty.state, settle_days=SETTLE_DAYS).assert_good()
        settling = {name: first_run.truth[name] for name in self.tap.settling_streams}
        self.assert_equals(self.load(run), settling)

    @of_the_core
    def test_killed_run_does_not_start_anew(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """Its bookmarks come while it reads, not only at the end of a stream."""
        stream = next(iter(self.tap.settling_streams))
        parts = first_run.parts(stream)
        middle = len(parts) // 2
        sandbox.break_address(parts[middle].address, "timeout")
        running = run_tap.start(settings=PRECISE)
        long_before = self.days_after(parts[0].end, self.tap.part_days)
        sandbox.wait_until(
            lambda: (running.so_far().bookmark(stream) or "") > long_before,
            while_true=running.runs,
        )
        running.send(signal.SIGKILL)
        killed = running.finish()
        sandbox.mend()
        sandbox.forget_requests()
        run_tap(state=killed.state, settle_days=0).assert_good()
        asked = set(sandbox.addresses())
        assert parts[0].address not in asked
        assert parts[middle].address in asked

    @staticmethod
    def days_after(when: str, days: int) -> str:
        """Return a date or time so many days later, in the same form."""
        later = date.fromisoformat(when[:10]) + timedelta(days=days)
        return later.isoformat() + when[10:]


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

    def test_a_second_run_is_no_whole_reading(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner
    ) -> None:
        """So it must not replace the first in the read log; the tables stay as they are."""
        run = run_tap(state=first_run.run.state).assert_good()
        logged = {row["stream"] for row in run.records(READ_LOG)}
        assert logged.isdisjoint(self.tap.changes_streams)
        self.assert_equals(self.load(first_run.run, run), self.truth(sandbox))

    def test_bookmark_from_the_future_reads_everything(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """Of a clock that was wrong once, nobody knows what was missed since."""
        future = copy.deepcopy(first_run.run.state or {})
        for name in self.tap.changes_streams:
            for part in future["bookmarks"][name]["partitions"]:
                part["replication_key_value"] = f"{FUTURE}T00:00:00Z"
        run = run_tap(state=future).assert_good()
        self.assert_equals(
            self.load(run), {name: first_run.truth[name] for name in self.tap.changes_streams}
        )
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
