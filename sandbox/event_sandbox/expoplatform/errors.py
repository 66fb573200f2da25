"""Errors: that there is JSON with a message is said, and nothing about its form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from event_sandbox.wire import Refusal, json_response

if TYPE_CHECKING:
    from starlette.responses import Response

    from event_sandbox.switches import Positions


def refusal(positions: Positions, status: int, message: str) -> Refusal:
    """Refuse, with an HTTP status or, as version 1 may do, with a code in the body only."""
    if positions["errors"] == "code_at_200":
        code = body_code(positions, status)
        return Refusal(json_response({"code": code, "message": message}))
    return Refusal(error(positions, status, message))


def body_code(positions: Positions, status: int) -> int | str:
    """Give the code that bodies carry."""
    return str(status) if positions["body_code"] == "text" else status


def error(positions: Positions, status: int, message: str) -> Response:
    """Give an error with an HTTP status."""
    told = {"code": body_code(positions, status), "message": message}
    forms: dict[str, dict[str, Any]] = {
        "error": {"error": message},
        "message": {"message": message},
        "errors": {"errors": [told]},
        "code": told,
    }
    return json_response(forms[positions["error_body"]], status)
