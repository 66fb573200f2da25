"""Conferences i/o, App REST API v2: audience polls, questions and check-ins of sessions.

"The reference" in this package is the vendor's page "Integration via API".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.conferencesio.api import API, API_KEY, BASE_PATH, error_response
from event_sandbox.conferencesio.shapes import SUBDOMAIN
from event_sandbox.conferencesio.switches import SWITCHES
from event_sandbox.conferencesio.truth import STREAMS
from event_sandbox.conferencesio.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.sandbox import Sandbox
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.vendor import Row
    from event_sandbox.world import World


class ConferencesIO:
    """Conferences i/o as a vendor of the sandbox."""

    name: Final = "conferencesio"
    base_path: Final = BASE_PATH
    switches: Final[tuple[Switch, ...]] = SWITCHES
    streams: Final[tuple[str, ...]] = tuple(STREAMS)
    settings: Final[Mapping[str, str]] = {"subdomain": SUBDOMAIN, "api_key": API_KEY}

    def make_app(self, sandbox: Sandbox) -> ASGIApp:
        """Make the API."""
        return API(sandbox)

    def truth(
        self, world: World, positions: Positions, stream: str, *, include_secrets: bool
    ) -> Iterator[Row]:
        """Give the rows of a stream."""
        return STREAMS[stream](View(world, positions), include_secrets)

    def error(self, positions: Positions, status: int, message: str) -> Response:
        """Give the error envelope, or whatever the switches put in its place."""
        return error_response(positions, status, message)

    def is_authorised(self, headers: Headers) -> bool:
        """Tell whether the API key is right."""
        return headers.get("api-key") == API_KEY

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether an API key came along."""
        return "api-key" in headers

    def newest_parent(self, world: World, positions: Positions) -> str | None:
        """Give the key of the newest-dated session that is listed and has check-in records."""
        dated = [
            (session.first_day, session.key)
            for session in View(world, positions).listed()
            if session.first_day and session.checkins
        ]
        return max(dated)[1] if dated else None

    def has_parent(self, world: World, key: str) -> bool:
        """Tell whether there is a session of that key."""
        return key in world.sessions

    def remove(self, world: World, key: str) -> None:
        """Delete a session."""
        world.sessions.pop(key, None)
