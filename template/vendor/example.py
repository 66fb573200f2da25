"""Example: the API of its events and their guests.

To do: serve what the vendor's documents show. Where they are silent or contradict themselves, add
a switch. When this is more than a page, make it a folder like those of the other vendors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from event_sandbox.columns import Columns, Stream, instant
from event_sandbox.kept import KeepingAPI
from event_sandbox.switches import COMPRESSION, switches_in
from event_sandbox.vendor import Vendor
from event_sandbox.wire import Refusal, Row, json_response
from event_sandbox.world.online import event, event_numbers, find_event
from event_sandbox.world.online_people import registrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.model import Millis
    from event_sandbox.world.online import OnlineEvent
    from event_sandbox.world.online_people import Registration

BASE_PATH: Final = "/example"
API_KEY: Final = "sandbox-example-key"

SWITCHES: Final = (
    *switches_in("""
error_member: message, error
    Under which name an error says what is wrong is not documented.
fraction: absent, present
    Times are ISO 8601, which allows fractions of a second.
"""),
    COMPRESSION,
)


@dataclass(frozen=True, slots=True)
class View:
    """What of the world this vendor has: the ground that the answers and the truth share."""

    world: World
    positions: Positions

    def events(self) -> list[OnlineEvent]:
        """Give the events that are not archived."""
        return [event(self.world, number) for number in event_numbers(self.world)]

    def guests(self, found: OnlineEvent) -> list[Registration]:
        """Give who is on the event's list by now."""
        now = self.world.now
        listed = registrations(self.world, found)
        return [one for one in listed if one.known_from <= now and not one.duplicate]

    def event_row(self, found: OnlineEvent) -> Row:
        """Give an event as it is sent."""
        starts, ends = self._instant(found.starts), self._instant(found.ends)
        return {"id": found.key, "name": found.name, "starts_at": starts, "ends_at": ends}

    def guest_row(self, one: Registration) -> Row:
        """Give a guest as it is sent."""
        return {
            "id": one.person.user,
            "name": f"{one.person.first_name} {one.person.last_name}",
            "email": one.person.email or None,
            "registered_at": self._instant(one.registered),
        }

    def _instant(self, at: Millis | None) -> str | None:
        if at is None:
            return None
        fraction = f".{at % 1000:03d}" if self.positions["fraction"] == "present" else ""
        return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


class API(KeepingAPI):
    """What is asked for with the right key: the events, or the guests of one."""

    async def answer(self, request: Request) -> Response:
        """Give the answer, or raise a refusal."""
        view = View(self._shared.world, self._shared.switches.of("example"))
        if request.headers.get("api-key") != API_KEY:
            raise Refusal(error(view.positions, 401, "The API key is missing or wrong."))
        match (request.method, *request.scope["path"].removeprefix(BASE_PATH).split("/")):
            case ("GET", "", "events"):
                rows = [view.event_row(found) for found in view.events()]
            case ("GET", "", "events", key, "guests"):
                rows = [view.guest_row(one) for one in view.guests(_find(view, key))]
            case _:
                raise _nothing(view)
        return json_response({"data": rows})


def _find(view: View, key: str) -> OnlineEvent:
    number = find_event(view.world, key)
    if number is None:
        raise _nothing(view)
    return event(view.world, number)


def _nothing(view: View) -> Refusal:
    return Refusal(error(view.positions, 404, "There is nothing of that name."))


def error(positions: Positions, status: int, message: str) -> Response:
    """Give an error in the vendor's form."""
    return json_response({positions["error_member"]: message}, status)


def _events(view: View) -> Iterator[tuple[Row, Row]]:
    for found in view.events():
        yield view.event_row(found), {}


def _guests(view: View) -> Iterator[tuple[Row, Row]]:
    for found in view.events():
        ends = instant(view.event_row(found)["ends_at"])
        for one in view.guests(found):
            yield view.guest_row(one), {"event_id": found.key, "event_ends_at": ends}


def _newest_event(view: View) -> str | None:
    """Give the id of the event that ended last, among those with guests."""
    now = view.world.now
    ended = [
        (found.ends, found.key)
        for found in view.events()
        if found.ends is not None and found.is_finished(now) and view.guests(found)
    ]
    return max(ended)[1] if ended else None


EXAMPLE: Final = Vendor(
    name="example",
    base_path=BASE_PATH,
    switches=SWITCHES,
    settings={"api_key": API_KEY},
    make_app=API,
    error=error,
    credential_headers=("api-key",),
    is_authorised=lambda headers: headers.get("api-key") == API_KEY,
    look=View,
    streams={
        "events": Stream(_events, Columns(same="id name", instant="starts_at ends_at")),
        "guests": Stream(_guests, Columns(same="id name email", instant="registered_at")),
    },
    newest_parent=_newest_event,
    has_parent=lambda world, key: find_event(world, key) is not None,
    remove=lambda world, key: world.gone.add(key),
)
