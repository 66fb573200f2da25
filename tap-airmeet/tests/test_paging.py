"""Cursors and numbers of pages; how pages end is tested with the core."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import (
    AccessDenied,
    ApiError,
    ApiResponse,
    BadResponse,
    IncompletePages,
    Pages,
)
from event_taps_core.testing import api_response
from tap_airmeet.client import AmbiguousRefusal
from tap_airmeet.paging import CursorPages, ParticipantPages

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


def read_from(pages: Pages, server: Server) -> list[Row]:
    """Read as the core does.

    Raises:
        ApiError: What the reading ends with.
    """
    found: list[Row] = []
    for number in itertools.count(1):
        assert number < MAX_REQUESTS, "the pages do not end"
        try:
            body = server.page(int(pages.current_value or 0), number)
        except ApiError as answer:
            if not pages.may_end_with(answer):
                raise
            pages.end_with(answer)
            if pages.finished:
                return found
            continue
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


def assert_complete(pages: Pages, server: Server) -> None:
    """Insist on each row, once; or on a word where more pages are counted than can be had."""
    try:
        rows = read_from(pages, server)
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
    assert len(read_from(CursorPages(50, itemgetter("id")), server)) == rows


def test_error_on_the_first_page_is_no_end() -> None:
    assert not CursorPages(50, itemgetter("id")).may_end_with(AmbiguousRefusal("HTTP 400"))


@pytest.mark.parametrize(
    ("page_count", "total", "may"),
    [
        ("true", "true", False),
        ("low", "true", False),
        ("low", "null", True),
        ("null", "null", False),
    ],
)
def test_server_error_is_no_end_but_where_no_more_is_counted(
    page_count: str, total: str, *, may: bool
) -> None:
    """It may pass; what the vendor says to unknown ids may also mean a cursor past the end."""
    pages = CursorPages(50, itemgetter("id"))
    body = Server(page_count=page_count, total=total).page(0, 1)
    pages.fresh(body["data"])
    pages.advance(response(body))
    assert pages.may_end_with(BadResponse("HTTP 500")) is may
    assert pages.may_end_with(AmbiguousRefusal("HTTP 400"))
    assert not pages.may_end_with(AccessDenied("HTTP 403"))


def test_last_page_with_numeric_after_costs_no_request_where_both_counts_agree() -> None:
    server = Server(rows=5)
    pages = CursorPages(50, itemgetter("id"))
    body = server.page(0, 1)
    pages.fresh(body["data"])
    pages.advance(response(body))
    assert body["cursors"]["after"] == 5
    assert pages.finished


def test_cursor_that_is_ignored_ends_and_is_named_where_rows_lack() -> None:
    with pytest.raises(IncompletePages, match="counts 12 rows but sent 5"):
        read_from(CursorPages(50, itemgetter("id")), Server(cursor="ignored"))


def test_answer_without_cursors_is_the_only_page() -> None:
    pages = CursorPages(50, itemgetter("id"))
    pages.fresh([{"id": 1}])
    pages.advance(response({"data": [{"id": 1}]}))
    assert pages.finished


def read(bodies: list[Row]) -> tuple[list[Row], str]:
    """Read these bodies, the last of which comes again; return the rows and how it ends."""
    pages = CursorPages(50, itemgetter("id"))
    found: list[Row] = []
    for body in itertools.chain(bodies, itertools.repeat(bodies[-1], MAX_REQUESTS)):
        found += pages.fresh(body["data"])
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
        ([listed(FIRST, None, 1, 12)], 5, "stuck"),
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
def test_pages_of_cursors_and_what_is_counted(bodies: list[Row], count: int, end: str) -> None:
    rows, ended = read(bodies)
    assert (len(rows), ended) == (count, end)


def test_page_number_that_is_ignored_is_named_though_entry_links_are_new_each_time() -> None:
    pages = ParticipantPages(3)

    def read_all() -> None:
        while not pages.finished:
            assert pages.count < MAX_REQUESTS
            pages.fresh([{**ADA, "name": name, "token": pages.count} for name in "abc"])
            pages.advance(response({"totalUserCount": 7}))

    with pytest.raises(IncompletePages, match=r"page 1 again, .* counts 7 rows but sent 3"):
        read_all()


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
    pages = ParticipantPages(1000)
    assert [row for rows in sent for row in pages.fresh(rows)] == new
