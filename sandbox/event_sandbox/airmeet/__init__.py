"""Airmeet, public API: online events, their people, and what those did.

"The article" in this package is the vendor's help page "Event Details"; where clients met something
else than it says, what they met is the default, and a switch brings what the article says.
"""

from __future__ import annotations

from typing import Final

from event_sandbox.airmeet import reports, tokens
from event_sandbox.airmeet.api import API, BASE_PATH
from event_sandbox.airmeet.errors import injected
from event_sandbox.airmeet.records import TOLD
from event_sandbox.airmeet.switches import SWITCHES
from event_sandbox.airmeet.truth import STREAMS
from event_sandbox.airmeet.view import View, newest_finished
from event_sandbox.vendor import Vendor
from event_sandbox.world.online import find_event


def _newest_event(view: View) -> str | None:
    """Give the key of the newest-ended event that people were in."""
    events = (one for one in view.readable() if reports.event_attendance(view, one))
    newest = newest_finished(events, view.now)
    return None if newest is None else newest.key


AIRMEET: Final = Vendor(
    name="airmeet",
    base_path=BASE_PATH,
    switches=SWITCHES,
    settings={"access_key": tokens.ACCESS_KEY, "secret_key": tokens.SECRET_KEY},
    make_app=API,
    error=injected,
    credential_headers=(tokens.TOKEN_HEADER, *tokens.KEY_HEADERS),
    is_authorised=tokens.is_authorised,
    look=View,
    streams=STREAMS,
    told=TOLD,
    newest_parent=_newest_event,
    has_parent=lambda world, key: find_event(world, key) is not None,
    remove=lambda world, key: world.gone.add(key),
)
