"""One request, and how a list is sent in answer to it: in pages, in an envelope.

`page` counts from zero, and counters say what they like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from event_sandbox.accelevents.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.accelevents.view import View
    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json
    from event_sandbox.world.hub import HubEvent

T = TypeVar("T")

_LARGEST: Final = {"500": 500, "ten": 10, "five": 5}
_EXPANSIONS: Final = (
    *("STATS", "DURATION", "ATTENDEE_COUNT", "registerdHolderUsers", "SPEAKER", "WATCH_TIME"),
    *("TRACK", "TAG"),
)


def _label(token: str) -> str:
    """Give an expansion as the pages label it."""
    return token.replace("_", " ").title() if token.isupper() else token


def _bare(token: str) -> str:
    """Give what is the same in all spellings of an expansion."""
    return token.replace(" ", "").replace("_", "").lower()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and what its path leads to."""

    view: View
    query: Mapping[str, str]
    event: HubEvent
    calls: int
    """How often the same was asked for since something changed."""
    first_pages: int
    """How often the first page of the list was."""

    @property
    def positions(self) -> Positions:
        """Give the positions of the switches."""
        return self.view.positions

    def expanded(self) -> Asked:
        """Read what else is wanted; unknown names of it are ignored, or refused."""
        form = self.positions["expand_tokens"]
        texts = self.query.get("expand", "").split(",")
        tokens = {text.strip() for text in texts} - {""}
        if form == "strict" and not tokens <= set(_EXPANSIONS):
            raise bad_request(self.positions, "expand is not valid")
        spelled = {"any": _bare, "labels": _label}.get(form, str)
        if form == "any":
            tokens = set(map(_bare, tokens))
        wanted = frozenset(name for name in _EXPANSIONS if spelled(name) in tokens)
        return replace(self, view=replace(self.view, wanted=wanted))

    def check_event_id(self) -> None:
        """Refuse a list of the host's side that was asked for without the event's number."""
        required = self.positions["event_id_param"] == "required"
        if required and self.query.get("eventId") != str(self.event.key):
            raise bad_request(self.positions, "eventId is required")

    def _page(self, things: Sequence[T], default_size: int) -> Sequence[T]:
        """Cut the page that is asked for out of a list."""
        largest = _LARGEST[self.positions["largest_page"]]
        size = min(max(self._number("size", default_size), 1), largest)
        page, step = self._number("page", 0), self._step(size)
        if page < 0:
            raise bad_request(self.positions, "page must not be negative")
        if self.positions["paging"] == "everything":
            return things
        if self.positions["paging"] == "first_page_again":
            return things[:size]
        if page * step >= len(things) and things and self.positions["past_end"] == "repeated":
            page = (len(things) - 1) // step
        return things[page * step : page * step + size]

    def _step(self, size: int) -> int:
        """Give how many rows lie between the beginnings of two pages."""
        order = self.positions["row_order"]
        if order == "shifts_down":
            return max(1, size - 1)
        falls = order == "shifts_up" and self.first_pages <= 1
        return size + 1 if falls else size

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        try:
            return int(text) if text else default
        except ValueError:
            raise bad_request(self.positions, f"{name} must be a number") from None

    def send(
        self,
        name: str,
        things: Sequence[T],
        shape: Callable[[View, HubEvent, T], Shape],
        page_size: int | None = 10,
        more: Shape | None = None,
    ) -> Json:
        """Send a page of a list in the envelope that a switch wants, or an error at 200.

        Args:
            name: How the list is called; some have a switch of their own.
            things: All that are in the list.
            shape: The row of one of them.
            page_size: How many come unless one says it; None where a list has no pages.
            more: Further members of the envelope.
        """
        page = self._page(things, page_size) if page_size else things
        rows = [shape(self.view, self.event, one) for one in page]
        form = self.positions.get(f"{name}_envelope", self.positions["list_envelope"])
        list_name = {"bare_list": "data", "named": name}.get(form, form)
        if message := self._error_for(name):
            return {"recordsTotal": 0, "recordsFiltered": 0, "error": message, list_name: []}
        if form == "bare_list":
            return rows
        total = len(things)
        counts = {
            "right": total,
            "too_many": total and total + 3,  # no rows, and some counted, would be no answer
            "too_few": min(total, len(rows), 1),
        }
        by_page = self.positions["records_filtered"] == "page"
        counters: Shape = {"recordsFiltered": len(rows) if by_page else total, "error": None}
        if self.positions["records_total"] != "absent":
            counters = {"recordsTotal": counts[self.positions["records_total"]], **counters}
        if self.positions["error_member"] == "absent":
            del counters["error"]
        return {**counters, **(more or {}), list_name: rows}

    def _error_for(self, name: str) -> str | None:
        """Give what the body says is wrong, although HTTP says 200."""
        if name == "speakers" and self.view.has_error(self.event):
            return "Cannot read speakers"
        if self.positions["error_member"] == "first_call" and self.calls == 1:
            return "Something went wrong"
        return None
