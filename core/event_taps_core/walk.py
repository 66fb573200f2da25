"""One walk over the partitions of the streams that share their requests.

What is decided here: which partitions are due and in what order, what a failed one means for the
others and for the bookmark, and what is noted about each in the read log and the summary.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from event_taps_core.answers import Absent, Answer, Broken, Gone, Refused
from event_taps_core.reading import Done, Stopped, Wait, read_in_order
from event_taps_core.settling import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from event_taps_core.streams import Batch, Contexts, EventStream
    from event_taps_core.tap import EventTap

FAILURES_IN_A_ROW = 10
"""After so many failed partitions one after the other, it may be the API: it is asked for a list
that has just been read, and if that fails too, the rest is not tried."""

MOST_FAILURES_IN_A_ROW = 100
"""After so many, the rest is not tried in any case: a vendor is not to be worn down."""

WHOLE_STREAM = "the whole stream"
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Prepared:
    """One answer of one partition: a batch for each stream that is due."""

    batches: list[Batch]
    weight: int


class _Kept(NamedTuple):
    """What became of a partition of a stream, for later runs and for the warehouse."""

    stream: EventStream
    context: Context | None
    row_count: int
    reason: str | None
    """Why it is absent; None if it was read."""
    is_gone: bool
    """Whether it went away during the run: it may be back in the next one."""


class Walk:
    """Reads the partitions of streams that share a path, each answer once.

    Args:
        tap: The tap.
        streams: The streams; the first makes the requests.
    """

    def __init__(self, tap: EventTap, streams: Sequence[EventStream]) -> None:
        self.tap = tap
        self.streams = streams
        self._failures_in_a_row = 0
        self._writes_at_once = True
        self._rows: Counter[str] = Counter()
        self._believed: set[str] = set()
        self._held: defaultdict[str, list[_Kept]] = defaultdict(list)

    def run(self) -> None:
        """Read and write everything that is due."""
        with contextlib.ExitStack() as metrics:
            for stream in self.streams:
                metrics.enter_context(stream.get_sync_timer())
            counters = {
                stream.name: metrics.enter_context(stream.get_record_counter())
                for stream in self.streams
            }
            for stream, batch in self.batches(encode=True):
                stream.write_batch(batch)
                counters[stream.name].increment(batch.size)
        self.tap.message_writer.flush()

    def batches(self, *, encode: bool) -> Iterator[tuple[EventStream, Batch]]:
        """Read what is due, in order; when the next one is asked for, the last one was written.

        Args:
            encode: Whether batches are written at once, and may come as encoded lines. Else
                somebody else decides when they are written, and sends STATE after that.

        Raises:
            Stopped: If the process was told to end, or nothing at all can be read.
        """
        self._writes_at_once = encode
        for stream in self.streams:
            stream.begin()
            stream.has_been_read = True
        contexts = self._list_partitions()
        readings = read_in_order(
            contexts,
            lambda context: self._pages(context, encode=encode),
            workers=self.tap.concurrency,
            stop=self.tap.stop,
            idle=self.tap.save_progress if encode else None,
        )
        ended = 0
        with contextlib.closing(readings):  # type: ignore[type-var] # it is a generator
            for context, event in readings:
                if not isinstance(event, Done):
                    for stream, batch in zip(self._due(context), event.batches, strict=True):
                        stream.tally.rows += batch.size
                        self._rows[stream.name] += batch.size
                        yield stream, batch
                    continue
                ended += 1
                self._end_partition(context, event.error)
                if encode:
                    self.tap.save_progress()
                if self._is_hopeless():
                    break
        self._end(len(contexts) - ended)

    def _list_partitions(self) -> list[Context | None]:
        """List what is read, and name what cannot be listed."""
        try:
            contexts, missing = self.due_contexts()
        except Answer as answer:
            self._fail(None, answer)
            return []
        for above, problem in missing:
            self._name_missing(above, problem)
        incomplete = [above for above, problem in missing if not isinstance(problem, Absent)]
        for stream in self.streams:
            stream.expect(filter(stream.is_due, contexts), incomplete)
        if contexts and self.streams[0].parent is not None:
            self.tap.believe_absences()
        return contexts

    def _is_hopeless(self) -> bool:
        """Say whether so much has failed that the rest would fail too.

        Without asking, ten old events that cannot be read any more would hide all later ones.
        """
        if self._failures_in_a_row != FAILURES_IN_A_ROW:
            return self._failures_in_a_row >= MOST_FAILURES_IN_A_ROW
        outermost = self.streams[0]
        while outermost.parent is not None:
            outermost = self.tap.event_streams[outermost.parent.name]
        try:
            with self.tap.stop.waiting():
                outermost.probe()
        except Answer:
            return True
        return False

    def due_contexts(self) -> Contexts:
        """List the partitions to read, by end, oldest first; those without an end come last.

        Raises:
            Answer: If the stream that these hang on cannot be read.
        """
        leader = self.streams[0]
        contexts = leader.contexts(self._choose)
        contexts.made.sort(
            key=lambda context: (self._end_of(context), leader.partition_id(context))
        )
        return contexts

    def _choose(
        self,
        contexts: list[Context | None],
        are_all: bool,  # noqa: FBT001 - see `Choose`
    ) -> list[Context | None]:
        """Choose those contexts of a level that any of the streams reads."""
        for stream in self.streams:
            stream.plan(contexts, are_all=are_all)
        return [context for context in contexts if self._due(context)]

    def _due(self, context: Context | None) -> list[EventStream]:
        """Say which of the streams read this partition; their bookmarks may differ."""
        return [stream for stream in self.streams if stream.is_due(context)]

    def _pages(self, context: Context | None, *, encode: bool) -> Iterator[_Prepared | Wait]:
        """Walk one partition; runs in a worker thread."""
        leader, due = self.streams[0], self._due(context)
        seen: list[dict[str, int]] = [{} for _ in due]
        for step in leader.read_or_share(context, due):
            if isinstance(step, Wait):
                yield step
                continue
            batches = [
                stream.prepare(rows, context, known, encode=encode)
                for stream, rows, known in zip(due, step.rows, seen, strict=True)
            ]
            yield _Prepared(batches, step.weight)

    def _end_partition(self, context: Context | None, error: BaseException | None) -> None:
        """Note what became of a partition."""
        if error is not None and not self._is_absence(context, error):
            self._fail(context, error)
            return
        self._failures_in_a_row = 0
        reason = error.reason if isinstance(error, Absent) else None
        if isinstance(error, Absent):
            self._remember(error)
        else:
            self.tap.believe_absences()
        for stream in self._due(context):
            if aside := stream.take_aside(context):
                self._name_aside(stream, context, aside)
                continue
            if context is None and stream.tally.failed:
                continue  # the reading itself has named a part that is missing
            if reason is not None:
                name = stream.partition_id(context) or WHOLE_STREAM
                stream.tally.absent.setdefault(reason, []).append(name)
            row_count = self._rows.pop(stream.name, 0)
            is_gone = isinstance(error, Gone)
            self._hold_or_keep(_Kept(stream, context, row_count, reason, is_gone))

    def _name_aside(
        self, stream: EventStream, context: Context | None, aside: Mapping[str, int]
    ) -> None:
        """Name a partition whose other rows were written; it is no sign of an API that fails."""
        for reason, count in aside.items():
            rows = f"{count} rows" if count > 1 else "1 row"
            name = rows if context is None else f"{rows} of {self._name(stream, context)}"
            stream.tally.failed.setdefault(reason, []).append(name)
        self._rows.pop(stream.name, None)

    def _hold_or_keep(self, kept: _Kept) -> None:
        """Keep what became of a partition, or hold it back until it can be believed."""
        stream = kept.stream
        held = self._held[stream.name]
        has_brought_all = kept.reason is None and stream.doubt_about(kept.context) is None
        if has_brought_all:
            self._believed.add(stream.name)
        if stream.name not in self._believed and (held or kept.reason is None):
            held.append(kept)
        elif not self.tap.has_read:
            self.tap.held_absences.append(partial(self._keep, kept))
        else:
            for one in (*held, kept):
                self._keep(one)
            held.clear()

    def _name_doubtful(self) -> None:
        """Name what only looked empty; it does not count as read."""
        for name, held in self._held.items():
            stream = self.tap.event_streams[name]
            for kept in held:
                if (doubt := stream.doubt_about(kept.context)) is not None and not kept.reason:
                    failed = self._name(stream, kept.context)
                    stream.tally.failed.setdefault(doubt, []).append(failed)
            for kept in held:
                if kept.reason is not None:
                    self._keep(kept)

    def _keep(self, kept: _Kept) -> None:
        """Keep for later runs, and for the warehouse, that a partition was read or is absent."""
        self._when_written(kept.stream, partial(self._note, kept))

    def _when_written(self, stream: EventStream, note: Callable[[], None]) -> None:
        """Note something now, or when the SDK has written the batches that it stands for."""
        if self._writes_at_once:
            note()
        else:
            stream.unwritten.append(note)

    def _note(self, kept: _Kept) -> None:
        stream, context, row_count, reason, is_gone = kept
        if reason is not None or stream.replaces(context):
            self.tap.read_log.note(stream, stream.partition_id(context), row_count, reason)
        stream.note_progress(context, is_absent=reason is not None, is_gone=is_gone)

    def _is_absence(self, context: Context | None, error: BaseException) -> bool:
        """Say whether the vendor affirmed that there is nothing; a wrong address is no such thing.

        A list that others hang on is always there, and so is something at the right address.
        """
        whole = context is None
        if not isinstance(error, Absent) or (whole and self.tap.is_parent(self.streams[0])):
            return False
        return not whole or self.tap.client.has_succeeded

    def _name_missing(self, above: Context, answer: Answer) -> None:
        """Name what a parent's rows would have led to."""
        if isinstance(answer, Absent):
            self._remember(answer)
            for stream in self._due(above):
                name = self._name(stream, above)
                stream.tally.absent.setdefault(answer.reason, []).append(name)
            return
        self._name_failure(above, answer)

    def _fail(self, context: Context | None, error: BaseException) -> None:
        """Name a failed partition, which the next run reads again.

        Where a key may be good for some only, many refusals say nothing about the rest.
        """
        self._name_failure(context, error)
        if not (isinstance(error, Refused) and self.tap.isolates_refusals):
            self._failures_in_a_row += 1

    def _name_failure(self, context: Context | None, error: BaseException) -> None:
        if not isinstance(error, Answer):
            self.tap.logger.error("A defect of this tap", exc_info=error)
        elif not self.tap.client.has_succeeded:
            self._remember(error)
            isolated = self.tap.isolates_refusals and context is not None
            refused = isinstance(error, Refused) and not isolated
            if refused or (isinstance(error, Broken) and error.elsewhere):
                raise Stopped(self.tap.client.advice(error)) from error
        reason = error.reason if isinstance(error, Answer) else f"defect: {error!r}"
        for stream in self._due(context):
            failed = self._name(stream, context)
            stream.tally.failed.setdefault(reason, []).append(failed)
            self._rows.pop(stream.name, None)

    def _remember(self, answer: Answer) -> None:
        """Remember the first answer without records: if no other kind comes, the run has failed."""
        if not self.tap.client.has_succeeded:
            self.tap.first_failure = self.tap.first_failure or answer

    def _end_of(self, context: Context | None) -> datetime:
        """Say when a partition's event ends; what has no end comes last."""
        return moment(self.streams[0].ends_at(context)) or _LATEST

    @staticmethod
    def _name(stream: EventStream, context: Context | None) -> str:
        """Name a partition; a context from one level up has the parent's key, not the stream's."""
        if context is None:
            return WHOLE_STREAM
        if stream.parent_key in context or stream.parent is None:
            return stream.partition_id(context)
        above = stream.tap.event_streams[stream.parent.name]
        of = above.partition_id(context)
        return f"{above.name} of {of}" if of else above.name

    def _end(self, unread: int) -> None:
        """Finish the streams; where each partition was refused, no other stream is tried."""
        failure = self.tap.first_failure
        if isinstance(failure, Refused) and not self.tap.client.has_succeeded:
            raise Stopped(self.tap.client.advice(failure)) from failure
        self._name_doubtful()
        for stream in self.streams:
            stream.tally.unread = unread
            stream.tally.unknown = stream.conversion.unknown
            if unread == 0:
                self._when_written(stream, stream.note_end)
            is_whole = unread == 0 and self.tap.shard[0] == 1
            if is_whole and not stream.tally.failed and not self._is_absent(stream):
                stream.end()

    @staticmethod
    def _is_absent(stream: EventStream) -> bool:
        return any(WHOLE_STREAM in ids for ids in stream.tally.absent.values())
