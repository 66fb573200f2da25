"""How lists are walked: to their end, once more if need be, and never for ever."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import ApiResponse, BadResponse
from event_taps_core.testing import api_response
from tap_accelevents.paging import MAX_PASSES, PAGE_SIZE, IncompletePages, Pages, Place, total_of

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
FIVE = 5
ROWS = [{"id": number} for number in range(12)]


def answer(rows: list[Row], total: Any, query: str = "page=0") -> ApiResponse:
    body = rows if total is None else {"data": rows, "recordsTotal": total}
    url = "https://api.accelevents.com/rest/host/event/demo/session?" + query
    return api_response(body, url=url)


def walk(
    serve: Callable[[Place], list[Row]], total: Any = None, query: str = ""
) -> tuple[list[int], int]:
    """Return the ids that were read, and how many requests it took."""
    pages = Pages(itemgetter("id"))
    found: list[int] = []
    while not pages.finished:
        rows = serve(pages.current_value)
        found += [row["id"] for row in pages.fresh(rows)]
        pages.advance(answer(rows, total, query))
        assert pages.count < 100
    return found, pages.count


def fives(place: Place) -> list[Row]:
    return ROWS[place.page * FIVE : (place.page + 1) * FIVE]


@pytest.mark.parametrize("total", [None, 12, 3, "12", 0, "many"], ids=repr)
def test_walk_ends_at_an_empty_page_whatever_is_counted(total: Any) -> None:
    assert walk(fives, total) == (list(range(12)), 4)


def test_page_that_is_ignored_ends_the_walk(caplog: pytest.LogCaptureFixture) -> None:
    assert walk(lambda _: ROWS, 12) == (list(range(12)), 2)
    assert caplog.text == ""


def test_first_page_that_comes_again_is_not_all_where_more_are_counted() -> None:
    with pytest.raises(BadResponse, match="counts 12 rows but sent 5"):
        walk(lambda _: ROWS[:5], 12)


@pytest.mark.parametrize("total", [5, 3, None])
def test_first_page_that_comes_again_is_all_where_no_more_are_counted(total: int | None) -> None:
    assert walk(lambda _: ROWS[:5], total) == (list(range(5)), 2)


MANY = [{"id": number} for number in range(250)]


def from_one(place: Place, size: int = PAGE_SIZE, rows: list[Row] = MANY) -> list[Row]:
    number = max(0, place.page - 1)
    return rows[number * size : (number + 1) * size]


@pytest.mark.parametrize("total", [None, 250])
@pytest.mark.parametrize("size", [100, 50])
def test_pages_that_are_counted_from_one_are_all_read(size: int, total: int | None) -> None:
    found, requests = walk(lambda place: from_one(place, size), total)
    assert found == list(range(250))
    assert requests == 1 + len(MANY) // size + (2 if size == PAGE_SIZE else 1)


def test_full_page_that_is_the_only_one_of_pages_counted_from_one_is_all() -> None:
    assert walk(lambda place: from_one(place, rows=MANY[:100])) == (list(range(100)), 3)


@pytest.mark.parametrize("query", ["", "searchTimeStamp=11%2F20%2F2026"])
def test_full_page_that_comes_a_third_time_may_not_be_all_where_nothing_is_counted(
    query: str,
) -> None:
    with pytest.raises(IncompletePages, match="it is full: there may be more"):
        walk(lambda _: MANY[:100], query=query)


@pytest.mark.parametrize(("size", "requests"), [(9, 2), (10, 3), (99, 3), (101, 3), (250, 3)])
def test_other_page_that_comes_a_third_time_is_all_where_nothing_is_counted(
    size: int, requests: int
) -> None:
    """One of more rows than were asked for: the list has no pages at all."""
    assert walk(lambda _: MANY[:size]) == (list(range(size)), requests)


@pytest.mark.parametrize(
    ("total", "found"), [(250, 150), ("250", 150), (None, 100), (100, 100)], ids=repr
)
def test_empty_page_in_the_middle_is_no_end_where_more_are_counted(
    total: Any, found: int, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [MANY[:100], [], MANY[200:]]
    ids, _ = walk(lambda place: pages[place.page] if place.page < len(pages) else [], total)
    assert len(ids) == found
    assert ("counts 250 rows but sent 150" in caplog.text) is (found == 150)


@pytest.mark.parametrize("last", [[], ROWS[10:]], ids=["empty", "repeated"])
def test_count_that_stays_larger_after_different_pages_is_warned_of(
    last: list[Row], caplog: pytest.LogCaptureFixture
) -> None:
    """It may count something else: the pages do go on to an end."""
    found, _ = walk(lambda place: fives(place) or last, 20)
    assert found == list(range(12))
    assert "counts 20 rows but sent 12" in caplog.text


def test_last_page_that_comes_again_ends_the_walk() -> None:
    found, _ = walk(lambda place: fives(place) or ROWS[10:], 12)
    assert found == list(range(12))


def test_count_that_is_too_high_costs_one_more_walk(caplog: pytest.LogCaptureFixture) -> None:
    """And in each walk a look beyond the empty page."""
    assert walk(fives, 20) == (list(range(12)), 2 * 5)
    assert len(caplog.records) == 1


@pytest.mark.parametrize("removed", [0, 4, 5, 11])
def test_row_that_is_removed_during_a_walk_hides_no_other(
    removed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It may have let one fall to the page that was read already, and the total falls as well."""
    left = [row for row in ROWS if row["id"] != removed]
    pages = Pages(itemgetter("id"))
    found: list[int] = []
    while not pages.finished:
        rows = ROWS if pages.count == 0 else left
        place = pages.current_value
        found += [
            row["id"] for row in pages.fresh(rows[place.page * FIVE : (place.page + 1) * FIVE])
        ]
        pages.advance(answer(rows[place.page * FIVE : (place.page + 1) * FIVE], len(rows)))
    assert {row["id"] for row in left} <= set(found)
    assert len(found) == len(set(found))
    assert caplog.text == ""


def test_total_beside_changes_only_is_not_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    assert walk(fives, 500, query="searchTimeStamp=11%2F20%2F2026") == (list(range(12)), 4)
    assert caplog.text == ""


def test_rows_that_moved_down_come_once() -> None:
    found, _ = walk(lambda place: ROWS[max(0, place.page * FIVE - 1) : (place.page + 1) * FIVE])
    assert found == list(range(12))


def test_empty_list_takes_one_request() -> None:
    assert walk(lambda _: [], 0) == ([], 1)
    assert walk(lambda _: [], None) == ([], 1)


@given(st.data(), st.none() | st.integers(0, 40))
def test_any_pages_end_and_no_row_comes_twice(data: st.DataObject, total: int | None) -> None:
    def serve(_: Place) -> list[Row]:
        return [{"id": number} for number in data.draw(st.lists(st.integers(0, 8), max_size=4))]

    try:
        found, requests = walk(serve, total)
    except BadResponse:
        assert total
        return
    assert len(found) == len(set(found))
    assert requests <= MAX_PASSES * 2 * (9 + 1)


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
