"""Whether a table holds what the sandbox knows to be true: contents, not only counts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from scripts.sandbox import Row


INSTANT = "TIMESTAMP WITH TIME ZONE"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Comparison:
    """A table against the truth, without regard to the order of rows."""

    loaded: int
    expected: int
    missing: list[str]  # rows of the truth that are not in the table, as JSON
    surplus: list[str]  # rows of the table that are not in the truth

    @property
    def equal(self) -> bool:
        """Whether the table holds exactly the truth."""
        return not self.missing and not self.surplus


def compare(warehouse: duckdb.DuckDBPyConnection, table: str, truth: Sequence[Row]) -> Comparison:
    """Compare the columns that the truth has (not `read_at` and keys made by the tap)."""
    columns = list(dict.fromkeys(name for row in truth for name in row))
    types = {name: kind for name, kind, *_ in warehouse.sql(f"describe {table}").fetchall()}
    expected = Counter(
        canonical({name: _expected(types.get(name), row.get(name)) for name in columns})
        for row in truth
    )
    present = [name for name in columns if name in types]
    listed = ", ".join(_selected(name, types[name]) for name in present) or "1"
    rows = warehouse.sql(f"select {listed} from {table}").fetchall()  # noqa: S608 - names of our own
    actual = Counter(
        canonical(
            {
                n: _loaded(types[n], value)
                for n, value in zip(present, row[: len(present)], strict=True)
            }
        )
        for row in rows
    )
    return Comparison(
        loaded=len(rows),
        expected=len(truth),
        missing=list((expected - actual).elements()),
        surplus=list((actual - expected).elements()),
    )


def _selected(column: str, data_type: str) -> str:
    """Select a column in a form that compares exactly: instants as microseconds, dates as text."""
    if data_type == INSTANT:
        return f'epoch_us("{column}")'
    return f'cast("{column}" as varchar)' if data_type == "DATE" else f'"{column}"'


def _loaded(data_type: str, value: Any) -> Any:
    return json.loads(value) if data_type == "JSON" and value is not None else value


def _expected(data_type: str | None, value: Any) -> Any:
    """Return a value of the truth in the form that `_selected` gives to the table's."""
    if data_type != INSTANT or value is None:
        return value
    return (datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1)


def canonical(row: Row) -> str:
    """Return a row as text that is the same for equal rows."""
    return json.dumps(_plain(row), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Make 5.0 and 5 the same: JSON knows one kind of number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
