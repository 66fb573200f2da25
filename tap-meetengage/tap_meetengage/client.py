"""The Meet & Engage Data API: its key pair, its limit, and what its answers mean.

Source: the vendor's page "Data API" (meetandengage.com/developer-resources/data-api), cited below
by its headings. It documents no error at all, so every status and wording is an assumption, and
what is in doubt is a failure.
"""

from __future__ import annotations

import base64
import contextlib
import re
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from typing_extensions import override

from event_taps_core import Answer, ApiClient, Broken, CallWindow, Refused, TimedOut, texts_in
from event_taps_core.answers import MAX_RETRY_AFTER_SECONDS, asked_to_wait
from event_taps_core.reading import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core import ApiResponse
    from event_taps_core.summary import StreamTally

T = TypeVar("T")

DATA_PATH: Final = "/organisation_data"

SHORTEST_PAUSE_SECONDS: Final = 5.0
"""The interval of the vendor's limit."""

_MOST_BREACHES: Final = 5
"""So often the limit may be broken in a row; "keys may be disabled" after too many. Twice as often
where it is only likely that an answer is about the limit."""

_ERROR_RETRIES: Final = 3
"""What the vendor itself calls an error is hardly one that passes."""

_PERHAPS_BREACHES: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE})
_TIMEOUTS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT})
_AT_200: Final = "an error at HTTP 200"
_LONGEST_NAME: Final = 200
_LONGEST_PAGE_BYTES: Final = 20_000

_ABOUT_THE_LIMIT: Final = re.compile(
    r"rate[ -_]?limit|throttl|too many (?:requests|calls)|calls? (?:in|per|within)|slow down",
    re.IGNORECASE,
)
_PERHAPS_ABOUT_THE_LIMIT: Final = re.compile(r"\blimits?\b|quota|exceed", re.IGNORECASE)
_ABOUT_THE_SIZE: Final = re.compile(
    r"too (?:large|big|long|wide|many (?:rows|records|results|days))|(?:timed|time) ?-?out"
    r"|memory|execution time|(?:smaller|shorter|narrower) (?:date )?(?:range|period)",
    re.IGNORECASE,
)
_ABOUT_ACCESS: Final = re.compile(
    r"authenti|authori[sz]|permission|credential|account|data[ _]?method"
    r"|(?:api|access|secret|invalid|unknown|wrong|your|this|the) key|key (?:pair|id|is|was|has)",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(r"denied|forbidden", re.IGNORECASE)
"""What a 403 says anyway, whatever it is about."""

_FOR_GOOD: Final = re.compile(r"disabled|revoked|deactivated|suspended", re.IGNORECASE)

# What stands beside the rows

_FAILURE: Final = re.compile(
    r"(?<!no)(?<!no_)(?:error|exception|fail(?:ed|ure)|(?<!de)fault|problem)"
)
"""Names of members that hold a failure, unless they are empty."""

_OUTCOMES: Final = frozenset({"status", "result", "outcome", "type", "level", "severity"})
_FAILED: Final = re.compile(
    r"(?<![a-z])(?<!no )(?<!0 )(?:error|exception|fail|fatal|fault|problem|abort|unsuccess|denied)",
    re.IGNORECASE,
)
"""What an outcome says if it is a failure."""

_SUCCESSES: Final = frozenset({"success", "ok", "status", "result"})
_NOTICE: Final = re.compile(r"warning|message|notice")
_DEEPEST: Final = 8
"""So many levels of objects and lists are looked at."""


class TooMuch(Broken):
    """The range holds too much for one answer: half of it may work."""


class ServerError(Broken):
    """The server failed, most likely for a while: half of the range may work if that lasts."""


class Breach(Broken):
    """The limit of calls was exceeded."""

    otherwise: Answer | None = None
    """What it is if it is not about the limit; None where it says that it is."""


class MethodRefused(Broken):
    """The key pair is good, but not for this account or data method; for others it may be."""


class MeetEngageClient(ApiClient):
    """Sends the key pair, keeps the limit, and reads status and body of each answer."""

    reads = ("", DATA_PATH)
    call_window = CallWindow(10, 5.0)  # heading "Rate Limits"
    spools_answers = True  # one answer holds the whole range, of any size
    host_setting = "the setting api_url (the base with its path /api/1.0/rest)"
    credential_settings = (
        "the settings key_id and key_secret (Control Panel, preferences), account and data_methods"
    )

    def __init__(self, base_url: str, config: Mapping[str, Any]) -> None:
        super().__init__(base_url, config)
        self._is_checked = False
        self._breaches = 0
        self._last_breach = ""
        self._most_breaches = _MOST_BREACHES
        self._answered: set[str] = set()
        self._refusals: dict[str, Refused | MethodRefused] = {}
        self._one_at_a_time = threading.RLock()
        self._noting = threading.Lock()

    # Credentials (headings "Accessing the API" and "Testing access")

    @override
    def headers(self) -> dict[str, str]:
        """Authenticate, in the header and not in the address."""
        return {**super().headers(), "Authorization": f"Basic {self._key_pair()}"}

    def _key_pair(self) -> str:
        pair = f"{self.config['key_id']}:{self.config['key_secret']}"
        return base64.b64encode(pair.encode()).decode()

    @property
    @override
    def has_credentials(self) -> bool:
        return self._is_checked

    @override
    def renew_credentials(self) -> None:
        """Test the key pair once, at the base URL, before anything is asked for.

        From then on what is refused is a data method, and others may be read.

        Raises:
            Answer: If it fails; never one that a smaller range might mend.
        """
        self.redaction.hide(self._key_pair())
        try:
            self._patiently(
                lambda: self.get_credentials("", self.headers(), self._insist_on_access), self.tally
            )
        except (TooMuch, TimedOut, ServerError) as problem:
            raise Broken(problem.reason, elsewhere=True) from problem
        self._is_checked = True

    def _insist_on_access(self, response: ApiResponse) -> None:
        """Accept `{"authenticated": true}` and nothing else.

        Raises:
            Answer: If it is anything else; where the path is not known, no such API is there.
        """
        status = response.status_code
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
            msg = f"HTTP {status}"
            raise Broken(msg, retries=0, elsewhere=True)
        problem = self.classify(response)
        if problem is not None:
            raise problem
        body = response.json()
        if not isinstance(body, dict):
            msg = "JSON that is no answer to the test of credentials"
            raise Broken(msg, elsewhere=True)
        self.insist_on_success(body)
        if body.get("authenticated") is not True:
            msg = "it does not say 'authenticated'"
            raise Refused(msg)

    # The limit (heading "Rate Limits")

    @override
    def ask(
        self,
        request: HTTPRequest,
        tally: StreamTally,
        extract: Callable[[ApiResponse], T],
        *,
        max_retries: int | None = None,
    ) -> T:
        """Stay clear of a disabled key, too: after a breach all wait, and then one tries.

        Raises:
            Answer: See the base class.
            Stopped: If the limit stays exceeded.
        """
        return self._patiently(
            lambda: super(MeetEngageClient, self).ask(
                request, tally, extract, max_retries=max_retries
            ),
            tally,
            str(request.params.get("data_method", "")),
        )

    def _patiently(self, send: Callable[[], T], tally: StreamTally, method: str = "") -> T:
        otherwise: Answer | None = None
        for _ in range(_MOST_BREACHES):
            with self._turn(method) as breaches:
                try:
                    found = send()
                except Breach as breach:
                    if otherwise := breach.otherwise:
                        otherwise.words = breach.words
                    if isinstance(otherwise, MethodRefused) and method not in self._answered:
                        self.pacer.pause(SHORTEST_PAUSE_SECONDS)  # in case that it was the limit
                        self._refusals[method] = otherwise
                        raise otherwise from breach
                    self._note_breach(breach, breaches, tally)
                except (Refused, MethodRefused) as refusal:
                    if method not in self._answered:
                        self._refusals[method] = refusal
                    raise
                else:
                    self._breaches = 0
                    self._answered.add(method)
                    return found
        if otherwise is None or self._breaches >= self._most_breaches:
            raise self._enough_breaches()
        raise otherwise

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
            if self._breaches >= self._most_breaches:
                raise self._enough_breaches()
            yield self._breaches

    def _note_breach(self, breach: Breach, breaches_before: int, tally: StreamTally) -> None:
        """Hold everybody up, longer each time; breaches at the same time are one."""
        with self._noting:
            if self._breaches > breaches_before:
                return
            self._breaches += 1
            self._last_breach = breach.reason
            self._most_breaches = _MOST_BREACHES * (1 if breach.otherwise is None else 2)
            asked = max(breach.retry_after or 0, SHORTEST_PAUSE_SECONDS)
            if asked > MAX_RETRY_AFTER_SECONDS:
                msg = f"{self.base_url} asks to wait {asked:.0f} seconds ({breach.reason})"
                raise Stopped(msg)
            wait = max(asked, SHORTEST_PAUSE_SECONDS * (self._breaches - 1))
            self.pacer.pause(wait)
        tally.count_retry(breach.what, wait)

    def _enough_breaches(self) -> Stopped:
        return Stopped(
            f"{self.base_url} answers {self._breaches} times in a row as if the limit of calls "
            f"were exceeded ({self._last_breach}), and too many of these can get a key disabled: "
            "see whether something else uses the same key, and lower the setting "
            "requests_per_minute"
        )

    # What answers mean

    @override
    def classify(self, response: ApiResponse) -> Answer | None:
        """Read the status, and the wording of an error's body.

        What a 200 holds is looked at where its rows are taken out, because it may be very large.
        """
        status = response.status_code
        if status == HTTPStatus.OK:
            return None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _breach(f"HTTP {status}", asked_to_wait(response))
        wording = _wording(response)
        problem = self._problem(response, f"HTTP {status}", wording)
        if problem is None or status not in _PERHAPS_BREACHES or isinstance(problem, TooMuch):
            return problem
        return self._breach_or(problem, response, wording)

    def _breach_or(self, problem: Answer, response: ApiResponse, wording: str) -> Answer:
        """Say whether a 403 or 503 is about the limit, or may be, now that others were answered."""
        asked = asked_to_wait(response)
        page = _page(response)
        if _FOR_GOOD.search(page):
            return problem
        if _ABOUT_THE_LIMIT.search(page) or _PERHAPS_ABOUT_THE_LIMIT.search(wording):
            return _breach(f"HTTP {response.status_code}", asked)
        if not self.has_succeeded or _ABOUT_ACCESS.search(wording):
            return problem
        msg = f"HTTP {response.status_code}, perhaps for the limit of calls"
        breach = Breach(msg, retries=0, retry_after=asked)
        is_refusal = isinstance(problem, MethodRefused)
        breach.otherwise = problem if is_refusal else Broken(problem.what, retries=0)
        return breach

    def _problem(self, response: ApiResponse, said: str, wording: str) -> Answer | None:
        """Say what an answer is if it is not about the limit."""
        status = response.status_code
        is_clients_fault = status // 100 == HTTPStatus.BAD_REQUEST // 100
        is_about_the_size = _ABOUT_THE_SIZE.search(wording or _page(response)) is not None
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (
            is_clients_fault and is_about_the_size
        ):
            return TooMuch(said, retries=0)
        problem = super().classify(response)
        if isinstance(problem, Broken) and problem.retries is None:
            kind = TooMuch if is_about_the_size or status in _TIMEOUTS else ServerError
            return kind(said, retry_after=problem.retry_after)
        return self._refused(said) if is_clients_fault else problem

    def _refused(self, said: str) -> Refused | MethodRefused:
        """Say what is refused: the key pair, or what is asked for with it."""
        if not self._is_checked:
            return Refused(said)
        return MethodRefused(f"{said} (check the settings account and data_methods)", retries=0)

    @override
    def advice(self, answer: Answer) -> str:
        """Say what to do where the key pair is good, and what it is used for is refused."""
        if isinstance(answer, MethodRefused):
            return (
                f"{self.base_url} accepts the key pair, but not what it is asked for: "
                f"{answer.reason}"
            )
        return super().advice(answer)

    def insist_on_success(self, beside: Mapping[str, Any]) -> None:
        """Look at the members of a body that stand beside `output`.

        "All output is contained under the 'output' array ... so that any meta information,
        warnings or errors can be passed to you alongside the data" (heading "Example Result"):
        under which names is not said.

        Raises:
            Answer: If one of them is an error, or says that the call failed.
        """
        if beside.get("authenticated") is False:
            msg = "'authenticated' is false"
            raise Refused(msg)
        failures = list(_failures_in(beside))
        if not failures:
            return
        words = "; ".join(texts_in(failures, is_error=True))
        said = ": ".join(filter(None, (_AT_200, self.presentable(words))))
        wording = " ".join(words.split())
        if _FOR_GOOD.search(wording):
            raise self._refused(said)
        if _ABOUT_THE_LIMIT.search(wording):
            raise _breach(said, None)
        if _ABOUT_THE_SIZE.search(wording):
            raise TooMuch(said, retries=0)
        if _PERHAPS_ABOUT_THE_LIMIT.search(wording):
            raise _breach(said, None)
        if _ABOUT_ACCESS.search(wording) or _DENIED.search(wording):
            raise self._refused(said)
        raise Broken(said, retries=_ERROR_RETRIES)


def warnings_of(beside: Mapping[str, Any]) -> list[str]:
    """Return the warnings among the members beside `output`."""
    return texts_in(list(_notices_in(beside)), is_error=True)


def others_of(beside: Mapping[str, Any]) -> list[str]:
    """Return the names of the members beside `output` that hold something else."""
    return [
        name[:_LONGEST_NAME]
        for name, value in beside.items()
        if value and not _NOTICE.search(name.lower())
    ]


def _breach(said: str, asked_to_wait: float | None) -> Breach:
    msg = f"{said}: the limit of calls is exceeded"
    return Breach(msg, retries=0, retry_after=asked_to_wait)


def _page(response: ApiResponse) -> str:
    """Return the beginning of a body as it is, to look for words in it; it is never logged."""
    return response.content[:_LONGEST_PAGE_BYTES].decode(errors="replace")


def _wording(response: ApiResponse) -> str:
    """Return what the body of an error says, if it says it in JSON; of a page, nothing."""
    try:
        body = response.json()
    except Broken:
        return ""
    return " ".join("; ".join(texts_in(body, is_error=True)).split())


def _failures_in(value: Any, depth: int = _DEEPEST) -> Iterator[Any]:
    """Find what says that the call failed, wherever it stands."""
    if isinstance(value, list) and depth:
        for item in value:
            yield from _failures_in(item, depth - 1)
    if not isinstance(value, dict) or not depth:
        return
    if any(_says_failure(name.lower(), item) for name, item in value.items()):
        yield value
    for name, item in value.items():
        if _FAILURE.search(name.lower()):
            if item:
                yield item
        elif "warning" not in name.lower():
            yield from _failures_in(item, depth - 1)


def _says_failure(name: str, value: Any) -> bool:
    """Say whether a member tells how the call went, and that it failed."""
    if name in _SUCCESSES and str(value).lower() == "false":
        return True
    if name == "status" and type(value) is int:
        return value >= HTTPStatus.BAD_REQUEST
    return name in _OUTCOMES and isinstance(value, str) and bool(_FAILED.search(value))


def _notices_in(value: Any, depth: int = _DEEPEST) -> Iterator[Any]:
    """Find what is there for a user to read."""
    if isinstance(value, dict) and depth:
        for name, item in value.items():
            if _NOTICE.search(name.lower()):
                yield item
            else:
                yield from _notices_in(item, depth - 1)
