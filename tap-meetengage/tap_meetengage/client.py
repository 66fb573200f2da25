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
from urllib.parse import urljoin, urlsplit

from typing_extensions import override

from event_taps_core import Answer, ApiClient, Broken, CallWindow, Refused
from event_taps_core.answers import MAX_RETRY_AFTER_SECONDS, retry_after_seconds
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
"""So often the limit may be broken in a row; "keys may be disabled" after too many."""

_ERROR_RETRIES: Final = 3
"""What the vendor itself calls an error is hardly one that passes."""

_AT_200: Final = "an error at HTTP 200"
_LONGEST_WORDING: Final = 200
_LONGEST_PAGE_BYTES: Final = 20_000

_ABOUT_THE_LIMIT: Final = re.compile(
    r"rate[ -_]?limit|throttl|too many (?:requests|calls)|calls? (?:in|per|within)|slow down",
    re.IGNORECASE,
)
_ABOUT_THE_SIZE: Final = re.compile(
    r"too (?:large|big|long|wide|many (?:rows|records|results|days))|(?:timed|time) ?-?out"
    r"|memory|(?:smaller|shorter|narrower) (?:date )?(?:range|period)",
    re.IGNORECASE,
)
_ABOUT_ACCESS: Final = re.compile(
    r"authenti|authori[sz]|permission|credential|denied|forbidden|account|data[ _]?method"
    r"|(?:api|access|secret|invalid|unknown|wrong|your|this|the) key|key (?:pair|id|is|was|has)",
    re.IGNORECASE,
)
_FOR_GOOD: Final = re.compile(r"disabled|revoked|deactivated|suspended", re.IGNORECASE)


class TooMuch(Broken):
    """Perhaps the range holds too much for one answer: half of it may work."""


class Breach(Broken):
    """The limit of calls was exceeded."""


class Moved(Refused):
    """The API is at another address, where the credentials were not sent."""


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
        self._refusal: Refused | None = None
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
        """Test the key pair once, at the base URL, before anything is asked for."""
        self.hide(self._key_pair())
        self._patiently(
            lambda: self.get_credentials("", self.headers(), self._insist_on_access), self.tally
        )
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
        )

    def _patiently(self, send: Callable[[], T], tally: StreamTally) -> T:
        for _ in range(_MOST_BREACHES):
            with self._turn() as breaches:
                try:
                    found = send()
                except Breach as breach:
                    self._note_breach(breach, breaches, tally)
                except Refused as refusal:
                    self._refusal = refusal
                    raise
                else:
                    self._breaches = 0
                    return found
        raise self._enough_breaches()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[int]:
        """Let one in at a time, at first and from a breach on, until something succeeds.

        So what is refused from the beginning is refused once, not once for each worker.

        Yields:
            The number of breaches before this turn.
        """
        in_doubt = self._breaches or not self.has_succeeded
        with self._one_at_a_time if in_doubt else contextlib.nullcontext():
            if self._refusal is not None and not self.has_succeeded:
                raise self._refusal
            if self._breaches >= _MOST_BREACHES:
                raise self._enough_breaches()
            yield self._breaches

    def _note_breach(self, breach: Breach, breaches_before: int, tally: StreamTally) -> None:
        """Hold everybody up, longer each time; breaches at the same time are one."""
        with self._noting:
            if self._breaches > breaches_before:
                return
            self._breaches += 1
            asked = breach.retry_after or SHORTEST_PAUSE_SECONDS
            if asked > MAX_RETRY_AFTER_SECONDS:
                msg = f"{self.base_url} asks to wait {asked:.0f} seconds ({breach.reason})"
                raise Stopped(msg)
            wait = max(asked, SHORTEST_PAUSE_SECONDS * (self._breaches - 1))
            self.pacer.pause(wait)
        tally.count_retry(breach.reason, wait)

    def _enough_breaches(self) -> Stopped:
        return Stopped(
            f"{self.base_url} says {_MOST_BREACHES} times in a row that the limit of calls is "
            "exceeded, and too many of these can get a key disabled: see whether something else "
            "uses the same key, and lower the setting requests_per_minute"
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
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return _moved(response)
        if _is_breach(response):
            asked = retry_after_seconds(response.headers.get("Retry-After"))
            return _breach(f"HTTP {status}", asked)
        wording = _wording(response)
        said = f"HTTP {status}: {wording}" if wording else f"HTTP {status}"
        problem = super().classify(response)
        if isinstance(problem, Broken) and problem.retries is None:
            return TooMuch(said, retry_after=problem.retry_after, throttled=problem.throttled)
        is_clients_fault = status // 100 == HTTPStatus.BAD_REQUEST // 100
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (
            is_clients_fault and _ABOUT_THE_SIZE.search(wording)
        ):
            return TooMuch(said, retries=0)
        return Refused(said) if is_clients_fault else problem

    @override
    def advice(self, answer: Answer) -> str:
        """Say what to do; a redirect is no word on the credentials, which did not follow it."""
        if isinstance(answer, Moved):
            return (
                f"{self.base_url} is not where the API is ({answer.reason}), and no credentials "
                "were sent there: if that is an address of Meet & Engage, set the setting api_url "
                "to it"
            )
        if isinstance(answer, Refused) and self._is_checked:
            return (
                f"{self.base_url} accepts the key pair, but not what it is asked for "
                f"({answer.reason}): check the settings account and data_methods"
            )
        return super().advice(answer)

    def insist_on_success(self, beside: Mapping[str, Any]) -> None:
        """Look at the members of a body that stand beside `output`.

        "All output is contained under the 'output' array ... so that any meta information,
        warnings or errors can be passed to you alongside the data" (heading "Example Result"):
        under which names is not said.

        Raises:
            Answer: If one of them is an error.
        """
        if beside.get("authenticated") is False:
            msg = "'authenticated' is false"
            raise Refused(msg)
        errors = list(_members_named("error", beside))
        if not errors:
            return
        wording = "; ".join(_texts(errors))
        said = f"{_AT_200}: {wording[:_LONGEST_WORDING]}"
        if _FOR_GOOD.search(wording):
            raise Refused(said)
        if _ABOUT_THE_LIMIT.search(wording):
            raise _breach(_AT_200, None)
        if _ABOUT_THE_SIZE.search(wording):
            raise TooMuch(said, retries=0)
        if _ABOUT_ACCESS.search(wording):
            raise Refused(said)
        raise Broken(said, retries=_ERROR_RETRIES)


def warnings_of(beside: Mapping[str, Any]) -> list[str]:
    """Return the warnings among the members beside `output`, each cut to a bearable length."""
    found = _texts(list(_members_named("warning", beside)))
    return [text[:_LONGEST_WORDING] for text in found]


def _is_breach(response: ApiResponse) -> bool:
    """Say whether an answer is about the limit, of which the vendor says no status."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if status not in {HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE}:
        return False
    text = response.content[:_LONGEST_PAGE_BYTES].decode(errors="replace")
    return bool(_ABOUT_THE_LIMIT.search(text)) and not _FOR_GOOD.search(text)


def _breach(said: str, asked_to_wait: float | None) -> Breach:
    msg = f"{said}: the limit of calls is exceeded"
    return Breach(msg, retries=0, retry_after=asked_to_wait)


def _moved(response: ApiResponse) -> Moved:
    """Name the address that a redirect leads to, for the user to judge."""
    target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
    netloc = target.netloc.rpartition("@")[2]
    path = target.path.removesuffix(DATA_PATH).rstrip("/")
    return Moved(f"HTTP {response.status_code}: it redirects to {target.scheme}://{netloc}{path}")


def _wording(response: ApiResponse) -> str:
    """Return what the body of an error says, if it says it in JSON; of a page, nothing."""
    try:
        body = response.json()
    except Broken:
        return ""
    return "; ".join(_texts(body))[:_LONGEST_WORDING]


def _members_named(word: str, body: Mapping[str, Any], depth: int = 1) -> Iterator[Any]:
    """Find members by a part of their name, also inside an object such as `meta`."""
    for name, value in body.items():
        if word in name.lower():
            if value:
                yield value
        elif isinstance(value, dict) and depth:
            yield from _members_named(word, value, depth - 1)


def _texts(value: Any) -> list[str]:
    """Collect the texts and numbers in a JSON value."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [] if value is None or value == "" else [str(value)]
