"""The command line: what serves, as a process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.cli import main
from event_sandbox.meetengage.testing import MeetEngageClient
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
        out, err = self.process.communicate(timeout=25)  # shorter than an answer hangs
        return self.process.returncode, out + err

    def __enter__(self) -> Client:
        return self.client

    def __exit__(self, *_: object) -> None:
        assert self.stop() == (0, "")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served("--today", "2026-04-02")
    with served:
        yield served


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that is good; give what it prints."""
    assert main(arguments) == 0
    return capfd.readouterr().out


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
        assert served.stop(number) == (0, "")


def test_sizes_and_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked for at the first start holds at the next ones, and the world goes on."""
    state = f"--state={tmp_path / 'state.json'}"
    sizes = ("--events=4", "--registrants=20", "--hub-events=6", "--hub-sessions=3")
    with Served(state, "--seed=3", "--today=2026-04-02", *sizes) as client:
        airmeet = AirmeetClient(client)
        assert airmeet.vendor["api_url"] == f"{client.url}/airmeet/prod"
        assert set(airmeet.settings) == {"access_key", "secret_key"}
        assert len(airmeet.events()) == 4
        path = f"/airmeet/{airmeet.big()}"
        assert airmeet.get(f"{path}/participants")["totalUserCount"] == 20
        assert airmeet.ask(f"{path}/attendees")[0] == 202  # by default, reports take a second
        hub = client.vendors["accelevents"]
        assert hub["api_url"] == f"{client.url}/accelevents"
        assert len(hub["settings"]["event_urls"]) == 6
        assert len(client.truth("accelevents", "sessions")) == 6 * 3
        client.control("POST", "/advance", {"steps": 3})
        before = state_of(client)
    switch = "--switch=airmeet.auth_shape=documented"
    with Served(state, "--prepare-seconds=0", switch) as client:
        assert state_of(client) == before
        airmeet = AirmeetClient(client)
        assert airmeet.ask(f"{path}/attendees")[0] == 200
        assert set(airmeet.auth().json()) == {"success", "data"}
    assert main(["serve", state, "--seed", "4"]) == 2
    assert "seed 3, not 4" in capsys.readouterr().err


def state_of(client: Client) -> list[Any]:
    streams = [
        ("conferencesio", "attendance"),
        ("airmeet", "participants"),
        ("accelevents", "orders"),
    ]
    return [client.control("GET", "/world"), *(client.truth(*stream) for stream in streams)]


def test_options_reach_the_sandbox() -> None:
    switches = ["conferencesio.code=number", "meetengage.beside_output=meta"]
    sizes = ("--sessions=3", "--people=20", "--events=1", "--registrants=3000")
    with Served("--switch", *switches, "--latency-ms=20", *sizes) as client:
        assert client.vendor("conferencesio", "/app").json()["code"] == 200
        assert client.control("GET", "/requests")[0]["ms"] >= 20
        assert client.control("GET", "/world")["counts"]["sessions"] == 3
        chats = MeetEngageClient(client)
        assert chats.vendor["api_url"] == f"{client.url}/meetengage/api/1.0/rest"
        assert set(chats.settings) == {"key_id", "key_secret", "account"}
        body = chats.data(0, 2**41).json()
        assert list(body) == ["output", "meta"]
        assert len({json.dumps(row) for row in body["output"]}) > 2900


def test_truth_offline_and_of_a_running_sandbox_agree(
    served: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    offline = run(capfd, "truth", "conferencesio", "sessions", "--today", "2026-04-02")
    online = run(capfd, "truth", "conferencesio", "sessions", "--url", served.line["url"])
    assert offline == online
    assert len(offline.splitlines()) == 12
    grain = run(capfd, "truth", "meetings", "--today", "2026-04-02")
    assert grain == run(capfd, "truth", "meetings", "--url", served.line["url"])
    assert len(grain.splitlines()) == 617
    secrets = run(capfd, "truth", "conferencesio", "app", "--include-secrets")
    assert json.loads(secrets)["app_password"]


def test_advance(fresh: Client, capfd: pytest.CaptureFixture[str]) -> None:
    assert json.loads(run(capfd, "advance", "--url", fresh.url, "--steps", "2"))["step"] == 2


def test_switches_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    listed = run(capfd, "switches", "conferencesio")
    assert "conferencesio.polls_empty: object (default), array, null\n" in listed
    assert listed in run(capfd, "switches")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve", "--switch", "conferencesio.polls_emty=null"], 2, "did you mean 'polls_empty'"),
        (["serve", "--switch", "nonsense"], 2, "VENDOR.NAME=POSITION"),
        (["serve", "--fault-rate", "0.1", "--fault-kinds", "x"], 2, "unknown kind of fault"),
        (["serve", "--sessions", "0"], 2, "at least one session"),
        (["serve", "--events=0"], 2, "at least one online event"),
        (["serve", "--registrants=0"], 2, "at least one online event"),
        (["serve", "--hub-events=0"], 2, "at least one event of a hub"),
        (["serve", "--hub-sessions=0"], 2, "at least one event of a hub"),
        (["serve", "--today", "today"], 2, "YYYY-MM-DD"),
        (["serve", "--state", "/nowhere/state"], 1, "cannot write the state file"),
        (["truth", "conferencesio", "nothing"], 2, "unknown stream"),
        (["truth", "nobody", "app"], 2, "unknown vendor"),
        (["truth", "airmeet"], 2, "unknown grain"),
        (["advance", "--url", "http://127.0.0.1:9"], 1, "cannot reach"),
        (["advance", "--url", "nonsense"], 2, "not the URL"),
        (["advance", "--url", "http://[::1"], 2, "not the URL"),
        (["truth", "people", "--url", "http://localhost:port"], 2, "not the URL"),
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


def test_port_in_use(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    port = urlsplit(served.line["url"]).port
    assert main(["serve", "--port", str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"event-sandbox: cannot listen on 127.0.0.1:{port}: ")


def test_a_command_is_a_process_of_its_own() -> None:
    command = [*COMMAND, "switches", "nobody"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "unknown vendor" in answer.stderr
