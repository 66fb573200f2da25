"""Lists in numbered pages, whose end no attribute of the answer tells.

`recordsFiltered` is documented with two meanings, the most rows of a page are not documented, the
server may cap `size` or ignore `page`, and rows without a sort order may move between pages. What
follows from what comes is the core's `PageEvidence`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from event_taps_core import Counts, NotFound, PageEvidence, Pages, Place, count_of
from tap_accelevents.errors import BadRequest, NoSuchPath

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import requests

    from event_taps_core import Row

PAGE_SIZE: Final = 100
"""Rows to ask for: the default of one list, and what clients use on the others."""

FIRST_PAGE: Final = Place(0, 0)

SEARCH_TIME: Final = "searchTimeStamp"
"""The parameter that limits a list to what changed."""


class ListPages(Pages):
    """`page` from zero and `size`; `id_of` says what is the same in a row that comes twice."""

    end_errors = (NotFound, NoSuchPath, BadRequest)

    def __init__(self, id_of: Callable[[Row], Hashable]) -> None:
        super().__init__(FIRST_PAGE, PageEvidence(PAGE_SIZE), id_of)

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        return Counts(total_of(response))


def total_of(response: requests.Response) -> int | None:
    """Return `recordsTotal`, if it counts some: beside a filter nobody knows what it counts."""
    body = response.json()
    if not isinstance(body, dict) or SEARCH_TIME in response.url:
        return None
    return count_of(body.get("recordsTotal")) or None
