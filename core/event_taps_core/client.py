"""One client per key: every request of a tap goes through it.

It holds what is true of requests whatever the stream: the one budget (`Pacer`), the retry policy,
the renewal of credentials, the list of paths that may be read, and the classification of answers.
A vendor's client adds its credentials and what its bodies say.
"""

from __future__ import annotations

import contextlib
import email.utils
import random
import re
import tempfile
import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters
import urllib3
from requests.cookies import RequestsCookieJar
from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core.answers import (
    Answer,
    Broken,
    Expired,
    Moved,
    Refused,
    TimedOut,
    classify_status,
)
from event_taps_core.connection_errors import Unconnected, refused_by_proxy, unconnected
from event_taps_core.json_values import decode
from event_taps_core.summary import StreamTally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from http.cookiejar import Cookie


T = TypeVar("T")
_UNREAD = object()
_NEVER = "this tap never requests that path"
_CONNECT_TIMEOUT_SECONDS = 15
_LONGEST_BACKOFF_SECONDS = 60.0
_CLOCK_MARGIN = 1.01
"""A server's clock may be this much slower than ours."""
_SPOOLED_BYTES = 1024 * 1024
"""Answers larger than this do not stay in memory, for clients that spool."""
_PIECE_BYTES = 256 * 1024
_MOST_REDIRECTS = 5


class CallWindow(NamedTuple):
    """A limit on the calls in any stretch of time, of which a vendor says that it enforces it."""

    calls: int
    seconds: float


class Pacer:
    """Spaces the starts of requests evenly, so that no window of time ever holds a burst.

    With a `CallWindow` a call also holds one of its places from its start until `seconds` after
    its answer. Wherever in between the server counts it, no window of that length can then hold
    more than `calls`: when the last of them started, all others that the window could hold still
    had their places. So neither a slow network nor a slow server can turn even spacing into a
    breach.

    Args:
        requests_per_minute: The budget; 0 for none, and no window either.
        window: The vendor's own limit.
    """

    def __init__(self, requests_per_minute: int, window: CallWindow | None = None) -> None:
        self._interval = 60 / requests_per_minute if requests_per_minute else 0.0
        self._window = window if requests_per_minute else None
        self._next = 0.0
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._change = threading.Condition()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until one request may be sent; it is, and answered, within the context.

        Whoever wakes looks again, because a pause may have come in the meantime.
        """
        with self._change:
            while (delay := self._delay()) != 0:
                self._change.wait(delay)
            self._next = time.monotonic() + self._interval
            self._under_way += 1
        try:
            yield
        finally:
            with self._change:
                self._under_way -= 1
                if self._window is not None:
                    self._answered.append(time.monotonic() + _CLOCK_MARGIN * self._window.seconds)
                    self._change.notify_all()

    def _delay(self) -> float | None:
        """Return for how many seconds nobody may send; None until an answer has come."""
        now = time.monotonic()
        delay = max(0.0, self._next - now)
        if self._window is not None:
            while self._answered and self._answered[0] <= now:
                self._answered.popleft()
            if self._under_way + len(self._answered) >= self._window.calls:
                return max(delay, self._answered[0] - now) if self._answered else None
        return delay

    def pause(self, seconds: float) -> None:
        """Let nobody send for `seconds`: the server asked all of us, not one worker, to wait."""
        with self._change:
            self._next = max(self._next, time.monotonic() + seconds)


class ApiResponse(requests.Response):
    """A response that decodes its JSON once, however many streams and paginators look at it."""

    _value: Any = _UNREAD
    _content: Any  # False while unread, as `requests` has it

    spooled: IO[bytes] | None = None
    """A large body, in a file without a name (see `ApiClient.spools_answers`)."""

    @property
    @override
    def content(self) -> bytes:
        """The body, read at once instead of in the 10 kB pieces of `requests`.

        Raises:
            urllib3.exceptions.HTTPError: If the body is cut or badly compressed.
        """
        if self.spooled is not None:
            self.spooled.seek(0)
            return self.spooled.read()
        if self._content is False:
            self._content = self.raw.read(decode_content=True)
        return self._content or b""

    def spool(self) -> None:
        """Read the body, a large one into a file, so that no answer can fill the memory.

        Raises:
            urllib3.exceptions.HTTPError: If the body is cut or badly compressed.
            Broken: If there is no room for it.
        """
        file = tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES)  # noqa: SIM115 - a large one lives on
        try:
            for piece in self.raw.stream(_PIECE_BYTES, decode_content=True):
                file.write(piece)
        except BaseException as error:
            self.close()  # a connection with half an answer in it is of no use to the next request
            if isinstance(error, OSError):
                msg = f"a large answer does not fit into a temporary file ({error.strerror})"
                raise Broken(msg, retries=0) from error
            raise
        if file.tell() > _SPOOLED_BYTES:
            self.spooled = file
            return
        with file:
            file.seek(0)
            self._content = file.read()

    @override
    def json(self, **kwargs: Any) -> Any:
        """Return the decoded body (`kwargs` are the standard decoder's and not needed here).

        Raises:
            Broken: If the body is not JSON.
        """
        if self._value is _UNREAD:
            self._value = decode(self.content)
        return self._value


class _Adapter(requests.adapters.HTTPAdapter):
    @override
    def build_response(
        self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse
    ) -> ApiResponse:
        response = ApiResponse()
        response.__dict__.update(super().build_response(req, resp).__dict__)
        return response


class _NoCookies(RequestsCookieJar):
    """Workers share the session; a cookie would make one answer depend on another."""

    @override
    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        return None


class _Session(requests.Session):
    """A session whose redirects stay on the host and on the list of reads.

    `requests` strips only the standard `Authorization` header when a redirect leaves the host;
    the key headers of these vendors would travel on.
    """

    def __init__(self, permits: Callable[[str, str], bool]) -> None:
        super().__init__()
        self._permits = permits
        self.cookies = _NoCookies()

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        try:
            permitted = target and self._permits("GET", urljoin(resp.url, target))
        except ValueError:  # it is no address
            return None
        return target if permitted else None


class ApiClient:
    """Sends requests within the budget and returns only records; everything else is raised.

    Args:
        base_url: The API's base, with its path prefix; a trailing slash does not matter.
        config: The tap's settings (`concurrency`, `requests_per_minute`,
            `request_timeout_seconds`, `max_retries`, and the vendor's credentials).
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
        self.base_url = base_url.rstrip("/")
        self.config = config
        self.pacer = Pacer(int(config["requests_per_minute"]), self.call_window)
        self.has_succeeded = False
        self._timeout = int(config["request_timeout_seconds"])
        self._max_retries = int(config["max_retries"])
        self._base = urlsplit(self.base_url)
        self._readable = re.compile("|".join(map(_path_pattern, self.readable_paths())))
        self._session = self._new_session(int(config["concurrency"]))
        self.tally = StreamTally("credentials")
        self.hide: Callable[[str], None] = lambda _: None  # the tap puts its redaction here
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
            problem = classify(response)
            if isinstance(problem, Broken) and problem.retries != 0:
                raise problem
            return extract(response)

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
        failures: Counter[str] = Counter()
        most = self._max_retries if max_retries is None else min(max_retries, self._max_retries)
        while True:
            try:
                return send()
            except Broken as problem:
                failures[problem.reason] += 1
                if failures.total() > most or not self._is_worth_another_try(problem, failures):
                    raise
                self._wait_before_retry(problem, failures.total(), tally)

    def _is_worth_another_try(self, problem: Broken, failures: Counter[str]) -> bool:
        """Bound the retries of a reason that has its own limit by that."""
        if problem.retries is None or (problem.elsewhere and self.has_succeeded):
            return True
        return failures[problem.reason] <= problem.retries

    def permits(self, method: str, url: str) -> bool:
        """Say whether this is a read of this API; nothing else is ever sent."""
        parts = urlsplit(url)
        same_host = (parts.scheme, parts.netloc) in {
            (self._base.scheme, self._base.netloc),
            ("https", self._base.netloc),
        }
        prefix = self._base.path
        return (
            method == "GET"
            and same_host
            and parts.path.startswith(prefix)
            and self._readable.fullmatch(parts.path[len(prefix) :]) is not None
        )

    def _new_session(self, connections: int) -> _Session:
        session = _Session(self.permits)
        adapter = _Adapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # Proxies and certificates come from the environment once, not once per request.
        found = session.merge_environment_settings(self.base_url, {}, None, None, None)
        session.proxies, session.verify = found["proxies"], found["verify"]
        session.trust_env = False
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
        problem = self.classify(response)
        if problem is not None:
            raise problem
        found = extract(response)
        self.has_succeeded = True
        return found

    def _send(
        self, request: HTTPRequest, tally: StreamTally, headers: Mapping[str, str]
    ) -> ApiResponse:
        """Send within the budget; redirects are followed to other reads only."""
        try:
            prepared = requests.Request(
                request.method,
                request.url,
                params=request.encode_params(),
                headers={**headers, **request.headers},
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
            said = f"no answer from {self._base.hostname} within {self._timeout} seconds"
            raise TimedOut(said, elsewhere=True) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            in_words = Broken(_in_words(error, self._base.hostname), elsewhere=True)
            raise unconnected(error, self.base_url) or in_words from error
        except OSError as error:  # so `requests` says that a file of certificates is missing
            raise unconnected(error, self.base_url) or Broken(str(error), retries=0) from error
        if refusal := refused_by_proxy(response):
            raise refusal
        if self.server_lag is None:
            self.server_lag = _lag(response)
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

    def _wait_before_retry(self, problem: Broken, attempt: int, tally: StreamTally) -> None:
        """Back off: as long as the server asked, else exponentially with jitter."""
        backoff = min(_LONGEST_BACKOFF_SECONDS, 2.0 ** (attempt - 1))
        wait = backoff * random.uniform(0.5, 1)  # noqa: S311 - jitter needs no secrecy
        if problem.retry_after is not None:
            wait = problem.retry_after + random.uniform(0, 0.2)  # noqa: S311 - jitter
        if problem.throttled:
            self.pacer.pause(wait)
        tally.count_retry(problem.reason, wait)
        time.sleep(wait)


def _path_pattern(path: str) -> str:
    """Turn `/sessions/{}` into a pattern; a segment `.` or `..` would climb to another path."""
    segment = r"(?!\.{1,2}(?:/|$))[^/]+"
    return "(?:" + re.escape(path).replace(r"\{\}", segment) + ")"


def _lag(response: requests.Response) -> timedelta | None:
    """Return by how much the server's clock is behind ours: never less than nothing.

    Returns:
        None if the answer does not say.
    """
    try:
        there = email.utils.parsedate_to_datetime(response.headers["Date"])
        return max(timedelta(0), datetime.now(UTC) - there.replace(tzinfo=there.tzinfo or UTC))
    except (KeyError, ValueError, OverflowError):
        return None


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
