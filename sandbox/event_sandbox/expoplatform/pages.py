"""Pages: which rows an answer holds, what it says about the others, and what it is wrapped in."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.expoplatform.errors import body_code, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json

_GAP_EVERY: Final = 20
_GAP_AT: Final = 7

_METADATA: Final = {
    "none": "",
    "interactions": "page:number per_page:size total_pages:pages"
    " total_current_page_items:rows total_items:total",
    "total": "total:total",
    "meta": "current_page:number last_page:pages per_page:size total:total",
}
"""What stands beside the rows: attributes, and behind the colon what of a page each tells."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list holds for a request, before a page of it is cut."""

    positions: Positions
    name: str
    rows: list[Any]
    make: Callable[[Any], Json]
    """Makes a row as it is sent."""
    counted: dict[str, int]
    """What a total may count instead of the rows, by position of the switch."""
    beside: dict[str, Json]
    """What stands beside the rows, wherever there is a place beside them."""

    def page(self, number: int, size: int) -> Json:
        """Give the body that holds a page; pages begin with 1."""
        slots: list[Any] = []
        for index, row in enumerate(self.rows):
            # What may not be seen takes a place in a page all the same.
            if self.positions["short_pages"] == "some" and index % _GAP_EVERY == _GAP_AT:
                slots.append(None)
            slots.append(row)
        pages = -(-len(slots) // size)
        if number > max(pages, 1):
            number = self._past_end(number, pages)
        shown = slots[(number - 1) * size : number * size]
        rows = [self.make(row) for row in shown if row is not None]
        form = self.positions["envelope"]
        if form == "list":
            return rows
        member = {"data": "data", "data_list": "list", "named": self.name}[form]
        described = {
            member: rows,
            **self._metadata({"number": number, "size": size, "rows": len(rows), "pages": pages}),
            **self.beside,
        }
        has_code = self.positions["body_code"] != "absent"
        code = {"code": body_code(self.positions, HTTPStatus.OK)} if has_code else {}
        return {**code, "data": described} if form == "data_list" else {**code, **described}

    def _past_end(self, number: int, pages: int) -> int:
        """Give the page that is sent in place of one after the last."""
        form = self.positions["past_end"]
        if form in ("404", "400"):
            raise refusal(self.positions, int(form), f"There is no page {number}.")
        return {"empty": number, "repeated": max(pages, 1), "first": 1}[form]

    def _metadata(self, told: dict[str, Json]) -> dict[str, Json]:
        told["total"] = len(self.rows)
        form, kind = self.positions["total"], self.positions["metadata"]
        if form in self.counted:
            told["total"] = self.counted[form]
            told["pages"] = -(-told["total"] // told["size"])
        elif form == "text":
            told |= {"total": str(told["total"]), "pages": str(told["pages"])}
        elif form == "null":
            told |= {"total": None, "pages": None}
        members = (member.split(":") for member in _METADATA[kind].split())
        described = {name: told[of] for name, of in members}
        return {kind: described} if kind == "meta" else described
