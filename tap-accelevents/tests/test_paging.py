"""What the lists say of their pages; how pages end is tested with the core."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import pytest

from event_taps_core import AccessDenied, ApiError, Counts, NotFound
from event_taps_core.testing import api_response
from tap_accelevents.errors import BadRequest, NoSuchPath
from tap_accelevents.paging import ListPages, total_of

URL = "https://api.accelevents.com/rest/host/event/demo/session?page=0"
CHANGES = "&searchTimeStamp=11%2F20%2F2026"
ROWS = [{"id": 1}, {"id": 2}, {}]


@pytest.mark.parametrize(
    ("body", "total"),
    [
        ({"recordsTotal": 7}, 7),
        ({"recordsTotal": "7.0"}, 7),
        ({"recordsTotal": None}, None),
        ({"recordsTotal": "x"}, None),
        ({"recordsFiltered": 7}, None),
        ([], None),
        (None, None),
    ],
)
def test_total_may_be_absent_or_a_text(body: Any, total: int | None) -> None:
    assert total_of(body) == total
    assert ListPages(itemgetter("id")).counts_of(api_response(body, url=URL)) == Counts(total)


@pytest.mark.parametrize(
    ("query", "body"), [(CHANGES, {"recordsTotal": 7}), ("", {"recordsTotal": 0})]
)
def test_total_beside_changes_or_of_nothing_is_not_looked_at(query: str, body: Any) -> None:
    pages = ListPages(itemgetter("id"))
    assert pages.counts_of(api_response(body, url=URL + query)) == Counts()


def test_pages_are_counted_from_zero_and_passes_too() -> None:
    pages = ListPages(itemgetter("id"))
    asked = []
    while not pages.finished:
        asked.append(tuple(pages.current_value))
        pages.fresh(ROWS if pages.current_value.page == 0 else [])
        pages.advance(api_response({"recordsTotal": 3}, url=URL))
    assert asked == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_count_that_stays_larger_is_warned_of_with_the_path(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pages = ListPages(itemgetter("id"))
    while not pages.finished:
        pages.fresh(ROWS if pages.current_value.page == 0 else [])
        pages.advance(api_response({"recordsTotal": 3}, url=URL))
    (warning,) = caplog.messages
    assert warning == "/rest/host/event/demo/session: the API counts 3 rows but sent 2"


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        (NotFound("4040200"), True),
        (NoSuchPath("HTTP 404"), True),
        (BadRequest("HTTP 400"), True),
        (AccessDenied("HTTP 403"), False),
    ],
)
def test_error_in_place_of_a_page_may_be_the_end(answer: ApiError, *, may: bool) -> None:
    pages = ListPages(itemgetter("id"))
    assert not pages.may_end_with(answer)
    pages.fresh(ROWS)
    assert pages.may_end_with(answer) is may
