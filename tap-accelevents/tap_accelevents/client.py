"""Accelevents' public API: which paths are read, what is asked for, and what answers mean.

Sources: the pages of developer.accelevents.com, cited below by their slugs.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from typing_extensions import override

from event_taps_core import (
    AccessDenied,
    ApiClient,
    ApiError,
    Authenticator,
    BadResponse,
    CredentialsExpired,
    TapError,
)
from tap_accelevents.analytics_path import SESSION_ANALYTICS, AnalyticsPath
from tap_accelevents.auth import KeyAuthenticator
from tap_accelevents.errors import BadRequest, described, error_in, is_about_the_key, meaning_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core import ApiResponse, StreamStats

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

_DOCUMENTED_EXPANSIONS: Final = frozenset({"TAG", "TRACK", "SPEAKER", "registerdHolderUsers"})
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PATH: Final = re.compile(r"/rest(?:/[A-Za-z0-9_-]+|/\{(?:session_id|event_url|event_id)\})+")
_NEVER: Final = re.compile(r"staff|check-?in", re.IGNORECASE)


class AccelEventsClient(ApiClient):
    """Sends the key in the header that works, and reads status, code and `error` of each answer."""

    extra_paths = SESSION_ANALYTICS
    host_setting = "the setting api_url, which ends before /rest, and event_urls"
    authenticator: KeyAuthenticator

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        path = check_analytics_path(config.get("session_analytics_path"))
        self.analytics_path = AnalyticsPath(path)
        """Where the analytics of one session are."""

        super().__init__(base_url, config, (*paths, path))
        self._with_errors: set[str] = set()
        self._expansions: dict[str, int] = {}

    @override
    def make_authenticator(self) -> Authenticator:
        return KeyAuthenticator(self.config)

    @override
    def send(
        self,
        request: HTTPRequest,
        stats: StreamStats,
        parse: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Ask with each spelling of `expand` until one is not refused; that one is remembered."""
        wanted = str(request.params.get("expand") or "")
        spellings = spellings_of(wanted) if wanted else (None,)
        known = self._expansions.get(wanted, 0)
        for number, spelling in enumerate(spellings[known:], known):
            if wanted:
                params = {**request.params, "expand": spelling}
                request = dataclasses.replace(request, params=params)
            try:
                with self.authenticator.first_alone():
                    found = super().send(request, stats, parse, max_retries=max_retries)
            except BadRequest as answer:
                problem = answer
                continue
            if number > self._expansions.setdefault(wanted, 0):
                self._expansions[wanted] = number
                LOGGER.warning("expand=%s is refused; expand=%s is not", wanted, spelling)
            return found
        raise problem

    # What answers mean

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        """Read the code, whatever the status, and `error`, which may be set in a 200.

        The pages tabulate codes without saying under which status they come. Their first digits
        are those of an HTTP status; 404800 is a session that is not there. An error in a 200 is
        no sign of a server with too much to do, so it is asked again at once, the first time.
        """
        problem = super().classify(response)
        try:
            is_error, code = error_in(response, problem)
        except BadResponse as unreadable:
            return unreadable
        if not is_error:
            return problem
        said = described(problem.what if problem else "HTTP 200 with an error", response, code)
        if is_about_the_key(response, code):
            # A form of the header that is out of date is no key that is not good for this.
            is_final = self.authenticator.is_final(response.request.headers)
            return AccessDenied(said) if is_final else CredentialsExpired(said)
        if known := meaning_of(response, code, said):
            return known
        if problem is not None:
            problem.what = said
            return problem
        is_first = response.url not in self._with_errors
        self._with_errors.add(response.url)
        return BadResponse(said, at_once=is_first)


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
        raise TapError(
            "setting session_analytics_path: it must be a path below /rest that holds {session_id} "
            f"once and ends in analytics, such as {SESSION_ANALYTICS[0]}"
        )
    return path
