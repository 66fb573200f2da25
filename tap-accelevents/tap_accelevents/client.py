"""Accelevents' public API: where its unknown path may be, how `expand` is spelled, its errors."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from typing_extensions import override

from event_taps_core import AccessDenied, ApiClient, ApiError, Authenticator, CredentialsExpired
from tap_accelevents.auth import KeyAuthenticator
from tap_accelevents.errors import BadRequest, error_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core import ApiResponse, StreamStats

LOGGER: Final = logging.getLogger(__name__)
T = TypeVar("T")

SESSION_ANALYTICS: Final = (
    "/rest/host/session/{session_id}/analytics",
    "/rest/host/session/analytics/{session_id}",
    "/rest/host/event/{event_url}/session/{session_id}/analytics",
)
"""Where one session's analytics may be, which the vendor's page does not show. The first is by
analogy with the attendees of a session."""

_DOCUMENTED_EXPANSIONS: Final = frozenset({"TAG", "TRACK", "SPEAKER", "registerdHolderUsers"})


class AccelEventsClient(ApiClient):
    """Sends the key in the header that works, and reads status, code and `error` of each answer."""

    extra_paths = SESSION_ANALYTICS
    host_setting = "the setting api_url, which ends before /rest, and event_urls"
    authenticator: KeyAuthenticator

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        super().__init__(base_url, config, paths)
        self._refused_spellings: Counter[str] = Counter()
        """For each `expand` that is asked for, how many spellings are refused."""

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
        expand = str(request.params.get("expand") or "")
        spellings = spellings_of(expand) if expand else (expand,)
        refused = self._refused_spellings[expand]
        for number, spelling in enumerate(spellings[refused:], refused):
            if expand:
                params = {**request.params, "expand": spelling}
                request = dataclasses.replace(request, params=params)
            try:
                with self.authenticator.first_alone():
                    value = super().send(request, stats, parse, max_retries=max_retries)
            except BadRequest as answer:
                problem = answer
                continue
            if number > self._refused_spellings[expand]:
                self._refused_spellings[expand] = number
                LOGGER.warning("expand=%s is refused; expand=%s is not", expand, spelling)
            return value
        raise problem

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        """Read the body too, whatever the status."""
        problem, _ = error_in(response, super().classify(response))
        if isinstance(problem, CredentialsExpired):
            # A form of the header that is out of date is no key that is not good for this.
            is_final = self.authenticator.is_final(response.request.headers)
            return AccessDenied(problem.what) if is_final else problem
        return problem


def spellings_of(expand: str) -> tuple[str | None, ...]:
    """Return what `expand`, constants with commas between, may have to be, in the order to try.

    The pages print labels ("Attendee Count"); clients send constants, of which the pages of lists
    name a few. A server that knows less than it is asked for may ignore the rest, or refuse all.

    >>> spellings_of("TAG,ATTENDEE_COUNT")
    ('TAG,Tag,ATTENDEE_COUNT,Attendee Count', 'TAG,ATTENDEE_COUNT', 'TAG')
    """
    tokens = expand.split(",")
    labels = {token: token.replace("_", " ").title() for token in tokens if token.isupper()}
    both = [name for token in tokens for name in (token, labels.get(token)) if name]
    documented = [token for token in tokens if token in _DOCUMENTED_EXPANSIONS]
    return tuple(dict.fromkeys((",".join(both), expand, ",".join(documented) or None)))
