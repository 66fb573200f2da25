"""What every stream of a tap writes: SCHEMA before the first record, records by the page.

The SDK writes record by record. Where no stream map or flattening needs that, a page becomes lines
at once (`messages.record_lines`).
"""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import msgspec
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import Metadata
from singer_sdk.streams.core import Stream
from singer_sdk.typing import PropertiesList
from typing_extensions import override

from event_taps_core.columns import COMMON_COLUMNS, EXTRA_FIELDS, READ_AT, Conversion
from event_taps_core.messages import record_lines
from event_taps_core.summary import StreamStats
from event_taps_core.values import snake_case

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import RecordMessage
    from singer_sdk.singerlib.catalog import MetadataMapping

    from event_taps_core.base_tap import BaseTap
    from event_taps_core.columns import Row, Template
    from event_taps_core.outcomes import Remark
    from event_taps_core.schema import Column


class Batch(NamedTuple):
    """The records of one stream out of one answer, ready to be written."""

    size: int
    """Number of records."""

    records: list[Row]
    lines: bytes | None
    """The encoded RECORD messages, on the short path; then `records` is empty."""

    remarks: tuple[Remark, ...] = ()
    """What is to be said of the partition because of these rows."""


class OutputStream(Stream):
    """A stream with declared columns, of which the keys are always there."""

    name: str = ""
    """Name of the stream."""

    columns: tuple[Column, ...]
    """The declared columns, each with its description."""

    primary_keys: list[str] | tuple[str, ...] = ()
    """The columns that tell rows of one account apart; the tap's `constant_columns` go before."""

    column_name: ClassVar[Callable[[str], str]] = staticmethod(snake_case)
    """Makes a column's name of the vendor's for an attribute."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # `Conversion` has done it

    def __init__(self, tap: BaseTap) -> None:
        self.tap = tap
        self.stats = StreamStats(self.name)
        self.is_written_at_once = True
        """Whether batches are written as they come; else the SDK does so when it likes."""

        self._unwritten: list[Callable[[], None]] = []
        self._has_begun = False
        self._mapped = 0
        self.columns = (*tap.constant_columns, *self.columns)
        shown = [c for c in self.columns if tap.config.get("include_secrets") or not c.secret]
        super().__init__(tap, schema=PropertiesList(*shown, *COMMON_COLUMNS).to_dict())
        self.primary_keys = (*tap.constants, *self.primary_keys)

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """Keep what nobody can do without, whatever a catalog deselects."""
        metadata = super().metadata
        if metadata:  # an empty one, in a catalog by hand, selects everything
            for name in self.automatic_columns():
                metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        return metadata

    def automatic_columns(self) -> set[str]:
        """Return the columns that are always there: keys, and when a row was read."""
        return {*self.primary_keys, READ_AT} - {""}

    # From rows to lines

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
            self.columns,
            type(self).column_name,
            dropped=hidden | (declared - set(properties)),
            keep_extra=EXTRA_FIELDS in set(properties) - hidden,
        )

    @cached_property
    def is_on_short_path(self) -> bool:
        """Whether records can be written as they are.

        Not if the user asked for stream maps, flattening, or selects within objects: then the
        SDK's own steps do what they are documented to do.
        """
        nested = any(len(path) > 2 and not on for path, on in self.mask.items())  # noqa: PLR2004 - ("properties", column) is top level
        plain = len(self.stream_maps) == 1 and type(self.stream_maps[0]) is SameRecordTransform
        return plain and not nested and not self.config.get("flattening_enabled")

    def template_for(self, context: Context | None) -> Template:
        """Return a record of a partition that holds nothing but what all of its records share."""
        constants = {**self.tap.constants, **(context or {}), READ_AT: self.tap.read_at}
        return self.conversion.template(constants)

    def batch_of(self, records: list[Row], *, encode: bool) -> Batch:
        """Make typed records ready to be written: encoded, where that is asked for and possible."""
        if not (encode and self.is_on_short_path):
            return Batch(len(records), msgspec.to_builtins(records), None)
        lines = record_lines(self.name, records, self.tap.read_at, self._stream_version)
        return Batch(len(records), [], lines)

    def write_batch(self, batch: Batch) -> int:
        """Write a batch of this stream; return how many rows of it a stream map left out."""
        if batch.lines is not None:
            self.tap.message_writer.write_lines(batch.lines)
        self._mapped = 0
        for record in batch.records:
            self._write_record_message(record)
        return len(batch.records) - self._mapped

    @override
    def _generate_record_messages(self, record: Row) -> Generator[RecordMessage, None, None]:
        """Count what goes out as this stream's; a stream map may make others beside it."""
        name = self.stream_maps[0].stream_alias
        for message in super()._generate_record_messages(record):
            self._mapped += message.stream == name
            yield message

    def when_written(self, note: Callable[[], None]) -> None:
        """Note something now, or when the SDK has written the batches that it stands for."""
        if self.is_written_at_once:
            note()
        else:
            self._unwritten.append(note)

    # The SDK's hooks: `sync` calls these; each is narrowed to what this writing needs

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
        """No signpost: `Progress` bounds the bookmark."""
        return

    @override
    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Note what is written now: the SDK calls this after the last batch of a stream."""
        super().finalize_state_progress_markers(state)
        for note in self._unwritten:
            note()
        self._unwritten.clear()
        self.is_written_at_once = True

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
            # Only the first records, as `--test` asks.
            for record in itertools.islice(self.get_records(None), self.ABORT_AT_RECORD_COUNT):
                self._write_record_message(record)
            self.tap.message_writer.flush()
        else:
            self.tap.read(self.name)

    @override
    def get_records(self, context: Context | None) -> Iterator[Row]:
        yield from self.tap.records_of(self.name)
