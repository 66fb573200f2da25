"""Accelevents' public API: which paths are read, its key in one of three headers, its error codes.

Sources: the pages of developer.accelevents.com, cited below by their slugs. The key's header is
documented in one way, described in another and used in a third; the shape of an error is not
documented at all, only numeric codes are.
"""

from __future__ import annotations

import re
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from typing_extensions import override

from event_taps_core import Absent, Answer, ApiClient, Broken, Expired, Refused, TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core import ApiResponse
    from event_taps_core.summary import StreamTally

T = TypeVar("T")

EVENT: Final = "/rest/host/event/{event_url}/eventDetails"
SESSIONS: Final = "/rest/host/event/{event_url}/session"
ALL_SESSION_ANALYTICS: Final = "/rest/host/session/analytics"
SESSION_ATTENDEES: Final = "/rest/host/session/{session_id}/attendee"
SPEAKERS: Final = "/rest/host/event/{event_url}/speaker"
ATTENDEES: Final = "/rest/events/{event_url}/staff/allAttendees"
ORDERS: Final = "/rest/events/{event_url}/staff/orders"
TICKET_TYPES: Final = "/rest/events/{event_url}/staff/ticketing/settings"
SPONSORS: Final = "/rest/event/{event_id}/sponsors"
SPONSOR_ANALYTICS: Final = "/rest/host/event/{event_url}/sponsors/analytics"
EXHIBITORS: Final = "/rest/event/{event_url}/exhibitor/summary"
EXHIBITOR_STAFF: Final = "/rest/event/{event_url}/exhibitor/{exhibitor_id}/staff"

SESSION_ANALYTICS: Final = (
    "/rest/host/session/{session_id}/analytics",
    "/rest/host/session/analytics/{session_id}",
    "/rest/host/event/{event_url}/session/{session_id}/analytics",
)
"""Where one session's analytics may be: the page get-session-analytics-data-by-session-id does not
show its path. The first is by analogy with the attendees of a session."""

HEADERS: Final[dict[str, tuple[str, str]]] = {
    "Key": ("Key", "{}"),
    "Authorization": ("Authorization", "{}"),
    "Bearer": ("Authorization", "Bearer {}"),
}
"""How the key may be sent: the API definitions say `Key` (and also `Authorization`, raw), a client
in use reads with `Bearer` and writes with `Key`."""

_UNKNOWN_URL: Final = "40600013"
_SHORTEST_CODE: Final = len("404800")
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PATH: Final = re.compile(r"/rest(?:/[A-Za-z0-9_-]+|/\{(?:session_id|event_url|event_id)\})+")
_NEVER: Final = re.compile(r"staff|check-?in", re.IGNORECASE)
_LONGEST_MESSAGE: Final = 200


class NoSuchPath(Absent):
    """A 404 that does not say what is missing: the object, or the whole path."""


class NotAcceptable(Broken):
    """A 406 that does not say why: the vendor's code of unknown URLs begins so."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retries=0)


_BY_STATUS: Final[dict[int, type[Absent | Refused | NotAcceptable]]] = {
    HTTPStatus.UNAUTHORIZED: Refused,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: NoSuchPath,
    HTTPStatus.NOT_ACCEPTABLE: NotAcceptable,
}
_BY_CODE: Final[dict[str, type[Absent | Refused]]] = {
    "401": Refused,
    "403": Refused,
    "404": Absent,
}


class AccelEventsClient(ApiClient):
    """Sends the key in the header that works, and reads status, code and `error` of each answer."""

    reads = tuple(
        _PLACEHOLDER.sub("{}", path)
        for path in (
            EVENT,
            SESSIONS,
            ALL_SESSION_ANALYTICS,
            *SESSION_ANALYTICS,
            SESSION_ATTENDEES,
            SPEAKERS,
            ATTENDEES,
            ORDERS,
            TICKET_TYPES,
            SPONSORS,
            SPONSOR_ANALYTICS,
            EXHIBITORS,
            EXHIBITOR_STAFF,
        )
    )
    host_setting = "the setting api_url, which ends before /rest, and event_urls"
    credential_settings = (
        "the settings api_key (in Accelevents under Enterprise, Integrations, API Key; plans below "
        "Enterprise may have none), auth_header and event_urls: the key must be of their organiser"
    )

    def __init__(self, base_url: str, config: Mapping[str, Any]) -> None:
        self._analytics_path = check_analytics_path(config.get("session_analytics_path"))
        super().__init__(base_url, config)
        wanted = config.get("auth_header", "auto")
        forms = tuple(HEADERS) if wanted == "auto" else (wanted,)
        self._header, self._others = forms[0], forms[1:]
        self._has_tried_others = False
        self._refusal = ""
        self._refused_path = ""
        self._key_is_refused = False
        self._has_answered = False
        self._first = threading.Lock()
        self._with_errors: set[str] = set()

    @override
    def readable_paths(self) -> Iterable[str]:
        return (*self.reads, _PLACEHOLDER.sub("{}", self._analytics_path))

    # The key

    @override
    def headers(self) -> dict[str, str]:
        return {**super().headers(), **self._authentication(self._header)}

    def _authentication(self, form: str) -> dict[str, str]:
        header, value = HEADERS[form]
        return {header: value.format(self.config["api_key"])}

    @property
    @override
    def has_credentials(self) -> bool:
        return not self._key_is_refused

    @override
    def renew_credentials(self) -> None:
        """Try the other headers, once in a run, on what was refused first.

        Raises:
            Refused: If none is accepted; if none ever was, nothing more is asked.
        """
        self._has_tried_others = True
        for form in self._others:
            if self.get_credentials(self._refused_path, self._authentication(form), _is_accepted):
                self._header = form
                return
        self._key_is_refused = not self.has_succeeded
        tried = ", ".join((self._header, *self._others))
        msg = f"{self._refusal}; the key was sent as {tried}"
        raise Refused(msg)

    @override
    def ask(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Let the first request go alone, so that a wrong key is not tried by all workers."""
        if not self._has_answered:
            with self._first:
                if not self._has_answered:
                    try:
                        return super().ask(request, tally, extract, max_retries=max_retries)
                    finally:
                        self._has_answered = True
        return super().ask(request, tally, extract, max_retries=max_retries)

    # What answers mean

    @override
    def classify(self, response: ApiResponse) -> Answer | None:
        """Read the code, whatever the status, and `error`, which may be set in a 200.

        The pages tabulate codes without saying under which status they come. Their first digits
        are those of an HTTP status; 404800 is a session that is not there. An error in a 200 is
        no sign of a server with too much to do, so it is asked again at once, the first time.
        """
        problem = super().classify(response)
        code, message = _said(response, problem)
        said = f"HTTP {response.status_code}: {code} {message}".rstrip(": ")
        if _is_about_the_key(response, code) and not self._has_tried_others:
            self._refusal = said
            self._refused_path = urlsplit(response.url).path.removeprefix(self._base.path)
            return Expired(said)
        kind = _kind_of(code) or _BY_STATUS.get(response.status_code)
        if kind is not None:
            return kind(said)
        if problem is not None or not (code or message):
            return problem
        is_first = response.url not in self._with_errors
        self._with_errors.add(response.url)
        return Broken(said, retry_after=0 if is_first else None)


def _kind_of(code: str) -> type[Absent | Refused] | None:
    """Return what a code of the vendor means, if that is known: 4030201 is a 403."""
    if code == _UNKNOWN_URL:
        return NoSuchPath
    return _BY_CODE.get(code[:3]) if len(code) >= _SHORTEST_CODE else None


def _is_about_the_key(response: ApiResponse, code: str) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED or (
        _kind_of(code) is Refused and code.startswith("401")
    )


def _is_accepted(response: ApiResponse) -> bool:
    """Say whether a header's form is accepted, be the answer records or not."""
    code, _ = _said(response, None if response.ok else Broken("an error"))
    return not _is_about_the_key(response, code)


def _said(response: ApiResponse, problem: Answer | None) -> tuple[str, str]:
    """Return the code and the message of an error; two empty texts if the answer is none.

    The shape is not documented. Lists have a member `error`, which may be set in a 200; clients
    read `errorCode` or `code` with `message`.

    Raises:
        Broken: If HTTP says 200 and the body is not JSON.
    """
    try:
        body = response.json()
    except Broken:
        if problem is None:
            raise
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    is_error = problem is not None
    error, code = body.get("error"), body.get("errorCode")
    if not is_error and not error and not code and body.get("type") != "Fail":
        return "", ""
    inner = error if isinstance(error, dict) else {}
    code = code or body.get("code") or inner.get("errorCode") or inner.get("code")
    message = body.get("message") or inner.get("message") or body.get("errorMessage") or error
    text = " ".join(str(message or "no message").split())[:_LONGEST_MESSAGE]
    return str(code or ""), text


def check_analytics_path(path: str | None) -> str:
    """Return the setting `session_analytics_path`, or the likeliest path if it is not set.

    A GET of this vendor checks people in, so no path passes that could be that one.

    Raises:
        TapError: If it is no path of a session's analytics.
    """
    if path is None:
        return SESSION_ANALYTICS[0]
    literal = _PLACEHOLDER.sub("", path).rstrip("/").rpartition("/")[2]
    if (
        not _PATH.fullmatch(path)
        or path.count("{session_id}") != 1
        or "analytics" not in literal.lower()
        or _NEVER.search(path)
    ):
        msg = (
            "setting session_analytics_path: it must be a path below /rest that holds {session_id} "
            f"once and ends in analytics, such as {SESSION_ANALYTICS[0]}"
        )
        raise TapError(msg)
    return path
