"""The forms of values that the vendor's reference leaves open, or contradicts itself in."""

from __future__ import annotations

import email.utils
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from event_taps_core import Unconvertible, rfc3339, utc_timestamp

if TYPE_CHECKING:
    from event_taps_core import Row

_ISO_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


def last_day(value: Any) -> str | None:
    """Find the last calendar day in a session's `date`.

    A session can span several days, and how the API renders that is not documented: a list of
    days and a range in one text are read, anything else has no day and is always read.

    >>> last_day("2026-01-12 - 2026-01-14")
    '2026-01-14'
    """
    texts = value if isinstance(value, list) else [value]
    days = (day for text in texts for day in _ISO_DAY.findall(str(text)))
    return max(filter(_is_day, days), default=None)


def day_of(value: Any) -> str:
    """Return the last day of a session's `date`, for a column.

    Raises:
        Unconvertible: If there is none.
    """
    if (day := last_day(value)) is None:
        raise Unconvertible(value)
    return day


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def last_day_of(session: Row) -> str | None:
    """Find a session's last day: in its `date`, else in a `session_date` of the vendor's own."""
    return last_day(session.get("date")) or last_day(session.get("session_date"))


def responded_at(value: Any) -> str:
    """Read an evaluation's `timestamp`, which the vendor's own example contradicts itself in.

    "All timestamps are ISO-8601", but the example is `Tue, 21 Jan 2018 11:47:08 -0500`: RFC 2822,
    and that day was a Sunday. So both forms are read, and the weekday is not believed.

    Returns:
        RFC 3339 in UTC.

    Raises:
        Unconvertible: If it is neither, or its zone is not known.
    """
    try:
        return utc_timestamp(value)
    except Unconvertible:
        pass
    try:
        parsed = email.utils.parsedate_to_datetime(str(value))
    except ValueError as error:
        raise Unconvertible(value) from error
    if parsed.tzinfo is None:  # "-0000": the zone is not known
        raise Unconvertible(value)
    return rfc3339(parsed)


def presenter_of(value: Any) -> Any:
    """Make an object of a presenter of whom only the name is sent."""
    return {"name": value} if isinstance(value, str) else value


def zone_name(value: Any) -> Any:
    """Take the number -1 for no time zone: that is how the vendor asks writers to say so."""
    return None if str(value) == "-1" else value


def all_as_json(value: Any) -> str:
    """Write what has no documented shape as JSON text, whatever it is."""
    return msgspec.json.encode(value).decode()
