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
    ApiClient,
    ApiError,
    Authenticator,
    BadResponse,
    NotFound,
    snake_case,
    texts_in,
)
from tap_meetings_export.envelope import objects_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from event_taps_core import ApiResponse

MEETINGS_PATH: Final = "/api/v2/meetings/export"
PARTICIPANTS_PATH: Final = "/api/v2/participants/{event_id}/list"

_KNOWN_ENDING: Final = re.compile(
    r"(?<![:/])(/+api(/+v2(/+meetings/+export)?)?)?/*$", re.IGNORECASE
)

_BAD_REQUESTS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_STATUS_OF_FAILURE: Final = re.compile("[345][0-9]{2}")
_SUCCESS: Final = re.compile("(2[0-9]{2}|ok|success|successful|true)?")
_FAILURE: Final = re.compile("errors?|fail(ed|ure)?|false|exception")
_NO_ERROR: Final = re.compile("0|false|no|none|null")
_CODES: Final = ("code", "status_code")
_VERDICTS: Final = ("code", "status", "result", "type", "success", "ok")


class BadRequest(BadResponse):
    """The vendor does not like a parameter: an order that it does not know, a page past the end."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retries=0)


class ExpoPlatformClient(ApiClient):
    """Sends the key as it was given, and reads the status of HTTP and that in the body."""

    host_setting = (
        "the settings api_url (what ExpoPlatform names with the key, usually "
        "https://api-<customer>.expoplatform.com) and event_ids"
    )

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        """Take the base with or without `/api/v2`, the export's path and slashes behind it."""
        super().__init__(_KNOWN_ENDING.sub("", base_url), config, paths)

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
        status: int = HTTPStatus.OK
        try:
            status = status_in(response.json())
        except BadResponse as unreadable:
            if isinstance(problem, NotFound):
                return BadResponse(f"{problem.what} without JSON, so not from this API")
            problem = problem or unreadable
        if problem is None and status != HTTPStatus.OK:
            response.status_code = status  # so it means what it would mean as that of HTTP
            problem = super().classify(response)
        is_bad_request = response.status_code in _BAD_REQUESTS
        return BadRequest(f"HTTP {response.status_code}") if is_bad_request else problem


def status_in(body: Any) -> int:
    """Return the status that a body names: 500 for an error without one, 200 if there is none.

    It may stand beside the list or within, wherever counts may; rows are not looked at.
    """
    statuses = (_status_of(place) for place in objects_of(body))
    return next((status for status in statuses if status != HTTPStatus.OK), HTTPStatus.OK)


def _status_of(place: dict[str, Any]) -> int:
    """Return the status that one object names: its code, or that of its error, or its verdict."""
    named = {snake_case(name): value for name, value in place.items()}
    codes = [_word(named.get(name)) for name in _CODES]
    status = _word(named.get("status"))
    failed = next(filter(_STATUS_OF_FAILURE.fullmatch, (*codes, status)), None)
    if failed is not None:
        return int(failed)
    for error in filter(None, (named.get("error"), named.get("errors"))):
        if not _NO_ERROR.fullmatch(_word(error)):
            inner = status_in(error[0] if isinstance(error, list) else error)
            return HTTPStatus.INTERNAL_SERVER_ERROR if inner == HTTPStatus.OK else inner
    has_failed = any(_FAILURE.fullmatch(_word(named.get(name))) for name in _VERDICTS)
    is_odd = status == "0" or not all(map(_SUCCESS.fullmatch, codes))
    if has_failed or (is_odd and texts_in(place, is_error=False)):  # else it may mean anything
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.OK


def _word(value: Any) -> str:
    """Return a text, a boolean or a whole number as a word to compare; nothing of anything else."""
    return str(value).strip(" .!").casefold() if isinstance(value, (str, int)) else ""
