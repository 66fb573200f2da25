"""What Meet & Engage's answers mean: by their status, and by the words of their errors.

The vendor documents no error at all, so every status and wording is an assumption, and what is in
doubt is a failure.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

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
_MAX_PAGE_BYTES: Final = 20_000

_ABOUT_THE_LIMIT: Final = re.compile(
    r"rate[ -_]?limit|throttl|too many (?:requests|calls)|calls? (?:in|per|within)|slow down"
)
_PERHAPS_ABOUT_THE_LIMIT: Final = re.compile(r"\blimits?\b|quota|exceed")
_ABOUT_THE_SIZE: Final = re.compile(
    r"too (?:large|big|long|wide|many (?:rows|records|results|days))|(?:timed|time) ?-?out"
    r"|memory|execution time|(?:smaller|shorter|narrower) (?:date )?(?:range|period)"
)
_ABOUT_ACCESS: Final = re.compile(
    r"authenti|authori[sz]|permission|credential|account|data[ _]?method"
    r"|(?:api|access|secret|invalid|unknown|wrong|your|this|the) key|key (?:pair|id|is|was|has)"
)
_DENIED: Final = re.compile(r"denied|forbidden")
"""What a 403 says anyway, whatever it is about."""

_FOR_GOOD: Final = re.compile(r"disabled|revoked|deactivated|suspended")

# What stands beside the rows

_FAILURE: Final = re.compile(
    r"(?<!no)(?<!no_)(?:error|exception|fail(?:ed|ure)|(?<!de)fault|problem)"
)
"""Names of members that hold a failure, unless they are empty."""

_OUTCOMES: Final = frozenset({"status", "result", "outcome", "type", "level", "severity"})
_FAILED: Final = re.compile(
    r"(?<![a-z])(?<!no )(?<!0 )(?:error|exception|fail|fatal|fault|problem|abort|unsuccess|denied)"
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


class MethodRefused(BadResponse):
    """The key pair is good, but not for this account or data method; for others it may be."""

    def __init__(self, refusal: str) -> None:
        super().__init__(f"{refusal} (check the settings account and data_methods)", retries=0)
        self.refusal = refusal
        """The same without advice."""


class Breach(BadResponse):
    """The limit of calls was exceeded, or `otherwise` says what else the answer may be about."""

    def __init__(
        self, reason: str, retry_after: float | None = None, otherwise: ApiError | None = None
    ) -> None:
        certain, perhaps = ": the limit of calls is exceeded", ", perhaps for the limit of calls"
        what = f"{reason}{perhaps if otherwise else certain}"
        super().__init__(what, retries=0, retry_after=retry_after)
        self.otherwise = otherwise


def problem_of(response: ApiResponse, *, has_succeeded: bool = False) -> ApiError | None:
    """Read the status, and the wording of an error's body.

    What a 200 holds is looked at where its rows are taken out, because it may be very large. Once
    rows have come (`has_succeeded`), a 403 or 503 may be about the limit.
    """
    status = response.status_code
    if status == HTTPStatus.OK:
        return None
    reason, retry_after = f"HTTP {status}", asked_to_wait(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Breach(reason, retry_after)
    page = response.content[:_MAX_PAGE_BYTES].decode(errors="replace").lower()  # it is never logged
    wording = _wording(response)
    problem = _problem(response, wording or page)
    is_settled = status not in _PERHAPS_BREACHES or _FOR_GOOD.search(page)
    if problem is None or isinstance(problem, TooMuch) or is_settled:
        return problem
    if _ABOUT_THE_LIMIT.search(page) or _PERHAPS_ABOUT_THE_LIMIT.search(wording):
        return Breach(reason, retry_after)
    if not has_succeeded or _ABOUT_ACCESS.search(wording):
        return problem
    is_refusal = isinstance(problem, MethodRefused)
    otherwise = problem if is_refusal else BadResponse(problem.what, retries=0)
    return Breach(reason, retry_after, otherwise)


def _problem(response: ApiResponse, words: str) -> ApiError | None:
    """Say what an answer is if it is not about the limit."""
    status = response.status_code
    reason = f"HTTP {status}"
    is_clients_fault = status // 100 == HTTPStatus.BAD_REQUEST // 100
    is_about_the_size = _ABOUT_THE_SIZE.search(words) is not None
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (is_clients_fault and is_about_the_size):
        return TooMuch(reason, retries=0)
    problem = classify_status(response)
    if isinstance(problem, BadResponse) and problem.retries is None:
        kind = TooMuch if is_about_the_size or status in _TIMEOUTS else ServerError
        return kind(reason, retry_after=problem.retry_after)
    return MethodRefused(reason) if is_clients_fault else problem


def require_success(members: Mapping[str, Any], presentable: Callable[[str], str]) -> None:
    """Look at what stands beside `output`; `presentable` makes words fit to be shown.

    "All output is contained under the 'output' array ... so that any meta information,
    warnings or errors can be passed to you alongside the data" (heading "Example Result"):
    under which names is not said.

    Raises:
        ApiError: If one of them is an error, or says that the call failed.
    """
    if members.get("authenticated") is False:
        raise AccessDenied("'authenticated' is false")
    failures = [
        item if _FAILURE.search(name) else beside
        for name, item, beside in _members_in(members)
        if (item and _FAILURE.search(name)) or _says_failure(name, item)
    ]
    if failures:
        words = "; ".join(texts_in(failures, is_error=True))
        reason = ": ".join(filter(None, ("an error at HTTP 200", presentable(words))))
        raise _failure_of(" ".join(words.lower().split()), reason)


def _failure_of(wording: str, reason: str) -> ApiError:
    """Say what an error is that came with HTTP 200."""
    if not _FOR_GOOD.search(wording):
        if _ABOUT_THE_LIMIT.search(wording):
            return Breach(reason)
        if _ABOUT_THE_SIZE.search(wording):
            return TooMuch(reason, retries=0)
        if _PERHAPS_ABOUT_THE_LIMIT.search(wording):
            return Breach(reason)
        if not (_ABOUT_ACCESS.search(wording) or _DENIED.search(wording)):
            return BadResponse(reason, retries=_ERROR_RETRIES)
    return MethodRefused(reason)


def warnings_of(members: Mapping[str, Any]) -> list[str]:
    """Return the warnings among the members beside `output`."""
    notices = [item for name, item, _ in _members_in(members) if _NOTICE.search(name)]
    return texts_in(notices, is_error=True)


def unread_members(members: Mapping[str, Any]) -> list[str]:
    """Return the names of the members beside `output` that hold something else."""
    return [name for name, value in members.items() if value and not _NOTICE.search(name.lower())]


def _wording(response: ApiResponse) -> str:
    """Return what the body of an error says, if it says it in JSON; of a page, nothing."""
    try:
        body = response.json()
    except BadResponse:
        return ""
    return " ".join("; ".join(texts_in(body, is_error=True)).lower().split())


def _members_in(value: Any, depth: int = _DEEPEST) -> Iterator[tuple[str, Any, Any]]:
    """Yield the members of objects, wherever they stand: name, value, and the object.

    What is called a failure or a warning is for a user to read as a whole.
    """
    if isinstance(value, list) and depth:
        for item in value:
            yield from _members_in(item, depth - 1)
    if isinstance(value, dict) and depth:
        for name, item in value.items():
            yield name.lower(), item, value
            if not (_FAILURE.search(name.lower()) or "warning" in name.lower()):
                yield from _members_in(item, depth - 1)


def _says_failure(name: str, value: Any) -> bool:
    """Say whether a member tells how the call went, and that it failed."""
    if name in _SUCCESSES and str(value).lower() == "false":
        return True
    if name == "status" and type(value) is int:
        return value >= HTTPStatus.BAD_REQUEST
    return name in _OUTCOMES and isinstance(value, str) and bool(_FAILED.search(value.lower()))
