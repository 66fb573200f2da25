"""Pages and envelopes: `page` counts from zero, and counters say what they like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from event_sandbox.accelevents.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json

T = TypeVar("T")

_LARGEST: Final = {"500": 500, "ten": 10, "five": 5}


@dataclass(frozen=True, slots=True)
class Pager:
    """Reads a request's page out of its query, under the positions of the switches."""

    positions: Positions
    query: Mapping[str, str]
    default_size: int = 10
    rows_fall: bool = False
    """Whether a row falls between each two pages (row_order=shifts_up)."""

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        """Cut the page out of a list."""
        size = min(max(self._number("size", self.default_size), 1), self._largest())
        page = self._number("page", 0)
        paging = self.positions["paging"]
        if page < 0:
            raise bad_request(self.positions, "page must not be negative")
        if paging == "everything":
            return rows
        if paging == "first_page_again":
            return rows[:size]
        step = self._step(size)
        if page * step >= len(rows) and rows and self.positions["past_end"] == "repeated":
            page = (len(rows) - 1) // step
        return rows[page * step : page * step + size]

    def _step(self, size: int) -> int:
        """Give how many rows lie between the beginnings of two pages."""
        if self.positions["row_order"] == "shifts_down":
            return max(1, size - 1)
        return size + 1 if self.rows_fall else size

    def _largest(self) -> int:
        return _LARGEST[self.positions["largest_page"]]

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        try:
            return int(text) if text else default
        except ValueError:
            raise bad_request(self.positions, f"{name} must be a number") from None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is around the rows of a list."""

    positions: Positions
    form: str
    """`data`, `bare_list`, or the name of the member that holds the rows."""
    more: Shape = field(default_factory=dict)
    """Further members."""

    def around(self, rows: list[Json], total: int) -> Json:
        """Give the whole answer."""
        if self.form == "bare_list":
            return rows
        counters: Shape = {}
        if self.positions["records_total"] != "absent":
            more = total and total + 3  # no rows, and some counted, would be no answer
            wrong = {"right": total, "too_many": more, "too_few": min(total, len(rows), 1)}
            counters["recordsTotal"] = wrong[self.positions["records_total"]]
        by_page = self.positions["records_filtered"] == "page"
        counters["recordsFiltered"] = len(rows) if by_page else total
        if self.positions["error_member"] != "absent":
            counters["error"] = None
        return {**counters, **self.more, self.form: rows}

    def with_error(self, message: str) -> Json:
        """Give an answer that says in its body that something is wrong."""
        form = "data" if self.form == "bare_list" else self.form
        return {"recordsTotal": 0, "recordsFiltered": 0, "error": message, form: []}
