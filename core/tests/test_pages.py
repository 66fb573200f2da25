"""What pages show of their end, against every way in which a server may count, cut and end them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from event_taps_core import BadResponse, Counts, IncompletePages, PageEvidence
from event_taps_core.pages import MAX_PASSES, Step

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 5
MAX_REQUESTS = 300
Ids = list[Any]


def read(
    serve: Callable[[int, int], tuple[Ids, Counts] | None], evidence: PageEvidence, first: int = 1
) -> tuple[Ids, list[int]]:
    """Read as the core does: `serve` gives the page of a pass, None for an error that stays.

    Returns:
        The ids that were new, and the pages that were asked for.
    """
    found: Ids = []
    asked: list[int] = []
    number, passes = first, 1
    while True:
        asked.append(number)
        assert len(asked) < MAX_REQUESTS, "the pages do not end"
        answer = serve(passes, number)
        if answer is None:
            step = evidence.end_pass("HTTP 400")
        else:
            ids, counts = answer
            new = evidence.add(ids)
            found += [id_ for id_, is_new in zip(ids, new, strict=True) if is_new]
            step = evidence.judge(counts)
        if step is Step.END:
            return found, asked
        passes += step is Step.PASS
        number = first if step is Step.PASS else number + 1


# One rule after the other

LENIENT: dict[str, Any] = {}
TRUSTING = {"trusts_counts": True}
STRICT = {"is_strict": True}
ONCE = {"max_passes": 1}
A: Ids = [1, 2, 3, 4, 5]
B: Ids = [6, 7, 8, 9, 10]
C: Ids = [11, 12]
D: Ids = [11, 12, 13, 14, 15]


@dataclass
class Case:
    """What a server sends: the pages of each pass, and for ever after the last one."""

    passes: list[list[Ids]]
    rows: int
    asked: list[int]
    how: dict[str, Any] = field(default_factory=dict)
    total: int | list[int] | None = None
    """One of all pages, or those of one answer after the other."""
    pages: int | None = None
    size: int | None = None
    past_end: Ids | None = field(default_factory=list)
    """None for an error."""
    end: str = ""
    """The warning, or the failure after an exclamation mark."""
    answered: int = 0

    def serve(self, number_of_pass: int, number: int) -> tuple[Ids, Counts] | None:
        pages = self.passes[min(number_of_pass, len(self.passes)) - 1]
        if number > len(pages):
            return None if self.past_end is None else (self.past_end, self.counts())
        return pages[number - 1], self.counts()

    def counts(self) -> Counts:
        totals = self.total if isinstance(self.total, list) else [self.total]
        self.answered += 1
        return Counts(totals[min(self.answered, len(totals)) - 1], self.pages, self.size)


CASES = {
    # An empty page
    "nothing at all": Case([[]], 0, [1]),
    "empty, nothing counted": Case([[A, B]], 10, [1, 2, 3]),
    "empty in the middle, nothing counted": Case([[A, [], B]], 5, [1, 2]),
    "empty in the middle, rows counted": Case([[A, [], C]], 7, [1, 2, 3], total=7),
    "empty in the middle, pages counted": Case([[A, [], C]], 7, [1, 2, 3], pages=3),
    "two empty ones, rows counted": Case(
        [[A, [], [], B]], 5, [1, 2, 3] * 2, total=10, end="counts 10 rows but sent 5"
    ),
    # One sign is not enough, two are
    "total and a short page": Case([[A, C]], 7, [1, 2], total=7),
    "total and a page that is not short": Case([[A, B]], 10, [1, 2, 3], total=10),
    "total of the page": Case([[A, B, C]], 12, [1, 2, 3, 4], total=5),
    "pages and a short page": Case([[A, C]], 7, [1, 2], pages=2),
    "pages and a page that is not short": Case([[A, B]], 10, [1, 2, 3], pages=2),
    "pages that are too few": Case([[A, B, C]], 12, [1, 2, 3], pages=1),
    "a short page": Case([[C, A, B]], 12, [1, 2, 3, 4]),
    "total and a page shorter than its size": Case([[C]], 2, [1], total=2, size=SIZE),
    # A total that is documented to count rows
    "trusted total": Case([[A, B]], 10, [1, 2], TRUSTING, total=10),
    "trusted total of one full page, or the page's": Case([[A]], 5, [1, 2], TRUSTING, total=5),
    "trusted total of one full page, and pages": Case([[A]], 5, [1], TRUSTING, total=5, pages=1),
    "trusted total, more pages": Case([[A, B]], 10, [1, 2, 3], TRUSTING, total=10, pages=5),
    "trusted total that is exceeded": Case([[A, B, C]], 12, [1, 2, 3, 4], TRUSTING, total=6),
    "trusted totals of what is left, where none can move": Case(
        [[A, B, [12]]],
        11,
        [1, 2, 3, 4, 5],
        {**TRUSTING, **ONCE},
        total=[12, 7, 2],
        end="counts 12 rows but sent 11",
    ),
    "trusted totals of what is left with the page, where none can move": Case(
        [[A, B, D]], 15, [1, 2, 3, 4], {**TRUSTING, **ONCE}, total=[15, 10, 5]
    ),
    "pages that are fewer when a row went, where none can move": Case(
        [[A, B, [12]]], 11, [1, 2, 3], {**TRUSTING, **ONCE}, total=[11, 10], pages=2
    ),
    # A page that comes again
    "last page again": Case([[A, B]], 10, [1, 2, 3, 4], past_end=B),
    "last page again, total met": Case([[A, B]], 10, [1, 2, 3], total=10, past_end=B),
    "first page again": Case([[A, B]], 10, [1, 2, 3, 4], past_end=A),
    "counted from another number": Case([[A, A, B]], 10, [1, 2, 3, 4]),
    "full first page again": Case(
        [[A]], 5, [1, 2, 3], past_end=A, end="!page 2 is page 1 again, and a full"
    ),
    "full first page again, rows": Case(
        [[A]],
        5,
        [1, 2, 3] * 2,
        total=9,
        past_end=A,
        end="!again, and the API counts 9 rows but sent 5",
    ),
    "short first page again": Case([[C]], 2, [1, 2, 3], past_end=C),
    "full last page again, rows": Case(
        [[A, B]], 10, [1, 2, 3, 4] * 2, total=12, past_end=B, end="!counts 12 rows but sent 10"
    ),
    "short last page again, rows": Case(
        [[A, C]], 7, [1, 2, 3, 4] * 2, total=9, past_end=C, end="counts 9 rows but sent 7"
    ),
    "short last page again, rows, strict": Case(
        [[A, C]], 7, [1, 2, 3, 4] * 2, STRICT, total=9, past_end=C, end="!counts 9 rows but sent 7"
    ),
    "nothing new, but different": Case([[A, B, [3, 4], [7], C]], 12, [*range(1, 7)] * 2),
    "nothing new for ever": Case([[A, *[[1], [2]] * 9]], 5, [*range(1, 12)]),
    # An error, twice
    "error": Case([[A, C]], 7, [1, 2, 3], past_end=None),
    "error after a full page": Case(
        [[A, B]], 10, [1, 2, 3], past_end=None, end="!HTTP 400, and a full page came last"
    ),
    "error after a full page, all pages came": Case(
        [[A, B]], 10, [1, 2, 3], pages=2, past_end=None
    ),
    "error, more rows": Case(
        [[A]], 5, [1, 2] * 2, total=7, past_end=None, end="!HTTP 400, and the API counts 7 rows"
    ),
    # Counts that are not reached
    "too large a total": Case([[A]], 5, [1, 2, 3] * 2, total=9, end="counts 9 rows but sent 5"),
    "too large a total, strict": Case(
        [[A]], 5, [1, 2, 3] * 2, STRICT, total=9, end="!counts 9 rows"
    ),
    "too large a total, once": Case([[A]], 5, [1, 2, 3], ONCE, total=9, end="counts 9 rows"),
    "too many pages": Case([[A, C]], 7, [1, 2, 3], pages=3),  # the third one is empty
    "pages that are rows": Case([[C]], 2, [1, 2, 3], pages=2, past_end=C),
    "missed row that comes": Case([[A, [7]], [A, [6, 7]]], 7, [1, 2, 3, 4, 1, 2], total=7),
    # A total that changes
    "row that went hides another": Case(
        [[A, [7]], [[1, 3, 4, 5, 6], [7]]], 7, [1, 2] * 2, total=[7, 6]
    ),
    "new row in the place of one that slid past": Case(
        [[A, [7, 8, 9, 10, 11], [12, 13]], [[2, 3, 4, 5, 6], [7, 8, 9, 10, 11], [12, 13]]],
        13,
        [1, 2, 3] * 2,
        total=[12, 11, 12],
    ),
    "rows that went when more than that had come": Case(
        [[A, [5, 6], [5, 6], [5, 6]], [[3, 4], [4, 6]], [[3, 4], [6, 7]]],
        7,
        [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3],
        total=[7, 7, 7, 4],
    ),
    "each pass loses a row": Case(
        [[A, [7]]],
        6,
        [1, 2, 3, 4] * MAX_PASSES,
        total=[8, 7, 7, 7] * MAX_PASSES,
        end="!counts 8 rows but sent 6",
    ),
    "row that came in": Case(
        [[A, [5, 6]], [[0, 1, 2, 3, 4], [5, 6]]], 7, [1, 2, 3, 4, 1, 2], total=[6, 7]
    ),
    "row that came in, and never comes": Case(
        [[A, [6]]], 6, [1, 2, 3, 4] * MAX_PASSES, total=[6, 7, 7, 7] * MAX_PASSES
    ),
    "row that went is not another that is missing": Case(
        [[A, [7]], [[2, 3, 4, 5, 7]]],
        6,
        [1, 2, 1, 2, 3],
        total=[7, 6],
        end="counts 6 rows but sent 5",
    ),
    "total past the end": Case(
        [[A, B]], 10, [1, 2, 3, 4] * 2, total=[12, 12, 0, 0] * 2, end="counts 12 rows but sent 10"
    ),
    # Copies
    "equal rows of a page are counted": Case([[A, [6, 6]]], 6, [1, 2], total=7),
    "rows that are none are not counted": Case([[A, [6, None]]], 7, [1, 2], total=6),
    # Rows that move
    "rows that move, nothing counted": Case([[A, [5, 6]]], 6, [1, 2, 3] * 2),
    "rows that move, all came": Case([[A, [5, 6]]], 6, [1, 2], total=6),
    "rows that move, total of the page": Case(
        [[A, [5, 7, 8, 9, 10], [11]], [A, B, [11]]],
        11,
        [1, 2, 3, 4] * 2,
        total=[5, 5, 1, 0] * 2,
    ),
    "rows that move, none new on the last page": Case(
        [[A, [5]], [[1, 2, 3, 4, 6], [5]]], 6, [1, 2, 3] * 2
    ),
    "rows that move, and a loop past the end": Case(
        [[A, [5, 7, 8, 9, 10], *[[1], [2]] * 9], [A, B]], 10, [*range(1, 13), 1, 2, 3]
    ),
    "last rows again": Case([[A, B, C]], 12, [1, 2, 3, 4, 5], past_end=[8, 9, 10, 11, 12]),
    "copy on the last page, counted": Case(
        [[A, [6, 7], [6]]], 7, [1, 2, 3, 4] * 2, total=8, end="counts 8 rows but sent 7"
    ),
    "rows that move, all came in two passes, then an error": Case(
        [[A, [5, 7, 8, 9, 10]], [[1, 2, 3, 4, 6], B]], 10, [1, 2, 3] * 2, total=10, past_end=None
    ),
    "rows that keep moving": Case(
        [[A, [5, 10 + number]] for number in range(MAX_PASSES)],
        10,
        [1, 2, 3] * MAX_PASSES,
        end="rows keep moving",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str) -> None:
    case = CASES[name]
    evidence = PageEvidence(SIZE, **case.how)
    found: Ids = []
    asked: list[int] = []

    def serve(passes: int, number: int) -> tuple[Ids, Counts] | None:
        asked.append(number)
        return case.serve(passes, number)

    if case.end.startswith("!"):
        with pytest.raises(IncompletePages, match=case.end[1:]):
            read(serve, evidence)
        assert len(evidence.rows.known) == case.rows
    else:
        found, _ = read(serve, evidence)
        assert len(found) == case.rows
        assert case.end in evidence.warning
        assert bool(case.end) is bool(evidence.warning)
    assert asked == case.asked


def test_numbers_of_which_python_makes_the_same_hash_are_different_rows() -> None:
    assert hash(-1) == hash(-2)
    assert hash(0) == hash(2**61 - 1)
    evidence = PageEvidence(SIZE)
    assert [*evidence.add([-1, 0]), *evidence.add([-2, 2**61 - 1])] == [True] * 4


GUEST, ADA, BEN = "guest", "ada", "ben"


@pytest.mark.parametrize(
    ("pages", "new"),
    [
        ([[GUEST, GUEST]], 2),
        ([[GUEST, ADA], [GUEST, BEN]], 4),
        ([[GUEST, GUEST], [GUEST, GUEST]], 2),
        ([[GUEST, ADA], [BEN], [GUEST, ADA]], 3),
        ([[ADA, BEN], [BEN, GUEST]], 3),
        ([[ADA, ADA], [ADA, ADA, BEN]], 2),
    ],
)
def test_rows_that_nothing_tells_apart_are_several_unless_a_page_comes_again(
    pages: list[Ids], new: int
) -> None:
    evidence = PageEvidence(SIZE)
    assert sum(sum(evidence.add(page, {GUEST})) for page in pages) == new


@pytest.mark.parametrize(
    ("page", "counts", "end"),
    [
        (A, Counts(), "!a full page came last: there may be more"),
        (C, Counts(), ""),
        (A, Counts(total=5), ""),
        (A, Counts(total=6), "!counts 6 rows but sent 5"),
        (A, Counts(pages=3), "!counts 3 pages but sent 1"),
        (A, Counts(pages=5), ""),  # it may count rows
        ([], Counts(pages=3), "counts 3 pages but sent 1"),
    ],
)
def test_page_without_a_way_to_the_next_one_is_the_last(
    page: Ids, counts: Counts, end: str
) -> None:
    evidence = PageEvidence(SIZE, max_passes=1, trusts_counts=True)
    evidence.add(page)
    if end.startswith("!"):
        with pytest.raises(IncompletePages, match=end[1:]):
            evidence.judge(counts, has_next=False)
    else:
        assert evidence.judge(counts, has_next=False) is Step.END
        assert end in evidence.warning


@pytest.mark.parametrize(
    ("how", "counts", "promises"),
    [
        ({}, Counts(), (False, False)),
        ({}, Counts(total=5), (True, False)),  # it may count the page
        ({}, Counts(total=6), (False, False)),
        ({}, Counts(total=4), (False, False)),  # it counts something else
        (TRUSTING, Counts(total=4), (False, False)),
        ({}, Counts(total=0), (False, False)),
        ({}, Counts(pages=1), (False, False)),
        (TRUSTING, Counts(pages=1), (False, True)),
        (TRUSTING, Counts(total=6, pages=1), (False, False)),
        (TRUSTING, Counts(pages=2), (False, False)),
    ],
)
def test_what_counts_promise_is_what_an_error_has_to_agree_with(
    how: dict[str, Any], counts: Counts, promises: tuple[bool, bool]
) -> None:
    evidence = PageEvidence(SIZE, **how)
    evidence.add(A)
    evidence.judge(counts)
    assert (evidence.meets_total, evidence.promises_none) == promises


def test_pages_that_never_end_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("event_taps_core.pages.MAX_PAGES", 30)
    with pytest.raises(BadResponse, match="do not end: 30 were read"):
        read(lambda _, number: ([number], Counts()), PageEvidence(SIZE))


# All of them at once


@dataclass
class Server:
    """Pages as a vendor documents them, and otherwise as the server likes."""

    rows: list[int] = field(default_factory=lambda: list(range(1000, 1023)))
    largest_page: int = SIZE
    total: str = "right"
    pages: str = "right"
    names_size: bool = True
    past_end: str = "empty"
    changes: dict[int, Callable[[list[int]], None]] = field(default_factory=dict)
    """What happens to the rows, by the number of the request."""
    requests: int = 0

    def __call__(self, _: int, number: int) -> tuple[Ids, Counts] | None:
        self.requests += 1
        self.changes.get(self.requests, len)(self.rows)
        size, rows = self.largest_page, len(self.rows)
        pages = max(1, -(-rows // size))
        totals = {"right": rows, "none": None, "half": rows // 2, "page": min(rows, size)}
        totals |= {
            "left": max(0, rows - (number - 1) * size),
            "after": max(0, rows - number * size),
        }
        counted = {"right": pages, "none": None, "asked": max(1, -(-rows // SIZE))}
        counts = Counts(
            {**totals, "more": rows + 3}[self.total],
            {**counted, "more": pages + 3}[self.pages],
            size if self.names_size else None,
        )
        if number > pages:
            if self.past_end == "error":
                return None
            number = {"empty": number, "repeated": pages, "first": 1}[self.past_end]
        return self.rows[(number - 1) * size : number * size], counts


HOW = st.sampled_from([LENIENT, STRICT])
ROWS = st.integers(0, 33).map(lambda count: list(range(1000, 1000 + count)))
SERVERS = st.builds(
    Server,
    rows=ROWS,
    largest_page=st.sampled_from([1, 2, 3, SIZE]),
    total=st.sampled_from(["right", "none", "half", "page", "left", "after", "more"]),
    pages=st.sampled_from(["right", "none", "asked", "more"]),
    names_size=st.booleans(),
    past_end=st.sampled_from(["empty", "repeated", "first", "error"]),
)
TRUSTED = st.builds(
    Server,
    rows=ROWS,
    largest_page=st.sampled_from([1, 2, 3, SIZE]),
    total=st.sampled_from(["right", "none", "left"]),
    pages=st.sampled_from(["right", "none", "asked", "more"]),
    past_end=st.sampled_from(["empty", "repeated", "first", "error"]),
)


@given(
    st.tuples(SERVERS, HOW) | st.tuples(TRUSTED, st.sampled_from([TRUSTING, {**TRUSTING, **ONCE}]))
)
def test_each_row_comes_once_or_it_is_said_that_there_may_be_more(
    made: tuple[Server, dict[str, Any]],
) -> None:
    server, how = made
    evidence = PageEvidence(SIZE, **how)
    try:
        found, _ = read(server, evidence)
    except IncompletePages:
        too_high = "more" in (server.total, server.pages)
        is_full = len(server.rows) % SIZE == 0 and server.largest_page == SIZE
        is_blocked = server.past_end == "error" or len(server.rows) == SIZE
        is_doubtful = server.total != "right" and server.pages != "right" and is_full and is_blocked
        assert too_high or is_doubtful
        assert len(evidence.rows.known) == len(server.rows)
    else:
        assert found == server.rows
        assert not evidence.warning or "more" in (server.total, server.pages)


@given(
    server=SERVERS.filter(lambda server: "more" not in (server.total, server.pages)),
    how=HOW,
    moments=st.dictionaries(st.integers(2, 12), st.integers(1, 2), max_size=4)
    | st.dictionaries(st.integers(2, 12), st.integers(1, 9), max_size=1),
)
def test_rows_that_come_in_at_the_front_hide_none(
    server: Server, how: dict[str, Any], moments: dict[int, int]
) -> None:
    """Those that came in are for the next run, which asks for what is new.

    Where a page's worth comes in twice, it may look like a last page that is repeated: so this is
    about less than a page several times, or any number once; and not of a page's worth, where the
    total, which counts something else, may just then be as large as what came.
    """
    assume(len(moments) <= 1 or server.largest_page > 2)
    assume(server.total in ("right", "none") or server.largest_page not in moments.values())
    before, first = list(server.rows), 900
    for moment, count in moments.items():
        first -= count
        server.changes[moment] = partial(put_in_front, new=list(range(first, first + count)))
    try:
        found, _ = read(server, PageEvidence(SIZE, **how))
    except IncompletePages:
        assert "right" not in (server.total, server.pages)
        assert len(server.rows) % SIZE == 0
    else:
        assert set(before) <= set(found)
        assert len(found) == len(set(found))


def put_in_front(rows: list[int], new: list[int]) -> None:
    rows[:0] = new


@given(
    rows=st.integers(6, 33),
    moment=st.integers(2, 8),
    gone_and_new=st.tuples(st.integers(1, 4), st.integers(0, 6)).filter(
        lambda two: len({*two}) > 1
    ),
    pages=st.sampled_from(["right", "none"]),
    how=st.sampled_from([LENIENT, STRICT, TRUSTING]),
)
def test_rows_that_go_hide_none_where_a_total_changes_with_them(
    rows: int, moment: int, gone_and_new: tuple[int, int], pages: str, how: dict[str, Any]
) -> None:
    """Those behind them move up, and one may move past the beginning of the next page.

    Where as many come in at the end, nothing tells.
    """
    gone, new = gone_and_new
    server = Server(list(range(rows)), pages=pages)

    def change(there: list[int]) -> None:
        there[:gone] = []
        there += range(rows, rows + new)

    server.changes[moment] = change
    found, _ = read(server, PageEvidence(SIZE, **how))
    assert set(server.rows) & set(range(rows)) <= set(found)


@given(
    pages=st.lists(st.lists(st.integers(0, 8), max_size=4), min_size=1),
    total=st.none() | st.integers(0, 40),
    how=st.sampled_from([LENIENT, STRICT, TRUSTING, ONCE]),
)
def test_any_pages_end_and_no_row_comes_twice(
    pages: list[Ids], total: int | None, how: dict[str, Any]
) -> None:
    def serve(_: int, number: int) -> tuple[Ids, Counts]:
        return pages[number % len(pages)], Counts(total)

    try:
        found, _ = read(serve, PageEvidence(SIZE, **how))
    except IncompletePages:
        assert total
    else:
        assert len(found) == len(set(found))


@given(
    rows=st.integers(6, 33),
    gone=st.lists(st.tuples(st.integers(2, 8), st.integers(0, 32)), max_size=4),
    counted=st.sets(st.sampled_from(["total", "pages"])),
)
def test_rows_that_go_while_a_cursor_moves_hide_none(
    rows: int, gone: list[tuple[int, int]], counted: set[str]
) -> None:
    """A cursor says behind which row to go on, so none slips past; but totals become smaller."""
    there, cursor = list(range(rows)), -1

    def serve(_: int, number: int) -> tuple[Ids, Counts]:
        nonlocal cursor
        for moment, index in gone:
            if moment == number:
                del there[index % len(there)]
        page = [row for row in there if row > cursor][:SIZE]
        cursor = max(page, default=cursor)
        counts = {"total": len(there), "pages": -(-len(there) // SIZE)}
        return page, Counts(**{name: counts[name] for name in counted})

    evidence = PageEvidence(SIZE, max_passes=1, trusts_counts=True)
    with suppress(IncompletePages):  # one that had come may hide in a total that another one left
        read(serve, evidence)
    assert {hash(repr(row)) for row in there} <= evidence.rows.known
