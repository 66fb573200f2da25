"""The command line, as a process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from event_sandbox.cli import main
from event_sandbox.testing import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "event_sandbox"]


class Served:
    """`event-sandbox serve` as a process, from its first line to its exit."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.line: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.client = Client(self.line["url"], self.line["vendors"])

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop it; give the exit code and whatever else it printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=5)
        return self.process.returncode, out + err


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served("--today", "2026-04-02")
    yield served
    assert served.stop() == (0, "")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_first_line(served: Served) -> None:
    url = served.line["url"]
    assert url.startswith("http://127.0.0.1:")
    vendor = served.line["vendors"]["conferencesio"]
    assert vendor["api_url"] == f"{url}/conferencesio/api/v2"
    assert set(vendor["settings"]) == {"subdomain", "api_key"}
    assert served.client.vendor("conferencesio", "/app").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_quickly_with_open_and_hanging_connections(number: int) -> None:
    served = Served("--fault-rate", "1", "--fault-kinds", "timeout")
    parts = urlsplit(served.line["vendors"]["conferencesio"]["api_url"])
    assert parts.hostname
    with (
        socket.create_connection((parts.hostname, parts.port)) as hanging,
        socket.create_connection((parts.hostname, parts.port)) as idle,
    ):
        hanging.sendall(f"GET {parts.path}/app HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        idle.sendall(b"GET /_sandbox/world HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(100)
        began = time.monotonic()
        assert served.stop(number) == (0, "")
        assert time.monotonic() - began < 2


def test_state_goes_on_where_it_was(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    first = Served("--state", str(state), "--seed", "3", "--today", "2026-04-02")
    first.client.control("POST", "/advance", {"steps": 2})
    world, rows = state_of(first)
    first.stop()
    second = Served("--state", str(state))
    assert state_of(second) == (world, rows)
    second.stop()
    conflict = run("serve", "--state", str(state), "--seed", "4")
    assert conflict.returncode == 2
    assert "seed 3, not 4" in conflict.stderr


def state_of(served: Served) -> tuple[Any, list[Any]]:
    rows = served.client.truth("conferencesio", "attendance")
    return served.client.control("GET", "/world"), rows


def test_options_reach_the_sandbox(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    served = Served(
        "--switch=conferencesio.code=number",
        f"--log-requests={log}",
        "--latency-ms=20",
        "--sessions=3",
        "--people=20",
    )
    assert served.client.vendor("conferencesio", "/app").json()["code"] == 200
    assert served.client.control("GET", "/world")["counts"]["sessions"] == 3
    served.stop()
    entry = json.loads(log.read_text())
    assert (entry["path"], entry["status"]) == ("/app", 200)
    assert entry["ms"] >= 20


def test_truth_offline_and_of_a_running_sandbox_agree(served: Served) -> None:
    offline = run("truth", "conferencesio", "sessions", "--today", "2026-04-02")
    online = run("truth", "conferencesio", "sessions", "--url", served.line["url"])
    assert offline.stdout == online.stdout
    assert len(offline.stdout.splitlines()) == 12
    secrets = run("truth", "conferencesio", "app", "--include-secrets")
    assert json.loads(secrets.stdout)["app_password"]


def test_advance() -> None:
    served = Served()
    answer = run("advance", "--url", served.line["url"], "--steps", "2")
    assert json.loads(answer.stdout)["step"] == 2
    served.stop()


def test_switches_are_listed() -> None:
    listed = run("switches", "conferencesio").stdout
    assert "conferencesio.polls_empty: object (default), array, null\n" in listed
    assert listed in run("switches").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve", "--switch", "conferencesio.polls_emty=null"], 2, "did you mean 'polls_empty'"),
        (["serve", "--switch", "nonsense"], 2, "VENDOR.NAME=POSITION"),
        (["serve", "--fault-rate", "0.1", "--fault-kinds", "x"], 2, "unknown kind of fault"),
        (["serve", "--sessions", "0"], 2, "at least one session"),
        (["serve", "--today", "today"], 2, "YYYY-MM-DD"),
        (["serve", "--log-requests", "/nowhere/log"], 1, "cannot write the request log"),
        (["serve", "--state", "/nowhere/state"], 1, "cannot write the state file"),
        (["truth", "conferencesio", "nothing"], 2, "unknown stream"),
        (["truth", "nobody", "app"], 2, "unknown vendor"),
        (["advance", "--url", "http://127.0.0.1:9"], 1, "cannot reach"),
        (["advance", "--url", "nonsense"], 2, "not the URL"),
        (["switches", "nobody"], 2, "unknown vendor"),
        ([], 2, "COMMAND"),
    ],
)
def test_mistakes_are_told_in_a_line(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    returned = exit_code(arguments)
    out, err = capsys.readouterr()
    assert returned == code
    assert words in err
    assert out == ""


def exit_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as stop:  # argparse's own way out
        return int(str(stop.code))


def test_port_in_use(served: Served) -> None:
    port = urlsplit(served.line["url"]).port
    answer = run("serve", "--port", str(port))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"event-sandbox: cannot listen on 127.0.0.1:{port}: ")
    assert len(answer.stderr.splitlines()) == 1
