"""APIs whose answers are kept until something changes: a benchmark asks for the same ones again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from starlette.requests import Request

from event_sandbox.wire import Refusal

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from event_sandbox.shared import Shared


class KeptAnswers:
    """Answers by what was asked for; all of them go when the generation changes."""

    def __init__(self, shared: Shared, most_bytes: int) -> None:
        self._shared = shared
        self._most_bytes = most_bytes
        self._answers: dict[str, Response] = {}
        self._bytes = 0
        self._generation = shared.generation

    def get(self, asked: str) -> Response | None:
        """Give the answer that is still true."""
        if self._generation != self._shared.generation:
            self._forget()
        return self._answers.get(asked)

    def keep(self, asked: str, answer: Response) -> Response:
        """Keep an answer, and give it back."""
        if self._bytes + len(answer.body) > self._most_bytes:
            self._forget()
        self._answers[asked] = answer
        self._bytes += len(answer.body)
        return answer

    def _forget(self) -> None:
        self._answers.clear()
        self._bytes = 0
        self._generation = self._shared.generation


class KeepingAPI(ABC):
    """A vendor's API as an ASGI application."""

    most_bytes = 256 * 1024 * 1024
    """How much is kept of its answers."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._kept = KeptAnswers(shared, self.most_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            response = self.answer(Request(scope, receive))
        except Refusal as refused:
            response = refused.response
        await response(scope, receive, send)

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Give the answer, or raise a refusal."""
