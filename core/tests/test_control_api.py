"""What a sandbox refuses is told in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_taps_core.testing import Reply
from event_taps_core.testing.sandbox import ControlApi

if TYPE_CHECKING:
    from event_taps_core.testing import ApiServer


def test_why_the_sandbox_refuses_is_told(server: ApiServer) -> None:
    server.on("/_sandbox/streams/sixth", Reply(b"unknown vendor: sixth", 400))
    with pytest.raises(ValueError, match="GET /streams/sixth: unknown vendor: sixth"):
        ControlApi({"url": server.api_url, "vendors": {}}).streams("sixth")
