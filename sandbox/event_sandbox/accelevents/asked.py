"""One request, and how a list is sent in answer to it: in pages, in an envelope.

`page` counts from zero, and counters say what they like.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from event_sandbox.accelevents.errors import bad_request
from event_sandbox.accelevents.expand import expansions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from event_sandbox.accelevents.expand import Expansion
    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.accelevents.view import View
    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json
    from event_sandbox.world.hub_model import HubEvent

T = TypeVar("T")

_LARGEST: Final = {"500": 500, "ten": 10, "five": 5}


class Walks:
    """How often each page was asked for since something changed."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._generation = shared.generation
        self._counts: Counter[str] = Counter()

    def count(self, url: str) -> None:
        """Take note of a request."""
        if self._generation != self._shared.generation:
            self._counts.clear()
            self._generation = self._shared.generation
        self._counts[url] += 1

    def is_first_call(self, url: str) -> bool:
        """Tell whether this was never asked for before."""
        return self._counts[url] == 1

    def is_first_walk(self, url: str) -> bool:
        """Tell whether a list's first page was asked for once at most."""
        path = url.partition("?")[0]
        walks = sum(
            count
            for asked, count in self._counts.items()
            if asked.startswith(f"{path}?") and "page=0" in asked.partition("?")[2].split("&")
        )
        return walks <= 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and what its path leads to."""

    view: View
    walks: Walks
    url: str
    query: Mapping[str, str]
    event: HubEvent
    keys: tuple[str, ...] = ()
    """What the path names beside the event."""

    @property
    def positions(self) -> Positions:
        """Give the positions of the switches."""
        return self.view.positions

    @property
    def expansions(self) -> set[Expansion]:
        """Give what the answer is to be expanded by."""
        return expansions(self.positions, self.query.get("expand", ""))

    def check_event_id(self) -> None:
        """Refuse a list of the host's side that was asked for without the event's number."""
        required = self.positions["event_id_param"] == "required"
        if required and self.query.get("eventId") != str(self.event.key):
            raise bad_request(self.positions, "eventId is required")

    def page(self, rows: Sequence[T], default_size: int = 10) -> Sequence[T]:
        """Cut the page that is asked for out of a list."""
        size = min(
            max(self._number("size", default_size), 1), _LARGEST[self.positions["largest_page"]]
        )
        page, step = self._number("page", 0), self._step(size)
        if page < 0:
            raise bad_request(self.positions, "page must not be negative")
        if self.positions["paging"] == "everything":
            return rows
        if self.positions["paging"] == "first_page_again":
            return rows[:size]
        if page * step >= len(rows) and rows and self.positions["past_end"] == "repeated":
            page = (len(rows) - 1) // step
        return rows[page * step : page * step + size]

    def _step(self, size: int) -> int:
        """Give how many rows lie between the beginnings of two pages."""
        order = self.positions["row_order"]
        if order == "shifts_down":
            return max(1, size - 1)
        falls = order == "shifts_up" and self.walks.is_first_walk(self.url)
        return size + 1 if falls else size

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        try:
            return int(text) if text else default
        except ValueError:
            raise bad_request(self.positions, f"{name} must be a number") from None

    def host_page(self, rows: Sequence[T]) -> Sequence[T]:
        """Cut it out of a list of which it is not documented whether it has pages."""
        return self.page(rows) if self.positions["host_pages"] == "paged" else rows

    def send(
        self,
        rows: list[Json],
        total: int,
        name: str = "",
        *,
        switch: str = "list_envelope",
        more: Shape | None = None,
    ) -> Json:
        """Put a page into the envelope that a switch wants, or answer with an error at 200.

        Args:
            rows: Those of the page.
            total: How many the list has.
            name: How the list itself is called.
            switch: The switch.
            more: Further members of the envelope.
        """
        form = self.positions[switch]
        form = name if form == "named" else form
        if message := self._error_for(name):
            list_name = "data" if form == "bare_list" else form
            return {"recordsTotal": 0, "recordsFiltered": 0, "error": message, list_name: []}
        if form == "bare_list":
            return rows
        counters: Shape = {}
        if self.positions["records_total"] != "absent":
            counts = {
                "right": total,
                "too_many": total and total + 3,  # no rows, and some counted, would be no answer
                "too_few": min(total, len(rows), 1),
            }
            counters["recordsTotal"] = counts[self.positions["records_total"]]
        by_page = self.positions["records_filtered"] == "page"
        counters["recordsFiltered"] = len(rows) if by_page else total
        if self.positions["error_member"] != "absent":
            counters["error"] = None
        return {**counters, **(more or {}), form: rows}

    def _error_for(self, name: str) -> str | None:
        """Give what the body says is wrong, although HTTP says 200."""
        if name == "speakers" and self.view.has_error(self.event):
            return "Cannot read speakers"
        is_first = self.walks.is_first_call(self.url)
        if self.positions["error_member"] == "first_call" and is_first:
            return "Something went wrong"
        return None

    def send_list(
        self,
        name: str,
        things: Sequence[T],
        shape: Callable[[View, HubEvent, T], Shape],
        more: Shape | None = None,
    ) -> Json:
        """Send a page of a list of one event."""
        rows = [shape(self.view, self.event, one) for one in self.page(things)]
        return self.send(rows, len(things), name, more=more)
