"""What every tap promises, of this one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from event_taps_core.testing import TapUnderTest, conformance_suite
from tap_meetengage.tap import TapMeetEngage
from tap_meetengage.windows import EPOCH, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW_DAYS = 62
OLDEST_DAYS = 800


def from_date(record: Mapping[str, Any]) -> str:
    """Return the lower bound of the request that brought a record."""
    day = date.fromisoformat(record["window_start"])
    return str(Span(day, day).params()["from_date"])


def first_window() -> str:
    """Return a bound of the grid before everything that the sandbox knows: runs are short."""
    day = datetime.now(UTC).date() - timedelta(days=OLDEST_DAYS)
    return (day - timedelta(days=(day - EPOCH).days % WINDOW_DAYS)).isoformat()


UNDER_TEST = TapUnderTest(
    tap_class=TapMeetEngage,
    vendor="meetengage",
    settings={"window_days": WINDOW_DAYS, "start_date": first_window()},
    impatient={"max_retries": 1},
    switches={"rate_limit": "off"},
    refusing={"host": "redirects"},
    incomplete={"lone_range": "error_member"},
    elsewhere={
        "rate_limit": ("sliding", "fixed"),  # an honest pace: test_limit.py
        "large_range": ("500",),  # long with retries: test_quirks.py
    },
    more_streams=("organisation_data_chat_summary_mi",),
    positions_per_run=6,  # test_quirks.py tries each alone
    credential_requests=(("GET", ""),),
    identified_by="from_date",
    identify=from_date,
    part_days=WINDOW_DAYS,
    fault_seed=10,
    any_account={"account": "ignored"},
)
TestConformance = conformance_suite(UNDER_TEST)
