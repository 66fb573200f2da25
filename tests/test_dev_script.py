"""./dev, and what it leaves behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.project import Project


def dev(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "dev"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def processes_of(folder: Path) -> list[str]:
    """The command lines that name the folder."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args="],  # noqa: S607 - wherever the system keeps it
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


def test_help_names_every_command() -> None:
    result = dev("help")
    assert result.returncode == 0
    commands = ("setup", "demo", "report", "test", "lint", "docs", "new-tap", "models", "bench")
    for command in commands:
        assert f"\n  {command} " in result.stdout


def test_unknown_command() -> None:
    result = dev("dmeo")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "dev: unknown command 'dmeo'"


def test_setup_has_nothing_to_do_and_says_so(tmp_path: Path) -> None:
    result = dev("setup", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stderr.startswith("setup: complete")


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_an_interrupted_demo_leaves_no_process(project: Project, number: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "scripts.demo", "--world=small"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("running:"):
            break
    while not any("event-sandbox" in line for line in processes_of(project.root)):
        assert demo.poll() is None, "it ended without a sandbox"
        time.sleep(0.1)
    demo.send_signal(number)
    assert demo.wait(60) == 128 + number
    assert processes_of(project.root) == []
