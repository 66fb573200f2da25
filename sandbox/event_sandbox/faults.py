"""Which requests go wrong, and how. What a fault does to an answer is in `breakage`."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Final

import msgspec

from event_sandbox.breakage import BREAK
from event_sandbox.errors import UserError, find

_MOST_IN_A_ROW: Final = 3
"""A client that tries four times gets through: faults by rate are transient by definition."""


class PermanentFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path, or a path with a query, that never answers well."""

    path: str
    kind: str

    def __post_init__(self) -> None:
        """Refuse what could never strike."""
        find("kind of fault", self.kind, BREAK)
        try:
            re.compile(self.path)
        except re.error as error:
            raise UserError(f"not a regular expression: {self.path!r} ({error})") from None


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Faults by rate and by path."""

    rate: float = 0.0
    kinds: tuple[str, ...] = ("429_seconds", "500", "reset")
    """Those by rate."""
    seed: int = 1
    permanent: tuple[PermanentFault, ...] = ()
    words: str = ""
    """What the vendor's errors say, instead of what they say by themselves."""

    def __post_init__(self) -> None:
        """Refuse what could never strike."""
        for kind in self.kinds:
            find("kind of fault", kind, BREAK)
        if not 0 <= self.rate <= 1:
            raise UserError(f"a fault rate lies between 0 and 1, not at {self.rate}")
        if self.rate and not self.kinds:
            raise UserError(f"which faults? Known kinds: {', '.join(BREAK)}.")


class Faults:
    """Decides which request is struck, by the plan.

    That depends on the plan's seed, the request's path and how often that path was asked before,
    and not on the order in which several clients' requests happen to come in.
    """

    def __init__(self) -> None:
        self.set(FaultPlan())

    def set(self, plan: FaultPlan) -> None:
        """Plan anew, and start counting anew."""
        self.plan = plan
        self._asked: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def choose(self, path: str, query: str) -> str | None:
        """Decide what goes wrong with this request, if anything."""
        plan, key = self.plan, f"{path}?{query}"
        for fault in plan.permanent:
            if re.search(fault.path, path) or re.search(fault.path, key):
                return fault.kind
        if not plan.rate:
            return None
        self._asked[key] += 1
        rng = random.Random(f"{plan.seed}/{key}/{self._asked[key]}")  # noqa: S311 - must repeat
        if rng.random() >= plan.rate or self._in_a_row[key] >= _MOST_IN_A_ROW:
            self._in_a_row[key] = 0
            return None
        self._in_a_row[key] += 1
        return rng.choice(plan.kinds)
