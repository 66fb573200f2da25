"""Conferences i/o, App REST API v2: audience polls, questions and check-ins of sessions.

"The reference" in this package is the vendor's page "Integration via API".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.conferencesio.api import API, API_KEY, BASE_PATH, error_response
from event_sandbox.conferencesio.records import TOLD
from event_sandbox.conferencesio.shapes import SUBDOMAIN
from event_sandbox.conferencesio.switches import SWITCHES
from event_sandbox.conferencesio.truth import STREAMS
from event_sandbox.conferencesio.view import View
from event_sandbox.vendor import Vendor

if TYPE_CHECKING:
    from event_sandbox.world import World


def _newest_session(view: View) -> str | None:
    """Give the key of the newest-dated session that is listed and has check-in records."""
    dated = [
        (session.first_day, session.key)
        for session in view.listed()
        if session.first_day and session.checkins
    ]
    return max(dated, default=(None, None))[1]


def _delete(world: World, key: str) -> None:
    world.sessions.pop(key, None)


CONFERENCESIO: Final = Vendor(
    name="conferencesio",
    base_path=BASE_PATH,
    switches=SWITCHES,
    settings={"subdomain": SUBDOMAIN, "api_key": API_KEY},
    make_app=API,
    error=error_response,
    credential_headers=("api-key",),
    is_authorised=lambda headers: headers.get("api-key") == API_KEY,
    look=View,
    streams=STREAMS,
    told=TOLD,
    newest_parent=_newest_session,
    has_parent=lambda world, key: key in world.sessions,
    remove=_delete,
)
