"""What the client lets through, how it sends its key, and what it takes an answer for."""

from __future__ import annotations

import contextlib
import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core import (
    AccessDenied,
    ApiError,
    ApiResponse,
    BadResponse,
    CredentialsExpired,
    NotFound,
    TapError,
    TooManyRequests,
)
from event_taps_core.testing import api_response
from tap_accelevents.client import SESSION_ANALYTICS, AccelEventsClient, spellings_of
from tap_accelevents.errors import BadRequest, NoSuchPath
from tap_accelevents.tap import TapAccelevents, check_analytics_path

if TYPE_CHECKING:
    from collections.abc import Iterable

BASE = "https://api.accelevents.com"
CONFIG: dict[str, Any] = {
    "api_key": "key-0123456789",
    "auth_header": "Key",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
PATHS = [stream.path for stream in TapAccelevents.stream_classes if stream.path]
CLIENT = AccelEventsClient(BASE, CONFIG, PATHS)
with contextlib.suppress(AccessDenied):  # it has no other header to try
    CLIENT.authenticator.refresh(CLIENT, HTTPRequest(BASE), None)
IDS = {"session_id": "7", "event_url": "demo"}
OTHER_PATH = "/rest/v2/host/event/{event_url}/session/{session_id}/sessionAnalytics"
TRAP = "/rest/events/{event_url}/staff/checkin/barcode/{session_id}/checkin/true"
NEVER = (
    "/rest/events/demo/staff/checkin/barcode/123/checkin/true",
    "/rest/events/demo/staff/refund/order/1",
    "/rest/host/event/demo/speaker/sortSpeakerBy/firstName/true",
    "/rest/events/demo/session/7",
    "/rest/events/demo",
    "/rest/cache/events/demo",
    "/rest/u/login/token/abc",
    "/rest/host/event/demo/session/..",
    "/rest/host/event/demo/eventDetails/",
)
BAD_PATHS = (
    "",
    "analytics",
    "/rest/host/session/analytics",  # no session
    "/rest/host/session/{session_id}/{session_id}/analytics",
    "/rest/host/session/{session_id}",
    "/rest/host/session/{session_id}/attendee",
    "/host/session/{session_id}/analytics",
    "/rest/../session/{session_id}/analytics",
    "/rest/host/session/{session_id}/analytics?x=1",
    "/rest/host/session/{session_id}/analytics/checkin",
    "https://evil.example/rest/{session_id}/analytics",
    "/rest/host/{else}/{session_id}/analytics",
    TRAP,
    TRAP + "/analytics",
    "/rest/events/{event_url}/staff/analytics/{session_id}",
    "/rest/events/{event_url}/CheckIn/barcode/{session_id}/analytics",
    "/rest/events/{event_url}/check-in/{session_id}/analytics",
)
SEGMENTS = st.sampled_from(
    ["rest", "host", "events", "event", "session", "{event_url}", "{event_id}", "v2", "barcode"]
) | st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
TRAPS = st.sampled_from(["staff", "checkin", "check-in", "CheckIn", "STAFF", "checkIns"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
BODIES = JSON | st.text().map(lambda said: {"errorCode": f"x{said}", "error": {"message": said}})


def answer(status: int, body: Any = None) -> ApiResponse:
    made = api_response(body, status, f"{BASE}/rest/events/demo/staff/orders?page=0")
    made.request = requests.Request("GET", made.url, headers={"Key": CONFIG["api_key"]}).prepare()
    return made


def codes(*values: Any) -> list[Any]:
    return [{"errorCode": code, "message": "no"} for code in values]


# What is requested


@pytest.mark.parametrize("path", NEVER)
def test_nothing_else_is_permitted_be_it_a_get(path: str) -> None:
    """A GET of this vendor checks people in."""
    assert not CLIENT.permits("GET", BASE + path)


@pytest.mark.parametrize("path", [*SESSION_ANALYTICS, OTHER_PATH])
def test_path_that_is_set_may_be_read(path: str) -> None:
    check_analytics_path(path)
    settings = {"event_urls": ["demo"], "session_analytics_path": path}
    url = BASE + path.format_map(IDS)
    client = TapAccelevents(config={**CONFIG, **settings}).client
    assert client.permits("GET", url)
    assert not any(client.permits("GET", BASE + never) for never in NEVER)
    assert CLIENT.permits("GET", url) is (path != OTHER_PATH)


@pytest.mark.parametrize("path", BAD_PATHS)
def test_path_that_is_none_of_analytics_cannot_be_set(path: str) -> None:
    with pytest.raises(TapError, match="session_analytics_path"):
        check_analytics_path(path)


@given(st.lists(SEGMENTS | TRAPS, max_size=5), TRAPS, st.lists(SEGMENTS | TRAPS, max_size=3))
def test_path_with_the_trap_in_it_cannot_be_set(
    before: list[str], trap: str, after: list[str]
) -> None:
    path = "/".join(("/rest", *before, trap, "{session_id}", *after, "analytics"))
    with pytest.raises(TapError, match="session_analytics_path"):
        check_analytics_path(path)


# The key


def test_401_is_worth_another_header_until_one_is_settled_or_if_it_was_sent_before() -> None:
    asked = AccelEventsClient(BASE, {**CONFIG, "auth_header": "auto"}, PATHS)
    assert type(asked.classify(answer(401))) is CredentialsExpired
    assert type(CLIENT.classify(answer(401))) is AccessDenied
    late = answer(401)
    late.request.headers["Key"] = "another form"
    assert type(CLIENT.classify(late)) is CredentialsExpired


# What answers mean


@pytest.mark.parametrize(
    ("statuses", "bodies", "kind", "retries"),
    [
        ((200,), [[], {"data": []}, {"error": "", "data": []}, {"type": 1}], type(None), None),
        (
            (200,),
            [
                {"data": [], "error": "cannot sort"},
                {"data": [], "error": {"message": "cannot sort"}},
                {"errorCode": 500, "message": "failed"},
                {"type": "Fail", "message": "failed"},
                {"type": "FAIL", "data": None},
                {"type": "error", "data": []},
            ],
            BadResponse,
            None,
        ),
        ((200,), [b"<html>"], BadResponse, 2),
        ((200,), [b""], BadResponse, None),
        ((404,), codes(4040200, 4040027, 404801, "4040049"), NotFound, None),
        (
            (200, 400, 403, 404, 406, 500),
            [*codes(404800, "404800"), {"error": {"code": 404800}}],
            NotFound,
            None,
        ),
        ((404,), [{"code": "404800", "error": "Session not found"}], NotFound, None),
        ((406,), codes(4060906, "4060918"), NotFound, None),
        ((406,), codes(4030201, "4030101"), AccessDenied, None),
        ((401, 403), [b"", b"<html>", b"no", {}, []], AccessDenied, None),
        ((200, 400, 406, 500), codes(4010101, "4010102"), AccessDenied, None),
        ((404,), [b"", b"<html>", b"no", {"message": "not found"}, []], NoSuchPath, 0),
        ((404, 406), [*codes(40600013), {"code": "40600013"}], BadResponse, 0),
        ((406,), [b""], BadResponse, 0),
        ((400,), [b"", *codes(400), {"message": "no enum constant"}], BadRequest, 0),
        ((429,), codes(429), TooManyRequests, None),
        ((500, 502, 503), codes(500), BadResponse, None),
    ],
)
def test_what_an_answer_means_and_how_often_it_is_worth_asking_again(
    statuses: Iterable[int], bodies: list[Any], kind: type, retries: int | None
) -> None:
    for status, body in product(statuses, bodies):
        found = CLIENT.classify(answer(status, body))
        assert type(found) is kind, (status, body)
        assert getattr(found, "retries", None) == retries, (status, body)


@given(st.sampled_from([200, 400, 401, 403, 404, 406, 410, 418, 500]), BODIES)
def test_any_body_has_a_meaning_in_the_taps_own_words(status: int, body: Any) -> None:
    found = CLIENT.classify(answer(status, body))
    assert status == 200 or isinstance(found, ApiError)
    if found is not None and status != 200:
        assert re.fullmatch(rf"HTTP {status}(: [0-9]{{6,8}}.*)?", found.what)


@pytest.mark.parametrize(
    ("expand", "spellings"),
    [
        ("TAG", ("TAG,Tag", "TAG")),
        ("registerdHolderUsers", ("registerdHolderUsers",)),
        (
            "STATS,SPEAKER,registerdHolderUsers",
            (
                "STATS,Stats,SPEAKER,Speaker,registerdHolderUsers",
                "STATS,SPEAKER,registerdHolderUsers",
                "SPEAKER,registerdHolderUsers",
            ),
        ),
        ("WATCH_TIME", ("WATCH_TIME,Watch Time", "WATCH_TIME", None)),
    ],
)
def test_expand_is_spelled_in_fewer_words_from_try_to_try(
    expand: str, spellings: tuple[str | None, ...]
) -> None:
    assert spellings_of(expand) == spellings
