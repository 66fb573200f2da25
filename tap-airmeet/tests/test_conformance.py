"""What every tap promises, of this one."""

from __future__ import annotations

from event_taps_core.testing import TapUnderTest, conformance_suite
from tap_airmeet.tap import TapAirmeet

TestConformance = conformance_suite(
    TapUnderTest(
        tap_class=TapAirmeet,
        vendor="airmeet",
        credential_requests=(("POST", "/auth"),),
        positions_per_run=10,  # each run has to wait for reports
        settings={"report_poll_seconds": 1},
        impatient={"report_timeout_seconds": 2},
        refusing={"keys": "revoked"},
        incomplete={
            "never_ready": "one_event",
            "foreign_event": "listed",
            "airmeets_after": "ignored_by_fives",
        },
        # One page that comes again while two are counted may not be all.
        exclusive=({"airmeets_after": ("ignored",), "page_count": ("one_more",)},),
    )
)
