"""Answers that a test scripts: of a tiny HTTP server, path by path, or without any server."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import urllib3
from typing_extensions import override

from event_taps_core.session import ApiResponse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

PREFIX = "/api"
"""The path prefix of the scripted API, so that tests see that it is kept."""


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    path: str
    """As sent, still quoted, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    """`time.monotonic()` when it arrived."""
    port: int
    """The client's, which tells connections apart."""
    method: str

    @property
    def segments(self) -> list[str]:
        """The parts of the path, unquoted."""
        return [unquote(part) for part in self.path.split("/")]


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before it is sent."""
    fault: str = ""
    """`reset` closes without an answer, `cut` in the middle of the body; `slow headers` and
    `slow body` come byte by byte and never to an end."""


Scripted = Reply | list[Any] | dict[str, Any]
"""A reply, or only its JSON body."""

Script = Scripted | Callable[[Seen], Scripted]
"""An answer, or a function of the request that returns one."""


def status(code: int, **headers: str) -> Reply:
    """Answer with a status and headers (`Retry_After` for `Retry-After`)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(b"{}", code, named)


def api_response(
    body: Any = b"", status: int = HTTPStatus.OK, url: str = "", **headers: str
) -> ApiResponse:
    """Make an answer with a body (bytes, or JSON) and headers (`Retry_After` for `Retry-After`)."""
    made = ApiResponse()
    made.status_code = status
    made.url = url
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    made.raw = urllib3.HTTPResponse(io.BytesIO(content), preload_content=False)
    return made


class ApiServer:
    """Serves on a free loopback port until it is closed.

    Args:
        encryption: What to speak TLS with.
    """

    def __init__(self, encryption: ssl.SSLContext | None = None) -> None:
        self.requests: list[Seen] = []
        self._scripts: dict[str, list[Script]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        if encryption is not None:
            self._server.socket = encryption.wrap_socket(self._server.socket, server_side=True)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.api_url = f"http{'s' if encryption else ''}://{self.host}{PREFIX}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def on(self, path: str, *scripts: Script) -> Self:
        """Script a path below the prefix: one answer after the other, the last one for ever.

        `{}` in the path stands for one segment; a path without it comes first.
        """
        pattern = "[^/]*".join(re.escape(part) for part in (PREFIX + path).split("{}"))
        with self._lock:
            self._scripts[pattern] = list(scripts)
        return self

    def seen(self, path: str) -> list[Seen]:
        """List the requests of one path below the prefix."""
        return [request for request in self.requests if request.path == PREFIX + path]

    def paths(self) -> list[str]:
        """List the paths below the prefix that were asked for, in order of arrival."""
        return [request.path.removeprefix(PREFIX) for request in self.requests]

    def answer(self, seen: Seen) -> Reply:
        """Find the scripted answer."""
        with self._lock:
            self.requests.append(seen)
            script = self._next(seen.path)
        found = script(seen) if callable(script) else script
        if isinstance(found, Reply):
            return found
        return Reply(json.dumps(found).encode())

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next(self, path: str) -> Script:
        for pattern in sorted(self._scripts, key=lambda pattern: "[^/]*" in pattern):
            if re.fullmatch(pattern, path):
                scripts = self._scripts[pattern]
                return scripts.pop(0) if len(scripts) > 1 else scripts[0]
        return Reply(b'{"error": "not scripted"}', HTTPStatus.NOT_FOUND)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: ApiServer) -> None:
        self.api = api
        super().__init__(address, _Handler)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients of these tests hang up on purpose."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        at = time.monotonic()
        parts = urlsplit(self.path)
        query, headers = dict(parse_qsl(parts.query)), dict(self.headers.items())
        seen = Seen(parts.path, query, headers, at, self.client_address[1], self.command)
        self._send(self.server.api.answer(seen))

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - likewise

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        if reply.fault == "reset":
            self._reset()
            return
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"Content-Length: {len(reply.body)}", "", ""]
        body = reply.body[: len(reply.body) // 2] if reply.fault == "cut" else reply.body
        head = "\r\n".join(lines).encode("latin-1")
        if reply.fault.startswith("slow"):
            self._trickle(head if reply.fault == "slow body" else lines[0].encode() + b"\r\nX: ")
            return
        self.wfile.write(head + body)
        if reply.fault == "cut":
            self.close_connection = True

    def _trickle(self, start: bytes) -> None:
        """Go on and on, until the client hangs up."""
        self.close_connection = True
        self.wfile.write(start)
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b" ")
                time.sleep(0.01)

    def _reset(self) -> None:
        """Close so that the client's system reports a connection reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Keep stderr for the tap."""
