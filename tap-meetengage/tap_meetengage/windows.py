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

from event_taps_core import parse_datetime

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

    def days(self, today: date) -> int:
        """Return how many days there are to divide; what is ahead cannot be, and counts as one."""
        return (min(self.last, today) - (self.first or EPOCH)).days + 1

    def halves(self, today: date) -> tuple[Span, Span]:
        """Divide two or more days; those before the run's day leave what is ahead."""
        middle = today
        if self.last < today:
            middle = (self.first or EPOCH) + timedelta(days=self.days(today) // 2)
        return Span(self.first, middle - _DAY), Span(middle, self.last)


def windows(
    *, window_days: int, start_date: date | None, today: date, lookahead_days: int
) -> dict[str, Span]:
    """Return what each window of a run asks for, by its first day, oldest first.

    They are a fixed grid over the past, counted from 1970-01-01, so that the same rows are in the
    same window in every run. The last one is the grid's window of the run's day (in UTC), with
    everything after it. The one that holds `start_date` is the first, and read as a whole, so that
    a later start hides none of its rows; without a `start_date` all are read.
    """
    end = today + timedelta(days=lookahead_days)
    if start_date is not None and start_date > end:
        return {}
    earliest = start_date or _EARLIEST - _DAY
    begins = earliest - timedelta(days=(earliest - EPOCH).days % window_days)
    first = start_date and begins
    spans = []
    while (begins := begins + timedelta(days=window_days)) <= today:
        spans.append(Span(first, begins - _DAY))
        first = begins
    return {(span.first or EPOCH).isoformat(): span for span in (*spans, Span(first, end))}


def first_day(start: str | None) -> date | None:
    """Return the first day of which something may not have ended before `start`, anywhere.

    Never one before 1970: the API counts from there.
    """
    moment = parse_datetime(start)
    if moment is None:
        return None
    has_zone = len(start or "") > len("YYYY-MM-DD")
    bounded = max(moment, datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC))
    earliest = bounded.astimezone(UTC) - (_FARTHEST_ZONE if has_zone else timedelta(0))
    return max(EPOCH, earliest.date())


def _noon(day: date) -> int:
    return 1000 * calendar.timegm((day.year, day.month, day.day, 12, 0, 0))
