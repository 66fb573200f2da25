"""What every tap promises, of this one."""

from __future__ import annotations

from event_taps_core.testing import conformance_suite

from .under_test import UNDER_TEST

TestConformance = conformance_suite(UNDER_TEST)
