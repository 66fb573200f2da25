"""One request: what its path leads to, and which page its query asks for.

Most lists have cursors, participants have numbered pages (sections 4.1, 4.2, 4.5).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from event_sandbox.airmeet.errors import error
from event_sandbox.wire import Refusal, url_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from event_sandbox.airmeet.errors import Family
    from event_sandbox.airmeet.view import View
    from event_sandbox.switches import Positions
    from event_sandbox.world.online import OnlineEvent

FIVE: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, under the positions of the switches."""

    view: View
    request: Request
    family: Family
    event: OnlineEvent | None
    child: tuple[Any, ...]
    """A session or a booth, if the path has one."""

    @property
    def positions(self) -> Positions:
        """Give the positions of the switches."""
        return self.view.positions

    @property
    def query(self) -> Mapping[str, str]:
        """Give the query."""
        return self.request.query_params

    @property
    def found(self) -> OnlineEvent:
        """Give the event of the path."""
        assert self.event is not None  # noqa: S101 - all but /airmeets have one
        return self.event

    @property
    def path(self) -> str:
        """Give the name of the report that is asked for."""
        return str(self.request.scope["path"])

    @property
    def url(self) -> str:
        """Give all that an answer depends on, besides the state of the sandbox."""
        return url_of(self.request)

    def refuse(self, message: str) -> NoReturn:
        """Refuse what is wrong in the query."""
        raise Refusal(error(self.positions, self.family, 400, message)) from None

    def number(self, name: str, default: int | None = None) -> int | None:
        """Read a whole number out of the query."""
        text = self.query.get(name)
        try:
            return int(text) if text else default
        except ValueError:
            self.refuse(f"{name} must be a number")

    def size(self, name: str, default: int, most: int, *, five: bool = True) -> int:
        """Read the page size; out of its range it is moved into it, or refused."""
        asked = self.number(name, default) or 0
        if not 1 <= asked <= most and self.positions["size_out_of_range"] == "error":
            self.refuse(f"{name} must be between 1 and {most}")
        size = min(max(asked, 1), most)
        return min(size, FIVE) if five and self.positions["largest_page"] == "five" else size

    def cut(self, keys: list[int], size: int, *, ignored: bool = False) -> slice:
        """Cut the page out of a list whose rows have these keys, all rising or all falling.

        `after` wins over `before` (4.1). A page after the last one is whatever the switches say,
        but for one that `pageCount` promised: that one is there, and empty.
        """
        sign = -1 if keys and keys[0] > keys[-1] else 1
        ranks = [sign * key for key in keys]
        after, before = self.number("after"), self.number("before")
        first = 0
        if after is not None and not ignored:
            promised = ranks[-1:] == [sign * after] and self.positions["page_count"] == "one_more"
            first = bisect_right(ranks, sign * after)
            if not promised:
                first = self._past_end(first, len(ranks), size, "after")
        elif before is not None and not ignored:
            last = bisect_left(ranks, sign * before)
            return slice(max(0, last - size), last)
        return slice(first, min(first + size, len(keys)))

    def cut_by_number(self, total: int) -> slice:
        """Cut a page of participants: `pageNumber` begins with 1 (4.2)."""
        size = self.size("resultSize", 1000, 1000)
        number = self.number("pageNumber", 1) or 0
        if number < 1:
            self.refuse("pageNumber must be 1 or more")
        first = self._past_end((number - 1) * size, total, size, "pageNumber")
        return slice(first, first + size)

    def _past_end(self, first: int, total: int, size: int, name: str) -> int:
        """Give the first row of a page, or where there is none, of what stands in its place."""
        if first < total or total == 0 or self.positions["past_end"] == "empty":
            return first
        if self.positions["past_end"] == "error":
            self.refuse(f"{name} is not valid")
        return (total - 1) // size * size

    def cursors(self, keys: list[int], shown: slice, size: int) -> dict[str, int | None]:
        """Give what is said of the rows around a page."""
        pages, rows = -(-len(keys) // size), keys[shown]
        counts = {"pages": pages, "one": 1, "one_more": pages + 1}
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
