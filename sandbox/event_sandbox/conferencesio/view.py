"""What of the world this vendor has: the ground that the answers and the truth share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.model import Session


@dataclass(frozen=True, slots=True)
class View:
    """The organiser's programme, under given positions of the switches."""

    world: World
    positions: Positions

    def existing(self) -> list[Session]:
        """Give all sessions, by id."""
        return sorted(self.world.sessions.values(), key=lambda session: session.key)

    def listed(self) -> list[Session]:
        """Give the sessions that the list shows, by id."""
        if self.positions["hidden_sessions"] == "listed":
            return self.existing()
        return [session for session in self.existing() if not session.hidden]

    def name(self, session: Session) -> str:
        """Give the session's name."""
        return session.name if self.positions["session_names"] == "unique" else session.title

    def external_id(self, session: Session) -> str | None:
        """Give the organiser's own id of the session."""
        return session.external_id if self.positions["session_external_ids"] == "present" else None
