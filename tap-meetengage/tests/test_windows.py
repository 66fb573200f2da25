"""Which rows a run's requests bring, under every reading of the vendor's page.

The server here is the page's words and nothing else: bounds are rounded down and up to a midnight,
of some time zone; a future `to_date` confines, or it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meetengage.windows import EPOCH, Span, first_day, windows

TODAY = date(2026, 4, 2)
ZONES = st.integers(-11 * 60, 11 * 60).map(lambda minutes: timedelta(minutes=minutes))
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    """One way to read the page.

    Args:
        zone: Offset of the zone whose midnights count.
        midnight_goes_on: Whether a bound that is a midnight is rounded up to the next one.
        includes_end: Whether an event at the very upper bound is in the range.
        future_confines: Whether a future `to_date` confines results.
    """

    zone: timedelta
    midnight_goes_on: bool
    includes_end: bool
    future_confines: bool

    def has(self, span: Span, event: datetime, now: datetime) -> bool:
        """Say whether the server puts an event into its answer."""
        params = span.params()
        begin = self.local(params["from_date"]).replace(hour=0, minute=0, second=0)
        asked = self.local(params["to_date"])
        end = asked.replace(hour=0, minute=0, second=0)
        if end < asked or self.midnight_goes_on:
            end += DAY
        is_future = params["to_date"] > 1000 * now.timestamp()
        is_open = is_future and not self.future_confines
        local = event + self.zone
        starts = params["from_date"] == 0 or begin <= local
        return starts and (is_open or local < end or (self.includes_end and local == end))

    def local(self, milliseconds: int) -> datetime:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) + self.zone


readings = st.builds(Reading, ZONES, st.booleans(), st.booleans(), st.booleans())


def spans_of(
    window_days: int = 31,
    start_date: date | None = None,
    lookahead_days: int = 365,
    today: date = TODAY,
) -> dict[str, Span]:
    return windows(
        window_days=window_days, start_date=start_date, today=today, lookahead_days=lookahead_days
    )


def in_parts(span: Span, max_days: int = 1) -> list[Span]:
    """Divide until all parts are short enough; one without a beginning has 15,000 days."""
    if span.first is None or span.days(TODAY) <= max_days:
        return [span]
    return [part for half in span.halves(TODAY) for part in in_parts(half, max_days)]


@given(
    reading=readings,
    window_days=st.integers(1, 400),
    lookahead_days=st.integers(1, 800),
    start=st.none() | st.integers(-900, 100),
    second_of_the_run=st.integers(0, 86399),
    times=st.lists(st.integers(-1000 * 1440, 400 * 1440), max_size=20),
    max_days=st.none() | st.integers(1, 40),
)
def test_each_event_is_in_one_answer_under_every_reading(  # noqa: PLR0913, PLR0917 - one for each doubt
    reading: Reading,
    window_days: int,
    lookahead_days: int,
    start: int | None,
    second_of_the_run: int,
    times: list[int],
    max_days: int | None,
) -> None:
    """Times are minutes from now; no event is at a midnight, where "included" would matter."""
    start_date = None if start is None else TODAY + timedelta(days=start)
    midnight = datetime.combine(TODAY, time(), UTC)
    now = midnight + timedelta(seconds=second_of_the_run)
    spans = list(spans_of(window_days, start_date, lookahead_days).values())
    if max_days is not None:
        spans = [part for span in spans for part in in_parts(span, max_days)]
    last_day = TODAY + timedelta(days=lookahead_days)
    for minutes in times:
        event = midnight + timedelta(minutes=minutes, seconds=30)
        day = (event + reading.zone).date()
        count = sum(reading.has(span, event, now) for span in spans)
        if start_date is not None and day < start_date - window_days * DAY:
            assert count == 0
        elif start_date is not None and day < start_date:
            assert count <= 1
        elif day <= last_day and spans:
            assert count == 1
        else:
            assert count <= 1


def test_bounds_are_milliseconds_at_noon() -> None:
    assert Span(date(2016, 6, 24), date(2016, 6, 25)).params() == {
        "from_date": 1466769600000,
        "to_date": 1466856000000,
    }
    assert Span(None, date(2016, 6, 25)).params()["from_date"] == 0


def test_without_a_start_date_the_first_window_has_no_lower_bound() -> None:
    spans = spans_of()
    (first, span), *_ = spans.items()
    assert first == EPOCH.isoformat()
    assert span.first is None
    assert date(2011, 12, 31) <= span.last < date(2012, 2, 1)


@given(st.integers(1, 400), st.integers(0, 3000), st.integers(0, 3000))
def test_grid_is_the_same_on_every_day_and_from_every_start(
    window_days: int, age: int, days_later: int
) -> None:
    today = spans_of(window_days, TODAY - timedelta(days=age))
    later = spans_of(window_days, None, 0, TODAY + timedelta(days=days_later))
    for first in list(today)[1:]:
        assert first in later
        assert (date.fromisoformat(first) - EPOCH).days % window_days == 0
    for first, span in list(today.items())[1:-1]:
        assert later[first] == span


def test_window_that_holds_the_start_date_is_read_whole() -> None:
    """Else a later start date would leave some of its rows older than its newest reading."""
    made = spans_of(31, date(2026, 1, 15))
    (first, span), *_ = made.items()
    assert first < "2026-01-15"
    assert (date.fromisoformat(first) - EPOCH).days % 31 == 0
    assert span.first == date.fromisoformat(first)
    assert span == spans_of(31, date(2025, 1, 1))[first]


def test_what_is_ahead_is_only_parted_from_the_past() -> None:
    """Two ranges with a future end may each hold everything from their beginning on."""
    ahead = list(spans_of().values())[-1]
    past, rest = ahead.halves(TODAY)
    assert past == Span(ahead.first, TODAY - DAY)
    assert rest == Span(TODAY, ahead.last)
    assert rest.days(TODAY) == 1


def test_window_that_begins_on_the_runs_day_is_the_last() -> None:
    assert list(spans_of(1))[-1] == TODAY.isoformat()


def test_windows_and_their_parts_join_without_a_gap() -> None:
    whole = list(spans_of(17, date(2025, 1, 1)).values())
    for spans in (whole, [part for span in whole for part in in_parts(span, 7)]):
        for earlier, later in pairwise(spans):
            assert later.first == earlier.last + DAY


def test_start_date_beyond_all_that_is_read_leaves_nothing() -> None:
    assert spans_of(start_date=date(9999, 12, 31)) == {}


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (None, None),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T00:00:00+00:00", date(2026, 1, 30)),
        ("2026-01-31T18:00:00+00:00", date(2026, 1, 31)),
        ("2026-01-31T20:00:00-05:00", date(2026, 1, 31)),
        ("1900-01-01", EPOCH),
        ("0001-01-01T00:00:00+14:00", EPOCH),
    ],
)
def test_start_date_with_a_time_allows_for_every_zone_and_none_is_before_1970(
    start: str | None, expected: date | None
) -> None:
    assert first_day(start) == expected
