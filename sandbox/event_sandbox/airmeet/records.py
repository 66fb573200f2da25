"""What this vendor's rows tell of people: `user_id` where there is one, and an address.

Not told: ids of registrations, cancellations, the unit of `time_spent` (milliseconds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.records import Record, Told, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.airmeet.view import View
    from event_sandbox.world.model import Person


def _who(person: Person, *, told: bool = True) -> Who:
    return Who(person.human, person.user if told else None, person.email or None)


def _registrations(view: View) -> Iterator[Record]:
    told = view.positions["participant_user_id"] == "present"
    for event in view.readable():
        for entry in view.registrations(event):
            columns = {"registration_id": None, "status": entry.kind, "is_cancelled": None}
            yield Record(event.key, _who(entry.person, told=told), columns)


def _attendance(view: View) -> Iterator[Record]:
    told = view.positions["replay_fields"] == "many"
    for event in view.reporting():
        for session in event.sessions:
            for stay in view.session_stays(event, session):
                minutes = stay.spent.by(view.now) / 60_000
                columns = {"session_id": session.key, "mode": "live", "minutes": minutes}
                yield Record(event.key, _who(stay.person), columns)
        for watched in view.replays(event):
            half = watched.half_minutes
            whole = view.positions["duration_viewed"] == "integer"
            minutes = half // 2 if whole else half / 2
            columns = {"session_id": watched.session.key, "mode": "replay", "minutes": minutes}
            yield Record(event.key, _who(watched.person, told=told), columns)


def _event_attendance(view: View) -> Iterator[Record]:
    """Give who was in any finished session: the vendor's own report, which leaves replays out."""
    return (record for record in _attendance(view) if record.told["mode"] == "live")


def _engagement(view: View) -> Iterator[Record]:
    for event in view.readable():
        for answer in view.answers(event):
            yield Record(event.key, _who(answer.person), {"type": "poll_response"})
        for question in view.questions(event):
            who = _who(question.person) if question.person else None
            yield Record(event.key, who, {"type": "question"})
    for event in view.reporting():
        for booth in event.booths:
            for stay in view.booth_stays(event, booth):
                columns = {"type": "booth_visit", "acts": stay.visits}
                yield Record(event.key, _who(stay.person), columns)


TOLD: Final[Told[View]] = Told(
    None,
    {
        "registration": _registrations,
        "attendance": _attendance,
        "event_attendance": _event_attendance,
        "engagement": _engagement,
    },
)
