"""What the client lets through, what it sends, and what it takes an answer for."""

from __future__ import annotations

from typing import Any

import pytest

from event_taps_core import AccessDenied, ApiError, BadResponse, NotFound, TooManyRequests
from event_taps_core.testing import api_response
from tap_meetings_export.client import (
    MEETINGS_PATH,
    PARTICIPANTS_PATH,
    BadRequest,
    ExpoPlatformClient,
    status_in,
)

BASE = "https://api-fair.expoplatform.com"
CONFIG: dict[str, Any] = {
    "api_key": "q8Zr-4_kT.2m",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
PATHS = (MEETINGS_PATH, PARTICIPANTS_PATH)
CLIENT = ExpoPlatformClient(BASE, CONFIG, PATHS)


def classified(status: int, body: Any, **headers: str) -> ApiError | None:
    url = f"{BASE}/api/v2/meetings/export?event_id=7"
    return CLIENT.classify(api_response(body, status, url, **headers))


@pytest.mark.parametrize(
    "ending",
    [
        *("", "/", "//", "/api", "/API/V2", "/api/v2", "/api/v2/", "//api//v2//"),
        "/api/v2/meetings/export",
    ],
)
@pytest.mark.parametrize("prefix", ["", "/proxy/expo"])
def test_api_url_may_end_with_a_slash_the_prefix_or_the_path(prefix: str, ending: str) -> None:
    client = ExpoPlatformClient(BASE + prefix + ending, CONFIG, PATHS)
    assert client.base_url == BASE + prefix
    assert client.permits("GET", f"{BASE}{prefix}/api/v2/meetings/export")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{BASE}/api/v2/meetings/export"),
        ("GET", f"{BASE}/api/v2/meetings"),
        ("GET", f"{BASE}/api/v2/meetings/export/all"),
        ("GET", f"{BASE}/api/v2/participants/7"),
        ("GET", f"{BASE}/api/v2/participants/../list"),
        ("GET", f"{BASE}/api/v2/account/get"),
        ("POST", f"{BASE}/api/v2/account/set"),
        ("GET", "https://api-other.expoplatform.com/api/v2/meetings/export"),
    ],
)
def test_nothing_else_is_ever_requested(method: str, url: str) -> None:
    assert not CLIENT.permits(method, url)


@pytest.mark.parametrize("key", ["q8Zr-4_kT.2m", "user:password", "Basic abc", "YWJj"])
def test_key_is_sent_as_given(key: str) -> None:
    client = ExpoPlatformClient(BASE, {**CONFIG, "api_key": key})
    assert client.authenticator.headers()["Authorization"] == f"Basic {key}"


@pytest.mark.parametrize("way", ["http", "body", "error in the body"])
@pytest.mark.parametrize(
    ("status", "kind", "is_retried"),
    [
        (400, BadRequest, False),
        (401, AccessDenied, False),
        (403, AccessDenied, False),
        (404, NotFound, False),
        (410, NotFound, False),
        (422, BadRequest, False),
        (429, TooManyRequests, True),
        (500, BadResponse, True),
        (503, BadResponse, True),
    ],
)
def test_status_of_http_and_in_the_body_mean_the_same(
    status: int, kind: type[ApiError], way: str, *, is_retried: bool
) -> None:
    body: Any = {"code": status, "message": "The reason"}
    if way == "error in the body":
        body = {"errors": [body]}
    found = classified(status if way == "http" else 200, body)
    assert type(found) is kind
    assert found.what == f"HTTP {status}"
    assert (isinstance(found, BadResponse) and found.retries is None) is is_retried
    assert getattr(found, "throttled", False) is (status == 429)


RECORDS = [
    [],
    [{"code": 401}],
    {"code": 200},
    {"code": "200"},
    {"code": 0},
    {"code": "OK"},
    {"code": True},
    {"code": 17},
    {"status": "success"},
    {"success": True},
    {"code": 0, "message": "Success."},
    {"code": True, "message": "Meetings found"},
    {"status": 1, "message": "Meetings found"},
    {"error": None, "errors": [], "message": ""},
    {"error": False, "errors": "none", "type": "meetings"},
    {"data": [{"status": "error", "error": "of a row", "code": 401}]},
    "a text",
]
ERRORS = [
    (401, {"code": 401}),
    (404, {"code": "404"}),
    (500, {"status": 500}),
    (503, {"status_code": 503}),
    (401, {"errors": [{"code": 401, "message": "Switched off"}]}),
    (500, {"error": "Too many requests"}),
    (500, {"errors": ["Event is locked"]}),
    (500, {"errors": {"event_id": ["is locked"]}}),
    (500, {"error": {"message": ""}}),
    (500, {"status": "error", "message": "Export failed"}),
    (500, {"status": False}),
    (500, {"result": "Failed"}),
    (500, {"type": "error"}),
    (500, {"success": False}),
    (500, {"success": "false"}),
    (500, {"code": 0, "message": "fail"}),
    (500, {"code": "0", "message": "fail"}),
    (500, {"status": 0, "message": "fail"}),
    (500, {"code": 17, "message": "fail"}),
    (500, {"code": "E42", "message": "fail"}),
    (500, {"meta": {"status": "error"}}),
]


@pytest.mark.parametrize(("status", "body"), [*((200, body) for body in RECORDS), *ERRORS], ids=str)
def test_status_in_a_body_counts_also_beside_an_empty_list(status: int, body: Any) -> None:
    """An error beside no rows does not affirm that there are none."""
    answers = [body]
    if isinstance(body, dict):
        answers += [{"data": [], **body}, {"data": {"list": [], **body}}]
    for answer in answers:
        assert status_in(answer) == status
        assert (classified(200, answer) is None) is (status == 200)


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", [b"<html>nginx</html>", b"404 page not found", b""])
def test_404_of_a_proxy_says_nothing_about_an_event(status: int, body: bytes) -> None:
    found = classified(status, body)
    assert isinstance(found, BadResponse)
    assert found.retries is None


def test_page_of_html_is_no_answer_of_this_api() -> None:
    found = classified(200, b"<html><title>Log in</title></html>")
    assert isinstance(found, BadResponse)
    assert found.unreachable


def test_redirect_to_another_host_names_it_and_not_its_query() -> None:
    found = classified(302, b"", Location="https://moved.example.com/login?token=abc")
    assert isinstance(found, BadResponse)
    assert found.reason == "HTTP 302: a redirect to https://moved.example.com/login"


def test_refusal_says_what_to_check() -> None:
    assert "settings api_key (" in CLIENT.hint(AccessDenied("HTTP 401"))
    assert "event_ids" in CLIENT.hint(AccessDenied("HTTP 401"))
