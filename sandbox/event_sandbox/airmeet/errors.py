"""Errors in the vendor's forms.

Endpoints come in two families. The older ones tell causes apart: 400 a bad token, 401 a token of
another community, 404 an unknown id. The newer ones answer 400 to all three (sections 4.1 to 4.14).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response

from event_sandbox.wire import Refusal, error_page, json_response

if TYPE_CHECKING:
    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json

Family = Literal["older", "newer"]
Cause = Literal["bad_token", "expired_token", "foreign", "unknown"]


def refusal(positions: Positions, family: Family, cause: Cause) -> Refusal:
    """Refuse, with the status that the endpoint's family has for this cause."""
    older = {"foreign": 401, "unknown": 404}
    status = older.get(cause, 400) if family == "older" else 400
    if cause == "expired_token":
        status = int(positions["expired_token"])
    return Refusal(error(positions, family, status, HTTPStatus(status).phrase))


def error(positions: Positions, family: Family, status: int, message: str) -> Response:
    """Give an error; no body of one is documented."""
    own: dict[Family, Json] = {
        "older": {"success": False, "message": message},
        "newer": {"data": {}, "statusCode": status, "statusMessage": message},
    }
    forms = {"own": own[family], "message": {"message": message}}
    form = positions["error_body"]
    return Response(status_code=status) if form == "empty" else json_response(forms[form], status)


def not_finished(positions: Positions, what: str) -> Refusal:
    """Refuse attendance of what is not over: an error in the body, under HTTP 200."""
    body = {"data": {}, "statusCode": 400, "statusMessage": f"{what} status is not valid"}
    return Refusal(json_response(body, 400 if positions["not_finished"] == "http_400" else 200))


def no_such_route() -> Response:
    """Answer as the gateway in front does to routes and methods that it does not know."""
    return json_response({"message": "Missing Authentication Token"}, 403)


def injected(positions: Positions, status: int, message: str) -> Response:
    """Give an error that the sandbox was told to inject: the gateway's, or a proxy's page."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and positions["server_error"] == "html":
        return error_page(status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return json_response({"message": "Too Many Requests"}, status)
    return error(positions, "newer", status, message)
