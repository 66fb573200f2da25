"""Which requests go wrong, and how. What a fault does to an answer is in `breakage`."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from event_sandbox.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

RANDOM_KINDS: Final = (
    "429_seconds",
    "429_date",
    "429_none",
    "500",
    "502",
    "503",
    "504",
    "timeout",
    "reset",
    "cut_body",
    "cut_json",
    "html",
    "error_200",
)
PERMANENT_KINDS: Final = (
    "500",
    "404",
    "403",
    "html",
    "cut_json",
    "error_200",
    "timeout",
    "reset",
    "latin_1",
    "null_row",
    "strange_row",
)

_MOST_IN_A_ROW: Final = 3
"""A client that tries four times gets through: faults by rate are transient by definition."""


@dataclass(frozen=True, slots=True)
class PermanentFault:
    """A path, or a path with a query, that never answers well."""

    path: str
    kind: str

    def __post_init__(self) -> None:
        """Refuse what could never strike."""
        _check_kind(self.kind, PERMANENT_KINDS)
        try:
            re.compile(self.path)
        except re.error as error:
            raise UserError(f"not a regular expression: {self.path!r} ({error})") from None


@dataclass(slots=True)
class FaultPlan:
    """Faults by rate and by path.

    Whether a request is struck depends on the seed, its path and how often that path was asked
    before, and not on the order in which several clients' requests happen to come in.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = ("429_seconds", "500", "reset")
    seed: int = 1
    permanent: tuple[PermanentFault, ...] = ()
    words: str = ""
    """What the vendor's errors say, instead of what they say by themselves."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server stops, so that no hanging answer holds it up."""
    _asked: Counter[str] = field(default_factory=Counter)
    _in_a_row: Counter[str] = field(default_factory=Counter)

    def set(
        self,
        rate: float,
        kinds: Iterable[str],
        seed: int,
        permanent: Iterable[PermanentFault] = (),
        words: str = "",
    ) -> None:
        """Plan anew, and start counting anew."""
        kinds = tuple(kinds)
        for kind in kinds:
            _check_kind(kind, RANDOM_KINDS)
        if not 0 <= rate <= 1:
            raise UserError(f"a fault rate lies between 0 and 1, not at {rate}")
        if rate and not kinds:
            raise UserError(f"which faults? Known kinds: {', '.join(RANDOM_KINDS)}.")
        self.rate, self.kinds, self.seed, self.permanent = rate, kinds, seed, tuple(permanent)
        self.words = words
        self._asked.clear()
        self._in_a_row.clear()

    def clear(self) -> None:
        """Plan no faults."""
        self.set(0.0, ("429_seconds", "500", "reset"), 1)

    def choose(self, path: str, query: str) -> str | None:
        """Decide what goes wrong with this request, if anything."""
        for fault in self.permanent:
            if re.search(fault.path, path) or re.search(fault.path, f"{path}?{query}"):
                return fault.kind
        if not self.rate:
            return None
        key = f"{path}?{query}"
        self._asked[key] += 1
        rng = random.Random(f"{self.seed}/{key}/{self._asked[key]}")  # noqa: S311 - must repeat
        if rng.random() >= self.rate or self._in_a_row[key] >= _MOST_IN_A_ROW:
            self._in_a_row[key] = 0
            return None
        self._in_a_row[key] += 1
        return rng.choice(self.kinds)


def _check_kind(kind: str, known: tuple[str, ...]) -> None:
    if kind not in known:
        raise UserError(f"unknown kind of fault: {kind!r}. Known: {', '.join(known)}.")
