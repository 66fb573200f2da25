"""Rows and counts are found in any plausible envelope, and nothing else is taken for rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import BadResponse, Counts
from tap_meetings_export.envelope import counts_of, rows_of

ROWS = [{"Meeting ID": 1}, {"Meeting ID": 2}]
LISTS = ("data", "list", "items", "meetings", "participants", "results", "rows", "records")
STYLES = (str.lower, str.title, str.upper)

TOTALS = st.sampled_from(["total", "totalItems", "total_items", "Total Items", "total_count"])
PAGES = st.sampled_from(["total_pages", "totalPages", "last_page", "pages", "Total Pages"])
SIZES = st.sampled_from(["per_page", "perPage", "page_size", "limit"])
COUNT = st.integers(0, 10**6)
HARMLESS = st.dictionaries(
    st.sampled_from(["code", "message", "errors", "links", "page", "timestamp", "success"]),
    st.sampled_from([200, "OK", [], None, True, {"next": None}, [{"field": "x"}]]),
)


@st.composite
def envelopes(draw: st.DrawFn) -> tuple[Any, list[dict[str, Any]], Counts]:
    """Make a body, the rows in it, and what it says of their number."""
    rows = draw(st.lists(st.fixed_dictionaries({"Meeting ID": st.integers()}), max_size=3))
    names = draw(st.lists(st.sampled_from(LISTS), max_size=3))
    if not names:
        return rows, rows, Counts()
    counts = Counts(*(draw(st.none() | COUNT) for _ in range(3)))
    written = draw(st.sampled_from(["{}", '"{}"', "{}.0", '"{}.0"', '"{:,} "']))
    spelled = {
        draw(name): json.loads(written.format(count))
        for name, count in zip((TOTALS, PAGES, SIZES), counts, strict=True)
        if count is not None
    }
    place = draw(st.sampled_from(["beside", "meta", "pagination", "outside"]))
    inner: dict[str, Any] = {**draw(HARMLESS), draw(st.sampled_from(STYLES))(names[0]): rows}
    if place == "beside":
        inner |= spelled
    elif place != "outside":
        inner[place] = spelled
    body: Any = inner
    for name in names[1:]:
        body = {**draw(HARMLESS), name: body}
    if place == "outside":
        body |= spelled
    return body, rows, counts


@given(envelopes())
def test_rows_and_counts_are_found(
    envelope: tuple[Any, list[dict[str, Any]], Counts],
) -> None:
    body, rows, counts = envelope
    assert rows_of(body) == rows
    assert counts_of(body) == counts


@pytest.mark.parametrize(
    "body",
    [
        {"data": [], "meetings": ROWS},
        {"data": {"items": [], "list": ROWS}},
        {"data": ["text"], "rows": ROWS},
        {"errors": [{"message": "x"}], "data": {"results": {"rows": ROWS}}},
    ],
    ids=str,
)
def test_first_list_that_has_rows_counts(body: Any) -> None:
    assert rows_of(body) == ROWS


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"errors": [{"message": "x"}]},
        {"error": []},
        {"data": None, "total": 0},
        {"data": {}},
        {"data": {"total": 2}},
        {"data": {"1": {"Meeting ID": 1}}},
        {"data": ["a", "b"]},
        ["a"],
        "text",
        7,
        None,
    ],
    ids=str,
)
def test_no_list_is_no_affirmation_of_no_rows(body: Any) -> None:
    with pytest.raises(BadResponse, match="no list of rows"):
        rows_of(body)


def test_what_is_no_object_among_rows_is_an_empty_one() -> None:
    assert rows_of([{"Meeting ID": 1}, None, "a"]) == [{"Meeting ID": 1}, {}, {}]


def test_error_names_what_there_is() -> None:
    with pytest.raises(BadResponse, match="which has: status, payload"):
        rows_of({"status": "ok", "payload": [{"a": 1}]})


@pytest.mark.parametrize(
    "said",
    [
        {"total": None, "total_pages": ""},
        {"total": "many", "total_pages": -1},
        {"total": True, "total_pages": 2.5},
        {"total": [], "total_pages": {"rows": 3}},
        {"total_current_page_items": 7, "count": 7},
    ],
    ids=str,
)
def test_what_is_no_count_of_all_counts_nothing(said: dict[str, Any]) -> None:
    assert counts_of({"data": [], **said}) == Counts()
