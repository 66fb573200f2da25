"""The vendor's times: mostly `yyyy/MM/dd HH:mm`, without a zone.

In which zone session times are is not documented. Clients take them for the event's own, which
event objects name; so does this tap, and keeps the text beside what it makes of it. In which form
the dates of registrations, purchases and files come is not documented either.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from event_taps_core import Unconvertible, from_milliseconds, rfc3339, utc_timestamp

_LOCAL: Final = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d(:\d\d)?", re.ASCII)
_MILLISECONDS: Final = re.compile(r"\d{12,15}", re.ASCII)


def zone_of(name: Any) -> ZoneInfo | None:
    """Return the zone of a tz database name such as `America/New_York`; None for anything else."""
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (KeyError, ValueError, OSError):  # OSError: a folder of the database, such as "America"
        return None


def utc_time(value: Any, zone_name: str | None) -> str | None:
    """Turn a time of the vendor into RFC 3339 in UTC.

    Args:
        value: A local time, with or without seconds, or an instant: ISO 8601 with its offset, or
            milliseconds since 1970 as a number or text.
        zone_name: The event's zone in the tz database; None if it is not known.

    Returns:
        None if it is none of these, or a local time whose zone is not known.

    >>> utc_time("2026/04/08 13:00", "America/New_York")
    '2026-04-08T17:00:00Z'
    """
    text = str(value)
    try:
        if _LOCAL.fullmatch(text):
            zone = zone_of(zone_name)
            when = datetime.fromisoformat(text.replace("/", "-")).replace(tzinfo=zone)
            return rfc3339(when) if zone else None
        if _MILLISECONDS.fullmatch(text):
            return rfc3339(from_milliseconds(int(text)))
        return utc_timestamp(value)
    except (Unconvertible, ValueError, OverflowError):
        return None


def session_end(value: Any, zone_name: str | None) -> str | None:
    """Turn the end of a session into its replication key: read as UTC if no zone is known.

    That may be up to 14 hours wrong, which days of settling make up for.
    """
    return utc_time(value, zone_name or "UTC")
