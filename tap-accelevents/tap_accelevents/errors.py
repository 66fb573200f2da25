"""What Accelevents' errors mean: by their numeric codes, which are all that is documented of them.

The pages tabulate codes without saying under which status they come, or where in a body they are.
Their first digits are those of a status of HTTP.
"""

from __future__ import annotations

import re
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_taps_core import (
    AccessDenied,
    ApiError,
    BadResponse,
    CredentialsExpired,
    NotFound,
    TooManyRequests,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_taps_core import ApiResponse, Row

_UNKNOWN_URL: Final = "40600013"
SHORTEST_CODE: Final = len("404800")
"""What has fewer digits is no code of the API, but a status."""

_CODE: Final = re.compile(r"\d{3,8}", re.ASCII)
_FAILED: Final = frozenset({"fail", "failed", "failure", "error"})


class NoSuchPath(BadResponse):
    """A 404 that does not say what is missing: where something is listed, it is the path."""


class BadRequest(BadResponse):
    """A 400: the same question may have an answer if it is put in other words."""


_BY_CODE: Final[dict[str, Callable[[str], ApiError]]] = {
    "401": CredentialsExpired,
    "403": AccessDenied,
    "404": NotFound,
    "429": TooManyRequests,
    "4060906": NotFound,
    "4060918": NotFound,
    _UNKNOWN_URL: partial(BadResponse, retries=0),
}
"""What codes mean: by their first three digits, or one by one where these lead astray."""

_BY_STATUS: Final[dict[int, Callable[[str], ApiError]]] = {
    HTTPStatus.UNAUTHORIZED: CredentialsExpired,
    HTTPStatus.BAD_REQUEST: partial(BadRequest, retries=0),
    HTTPStatus.NOT_FOUND: partial(NoSuchPath, retries=0),
}
"""What statuses mean that have no such code, where that is not the same for any API; 401 means it
with any code."""

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


def error_in(response: ApiResponse, problem: ApiError | None) -> tuple[ApiError | None, str]:
    """Return what an answer is, `problem` by its status alone, and the code of an error, if any.

    The shape of errors is not documented. Lists have a member `error`, which may be set in a 200:
    that is no sign of a server with too much to do, so it need not be given time. Clients read
    `errorCode` or `code`.
    """
    try:
        body = response.json()
    except BadResponse as unreadable:
        body, problem = None, problem or unreadable
    said: Row = body if isinstance(body, dict) else {}
    if problem is None:
        is_failure = str(said.get("type")).lower() in _FAILED
        if not (is_failure or said.get("error") or said.get("errorCode")):
            return None, ""
        problem = BadResponse("HTTP 200 with an error", at_once=True)
    code, status = _code_in(said), response.status_code
    if code and code != str(status):
        problem.what = f"{problem.what}: {code} {_IN_WORDS.get(code, '')}".rstrip()
    meaning = _BY_STATUS.get(status)
    if status != HTTPStatus.UNAUTHORIZED and len(code) >= SHORTEST_CODE:
        meaning = _BY_CODE.get(code) or _BY_CODE.get(code[:3]) or meaning
    return meaning(problem.what) if meaning else problem, code


def _code_in(said: Row) -> str:
    places = [place for place in (said, said.get("error")) if isinstance(place, dict)]
    codes = [place.get(name) for place in places for name in ("errorCode", "code")]
    code = str(next(filter(None, codes), ""))
    return code if _CODE.fullmatch(code) else ""
