"""One client per key: every request of a tap goes through it.

It holds what is true of requests whatever the stream: the one budget (`Pacer`), the retry policy,
the renewal of credentials, the list of paths that may be read, and the classification of answers.
A vendor's client adds its credentials and what its bodies say.
"""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core.address import base_of, origin_of
from event_taps_core.answers import (
    Answer,
    Broken,
    Expired,
    Moved,
    Refused,
    TimedOut,
    TooManyRequests,
    classify_status,
    http_date,
)
from event_taps_core.clock import SteadyClock
from event_taps_core.connection_errors import Unconnected, refused_by_proxy, unconnected
from event_taps_core.pacer import CallWindow, Pacer
from event_taps_core.redaction import Redaction
from event_taps_core.retries import Retries
from event_taps_core.session import (
    WHOLE_ANSWER_TIMEOUTS,
    Adapter,
    ApiResponse,
    Session,
    TrickledError,
)
from event_taps_core.summary import StreamTally
from event_taps_core.words import presentable, words_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")
_NEVER = "this tap never requests that path"
_CONNECT_TIMEOUT_SECONDS = 15
_MOST_REDIRECTS = 5


class ApiClient:
    """Sends requests within the budget and returns only records; everything else is raised.

    Args:
        base_url: The API's base, with its path prefix; a trailing slash does not matter.
        config: The tap's settings (`concurrency`, `requests_per_minute`,
            `request_timeout_seconds`, `max_retries`, `user_agent`, and the vendor's credentials).

    Attributes:
        redaction: What takes secrets out of the vendor's words.
        clock: The clock of the run.
        server_lag: By how much the server's clock is behind that, once it has told the time.
    """

    reads: ClassVar[tuple[str, ...]]
    """The paths below the base that may be requested with GET; `{}` stands for one segment."""

    call_window: ClassVar[CallWindow | None] = None
    """A limit that must not be broken even once, beside the even pace of `requests_per_minute`."""

    spools_answers: ClassVar[bool] = False
    """Whether answers may be too large for the memory: then they go through a file."""

    credential_paths: ClassVar[tuple[str, ...]] = ()
    """The paths that `post_credentials` may post to."""

    host_setting: ClassVar[str] = "api_url"
    """The setting to check when the host gives no usable answer."""

    credential_settings: ClassVar[str] = "api_key"
    """The settings to check when the host refuses."""

    def __init__(self, base_url: str, config: Mapping[str, Any]) -> None:
        self.base_url = base_of(base_url)
        self.config = config
        self.pacer = Pacer(int(config["requests_per_minute"]), self.call_window)
        self.has_succeeded = False
        self._timeout = int(config["request_timeout_seconds"])
        self._max_retries = int(config["max_retries"])
        self._base = urlsplit(self.base_url)
        self._origin = origin_of(self.base_url)
        self._readable = re.compile("|".join(map(_path_pattern, self.readable_paths())))
        self._session = self._new_session(int(config["concurrency"]))
        self.tally = StreamTally("credentials")
        self.redaction = Redaction(())
        self.clock = SteadyClock()
        self.server_lag: timedelta | None = None
        self._renewals = 0
        self._no_credentials: Answer | None = None
        self._renewal = threading.Lock()

    def readable_paths(self) -> Iterable[str]:
        """List the paths that may be requested: `reads`, unless a setting adds to them."""
        return self.reads

    def headers(self) -> dict[str, str]:
        """Headers of every request, credentials included; a vendor's client adds its own."""
        return {"Accept": "application/json"}

    def classify(self, response: ApiResponse) -> Answer | None:
        """Say what an answer is: None for records, else why it holds none.

        A vendor's client overrides this to read the body too, and calls this for the status.

        Raises:
            Answer: Raising is as good as returning; `response.json()` raises `Broken`.
        """
        return classify_status(response)

    @property
    def has_credentials(self) -> bool:
        """Whether a request can be sent; if not, `renew_credentials` is called first."""
        return True

    def renew_credentials(self) -> None:
        """Get credentials, at first or after an `Expired` answer; one thread at a time is here.

        Raises:
            Answer: If there are none; everybody gets this answer for the rest of the run.
        """
        raise NotImplementedError

    def post_credentials(
        self, path: str, headers: Mapping[str, str], extract: Callable[[ApiResponse], T]
    ) -> T:
        """Ask for credentials: the one kind of request that is not a GET.

        Args:
            path: One of `credential_paths`.
            headers: What the vendor wants to see.
            extract: Takes the credentials out of an answer, whatever its status; what it finds
                `Broken` is asked for again.

        Raises:
            Answer: What `extract` says, or `Broken` if there is no answer after the usual retries.
        """
        if path not in self.credential_paths:
            raise Broken(_NEVER, retries=0)
        return self._credentials("POST", path, headers, extract)

    def get_credentials(
        self, path: str, headers: Mapping[str, str], extract: Callable[[ApiResponse], T]
    ) -> T:
        """Try credentials on a read, before the first request or when they were refused.

        Args:
            path: A path that `reads` allows.
            headers: The credentials, in the form to try.
            extract: See `post_credentials`.

        Raises:
            Answer: See `post_credentials`.
        """
        return self._credentials("GET", path, headers, extract)

    def _credentials(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        extract: Callable[[ApiResponse], T],
    ) -> T:
        request = HTTPRequest(self.base_url + path, method, headers=dict(headers))
        classify = self.classify if method == "GET" else classify_status

        def send() -> T:
            response = self._send(request, self.tally, {"Accept": "application/json"})
            try:
                problem = classify(response)
                if isinstance(problem, Broken) and problem.retries != 0:
                    raise problem
                return extract(response)
            except Answer as answer:
                self._add_words(answer, response)
                raise

        return self._retrying(send, self.tally)

    def advice(self, answer: Answer) -> str:
        """Say in one sentence what a user can do when nothing at all can be read."""
        if isinstance(answer, Unconnected):
            return answer.reason
        if isinstance(answer, Moved):
            return (
                f"{self.base_url} is not where the API is, or it refuses these credentials "
                f"({answer.reason}, where none were sent): check {self.host_setting}, or "
                f"{self.credential_settings}"
            )
        if isinstance(answer, TooManyRequests):
            return f"{self.base_url} is asked too often ({answer.reason})"
        if isinstance(answer, Refused):
            return (
                f"{self.base_url} refuses these credentials ({answer.reason}): "
                f"check {self.credential_settings}"
            )
        return (
            f"{self.base_url} gives no usable answer ({answer.reason}): check {self.host_setting}"
        )

    def ask(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Send a request, again where that may help, and return what `extract` finds in it.

        Args:
            request: What to ask for.
            tally: Where requests, retries and waits are counted.
            extract: Takes the records out of an answer; what it raises is classified too.
            max_retries: How often to ask again, if not as often as the setting says: less for
                a question that can be put in another way.

        Raises:
            Answer: What the API said in the end, if not records.
        """
        renewals = self._renewals
        if not self.has_credentials:
            self._renew_once(renewals)
            renewals = self._renewals

        def send() -> T:
            return self._ask_once(request, tally, extract)

        try:
            return self._retrying(send, tally, max_retries)
        except Expired:
            self._renew_once(renewals)
            return self._retrying(send, tally, max_retries)

    def _retrying(
        self, send: Callable[[], T], tally: StreamTally, max_retries: int | None = None
    ) -> T:
        most = self._max_retries if max_retries is None else min(max_retries, self._max_retries)

        def back_off(problem: Broken, seconds: float) -> None:
            if problem.throttled:
                self.pacer.pause(seconds)
            tally.count_retry(problem.what, seconds)

        return Retries(most, lambda: self.has_succeeded, back_off).run(send)

    def permits(self, method: str, url: str) -> bool:
        """Say whether this is a read of this API; nothing else is ever sent."""
        path = self._path_of(url) if method == "GET" else None
        return path is not None and self._readable.fullmatch(path) is not None

    def _path_of(self, url: str) -> str | None:
        """Return the path below the base; None if the address leads elsewhere."""
        below = url.removeprefix(self.base_url)
        if below != url and below.startswith("/"):  # nearly all do, and need no closer look
            return below.partition("?")[0].partition("#")[0]
        path, prefix = urlsplit(url).path, self._base.path
        is_below = path.startswith(prefix) and self._is_same_host(url)
        return path[len(prefix) :] if is_below else None

    def _is_same_host(self, url: str) -> bool:
        """Say whether an address leads to the API, perhaps to its encrypted form."""
        found = origin_of(url)
        if self._base.port is None:
            secure = origin_of(f"https://{self._base.netloc}")
        else:
            secure = self._origin._replace(scheme="https")
        return found in (self._origin, secure)

    def _new_session(self, connections: int) -> Session:
        session = Session(self.permits)
        adapter = Adapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # Proxies and certificates come from the environment once, not once per request.
        found = session.merge_environment_settings(self.base_url, {}, None, None, None)
        session.proxies, session.verify = found["proxies"], found["verify"]
        session.trust_env = False
        session.headers["Accept-Encoding"] = "gzip, deflate"
        if "user_agent" in self.config:
            session.headers["User-Agent"] = self.config["user_agent"]
        return session

    def _ask_once(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
    ) -> T:
        if not self.permits(request.method, request.url):
            raise Broken(_NEVER, retries=0)
        response = self._send(request, tally, self.headers())
        try:
            problem = self.classify(response)
            if problem is not None:
                raise problem
            found = extract(response)
        except Answer as answer:
            self._add_words(answer, response)
            raise
        self.has_succeeded = True
        return found

    def _add_words(self, answer: Answer, response: ApiResponse) -> None:
        """Let an answer say what the vendor says; a redirect is not for reading."""
        if not isinstance(answer, Moved):
            answer.words = answer.words or self.presentable(words_in(response))

    def presentable(self, words: str) -> str:
        """Return a vendor's words in the form in which they may be shown."""
        return presentable(words, self.redaction)

    def _send(
        self, request: HTTPRequest, tally: StreamTally, headers: Mapping[str, str]
    ) -> ApiResponse:
        """Send within the budget; redirects are followed to other reads only."""
        try:
            prepared = requests.Request(
                request.method,
                request.url,
                params=request.encode_params(),
                headers={**self._session.headers, **headers, **request.headers},
            ).prepare()
            if request.method == "GET" and not self.permits("GET", prepared.url or ""):
                raise Broken(_NEVER, retries=0)
            response = self._exchange(prepared, tally)
            redirects = 0
            while request.method == "GET" and response.next is not None:
                redirects += 1
                if redirects > _MOST_REDIRECTS:
                    raise requests.TooManyRedirects
                response = self._exchange(response.next, tally)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise TimedOut(self._too_late(error), elsewhere=True) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            in_words = Broken(_in_words(error, self._base.hostname), elsewhere=True)
            raise unconnected(error, self.base_url) or in_words from error
        except OSError as error:  # so `requests` says that a file of certificates is missing
            raise unconnected(error, self.base_url) or Broken(str(error), retries=0) from error
        if refusal := refused_by_proxy(response):
            raise refusal
        if self.server_lag is None:
            self.server_lag = _lag(response, self.clock.now())
        return response

    def _exchange(self, prepared: requests.PreparedRequest, tally: StreamTally) -> ApiResponse:
        """Send one request and read its answer, in one turn: a redirect is a call of its own."""
        with self.pacer.turn():
            tally.count_request()
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

    def _renew_once(self, renewals: int) -> None:
        """Renew, unless another thread did so since the refused request was sent."""
        with self._renewal:
            if self._no_credentials is not None:
                raise self._no_credentials
            if renewals != self._renewals:
                return
            try:
                self.renew_credentials()
            except Answer as answer:
                self._no_credentials = answer
                raise
            self._renewals += 1

    def _too_late(self, error: Exception) -> str:
        """Say what did not come in time: an answer, or the rest of one."""
        host = self._base.hostname
        if any(isinstance(cause, TrickledError) for cause in _causes(error)):
            seconds = WHOLE_ANSWER_TIMEOUTS * self._timeout
            return f"the answer from {host} is still not complete after {seconds} seconds"
        return f"no answer from {host} within {self._timeout} seconds"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it comes from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _path_pattern(path: str) -> str:
    """Turn `/sessions/{}` into a pattern; a segment `.` or `..` would climb to another path."""
    segment = r"(?!\.{1,2}(?:/|$))[^/]+"
    return "(?:" + re.escape(path).replace(r"\{\}", segment) + ")"


def _lag(response: requests.Response, now: datetime) -> timedelta | None:
    """Return by how much the server's clock is behind ours: never less than nothing.

    Returns:
        None if the answer does not say.
    """
    there = http_date(response.headers.get("Date"))
    return None if there is None else max(timedelta(0), now - there)


def _in_words(error: Exception, host: str | None) -> str:
    """Describe a failed exchange without its URL, headers or body."""
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Failed to resolve" in text:
        return f"the host name {host} is not known"
    if "refused" in text:
        return f"{host} refuses connections"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no secure connection to {host}: {type(error).__name__}"
    return f"the connection to {host} broke: {type(error).__name__}"
