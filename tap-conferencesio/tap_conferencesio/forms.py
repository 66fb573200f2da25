"""The forms of values that the vendor's reference leaves open, or contradicts itself in."""

from __future__ import annotations

import contextlib
import email.utils
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from event_taps_core import Unconvertible, rfc3339, utc_timestamp

if TYPE_CHECKING:
    from event_taps_core import Row

_ISO_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


def last_day(value: Any) -> str:
    """Find the last calendar day in a session's `date`.

    A session can span several days, and how the API renders that is not documented: a list of
    days and a range in one text are read, anything else has no day and is always read.

    >>> last_day("2026-01-12 - 2026-01-14")
    '2026-01-14'

    Raises:
        Unconvertible: If there is none.
    """
    days: list[date] = []
    for day in _ISO_DAY.findall(str(value)):
        with contextlib.suppress(ValueError):
            days.append(date.fromisoformat(day))
    if not days:
        raise Unconvertible(value)
    return max(days).isoformat()


def last_day_of(session: Row) -> str | None:
    """Find a session's last day: in its `date`, else in a `session_date` of the vendor's own."""
    for name in ("date", "session_date"):
        with contextlib.suppress(Unconvertible):
            return last_day(session.get(name))
    return None


def responded_at(value: Any) -> str:
    """Read an evaluation's `timestamp`, which the vendor's own example contradicts itself in.

    "All timestamps are ISO-8601", but the example is `Tue, 21 Jan 2018 11:47:08 -0500`: RFC 2822,
    and that day was a Sunday. So both forms are read, and the weekday is not believed.

    Returns:
        RFC 3339 in UTC.

    Raises:
        ValueError: If it is neither, or its zone is not known.
    """
    with contextlib.suppress(Unconvertible):
        return utc_timestamp(value)
    parsed = email.utils.parsedate_to_datetime(str(value))
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
