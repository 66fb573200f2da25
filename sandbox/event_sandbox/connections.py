"""The server's open connections, so that a fault can cut one below HTTP."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Scope

_LINGER_NOT: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing such a socket sends RST instead of FIN."""

Address = tuple[str, int]


class Connections:
    """Transports by the client's address, which is in every request's scope."""

    def __init__(self) -> None:
        self._transports: dict[Address, asyncio.Transport] = {}

    def reset(self, scope: Scope) -> None:
        """Reset the connection that the request came in on."""
        transport = self._transports[scope["client"]]
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT
        )
        transport.abort()

    def close(self, scope: Scope) -> None:
        """Close the connection that the request came in on, after what was already sent."""
        self._transports[scope["client"]].close()

    def make_protocol(self) -> type[HttpToolsProtocol]:
        """Make the server's HTTP protocol, which notes here what connects."""
        transports = self._transports

        class TrackedProtocol(HttpToolsProtocol):
            """uvicorn's own protocol; this only follows connections as they come and go."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
                super().connection_made(transport)
                if self.client:
                    transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client:
                    transports.pop(self.client, None)
                super().connection_lost(exc)

        return TrackedProtocol
