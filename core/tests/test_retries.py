"""How often a request is sent again, and how long after: tables, in which time passes in waits."""

from __future__ import annotations

import itertools
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from event_taps_core.api_errors import BadResponse, TooManyRequests
from event_taps_core.retries import MAX_BACKOFF_SECONDS, MAX_THROTTLING_SECONDS, Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST = 6
BUSY = BadResponse("HTTP 500")
TOO_FAST = TooManyRequests("HTTP 429")
HTML = BadResponse("HTML", retries=2, unreachable=True)
OWN = partial(BadResponse, "the vendor's own")
TOO_LONG = TooManyRequests("HTTP 429, which asks to wait 901 seconds", retries=0)


class Api:
    """Gives some answers, and records then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: Iterable[BadResponse]) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self._answers = iter(answers)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self._pass)

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, most: int = MOST, *, has_succeeded: bool = False) -> str:
        """Return what it came to; nothing for records."""
        retries = Retries(most, lambda: has_succeeded, lambda _, wait: self.waits.append(wait))
        try:
            retries.run(self._send)
        except BadResponse as answer:
            return answer.what
        return ""

    def _send(self) -> None:
        answer = next(self._answers, None)
        if answer is not None:
            raise answer


@pytest.mark.parametrize(
    ("answers", "most", "has_succeeded", "expected"),
    [
        ([BUSY] * 6, 6, False, (6, "")),
        ([BUSY] * 7, 6, False, (6, "HTTP 500")),
        ([BUSY], 0, False, (0, "HTTP 500")),
        ([TOO_FAST], 0, False, (0, "HTTP 429")),
        ([TOO_LONG], 6, False, (0, TOO_LONG.what)),
        # A matter of time, and not of tries
        ([TOO_FAST] * 9, 1, False, (9, "")),
        ([TOO_FAST, *[BUSY] * 6] * 2, 6, False, (8, "HTTP 500")),
        # A wrong host, until it has answered once
        ([HTML] * 2, 6, False, (2, "")),
        ([HTML] * 3, 6, False, (2, "HTML")),
        ([HTML] * 4, 6, True, (4, "")),
        ([HTML] * 4, 3, True, (3, "HTML")),
        # A bound of its own does not use up that of others, and all together have the setting's
        ([BUSY, BUSY, HTML, HTML], 6, False, (4, "")),
        ([BUSY, HTML, BUSY], 2, False, (2, "HTTP 500")),
        ([OWN(retries=1)] * 2, 6, True, (1, "the vendor's own")),
        ([OWN(retries=9)] * 3, 2, True, (2, "the vendor's own")),
        ([OWN(retries=0)], 6, True, (0, "the vendor's own")),
    ],
)
def test_how_often_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
    answers: list[BadResponse],
    most: int,
    has_succeeded: bool,  # noqa: FBT001 - a table
    expected: tuple[int, str],
) -> None:
    api = Api(monkeypatch, answers)
    outcome = api.ask(most, has_succeeded=has_succeeded)
    assert (len(api.waits), outcome) == expected


@pytest.mark.parametrize("retry_after", [None, 0.0, 0.5])
@pytest.mark.parametrize("kind", [BadResponse, TooManyRequests])
def test_a_wait_is_never_shorter_than_the_back_off(
    monkeypatch: pytest.MonkeyPatch, kind: Callable[..., BadResponse], retry_after: float | None
) -> None:
    api = Api(monkeypatch, [kind("HTTP 503", retry_after=retry_after)] * 8)
    assert api.ask(8) == ""
    bounds = [min(MAX_BACKOFF_SECONDS, 2**n) for n in range(8)]
    pairs = zip(bounds, api.waits, strict=True)
    assert all(0.5 * bound <= wait <= bound + 0.2 for bound, wait in pairs)


def test_a_wait_is_never_shorter_than_the_server_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(monkeypatch, [BadResponse("HTTP 503", retry_after=50)] * MOST)
    assert api.ask() == ""
    assert min(api.waits) >= 50


def test_throttling_ends_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(monkeypatch, itertools.repeat(TOO_FAST))
    assert api.ask() == "HTTP 429"
    assert 0 <= sum(api.waits) - MAX_THROTTLING_SECONDS <= MAX_BACKOFF_SECONDS


def test_what_may_be_asked_again_at_once_is_the_first_time(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(monkeypatch, [OWN(at_once=True)] * 3)
    assert api.ask() == ""
    assert api.waits[0] == 0
    assert min(api.waits[1:]) > 0
