"""ExpoPlatform's Open API v2: its key, and what its answers mean.

Sources, all of the vendor's help centre (help.expoplatform.com/admin-home/...): "Meetings API",
"API Keys", "Guidelines for using ExpoPlatform API", "Account Get - Entire Participant List". None
of them shows an answer or an error: what bodies may look like is said where it is read.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from event_taps_core import (
    AccessDenied,
    ApiClient,
    ApiError,
    Authenticator,
    BadResponse,
    NotFound,
    Redirected,
    TooManyRequests,
    snake_case,
    texts_in,
)
from tap_meetings_export.envelope import objects_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from event_taps_core import ApiResponse

API_PREFIX: Final = "/api/v2"
MEETINGS_PATH: Final = f"{API_PREFIX}/meetings/export"
PARTICIPANTS_PATH: Final = f"{API_PREFIX}/participants/{{event_id}}/list"

_SUCCESS: Final = 2
_BAD_REQUESTS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_WRONG_KEYS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_ABSENT: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_CODES: Final = ("code", "status_code")
_VERDICTS: Final = ("code", "status", "result", "type", "success", "ok")
_ERRORS: Final = ("error", "errors")
_FAILURES: Final = frozenset({"error", "errors", "fail", "failed", "failure", "false", "exception"})
_SUCCESSES: Final = frozenset({"ok", "success", "successful"})
_NO_ERROR: Final = frozenset({"0", "false", "no", "none", "null"})
_LAST_STATUS: Final = 599

_KNOWN_ENDING: Final = re.compile(r"(?<![:/])/+api(/+v2(/+meetings/+export)?)?/*$", re.IGNORECASE)


class BadRequest(BadResponse):
    """The vendor does not like a parameter: an order that it does not know, a page past the end."""


class ExpoPlatformClient(ApiClient):
    """Sends the key as it was given, and reads the status of HTTP and that in the body."""

    host_setting = (
        "the settings api_url (what ExpoPlatform names with the key, usually "
        "https://api-<customer>.expoplatform.com) and event_ids"
    )

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        super().__init__(without_prefix(base_url), config, paths)

    @override
    def make_authenticator(self) -> Authenticator:
        """Send the key ("API Keys"): `Basic` and the key, which is no base64 of a pair."""
        return Authenticator(
            {"Authorization": f"Basic {self.config['api_key']}"},
            "the settings api_key (it is good for one cycle of an event, and switched off when the "
            "show is over) and event_ids",
        )

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        """Read the status of HTTP, and where that is 200, the one in the body.

        Version 1 of the API puts a `code` into its bodies; so an error may come with HTTP 200, and
        beside a list without rows. A 404 without JSON is a proxy's or a web server's: it says
        nothing about an event.
        """
        problem = super().classify(response)
        if isinstance(problem, Redirected):
            return problem
        try:
            body = response.json()
        except BadResponse as unreadable:
            if problem is None:
                return unreadable
            body = None
        if problem is None:
            status = status_in(body)
            return None if status // 100 == _SUCCESS else _problem(status)
        status = response.status_code
        if status in _ABSENT and body is None:
            return BadResponse(f"HTTP {status} without JSON, so not from this API")
        if status in _BAD_REQUESTS or isinstance(problem, (NotFound, AccessDenied)):
            return _problem(status)
        return problem


def without_prefix(api_url: str) -> str:
    """Return the base without what it may be given with: `/api/v2`, the export's path, slashes.

    >>> without_prefix("https://api-x.expoplatform.com/api/v2/")
    'https://api-x.expoplatform.com'
    """
    return _KNOWN_ENDING.sub("", api_url.rstrip("/")).rstrip("/")


def status_in(body: Any) -> int:
    """Return the status that a body names: 500 for an error without one, 200 if there is none.

    It may stand beside the list or within, wherever counts may; rows are not looked at.
    """
    statuses = (_status_of(place) for place in objects_of(body))
    return next((status for status in statuses if status != HTTPStatus.OK), HTTPStatus.OK)


def _status_of(place: dict[str, Any]) -> int:
    """Return the status that one object names: its code, or that of its error, or its verdict."""
    named = {snake_case(name): value for name, value in place.items()}
    for code in (named.get(name) for name in (*_CODES, "status")):
        if HTTPStatus.MULTIPLE_CHOICES <= _number(code) <= _LAST_STATUS:
            return _number(code)
    for error in (named.get(name) for name in _ERRORS):
        if not _says_nothing(error):
            inner = error[0] if isinstance(error, list) else error
            status = status_in(inner)
            return HTTPStatus.INTERNAL_SERVER_ERROR if status == HTTPStatus.OK else status
    has_failed = any(_is_failure(named.get(name)) for name in _VERDICTS) or (
        bool(texts_in(place, is_error=False))
        and (_number(named.get("status")) == 0 or any(_is_odd(named.get(name)) for name in _CODES))
    )
    return HTTPStatus.INTERNAL_SERVER_ERROR if has_failed else HTTPStatus.OK


def _number(value: Any) -> int:
    """Return a code as a number; -1 if it is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if type(value) is int else -1


def _word(value: Any) -> str:
    return value.strip(" .!").casefold() if isinstance(value, str) else ""


def _says_nothing(error: Any) -> bool:
    return not error or _word(error) in _NO_ERROR


def _is_failure(verdict: Any) -> bool:
    return verdict is False or _word(verdict) in _FAILURES


def _is_odd(code: Any) -> bool:
    """Say whether a code is none of success; one without a message may mean anything."""
    if _number(code) < 0:
        return bool(_word(code)) and _word(code) not in _SUCCESSES
    return _number(code) // 100 != _SUCCESS


def _problem(status: int) -> ApiError:
    """Say what a status means, whether it came by HTTP or in a body."""
    reason = f"HTTP {status}"
    if status in _WRONG_KEYS:
        return AccessDenied(reason)
    if status in _ABSENT:
        return NotFound(reason)
    if status in _BAD_REQUESTS:
        return BadRequest(reason, retries=0)
    return (
        TooManyRequests(reason) if status == HTTPStatus.TOO_MANY_REQUESTS else BadResponse(reason)
    )
