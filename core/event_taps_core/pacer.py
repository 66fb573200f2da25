"""When the next request may be sent: an even pace, and a vendor's own limit."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from event_taps_core.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOCK_MARGIN = 1.01
"""A server's clock may be this much slower than ours."""


class CallWindow(NamedTuple):
    """A limit on the calls in any stretch of time, of which a vendor says that it enforces it."""

    calls: int
    seconds: float

    def share(self, runs: int) -> CallWindow:
        """Return what each of so many runs may call, so that together they keep the limit.

        Raises:
            TapError: If there is no call for each.
        """
        if runs > self.calls:
            raise TapError(
                f"setting concurrent_runs: {runs} runs cannot share the {self.calls} calls "
                f"in {self.seconds:g} seconds that the vendor allows"
            )
        return self._replace(calls=self.calls // runs)


class Pacer:
    """Spaces the starts of requests evenly, so that no window of time ever holds a burst.

    With a `CallWindow` a call also holds one of its places from its start until `seconds` after
    its answer. Wherever in between the server counts it, no window of that length can then hold
    more than `calls`: when the last of them started, all others that the window could hold still
    had their places. So neither a slow network nor a slow server can turn even spacing into a
    breach.

    Args:
        requests_per_minute: The budget of the key; 0 for none.
        window: The vendor's own limit, which holds whatever the budget is.
        runs: How many runs use the key at the same time; this one takes its share of both.
    """

    def __init__(
        self, requests_per_minute: int, window: CallWindow | None = None, runs: int = 1
    ) -> None:
        self._interval = 60 * runs / requests_per_minute if requests_per_minute else 0.0
        self._window = window and window.share(runs)
        self._next = 0.0
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._change = threading.Condition()
        if self._window is not None and runs > 1:
            # This run may have followed one that has just used the same share up.
            free_at = time.monotonic() + _CLOCK_MARGIN * self._window.seconds
            self._answered.extend([free_at] * self._window.calls)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until one request may be sent; it is, and answered, within the context.

        Each thread looks again when it wakes: a pause may have come in the meantime.
        """
        with self._change:
            while (delay := self._delay()) != 0:
                self._change.wait(delay)
            self._next = time.monotonic() + self._interval
            self._under_way += 1
        try:
            yield
        finally:
            with self._change:
                self._under_way -= 1
                if self._window is not None:
                    self._answered.append(time.monotonic() + _CLOCK_MARGIN * self._window.seconds)
                    self._change.notify_all()

    def _delay(self) -> float | None:
        """Return for how many seconds nobody may send; None until an answer has come."""
        now = time.monotonic()
        delay = max(0.0, self._next - now)
        if self._window is not None:
            while self._answered and self._answered[0] <= now:
                self._answered.popleft()
            if self._under_way + len(self._answered) >= self._window.calls:
                return max(delay, self._answered[0] - now) if self._answered else None
        return delay

    def pause(self, seconds: float) -> None:
        """Let nobody send for `seconds`: the server asked all of us, not one worker, to wait."""
        with self._change:
            self._next = max(self._next, time.monotonic() + seconds)
