"""Errors. None is documented but that they can be passed alongside the data."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import HTMLResponse, Response

from event_sandbox.meetengage.ranges import MOST_DAYS
from event_sandbox.wire import json_response

if TYPE_CHECKING:
    from event_sandbox.switches import Positions


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


def refusal(positions: Positions, form: str, message: str) -> Response:
    """Give an error in a form that is called by its status, or beside an empty list of rows."""
    if form in {"200_error", "error_member"}:
        return json_response({"output": [], **error_members(positions, message)})
    return error(positions, int(form[:3]), message)


def bad_key(positions: Positions, *, is_test: bool) -> Response:
    """Refuse a key pair that is wrong, missing or disabled."""
    form = positions["bad_key"]
    message = "The API key is not valid."
    authenticated = {"authenticated": False} if is_test or form == "200_false" else {}
    if form == "200_false":
        return json_response(authenticated)
    if form == "200_error":
        return json_response({**authenticated, **error_members(positions, message)})
    return refusal(positions, form, message)


def wrong_request(positions: Positions, message: str) -> Response:
    """Refuse an account or a data method that is not there."""
    form = positions["wrong_request"]
    return (
        json_response({"output": []}) if form == "200_empty" else refusal(positions, form, message)
    )


def breach(positions: Positions) -> Response:
    """Answer a call too many."""
    form = positions["breach_answer"]
    if form == "503_page":
        return page(503, "Too many requests")
    message = "Rate limit exceeded: 10 calls in each 5 second interval."
    response = refusal(positions, form, message)
    if form == "429_retry_after":
        response.headers["Retry-After"] = "5"
    return response


_TOO_LARGE: Final = {
    "error_member": "The result is too large. Please choose a smaller range of dates.",
    "400_days": f"The date range is too large: choose at most {MOST_DAYS} days.",
    "413": "Request entity too large.",
    "500": "An unexpected error occurred.",
    "504": "Gateway timeout.",
}


def too_large(positions: Positions) -> Response:
    """Give up on a range."""
    form = positions["large_range"].replace("timeout", "504")
    return refusal(positions, form, _TOO_LARGE[form])
