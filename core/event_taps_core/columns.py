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
from operator import itemgetter
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
    if type(value) is int and abs(value) <= sys.float_info.max:
        return value
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
}
_FORMATS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "date-time": utc_moment,  # the encoder writes moments as RFC 3339
    "date": iso_date,
}


class _Bound(NamedTuple):
    """What an int in a column may not exceed."""

    code: str
    """The type code of arrays that take no larger ones."""
    accepted: frozenset[type]
    convert: Callable[[Any], Any]

    def is_exceeded(self, values: Iterable[Any]) -> bool:
        """Say whether any value of a page is too large: one look is far cheaper than many."""
        try:
            array(self.code, filter(None, values))
        except OverflowError:
            return True
        return False


_BOUNDS: Final = {
    "integer": _Bound("q", frozenset({type(None)}), integer),
    "number": _Bound("d", frozenset({type(None), float}), number),
}

_Step = tuple["str | None", "frozenset[type]", "Callable[[Any], Any] | None"]
"""A column, the classes that pass as they are, what converts the others.

No conversion: the value is kept in `extra_fields`; no column either: it is left out.
"""

_LEFT_OUT: Final[_Step] = (None, frozenset(), None)


class _Contested(Exception):  # noqa: N818 - it is no error, but a question
    """Several attributes fit one column: the whole row has to be looked at."""


def _contested(_: Any) -> Any:
    raise _Contested


def _step(column: str, schema: Mapping[str, Any]) -> _Step:
    """Compile one column."""
    if schema.get("format") in _FORMATS:
        return column, frozenset({type(None)}), _FORMATS[schema["format"]]
    accepted = {type(None)}.union(*(_CLASSES.get(name, ()) for name in _types(schema)))
    return column, frozenset(accepted), _CONVERSIONS.get(_only_type(schema) or "")


def _types(schema: Mapping[str, Any]) -> list[str]:
    declared = schema.get("type", [])
    types = [declared] if isinstance(declared, str) else declared
    return [name for name in types if name != "null"]


def _only_type(schema: Mapping[str, Any]) -> str | None:
    types = _types(schema)
    return types[0] if len(types) == 1 else None


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
            name: _step(name, schema)
            for name, schema in properties.items()
            if name not in dropped and name != EXTRA_FIELDS
        }
        self._bounds = {
            name: _BOUNDS[kind]
            for name in self._columns
            if (kind := _only_type(properties[name])) in _BOUNDS
        }
        self._dropped = frozenset(dropped)
        self._keep_extra = keep_extra
        self._planning = threading.Lock()
        self._constant: frozenset[str] = frozenset()
        self._steps: dict[str, _Step] = {}
        self._named: dict[str, set[str]] = defaultdict(set)

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
        """Convert the rows of one answer.

        Args:
            rows: Rows as the vendor sent them.
            template: See `template`.

        Returns:
            New records, with times as `datetime`; the rows stay as they are.
        """
        bounds, steps = self._bounds, self._steps  # in this order: see `_watch`
        records = []
        for row in rows:
            record = template.copy()
            for attribute, value in row.items():
                try:
                    column, accepted, convert = steps[attribute]
                except KeyError:
                    column, accepted, convert = self._plan(attribute)
                if value.__class__ in accepted:
                    record[column] = value  # type: ignore[index] # accepts only with a column
                elif convert is not None:
                    try:
                        record[column] = convert(value)  # type: ignore[index] # likewise
                    except Unconvertible:
                        self._keep(attribute, value, record)
                    except _Contested:
                        self._arbitrate(column, row, record)
                elif column is not None:
                    self._keep(attribute, value, record)
            records.append(record)
        too_large = [
            name
            for name, bound in bounds.items()
            if name not in self._constant and bound.is_exceeded(map(itemgetter(name), records))
        ]
        if too_large:
            self._watch(too_large)
            return self.convert(rows, template)
        return records

    def _watch(self, columns: Iterable[str]) -> None:
        """Look at each value of these columns from now on."""
        with self._planning:
            for column in set(columns).intersection(self._bounds):
                old, bound = self._columns[column], self._bounds[column]
                step = self._columns[column] = (column, bound.accepted, bound.convert)
                attributes = [name for name, known in self._steps.items() if known is old]
                self._steps.update(dict.fromkeys(attributes, step))
            self._bounds = {n: bound for n, bound in self._bounds.items() if n not in columns}

    def _plan(self, attribute: str) -> _Step:
        """Find the column of an attribute seen for the first time."""
        with self._planning:
            return self._plan_alone(attribute)

    def _plan_alone(self, attribute: str) -> _Step:
        column = attribute if attribute in self._columns else snake_case(attribute)
        if attribute in self._dropped or column in self._dropped:
            step = _LEFT_OUT
        elif column not in self._columns:
            step = (attribute, frozenset(), None)
        else:
            self._named[column].add(attribute)
            step = self._columns[column]
            if len(self._named[column]) > 1 or column in self._constant:
                step = (column, frozenset(), _contested)
                self._steps.update(dict.fromkeys(self._named[column], step))
        self._steps[attribute] = step
        return step

    def _arbitrate(self, column: str | None, row: Row, record: Row) -> None:
        """Fill a column that several attributes fit, by what this row alone says.

        A constant stays; then the attribute with the column's very name wins, then the first one.
        The others are kept as extras, unless they say the same.
        """
        assert column is not None  # noqa: S101 - only columns are contested
        rivals = [name for name in row if name in self._named[column]]
        if column not in self._constant:
            winner = column if column in rivals else rivals[0]
            rivals.remove(winner)
            self._fill(column, winner, row[winner], record)
        for name in rivals:
            if not _says_the_same(row[name], record[column]):
                self._keep(name, row[name], record)

    def _fill(self, column: str, attribute: str, value: Any, record: Row) -> None:
        _, accepted, convert = self._columns[column]
        record[column] = None
        if value.__class__ in accepted:
            record[column] = value
            return
        try:
            record[column] = convert(value) if convert else None
        except Unconvertible:
            convert = None
        if convert is None:
            self._keep(attribute, value, record)

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
