"""The vendor's two ways of paging, neither of which is documented to its end.

What comes after the last page is not documented (nothing, the last page again, an error); the
cursor of the last page is still a number; one client saw the cursor ignored; counts may be wrong
where rows come in during the pass. What follows from the evidence is the core's `PageEvidence`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from event_taps_core import Counts, NotFound, PageEvidence, Pages, Place, count_of
from tap_airmeet.client import AmbiguousRefusal, cursors_of
from tap_airmeet.rows import is_anonymous, registration

if TYPE_CHECKING:
    import requests


class CursorPages(Pages):
    """`after` and `cursors` (headings 4.1, 4.5 and others)."""

    end_errors = (NotFound, AmbiguousRefusal)

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        """`pageCount` is the number of pages at this size."""
        cursors = cursors_of(response)
        return Counts(count_of(cursors.get("totalCount")), count_of(cursors.get("pageCount")))

    @cached_property
    def _used(self) -> set[Any]:
        return {"", 0}

    @override
    def next_page(self, response: requests.Response) -> Any:
        """Return the cursor, unless it was used before: that would be a loop."""
        after = cursors_of(response).get("after")
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
