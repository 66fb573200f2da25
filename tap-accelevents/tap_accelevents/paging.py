"""Lists in numbered pages, whose end no attribute of the answer tells.

`recordsFiltered` is documented with two meanings, the most rows of a page are not documented, the
server may cap `size` or ignore `page`, and rows without a sort order may move between pages. What
follows from what comes is the core's `PageEvidence`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from event_taps_core import Counts, NotFound, PageEvidence, Pages, Place, count_of
from tap_accelevents.errors import BadRequest, NoSuchPath

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import requests

    from event_taps_core import Row

PAGE_SIZE: Final = 100
"""Rows to ask for: the default of one list, and what clients use on the others."""

SEARCH_TIME: Final = "searchTimeStamp"
"""The parameter that limits a list to what changed."""


class ListPages(Pages):
    """`page` from zero and `size`.

    Args:
        id_of: What is the same in a row that comes twice.
    """

    end_errors = (NotFound, NoSuchPath, BadRequest)

    def __init__(self, id_of: Callable[[Row], Hashable]) -> None:
        super().__init__(Place(0, 0), PageEvidence(PAGE_SIZE), id_of)

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        """Beside a filter it is not known what is counted, changes or all."""
        is_filtered = SEARCH_TIME in response.url
        return Counts(None if is_filtered else total_of(response.json()) or None)


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
