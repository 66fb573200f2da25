"""What Meet & Engage's answers mean: by their status, and by the words of their errors.

The vendor documents no error at all, so every status and wording is an assumption, and what is in
doubt is a failure.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from event_taps_core import (
    AccessDenied,
    ApiError,
    BadResponse,
    asked_to_wait,
    classify_status,
    texts_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from event_taps_core import ApiResponse

_ERROR_RETRIES: Final = 3
"""What the vendor itself calls an error is hardly one that passes."""

_PERHAPS_BREACHES: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE})
_TIMEOUTS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT})
_AT_200: Final = "an error at HTTP 200"
_MAX_NAME_LENGTH: Final = 200
_MAX_PAGE_BYTES: Final = 20_000

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


class TooMuch(BadResponse):
    """The range holds too much for one answer: half of it may work."""


class ServerError(BadResponse):
    """The server failed, most likely for a while: half of the range may work if that lasts."""


class Breach(BadResponse):
    """The limit of calls was exceeded."""

    otherwise: ApiError | None = None
    """What it is if it is not about the limit; None where it says that it is."""


class MethodRefused(BadResponse):
    """The key pair is good, but not for this account or data method; for others it may be."""


class Known(NamedTuple):
    """What is known when an answer comes, and helps to understand it."""

    is_checked: bool = False
    """Whether the key pair is good: from then on what is refused is a data method."""

    has_succeeded: bool = False
    """Whether rows have come: from then on a 403 or 503 may be about the limit."""

    def refused(self, reason: str) -> AccessDenied | MethodRefused:
        """Say what is refused: the key pair, or what is asked for with it."""
        if not self.is_checked:
            return AccessDenied(reason)
        return MethodRefused(f"{reason} (check the settings account and data_methods)", retries=0)


def problem_of(response: ApiResponse, known: Known) -> ApiError | None:
    """Read the status, and the wording of an error's body.

    What a 200 holds is looked at where its rows are taken out, because it may be very large.
    """
    status = response.status_code
    if status == HTTPStatus.OK:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _breach(f"HTTP {status}", asked_to_wait(response))
    wording = _wording(response)
    problem = _problem(response, wording, known)
    if problem is None or status not in _PERHAPS_BREACHES or isinstance(problem, TooMuch):
        return problem
    return _breach_or(problem, response, wording, known)


def _breach_or(problem: ApiError, response: ApiResponse, wording: str, known: Known) -> ApiError:
    """Say whether a 403 or 503 is about the limit, or may be, now that others were answered."""
    retry_after = asked_to_wait(response)
    page = _page(response)
    if _FOR_GOOD.search(page):
        return problem
    if _ABOUT_THE_LIMIT.search(page) or _PERHAPS_ABOUT_THE_LIMIT.search(wording):
        return _breach(f"HTTP {response.status_code}", retry_after)
    if not known.has_succeeded or _ABOUT_ACCESS.search(wording):
        return problem
    msg = f"HTTP {response.status_code}, perhaps for the limit of calls"
    breach = Breach(msg, retries=0, retry_after=retry_after)
    is_refusal = isinstance(problem, MethodRefused)
    breach.otherwise = problem if is_refusal else BadResponse(problem.what, retries=0)
    return breach


def _problem(response: ApiResponse, wording: str, known: Known) -> ApiError | None:
    """Say what an answer is if it is not about the limit."""
    status = response.status_code
    reason = f"HTTP {status}"
    is_clients_fault = status // 100 == HTTPStatus.BAD_REQUEST // 100
    is_about_the_size = _ABOUT_THE_SIZE.search(wording or _page(response)) is not None
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (is_clients_fault and is_about_the_size):
        return TooMuch(reason, retries=0)
    problem = classify_status(response)
    if isinstance(problem, BadResponse) and problem.retries is None:
        kind = TooMuch if is_about_the_size or status in _TIMEOUTS else ServerError
        return kind(reason, retry_after=problem.retry_after)
    return known.refused(reason) if is_clients_fault else problem


def failure_beside(
    members: Mapping[str, Any], known: Known, presentable: Callable[[str], str]
) -> ApiError | None:
    """Look at the members of a body that stand beside `output`.

    "All output is contained under the 'output' array ... so that any meta information,
    warnings or errors can be passed to you alongside the data" (heading "Example Result"):
    under which names is not said.

    Args:
        members: What they hold, by name.
        known: What is known.
        presentable: Makes the vendor's words fit to be shown.

    Returns:
        What it is if one of them is an error, or says that the call failed.
    """
    if members.get("authenticated") is False:
        return AccessDenied("'authenticated' is false")
    failures = list(_failures_in(members))
    if not failures:
        return None
    words = "; ".join(texts_in(failures, is_error=True))
    reason = ": ".join(filter(None, (_AT_200, presentable(words))))
    return _failure_of(" ".join(words.split()), reason, known)


def _failure_of(wording: str, reason: str, known: Known) -> ApiError:
    """Say what an error is that came with HTTP 200."""
    if _FOR_GOOD.search(wording):
        return known.refused(reason)
    if _ABOUT_THE_LIMIT.search(wording):
        return _breach(reason, None)
    if _ABOUT_THE_SIZE.search(wording):
        return TooMuch(reason, retries=0)
    if _PERHAPS_ABOUT_THE_LIMIT.search(wording):
        return _breach(reason, None)
    if _ABOUT_ACCESS.search(wording) or _DENIED.search(wording):
        return known.refused(reason)
    return BadResponse(reason, retries=_ERROR_RETRIES)


def warnings_of(members: Mapping[str, Any]) -> list[str]:
    """Return the warnings among the members beside `output`."""
    return texts_in(list(_notices_in(members)), is_error=True)


def unread_members(members: Mapping[str, Any]) -> list[str]:
    """Return the names of the members beside `output` that hold something else."""
    return [
        name[:_MAX_NAME_LENGTH]
        for name, value in members.items()
        if value and not _NOTICE.search(name.lower())
    ]


def _breach(reason: str, retry_after: float | None) -> Breach:
    msg = f"{reason}: the limit of calls is exceeded"
    return Breach(msg, retries=0, retry_after=retry_after)


def _page(response: ApiResponse) -> str:
    """Return the beginning of a body as it is, to look for words in it; it is never logged."""
    return response.content[:_MAX_PAGE_BYTES].decode(errors="replace")


def _wording(response: ApiResponse) -> str:
    """Return what the body of an error says, if it says it in JSON; of a page, nothing."""
    try:
        body = response.json()
    except BadResponse:
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
