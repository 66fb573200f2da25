"""Fixtures for the tests of a tap: a sandbox of its own, and the tap's command.

A tap's tests say once which tap they are about, by their own fixture `tap_under_test`.
"""

from __future__ import annotations

import contextlib
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
    """Say what the marker means."""
    config.addinivalue_line(
        "markers", "of_the_core: what the core alone keeps; one tap shows it, the others if long"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave to the long round what another tap shows of the core in every round."""
    tap: TapUnderTest | None = getattr(getattr(item, "cls", None), "tap", None)
    if tap and not tap.stands_for_the_core and item.get_closest_marker("of_the_core"):
        item.add_marker("long")


class _Sandboxes:
    """Keeps one sandbox running from test to test."""

    def __init__(self) -> None:
        self._running = contextlib.ExitStack()
        self._kept: Sandbox | None = None

    def get(self, vendor: str) -> Sandbox:
        kept = self._kept
        if kept is None or kept.vendor != vendor or kept.ends():
            self.end()
            kept = self._kept = self._running.enter_context(running_sandbox(vendor))
        return kept

    def end(self) -> None:
        self._kept = None
        self._running.close()


@pytest.fixture(scope="session")
def _sandboxes() -> Iterator[_Sandboxes]:
    sandboxes = _Sandboxes()
    yield sandboxes
    sandboxes.end()


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    """The tap that the tests are about; a tap's tests have their own fixture of this name."""
    raise pytest.UsageError("define a fixture tap_under_test that returns a TapUnderTest")


@pytest.fixture
def sandbox(_sandboxes: _Sandboxes, tap_under_test: TapUnderTest) -> Sandbox:
    """A sandbox with the world at its start, the tap's switches, no faults and an empty log.

    It is one process for many tests, in each xdist worker.
    """
    found = _sandboxes.get(tap_under_test.vendor)
    found.reset()
    found.identified_by = tap_under_test.identified_by
    found.switch(**tap_under_test.switches)
    return found


@pytest.fixture
def run_tap(tap_under_test: TapUnderTest, sandbox: Sandbox, tmp_path: Path) -> Iterator[TapRunner]:
    """Runs the tap's console command as a process, with the settings that the sandbox asks for."""
    settings = {**sandbox.settings, **UNHURRIED, **tap_under_test.settings}
    runner = TapRunner(tap_under_test.command, settings, tmp_path, is_unlimited=True)
    yield runner
    runner.kill_all()
