"""The limit: never a breach, and most of what is allowed is used (heading "Rate Limits")."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from event_taps_core.testing.running import TapRunner
from event_taps_core.testing.sandbox import running_sandbox

if TYPE_CHECKING:
    from pathlib import Path

SHARDS = 2
ALLOWED_PER_SECOND = 10 / 5
REQUESTS = 22


def test_limit_is_never_broken_and_nine_tenths_of_it_are_used(tmp_path: Path) -> None:
    """Counted by the server, in sliding and in fixed windows; two runs, one without a budget."""
    today = datetime.now(UTC).date()
    settings: dict[str, Any] = {
        "window_days": 31,
        "start_date": (today - timedelta(days=31 * (REQUESTS - 2))).isoformat(),
    }
    with contextlib.ExitStack() as running:
        sandboxes = {}
        for kind in ("sliding", "fixed"):
            sandboxes[kind] = running.enter_context(running_sandbox("meetengage"))
            sandboxes[kind].switch(rate_limit=kind, breaches="disable_key")
        settings_of = {"sliding": settings, "fixed": {**settings, "requests_per_minute": 0}}
        runs = [
            TapRunner(
                "tap-meetengage", {**sandbox.settings, **settings_of[kind]}, tmp_path / kind
            ).start()
            for kind, sandbox in sandboxes.items()
        ]
        for one in runs:
            one.finish().assert_good()
        for kind, sandbox in sandboxes.items():
            times = sorted(request.at for request in sandbox.requests())
            limits = sandbox.control("GET", "/limits")["meetengage"]
            assert limits["breaches"] == 0, kind
            assert limits["fullest"] <= 10, kind
            assert limits["calls"] == len(times) >= REQUESTS, kind
            rate = (len(times) - 1) / (times[-1] - times[0])
            assert rate >= 0.5 * ALLOWED_PER_SECOND, "the simulation tells how much really"


def test_runs_of_one_key_at_the_same_time_keep_its_limit_together(tmp_path: Path) -> None:
    """Each window of time is read by one shard."""
    start_date = (datetime.now(UTC).date() - timedelta(days=31 * (REQUESTS - 2))).isoformat()
    with running_sandbox("meetengage") as sandbox:
        sandbox.switch(rate_limit="sliding", breaches="disable_key")
        settings = {**sandbox.settings, "window_days": 31, "start_date": start_date}
        shared = {"shard_count": SHARDS, "concurrent_runs": SHARDS, "requests_per_minute": 0}
        runs = [
            TapRunner(
                "tap-meetengage",
                {**settings, **shared, "shard_index": index},
                tmp_path / str(index),
            ).start()
            for index in range(SHARDS)
        ]
        for one in runs:
            one.finish().assert_good()
        limits = sandbox.control("GET", "/limits")["meetengage"]
    assert limits["breaches"] == 0
    assert limits["fullest"] <= 10
    assert limits["calls"] >= REQUESTS
