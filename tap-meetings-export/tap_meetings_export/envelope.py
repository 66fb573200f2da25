"""Where an answer holds its rows, and what it says about their number.

The vendor's page "Meetings API" shows no answer. So any form is taken that its other endpoints, or
the usual frameworks, have: a bare list, or a list under one of the usual names, also one or two
levels down; counts beside the list, or in an object of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from event_taps_core import BadResponse, Counts, count_of, objects_in, snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core import Row

_LISTS: Final = ("data", "list", "items", "meetings", "participants", "results", "rows", "records")
_METADATA: Final = ("meta", "metadata", "pagination", "paging", "page_info")
_DEEPEST: Final = 3

_TOTALS: Final = ("total_items", "total", "total_count", "total_records", "total_rows")
_PAGES: Final = ("total_pages", "last_page", "pages", "page_count")
_SIZES: Final = ("per_page", "page_size", "limit")


def rows_of(body: Any) -> list[Row]:
    """Take the rows out of an answer.

    A list without any object is passed over, and so is an empty one if another has rows.

    Raises:
        BadResponse: If there is no list, not even an empty one: that is no affirmation of no rows.
    """
    lists = [
        value
        for value in _inside(body)
        if isinstance(value, list) and (not value or dict in map(type, value))
    ]
    rows = next((filled for filled in lists if filled), lists[0] if lists else None)
    if rows is None:
        has = ", ".join(body) if isinstance(body, dict) else type(body).__name__
        raise BadResponse(f"no list of rows in the answer, which has: {has[:200] or 'nothing'}")
    return objects_in(rows, "the answer")


def _inside(body: Any) -> Iterator[Any]:
    """Yield a body and what is in it under the usual names, the outermost first."""
    level = [body]
    for _ in range(_DEEPEST + 1):
        yield from level
        level = [inner for value in level for inner in _named(value, _LISTS)]


def objects_of(body: Any) -> list[dict[str, Any]]:
    """Return the objects around the rows, and those beside them that speak of pages."""
    places = [place for value in _inside(body) for place in (value, *_named(value, _METADATA))]
    return [place for place in places if isinstance(place, dict)]


def counts_of(body: Any) -> Counts:
    """Take the counts out of an answer, from beside its list or from an object of their own.

    Whether a total counts rows, or meetings, say, no document tells.
    """
    places = objects_of(body)
    return Counts(*(_count(places, names) for names in (_TOTALS, _PAGES, _SIZES)))


def _count(places: list[dict[str, Any]], names: tuple[str, ...]) -> int | None:
    counts = (count_of(value) for place in places for value in _named(place, names))
    return next((count for count in counts if count is not None), None)


def _named(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """Return an object's attributes of these names, in any style, in the order of the names."""
    if isinstance(value, dict):
        attributes = {snake_case(name): inner for name, inner in value.items()}
        yield from (attributes[name] for name in names if name in attributes)
