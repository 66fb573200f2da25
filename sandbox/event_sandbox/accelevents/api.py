"""Who is let in, and where the paths lead that are printed; the rest is refused and logged.

One GET of this vendor writes: it checks a ticket in. It works here as well, and is counted: a tap
must never ask for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.accelevents.asked import Asked, Walks
from event_sandbox.accelevents.errors import NOT_AUTHORISED, UNKNOWN_URL, refusal, wrong_path
from event_sandbox.accelevents.reads import DETAILS, READS, event_at, require_host, session_at
from event_sandbox.accelevents.view import look
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import Json, json_response, url_of
from event_sandbox.world.hub import hub_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from event_sandbox.accelevents.view import View
    from event_sandbox.shared import Shared

BASE_PATH: Final = "/accelevents"
API_KEY: Final = "sandbox-accelevents-key=="
CHECK_INS: Final = "accelevents.check_ins"

_AUTH_FORMS: Final = {
    "key": ("key", API_KEY),
    "authorization": ("authorization", API_KEY),
    "bearer": ("authorization", f"Bearer {API_KEY}"),
}


def has_key(headers: Mapping[str, str], form: str = "all") -> bool:
    """Tell whether the key came along, in a form that is accepted."""
    forms = list(_AUTH_FORMS.values()) if form == "all" else [_AUTH_FORMS[form]]
    return any(headers.get(name) == value for name, value in forms)


class API(KeepingAPI):
    """The API as an ASGI application."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._walks = Walks(shared)
        shared.counters[CHECK_INS] = 0

    async def answer(self, request: Request) -> Response:
        """Let the request in, and answer it."""
        view = look(self._shared.world, self._shared.switches.of("accelevents"))
        parts = request.scope["path"][len(BASE_PATH) + 1 :].split("/")
        checks_in = parts[3:6] == ["staff", "checkin", "barcode"] and request.method == "GET"
        if checks_in:
            self._shared.counters[CHECK_INS] += 1
        good = has_key(request.headers, view.positions["auth"])
        if not good or view.positions["key"] == "revoked":
            raise refusal(view.positions, NOT_AUTHORISED)
        if checks_in:
            return self._check_in("".join(parts[6:7]))
        if request.method != "GET":
            raise refusal(view.positions, UNKNOWN_URL)
        first_call = view.positions["error_member"] == "first_call"
        if view.positions["row_order"] == "shifts_up" or first_call:  # the next one will differ
            return self._answer(view, request, parts)
        return self.kept(url_of(request), lambda: self._answer(view, request, parts))

    def _check_in(self, barcode: str) -> Response:
        """8.4: the trap."""
        self._shared.world.hub_checked_in.add(barcode)
        self._shared.generation += 1
        return json_response({"type": "Success", "message": "Checked in"})

    def _answer(self, view: View, request: Request, parts: list[str]) -> Response:
        self._walks.count(url_of(request))
        response = json_response(self._read(view, request, parts))
        if view.positions["content_type"] == "text_plain":
            response.headers["content-type"] = "text/plain;charset=UTF-8"
        return response

    def _read(self, view: View, request: Request, parts: list[str]) -> Json:
        """Find out what a path is about, and read it."""
        place = view.positions["analytics_path"]
        for path, read in READS.items() if parts[0] == "rest" else ():
            found = _match(path.split("/"), parts[1:])
            if found is None:
                continue
            if DETAILS.get(path, place) != place:
                raise wrong_path(view.positions)
            return read(self._find(view, request, found))
        raise refusal(view.positions, UNKNOWN_URL)

    def _find(self, view: View, request: Request, found: dict[str, str]) -> Asked:
        """Find the event that a path or a session belongs to; refuse what is not there."""
        keys = tuple(value for name, value in found.items() if not name.startswith("event"))
        if "event" in found or "event_id" in found:
            event = event_at(view, found.get("event"), found.get("event_id"))
        elif "session" in found:
            session = session_at(view, found["session"])
            event = require_host(view, view.event_of(session))
        else:
            # The analytics of all sessions: no event is in the path, and any will do.
            event = hub_event(view.world, 0)
        return Asked(view, self._walks, url_of(request), request.query_params, event, keys)


def _match(template: list[str], parts: list[str]) -> dict[str, str] | None:
    """Match a path with a template; give what stands for the names in braces."""
    if len(template) != len(parts):
        return None
    found = {}
    for expected, part in zip(template, parts, strict=True):
        if expected.startswith("{") and part:
            found[expected[1:-1]] = part
        elif expected != part:
            return None
    return found
