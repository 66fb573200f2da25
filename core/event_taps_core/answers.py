"""What an API can answer: records, or one of four reasons why there are none.

One place decides (`ApiClient.classify`), so that no stream can mistake "not yet", "not here",
"not you" or "nonsense" for an empty list. An answer that is not records is an exception, so it
cannot be overlooked either.
"""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import requests

MAX_RETRY_AFTER_SECONDS = 900
"""A server that asks for more than a quarter of an hour is not waited for: the run names it."""


class Answer(Exception):  # noqa: N818 - these are answers first; they are raised so none is lost
    """An answer that holds no records.

    Args:
        reason: What the server said, in a few words, without personal data.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Pending(Answer):
    """The data is being prepared: ask again, not before `seconds` have passed.

    Args:
        reason: What the server said.
        seconds: How long to wait; None for the stream's own `poll_seconds`.
    """

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Absent(Answer):
    """The vendor says that this object or feature is not there: counted, named, not an error."""


class Refused(Answer):
    """The credentials or their permissions do not allow this."""


class Expired(Refused):
    """The credentials were good and have run out: renew them once, then ask again."""


class Broken(Answer):
    """No usable answer: a server error, HTML where JSON belongs, a cut body, no answer at all.

    Args:
        reason: What was wrong with the answer.
        retries: How often it is worth asking again; None for the setting `max_retries`.
        retry_after: Seconds the server asked to wait before the next request.
        throttled: The server finds the whole key too fast: every worker waits, not just one.
        elsewhere: Nobody answered, or not this API (an HTML page): as long as nothing has been
            read, nothing else can be either.
    """

    def __init__(
        self,
        reason: str,
        *,
        retries: int | None = None,
        retry_after: float | None = None,
        throttled: bool = False,
        elsewhere: bool = False,
    ) -> None:
        super().__init__(reason)
        self.elsewhere = elsewhere
        self.retries = retries
        self.retry_after = retry_after
        self.throttled = throttled


class Moved(Broken):
    """A redirect to another host, or to what is not read: it was not followed.

    So answers an API at an old address, and also one that sends strangers to its login page.
    """


class TimedOut(Broken):
    """No answer in time, where a smaller question may get one."""


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """Read a `Retry-After` header: seconds, or an HTTP date (RFC 9110, section 10.2.3).

    Returns:
        Seconds from now, never negative; None if there is no header or it cannot be read.
    """
    if value is None:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value, re.ASCII):
        return float(value)
    try:
        due = email.utils.parsedate_to_datetime(value)
        due = due if due.tzinfo else due.replace(tzinfo=UTC)
        return max(0.0, (due - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):
        return None


_RETRIED = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def classify_status(response: requests.Response) -> Answer | None:
    """Classify by HTTP status alone; what a vendor's body adds is the vendor's client's part.

    Returns:
        None for a plain 200, else the reason why this cannot hold records.
    """
    status = response.status_code
    said = f"HTTP {status}"
    asked_to_wait = retry_after_seconds(response.headers.get("Retry-After"))
    if status == HTTPStatus.OK:
        return None
    if status == HTTPStatus.ACCEPTED:
        return Pending(said, asked_to_wait)
    if status in _ABSENT:
        return Absent(said)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Moved(f"{said}: a redirect to {_target(response)}", retries=0, elsewhere=True)
    if status in _REFUSED:
        return Refused(said)
    return _broken(status, said, asked_to_wait)


def _target(response: requests.Response) -> str:
    """Name where a redirect leads, without credentials and what else was asked for."""
    try:
        target = urlsplit(urljoin(response.url or "", response.headers["Location"]))
    except (KeyError, ValueError):
        return "no address"
    return f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"


def _broken(status: int, said: str, asked_to_wait: float | None) -> Broken:
    """Tell what may pass from what will not."""
    if asked_to_wait is not None and asked_to_wait > MAX_RETRY_AFTER_SECONDS:
        return Broken(f"{said}, which asks to wait {asked_to_wait:.0f} seconds", retries=0)
    if status in _RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        throttled = asked_to_wait is not None or status == HTTPStatus.TOO_MANY_REQUESTS
        return Broken(said, retry_after=asked_to_wait, throttled=throttled)
    return Broken(said, retries=0)
