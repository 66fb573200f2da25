"""The limit of a key: what counts, when it is over, and what breaches lead to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from event_sandbox.cli import main
from event_sandbox.meetengage.testing import MeetEngageClient, noon
from event_sandbox.sandbox import Sandbox
from event_sandbox.server import serve_in_thread
from event_sandbox.testing import TODAY, Answer, Client
from event_sandbox.world import SIZES, build_world

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[MeetEngageClient]:
    """A client whose calls are counted by a clock of the test's."""
    sandbox = Sandbox(build_world(7, SIZES["small"], TODAY))
    with serve_in_thread(sandbox) as where:
        sandbox.limits["meetengage"].clock = clock
        yield MeetEngageClient(Client(where["url"], where["vendors"]))


def call(client: MeetEngageClient) -> Answer:
    return client.data(0, noon(TODAY))


def statuses(client: MeetEngageClient, count: int) -> list[int]:
    return [call(client).status for _ in range(count)]


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


def test_no_limit(client: MeetEngageClient) -> None:
    client.switch(rate_limit="off")
    assert statuses(client, 25) == [200] * 25
    assert limits(client) == {"calls": 25, "breaches": 0, "fullest": 25}


def test_only_successful_calls_count(client: MeetEngageClient) -> None:
    for _ in range(20):
        assert client.send("GET", "", {}).status == 401
        assert client.send("GET", "/elsewhere").status == 404
        assert client.data(0, 0, account="wrong").status == 400
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
    answer = call(client)
    assert answer.status == status
    assert wording in answer.body.decode()
    wait = "5" if position == "429_retry_after" else None
    assert answer.headers.get("retry-after") == wait
    assert limits(client) == {"calls": 10, "breaches": 1, "fullest": 10}


def test_five_breaches_may_disable_the_key(client: MeetEngageClient, clock: Clock) -> None:
    assert statuses(client, 16) == [200] * 10 + [429] * 6
    client.switch(breaches="disable_key", bad_key="403")
    clock.now += 60
    assert statuses(client, 2) == [403] * 2
    assert client.send("GET", "").status == 403
    client.sandbox.control("DELETE", "/limits")
    assert limits(client) == {"calls": 0, "breaches": 0, "fullest": 0}
    assert statuses(client, 15) == [200] * 10 + [429] * 5
    clock.now += 60
    assert statuses(client, 1) == [403]


def test_restoring_the_switches_starts_counting_anew(client: MeetEngageClient) -> None:
    assert statuses(client, 12) == [200] * 10 + [429] * 2
    assert client.sandbox.control("DELETE", "/switches")
    assert statuses(client, 1) == [200]
    assert limits(client) == {"calls": 1, "breaches": 0, "fullest": 1}


def test_truth_on_the_command_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    command = ["truth", "meetengage", "organisation_data_standard", f"--today={TODAY}"]
    assert main(command) == 0
    rows = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert main([*command, "--all-columns"]) == 0
    wide = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert len(rows) == len(wide) > 80
    assert (len(rows[0]), len(wide[0])) == (6, 15)
