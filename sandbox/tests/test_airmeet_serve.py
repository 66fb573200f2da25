"""Airmeet as `event-sandbox serve` offers it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.cli import main
from event_sandbox.testing import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serving(*options: str) -> Iterator[AirmeetClient]:
    command = [sys.executable, "-m", "event_sandbox", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = json.loads(process.stdout.readline())
        try:
            yield AirmeetClient(Client(line["url"], line["vendors"]))
        finally:
            process.terminate()


def test_options_and_state(tmp_path: Path) -> None:
    state = f"--state={tmp_path / 'state.json'}"
    with serving(state, "--events=4", "--registrants=20") as client:
        assert client.vendor["api_url"] == f"{client.sandbox.url}/airmeet/prod"
        assert set(client.vendor["settings"]) == {"access_key", "secret_key"}
        assert len(client.events()) == 4
        path = f"/airmeet/{client.big()}"
        assert client.get(f"{path}/participants")["totalUserCount"] == 20
        assert client.ask(f"{path}/attendees")[0] == 202  # by default, reports take a second
        client.sandbox.control("POST", "/advance", {"steps": 3})
        rows = client.sandbox.truth("airmeet", "participants")
    with serving(state, "--prepare-seconds=0", "--switch=airmeet.auth_shape=documented") as client:
        assert client.sandbox.truth("airmeet", "participants") == rows
        assert client.ask(f"{path}/attendees")[0] == 200
        assert set(client.auth().json()) == {"success", "data"}


@pytest.mark.parametrize("option", ["--events=0", "--registrants=0"])
def test_a_world_is_not_empty(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", option]) == 2
    assert "at least one online event" in capsys.readouterr().err
