"""What holds for each test that has a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.testing.running import TapRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing import Sandbox


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The catalog, discovered once."""
    runner = TapRunner("tap-accelevents", {}, tmp_path_factory.mktemp("catalog"))
    return runner.catalog(offline=True)


@pytest.fixture(autouse=True)
def nobody_is_checked_in(request: pytest.FixtureRequest) -> Iterator[None]:
    """A GET of this vendor does that (event-ticket-chekin); whatever a test did, none was sent."""
    if "sandbox" not in request.fixturenames:
        yield
        return
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    yield
    assert sandbox.control("GET", "/counters") == {"accelevents.check_ins": 0}
