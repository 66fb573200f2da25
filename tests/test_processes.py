"""Nothing outlives the program that started it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from scripts import processes

if TYPE_CHECKING:
    import pytest


def is_alive(process_id: int) -> bool:
    """Whether it runs; one that has ended and was not yet reaped does not."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process_id)],  # noqa: S607 - wherever the system keeps it
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout.strip() != "" and not listed.stdout.startswith("Z")


def test_a_stubborn_process_and_its_child_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE_SECONDS", 0.3)
    script = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    with processes.running(["sh", "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
    assert process.returncode is not None
    assert not is_alive(child)
