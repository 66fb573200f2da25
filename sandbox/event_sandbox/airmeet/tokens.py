"""The keys of a community, and the tokens that are given out for them."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.airmeet.errors import Cause
    from event_sandbox.switches import Positions

ACCESS_KEY: Final = "2f6c1e0a-5b7d-4c1f-9a57-0d2b6f3c9e11#in"
"""Keys are opaque: one that was seen in the wild ends in a hash mark and a region."""

SECRET_KEY: Final = "sandbox-airmeet-secret"  # noqa: S105 - the sandbox's own, and public
TOKEN_PREFIX: Final = "sandbox-airmeet-token-"  # noqa: S105 - the sandbox's own, and public

_LONG: Final = 30 * 86_400.0
_LIVES: Final = {
    "30_days": (_LONG, math.inf),
    "50_requests": (_LONG, 50),
    "2_seconds": (2.0, math.inf),
}
"""How many seconds and requests a token is good for."""


@dataclass(slots=True)
class _Token:
    since: float
    uses: int = 0


@dataclass(slots=True)
class Tokens:
    """The tokens that were given out, and whether each is still good."""

    clock: Callable[[], float] = time.monotonic
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def give(self, positions: Positions) -> str:
        """Make a token, which may end the ones before."""
        if positions["new_token"] == "replaces_old":  # noqa: S105 - a position of a switch
            for token in self._tokens.values():
                token.since = float("-inf")
        name = f"{TOKEN_PREFIX}{next(self._numbers)}"
        self._tokens[name] = _Token(self.clock())
        return name

    def use(self, name: str, positions: Positions) -> Cause | None:
        """Count a use of a token; say why it is not good."""
        token = self._tokens.get(name)
        if token is None:
            return "bad_token"
        token.uses += 1
        seconds, uses = _LIVES[positions["token_life"]]
        is_good = self.clock() - token.since < seconds and token.uses <= uses
        return None if is_good else "expired_token"
