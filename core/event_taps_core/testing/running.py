# ruff: noqa: S101 - this is part of tests, and assert is how pytest speaks
"""The tap as a test sees it: its command, run as a process, and what came out of it."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import os
import signal
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from event_taps_core.errors import TapError
from event_taps_core.read_log import ReadLogStream
from event_taps_core.reading import Stopped
from event_taps_core.testing.forks import Fork, Invocation
from event_taps_core.testing.sandbox import find_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from event_taps_core.tap import EventTap

Record = dict[str, Any]
Message = dict[str, Any]
Json = Record | str | None
"""What goes into a file: an object, or the text itself."""

_MAX_RUN_SECONDS = 90


class Messages:
    """What a run wrote, message by message."""

    @property
    def messages(self) -> list[Message]:
        """The messages, of the complete lines."""
        raise NotImplementedError

    def of_type(self, kind: str, stream: str | None = None) -> list[Message]:
        """Return the messages of a type, of one stream or of all."""
        return [
            message
            for message in self.messages
            if message["type"] == kind and stream in (None, message.get("stream"))
        ]

    def records(self, stream: str) -> list[Record]:
        """Return the records of a stream; the read log's row of the run itself is `noted_run`."""
        records = [message["record"] for message in self.of_type("RECORD", stream)]
        return [record for record in records if record.get("stream") != ReadLogStream.name]

    @property
    def noted_run(self) -> Record:
        """What the read log says of the run itself, at last."""
        rows = [message["record"] for message in self.of_type("RECORD", ReadLogStream.name)]
        found: Record = [row for row in rows if row["stream"] == ReadLogStream.name][-1]
        return found

    @property
    def streams(self) -> set[str]:
        """Names of the streams that have a message."""
        return {message["stream"] for message in self.messages if "stream" in message}

    @property
    def state(self) -> Record:
        """The value of the last STATE; empty if there is none."""
        states: list[Record] = [message["value"] for message in self.of_type("STATE")]
        return states[-1] if states else {}

    def bookmark(self, stream: str) -> str | None:
        """Return a stream's bookmark in the last STATE."""
        value = self._kept(stream).get("replication_key_value")
        return None if value is None else str(value)

    def part_bookmarks(self, stream: str) -> dict[str, str]:
        """Return the bookmarks of a stream that has one for each part, in the last STATE."""
        return {
            str(next(iter(part["context"].values()))): part["replication_key_value"]
            for part in self._kept(stream).get("partitions", ())
            if "replication_key_value" in part
        }

    def _kept(self, stream: str) -> Record:
        kept: Record = self.state.get("bookmarks", {}).get(stream, {})
        return kept


@dataclass(frozen=True)
class Run(Messages):
    """What a run of the tap left behind."""

    exit_code: int
    stdout: bytes
    stderr: str

    @cached_property
    def lines(self) -> list[bytes]:
        """The complete lines of stdout."""
        return self.stdout[: self.stdout.rfind(b"\n") + 1].splitlines(keepends=True)

    @cached_property
    def messages(self) -> list[Message]:
        """The messages, of the complete lines."""
        return [json.loads(line) for line in self.lines]

    @property
    def last_line(self) -> str:
        """The last line of the log."""
        return next((line for line in reversed(self.stderr.splitlines()) if line.strip()), "")

    @property
    def error_lines(self) -> list[str]:
        """The lines that were logged as errors."""
        return [
            line for line in self.stderr.splitlines() if "| ERROR " in line or "| CRITICAL " in line
        ]

    def summary(self, stream: str) -> str:
        """Return the stream's line of the run summary."""
        (line,) = [line for line in self.stderr.splitlines() if f"Summary of {stream}:" in line]
        return line

    def assert_good(self) -> Run:
        """Insist on a run that read everything and left whole lines."""
        assert self.exit_code == 0, self.stderr
        self.assert_whole_lines()
        return self

    def assert_failed_in_one_line(self, *named: str) -> Run:
        """Insist on exit code 1 and one error, in the last line, that names what it has to."""
        assert self.exit_code == 1, self.stderr
        assert "Traceback" not in self.stderr
        assert self.error_lines == [self.last_line], self.stderr
        for name in named:
            assert name in self.last_line
        self.assert_whole_lines()
        return self

    def assert_whole_lines(self) -> None:
        """Insist on complete lines of JSON on stdout, whatever happened."""
        assert self.stdout[-1:] in (b"", b"\n"), self.stdout[-200:]
        assert all(isinstance(message, dict) for message in self.messages)


class RunningTap:
    """A run under way; its output goes to files, so that nothing it wrote is lost if it is killed.

    Args:
        invocation: The command, and what it is started with.
        stdout: Where stdout goes instead of a file.
        anew: Whether it is started as a shell does, and not as a fork.
    """

    def __init__(
        self, invocation: Invocation, stdout: IO[bytes] | int | None = None, *, anew: bool = False
    ) -> None:
        self._invocation = invocation
        self.process: subprocess.Popen[bytes] | Fork
        if stdout is None and not anew:
            self.process = Fork(invocation)
            return
        with invocation.stdout.open("wb") as out, invocation.stderr.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - the tap's own command
                [find_command(invocation.name), *invocation.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out if stdout is None else stdout,
                stderr=errors,
                env=invocation.environment,
                cwd=invocation.folder,
            )

    def runs(self) -> bool:
        """Say whether it is still under way."""
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def finish(self, seconds: float = _MAX_RUN_SECONDS) -> Run:
        """Wait for the end and return what is left.

        Raises:
            subprocess.TimeoutExpired: If it takes longer; then it is killed.
        """
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        files = self._invocation
        return Run(code, files.stdout.read_bytes(), files.stderr.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """End it for certain."""
        self.process.kill()
        self.process.wait()


def run_here(
    tap_class: type[EventTap],
    settings: Mapping[str, Any],
    state: Record | None = None,
    catalog: Record | None = None,
) -> Run:
    """Run a tap to its end within this process, where it is quick and sees what a test patched."""
    log, written = io.StringIO(), io.BytesIO()
    stdout = io.TextIOWrapper(written, write_through=True)
    handler = logging.StreamHandler(log)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger(tap_class.name)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    with signals_untouched(), contextlib.redirect_stdout(stdout):
        try:
            made = tap_class(config=settings, state=copy.deepcopy(state), catalog=catalog)
            exit_code = made.run()
        except (TapError, Stopped) as error:
            logger.critical("%s", error)
            exit_code = 1
    logger.propagate = True
    logger.removeHandler(handler)
    return Run(exit_code, written.getvalue(), log.getvalue())


@contextlib.contextmanager
def signals_untouched() -> Iterator[None]:
    """Give pytest back its Ctrl-C, which a tap takes over when it is made."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


class TapRunner:
    """Runs a tap's command with settings, state and catalog as files.

    Args:
        command: Name of the tap's console command.
        settings: Settings of every run.
        folder: Where the files go.
        is_unlimited: Whether runs may break the vendor's limit of calls (see `Invocation`).
    """

    def __init__(
        self,
        command: str,
        settings: Mapping[str, Any],
        folder: Path,
        *,
        is_unlimited: bool = False,
    ) -> None:
        self.settings = dict(settings)
        self._is_unlimited = is_unlimited
        self._name = command
        self._folder = folder
        self._started: list[RunningTap] = []

    def __call__(
        self,
        *arguments: str,
        state: Json = None,
        catalog: Json = None,
        env: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> Run:
        """Run the tap to its end.

        A name in `settings` that is also a parameter cannot be a setting; no tap has one.

        Args:
            arguments: Further arguments of the command.
            state: The state, or the text of the state file.
            catalog: The catalog, or the text of the catalog file.
            env: Further environment variables.
            settings: Settings that differ; None leaves one out.
        """
        return self.start(
            *arguments, state=state, catalog=catalog, env=env, settings=settings
        ).finish()

    def start(
        self,
        *arguments: str,
        state: Json = None,
        catalog: Json = None,
        env: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
        stdout: IO[bytes] | int | None = None,
    ) -> RunningTap:
        """Start the tap."""
        given = {**self.settings, **(settings or {})}
        used = {name: value for name, value in given.items() if value is not None}
        files = {"config": used, "state": state, "catalog": catalog}
        for name, content in files.items():
            if content is not None:
                arguments = (f"--{name}", self._file(name, content), *arguments)
        return self._start(arguments, env, stdout, anew=False)

    def plain(self, *arguments: str, env: Mapping[str, str] | None = None) -> Run:
        """Run the tap with these arguments only: no settings at all."""
        return self._start(arguments, env, None, anew=True).finish()

    def _start(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str] | None,
        stdout: IO[bytes] | int | None,
        *,
        anew: bool,
    ) -> RunningTap:
        folder = self._folder / f"run{len(self._started)}"
        folder.mkdir(parents=True)
        environment = {**self._environment(), **(env or {})}
        invocation = Invocation(self._name, arguments, environment, folder, self._is_unlimited)
        self._started.append(RunningTap(invocation, stdout, anew=anew))
        return self._started[-1]

    def catalog(self, *, offline: bool = False, **settings: Any) -> Record:
        """Discover the catalog, with the settings of every run and these, or without any."""
        run = self.plain("--discover") if offline else self("--discover", **settings)
        assert run.exit_code == 0, run.stderr
        catalog: Record = json.loads(run.stdout)
        return catalog

    def kill_all(self) -> None:
        """End what still runs."""
        for running in self._started:
            if running.runs():
                running.kill()

    def _environment(self) -> dict[str, str]:
        """Return the environment without what would change a run: the tap's variables, proxies."""
        own = self._name.replace("-", "_").upper() + "_"
        return {
            name: value
            for name, value in os.environ.items()
            if not name.startswith((own, "SINGER_SDK_", "LOGLEVEL"))
            and not name.lower().endswith("_proxy")
        }

    def _file(self, name: str, content: Json) -> str:
        path = self._folder / f"{name}{len(self._started)}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
        return str(path)


def select(catalog: Record, *wanted: str) -> Record:
    """Return the catalog with only these streams selected."""
    changed = copy.deepcopy(catalog)
    for entry in changed["streams"]:
        (stream,) = (item for item in entry["metadata"] if item["breadcrumb"] == [])
        stream["metadata"]["selected"] = entry["tap_stream_id"] in wanted
    return changed
