"""ExpoPlatform, Open API version 2: the export of meetings, and the list of participants.

"The page" in this package is the vendor's help page "Meetings API". It names parameters and three
attributes, and shows no answer: everything else is a switch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from event_sandbox.expoplatform.api import API, API_KEY, BASE_PATH
from event_sandbox.expoplatform.errors import injected
from event_sandbox.expoplatform.switches import SWITCHES
from event_sandbox.expoplatform.truth import STREAMS
from event_sandbox.expoplatform.view import View
from event_sandbox.world.meeting_changes import CHANGES
from event_sandbox.world.meetings import EVENT_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.sandbox import Sandbox
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.vendor import Row
    from event_sandbox.world import World


class ExpoPlatform:
    """ExpoPlatform as a vendor of the sandbox."""

    name: Final = "expoplatform"
    base_path: Final = BASE_PATH
    switches: Final[tuple[Switch, ...]] = SWITCHES
    streams: Final[tuple[str, ...]] = tuple(STREAMS)
    settings: Final[Mapping[str, Any]] = {"api_key": API_KEY, "event_ids": list(EVENT_IDS)}
    changes: Final[Mapping[str, Callable[[World], None]]] = CHANGES

    def make_app(self, sandbox: Sandbox) -> ASGIApp:
        """Make the API."""
        return API(sandbox)

    def truth(
        self, world: World, positions: Positions, stream: str, *, include_secrets: bool
    ) -> Iterator[Row]:
        """Give the rows of a stream; none of its columns is a secret."""
        del include_secrets
        return STREAMS[stream](View(world, positions))

    def error(self, positions: Positions, status: int, message: str) -> Response:
        """Give an injected error."""
        return injected(positions, status, message)

    def is_authorised(self, headers: Headers) -> bool:
        """Tell whether the key came along literally."""
        return headers.get("authorization") == f"Basic {API_KEY}"

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether any key came along."""
        return "authorization" in headers

    def newest_parent(self, world: World, positions: Positions) -> str | None:
        """Give the id of the trade show that ends last, among those where people meet."""
        busy = [fair for fair in View(world, positions).readable() if fair.meetings]
        newest = max(busy, key=lambda fair: fair.event.last_day, default=None)
        return None if newest is None else str(newest.number)

    def has_parent(self, world: World, key: str) -> bool:
        """Tell whether there is a trade show of that id."""
        return any(key == str(number) for number in world.fairs)

    def remove(self, world: World, key: str) -> None:
        """Let a trade show go: its id is unknown from then on."""
        if self.has_parent(world, key):
            del world.fairs[int(key)]
