"""What this vendor's rows tell of people: a ticket has an address, who goes to a session a user id.

Not told: when and how long somebody was in a session (only a share of the video's length), and
whatever people do there. An event is called by its address (`event_url`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.records import Record, Told, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.accelevents.view import View
    from event_sandbox.world.model import Person


def _who(person: Person, *, told: bool = True) -> Who:
    return Who(person.human, person.user if told else None, person.email or None)


def _registrations(view: View) -> Iterator[Record]:
    """Give each ticket."""
    for event in view.readable():
        for ticket, order in view.tickets(event):
            status = view.ticket_status(event, ticket, order)
            columns = {
                "registration_id": ticket.barcode,
                "status": status,
                "is_cancelled": status == "REFUNDED",
            }
            yield Record(event.slug, _who(ticket.person, told=False), columns)


def _attendance(view: View) -> Iterator[Record]:
    for event in view.readable():
        for session in view.sessions(event):
            for visit in view.came(session):
                columns = {"session_id": str(session.key), "mode": "live", "minutes": None}
                yield Record(event.slug, _who(visit.ticket.person), columns)


def _event_attendance(view: View) -> Iterator[Record]:
    """Give whose ticket was checked in, and who was in a session."""
    for event in view.readable():
        for ticket, order in view.tickets(event):
            if view.ticket_status(event, ticket, order) == "CHECKED_IN":
                yield Record(event.slug, _who(ticket.person, told=False))
    yield from _attendance(view)


def _others(view: View) -> Iterator[Record]:
    """Give who registered for a session, or works at a stand."""
    for event in view.readable():
        for session in view.sessions(event):
            for visit in view.attendees(session):
                yield Record(event.slug, _who(visit.ticket.person))
        for company in event.exhibitors:
            for member in company.staff:
                yield Record(event.slug, _who(member.person))


TOLD: Final[Told[View]] = Told(
    None,
    {
        "registration": _registrations,
        "attendance": _attendance,
        "event_attendance": _event_attendance,
        "other": _others,
    },
)
