"""What the client lets through, how it tests its key pair, and how it keeps the limit."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
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
PAIR = "the-key:se:cret-0123456789"
CONFIG: dict[str, Any] = {
    "key_id": "the-key",
    "key_secret": "se:cret-0123456789",
    "concurrency": 4,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", BASE + "/organisation_data"),
        ("GET", BASE + "/schedule"),
        ("GET", BASE + "/organisation_data/1"),
        ("GET", "https://www.meetandengage.com/api/1.0/rest/organisation_data"),
        ("GET", "https://meetandengage.com/"),
    ],
)
def test_nothing_but_the_two_documented_reads_is_permitted(method: str, url: str) -> None:
    """Of other addresses the core's tests have more."""
    assert not MeetEngageClient(BASE, CONFIG, [DATA_PATH]).permits(method, url)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


def answer(status: int, body: Any = b"", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), status, named)


class ScriptedClient(MeetEngageClient):
    """A client whose API answers from a list, and that does not wait."""

    call_window = CallWindow(1000, 0.0)

    def __init__(self, server: ApiServer, *answers: Reply, **settings: Any) -> None:
        super().__init__(server.api_url, CONFIG | settings, [DATA_PATH])
        self.answers = list(answers)
        self.pauses: list[float] = []
        self.pacer.pause = self.pauses.append  # type: ignore[method-assign,assignment] # nothing waits here
        for path in ("", DATA_PATH):
            server.on(path, lambda _: self.answers.pop(0))

    def rows(self, method: str = "standard") -> Any:
        params: dict[str, Any] = {"account": "a", "data_method": method}
        request = HTTPRequest(self.base_url + DATA_PATH, params=params)
        return self.send(request, StreamStats("test"), lambda response: response.json()["output"])


# The test of the credentials

AUTHENTICATED, GOOD = answer(200, {"authenticated": True}), answer(200, {"output": []})


def test_credentials_are_tested_once_before_anything_is_asked_for(server: ApiServer) -> None:
    """In the header; a secret may hold a colon."""
    client = ScriptedClient(server, AUTHENTICATED, GOOD, GOOD)
    client.rows()
    client.rows()
    assert server.paths() == ["", DATA_PATH, DATA_PATH]
    pair = base64.b64encode(PAIR.encode()).decode()
    assert {request.headers["Authorization"] for request in server.requests} == {f"Basic {pair}"}
    assert client.redaction.clean(f"sent {pair}") == "sent ***"


@pytest.mark.parametrize(
    "response",
    [
        answer(401),
        answer(403),
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
        with pytest.raises(AccessDenied) as raised:
            client.rows()
        assert "data_methods)" not in raised.value.reason
    assert server.paths() == [""]


@pytest.mark.parametrize(
    "response",
    [
        *map(answer, (404, 405, 413, 500, 504)),
        answer(200, b"<html>"),
        answer(200, []),
        Reply(delay=2),
    ],
)
def test_another_answer_to_the_test_is_about_the_address_and_no_matter_of_size(
    server: ApiServer, response: Reply
) -> None:
    client = ScriptedClient(server, response)
    with pytest.raises(BadResponse) as raised:
        client.rows()
    assert type(raised.value) is BadResponse
    assert raised.value.unreachable
    assert "api_url" in client.hint(raised.value)
    assert not client.has_succeeded


def test_data_method_is_refused_once_and_others_are_read(server: ApiServer) -> None:
    client = ScriptedClient(server, AUTHENTICATED, answer(403), GOOD, answer(404), GOOD)
    for method in ("wordless", "wordless", "standard", "gone", "gone", "standard"):
        if method == "standard":
            client.rows(method)
            continue
        with pytest.raises(MethodRefused, match="account and data_methods") as raised:
            client.rows(method)
        assert "accepts the key pair" in client.hint(raised.value)
    assert client.answers == []


# The limit

BREACH, PERHAPS = answer(429), answer(503)
WAIT_7, WAIT_1 = answer(429, Retry_After="7"), answer(429, Retry_After="1")


@pytest.mark.parametrize(
    ("answers", "pauses"),
    [
        ([AUTHENTICATED, BREACH, BREACH, BREACH, GOOD], [5, 5, 10]),
        ([BREACH, AUTHENTICATED, GOOD], [5]),
        ([AUTHENTICATED, WAIT_7, GOOD, WAIT_7, WAIT_7, GOOD], [7, 7, 7]),
        ([AUTHENTICATED, WAIT_1, GOOD], [5]),
        ([AUTHENTICATED, *[*[BREACH] * 4, GOOD] * 3], [5, 5, 10, 15] * 3),
    ],
    ids=["grow", "at the test, too", "as asked for", "no less than five", "success forgets"],
)
def test_pauses_after_breaches(
    server: ApiServer, answers: list[Reply], pauses: list[float]
) -> None:
    client = ScriptedClient(server, *answers)
    for _ in range(answers.count(GOOD)):
        client.rows()
    assert client.pauses == pauses
    assert client.answers == []


def test_breaches_at_the_same_time_are_one_and_then_one_at_a_time_tries(
    server: ApiServer,
) -> None:
    answers = AUTHENTICATED, GOOD, *[BREACH] * 5, *[GOOD] * 4
    client = ScriptedClient(server, *answers, request_timeout_seconds=60)
    client.rows()
    all_are_here, arrivals = Barrier(4, timeout=60), count()

    def answered(_: object) -> Reply:
        next_answer = client.answers.pop(0)
        if next(arrivals) < 4:
            all_are_here.wait()
        return next_answer

    server.on(DATA_PATH, answered)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: client.rows(), range(4))) == [[]] * 4
    assert client.pauses == [5, 5]
    assert client.answers == []


@pytest.mark.parametrize(
    ("breaches", "said"),
    [
        ([BREACH] * 5, r"5 times in a row.*requests_per_minute"),
        ([answer(429, Retry_After="3600")], "3600"),
    ],
)
def test_fifth_breach_in_a_row_ends_the_run_and_so_does_a_wait_of_an_hour(
    server: ApiServer, breaches: list[Reply], said: str
) -> None:
    client = ScriptedClient(server, AUTHENTICATED, *breaches)
    for _ in range(2 if len(breaches) > 1 else 1):  # nothing is sent any more
        with pytest.raises(Stopped, match=said):
            client.rows()
    assert client.answers == []
    assert len(client.pauses) == len(breaches) - (len(breaches) == 1)


def test_what_is_perhaps_a_breach_fails_one_window_and_in_the_end_the_run(
    server: ApiServer,
) -> None:
    client = ScriptedClient(server, AUTHENTICATED, GOOD, *[PERHAPS] * 5, GOOD, *[PERHAPS] * 10)
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
