"""Meet & Engage, Data API (REST 1.0): live chats of employers with candidates, as exported rows.

"The page" in this package is the vendor's developer page "Data API".
"""

from __future__ import annotations

from typing import Final

from event_sandbox.meetengage.api import API, BASE_PATH, KEY_ID, KEY_SECRET, is_authorised
from event_sandbox.meetengage.errors import error
from event_sandbox.meetengage.records import TOLD
from event_sandbox.meetengage.switches import SWITCHES
from event_sandbox.meetengage.truth import STREAMS, all_columns
from event_sandbox.meetengage.view import ACCOUNT, View
from event_sandbox.vendor import Vendor
from event_sandbox.world.chats import find_chat


def _newest_chat(view: View) -> str | None:
    """Give the id of the newest past chat that somebody is known to have attended."""
    attended = [
        found.key
        for found in view.readable()
        if any(view.has_attended(one) for one in view.candidates(found))
    ]
    return attended[-1] if attended else None


MEETENGAGE: Final = Vendor(
    name="meetengage",
    base_path=BASE_PATH,
    switches=SWITCHES,
    settings={"key_id": KEY_ID, "key_secret": KEY_SECRET, "account": ACCOUNT},
    make_app=API,
    error=error,
    credential_headers=("authorization",),
    is_authorised=lambda headers: is_authorised(headers.get("authorization")),
    look=View,
    streams=STREAMS,
    told=TOLD,
    all_columns=all_columns,
    newest_parent=_newest_chat,
    has_parent=lambda world, key: find_chat(world, key) is not None,
    remove=lambda world, key: world.gone.add(key),
)
