"""Walking pages whose form, order and end the vendor does not document.

"Meetings API" prints `page` and `per_page`, and nothing of what an answer says about them. So no
single sign ends a pass: a page may be short because the server cuts pages, or filters them after
cutting; a total may count meetings instead of rows; past the end there may be nothing, the last
page, the first page or an error. And rows come in, change and go while pages are read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from event_taps_core import BadResponse, digest
from tap_meetings_export.rows import said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from event_taps_core import Row
    from tap_meetings_export.envelope import Counts

KEY: Final = "participant_key"
MAX_PAGES: Final = 100_000
"""A pass that gets so far is a loop: at 500 rows a page it would have read fifty million."""

_MAX_IDLE_PAGES: Final = 10
"""After so many pages in a row without anything new, nothing is expected, whatever counts say."""

_STABLE: Final = ("category", "name", "first_name", "last_name", "company")


class _Version(NamedTuple):
    """What a row was when it came last."""

    stable: int
    """The hash of what hardly ever changes about it."""

    last_modified: str
    content: int


class Keys:
    """Tells the rows of one reading apart that have the same key.

    A row is about a person, in a meeting, in a role. If that comes twice with different contents,
    these are two rows, and the second one's key gets a number; but with the same stable columns and
    another `last_modified` it is the same row again, in another version: it moved to a later page
    and was changed in between. The numbers are good within the reading: nothing says which of two
    such rows it is that comes alone later on.

    Args:
        columns: The declared columns. By these rows of two pages are compared: what is undeclared
            may be different in every answer, as signed links are.
    """

    def __init__(self, columns: Collection[str]) -> None:
        self._columns = columns
        self._known: defaultdict[str, list[_Version]] = defaultdict(list)
        self.repeated = False
        """Whether somebody was listed twice in one meeting."""

    def add(self, rows: Iterable[Row]) -> tuple[list[Row], list[str]]:
        """Number the keys of a page's rows, where that is needed.

        Returns:
            The rows that are not equal to another one; and what identifies each row that came,
            equal ones included: the vendor counts these too.
        """
        alike: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        equal: list[tuple[Row, str]] = []
        copies: Counter[str] = Counter()
        for row in rows:
            content = digest(row)
            first = alike[row_id(row)].setdefault(content, row)
            equal.append((first, f" {copies[content]}" if copies[content] else ""))
            copies[content] += 1
        for identity, different in alike.items():
            self._number(self._known[identity], list(different.values()))
        found = [row for different in alike.values() for row in different.values()]
        return found, [row_id(row) + copy for row, copy in equal]

    def _number(self, known: list[_Version], rows: list[Row]) -> None:
        """Number the rows of a page that are about the same; the order does not matter."""
        if len(rows) > 1:
            rows.sort(key=lambda row: ([said(row, column) for column in _STABLE], digest(row)))
        on_this_page: set[int] = set()
        for row in rows:
            version = self._version(row)
            number = _number_of(version, known, on_this_page)
            known[number : number + 1] = [version]
            on_this_page.add(number)
            if number:
                row[KEY] += f"-{number}"
                self.repeated = True

    def _version(self, row: Row) -> _Version:
        return _Version(
            hash(tuple(said(row, column) for column in _STABLE)),
            said(row, "last_modified"),
            hash(digest({name: row[name] for name in row if name in self._columns})),
        )


def _number_of(row: _Version, known: list[_Version], on_this_page: set[int]) -> int:
    """Return the number of a row that came before, in this version or another, or a new one."""
    for number, before in enumerate(known):
        if before.content == row.content:
            return number
    for number, before in enumerate(known):
        is_newer = before.stable == row.stable and before.last_modified != row.last_modified
        if is_newer and number not in on_this_page:
            return number
    return len(known)


def row_id(row: Row) -> str:
    """Return what identifies a row within an event."""
    return f"{said(row, 'meeting_id')} {row[KEY]}"


class Pages:
    """The pages of one request, read once or several times until nothing is missing."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        """The rows of all passes, by the hash of what identifies them."""
        self._total: int | None = None
        self._rows_went = False
        self.begin()

    def begin(self) -> None:
        """Begin a pass."""
        self.number = 1
        """The page to ask for next; the one before it is the last that was answered."""
        self.ended = False
        self.found_new = 0
        """How many rows this pass brought that no earlier pass had."""
        self._came: set[int] = set()
        self._first_total: int | None = None
        self._pages: int | None = None
        self._largest = 0
        self._idle = 0
        self._last: list[int] = []
        self.overlaps = False
        """Whether rows of an earlier page came again beside new ones: rows move between pages."""
        self.repeats_first = False
        """Whether the second page was the first one again, and nothing says how many there are."""

    @property
    def meets_total(self) -> bool:
        """Whether this pass brought exactly as many rows as are counted.

        A total that is exceeded counts something else: meetings, for instance, instead of rows.
        """
        return len(self._came) == self._total

    def counts_like(self, counts: Counts) -> bool:
        """Say whether another answer counts as much as the last one did."""
        if self._total is None:
            return counts.pages == self._pages
        return counts.total == self._total

    def take(self, ids: list[str], counts: Counts) -> None:
        """Take note of a page.

        Args:
            ids: What identifies its rows, with those that are equal to another one.
            counts: What it says about all pages.

        Raises:
            BadResponse: If there is no end.
        """
        page = [hash(one) for one in ids]
        new = set(page) - self._came
        if new and (self._idle or len(new) < len(set(page))):
            self.overlaps = True
        self._came |= new
        self.found_new += len(new - self.known)
        self.known |= new
        self._idle = 0 if new else self._idle + 1
        self._count(counts)
        if self.number == 2:  # noqa: PLR2004 - the one after the first
            self.repeats_first = page == self._last and self._total is None and self._pages is None
        self.number += 1
        self.ended = self._is_last(page, counts) if new else self._is_past_end(page)
        self._largest = max(self._largest, len(page))
        self._last = page
        if self.number > MAX_PAGES:
            raise BadResponse(f"the pages do not end: {MAX_PAGES} were read", retries=0)

    def _count(self, counts: Counts) -> None:
        if counts.total is not None:
            self._rows_went |= self._total is not None and counts.total < self._total
            self._total = counts.total
            if self._first_total is None:
                self._first_total = counts.total
        if counts.pages is not None:
            self._pages = counts.pages

    def _is_last(self, page: list[int], counts: Counts) -> bool:
        """Say whether no further page has to be asked for; two signs have to agree on that.

        A count alone may be wrong, and a short page alone may be the server's own size.
        """
        if self._total is not None:
            return self.meets_total and len(page) < max(self._largest, counts.size or 0)
        is_behind = self._pages is not None and self.number > self._pages
        return is_behind and len(page) < self._largest

    def _is_past_end(self, page: list[int]) -> bool:
        """Say whether a page without any new row is the end.

        An empty one is, unless more pages are counted: it may be one whose rows were filtered out.
        One that equals the page before it may come from a server that repeats its last page. But
        if just as many rows came in at the front as a page has, it looks the same: so that is
        believed the second time, and only if no count promises more.
        """
        if self._idle >= _MAX_IDLE_PAGES:
            return True
        lacks_pages = self._pages is not None and self.number <= self._pages
        if not page:
            return not lacks_pages
        total = self._first_total
        lacks_rows = lacks_pages if total is None else len(self._came) < total
        return not lacks_rows and self._idle > 1 and page == self._last

    @property
    def lack(self) -> str:
        """Say what is missing after a pass; nothing if it is complete.

        What counts is the total at the pass's beginning: what came in since is for the next run.
        Where rows went, those behind them slid forward, and some may have slid past: then only a
        pass that saw all rows itself is complete.
        """
        total = self._first_total
        if total is None:
            read = self.number - 1
            if self._pages is None or read >= self._pages:
                return ""
            return f"the vendor counts {self._pages} pages, but they ended after {read}"
        seen = self._came if self._rows_went else self.known
        if len(seen) >= total:
            return ""
        return f"the vendor counts {total} rows, but {len(seen)} came"

    @property
    def is_doubtful(self) -> bool:
        """Whether rows may have been passed over without any count that would tell.

        Rows move between pages because some came in, which is harmless, or because their order is
        not the same at each request.
        """
        return self.overlaps and self._first_total is None
