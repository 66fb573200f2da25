"""Pages: which rows an answer holds, what it says about the others, and what it is wrapped in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from event_sandbox.expoplatform.errors import body_code, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json

T = TypeVar("T")

_GAP_EVERY: Final = 20
_GAP_AT: Final = 7
_TOO_MANY: Final = 3


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list."""

    rows: list[T]
    number: int
    size: int
    total: int
    """How many rows all pages have."""
    pages: int

    def counted(self, positions: Positions, rows: int) -> Page[T]:
        """Give the page with what it counts; `rows` are those without regard to the filters."""
        if positions["total"] != "unfiltered":
            return self
        return replace(self, total=rows, pages=-(-rows // self.size))

    def sent(self, make: Callable[[T], Json]) -> Page[Json]:
        """Give the page with its rows as they are sent."""
        rows = [make(row) for row in self.rows]
        return Page(rows, self.number, self.size, self.total, self.pages)


def cut(positions: Positions, rows: list[T], number: int, size: int) -> Page[T]:
    """Cut a page out of a list; pages begin with 1."""
    slots: list[T | None] = []
    for index, row in enumerate(rows):
        # What may not be seen takes a place in a page all the same.
        if positions["short_pages"] == "some" and index % _GAP_EVERY == _GAP_AT:
            slots.append(None)
        slots.append(row)
    pages = -(-len(slots) // size)
    if number > max(pages, 1):
        number = _past_end(positions, number, pages)
    shown = slots[(number - 1) * size : number * size]
    return Page([row for row in shown if row is not None], number, size, len(rows), pages)


def _past_end(positions: Positions, number: int, pages: int) -> int:
    """Give the page that is sent in place of one after the last."""
    form = positions["past_end"]
    if form in ("404", "400"):
        raise refusal(positions, int(form), f"There is no page {number}.")
    return {"empty": number, "repeated": max(pages, 1), "first": 1}[form]


def wrap(
    positions: Positions, page: Page[Json], name: str, meetings: int | None, beside: dict[str, Json]
) -> Json:
    """Put a page's rows into an envelope.

    Args:
        positions: How the switches stand.
        page: The page; its rows are as they are sent.
        name: What the rows are.
        meetings: How many meetings the rows of all pages belong to, if they belong to any.
        beside: What stands beside the rows, wherever there is a place beside them.
    """
    form = positions["envelope"]
    if form == "list":
        return page.rows
    is_inside = form.startswith("data_")
    member = form.removeprefix("data_").removesuffix("_member")
    described = {
        name if member == "named" else member: page.rows,
        **_metadata(positions, page, meetings),
        **beside,
    }
    code: dict[str, Json] = {}
    if positions["body_code"] != "absent":
        code["code"] = body_code(positions, HTTPStatus.OK)
    return {**code, "data": described} if is_inside else {**code, **described}


def _metadata(positions: Positions, page: Page[Json], meetings: int | None) -> dict[str, Json]:
    total: Json = page.total
    pages: Json = page.pages
    form = positions["total"]
    if form == "more":
        total, pages = total + _TOO_MANY, -(-(total + _TOO_MANY) // page.size)
    elif form == "meetings" and meetings is not None:
        total, pages = meetings, -(-meetings // page.size)
    elif form == "text":
        total, pages = str(total), str(pages)
    elif form == "null":
        total = pages = None
    interactions = {
        "page": page.number,
        "per_page": page.size,
        "total_pages": pages,
        "total_current_page_items": len(page.rows),
        "total_items": total,
    }
    laravel = {
        "current_page": page.number,
        "last_page": pages,
        "per_page": page.size,
        "total": total,
    }
    spellings: dict[str, dict[str, Json]] = {
        "none": {},
        "interactions": interactions,
        "laravel": laravel,
        "pages": {"page": page.number, "pages": pages, "total": total},
        "total": {"total": total},
        "total_pages": {"total_pages": pages},
        "camel": {
            "page": page.number,
            "perPage": page.size,
            "totalPages": pages,
            "totalItems": total,
        },
        "meta": {"meta": laravel},
        "pagination": {"pagination": interactions},
    }
    return spellings[positions["metadata"]]
