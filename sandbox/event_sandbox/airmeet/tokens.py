"""The keys of a community, and the tokens that are given out for them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.datastructures import Headers

    from event_sandbox.airmeet.errors import Cause
    from event_sandbox.switches import Positions

ACCESS_KEY: Final = "2f6c1e0a-5b7d-4c1f-9a57-0d2b6f3c9e11#in"
"""Keys are opaque: one that was seen in the wild ends in a hash mark and a region."""

SECRET_KEY: Final = "sandbox-airmeet-secret"  # noqa: S105 - the sandbox's own, and public
TOKEN_HEADER: Final = "x-airmeet-access-token"  # noqa: S105 - the name of a header
KEY_HEADERS: Final = ("x-airmeet-access-key", "x-airmeet-secret-key")

_PREFIX: Final = "sandbox-airmeet-token-"
_MOST_USES: Final = 50
"""Of tokens with a short life."""


def has_keys(headers: Headers) -> bool:
    """Tell whether the right keys came along."""
    return [headers.get(name) for name in KEY_HEADERS] == [ACCESS_KEY, SECRET_KEY]


def is_authorised(headers: Headers) -> bool:
    """Tell whether the right keys came along, or a token of this sandbox, good or not."""
    return has_keys(headers) or headers.get(TOKEN_HEADER, "").startswith(_PREFIX)


class Tokens:
    """The tokens that were given out, and how often each was used since."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._ended: set[str] = set()
        self._numbers = itertools.count(1)

    def give(self, positions: Positions) -> str:
        """Make a token, which may end the ones before."""
        if positions["new_token"] == "replaces_old":  # noqa: S105 - a position of a switch
            self._ended.update(self._uses)
        token = f"{_PREFIX}{next(self._numbers)}"
        self._uses[token] = 0
        return token

    def use(self, token: str, positions: Positions) -> Cause | None:
        """Count a use of a token; say why it is not good."""
        if token not in self._uses:
            return "bad_token"
        self._uses[token] += 1
        is_worn = positions["token_life"] == "50_requests" and self._uses[token] > _MOST_USES  # noqa: S105 - likewise
        return "expired_token" if token in self._ended or is_worn else None
