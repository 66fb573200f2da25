"""Accelevents, public HTTP API: events, their sessions, and what is known of everyone in them.

Most of this API's pages are only known in part; where a path or a name is a guess, a switch has the
other guesses. "The page" in this package is "Get Session Analytics Data by Session Id".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.accelevents.api import API, API_KEY, BASE_PATH, has_key
from event_sandbox.accelevents.errors import error
from event_sandbox.accelevents.records import TOLD
from event_sandbox.accelevents.switches import SWITCHES
from event_sandbox.accelevents.truth import STREAMS
from event_sandbox.accelevents.view import look
from event_sandbox.vendor import Vendor
from event_sandbox.world.hub import OTHER, find_session, slug_of

if TYPE_CHECKING:
    from event_sandbox.accelevents.view import View
    from event_sandbox.world import World


def _newest_session(view: View) -> str | None:
    """Give the key of the newest-ended session that people came to."""
    held = [
        (session.ends, session.key)
        for event in view.readable()
        for session in view.sessions(event)
        if session.ends is not None and view.came(session)
    ]
    return str(max(held)[1]) if held else None


def _has_session(world: World, key: str) -> bool:
    session = find_session(world, int(key)) if key.isdecimal() else None
    return session is not None and session.event != OTHER


ACCELEVENTS: Final = Vendor(
    name="accelevents",
    base_path=BASE_PATH,
    switches=SWITCHES,
    settings={"api_key": API_KEY},
    # Nothing lists the events.
    settings_in=lambda world: {"event_urls": [slug_of(n) for n in range(world.size.hub_events)]},
    make_app=API,
    error=error,
    credential_headers=("key", "authorization"),
    is_authorised=has_key,
    look=look,
    streams=STREAMS,
    told=TOLD,
    newest_parent=_newest_session,
    has_parent=_has_session,
    remove=lambda world, key: world.gone.add(key),
)
