"""From a vendor's row to a typed record, by a plan that is compiled once per stream.

A declared column has its declared type or is null. What was not declared, or cannot be converted
without loss, is kept under the vendor's name in the object column `extra_fields`: nothing is
dropped and nothing breaks a load.
"""

from __future__ import annotations

import re
import sys
import threading
from array import array
from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from singer_sdk import typing as th

from event_taps_core.schema import OBJECT, TIMESTAMP, column

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Row = dict[str, Any]
"""A row as the vendor sent it, or as the tap emits it."""

EXTRA_FIELDS: Final = "extra_fields"
READ_AT: Final = "read_at"

COMMON_COLUMNS: Final = (
    th.Property(
        READ_AT,
        TIMESTAMP,
        required=True,
        description="When the run that read this row began, in UTC.",
    ),
    column(
        EXTRA_FIELDS,
        OBJECT,
        "Attributes that the vendor sent and that are not columns (or did not fit "
        "their column's type), under the vendor's names; null when there are none.",
    ),
)
"""Columns that every stream of every tap has."""


class Unconvertible(ValueError):  # noqa: N818 - it says what the value is
    """A value that cannot become the column's type without loss."""


def snake_case(name: str) -> str:
    """Turn a vendor's attribute name into a column name: `firstName`, `First Name` to `first_name`.

    >>> snake_case("eventEndTime"), snake_case("HTTPStatus"), snake_case("Meeting ID")
    ('event_end_time', 'http_status', 'meeting_id')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^0-9a-zA-Z]+", "_", spaced).strip("_").lower()


def utc_moment(value: Any) -> datetime:
    """Read an ISO 8601 time with a known offset as a moment in UTC.

    Raises:
        Unconvertible: If it is no time, or has no offset (a local time is not guessed at).
    """
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unconvertible(value) from error
    raise Unconvertible(value)


def utc_timestamp(value: Any) -> str:
    """Turn an ISO 8601 time with a known offset into RFC 3339 in UTC with `Z`.

    >>> utc_timestamp("2019-01-08T11:47:02-05:00")
    '2019-01-08T16:47:02Z'

    Raises:
        Unconvertible: See `utc_moment`.
    """
    return rfc3339(utc_moment(value))


def rfc3339(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_date(value: Any) -> str:
    """Accept a calendar date `YYYY-MM-DD`.

    Raises:
        Unconvertible: If it is not one.
    """
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            pass
    raise Unconvertible(value)


def text(value: Any) -> str:
    """Accept a scalar as text: numbers and booleans in their JSON form.

    Raises:
        Unconvertible: For objects and lists.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise Unconvertible(value)


def json_text(value: Any) -> Any:
    """Write an object or list as compact JSON text; anything else stays as it is."""
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    return value


def integer(value: Any) -> int:
    """Accept whole numbers of 64 bits, also as text (`"3"`) or as floats (`3.0`).

    No warehouse has larger ones in a column of integers.

    Raises:
        Unconvertible: If it is not one.
    """
    is_whole = (
        type(value) is int
        or (isinstance(value, str) and _WHOLE.fullmatch(value))
        or (isinstance(value, float) and value.is_integer())
    )
    if is_whole and -(2**63) <= int(value) < 2**63:
        return int(value)
    raise Unconvertible(value)


def number(value: Any) -> float:
    """Accept finite numbers, also as text (`"2.5"`); whole ones as far as floats reach.

    PostgreSQL holds all of them exactly (numeric), DuckDB with the digits of a float (double).

    Raises:
        Unconvertible: If it is not a number.
    """
    if type(value) in (int, float) and abs(value) <= sys.float_info.max:
        return value  # type: ignore[no-any-return] # mypy does not narrow by `type(...) in`
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
    raise Unconvertible(value)


_WHOLE: Final = re.compile(r"\s*[-+]?\d{1,19}\s*", re.ASCII)
_DECIMAL: Final = re.compile(r"\s*[-+]?\d{1,18}(\.\d{1,15})?([eE][-+]?\d{1,2})?\s*", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}


def boolean(value: Any) -> bool:
    """Accept `true`/`false` and 1/0, also as text.

    Raises:
        Unconvertible: If it is anything else.
    """
    if isinstance(value, (str, int, float)):
        found = _BOOLEANS.get(str(value).strip().lower())
        if found is not None:
            return found
    raise Unconvertible(value)


_CLASSES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": text,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "date-time": utc_moment,  # the encoder writes moments as RFC 3339
    "date": iso_date,
}
_ARRAY_CODES: Final = {"integer": "q", "number": "d"}
"""The type codes of arrays that take no number which is too large for a column."""


class _Column(NamedTuple):
    """How the values of a column come about, all of a page or one by one."""

    name: str
    convert_all: Callable[[list[Any]], list[Any]]
    """Raises TypeError, ValueError or OverflowError if a value has to be looked at alone."""
    convert: Callable[[Any], Any]
    """Raises Unconvertible; does not take null."""


def _column(name: str, schema: Mapping[str, Any]) -> _Column:
    """Compile one column."""
    types = schema.get("type", [])
    types = [kind for kind in ([types] if isinstance(types, str) else types) if kind != "null"]
    kind = schema.get("format") if schema.get("format") in _CONVERSIONS else None
    kind = kind or (types[0] if len(types) == 1 else "")
    if kind == "date-time":
        return _Column(name, _utc_moments, utc_moment)
    classes = () if kind == "date" else tuple(chain(*(_CLASSES.get(one, ()) for one in types)))
    accepted, code = frozenset({type(None), *classes}), _ARRAY_CODES.get(kind)

    def convert_all(values: list[Any]) -> list[Any]:
        if not accepted.issuperset(map(type, values)):
            raise TypeError
        if code is not None:
            array(code, filter(None, values))  # one look at all is far cheaper than many
        return values

    def convert(value: Any) -> Any:
        if type(value) not in accepted:
            raise Unconvertible(value)
        return value

    return _Column(name, convert_all, _CONVERSIONS.get(kind, convert))


def _utc_moments(values: list[Any]) -> list[Any]:
    """Read times as `utc_moment` does; all of them have an offset, or are null."""
    if None in values:
        return [None if value is None else utc_moment(value) for value in values]
    moments = list(map(datetime.fromisoformat, values))
    if None in map(attrgetter("tzinfo"), moments):
        raise ValueError
    return [moment if moment.tzinfo is UTC else moment.astimezone(UTC) for moment in moments]


class Conversion:
    """The compiled conversion of one stream's rows; its workers share it.

    Args:
        properties: JSON schema of each declared column, in the order to emit.
        dropped: Columns that are neither emitted nor kept: deselected ones, secrets.
        keep_extra: Whether undeclared attributes are kept in `extra_fields`.
    """

    def __init__(
        self,
        properties: Mapping[str, Mapping[str, Any]],
        *,
        dropped: Collection[str] = (),
        keep_extra: bool = True,
    ) -> None:
        self.unknown: set[str] = set()
        """Names of the attributes that went to `extra_fields`, for the run summary."""
        self._columns = {
            name: _column(name, schema)
            for name, schema in properties.items()
            if name not in dropped and name != EXTRA_FIELDS
        }
        self._dropped = frozenset(dropped)
        self._keep_extra = keep_extra
        self._planning = threading.Lock()
        self._constant: frozenset[str] = frozenset()
        self._planned: dict[str, _Column | None] = {}
        self._undeclared: set[str] = set()
        self._named: defaultdict[str, set[str]] = defaultdict(set)

    def template(self, constants: Mapping[str, Any]) -> Row:
        """Make the record that `convert` starts from: every column null but the constants.

        Args:
            constants: Columns that no row can overwrite; the names are the same in all partitions.
        """
        self._constant = frozenset(constants)
        return {
            **{name: constants.get(name) for name in self._columns},
            **({EXTRA_FIELDS: None} if self._keep_extra else {}),
        }

    def convert(self, rows: Sequence[Row], template: Row) -> list[Row]:
        """Convert the rows of one answer, column by column.

        Args:
            rows: Rows as the vendor sent them.
            template: See `template`.

        Returns:
            New records, with times as `datetime`; the rows stay as they are.
        """
        records = [template.copy() for _ in rows]
        present = set().union(*rows)
        if not present <= self._planned.keys():
            self._plan(present)
        # In an order that does not depend on what other workers have read.
        attributes = [*rows[0], *sorted(present - rows[0].keys())] if rows else []
        extra = [name for name in attributes if name in self._undeclared]
        if extra:
            self._keep_all(extra, rows, records)
        contested: dict[str, None] = {}
        for attribute in attributes:
            column = self._planned[attribute]
            if column is None:
                continue
            if self._is_contested(column.name):
                contested[column.name] = None
            else:
                self._fill(column, attribute, rows, records)
        for name in contested:
            for row, record in zip(rows, records, strict=True):
                self._arbitrate(name, row, record)
        return records

    def _plan(self, attributes: Iterable[str]) -> None:
        """Find the columns of attributes, some of which are seen for the first time."""
        with self._planning:
            for attribute in attributes:
                name = attribute if attribute in self._columns else snake_case(attribute)
                column = self._columns.get(name)
                if column is not None:
                    self._named[name].add(attribute)
                elif self._dropped.isdisjoint((attribute, name)):
                    self._undeclared.add(attribute)
                self._planned[attribute] = column

    def _is_contested(self, column: str) -> bool:
        """Say whether several attributes fit a column: each whole row has to be looked at."""
        return column in self._constant or len(self._named[column]) > 1

    def _fill(
        self, column: _Column, attribute: str, rows: Sequence[Row], records: Sequence[Row]
    ) -> None:
        try:
            values = list(map(itemgetter(attribute), rows))
        except KeyError:
            values = [row.get(attribute) for row in rows]
        name = column.name
        try:
            values = column.convert_all(values)
        except (TypeError, ValueError, OverflowError):
            for record, value in zip(records, values, strict=True):
                self._fill_one(column, attribute, value, record)
            return
        for record, value in zip(records, values, strict=True):
            record[name] = value

    def _fill_one(self, column: _Column, attribute: str, value: Any, record: Row) -> None:
        try:
            record[column.name] = None if value is None else column.convert(value)
        except Unconvertible:
            record[column.name] = None
            self._keep(attribute, value, record)

    def _arbitrate(self, column: str, row: Row, record: Row) -> None:
        """Fill a column that several attributes fit, by what this row alone says.

        A constant stays; then the attribute with the column's very name wins, then the first one.
        The others are kept as extras, unless they say the same.
        """
        rivals = [name for name in row if name in self._named[column]]
        if rivals and column not in self._constant:
            winner = column if column in rivals else rivals[0]
            rivals.remove(winner)
            self._fill_one(self._columns[column], winner, row[winner], record)
        for name in rivals:
            if not _says_the_same(row[name], record[column]):
                self._keep(name, row[name], record)

    def _keep_all(
        self, attributes: Sequence[str], rows: Sequence[Row], records: Sequence[Row]
    ) -> None:
        """Keep what no column was declared for."""
        self.unknown.update(attributes)
        if self._keep_extra:
            for row, record in zip(rows, records, strict=True):
                extra = {name: row[name] for name in attributes if name in row}
                record[EXTRA_FIELDS] = extra or None

    def _keep(self, attribute: str, value: Any, record: Row) -> None:
        self.unknown.add(attribute)
        if self._keep_extra:
            extra = record[EXTRA_FIELDS]
            if extra is None:
                record[EXTRA_FIELDS] = {attribute: value}
            else:
                extra[attribute] = value


def _says_the_same(value: Any, constant: Any) -> bool:
    """Say whether a row only repeats a column, such as its parent's id as a number."""
    return bool(value == constant) or (type(value) is int and str(value) == constant)
