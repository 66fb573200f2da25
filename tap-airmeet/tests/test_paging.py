"""Cursors and numbers of pages; how the evidence is weighed is tested with the core."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core import (
    AccessDenied,
    ApiError,
    ApiResponse,
    BadResponse,
    IncompletePages,
    NotFound,
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


def listed(ids: list[int], after: float | None, pages: int | None, total: int | None = None) -> Row:
    cursors = {"after": after, "pageCount": pages, "totalCount": total}
    return {"data": [{"id": i} for i in ids], "cursors": cursors}


def response(body: Row) -> ApiResponse:
    return api_response(body, url="https://example.org/prod/airmeet/x/attendees")


def read(pages: Pages, serve: Callable[[int, int], Row | ApiError]) -> list[int]:
    """Read as the core does; return the rows' ids.

    Raises:
        ApiError: What the reading ends with.
    """
    found: list[int] = []
    for number in itertools.count(1):
        assert number < MAX_REQUESTS, "the pages do not end"
        body = serve(int(pages.current_value or 0), number)
        if not isinstance(body, ApiError):
            found += [row["id"] for row in pages.fresh(body["data"])]
            pages.advance(response(body))
        elif pages.may_end_with(body):
            pages.end_with(body)
        else:
            raise body
        if pages.finished:
            break
    return found


FIRST, SECOND = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]
REFUSAL, TROUBLE = AmbiguousRefusal("HTTP 400"), BadResponse("HTTP 500")
STUCK = "STUCK"


@pytest.mark.parametrize(
    ("bodies", "ids", "requests"),
    [
        # The last page has a numeric cursor, which is not followed where both counts agree.
        ([listed(FIRST, 5, 1, 5)], FIRST, 1),
        # Else it is, and the vendor may send nothing, the last page again, or a refusal.
        ([listed(FIRST, 5, None), listed([6], 6, None), listed([], None, None)], [*FIRST, 6], 3),
        ([listed(FIRST, 5, None), listed([6], 6, None)], [*FIRST, 6], 3),
        ([listed(FIRST, 5, None), listed([6], 6, None), REFUSAL], [*FIRST, 6], 3),
        ([listed(FIRST, 5, None), NotFound("HTTP 404")], FIRST, 2),
        # Trouble is the end where no page is counted; what the keys may not read never is.
        ([REFUSAL], STUCK, 1),
        ([listed(FIRST, 5, 2), listed(SECOND, 10, 2), TROUBLE], FIRST + SECOND, 3),
        ([listed(FIRST, 5, 2), TROUBLE], STUCK, 2),
        ([listed(FIRST, 5, 2), AccessDenied("HTTP 403")], STUCK, 2),
        # To the page that has it, and to an earlier one.
        ([listed(FIRST, 5, 9), listed([], 7, 9), listed([], 7, 9)], FIRST, 3),
        ([listed(FIRST, 5, None), listed(SECOND, 7, None), listed(FIRST, 5, 9)], STUCK, 3),
        # No cursor, while more is counted or not.
        ([{"data": [{"id": 1}]}], [1], 1),
        ([listed(FIRST, None, None)], FIRST, 1),
        ([listed(FIRST, 0, None)], FIRST, 1),
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
def test_where_cursors_lead(
    bodies: list[Row | ApiError], ids: list[int] | str, requests: int
) -> None:
    """The last of the bodies comes again and again."""
    pages, asked = pages_of("event_attendance"), itertools.count()
    try:
        found: list[int] | str = read(pages, lambda *_: bodies[min(next(asked), len(bodies) - 1)])
    except ApiError:
        found = STUCK
    assert (found, next(asked)) == (ids, requests)


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
