"""What a stream reads again in the next run: one class for each thing that a vendor can say.

`SettlesAfter`: nothing says what changed, so what ended some days before the last run has settled.
`ChangedSince`: the vendor can be asked for what changed since a time.

An object belongs to one stream and one run. It is made of what the last state says, told what is
listed and what became of it, and writes what the next run has to know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from event_taps_core.columns import READ_AT
from event_taps_core.errors import TapError
from event_taps_core.outcomes import Outcome, Status
from event_taps_core.output import OutputStream
from event_taps_core.settling import Settling, parse_datetime
from event_taps_core.shards import Shard
from event_taps_core.values import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.helpers.types import Context

    from event_taps_core.settling import ParentKey
    from event_taps_core.shards import Placed

_NO_LAG = timedelta(0)
_MAX_NETWORK_LAG = timedelta(minutes=1)


class IncrementalStream(OutputStream):
    """A stream that is read in partitions, of which the next run reads some again."""

    parent_key: ClassVar[str | None] = None
    """The column, and the context's item, that holds the parent's (or partition's) id."""

    id_setting: ClassVar[str | None] = None
    """The setting that lists the partitions by their ids, where no stream lists them."""

    incremental: ClassVar[type[Progress]]
    """What the vendor can say of changes, and so what the next run reads again."""

    overlap: timedelta = timedelta(minutes=5)
    """How far the bookmark of `ChangedSince` stays behind the clock."""

    @property
    def end_column(self) -> str | None:
        """The column that says when a partition's event ends; None if there is none."""
        key: Any = type(self).replication_key  # a catalog may unset the instance's
        return key if isinstance(key, str) else None

    def ends_at(self, context: Context | None) -> str | None:
        """Return when the partition's event ends: the replication key's value, if it has one."""
        key = self.end_column
        return context.get(key) if context and key else None

    def partition_id(self, context: Context | None) -> str:
        """Return the parent's id, or the empty text for a stream that is read whole."""
        return str(context[self.parent_key]) if context and self.parent_key else ""

    def own_contexts(self) -> list[Context | None]:
        """List the partitions of a stream that no other stream lists: the whole, or ids.

        A tap whose partitions are something else (windows of time) overrides this, and not the
        SDK's `partitions`: for each of those the SDK writes a bookmark.
        """
        if self.id_setting is None or self.parent_key is None:
            return [None]
        ids = dict.fromkeys(str(value) for value in self.config.get(self.id_setting) or ())
        return [{self.parent_key: parent_id} for parent_id in ids]

    @classmethod
    def id_column(cls) -> str:
        """Name the column that holds what the streams that hang on this one call its id."""
        if cls.id_setting and cls.parent_key:
            return cls.parent_key
        return cls.primary_keys[-1]

    @cached_property
    def progress(self) -> Progress:
        """What this stream reads in this run, and what the next one has to know."""
        return self.incremental(self)

    @property
    def is_incremental(self) -> bool:
        """Whether the state is kept; else everything is read in each run."""
        return self.replication_method == REPLICATION_INCREMENTAL

    @property
    def kept_state(self) -> Mapping[str, Any]:
        """What the state holds for this stream; nothing if it is read in full."""
        if not self.is_incremental:
            return {}
        state: Mapping[str, Any] = self.tap_state.get("bookmarks", {}).get(self.name, {})
        return state

    def check_state(self) -> None:
        """Look at what the state and the catalog say of this stream, before anything is written.

        Raises:
            TapError: If that cannot be used.
        """
        _ = self.progress
        lacking = set(self.primary_keys) - set(self.effective_schema.get("properties", {}))
        if self.selected and lacking:
            raise TapError(
                f"the catalog does not declare {', '.join(sorted(lacking))} of stream {self.name}, "
                "which is part of its key: make a new one with --discover"
            )

    def keep_progress(self) -> None:
        """Put what was noted into the tap's state."""
        if self.progress.has_news:
            self.progress.write_to(self.stream_state)

    @override
    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        super().finalize_state_progress_markers(state)
        self.keep_progress()


class Progress(ABC):
    """What a stream reads in this run, and what its state says of it."""

    def __init__(self, stream: IncrementalStream) -> None:
        self.stream = stream
        self.has_news = False
        """Whether `write_to` has something to say that the last STATE did not."""

        self.shard_of_state = Shard.of(stream.kept_state)
        """The shard that the last state is of, which may be another than this run's."""

        self.is_resharded = bool(stream.kept_state) and self.shard_of_state != stream.tap.shard

    @abstractmethod
    def since(self, context: Context | None) -> datetime | None:
        """Return from when on changes are asked for, in UTC; None to ask for everything."""

    def plan(self, listed: Sequence[Placed], *, are_all: bool) -> None:
        """Decide which parents are read, of one level, also those of other shards.

        They are all if no list that others come from failed.
        """
        del listed, are_all

    def follows(self, placed: Placed) -> bool:
        """Say whether what hangs on a context is listed, or read if nothing does."""
        return placed.is_in(self.stream.tap.shard) and self.is_due(placed.context)

    def is_due(self, context: Context | None) -> bool:
        """Say whether a partition, or what hangs on this context, is read in this run."""
        del context
        return True

    def expect(self, contexts: Iterable[Context | None], incomplete: Iterable[Context]) -> None:
        """Take note of the partitions that are due, and of what not all of them are known of."""
        del contexts, incomplete

    @abstractmethod
    def note(self, outcome: Outcome, server_lag: timedelta = _NO_LAG) -> None:
        """Note that a partition was read, or is absent, and that its rows are written."""

    def note_end(self, server_lag: timedelta) -> None:
        """Note that all that was due has been tried."""
        del server_lag

    @abstractmethod
    def write_to(self, state: dict[str, Any]) -> None:
        """Write what the next run has to know into the stream's state."""


class SettlesAfter(Progress):
    """Parents are read until `settle_days` after their end."""

    def __init__(self, stream: IncrementalStream) -> None:
        super().__init__(stream)
        bookmark_in(stream.kept_state, stream.name)
        self._items: tuple[str, ...] | None = None
        """The items of the contexts that say when they end: the level at which parents settle."""

        self._settling = Settling(
            stream.kept_state,
            settle_days=int(stream.tap.config["settle_days"]),
            start_date=stream.tap.config.get("start_date"),
            run_started=stream.tap.run_started,
        )

    @override
    def since(self, context: Context | None) -> datetime | None:
        return None

    @override
    def plan(self, listed: Sequence[Placed], *, are_all: bool) -> None:
        """Decide at the first level whose contexts say when they end.

        Partitions below that level are parts of their parent: it is read when they all are.
        """
        first = listed[0].context if listed else None
        if self._items is not None or first is None or self.stream.end_column not in first:
            return
        self._items = tuple(first)
        ends = {self._parent_of(one.context): self.stream.ends_at(one.context) for one in listed}
        own, of_state = (
            {self._parent_of(one.context) for one in listed if one.is_in(shard)}
            for shard in (self.stream.tap.shard, self.shard_of_state)
        )
        self._settling.plan(
            ends, are_all=are_all, own=own, of_state=of_state if self.is_resharded else None
        )

    @override
    def follows(self, placed: Placed) -> bool:
        """Follow the parents of the state's shard, too, until they are compared."""
        is_compared = self._items is not None or not self.is_resharded
        is_needed = self._settling.has_known and placed.is_in(self.shard_of_state)
        return super().follows(placed) or (is_needed and not is_compared)

    def _parent_of(self, context: Context | None) -> ParentKey | None:
        """Return what tells the parent that a partition is, or is a part of, from others.

        None above the level that says when parents end, and where nothing says that.
        """
        if self._items is None or context is None or not context.keys() >= set(self._items):
            return None
        return (*self.stream.tap.constants.values(), *(context[name] for name in self._items))

    @override
    def is_due(self, context: Context | None) -> bool:
        parent = self._parent_of(context)
        return parent is None or self._settling.reads(parent)

    @override
    def expect(self, contexts: Iterable[Context | None], incomplete: Iterable[Context]) -> None:
        if self._items is not None:
            parts = Counter(map(self._parent_of, contexts))
            self._settling.expect(parts, map(self._parent_of, incomplete))
        if self._items is not None or self.is_resharded:
            self._look_for_news()
        stats = self.stream.stats
        stats.settled = self._settling.settled
        stats.before_start = self._settling.before_start
        stats.not_known = self._settling.not_known

    @override
    def note(self, outcome: Outcome, server_lag: timedelta = _NO_LAG) -> None:
        context = outcome.partition.context
        parent = self._parent_of(context)
        if parent is not None and outcome.is_lasting:
            self._settling.note_read(parent, self.stream.ends_at(context), _of_clocks(server_lag))
            self._look_for_news()

    @override
    def note_end(self, server_lag: timedelta) -> None:
        if self._items is not None:
            self._settling.end(_of_clocks(server_lag))
            self._look_for_news()

    def _look_for_news(self) -> None:
        self.has_news = self.stream.is_incremental and self._settling.bookmark is not None

    @override
    def write_to(self, state: dict[str, Any]) -> None:
        self.has_news = False
        state.update(replication_key=self.stream.end_column, **self._settling.state())
        self.stream.tap.shard.note_in(state)


class ChangedSince(Progress):
    """A request asks for what changed since the last complete reading of its partition.

    A reading without a bookmark is a whole one. A later one brings changes only, so it replaces
    nothing: a row that vanishes without a trace stays until the next whole reading.

    The bookmark is the clock at the start of the run, not a value out of the records: rows may
    change while they are read, in an order that no timestamp follows, and a vendor's times may have
    no zone. It is set back by an overlap, and by as much as the server's clock is behind ours, and
    it is kept per partition: one event that fails does not hold up the others, or lose its own
    changes.
    """

    def __init__(self, stream: IncrementalStream) -> None:
        super().__init__(stream)
        self._bookmarks = self._read(stream.kept_state)
        self._noted: dict[str, tuple[Context | None, str | None]] = {}
        """By partition, its new bookmark; None where the next run reads everything."""

        self._dropped: set[str] = set()
        """Partitions of other shards, whose bookmarks those keep."""

    def _read(self, state: Mapping[str, Any]) -> dict[str, str]:
        """Return the bookmarks that the run begins with, by partition."""
        name = self.stream.name
        bookmarks = {"": bookmark_in(state, name)}
        partitions = state.get("partitions", [])
        try:
            for partition in partitions:
                if self._is_of_this_account(partition["context"]):
                    partition_id = self.stream.partition_id(partition["context"])
                    bookmarks[partition_id] = bookmark_in(partition, name)
        except (AttributeError, KeyError, TypeError) as error:
            raise TapError(
                f"the state of stream {name} does not say what its bookmarks are for; "
                "remove it, or run with a full refresh"
            ) from error
        return {key: bookmark for key, bookmark in bookmarks.items() if bookmark is not None}

    def _is_of_this_account(self, where: Mapping[str, Any]) -> bool:
        return where.items() >= self.stream.tap.constants.items()

    @override
    def since(self, context: Context | None) -> datetime | None:
        bookmark = parse_datetime(self._bookmarks.get(self.stream.partition_id(context)))
        # One from the future is from a wrong clock: nobody knows what was missed since.
        return None if bookmark is None or bookmark > self.stream.tap.run_started else bookmark

    @override
    def expect(self, contexts: Iterable[Context | None], incomplete: Iterable[Context]) -> None:
        if self.is_resharded and self.stream.is_incremental:
            self._dropped = (
                self._bookmarks.keys() - {""} - set(map(self.stream.partition_id, contexts))
            )
            self.has_news = True

    @override
    def note(self, outcome: Outcome, server_lag: timedelta = _NO_LAG) -> None:
        """Set this partition's bookmark, whatever became of others; if it comes back, read all."""
        partition, bookmark = outcome.partition, None
        if outcome.status is not Status.ABSENT and outcome.is_lasting:
            if not self.stream.is_incremental:
                return
            bookmark = rfc3339(self.stream.tap.run_started - self.stream.overlap - server_lag)
        self._noted[partition.id] = (partition.context, bookmark)
        self.has_news = True

    @override
    def write_to(self, state: dict[str, Any]) -> None:
        """Write in the form that the SDK gives partitions."""
        self.has_news = False
        self.stream.tap.shard.note_in(state)
        own_partitions = {
            self.stream.partition_id(partition["context"]): partition
            for partition in state.get("partitions", [])
            if self._is_of_this_account(partition["context"])
        }
        for name in self._dropped & own_partitions.keys():
            state["partitions"].remove(own_partitions.pop(name))
        for name, (context, bookmark) in self._noted.items():
            key = self.stream.parent_key
            if context is None or key is None:
                piece = state
            elif name in own_partitions:
                piece = own_partitions[name]
            else:
                piece = {"context": {key: context[key], **self.stream.tap.constants}}
                state.setdefault("partitions", []).append(piece)
            if bookmark is None:
                piece.pop("replication_key_value", None)
            else:
                piece.update(replication_key=READ_AT, replication_key_value=bookmark)
        self._noted.clear()


def _of_clocks(server_lag: timedelta) -> timedelta:
    """Return a lag without what a network takes."""
    return server_lag if server_lag > _MAX_NETWORK_LAG else _NO_LAG


def bookmark_in(state: Mapping[str, Any], stream: str) -> str | None:
    """Return the bookmark in a piece of a stream's state.

    Raises:
        TapError: If it is not a date or time.
    """
    bookmark = state.get("replication_key_value")
    if bookmark is not None and parse_datetime(bookmark) is None:
        raise TapError(
            f"the state's bookmark of stream {stream} is not a date or time; "
            "remove that bookmark, or run with a full refresh"
        )
    return bookmark
