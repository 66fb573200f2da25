"""Accelevents' public API: which paths are read, its key in one of three headers, its error codes.

Sources: the pages of developer.accelevents.com, cited below by their slugs. The key's header is
documented in one way, described in another and used in a third; the shape of an error is not
documented at all, only numeric codes are.
"""

from __future__ import annotations

import logging
import re
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from typing_extensions import override

from event_taps_core import (
    Absent,
    Answer,
    ApiClient,
    Broken,
    Expired,
    Refused,
    TapError,
    TooManyRequests,
)
from tap_accelevents.analytics_path import SESSION_ANALYTICS, AnalyticsPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core import ApiResponse
    from event_taps_core.summary import StreamTally

LOGGER: Final = logging.getLogger(__name__)
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

HEADERS: Final[dict[str, tuple[str, str]]] = {
    "Key": ("Key", "{}"),
    "Authorization": ("Authorization", "{}"),
    "Bearer": ("Authorization", "Bearer {}"),
}
"""How the key may be sent: the API definitions say `Key` (and also `Authorization`, raw), a client
in use reads with `Bearer` and writes with `Key`."""

_DOCUMENTED_EXPANSIONS: Final = frozenset({"TAG", "TRACK", "SPEAKER", "registerdHolderUsers"})
_ACCEPTED: Final = 2
_UNKNOWN_URL: Final = "40600013"
_SHORTEST_CODE: Final = len("404800")
_CODE: Final = re.compile(r"\d{3,8}", re.ASCII)
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PATH: Final = re.compile(r"/rest(?:/[A-Za-z0-9_-]+|/\{(?:session_id|event_url|event_id)\})+")
_NEVER: Final = re.compile(r"staff|check-?in", re.IGNORECASE)
_FAILED: Final = frozenset({"fail", "failed", "failure", "error"})
_ABOUT_PERMISSIONS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

_BY_CODE: Final[dict[str, type[Absent | Refused | TooManyRequests]]] = {
    "401": Refused,
    "403": Refused,
    "404": Absent,
    "429": TooManyRequests,
    "4060906": Absent,
    "4060918": Absent,
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
"""What a code says where nothing else does."""


class NoSuchPath(Broken):
    """A 404 that does not say what is missing: where something is listed, it is the path."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retries=0)


class BadRequest(Broken):
    """A 400: the same question may have an answer if it is put in other words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retries=0)


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
        path = check_analytics_path(config.get("session_analytics_path"))
        self.analytics_path = AnalyticsPath(path)
        """Where the analytics of one session are."""

        self._analytics_path = path
        super().__init__(base_url, config)
        wanted = config.get("auth_header", "auto")
        forms = tuple(HEADERS) if wanted == "auto" else (wanted,)
        self._form, self._others = forms[0], forms[1:]
        self._is_settled = False
        self._refused: tuple[str, Answer] = ("", Refused(""))
        self._key_is_refused = False
        self._has_answered = False
        self._first = threading.Lock()
        self._with_errors: set[str] = set()
        self._expansions: dict[str, int] = {}

    @override
    def readable_paths(self) -> Iterable[str]:
        return (*self.reads, _PLACEHOLDER.sub("{}", self._analytics_path))

    # The key

    @override
    def headers(self) -> dict[str, str]:
        return {**super().headers(), **self._authentication(self._form)}

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
        path, refusal = self._refused
        accepted = self._accepted_on(path)
        self._form = accepted or self._form
        self._is_settled = True
        if accepted is None:
            self._key_is_refused = not self.has_succeeded
            tried = ", ".join((self._form, *self._others))
            msg = f"{refusal.reason}; the key was sent as {tried}"
            raise Refused(msg)

    def _accepted_on(self, path: str) -> str | None:
        """Return the form that a path accepts, if any.

        One that is only told that it may not is no better than one that has worked; where none
        has, it is better than nothing: the key may be good, and the event somebody else's.
        """
        trust = dict.fromkeys(self._others, 0)
        for form in self._others:
            try:
                trust[form] = self.get_credentials(path, self._authentication(form), _trust)
            except Answer:
                continue  # whatever is wrong, the key is not accepted
            if trust[form] == _ACCEPTED:
                return form
        best = max(trust, key=lambda form: trust[form], default=None)
        return best if best and trust[best] and not self.has_succeeded else None

    @override
    def ask(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Ask with each spelling of `expand` until one is not refused; that one is remembered."""
        wanted = str(request.params.get("expand") or "")
        if not wanted:
            return self._ask(request, tally, extract, max_retries)
        spellings = spellings_of(wanted)
        known = self._expansions.get(wanted, 0)
        for number, spelling in enumerate(spellings[known:], known):
            request.params = {**request.params, "expand": spelling}
            try:
                found = self._ask(request, tally, extract, max_retries)
            except BadRequest as answer:
                problem = answer
                continue
            if number > self._expansions.setdefault(wanted, 0):
                self._expansions[wanted] = number
                LOGGER.warning("expand=%s is refused; expand=%s is not", wanted, spelling)
            return found
        raise problem

    def _ask(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
        max_retries: int | None,
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
        is_error, code = _said(response, problem)
        if not is_error:
            return problem
        said = problem.what if problem else "HTTP 200 with an error"
        if code and code != str(response.status_code):
            said = f"{said}: {code} {_IN_WORDS.get(code, '')}".rstrip()
        if _is_about_the_key(response, code):
            return self._about_the_key(response, said)
        if known := _known(response, code, said):
            return known
        if problem is not None:
            problem.what = said
            return problem
        is_first = response.url not in self._with_errors
        self._with_errors.add(response.url)
        return Broken(said, at_once=is_first)

    def _about_the_key(self, response: ApiResponse, said: str) -> Refused:
        """Tell a form of the header that is out of date from a key that is not good for this."""
        sent = response.request.headers
        now = self._authentication(self._form)
        if self._is_settled and all(sent.get(name) == value for name, value in now.items()):
            return Refused(said)
        url = urlsplit(response.url)
        refusal = Expired(said)
        self._refused = (f"{url.path.removeprefix(self._base.path)}?{url.query}", refusal)
        return refusal


def spellings_of(expand: str) -> tuple[str | None, ...]:
    """Return what `expand` may have to be for one server or another, in the order to try.

    The pages print labels ("Attendee Count"); clients send constants, of which the pages of lists
    name a few. A server that knows less than it is asked for may ignore the rest, or refuse all.

    Args:
        expand: Constants, with commas between them.

    >>> spellings_of("TAG,ATTENDEE_COUNT")
    ('TAG,Tag,ATTENDEE_COUNT,Attendee Count', 'TAG,ATTENDEE_COUNT', 'TAG')
    """
    tokens = expand.split(",")
    labels = {token: token.replace("_", " ").title() for token in tokens if token.isupper()}
    both = [name for token in tokens for name in (token, labels.get(token)) if name]
    documented = [token for token in tokens if token in _DOCUMENTED_EXPANSIONS]
    return tuple(dict.fromkeys((",".join(both), expand, ",".join(documented) or None)))


def _known(response: ApiResponse, code: str, said: str) -> Answer | None:
    """Return what a code of the vendor means, or a status: 4030201 is a 403."""
    if code == _UNKNOWN_URL:
        return Broken(said, retries=0)
    kind = _BY_CODE.get(code) or _BY_CODE.get(code[:3])
    if kind is not None and len(code) >= _SHORTEST_CODE:
        return kind(said)
    if response.status_code == HTTPStatus.NOT_FOUND:
        return NoSuchPath(said)
    return BadRequest(said) if response.status_code == HTTPStatus.BAD_REQUEST else None


def _is_about_the_key(response: ApiResponse, code: str) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED or (
        code.startswith("401") and len(code) >= _SHORTEST_CODE
    )


def _trust(response: ApiResponse) -> int:
    """Say how far an answer accepts the form of the header: 0 for not at all.

    A gateway that cannot read a form may say 400, 403 or 500; only a code of the API proves that
    the question got through.
    """
    is_error, code = _said(response, None if response.ok else Broken("an error"))
    if _is_about_the_key(response, code):
        return 0
    if len(code) >= _SHORTEST_CODE:
        return 1 if response.status_code in _ABOUT_PERMISSIONS else _ACCEPTED
    return 0 if is_error else _ACCEPTED


def _said(response: ApiResponse, problem: Answer | None) -> tuple[bool, str]:
    """Say whether an answer is an error, and return its code, if it has one.

    The shape is not documented. Lists have a member `error`, which may be set in a 200; clients
    read `errorCode` or `code`.

    Raises:
        Broken: If HTTP says 200 and the body is not JSON.
    """
    try:
        body = response.json()
    except Broken:
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
