"""The limit of a key: what counts, when it is over, and what breaches lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.meetengage.testing import MeetEngageClient
from event_sandbox.sandbox import Sandbox
from event_sandbox.server import serve_in_thread
from event_sandbox.testing import TODAY, Client
from event_sandbox.world import SIZES, build_world

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    """Stands still until it is told to go on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, Client]]:
    sandbox = Sandbox(build_world(7, SIZES["small"], TODAY))
    with serve_in_thread(sandbox) as where:
        yield sandbox, Client(where["url"], where["vendors"])


@pytest.fixture
def client(clock: Clock, served: tuple[Sandbox, Client]) -> MeetEngageClient:
    """A client whose calls are counted by a clock of the test's."""
    sandbox, asked = served
    sandbox.limits["meetengage"].clock = clock
    asked.control("DELETE", "/switches")
    return MeetEngageClient(asked)


def statuses(client: MeetEngageClient, count: int) -> list[int]:
    return [client.days(TODAY, TODAY).status for _ in range(count)]


def limits(client: MeetEngageClient) -> dict[str, int]:
    return dict(client.sandbox.control("GET", "/limits")["meetengage"])


def test_ten_calls_in_any_five_seconds(client: MeetEngageClient, clock: Clock) -> None:
    clock.now = 1004.0
    assert statuses(client, 9) == [200] * 9
    clock.now = 1006.0
    assert statuses(client, 2) == [200, 429]
    clock.now = 1008.99
    assert statuses(client, 1) == [429]
    clock.now = 1009.0
    assert statuses(client, 10) == [200] * 9 + [429]
    assert limits(client) == {"calls": 19, "breaches": 3, "fullest": 10}


def test_ten_calls_in_each_five_seconds(client: MeetEngageClient, clock: Clock) -> None:
    client.switch(rate_limit="fixed")
    clock.now = 1004.0
    assert statuses(client, 11) == [200] * 10 + [429]
    clock.now = 1005.0
    assert statuses(client, 11) == [200] * 10 + [429]
    assert limits(client) == {"calls": 20, "breaches": 2, "fullest": 20}


def test_only_successful_calls_count(client: MeetEngageClient) -> None:
    client.switch(wrong_request="200_error")
    for _ in range(20):
        assert client.send("GET", "", {}).status == 401
        assert client.send("GET", "/elsewhere").status == 404
        assert client.data(0, 0, account="wrong").status == 200
    assert client.send("GET", "").status == 200
    assert statuses(client, 10) == [200] * 9 + [429]
    assert client.send("GET", "").status == 429
    assert client.data(0, 0, account="wrong").status == 429
    assert limits(client) == {"calls": 10, "breaches": 3, "fullest": 10}


@pytest.mark.parametrize(
    ("position", "status", "wording"),
    [
        ("429", 429, "Rate limit exceeded"),
        ("429_retry_after", 429, "Rate limit exceeded"),
        ("403", 403, "Rate limit exceeded"),
        ("503", 503, "Rate limit exceeded"),
        ("503_page", 503, "<title>Too many requests"),
        ("200_error", 200, '{"output":[],"errors":["Rate limit exceeded'),
    ],
)
def test_answers_to_a_call_too_many(
    client: MeetEngageClient, position: str, status: int, wording: str
) -> None:
    client.switch(breach_answer=position)
    assert statuses(client, 10) == [200] * 10
    answer = client.days(TODAY, TODAY)
    assert answer.status == status
    assert wording in answer.body.decode()
    wait = "5" if position == "429_retry_after" else None
    assert answer.headers.get("retry-after") == wait
    assert limits(client) == {"calls": 10, "breaches": 1, "fullest": 10}


@pytest.mark.parametrize("forgetting", ["/limits", "/switches"])
def test_five_breaches_may_disable_the_key_until_they_are_forgotten(
    client: MeetEngageClient, clock: Clock, forgetting: str
) -> None:
    assert statuses(client, 15) == [200] * 10 + [429] * 5
    clock.now += 60
    assert statuses(client, 1) == [200]
    client.switch(breaches="disable_key", bad_key="403")
    assert statuses(client, 2) == [403] * 2
    assert client.send("GET", "").status == 403
    client.sandbox.control("DELETE", forgetting)
    assert limits(client) == {"calls": 0, "breaches": 0, "fullest": 0}
    assert statuses(client, 1) == [200]
