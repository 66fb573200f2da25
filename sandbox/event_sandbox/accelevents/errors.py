"""Errors in the vendor's forms: a status, and a code of six to eight digits that says more."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from event_sandbox.wire import Refusal, json_response

if TYPE_CHECKING:
    from event_sandbox.switches import Positions

NOT_AUTHORISED: Final = (4010101, "Not Authorized")
NOT_HOST: Final = (4030201, "Not Event Host")
EVENT_NOT_FOUND: Final = (4040200, "Event Not Found")
EXHIBITOR_NOT_FOUND: Final = (4040027, "Exhibitor Not Found")
SESSION_NOT_FOUND: Final = (404800, "Session Not Found")
UNKNOWN_URL: Final = (40600013, "Can't create url")


def refusal(positions: Positions, problem: tuple[int, str], status: int | None = None) -> Refusal:
    """Refuse with one of the vendor's codes; the status is its first three digits."""
    code, message = problem
    if problem == SESSION_NOT_FOUND:
        status = int(positions["unknown_session"].removeprefix("http_"))
    return Refusal(error(positions, status or int(str(code)[:3]), message, code))


def bad_request(positions: Positions, message: str) -> Refusal:
    """Refuse a request that lacks something."""
    return Refusal(error(positions, 400, message))


def error(positions: Positions, status: int, message: str, code: int | None = None) -> Response:
    """Give an error; no body of one is documented."""
    form = positions["error_body"]
    if form == "html":
        return HTMLResponse(f"<!doctype html><html><body><h1>{message}</h1></body></html>", status)
    if form == "plain":
        return PlainTextResponse(message, status)
    if form == "empty":
        return Response(status_code=status)
    if form == "code":
        return json_response({"code": str(code or status), "error": message}, status)
    return json_response({"errorCode": code or status, "message": message}, status)


def wrong_path(positions: Positions) -> Refusal:
    """Refuse a path on which nothing is served, though something might have been."""
    form = positions["wrong_path"]
    if form == "bare_404":
        phrase = HTTPStatus.NOT_FOUND.phrase
        return Refusal(json_response({"status": 404, "error": phrase, "path": "/rest"}, 404))
    return refusal(positions, UNKNOWN_URL, int(form.removeprefix("coded_")))
