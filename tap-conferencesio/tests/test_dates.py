"""Dates in the forms that this vendor's reference leaves open."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import Unconvertible
from tap_conferencesio.forms import last_day, responded_at

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
DAYS = ["2026-01-31", "2026-02-28", "2026-02-01"]


@pytest.mark.parametrize("between", [" - ", "/", ", ", " to ", " ", "|"])
def test_last_day_of_a_list_or_of_a_range_in_one_text(between: str) -> None:
    assert last_day(DAYS) == last_day(between.join(DAYS)) == "2026-02-28"


@pytest.mark.parametrize(
    "impossible", ["2026-02-30", "2026-13-01", "2026-00-10", "9999-99-99", "12026-01-01"]
)
def test_days_that_no_calendar_has_are_passed_over(impossible: str) -> None:
    assert last_day(f"{impossible} 2025-01-31") == "2025-01-31"


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


@pytest.mark.parametrize("weekday", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
@pytest.mark.parametrize(
    ("rfc_2822", "iso_8601", "utc"),
    [
        ("21 Jan 2018 11:47:08 -0500", "2018-01-21T11:47:08-05:00", "2018-01-21T16:47:08Z"),
        ("31 Dec 2026 23:59:59 -1400", "2026-12-31T23:59:59-14:00", "2027-01-01T13:59:59Z"),
        ("01 Mar 2024 00:30:00 +0545", "2024-03-01T00:30:00+05:45", "2024-02-29T18:45:00Z"),
        ("01 Mar 1900 00:00:00 +0000", "1900-03-01T00:00:00Z", "1900-03-01T00:00:00Z"),
    ],
)
def test_rfc_2822_with_any_weekday_and_iso_8601_are_the_same_instant(
    weekday: str, rfc_2822: str, iso_8601: str, utc: str
) -> None:
    """The vendor's own example says Tuesday of 21 January 2018, which was a Sunday."""
    assert responded_at(f"{weekday}, {rfc_2822}") == responded_at(iso_8601) == utc


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "yesterday", 17, {}, []),
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


@pytest.mark.parametrize("read", [last_day, responded_at])
@given(value=JSON)
def test_anything_is_read_or_not_guessed_at(read: Callable[[Any], str], value: Any) -> None:
    with contextlib.suppress(ValueError):
        assert datetime.fromisoformat(read(value))
