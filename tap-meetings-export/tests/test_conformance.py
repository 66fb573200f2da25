"""What every tap promises, of this one."""

from __future__ import annotations

from event_taps_core.testing import TapUnderTest, conformance_suite
from tap_meetings_export.tap import TapMeetingsExport

UNDER_TEST = TapUnderTest(
    tap_class=TapMeetingsExport,
    vendor="expoplatform",
    settings={"page_size": 100},  # so that there are pages
    refusing={"key": "off", "host": "moved"},
    incomplete={"event_access": "one_off", "total": "more"},
    wrong_key_requests=4,  # each event may have a key of its own
    identified_by="event_id",
    identify=lambda row: str(row["event_id"]),
    elsewhere={"ties": ("shuffled",)},
    positions_per_run=8,
)
TestConformance = conformance_suite(UNDER_TEST)
