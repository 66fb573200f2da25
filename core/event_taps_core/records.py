"""From a vendor's rows to records: who a row is about, and what cannot be loaded."""

from __future__ import annotations

import logging
import threading
import traceback
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.streams.core import Stream

from event_taps_core.api_errors import ApiError
from event_taps_core.keys import SurrogateKey, digest
from event_taps_core.outcomes import SetAside
from event_taps_core.progress import IncrementalStream
from event_taps_core.values import Unconvertible, integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context

    from event_taps_core.base_tap import BaseTap
    from event_taps_core.columns import Row
    from event_taps_core.output import Batch

_MAX_MESSAGES = 20


class RecordStream(IncrementalStream):
    """A stream that knows its rows by an id of theirs, or by a key that it makes."""

    id_attributes: ClassVar[tuple[str, ...]] = ()
    """The vendor's attributes of which the first that holds an id is a row's, the last column of
    the key; none where rows have no id."""

    surrogate_key: ClassVar[SurrogateKey | None] = None
    """How rows without an id of their own get a key."""

    def __init__(self, tap: BaseTap) -> None:
        super().__init__(tap)
        self._said: set[str] = set()
        self._saying = threading.Lock()

    def is_as_expected(self, row: Row) -> bool:
        """Say whether a vendor's row has something in it, and an id if it should."""
        return bool(row) and (not self.id_attributes or self.id_of(row) is not None)

    def id_of(self, row: Row) -> int | str | None:
        """Return a vendor's row's id, in the type of its column; None if it has none."""
        ids = (self._as_id(row.get(name)) for name in self.id_attributes)
        return next((row_id for row_id in ids if row_id is not None), None)

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
        row_id = self.id_of(row)
        return digest(row) if row_id is None else row_id

    @cached_property
    def _has_text_ids(self) -> bool:
        return self._is_text(type(self).primary_keys[-1])

    def _is_text(self, name: str) -> bool:
        (declared,) = (column.to_dict()[name] for column in self.columns if column.name == name)
        return "string" in declared["type"] and "format" not in declared

    def log_once(self, message: str, level: int = logging.WARNING) -> None:
        """Log something that is true of many answers: once, and not endlessly many such things."""
        with self._saying:
            is_new = message not in self._said and len(self._said) < _MAX_MESSAGES
            self._said.add(message)
        if is_new:
            self.logger.log(level, "%s: %s", self.name, message)

    def prepare(
        self, rows: list[Row], context: Context | None, seen: dict[str, int], *, encode: bool
    ) -> Batch:
        """Convert the rows of one answer, and encode them where the short path allows it.

        The context's items are columns of every record. `seen`: see `SurrogateKey.add`.
        """
        remarks: list[SetAside] = []
        if not all(rows):
            empty = sum(not row for row in rows)
            remarks.append(SetAside(self.name, "no object in place of a row", empty))
            rows = [row for row in rows if row]
        if type(self).post_process is not Stream.post_process:
            rows = list(self._processed(rows, context, remarks))
        if self.surrogate_key is not None:
            rows = self.surrogate_key.add(rows, seen, context)
        template = self.template_for(context)
        records = self.conversion.convert(rows, template)
        for name in self.primary_keys:
            if template.record.get(name) is None and name in self.schema["properties"]:
                without_key = self._without_key(name, rows, records, context, seen)
                if without_key:
                    remarks.append(SetAside(self.name, f"a row without {name}", len(without_key)))
                    rows = [row for at, row in enumerate(rows) if at not in without_key]
                    records = [row for at, row in enumerate(records) if at not in without_key]
        return self.batch_of(records, encode=encode)._replace(remarks=tuple(remarks))

    def _processed(
        self, rows: Iterable[Row], context: Context | None, remarks: list[SetAside]
    ) -> Iterator[Row]:
        """Apply `post_process`; set aside the rows that it cannot read."""
        for row in rows:
            try:
                processed = self.post_process(row, context)
            except ApiError:
                raise  # not about this row, but about something that it asked for
            except Exception as error:  # noqa: BLE001 - whatever is odd about one row, it hides no other
                kind = type(error).__name__
                remarks.append(SetAside(self.name, f"a row that is not as expected ({kind})"))
                # Where it was, and not what it says: that may be the row's content.
                where = "".join(traceback.format_tb(error.__traceback__))
                self.log_once(f"{kind} at a row\nTraceback:\n{where}", logging.ERROR)
                continue
            if processed is not None:
                yield processed

    def _without_key(
        self,
        name: str,
        rows: list[Row],
        records: list[Row],
        context: Context | None,
        seen: dict[str, int],
    ) -> set[int]:
        """Return where there are records without a value in a column of their key.

        None, where a digest of a row's content can be its key: then that is set.
        """
        nothing = (None, "") if self.id_attributes else (None,)
        without_key = [at for at, record in enumerate(records) if record[name] in nothing]
        if without_key and self._is_text(name) and self.progress.since(context) is None:
            keys = SurrogateKey(name, dict).add([rows[at] for at in without_key], seen, context)
            for at, row in zip(without_key, keys, strict=True):
                records[at][name] = row[name]
            self.log_once(f"rows without {name}; a digest of their content is in its place")
            return set()
        return set(without_key)
