"""Errors. None is documented but that they can be passed alongside the data."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

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


def error_at_200(positions: Positions, message: str) -> Response:
    """Give an error beside an empty list of rows."""
    return json_response({"output": [], **error_members(positions, message)})


def page(status: int, message: str) -> Response:
    """Give a page of the web site."""
    text = (
        f"<!doctype html><html><head><title>{message}</title></head><body>{message}</body></html>"
    )
    return HTMLResponse(text, status)


def bad_key(positions: Positions, *, is_test: bool) -> Response:
    """Refuse a key pair that is wrong, missing or disabled."""
    form = positions["bad_key"]
    message = "The API key is not valid."
    if form == "200_false":
        return json_response({"authenticated": False})
    if form == "200_error":
        authenticated = {"authenticated": False} if is_test else {}
        return json_response({**authenticated, **error_members(positions, message)})
    return error(positions, int(form), message)


def wrong_request(positions: Positions, message: str) -> Response:
    """Refuse an account or a data method that is not there."""
    form = positions["wrong_request"]
    if form == "200_empty":
        return json_response({"output": []})
    if form == "200_error":
        return error_at_200(positions, message)
    return error(positions, int(form), message)


def breach(positions: Positions) -> Response:
    """Answer a call too many."""
    form = positions["breach_answer"]
    message = "Rate limit exceeded: 10 calls in each 5 second interval."
    if form == "200_error":
        return error_at_200(positions, message)
    if form == "503_page":
        return page(503, "Too many requests")
    response = error(positions, int(form[:3]), message)
    if form == "429_retry_after":
        response.headers["Retry-After"] = "5"
    return response
