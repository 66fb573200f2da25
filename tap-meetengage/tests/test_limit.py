"""The limit is never broken (heading "Rate Limits"); the core's pacer proves that most is used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.testing.running import TapRunner
from event_taps_core.testing.sandbox import running_sandbox

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = 22
SHARDS = {"shard_count": 2, "concurrent_runs": 2, "requests_per_minute": 0}


@pytest.mark.parametrize(
    ("rate_limit", "runs"),
    [
        ("fixed", [{"requests_per_minute": 0}]),
        ("sliding", [{**SHARDS, "shard_index": index} for index in range(2)]),
    ],
    ids=["one run", "two runs of one key at the same time"],
)
def test_limit_is_never_broken(tmp_path: Path, rate_limit: str, runs: list[dict[str, Any]]) -> None:
    """Counted by the server, in sliding and in fixed windows."""
    start_date = (datetime.now(UTC).date() - timedelta(days=31 * (REQUESTS - 2))).isoformat()
    with running_sandbox("meetengage") as sandbox:
        sandbox.switch(rate_limit=rate_limit, breaches="disable_key")
        settings = {**sandbox.settings, "window_days": 31, "start_date": start_date}
        started = [
            TapRunner("tap-meetengage", {**settings, **own}, tmp_path / str(number)).start()
            for number, own in enumerate(runs)
        ]
        for run in started:
            run.finish().assert_good()
        limits = sandbox.control("GET", "/limits")["meetengage"]
    assert limits["breaches"] == 0
    assert limits["fullest"] <= 10
    assert limits["calls"] >= REQUESTS
