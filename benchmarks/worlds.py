"""What the contenders read, served by a process of its own while its case is measured.

Everything is made before the first run that counts, so that none of them pays for it.
"""

import http.client
import json
import math
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

HERE = Path(__file__).resolve().parent

Figures = dict[str, float]


class Server(Protocol):
    """A running server, as the measuring needs it."""

    config: dict[str, Any]
    """What every contender is told."""

    expected: dict[str, int]
    """How many rows of which stream everybody must find."""

    def forget(self) -> None:
        """Forget earlier runs: one begins."""

    def seen(self) -> Figures:
        """Return what the last run looked like from here; `first` is when its first request came.

        Moments are of the monotonic clock, which all processes share.
        """

    def about(self) -> str:
        """Say in a line what was served; asked when all runs are over."""


class World(NamedTuple):
    """What our own server serves: rows per page, pages per parent, ms before each answer."""

    parents: int
    pages: int
    rows: int
    latency: int = 0

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the server."""
        options = [f"--{name}={value}" for name, value in self._asdict().items()]
        with running(str(HERE / "server.py"), *options) as port:
            yield PageServer(self, int(port))


class Airmeet(NamedTuple):
    """What the sandbox serves as Airmeet, the same on every day it is measured.

    Airmeet's page of participants holds 1,000 rows: then parsing and writing them is what a run
    waits for. Five are the least that the sandbox can be switched to, for all lists; that of the
    events stays one page if it ignores the cursor, which is a switch as well.
    """

    events: int
    registrants: int | None = None
    """People on each event's list; some of them come only days after their event."""

    latency: int = 0
    """Milliseconds before each answer."""

    prepare: int = 0
    """Seconds from the first request for a report until it is ready."""

    has_small_pages: bool = False
    only: str | None = None
    """The one stream that is selected, or all."""

    @property
    def page(self) -> int:
        """Return how many participants there are on a page."""
        return 5 if self.has_small_pages else 1_000

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the sandbox."""
        options = [f"--events={self.events}", f"--latency-ms={self.latency}"]
        options += [f"--prepare-seconds={self.prepare}", "--today=2026-04-02"]
        if self.registrants:
            options += [f"--registrants={self.registrants}", f"--people={self.registrants}"]
        if self.has_small_pages:
            options += ["--switch", "airmeet.largest_page=five", "airmeet.airmeets_after=ignored"]
        with running("-m", "event_sandbox", "serve", *options) as line:
            yield Sandbox(self, json.loads(line))


@contextmanager
def running(*command: str) -> Iterator[bytes]:
    """Run a server, and give the line that it prints when it listens."""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE) as process:  # noqa: S603 - see above
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                msg = f"{' '.join(command)} does not start"
                raise SystemExit(msg)
            yield line
        finally:
            process.terminate()


def ask(port: int, path: str, method: str = "GET") -> Iterator[bytes]:
    """Send one request, insist on a good answer, and give its lines.

    They are not kept: a child's peak of memory is never less than its parent's size.
    """
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            msg = f"{method} {path}: {answer.status}"
            raise SystemExit(msg)
        yield from answer


def ask_json(port: int, path: str, method: str = "GET") -> Any:
    """Send one request, and read the answer as JSON."""
    return json.loads(b"".join(ask(port, path, method)))


class PageServer:
    """Our own server."""

    def __init__(self, world: World, port: int) -> None:
        self._world = world
        self._port = port
        self._ceiling = None if world.latency else ceiling(port)
        self.config: dict[str, Any] = {"api_url": f"http://127.0.0.1:{port}"}
        self.expected = {"rows": world.parents * world.pages * world.rows}

    def forget(self) -> None:
        """Forget when the first request came: asking does that."""
        self.seen()

    def seen(self) -> Figures:
        """Return when the first request came."""
        return {"first": ask_json(self._port, "/first")}

    def about(self) -> str:
        """Name sizes and latency, else the requests per second that it answers at most."""
        parents, pages, rows, latency = self._world
        text = f"{parents:,} parents x {pages} pages x {rows} rows, {latency} ms"
        alone = self._ceiling
        return text + (f"; server alone: {alone:,.0f} requests/s" if alone else "")


class Sandbox:
    """The sandbox, which makes most of its world when it is first asked: here, for the truth."""

    def __init__(self, world: Airmeet, printed: dict[str, Any]) -> None:
        self._world = world
        self._port = int(printed["url"].rpartition(":")[2])
        vendor = printed["vendors"]["airmeet"]
        self.config: dict[str, Any] = {"api_url": vendor["api_url"], **vendor["settings"]}
        streams = [world.only] if world.only else self._control("streams/airmeet")
        self.expected = {stream: sum(1 for _ in self._truth(stream)) for stream in streams}
        self._needed = self._count_needed() if world.only == "participants" else None

    def _control(self, path: str, method: str = "GET") -> Any:
        return ask_json(self._port, f"/_sandbox/{path}", method)

    def _truth(self, stream: str) -> Iterator[bytes]:
        return ask(self._port, f"/_sandbox/truth/airmeet/{stream}")

    def _count_needed(self) -> int:
        """Count the token, the list of events, and their pages of participants; none is one too."""
        people = Counter(json.loads(row)["airmeet_id"] for row in self._truth("participants"))
        pages = sum(math.ceil(count / self._world.page) for count in people.values())
        return 1 + 1 + pages + self._world.events - len(people)

    def forget(self) -> None:
        """Forget the log, and the reports: each run has to wait for its own."""
        self._control("requests", "DELETE")
        self._control("preparation", "DELETE")

    def seen(self) -> Figures:
        """Count requests: all, those that the data did not need, those that came too early."""
        log = self._control("requests")
        figures = {"first": min(entry["at"] for entry in log), "requests": len(log)}
        if self._needed:
            return figures | {"unneeded": len(log) - self._needed}
        pending = sum(entry["status"] == http.HTTPStatus.ACCEPTED for entry in log)
        return figures | {"pending": pending}

    def about(self) -> str:
        """Name sizes, and what the data needs at least: requests, or waiting one by one."""
        world = self._world
        text = f"Airmeet, {world.events} events, {world.latency} ms"
        if self._needed:
            text += f", {sum(self.expected.values()):,} participants, {world.page:,} a page"
            return f"{text}; requests that the data needs: {self._needed:,}"
        reports, seconds = len(self._control("preparation")["reports"]), world.prepare
        return f"{text}; one by one: {reports} reports x {seconds} s = {reports * seconds:,} s"


def ceiling(port: int, seconds: float = 1.0) -> float:
    """Return the requests per second that our server answers at most: page 1, pipelined by ten.

    Whatever comes near this figure has measured the server.
    """
    request = b"GET /parents/p00000/rows?page=1 HTTP/1.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        head = connection.recv(1024, socket.MSG_PEEK).partition(b"\r\n\r\n")[0]
        size = len(head) + 4 + int(head.rpartition(b":")[2])
        buffer, missing, answered = bytearray(2**20), size, 1
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            connection.sendall(request * 10)
            missing += size * 10
            while missing:
                missing -= connection.recv_into(buffer, min(missing, len(buffer)))
            answered += 10
        return answered / (time.monotonic() - begin)
