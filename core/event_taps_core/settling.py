"""Incremental reading where the vendor cannot say what changed.

What happened at an event stops changing some days after it ended. So the replication key of a
dependent stream is the end (or date) of its parent; parents are read in that order, and a run
reads only those that end after `bookmark - settle_days`. State is one value per stream.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from event_taps_core.columns import rfc3339

_LAST_ZONE_BEHIND_UTC = timedelta(hours=12)
"""What has no zone may happen up to twelve hours later than the same time in UTC."""

_LONGEST_DAY = timedelta(days=1) + _LAST_ZONE_BEHIND_UTC
"""So long after its midnight in UTC, a local day is over everywhere."""


def moment(value: Any) -> datetime | None:
    """Read a date or an RFC 3339 time as an instant (a date as its midnight, no zone as UTC).

    Returns:
        None if it is neither.
    """
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Settling:
    """Decides which parents a stream reads, and how far its bookmark may go.

    Args:
        bookmark: The replication key value in the state; None reads everything.
        settle_days: Days after its end in which a parent's data may still change.
        start_date: Nothing that ended before it is read.
        run_started: The bookmark never passes this.
    """

    def __init__(
        self,
        *,
        bookmark: str | None,
        settle_days: int,
        start_date: str | None,
        run_started: datetime,
    ) -> None:
        self._start = moment(start_date)
        self._run_started = run_started
        reached = moment(bookmark)
        if bookmark is not None and reached is not None and reached > run_started:
            # From a wrong clock, or written by hand: it would hide what has not happened yet.
            reached = run_started - _LONGEST_DAY
            bookmark = _like(bookmark, reached)
        self.bookmark = bookmark
        self._oldest = reached and _earlier(reached, timedelta(days=settle_days))

    def reads(self, value: str | None) -> bool:
        """Say whether a parent that ends at `value` is read; one without an end always is."""
        end = moment(value)
        if end is None or value is None:
            return True
        if self._start is not None and _ended_before(value, end, self._start):
            return False
        return self._oldest is None or end >= self._oldest

    def advance(self, value: str | None) -> bool:
        """Move the bookmark past a parent that is read completely, never beyond the run's start.

        Returns:
            Whether the bookmark changed.
        """
        end = moment(value)
        if end is None or value is None:
            return False
        reached = min(end, self._run_started - _zone_lag(value))
        before = moment(self.bookmark)
        if before is not None and reached <= before:
            return False
        self.bookmark = value if reached == end else _like(value, reached)
        return True


def _ended_before(value: str, end: datetime, start: datetime) -> bool:
    """Say whether something was over at `start`, in doubt not."""
    if _is_day(value):  # it lasts until the next one begins
        return end <= _earlier(start, timedelta(days=1))
    return end < _earlier(start, _zone_lag(value))


def _earlier(when: datetime, by: timedelta) -> datetime:
    try:
        return when - by
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _is_day(value: str) -> bool:
    return len(value) == len("YYYY-MM-DD")


def _has_zone(value: str) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None


def _zone_lag(value: str) -> timedelta:
    return timedelta(0) if _has_zone(value) else _LAST_ZONE_BEHIND_UTC


def _like(value: str, when: datetime) -> str:
    """Write a moment in the form of `value`."""
    if _is_day(value):
        return when.date().isoformat()
    return rfc3339(when) if _has_zone(value) else rfc3339(when).removesuffix("Z")
