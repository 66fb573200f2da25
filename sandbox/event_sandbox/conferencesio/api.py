"""The endpoints: authentication, envelopes, errors.

The reading endpoints answer from the world. The writing ones answer in their documented shape and
change nothing: a tap must never call them, and the request log shows whether one did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, Response

from event_sandbox.conferencesio import shapes
from event_sandbox.conferencesio.view import View
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import Json, Refusal, error_page, json_response, login_redirect

if TYPE_CHECKING:
    from starlette.requests import Request

    from event_sandbox.switches import Positions
    from event_sandbox.world.model import Session

BASE_PATH: Final = "/conferencesio/api/v2"
API_KEY: Final = "sandbox-conferencesio-key"

_SERVER_ERROR: Final = 500

_BAD_KEY: Final = "The API key is missing, invalid or disabled."
_NOT_ACTIVATED: Final = "API access has not been activated for this app. Please contact support."
_NOTHING: Final = object()
"""No data, and no envelope either."""

_FILTERS: Final = {"all": False, "email": None, "external_id": None}
_WRITES: Final[dict[tuple[str, ...], tuple[int, Json]]] = {
    ("PUT", "app"): (200, None),
    ("POST", "sessions"): (
        201,
        {
            "object": "session",
            "id": "abcd",
            "url": f"https://{shapes.SUBDOMAIN}.cnf.io/sessions/abcd",
        },
    ),
    ("PUT", "sessions", ""): (200, None),
    ("DELETE", "sessions", ""): (204, _NOTHING),
    ("DELETE", "sessions", "", "attendance"): (200, {"count": 0}),
    ("POST", "sessions", "", "attendance", "remove"): (
        200,
        {"preview": False, "found": 0, "checkins": [], "filters": _FILTERS},
    ),
    ("POST", "sessions", "", "attendance", "preload"): (200, {"count": 0}),
}
"""What is answered to what would write, by method and path; an id is left out."""


class API(KeepingAPI):
    """The API as an ASGI application."""

    async def answer(self, request: Request) -> Response:
        """Answer a request, if its key is right and the API activated."""
        view = View(self._shared.world, self._shared.switches.of("conferencesio"))
        _let_in(view.positions, request)
        path: str = request.scope["path"]
        _, *parts = path.removeprefix(BASE_PATH).split("/")
        if request.method != "GET":
            return _written(view, request.method, parts)
        if view.positions["list_order"] == "shuffled":
            return _ok(view.positions, self._read(view, parts))
        return self.kept(path, lambda: _ok(view.positions, self._read(view, parts)))

    def _read(self, view: View, parts: list[str]) -> Json:
        """Give the data of a reading endpoint."""
        match parts:
            case ["app"]:
                return shapes.app(view)
            case ["sessions"]:
                sessions = [shapes.session(view, session) for session in view.listed()]
                return {"count": _count(view, sessions), "data": self._ordered(view, sessions)}
            case ["sessions", key]:
                return shapes.session(view, _find(view, key))
            case ["sessions", key, "data"]:
                return shapes.data(view, _find(view, key))
            case ["sessions", key, "attendance"]:
                session = _find(view, key)
                checkins = [shapes.checkin(view, session, one) for one in view.checkins(session)]
                return self._ordered(view, checkins)
            case ["evaluations", "responses"]:
                evaluations = [
                    shapes.evaluation(view, session, evaluation)
                    for session in view.existing()
                    for evaluation in session.evaluations
                ]
                return {"count": _count(view, evaluations), "responses": evaluations}
        raise Refusal(_error(view.positions, 404, "Unknown endpoint."))

    def _ordered(self, view: View, items: list[Json]) -> list[Json]:
        """Give a list whose order is not promised: as it is, or shuffled anew each time."""
        if view.positions["list_order"] == "shuffled":
            self._shuffles.shuffle(items)
        return items


def _let_in(positions: Positions, request: Request) -> None:
    """Refuse a request, in one of the ways in which that may look: none is documented."""
    if positions["api"] == "not_activated":
        message = _NOT_ACTIVATED
    elif request.headers.get("api-key") != API_KEY:
        message = _BAD_KEY
    else:
        return
    form = positions["auth_failure"]
    if form == "html":
        page = f"<!doctype html><title>Sign in</title><p>{message}</p>"
        raise Refusal(HTMLResponse(page))
    if form == "redirect":
        raise Refusal(login_redirect(request))
    raise Refusal(_error(positions, int(form), message))


def _find(view: View, key: str) -> Session:
    """Find a session by its id; hidden ones exist whether they are listed or not."""
    session = view.world.sessions.get(key)
    if session is None:
        status = int(view.positions["unknown_session"])
        raise Refusal(_error(view.positions, status, "Session not found."))
    return session


def _written(view: View, method: str, parts: list[str]) -> Response:
    """Answer what would write."""
    kind = (method, *("" if at == 1 else part for at, part in enumerate(parts)))
    if kind not in _WRITES:
        raise Refusal(_error(view.positions, 404, "Unknown endpoint."))
    if len(parts) > 1:
        _find(view, parts[1])
    status, data = _WRITES[kind]
    return Response(status_code=204) if data is _NOTHING else _ok(view.positions, data, status)


def _ok(positions: Positions, data: Json, status: int = 200) -> Response:
    """Wrap data in the documented envelope of a success."""
    envelope: dict[str, Json] = {} if positions["status_word"] == "absent" else {"status": "ok"}
    return json_response({**envelope, "code": _code(positions, status), "data": data}, status)


def _count(view: View, items: list[Json]) -> int:
    return len(items) + (3 if view.positions["count"] == "wrong" else 0)


def error_response(positions: Positions, status: int, message: str) -> Response:
    """Give an injected error; a server error may come from a proxy, as a page."""
    if status >= _SERVER_ERROR and positions["server_error"] == "html":
        return error_page(status)
    return _error(positions, status, message)


def _error(positions: Positions, status: int, message: str) -> Response:
    """Give an ErrorResponse."""
    return json_response(
        {"status": "error", "code": _code(positions, status), "message": message}, status
    )


def _code(positions: Positions, status: int) -> str | int:
    return str(status) if positions["code"] == "text" else status
