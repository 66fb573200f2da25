"""ExpoPlatform's Open API v2: its key, and what its answers mean.

Sources, all of the vendor's help centre (help.expoplatform.com/admin-home/...): "Meetings API",
"API Keys", "Guidelines for using ExpoPlatform API", "Account Get - Entire Participant List". None
of them shows an answer or an error: what bodies may look like is said where it is read.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec
from typing_extensions import override

from event_taps_core import Absent, Answer, ApiClient, Broken, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core import ApiResponse

API_PREFIX: Final = "/api/v2"
MEETINGS_PATH: Final = f"{API_PREFIX}/meetings/export"
PARTICIPANTS_PATH: Final = f"{API_PREFIX}/participants/{{event_id}}/list"

_SUCCESS: Final = 2
_REDIRECTS: Final = 3
_BAD_REQUESTS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_WRONG_KEYS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_MESSAGES: Final = ("message", "error", "errors", "error_message", "description", "detail")
_LONGEST_MESSAGE: Final = 500


class BadRequest(Broken):
    """The vendor does not like a parameter: an order that it does not know, a page past the end."""


class ExpoPlatformClient(ApiClient):
    """Sends the key as it was given, and reads the status of HTTP and that in the body."""

    reads = (MEETINGS_PATH, PARTICIPANTS_PATH.format(event_id="{}"))
    host_setting = (
        "the settings api_url (what ExpoPlatform names with the key, usually "
        "https://api-<customer>.expoplatform.com) and event_ids"
    )
    credential_settings = (
        "the settings api_key (it is good for one cycle of an event, and switched off when the "
        "show is over) and event_ids"
    )

    def __init__(self, base_url: str, config: Mapping[str, Any]) -> None:
        super().__init__(without_prefix(base_url), config)

    @override
    def headers(self) -> dict[str, str]:
        """Authenticate ("API Keys"): `Basic` and the key, which is no base64 of a pair."""
        return {**super().headers(), "Authorization": f"Basic {self.config['api_key']}"}

    @override
    def classify(self, response: ApiResponse) -> Answer | None:
        """Read the status of HTTP, and where it has no objection, that in the body.

        Version 1 of the API puts a `code` into its bodies; so an error may come with HTTP 200.
        """
        problem = super().classify(response)
        if problem is None:
            body = response.json()
            status = status_in(body)
            return None if status // 100 == _SUCCESS else _problem(status, body)
        try:
            body = response.json()
        except Broken:
            body = None
        status = response.status_code
        if status // 100 == _REDIRECTS:
            target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
            said = f"HTTP {status}: a redirect to {target.hostname}{target.path}"
            return Broken(said, retries=0, elsewhere=True)
        if status in _BAD_REQUESTS or isinstance(problem, (Absent, Refused)):
            return _problem(status, body)
        problem.reason = _said(status, body)
        return problem


def without_prefix(api_url: str) -> str:
    """Return the base without `/api/v2`, with which it may be given, and without slashes.

    >>> without_prefix("https://api-x.expoplatform.com/api/v2/")
    'https://api-x.expoplatform.com'
    """
    return api_url.rstrip("/").removesuffix(API_PREFIX).rstrip("/")


def status_in(body: Any) -> int:
    """Return the status that a body names, 200 if it names none."""
    if not isinstance(body, dict):
        return HTTPStatus.OK
    for name in ("code", "status", "status_code", "statusCode"):
        value = body.get(name)
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if type(value) is int and HTTPStatus.OK <= value <= 599:  # noqa: PLR2004 - the last status
            return value
    return HTTPStatus.INTERNAL_SERVER_ERROR if body.get("success") is False else HTTPStatus.OK


def _problem(status: int, body: Any) -> Answer:
    """Say what a status means, whether it came by HTTP or in a body."""
    said = _said(status, body)
    if status in _WRONG_KEYS:
        return Refused(said)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return Absent(said)
    if status in _BAD_REQUESTS:
        return BadRequest(said, retries=0)
    return Broken(said, throttled=status == HTTPStatus.TOO_MANY_REQUESTS)


def _said(status: int, body: Any) -> str:
    message = message_in(body)
    return f"HTTP {status}: {message}" if message else f"HTTP {status}"


def message_in(body: Any) -> str:
    """Return the vendor's words about an error; where it puts them is not documented."""
    if not isinstance(body, dict):
        return ""
    for name in _MESSAGES:
        value = body.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = message_in(value)
        if isinstance(value, str) and value:
            return " ".join(value.split())[:_LONGEST_MESSAGE]
    if any(isinstance(value, (dict, list)) for value in body.values()):
        return ""  # it may hold people
    return msgspec.json.encode(body).decode()[:_LONGEST_MESSAGE]
