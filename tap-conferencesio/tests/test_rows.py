"""From the vendor's rows to the tap's: dates, which its reference leaves open, and keys."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import Unconvertible
from tap_conferencesio.forms import last_day, responded_at
from tap_conferencesio.streams import (
    AttendanceStream,
    EvaluationResponsesStream,
    attendee,
    question_identity,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Row = dict[str, Any]

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


# Keys of rows that the vendor gives no id: made of who or what they are about

TIMES = st.integers(min_value=0, max_value=59).map(lambda m: f"2026-01-08T11:{m:02d}:02-05:00")
PEOPLE: list[Row] = [
    {"external_id": "1001", "email": "ada@example.org"},
    {"external_id": None, "email": "Ada@Example.org "},
    {"external_id": "", "email": "bo@example.org"},
    {"external_id": None, "email": None, "first_name": "Chloé"},
]
CHECKINS = st.lists(st.tuples(st.sampled_from(PEOPLE), TIMES), unique_by=str, max_size=8)
"""Of one session; nobody checks in twice at the same moment."""


@given(CHECKINS, st.lists(TIMES, min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_an_edited_time_changes_a_key(
    checkins: list[tuple[Row, str]], edits: list[str], chance: random.Random
) -> None:
    """`checkin_time` is what administrators edit; `checkin_time_actual` stays."""

    def keys_of(times: list[str]) -> dict[str, str]:
        rows = [
            {"user": user, "checkin_time": time, "checkin_time_actual": at}
            for (user, at), time in zip(checkins, times, strict=False)
        ]
        chance.shuffle(rows)
        keyed = AttendanceStream.surrogate_key.add(rows, {})
        return {
            f"{row['user']} {row['checkin_time_actual']}": row["attendance_key"] for row in keyed
        }

    keys = keys_of([at for _, at in checkins])
    assert keys == keys_of(edits)
    assert len(set(keys.values())) == len(checkins)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"external_id": "7", "email": "a@example.org"}, {"external_id": "7", "email": None}, True),
        ({"email": "A@Example.org"}, {"email": " a@example.org", "external_id": None}, True),
        ({"first_name": "Bo", "field_1": "x"}, {"field_1": "x", "first_name": "Bo"}, True),
        ({"external_id": "7"}, {"external_id": "8"}, False),
        ({"external_id": "a@example.org"}, {"email": "a@example.org"}, False),
        ({"first_name": "Bo"}, {"first_name": "Bo", "field_1": "x"}, False),
        (None, {"first_name": ""}, False),
    ],
    ids=str,
)
def test_attendee_is_known_by_external_id_else_by_address_else_by_all_that_is_said(
    one: Row | None, other: Row, *, is_same: bool
) -> None:
    assert (attendee({"user": one}) == attendee({"user": other})) is is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"id": 7, "text": "Why?"}, {"id": "7", "text": "Why not?"}, True),
        ({"_id": "7", "votes": 1}, {"question_id": "7", "votes": 2}, True),
        ({"text": "Why?", "at": 1}, {"at": 1, "text": "Why?"}, True),
        ({"id": "", "text": "Why?"}, {"id": "", "text": "Why not?"}, False),
        ({"question": "Why?"}, {"question": "Why?", "at": 1}, False),
        ({"question": ["Why?"]}, {"question": ["Why not?"]}, False),
        ({"question_id": ["a"]}, {"question_id": ["b"]}, False),
    ],
    ids=str,
)
def test_question_is_known_by_its_id_else_by_all_that_it_says(
    one: Row, other: Row, *, is_same: bool
) -> None:
    assert (question_identity(one) == question_identity(other)) is is_same


def test_corrected_evaluation_answer_keeps_its_key() -> None:
    """The answer is not what identifies it: whose it is, on what, and when."""
    row = {
        "session": {"external_id": "S-1", "name": "Ethics"},
        "user": {"id": "17"},
        "presenter": None,
        "question": "How was it?",
        "timestamp": "Tue, 21 Jan 2018 11:47:08 -0500",
    }
    key = EvaluationResponsesStream.surrogate_key
    assert key is not None
    (first,) = key.add([{**row, "response": "4 - Good", "response_value": 4}], {})
    (second,) = key.add([{**row, "response": "5 - Great", "response_value": 5}], {})
    assert first["response_key"] == second["response_key"]
