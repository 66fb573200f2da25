"""The Meet & Engage Data API: its key pair, which is tested before it is used, and its limit.

Source: the vendor's page "Data API" (meetandengage.com/developer-resources/data-api), cited below
by its headings.
"""

from __future__ import annotations

import base64
import contextlib
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    MAX_RETRY_AFTER_SECONDS,
    AccessDenied,
    ApiClient,
    ApiError,
    Authenticator,
    BadResponse,
    CallWindow,
    CredentialsClient,
    Stopped,
    TimedOut,
)
from tap_meetengage import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from event_taps_core import ApiResponse, CredentialsExpired, StreamStats

T = TypeVar("T")

DATA_PATH: Final = "/organisation_data"

_SHORTEST_PAUSE_SECONDS: Final = 5.0
"""The interval of the vendor's limit."""

_MAX_BREACHES: Final = 5
"""So often the limit may be broken in a row; "keys may be disabled" after too many. Twice as often
where it is only likely that an answer is about the limit."""


class KeyPairAuthenticator(Authenticator):
    """Sends the key pair in the header and not in the address, once it has been tested."""

    is_ready = False

    def __init__(self, config: Mapping[str, Any]) -> None:
        pair = f"{config['key_id']}:{config['key_secret']}"
        self._pair = base64.b64encode(pair.encode()).decode()
        super().__init__(
            {"Authorization": f"Basic {self._pair}"},
            "the settings key_id and key_secret (Control Panel, preferences), account and "
            "data_methods",
        )

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        """Test the key pair once, at the base URL, before anything is asked for.

        Raises:
            ApiError: If it fails; never one that a smaller range might mend.
        """
        client.redaction.hide(self._pair)
        test = HTTPRequest(client.base_url, headers=dict(self.headers()))
        try:
            client.send_for_credentials(test, lambda response: _require_access(response, client))
        except errors.MethodRefused as answer:  # nothing but the pair was asked about
            denied = AccessDenied(answer.refusal)
            denied.words = answer.words
            raise denied from answer
        except (errors.TooMuch, TimedOut, errors.ServerError) as problem:
            raise BadResponse(problem.reason, unreachable=True) from problem
        self.is_ready = True


def _require_access(response: ApiResponse, client: CredentialsClient) -> None:
    """Accept `{"authenticated": true}` and nothing else.

    Raises:
        ApiError: If it is anything else; where the path is not known, no such API is there.
    """
    status = response.status_code
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
        raise BadResponse(f"HTTP {status}", retries=0, unreachable=True)
    if (problem := errors.problem_of(response)) is not None:
        raise problem
    body = response.json()
    if not isinstance(body, dict):
        raise BadResponse("JSON that is no answer to the test of credentials", unreachable=True)
    errors.require_success(body, client.presentable)
    if body.get("authenticated") is not True:
        raise AccessDenied("the test of the key pair is not answered with 'authenticated'")


class MeetEngageClient(ApiClient):
    """Keeps the limit, and waits out what looks like a breach of it."""

    extra_paths = ("",)  # heading "Testing access"
    call_window = CallWindow(10, 5.0)  # heading "Rate Limits"
    spools_answers = True  # one answer holds the whole range, of any size
    host_setting = "the setting api_url (the base with its path /api/1.0/rest)"

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        super().__init__(base_url, config, paths)
        self._breaches: tuple[errors.Breach, ...] = ()
        """Those in a row until now."""

        self._noted = 0
        """How many there were; of those at the same time only the first counts."""

        self._answered: set[str] = set()
        self._refusals: dict[str, AccessDenied | errors.MethodRefused] = {}
        self._one_at_a_time = threading.Lock()
        self._noting = threading.Lock()

    @override
    def make_authenticator(self) -> Authenticator:
        return KeyPairAuthenticator(self.config)

    # The limit (heading "Rate Limits")

    @override
    def send_handling_limits(
        self, request: HTTPRequest, stats: StreamStats, send: Callable[[], T]
    ) -> T:
        """Stay clear of a disabled key: after a breach all wait, and then one at a time tries.

        So it is until a data method has answered, too: what is refused from the beginning is
        refused once, not once for each window.
        """
        method = str(request.params.get("data_method", ""))
        for _ in range(_MAX_BREACHES):
            is_in_doubt = self._breaches or method not in self._answered
            with self._one_at_a_time if is_in_doubt else contextlib.nullcontext():
                self._require_hope(method)
                before = self._noted
                try:
                    value = send()
                except errors.Breach as answer:
                    breach = answer
                    self._wait_after(breach, method, before, stats)
                except (AccessDenied, errors.MethodRefused) as refusal:
                    if method not in self._answered:
                        self._refusals[method] = refusal
                    raise
                else:
                    self._breaches = ()
                    self._answered.add(method)
                    return value
        self._require_hope(method)
        raise breach.otherwise or self._too_many((breach,))

    def _require_hope(self, method: str) -> None:
        """Ask no more where the answer is known.

        Raises:
            ApiError: If the data method has been refused.
            Stopped: If the limit has been exceeded too often.
        """
        if method in self._refusals:
            raise self._refusals[method]
        breaches = self._breaches
        is_doubtful = bool(breaches) and breaches[-1].otherwise is not None
        if len(breaches) >= _MAX_BREACHES * (2 if is_doubtful else 1):
            raise self._too_many(breaches)

    def _wait_after(
        self, breach: errors.Breach, method: str, before: int, stats: StreamStats
    ) -> None:
        """Hold everybody up, longer each time; breaches at the same time are one.

        Raises:
            MethodRefused: If that is what it may be, and the data method has never been answered.
            Stopped: If it would take too long.
        """
        if breach.otherwise is not None:
            breach.otherwise.words = breach.words
        if isinstance(breach.otherwise, errors.MethodRefused) and method not in self._answered:
            self.pacer.pause(_SHORTEST_PAUSE_SECONDS)  # in case that it was the limit
            self._refusals[method] = breach.otherwise
            raise breach.otherwise from breach
        with self._noting:
            if self._noted > before:
                return
            self._noted += 1
            self._breaches = (*self._breaches, breach)
        pause = max(breach.retry_after or 0, _SHORTEST_PAUSE_SECONDS)
        if pause > MAX_RETRY_AFTER_SECONDS:
            raise Stopped(f"{self.base_url} asks to wait {pause:.0f} seconds ({breach.reason})")
        wait = max(pause, _SHORTEST_PAUSE_SECONDS * (len(self._breaches) - 1))
        self.pacer.pause(wait)
        stats.count_retry(breach.what, wait)

    def _too_many(self, breaches: tuple[errors.Breach, ...]) -> Stopped:
        return Stopped(
            f"{self.base_url} answers {len(breaches)} times in a row as if the limit of calls "
            f"were exceeded ({breaches[-1].reason}), and too many of these can get a key disabled: "
            "see whether something else uses the same key, and lower the setting "
            "requests_per_minute"
        )

    # What answers mean

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        return errors.problem_of(response, has_succeeded=self.has_succeeded)

    @override
    def hint(self, answer: ApiError) -> str:
        """Say what to do where the key pair is good, and what it is used for is refused."""
        if isinstance(answer, errors.MethodRefused):
            return (
                f"{self.base_url} accepts the key pair, but not what it is asked for: "
                f"{answer.reason}"
            )
        return super().hint(answer)
