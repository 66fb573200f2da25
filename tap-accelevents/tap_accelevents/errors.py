"""What Accelevents' errors mean: by their numeric codes, which are all that is documented of them.

The pages tabulate codes without saying under which status they come, or where in a body they are.
Their first digits are those of a status of HTTP.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_taps_core import AccessDenied, ApiError, BadResponse, NotFound, TooManyRequests

if TYPE_CHECKING:
    from event_taps_core import ApiResponse

_UNKNOWN_URL: Final = "40600013"
SHORTEST_CODE: Final = len("404800")
"""What has fewer digits is no code of the API, but a status."""

_CODE: Final = re.compile(r"\d{3,8}", re.ASCII)
_FAILED: Final = frozenset({"fail", "failed", "failure", "error"})

_BY_CODE: Final[dict[str, type[NotFound | AccessDenied | TooManyRequests]]] = {
    "401": AccessDenied,
    "403": AccessDenied,
    "404": NotFound,
    "429": TooManyRequests,
    "4060906": NotFound,
    "4060918": NotFound,
}
"""What codes mean: by their first three digits, or one by one where these lead astray."""

_IN_WORDS: Final = {
    "4010101": "not authorised",
    "4030101": "not of the event's staff",
    "4030201": "not the event's host",
    "4040027": "no such exhibitor",
    "4040028": "no such sponsor",
    "4040200": "no such event",
    "404800": "no such session",
    "4060906": "no such exhibitor",
    "4060918": "no such sponsor",
    _UNKNOWN_URL: "no such URL",
}


class NoSuchPath(BadResponse):
    """A 404 that does not say what is missing: where something is listed, it is the path."""


class BadRequest(BadResponse):
    """A 400: the same question may have an answer if it is put in other words."""


def described(reason: str, response: ApiResponse, code: str) -> str:
    """Add a code to a reason, if it says more than the status."""
    if not code or code == str(response.status_code):
        return reason
    return f"{reason}: {code} {_IN_WORDS.get(code, '')}".rstrip()


def meaning_of(response: ApiResponse, code: str, reason: str) -> ApiError | None:
    """Return what a code of the vendor means, or a status: 4030201 is a 403."""
    if code == _UNKNOWN_URL:
        return BadResponse(reason, retries=0)
    kind = _BY_CODE.get(code) or _BY_CODE.get(code[:3])
    if kind is not None and len(code) >= SHORTEST_CODE:
        return kind(reason)
    if response.status_code == HTTPStatus.NOT_FOUND:
        return NoSuchPath(reason, retries=0)
    if response.status_code == HTTPStatus.BAD_REQUEST:
        return BadRequest(reason, retries=0)
    return None


def is_about_the_key(response: ApiResponse, code: str) -> bool:
    """Say whether an error is that the key is not accepted, or not in this header."""
    return response.status_code == HTTPStatus.UNAUTHORIZED or (
        code.startswith("401") and len(code) >= SHORTEST_CODE
    )


def error_in(response: ApiResponse, problem: ApiError | None) -> tuple[bool, str]:
    """Say whether an answer is an error, and return its code, if it has one.

    The shape is not documented. Lists have a member `error`, which may be set in a 200; clients
    read `errorCode` or `code`.

    Raises:
        BadResponse: If HTTP says 200 and the body is not JSON.
    """
    try:
        body = response.json()
    except BadResponse:
        if problem is None:
            raise
        return True, ""
    if not isinstance(body, dict):
        return problem is not None, ""
    error, code = body.get("error"), body.get("errorCode")
    has_failed = str(body.get("type")).lower() in _FAILED
    if problem is None and not error and not code and not has_failed:
        return False, ""
    inner = error if isinstance(error, dict) else {}
    code = str(code or body.get("code") or inner.get("errorCode") or inner.get("code"))
    return True, code if _CODE.fullmatch(code) else ""
