"""Cursors and numbers of pages; how the evidence is weighed is tested with the core."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
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
from tap_airmeet.tap import TapAirmeet

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]

MAX_REQUESTS = 60
TAP = TapAirmeet(config={}, validate_config=False)


def pages_of(stream: str) -> Pages:
    pages = TAP.event_streams[stream].get_new_paginator()
    assert isinstance(pages, Pages)
    return pages


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
        pages = {"true": self.pages, "low": 1, "high": self.pages + 3, "null": None}
        has_after = ids and not (ids[-1] == self.rows and self.last_after == "null")
        total = self.rows if self.total == "true" else None
        return listed(list(ids), ids[-1] if has_after else None, pages[self.page_count], total)


def listed(ids: list[int], after: float | None, pages: int | None, total: int | None = None) -> Row:
    cursors = {"after": after, "pageCount": pages, "totalCount": total}
    return {"data": [{"id": i} for i in ids], "cursors": cursors}


def response(body: Row) -> ApiResponse:
    return api_response(body, url="https://example.org/prod/airmeet/x/attendees")


def read(pages: Pages, serve: Callable[[int, int], Row]) -> list[int]:
    """Read as the core does; return the rows' ids.

    Raises:
        ApiError: What the reading ends with.
    """
    found: list[int] = []
    for number in itertools.count(1):
        assert number < MAX_REQUESTS, "the pages do not end"
        try:
            body = serve(int(pages.current_value or 0), number)
        except ApiError as answer:
            if not pages.may_end_with(answer):
                raise
            pages.end_with(answer)
        else:
            found += [row["id"] for row in pages.fresh(body["data"])]
            pages.advance(response(body))
        if pages.finished:
            break
    return found


@pytest.mark.parametrize("stream", ["event_attendance", "poll_responses"])
@given(
    server=st.builds(
        Server,
        rows=st.integers(0, 23),
        largest_page=st.sampled_from([1, 5, 50]),
        page_count=st.sampled_from(["true", "low", "high", "null"]),
        total=st.sampled_from(["true", "null"]),
        last_after=st.sampled_from(["number", "null"]),
        past_end=st.sampled_from(["empty", "repeated"]),
        cursor=st.sampled_from(["exclusive", "inclusive"]),
    )
)
def test_whatever_the_counts_say_each_row_comes_once(stream: str, server: Server) -> None:
    """Or it is said that more pages are counted than can be had.

    Of rows without an id, which may be equal, a page that comes again is known by all of them.
    """
    has_ids = stream == "event_attendance"
    assume(server.cursor == "exclusive" or (has_ids and server.largest_page > 1))
    try:
        ids = read(pages_of(stream), server.page)
    except IncompletePages:
        assert (server.page_count, server.total) == ("high", "null")
        assert server.pages == 1 or server.last_after == "null" or server.past_end == "repeated"
    else:
        assert ids == list(range(1, server.rows + 1))


@pytest.mark.parametrize("error", ["400", "500"])
@pytest.mark.parametrize("total", ["true", "null"])
@pytest.mark.parametrize("rows", [3, 5, 12, 15])
def test_error_past_the_end_is_the_end(rows: int, total: str, error: str) -> None:
    """Where the counts of the last page promised no other one."""
    server = Server(rows=rows, total=total, past_end=error)
    assert len(read(pages_of("event_attendance"), server.page)) == rows


def test_what_is_said_to_unknown_ids_may_mean_a_cursor_past_the_end() -> None:
    """What the keys may not read never does, nor does a server error where more is counted."""
    pages = pages_of("event_attendance")
    assert not pages.may_end_with(AmbiguousRefusal("HTTP 400"))
    body = Server().page(0, 1)
    pages.fresh(body["data"])
    pages.advance(response(body))
    assert pages.may_end_with(AmbiguousRefusal("HTTP 400"))
    assert not pages.may_end_with(AccessDenied("HTTP 403"))
    assert not pages.may_end_with(BadResponse("HTTP 500"))


FIRST, SECOND = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]
STUCK = "STUCK"


@pytest.mark.parametrize(
    ("bodies", "ids", "requests"),
    [
        # The last page has a numeric cursor, which is not followed where both counts agree.
        ([listed(FIRST, 5, 1, 5)], FIRST, 1),
        # To the page that has it, and to an earlier one.
        ([listed(FIRST, 5, 9), listed([], 7, 9), listed([], 7, 9)], FIRST, 3),
        ([listed(FIRST, 5, None), listed(SECOND, 7, None), listed(FIRST, 5, 9)], STUCK, 3),
        # No cursor, while more is counted or not.
        ([{"data": [{"id": 1}]}], [1], 1),
        ([listed(FIRST, None, None)], FIRST, 1),
        ([listed(FIRST, None, 3)], STUCK, 1),
        ([listed(FIRST, None, 1, 12)], STUCK, 1),
        # A cursor that is a float, and one that leads over an empty page.
        ([listed(FIRST, 5.0, 2), listed(SECOND, 10.0, 2), listed([], None, 2)], FIRST + SECOND, 3),
        ([listed(FIRST, 5, 3), listed([], 7, 3), listed(SECOND, 10, 3)], FIRST + SECOND, 4),
        # One that is ignored.
        ([listed(FIRST, 5, 3, 12)], STUCK, 2),
        # Two rows with one id, which the vendor counts.
        ([listed([1, 1, 2], 2, 1, 3)], [1, 2], 1),
        ([listed([1, 1, 2], 2, 1, 4)], STUCK, 2),
    ],
)
def test_cursors_that_lead_nowhere(bodies: list[Row], ids: list[int] | str, requests: int) -> None:
    """The last of the bodies comes again and again."""
    pages = pages_of("event_attendance")
    try:
        found: list[int] | str = read(pages, lambda _, number: bodies[min(number, len(bodies)) - 1])
    except IncompletePages:
        found = STUCK
    assert (found, pages.count) == (ids, requests)


def test_cursors_that_go_in_a_circle_are_named() -> None:
    """Also of rows without an id, where a page that comes again is known by nothing else."""
    pages, after = pages_of("poll_responses"), {0: 1, 1: 2, 2: 1}
    with pytest.raises(IncompletePages):
        read(
            pages,
            lambda cursor, number: listed(
                [100 * number + i for i in range(50)], after[cursor], None
            ),
        )
    assert pages.count == 3


GUEST = {"email": None, "name": "Guest"}
ADA = {"email": "ada@example.org", "name": "Ada", "registrationDate": "2026-01-08T11:00:00Z"}
AGAIN = {**ADA, "registrationDate": "2026-02-08T11:00:00Z"}
BO = {"name": "Bo", "registrationDate": "2026-01-08T11:00:00Z"}


def test_page_number_that_is_ignored_is_named_though_entry_links_are_new_each_time() -> None:
    pages = pages_of("participants")

    def read_all() -> None:
        while not pages.finished:
            assert pages.count < MAX_REQUESTS
            pages.fresh([{**row, "token": pages.count} for row in (ADA, AGAIN, GUEST)])
            pages.advance(response({"totalUserCount": 7}))

    with pytest.raises(IncompletePages, match=r"page 1 again, .* counts 7 rows but sent 3"):
        read_all()


@pytest.mark.parametrize(
    ("stream", "sent", "new"),
    [
        ("participants", [[GUEST, GUEST]], [GUEST, GUEST]),
        ("participants", [[GUEST, ADA], [GUEST, AGAIN]], [GUEST, ADA, GUEST, AGAIN]),
        ("participants", [[GUEST, GUEST], [GUEST, GUEST]], [GUEST, GUEST]),
        ("participants", [[ADA, AGAIN, BO], [BO]], [ADA, AGAIN, BO]),
        ("participants", [[GUEST, ADA], [ADA, AGAIN]], [GUEST, ADA, AGAIN]),
        ("poll_responses", [[GUEST, ADA], [GUEST]], [GUEST, ADA, GUEST]),
        ("event_attendance", [[{"id": 1}, {"id": 2}], [{"id": "1"}]], [{"id": 1}, {"id": 2}]),
    ],
)
def test_equal_guests_are_two_and_equal_registrations_are_one(
    stream: str, sent: list[list[Row]], new: list[Row]
) -> None:
    pages = pages_of(stream)
    assert [row for rows in sent for row in pages.fresh(rows)] == new
