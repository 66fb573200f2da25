"""What an HTTP status and a Retry-After header mean."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from event_taps_core.api_errors import (
    MAX_RETRY_AFTER_SECONDS,
    AccessDenied,
    ApiError,
    BadResponse,
    NotFound,
    NotReady,
    Redirected,
    TooManyRequests,
    asked_to_wait,
    classify_status,
)
from event_taps_core.testing import api_response

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def classified(status: int, **headers: str) -> ApiError | None:
    return classify_status(api_response(status=status, **headers))


def seconds_of(retry_after: str | None) -> float | None:
    """Return how long an answer of today's noon asks to wait."""
    headers: dict[str, Any] = {} if retry_after is None else {"Retry_After": retry_after}
    return asked_to_wait(api_response(Date=format_datetime(NOW, usegmt=True), **headers))


def test_only_a_plain_200_can_hold_records() -> None:
    assert [code for code in range(100, 600) if classified(code) is None] == [200]


@pytest.mark.parametrize(
    ("kind", "retries", "statuses"),
    [
        (NotReady, ..., [202]),
        (NotFound, ..., [404, 410]),
        (AccessDenied, ..., [401, 403]),
        (Redirected, 0, [301, 302, 304]),
        (TooManyRequests, None, [429]),
        (BadResponse, None, [408, 425, 500, 502, 503, 504, 599]),
        (BadResponse, 0, [204, 206, 400, 405, 409, 422, 451]),
    ],
)
def test_what_a_status_says(kind: type[ApiError], retries: Any, statuses: list[int]) -> None:
    """What may pass is asked for again as often as the setting says, and all else never."""
    for status in statuses:
        found, asked = classified(status), classified(status, Retry_After="7")
        assert type(found) is type(asked) is kind
        assert str(status) in found.reason
        if isinstance(found, NotReady) and isinstance(asked, NotReady):
            assert (found.seconds, asked.seconds) == (None, 7)
        if isinstance(found, BadResponse) and isinstance(asked, BadResponse):
            assert found.retries == retries
            assert found.throttled == (status == 429), "else only one worker waits"
            assert asked.throttled == (retries is None)
            assert asked.retry_after == (7 if retries is None else None)


@pytest.mark.parametrize(("more", "retries"), [(0, None), (1, 0)])
def test_a_wait_beyond_reason_is_named_instead_of_waited_for(
    more: int, retries: int | None
) -> None:
    found = classified(429, Retry_After=str(MAX_RETRY_AFTER_SECONDS + more))
    assert isinstance(found, BadResponse)
    assert found.retries == retries
    assert ("seconds" in found.reason) == (retries == 0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("", None),
        ("soon", None),
        ("Wed, 99 Foo 2026 12:00:30 GMT", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +9999999999999999", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30),
        ("Mon, 01 Mar 2026 12:00:30 GMT", 30),  # a wrong weekday
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30),  # RFC 850, obsolete and still allowed
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
    ],
)
def test_retry_after_table(header: str | None, seconds: float | None) -> None:
    """A date by the clock that it is from, whatever the clock here says."""
    assert seconds_of(header) == seconds


def test_a_date_to_wait_for_is_measured_by_the_clock_here_where_there_is_no_other() -> None:
    assert asked_to_wait(api_response(Retry_After="Thu, 01 Jan 1970 00:01:30 GMT", Date="")) == 0


@given(st.text(st.characters(codec="latin-1"), max_size=40))
@example("nan")
@example("inf")
@example("-inf")
@example("1e999")
def test_retry_after_never_fails_whatever_the_server_writes(header: str) -> None:
    found = seconds_of(header)
    assert found is None or found >= 0
