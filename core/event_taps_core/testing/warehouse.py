# ruff: noqa: S101 - this is part of tests, and assert is how pytest speaks
"""A table per stream, as an upserting target and the transform after it would hold them."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Record = dict[str, Any]


class Parted(NamedTuple):
    """How a stream is read in parts."""

    column: str
    """The column that says which part a row is from."""
    parent: str | None
    """The stream whose rows are the parts; None for ids in a setting, and for windows."""
    parent_id: str | None
    """The column of the parent's rows that holds what `column` holds."""


_WHOLE: Final = Parted("", None, None)


class Warehouse:
    """Upserts RECORD messages by key and applies the read log: a reading replaces the last one.

    Args:
        parted: The streams that are read in parts.
        account_columns: The columns of every stream that say whose data these are.
    """

    def __init__(self, parted: Mapping[str, Parted], account_columns: Sequence[str] = ()) -> None:
        self._parted = parted
        self._account_columns = account_columns
        self._rows: defaultdict[str, dict[tuple[Any, ...], Record]] = defaultdict(dict)
        self._keys: dict[str, Sequence[str]] = {}
        self.state: Record | None = None

    def load(self, lines: Iterable[str | bytes]) -> Warehouse:
        """Load the output of a run; an unfinished last line (of a killed tap) is left out.

        Raises:
            AssertionError: If a record comes before its SCHEMA or lacks a key, or a line other
                than the last is unfinished.
        """
        unfinished = None
        for line in lines:
            assert unfinished is None, f"an unfinished line in mid-output: {unfinished!r}"
            if line[-1:] in ("\n", b"\n"):
                self._take(json.loads(line))
            else:
                unfinished = line
        return self

    def _take(self, message: Record) -> None:
        stream = message.get("stream", "")
        if message["type"] == "SCHEMA":
            self._keys[stream] = message["key_properties"]
        elif message["type"] == "RECORD":
            assert stream in self._keys, f"{stream}: a record comes before its SCHEMA"
            record = message["record"]
            key = tuple(record[name] for name in self._keys[stream])
            assert None not in key, f"{stream}: a key is null in {key}"
            self._rows[stream][key] = record
        elif message["type"] == "STATE":
            self.state = message["value"]

    def table(self, stream: str) -> list[Record]:
        """Return the current rows of a stream."""
        log = {
            self._of(row, row["stream"], row["parent_id"]): row["read_at"]
            for row in self._rows["read_log"].values()
        }
        column, parent, parent_id = self._parted.get(stream, _WHOLE)
        gone = set()
        if parent is not None and parent_id is not None:
            # A parent that was never loaded says nothing: its stream may be deselected.
            loaded = {self._of(row, row[parent_id]) for row in self._rows[parent].values()}
            gone = loaded - {self._of(row, row[parent_id]) for row in self.table(parent)}
        return [
            row
            for row in self._rows[stream].values()
            if self._of(row, row.get(column)) not in gone
            and row["read_at"] >= log.get(self._of(row, stream, row.get(column, "")), "")
        ]

    def _of(self, row: Record, *what: object) -> tuple[str, ...]:
        """Say what is meant, in the account that a row is from."""
        return (*(row[name] for name in self._account_columns), *map(str, what))


def differences(rows: Iterable[Record], truth: Sequence[Record]) -> list[str]:
    """Compare rows with the truth, in the columns that the truth names; order does not matter.

    Returns:
        What is missing and what is too much, a line each.
    """
    names = list(truth[0]) if truth else []
    expected = Counter(_canonical(row, names) for row in truth)
    found = Counter(_canonical(row, names) for row in rows)
    return [f"missing: {row}" for row in (expected - found).elements()] + [
        f"too much: {row}" for row in (found - expected).elements()
    ]


_TRAILING_ZEROS = re.compile(r'(?<=T\d\d:\d\d:\d\d)(\.\d*?)0+Z"')


def _canonical(row: Record, names: Iterable[str]) -> str:
    """Write a row as text; the same instant is the same with `.540Z` and with `.540000Z`."""
    text = json.dumps({name: row.get(name) for name in names}, sort_keys=True, ensure_ascii=False)
    return _TRAILING_ZEROS.sub(lambda found: found[1].rstrip(".") + 'Z"', text)
