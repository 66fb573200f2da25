"""The vendor's times: local, ISO 8601, milliseconds, or nothing of the kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_accelevents.dates import session_end, utc_time, zone_of

NEW_YORK = "America/New_York"
ZONES = st.sampled_from(
    [
        "UTC",
        "America/New_York",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Pacific/Kiritimati",
        "Etc/GMT+12",
    ]
)
LOCAL = st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)).map(  # noqa: DTZ001 - local times are the point
    lambda when: when.replace(second=0, microsecond=0)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(LOCAL, ZONES, st.sampled_from(["%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"]))
def test_local_time_is_the_instant_at_which_clocks_there_show_it(
    when: datetime, zone_name: str, form: str
) -> None:
    zone, found = ZoneInfo(zone_name), utc_time(when.strftime(form), zone_name)
    assert found is not None
    there = datetime.fromisoformat(found).astimezone(zone).replace(tzinfo=None)
    in_a_gap = when.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    assert there in (when, in_a_gap)


def test_time_that_no_clock_shows_is_after_the_gap_and_one_that_comes_twice_is_the_first() -> None:
    assert utc_time("2026/03/08 02:30", NEW_YORK) == "2026-03-08T07:30:00Z"
    assert utc_time("2026/11/01 01:30", NEW_YORK) == "2026-11-01T05:30:00Z"


@given(LOCAL)
def test_local_time_without_a_known_zone_is_no_instant_but_orders_sessions(when: datetime) -> None:
    text = when.strftime("%Y/%m/%d %H:%M")
    assert utc_time(text, None) is None
    assert session_end(text, None) == when.strftime("%4Y-%m-%dT%H:%M:00Z")


@given(LOCAL, st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))), ZONES)
def test_time_with_an_offset_needs_no_zone(when: datetime, offset: timezone, zone: str) -> None:
    text = when.replace(tzinfo=offset).isoformat()
    found = utc_time(text, None)
    assert found is not None
    assert datetime.fromisoformat(found) == when.replace(tzinfo=offset)
    assert utc_time(text, zone) == session_end(text, None) == found


@given(st.integers(100_000_000_000, 9_999_999_999_999))
def test_milliseconds_are_an_instant_as_a_number_and_as_a_text(value: int) -> None:
    found = utc_time(value, None)
    assert found == utc_time(str(value), NEW_YORK)
    assert found is not None
    since = datetime.fromisoformat(found) - datetime(1970, 1, 1, tzinfo=UTC)
    assert since == timedelta(milliseconds=value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        20260112,
        "12/01/2026 09:00",
        "2026/02/30 09:00",
        "2026/01/12 25:00",
        "2026/01/12",
        "2026-01-12T09:00:00",
        "0001/01/01 00:00",
        True,
        [],
        {},
    ],
)
def test_what_is_no_time_is_null(value: Any) -> None:
    assert utc_time(value, "Asia/Kolkata") is None


@given(JSON, st.none() | ZONES)
def test_anything_is_an_instant_in_utc_or_null(value: Any, zone: str | None) -> None:
    found = utc_time(value, zone)
    assert found is None or datetime.fromisoformat(found).tzinfo == UTC


@pytest.mark.parametrize(
    "name", [None, "", "America", "Eastern Time (US & Canada)", "../x", "x\0", "A" * 5000]
)
def test_what_is_no_name_of_a_zone_is_none(name: Any) -> None:
    assert zone_of(name) is None
