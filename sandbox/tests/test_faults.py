"""Each kind of fault, as a client that looks at the bytes sees it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from event_sandbox.faults import PERMANENT_KINDS, RANDOM_KINDS, FaultPlan

if TYPE_CHECKING:
    from event_sandbox.testing import Client


def strike(sandbox: Client, kind: str) -> None:
    sandbox.control("POST", "/faults", {"rate": 1.0, "kinds": [kind]})


def raw(sandbox: Client, path: str = "/app", seconds: float = 5) -> bytes:
    """Everything that the server sends until it closes the connection."""
    vendor = sandbox.vendors["conferencesio"]
    parts = urlsplit(vendor["api_url"])
    assert parts.hostname
    request = (
        f"GET {parts.path}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"API-Key: {vendor['settings']['api_key']}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection:
        connection.sendall(request.encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize("kind", ["429_seconds", "429_date", "429_none"])
def test_too_many_requests(sandbox: Client, kind: str) -> None:
    strike(sandbox, kind)
    asked_at = time.time()
    answer = sandbox.vendor("conferencesio", "/app")
    assert answer.status == 429
    assert answer.json()["status"] == "error"
    retry_after = answer.headers.get("retry-after")
    if kind == "429_none":
        assert retry_after is None
    elif kind == "429_seconds":
        assert retry_after == "1"
    else:
        assert retry_after
        assert asked_at < parsedate_to_datetime(retry_after).timestamp() <= time.time() + 2


@pytest.mark.parametrize("kind", ["500", "503"])
def test_server_errors(sandbox: Client, kind: str) -> None:
    strike(sandbox, kind)
    answer = sandbox.vendor("conferencesio", "/app")
    assert answer.status == int(kind)
    assert answer.json()["code"] == kind


def test_timeout(sandbox: Client) -> None:
    strike(sandbox, "timeout")
    with pytest.raises(TimeoutError):
        raw(sandbox, seconds=0.3)


def test_reset(sandbox: Client) -> None:
    strike(sandbox, "reset")
    with pytest.raises(ConnectionResetError):
        raw(sandbox)


def test_cut_body(sandbox: Client) -> None:
    strike(sandbox, "cut_body")
    with pytest.raises(http.client.IncompleteRead):
        sandbox.vendor("conferencesio", "/app")
    head, _, body = raw(sandbox).partition(b"\r\n\r\n")
    assert b"content-length: " in head.lower()
    assert body.startswith(b'{"status":"ok"')


def test_cut_json(sandbox: Client) -> None:
    strike(sandbox, "cut_json")
    answer = sandbox.vendor("conferencesio", "/app")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_html(sandbox: Client) -> None:
    strike(sandbox, "html")
    answer = sandbox.vendor("conferencesio", "/app")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_error_at_200(sandbox: Client) -> None:
    strike(sandbox, "error_200")
    answer = sandbox.vendor("conferencesio", "/app")
    assert answer.status == 200
    assert answer.json()["status"] == "error"


def test_latin_1(sandbox: Client) -> None:
    right = sandbox.vendor("conferencesio", "/sessions").json()
    sandbox.control("POST", "/faults", {"permanent": [{"path": "", "kind": "latin_1"}]})
    answer = sandbox.vendor("conferencesio", "/sessions")
    assert answer.headers["content-type"] == 'application/json; charset="ISO-8859-1"'
    assert json.loads(answer.body.decode("latin-1")) == right


@pytest.mark.parametrize(
    ("kind", "row"), [("null_row", None), ("strange_row", {"unexpected": True})]
)
def test_odd_row(sandbox: Client, kind: str, row: object) -> None:
    whole = sandbox.vendor("conferencesio", "/sessions").json()
    sandbox.control("POST", "/faults", {"permanent": [{"path": "^/sessions$", "kind": kind}]})
    odd = sandbox.vendor("conferencesio", "/sessions").json()
    assert odd["data"]["data"].pop(1) == row
    assert odd == whole


@pytest.mark.parametrize("kind", PERMANENT_KINDS)
def test_permanent_faults_strike_their_path_always_and_no_other(sandbox: Client, kind: str) -> None:
    sandbox.control("POST", "/faults", {"permanent": [{"path": "^/app$", "kind": kind}]})
    for _ in range(5):
        if kind in ("reset", "timeout"):
            with pytest.raises((ConnectionResetError, TimeoutError)):
                raw(sandbox, seconds=0.1)
        else:
            answer = sandbox.vendor("conferencesio", "/app")
            assert (answer.status, kind) in {
                (500, "500"),
                (404, "404"),
                (403, "403"),
                (200, "html"),
                (200, "cut_json"),
                (200, "error_200"),
                (200, "latin_1"),
                (200, "null_row"),
                (200, "strange_row"),
            }
    assert sandbox.vendor("conferencesio", "/sessions").json()["status"] == "ok"
    deadline = time.monotonic() + 30
    while len(entries := sandbox.control("GET", "/requests")) < 6:  # noted after they are answered
        assert time.monotonic() < deadline, entries
        time.sleep(0.01)
    assert [entry["fault"] for entry in entries] == [kind] * 5 + [None]


def test_never_more_than_three_in_a_row(sandbox: Client) -> None:
    strike(sandbox, "500")
    statuses = [sandbox.vendor("conferencesio", "/app").status for _ in range(8)]
    assert statuses == [500, 500, 500, 200] * 2


def test_the_rate_is_met_and_repeats_with_the_seed() -> None:
    def struck(seed: int) -> list[str | None]:
        plan = FaultPlan()
        plan.set(0.2, RANDOM_KINDS, seed)
        return [plan.choose(f"/sessions/{n % 50}", "") for n in range(2000)]

    assert struck(1) == struck(1) != struck(2)
    hits = [kind for kind in struck(1) if kind]
    assert 320 < len(hits) < 480
    assert set(hits) == set(RANDOM_KINDS)


def test_deleting_the_faults_heals(sandbox: Client) -> None:
    strike(sandbox, "500")
    sandbox.control("DELETE", "/faults")
    assert sandbox.vendor("conferencesio", "/app").status == 200
