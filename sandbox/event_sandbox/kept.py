"""APIs whose answers are kept until something changes: a benchmark asks for the same ones again."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from event_sandbox.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from event_sandbox.shared import Shared

_MOST_BYTES: Final = 512 * 1024 * 1024


class KeepingAPI(ABC):
    """A vendor's API as an ASGI application."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._shuffles = random.Random(shared.world.seed)  # noqa: S311 - an order, not a secret
        self._answers: dict[str, Response] = {}
        self._bytes = 0
        self._generation = shared.generation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            response = await self.answer(Request(scope, receive))
        except Refusal as refused:
            response = refused.response
        await response(scope, receive, send)

    @abstractmethod
    async def answer(self, request: Request) -> Response:
        """Give the answer, or raise a refusal."""

    def kept(self, asked: str, make: Callable[[], Response]) -> Response:
        """Give the answer to what was asked, which is made anew when anything has changed."""
        if self._generation != self._shared.generation or self._bytes > _MOST_BYTES:
            self._answers.clear()
            self._bytes, self._generation = 0, self._shared.generation
        if asked not in self._answers:
            self._answers[asked] = answer = make()
            self._bytes += len(answer.body)
        return self._answers[asked]
