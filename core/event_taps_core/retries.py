"""How often a request is sent again, and how long after: one policy for all kinds of trouble."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import backoff

from event_taps_core.api_errors import BadResponse, TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MAX_BACKOFF_SECONDS = 60.0
MAX_THROTTLING_SECONDS = 300.0
"""For so long after its first 429 a request is sent again, however often it gets another one."""


class Retries:
    """What is known of the tries of one request.

    Args:
        max_retries: How often it may be sent again if it is not for the rate; 0 for never.
        has_succeeded: Says whether the API has answered well before.
        on_wait: Told of each answer that is asked for again, and after how many seconds.
    """

    def __init__(
        self,
        max_retries: int,
        has_succeeded: Callable[[], bool],
        on_wait: Callable[[BadResponse, float], None],
    ) -> None:
        self._max_retries = max_retries
        self._has_succeeded = has_succeeded
        self._on_wait = on_wait
        self._tries = 0
        self._failures: Counter[str] = Counter()
        self._throttled_at: float | None = None

    def run(self, send: Callable[[], T]) -> T:
        """Send, and again as long as that may help; raise what the API said in the end."""
        try:
            return send()  # nearly all are answered at once, which must cost nothing
        except BadResponse as answer:
            first = [answer]

        def send_again() -> T:
            if first:
                raise first.pop()
            return send()

        trying = backoff.on_exception(
            backoff.runtime,
            BadResponse,
            value=self._wait,
            giveup=self._gives_up,
            on_backoff=lambda details: self._on_wait(details["exception"], details["wait"]),
            jitter=None,  # `_wait` has it
            logger=None,
        )
        return trying(send_again)()

    def _gives_up(self, problem: Exception) -> bool:
        """Bound 429 by time, a reason that has its own limit by that, and all others together."""
        assert isinstance(problem, BadResponse)  # noqa: S101 - `backoff` catches no other
        self._tries += 1
        if isinstance(problem, TooManyRequests):
            now = time.monotonic()
            self._throttled_at = self._throttled_at or now
            is_over = now - self._throttled_at >= MAX_THROTTLING_SECONDS
            return 0 in (self._max_retries, problem.retries) or is_over
        self._failures[problem.what] += 1
        if self._failures.total() > self._max_retries:
            return True
        if problem.retries is None or (problem.unreachable and self._has_succeeded()):
            return False
        return self._failures[problem.what] > problem.retries

    def _wait(self, problem: BadResponse) -> float:
        """Return for how many seconds to back off: never less than the server asked for."""
        if problem.at_once and self._tries == 1:
            return 0.0
        backoff_seconds = min(MAX_BACKOFF_SECONDS, 2.0 ** min(self._tries - 1, 10))
        wait = backoff_seconds * random.uniform(0.5, 1)  # noqa: S311 - jitter needs no secrecy
        if problem.retry_after is not None:
            wait = max(wait, problem.retry_after + random.uniform(0, 0.2))  # noqa: S311 - jitter
        return wait
