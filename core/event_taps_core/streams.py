"""The stream that every tap's streams are made of.

A tap declares a stream in the SDK's own terms (`name`, `path`, `primary_keys`, `replication_key`,
`schema`, `get_new_paginator`, `parse_response`, `post_process`, `get_child_context`) and, where it
hangs on another stream, `parent` and `parent_key`. How partitions are read side by side, what is
settled, and how records get to stdout is decided here, once.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.pagination import BaseAPIPaginator, SinglePagePaginator
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL, Metadata
from singer_sdk.streams.rest import PageContext, RESTStream
from singer_sdk.typing import PropertiesList, Property
from typing_extensions import override

from event_taps_core.answers import Absent, Answer, Broken, Pending, Refused
from event_taps_core.columns import (
    COMMON_COLUMNS,
    EXTRA_FIELDS,
    READ_AT,
    Conversion,
    Row,
    Unconvertible,
    integer,
)
from event_taps_core.errors import StateError
from event_taps_core.json_values import objects_in
from event_taps_core.keys import SurrogateKey, digest, shard_of
from event_taps_core.messages import record_lines
from event_taps_core.reading import Wait
from event_taps_core.settling import Settling, moment
from event_taps_core.summary import StreamTally
from event_taps_core.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    import requests
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib.catalog import MetadataMapping

    from event_taps_core.session import ApiResponse
    from event_taps_core.settling import ParentKey
    from event_taps_core.tap import EventTap


PageToken = TypeVar("PageToken")
_CLIMBING = frozenset({"", ".", ".."})
_MOST_SAID = 20
_MOST_NETWORK_LAG = timedelta(minutes=1)


class Batch(NamedTuple):
    """The records of one stream out of one answer, ready to be written."""

    size: int
    """Number of records."""

    records: list[Row]
    lines: bytes | None
    """The encoded RECORD messages, on the short path; then `records` is empty."""


class _Asked(NamedTuple):
    """What is being prepared: when to ask again, and when to give up (monotonic seconds)."""

    due: float
    deadline: float


Choose = Callable[[list["Context | None"], bool], list["Context | None"]]
"""Returns which of the contexts of one level are read; told whether these are all there are."""


class Contexts(NamedTuple):
    """The partitions of a stream."""

    made: list[Context | None]
    missing: list[tuple[Context, Answer]]
    """Contexts one level up whose rows, all or some, could not be read, or are absent, and why."""


class PageWalk(BaseAPIPaginator[PageToken]):
    """A paginator for vendors whose pages end in strange ways."""

    def fresh(self, rows: list[Row]) -> list[Row]:
        """Return those rows of a page that no earlier page held; all of them by default."""
        return rows

    def ends_with(self, answer: Answer) -> bool:
        """Say whether an answer that is not records is the end of the pages; never by default."""
        del answer
        return False


class Page(NamedTuple):
    """One answer: the vendor's rows for each stream that shares it."""

    rows: list[list[Row]]
    weight: int
    """Size of the answer in bytes."""


class EventStream(RESTStream[Any]):
    """A stream of an API that has no way to say what changed.

    Streams with the same `path` share their requests: one answer feeds them all.
    """

    name: str = ""
    """Name of the stream."""

    records_path: ClassVar[tuple[str, ...]] = ()
    """Attributes that lead from the body to the list of rows; a missing one is a broken answer."""

    parent: ClassVar[type[EventStream] | None] = None
    """The stream whose rows are this one's partitions (`get_child_context` makes the contexts)."""

    parent_key: ClassVar[str | None] = None
    """The column, and the context's item, that holds the parent's (or partition's) id."""

    id_setting: ClassVar[str | None] = None
    """The setting that lists the partitions by their ids, where no stream lists them."""

    id_attributes: ClassVar[tuple[str, ...]] = ()
    """The vendor's attributes of which the first that holds an id is a row's, the last column of
    the key; none where rows have no id."""

    surrogate_key: ClassVar[SurrogateKey | None] = None
    """How rows without an id of their own get a key."""

    primary_keys: Sequence[str] = ()
    """The columns that tell rows of one account apart; the tap's `constant_columns` go before."""

    columns: tuple[Property[Any], ...]
    """The declared columns, each with its description; likewise."""

    deferred: ClassVar[bool] = False
    """Whether the vendor prepares answers when asked (`Pending`): these are asked for early."""

    poll_seconds: int = 60
    """How long to wait before asking again for what is pending."""

    pending_timeout_seconds: int = 3600
    """After this long, what is still pending is a named failure."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # `Conversion` has done it

    def __init__(self, tap: EventTap) -> None:
        self.tap = tap
        self.tally = StreamTally(self.name)
        self._asked: dict[str, _Asked | Answer] = {}
        self._sharing: dict[str, threading.Lock] = {}
        self._shared: dict[str, list[Row] | Answer] = {}
        self._doubts: dict[str, str] = {}
        self._aside: dict[str, Counter[str]] = {}
        self._said: set[str] = set()
        self._saying = threading.Lock()
        self._settling_items: tuple[str, ...] | None = None
        self._has_begun = False
        self.has_been_read = False
        self.has_progress = False
        self.unwritten: list[Callable[[], None]] = []
        """What to note when the SDK has written the batches of this stream."""
        self.columns = (*tap.constant_columns, *self.columns)
        super().__init__(tap, schema=self._declared_schema(tap.config))
        self.primary_keys = (*tap.constants, *type(self).primary_keys)

    # What a tap may override

    @property
    @override
    def url_base(self) -> str:
        return self.tap.client.base_url

    @override
    def get_url(self, context: Context | None) -> str:
        return self.url_for(self.path or "", context)

    def url_for(self, path: str, context: Context | None) -> str:
        """Fill a path from the context; an id can never add a path segment or a query.

        Raises:
            Broken: If an id would climb to another path, which URL libraries let `..` do.
        """
        names = [name for _, name, _, _ in Formatter().parse(path) if name]
        ids = {name: quote(str((context or {})[name]), safe="") for name in names}
        if not _CLIMBING.isdisjoint(ids.values()):
            msg = "an id that is no id but a step to another path"
            raise Broken(msg, retries=0)
        return self.url_base + path.format_map(ids)

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        return None

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Take the rows out of an answer that was classified as records.

        Raises:
            Broken: If there is no list where `records_path` says.
        """
        found = response.json()
        for attribute in self.records_path:
            if not isinstance(found, dict) or attribute not in found:
                msg = f"no '{'.'.join(self.records_path)}' in the answer"
                raise Broken(msg)
            found = found[attribute]
        return objects_in(found, ".".join(self.records_path))

    def rows_in(self, response: requests.Response) -> list[Row]:
        """Return what `parse_response` takes out of an answer.

        One odd row is one odd row (`prepare`). But where there are several and none is as it should
        be, it is the answer that is not: it is worth asking again.

        Raises:
            Broken: If there are several rows, and none of them has an id.
        """
        rows = list(self.parse_response(response))
        if len(rows) > 1 and not any(map(self._is_as_expected, rows)):
            names = " or ".join(map(repr, self.id_attributes))
            msg = f"no row of {len(rows)} has {names or 'anything in it'}"
            raise Broken(msg)
        return rows

    def _is_as_expected(self, row: Row) -> bool:
        return bool(row) and (not self.id_attributes or self.id_of(row) is not None)

    def id_of(self, row: Row) -> int | str | None:
        """Return a vendor's row's id, in the type of its column; None if it has none."""
        found = (self._as_id(row.get(name)) for name in self.id_attributes)
        return next((one for one in found if one is not None), None)

    def _as_id(self, value: Any) -> int | str | None:
        if self._has_text_ids:
            text = str(value) if type(value) is int else value
            return text if isinstance(text, str) and text else None
        try:
            return integer(value)
        except Unconvertible:
            return None

    def identity_of(self, row: Row) -> int | str:
        """Return what is the same in a row that comes twice: its id, else a digest of it all."""
        found = self.id_of(row)
        return digest(row) if found is None else found

    @cached_property
    def _has_text_ids(self) -> bool:
        return self._is_text(type(self).primary_keys[-1])

    def _is_text(self, name: str) -> bool:
        (declared,) = (column.to_dict()[name] for column in self.columns if column.name == name)
        return "string" in declared["type"] and "format" not in declared

    def read_partition(
        self, context: Context | None, streams: Sequence[EventStream]
    ) -> Iterator[Page | Wait]:
        """Walk the pages of one partition; runs in a worker thread.

        Args:
            context: The partition.
            streams: The streams that share the answers; `self` is the first of them.

        Yields:
            A page, or `Wait` where the vendor asks to come back later.

        Raises:
            Answer: If the partition cannot be read.
        """
        walk = self.get_new_paginator() or SinglePagePaginator()
        asked = self._asked.pop(self.partition_id(context), None)
        if isinstance(asked, Answer):
            raise asked
        deadline = None
        if asked is not None:
            deadline = asked.deadline
            yield Wait(asked.due)
        while not walk.finished:
            try:
                response, rows = self._ask(PageContext(context, walk.current_value), streams)
            except Pending as pending:
                asked = self._asked_at(pending, deadline)
                deadline = asked.deadline
                yield Wait(asked.due)
                continue
            except Answer as answer:
                if isinstance(walk, PageWalk) and walk.ends_with(answer):
                    return
                if isinstance(answer, Absent) and walk.count:
                    msg = f"{answer.reason} after {walk.count} pages"
                    raise Broken(msg) from answer  # what has pages is not absent
                raise
            deadline = None
            if isinstance(walk, PageWalk):
                rows[0] = walk.fresh(rows[0])
            yield Page(rows, len(response.content))
            walk.advance(response)

    def _ask(
        self, page: PageContext[Any], streams: Sequence[EventStream]
    ) -> tuple[ApiResponse, list[list[Row]]]:
        """Ask for a page; what `parse_response` finds broken is asked for again, too."""
        return self.tap.client.ask(
            self.get_http_request(page=page),
            self.tally,
            lambda response: (
                response,
                [stream.rows_in(response) for stream in streams],
            ),
        )

    def set_aside(self, context: Context | None, reason: str, count: int = 1) -> None:
        """Say, before its page is handed out, that rows of a partition cannot be loaded.

        All the others are. The partition of this stream, and of no other that shares its answers,
        is named as not read completely. May be called in any thread.

        Args:
            context: The partition.
            reason: What is wrong with the rows, without anything of their content.
            count: How many there are.
        """
        with self._saying:
            self._aside.setdefault(self.partition_id(context), Counter())[reason] += count

    def take_aside(self, context: Context | None) -> Mapping[str, int]:
        """Return how many rows of a partition were set aside for each reason, once."""
        return self._aside.pop(self.partition_id(context), {})

    def doubt(self, context: Context | None, reason: str) -> None:
        """Say, before its page is handed out, that a partition may only look empty.

        An attribute that was asked for and did not come may be empty, or have another name. The
        partition counts as read once another one has brought what this one lacks; where none
        does, it is named as not read.

        Args:
            context: The partition.
            reason: What did not come.
        """
        self._doubts[self.partition_id(context)] = reason

    def doubt_about(self, context: Context | None) -> str | None:
        """Return why a partition may only look empty; None if it does not."""
        return self._doubts.get(self.partition_id(context))

    def _asked_at(self, pending: Pending, deadline: float | None) -> _Asked:
        """Say when to ask again for what is pending.

        Raises:
            Broken: If it has been pending for too long.
        """
        self.tally.count_pending()
        now = time.monotonic()
        deadline = deadline or now + self.pending_timeout_seconds
        if now >= deadline:
            msg = f"not ready after {self.pending_timeout_seconds} s ({pending.reason})"
            raise Broken(msg) from pending
        return _Asked(min(deadline, now + (pending.seconds or self.poll_seconds)), deadline)

    def ask_early(self, context: Context | None) -> None:
        """Ask for a partition that has to be prepared, so that this happens while others are read.

        What is ready at once is asked for again when its turn comes: keeping it would need memory
        for all partitions. What is final is kept for the reading, which names it.
        """
        walk = self.get_new_paginator() or SinglePagePaginator()
        partition_id = self.partition_id(context)
        try:
            self._ask(PageContext(context, walk.current_value), ())
        except Pending as pending:
            self._asked[partition_id] = self._asked_at(pending, None)
        except (Absent, Refused) as answer:
            self._asked[partition_id] = answer
        except Broken:
            return  # by its turn it may have mended

    def probe(self) -> None:
        """Ask for the first page of this stream's first or last partition: the API may be gone.

        Raises:
            Answer: If the API gives no records for either.
        """
        contexts = self.own_contexts()
        for context in contexts[:1] + contexts[1:][-1:]:
            walk = self.get_new_paginator() or SinglePagePaginator()
            try:
                self._ask(PageContext(context, walk.current_value), ())
            except Answer as answer:
                problem = answer
            else:
                return
        raise problem

    def shares_requests_with(self, other: EventStream) -> bool:
        """Say whether one answer feeds both streams: the requests ask for the same."""
        return (
            other.path == self.path
            and other.parent is self.parent
            and type(other).get_url_params is type(self).get_url_params
        )

    def say_once(self, message: str, level: int = logging.WARNING) -> None:
        """Log something that is true of many answers: once, and not endlessly many such things."""
        with self._saying:
            is_new = message not in self._said and len(self._said) < _MOST_SAID
            self._said.add(message)
        if is_new:
            self.logger.log(level, "%s: %s", self.name, message)

    # Shared rows: a stream that others hang on is requested once per run

    def shared_rows(self, context: Context | None = None) -> list[Row]:
        """Return the rows of a partition as the vendor sent them, requested once per run.

        Raises:
            Answer: If they cannot be read; every stream that needs them gets the same answer.
        """
        partition_id = self.partition_id(context)
        with self._sharing.setdefault(partition_id, threading.Lock()):
            if partition_id not in self._shared:
                self._shared[partition_id] = self.tap.read_whole(self, context)
        shared = self._shared[partition_id]
        if isinstance(shared, Answer):
            raise shared
        return shared

    def read_or_share(
        self, context: Context | None, streams: Sequence[EventStream]
    ) -> Iterator[Page | Wait]:
        """Walk a partition, unless others need the same rows: then they are requested once."""
        if self.tap.is_parent(self):
            yield Page([self.shared_rows(context)], 0)
        else:
            yield from self.read_partition(context, streams)

    def contexts(self, choose: Choose) -> Contexts:
        """List the partitions of this stream that are read: one for each parent, or the whole.

        A parent may have a parent itself; its partitions are read side by side, those only that
        are chosen.

        Args:
            choose: Returns which of the contexts of one level are read.

        Raises:
            Answer: If the outermost stream that these hang on cannot be read.
        """
        if self.parent is None:
            return Contexts(choose(self.own_contexts(), True), [])  # noqa: FBT003 - see `Choose`
        parent = self.tap.event_streams[self.parent.name]
        above = parent.contexts(choose)
        self.tap.read_shared(parent, above.made)
        made: list[Context | None] = []
        missing = list(above.missing)
        for context in above.made:
            try:
                children, odd = self._contexts_of(parent, context)
            except Answer as answer:
                if context is None:
                    raise
                missing.append((context, answer))
                continue
            made += children
            if odd:
                rows = f"{odd} rows" if odd > 1 else "1 row"
                missing.append((context or {}, Broken(f"{rows} of {parent.name} without an id")))
        return Contexts(choose(made, all(isinstance(a, Absent) for _, a in missing)), missing)

    def own_contexts(self) -> list[Context | None]:
        """List the partitions of a stream that no other stream lists: the whole, or ids.

        A tap whose partitions are something else (windows of time) overrides this.
        """
        if self.id_setting is None or self.parent_key is None:
            return [None]
        ids = dict.fromkeys(str(one) for one in self.config.get(self.id_setting) or ())
        return self.in_this_shard({self.parent_key: one} for one in ids)

    def in_this_shard(self, contexts: Iterable[Context]) -> list[Context | None]:
        """Return those partitions that this run reads."""
        count, index = self.tap.shard
        return [one for one in contexts if shard_of(self.partition_id(one), count) == index]

    def _contexts_of(
        self, parent: EventStream, context: Context | None
    ) -> tuple[Sequence[Context | None], int]:
        """Make the contexts of a partition's rows; count the rows that name none."""
        children: list[Context] = []
        odd = 0
        for row in parent.shared_rows(context):
            try:
                child = parent.get_child_context(row, context)
            except Exception:  # noqa: BLE001 - whatever is odd about one row, it hides no other
                odd += 1
                continue
            if child is not None and parent._is_as_expected(row):
                children.append(child)
            else:
                odd += child is not None
        return children if context is not None else self.in_this_shard(children), odd

    def ends_at(self, context: Context | None) -> str | None:
        """Return when the partition's event ends: the replication key's value, if it has one."""
        key = type(self).replication_key  # a catalog may unset the instance's
        return context.get(key) if context and isinstance(key, str) else None

    @classmethod
    def id_column(cls) -> str:
        """Name the column that holds what the streams that hang on this one call its id."""
        if cls.id_setting and cls.parent_key:
            return cls.parent_key
        return cls.primary_keys[-1]

    def partition_id(self, context: Context | None) -> str:
        """Return the parent's id, or the empty text for a stream that is read whole."""
        return str(context[self.parent_key]) if context and self.parent_key else ""

    # From rows to what is written

    def prepare(
        self, rows: list[Row], context: Context | None, seen: dict[str, int], *, encode: bool
    ) -> Batch:
        """Convert the rows of one answer, and encode them where the short path allows it.

        Args:
            rows: The vendor's rows.
            context: The partition; its items are columns of every record.
            seen: Surrogate identities of earlier answers of the same partition; updated.
            encode: Whether the records go to stdout as they are.
        """
        if not all(rows):
            empty = sum(not row for row in rows)
            self.set_aside(context, "no object in place of a row", empty)
            rows = [row for row in rows if row]
        if type(self).post_process is not EventStream.post_process:
            rows = list(self._processed(rows, context))
        if self.surrogate_key is not None:
            rows = self.surrogate_key.add(rows, seen, context)
        template = self.template_for(context)
        records = self.conversion.convert(rows, template)
        for name in self.primary_keys:
            if template.get(name) is None and name in self.schema["properties"]:
                rows, records = self._with_keys(name, rows, records, context, seen)
        return self.batch_of(records, encode=encode)

    def template_for(self, context: Context | None) -> Row:
        """Return a record of a partition that holds nothing but what all of its records share."""
        constants = {**self.tap.constants, **(context or {}), READ_AT: self.tap.read_at}
        return self.conversion.template(constants)

    def batch_of(self, records: list[Row], *, encode: bool) -> Batch:
        """Make typed records ready to be written; see `prepare`."""
        if not (encode and self.is_on_short_path):
            return Batch(len(records), msgspec.to_builtins(records), None)
        lines = record_lines(self.name, records, self.tap.read_at, self._stream_version)
        return Batch(len(records), [], lines)

    def _processed(self, rows: Iterable[Row], context: Context | None) -> Iterator[Row]:
        """Apply `post_process`; set aside the rows that it cannot read."""
        for row in rows:
            try:
                processed = self.post_process(row, context)
            except Answer:
                raise  # not about this row, but about something that it asked for
            except Exception as error:  # noqa: BLE001 - whatever is odd about one row, it hides no other
                kind = type(error).__name__
                self.set_aside(context, f"a row that is not as expected ({kind})")
                # Where it was, and not what it says: that may be the row's content.
                where = "".join(traceback.format_tb(error.__traceback__))
                self.say_once(f"{kind} at a row\nTraceback:\n{where}", logging.ERROR)
                continue
            if processed is not None:
                yield processed

    def _with_keys(
        self,
        name: str,
        rows: list[Row],
        records: list[Row],
        context: Context | None,
        seen: dict[str, int],
    ) -> tuple[list[Row], list[Row]]:
        """Return the rows and their records that have a value in a column of their key.

        One without gets a digest of its content where that can be a key, else it is set aside.
        """
        nothing = (None, "") if self.id_attributes else (None,)
        odd = [at for at, record in enumerate(records) if record[name] in nothing]
        if not odd:
            return rows, records
        if self._is_text(name) and self.replaces(context):
            keys = SurrogateKey(name, dict).add([rows[at] for at in odd], seen, context)
            for at, row in zip(odd, keys, strict=True):
                records[at][name] = row[name]
            self.say_once(f"rows without {name}; a digest of their content is in its place")
            return rows, records
        self.set_aside(context, f"a row without {name}", len(odd))
        good = [at for at, record in enumerate(records) if record[name] not in nothing]
        return [rows[at] for at in good], [records[at] for at in good]

    @cached_property
    def conversion(self) -> Conversion:
        """The compiled conversion of this stream, made once per run.

        The SCHEMA that is sent decides: what a catalog does not declare is left out.
        """
        properties = self.effective_schema.get("properties", {})
        hidden = {name for name in properties if not self.mask.get(("properties", name), True)}
        if not self.config.get("include_secrets"):
            hidden |= {column.name for column in self.columns if column.secret}
        declared = {column.name for column in (*self.columns, *COMMON_COLUMNS)}
        return Conversion(
            properties,
            dropped=hidden | (declared - set(properties)),
            keep_extra=EXTRA_FIELDS in set(properties) - hidden,
        )

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """Keep what nobody can do without, whatever a catalog deselects."""
        found = super().metadata
        if found:  # an empty one, in a catalog by hand, selects everything
            for name in self.automatic_columns():
                found["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        return found

    def automatic_columns(self) -> set[str]:
        """Return the columns that are always there: keys, and when a row was read."""
        return {*self.primary_keys, READ_AT} - {""}

    @cached_property
    def is_on_short_path(self) -> bool:
        """Whether records can be written as they are.

        Not if the user asked for stream maps, flattening, or selects within objects: then the
        SDK's own steps do what they are documented to do.
        """
        nested = any(len(path) > 2 and not on for path, on in self.mask.items())  # noqa: PLR2004 - ("properties", column) is top level
        plain = len(self.stream_maps) == 1 and type(self.stream_maps[0]) is SameRecordTransform
        return plain and not nested and not self.config.get("flattening_enabled")

    def _declared_schema(self, config: Mapping[str, Any]) -> dict[str, Any]:
        shown = [c for c in self.columns if config.get("include_secrets") or not c.secret]
        return PropertiesList(*shown, *COMMON_COLUMNS).to_dict()

    # State

    def load_progress(self) -> None:
        """Look at what the state says of this stream, before anything is written.

        Raises:
            StateError: If that cannot be used.
        """
        _ = self.settling
        lacking = set(self.primary_keys) - set(self.effective_schema.get("properties", {}))
        if self.selected and lacking:
            msg = (
                f"the catalog does not declare {', '.join(sorted(lacking))} of stream {self.name}, "
                "which is part of its key: make a new one with --discover"
            )
            raise StateError(msg)

    @cached_property
    def settling(self) -> Settling:
        """What this stream reads in this run, and where its bookmark is.

        Raises:
            StateError: If the state's bookmark is not a date or time.
        """
        self.bookmark_in(self._kept_state)
        return Settling(
            self._kept_state,
            settle_days=int(self.config["settle_days"]),
            start_date=self.config.get("start_date"),
            run_started=self.tap.run_started,
        )

    @property
    def _kept_state(self) -> Mapping[str, Any]:
        """What the state holds for this stream; nothing if it is read in full."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return {}
        kept: Mapping[str, Any] = self.tap_state.get("bookmarks", {}).get(self.name, {})
        return kept

    def bookmark_in(self, kept: Mapping[str, Any]) -> str | None:
        """Return the bookmark in a piece of state.

        Raises:
            StateError: If it is not a date or time.
        """
        bookmark = kept.get("replication_key_value")
        if bookmark is not None and moment(bookmark) is None:
            msg = (
                f"the state's bookmark of stream {self.name} is not a date or time; "
                "remove that bookmark, or run with a full refresh"
            )
            raise StateError(msg)
        return bookmark

    def plan(self, contexts: Sequence[Context | None], *, are_all: bool) -> None:
        """Decide which parents are read, at the first level whose contexts say when they end.

        Partitions below that level are parts of their parent: it is read when they all are.

        Args:
            contexts: All contexts of one level that are listed now.
            are_all: Whether no list that others come from failed.
        """
        end: Any = type(self).replication_key  # a catalog may unset the instance's
        first = contexts[0] if contexts else None
        if self._settling_items is None and first is not None and end in first:
            self._settling_items = tuple(first)
            ends = {self._parent_of(one): self.ends_at(one) for one in contexts}
            self.settling.plan(ends, are_all=are_all)

    def _parent_of(self, context: Context | None) -> ParentKey | None:
        """Return what tells the parent that a partition is, or is a part of, from others.

        None above the level that says when parents end, and where nothing says that.
        """
        items = self._settling_items
        if items is None or context is None or not context.keys() >= set(items):
            return None
        return (*self.tap.constants.values(), *(context[name] for name in items))

    def is_due(self, context: Context | None) -> bool:
        """Say whether a partition, or what hangs on this context, is read in this run."""
        parent = self._parent_of(context)
        return parent is None or self.settling.reads(parent)

    def expect(self, contexts: Iterable[Context | None], incomplete: Iterable[Context]) -> None:
        """Take note of what is going to be read.

        Args:
            contexts: The partitions that are due.
            incomplete: Contexts of which not all partitions are known.
        """
        if self._settling_items is not None:
            parts = Counter(map(self._parent_of, contexts))
            self.settling.expect(parts, map(self._parent_of, incomplete))
            self.has_progress = True
        self.tally.settled = self.settling.settled
        self.tally.before_start = self.settling.before_start
        self.tally.not_known = self.settling.not_known

    def replaces(self, context: Context | None) -> bool:
        """Say whether the reading of a partition replaces all earlier ones: it does, if whole."""
        del context
        return True

    def note_progress(self, context: Context | None, *, is_absent: bool, is_gone: bool) -> None:
        """Note that a partition was read completely.

        Args:
            context: The partition.
            is_absent: Whether the vendor said that there is nothing.
            is_gone: Whether it went away during the run: if it comes back, it is read.
        """
        del is_absent
        parent = self._parent_of(context)
        if parent is not None and not is_gone:
            self.settling.note_read(parent, self.ends_at(context), self._server_lag)
            self.has_progress = True

    def note_end(self) -> None:
        """Note that all that was due has been tried."""
        if self._settling_items is not None:
            self.settling.end(self._server_lag)
            self.has_progress = True

    @property
    def _server_lag(self) -> timedelta:
        """By how much the vendor's clock is behind ours; what a network takes does not count."""
        lag = self.tap.client.server_lag or timedelta(0)
        return lag if lag > _MOST_NETWORK_LAG else timedelta(0)

    def keep_progress(self) -> None:
        """Put what was noted into the tap's state."""
        if self.has_progress and self.replication_method == REPLICATION_INCREMENTAL:
            self.has_progress = False
            kept = self.settling.state()
            if kept:
                self.stream_state.update(replication_key=self.replication_key, **kept)

    # The SDK's hooks: `sync` calls these; each is narrowed to what this reading needs

    def begin(self) -> None:
        """Send SCHEMA, once, before the first record, whichever stream's answer it comes with."""
        if self._has_begun:
            return
        self._has_begun = True
        super()._write_schema_message()
        if self.emit_activate_version_messages and self.replication_method == "FULL_TABLE":
            self._stream_version = self._initialized_at // 1000

    def end(self) -> None:
        """Send ACTIVATE_VERSION after a complete reading, so a target may drop older rows."""
        if self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    @override
    def _write_schema_message(self) -> None:
        self.begin()

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Not at the start, where the SDK calls it: a run that fails must not empty a table."""

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No signpost: `Settling` bounds the bookmark."""
        return

    @override
    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Note what is written now: the SDK calls this after the last batch of a stream."""
        super().finalize_state_progress_markers(state)
        for note in self.unwritten:
            note()
        self.unwritten.clear()

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Row, Any, Any]:
        """Read this stream and those that share its requests.

        The SDK's own version conforms, maps, counts and bookmarks record by record.
        """
        if not write_messages:  # BATCH: the SDK writes the files from the records
            yield from self.get_records(context)
        elif self.ABORT_AT_RECORD_COUNT is not None:
            self._sync_sample(self.ABORT_AT_RECORD_COUNT)
        elif not self.has_been_read:
            Walk(self.tap, self.tap.sharing(self)).run()

    @override
    def get_records(self, context: Context | None) -> Iterator[Row]:
        for _, batch in Walk(self.tap, [self]).batches(encode=False):
            yield from batch.records

    def _sync_sample(self, limit: int) -> None:
        """Write the first records only, as `--test` asks."""
        for record in itertools.islice(self.get_records(None), limit):
            self._write_record_message(record)
        self.tap.message_writer.flush()

    def write_batch(self, batch: Batch) -> None:
        """Write a batch of this stream."""
        if batch.lines is not None:
            self.tap.message_writer.write_lines(batch.lines)
        for record in batch.records:
            self._write_record_message(record)
