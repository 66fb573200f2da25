"""What every tap promises, of this one."""

from __future__ import annotations

from event_taps_core.testing import TapUnderTest, conformance_suite
from tap_example.tap import TapExample

TestConformance = conformance_suite(TapUnderTest(tap_class=TapExample, vendor="example"))
