"""What the client lets through: reads of this API, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
PATHS = [stream.path for stream in TapConferencesIo.stream_classes]
CLIENT = ConferencesIoClient(BASE, CONFIG, PATHS)
READS = (
    "/app",
    "/sessions",
    "/sessions/ab12",
    "/sessions/ab12/data",
    "/sessions/ab12/attendance",
    "/evaluations/responses",
)
WRITES = (
    ("PUT", "/app"),
    ("POST", "/sessions"),
    ("PUT", "/sessions/ab12"),
    ("DELETE", "/sessions/ab12"),
    ("DELETE", "/sessions/ab12/attendance"),
    ("POST", "/sessions/ab12/attendance/remove"),
    ("POST", "/sessions/ab12/attendance/preload"),
)
ELSEWHERE = (
    "https://example.cnf.io.evil.example/api/v2/app",
    "https://other.cnf.io/api/v2/app",
    "http://example.cnf.io/api/v2/app",
    "https://example.cnf.io:8443/api/v2/app",
    "https://user@example.cnf.io/api/v2/app",
    "https://example.cnf.io/api/v1/app",
    "https://example.cnf.io/api/v2app",
    "https://example.cnf.io/app",
    "https://example.cnf.io/api/v2/",
    "https://example.cnf.io/api/v2/sessions/",
    "https://example.cnf.io/api/v2/sessions/../app",
    "https://example.cnf.io/api/v2/sessions/./data",
    "https://example.cnf.io/api/v2/sessions/a/b/data",
    "https://example.cnf.io/api/v2/sessions/ab12/attendance/remove",
)


@pytest.mark.parametrize("path", READS)
def test_documented_reads_are_permitted(path: str) -> None:
    assert CLIENT.permits("GET", BASE + path)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_documented_writes_are_never_sent(method: str, path: str) -> None:
    assert not CLIENT.permits(method, BASE + path)


@given(st.text(min_size=1).filter(lambda method: method != "GET"), st.sampled_from(READS))
def test_no_method_but_get_is_ever_sent(method: str, path: str) -> None:
    assert not CLIENT.permits(method, BASE + path)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nothing_is_sent_to_another_host_or_path(url: str) -> None:
    assert not CLIENT.permits("GET", url)


def test_key_is_a_header_of_every_request() -> None:
    assert CLIENT.authenticator.headers()["API-Key"] == CONFIG["api_key"]
