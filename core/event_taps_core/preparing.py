"""What the vendor prepares when it is asked for: when to ask again, and when to give up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from event_taps_core.api_errors import BadResponse

if TYPE_CHECKING:
    from event_taps_core.api_errors import NotReady


class Preparing(NamedTuple):
    """What is being prepared; both times are those of `time.monotonic`, in seconds."""

    due: float
    """When to ask again."""

    deadline: float
    """When to give up."""


def preparing(
    answer: NotReady, earlier: Preparing | None, poll: float, timeout: float
) -> Preparing:
    """Say when to ask again for what is not ready.

    Args:
        answer: What the vendor said just now.
        earlier: What was said of its last such answer about the same; None for the first.
        poll: After how many seconds to ask again, where the vendor does not say it.
        timeout: How many seconds after its first such answer to give up.

    Raises:
        BadResponse: If it has not been ready for too long.
    """
    now = time.monotonic()
    deadline = earlier.deadline if earlier else now + timeout
    if now >= deadline:
        raise BadResponse(f"not ready after {timeout} s ({answer.reason})") from answer
    return Preparing(min(deadline, now + (answer.seconds or poll)), deadline)
