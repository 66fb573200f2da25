"""Airmeet, public API: online events, their people, and what those did.

"The article" in this package is the vendor's help page "Event Details"; where clients met something
else than it says, what they met is the default, and a switch brings what the article says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.airmeet.api import API, BASE_PATH
from event_sandbox.airmeet.errors import injected
from event_sandbox.airmeet.switches import SWITCHES
from event_sandbox.airmeet.tokens import ACCESS_KEY, SECRET_KEY, TOKEN_PREFIX
from event_sandbox.airmeet.truth import STREAMS
from event_sandbox.airmeet.view import View
from event_sandbox.world.online import find_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.sandbox import Sandbox
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.vendor import Row
    from event_sandbox.world import World

_TOKEN: Final = "x-airmeet-access-token"  # noqa: S105 - the name of a header
_KEYS: Final = ("x-airmeet-access-key", "x-airmeet-secret-key")


class Airmeet:
    """Airmeet as a vendor of the sandbox."""

    name: Final = "airmeet"
    base_path: Final = BASE_PATH
    switches: Final[tuple[Switch, ...]] = SWITCHES
    streams: Final[tuple[str, ...]] = tuple(STREAMS)
    settings: Final[Mapping[str, str]] = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}

    def make_app(self, sandbox: Sandbox) -> ASGIApp:
        """Make the API."""
        return API(sandbox)

    def truth(
        self, world: World, positions: Positions, stream: str, *, include_secrets: bool
    ) -> Iterator[Row]:
        """Give the rows of a stream."""
        return STREAMS[stream](View(world, positions), include_secrets)

    def error(self, positions: Positions, status: int, message: str) -> Response:
        """Give an injected error."""
        return injected(positions, status, message)

    def is_authorised(self, headers: Headers) -> bool:
        """Tell whether a token of this sandbox came along, or the right keys."""
        keys = tuple(headers.get(name) for name in _KEYS)
        return keys == (ACCESS_KEY, SECRET_KEY) or headers.get(_TOKEN, "").startswith(TOKEN_PREFIX)

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether a token or a key came along."""
        return any(name in headers for name in (_TOKEN, *_KEYS))

    def newest_parent(self, world: World, positions: Positions) -> str | None:
        """Give the key of the newest-ended event that people were in."""
        view = View(world, positions)
        ended = [
            (found.ends, found.key)
            for found in view.readable()
            if found.ends is not None
            and found.is_finished(view.now)
            and any(view.session_stays(found, session) for session in found.sessions)
        ]
        return max(ended)[1] if ended else None

    def has_parent(self, world: World, key: str) -> bool:
        """Tell whether an event of that key is listed."""
        return find_event(world, key) is not None

    def remove(self, world: World, key: str) -> None:
        """Archive an event: it is not listed any more."""
        number = find_event(world, key)
        if number is not None:
            world.archived.add(number)
