"""Large answers go through a file, and are otherwise answers like all others."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core import (
    AccessDenied,
    BadResponse,
    NotFound,
    pages_of,
    read_envelope,
    session,
)
from event_taps_core.summary import StreamStats
from event_taps_core.testing.api_server import ApiServer, Reply, status

from .runs import client_of
from .toy_tap import ToyClient

if TYPE_CHECKING:
    from event_taps_core import ApiResponse

LIMIT = 1000
"""What is larger is spooled in these tests."""


class SpoolingClient(ToyClient):
    spools_answers: ClassVar[bool] = True


@pytest.fixture(autouse=True)
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_SPOOLED_BYTES", LIMIT)
    monkeypatch.setattr(session, "_PIECE_BYTES", 300)


def spooling(server: ApiServer | str, **changes: Any) -> ToyClient:
    return client_of(server, SpoolingClient, **{"concurrency": 1, "max_retries": 0, **changes})


def answer_of(client: ToyClient, path: str = "/people") -> ApiResponse:
    request = HTTPRequest(client.base_url + path)
    return client.send(request, StreamStats("people"), lambda response: response)


def body_of(size: int) -> bytes:
    """Make a JSON body of so many bytes."""
    frame = json.dumps({"data": [{"name": ""}]}).encode()
    return frame.replace(b'""', b'"%b"' % (b"x" * (size - len(frame))))


@pytest.mark.parametrize("size", [30, LIMIT - 1, LIMIT, LIMIT + 1, 10 * LIMIT])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_answer_has_the_same_content_whether_it_is_spooled_or_not(
    server: ApiServer, size: int, encoding: str
) -> None:
    body = body_of(size)
    packed = gzip.compress(body) if encoding == "gzip" else body
    server.on("/people", Reply(packed, headers={"Content-Encoding": encoding}))
    response = answer_of(spooling(server))
    assert (response.spooled is not None) == (size > LIMIT)
    assert response.json() == json.loads(body)
    assert response.content == response.content == body


@pytest.mark.parametrize("size", [30, 10 * LIMIT])
@pytest.mark.parametrize(
    ("sent_in", "declared", "read"),
    [
        ("iso-8859-1", "; charset=ISO-8859-1", "José"),
        ("utf-8", "; charset=ISO-8859-1", "José"),  # what is UTF-8 is nothing else
        ("iso-8859-1", "; charset=no-such-thing", "Jos\ufffd"),
        ("iso-8859-1", "; charset=utf-8", "Jos\ufffd"),
        ("iso-8859-1", "", "Jos\ufffd"),
    ],
)
def test_the_declared_charset_counts_where_a_body_is_not_utf_8(
    server: ApiServer, size: int, sent_in: str, declared: str, read: str
) -> None:
    rows = [{"name": "José"}, {"name": "x" * size}]
    body = json.dumps({"data": rows}, ensure_ascii=False).encode(sent_in)
    headers = {"Content-Type": f"application/json{declared}"}
    server.on("/people", Reply(body, headers=headers))
    response = answer_of(spooling(server))
    expected = [{"name": read}, rows[1]]
    assert response.json() == {"data": expected}
    assert (response.spooled is not None) == (size > LIMIT)
    if response.spooled:
        assert [row for page in pages_of(response.spooled, "data") for row in page] == expected


def test_without_spooling_every_answer_is_in_memory(server: ApiServer) -> None:
    server.on("/people", Reply(body_of(5 * LIMIT)))
    assert answer_of(client_of(server)).spooled is None


def test_a_spooled_answer_is_read_row_by_row_however_often(server: ApiServer) -> None:
    rows = [{"id": n, "text": "}, {"} for n in range(200)]
    server.on("/people", {"total": 200, "data": rows})
    spooled = answer_of(spooling(server)).spooled
    assert spooled is not None
    for _ in range(2):
        assert read_envelope(spooled, "data") == {"total": 200}
        assert [row for page in pages_of(spooled, "data") for row in page] == rows


def noise(size: int) -> bytes:
    """Return bytes that cannot be compressed."""
    return hashlib.shake_256(b"noise").digest(size)


BROKEN = {
    "cut": Reply(body_of(5 * LIMIT), fault="cut"),
    "reset": Reply(fault="reset"),
    "no gzip": Reply(noise(600 * 1024), headers={"Content-Encoding": "gzip"}),
    "cut gzip": Reply(
        gzip.compress(noise(600 * 1024))[:-1000], headers={"Content-Encoding": "gzip"}
    ),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_large_answer_leaves_the_connection_to_the_next_request(
    server: ApiServer, answer: Reply
) -> None:
    """There are only as many connections as workers, and here is one."""
    server.on("/people", answer).on("/events", {"data": []})
    client = spooling(server)
    with pytest.raises(BadResponse):
        answer_of(client).json()
    found: list[ApiResponse] = []
    asking = threading.Thread(target=lambda: found.append(answer_of(client, "/events")))
    asking.daemon = True
    asking.start()
    asking.join(timeout=30)
    assert [response.json() for response in found] == [{"data": []}]


def test_a_refusal_with_a_large_body_is_a_refusal(server: ApiServer) -> None:
    server.on("/people", Reply(body_of(5 * LIMIT), status=403)).on("/events", status(404))
    client = spooling(server)
    with pytest.raises(AccessDenied):
        answer_of(client)
    with pytest.raises(NotFound):
        answer_of(client, "/events")


def test_a_redirect_is_followed_when_answers_are_spooled(server: ApiServer) -> None:
    moved = Reply(body_of(5 * LIMIT), 307, {"Location": "/api/events"})
    server.on("/people", moved).on("/events", Reply(body_of(6 * LIMIT)))
    client = spooling(server)
    for _ in range(2):
        assert len(answer_of(client).content) == 6 * LIMIT


def test_a_full_disk_is_named(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    server.on("/people", Reply(body_of(5 * LIMIT)))
    with pytest.raises(BadResponse, match="No space left on device"):
        answer_of(spooling(server))


# The server's clock


def lag_seconds(server: ApiServer, date: str | None) -> float | None:
    server.on("/people", Reply(b"{}", headers={} if date is None else {"Date": date}))
    client = spooling(server)
    answer_of(client)
    return None if client.server_lag is None else client.server_lag.total_seconds()


def test_a_clock_that_was_set_right_since_the_run_began_still_counts_as_it_was(
    server: ApiServer,
) -> None:
    """What changed in the hours by which it was ahead would be missed by the next run."""
    there = datetime.now(UTC)
    server.on("/people", Reply(b"{}", headers={"Date": format_datetime(there, usegmt=True)}))
    client = spooling(server)
    client.clock.started += timedelta(hours=2)
    answer_of(client)
    assert client.server_lag is not None
    assert timedelta(hours=2) <= client.server_lag <= timedelta(hours=2, seconds=5)


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "2026-01-01", "Mon, 99 Foo 2026 99:99:99 GMT", "0", "-1", ","]
)
def test_a_server_that_says_no_time_does_no_harm(server: ApiServer, date: str | None) -> None:
    assert lag_seconds(server, date) is None
