"""How many calls a key may make in some seconds, counted by one of the ways that a vendor may."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class RateLimit:
    """The calls of one key. Only what was answered well is a call; a breach is none."""

    most: int
    """So many calls are allowed in `seconds`."""
    seconds: float
    clock: Callable[[], float] = time.monotonic
    calls: int = 0
    breaches: int = 0
    fullest: int = 0
    """The most calls that ever lay within `seconds`, wherever those began."""
    _recent: deque[float] = field(default_factory=deque)

    def is_reached(self, *, fixed: bool) -> bool:
        """Tell whether one more call now would be too many.

        Args:
            fixed: Whether intervals follow each other, instead of each call beginning one.
        """
        now = self._forget_old()
        if not fixed:
            return len(self._recent) >= self.most
        begin = now // self.seconds * self.seconds
        return sum(at >= begin for at in self._recent) >= self.most

    def note_call(self) -> None:
        """Count a call."""
        self._recent.append(self._forget_old())
        self.calls += 1
        self.fullest = max(self.fullest, len(self._recent))

    def note_breach(self) -> None:
        """Count a breach."""
        self.breaches += 1

    def forget(self) -> None:
        """Start counting anew."""
        self.calls = self.breaches = self.fullest = 0
        self._recent.clear()

    def counts(self) -> dict[str, int]:
        """Give what was counted."""
        return {"calls": self.calls, "breaches": self.breaches, "fullest": self.fullest}

    def _forget_old(self) -> float:
        now = self.clock()
        while self._recent and now - self._recent[0] >= self.seconds:
            self._recent.popleft()
        return now
