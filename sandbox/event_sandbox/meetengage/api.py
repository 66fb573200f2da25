"""The base URL, which tests a key, and the one resource: GET organisation_data.

"The page" in this package is the vendor's developer page "Data API".
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import RedirectResponse, Response

from event_sandbox.kept import KeepingAPI
from event_sandbox.limits import RateLimit
from event_sandbox.meetengage import errors
from event_sandbox.meetengage.ranges import Range, make_range
from event_sandbox.meetengage.shapes import METHODS
from event_sandbox.meetengage.view import ACCOUNT, View
from event_sandbox.wire import json_response
from event_sandbox.world.chats import LONE

if TYPE_CHECKING:
    from starlette.requests import Request

    from event_sandbox.meetengage.shapes import Shape
    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions

BASE_PATH: Final = "/meetengage/api/1.0/rest"
KEY_ID: Final = "sandbox-meetengage-key"
KEY_SECRET: Final = "sandbox-meetengage-secret:7"  # noqa: S105 - the sandbox's own, and public

_CREDENTIALS: Final = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
_PARAMETERS: Final = ("account", "data_method", "from_date", "to_date")
_CALLS: Final = 10
_INTERVAL_SECONDS: Final = 5.0
_BREACHES_FORGIVEN: Final = 5
_SLOW_SECONDS: Final = 0.5
_OTHER_NAME: Final = "localhost"
_NAME: Final = "127.0.0.1"


def is_authorised(authorization: str | None) -> bool:
    """Tell whether a header holds the key pair, by HTTP's Basic scheme."""
    scheme, _, credentials = (authorization or "").partition(" ")
    return scheme.lower() == "basic" and credentials.strip() == _CREDENTIALS


class API(KeepingAPI):
    """The API as an ASGI application."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._limit = shared.limits["meetengage"] = RateLimit(_CALLS, _INTERVAL_SECONDS)
        self._spoiled: int | None = None
        """The sandbox's generation in which a first answer was bad."""

    async def answer(self, request: Request) -> Response:
        """Answer a request. A call too many is refused before anything is looked up."""
        if refused := self._redirect(request) or self._refuse(request):
            return refused
        response = await self._answer(request)
        if response.status_code == HTTPStatus.OK:
            self._limit.note_call()
        return response

    @property
    def _positions(self) -> Positions:
        return self._shared.switches.of("meetengage")

    def _redirect(self, request: Request) -> Response | None:
        """Lead to the other name of this host, as a site does that wants its www or does not."""
        is_other = request.url.hostname == _OTHER_NAME
        if self._positions["other_host" if is_other else "host"] == "answers":
            return None
        url = request.url.replace(hostname=_NAME if is_other else _OTHER_NAME)
        return RedirectResponse(str(url), 301)

    def _refuse(self, request: Request) -> Response | None:
        """Refuse a wrong key, and a call too many."""
        positions = self._positions
        is_disabled = (
            positions["breaches"] == "disable_key" and self._limit.breaches >= _BREACHES_FORGIVEN
        )
        if is_disabled or not is_authorised(request.headers.get("authorization")):
            return errors.bad_key(positions, is_test=_resource(request) == "")
        rule = positions["rate_limit"]
        if rule != "off" and self._limit.is_reached(fixed=rule == "fixed"):
            self._limit.note_breach()
            return errors.breach(positions)
        return None

    async def _answer(self, request: Request) -> Response:
        resource = _resource(request)
        if resource not in ("", "organisation_data"):
            return errors.error(self._positions, 404, "Unknown resource.")
        if request.method != "GET":
            return errors.error(self._positions, 405, "This method is read-only.")
        if not resource:
            return json_response({"authenticated": True})
        return await self._get_data(request)

    async def _get_data(self, request: Request) -> Response:
        asked = request.query_params
        missing = [name for name in _PARAMETERS if name not in asked]
        if missing:
            return errors.error(self._positions, 400, f"Missing parameter: {missing[0]}.")
        if asked["account"] != ACCOUNT and self._positions["account"] == "checked":
            return errors.wrong_request(self._positions, "Unknown account.")
        if asked["data_method"] not in METHODS:
            return errors.wrong_request(self._positions, "Unknown data method.")
        view = View(self._shared.world, self._positions)
        try:
            found = make_range(view, int(asked["from_date"]), int(asked["to_date"]))
        except (ValueError, OverflowError, OSError):
            message = "Dates are given in milliseconds since 1970."
            return errors.error(self._positions, 400, message)
        if found.is_too_large():
            if self._positions["large_range"] == "timeout":
                with contextlib.suppress(TimeoutError):
                    # Unless the server stops: nothing may hold that up.
                    await asyncio.wait_for(self._shared.closing.wait(), _SLOW_SECONDS)
            return errors.too_large(self._positions)
        return self._in_some_way(found, asked["data_method"])

    def _in_some_way(self, found: Range, method: str) -> Response:
        """Answer with rows, unless this is the answer that a switch spoils."""
        positions = self._positions
        first = positions["first_answer"]
        if first != "good" and self._spoiled != self._shared.generation:
            self._spoiled = self._shared.generation
            return self._spoil(found, method, first)
        lone = positions["lone_range"] == "error_member"
        if lone and any(one.number == LONE for one in found.chats()):
            return self._broken_off(_rows(found, method))
        if positions["row_order"] == "shuffled":
            rows = _rows(found, method)
            self._shuffles.shuffle(rows)
            return self._complete(rows)
        # Not by what was asked: a date that was in the future confines once it is not.
        meant = f"{method} {found.begin} {found.end}"
        return self.kept(meant, lambda: self._complete(_rows(found, method)))

    def _spoil(self, found: Range, method: str, form: str) -> Response:
        if form == "html":
            return errors.page(200, "Back soon")
        if form == "error_member":
            return self._broken_off(_rows(found, method))
        output = {} if form == "output_missing" else {"output": None}
        return json_response({**output, **_beside(self._positions)})

    def _broken_off(self, rows: list[Shape]) -> Response:
        """Answer with some of the rows, and an error beside them."""
        error = errors.error_members(self._positions, "The export was interrupted.")
        return self._complete(rows[: len(rows) // 2], error)

    def _complete(self, rows: list[Shape], error: dict[str, Any] | None = None) -> Response:
        members = {**_beside(self._positions), **(error or {})}
        before = self._positions["members_place"] == "before"
        body = {**(members if before else {}), "output": rows, **members}
        odd = self._positions["odd_json"]
        if odd == "absent":
            return json_response(body)
        # Unlike the fast encoder, the standard library's writes NaN as such.
        content = (
            json.dumps(body) if odd == "nan" else "\ufeff" + msgspec.json.encode(body).decode()
        )
        return Response(content, media_type="application/json")


def _resource(request: Request) -> str:
    path: str = request.scope["path"]
    return path.removeprefix(BASE_PATH).strip("/")


def _rows(found: Range, method: str) -> list[Shape]:
    return [row for one in found.chats() for row in METHODS[method](found.view, one)]


def _beside(positions: Positions) -> dict[str, Any]:
    """Give what stands beside `output` in an answer that is good."""
    members: dict[str, dict[str, Any]] = {
        "meta": {"meta": {"version": "1.0", "format": "json"}},
        "warnings": {"warnings": ["Figures of the last hour may be incomplete."]},
        "empty_errors": {"errors": [], "error": None, "warnings": []},
    }
    return members.get(positions["beside_output"], {})
