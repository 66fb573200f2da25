"""Which addresses may be read: those of the paths that are listed, of this API and no other."""

from __future__ import annotations

import pytest

from event_taps_core.address import ReadableAddresses, base_of

PATHS = ("/sales.v1/rows", "/events/{event_id}/rooms/{room_id}", "")
READABLE = ReadableAddresses(base_of("https://api.example.com/Prod/"), PATHS)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/Prod/sales.v1/rows",
        "https://api.example.com/Prod/sales.v1/rows?page=2#end",
        "https://api.example.com/Prod/events/a/rooms/b",
        "https://api.example.com/Prod/events/%2e%2e/rooms/..a",
        "https://API.example.com:443/Prod/sales.v1/rows",
        "https://api.example.com/Prod",
    ],
)
def test_what_is_listed_may_be_read(url: str) -> None:
    assert READABLE.permits("GET", url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/Prod/salesXv1/rows",
        "https://api.example.com/Prod/sales.v1/rows/1",
        "https://api.example.com/Prod/sales.v1",
        "https://api.example.com/prod/sales.v1/rows",
        "https://api.example.com/Prod/events//rooms/b",
        "https://api.example.com/Prod/events/../rooms/b",
        "https://api.example.com/Prod/events/a/b/rooms/c",
        "https://api.example.com/sales.v1/rows",
        "http://api.example.com/Prod/sales.v1/rows",
        "https://api.example.com:8443/Prod/sales.v1/rows",
        "https://user@api.example.com/Prod/sales.v1/rows",
        "https://api.example.com.example.org/Prod/sales.v1/rows",
    ],
)
def test_nothing_else_may_be_read(url: str) -> None:
    assert not READABLE.permits("GET", url)


@pytest.mark.parametrize("method", ["POST", "HEAD", "get", ""])
def test_no_other_method_is_permitted(method: str) -> None:
    assert not READABLE.permits(method, "https://api.example.com/Prod")


def test_the_encrypted_form_of_an_unencrypted_api_may_be_read() -> None:
    readable = ReadableAddresses("http://127.0.0.1:8080", ["/rows"])
    assert readable.permits("GET", "https://127.0.0.1:8080/rows")
    assert not readable.permits("GET", "https://127.0.0.1/rows")
