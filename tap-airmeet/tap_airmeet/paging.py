"""The vendor's two ways of paging, neither of which is documented to its end.

What comes after the last page is not documented (nothing, the last page again, an error); the
cursor of the last page is still a number; one client saw the cursor ignored; counts may be wrong
where rows come in during the pass. So no sign alone ends a pass, and none keeps it going for ever.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from event_taps_core import ApiError, BadResponse, NotFound, PageToken, Paginator, count_of, digest
from tap_airmeet.client import AmbiguousRefusal
from tap_airmeet.rows import is_anonymous, registration

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import requests

    from event_taps_core import Row


LOGGER: Final = logging.getLogger(__name__)

MAX_PASSES: Final = 5
"""So often are participants read while each pass finds some who slipped past the last one."""


class IncompletePages(BadResponse):
    """There must be more rows, but the same ones come again, or no cursor to others.

    What is missing must not pass for read.
    """


class Pages(Paginator[PageToken]):
    """What both ways have in common: the rows read so far, and what the vendor counts.

    Args:
        start_value: What asks for the first page.
        page_size: The rows of a page, as asked for; the vendor may send fewer.
        identity_of: What is the same in a row that comes twice; by default all of it.
        is_anonymous: Whether another row with the same identity may be another one. Then only a
            page that equals the first or the last one is that page again.
    """

    def __init__(
        self,
        start_value: PageToken,
        page_size: int,
        identity_of: Callable[[Row], Hashable],
        is_anonymous: Callable[[Row], bool],
    ) -> None:
        super().__init__(start_value)
        self.rows = 0
        self.total: int | None = None
        self._page_size = page_size
        self._identity_of = identity_of
        self._is_anonymous = is_anonymous
        self._known: set[Hashable] = set()
        self._has_all_pages = False
        self._begin_pass()

    def _begin_pass(self) -> None:
        self._seen: set[Hashable] = set()
        self._copies: Counter[Hashable] = Counter()
        self._first: list[Hashable] = []
        self._last: list[Hashable] = []
        self._is_empty = self._comes_again = False
        self._different = 0
        """How many pages brought something that no page of this pass had; an empty one is one."""

    def total_of(self, body: Row) -> int | None:
        """Return how many rows there are in all, by the answer's own count."""
        raise NotImplementedError

    def has_all_pages(self, body: Row) -> bool:
        """Say whether the answer's counts promise no further page."""
        raise NotImplementedError

    def goes_on(self, response: requests.Response) -> bool:
        """Say whether to go on after a page that is empty, or comes again.

        Raises:
            IncompletePages: If there must be more, and no way leads to it.
        """
        raise NotImplementedError

    @override
    def fresh(self, rows: list[Row]) -> list[Row]:
        """Return the rows that are new; a copy within a page counts, as the vendor counts it."""
        marks = list(map(self._identity_of, rows))
        if marks in (self._first, self._last):
            keyed = []
        else:
            keyed = [(self._key_of(mark, row), row) for mark, row in zip(marks, rows, strict=True)]
        keys = {key for key, _ in keyed}
        unknown = [(key, row) for key, row in keyed if key not in self._known]
        self._comes_again = self._seen.issuperset(keys)
        self._different += not rows or not self._comes_again
        self._first, self._last = self._first or marks, marks or self._last
        self._is_empty = not rows
        self._seen |= keys
        self._known |= keys
        self.rows += sum(bool(row) for _, row in unknown)  # an empty one may be one too many
        new: dict[Hashable, Row] = {}
        for key, row in unknown:
            new.setdefault(key, row)
        return list(new.values())

    def _key_of(self, mark: Hashable, row: Row) -> Hashable:
        """Tell a row from all others; one that nothing tells apart by how often it came."""
        if not self._is_anonymous(row):
            return mark
        self._copies[mark] += 1
        return mark, self._copies[mark]

    @override
    def has_more(self, response: requests.Response) -> bool:
        """Go on until nothing new comes, or two signs agree that this was the last page.

        Raises:
            IncompletePages: If nothing new comes although there must be more.
        """
        body = response.json()
        if not self._is_empty:
            self.total = self.total_of(body)
            self._has_all_pages = self.has_all_pages(body)
        if self._comes_again:
            return self.goes_on(response)
        return not (self._has_all_rows and self._has_all_pages)

    def _warn_of_count(self, response: requests.Response) -> None:
        """Warn of a page that is empty too early: rows may have been removed during the pass."""
        path = urlsplit(response.url).path
        if self.total is not None and self.rows < self.total:
            LOGGER.warning("%s: the API counts %d rows but sent %d", path, self.total, self.rows)
        elif self.total is None and self.lacks_pages():
            LOGGER.warning("%s: the API counts more pages than it sent", path)

    def _insist_on_all_rows(self, *, in_doubt: bool) -> None:
        """Refuse an end before which rows or pages must lack.

        Args:
            in_doubt: Whether they lack where nothing is counted.

        Raises:
            IncompletePages: If they do.
        """
        lacks = self.lacks_pages() if self.total is None else self.rows < self.total
        if in_doubt if lacks is None else lacks:
            raise IncompletePages(
                f"the pages do not go on after {self.rows} rows, though there are more", retries=0
            )

    def lacks_pages(self) -> bool | None:
        """Say whether there must be more pages; None where nothing is said of pages."""
        return None

    @property
    def _is_the_first_and_full(self) -> bool:
        """Where pages differ they do go on, so they are at their end when one comes again."""
        return self._different == 1 and len(self._first) == self._page_size

    @property
    def _has_all_rows(self) -> bool:
        return self.total is not None and self.rows >= self.total

    @override
    def ends_with(self, answer: ApiError) -> bool:
        """Say whether an error is how the vendor says that there is no further page.

        Only where the counts had promised none; an error that may pass is none if rows lack.
        """
        if self.count == 0 or not isinstance(answer, (NotFound, BadResponse, AmbiguousRefusal)):
            return False
        if self.total is not None and isinstance(answer, BadResponse):
            return self._has_all_rows
        return self._has_all_rows or self._has_all_pages


class CursorPages(Pages[int | float | str | None]):
    """`after` and `cursors` (headings 4.1, 4.5 and others).

    Args:
        page_size: See `Pages`.
        identity_of: What is the same in a row that comes twice; None if equal rows are two rows.
    """

    def __init__(
        self, page_size: int, identity_of: Callable[[Row], Hashable] | None = None
    ) -> None:
        super().__init__(None, page_size, identity_of or digest, lambda _: identity_of is None)
        self._used: set[Any] = {None, "", 0}
        self._promised: int | None = None

    @override
    def total_of(self, body: Row) -> int | None:
        return count_of(_cursors(body).get("totalCount"))

    @override
    def has_all_pages(self, body: Row) -> bool:
        """`pageCount` is the number of pages at this size."""
        self._promised = count_of(_cursors(body).get("pageCount"))
        return self._promised is not None and self.count >= self._promised

    @override
    def lacks_pages(self) -> bool | None:
        """A `pageCount` that equals the rows may be a count of these."""
        if self._promised is None:
            return None
        return self._different < self._promised != self.rows

    @override
    def goes_on(self, response: requests.Response) -> bool:
        """A short page that comes again is the last one, be there more pages by the count."""
        if not self._is_empty:
            if self.total is not None or len(self._last) >= len(self._first):
                self._insist_on_all_rows(in_doubt=self._is_the_first_and_full)
            return False
        if not self._has_all_rows and self.lacks_pages() and self._next_cursor(response):
            return True
        self._warn_of_count(response)
        return False

    @override
    def get_next(self, response: requests.Response) -> int | float | str | None:
        """Return the cursor, unless it was used before: that would be a loop.

        Raises:
            IncompletePages: If there must be more rows nevertheless.
        """
        after = self._next_cursor(response)
        if after is None:
            self._insist_on_all_rows(in_doubt=len(self._last) == self._page_size)
        self._used.add(after)
        return after

    def _next_cursor(self, response: requests.Response) -> int | float | str | None:
        after = _cursors(response.json()).get("after")
        if type(after) not in {int, float, str} or after in self._used:
            return None
        return cast("int | float | str", after)


class Place(NamedTuple):
    """Which page to ask for."""

    passes: int
    page: int
    """Counted from one."""


class NumberedPages(Pages[Place]):
    """`pageNumber` from 1, `resultSize` and `totalUserCount` (heading 4.2).

    The largest count is what to reach: a row that was removed during the pass made room for another
    to slip past, and made the count smaller as well. Then another pass finds that one.
    """

    def __init__(self, page_size: int) -> None:
        super().__init__(Place(0, 1), page_size, registration, is_anonymous)
        self._counts: list[int] = []
        """What the pages of this pass count."""
        self._rows_before = 0

    @override
    def total_of(self, body: Row) -> int | None:
        if (count := count_of(body.get("totalUserCount"))) is not None:
            self._counts.append(count)
        return self.total if count is None else max(count, self.total or 0)

    @override
    def has_all_pages(self, body: Row) -> bool:
        """A count that equals the rows of a full page may be a count of these.

        The page number says nothing: the vendor may send fewer rows than it was asked for.
        """
        is_of_page = count_of(body.get("totalUserCount")) == len(self._last) >= self._page_size
        return self._has_all_rows and not is_of_page

    @override
    def goes_on(self, response: requests.Response) -> bool:
        has_moved = len(set(self._counts)) > 1
        is_worth_it = has_moved or self.rows > self._rows_before
        lacks = self.total is not None and self.rows < self.total
        if lacks and is_worth_it and self.current_value.passes + 1 < MAX_PASSES:
            return True
        self.total = max(self._counts, default=None)  # who was removed before is not to be found
        if self._is_empty and not has_moved:
            self._warn_of_count(response)
        else:
            self._insist_on_all_rows(in_doubt=self._is_the_first_and_full)
        return False

    @override
    def get_next(self, response: requests.Response) -> Place:
        if not self._comes_again:
            return self.current_value._replace(page=self.current_value.page + 1)
        self._rows_before = self.rows
        self._counts = []
        self._begin_pass()
        return Place(self.current_value.passes + 1, 1)


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
    found = body.get("cursors")
    return found if isinstance(found, dict) else {}
