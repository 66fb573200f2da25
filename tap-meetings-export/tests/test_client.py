"""What the client lets through, what it sends, and what it takes an answer for."""

from __future__ import annotations

from typing import Any

import pytest

from event_taps_core import (
    AccessDenied,
    ApiError,
    ApiResponse,
    BadResponse,
    NotFound,
    TooManyRequests,
)
from event_taps_core.testing import api_response
from tap_meetings_export.client import (
    MEETINGS_PATH,
    PARTICIPANTS_PATH,
    BadRequest,
    ExpoPlatformClient,
    status_in,
    without_prefix,
)

BASE = "https://api-fair.expoplatform.com"
KEY = "q8Zr-4_kT.2m"
CONFIG: dict[str, Any] = {
    "api_key": KEY,
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
PATHS = (MEETINGS_PATH, PARTICIPANTS_PATH)
CLIENT = ExpoPlatformClient(BASE, CONFIG, PATHS)


def response(status: int, body: Any, **headers: str) -> ApiResponse:
    return api_response(body, status, f"{BASE}/api/v2/meetings/export?event_id=7", **headers)


def classified(status: int, body: Any, **headers: str) -> ApiError | None:
    return CLIENT.classify(response(status, body, **headers))


@pytest.mark.parametrize(
    "ending",
    [
        "",
        "/",
        "//",
        "/api/v2",
        "/api/v2/",
        "//api//v2//",
        "/api",
        "/API/V2",
        "/api/v2/meetings/export",
    ],
)
@pytest.mark.parametrize("prefix", ["", "/proxy/expo"])
def test_api_url_may_end_with_a_slash_the_prefix_or_the_path(prefix: str, ending: str) -> None:
    assert without_prefix(BASE + prefix + ending) == BASE + prefix
    client = ExpoPlatformClient(BASE + prefix + ending, CONFIG, PATHS)
    assert client.permits("GET", f"{BASE}{prefix}/api/v2/meetings/export")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v2/meetings/export"),
        ("GET", "/api/v2/meetings"),
        ("GET", "/api/v2/meetings/export/all"),
        ("GET", "/api/v2/participants/7"),
        ("GET", "/api/v2/participants/../list"),
        ("GET", "/api/v2/account/get"),
        ("GET", "/api/v2/account/checkToken"),
        ("POST", "/api/v2/account/set"),
    ],
)
def test_nothing_else_is_ever_requested(method: str, path: str) -> None:
    assert not CLIENT.permits(method, BASE + path)


def test_another_host_is_never_asked() -> None:
    assert not CLIENT.permits("GET", "https://api-other.expoplatform.com/api/v2/meetings/export")


@pytest.mark.parametrize("key", [KEY, "user:password", "Basic abc", "YWJj"])
def test_key_is_sent_as_given(key: str) -> None:
    client = ExpoPlatformClient(BASE, {**CONFIG, "api_key": key})
    assert client.authenticator.headers()["Authorization"] == f"Basic {key}"


@pytest.mark.parametrize("way", ["http", "body"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotFound),
        (410, NotFound),
        (422, BadRequest),
        (429, TooManyRequests),
        (500, BadResponse),
        (503, BadResponse),
    ],
)
def test_status_of_http_and_in_the_body_mean_the_same(
    status: int, kind: type[ApiError], way: str
) -> None:
    body = {"code": status, "message": "The reason"}
    found = classified(*((status, body) if way == "http" else (200, body)))
    assert type(found) is kind
    assert found.what == f"HTTP {status}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    found = classified(status, {})
    assert not isinstance(found, BadResponse) or found.retries == 0


def test_too_many_requests_slow_everybody_down() -> None:
    for found in (classified(429, {}, **{"Retry-After": "7"}), classified(200, {"code": 429})):
        assert isinstance(found, BadResponse)
        assert found.throttled
        assert found.retries is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"code": 401}],
        {"data": []},
        {"code": 200, "data": []},
        {"code": "200", "data": []},
        {"code": 0, "data": []},
        {"code": "OK", "data": []},
        {"status": "success", "data": []},
        {"success": True, "data": []},
        {"code": 0, "message": "Success.", "data": []},
        {"status": 1, "message": "Meetings found", "data": []},
        {"error": None, "errors": [], "message": "", "data": []},
        {"error": False, "errors": "none", "type": "meetings", "data": []},
        {"data": [{"status": "error", "error": "of a row", "code": 401}]},
    ],
    ids=str,
)
def test_body_without_an_error_holds_records(body: Any) -> None:
    assert classified(200, body) is None


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Too many requests"},
        {"errors": ["Event is locked"]},
        {"errors": {"event_id": ["is locked"]}},
        {"error": {"message": ""}},
        {"status": "error", "message": "Export failed"},
        {"status": False},
        {"result": "Failed"},
        {"type": "error"},
        {"success": "false"},
        {"code": 0, "message": "fail"},
        {"code": "0", "message": "fail"},
        {"status": 0, "message": "fail"},
        {"code": 17, "message": "fail"},
        {"code": "E42", "message": "fail"},
        {"meta": {"status": "error"}},
    ],
    ids=str,
)
def test_error_beside_no_rows_does_not_affirm_that_there_are_none(body: Any) -> None:
    for answer in ({**body, "data": []}, {"data": {**body, "list": []}}):
        found = classified(200, answer)
        assert isinstance(found, BadResponse)
        assert found.retries is None


@pytest.mark.parametrize("way", ["http", "body"])
def test_status_of_an_error_within_the_body_counts(way: str) -> None:
    body = {"errors": [{"code": 401, "message": "Switched off"}]}
    assert isinstance(classified(401 if way == "http" else 200, body), AccessDenied)


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", [b"<html>nginx</html>", b"404 page not found", b""])
def test_404_of_a_proxy_says_nothing_about_an_event(status: int, body: bytes) -> None:
    found = classified(status, body)
    assert isinstance(found, BadResponse)
    assert found.retries is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": 401}, 401),
        ({"code": "404"}, 404),
        ({"status": 500}, 500),
        ({"status_code": 503}, 503),
        ({"success": False}, 500),
        ({"code": True}, 200),
        ({"code": 17}, 200),
        ("a text", 200),
    ],
    ids=str,
)
def test_status_in_a_body(body: Any, status: int) -> None:
    assert status_in(body) == status


def test_page_of_html_is_no_answer_of_this_api() -> None:
    found = classified(200, b"<html><title>Log in</title></html>")
    assert isinstance(found, BadResponse)
    assert found.unreachable


def test_redirect_to_another_host_names_it_and_not_its_query() -> None:
    found = classified(302, b"", Location="https://moved.example.com/login?token=abc")
    assert isinstance(found, BadResponse)
    assert found.reason == "HTTP 302: a redirect to https://moved.example.com/login"
    assert "api_url" in CLIENT.hint(found)


def test_refusal_says_what_to_check() -> None:
    assert "api_key" in CLIENT.hint(AccessDenied("HTTP 401"))
    assert "event_ids" in CLIENT.hint(NotFound("HTTP 404"))
