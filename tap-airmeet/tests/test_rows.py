"""From the vendor's rows to the tap's: times, texts, keys, rows within rows."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import pytest

from event_taps_core import (
    BadResponse,
    EventStream,
    MissingPart,
    NotFound,
    Page,
    Suspect,
)
from event_taps_core.testing import api_response
from tap_airmeet.rows import iso_time
from tap_airmeet.streams import (
    AirmeetsStream,
    ParticipantsStream,
    PollResponsesStream,
    QuestionsStream,
    RegistrationUtmsStream,
    SessionRecordingsStream,
)
from tap_airmeet.tap import TapAirmeet

Row = dict[str, Any]

TAP = TapAirmeet(config={}, validate_config=False)


def stream(cls: type[EventStream]) -> Any:
    return TAP.event_streams[cls.name]


def keys(cls: type[EventStream], rows: list[Row]) -> list[str]:
    key = cls.surrogate_key
    assert key is not None
    return [row[key.column] for row in key.add(rows, {})]


# Times (heading 4.5 and others)


@pytest.mark.parametrize(
    "value", [None, True, [], {}, "", "soon", "2021:12", float("nan"), float("inf"), 10**400]
)
def test_what_is_no_time_stays_as_it_is(value: Any) -> None:
    assert iso_time(value) is value


# Rows within rows (headings 4.9, 4.10 and 4.12)

SESSION_ID = str(uuid4())
SOME_POLL = {"question": "Q", "answer": "A"}
NO_POLLS: list[Any] = [None, [], {}]
ODD_POLLS: list[Any] = ["text", 7, "", 0, False, SOME_POLL, ["text"], [None], [{}], [[{}]]]


@pytest.mark.parametrize(
    ("item", "rows"),
    [
        (SOME_POLL, [SOME_POLL]),
        ({"answer": ["B", "C"]}, [{"answer": "B"}, {"answer": "C"}]),
        ({"answer": []}, [{"answer": None}]),
        ({"answer": None}, [{"answer": None}]),
        ({"question": "Q"}, [{"question": "Q", "answer": None}]),
        # The misprint of the page's sample, and a session's id that is one
        ({"session_id": "Poll Answer 2"}, [{"answer": "Poll Answer 2"}]),
        ({"session_id": SESSION_ID}, [{"session_id": SESSION_ID}]),
        ({"answer": "A", "session_id": "any"}, [{"answer": "A", "session_id": "any"}]),
        # An attribute of the poll that is called as one of the person
        ({"answer": "A", "email": "e"}, [{"answer": "A", "email of the vendor": "e"}]),
        ({"answer": "A", "name": "Poll 1"}, [{"answer": "A", "name": "Poll 1"}]),
    ],
)
def test_poll_is_a_row_per_answer(item: Any, rows: list[Row]) -> None:
    person = {"user_id": "u1", "email": None}
    found = stream(PollResponsesStream)._rows_of_person({**person, "polls": [item]})  # noqa: SLF001 - the unit under test
    assert list(found) == [{**person, **row} for row in rows]


@pytest.mark.parametrize(
    ("person", "rows"),
    [
        *(({"polls": none}, []) for none in NO_POLLS),
        ({"name": "Ada"}, []),
        ({}, [{}]),
        *(({"polls": odd}, [{}]) for odd in ODD_POLLS),
    ],
)
def test_person_of_another_shape_is_an_empty_row_which_is_set_aside(
    person: Row, rows: list[Row]
) -> None:
    assert list(stream(PollResponsesStream)._rows_of_person(person)) == rows  # noqa: SLF001 - the unit under test


@pytest.mark.parametrize(
    ("sent", "columns"),
    [
        (
            {"utms": {"utm_source": "x", "utm_medium": None}},
            {"utm_source": "x", "utm_medium": None},
        ),
        ({"utms": {"gclid": "y"}}, {"utms": {"gclid": "y"}}),
        ({"utms": None}, {}),
        *((same, same) for same in ({"utm_source": "flat"}, {"utms": "?"}, {"utms": ""})),
    ],
)
def test_utms_are_columns_and_the_rest_of_them_is_kept(sent: Row, columns: Row) -> None:
    processed = stream(RegistrationUtmsStream).post_process({"id": 1, **sent}, None)
    assert processed == {"id": 1, **columns}


def read(
    cls: type[EventStream],
    monkeypatch: pytest.MonkeyPatch,
    *pages: list[Row],
    tap: TapAirmeet = TAP,
) -> Any:
    """Return a stream that reads these pages."""
    steps = [Page(rows) for rows in pages]
    monkeypatch.setattr(EventStream, "read_partition", lambda *_: iter(steps))
    return cls(tap)


@pytest.mark.parametrize(
    ("others", "kind"), [([{"uid": "c"}], NotFound), ([{"uid": None}], BadResponse)]
)
def test_event_that_is_not_listed_may_be_the_one_without_an_id(
    monkeypatch: pytest.MonkeyPatch, others: list[Row], kind: type[Exception]
) -> None:
    """Then nobody affirms that it is not there."""
    tap = TapAirmeet(config={"airmeet_ids": ["a", "b"]}, validate_config=False)
    events = read(AirmeetsStream, monkeypatch, [{"uid": "a"}], others, tap=tap)
    (missing,) = [step for step in events.read_partition(None) if isinstance(step, MissingPart)]
    assert (missing.id, type(missing.problem)) == ("b", kind)


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

ADA, GUEST = {"email": "ada@example.org", "name": "Ada"}, {"email": None, "name": "Guest"}


def test_guests_that_are_equal_in_everything_have_keys_of_their_own() -> None:
    assert len(set(keys(ParticipantsStream, [GUEST, GUEST]))) == 2


def test_person_registered_twice_keeps_the_first_key() -> None:
    first = {**ADA, "city": "Ulm", "registrationDate": "2026-01-08T11:00:00Z"}
    again = {**ADA, "city": "Bonn", "registrationDate": "2026-02-08T11:00:00Z"}
    (alone,) = keys(ParticipantsStream, [first])
    assert keys(ParticipantsStream, [first, again])[0] == alone
    assert keys(ParticipantsStream, [again, first])[1] == alone


FILE = "https://streaming.airmeet.com/recordings/c/e/s.mp4"


@pytest.mark.parametrize(
    ("cls", "row", "same", "others"),
    [
        (
            ParticipantsStream,
            {**ADA, "registrationDate": "2026-01-08T11:00:00Z"},
            {"token": "https://new", "city": "Lyon", "email": "Ada@Example.org "},
            [{"email": "other@example.org"}],
        ),
        *(
            (
                ParticipantsStream,
                {"name": "Ada", "registrationDate": "2021-12-25T12:20:56Z"},
                {"registrationDate": sent},
                [{"organisation": "other"}, {"registrationDate": 1}],
            )
            for sent in ("2021:12:25T12:20:56Z", 1640434856000)
        ),
        (
            PollResponsesStream,
            {"user_id": "u1", "question": "Q", "answer": "A"},
            {"answer": "B", "time_stamp": "2026-01-08T11:00:00Z"},
            [{"question": "R"}],
        ),
        (
            QuestionsStream,
            {"user_id": "u1", "question": "Q", "session_id": "s", "upvoteCount": 1.0},
            {"upvoteCount": 2.0, "time_stamp": "2026-01-08T11:00:00Z"},
            [{"session_id": "t"}, {"user_id": "u2"}],
        ),
        (
            SessionRecordingsStream,
            {"session_id": "s", "download_link": f"{FILE}?Policy=a&Signature=b&Key-Pair-Id=c"},
            {"download_link": f"{FILE}?Policy=x&Signature=y&Key-Pair-Id=z"},
            [{"download_link": FILE.replace("s.mp4", "s-2.mp4")}],
        ),
    ],
)
def test_key_is_made_of_what_does_not_change(
    cls: type[EventStream], row: Row, same: Row, others: list[Row]
) -> None:
    unchanged, changed, *of_others = [
        key for change in ({}, same, *others) for key in keys(cls, [{**row, **change}])
    ]
    assert unchanged == changed
    assert len({unchanged, *of_others}) == 1 + len(others)
