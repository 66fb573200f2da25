"""ExpoPlatform, Open API version 2: the export of meetings, and the list of participants.

"The page" in this package is the vendor's help page "Meetings API". It names parameters and three
attributes, and shows no answer: everything else is a switch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.expoplatform.api import API, API_KEY, BASE_PATH
from event_sandbox.expoplatform.errors import error
from event_sandbox.expoplatform.records import TOLD
from event_sandbox.expoplatform.switches import SWITCHES
from event_sandbox.expoplatform.truth import STREAMS
from event_sandbox.expoplatform.view import View
from event_sandbox.vendor import Vendor
from event_sandbox.world.meetings import CHANGES, EVENT_IDS

if TYPE_CHECKING:
    from event_sandbox.world import World


def _newest_fair(view: View) -> str | None:
    """Give the id of the trade show that ends last, among those where people meet."""
    busy = [fair for fair in view.readable() if fair.meetings]
    newest = max(busy, key=lambda fair: fair.last_day, default=None)
    return None if newest is None else str(newest.number)


def _forget_fair(world: World, key: str) -> None:
    """Let a trade show go: its id is unknown from then on."""
    world.fairs.pop(int(key), None)


EXPOPLATFORM: Final = Vendor(
    name="expoplatform",
    base_path=BASE_PATH,
    switches=SWITCHES,
    settings={"api_key": API_KEY, "event_ids": list(EVENT_IDS)},
    make_app=API,
    error=error,
    credential_headers=("authorization",),
    is_authorised=lambda headers: headers.get("authorization") == f"Basic {API_KEY}",
    look=View,
    streams=STREAMS,
    told=TOLD,
    changes=CHANGES,
    newest_parent=_newest_fair,
    has_parent=lambda world, key: key in map(str, world.fairs),
    remove=_forget_fair,
)
