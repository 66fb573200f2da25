"""The vendor's two ways of paging, neither of which is documented to its end.

What comes after the last page is not documented (nothing, the last page again, an error); the
cursor of the last page is still a number; one client saw the cursor ignored; counts may be wrong
where rows come in during the walk. So no sign alone ends a walk, and none keeps it going for ever.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from typing_extensions import override

from event_taps_core import Absent, Answer, Broken, PageWalk, count_of
from tap_airmeet.client import Doubtful

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from event_taps_core import Row


LOGGER: Final = logging.getLogger(__name__)


class StuckPages(Broken):
    """There must be more rows, but the same ones come again, or no cursor to others.

    What is missing must not pass for read.
    """


class Pages(PageWalk[int | str | None]):
    """What both ways have in common: the rows read so far, and what the vendor counts.

    Args:
        start_value: What asks for the first page.
        page_size: The rows of a page, as asked for; the vendor may send fewer.
        identity_of: What is the same in a row that comes twice; None if equal rows are two rows.
            Then a page that equals the first or the last one is that page again.
    """

    def __init__(
        self,
        start_value: int | str | None,
        page_size: int,
        identity_of: Callable[[Row], Any] | None = None,
    ) -> None:
        super().__init__(start_value)
        self.rows = 0
        self.total: int | None = None
        self._page_size = page_size
        self._identity_of = identity_of
        self._known: set[Any] = set()
        self._first: list[Row] = []
        self._last: list[Row] = []
        self._new: list[Row] = []
        self._has_all_pages = False
        self._promised: bool | None = None
        self._different = 0
        """How many pages brought something new."""

    def total_of(self, body: Row) -> int | None:
        """Return how many rows there are in all, by the answer's own count."""
        raise NotImplementedError

    def has_all_pages(self, body: Row) -> bool:
        """Say whether the answer's counts promise no further page."""
        raise NotImplementedError

    def promises_pages(self, body: Row) -> bool | None:
        """Say whether there are more pages than one; None where nothing is said of pages."""
        del body
        return None

    @override
    def fresh(self, rows: list[Row]) -> list[Row]:
        if self._identity_of is not None:
            by_id: dict[Any, Row] = {}
            for row in rows:
                by_id.setdefault(self._identity_of(row), row)
            self._new = [row for id_, row in by_id.items() if id_ not in self._known]
            self._known.update(by_id)
        else:
            self._new = [] if rows in (self._first, self._last) else rows
        self._first = self._first or rows
        self._last = rows
        self._different += bool(self._new)
        self.rows += sum(map(bool, self._new))  # an empty one may be a row, or one too many
        return self._new

    @override
    def has_more(self, response: requests.Response) -> bool:
        """Go on until nothing new comes, or two signs agree that this was the last page.

        Raises:
            StuckPages: If nothing new comes although there must be more.
        """
        if not self._last:
            self._warn_of_count(response)
            return False
        body = response.json()
        self.total = self.total_of(body)
        self._has_all_pages = self.has_all_pages(body)
        self._promised = self.promises_pages(body)
        if not self._new:
            self._insist_on_all_rows()
            return False
        return not (self._has_all_rows and self._has_all_pages)

    def _warn_of_count(self, response: requests.Response) -> None:
        """Warn of a page that is empty too early: rows may have been removed during the walk."""
        if self.total is not None and self.rows < self.total:
            path = urlsplit(response.url).path
            LOGGER.warning("%s: the API counts %d rows but sent %d", path, self.total, self.rows)

    def _insist_on_all_rows(self) -> None:
        if self._lacks_rows():
            raise self._stuck()

    def _stuck(self) -> StuckPages:
        msg = f"the pages do not go on after {self.rows} rows, though there are more"
        return StuckPages(msg, retries=0)

    @property
    def _has_all_rows(self) -> bool:
        return self.total is not None and self.rows >= self.total

    def _lacks_rows(self) -> bool:
        """Say whether there must be more.

        By the count of rows; else, where no second page could be had, by the count of pages, or a
        first page that is full. Where pages differ they do go on, so they are at their end.
        """
        if self.total is not None:
            return self.rows < self.total
        if self._different > 1:
            return False
        return len(self._first) == self._page_size if self._promised is None else self._promised

    @override
    def ends_with(self, answer: Answer) -> bool:
        """Say whether an error is how the vendor says that there is no further page.

        Only where the counts had promised none; an error that may pass is none if rows lack.
        """
        if self.count == 0 or not isinstance(answer, (Absent, Broken, Doubtful)):
            return False
        if self.total is not None and isinstance(answer, Broken):
            return self._has_all_rows
        return self._has_all_rows or self._has_all_pages


class CursorPages(Pages):
    """`after` and `cursors` (headings 4.1, 4.5 and others)."""

    def __init__(self, page_size: int, identity_of: Callable[[Row], Any] | None = None) -> None:
        super().__init__(None, page_size, identity_of)
        self._used: set[Any] = {None, ""}

    @staticmethod
    def cursors(body: Row) -> Row:
        """Return the answer's cursors, null and absent ones as an empty object."""
        found = body.get("cursors")
        return found if isinstance(found, dict) else {}

    @override
    def total_of(self, body: Row) -> int | None:
        return count_of(self.cursors(body).get("totalCount"))

    @override
    def has_all_pages(self, body: Row) -> bool:
        """`pageCount` is the number of pages at this size."""
        pages = count_of(self.cursors(body).get("pageCount"))
        return pages is not None and self.count >= pages

    @override
    def promises_pages(self, body: Row) -> bool | None:
        """A `pageCount` that equals the rows of the page may be a count of these."""
        pages = count_of(self.cursors(body).get("pageCount"))
        return None if pages is None else pages > 1 and pages != len(self._first)

    @override
    def get_next(self, response: requests.Response) -> int | str | None:
        """Return the cursor, unless it was used before: that would be a loop.

        Raises:
            StuckPages: If there must be more rows nevertheless.
        """
        after = self.cursors(response.json()).get("after")
        if not isinstance(after, (int, str)):
            self._insist_on_end(response)
            return None
        if after in self._used:
            self._insist_on_all_rows()
            return None
        self._used.add(after)
        return after

    def _insist_on_end(self, response: requests.Response) -> None:
        """Believe a page without a cursor that it is the last one, unless rows must lack."""
        if self.total is None and (self._has_all_pages or len(self._first) < self._page_size):
            if self._promised and not self._has_all_pages:
                path = urlsplit(response.url).path
                LOGGER.warning("%s: the API counts more pages than it sent", path)
            return
        if self.total is None or self.rows < self.total:
            raise self._stuck()


class NumberedPages(Pages):
    """`pageNumber` from 1, `resultSize` and `totalUserCount` (heading 4.2)."""

    def __init__(self, page_size: int) -> None:
        super().__init__(1, page_size)

    @override
    def total_of(self, body: Row) -> int | None:
        return count_of(body.get("totalUserCount"))

    @override
    def has_all_pages(self, body: Row) -> bool:
        """The page number says nothing: the vendor may send fewer rows than it was asked for."""
        return self.total is not None and self.rows >= self.total

    @override
    def get_next(self, response: requests.Response) -> int | str | None:
        return self.count + 1
