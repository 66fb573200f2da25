"""What is believed of Meltano's log."""

from __future__ import annotations

import pytest

from event_taps_dagster.meltano import says_kept

KEPT = '{"event": "Incremental state has been updated at 2026-11-29 03:00:00+00:00."}'
NOT_KEPT = '{"event": "Failed to persist incremental state to the configured backend"}'
INVALID = '{"event": "Received state is invalid, incremental state has not been updated"}'
OTHER = '{"event": "Block run completed"}'


@pytest.mark.parametrize(
    ("log", "is_kept"),
    [
        ([KEPT, OTHER], True),
        ([NOT_KEPT, KEPT], True),
        ([KEPT, NOT_KEPT, OTHER], False),
        ([KEPT, INVALID], False),
        ([OTHER], False),
        ([], False),
    ],
)
def test_only_a_log_that_says_so_at_last_is_believed_that_the_state_was_kept(
    log: list[str], *, is_kept: bool
) -> None:
    """Of any other, the state itself is looked at."""
    assert says_kept(log) == is_kept
