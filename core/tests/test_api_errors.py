"""What an HTTP status and a Retry-After header mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
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
    retry_after_seconds,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def response(status: int, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def broken(status: int, **headers: str) -> BadResponse:
    found = classify_status(response(status, **headers))
    assert isinstance(found, BadResponse)
    return found


def test_only_a_plain_200_can_hold_records() -> None:
    records = [code for code in range(100, 600) if classify_status(response(code)) is None]
    assert records == [200]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (202, NotReady),
        (204, BadResponse),
        (206, BadResponse),
        (301, Redirected),
        (302, Redirected),
        (304, Redirected),
        (400, BadResponse),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotFound),
        (405, BadResponse),
        (408, BadResponse),
        (410, NotFound),
        (422, BadResponse),
        (425, BadResponse),
        (429, TooManyRequests),
        (500, BadResponse),
        (502, BadResponse),
        (503, BadResponse),
        (504, BadResponse),
        (599, BadResponse),
    ],
)
def test_status_table(status: int, kind: type[ApiError]) -> None:
    found = classify_status(response(status))
    assert type(found) is kind
    assert str(status) in found.reason


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_retried_as_often_as_the_setting_says(status: int) -> None:
    assert broken(status).retries is None


@pytest.mark.parametrize("status", [204, 206, 400, 405, 409, 422, 451])
def test_what_will_not_pass_is_not_retried(status: int) -> None:
    assert broken(status).retries == 0


def test_too_many_requests_makes_every_worker_wait() -> None:
    assert broken(429).throttled


def test_a_server_error_makes_only_one_worker_wait() -> None:
    assert not broken(500).throttled


@pytest.mark.parametrize("status", [429, 503, 500, 408])
def test_retry_after_makes_every_worker_wait_that_long(status: int) -> None:
    found = broken(status, Retry_After="7")
    assert found.throttled
    assert found.retry_after == 7


def test_pending_waits_as_long_as_the_server_asks() -> None:
    found = classify_status(response(202, Retry_After="120"))
    assert isinstance(found, NotReady)
    assert found.seconds == 120


def test_pending_without_retry_after_leaves_the_time_to_the_stream() -> None:
    found = classify_status(response(202))
    assert isinstance(found, NotReady)
    assert found.seconds is None


def test_a_wait_beyond_reason_is_named_instead_of_waited_for() -> None:
    found = broken(429, Retry_After=str(MAX_RETRY_AFTER_SECONDS + 1))
    assert found.retries == 0
    assert f"{MAX_RETRY_AFTER_SECONDS + 1} seconds" in found.reason
    assert broken(429, Retry_After=str(MAX_RETRY_AFTER_SECONDS)).retries is None


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
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(("date", "seconds"), [("Thu, 01 Jan 1970 00:00:00 GMT", 90), ("", None)])
def test_a_date_to_wait_for_is_measured_by_the_clock_that_it_is_from(
    date: str, seconds: float | None
) -> None:
    """Whatever the clock here says; without one there, only that is left."""
    found = asked_to_wait(response(429, Retry_After="Thu, 01 Jan 1970 00:01:30 GMT", Date=date))
    assert found == (seconds or 0)


@given(st.timedeltas(min_value=timedelta(days=-900), max_value=timedelta(days=900)))
def test_retry_after_date_is_the_time_until_then(ahead: timedelta) -> None:
    due = (NOW + ahead).replace(microsecond=0)
    expected = max(0.0, (due - NOW).total_seconds())
    assert retry_after_seconds(format_datetime(due, usegmt=True), NOW) == expected


@given(st.text(st.characters(codec="latin-1"), max_size=40))
@example("nan")
@example("inf")
@example("-inf")
@example("1e999")
def test_retry_after_never_fails_whatever_the_server_writes(header: str) -> None:
    found = retry_after_seconds(header, NOW)
    assert found is None or found >= 0
