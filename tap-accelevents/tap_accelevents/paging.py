"""Lists in numbered pages, whose end no attribute of the answer tells.

`recordsFiltered` is documented with two meanings, the most rows of a page are not documented, the
server may cap `size` or ignore `page`, and rows without a sort order may move between pages. So a
pass ends where nothing new comes, and `recordsTotal` only says whether to look one page further
there, whether to make another pass, and whether a page that came again is all there is.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from event_taps_core import BadResponse, Paginator, count_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from event_taps_core import Row

LOGGER: Final = logging.getLogger(__name__)

PAGE_SIZE: Final = 100
"""Rows to ask for: the default of one list, and what clients use on the others."""

SEARCH_TIME: Final = "searchTimeStamp"
"""The parameter that limits a list to what changed."""

MIN_PAGE_SIZE: Final = 10
"""A server that caps `size` allows at least so many rows."""

MAX_PASSES: Final = 5
"""So often is a list read while each pass finds rows that had moved out of the last one's way."""


class IncompletePages(BadResponse):
    """The first page comes again, and there may be more; what came is loaded nevertheless."""

    def __init__(self, why: str) -> None:
        super().__init__(f"page 2 is page 1 again, and {why}", retries=0)


class Place(NamedTuple):
    """Which page to ask for."""

    passes: int
    page: int
    """Counted from zero."""


class Pages(Paginator[Place]):
    """`page` from zero and `size`.

    Args:
        id_of: What is the same in a row that comes twice.
    """

    def __init__(self, id_of: Callable[[Row], Any]) -> None:
        super().__init__(Place(0, 0))
        self._id_of = id_of
        self._known: set[Any] = set()
        self._counted = self._counted_before = 0
        self._seen_in_pass: set[Any] = set()
        self._first_size = 0
        self._idle = 0
        """So many pages in a row had nothing new."""
        self._repeats = False
        """Whether the page has rows, and all of them came before in this pass."""
        self._is_stuck = False
        """Whether the first page came again, and no other has come."""
        self._ends_pass = False
        self._total = 0
        self._largest_total = 0

    @override
    def fresh(self, rows: list[Row]) -> list[Row]:
        by_id = {self._id_of(row): row for row in rows}
        page = self.current_value.page
        is_idle = self._seen_in_pass.issuperset(by_id)
        self._idle = self._idle + 1 if is_idle else 0
        self._repeats = is_idle and bool(by_id)
        self._is_stuck = is_idle and (self._repeats if page == 1 else self._is_stuck)
        self._first_size = len(by_id) if page == 0 else self._first_size
        self._seen_in_pass.update(by_id)
        new = [row for id_, row in by_id.items() if id_ not in self._known]
        self._known.update(by_id)
        self._counted += sum(map(bool, new))
        return new

    @override
    def has_more(self, response: requests.Response) -> bool:
        if SEARCH_TIME not in response.url:  # what it counts then, changes or all, is not known
            self._total = total_of(response.json()) or self._total
            self._largest_total = max(self._total, self._largest_total)
        self._ends_pass = self._idle > 1 or (self._idle == 1 and not self._looks_further())
        return not self._ends_pass or self._makes_another_pass(response)

    @override
    def get_next(self, response: requests.Response) -> Place:
        if not self._ends_pass:
            return self.current_value._replace(page=self.current_value.page + 1)
        self._counted_before = self._counted
        self._seen_in_pass = set()
        self._idle = 0
        return Place(self.current_value.passes + 1, 0)

    def _looks_further(self) -> bool:
        """Say whether a page without anything new need not be the last.

        One in the middle may be empty, and pages may be counted from 1, so that the first two are
        the same.
        """
        if self._largest_total:
            return self._counted < self._largest_total
        return self._is_stuck and self._first_size >= MIN_PAGE_SIZE

    def _makes_another_pass(self, response: requests.Response) -> bool:
        """Say whether rows may have been missed because others moved, and another pass finds them.

        The largest count is what to reach: a row that was removed during the pass made room for
        another to slip past, and made the count smaller as well. After a pass that found nothing
        new, the count is what is wrong, unless no page but the first one can be had.

        Raises:
            IncompletePages: If the first page came again, and there must be more; or there may be,
                because nothing is counted and it is as full as was asked for.
        """
        found, is_full = self._counted, self._repeats and self._first_size == PAGE_SIZE
        if not self._largest_total and self._is_stuck and is_full:
            raise IncompletePages("it is full: there may be more")
        if found >= self._largest_total:
            return False
        is_worth_it = found > self._counted_before and self.current_value.passes + 1 < MAX_PASSES
        if not is_worth_it and found < self._total:
            said = f"the API counts {self._total} rows but sent {found} different ones"
            if self._is_stuck:
                raise IncompletePages(said)
            LOGGER.warning("%s: %s", urlsplit(response.url).path, said)
        return is_worth_it


def total_of(body: Any) -> int | None:
    """Return `recordsTotal`; a bare list has none."""
    return count_of(body.get("recordsTotal")) if isinstance(body, dict) else None


def is_first_of_all(url: str) -> bool:
    """Say whether an address asks for the first page of a list that is not limited to changes.

    >>> is_first_of_all("https://api.accelevents.com/rest/x?page=0&size=100")
    True
    """
    query = parse_qs(urlsplit(url).query)
    return query.get("page") == ["0"] and SEARCH_TIME not in query
