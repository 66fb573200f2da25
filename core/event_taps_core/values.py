"""The forms that values come in, each brought into one: of JSON, of time, of columns' types.

What cannot be brought into it without loss is `Unconvertible`.
"""

from __future__ import annotations

import re
import sys
from array import array
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Unconvertible(ValueError):
    """A value that cannot become the column's type without loss."""


def snake_case(name: str) -> str:
    """Turn a vendor's attribute name into a column name: `firstName`, `First Name` to `first_name`.

    >>> snake_case("eventEndTime"), snake_case("HTTPStatus"), snake_case("Meeting ID")
    ('event_end_time', 'http_status', 'meeting_id')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^0-9a-zA-Z]+", "_", spaced).strip("_").lower()


def to_utc(value: Any) -> datetime:
    """Read an ISO 8601 time with a known offset in UTC: a local time is not guessed at."""
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
    """
    return rfc3339(to_utc(value))


def from_milliseconds(value: float) -> datetime:
    """Return the moment that is so many milliseconds after 1970 began in UTC."""
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except (ValueError, OverflowError) as error:
        raise Unconvertible(value) from error


def rfc3339(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_date(value: Any) -> str:
    """Accept a calendar date `YYYY-MM-DD`."""
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except (AttributeError, ValueError) as error:
        raise Unconvertible(value) from error


def text(value: Any) -> str:
    """Accept a scalar as text: numbers and booleans in their JSON form."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise Unconvertible(value)


def json_text(value: Any, order: Literal["sorted"] | None = None) -> Any:
    """Write an object or list as compact JSON text; anything else stays as it is."""
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value, order=order).decode()
    return value


def integer(value: Any) -> int:
    """Accept whole numbers of 64 bits, also as text (`"3"`) or as floats (`3.0`).

    No warehouse has larger ones in a column of integers.
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
    """Accept `true`/`false` and 1/0, also as text."""
    if isinstance(value, (str, int, float)):
        converted = _BOOLEANS.get(str(value).strip().lower())
        if converted is not None:
            return converted
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
    "date-time": to_utc,  # the encoder writes moments as RFC 3339
    "date": iso_date,
}
_ARRAY_CODES: Final = {"integer": "q", "number": "d"}
"""The type codes of arrays that take no number which is too large for a column."""


class Type(NamedTuple):
    """How values become those of a column's type, all of a page or one by one."""

    convert_all: Callable[[list[Any]], list[Any]]
    """Raises TypeError, ValueError or OverflowError if a value has to be looked at alone."""
    convert: Callable[[Any], Any]
    """Raises Unconvertible; does not take null."""


def type_of(schema: Mapping[str, Any]) -> Type:
    """Compile the type of a column."""
    types = schema.get("type", [])
    types = [kind for kind in ([types] if isinstance(types, str) else types) if kind != "null"]
    kind = schema.get("format") if schema.get("format") in _CONVERSIONS else None
    kind = kind or (types[0] if len(types) == 1 else "")
    if kind == "date-time":
        return Type(_all_to_utc, to_utc)
    classes = () if kind == "date" else tuple(chain(*(_CLASSES.get(name, ()) for name in types)))
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

    return Type(convert_all, _CONVERSIONS.get(kind, convert))


def _all_to_utc(values: list[Any]) -> list[Any]:
    """Read times as `to_utc` does; all of them have an offset, or are null."""
    if None in values:
        return [None if value is None else to_utc(value) for value in values]
    moments = list(map(datetime.fromisoformat, values))
    if None in map(attrgetter("tzinfo"), moments):
        raise ValueError
    return [moment if moment.tzinfo is UTC else moment.astimezone(UTC) for moment in moments]
