"""Reports that a vendor prepares when they are asked for, and that are ready some time later."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Preparation:
    """What was asked for and when; a report is ready `seconds` after it was first asked for."""

    seconds: float = 0.0
    """Zero: ready at once."""
    clock: Callable[[], float] = time.monotonic
    _asked: dict[str, float] = field(default_factory=dict)

    def is_ready(self, report: str) -> bool:
        """Tell whether a report is ready; the first time that one is asked for starts it."""
        now = self.clock()
        return now - self._asked.setdefault(report, now) >= self.seconds

    def forget(self, prefix: str = "") -> None:
        """Forget the reports whose names begin so: they have to be prepared anew."""
        for report in [report for report in self._asked if report.startswith(prefix)]:
            del self._asked[report]

    def reports(self) -> dict[str, float]:
        """Give the reports that were asked for, with the seconds until each is ready."""
        now = self.clock()
        return {
            report: round(max(0.0, asked + self.seconds - now), 3)
            for report, asked in self._asked.items()
        }
