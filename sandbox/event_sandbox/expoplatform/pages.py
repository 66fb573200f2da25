"""Pages: which rows an answer holds, what it says about the others, and what it is wrapped in."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

from event_sandbox.expoplatform.errors import body_code, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json

T = TypeVar("T")

_GAP_EVERY: Final = 20
_GAP_AT: Final = 7

_INTERACTIONS: Final = (
    "page:number per_page:size total_pages:pages total_current_page_items:rows total_items:total"
)
_LARAVEL: Final = "current_page:number last_page:pages per_page:size total:total"
_METADATA: Final = {
    "none": "",
    "interactions": _INTERACTIONS,
    "laravel": _LARAVEL,
    "pages": "page:number pages:pages total:total",
    "total": "total:total",
    "total_pages": "total_pages:pages",
    "camel": "page:number perPage:size totalPages:pages totalItems:total",
    "meta": _LARAVEL,
    "pagination": _INTERACTIONS,
}
"""What stands beside the rows: attributes, and behind the colon what of a page each tells."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: list[Json]
    number: int
    size: int
    total: int
    """How many rows all pages have."""
    pages: int


def cut(
    positions: Positions, rows: list[T], number: int, size: int, make: Callable[[T], Json]
) -> Page:
    """Cut a page out of a list, and make its rows as they are sent; pages begin with 1."""
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
    sent = [make(row) for row in shown if row is not None]
    return Page(sent, number, size, len(rows), pages)


def _past_end(positions: Positions, number: int, pages: int) -> int:
    """Give the page that is sent in place of one after the last."""
    form = positions["past_end"]
    if form in ("404", "400"):
        raise refusal(positions, int(form), f"There is no page {number}.")
    return {"empty": number, "repeated": max(pages, 1), "first": 1}[form]


def wrap(
    positions: Positions, page: Page, name: str, counted: dict[str, int], beside: dict[str, Json]
) -> Json:
    """Put a page's rows, which are called `name`, into an envelope, with what stands `beside` them.

    `counted` is what a total may count instead of the rows, by position of the switch.
    """
    form = positions["envelope"]
    if form == "list":
        return page.rows
    is_inside = form.startswith("data_")
    member = form.removeprefix("data_").removesuffix("_member")
    described = {
        name if member == "named" else member: page.rows,
        **_metadata(positions, page, counted),
        **beside,
    }
    has_code = positions["body_code"] != "absent"
    code = {"code": body_code(positions, HTTPStatus.OK)} if has_code else {}
    return {**code, "data": described} if is_inside else {**code, **described}


def _metadata(positions: Positions, page: Page, counted: dict[str, int]) -> dict[str, Json]:
    total: Json = page.total
    pages: Json = page.pages
    form = positions["total"]
    if form in counted:
        total = counted[form]
        pages = -(-total // page.size)
    elif form == "text":
        total, pages = str(total), str(pages)
    elif form == "null":
        total = pages = None
    told: dict[str, Json] = {
        "number": page.number,
        "size": page.size,
        "rows": len(page.rows),
        "total": total,
        "pages": pages,
    }
    kind = positions["metadata"]
    members = (member.split(":") for member in _METADATA[kind].split())
    described = {name: told[of] for name, of in members}
    return {kind: described} if kind in ("meta", "pagination") else described
