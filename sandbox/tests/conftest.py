"""One sandbox for all tests of a module; each test finds its switches, faults and log as new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.testing import Client, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with running_sandbox() as client:
        yield client


@pytest.fixture
def sandbox(shared: Client) -> Client:
    """The module's sandbox: for tests that leave the world as it is."""
    for path in ("/switches", "/faults", "/requests"):
        shared.control("DELETE", path)
    return shared


@pytest.fixture
def fresh() -> Iterator[Client]:
    """A sandbox of one's own: for tests that change the world."""
    with running_sandbox() as client:
        yield client
