"""What every tap promises, of this one."""

from __future__ import annotations

from operator import itemgetter

from event_taps_core.testing import TapUnderTest, conformance_suite
from tap_accelevents.tap import TapAccelevents

TestConformance = conformance_suite(
    TapUnderTest(
        tap_class=TapAccelevents,
        vendor="accelevents",
        # In the other position, one event's answer is about all of them; that is a switch run.
        switches={"analytics_scope": "event"},
        identified_by="eventurl",
        identify=itemgetter("event_url"),
        wrong_key_requests=3,  # one for each form of the header
        # The first page of a list of several is all that can be had.
        exclusive=({"paging": ("first_page_again",), "largest_page": ("ten", "five")},),
        positions_per_run=12,
        impatient={"max_retries": 1},
        refusing={"key": "revoked"},
        # What ignores `page` and counts more rows than it sends may hide some.
        incomplete={
            "foreign_event": "one",
            "error_member": "one_list",
            "records_total": "too_many",
        },
        single_rows=frozenset({"events", "session_analytics_details", "attendee_summary"}),
        needs={"session_analytics": ("sessions",)},
    )
)
