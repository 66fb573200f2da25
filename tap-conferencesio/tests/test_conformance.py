"""What every tap promises, of this one."""

from __future__ import annotations

from event_taps_core.testing import TapUnderTest, conformance_suite
from tap_conferencesio.tap import TapConferencesIo

TestConformance = conformance_suite(
    TapUnderTest(
        tap_class=TapConferencesIo,
        vendor="conferencesio",
        positions_per_run=4,
        stands_for_the_core=True,
        refusing={"api": "not_activated"},  # nothing works before the vendor activates it
        single_rows=frozenset({"app"}),
        needs={"evaluation_responses": ("sessions",)},  # which carry no session id of their own
    )
)
