"""What is true of every tap, as tests that a tap activates in a few lines.

In a tap's `tests/test_conformance.py`:

    from event_taps_core.testing import TapUnderTest, conformance_suite

    TestConformance = conformance_suite(TapUnderTest(tap_class=TapExample, vendor="example"))

The suite runs the tap's own command as a process, against the sandbox's vendor over real HTTP,
and compares what arrives with the sandbox's truth. Its fixtures, which serve a tap's own tests,
too, come with `pytest_plugins = ["event_taps_core.testing.plugin"]` in the top `conftest.py`. The
sandbox is known only by its command `event-sandbox` and its control API; no vendor is.
"""

import pytest

pytest.register_assert_rewrite(
    "event_taps_core.testing.promises",
    "event_taps_core.testing.running",
    "event_taps_core.testing.sandbox",
    "event_taps_core.testing.warehouse",
)

from event_taps_core.testing.api_server import (  # noqa: E402 - see above
    ApiServer,
    Reply,
    Seen,
    api_response,
)
from event_taps_core.testing.conformance import conformance_suite  # noqa: E402 - likewise
from event_taps_core.testing.running import Run, RunningTap, TapRunner, run_here  # noqa: E402 - likewise
from event_taps_core.testing.sandbox import Request, Sandbox  # noqa: E402 - likewise
from event_taps_core.testing.under_test import TapUnderTest  # noqa: E402 - likewise
from event_taps_core.testing.warehouse import Warehouse, differences  # noqa: E402 - likewise

__all__ = [
    "ApiServer",
    "Reply",
    "Request",
    "Run",
    "RunningTap",
    "Sandbox",
    "Seen",
    "TapRunner",
    "TapUnderTest",
    "Warehouse",
    "api_response",
    "conformance_suite",
    "differences",
    "run_here",
]
