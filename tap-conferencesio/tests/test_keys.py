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


@st.composite
def checkins(draw: st.DrawFn) -> list[Row]:
    """Records of one session; nobody checks in twice at the same moment."""
    pairs = st.tuples(st.sampled_from(range(len(PEOPLE))), TIMES)
    found = draw(st.lists(pairs, unique=True, max_size=8))
    return [
        {"user": PEOPLE[person], "checkin_time": at, "checkin_time_actual": at}
        for person, at in found
    ]


def keys_of(rows: list[Row]) -> dict[str, str]:
    keyed = AttendanceStream.surrogate_key.add([dict(row) for row in rows], {})
    return {f"{row['user']} {row['checkin_time_actual']}": row["attendance_key"] for row in keyed}


@given(checkins(), st.randoms(use_true_random=False))
def test_order_of_records_does_not_change_a_key(rows: list[Row], chance: random.Random) -> None:
    other = rows.copy()
    chance.shuffle(other)
    assert keys_of(rows) == keys_of(other)


@given(checkins(), st.lists(TIMES, min_size=8, max_size=8))
def test_time_that_an_administrator_edits_does_not_change_a_key(
    rows: list[Row], edits: list[str]
) -> None:
    """`checkin_time` is what is edited; `checkin_time_actual` stays."""
    edited = [{**row, "checkin_time": time} for row, time in zip(rows, edits, strict=False)]
    assert keys_of(rows) == keys_of(edited)


@given(checkins())
def test_every_record_has_a_key_of_its_own(rows: list[Row]) -> None:
    assert len(set(keys_of(rows).values())) == len(rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"external_id": "7", "email": "a@example.org"}, {"external_id": "7", "email": None}),
        ({"email": "A@Example.org"}, {"email": " a@example.org", "external_id": None}),
        ({"first_name": "Bo", "field_1": "x"}, {"field_1": "x", "first_name": "Bo"}),
    ],
)
def test_same_person_in_other_words(one: Row, other: Row) -> None:
    assert attendee({"user": one}) == attendee({"user": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"external_id": "7"}, {"external_id": "8"}),
        ({"external_id": "a@example.org"}, {"email": "a@example.org"}),
        ({"first_name": "Bo"}, {"first_name": "Bo", "field_1": "x"}),
        (None, {"first_name": ""}),
    ],
)
def test_different_people_are_told_apart(one: Row | None, other: Row) -> None:
    assert attendee({"user": one}) != attendee({"user": other})


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
