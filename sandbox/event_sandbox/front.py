"""The door that every request comes through: the log, the delays, the faults, then the vendor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from event_sandbox.breakage import BREAK, Exchange
from event_sandbox.control import make_control
from event_sandbox.registry import VENDORS
from event_sandbox.switches import COMPRESSION
from event_sandbox.wire import LOGIN_PATH

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from event_sandbox.connections import Connections
    from event_sandbox.request_log import Entry
    from event_sandbox.sandbox import Sandbox
    from event_sandbox.vendor import Vendor


class Front:
    """The one ASGI application that is served."""

    def __init__(self, sandbox: Sandbox, connections: Connections) -> None:
        self._sandbox = sandbox
        self._control = make_control(sandbox)
        self._gates = [Gate(sandbox, vendor, connections) for vendor in VENDORS.values()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send each request to whom it concerns."""
        path = scope["path"]
        for gate in self._gates:
            if gate.is_for(path):
                await gate(scope, receive, send)
                return
        if path.startswith("/_sandbox/"):
            await self._control(scope, receive, send)
        elif path == LOGIN_PATH:
            await self._login(scope, receive, send)
        else:
            await PlainTextResponse("Not found.\n", 404)(scope, receive, send)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note whether credentials were carried to the other host, and show a page."""
        headers = Headers(scope=scope)
        leaked = any(vendor.has_credentials(headers) for vendor in VENDORS.values())
        entry = self._sandbox.log.open(None, scope, LOGIN_PATH, ok=leaked)
        entry.status = 200
        await HTMLResponse("<!doctype html><title>Sign in</title>")(scope, receive, send)
        entry.close()


class Gate:
    """The door of one vendor."""

    def __init__(self, sandbox: Sandbox, vendor: Vendor[Any], connections: Connections) -> None:
        self._base_path = vendor.base_path
        self._sandbox = sandbox
        self._vendor = vendor
        self._connections = connections
        self._app: ASGIApp = vendor.make_app(sandbox)
        self._compressed = GZipMiddleware(
            _with_own_headers(self._app), minimum_size=0, compresslevel=1
        )

    def is_for(self, path: str) -> bool:
        """Tell whether a path is this vendor's: its base URL, or one below it."""
        return path == self._base_path or path.startswith(self._base_path + "/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the request, delay it, maybe break it, and else let the vendor answer."""
        sandbox = self._sandbox
        path = scope["path"][len(self._base_path) :]
        query = scope["query_string"].decode("latin-1")
        authorised = self._vendor.is_authorised(Headers(scope=scope))
        entry = sandbox.log.open(self._vendor.name, scope, path, ok=authorised)
        try:
            sandbox.count_request(self._vendor.name)
            if sandbox.latency_seconds:
                await asyncio.sleep(sandbox.latency_seconds)
            entry.fault = sandbox.faults.choose(path, query)
            noting = _note_status(entry, send)
            if entry.fault:
                await BREAK[entry.fault](self._exchange(scope, receive, noting))
            elif sandbox.switches.of(self._vendor.name)[COMPRESSION.name] == "gzip":
                await self._compressed(scope, receive, noting)
            else:
                await self._app(scope, receive, noting)
        finally:
            entry.close()

    def _exchange(self, scope: Scope, receive: Receive, send: Send) -> Exchange:
        return Exchange(
            self._app,
            scope,
            receive,
            send,
            error=self._error,
            connections=self._connections,
            closing=self._sandbox.closing,
        )

    def _error(self, status: int, message: str) -> Response:
        positions = self._sandbox.switches.of(self._vendor.name)
        return self._vendor.error(positions, status, self._sandbox.faults.plan.words or message)


def _with_own_headers(app: ASGIApp) -> ASGIApp:
    """Let answers that are kept stay as they are, whatever is done to the headers of one."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def copying(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(message["headers"])}
            await send(message)

        await app(scope, receive, copying)

    return answering


def _note_status(entry: Entry, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
        await send(message)

    return noting
