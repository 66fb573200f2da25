"""Answers that are kept until something changes: a benchmark asks for the same ones again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import Response

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
