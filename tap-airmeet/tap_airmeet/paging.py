"""The vendor's two ways of paging, neither of which is documented to its end.

What comes after the last page is not documented (nothing, the last page again, an error); the
cursor of the last page is still a number; one client saw the cursor ignored; counts may be wrong
where rows come in during the pass. What follows from the evidence is the core's `PageEvidence`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from event_taps_core import (
    Counts,
    NotFound,
    PageEvidence,
    Pages,
    Place,
    count_of,
    digest,
)
from tap_airmeet.client import AmbiguousRefusal
from tap_airmeet.rows import is_anonymous, registration

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import requests

    from event_taps_core import Row


class CursorPages(Pages):
    """`after` and `cursors` (headings 4.1, 4.5 and others).

    A cursor is the id of the row that it follows (note of 4.14), so none can move past it.

    Args:
        page_size: The rows to ask for.
        identity_of: What is the same in a row that comes twice; None if equal rows are two rows.
    """

    end_errors = (NotFound, AmbiguousRefusal)

    def __init__(
        self, page_size: int, identity_of: Callable[[Row], Hashable] | None = None
    ) -> None:
        evidence = PageEvidence(page_size, max_passes=1, trusts_counts=True)
        is_anonymous = None if identity_of else bool
        super().__init__(None, evidence, identity_of or digest, is_anonymous)
        self._used: set[Any] = {None, "", 0}

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        """`pageCount` is the number of pages at this size."""
        cursors = _cursors(response.json())
        return Counts(count_of(cursors.get("totalCount")), count_of(cursors.get("pageCount")))

    @override
    def next_page(self, response: requests.Response) -> int | float | str | None:
        """Return the cursor, unless it was used before: that would be a loop."""
        after: int | float | str | None = _cursors(response.json()).get("after")
        if type(after) not in {int, float, str} or after in self._used:
            return None
        self._used.add(after)
        return after


class ParticipantPages(Pages):
    """`pageNumber` from 1, `resultSize` and `totalUserCount` (heading 4.2)."""

    end_errors = (NotFound, AmbiguousRefusal)

    def __init__(self, page_size: int) -> None:
        evidence = PageEvidence(page_size, trusts_counts=True)
        super().__init__(Place(0, 1), evidence, registration, is_anonymous)

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        return Counts(count_of(response.json().get("totalUserCount")))


def counts_rows(body: Row) -> bool:
    """Say whether an answer counts rows or further pages, of which an empty one sends none."""
    cursors = _cursors(body)
    counts = (cursors.get("totalCount"), body.get("totalUserCount"), body.get("recordingsCount"))
    return any(count_of(count) for count in counts) or (count_of(cursors.get("pageCount")) or 0) > 1


def is_first_page(response: requests.Response) -> bool:
    """Say whether an answer is about the beginning of a list."""
    query = parse_qs(urlsplit(response.url).query)
    return "after" not in query and query.get("pageNumber", ["1"]) == ["1"]


def _cursors(body: Row) -> Row:
    """Return the answer's cursors, null and absent ones as an empty object."""
    cursors = body.get("cursors")
    return cursors if isinstance(cursors, dict) else {}
