"""What the contenders read, served by a process of its own while its case is measured.

Everything is made before the first run that counts, so that none of them pays for it.
"""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

HERE = Path(__file__).resolve().parent

Figures = dict[str, float]


def write_json(path: Path, value: object) -> str:
    """Write a file for a contender and return its name."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


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


@contextmanager
def running(*command: str) -> Iterator[bytes]:
    """Run a server, and give the line that it prints when it listens."""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE) as process:  # noqa: S603 - see above
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise SystemExit(f"{' '.join(command)} does not start")
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
            raise SystemExit(f"{method} {path}: {answer.status}")
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
