"""One client per key: every request of a tap goes through it.

It holds what is true of requests whatever the stream. As in httpx, each layer is named after what
it handles: `send` the credentials, then limits, retries, redirects, a single request in its turn.
A vendor's client says who is asking (`make_authenticator`) and what its bodies mean (`classify`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import requests

from event_taps_core.address import ReadableAddresses, base_of
from event_taps_core.api_errors import (
    ApiError,
    BadResponse,
    CredentialsExpired,
    Redirected,
    classify_status,
    http_date,
)
from event_taps_core.auth import Authenticator
from event_taps_core.clock import SteadyClock
from event_taps_core.connection_errors import failures_in_words, hint_for, refused_by_proxy
from event_taps_core.pacer import CallWindow, Pacer
from event_taps_core.redaction import Redaction
from event_taps_core.retries import Retries
from event_taps_core.session import ApiResponse, Session
from event_taps_core.summary import StreamStats
from event_taps_core.words import presentable, words_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

T = TypeVar("T")
_NEVER = "this tap never requests that path"
_NOBODY = Authenticator()
_CONNECT_TIMEOUT_SECONDS = 15
_MAX_REDIRECTS = 5


class ApiClient:
    """Sends requests within the budget and returns only records; everything else is raised.

    Args:
        base_url: The API's base, with its path prefix; a trailing slash does not matter.
        config: The tap's settings: those that every tap has, and the vendor's credentials.
        paths: The paths of the streams: beside `extra_paths`, nothing else is ever read.

    Attributes:
        redaction, clock: Those of the tap.
        server_lag: How far the server's clock is behind that, once known.
    """

    extra_paths: ClassVar[tuple[str, ...]] = ()
    """What is read beside the paths of the streams; a name in braces stands for one segment."""

    call_window: ClassVar[CallWindow | None] = None
    """A limit that must not be broken even once, beside the even pace of `requests_per_minute`."""

    spools_answers: ClassVar[bool] = False
    """Whether answers may be too large for the memory: then they go through a file."""

    host_setting: ClassVar[str] = "the setting api_url"
    """The setting to check when the host gives no usable answer."""

    headers: ClassVar[Mapping[str, str]] = {"Accept": "application/json"}
    """Headers of every request, beside those of the authenticator."""

    def __init__(self, base_url: str, config: Mapping[str, Any], paths: Iterable[str] = ()) -> None:
        self.base_url = base_of(base_url)
        self.config = config
        runs = int(config.get("concurrent_runs", 1))
        self.pacer = Pacer(int(config["requests_per_minute"]), self.call_window, runs)
        self.has_succeeded = False
        self.stats = StreamStats("credentials")
        self.redaction = Redaction(())
        self.clock = SteadyClock()
        self.server_lag: timedelta | None = None
        self.authenticator = self.make_authenticator()
        self._timeout = int(config["request_timeout_seconds"])
        self._max_retries = int(config["max_retries"])
        self.permits = ReadableAddresses(self.base_url, (*paths, *self.extra_paths)).permits
        self._session = Session(self.base_url, self.permits, int(config["concurrency"]))
        if "user_agent" in config:
            self._session.headers["User-Agent"] = config["user_agent"]

    # What a vendor's client says

    def make_authenticator(self) -> Authenticator:
        """Say who is asking."""
        return _NOBODY

    def classify(self, response: ApiResponse) -> ApiError | None:
        """Return what an answer is, and never raise it: None for records, else why there are none.

        A vendor's client overrides this to read the body too, and calls this for the status.
        """
        return classify_status(response)

    def hint(self, answer: ApiError) -> str:
        """Say in one sentence what a user can do when nothing at all can be read."""
        return hint_for(answer, self.base_url, self.host_setting, self.authenticator.settings)

    # The way of a request, from layer to layer

    def send(
        self,
        request: HTTPRequest,
        stats: StreamStats,
        parse: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Send a request, again where that may help, and return what `parse` finds in it.

        Args:
            request: What to ask for.
            stats: Where requests, retries and waits are counted.
            parse: Takes the records out of an answer; what it raises is classified too.
            max_retries: How often to ask again at most, if less often than the setting says.

        Raises:
            ApiError: What the API said in the end, if not records.
        """
        if not self.permits(request.method, request.url):
            raise BadResponse(_NEVER, retries=0)

        def records(response: ApiResponse) -> T:
            problem = self.classify(response)
            if problem is not None:
                raise problem
            parsed = parse(response)
            self.has_succeeded = True
            return parsed

        auth = self.authenticator
        refreshes = auth.make_ready(self, request)
        tries = partial(self._send_handling_retries, request, auth, stats, records, max_retries)
        try:
            return self.send_handling_limits(request, stats, tries)
        except CredentialsExpired as refusal:
            auth.replace(self, request, refusal, refreshes)
            return self.send_handling_limits(request, stats, tries)

    def send_for_credentials(self, request: HTTPRequest, parse: Callable[[ApiResponse], T]) -> T:
        """Ask for credentials, or try some on a read: for the authenticator.

        Args:
            request: A read, or a POST to one of the `post_paths`, with the credentials to try.
            parse: Takes the credentials out of an answer, whatever its status; what is found
                `BadResponse` is asked for again.

        Raises:
            ApiError: What `parse` says, or `BadResponse` if no answer comes after all retries.
        """
        is_post = request.method == "POST"
        posts = [self.base_url + path for path in self.authenticator.post_paths]
        if not (request.url in posts if is_post else self.permits(request.method, request.url)):
            raise BadResponse(_NEVER, retries=0)

        def credentials(response: ApiResponse) -> T:
            problem = classify_status(response) if is_post else self.classify(response)
            if isinstance(problem, BadResponse) and problem.retries != 0:
                raise problem
            return parse(response)

        tries = partial(self._send_handling_retries, request, _NOBODY, self.stats, credentials)
        return self.send_handling_limits(request, self.stats, tries)

    def send_handling_limits(
        self, request: HTTPRequest, stats: StreamStats, send: Callable[[], T]
    ) -> T:
        """Call `send`, which retries: once, unless a vendor's client knows more about its limit."""
        del request, stats
        return send()

    def _send_handling_retries(
        self,
        request: HTTPRequest,
        auth: Authenticator,
        stats: StreamStats,
        parse: Callable[[ApiResponse], T],
        max_retries: int | None = None,
    ) -> T:
        limit = self._max_retries if max_retries is None else min(max_retries, self._max_retries)
        retries = Retries(limit, lambda: self.has_succeeded, partial(_back_off, self.pacer, stats))
        return retries.run(partial(self._send_handling_redirects, request, auth, stats, parse))

    def _send_handling_redirects(
        self,
        request: HTTPRequest,
        auth: Authenticator,
        stats: StreamStats,
        parse: Callable[[ApiResponse], T],
    ) -> T:
        """Follow redirects of reads to other reads only, and let `parse` look at the answer."""
        with failures_in_words(self.base_url, self._timeout):
            prepared = self._session.prepared(request, {**self.headers, **auth.headers()})
            if request.method == "GET" and not self.permits("GET", prepared.url or ""):
                raise BadResponse(_NEVER, retries=0)
            response = self._send_single_request(prepared, stats)
            redirects = 0
            while request.method == "GET" and response.next is not None:
                redirects += 1
                if redirects > _MAX_REDIRECTS:
                    raise requests.TooManyRedirects
                response = self._send_single_request(response.next, stats)
        if refusal := refused_by_proxy(response):
            raise refusal
        if self.server_lag is None and (there := http_date(response.headers.get("Date"))):
            self.server_lag = max(timedelta(0), self.clock.now() - there)
        try:
            return parse(response)
        except ApiError as answer:
            if not isinstance(answer, Redirected):  # a redirect is not for reading
                answer.words = answer.words or self.presentable(words_in(response))
            raise

    def _send_single_request(
        self, prepared: requests.PreparedRequest, stats: StreamStats
    ) -> ApiResponse:
        """Send one request and read its answer, in one turn: a redirect is a call of its own."""
        with self.pacer.turn():
            stats.count_request()
            response = self._session.send(
                prepared,
                timeout=(_CONNECT_TIMEOUT_SECONDS, self._timeout),
                allow_redirects=False,
                stream=self.spools_answers,
            )
            assert isinstance(response, ApiResponse)  # noqa: S101 - the adapter builds these
            if self.spools_answers and response.next is None:
                response.spool()
        return response

    def presentable(self, words: str) -> str:
        """Return a vendor's words in the form in which they may be shown."""
        return presentable(words, self.redaction)


def _back_off(pacer: Pacer, stats: StreamStats, problem: BadResponse, seconds: float) -> None:
    if problem.throttled:
        pacer.pause(seconds)
    stats.count_retry(problem.what, seconds)
