"""One run: which partitions are due, in what order, and what a failed one means for the others.

Streams that share their requests are read together, each answer once. What became of a partition
goes to `Outcomes`; what is confirmed there goes to the read log and to the stream's `Progress`.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from event_taps_core.api_errors import AccessDenied, ApiError, BadResponse, Gone, NotFound
from event_taps_core.errors import TapError
from event_taps_core.outcomes import (
    MissingPart,
    Outcome,
    Outcomes,
    Remark,
    SetAside,
    Status,
    reason_of,
)
from event_taps_core.parents import Parents
from event_taps_core.partitions import NO_END, WHOLE_STREAM, Partition
from event_taps_core.reading import Done, Stopped, Wait, read_in_order
from event_taps_core.settling import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from event_taps_core.base_tap import BaseTap
    from event_taps_core.columns import Row
    from event_taps_core.output import Batch
    from event_taps_core.read_log import ReadLogStream
    from event_taps_core.shards import Placed
    from event_taps_core.streams import EventStream, Page

FAILURES_IN_A_ROW = 10
"""After so many failed partitions one after the other, it may be the API: it is asked for a list
that has just been read, and if that fails too, the rest is not tried."""

MAX_FAILURES_IN_A_ROW = 100
"""After so many, the rest is not tried in any case: the vendor is spared."""


class Run:
    """Reads a tap's streams, and keeps what became of them."""

    def __init__(
        self, tap: BaseTap, streams: Mapping[str, EventStream], read_log: ReadLogStream
    ) -> None:
        self.tap = tap
        self.streams = streams
        self.outcomes = Outcomes()
        self.parents = Parents(tap, streams)
        self.first_failure: ApiError | None = None
        """The first answer without records: if no other kind comes, the run has failed."""

        self._read_log = read_log

    def read(self, stream: EventStream) -> None:
        """Read and write a stream, and those that share its requests, unless that was done."""
        if not stream.has_been_read:
            Group(self, stream.sender.readers).run()

    def records_of(self, stream: EventStream) -> Iterator[Row]:
        """Read a stream for somebody else to write."""
        for _, batch in Group(self, [stream]).batches(encode=False):
            yield from batch.records

    def request_reports(self) -> None:
        """Ask once for everything that the vendor has to prepare, before anything is read.

        So all reports are prepared at the same time, and a run waits for about one of them.
        A single such stream needs no help: its parked partitions wait side by side anyway.
        """
        deferred = [s for s in self.streams.values() if s.deferred and s.selected]
        if len(deferred) < 2:  # noqa: PLR2004 - see above
            return
        asks = [(stream, context) for stream in deferred for context in self.due_contexts(stream)]
        workers = self.tap.concurrency
        reading = read_in_order(
            asks, lambda ask: ask[0].request_early(ask[1]), workers=workers, stop=self.tap.stop
        )
        for _ in reading:
            pass

    def due_contexts(self, stream: EventStream) -> list[Context | None]:
        """List what is read of a stream, or of those that share its requests."""
        try:
            partitions, _ = Group(self, stream.sender.readers).due_partitions()
        except ApiError:
            return []  # the reading will meet it again, and name it
        return [partition.context for partition in partitions]

    def add(self, outcome: Outcome) -> None:
        """Note what became of a partition."""
        self.apply(self.outcomes.add(outcome))

    def apply(self, confirmed: Iterable[Outcome]) -> None:
        """Keep what is certain, for later runs and for the warehouse: as soon as it is written."""
        for outcome in confirmed:
            stream = self.streams[outcome.stream]
            stream.when_written(partial(self._keep, stream, outcome))

    def _keep(self, stream: EventStream, outcome: Outcome) -> None:
        is_absent = outcome.status is Status.ABSENT
        if is_absent or outcome.is_full:
            reason = self.tap.redaction.clean(outcome.reason) if is_absent else None
            self._read_log.note(stream.name, outcome.partition.id, outcome.row_count, reason)
        stream.progress.note(outcome, self.server_lag)

    @property
    def server_lag(self) -> timedelta:
        """By how much the vendor's clock is behind ours, as far as it is known."""
        return self.tap.client.server_lag or timedelta(0)

    def name_missing_parts(self) -> None:
        """Name the parts that were missing in rows that others need, once."""
        while self.parents.missing:
            part = self.parents.missing.popleft()
            self.outcomes.note(part.stream, part.id, part.problem)

    def remember(self, answer: ApiError) -> None:
        """Remember the first answer without records."""
        if not self.tap.client.has_succeeded:
            self.first_failure = self.first_failure or answer

    def save_progress(self) -> None:
        """Send STATE if that is worth it, and what is written so far if not."""
        has_news = any(stream.progress.has_news for stream in self.streams.values())
        has_news |= self.outcomes.has_read and not self._read_log.has_noted_run
        if has_news and self.tap.message_writer.is_state_due:
            self.keep_progress()
            self.tap.state_writer.write_state(self.tap.state)

    def end(self, stopped: Stopped | None) -> TapError | None:
        """Keep the run's progress; say why nothing more could be read, None if all was tried."""
        self.name_missing_parts()
        failure, problem = self.first_failure, None
        if stopped is not None:
            problem = TapError(str(stopped) or "the run was stopped")
            problem.__cause__ = stopped
        elif failure is not None and not self.tap.client.has_succeeded:
            problem = TapError(self.tap.client.hint(failure))
            problem.__cause__ = failure
        self._note_end(str(problem or ""))
        self.keep_progress()
        return problem

    def _note_end(self, problem: str) -> None:
        """Write how the run ended.

        Where nothing was read, only if it goes on from another run: Meltano's `config test`, which
        passes no state, takes any record for a success.
        """
        failures = []
        for name, stream in self.streams.items():
            is_due = stream.selected and not self.is_left_to_shard_0(stream.sender)
            is_left = stream.stats.unread is None or not self.tap.client.has_succeeded
            why = problem if is_due and is_left else ""
            failures += stream.stats.failures(self.outcomes.failed[name], why)
        for failure in failures:
            failure["reason"] = self.tap.redaction.clean(failure["reason"])
        if self._is_in_state or (failures and self._read_log.continues):
            counts = [stream.stats for stream in self.streams.values()]
            self._read_log.note_end(
                "run" if self._is_in_state else "failed",
                row_count=sum(stats.rows for stats in counts),
                request_count=sum(stats.requests for stats in (*counts, self.tap.client.stats)),
                failures=failures or None,
            )

    def is_left_to_shard_0(self, sender: EventStream) -> bool:
        """Say whether a stream is read whole, and not by this run: it may need its rows."""
        is_whole = sender.parent is None and sender.own_contexts() == [None]
        return is_whole and self.tap.shard.index > 0

    def keep_progress(self) -> None:
        """Put what was noted into the tap's state."""
        for stream in self.streams.values():
            stream.keep_progress()
        if self._is_in_state:
            self._read_log.keep_progress()

    @property
    def _is_in_state(self) -> bool:
        """Whether the state names this run: it has read, or left all that is due to others."""
        is_idle_shard = self.tap.shard.count > 1 and self.first_failure is None
        return self.outcomes.has_read or is_idle_shard


@dataclass(frozen=True)
class _Prepared:
    """One answer of one partition: a batch for each stream that reads it."""

    batches: list[Batch]
    weight: int


class _Findings:
    """Says what became of the partitions of streams that share their requests."""

    def __init__(self, run: Run, streams: Sequence[EventStream]) -> None:
        self._run = run
        self._streams = streams
        self._sender = streams[0].sender
        self.failures_in_a_row = 0

    def end_partition(
        self,
        partition: Partition[EventStream],
        error: BaseException | None,
        rows: Mapping[str, int],
        remarks: Sequence[Remark],
    ) -> None:
        """Note what became of a partition: why it ended too early, and the rows of each stream."""
        self.name_missing_parts(remarks)
        if error is not None and not self._is_absence(partition, error):
            self.fail(partition, error)
            return
        self.failures_in_a_row = 0
        if isinstance(error, NotFound):
            self._run.remember(error)
        else:
            self._run.apply(self._run.outcomes.note_records())
        for stream in partition.streams:
            own_remarks = [remark for remark in remarks if remark.stream == stream.name]
            if self._is_incomplete(stream, partition, own_remarks):
                continue  # what is missing has been named
            outcome = Outcome(
                stream.name,
                partition,
                Status.READ if error is None else Status.ABSENT,
                rows.get(stream.name, 0),
                "" if error is None else reason_of(error),
                is_full=stream.progress.since(partition.context) is None,
                is_lasting=not isinstance(error, Gone),
            )
            for remark in own_remarks:
                outcome = remark.apply(outcome)
            self._run.add(outcome)

    def _is_incomplete(
        self, stream: EventStream, partition: Partition[EventStream], remarks: Iterable[Remark]
    ) -> bool:
        """Name the rows that were set aside; this is no sign of an API that fails."""
        aside: Counter[str] = Counter()
        for remark in remarks:
            if isinstance(remark, SetAside):
                aside[remark.reason] += remark.count
        for reason, count in aside.items():
            rows = f"{count} rows" if count > 1 else "1 row"
            name = rows if partition.context is None else f"{rows} of {partition.name}"
            self._run.outcomes.failed[stream.name][reason].append(name)
        of_whole = partition.context is None and self._run.outcomes.failed[stream.name]
        return bool(aside or of_whole)

    def name_missing_parts(self, remarks: Iterable[Remark] = ()) -> None:
        """Name parts of what was read, here or by others."""
        for remark in remarks:
            if isinstance(remark, MissingPart):
                self._run.outcomes.note(remark.stream, remark.id, remark.problem)
        self._run.name_missing_parts()

    def _is_absence(self, partition: Partition[EventStream], error: BaseException) -> bool:
        """Say whether the vendor affirmed that there is nothing; a wrong address is no such thing.

        A list that others hang on is always there, and so is something at the right address.
        """
        whole = partition.context is None
        if not isinstance(error, NotFound) or (whole and self._run.parents.has(self._sender)):
            return False
        return not whole or self._run.tap.client.has_succeeded

    def name_missing(
        self, above: Context, answer: ApiError, streams: Iterable[EventStream]
    ) -> None:
        """Name what a parent's rows would have led to, for the streams that would read it."""
        if isinstance(answer, NotFound):
            self._run.remember(answer)
        else:
            self._stop_if_useless(answer, is_whole=False)
        for stream in streams:
            self._run.outcomes.note(stream.name, self._name_above(above), answer)

    def _name_above(self, context: Context) -> str:
        """Name a context from one level up: it may have the parent's key, not the stream's."""
        sender = self._sender
        if sender.parent_key in context or sender.parent is None:
            return sender.partition_id(context)
        above = self._run.streams[sender.parent.name]
        of = above.partition_id(context)
        return f"{above.name} of {of}" if of else above.name

    def fail(self, partition: Partition[EventStream], error: BaseException) -> None:
        """Name a failed partition, which the next run reads again.

        Where a key may be good for some only, many refusals say nothing about the rest.
        """
        self._stop_if_useless(error, is_whole=partition.context is None)
        reason = reason_of(error)
        for stream in partition.streams:
            self._run.add(Outcome(stream.name, partition, Status.FAILED, reason=reason))
        if not (isinstance(error, AccessDenied) and self._run.tap.isolates_refusals):
            self.failures_in_a_row += 1

    def _stop_if_useless(self, error: BaseException, *, is_whole: bool) -> None:
        """End the run where nothing else could be read either."""
        tap = self._run.tap
        if not isinstance(error, ApiError):
            tap.logger.error("A defect of this tap", exc_info=error)
        elif not tap.client.has_succeeded:
            self._run.remember(error)
            refused = isinstance(error, AccessDenied) and (is_whole or not tap.isolates_refusals)
            if refused or (isinstance(error, BadResponse) and error.unreachable):
                raise Stopped(tap.client.hint(error)) from error

    def end(self, unread: int) -> None:
        """Finish the streams; where each partition was refused, no other stream is tried."""
        tap, outcomes = self._run.tap, self._run.outcomes
        failure = self._run.first_failure
        if isinstance(failure, AccessDenied) and not tap.client.has_succeeded:
            raise Stopped(tap.client.hint(failure)) from failure
        outcomes.end(stream.name for stream in self._streams)
        for stream in self._streams:
            stream.stats.unread = unread
            stream.stats.unknown = stream.conversion.unknown
            if unread == 0:
                stream.when_written(partial(stream.progress.note_end, self._run.server_lag))
            is_whole = unread == 0 and tap.shard.count == 1
            absent = outcomes.absent[stream.name].values()
            is_absent = any(WHOLE_STREAM in names for names in absent)
            if is_whole and not outcomes.failed[stream.name] and not is_absent:
                stream.end()


class Group:
    """Reads the partitions of streams that share their requests."""

    def __init__(self, run: Run, streams: Sequence[EventStream]) -> None:
        self._run = run
        self._streams = streams
        self._sender = streams[0].sender
        self._findings = _Findings(run, streams)
        self._rows: Counter[str] = Counter()
        self._remarks: list[Remark] = []

    def run(self) -> None:
        """Read and write everything that is due."""
        with contextlib.ExitStack() as metrics:
            for stream in self._streams:
                metrics.enter_context(stream.get_sync_timer())
            counters = {
                stream.name: metrics.enter_context(stream.get_record_counter())
                for stream in self._streams
            }
            for stream, batch in self.batches(encode=True):
                left_out = stream.write_batch(batch)
                self._rows[stream.name] -= left_out
                stream.stats.rows -= left_out
                counters[stream.name].increment(batch.size)
        self._run.tap.message_writer.flush()

    def batches(self, *, encode: bool) -> Iterator[tuple[EventStream, Batch]]:
        """Read what is due, in order; when the next one is asked for, the last one was written.

        Args:
            encode: Whether batches are written at once, and may come as encoded lines. Else
                somebody else decides when they are written, and sends STATE after that.

        Raises:
            Stopped: If the process was told to end, or nothing at all can be read.
        """
        partitions = self._begin(encode=encode)
        readings = read_in_order(
            partitions,
            lambda partition: self._pages(partition, encode=encode),
            workers=self._run.tap.concurrency,
            stop=self._run.tap.stop,
            idle=self._run.save_progress if encode else None,
        )
        ended = 0
        with contextlib.closing(readings):  # type: ignore[type-var] # it is a generator
            for partition, event in readings:
                if isinstance(event, Remark):
                    self._remarks.append(event)
                elif isinstance(event, Done):
                    ended += 1
                    rows, self._rows = self._rows, Counter()
                    remarks, self._remarks = self._remarks, []
                    self._findings.end_partition(partition, event.error, rows, remarks)
                    if encode:
                        self._run.save_progress()
                    if self._is_hopeless():
                        break
                elif isinstance(event, _Prepared):
                    for stream, batch in zip(partition.streams, event.batches, strict=True):
                        stream.stats.rows += batch.size
                        self._rows[stream.name] += batch.size
                        self._remarks += batch.remarks
                        yield stream, batch
        self._findings.end(len(partitions) - ended)

    # What is due

    def due_partitions(self) -> tuple[list[Partition[EventStream]], list[tuple[Placed, ApiError]]]:
        """List the partitions to read, by end, oldest first; and what they hang on but is missing.

        Raises:
            ApiError: If the stream that these hang on cannot be read.
        """
        if self._run.is_left_to_shard_0(self._sender):
            return [], []
        contexts, missing = self._run.parents.contexts_of(self._sender, self._choose)
        shard = self._run.tap.shard
        partitions = [self._partition(one.context) for one in contexts if one.is_in(shard)]
        partitions.sort(key=lambda partition: (partition.ends, partition.id))
        return partitions, missing

    def _partition(self, context: Context | None) -> Partition[EventStream]:
        sender = self._sender
        ends = parse_datetime(sender.ends_at(context)) or NO_END
        name = sender.partition_id(context)
        return Partition(context, name, name or WHOLE_STREAM, ends, self._due(context))

    def _choose(
        self,
        listed: list[Placed],
        are_all: bool,  # noqa: FBT001 - see `Choose`
    ) -> list[Placed]:
        """Choose those contexts of a level that any of the streams follows."""
        for stream in self._streams:
            stream.progress.plan(listed, are_all=are_all)
        return [entry for entry in listed if any(s.progress.follows(entry) for s in self._streams)]

    def _due(self, context: Context | None) -> tuple[EventStream, ...]:
        return tuple(stream for stream in self._streams if stream.progress.is_due(context))

    def _begin(self, *, encode: bool) -> list[Partition[EventStream]]:
        """Begin the streams; list what is read, and name what cannot be listed."""
        for stream in self._streams:
            stream.begin()
            stream.has_been_read = True
            stream.is_written_at_once = encode
        try:
            partitions, missing = self.due_partitions()
        except ApiError as answer:
            self._findings.fail(self._partition(None), answer)
            return []
        finally:
            self._findings.name_missing_parts()
        shard = self._run.tap.shard
        own = [(above.context or {}, problem) for above, problem in missing if above.is_in(shard)]
        for above, problem in own:
            self._findings.name_missing(above, problem, self._due(above))
        incomplete = [above for above, problem in own if not isinstance(problem, NotFound)]
        for stream in self._streams:
            due = [partition.context for partition in partitions if stream in partition.streams]
            stream.progress.expect(due, incomplete)
            stream.stats.is_left_to_shard_0 = self._run.is_left_to_shard_0(self._sender)
        if partitions and self._sender.parent is not None:
            self._run.apply(self._run.outcomes.note_records())
        return partitions

    def _is_hopeless(self) -> bool:
        """Say whether so much has failed that the rest would fail too.

        Without asking, ten old events that cannot be read any more would hide all later ones.
        """
        if self._findings.failures_in_a_row != FAILURES_IN_A_ROW:
            return self._findings.failures_in_a_row >= MAX_FAILURES_IN_A_ROW
        outermost = self._sender
        while outermost.parent is not None:
            outermost = self._run.streams[outermost.parent.name]
        try:
            with self._run.tap.stop.waiting():
                outermost.probe(self._run.parents.own_contexts(outermost))
        except ApiError:
            return True
        return False

    def _pages(
        self, partition: Partition[EventStream], *, encode: bool
    ) -> Iterator[_Prepared | Wait | Remark]:
        """Read one partition; runs in a worker thread."""
        context, sender = partition.context, self._sender
        seen: dict[str, dict[str, int]] = {stream.name: {} for stream in partition.streams}

        def prepared(step: Page | Wait | Remark) -> _Prepared | Wait | Remark:
            if isinstance(step, (Wait, Remark)):
                return step
            batches = [
                stream.prepare(
                    step.rows if stream is sender else step.shared[stream.name],
                    context,
                    seen[stream.name],
                    encode=encode,
                )
                for stream in partition.streams
            ]
            return _Prepared(batches, step.weight)

        try:
            for step in self._run.parents.reading_of(sender, context):
                handed = [prepared(step)]
                del step  # see EventStream.read_partition
                yield handed.pop()
        except sender.recheck_parent as error:
            raise self._run.parents.rechecked(sender, context, error) from error
