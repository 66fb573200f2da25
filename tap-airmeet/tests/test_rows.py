"""From the vendor's rows to the tap's: times, texts, keys, rows within rows."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import BadResponse, EventStream, Page, Suspect, utc_timestamp
from event_taps_core.testing import api_response
from tap_airmeet.rows import iso_time
from tap_airmeet.streams import (
    BoothsStream,
    ParticipantsStream,
    PollResponsesStream,
    QuestionsStream,
    RegistrationUtmsStream,
    SessionRecordingsStream,
    SessionsStream,
)
from tap_airmeet.tap import TapAirmeet

if TYPE_CHECKING:
    import random

Row = dict[str, Any]

TAP = TapAirmeet(config={}, validate_config=False)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)


def stream(cls: type[EventStream]) -> Any:
    return TAP.event_streams[cls.name]


def record(cls: type[EventStream], row: Row) -> Row:
    (made,) = stream(cls).prepare([row], None, {}, encode=False).records
    return dict(made)


def keys(cls: type[EventStream], rows: list[Row]) -> list[str]:
    key = cls.surrogate_key
    assert key is not None
    return [row[key.column] for row in key.add(rows, {})]


# Times (heading 4.5 and others)


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants it naive
def test_colon_dates_iso_and_milliseconds_are_the_same_moment(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    iso = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    colons = iso.replace("-", ":", 2)
    milliseconds = round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    assert {utc_timestamp(iso_time(form)) for form in (iso, colons, milliseconds)} == {
        utc_timestamp(iso)
    }


def test_the_page_s_own_example_is_read() -> None:
    assert utc_timestamp(iso_time("2021:12:25T12:20:56.00Z")) == "2021-12-25T12:20:56Z"


@given(JSON_VALUES)
def test_whatever_is_no_time_breaks_nothing(value: Any) -> None:
    iso_time(value)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("null", None),
        (None, None),
        ("", ""),
        ("a text", "a text"),
        ([{"question": "Où?"}], '[{"question":"Où?"}]'),
        ({}, "{}"),
        (7, "7"),
    ],
)
def test_booth_details_of_any_shape_are_text(sent: Any, text: Any) -> None:
    booth = record(BoothsStream, {"uid": "b", "layoutData": sent, "name": "null"})
    assert (booth["layout_data"], booth["name"], booth["extra_fields"]) == (text, "null", None)


# Rows within rows (headings 4.9 and 4.10)


def poll_rows(*items: Row, **person: Any) -> list[Row]:
    return list(stream(PollResponsesStream)._rows_of_person({**person, "polls": list(items)}))  # noqa: SLF001 - the unit under test


def test_poll_is_a_row_per_answer() -> None:
    rows = poll_rows(
        {"question": "Q1", "answer": "A"},
        {"question": "Q2", "answer": ["B", "C"]},
        {"question": "Q3", "answer": []},
        {"question": "Q4", "answer": None},
        {"question": "Q5"},
        user_id="u1",
    )
    assert [(row["question"], row.get("answer")) for row in rows] == [
        ("Q1", "A"),
        ("Q2", "B"),
        ("Q2", "C"),
        ("Q3", None),
        ("Q4", None),
        ("Q5", None),
    ]
    assert {row["user_id"] for row in rows} == {"u1"}
    assert all("polls" not in row for row in rows)


def test_answer_under_session_id_is_the_page_s_misprint() -> None:
    (row,) = poll_rows({"question": "Poll Question 2", "session_id": "Poll Answer 2"})
    assert row["answer"] == "Poll Answer 2"
    assert row.get("session_id") is None


def test_session_id_of_a_poll_that_is_one_stays() -> None:
    session_id = str(uuid4())
    (row,) = poll_rows({"question": "Q", "session_id": session_id})
    assert row["session_id"] == session_id
    assert row.get("answer") is None
    (row,) = poll_rows({"question": "Q", "answer": "A", "session_id": "any"})
    assert (row["answer"], row["session_id"]) == ("A", "any")


@pytest.mark.parametrize(
    ("person", "row"),
    [
        ({"name": "Ada"}, {"name": "Ada", "name of the vendor": "Poll 1"}),
        ({"name": None}, {"name": None, "name of the vendor": "Poll 1"}),
        ({"user_id": "u"}, {"user_id": "u", "name": "Poll 1"}),
    ],
)
def test_name_of_a_poll_is_not_the_person_s(person: Row, row: Row) -> None:
    assert poll_rows({"name": "Poll 1", "answer": "A"}, **person) == [{**row, "answer": "A"}]


@pytest.mark.parametrize("polls", [None, [], {}])
def test_person_without_items_has_no_rows(polls: Any) -> None:
    assert list(stream(PollResponsesStream)._rows_of_person({"polls": polls})) == []  # noqa: SLF001 - the unit under test
    assert list(stream(PollResponsesStream)._rows_of_person({"name": "Ada"})) == []  # noqa: SLF001 - likewise


ODD_ITEMS: list[Any] = ["text", 7, "", 0, False, {"question": "Q"}, ["text"], [None], [{}]]


@pytest.mark.parametrize("person", [{}, *({"polls": odd} for odd in ODD_ITEMS)], ids=str)
def test_person_or_item_of_another_shape_is_an_empty_row_which_is_set_aside(person: Any) -> None:
    assert list(stream(PollResponsesStream)._rows_of_person(person)) == [{}]  # noqa: SLF001 - the unit under test


def test_utms_are_columns_and_the_rest_of_them_is_kept() -> None:
    process = stream(RegistrationUtmsStream).post_process
    assert process({"id": 1, "utms": {"utm_source": "x", "utm_medium": None}}, None) == {
        "id": 1,
        "utm_source": "x",
        "utm_medium": None,
    }
    assert process({"id": 1, "utms": {"gclid": "y"}}, None) == {"id": 1, "utms": {"gclid": "y"}}
    assert process({"id": 1, "utms": None}, None) == {"id": 1}
    assert process({"id": 1, "utm_source": "flat"}, None) == {"id": 1, "utm_source": "flat"}
    assert process({"id": 1, "utms": "?"}, None) == {"id": 1, "utms": "?"}


def test_sessionid_is_named_as_everywhere_else() -> None:
    session = record(SessionsStream, {"sessionid": "s", "session_id": "t"})
    assert (session["session_id"], session["extra_fields"]) == ("s", {"session_id": "t"})


@pytest.mark.parametrize("sent", ["2021:12:25T12:20:56Z", 1640434856000])
def test_registration_without_address_has_one_key_in_whatever_form_its_time_comes(
    sent: object,
) -> None:
    row = {"name": "Ada", "registrationDate": sent}
    assert keys(ParticipantsStream, [row]) == keys(
        ParticipantsStream, [{"name": "Ada", "registrationDate": "2021-12-25T12:20:56Z"}]
    )


def read(cls: type[EventStream], monkeypatch: pytest.MonkeyPatch, *pages: list[Row]) -> Any:
    """Return a stream that reads these pages."""
    steps = [Page(rows) for rows in pages]
    monkeypatch.setattr(EventStream, "read_partition", lambda *_: iter(steps))
    return cls(TAP)


@pytest.mark.parametrize(
    ("pages", "is_in_doubt"),
    [
        ([[{"name": "Ada"}], [{"name": "Bo"}]], True),
        ([[{"name": "Ada"}], [{"name": "Bo", "polls": None}]], False),
        ([[{"polls": []}], [{"name": "Bo"}]], False),
        ([[]], False),
    ],
)
def test_persons_without_the_attribute_that_holds_their_items_are_in_doubt(
    monkeypatch: pytest.MonkeyPatch, pages: list[list[Row]], *, is_in_doubt: bool
) -> None:
    polls = read(PollResponsesStream, monkeypatch, *pages)
    context = {"airmeet_id": "e"}
    steps = list(polls.read_partition(context))
    assert [row for page in steps if isinstance(page, Page) for row in page.rows] == []
    assert any(isinstance(step, Suspect) for step in steps) == is_in_doubt


# Empty lists


@pytest.mark.parametrize(
    ("body", "query", "is_believed"),
    [
        ({"data": [], "statusMessage": "SUCCESS"}, "", True),
        ({"data": None, "message": "No polls found"}, "", True),
        ({"data": {}, "message": "Completed without errors", "errors": []}, "", True),
        ({"data": None, "message": "Internal server error"}, "", False),
        ({"data": [], "statusMessage": "OK", "message": "Something failed"}, "", False),
        ({"data": [], "errors": ["boom"]}, "", False),
        ({"data": [], "error": {"message": "boom"}}, "after=5", False),
        ({"data": [{}], "errors": ["boom"]}, "", True),
        ({"data": [], "cursors": {"totalCount": 0, "pageCount": 1}}, "", True),
        ({"data": {}, "cursors": {"totalCount": 30}}, "size=50", False),
        ({"data": [], "cursors": {"pageCount": 3}}, "size=50", False),
        ({"data": [], "totalUserCount": 30}, "pageNumber=1", False),
        ({"data": [], "totalUserCount": 30}, "pageNumber=2", True),
        ({"data": [], "cursors": {"totalCount": 30}}, "size=50&after=30", True),
    ],
)
def test_empty_list_is_believed_unless_the_answer_says_otherwise(
    body: Row, query: str, *, is_believed: bool
) -> None:
    answer = api_response(body, url=f"https://example.org/prod/airmeet/e/polls?{query}")
    with nullcontext() if is_believed else pytest.raises(BadResponse, match="nothing in 'data'"):
        list(stream(PollResponsesStream).parse_response(answer))


# Keys (the vendor gives no ids to these)

PEOPLE: list[Row] = [
    {"email": "ada@example.org", "name": "Ada"},
    {"email": "Ada@Example.org ", "name": "Ada L."},
    {"email": None, "name": "Guest"},
    {"email": None, "name": "Guest"},
    {"email": "bo@example.org", "name": "Bo"},
]


@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 59), min_size=5, max_size=5))
def test_order_of_registrations_does_not_change_a_key(
    chance: random.Random, minutes: list[int]
) -> None:
    rows = [
        {**row, "registrationDate": f"2026-01-08T11:{minute:02d}:00.{index}Z"}
        for index, (row, minute) in enumerate(zip(PEOPLE, minutes, strict=True))
    ]
    other = rows.copy()
    chance.shuffle(other)
    by_row = dict(zip(map(str, rows), keys(ParticipantsStream, rows), strict=True))
    assert by_row == dict(zip(map(str, other), keys(ParticipantsStream, other), strict=True))
    assert len(set(by_row.values())) == len(rows)


def test_entry_link_and_answers_of_a_person_do_not_change_the_key() -> None:
    row = {**PEOPLE[0], "registrationDate": "2026-01-08T11:00:00Z"}
    changed = {**row, "token": "https://new", "city": "Lyon", "invite_sent": True}
    assert keys(ParticipantsStream, [row]) == keys(ParticipantsStream, [changed])


def test_guests_that_are_equal_in_everything_have_keys_of_their_own() -> None:
    assert len(set(keys(ParticipantsStream, [PEOPLE[2], PEOPLE[2]]))) == 2


def test_person_registered_twice_keeps_the_first_key() -> None:
    first = {**PEOPLE[0], "registrationDate": "2026-01-08T11:00:00Z"}
    again = {**PEOPLE[0], "registrationDate": "2026-02-08T11:00:00Z"}
    (alone,) = keys(ParticipantsStream, [first])
    assert keys(ParticipantsStream, [first, again])[0] == alone
    assert keys(ParticipantsStream, [again, first])[1] == alone


def test_changed_answer_keeps_its_key() -> None:
    row = {"user_id": "u1", "question": "Q", "answer": "A", "time_stamp": "2026-01-08T11:00:00Z"}
    assert keys(PollResponsesStream, [row]) == keys(PollResponsesStream, [{**row, "answer": "B"}])


def test_upvotes_and_a_late_time_stamp_do_not_change_a_question_s_key() -> None:
    row = {"user_id": "u1", "question": "Q", "session_id": "s", "upvoteCount": 1.0}
    later = {**row, "upvoteCount": 2.0, "time_stamp": "2026-01-08T11:00:00Z"}
    assert keys(QuestionsStream, [row]) == keys(QuestionsStream, [later])


def test_same_question_in_two_sessions_or_of_two_people_is_two() -> None:
    row = {"user_id": "u1", "question": "Q", "session_id": "s"}
    other = [{**row, "session_id": "t"}, {**row, "user_id": "u2"}]
    assert len(set(keys(QuestionsStream, [row, *other]))) == 3


def test_signature_of_a_recording_s_link_does_not_change_its_key() -> None:
    link = "https://streaming.airmeet.com/recordings/c/e/s.mp4"
    row = {"session_id": "s", "download_link": f"{link}?Policy=a&Signature=b&Key-Pair-Id=c"}
    again = {**row, "download_link": f"{link}?Policy=x&Signature=y&Key-Pair-Id=z"}
    other = {**row, "download_link": f"{link.replace('s.mp4', 's-2.mp4')}?Policy=a"}
    assert keys(SessionRecordingsStream, [row]) == keys(SessionRecordingsStream, [again])
    assert len(set(keys(SessionRecordingsStream, [row, other]))) == 2
