"""Fixtures for the tests of a tap: a sandbox of its own, and the tap's command.

A tap's tests say once which tap they are about, by their own fixture `tap_under_test`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_taps_core.testing.running import TapRunner
from event_taps_core.testing.sandbox import Sandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from event_taps_core.testing.under_test import TapUnderTest

UNHURRIED = {"requests_per_minute": 0}
"""The sandbox needs no politeness, and has no limit where a tap's `switches` say so."""


def pytest_configure(config: pytest.Config) -> None:
    """Say what the markers mean."""
    config.addinivalue_line("markers", "long: slow; left out with -m 'not long'")
    config.addinivalue_line(
        "markers", "of_the_core: what the core alone keeps; one tap shows it, the others if long"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave to the long round what another tap shows of the core in every round."""
    tap: TapUnderTest | None = getattr(getattr(item, "cls", None), "tap", None)
    if tap and not tap.stands_for_the_core and item.get_closest_marker("of_the_core"):
        item.add_marker("long")


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    """One process for all tests, in each xdist worker."""
    with running_sandbox("") as running:
        yield running


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    """The tap that the tests are about; a tap's tests have their own fixture of this name."""
    raise pytest.UsageError("define a fixture tap_under_test that returns a TapUnderTest")


@pytest.fixture
def sandbox(_sandbox: Sandbox, tap_under_test: TapUnderTest) -> Sandbox:
    """The sandbox with its world at the start, the tap's switches, no faults and an empty log."""
    _sandbox.reset()
    _sandbox.vendor = tap_under_test.vendor
    _sandbox.identified_by = tap_under_test.identified_by
    _sandbox.switch(**tap_under_test.switches)
    return _sandbox


@pytest.fixture
def run_tap(tap_under_test: TapUnderTest, sandbox: Sandbox, tmp_path: Path) -> Iterator[TapRunner]:
    """Runs the tap's console command as a process, with the settings that the sandbox asks for."""
    settings = {**sandbox.settings, **UNHURRIED, **tap_under_test.settings}
    runner = TapRunner(tap_under_test.tap_class.name, settings, tmp_path, is_unlimited=True)
    yield runner
    runner.kill_all()
