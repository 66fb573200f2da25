"""What the client lets through: reads of this API, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tap_conferencesio.client import ConferencesIoClient
from tap_conferencesio.tap import TapConferencesIo

BASE = "https://example.cnf.io/api/v2"
CONFIG: dict[str, Any] = {
    "api_key": "key-0123456789",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
PATHS = [stream.path for stream in TapConferencesIo.stream_classes if stream.path]
CLIENT = ConferencesIoClient(BASE, CONFIG, PATHS)


@pytest.mark.parametrize(
    "path",
    [
        *("/app", "/sessions", "/sessions/ab12", "/sessions/ab12/data"),
        *("/sessions/ab12/attendance", "/evaluations/responses"),
    ],
)
def test_documented_reads_are_permitted(path: str) -> None:
    assert CLIENT.permits("GET", BASE + path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/app"),
        ("POST", "/sessions"),
        ("PUT", "/sessions/ab12"),
        ("DELETE", "/sessions/ab12"),
        ("DELETE", "/sessions/ab12/attendance"),
        ("POST", "/sessions/ab12/attendance/remove"),
        ("GET", "/sessions/ab12/attendance/remove"),
        ("POST", "/sessions/ab12/attendance/preload"),
    ],
)
def test_documented_writes_are_never_sent(method: str, path: str) -> None:
    assert not CLIENT.permits(method, BASE + path)
