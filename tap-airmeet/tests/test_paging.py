"""The walk over pages, against every way in which a server may end them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import ApiError, ApiResponse, BadResponse
from event_taps_core.testing import api_response
from tap_airmeet.client import AmbiguousRefusal
from tap_airmeet.paging import CursorPages, IncompletePages, NumberedPages, Pages

Row = dict[str, Any]

MAX_REQUESTS = 60


@dataclass(frozen=True)
class Server:
    """A server that pages as the vendor documents it, and otherwise as it likes."""

    rows: int = 12
    largest_page: int = 5
    page_count: str = "true"
    total: str = "true"
    last_after: str = "number"
    past_end: str = "empty"
    cursor: str = "exclusive"

    @property
    def pages(self) -> int:
        return -(-self.rows // self.largest_page)

    def page(self, after: int, number: int) -> Row:
        """Answer with the rows behind a cursor, or say how it ends.

        Raises:
            ApiError: If it ends with an error.
        """
        if self.cursor == "ignored":
            after = 0
        first = after - 1 if self.cursor == "inclusive" and after else after
        ids = range(first + 1, min(first + self.largest_page, self.rows) + 1)
        is_past_end = after >= self.rows
        if is_past_end and number > 1:
            if self.past_end == "400":
                raise AmbiguousRefusal(self.past_end)
            if self.past_end == "500":
                raise BadResponse(self.past_end)
            last = max(0, self.pages - 1) * self.largest_page
            ids = range(last + 1, self.rows + 1) if self.past_end == "repeated" else range(0)
        return {"data": [{"id": i} for i in ids], "cursors": self.cursors(ids)}

    def cursors(self, ids: range) -> Row:
        pages = {"true": self.pages, "low": 1, "high": self.pages + 3, "null": None}
        totals = {"true": self.rows, "null": None}
        is_last = bool(ids) and ids[-1] == self.rows
        after = ids[-1] if ids and not (is_last and self.last_after == "null") else None
        return {
            "after": after,
            "pageCount": pages[self.page_count],
            "totalCount": totals[self.total],
        }


def response(body: Row) -> ApiResponse:
    return api_response(body, url="https://example.org/prod/airmeet/x/attendees")


def walk(pages: Pages[Any], server: Server) -> list[Row]:
    """Read as the core does.

    Raises:
        ApiError: What the reading ends with.
    """
    found: list[Row] = []
    for number in itertools.count(1):
        assert number < MAX_REQUESTS, "the walk does not end"
        try:
            body = server.page(int(pages.current_value or 0), number)
        except ApiError as answer:
            if pages.ends_with(answer):
                return found
            raise
        found += pages.fresh(body["data"])
        pages.advance(response(body))
        if pages.finished:
            return found
    raise AssertionError


SERVERS = st.builds(
    Server,
    rows=st.integers(0, 23),
    largest_page=st.sampled_from([1, 5, 50]),
    page_count=st.sampled_from(["true", "low", "high", "null"]),
    total=st.sampled_from(["true", "null"]),
    last_after=st.sampled_from(["number", "null"]),
    past_end=st.sampled_from(["empty", "repeated"]),
    cursor=st.sampled_from(["exclusive", "inclusive"]),
)


def assert_complete(pages: Pages[Any], server: Server) -> None:
    """Insist on each row, once; or on a word where more pages are counted than can be had."""
    try:
        rows = walk(pages, server)
    except IncompletePages:
        assert (server.page_count, server.total) == ("high", "null")
        assert server.pages == 1 or server.last_after == "null" or server.past_end == "repeated"
    else:
        assert [row["id"] for row in rows] == list(range(1, server.rows + 1))


@given(SERVERS.filter(lambda s: s.cursor == "exclusive" or s.largest_page > 1))
def test_whatever_the_counts_say_each_row_comes_once(server: Server) -> None:
    assert_complete(CursorPages(50, itemgetter("id")), server)


@given(SERVERS.filter(lambda s: s.cursor == "exclusive"))
def test_rows_without_an_id_come_once_too(server: Server) -> None:
    """A page that comes again is known by its rows."""
    assert_complete(CursorPages(50), server)


@pytest.mark.parametrize("error", ["400", "500"])
@pytest.mark.parametrize("total", ["true", "null"])
@pytest.mark.parametrize("rows", [3, 5, 12, 15])
def test_error_past_the_end_is_the_end(rows: int, total: str, error: str) -> None:
    """Where the counts of the last page promised no other one."""
    server = Server(rows=rows, total=total, past_end=error)
    assert len(walk(CursorPages(50, itemgetter("id")), server)) == rows


@pytest.mark.parametrize("error", [AmbiguousRefusal("HTTP 400"), BadResponse("HTTP 500")])
def test_error_on_a_page_that_was_promised_is_no_end(error: ApiError) -> None:
    pages = CursorPages(50, itemgetter("id"))
    body = Server().page(0, 1)
    pages.fresh(body["data"])
    pages.advance(response(body))
    assert not pages.ends_with(error)


def test_error_on_the_first_page_is_no_end() -> None:
    assert not CursorPages(50, itemgetter("id")).ends_with(AmbiguousRefusal("HTTP 400"))


def test_server_error_is_no_end_while_rows_lack() -> None:
    """`pageCount` may be wrong, and the error may pass."""
    pages = CursorPages(50, itemgetter("id"))
    body = Server(page_count="low").page(0, 1)
    pages.fresh(body["data"])
    pages.advance(response(body))
    assert not pages.ends_with(BadResponse("HTTP 500"))


def test_last_page_with_numeric_after_costs_no_request_where_both_counts_agree() -> None:
    server = Server(rows=5)
    pages = CursorPages(50, itemgetter("id"))
    body = server.page(0, 1)
    pages.fresh(body["data"])
    pages.advance(response(body))
    assert body["cursors"]["after"] == 5
    assert pages.finished


def test_page_count_alone_ends_nothing() -> None:
    """It may have been counted before rows were added."""
    server = Server(rows=12, page_count="low", total="null")
    assert len(walk(CursorPages(50, itemgetter("id")), server)) == 12


def test_cursor_that_is_ignored_ends_and_is_named_where_rows_lack() -> None:
    with pytest.raises(IncompletePages, match="after 5 rows"):
        walk(CursorPages(50, itemgetter("id")), Server(cursor="ignored"))


@pytest.mark.parametrize(
    ("rows", "page_count", "is_stuck"),
    [
        (5, "true", False),
        (5, "null", False),
        (4, "high", False),  # four pages, or the rows of the page
        (3, "high", True),
        (12, "true", True),
        (12, "low", False),  # nothing tells
        (12, "null", False),  # nor here
    ],
)
def test_page_that_comes_again_is_all_unless_more_pages_are_counted(
    rows: int, page_count: str, *, is_stuck: bool
) -> None:
    server = Server(rows=rows, cursor="ignored", page_count=page_count, total="null")
    pages = CursorPages(50, itemgetter("id"))
    if is_stuck:
        with pytest.raises(IncompletePages):
            walk(pages, server)
    else:
        assert len(walk(pages, server)) == min(rows, 5)


@pytest.mark.parametrize(
    ("rows", "page_count"),
    [*itertools.product([60, 80, 100, 101], ["true", "null"]), (60, "high"), (101, "high")],
)
def test_last_page_that_comes_again_after_another_one_is_the_end(
    rows: int, page_count: str
) -> None:
    """The cursor works, so there is nothing behind it; the last page may be short or full."""
    server = Server(
        rows=rows, largest_page=50, page_count=page_count, total="null", past_end="repeated"
    )
    for pages in (CursorPages(50), CursorPages(50, itemgetter("id"))):
        assert len(walk(pages, server)) == rows


def test_full_page_that_comes_again_without_any_count_is_named() -> None:
    server = Server(rows=80, largest_page=50, page_count="null", total="null", cursor="ignored")
    with pytest.raises(IncompletePages, match="after 50 rows"):
        walk(CursorPages(50), server)


def test_cursor_that_is_missing_in_mid_walk_is_named() -> None:
    body = Server().page(0, 1)
    body["cursors"]["after"] = None
    pages = CursorPages(50, itemgetter("id"))
    pages.fresh(body["data"])
    with pytest.raises(IncompletePages, match="after 5 rows"):
        pages.advance(response(body))


def test_answer_without_cursors_is_the_only_page() -> None:
    pages = CursorPages(50, itemgetter("id"))
    pages.fresh([{"id": 1}])
    pages.advance(response({"data": [{"id": 1}]}))
    assert pages.finished


def numbered(total: int | None, size: int, *, past_end: str = "empty", rows: int = 12) -> list[int]:
    """Walk participants, of which the server sends `size` at most."""
    pages = NumberedPages(1000)
    found: list[int] = []
    for _ in range(MAX_REQUESTS):
        first = (pages.current_value.page - 1) * size
        sent = list(range(first, min(first + size, rows)))
        if not sent and past_end == "repeated":
            sent = (
                list(range(rows - (rows % size or size), rows))
                if size < rows
                else list(range(rows))
            )
        found += [row["n"] for row in pages.fresh([{"n": n} for n in sent])]
        pages.advance(
            response({"participants": [], "userCount": len(sent), "totalUserCount": total})
        )
        if pages.finished:
            return found
    raise AssertionError("the walk does not end")


@pytest.mark.parametrize("size", [4, 5, 12, 1000])
@pytest.mark.parametrize("total", [12, None])
@pytest.mark.parametrize("past_end", ["empty", "repeated"])
def test_participants_come_once_at_any_page_size(
    size: int, total: int | None, past_end: str
) -> None:
    """The server may send fewer rows than it was asked for; then page 2 is not rows 1001-2000."""
    assert numbered(total, size, past_end=past_end) == list(range(12))


Bodies = list[Row]


def read(pages: Pages[Any], bodies: Bodies) -> tuple[list[Row], str]:
    """Walk over these bodies, the last of which comes again; return the rows and how it ends."""
    found: list[Row] = []
    for body in itertools.chain(bodies, itertools.repeat(bodies[-1], MAX_REQUESTS)):
        found += pages.fresh(body.get("data") or body.get("participants") or [])
        try:
            pages.advance(response(body))
        except IncompletePages:
            return found, "stuck"
        if pages.finished:
            return found, "end"
    raise AssertionError


def listed(ids: list[int], after: float | None, pages: int | None, total: int | None = None) -> Row:
    cursors = {"after": after, "pageCount": pages, "totalCount": total}
    return {"data": [{"id": i} for i in ids], "cursors": cursors}


FIRST, SECOND = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("bodies", "count", "end"),
    [
        # The same page under new cursors, while more pages are counted
        ([listed(FIRST, 5, 5), listed(SECOND, 10, 5), listed(SECOND, 20, 5)], 10, "stuck"),
        ([listed(FIRST, 5, 10), listed(SECOND, 10, 10), listed(SECOND, 20, 10)], 10, "end"),
        ([listed(FIRST, 5, 2), listed(SECOND, 10, 2), listed(SECOND, 20, 2)], 10, "end"),
        # An empty page in the middle, with and without a cursor that goes on
        ([listed(FIRST, 5, 3), listed([], 7, 3), listed(SECOND, 10, 3)], 10, "end"),
        ([listed(FIRST, 5, 3), listed([], 5, 3), listed(SECOND, 10, 3)], 5, "end"),
        ([listed(FIRST, 5, 9), listed([], 6, 9), listed([], 7, 9), listed([], 7, 9)], 5, "end"),
        ([listed(FIRST, 5, 9, 5), listed([], 6, 9, 5), listed(SECOND, 7, 9, 5)], 5, "end"),
        # No cursor
        ([listed(FIRST, None, 3)], 5, "stuck"),
        ([listed(FIRST, None, 5)], 5, "end"),
        ([listed(FIRST, None, 1)], 5, "end"),
        ([listed(FIRST, None, None)], 5, "end"),
        # A cursor that is a float
        ([listed(FIRST, 5.0, 2), listed(SECOND, 10.0, 2), listed([], None, 2)], 10, "end"),
        # Two rows with one id, which the vendor counts
        ([listed([1, 1, 2], 2, 1, 3)], 2, "end"),
        ([listed([1, 1, 2], 2, 1, 3), listed([], 2, 1, 3)], 2, "end"),
        ([listed([1, 1, 2], 2, 1, 4)], 2, "stuck"),
    ],
)
def test_pages_of_cursors_and_what_is_counted(bodies: Bodies, count: int, end: str) -> None:
    rows, ended = read(CursorPages(50, itemgetter("id")), bodies)
    assert (len(rows), ended) == (count, end)


def people(ids: list[int], total: int | None, **more: Any) -> Row:
    rows = [
        {"email": f"p{i}@example.org", "name": "P", "registrationDate": f"2026-01-{i:02d}", **more}
        for i in ids
    ]
    return {"participants": rows, "totalUserCount": total}


@pytest.mark.parametrize(
    ("bodies", "ids", "end"),
    [
        # 2 is removed after the first page, so 4 slips past; the second walk finds it
        (
            [people([1, 2, 3], 5), people([5], 4), people([], 4), people([1, 3, 4], 4)],
            [1, 2, 3, 5, 4],
            "end",
        ),
        # Each walk loses somebody
        ([people([1, 2, 3], 5), people([4], 4), people([], 4)] * 5, [1, 2, 3, 4], "stuck"),
        # 5 is removed before it is sent: nothing is to be found
        (
            [people([1, 2, 3], 5), *[people([4], 4), people([], 4), people([1, 2, 3], 4)] * 2],
            [1, 2, 3, 4],
            "end",
        ),
        # A count that equals the rows of a full page
        ([people([1, 2, 3], 3), people([4, 5, 6], 3), people([7], 1)], list(range(1, 8)), "end"),
        # `pageNumber` is ignored, and the entry links are new each time
        ([people([1, 2, 3], 7, token=token) for token in "abcd"], [1, 2, 3], "stuck"),
        # 9 registers in front: 3 comes again, and the second walk finds 9
        (
            [people([1, 2, 3], 5), people([3, 4, 5], 6), people([], 6), people([9, 1, 2], 6)],
            [1, 2, 3, 4, 5, 9],
            "end",
        ),
    ],
)
def test_pages_of_participants_and_what_is_counted(
    bodies: Bodies, ids: list[int], end: str
) -> None:
    rows, ended = read(NumberedPages(3), bodies)
    assert ([row["email"] for row in rows], ended) == ([f"p{i}@example.org" for i in ids], end)


GUEST = {"email": None, "name": "Guest"}
ADA = {"email": "ada@example.org", "name": "Ada", "registrationDate": "2026-01-08T11:00:00Z"}
AGAIN = {**ADA, "registrationDate": "2026-02-08T11:00:00Z"}


@pytest.mark.parametrize(
    ("sent", "new"),
    [
        ([[GUEST, GUEST]], [GUEST, GUEST]),
        ([[GUEST, ADA], [GUEST, AGAIN]], [GUEST, ADA, GUEST, AGAIN]),
        ([[GUEST, GUEST], [GUEST, GUEST]], [GUEST, GUEST]),
        ([[ADA, AGAIN]], [ADA, AGAIN]),
        ([[GUEST, ADA], [ADA, AGAIN]], [GUEST, ADA, AGAIN]),
    ],
)
def test_equal_guests_are_two_and_equal_registrations_are_one(
    sent: list[list[Row]], new: list[Row]
) -> None:
    pages = NumberedPages(1000)
    assert [row for rows in sent for row in pages.fresh(rows)] == new


def test_count_that_no_row_fulfils_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Rows may have been removed in the meantime; what the vendor sends now is all there is."""
    assert numbered(14, 12) == list(range(12))
    assert "counts 14 rows but sent 12" in caplog.text
