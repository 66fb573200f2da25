"""What faults look like on the wire.

Some reach below HTTP: the answer is cut off, or the connection reset. ASGI cannot say that, so the
server keeps its transports where they can be found by the client's address (see `connections`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import HTMLResponse, Response

from event_sandbox.wire import Json, json_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from event_sandbox.connections import Connections

ErrorAnswer = Callable[[int, str], Response]
"""Makes an error in the vendor's form from a status and a message."""

_HANG_SECONDS: Final = 30
_BEYOND_LATIN_1: Final = re.compile(r"[^\x00-\xff]")

_HTML: Final = (
    "<!doctype html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request under way, and what is needed to spoil its answer."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    error: ErrorAnswer
    connections: Connections
    closing: asyncio.Event

    async def answer(self, response: Response) -> None:
        """Send this answer instead of the right one."""
        await response(self.scope, self.receive, self.send)

    async def right_answer(self) -> tuple[Message, bytes]:
        """Get the right answer without sending it."""
        start: list[Message] = []
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return start[0], bytes(body)

    async def hung_up(self) -> None:
        """Wait until the client is gone."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


Breakage = Callable[[Exchange], Awaitable[None]]


def _in_a_second() -> str:
    # HTTP dates have whole seconds: one second ahead and rounded up, or it could be over already.
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    return format_datetime(due, usegmt=True)


def _error_of(
    status: int, message: str, retry_after: Callable[[], str] | None = None, sent_as: int = 0
) -> Breakage:
    """Send an error in the vendor's form."""

    async def answer(exchange: Exchange) -> None:
        response = exchange.error(status, message)
        response.status_code = sent_as or response.status_code
        if retry_after:
            response.headers["Retry-After"] = retry_after()
        await exchange.answer(response)

    return answer


async def _reset(exchange: Exchange) -> None:
    exchange.connections.reset(exchange.scope)
    await exchange.hung_up()


async def _timeout(exchange: Exchange) -> None:
    """Answer only after half a minute, unless the client hangs up or the server stops before."""
    hung_up = asyncio.ensure_future(exchange.hung_up())
    closing = asyncio.ensure_future(exchange.closing.wait())
    try:
        done, _ = await asyncio.wait(
            (hung_up, closing), timeout=_HANG_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        hung_up.cancel()
        closing.cancel()
    if closing in done:
        await _reset(exchange)
    elif not done:
        await exchange.app(exchange.scope, exchange.receive, exchange.send)


async def _cut_body(exchange: Exchange) -> None:
    """Promise the whole answer in Content-Length, send half of it, and close."""
    start, body = await exchange.right_answer()
    await exchange.send(start)
    half = body[: len(body) // 2]
    await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
    exchange.connections.close(exchange.scope)
    await exchange.hung_up()


async def _cut_json(exchange: Exchange) -> None:
    """Send half of the JSON as if that were all."""
    _, body = await exchange.right_answer()
    await exchange.answer(Response(body[: len(body) // 2], media_type="application/json"))


async def _latin_1(exchange: Exchange) -> None:
    """Send the right answer in ISO-8859-1, and say so; what that cannot write is escaped."""
    start, body = await exchange.right_answer()
    text = _BEYOND_LATIN_1.sub(lambda found: json.dumps(found[0])[1:-1], body.decode())
    kind = 'application/json; charset="ISO-8859-1"'
    await exchange.answer(Response(text.encode("latin-1"), start["status"], media_type=kind))


def _odd_row(row: Json) -> Breakage:
    """Send the right answer with one thing more among its rows, if it has any."""

    async def answer(exchange: Exchange) -> None:
        start, content = await exchange.right_answer()
        try:
            body = msgspec.json.decode(content)
        except msgspec.DecodeError:
            body = None
        if rows := _rows_in(body):
            rows.insert(1, row)
            await exchange.answer(json_response(body))
            return
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": content})

    return answer


def _rows_in(body: Json) -> list[Json]:
    """Find the list of an answer's rows: the answer itself, or a member of it or of its `data`."""
    members = body if isinstance(body, dict) else {"": body}
    inner = members.get("data")
    found = [*members.values(), *(inner.values() if isinstance(inner, dict) else ())]
    lists = [one for one in found if isinstance(one, list) and all(type(i) is dict for i in one)]
    return max(lists, key=len, default=[])


BREAK: Final[dict[str, Breakage]] = {
    "429_seconds": _error_of(429, "Too many requests.", lambda: "1"),
    "429_date": _error_of(429, "Too many requests.", _in_a_second),
    "429_none": _error_of(429, "Too many requests."),
    "500": _error_of(500, "An unexpected error occurred (sandbox fault)."),
    "502": _error_of(502, "Bad gateway (sandbox fault)."),
    "503": _error_of(503, "Service temporarily unavailable (sandbox fault)."),
    "504": _error_of(504, "Endpoint request timed out (sandbox fault)."),
    "404": _error_of(404, "Not found (sandbox fault)."),
    "403": _error_of(403, "Forbidden (sandbox fault)."),
    "timeout": _timeout,
    "reset": _reset,
    "cut_body": _cut_body,
    "cut_json": _cut_json,
    "html": lambda exchange: exchange.answer(HTMLResponse(_HTML)),
    "error_200": _error_of(500, "Something went wrong (sandbox fault).", sent_as=200),
    "latin_1": _latin_1,
    "null_row": _odd_row(None),
    "strange_row": _odd_row({"unexpected": True}),
}
