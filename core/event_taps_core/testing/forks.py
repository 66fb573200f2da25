"""Runs of a tap that do not pay for starting Python: half of a short run would be imports.

A server process (the standard library's `forkserver`) has imported the tap. Each run is a fork of
it, with its own arguments, environment, folder, output and signals: a process like any other, with
the same exit codes. What is looked at from outside (pipes, a bare command) is started anew.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from event_taps_core.client import ApiClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerContext
    from pathlib import Path


@dataclass(frozen=True)
class Invocation:
    """A console command and what it is started with; its output goes to two files."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    is_unlimited: bool = False
    """Whether it may break the vendor's limit of calls: the sandbox has none. Only a fork can."""

    @property
    def stdout(self) -> Path:
        """The file for stdout."""
        return self.folder / "stdout"

    @property
    def stderr(self) -> Path:
        """The file for stderr."""
        return self.folder / "stderr"


class Fork:
    """A process that runs a console command; it has of `subprocess.Popen` what is needed."""

    def __init__(self, invocation: Invocation) -> None:
        command = _command(invocation.name)
        invocation.stdout.touch()
        invocation.stderr.touch()
        server = _server(command.module)
        self._process = server.Process(target=_become, args=(command, invocation), daemon=True)
        self._process.start()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Raises:
            subprocess.TimeoutExpired: If it takes longer.
        """
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self._process.pid is not None and self._process.exitcode is None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it for certain."""
        self._process.kill()


@cache
def _command(name: str) -> EntryPoint:
    (found,) = entry_points(group="console_scripts", name=name)
    return found


@cache
def _server(module: str) -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module, __name__])
    return context


def _become(command: EntryPoint, invocation: Invocation) -> None:
    """Run the command in this process, as if it had been started from a shell."""
    for descriptor, path in ((1, invocation.stdout), (2, invocation.stderr)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.environ.clear()
    os.environ.update(invocation.environment)
    os.chdir(invocation.folder)
    sys.argv = [invocation.name, *invocation.arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    main = command.load()
    if invocation.is_unlimited:
        lift_limits(ApiClient)
    main()


def lift_limits(client_class: type[ApiClient]) -> None:
    """Let a client, and those that extend it, forget the vendor's limit, in this process.

    No setting does that: in front of the vendor there is nothing that would make it right.
    """
    client_class.call_window = None
    for extended in client_class.__subclasses__():
        lift_limits(extended)
