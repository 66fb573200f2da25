"""The base URL, which tests a key, and the one resource: GET organisation_data.

"The page" in this package is the vendor's developer page "Data API".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import RedirectResponse, Response

from event_sandbox.kept import KeepingAPI
from event_sandbox.limits import RateLimit
from event_sandbox.meetengage import errors
from event_sandbox.meetengage.ranges import make_range
from event_sandbox.meetengage.shapes import METHODS
from event_sandbox.meetengage.view import ACCOUNT, View
from event_sandbox.wire import Refusal, json_response
from event_sandbox.world.chats import LONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from event_sandbox.meetengage.ranges import Range
    from event_sandbox.shared import Shared

BASE_PATH: Final = "/meetengage/api/1.0/rest"
KEY_ID: Final = "sandbox-meetengage-key"
KEY_SECRET: Final = "sandbox-meetengage-secret:7"  # noqa: S105 - the sandbox's own, and public

_CREDENTIALS: Final = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
_PARAMETERS: Final = ("account", "data_method", "from_date", "to_date")
_CALLS: Final = 10
_INTERVAL_SECONDS: Final = 5.0
_BREACHES_FORGIVEN: Final = 5
_BESIDE: Final[Mapping[str, dict[str, Any]]] = {
    "none": {},
    "meta": {"meta": {"version": "1.0", "format": "json"}},
    "warnings": {"warnings": ["Figures of the last hour may be incomplete."]},
    "empty_errors": {"errors": [], "error": None, "warnings": []},
}
"""What stands beside `output` in an answer that is good."""


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
        view = View(self._shared.world, self._shared.switches.of("meetengage"))
        if view.positions["host"] == "redirects" and request.url.hostname == "127.0.0.1":
            # As a site does that wants its www, or does not.
            return RedirectResponse(str(request.url.replace(hostname="localhost")), 301)
        resource = request.scope["path"].removeprefix(BASE_PATH).strip("/")
        self._let_in(view, request.headers.get("authorization"), is_test=not resource)
        response = self._look_up(view, request, resource)
        self._limit.note_call()  # not of what was refused: "10 successful calls"
        return response

    def _let_in(self, view: View, authorization: str | None, *, is_test: bool) -> None:
        """Refuse a wrong key, and a call too many."""
        positions = view.positions
        breaches = self._limit.breaches if positions["breaches"] == "disable_key" else 0
        if breaches >= _BREACHES_FORGIVEN or not is_authorised(authorization):
            raise Refusal(errors.bad_key(positions, is_test=is_test))
        rule = positions["rate_limit"]
        if rule != "off" and self._limit.is_reached(fixed=rule == "fixed"):
            self._limit.note_breach()
            raise Refusal(errors.breach(positions))

    def _look_up(self, view: View, request: Request, resource: str) -> Response:
        positions, asked = view.positions, request.query_params
        if resource not in ("", "organisation_data"):
            raise Refusal(errors.error(positions, 404, "Unknown resource."))
        if request.method != "GET":
            raise Refusal(errors.error(positions, 405, "This method is read-only."))
        if not resource:
            return json_response({"authenticated": True})
        missing = [name for name in _PARAMETERS if name not in asked]
        if missing:
            raise Refusal(errors.error(positions, 400, f"Missing parameter: {missing[0]}."))
        if asked["account"] != ACCOUNT and positions["account"] == "checked":
            raise Refusal(errors.refusal(positions, "wrong_request", "Unknown account."))
        if asked["data_method"] not in METHODS:
            raise Refusal(errors.refusal(positions, "wrong_request", "Unknown data method."))
        try:
            found = make_range(view, int(asked["from_date"]), int(asked["to_date"]))
        except (ValueError, OverflowError, OSError):
            message = "Dates are given in milliseconds since 1970."
            raise Refusal(errors.error(positions, 400, message)) from None
        if found.is_too_large():
            raise Refusal(errors.too_large(positions))
        return self._data(found, asked["data_method"])

    def _data(self, found: Range, method: str) -> Response:
        """Answer with rows, unless a switch spoils this answer."""
        positions = found.view.positions
        form = "good"
        lone_fails = positions["lone_range"] == "error_member"
        if lone_fails and any(one.number == LONE for one in found.chats()):
            form = "error_member"
        if positions["first_answer"] != "good" and self._spoiled != self._shared.generation:
            self._spoiled = self._shared.generation
            form = positions["first_answer"]
        if form != "good" or positions["row_order"] == "shuffled":
            return self._written(found, method, form)
        # Not by what was asked: a date that was in the future confines once it is not.
        meant = f"{method} {found.begin} {found.end}"
        return self.kept(meant, lambda: self._written(found, method, form))

    def _written(self, found: Range, method: str, form: str) -> Response:
        if form == "html":
            return errors.page(200, "Back soon")
        positions = found.view.positions
        rows = [row for one in found.chats() for row in METHODS[method](found.view, one)]
        if positions["row_order"] == "shuffled":
            self._shuffles.shuffle(rows)
        beside = _BESIDE[positions["beside_output"]]
        if form == "error_member":
            rows = rows[: len(rows) // 2]
            beside = beside | errors.error_members(positions, "The export was interrupted.")
        output = {"output_missing": {}, "output_null": {"output": None}}.get(form, {"output": rows})
        body = beside | output if positions["members_place"] == "before" else output | beside
        odd = positions["odd_json"]
        if odd == "absent":
            return json_response(body)
        # Unlike the fast encoder, the standard library's writes NaN as such.
        content = (
            json.dumps(body) if odd == "nan" else "\ufeff" + msgspec.json.encode(body).decode()
        )
        return Response(content, media_type="application/json")
