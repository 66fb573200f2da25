"""Accelevents, public HTTP API: events, their sessions, and what is known of everyone in them.

Most of this API's pages are only known in part; where a path or a name is a guess, a switch has the
other guesses. "The page" in this package is "Get Session Analytics Data by Session Id".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from event_sandbox.accelevents.api import API, API_KEY, BASE_PATH, has_key
from event_sandbox.accelevents.errors import error
from event_sandbox.accelevents.switches import SWITCHES
from event_sandbox.accelevents.truth import STREAMS
from event_sandbox.accelevents.view import look
from event_sandbox.world.hub import OTHER, find_session, slug_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.sandbox import Sandbox
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.vendor import Row
    from event_sandbox.world import World


class Accelevents:
    """Accelevents as a vendor of the sandbox."""

    name: Final = "accelevents"
    base_path: Final = BASE_PATH
    switches: Final[tuple[Switch, ...]] = SWITCHES
    streams: Final[tuple[str, ...]] = tuple(STREAMS)
    settings: Final[Mapping[str, Any]] = {"api_key": API_KEY}

    def settings_in(self, world: World) -> Mapping[str, Any]:
        """Give the addresses of the events: nothing lists them."""
        return {"event_urls": [slug_of(number) for number in range(world.hub_events)]}

    def make_app(self, sandbox: Sandbox) -> ASGIApp:
        """Make the API."""
        return API(sandbox)

    def truth(
        self, world: World, positions: Positions, stream: str, *, include_secrets: bool
    ) -> Iterator[Row]:
        """Give the rows of a stream."""
        return STREAMS[stream](look(world, positions), include_secrets)

    def error(self, positions: Positions, status: int, message: str) -> Response:
        """Give an injected error."""
        return error(positions, status, message)

    def is_authorised(self, headers: Headers) -> bool:
        """Tell whether the key came along, in any form."""
        return has_key(headers)

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether a key came along."""
        return "key" in headers or "authorization" in headers

    def newest_parent(self, world: World, positions: Positions) -> str | None:
        """Give the key of the newest-ended session that people came to."""
        view = look(world, positions)
        held = [
            (session.ends, session.key)
            for event in view.readable()
            for session in view.sessions(event)
            if session.ends is not None and view.came(session)
        ]
        return str(max(held)[1]) if held else None

    def has_parent(self, world: World, key: str) -> bool:
        """Tell whether there is a session of that key."""
        session = find_session(world, int(key)) if key.isdecimal() else None
        return session is not None and session.event != OTHER

    def remove(self, world: World, key: str) -> None:
        """Delete a session."""
        world.hub_deleted.add(int(key))
