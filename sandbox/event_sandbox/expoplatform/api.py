"""The two reading endpoints: access, parameters, filters, orders.

Everything else is recorded in the log and answered with 404: a tap must never call it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from event_sandbox.expoplatform import shapes
from event_sandbox.expoplatform.errors import refusal
from event_sandbox.expoplatform.pages import Listing
from event_sandbox.expoplatform.view import View
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import json_response, login_redirect, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from event_sandbox.expoplatform.view import Seat
    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json, Row
    from event_sandbox.world.model import Fair, Meeting, Millis

BASE_PATH: Final = "/expoplatform"
API_KEY: Final = "sandbox_Expo-Platform.key_42-7Rk.mQ9vTz1"
"""Its alphabet is not that of base64, so a tap that decodes or encodes it is found out."""

_LISTS: Final[dict[str, tuple[str, int, str, Callable[..., Row]]]] = {
    "meetings": ("per_page", 500, "account_id_name", shapes.meeting),
    "participants": ("limit", 100, "participant_id_name", shapes.participant),
}
"""How the size of a page is asked for, the most that there is, what the id is called, a row."""

_USUAL_SIZE: Final = 100
_TOO_MANY: Final = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list."""

    view: View
    query: Mapping[str, str]

    @property
    def positions(self) -> Positions:
        """Give the positions of the switches."""
        return self.view.positions

    def fair(self) -> Fair:
        """Find the show that is asked about, if the key opens it."""
        event_id = self.number("event_id")
        if event_id is None:
            self.refuse("event_id is required.")
        fair = self.view.world.fairs.get(event_id)
        if fair is None:
            self.refuse(f"There is no event {event_id}.", 404)
        if not self.view.may_read(fair):
            self.refuse(f"The API key is switched off for event {event_id}.", 401)
        return fair

    def number(self, name: str) -> int | None:
        """Read a whole number out of the query; none if it is not there."""
        text = self.query.get(name, "")
        if text and not text.isdecimal():
            self.refuse(f"{name} must be a whole number.")
        return int(text) if text else None

    def size(self, name: str, most: int) -> int:
        """Read the page size; out of its range it is moved into it, or refused."""
        asked = self.number(name)
        size = _USUAL_SIZE if asked is None else asked
        if not 1 <= size <= most and self.positions["size_out_of_range"] == "error":
            self.refuse(f"{name} must be between 1 and {most}.")
        return min(max(size, 1), most, int(self.positions["largest_page"]))

    def page(self) -> int:
        """Read the page's number."""
        number = self.number("page")
        if number is not None and number < 1:
            self.refuse("page must be 1 or more.")
        return number or 1

    def ignores(self, family: str) -> bool:
        """Tell whether this environment does not know filters of that family."""
        return self.positions["filters"] in (f"{family}_ignored", "all_ignored")

    def refuse(self, message: str, status: int = 400) -> NoReturn:
        """Refuse the request."""
        raise refusal(self.positions, status, message)


class API(KeepingAPI):
    """The API as an ASGI application."""

    async def answer(self, request: Request) -> Response:
        """Let the request in, and answer it."""
        view = View(self._shared.world, self._shared.switches.of("expoplatform"))
        positions = view.positions
        if positions["host"] == "moved":
            return login_redirect(request)
        key = request.headers.get("authorization")
        if key != f"Basic {API_KEY}" or positions["key"] == "off":
            raise refusal(positions, 401, "The API key is missing, wrong or switched off.")
        query = dict(request.query_params)
        match (request.method, *request.scope["path"].removeprefix(BASE_PATH).split("/")):
            case ("GET", "", "api", "v2", "meetings", "export"):
                read = self._meetings
            case ("GET", "", "api", "v2", "participants", event_id, "list"):
                query["event_id"], read = event_id, self._participants
            case _:
                raise refusal(positions, 404, "Unknown endpoint.")
        asked = Asked(view, query)
        if positions["ties"] == "shuffled":
            return read(asked)
        return self.kept(url_of(request), lambda: read(asked))

    def _meetings(self, asked: Asked) -> Response:
        """Answer with rows of the export: those that all filters let through."""
        everybody = asked.view.seats(asked.fair())
        seats = _filtered(asked, everybody)
        if asked.positions["ties"] == "shuffled":
            self._shuffles.shuffle(seats)
        _sort(asked, seats)
        meetings = len({seat.meeting.number for seat in seats})
        counted = {"meetings": meetings, "unfiltered": len(everybody)}
        return _page_of(asked, "meetings", seats, counted, {})

    def _participants(self, asked: Asked) -> Response:
        """Answer with rows of the list of participants: those updated after `timestamp`."""
        everybody = asked.fair().accounts
        after = 0 if asked.ignores("timestamp") else (asked.number("timestamp") or 0) * 1000
        accounts = [account for account in everybody if account.updated > after]
        latest = max((account.updated for account in everybody), default=0) // 1000
        counted = {"unfiltered": len(everybody)}
        return _page_of(asked, "participants", accounts, counted, {"timestamp": latest})


def _page_of(
    asked: Asked, name: str, rows: list[Any], counted: dict[str, int], beside: dict[str, Json]
) -> Response:
    """Answer with the page of a list that is asked for."""
    size_name, most, id_name, shape = _LISTS[name]
    positions, fair = asked.positions, asked.fair()

    def sent(row: Any) -> Json:
        return shapes.spelled(positions, shape(asked.view, fair, row), positions[id_name])

    counted["more"] = len(rows) + _TOO_MANY
    listing = Listing(positions, name, rows, sent, counted, beside)
    return json_response(listing.page(asked.page(), asked.size(size_name, most)))


def _filtered(asked: Asked, seats: list[Seat]) -> list[Seat]:
    """Give the rows that all filters let through; bounds are Unix seconds.

    A meeting that has no such time is outside of every window.
    """
    account_id = asked.number("account_id")
    if account_id is not None:
        seats = [seat for seat in seats if seat.account.number == account_id]
    with_new = asked.positions["modified_filter"] == "with_new"
    times: dict[str, Callable[[Meeting], Millis | None]] = {
        "time_from": lambda meeting: meeting.starts,
        "time_to": lambda meeting: meeting.starts + meeting.minutes * 60_000,
        "created_from": lambda meeting: meeting.created,
        "created_to": lambda meeting: meeting.created,
        "last_modified_from": lambda m: m.changed or (m.created if with_new else None),
        "last_modified_to": lambda m: m.changed or (m.created if with_new else None),
    }
    margin = 1 if asked.positions["bounds"] == "exclusive" else 0
    for name, at in times.items():
        bound, family = asked.number(name), name.removeprefix("last_").rpartition("_")[0]
        if bound is None or asked.ignores(family):
            continue
        if asked.positions["filters"] == f"{family}_refused":
            asked.refuse(f"{name} is not a known parameter.")
        low, high = bound + margin, math.inf
        if name.endswith("_to"):
            low, high = 0, bound - margin
        seats = [
            seat
            for seat in seats
            if (found := at(seat.meeting)) is not None and low * 1000 <= found <= high * 1000
        ]
    return seats


def _sort(asked: Asked, seats: list[Seat]) -> None:
    """Bring rows into the order that is asked for; equals stay in the order that they are in."""
    positions, query = asked.positions, asked.query
    name, direction = query.get("order_by"), query.get("order") or "ASC"
    if name and positions["order_by"] == "error":
        asked.refuse("order_by is not a known parameter.")
    if positions["order_by"] == "ignored":
        name = None
    keys: dict[str | None, Callable[[Seat], int]] = {
        None: lambda seat: seat.meeting.number,
        "account_id": lambda seat: seat.account.number,
        "time": lambda seat: seat.meeting.starts,
    }
    if name not in keys or direction not in ("ASC", "DESC"):
        asked.refuse("order_by must be account_id or time, order must be ASC or DESC.")
    seats.sort(key=keys[name], reverse=direction == "DESC")
