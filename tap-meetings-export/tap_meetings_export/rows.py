"""From a row as the vendor sends it to the tap's: names of columns, and who a row is about."""

from __future__ import annotations

from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from event_taps_core import (
    NOTHING,
    count_of,
    digest,
    from_milliseconds,
    json_text,
    parse_datetime,
    text,
)

if TYPE_CHECKING:
    from datetime import datetime

    from event_taps_core import Row, Sources

_NO_IDENTITY: Final = ("", "0")
_NAMES: Final = ("name", "first_name", "last_name", "company")
_TIME_COLUMNS: Final = ("creation_time", "creation_date", "last_modified")
_TIMES: Final = range(100_000_000_000, 100_000_000_000_000)
"""The milliseconds since 1970 that are a time: from 1973 to 5138; what is less counts seconds."""

_UNKNOWN_ZONE: Final = timedelta(hours=26)
"""Two times whose zones are not known may be apart by this much and still be the same."""


def attributes_in(row: Row, sources: Sources) -> dict[str, str]:
    """Return what fills each column: of several attributes that fit, the likeliest with a value."""
    best: dict[str, tuple[bool, tuple[int, bool], str]] = {}
    for attribute, value in row.items():
        home, ranks = sources.place_of(attribute)
        if home is not None:
            claim = (value in NOTHING, ranks[home], attribute)
            best[home] = min(best.get(home, claim), claim, key=itemgetter(0, 1))
    return {column: attribute for column, (*_, attribute) in best.items()}


def with_columns(row: Row, attributes: dict[str, str]) -> Row:
    """Return a row whose attributes have their columns' names: this tap looks into its rows.

    The others keep the vendor's, unless they hold no value and would be in the way.
    """
    used = frozenset(attributes.values())
    others = {name: value for name, value in row.items() if name not in used}
    return others | {column: row[attribute] for column, attribute in attributes.items()}


def text_in(row: Row, column: str) -> str:
    """Return a value as text without surrounding blanks; empty if there is none."""
    value = row.get(column)
    return "" if value is None else text(json_text(value)).strip()


def identity_of(row: Row, *, has_account: bool = True) -> tuple[str, str] | None:
    """Return what identifies a row's person, if that is more than names.

    The account id, else the e-mail address, else the external id (which only the API can set); the
    e-mail address first where the account id is none for certain. Placeholders such as 0 are none.
    """
    first = ("account_id", "email") if has_account else ("email", "account_id")
    for column in (*first, "external_id"):
        if (value := text_in(row, column)) not in _NO_IDENTITY:
            return column, value.casefold() if column == "email" else value
    return None


def person_key(row: Row, *, has_account: bool = True, role: str = "") -> str:
    """Make a key of who a row is about: what identifies the person, else what hardly ever changes.

    A role tells the rows of a person in one meeting apart, where there may be several.
    """
    names = (text_in(row, column) for column in _NAMES)
    person = identity_of(row, has_account=has_account) or ("names", *names)
    return digest(*person, *([role] if role else []))


def is_older(row: Row, since: datetime) -> bool:
    """Say whether a row was made, and changed last, before a time; whatever the zone of its times.

    Seconds or milliseconds since 1970 and ISO 8601 are understood; the vendor documents no form.
    """
    times = (_moment(text_in(row, column)) for column in _TIME_COLUMNS)
    latest = max(filter(None, times), default=None)
    return latest is not None and latest < since - _UNKNOWN_ZONE


def _moment(value: str) -> datetime | None:
    number = count_of(value)
    if number is None:
        return parse_datetime(value)
    milliseconds = number if number >= _TIMES.start else number * 1000
    return from_milliseconds(milliseconds) if milliseconds in _TIMES else None
