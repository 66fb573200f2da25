"""Rows that streams need of each other, requested once per run, and the partitions made of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from event_taps_core.api_errors import ApiError, BadResponse, Gone, NotFound
from event_taps_core.outcomes import MissingPart, Remark
from event_taps_core.reading import Done, Wait, read_in_order
from event_taps_core.shards import Placed
from event_taps_core.streams import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from event_taps_core.base_tap import BaseTap
    from event_taps_core.columns import Row
    from event_taps_core.streams import EventStream

Choose = Callable[[list[Placed], bool], list[Placed]]
"""Returns which of the contexts of one level are read; told whether these are all there are."""


_FRESH_SECONDS = 60.0
"""For so long a list that was asked for again answers for all whose parents are in doubt."""


Contexts = tuple[list[Placed], list[tuple[Placed, ApiError]]]
"""The partitions of a stream; and contexts one level up whose rows, all or some, could not be read,
or are absent, and why."""


class _Shared(NamedTuple):
    """What came of reading a partition whose rows are needed by others."""

    rows: list[Row]
    remarks: list[Remark]
    problem: ApiError | None


class _Listed(NamedTuple):
    """A list that was asked for again."""

    at: float
    """When that began, in monotonic seconds."""

    ids: frozenset[int | str | None]
    """What is in it, None among it if it proves nothing."""


def _part_of(
    streams: Mapping[str, EventStream], stream: EventStream, context: Context | None
) -> tuple[str, ...]:
    """Name a partition by its id and those of what it hangs on."""
    ids = [stream.name, stream.partition_id(context)]
    while stream.parent is not None:
        stream = streams[stream.parent.name]
        ids.append(stream.partition_id(context) if stream.parent_key in (context or {}) else "")
    return tuple(ids)


def _placed(stream: EventStream, context: Context | None, shard_id: str | None = None) -> Placed:
    """Say what decides on the shard of a partition: the id of its outermost parent, or its own."""
    partition_id = stream.partition_id(context) if context else None
    return Placed(context, partition_id if shard_id is None else shard_id)


def _list_again(parent: EventStream, context: Context) -> _Listed:
    began = time.monotonic()
    try:
        return _Listed(began, parent.list_again(context))
    except ApiError:
        return _Listed(began, frozenset({None}))


class Parents:
    """The rows of a run that are kept for as long as it lasts."""

    def __init__(self, tap: BaseTap, streams: Mapping[str, EventStream]) -> None:
        self._tap = tap
        self._streams = streams
        self._parents = {stream.parent.name for stream in streams.values() if stream.parent}
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._shared: dict[tuple[str, ...], _Shared] = {}
        self.missing: deque[MissingPart] = deque()
        """What was found to be missing in rows that others need, and is not named yet."""

        self._listed: dict[tuple[str, ...], _Listed] = {}

    def has(self, stream: EventStream) -> bool:
        """Say whether other streams hang on this one."""
        return stream.name in self._parents

    def rows_of(self, stream: EventStream, context: Context | None) -> list[Row]:
        """See `BaseTap.rows_of`."""
        return self._share(stream, context).rows

    def reading_of(
        self, stream: EventStream, context: Context | None
    ) -> Iterator[Page | Wait | Remark]:
        """Read a partition, unless others need the same rows: then they are requested once."""
        if self.has(stream):
            return self._shared_reading(stream, context)
        return stream.read_partition(context)

    def rechecked(self, stream: EventStream, context: Context | None, error: ApiError) -> ApiError:
        """Tell what has gone since it was listed from what is broken.

        `NotFound` is believed only of what has gone.
        """
        if isinstance(error, Gone) or not isinstance(error, stream.recheck_parent):
            return error
        if left := self.has_left(stream, context or {}):
            return Gone(f"no longer in the list of {left} ({error.reason})")
        return BadResponse(error.reason) if isinstance(error, NotFound) else error

    def _shared_reading(
        self, stream: EventStream, context: Context | None
    ) -> Iterator[Page | Remark]:
        shared = self._share(stream, context)
        yield Page(shared.rows)
        yield from shared.remarks

    def has_left(self, stream: EventStream, context: Context) -> str | None:
        """Name the stream whose list a partition's parent, or what that hangs on, has left.

        A list that cannot be read, or has a row without an id, proves nothing. What a setting lists
        stays.
        """
        if stream.parent is None or stream.parent.id_setting is not None:
            return None
        parent = self._streams[stream.parent.name]
        if above := self.has_left(parent, context):
            return above
        key = _part_of(self._streams, parent, context)
        with self._locks.setdefault((*key, "again"), threading.Lock()):
            listed = self._listed.get(key)
            if listed is None or time.monotonic() - listed.at > _FRESH_SECONDS:
                listed = self._listed[key] = _list_again(parent, context)
        parent_id = context.get(stream.parent_key or "")
        return parent.name if listed.ids.isdisjoint((parent_id, None)) else None

    def contexts_of(self, stream: EventStream, choose: Choose) -> Contexts:
        """List the partitions of a stream that are chosen: one for each parent, or the whole.

        A parent may have a parent itself; its partitions are read side by side, those only that
        are chosen.

        Raises:
            ApiError: If the outermost stream that these hang on cannot be read.
        """
        if stream.parent is None:
            own_contexts = [_placed(stream, context) for context in stream.own_contexts()]
            return choose(own_contexts, True), []  # noqa: FBT003 - see `Choose`
        parent = self._streams[stream.parent.name]
        above, missing = self.contexts_of(parent, choose)
        self._read_side_by_side(parent, [entry.context for entry in above])
        contexts: list[Placed] = []
        for entry in above:
            try:
                children, without_id = self._children(parent, entry.context)
            except ApiError as answer:
                if entry.context is None:
                    raise
                missing.append((entry, answer))
                continue
            contexts += (_placed(stream, child, entry.shard_id) for child in children)
            if without_id:
                rows = f"{without_id} rows" if without_id > 1 else "1 row"
                missing.append((entry, BadResponse(f"{rows} of {parent.name} without an id")))
        return choose(contexts, all(isinstance(a, NotFound) for _, a in missing)), missing

    def own_contexts(self, stream: EventStream) -> list[Context | None]:
        """List those partitions of a stream that no other stream lists, and that this run reads."""
        contexts = (_placed(stream, context) for context in stream.own_contexts())
        return [entry.context for entry in contexts if entry.is_in(self._tap.shard)]

    def _children(self, parent: EventStream, context: Context | None) -> tuple[list[Context], int]:
        """Make the contexts of a partition's rows; count the rows that name none."""
        children: list[Context] = []
        without_id = 0
        for row in self.rows_of(parent, context):
            try:
                child = parent.get_child_context(row, context)
            except Exception:  # noqa: BLE001 - whatever is odd about one row, it hides no other
                without_id += 1
                continue
            if child is None:
                continue
            # Ids and times are scalars; an object in their place is an odd row's.
            is_odd = any(isinstance(value, (dict, list)) for value in child.values())
            if parent.is_as_expected(row) and not is_odd:
                children.append(child)
            else:
                without_id += 1
        return children, without_id

    def _read_side_by_side(self, stream: EventStream, contexts: list[Context | None]) -> None:
        reading = read_in_order(
            contexts,
            lambda context: self.reading_of(stream, context),
            workers=min(self._tap.concurrency, len(contexts)) or 1,
            stop=self._tap.stop,
        )
        for _ in reading:
            pass

    def _share(self, stream: EventStream, context: Context | None) -> _Shared:
        key = _part_of(self._streams, stream, context)
        with self._locks.setdefault(key, threading.Lock()):
            if key not in self._shared:
                self._shared[key] = self._read(stream, context)
        shared = self._shared[key]
        if shared.problem is not None:
            raise shared.problem
        return shared

    def _read(self, stream: EventStream, context: Context | None) -> _Shared:
        """Read all rows of a partition, or say why that is not possible."""
        shared = _Shared([], [], None)
        reading = read_in_order([context], stream.read_partition, workers=1, stop=self._tap.stop)
        for _, event in reading:
            if isinstance(event, MissingPart):
                self.missing.append(event)
            elif isinstance(event, Remark):
                shared.remarks.append(event)
            elif isinstance(event, Page):
                shared.rows.extend(event.rows)
            elif isinstance(event, Done) and isinstance(event.error, ApiError):
                return shared._replace(problem=self.rechecked(stream, context, event.error))
            elif isinstance(event, Done) and event.error is not None:
                self._tap.logger.error("A defect of this tap", exc_info=event.error)
                return shared._replace(problem=BadResponse(f"defect: {event.error!r}"))
        return shared
