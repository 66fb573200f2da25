"""What the sandbox was asked: cheap enough to stay on during benchmarks."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.datastructures import Headers

if TYPE_CHECKING:
    from starlette.types import Scope

_KEPT: Final = 200_000


class Entry(msgspec.Struct):
    """One request. Status and duration are null until it is answered, or if it never was."""

    n: int
    at: float
    vendor: str | None
    method: str
    path: str
    query: str
    authorised: bool
    user_agent: str
    accept_encoding: str
    status: int | None = None
    fault: str | None = None
    ms: float | None = None

    def close(self) -> None:
        """Note that the request is over."""
        self.ms = round((time.monotonic() - self.at) * 1000, 3)


class RequestLog:
    """The newest requests, numbered in the order in which they came in."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._count = 0

    def open(self, vendor: str | None, scope: Scope, path: str, *, ok: bool) -> Entry:
        """Note that a request came in, whose path is told apart from the vendor's base."""
        self._count += 1
        headers = Headers(scope=scope)
        entry = Entry(
            self._count,
            time.monotonic(),
            vendor,
            scope["method"],
            path,
            scope["query_string"].decode("latin-1"),
            authorised=ok,
            user_agent=headers.get("User-Agent", ""),
            accept_encoding=headers.get("Accept-Encoding", ""),
        )
        self._entries.append(entry)
        return entry

    def __len__(self) -> int:
        """Give how many requests came in since the log was last cleared."""
        return self._count

    def entries(self) -> list[Entry]:
        """Give the newest requests, in the order in which they came in."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget all requests and number anew."""
        self._entries.clear()
        self._count = 0
