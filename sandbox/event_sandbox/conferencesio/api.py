"""The endpoints: authentication, envelopes, errors.

Only what reads is served. Whatever else is asked for is answered as an unknown endpoint, without
effect: a tap must never call what writes, and the request log shows whether one did.
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


class API(KeepingAPI):
    """The API as an ASGI application."""

    async def answer(self, request: Request) -> Response:
        """Answer a request, if its key is right and the API activated."""
        view = View(self._shared.world, self._shared.switches.of("conferencesio"))
        _let_in(view.positions, request)
        path: str = request.scope["path"]
        if request.method != "GET":
            raise _unknown(view.positions)
        if view.positions["list_order"] == "shuffled":
            return self._read(view, path)
        return self.kept(path, lambda: self._read(view, path))

    def _read(self, view: View, path: str) -> Response:
        """Wrap the data of an endpoint in the documented envelope of a success."""
        word = {"ok": {"status": "ok"}, "absent": {}}[view.positions["status_word"]]
        data = self._data(view, path.removeprefix(BASE_PATH).split("/")[1:])
        rows = data["data"] if path.endswith("/sessions") else data
        if view.positions["list_order"] == "shuffled" and isinstance(rows, list):
            self._shuffles.shuffle(rows)
        return json_response({**word, "code": _code(view.positions, 200), "data": data})

    def _data(self, view: View, parts: list[str]) -> Json:
        match parts:
            case ["app"]:
                return shapes.app(view)
            case ["sessions"]:
                sessions = [shapes.session(view, session) for session in view.listed()]
                return {"count": _count(view, sessions), "data": sessions}
            case ["sessions", key]:
                return shapes.session(view, _find(view, key))
            case ["sessions", key, "data"]:
                return shapes.data(view, _find(view, key))
            case ["sessions", key, "attendance"]:
                session = _find(view, key)
                return [shapes.checkin(view, session, one) for one in session.checkins]
            case ["evaluations", "responses"]:
                evaluations = [
                    shapes.evaluation(view, session, evaluation)
                    for session in view.existing()
                    for evaluation in session.evaluations
                ]
                return {"count": _count(view, evaluations), "responses": evaluations}
        raise _unknown(view.positions)


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


def _unknown(positions: Positions) -> Refusal:
    return Refusal(_error(positions, 404, "Unknown endpoint."))


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
