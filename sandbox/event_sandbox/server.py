"""Serve a sandbox over HTTP, in the foreground or in a thread."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn

from event_sandbox.connections import Connections
from event_sandbox.errors import SurroundingsError
from event_sandbox.front import Front
from event_sandbox.registry import VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.sandbox import Sandbox

_STOP_SECONDS = 1


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it listens and lets hanging answers go when it stops."""

    def __init__(
        self, config: uvicorn.Config, sandbox: Sandbox, on_listening: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._sandbox = sandbox
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.closing.set()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that the sandbox is served on; port 0 takes any free one."""
    try:
        listening = socket.create_server((host, port), backlog=2048)
    except (OSError, OverflowError) as error:
        raise SurroundingsError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}"
        ) from None
    # Head and body are two writes; with Nagle's algorithm the second waits 40 ms for the client's
    # delayed ACK. asyncio turns that off only for sockets that were made as IPPROTO_TCP.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def describe(sandbox: Sandbox, listening: socket.socket) -> dict[str, Any]:
    """Give where the sandbox and its vendors are, and what a tap needs to be let in."""
    host, port = listening.getsockname()[:2]
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound
    vendors = {
        vendor.name: {
            "api_url": url + vendor.base_path,
            "settings": {**vendor.settings, **vendor.settings_in(sandbox.world)},
        }
        for vendor in VENDORS.values()
    }
    return {"url": url, "vendors": vendors}


def serve(
    sandbox: Sandbox, listening: socket.socket, on_listening: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM."""
    server = _make_server(sandbox, on_listening)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn stops cleanly on these, and then raises them again for whoever handled them before.
    # A stop that was asked for is no failure: without a handler here, the process would die of it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run(sockets=[listening])


@contextlib.contextmanager
def serve_in_thread(sandbox: Sandbox, port: int = 0) -> Iterator[dict[str, Any]]:
    """Serve in a thread for the length of a `with` block; give what `describe` gives."""
    listening = listen("127.0.0.1", port)
    ready = threading.Event()
    server = _make_server(sandbox, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        ready.wait()
        yield describe(sandbox, listening)
    finally:
        server.should_exit = True
        thread.join()


def _make_server(sandbox: Sandbox, on_listening: Callable[[], None]) -> _Server:
    connections = Connections()
    config = uvicorn.Config(
        Front(sandbox, connections),
        http=connections.make_protocol(),
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    return _Server(config, sandbox, on_listening)
