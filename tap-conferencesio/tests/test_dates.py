"""Dates in the forms that this vendor's reference leaves open."""

from __future__ import annotations

import contextlib
import email.utils
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import Unconvertible
from tap_conferencesio.forms import last_day, responded_at

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2999, 12, 31))
ZONES = st.integers(min_value=-14 * 60, max_value=14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
INSTANTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive
    max_value=datetime(2999, 12, 31),  # noqa: DTZ001 - likewise
    timezones=ZONES,
).map(lambda at: at.replace(microsecond=0))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@given(
    st.lists(DAYS, min_size=1, max_size=5), st.sampled_from([" - ", "/", ", ", " to ", " ", "|"])
)
def test_last_day_of_a_list_or_of_a_range_in_one_text(days: list[date], between: str) -> None:
    texts = [day.isoformat() for day in days]
    assert last_day(texts) == last_day(between.join(texts)) == max(texts)


@given(
    DAYS, st.sampled_from(["2026-02-30", "2026-13-01", "2026-00-10", "9999-99-99", "12026-01-01"])
)
def test_days_that_no_calendar_has_are_passed_over(day: date, impossible: str) -> None:
    assert last_day(f"{impossible} {day}") == day.isoformat()


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", [], {}, "January 23, 2023", "23.1.2023", 20230123, [None], "2023-1-5"),
        *("2026-02-30", "12026-01-01"),
    ],
)
def test_what_is_no_iso_day_has_no_last_day(value: object) -> None:
    with pytest.raises(Unconvertible):
        last_day(value)


@pytest.mark.parametrize("read", [last_day, responded_at])
@given(value=JSON)
def test_anything_is_read_or_not_guessed_at(read: Callable[[Any], str], value: Any) -> None:
    with contextlib.suppress(ValueError):
        assert datetime.fromisoformat(read(value)).isoformat()[:10] == read(value)[:10]


def test_vendors_own_example_is_read_although_that_day_was_a_sunday() -> None:
    assert responded_at("Tue, 21 Jan 2018 11:47:08 -0500") == "2018-01-21T16:47:08Z"


@given(INSTANTS, st.sampled_from(WEEKDAYS))
def test_rfc_2822_with_any_weekday_and_iso_8601_are_the_same_instant(
    instant: datetime, weekday: str
) -> None:
    utc = instant.astimezone(UTC).strftime("%4Y-%m-%dT%H:%M:%SZ")
    assert responded_at(weekday + email.utils.format_datetime(instant)[3:]) == utc
    assert responded_at(instant.isoformat()) == utc


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        17,
        {},
        [],
        "2018-01-21T11:47:08",  # a local time: its zone is not guessed
        "Tue, 21 Jan 2018 11:47:08",
        "Tue, 21 Jan 2018 11:47:08 -0000",  # RFC 2822: a time whose zone is not known
        "Tue, 31 Feb 2018 11:47:08 -0500",
        "Tue, 21 Jan 2018 25:47:08 -0500",
        "0001-01-01T00:00:00+14:00",  # before the first year, in UTC
        "Tue, 21 Jan 2018 11:47:08 +9999999",
    ],
)
def test_what_is_no_time_with_a_zone_is_not_guessed_at(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        responded_at(value)
