"""From a row as the vendor sends it to the tap's: names of columns, and who a row is about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from event_taps_core import (
    NOTHING,
    Unconvertible,
    digest,
    from_milliseconds,
    json_text,
    parse_datetime,
    snake_case,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from event_taps_core import Row, Sources

_OWN_ID: Final = "id"
"""In a row of the export it may be the row's own id or the meeting's instead of the account's."""

_NO_IDENTITY: Final = ("", "0")
_IDENTITIES: Final = ("account_id", "email", "external_id")
_NAMES: Final = ("name", "first_name", "last_name", "company")
_LEAST_SECONDS: Final = 100_000_000
_MAX_SECONDS: Final = 100_000_000_000
"""A number between these counts seconds (1973 to 5138), one above them milliseconds."""

UNKNOWN_ZONE: Final = timedelta(hours=26)
"""Two times whose zones are not known may be apart by this much and still be the same."""


def with_columns(row: Row, sources: Sources) -> Row:
    """Return a row whose attributes have their columns' names: this tap looks into its rows.

    Of several that fit a column, the likeliest that has a value gets its name. The others, and what
    fits no column, keep the vendor's, unless they hold no value and would be in the way.
    """
    best: dict[str, tuple[bool, tuple[int, bool], str]] = {}
    for attribute, value in row.items():
        home, ranks = sources.place_of(attribute)
        if home is not None:
            claim = (value in NOTHING, ranks[home], attribute)
            if home not in best or claim[:-1] < best[home][:-1]:
                best[home] = claim
    chosen = {attribute: column for column, (*_, attribute) in best.items()}
    others = {name: value for name, value in row.items() if name not in chosen}
    return others | {column: row[attribute] for attribute, column in chosen.items()}


def text_in(row: Row, column: str) -> str:
    """Return a value as text without surrounding blanks; empty if there is none."""
    value = row.get(column)
    try:
        return "" if value is None else text(json_text(value)).strip()
    except Unconvertible:
        return ""


def names_account(row: Row, sources: Sources) -> bool:
    """Say whether a row, as it is sent, has an account id under a name that means nothing else."""
    return any(
        sources.place_of(name).home == "account_id"
        and snake_case(name) != _OWN_ID
        and value not in NOTHING
        for name, value in row.items()
    )


def has_identity(row: Row) -> bool:
    """Say whether a row's person has more than names, which a mended row may replace."""
    return any(text_in(row, column) not in _NO_IDENTITY for column in _IDENTITIES)


def person_key(row: Row, *, has_account: bool = True, role: str = "") -> str:
    """Make a key of who a row is about.

    The account id, else the e-mail address, else the external id (which only the API can set), else
    what hardly ever changes about a person. Placeholders such as 0 are no identity.

    Args:
        row: A row with the names of columns.
        has_account: Whether its account id is one for certain; else the e-mail address comes first.
        role: What tells the rows of a person in one meeting apart, if they may be several.
    """
    first = ("account_id", "email") if has_account else ("email", "account_id")
    identity = ["names", *(text_in(row, column) for column in _NAMES)]
    for column in (*first, "external_id"):
        if (value := text_in(row, column)) not in _NO_IDENTITY:
            identity = [column, value.casefold() if column == "email" else value]
            break
    return digest(*identity, *([role] if role else []))


def instant(row: Row, columns: Iterable[str]) -> datetime | None:
    """Return the latest of a row's times, as if those without a zone were in UTC.

    Seconds or milliseconds since 1970 and ISO 8601 are understood; the vendor documents no form.
    """
    times = [when for column in columns if (when := _moment(text_in(row, column)))]
    return max(times, default=None)


def _moment(value: str) -> datetime | None:
    try:
        if value.isdecimal():
            number = int(value)
            if number < _LEAST_SECONDS:
                return None
            return from_milliseconds(number if number > _MAX_SECONDS else number * 1000)
    except Unconvertible:
        return None
    return parse_datetime(value)
