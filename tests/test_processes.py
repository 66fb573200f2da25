"""Nothing outlives the program that started it."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts import processes

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@pytest.fixture
def leaving_on_signals() -> Iterator[None]:
    before = [signal.getsignal(number) for number in processes.ENDINGS]
    processes.exit_on_signals()
    yield
    for number, handler in zip(processes.ENDINGS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("leaving_on_signals")
def test_a_signal_while_a_process_starts_leaves_none_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []

    class Interrupted(subprocess.Popen[str]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload] # as it was called
            started.append(self)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(SystemExit), processes.running(["sleep", "60"]):
        pass
    monkeypatch.undo()
    (process,) = started
    assert process.returncode == -signal.SIGTERM
