"""What falls between two dates: rounding, and what the server finds too much."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world.model import DAY, HOUR

if TYPE_CHECKING:
    from event_sandbox.meetengage.view import View
    from event_sandbox.world.chats import Chat
    from event_sandbox.world.model import Millis

MOST_DAYS: Final = 10
"""The longest range under `large_range=400_days`."""

_MOST_ROWS: Final = 25

_ZONES: Final[dict[str, tzinfo]] = {
    "utc": UTC,
    "london": ZoneInfo("Europe/London"),
    "plus_11": timezone(timedelta(hours=11)),
    "minus_11": timezone(timedelta(hours=-11)),
}


@dataclass(frozen=True, slots=True)
class Range:
    """A range of the account's chats."""

    view: View
    begin: Millis
    """0 where nothing confines it."""
    end: float
    """Likewise infinite."""

    def chats(self) -> list[Chat]:
        """Give the chats in the range, by start."""
        return [one for one in self.view.chats() if self._holds(one)]

    def _holds(self, found: Chat) -> bool:
        rule = self.view.positions["multi_day"]
        last_start = self.view.last_start(found)
        first = last_start if rule == "by_end" else found.starts
        last = found.starts if rule == "by_start" else last_start
        return self.begin <= last and first <= self.end

    def is_too_large(self) -> bool:
        """Tell whether the server gives up; a single day it always manages.

        Only what lies before the world's first day counts. A future date may not confine at all, so
        what a reader takes for the future can never be halved; and its clock is not the world's.
        """
        rule = self.view.positions["large_range"]
        if rule == "answered" or self.view.positions["multi_day"] == "overlap":
            return False
        edge = self.view.world.now - (self.view.world.step + 1) * DAY
        old = [found for found in self.view.chats() if found.starts < edge]
        first = min((found.starts for found in old), default=edge)
        length = min(self.end, edge) - max(self.begin, first // DAY * DAY)
        # In London, a day in autumn has an hour more.
        if rule == "400_days":
            return length > MOST_DAYS * DAY + HOUR
        rows = sum(len(self.view.candidates(found)) for found in old if self._holds(found))
        return rows > _MOST_ROWS and length > DAY + HOUR


def make_range(view: View, from_date: Millis, to_date: Millis) -> Range:
    """Round the two dates as the server does. Zero is no date, and a future `to_date` may be none.

    Raises:
        ValueError: If a date lies outside of the calendar.
    """
    zone = _ZONES[view.positions["zone"]]
    begin = _midnight(from_date, zone) if from_date else 0
    # A world that was left alone for days lags behind the clock by which a reader asks.
    is_future = to_date > max(view.now, _real_now())
    if is_future and view.positions["future_to_date"] == "unconfined":
        return Range(view, begin, math.inf)
    end = _midnight(to_date, zone)
    if end != to_date or view.positions["exact_midnight"] == "next_day":
        end = _midnight(to_date, zone, days=1)
    return Range(view, begin, end)


def _real_now() -> Millis:
    return int(time.time() * 1000)


def _midnight(at: Millis, zone: tzinfo, days: int = 0) -> Millis:
    """Give the midnight that an instant's day begins with, or that of a later day."""
    local = datetime.fromtimestamp(at / 1000, zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return int((local + timedelta(days=days)).timestamp()) * 1000
