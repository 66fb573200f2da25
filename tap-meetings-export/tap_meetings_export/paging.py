"""Pages whose form, order and end the vendor does not document, and the keys of their rows.

"Meetings API" prints `page` and `per_page`, and nothing of what an answer says about them: a total
may count meetings instead of rows, a server may cut pages, or filter them after cutting. What
follows from what comes is the core's `PageEvidence`.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from typing_extensions import override

from event_taps_core import NotFound, PageEvidence, Pages, Place, digest
from tap_meetings_export.client import BadRequest
from tap_meetings_export.envelope import counts_of
from tap_meetings_export.rows import text_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import requests

    from event_taps_core import ApiError, Counts, Row

KEY: Final = "participant_key"

_STABLE: Final = ("category", "name", "first_name", "last_name", "company")


class _Version(NamedTuple):
    """What a row was when it came last."""

    stable: int
    """The hash of what hardly ever changes about it."""

    last_modified: str
    content: int


def _stable(row: Row) -> tuple[str, ...]:
    return tuple(text_in(row, column) for column in _STABLE)


def _number_of(row: _Version, versions: list[_Version], on_this_page: set[int]) -> int:
    """Return the number of a row that came before, in this version or another, or a new one."""
    numbers = range(len(versions))
    same = (n for n in numbers if versions[n].content == row.content)
    older = (
        n
        for n in numbers
        if versions[n].stable == row.stable
        and versions[n].last_modified != row.last_modified
        and n not in on_this_page
    )
    return next(chain(same, older), len(versions))


def row_id(row: Row) -> str:
    """Return what identifies a row within an event."""
    return f"{text_in(row, 'meeting_id')} {row.get(KEY)}"


class ExportPages(Pages):
    """`page` from 1; a total that is not reached is a failure, as the next run goes on from here.

    A row is about a person, in a meeting, in a role. If that comes twice with different contents,
    these are two rows, and the second one's key gets a number; but with the same stable columns and
    another `last_modified` it is the same row again, in another version: it moved to a later page
    and was changed in between. The numbers are good within the reading: nothing says which of two
    such rows it is that comes alone later on.

    Args:
        page_size: The rows to ask for.
        columns: The declared columns. By these rows are compared: what is undeclared may be
            different in every answer, as signed links are.
    """

    end_errors = (NotFound, BadRequest)

    def __init__(self, page_size: int, columns: Collection[str]) -> None:
        super().__init__(Place(0, 1), PageEvidence(page_size, is_strict=True), row_id)
        self._columns = columns
        self._versions: defaultdict[str, list[_Version]] = defaultdict(list)

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        return counts_of(response.json())

    @override
    def fresh(self, rows: list[Row]) -> list[Row]:
        """Return all, with other keys where needed: a known one may have been changed meanwhile."""
        rows = self._with_numbers(rows)
        super().fresh(rows)
        return rows

    @override
    def end_with(self, answer: ApiError, again: Sequence[Row] = ()) -> None:
        super().end_with(answer, self._with_numbers(again))

    def _with_numbers(self, rows: Sequence[Row]) -> list[Row]:
        """Number the keys of a page's rows, where that is needed; equal rows become the same."""
        alike: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        merged_rows = [alike[row_id(row)].setdefault(digest(row), row) for row in rows]
        for identity, different in alike.items():
            versions, on_this_page = self._versions[identity], set[int]()
            # In an order that is not that of the page, which may be another the next time.
            for stable, whole in sorted((_stable(different[it]), it) for it in different):
                row, content = different[whole], self._content(different[whole])
                version = _Version(hash(stable), text_in(row, "last_modified"), hash(content))
                number = _number_of(version, versions, on_this_page)
                versions[number : number + 1] = [version]
                on_this_page.add(number)
                if number:
                    row[KEY] += f"-{number}"
        return merged_rows

    def _content(self, row: Row) -> str:
        return digest({name: row[name] for name in row if name in self._columns})
