"""What the client lets through, how it tests its key pair, and how it keeps the limit."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core import AccessDenied, BadResponse, CallWindow
from event_taps_core.reading import Stopped
from event_taps_core.summary import StreamStats
from event_taps_core.testing import ApiServer, Reply
from tap_meetengage.client import DATA_PATH, MeetEngageClient
from tap_meetengage.errors import MethodRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://meetandengage.com/api/1.0/rest"
CONFIG: dict[str, Any] = {
    "key_id": "the-key",
    "key_secret": "se:cret-0123456789",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
CLIENT = MeetEngageClient(BASE, CONFIG, [DATA_PATH])
GOOD: dict[str, Any] = {"output": []}


# What is sent


@pytest.mark.parametrize("path", ["", "/organisation_data"])
def test_the_two_documented_reads_are_permitted(path: str) -> None:
    assert CLIENT.permits("GET", BASE + path)


@pytest.mark.parametrize(
    "url",
    [
        BASE + "/schedule",
        BASE + "/organisation_data/1",
        "https://www.meetandengage.com/api/1.0/rest/organisation_data",
        "http://meetandengage.com/api/1.0/rest/organisation_data",
        "https://meetandengage.com/",
    ],
)
def test_nothing_is_sent_to_another_host_or_path(url: str) -> None:
    assert not CLIENT.permits("GET", url)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_ever_written(method: str) -> None:
    assert not CLIENT.permits(method, BASE + "/organisation_data")


def test_key_pair_goes_into_the_header_and_may_hold_a_colon_in_its_secret() -> None:
    kind, _, value = CLIENT.authenticator.headers()["Authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(value).decode() == "the-key:se:cret-0123456789"


# The test of the credentials, and the limit


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


def answer(status: int, body: Any = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), status, named)


class ScriptedClient(MeetEngageClient):
    """A client whose API answers from a list, and that does not wait."""

    call_window = CallWindow(1000, 0.0)

    def __init__(self, server: ApiServer, *answers: Reply) -> None:
        super().__init__(server.api_url, CONFIG, [DATA_PATH])
        self.answers = list(answers)
        self.pauses: list[float] = []
        self.pacer.pause = self.pauses.append  # type: ignore[method-assign,assignment] # nothing waits here
        for path in ("", "/organisation_data"):
            server.on(path, lambda _: self.answers.pop(0))

    def rows(self, method: str = "standard") -> Any:
        params: dict[str, Any] = {"account": "a", "data_method": method}
        request = HTTPRequest(self.base_url + "/organisation_data", params=params)
        return self.send(request, StreamStats("test"), lambda response: response.json()["output"])


AUTHENTICATED = answer(200, {"authenticated": True})


def test_credentials_are_tested_once_before_anything_is_asked_for(server: ApiServer) -> None:
    client = ScriptedClient(server, AUTHENTICATED, answer(200, GOOD), answer(200, GOOD))
    client.rows()
    client.rows()
    assert server.paths() == ["", "/organisation_data", "/organisation_data"]
    pair = base64.b64encode(b"the-key:se:cret-0123456789").decode()
    assert client.redaction.clean(f"sent {pair}") == "sent ***"


def test_data_method_is_refused_once_and_others_are_read(server: ApiServer) -> None:
    good = answer(200, GOOD)
    client = ScriptedClient(server, AUTHENTICATED, answer(403, b""), good, answer(404, b""), good)
    for method in ("wordless", "wordless", "standard", "gone", "gone", "standard"):
        if method == "standard":
            client.rows(method)
            continue
        with pytest.raises(MethodRefused, match="account and data_methods") as raised:
            client.rows(method)
        assert "accepts the key pair" in client.hint(raised.value)
    assert client.answers == []


@pytest.mark.parametrize(
    "problem",
    [answer(500, b""), answer(504, b""), answer(413, b""), Reply(delay=2)],
)
def test_failed_test_of_credentials_is_about_the_address_and_no_matter_of_size(
    server: ApiServer, problem: Reply
) -> None:
    client = ScriptedClient(server, problem)
    with pytest.raises(BadResponse) as raised:
        client.rows()
    assert type(raised.value) is BadResponse
    assert raised.value.unreachable
    assert not client.has_succeeded


@pytest.mark.parametrize(
    "response",
    [
        answer(401, b""),
        answer(403, b""),
        answer(200, {"authenticated": False}),
        answer(200, {"authenticated": "true"}),
        answer(200, {"authenticated": 1}),
        answer(200, {}),
        answer(200, {"errors": ["Invalid key pair"]}),
    ],
)
def test_only_authenticated_true_is_good_and_a_bad_key_is_tried_once(
    server: ApiServer, response: Reply
) -> None:
    client = ScriptedClient(server, response)
    for _ in range(3):
        with pytest.raises(AccessDenied):
            client.rows()
    assert server.paths() == [""]


@pytest.mark.parametrize(
    "response", [answer(404, b""), answer(405, b""), answer(200, b"<html>"), answer(200, [])]
)
def test_no_such_api_at_that_address_is_about_the_address(
    server: ApiServer, response: Reply
) -> None:
    client = ScriptedClient(server, response)
    with pytest.raises(BadResponse) as raised:
        client.rows()
    assert raised.value.unreachable
    assert "api_url" in client.hint(raised.value)


BREACH = answer(429, b"")


def test_after_a_breach_the_pauses_are_five_seconds_and_grow(server: ApiServer) -> None:
    client = ScriptedClient(
        server, AUTHENTICATED, BREACH, BREACH, BREACH, answer(200, {"output": [1]})
    )
    assert client.rows() == [1]
    assert client.pauses == [5, 5, 10]


def test_breach_at_the_test_of_credentials_is_waited_for_too(server: ApiServer) -> None:
    client = ScriptedClient(server, BREACH, AUTHENTICATED, answer(200, GOOD))
    client.rows()
    assert client.pauses == [5]


def test_retry_after_is_obeyed(server: ApiServer) -> None:
    asks = answer(429, b"", Retry_After="7")
    client = ScriptedClient(
        server, AUTHENTICATED, asks, answer(200, GOOD), asks, asks, answer(200, GOOD)
    )
    client.rows()
    client.rows()
    assert client.pauses == [7, 7, 7]


def test_no_pause_after_a_breach_is_shorter_than_five_seconds(server: ApiServer) -> None:
    asks = answer(429, b"", Retry_After="1")
    client = ScriptedClient(server, AUTHENTICATED, asks, answer(200, GOOD))
    client.rows()
    assert client.pauses == [5]


def test_what_is_perhaps_a_breach_fails_one_window_and_in_the_end_the_run(
    server: ApiServer,
) -> None:
    good, perhaps = answer(200, GOOD), answer(503, b"")
    client = ScriptedClient(server, AUTHENTICATED, good, *[perhaps] * 5, good, *[perhaps] * 10)
    client.rows()
    with pytest.raises(BadResponse, match="HTTP 503"):
        client.rows()
    assert client.pauses == [5, 5, 10, 15, 20]
    client.rows()
    with pytest.raises(BadResponse, match="HTTP 503"):
        client.rows()
    for _ in range(2):
        with pytest.raises(Stopped, match="10 times in a row"):
            client.rows()
    assert client.answers == []


def test_fifth_breach_in_a_row_ends_the_run_and_nothing_is_sent_any_more(server: ApiServer) -> None:
    client = ScriptedClient(server, AUTHENTICATED, *[BREACH] * 5)
    for _ in range(2):
        with pytest.raises(Stopped, match=r"5 times in a row.*requests_per_minute"):
            client.rows()
    assert len(server.paths()) == 6


def test_wait_of_an_hour_is_not_waited_for(server: ApiServer) -> None:
    client = ScriptedClient(server, AUTHENTICATED, answer(429, b"", Retry_After="3600"))
    with pytest.raises(Stopped, match="3600"):
        client.rows()
    assert client.pauses == []


def test_success_forgets_the_breaches_before_it(server: ApiServer) -> None:
    good = answer(200, GOOD)
    client = ScriptedClient(server, AUTHENTICATED, *[BREACH, BREACH, BREACH, BREACH, good] * 3)
    for _ in range(3):
        client.rows()
    assert client.pauses == [5, 5, 10, 15] * 3


def test_limit_of_the_vendor_is_ten_calls_in_five_seconds() -> None:
    """Heading "Rate Limits"."""
    assert MeetEngageClient.call_window == (10, 5.0)
