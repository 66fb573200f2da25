"""How long after one another the tries of a request are, and when there are no more."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest

from event_taps_core.api_errors import ApiError, BadResponse, TooManyRequests
from event_taps_core.retries import MAX_THROTTLING_SECONDS, Retries

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 6


class Trouble:
    """An API that gives the same answer for so many seconds; time passes only in waits."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        answer: Callable[[], BadResponse],
        seconds: float = float("inf"),
    ) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self._answer, self._ends_at = answer, self.now + seconds
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self._pass)

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def run(self, most: int = MOST) -> ApiError | None:
        """Return what it came to."""
        retries = Retries(most, lambda: True, lambda _, seconds: self.waits.append(seconds))
        try:
            retries.run(self._send)
        except ApiError as answer:
            return answer
        return None

    def _send(self) -> None:
        if self.now < self._ends_at:
            raise self._answer()


@pytest.mark.parametrize("retry_after", [None, 0.0, 0.5])
@pytest.mark.parametrize("kind", [BadResponse, TooManyRequests])
def test_a_wait_is_never_shorter_than_the_back_off(
    monkeypatch: pytest.MonkeyPatch, kind: type[BadResponse], retry_after: float | None
) -> None:
    trouble = Trouble(monkeypatch, lambda: kind("HTTP 503", retry_after=retry_after), seconds=30)
    assert trouble.run() is None
    assert all(0.5 * 2**n <= wait <= 2**n + 0.2 for n, wait in enumerate(trouble.waits))


def test_a_wait_is_never_shorter_than_the_server_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = Trouble(monkeypatch, lambda: BadResponse("HTTP 503", retry_after=50))
    assert isinstance(trouble.run(), BadResponse)
    assert len(trouble.waits) == MOST
    assert min(trouble.waits) >= 50


def test_throttling_for_minutes_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = Trouble(monkeypatch, lambda: TooManyRequests("HTTP 429"), seconds=240)
    assert trouble.run() is None
    assert len(trouble.waits) > MOST


def test_throttling_ends_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = Trouble(monkeypatch, lambda: TooManyRequests("HTTP 429"))
    assert isinstance(trouble.run(), TooManyRequests)
    assert 0 <= sum(trouble.waits) - MAX_THROTTLING_SECONDS <= 60


def test_throttling_does_not_use_up_the_tries_of_other_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [TooManyRequests("HTTP 429"), *[BadResponse("HTTP 500")] * MOST] * 2
    trouble = Trouble(monkeypatch, iter(answers).__next__, seconds=200)
    found = trouble.run()
    assert type(found) is BadResponse
    assert len(trouble.waits) == 1 + MOST + 1


@pytest.mark.parametrize("kind", [BadResponse, TooManyRequests])
def test_without_retries_nothing_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, kind: type[BadResponse]
) -> None:
    trouble = Trouble(monkeypatch, lambda: kind("no answer"))
    assert isinstance(trouble.run(most=0), kind)
    assert trouble.waits == []


def test_what_may_be_asked_again_at_once_is_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = itertools.count()
    trouble = Trouble(monkeypatch, lambda: BadResponse(f"error {next(numbers)}", at_once=True))
    trouble.run()
    assert trouble.waits[0] == 0
    assert min(trouble.waits[1:]) > 0
