"""What the checks of a stream say, from the runs of its account alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from event_taps_dagster.checks import judge
from event_taps_dagster.warehouse import Run

TODAY = datetime(2026, 3, 3, 3, tzinfo=UTC)
YESTERDAY = TODAY - timedelta(days=1)
FAILED = ({"stream": "polls", "reason": "HTTP 500", "parts": 2},)


def run(shard: str, began: datetime, *, has_ended: bool = True, failures: tuple = ()) -> Run:  # type: ignore[type-arg] # of rows as they come
    return Run(shard, began, began if has_ended else None, 5, 7, failures)


# The runs, newest first, of two shards; what is missing of `polls`, and since when it is read.
CASES = {
    "both read": ([run("1/2", TODAY), run("0/2", TODAY)], [], TODAY),
    "the older of both counts": ([run("1/2", TODAY), run("0/2", YESTERDAY)], [], YESTERDAY),
    "never": ([], ["shard 0/2 was never read", "shard 1/2 was never read"], None),
    "one never": ([run("0/2", TODAY)], ["shard 1/2 was never read"], None),
    "of another number": (
        [run("0/3", TODAY), run("1/2", TODAY), run("0/2", TODAY)],
        [],
        TODAY,
    ),
    "failed, and was read before": (
        [run("1/2", TODAY, failures=FAILED), run("0/2", TODAY), run("1/2", YESTERDAY)],
        ["shard 1/2: 2 not read (HTTP 500)"],
        YESTERDAY,
    ),
    "another stream failed": (
        [run("1/2", TODAY, failures=({**FAILED[0], "stream": "questions"},)), run("0/2", TODAY)],
        [],
        TODAY,
    ),
    "under way, or killed": (
        [run("1/2", TODAY, has_ended=False), run("0/2", TODAY), run("1/2", YESTERDAY)],
        [],
        YESTERDAY,
    ),
}


@pytest.mark.parametrize(("runs", "missing", "read_at"), CASES.values(), ids=CASES)
def test_what_is_missing_and_since_when_it_is_read(
    runs: list[Run], missing: list[str], read_at: datetime | None
) -> None:
    verdict = judge("polls", runs, 2)
    assert verdict.missing == missing
    assert verdict.is_complete == (not missing)
    assert verdict.read_at == read_at
