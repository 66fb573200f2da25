"""What this vendor's rows tell of people: an address, unless it is missing or was erased.

Not told: events (the account stands for all of them), ids, times, cancellations. A chat's own id
shows only where somebody attended it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.meetengage.view import ACCOUNT
from event_sandbox.records import Record, Told, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.meetengage.view import View
    from event_sandbox.world.chats import Candidate, Chat


def _rows(view: View) -> Iterator[tuple[Chat, Candidate, Who]]:
    for chat in view.readable():
        for one in view.candidates(chat):
            yield chat, one, Who(one.person.human, None, view.email(one) or None)


def _registrations(view: View) -> Iterator[Record]:
    for _, one, who in _rows(view):
        if view.is_registered(one):
            columns = {"registration_id": None, "status": None, "is_cancelled": None}
            yield Record(ACCOUNT, who, columns)


def _attendance(view: View) -> Iterator[Record]:
    for chat, one, who in _rows(view):
        if view.has_attended(one):
            yield Record(ACCOUNT, who, {"session_id": chat.key, "mode": "live", "minutes": None})


def _engagement(view: View) -> Iterator[Record]:
    for record in _attendance(view):
        yield Record(ACCOUNT, record.who, {"type": "chat"})


TOLD: Final[Told[View]] = Told(
    ACCOUNT,
    {
        "registration": _registrations,
        "attendance": _attendance,
        "event_attendance": _attendance,
        "engagement": _engagement,
        "other": lambda view: (Record(ACCOUNT, who) for _, _, who in _rows(view)),
    },
)
