"""Airmeet's public API: its two families of envelopes and errors.

Source: "Event Details" of the vendor's help centre (help.airmeet.com, article 82000909768), cited
below by its headings. Where long-used clients see something else than the article says, that is
said too.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar
from urllib.parse import urlsplit

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    AccessDenied,
    ApiClient,
    ApiError,
    Authenticator,
    BadResponse,
    CredentialsExpired,
    NotFound,
    NotReady,
    TooManyRequests,
    texts_in,
)
from tap_airmeet.auth import AMBIGUOUS, CONTENT_TYPE, TokenAuthenticator

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_taps_core import ApiResponse, StreamStats

T = TypeVar("T")

EVENTS_PATH: Final = "/airmeets"

_SUCCESS: Final = 2
_NOT_YET: Final = "status is not valid"
_MESSAGES: Final = ("statusMessage", "message")
_TROUBLE: Final = re.compile(
    r"(?<!\bno )(?<!\bwithout )\b(error|exception|fail|unable|cannot|could not|something went wrong"
    r"|denied|unavailable|tim(ed|e)[ -]?out|try again)",
    re.IGNORECASE,
)


class AmbiguousRefusal(AccessDenied):
    """A refusal that is about the token or about the id: the vendor says the same for both."""


_MEANINGS: Final[dict[int, type[NotFound | CredentialsExpired | NotReady | AccessDenied]]] = {
    HTTPStatus.ACCEPTED: NotReady,
    HTTPStatus.FORBIDDEN: AccessDenied,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.PRECONDITION_FAILED: CredentialsExpired,
}


class AirmeetClient(ApiClient):
    """Reads status and body of each answer, and tells a bad token from a bad id."""

    host_setting = "the setting region, or api_url (the base with its path /prod)"
    headers: ClassVar = {**ApiClient.headers, **CONTENT_TYPE}
    authenticator: TokenAuthenticator

    @override
    def make_authenticator(self) -> Authenticator:
        return TokenAuthenticator()

    @override
    def send(
        self,
        request: HTTPRequest,
        stats: StreamStats,
        parse: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Tell a bad token from a bad id, which 400 and 401 both may mean.

        The newer endpoints are documented to answer 400 to a bad token, to an event of another
        community and to an unknown id (headings 4.5 to 4.14). So the list of events is asked,
        which holds no id: refused there, the token is renewed, and this request repeated once.
        """
        token = self.authenticator.token
        try:
            return super().send(request, stats, parse, max_retries=max_retries)
        except AmbiguousRefusal:
            smallest = HTTPRequest(self.base_url + EVENTS_PATH, params={"size": 1})
            super().send(smallest, stats, lambda _: None)
            if token in (None, self.authenticator.token):
                raise
        return super().send(request, stats, parse, max_retries=max_retries)

    # What answers mean

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        """Read HTTP status and body: errors come under HTTP 200 too.

        "Session status is not valid" and "Airmeet status is not valid" are bodies with `statusCode`
        400, under HTTP 200: attendance exists only once a session or event is FINISHED.
        """
        problem = _meaning_of(response, super().classify(response))
        if problem is None or isinstance(problem, (NotReady, NotFound)):
            self.authenticator.token_has_worked = True
        return problem


def _meaning_of(response: ApiResponse, problem: ApiError | None) -> ApiError | None:
    """Say what an answer is: by the body's status where that of HTTP is 200.

    Args:
        response: The answer.
        problem: What it is by its status of HTTP alone.
    """
    try:
        body = response.json()
        no_envelope = BadResponse("JSON without the documented envelope")
    except BadResponse as unreadable:
        body, no_envelope = None, unreadable
    if not isinstance(body, dict):
        if problem is None:
            return no_envelope
        body = {}
    status = response.status_code if problem else _status_of(body)
    reason, message = f"HTTP {status}", _message_of(body)
    if status >= HTTPStatus.BAD_REQUEST and _NOT_YET in message.lower():
        return NotFound(message)
    if status in AMBIGUOUS:
        return CredentialsExpired(reason) if _holds_no_id(response) else AmbiguousRefusal(reason)
    if status in _MEANINGS and not isinstance(problem, NotReady):
        return _MEANINGS[status](reason)
    if problem is None and status // 100 != _SUCCESS:
        is_busy = status == HTTPStatus.TOO_MANY_REQUESTS
        return TooManyRequests(reason) if is_busy else BadResponse(reason)
    return problem


def _status_of(body: dict[str, Any]) -> int:
    """Return the body's own status, by `statusCode` (newer endpoints) or `success`."""
    code = str(body.get("statusCode"))[:3]  # one of the vendor's endpoints writes "2000"
    if code.isdecimal():
        return int(code)
    if str(body.get("success")).lower() == "false":
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.OK


def _message_of(body: dict[str, Any]) -> str:
    return str(next(filter(None, map(body.get, _MESSAGES)), ""))


def names_trouble(body: dict[str, Any]) -> bool:
    """Say whether an answer with status 200 names an error: then an empty list is no proof."""
    others = {name: value for name, value in body.items() if value and name not in _MESSAGES}
    messages = "; ".join(str(body.get(name)) for name in _MESSAGES)
    return bool(texts_in(others, is_error=False) or _TROUBLE.search(messages))


def _holds_no_id(response: ApiResponse) -> bool:
    """Say whether only the token can be wrong: no id in the path, no cursor in the query."""
    url = urlsplit(response.url)
    return url.path.endswith(EVENTS_PATH) and "after=" not in url.query
