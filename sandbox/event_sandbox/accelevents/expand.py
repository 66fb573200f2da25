"""`expand`: what is only sent when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from event_sandbox.accelevents.errors import bad_request

if TYPE_CHECKING:
    from event_sandbox.switches import Positions

Expansion = Literal[
    "stats", "duration", "attendee_count", "registrants", "speakers", "watch_time", "tracks", "tags"
]

_CONSTANTS: Final[dict[str, Expansion]] = {
    "STATS": "stats",
    "DURATION": "duration",
    "ATTENDEE_COUNT": "attendee_count",
    "registerdHolderUsers": "registrants",
    "SPEAKER": "speakers",
    "WATCH_TIME": "watch_time",
    "TRACK": "tracks",
    "TAG": "tags",
}
_LABELS: Final = {
    token.replace("_", " ").title() if token.isupper() else token: expansion
    for token, expansion in _CONSTANTS.items()
}


def _bare(token: str) -> str:
    return token.replace(" ", "").replace("_", "").lower()


_ANY: Final = {_bare(token): expansion for token, expansion in _CONSTANTS.items()}


def expansions(positions: Positions, text: str) -> set[Expansion]:
    """Read the expansions out of a query; unknown tokens are ignored, or refused."""
    form = positions["expand_tokens"]
    tokens = [token.strip() for token in text.split(",") if token.strip()]
    if form == "strict" and not _CONSTANTS.keys() >= set(tokens):
        raise bad_request(positions, "expand is not valid")
    if form == "any":
        return {_ANY[_bare(token)] for token in tokens if _bare(token) in _ANY}
    known = _LABELS if form == "labels" else _CONSTANTS
    return {known[token] for token in tokens if token in known}
