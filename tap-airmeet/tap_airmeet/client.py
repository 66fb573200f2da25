"""Airmeet's public API: its two families of envelopes and errors.

Source: "Event Details" of the vendor's help centre (help.airmeet.com, article 82000909768), cited
below by its headings. Where long-used clients see something else than the article says, that is
said too.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

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
    count_of,
    texts_in,
)
from tap_airmeet.auth import AMBIGUOUS, TokenAuthenticator

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from event_taps_core import ApiResponse, StreamStats

T = TypeVar("T")

EVENTS_PATH: Final = "/airmeets"

_SUCCESS: Final = 2
_MESSAGES: Final = ("statusMessage", "message")
_TROUBLE: Final = re.compile(
    r"(?<!\bno )(?<!\bwithout )\b(error|exception|fail|unable|cannot|could not|something went wrong"
    r"|denied|unavailable|tim(ed|e)[ -]?out|try again)",
    re.IGNORECASE,
)


class AmbiguousRefusal(AccessDenied):
    """A refusal that is about the token or about the id: the vendor says the same for both."""


class AirmeetClient(ApiClient):
    """Reads status and body of each answer, and tells a bad token from a bad id."""

    host_setting = "the setting region, or api_url (the base with its path /prod)"
    # The vendor wants the content type of GET too.
    headers: ClassVar = {**ApiClient.headers, "Content-Type": "application/json"}
    authenticator: TokenAuthenticator

    @override
    def make_authenticator(self) -> Authenticator:
        return TokenAuthenticator(
            settings="the settings access_key and secret_key (Airmeet dashboard, Integrations, "
            "API Access Key) and region: keys work only in the region of their community"
        )

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
        token = self.authenticator.headers()
        try:
            return super().send(request, stats, parse, max_retries=max_retries)
        except AmbiguousRefusal:
            smallest = HTTPRequest(self.base_url + EVENTS_PATH, params={"size": 1})
            super().send(smallest, stats, lambda _: None)
            if token in ({}, self.authenticator.headers()):
                raise
        return super().send(request, stats, parse, max_retries=max_retries)

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        """Read HTTP status and body: errors come under HTTP 200 too, and mean the same there.

        "Session status is not valid" and "Airmeet status is not valid" are bodies with `statusCode`
        400, under HTTP 200: attendance exists only once a session or event is FINISHED.
        """
        problem, body = super().classify(response), None
        try:
            body = response.json()
        except BadResponse as unreadable:
            problem = problem or unreadable
        if not isinstance(body, dict):
            problem, body = problem or BadResponse("JSON without the documented envelope"), {}
        status = _status_of(body)
        if problem is None and (status // 100 != _SUCCESS or status == HTTPStatus.ACCEPTED):
            response.status_code = status  # so it means what it would mean as that of HTTP
            problem = super().classify(response)
        status = response.status_code
        message = str(next(filter(None, map(body.get, _MESSAGES)), ""))
        if status >= HTTPStatus.BAD_REQUEST and "status is not valid" in message.lower():
            problem = NotFound(message)
        elif status in {*AMBIGUOUS, HTTPStatus.PRECONDITION_FAILED}:
            is_about_token = status not in AMBIGUOUS or _holds_no_id(response)
            kind = CredentialsExpired if is_about_token else AmbiguousRefusal
            problem = kind(f"HTTP {status}")
        if problem is None or isinstance(problem, (NotReady, NotFound)):
            self.authenticator.token_has_worked = True
        return problem


def _status_of(body: dict[str, Any]) -> int:
    """Return the body's own status, by `statusCode` (newer endpoints) or `success`."""
    code = str(body.get("statusCode"))[:3]  # one of the vendor's endpoints writes "2000"
    if code.isdecimal():
        return int(code)
    if str(body.get("success")).lower() == "false":
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.OK


def _holds_no_id(response: requests.Response) -> bool:
    """Say whether only the token can be wrong: no id in the path, no cursor in the query."""
    return urlsplit(response.url).path.endswith(EVENTS_PATH) and _is_first_page(response)


def _is_first_page(response: requests.Response) -> bool:
    """Say whether an answer is about the beginning of a list."""
    query = parse_qs(urlsplit(response.url).query)
    return "after" not in query and query.get("pageNumber", ["1"]) == ["1"]


def cursors_of(response: requests.Response) -> dict[str, Any]:
    """Return the answer's cursors, null and absent ones as an empty object."""
    cursors = response.json().get("cursors")
    return cursors if isinstance(cursors, dict) else {}


def doubt_about_nothing(response: requests.Response) -> str:
    """Say why an empty list in an answer with status 200 is no proof, if it is none.

    It names an error, or it is about the beginning of a list, and counts rows or further pages.
    """
    body = response.json()
    others = {name: value for name, value in body.items() if value and name not in _MESSAGES}
    messages = "; ".join(str(body.get(name)) for name in _MESSAGES)
    if texts_in(others, is_error=False) or _TROUBLE.search(messages):
        return "and an error beside it"
    cursors = cursors_of(response)
    counts = (cursors.get("totalCount"), body.get("totalUserCount"), body.get("recordingsCount"))
    has_rows = any(map(count_of, counts)) or (count_of(cursors.get("pageCount")) or 0) > 1
    return "though the answer counts rows" if has_rows and _is_first_page(response) else ""
