"""The time of a run."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SteadyClock:
    """One reading of the machine's clock, and what has passed since by one that never jumps.

    The machine's clock may be set right in the middle of a run: differences of two readings of it
    then mean nothing.
    """

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        self._started = time.monotonic()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self.started + timedelta(seconds=time.monotonic() - self._started)
