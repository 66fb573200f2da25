"""What an API can answer: records, or one of four reasons why there are none.

One place decides (`ApiClient.classify`), so that no stream can mistake "not yet", "not here",
"not allowed" or a broken answer for an empty list. An answer that is not records is an exception,
so it cannot be overlooked either.
"""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from typing_extensions import override

if TYPE_CHECKING:
    import requests

MAX_RETRY_AFTER_SECONDS = 900
"""A server that asks for more than a quarter of an hour is not waited for: the run names it."""


class ApiError(Exception):
    """An answer that holds no records: why not, in a few words without personal data."""

    words = ""
    """What the vendor itself says of it, without secrets and addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.what = reason

    @property
    def reason(self) -> str:
        """What the server said, with the vendor's own words."""
        return self.what if self.words in self.what else f"{self.what}: {self.words}"

    @override
    def __str__(self) -> str:
        return self.reason


class NotReady(ApiError):
    """The data is being prepared: ask again after `seconds`, or the stream's `poll_seconds`."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class NotFound(ApiError):
    """The vendor says that this object or feature is not there: counted, named, not an error."""


class Gone(NotFound):
    """It was listed when the run began, and is not any more: it may be back in the next run."""


class AccessDenied(ApiError):
    """The credentials or their permissions do not allow this."""


class CredentialsExpired(AccessDenied):
    """The credentials were good and have run out: renew them once, then ask again."""


class BadResponse(ApiError):
    """No usable answer: a server error, HTML where JSON belongs, a cut body, no answer at all.

    Args:
        reason: What was wrong with the answer.
        retries: How often it is worth asking again; None for the setting `max_retries`.
        retry_after: Seconds that the server asked to wait at least before the next request.
        at_once: The first time, the next try need not wait: the server is not known to have too
            much to do.
        unreachable: Nobody answered, or not this API (an HTML page): as long as nothing has been
            read, nothing else can be either.
    """

    def __init__(
        self,
        reason: str,
        *,
        retries: int | None = None,
        retry_after: float | None = None,
        at_once: bool = False,
        unreachable: bool = False,
    ) -> None:
        super().__init__(reason)
        self.unreachable = unreachable
        self.retries = retries
        self.retry_after = retry_after
        self.at_once = at_once

    @property
    def throttled(self) -> bool:
        """Whether the server finds the whole key too fast: every worker waits, not just one."""
        return self.retry_after is not None or isinstance(self, TooManyRequests)


class Redirected(BadResponse):
    """A redirect to another host, or to what is not read: it was not followed.

    So answers an API at an old address, and also one that sends strangers to its login page.
    """


class TimedOut(BadResponse):
    """No answer in time, where a smaller question may get one."""


class TooManyRequests(BadResponse):
    """The key is used too fast: this passes with time, however many tries that takes."""

    @property
    @override
    def reason(self) -> str:
        """What the server said, and what a user can do about it."""
        return (
            f"{super().reason}; lower the setting requests_per_minute, or see who else uses the key"
        )


def http_date(value: str | None) -> datetime | None:
    """Read a date of HTTP, None if there is none; one without a zone is in UTC."""
    try:
        date = email.utils.parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def asked_to_wait(response: requests.Response) -> float | None:
    """Return for how many seconds an answer asks to wait, None if it does not.

    `Retry-After` holds seconds, or a date (RFC 9110, section 10.2.3). That is measured against the
    answer's own, where it has one: the clock here may be wrong.
    """
    wanted = response.headers.get("Retry-After", "")
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", wanted, re.ASCII):
        return float(wanted)
    due, now = http_date(wanted), http_date(response.headers.get("Date")) or datetime.now(UTC)
    return None if due is None else max(0.0, (due - now).total_seconds())


_RETRIED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def classify_status(response: requests.Response) -> ApiError | None:
    """Classify by HTTP status alone; what a vendor's body adds is the vendor's client's part.

    Returns:
        None for a plain 200, else the reason why this cannot hold records.
    """
    status = response.status_code
    text = f"HTTP {status}"
    seconds = asked_to_wait(response)
    if status == HTTPStatus.OK:
        return None
    if status == HTTPStatus.ACCEPTED:
        return NotReady(text, seconds)
    if status in _ABSENT:
        return NotFound(text)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Redirected(f"{text}: a redirect to {_target(response)}", retries=0, unreachable=True)
    if status in _REFUSED:
        return AccessDenied(text)
    return _broken(status, text, seconds)


def _target(response: requests.Response) -> str:
    """Name where a redirect leads, without credentials and what else was asked for."""
    try:
        target = urlsplit(urljoin(response.url or "", response.headers["Location"]))
    except (KeyError, ValueError):
        return "no address"
    return f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"


def _broken(status: int, reason: str, seconds: float | None) -> BadResponse:
    """Tell what may pass from what will not."""
    too_long = seconds is not None and seconds > MAX_RETRY_AFTER_SECONDS
    if too_long:
        reason = f"{reason}, which asks to wait {seconds:.0f} seconds"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequests(reason, retries=0 if too_long else None, retry_after=seconds)
    if not too_long and (status in _RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR):
        return BadResponse(reason, retry_after=seconds)
    return BadResponse(reason, retries=0)
