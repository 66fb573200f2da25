"""The Meet & Engage Data API and its limit of calls.

Source: the vendor's page "Data API" (meetandengage.com/developer-resources/data-api), cited below
by its headings.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from typing_extensions import override

from event_taps_core import (
    MAX_RETRY_AFTER_SECONDS,
    AccessDenied,
    ApiClient,
    ApiError,
    Authenticator,
    CallWindow,
    Stopped,
)
from tap_meetengage.auth import KeyPairAuthenticator
from tap_meetengage.errors import Breach, Known, MethodRefused, failure_beside, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core import ApiResponse, StreamStats

T = TypeVar("T")

DATA_PATH: Final = "/organisation_data"

SHORTEST_PAUSE_SECONDS: Final = 5.0
"""The interval of the vendor's limit."""

_MAX_BREACHES: Final = 5
"""So often the limit may be broken in a row; "keys may be disabled" after too many. Twice as often
where it is only likely that an answer is about the limit."""


class MeetEngageClient(ApiClient):
    """Keeps the limit, and waits out what looks like a breach of it."""

    extra_paths = ("",)  # heading "Testing access"
    call_window = CallWindow(10, 5.0)  # heading "Rate Limits"
    spools_answers = True  # one answer holds the whole range, of any size
    host_setting = "the setting api_url (the base with its path /api/1.0/rest)"
    authenticator: KeyPairAuthenticator

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        super().__init__(base_url, config, paths)
        self._breaches = 0
        self._last_breach = ""
        self._max_breaches = _MAX_BREACHES
        self._answered: set[str] = set()
        self._refusals: dict[str, AccessDenied | MethodRefused] = {}
        self._one_at_a_time = threading.Lock()
        self._noting = threading.Lock()

    @override
    def make_authenticator(self) -> Authenticator:
        return KeyPairAuthenticator(self.config)

    # The limit (heading "Rate Limits")

    @override
    def _send_handling_retries(
        self,
        request: HTTPRequest,
        auth: Authenticator,
        stats: StreamStats,
        parse: Callable[[ApiResponse], T],
        max_retries: int | None = None,
    ) -> T:
        """Stay clear of a disabled key, too: after a breach all wait, and then one tries.

        Raises:
            ApiError: See the base class.
            Stopped: If the limit stays exceeded.
        """
        method = str(request.params.get("data_method", ""))
        otherwise: ApiError | None = None
        for _ in range(_MAX_BREACHES):
            with self._turn(method) as breaches:
                try:
                    value = super()._send_handling_retries(request, auth, stats, parse, max_retries)
                except Breach as breach:
                    otherwise = self._otherwise(breach, method)
                    self._note_breach(breach, breaches, stats)
                except (AccessDenied, MethodRefused) as refusal:
                    if method not in self._answered:
                        self._refusals[method] = refusal
                    raise
                else:
                    self._breaches = 0
                    self._answered.add(method)
                    return value
        if otherwise is None or self._breaches >= self._max_breaches:
            raise self._enough_breaches()
        raise otherwise

    def _otherwise(self, breach: Breach, method: str) -> ApiError | None:
        """Return what an answer is if it is not about the limit; None where it says that it is.

        Raises:
            MethodRefused: If the data method has never been answered: it will not be.
        """
        otherwise = breach.otherwise
        if otherwise is not None:
            otherwise.words = breach.words
        if isinstance(otherwise, MethodRefused) and method not in self._answered:
            self.pacer.pause(SHORTEST_PAUSE_SECONDS)  # in case that it was the limit
            self._refusals[method] = otherwise
            raise otherwise from breach
        return otherwise

    @contextlib.contextmanager
    def _turn(self, method: str) -> Iterator[int]:
        """Let one in at a time, until a data method has answered and from a breach on.

        So what is refused from the beginning is refused once, not once for each window.

        Yields:
            The number of breaches before this turn.
        """
        in_doubt = self._breaches or method not in self._answered
        with self._one_at_a_time if in_doubt else contextlib.nullcontext():
            if method in self._refusals:
                raise self._refusals[method]
            if self._breaches >= self._max_breaches:
                raise self._enough_breaches()
            yield self._breaches

    def _note_breach(self, breach: Breach, breaches_before: int, stats: StreamStats) -> None:
        """Hold everybody up, longer each time; breaches at the same time are one."""
        with self._noting:
            if self._breaches > breaches_before:
                return
            self._breaches += 1
            self._last_breach = breach.reason
            self._max_breaches = _MAX_BREACHES * (1 if breach.otherwise is None else 2)
            pause = max(breach.retry_after or 0, SHORTEST_PAUSE_SECONDS)
            if pause > MAX_RETRY_AFTER_SECONDS:
                raise Stopped(f"{self.base_url} asks to wait {pause:.0f} seconds ({breach.reason})")
            wait = max(pause, SHORTEST_PAUSE_SECONDS * (self._breaches - 1))
            self.pacer.pause(wait)
        stats.count_retry(breach.what, wait)

    def _enough_breaches(self) -> Stopped:
        return Stopped(
            f"{self.base_url} answers {self._breaches} times in a row as if the limit of calls "
            f"were exceeded ({self._last_breach}), and too many of these can get a key disabled: "
            "see whether something else uses the same key, and lower the setting "
            "requests_per_minute"
        )

    # What answers mean

    @property
    def known(self) -> Known:
        """What is known, and helps to understand an answer."""
        return Known(self.authenticator.is_ready, self.has_succeeded)

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        return problem_of(response, self.known)

    def require_success(self, members: Mapping[str, Any]) -> None:
        """Look at what stands beside the rows.

        Raises:
            ApiError: If it says that the call failed.
        """
        failure = failure_beside(members, self.known, self.presentable)
        if failure is not None:
            raise failure

    @override
    def hint(self, answer: ApiError) -> str:
        """Say what to do where the key pair is good, and what it is used for is refused."""
        if isinstance(answer, MethodRefused):
            return (
                f"{self.base_url} accepts the key pair, but not what it is asked for: "
                f"{answer.reason}"
            )
        return super().hint(answer)
