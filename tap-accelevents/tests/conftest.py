"""What holds for each test that has a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing import Sandbox


@pytest.fixture(autouse=True)
def nobody_is_checked_in(request: pytest.FixtureRequest) -> Iterator[None]:
    """A GET of this vendor does that (event-ticket-chekin); whatever a test did, none was sent."""
    if "sandbox" not in request.fixturenames:
        yield
        return
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    yield
    assert sandbox.control("GET", "/counters") == {"accelevents.check_ins": 0}
