"""The endpoints: authentication, envelopes, errors.

The reading endpoints answer from the world. The writing ones answer in their documented shape and
change nothing: a tap must never call them, and the request log shows whether one did.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from event_sandbox.conferencesio import shapes
from event_sandbox.conferencesio.view import View
from event_sandbox.kept import KeptAnswers
from event_sandbox.wire import Json, Refusal, error_page, json_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions
    from event_sandbox.world.model import Session

BASE_PATH: Final = "/conferencesio/api/v2"
API_KEY: Final = "sandbox-conferencesio-key"

_KEPT_BYTES: Final = 128 * 1024 * 1024
_SERVER_ERROR: Final = 500

_BAD_KEY: Final = "The API key is missing, invalid or disabled."
_NOT_ACTIVATED: Final = "API access has not been activated for this app. Please contact support."


class API:
    """The API as an ASGI application; answers are kept until something changes."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._kept = KeptAnswers(shared, _KEPT_BYTES)
        self._shuffles = random.Random(shared.world.seed)  # noqa: S311 - an order, not a secret
        routes: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "/app", self._get_app),
            ("PUT", "/app", self._put),
            ("GET", "/sessions", self._get_sessions),
            ("POST", "/sessions", self._post_session),
            ("GET", "/sessions/{session_id}", self._get_session),
            ("PUT", "/sessions/{session_id}", self._put),
            ("DELETE", "/sessions/{session_id}", self._delete_session),
            ("GET", "/sessions/{session_id}/data", self._get_data),
            ("GET", "/sessions/{session_id}/attendance", self._get_attendance),
            ("DELETE", "/sessions/{session_id}/attendance", self._clear_attendance),
            ("POST", "/sessions/{session_id}/attendance/remove", self._remove_attendance),
            ("POST", "/sessions/{session_id}/attendance/preload", self._preload),
            ("GET", "/evaluations/responses", self._get_evaluations),
        ]
        self._router = Router(
            [Route(BASE_PATH + path, answer, methods=[method]) for method, path, answer in routes],
            redirect_slashes=False,
            default=self._not_found,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, if its key is right and the API activated."""
        answer = self._refuse(Request(scope, receive))
        if answer is None and scope["method"] == "GET":
            answer = self._kept.get(scope["path"])
        try:
            await (answer or self._router)(scope, receive, send)
        except Refusal as refused:
            await refused.response(scope, receive, send)

    def _keep(self, request: Request, response: Response) -> Response:
        return self._kept.keep(request.scope["path"], response)

    @property
    def _positions(self) -> Positions:
        return self._shared.switches.of("conferencesio")

    @property
    def _view(self) -> View:
        return View(self._shared.world, self._positions)

    def _refuse(self, request: Request) -> Response | None:
        """Refuse a request, in one of the ways in which that may look: none is documented."""
        if self._positions["api"] == "not_activated":
            message = _NOT_ACTIVATED
        elif request.headers.get("api-key") != API_KEY:
            message = _BAD_KEY
        else:
            return None
        form = self._positions["auth_failure"]
        if form == "html":
            return HTMLResponse(f"<!doctype html><title>Sign in</title><p>{message}</p>")
        if form == "redirect":
            other = "127.0.0.1" if request.url.hostname == "localhost" else "localhost"
            return RedirectResponse(f"http://{other}:{request.url.port}/login", 302)
        return _error(self._positions, int(form), message)

    def _find(self, request: Request) -> Session:
        """Find the session of the path; hidden ones exist whether they are listed or not."""
        session = self._shared.world.sessions.get(request.path_params["session_id"])
        if session is None:
            status = int(self._positions["unknown_session"])
            raise Refusal(_error(self._positions, status, "Session not found."))
        return session

    def _ok(self, data: Json, status: int = 200) -> Response:
        """Wrap data in the documented envelope of a success."""
        envelope: dict[str, Json] = (
            {} if self._positions["status_word"] == "absent" else {"status": "ok"}
        )
        return json_response(
            {**envelope, "code": _code(self._positions, status), "data": data}, status
        )

    def _count(self, items: list[Json]) -> int:
        return len(items) + (3 if self._positions["count"] == "wrong" else 0)

    def _in_some_order(
        self, request: Request, items: list[Json], wrap: Callable[[list[Json]], Json]
    ) -> Response:
        """Answer with a list whose order is not promised: kept, or shuffled anew each time."""
        if self._positions["list_order"] == "shuffled":
            self._shuffles.shuffle(items)
            return self._ok(wrap(items))
        return self._keep(request, self._ok(wrap(items)))

    async def _get_app(self, request: Request) -> Response:
        return self._keep(request, self._ok(shapes.app(self._view)))

    async def _get_sessions(self, request: Request) -> Response:
        view = self._view
        items = [shapes.session(view, session) for session in view.listed()]
        return self._in_some_order(
            request, items, lambda items: {"count": self._count(items), "data": items}
        )

    async def _get_session(self, request: Request) -> Response:
        session = self._find(request)
        return self._keep(request, self._ok(shapes.session(self._view, session)))

    async def _get_data(self, request: Request) -> Response:
        session = self._find(request)
        return self._keep(request, self._ok(shapes.data(self._view, session)))

    async def _get_attendance(self, request: Request) -> Response:
        session, view = self._find(request), self._view
        items = [shapes.checkin(view, session, checkin) for checkin in view.checkins(session)]
        return self._in_some_order(request, items, lambda items: items)

    async def _get_evaluations(self, request: Request) -> Response:
        view = self._view
        items = [
            shapes.evaluation(view, session, evaluation)
            for session in view.existing()
            for evaluation in session.evaluations
        ]
        return self._keep(request, self._ok({"count": self._count(items), "responses": items}))

    async def _put(self, request: Request) -> Response:
        if "session_id" in request.path_params:
            self._find(request)
        return self._ok(None)

    async def _post_session(self, request: Request) -> Response:
        del request
        url = f"https://{shapes.SUBDOMAIN}.cnf.io/sessions/abcd"
        return self._ok({"object": "session", "id": "abcd", "url": url}, 201)

    async def _delete_session(self, request: Request) -> Response:
        self._find(request)
        return Response(status_code=204)

    async def _clear_attendance(self, request: Request) -> Response:
        session = self._find(request)
        return self._ok({"count": len(self._view.checkins(session))})

    async def _remove_attendance(self, request: Request) -> Response:
        session, view = self._find(request), self._view
        body = await _read(request)
        wanted = body if isinstance(body, dict) else {}
        filters = {name: wanted.get(name) for name in ("all", "email", "external_id")}
        given = {name: str(value).lower() for name, value in filters.items() if value}
        if len(given) != 1:
            message = "Too many possible filters" if given else "No valid filters were passed"
            return _error(self._positions, _SERVER_ERROR, message)
        found = [
            record
            for record in (shapes.checkin(view, session, c) for c in view.checkins(session))
            if "all" in given
            or all(str(record["user"][name]).lower() == value for name, value in given.items())
        ]
        return self._ok(
            {
                "preview": bool(wanted.get("preview")),
                "found": len(found),
                "checkins": found,
                "filters": {**filters, "all": bool(filters["all"])},
            }
        )

    async def _preload(self, request: Request) -> Response:
        self._find(request)
        body = await _read(request)
        return self._ok({"count": len(body) if isinstance(body, list) else 0})

    async def _not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _error(self._positions, 404, "Unknown endpoint.")(scope, receive, send)


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


async def _read(request: Request) -> Json:
    try:
        return msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        return None
