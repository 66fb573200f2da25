"""Keys of rows that the vendor gives no id: made of who or what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_conferencesio.streams import (
    AttendanceStream,
    EvaluationResponsesStream,
    attendee,
    question_identity,
)

if TYPE_CHECKING:
    import random

Row = dict[str, Any]

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
