"""Running the toy tap and looking at what it wrote and said."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core.errors import TapError
from event_taps_core.summary import StreamStats
from event_taps_core.testing.running import Messages

from .toy_tap import PATHS, ToyClient, ToyTap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from event_taps_core import EventTap
    from event_taps_core.testing.api_server import ApiServer

KEY = "key-of-the-toy-4711"
SCRIPT = Path(__file__).with_name("toy_tap.py")
SPAWN_SECONDS = 30


@dataclass
class Run(Messages):
    """What one run of the tap left."""

    exit_code: int = -1
    stdout: str = ""
    log: list[str] = field(default_factory=list)
    error: TapError | None = None

    @property
    @override
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def column(self, stream: str, name: str) -> list[Any]:
        return [record[name] for record in self.records(stream)]

    def summary(self, stream: str) -> str:
        """Return the one line that the run says of a stream at its end."""
        start = f"Summary of {stream}: "
        (line,) = (line for line in self.log if line.startswith(start))
        return line.removeprefix(start)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines += self.format(record).splitlines()


@contextlib.contextmanager
def _process_state_kept() -> Iterator[_Lines]:
    """Collect the log; put back what a command sets for its whole process."""
    root, handler = logging.getLogger(), _Lines()
    level = root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        for number, action in signals.items():
            signal.signal(number, action)


def config_of(server: ApiServer, **changes: Any) -> dict[str, Any]:
    return {"api_url": server.api_url, "api_key": KEY, **changes}


def client_of(
    server: ApiServer | str, client_class: type[ToyClient] = ToyClient, **changes: Any
) -> ToyClient:
    """Make a client without a tap, of a server or an address; `changes` are settings."""
    config = {
        "api_key": KEY,
        "concurrency": 8,
        "requests_per_minute": 0,
        "request_timeout_seconds": 20,
        "max_retries": 6,
    }
    api_url = server if isinstance(server, str) else server.api_url
    return client_class(api_url, {**config, **changes}, PATHS)


def send(
    client: ToyClient, path: str = "/people", stats: StreamStats | None = None, **request: Any
) -> Any:
    """Ask for a path below the base, and return its JSON."""
    wanted = HTTPRequest(client.base_url + path, **request)
    return client.send(wanted, stats or StreamStats("people"), lambda answer: answer.json())


def run(
    server: ApiServer,
    *,
    select: Sequence[str] | None = None,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    tap_class: type[EventTap] = ToyTap,
    **changes: Any,
) -> Run:
    """Run the tap in this process.

    Args:
        server: Whom to ask.
        select: The only streams to select; by default all are.
        state: The state to pass.
        catalog: The catalog to pass, instead of `select`.
        tap_class: A variant of the toy tap.
        changes: Settings.
    """
    result, stdout = Run(), io.StringIO()
    config = config_of(server, **changes)
    if select is not None:
        catalog = catalog_of(tap_class, {name: name in select for name in stream_names(tap_class)})
    with _process_state_kept() as log, contextlib.redirect_stdout(stdout):
        try:
            tap = tap_class(config=config, state=state, catalog=catalog)
            result.exit_code = tap.run()
        except TapError as error:
            result.exit_code, result.error = 1, error
    result.stdout, result.log = stdout.getvalue(), log.lines
    return result


def command(*arguments: str, tap_class: type[EventTap] = ToyTap) -> Run:
    """Run the tap's command line in this process."""
    result, stdout = Run(), io.StringIO()
    with _process_state_kept() as log, contextlib.redirect_stdout(stdout):
        try:
            tap_class.get_singer_command().main(list(arguments))
        except SystemExit as end:
            result.exit_code = end.code if isinstance(end.code, int) else int(bool(end.code))
    result.stdout, result.log = stdout.getvalue(), log.lines
    return result


def stream_names(tap_class: type[EventTap] = ToyTap) -> list[str]:
    return [*(stream.name for stream in tap_class.stream_classes), "read_log"]


def catalog_of(
    tap_class: type[EventTap] = ToyTap,
    selection: Mapping[str | tuple[str, ...], bool] | None = None,
    **methods: str,
) -> dict[str, Any]:
    """Discover the catalog and change it as a user would.

    Args:
        tap_class: The tap.
        selection: Of a stream, or of `(stream, property, ...)`.
        methods: Replication method by stream.
    """
    config = {"api_key": KEY}
    with _process_state_kept():
        catalog: dict[str, Any] = tap_class(config=config, setup_mapper=False).catalog_dict
    for what, selected in (selection or {}).items():
        stream, *path = (what,) if isinstance(what, str) else what
        breadcrumb = [part for name in path for part in ("properties", name)]
        entry = _entry(catalog, stream)
        found = [m for m in entry["metadata"] if m["breadcrumb"] == breadcrumb]
        if not found:
            found = [{"breadcrumb": breadcrumb, "metadata": {}}]
            entry["metadata"] += found
        found[0]["metadata"]["selected"] = selected
    for stream, method in methods.items():
        _entry(catalog, stream)["replication_method"] = method
    return catalog


def _entry(catalog: dict[str, Any], stream: str) -> dict[str, Any]:
    entry: dict[str, Any] = next(e for e in catalog["streams"] if e["tap_stream_id"] == stream)
    return entry


@dataclass
class Spawned:
    """The tap as a process of its own, writing into a file unless it writes into a pipe."""

    process: subprocess.Popen[str]
    file: Path

    def wait_for(self, found: Callable[[], bool]) -> None:
        """Wait until something is so; fail if it never is."""
        deadline = time.monotonic() + SPAWN_SECONDS
        while not found():
            assert time.monotonic() < deadline, "it did not happen"
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.01)

    def finish(self) -> Run:
        """Wait for its end."""
        _, stderr = self.process.communicate(timeout=SPAWN_SECONDS)
        return Run(self.process.returncode, self.file.read_text(), stderr.splitlines())


@contextlib.contextmanager
def spawned(
    config: dict[str, Any],
    folder: Path,
    *arguments: str,
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Spawned]:
    """Start the tap as a process of its own; it does not outlive the block."""
    settings, written = folder / "config.json", folder / "stdout.jsonl"
    settings.write_text(json.dumps(config))
    line = [sys.executable, str(SCRIPT), "--config", str(settings), *arguments]
    with (
        written.open("w") as file,
        subprocess.Popen(
            line,
            stdout=stdout or file,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", **(environment or {})},
        ) as process,
    ):
        try:
            yield Spawned(process, written)
        finally:
            process.kill()
