"""What the client lets through, what it takes an answer for, and how it gets its token."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core import (
    AccessDenied,
    ApiResponse,
    BadResponse,
    CredentialsExpired,
    NotFound,
    NotReady,
    TooManyRequests,
)
from event_taps_core.summary import StreamStats
from event_taps_core.testing import ApiServer, Reply, api_response
from tap_airmeet.auth import TokenAuthenticator, token_of
from tap_airmeet.client import AirmeetClient, AmbiguousRefusal
from tap_airmeet.tap import REGIONS, TapAirmeet

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://api-gateway.airmeet.com/prod"
CONFIG: dict[str, Any] = {
    "access_key": "11111111-2222#in",
    "secret_key": "secret-0123456789",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
PATHS = [stream.path for stream in TapAirmeet.stream_classes]
CLIENT = AirmeetClient(BASE, CONFIG, PATHS)
REPORT = "/airmeet/ab12/attendees?size=50"
LIST = "/airmeets?size=500"


def answer(status: int, body: Any = None, url: str = REPORT, **headers: str) -> ApiResponse:
    return api_response(body, status, BASE + url, **headers)


def test_nothing_is_read_but_what_the_page_documents() -> None:
    """And nothing is posted but for a token."""
    below = "participants info custom-fields attendees booths polls questions tracks utms"
    below += " session-recordings event-replay-attendees booth/{booth_id}/booth-attendance"
    assert set(PATHS) == {
        "/airmeets",
        "/session/{session_id}/attendees",
        *(f"/airmeet/{{airmeet_id}}/{path}" for path in below.split()),
    }
    assert AirmeetClient.extra_paths == ()
    assert TokenAuthenticator.post_paths == ("/auth",)


# What answers mean (headings 4.1 to 4.14)


@pytest.mark.parametrize("in_body", [False, True], ids=["HTTP", "body"])
@pytest.mark.parametrize(
    ("status", "url", "kind"),
    [
        (200, REPORT, type(None)),
        (202, REPORT, NotReady),
        (400, REPORT, AmbiguousRefusal),
        (401, REPORT, AmbiguousRefusal),
        (400, LIST, CredentialsExpired),
        (401, LIST, CredentialsExpired),
        (400, f"{LIST}&after=7", AmbiguousRefusal),
        (403, REPORT, AccessDenied),
        (404, REPORT, NotFound),
        (412, REPORT, CredentialsExpired),
        (429, REPORT, TooManyRequests),
        (500, REPORT, BadResponse),
        (502, REPORT, BadResponse),
        (504, REPORT, BadResponse),
    ],
)
def test_a_status_means_the_same_in_the_body_at_http_200(
    status: int, url: str, kind: type, *, in_body: bool
) -> None:
    """400 and 401 are about the token only where no id is asked for, in the query neither.

    Not at HTTP 200, there may be no body.
    """
    body = {"statusCode": status, "statusMessage": "a message"}
    is_whole = in_body or status == HTTPStatus.OK
    found = CLIENT.classify(answer(200, body, url) if is_whole else answer(status, b"", url))
    assert type(found) is kind
    assert not isinstance(found, BadResponse) or found.retries is None


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("what", ["Session", "Airmeet"])
def test_status_not_valid_is_not_finished_yet(status: int, what: str) -> None:
    """The vendor's answer for a session or event that is not FINISHED: absent, with its reason."""
    message = f"{what} status is not valid"
    body = {"data": {}, "statusCode": 400, "statusMessage": message}
    found = CLIENT.classify(answer(status, body))
    assert isinstance(found, NotFound)
    assert found.reason == message


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        ({"participants": []}, True),
        ({"data": [], "statusCode": "2000"}, True),
        (b"<html>", False),
        (b'{"data": [', False),
        ([], False),
        (None, False),
        (7, False),
        ({"success": False, "message": "oops"}, False),
        ({"success": "false"}, False),
        ({"success": 7, "statusCode": None, "statusMessage": ["all is well"]}, True),
        ({"statusCode": 500, "statusMessage": {"a": 1}, "message": 7}, False),
    ],
)
def test_what_is_no_envelope_is_broken(body: Any, *, is_good: bool) -> None:
    assert type(CLIENT.classify(answer(200, body))) is (type(None) if is_good else BadResponse)


# The token (heading "Authentication")


@pytest.mark.parametrize(
    "body",
    [
        {"token": "t0k3n", "communityId": "c"},
        {"success": True, "data": {"label": "test", "token": "t0k3n"}},
        {"token": "", "data": {"token": "t0k3n"}},
    ],
    ids=["observed", "documented", "both"],
)
def test_token_is_found_where_it_is_documented_and_where_it_is(body: dict[str, Any]) -> None:
    assert token_of(answer(200, body, "/auth")) == "t0k3n"


NO_TOKEN: list[Any] = [{}, {"token": None}, {"token": ""}, {"data": None}, [], "token"]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        *((status, {}, AccessDenied, "keys are missing or wrong") for status in (400, 401)),
        (403, {}, AccessDenied, "keys are revoked"),
        *((status, {}, BadResponse, f"HTTP {status}") for status in (202, 204, 302, 404)),
        *((200, body, BadResponse, "no token") for body in NO_TOKEN),
    ],
)
def test_no_token(status: int, body: Any, kind: type[Exception], words: str) -> None:
    """No `/auth` at that address is another host."""
    with pytest.raises(kind, match=words) as raised:
        token_of(answer(status, body, "/auth"))
    is_elsewhere = isinstance(raised.value, BadResponse) and raised.value.unreachable
    assert is_elsewhere == (kind is BadResponse and status != 200)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made.on("/auth", {"token": "token-1"}, {"token": "token-2"}).on("/airmeets", {"data": []})
    made.close()


def send(client: AirmeetClient) -> None:
    client.send(HTTPRequest(client.base_url + "/airmeets"), StreamStats("airmeets"), lambda _: None)


REFUSED = Reply(b"{}", 401)


def test_keys_are_exchanged_for_a_token_that_is_hidden_from_the_log(server: ApiServer) -> None:
    """The page wants `Content-Type` of all requests, GET included."""
    client = AirmeetClient(server.api_url, CONFIG, PATHS)
    send(client)
    assert client.redaction.clean("sent token-1") == "sent ***"
    auth, read = server.requests
    keys = {"X-Airmeet-Access-Key", "X-Airmeet-Secret-Key"}
    assert {auth.headers[name] for name in keys} == {CONFIG["access_key"], CONFIG["secret_key"]}
    assert keys.isdisjoint(read.headers)
    assert read.headers["X-Airmeet-Access-Token"] == "token-1"
    assert {seen.headers["Content-Type"] for seen in (auth, read)} == {"application/json"}


def test_token_that_never_worked_is_not_renewed_in_a_loop(server: ApiServer) -> None:
    server.on("/airmeets", REFUSED)
    with pytest.raises(AccessDenied, match="refused at once"):
        send(AirmeetClient(server.api_url, CONFIG, PATHS))
    assert server.paths() == ["/auth", "/airmeets"]


@pytest.mark.parametrize("status", [200, 202, 404])
def test_token_that_has_worked_is_renewed(server: ApiServer, status: int) -> None:
    server.on("/airmeets", Reply(b"{}", status), REFUSED, {"data": []})
    client = AirmeetClient(server.api_url, CONFIG, PATHS)
    with contextlib.suppress(NotFound, NotReady):
        send(client)
    send(client)
    assert server.paths() == ["/auth", "/airmeets", "/airmeets", "/auth", "/airmeets"]
    assert server.requests[-1].headers["X-Airmeet-Access-Token"] == "token-2"


@pytest.mark.parametrize(
    ("config", "base"),
    [
        *(({"region": region}, base) for region, base in REGIONS.items()),
        ({"region": "eu", "api_url": "http://127.0.0.1:9/prod/"}, "http://127.0.0.1:9/prod"),
    ],
)
def test_region_makes_the_address_unless_api_url_is_set(config: dict[str, Any], base: str) -> None:
    assert TapAirmeet(config=config, validate_config=False).client.base_url == base
