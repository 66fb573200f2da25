"""What of the world this vendor has: the ground that the answers and the truth share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from event_sandbox.world.chats import LONE, candidates, chat, chat_numbers
from event_sandbox.world.model import DAY, HOUR

if TYPE_CHECKING:
    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.chats import Candidate, Chat
    from event_sandbox.world.model import Millis

ACCOUNT: Final = "northlight"
STANDARD: Final = "standard"
SUMMARY: Final = "chat-summary MI"
"""A custom method's name is arbitrary: this one is no identifier, and no part of a URL as it is."""

_NEW_COLUMN_DAYS: Final = 20


@dataclass(frozen=True, slots=True)
class View:
    """The account's chats and candidates at one point in time."""

    world: World
    positions: Positions

    @property
    def now(self) -> Millis:
        """Give the server's clock: the end of the world's day."""
        return self.world.now

    def chats(self) -> list[Chat]:
        """Give the chats that are planned, under way or over, by start."""
        found = [chat(self.world, number) for number in chat_numbers(self.world)]
        return sorted(
            (one for one in found if one.called_off_from is None or one.called_off_from > self.now),
            key=lambda one: (one.starts, one.number),
        )

    def readable(self) -> list[Chat]:
        """Give the chats that can be read at all."""
        lone_fails = self.positions["lone_range"] == "error_member"
        return [one for one in self.chats() if not (lone_fails and one.number == LONE)]

    def candidates(self, found: Chat) -> list[Candidate]:
        """Give who is in the chat's list by now."""
        return [one for one in candidates(self.world, found.number) if one.known_from <= self.now]

    def email(self, one: Candidate) -> str:
        """Give the e-mail address; empty if there is none, or if it was erased."""
        return "" if self._is_known(one.erased_from) else one.email

    def is_registered(self, one: Candidate) -> bool:
        """Tell whether this candidate registered."""
        return self._is_known(one.registered_from)

    def has_attended(self, one: Candidate) -> bool:
        """Tell whether this candidate is known to have come."""
        return self._is_known(one.attended_from)

    def last_start(self, found: Chat) -> Millis:
        """Give when the chat starts on its last day."""
        return found.ends - HOUR

    def has_new_column(self, found: Chat) -> bool:
        """Tell whether the chat's rows have the column that older rows lack."""
        since = self.world.now - (self.world.step + _NEW_COLUMN_DAYS) * DAY
        return self.positions["new_columns"] == "later" and found.starts >= since

    def _is_known(self, instant: Millis | None) -> bool:
        return instant is not None and instant <= self.now
