"""Starting processes so that none of them outlives this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PATIENCE_SECONDS = 5
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Output = int | IO[str] | None


def exit_on_signals() -> None:
    """Make Ctrl-C, SIGTERM and a closed terminal unwind the program; `running` cleans up."""

    def leave(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    for number in ENDINGS:
        signal.signal(number, leave)


@contextmanager
def running(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdout: Output = None,
    stderr: Output = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group of its own; on leaving, end what is left of the group."""
    process = None
    try:
        with _signals_waiting():
            process = subprocess.Popen(  # noqa: S603 - the callers' own commands
                command, env=env, stdout=stdout, stderr=stderr, text=True, start_new_session=True
            )
        yield process
    finally:
        if process is not None:
            _stop(process)


@contextmanager
def _signals_waiting() -> Iterator[None]:
    """Let signals wait: one that unwinds the program while a process starts leaves that behind."""
    came: list[int] = []
    before = [
        (number, signal.signal(number, lambda number, _: came.append(number))) for number in ENDINGS
    ]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        for one in came:
            signal.raise_signal(one)


def _stop(process: subprocess.Popen[str]) -> None:
    """End the group: politely, then for good. A second Ctrl-C must not interrupt this."""
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in ENDINGS]
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_SECONDS)
    with suppress(ProcessLookupError):  # also what the first process has left behind
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for number, handler in before:
        signal.signal(number, handler)
