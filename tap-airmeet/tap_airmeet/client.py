"""Airmeet's public API: its token, its two families of envelopes and errors.

Source: "Event Details" of the vendor's help centre (help.airmeet.com, article 82000909768), cited
below by its headings. Where long-used clients see something else than the article says, that is
said too.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    Absent,
    Answer,
    ApiClient,
    Broken,
    Expired,
    Pending,
    Refused,
    TooManyRequests,
    texts_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from event_taps_core import ApiResponse
    from event_taps_core.summary import StreamTally

T = TypeVar("T")

AUTH_PATH: Final = "/auth"
EVENTS_PATH: Final = "/airmeets"

_JSON: Final = {"Content-Type": "application/json"}
_AMBIGUOUS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})
_SUCCESS: Final = 2
_NOT_YET: Final = "status is not valid"
_MESSAGES: Final = ("statusMessage", "message")
_TROUBLE: Final = re.compile(
    r"(?<!\bno )(?<!\bwithout )\b(error|exception|fail|unable|cannot|could not|something went wrong"
    r"|denied|unavailable|tim(ed|e)[ -]?out|try again)",
    re.IGNORECASE,
)


class Doubtful(Refused):
    """A refusal that is about the token or about the id: the vendor says the same for both."""


_MEANINGS: Final[dict[int, type[Absent | Expired | Pending | Refused]]] = {
    HTTPStatus.ACCEPTED: Pending,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: Absent,
    HTTPStatus.PRECONDITION_FAILED: Expired,
}


class AirmeetClient(ApiClient):
    """Exchanges the two keys for a token, sends it, and reads status and body of each answer."""

    reads = (
        EVENTS_PATH,
        "/airmeet/{}/participants",
        "/airmeet/{}/info",
        "/airmeet/{}/custom-fields",
        "/airmeet/{}/attendees",
        "/session/{}/attendees",
        "/airmeet/{}/booths",
        "/airmeet/{}/booth/{}/booth-attendance",
        "/airmeet/{}/polls",
        "/airmeet/{}/questions",
        "/airmeet/{}/tracks",
        "/airmeet/{}/utms",
        "/airmeet/{}/session-recordings",
        "/airmeet/{}/event-replay-attendees",
    )
    host_setting = "the setting region, or api_url (the base with its path /prod)"
    credential_paths = (AUTH_PATH,)
    credential_settings = (
        "the settings access_key and secret_key (Airmeet dashboard, Integrations, API Access Key) "
        "and region: keys work only in the region of their community"
    )

    def __init__(self, base_url: str, config: Mapping[str, Any]) -> None:
        super().__init__(base_url, config)
        self._token: str | None = None
        self._token_has_worked = False

    # The token (heading "Authentication")

    @override
    def headers(self) -> dict[str, str]:
        """Authenticate, and say `Content-Type`, which the vendor wants of GET too."""
        return {**super().headers(), **_JSON, "X-Airmeet-Access-Token": self._token or ""}

    @property
    @override
    def has_credentials(self) -> bool:
        return self._token is not None

    @override
    def renew_credentials(self) -> None:
        """Exchange the keys for a token, which is good for 30 days.

        A new one does not help where the last one never worked: that would be a loop.
        """
        if self._token is not None and not self._token_has_worked:
            msg = "a new access token is refused at once"
            raise Refused(msg)
        keys = {
            "X-Airmeet-Access-Key": self.config["access_key"],
            "X-Airmeet-Secret-Key": self.config["secret_key"],
        }
        token = self.post_credentials(AUTH_PATH, {**_JSON, **keys}, token_of)
        self.redaction.hide(token)
        self._token_has_worked = False
        self._token = token

    @override
    def ask(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Tell a bad token from a bad id, which 400 and 401 both may mean.

        The newer endpoints are documented to answer 400 to a bad token, to an event of another
        community and to an unknown id (headings 4.5 to 4.14). So the list of events is asked,
        which holds no id: refused there, the token is renewed, and this request repeated once.
        """
        token = self._token
        try:
            return super().ask(request, tally, extract, max_retries=max_retries)
        except Doubtful:
            smallest = HTTPRequest(self.base_url + EVENTS_PATH, params={"size": 1})
            super().ask(smallest, tally, lambda _: None)
            if token in (None, self._token):
                raise
        return super().ask(request, tally, extract, max_retries=max_retries)

    # What answers mean

    @override
    def classify(self, response: ApiResponse) -> Answer | None:
        """Read HTTP status and body: errors come under HTTP 200 too.

        "Session status is not valid" and "Airmeet status is not valid" are bodies with `statusCode`
        400, under HTTP 200: attendance exists only once a session or event is FINISHED.
        """
        problem = super().classify(response)
        status, message = _said(response, problem)
        said = f"HTTP {status}"
        if status >= HTTPStatus.BAD_REQUEST and _NOT_YET in message.lower():
            problem = Absent(message)
        elif status in _AMBIGUOUS:
            problem = Expired(said) if _holds_no_id(response) else Doubtful(said)
        elif status in _MEANINGS:
            problem = problem if isinstance(problem, Pending) else _MEANINGS[status](said)
        elif problem is None and status == HTTPStatus.TOO_MANY_REQUESTS:
            problem = TooManyRequests(said)
        elif problem is None and status // 100 != _SUCCESS:
            problem = Broken(said)
        if problem is None or isinstance(problem, (Pending, Absent)):
            self._token_has_worked = True
        return problem


def _said(response: ApiResponse, problem: Answer | None) -> tuple[int, str]:
    """Return the status that counts, the body's where HTTP has no objection, and the message.

    Raises:
        Broken: If HTTP says 200 and the body is none of the vendor's.
    """
    try:
        body = response.json()
    except Broken:
        if problem is None:
            raise
        body = None
    if not isinstance(body, dict):
        if problem is None:
            msg = "JSON without the documented envelope"
            raise Broken(msg)
        return response.status_code, ""
    return (response.status_code if problem else _status_of(body)), _message_of(body)


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
    said = "; ".join(str(body.get(name)) for name in _MESSAGES)
    return bool(texts_in(others, is_error=False) or _TROUBLE.search(said))


def _holds_no_id(response: ApiResponse) -> bool:
    """Say whether only the token can be wrong: no id in the path, no cursor in the query."""
    url = urlsplit(response.url)
    return url.path.endswith(EVENTS_PATH) and "after=" not in url.query


def token_of(response: ApiResponse) -> str:
    """Take the token out of an answer of `/auth`, which differs from its documentation.

    Documented is `{"success": true, "data": {"token": ...}}`, but every client that is in use, the
    vendor's own among them, reads `{"token": ...}`. Both are taken.

    Raises:
        Refused: If the keys are missing, wrong (400) or revoked (403).
        Broken: If there is no token for another reason.
    """
    status = response.status_code
    if status in _AMBIGUOUS:
        msg = f"{AUTH_PATH} answers HTTP {status}: the keys are missing or wrong"
        raise Refused(msg)
    if status == HTTPStatus.FORBIDDEN:
        msg = f"{AUTH_PATH} answers HTTP {status}: the keys are revoked"
        raise Refused(msg)
    if status != HTTPStatus.OK:
        msg = f"{AUTH_PATH} answers HTTP {status}"
        raise Broken(msg, retries=0, elsewhere=True)
    body = response.json()
    found = body if isinstance(body, dict) else {}
    for place in (found, found.get("data")):
        token = place.get("token") if isinstance(place, dict) else None
        if isinstance(token, str) and token:
            return token
    msg = f"no token in the answer of {AUTH_PATH}"
    raise Broken(msg)
