"""Errors. None is documented but that they can be passed alongside the data."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import HTMLResponse, Response

from event_sandbox.meetengage.ranges import MOST_DAYS
from event_sandbox.wire import json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_sandbox.switches import Positions

_NO_ROWS: Final[Mapping[str, Any]] = {"output": []}
_TOO_LARGE: Final = {
    "error_member": "The result is too large. Please choose a smaller range of dates.",
    "400_days": f"The date range is too large: choose at most {MOST_DAYS} days.",
    "413": "Request entity too large.",
    "500": "An unexpected error occurred.",
    "504": "Gateway timeout.",
}


def error_members(positions: Positions, message: str) -> dict[str, Any]:
    """Give an error as what stands beside `output`."""
    form = positions["error_member"]
    if form == "errors":
        return {"errors": [message]}
    if form == "status":
        return {"status": "error", "message": message}
    return {"error": {"message": message} if form == "error_object" else message}


def error(positions: Positions, status: int, message: str) -> Response:
    """Give an error: a body of its own, or the web site's page."""
    if positions["error_body"] == "html" and status != HTTPStatus.OK:
        return page(status, message)
    return json_response(error_members(positions, message), status)


def page(status: int, message: str) -> Response:
    """Give a page of the web site."""
    text = (
        f"<!doctype html><html><head><title>{message}</title></head><body>{message}</body></html>"
    )
    return HTMLResponse(text, status)


def refusal(
    positions: Positions, switch: str, message: str, empty: Mapping[str, Any] = _NO_ROWS
) -> Response:
    """Refuse in a switch's form: by a status, or at 200 beside what is empty there."""
    match positions[switch]:
        case "200_empty" | "200_false":
            return json_response(empty)
        case "200_error" | "error_member":
            return json_response({**empty, **error_members(positions, message)})
        case form:
            return error(positions, int(form[:3]), message)


def bad_key(positions: Positions, *, is_test: bool) -> Response:
    """Refuse a key pair that is wrong, missing or disabled."""
    is_told = is_test or positions["bad_key"] == "200_false"
    empty = {"authenticated": False} if is_told else {}
    return refusal(positions, "bad_key", "The API key is not valid.", empty)


def breach(positions: Positions) -> Response:
    """Answer a call too many."""
    form = positions["breach_answer"]
    if form == "503_page":
        return page(503, "Too many requests")
    message = "Rate limit exceeded: 10 calls in each 5 second interval."
    response = refusal(positions, "breach_answer", message)
    if form == "429_retry_after":
        response.headers["Retry-After"] = "5"
    return response


def too_large(positions: Positions) -> Response:
    """Give up on a range."""
    return refusal(positions, "large_range", _TOO_LARGE[positions["large_range"]])
