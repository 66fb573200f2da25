from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_taps_core.testing.api_server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_proxy_and_no_certificates_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry after hundredths of a second where the server names no time."""
    monkeypatch.setattr("event_taps_core.retries.MAX_BACKOFF_SECONDS", 0.02)


@pytest.fixture
def all_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send STATE after every partition, as a very slow run would."""
    monkeypatch.setattr("event_taps_core.messages.STATE_SECONDS", (0, 0))
