"""Who is let in, and where the paths lead that are printed; the rest is refused and logged.

One GET of this vendor writes: it checks a ticket in. It works here as well, and is counted: a tap
must never ask for it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from starlette.routing import compile_path

from event_sandbox.accelevents.asked import Asked
from event_sandbox.accelevents.errors import NOT_AUTHORISED, UNKNOWN_URL, refusal, wrong_path
from event_sandbox.accelevents.reads import DETAILS, READS, find
from event_sandbox.accelevents.view import look
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import Json, json_response, url_of

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
_PATTERNS: Final = {path: compile_path(f"{BASE_PATH}/rest/{path}")[0] for path in READS}


def has_key(headers: Mapping[str, str], form: str = "all") -> bool:
    """Tell whether the key came along, in a form that is accepted."""
    forms = list(_AUTH_FORMS.values()) if form == "all" else [_AUTH_FORMS[form]]
    return any(headers.get(name) == value for name, value in forms)


class API(KeepingAPI):
    """The API as an ASGI application."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._calls: Counter[tuple[int, str]] = Counter()
        """How often each URL was asked for, and each list's first page, in each generation."""
        shared.counters[CHECK_INS] = 0

    async def answer(self, request: Request) -> Response:
        """Let the request in, and answer it."""
        view = look(self._shared.world, self._shared.switches.of("accelevents"))
        _, trap, ticket = request.scope["path"].partition("/staff/checkin/barcode/")
        checks_in = trap and request.method == "GET"
        if checks_in:
            self._shared.counters[CHECK_INS] += 1
        good = has_key(request.headers, view.positions["auth"])
        if not good or view.positions["key"] == "revoked":
            raise refusal(view.positions, NOT_AUTHORISED)
        if checks_in:
            return self._check_in(ticket.partition("/")[0])
        if request.method != "GET":
            raise refusal(view.positions, UNKNOWN_URL)
        first_call = view.positions["error_member"] == "first_call"
        if view.positions["row_order"] == "shifts_up" or first_call:  # the next one will differ
            return self._answer(view, request)
        return self.kept(url_of(request), lambda: self._answer(view, request))

    def _check_in(self, barcode: str) -> Response:
        """8.4: the trap."""
        self._shared.world.hub_checked_in.add(barcode)
        self._shared.generation += 1
        return json_response({"type": "Success", "message": "Checked in"})

    def _answer(self, view: View, request: Request) -> Response:
        response = json_response(self._read(view, request))
        if view.positions["content_type"] == "text_plain":
            response.headers["content-type"] = "text/plain;charset=UTF-8"
        return response

    def _read(self, view: View, request: Request) -> Json:
        """Find out what a path is about, and read it."""
        place = view.positions["analytics_path"]
        calls, first_pages = self._count(url_of(request))
        for path, pattern in _PATTERNS.items():
            if names := pattern.fullmatch(request.scope["path"]):
                if DETAILS.get(path, place) != place:
                    raise wrong_path(view.positions)
                event, *rest = find(view, **names.groupdict())
                asked = Asked(view, request.query_params, event, calls, first_pages)
                return READS[path](asked, *rest)
        raise refusal(view.positions, UNKNOWN_URL)

    def _count(self, url: str) -> tuple[int, int]:
        """Count how often the same was asked for, and how often the first page of its list."""
        path, _, query = url.partition("?")
        keys = [(self._shared.generation, asked) for asked in (url, path)]
        self._calls.update(keys if "page=0" in query.split("&") else keys[:1])
        return self._calls[keys[0]], self._calls[keys[1]]
