"""Meet & Engage, Data API (REST 1.0): live chats of employers with candidates, as exported rows.

"The page" in this package is the vendor's developer page "Data API".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.meetengage import truth
from event_sandbox.meetengage.api import API, BASE_PATH, KEY_ID, KEY_SECRET, is_authorised
from event_sandbox.meetengage.errors import error
from event_sandbox.meetengage.switches import SWITCHES
from event_sandbox.meetengage.view import ACCOUNT, View
from event_sandbox.world.chats import find_chat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.sandbox import Sandbox
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.vendor import Row
    from event_sandbox.world import World


class MeetEngage:
    """Meet & Engage as a vendor of the sandbox."""

    name: Final = "meetengage"
    base_path: Final = BASE_PATH
    switches: Final[tuple[Switch, ...]] = SWITCHES
    streams: Final[tuple[str, ...]] = truth.STREAMS
    settings: Final[Mapping[str, str]] = {
        "key_id": KEY_ID,
        "key_secret": KEY_SECRET,
        "account": ACCOUNT,
    }

    def make_app(self, sandbox: Sandbox) -> ASGIApp:
        """Make the API."""
        return API(sandbox)

    def truth(
        self, world: World, positions: Positions, stream: str, *, include_secrets: bool
    ) -> Iterator[Row]:
        """Give the rows of a stream with the documented columns; none of them is secret."""
        del include_secrets
        return truth.declared(View(world, positions), stream)

    def all_columns(self, world: World, positions: Positions, stream: str) -> Iterator[Row]:
        """Give the rows of a stream with every column that is sent."""
        return truth.everything(View(world, positions), stream)

    def error(self, positions: Positions, status: int, message: str) -> Response:
        """Give an injected error."""
        return error(positions, status, message)

    def is_authorised(self, headers: Headers) -> bool:
        """Tell whether the key pair is right."""
        return is_authorised(headers.get("authorization"))

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether any credentials came along."""
        return "authorization" in headers

    def newest_parent(self, world: World, positions: Positions) -> str | None:
        """Give the id of the newest past chat that somebody is known to have attended."""
        view = View(world, positions)
        attended = [
            found.key
            for found in view.readable()
            if any(view.has_attended(one) for one in view.candidates(found))
        ]
        return attended[-1] if attended else None

    def has_parent(self, world: World, key: str) -> bool:
        """Tell whether there is a chat of that id."""
        return find_chat(world, key) is not None

    def remove(self, world: World, key: str) -> None:
        """Delete a chat."""
        number = find_chat(world, key)
        if number is not None:
            world.deleted_chats.add(number)
