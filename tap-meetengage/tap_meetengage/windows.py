"""Which days a request asks for.

Source: "GET organisation_data resource" of the vendor's Data API page. A range is one of event
dates. `from_date` is rounded down and `to_date` up "to the nearest day as 12 midnight", of which
time zone is not said: a bound at 12:00 UTC is in the same day from UTC-11 to UTC+11, and never a
midnight, of which nobody knows what rounding makes. Whether a range holds the midnight at which it
ends is not said either: if so, an event with a date and no time may be in the range before its own,
too.

"Future dates are allowed (no 'to' date is used to confine results in this case)": so everything
from the run's day on is one request, because two ranges with a future `to_date` overlap.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

EPOCH: Final = date(1970, 1, 1)
_EARLIEST: Final = date(2012, 1, 1)
"""Nobody has much data from before; what there is comes in one window without a lower bound."""

_DAY: Final = timedelta(days=1)
_FARTHEST_ZONE: Final = timedelta(hours=12)


class Span(NamedTuple):
    """Days to ask for in one request, both included."""

    first: date | None
    """None: no lower bound."""

    last: date

    def params(self) -> dict[str, int]:
        """Return the request's bounds, in milliseconds since the epoch."""
        return {
            "from_date": 0 if self.first is None else _noon(self.first),
            "to_date": _noon(self.last),
        }


class Windows:
    """The windows of a run: a fixed grid over the past, and one window for all that is ahead.

    The grid is counted from 1970-01-01, so the same rows are in the same window in every run. The
    last window is the grid's window of the run's day, with everything after it.

    Args:
        window_days: Length of a window.
        start_date: The window that holds it is the first that is read, as a whole, so that a later
            start hides none of its rows; None for all.
        today: The run's day in UTC.
        lookahead_days: How many days ahead are asked for.
    """

    def __init__(
        self, *, window_days: int, start_date: date | None, today: date, lookahead_days: int
    ) -> None:
        self._window_days = window_days
        self._start_date = start_date
        self._today = today
        self._end = today + timedelta(days=lookahead_days)

    def spans(self) -> dict[str, Span]:
        """Return the span of each window by the first day of the window, oldest first."""
        spans: dict[str, Span] = {}
        first = self._start_date
        if first is not None and first > self._end:
            return spans
        if first is not None:
            first = self._grid_start(first)
        start = first or EPOCH
        following = self._following(_EARLIEST - _DAY if first is None else start)
        while following <= self._today:
            spans[start.isoformat()] = Span(first, following - _DAY)
            first = start = following
            following = self._following(start)
        spans[start.isoformat()] = Span(first, self._end)
        return spans

    def days(self, span: Span) -> int:
        """Return how many days there are to divide; what is ahead cannot be, and counts as one."""
        return (min(span.last, self._today) - (span.first or EPOCH)).days + 1

    def is_typical(self, span: Span) -> bool:
        """Say whether how much a span holds tells of others: it has two ends, in the past."""
        return span.first is not None and span.last < self._today

    def halves(self, span: Span) -> tuple[Span, Span]:
        """Divide a span of two or more days; the days before the run's leave what is ahead."""
        start = span.first or EPOCH
        days = self.days(span)
        middle = self._today if span.last >= self._today else start + timedelta(days=days // 2)
        return Span(span.first, middle - _DAY), Span(middle, span.last)

    def pieces(self, span: Span, max_days: int | None) -> list[Span]:
        """Divide a span into pieces of at most so many days; None sets no limit.

        One without a lower bound stays whole: it has more days than anybody has data.
        """
        if max_days is None or span.first is None or self.days(span) <= max_days:
            return [span]
        pieces = []
        first, days = span.first, timedelta(days=max_days)
        while first + days <= min(span.last, self._today):
            pieces.append(Span(first, first + days - _DAY))
            first += days
        return [*pieces, Span(first, span.last)]

    def _grid_start(self, day: date) -> date:
        """Return the first day of the grid's window that holds a day."""
        return day - timedelta(days=(day - EPOCH).days % self._window_days)

    def _following(self, day: date) -> date:
        """Return the first day of the grid's window after the one that holds a day."""
        return self._grid_start(day) + timedelta(days=self._window_days)


def first_day(start: datetime, *, has_zone: bool) -> date:
    """Return the first day of which something may not have ended before `start`, anywhere.

    Never one before 1970: the API counts from there.
    """
    bounded = max(start, datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC))
    earliest = bounded.astimezone(UTC) - (_FARTHEST_ZONE if has_zone else timedelta(0))
    return max(EPOCH, earliest.date())


def _noon(day: date) -> int:
    return 1000 * calendar.timegm((day.year, day.month, day.day, 12, 0, 0))
