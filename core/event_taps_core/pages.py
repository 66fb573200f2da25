"""Pages whose end no single sign tells: the evidence is weighed here, and nothing is sent.

What vendors leave open is what comes after the last page (nothing, the last one or the first one
again, an error), what a total counts, how many rows a page has, and whether rows move meanwhile. So

- pages end without a further request only where two signs agree;
- a page without anything new ends a pass if it is empty and all came that is counted, or if it is
  another page again, and a second time;
- an error ends a pass if it comes twice, and the page before it is still there in between, but not
  behind a full page where no count says that all came: there may be more;
- what is counted and did not come is worth another pass, as long as that may find some, and so is
  a list whose total changed, or whose rows moved where nothing counts them;
- what is missing then is a failure, or a warning where the vendor itself showed the end.
"""

from __future__ import annotations

import enum
import logging
from collections import Counter
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple
from urllib.parse import urlsplit

from singer_sdk.pagination import BaseAPIPaginator
from typing_extensions import override

from event_taps_core.api_errors import ApiError, BadResponse, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence

    import requests

    from event_taps_core.columns import Row

LOGGER: Final = logging.getLogger(__name__)

MAX_PASSES: Final = 5
"""So often are pages read while that may find rows that had moved out of the last pass's way."""

MAX_PAGES: Final = 100_000
"""A pass that gets so far is a loop."""

_MAX_IDLE_PAGES: Final = 10
"""After so many pages in a row without anything new, nothing is expected, whatever counts say."""


class IncompletePages(BadResponse):
    """There must be more rows, or may be, and no page brings them; what came is loaded."""

    def __init__(self, reason: str, evidence: PageEvidence) -> None:
        super().__init__(reason, retries=0)
        self.evidence = evidence


class Counts(NamedTuple):
    """What an answer says about all pages; None where it does not."""

    total: int | None = None
    """Number of rows in all."""

    pages: int | None = None
    size: int | None = None
    """The most rows that a page has."""

    def updated(self, newer: Counts) -> Counts:
        """Return what is known after another answer."""
        pairs = zip(newer, self, strict=True)
        return Counts(*(old if new is None else new for new, old in pairs))

    def has_no_page_after(self, number: int) -> bool:
        """Say whether so many pages are counted, or fewer."""
        return self.pages is not None and number >= self.pages


class Step(enum.Enum):
    """What is to be asked for next: another page, the first one again, or nothing."""

    PAGE = enum.auto()
    PASS = enum.auto()
    END = enum.auto()


class SeenRows:
    """The rows of a pass and of all passes, each by the hash of what tells it apart."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.begin_pass()

    def begin_pass(self) -> None:
        """Forget what came in the pass before, but not that it came."""
        self.of_pass: set[int] = set()
        self._anonymous: Counter[Hashable] = Counter()

    def keys_of(
        self, page: list[Hashable], anonymous: Collection[Hashable] = ()
    ) -> tuple[list[int | None], set[int | None]]:
        """Tell rows apart, equal ones by how often they came; the second set need not be loaded."""
        if not anonymous and len({None, *page}) > len(page):  # as nearly always, and this is fast
            return list(map(_key, page)), set()
        on_page: Counter[Hashable] = Counter()
        keys: list[int | None] = []
        again: set[int | None] = set()
        for mark in page:
            copies = self._anonymous if mark in anonymous else on_page
            copies[mark] += mark is not None
            key = _key(mark) if copies[mark] == 1 else hash((_key(mark), copies[mark]))
            keys.append(None if mark is None else key)
            if copies is on_page and copies[mark] > 1:
                again.add(key)
        return keys, again

    def holds(self, page: list[Hashable]) -> bool:
        """Say whether all rows of another answer came, in one pass or another."""
        return self.known.issuperset(set(self.keys_of(page)[0]) - {None})


def _key(mark: Hashable) -> int:
    """Return the hash of what tells a row apart; that of its text, as -1 and -2 have the same."""
    return hash(repr(mark))


@dataclass(eq=False)
class PageEvidence:
    """What the pages of a list show of its end."""

    page_size: int
    """The rows of a page, as asked for; the vendor may send fewer."""

    _: KW_ONLY
    max_passes: int = MAX_PASSES
    """Once, where no row can move past a page."""

    trusts_counts: bool = False
    """The vendor documents what is counted: a total of rows needs no second sign, unless it may be
    the page's own count."""

    is_strict: bool = False
    """Counts that are not reached are always a failure. Else they may count something else where
    the vendor shows an end: an empty page, or a short one that comes again."""

    def __post_init__(self) -> None:
        """Begin with the first pass."""
        self.rows = SeenRows()
        self.counts = Counts()
        """The latest."""
        self.warning = ""
        """What is missing at the end, and no failure."""
        self._rows_went, self._passes = False, 0
        self._begin_pass()

    def _begin_pass(self) -> None:
        self.rows.begin_pass()
        self._passes += 1
        self.number = self._read_to = 0
        """The pages of the pass that were answered; the last that was no other one again."""
        self._first: list[Hashable] = []
        self._last: list[Hashable] = []
        self._largest = self._idle = 0
        self._is_empty = self._is_same = self._comes_again = self._is_stuck = False
        self._totals: list[int] = []
        self._has_new = self._is_cut_off = self._is_odd = self._repeats = self.overlaps = False
        """The last two: rows came again, on a short page of such, or beside or before new ones."""

    def add(self, page: list[Hashable], anonymous: Collection[Hashable] = ()) -> list[bool]:
        """Take note of a page's rows, and say which of them no page had, in any pass.

        Args:
            page: What is the same in a row that comes twice; None for one that is not counted.
                Equal ones of a page are counted, as the vendor counts them, but are one row.
            anonymous: What several rows may have in common. Then only a page that equals the first
                or the last one is that page again.
        """
        self._is_same = bool(page) and page == self._last
        self._comes_again = self._is_same or (bool(page) and page == self._first)
        keys, again = self.rows.keys_of([] if self._comes_again else page, anonymous)
        came = {key for key in keys if key is not None}
        unseen = came - self.rows.of_pass
        unknown = unseen - self.rows.known
        self.rows.of_pass |= unseen
        self.rows.known |= unknown
        self._has_new |= bool(unknown)
        repeats = len(unseen) < len(came)
        self._is_odd |= repeats or (self._comes_again and not self._is_same)
        self.overlaps |= self._is_odd and bool(unseen)
        self._repeats |= repeats and not unseen and len(page) < self._largest
        self._idle = 0 if unseen else self._idle + 1
        self.number += 1
        self._read_to = self._read_to if self._comes_again else self.number
        self._is_stuck = self._comes_again and self._read_to == 1
        self._first, self._last = self._first or page, page or self._last
        self._is_empty, self._largest = not page, max(self._largest, len(page))
        loaded = (unknown | {None}) - again
        return [key in loaded for key in keys] or [False] * len(page)

    def judge(self, counts: Counts, *, has_next: bool = True) -> Step:
        """Weigh the page that was added last.

        Args:
            counts: What it says of all pages; past the end that may be anything.
            has_next: Whether another page can be asked for.

        Raises:
            IncompletePages: If the pages end, and rows are missing.
            BadResponse: If they do not end.
        """
        if not self._is_empty or self.number == 1:
            self._rows_went |= (self.counts.updated(counts).total or 0) < (self.counts.total or 0)
            if counts.total is not None and counts.total < len(self.rows.of_pass):
                # That is no count of rows; nor, then, is the one before it.
                counts, self.counts = (one._replace(total=None) for one in (counts, self.counts))
            self.counts = self.counts.updated(counts)
            self._totals += [] if counts.total is None else [counts.total]
        self._is_cut_off = not has_next and self._idle == 0
        if not (has_next and self._goes_on()):
            return self.end_pass()
        if self.number >= MAX_PAGES:
            raise BadResponse(f"the pages do not end: {MAX_PAGES} were read", retries=0)
        return Step.PAGE

    def end_pass(self, error: str = "") -> Step:
        """End a pass, with an error in place of a page if one is said; begin another that may help.

        The largest total is what to reach: where a row was removed, another may have slipped past,
        and a new one may stand in for it; so where a total changed, the first pass proves nothing.
        At last only what was there from the beginning can be missing: the rest is for the next run.

        Raises:
            IncompletePages: If rows are missing in the end.
        """
        has_moved, largest = len(set(self._totals)) > 1, max(self._totals, default=None)
        lack = self._lack_of(largest)
        moves = self.overlaps or (self._repeats and self._idle < _MAX_IDLE_PAGES)
        is_uncounted = moves and (largest or 0) < len(self.rows.of_pass)
        is_unsure = self.max_passes > 1 and (is_uncounted or (has_moved and self._passes == 1))
        may_help = self._has_new or bool(lack and (has_moved or self.overlaps))
        if (lack or is_unsure) and may_help and self._passes < self.max_passes:
            self._begin_pass()
            return Step.PASS
        first = min(self._totals[:1] if self.max_passes > 1 else self._totals, default=None)
        lack = self._lack_of(first) or self._doubt(error)
        is_short_again = self._comes_again and len(self._last) < len(self._first)
        is_shown = not error and (self._is_empty or is_short_again)
        if lack and (self.is_strict or has_moved or not is_shown):
            why = error or ("page 2 is page 1 again" if self._is_stuck else "")
            raise IncompletePages(f"{why}, and {lack}" if why else lack, self)
        if is_unsure and self._has_new:
            lack = "rows keep moving from page to page, and nothing tells how many there are"
        self.warning = lack
        return Step.END

    def _goes_on(self) -> bool:
        """Say whether to ask for another page.

        One without anything new need not be the last: rows of an empty one may be filtered out, and
        two are the same where pages are counted from another number, or rows come in at the front.
        """
        if self._idle == 0:
            return not self._is_last()
        if self._idle >= _MAX_IDLE_PAGES:
            return False
        if self.has_all and (self._is_empty or self._is_same):
            return False
        if self._is_empty:
            return bool(self._lack_of(None)) or (self._lacks_rows and self._idle == 1)
        return not self._is_same or self._idle == 1

    def _is_last(self) -> bool:
        """Say whether two signs agree that no page follows one with new rows.

        A count alone may be wrong, or the page's own; a short page alone the server's own size.
        """
        total, pages, size = self.counts
        has_all_pages = self.counts.has_no_page_after(self.number)
        if self.trusts_counts and total is not None:
            is_met = self.meets_total and not self._lacks_rows
            return self.has_all if pages is None else is_met and has_all_pages
        is_short = len(self._last) < max(self._largest, size or 0)
        return is_short and (has_all_pages if total is None else self.meets_total)

    @property
    def meets_total(self) -> bool:
        """Whether the pass brought what is counted; more than that is no count of all rows."""
        return self.counts.total == len(self.rows.of_pass)

    @property
    def has_all(self) -> bool:
        """Whether it brought what is counted, and that is not the last page's own number."""
        is_its_own = self.counts.total == len(self._last) >= self.page_size
        return self.meets_total and not is_its_own and not self._lacks_rows

    @property
    def promises_none(self) -> bool:
        """Whether a count that can be relied on says that there is no further page."""
        has_pages = self.trusts_counts and self.counts.has_no_page_after(self.number)
        return self.has_all or (has_pages and not self._lacks_rows)

    @property
    def _lacks_rows(self) -> bool:
        return bool(self._totals and self._lack_of(max(self._totals)))

    def _doubt(self, error: str) -> str:
        """Say why there may be more where no count says that all came: a full page is the last."""
        is_counted = (self.counts.pages or 0) >= self._read_to
        if is_counted or len(self._came) in self._totals or len(self._last) != self.page_size:
            return ""
        is_doubtful = self._is_stuck or self._is_cut_off or error
        return "a full page came last: there may be more" if is_doubtful else ""

    @property
    def _came(self) -> set[int]:
        """The rows that count; where some went, only a pass that saw all itself is complete."""
        return self.rows.of_pass if self._rows_went else self.rows.known

    def _lack_of(self, total: int | None) -> str:
        """Say what is missing: rows, or where these are not counted, pages."""
        if total is not None:
            rows = len(self._came)
            return f"the API counts {total} rows but sent {rows}" if rows < total else ""
        pages = self.counts.pages or 0
        if self._read_to >= pages or pages == len(self.rows.of_pass):  # it may be a count of rows
            return ""
        return f"the API counts {pages} pages but sent {self._read_to}"


class Place(NamedTuple):
    """Which page to ask for."""

    passes: int
    page: int


class Pages(BaseAPIPaginator[Any]):
    """The SDK's paginator, by the evidence of what came: of numbered pages, unless overridden.

    Args:
        start: What asks for the first page: a `Place`, or what `next_page` needs.
        evidence: How what came is weighed.
        id_of: What is the same in a row that comes twice.
        is_anonymous: Whether another row with the same identity may be another one.
    """

    end_errors: ClassVar[tuple[type[ApiError], ...]] = (NotFound,)
    """What may be said in place of a page that is not there."""

    def __init__(
        self,
        start: Any,
        evidence: PageEvidence,
        id_of: Callable[[Row], Hashable],
        is_anonymous: Callable[[Row], bool] | None = None,
    ) -> None:
        super().__init__(start)
        self.evidence = evidence
        self.before = self._start = self._next = start
        """What asked for the page that was answered last."""
        self._path = ""
        self._id_of = id_of
        self._is_anonymous = is_anonymous

    def counts_of(self, response: requests.Response) -> Counts:
        """Return what an answer says of all pages; nothing by default."""
        del response
        return Counts()

    def next_page(self, response: requests.Response) -> Any:
        """Return what asks for the page after this answer; None where nothing can."""
        del response
        return self.current_value._replace(page=self.current_value.page + 1)

    def fresh(self, rows: list[Row]) -> list[Row]:
        """Return those rows of a page that no earlier one held."""
        marks = [self._id_of(row) if row else None for row in rows]
        is_anonymous, pairs = self._is_anonymous, zip(marks, rows, strict=True)
        several = {mark for mark, row in pairs if row and is_anonymous(row)} if is_anonymous else ()
        new = self.evidence.add(marks, several)
        return [row for row, is_new in zip(rows, new, strict=True) if is_new]

    @override
    def has_more(self, response: requests.Response) -> bool:
        self._path = urlsplit(response.url).path
        self.before, self._next = self.current_value, self.next_page(response)
        has_next = self._next is not None
        return self._follow(self.evidence.judge(self.counts_of(response), has_next=has_next))

    @override
    def get_next(self, response: requests.Response) -> Any:
        return self._next

    def may_end_with(self, answer: ApiError) -> bool:
        """Say whether an answer may be there because there is no such page.

        Where counts say that there is none, a server may fail in any way.
        """
        kinds = (*self.end_errors, BadResponse) if self.evidence.promises_none else self.end_errors
        return self.evidence.number > 0 and isinstance(answer, kinds)

    def end_with(self, answer: ApiError, again: Sequence[Row] = ()) -> None:
        """End the pass with an answer in place of a page, the one before having come `again`.

        Raises:
            IncompletePages: If rows are missing.
        """
        marks = [self._id_of(row) if row else None for row in again]
        self.evidence.overlaps |= not self.evidence.rows.holds(marks)
        self._finished = not self._follow(self.evidence.end_pass(answer.reason))
        self._value = self._next

    def _follow(self, step: Step) -> bool:
        if step is Step.PASS:
            self._next = self._start._replace(passes=self.current_value.passes + 1)
        if self.evidence.warning:
            LOGGER.warning("%s: %s", self._path, self.evidence.warning)
        return step is not Step.END
