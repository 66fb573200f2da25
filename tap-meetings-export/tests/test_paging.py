"""The pages of the export, and the keys of their rows; how pages end is tested with the core."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import (
    ApiError,
    ApiResponse,
    BadResponse,
    NotFound,
    Page,
    ReadAgain,
    ReadInFull,
    Remark,
)
from event_taps_core.testing import api_response
from event_taps_core.testing.running import signals_untouched
from tap_meetings_export.client import BadRequest
from tap_meetings_export.paging import ExportPages, row_id
from tap_meetings_export.rows import person_key
from tap_meetings_export.streams import MeetingsStream
from tap_meetings_export.tap import TapMeetingsExport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_sdk.streams.rest import HTTPRequest

Row = dict[str, Any]

PAGE_SIZE = 5
MAX_REQUESTS = 200


def rows_from(first: int, count: int) -> list[Row]:
    """Make rows, two of each account."""
    return [
        {"meeting_id": n, "account_id": n // 2, "status": "Pending", "last_modified": None}
        for n in range(first, first + count)
    ]


@dataclass
class Server:
    """An export that pages as the vendor documents it, and otherwise as it likes."""

    rows: list[Row] = field(default_factory=lambda: rows_from(1000, 23))
    largest_page: int = PAGE_SIZE
    counts: bool = True
    past_end: ApiError | None = None
    changes: dict[int, Callable[[list[Row]], None]] = field(default_factory=dict)
    answers: dict[int, ApiError] = field(default_factory=dict)
    """Errors, by the number of the request."""
    asked: list[int] = field(default_factory=list)
    bounds: set[tuple[str, int]] = field(default_factory=set)
    """The filters that were asked with."""
    base_url: str = "https://api-fair.expoplatform.com"
    server_lag: None = None

    def send(self, request: HTTPRequest, stats: object, parse: Callable[[ApiResponse], Any]) -> Any:
        """Stand for the client.

        Raises:
            ApiError: Where the pages end with one.
        """
        del stats
        params: dict[str, Any] = dict(request.params or {})
        number, size = params["page"], min(params["per_page"], self.largest_page)
        self.asked.append(number)
        self.bounds.update(item for item in params.items() if item[0].endswith("_from"))
        assert len(self.asked) < MAX_REQUESTS, "the pages do not end"
        if change := self.changes.get(len(self.asked)):
            change(self.rows)
        if answer := self.answers.get(len(self.asked)):
            raise answer
        pages = max(1, -(-len(self.rows) // size))
        if number > pages and self.past_end:
            raise self.past_end
        body: Row = {"data": self.rows[(number - 1) * size : number * size]}
        if self.counts:
            body |= {"total": len(self.rows), "total_pages": pages, "per_page": size}
        return parse(api_response(body))


@pytest.fixture(scope="module")
def stream() -> MeetingsStream:
    """The stream as a run has it, without a state."""
    config = {
        "api_url": "https://api-fair.expoplatform.com",
        "api_key": "q8Zr-4_kT.2m",
        "event_ids": [7],
        "page_size": PAGE_SIZE,
    }
    with signals_untouched():
        found = TapMeetingsExport(config=config).streams["meetings"]
    assert isinstance(found, MeetingsStream)
    return found


def steps_of(stream: MeetingsStream, server: Server) -> Iterator[Any]:
    """Read an event from this server."""
    stream.tap.__dict__["client"] = server
    return stream.read_partition({"event_id": "7"})


def pages_of(stream: MeetingsStream, server: Server) -> Iterator[list[Row]]:
    return (step.rows for step in steps_of(stream, server) if isinstance(step, Page))


def table(stream: MeetingsStream, server: Server) -> dict[str, Row]:
    """Read an event as an upserting target would hold it."""
    return {row_id(row): row for rows in pages_of(stream, server) for row in rows}


def ids(rows: Any) -> Counter[Any]:
    return Counter(row["meeting_id"] for row in rows)


@given(moment=st.integers(2, 7), place=st.integers(0, 22), counts=st.booleans())
def test_row_that_moves_when_it_is_changed_hides_none_and_is_one_row(
    stream: MeetingsStream, moment: int, place: int, *, counts: bool
) -> None:
    """As where the vendor ignores the order that it is asked for, and sorts by time."""

    def move_to_the_end(rows: list[Row]) -> None:
        changed = {**rows.pop(place), "status": "Confirmed", "last_modified": "2026-03-04 12:00:00"}
        rows.append(changed)

    server = Server(counts=counts, changes={moment: move_to_the_end})
    found = table(stream, server)
    assert ids(found.values()) == ids(server.rows)


@pytest.mark.parametrize("answer", [NotFound("HTTP 404"), BadRequest("HTTP 400")])
def test_error_past_the_end_is_the_end(stream: MeetingsStream, answer: ApiError) -> None:
    """If it comes twice, and the page before it is there in between; see the core's tests.

    Where it is not, the event has gone meanwhile, and no filter was refused.
    """
    server = Server([*rows_from(1000, 21), A, B], counts=False, past_end=answer)
    assert len(table(stream, server)) == len(server.rows)
    assert server.asked == [1, 2, 3, 4, 5, 6, 5, 6]
    server = Server(counts=False, answers={3: answer, 4: answer})
    with pytest.raises(BadResponse, match=r"HTTP 40. after 2 pages") as raised:
        table(stream, server)
    assert type(raised.value) is BadResponse
    assert server.asked == [1, 2, 3, 2]


def test_equal_rows_and_what_is_none_are_written_once_and_counted_as_the_vendor_counts(
    stream: MeetingsStream,
) -> None:
    rows: list[Any] = rows_from(1000, 21)
    rows[2:2] = [dict(rows[1]), "odd"]
    server = Server(rows=rows)
    found = [row for page in pages_of(stream, server) for row in page]
    assert found.count({}) == 1
    assert Counter(row["meeting_id"] for row in found if row) == ids(rows_from(1000, 21))
    assert server.asked == [1, 2, 3, 4, 5]


def test_rows_without_any_meeting_id_are_broken(stream: MeetingsStream) -> None:
    with pytest.raises(BadResponse, match="no row of 2 has 'meeting_id'"):
        table(stream, Server(rows=[{"account_id": 1}, {"account_id": 2}]))


# Keys


COLUMNS = {"meeting_id", "account_id", "category", "status", "last_modified"}


def numbered(pages: ExportPages, rows: list[Row]) -> list[Row]:
    """Number the rows of a page, as the stream hands them over."""
    return pages.fresh([{**row, "participant_key": person_key(row)} for row in rows])


A = {"meeting_id": 1, "account_id": 1, "category": "Buyer", "last_modified": "09:00"}
B = {**A, "category": "Seller"}
LATER = {**A, "last_modified": "09:01", "status": "Confirmed"}
B_LATER = {**B, "last_modified": "09:01", "status": "Confirmed"}


@pytest.mark.parametrize(
    ("pages", "numbers"),
    [
        ([[A, B]], ["", "-1"]),
        ([[B, A]], ["-1", ""]),
        ([[A], [B]], ["", "-1"]),
        ([[A, A]], ["", ""]),
        ([[A], [A]], ["", ""]),
        ([[A], [A, B]], ["", "", "-1"]),
        ([[A], [LATER]], ["", ""]),
        ([[A, B], [LATER]], ["", "-1", ""]),
        ([[A, B], [B_LATER]], ["", "-1", "-1"]),
        ([[A], [B_LATER]], ["", "-1"]),
        ([[A], [B], [A], [B_LATER], [LATER]], ["", "-1", "", "-1", ""]),
        ([[A, LATER], [B]], ["", "-1", "-2"]),
        ([[A], [{**A, "undeclared": "signed anew"}]], ["", ""]),
        ([[A, {**A, "meeting_id": 2}]], ["", ""]),
        ([[A, {**A, "account_id": 2}]], ["", ""]),
    ],
    ids=str,
)
def test_second_row_of_a_person_in_a_meeting_gets_a_number(
    pages: list[list[Row]], numbers: list[str]
) -> None:
    """Another version of a row is none: it moved to another page and was changed in between."""
    export = ExportPages(PAGE_SIZE, COLUMNS)
    found = [row["participant_key"][32:] for page in pages for row in numbered(export, page)]
    assert found == numbers


def test_of_rows_that_differ_only_in_what_is_undeclared_none_is_lost() -> None:
    """They have one key, as nothing says that these are two people."""
    found = numbered(ExportPages(PAGE_SIZE, COLUMNS), [A, {**A, "undeclared": "more"}])
    assert [row.get("undeclared") for row in found] == [None, "more"]


ALIKE = [A, B, {**A, "account_id": 2}, {**B, "status": "Pending"}]


@given(st.permutations(ALIKE))
def test_order_within_a_page_changes_no_key(rows: list[Row]) -> None:
    found, again = (
        {row["participant_key"]: row for row in numbered(ExportPages(PAGE_SIZE, COLUMNS), page)}
        for page in (rows, ALIKE)
    )
    assert found == again


@pytest.mark.parametrize(
    ("rows", "of_all", "of_changes"),
    [
        ([A], [], []),
        ([{"meeting_id": 1, "email": "a@example.org"}], [], []),
        ([A, B], [ReadAgain], [ReadAgain]),
        (
            [A, {"meeting_id": 1, "name": "Ada", "account_id": 0}],
            [ReadAgain],
            [ReadInFull, ReadAgain],
        ),
        ([A, {"meeting_id": None, "account_id": 2}], [ReadAgain], [ReadInFull, ReadAgain]),
    ],
    ids=str,
)
def test_event_with_a_key_that_may_not_last_is_read_in_full_each_time(
    stream: MeetingsStream,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[Row],
    of_all: list[type[Remark]],
    of_changes: list[type[Remark]],
) -> None:
    """Else a changed row would come alone, and replace its twin or stand beside itself.

    Among changes, one that lacks an id has everything read at once: no digest can be its key there.
    """
    for remarks, since in ((of_all, None), (of_changes, datetime(2026, 1, 1, tzinfo=UTC))):
        monkeypatch.setattr(type(stream.progress), "since", lambda *_, since=since: since)
        steps = list(steps_of(stream, Server(rows=[dict(row) for row in rows])))
        pages = [step.rows for step in steps if isinstance(step, Page)]
        assert [len(page) for page in pages if page] == [len(rows)]
        assert {type(step) for step in steps if not isinstance(step, Page)} == set(remarks)


def test_changes_are_asked_for_from_the_second_before(
    stream: MeetingsStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says whether the bound itself belongs to a filter."""
    since = datetime(2026, 1, 1, microsecond=999_999, tzinfo=UTC)
    monkeypatch.setattr(type(stream.progress), "since", lambda *_: since)
    server = Server()
    assert list(pages_of(stream, server))
    bound = int(since.timestamp()) - 1
    assert server.bounds == {("created_from", bound), ("last_modified_from", bound)}


def test_where_a_filter_is_refused_the_event_is_read_in_full_whatever_its_rows_lack(
    stream: MeetingsStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(type(stream.progress), "since", lambda *_: since)
    refused = BadRequest("HTTP 400")  # with an order, and without
    server = Server(rows=[A, {"meeting_id": 1, "name": "Ada"}], answers={1: refused, 2: refused})
    steps = list(steps_of(stream, server))
    assert ReadInFull(stream.name) in steps
    assert sum(len(step.rows) for step in steps if isinstance(step, Page)) == 2


@pytest.mark.parametrize(
    "odd_id",
    [
        {"id": 55},  # the meeting's own
        {"Account ID": 0},  # a placeholder, and nobody's
        {"Account ID": None, "user_id": "", "ID": 55},
    ],
    ids=str,
)
def test_people_are_told_apart_where_the_id_is_not_theirs(
    stream: MeetingsStream, odd_id: Row
) -> None:
    """Also where they come on two pages, with times that differ."""
    people = [
        {"Meeting ID": 7, **odd_id, "Email": f"{name}@example.org", "Last Modified": name}
        for name in "ab"
    ]
    found = table(stream, Server(rows=people, largest_page=1))
    assert {row["email"] for row in found.values()} == {"a@example.org", "b@example.org"}


def test_attribute_that_is_called_like_the_key_is_kept(stream: MeetingsStream) -> None:
    (row,) = table(stream, Server(rows=[{**A, "participant_key": "x"}])).values()
    assert row["participant_key"] == person_key(A)
    assert row["participant_key of the vendor"] == "x"
