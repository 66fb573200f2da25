"""Pages: cursors for most lists, numbers for participants (sections 4.1, 4.2, 4.5)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from event_sandbox.airmeet.errors import error
from event_sandbox.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_sandbox.airmeet.errors import Family
    from event_sandbox.switches import Positions

FIVE: Final = 5


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: which rows, and what is said about the others."""

    first: int
    last: int
    """One past the last row."""
    is_final: bool
    cursors: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Pager:
    """Reads a request's page out of its query, under the positions of the switches."""

    positions: Positions
    query: Mapping[str, str]
    family: Family

    def number(self, name: str, default: int | None) -> int | None:
        """Read a whole number out of the query."""
        text = self.query.get(name, "")
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            self._refuse(f"{name} must be a number")

    def size(self, name: str, default: int, most: int, *, five: bool = True) -> int:
        """Read the page size; out of its range it is moved into it, or refused."""
        asked = self.number(name, default) or 0
        if not 1 <= asked <= most and self.positions["size_out_of_range"] == "error":
            self._refuse(f"{name} must be between 1 and {most}")
        size = min(max(asked, 1), most)
        return min(size, FIVE) if five and self.positions["largest_page"] == "five" else size

    def cut(self, keys: list[int], size: int, *, has_total: bool, ignored: bool = False) -> Page:
        """Cut the page out of a list whose rows have these keys, all rising or all falling.

        `after` wins over `before` (4.1). A page after the last one is whatever the switches say,
        but for one that `pageCount` promised: that one is there, and empty.
        """
        sign = -1 if keys and keys[0] > keys[-1] else 1
        ranks = [sign * key for key in keys]
        after, before = self.number("after", None), self.number("before", None)
        first, last = 0, size
        if after is not None and not ignored:
            promised = ranks[-1:] == [sign * after] and self.positions["page_count"] == "one_more"
            first = bisect_right(ranks, sign * after)
            if not promised:
                first = self._past_end(first, len(ranks), size, "after")
            last = first + size
        elif before is not None and not ignored:
            last = bisect_left(ranks, sign * before)
            first = max(0, last - size)
        last = min(last, len(keys))
        cursors = self._cursors(keys, slice(first, last), size)
        if has_total and self.positions["total_count"] == "present":
            cursors["totalCount"] = len(keys)
        return Page(first, last, last >= len(keys), cursors)

    def _past_end(self, first: int, total: int, size: int, name: str) -> int:
        """Give the first row of a page, or where there is none, of what stands in its place."""
        if first < total or total == 0 or self.positions["past_end"] == "empty":
            return first
        if self.positions["past_end"] == "error":
            self._refuse(f"{name} is not valid")
        return (total - 1) // size * size

    def _cursors(self, keys: list[int], shown: slice, size: int) -> dict[str, int | None]:
        pages = -(-len(keys) // size)
        counts = {"pages": pages, "one": 1, "one_more": pages + 1}
        rows = keys[shown]
        cursors: dict[str, int | None] = {
            "after": rows[-1] if rows else None,
            "before": rows[0] if rows else None,
            "pageCount": counts[self.positions["page_count"]],
        }
        promises_more = bool(rows) and self.positions["page_count"] == "one_more"
        is_last = shown.stop >= len(keys) and not promises_more  # a counted page can be asked for
        if is_last and self.positions["last_after"] == "null":
            cursors["after"] = None
        elif is_last and self.positions["last_after"] == "absent":
            del cursors["after"]
        return cursors

    def cut_by_number(self, total: int) -> slice:
        """Cut a page of participants: `pageNumber` begins with 1 (4.2)."""
        size = self.size("resultSize", 1000, 1000)
        number = self.number("pageNumber", 1) or 0
        if number < 1:
            self._refuse("pageNumber must be 1 or more")
        first = self._past_end((number - 1) * size, total, size, "pageNumber")
        return slice(first, first + size)

    def _refuse(self, message: str) -> NoReturn:
        raise Refusal(error(self.positions, self.family, 400, message)) from None
