"""What this vendor's records tell of people: `external_id` if the organiser gave one, an address.

Not told: registrations (whoever is on a session's list has registered for the app's one event),
cancellations (a record just goes), and which address the people of evaluations have. The id of an
evaluation's user is in no other record, so nobody is known by it.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from event_sandbox.conferencesio.shapes import SUBDOMAIN
from event_sandbox.records import Record, Told, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.conferencesio.view import View
    from event_sandbox.world.model import Checkin, Person


def _named(person: Person | None, *, told: bool) -> Who | None:
    if person is None or not told:
        return None
    return Who(person.human, person.external_id, person.email or None)


def _checkins(view: View, *, absent: bool) -> Iterator[Record]:
    for session in view.listed():
        for checkin in session.checkins:
            if absent or checkin.arrived is not None:
                who = Who(checkin.person.human, checkin.external_id, checkin.email or None)
                columns = {"session_id": session.key, "mode": "live", "minutes": _minutes(checkin)}
                yield Record(SUBDOMAIN, who, columns)


_attendance = partial(_checkins, absent=False)


def _minutes(checkin: Checkin) -> float | None:
    """Give the time between coming in and going out; None if nobody went out."""
    stays = [
        (leaves.at - comes.at) / 60_000
        for comes, leaves in pairwise(checkin.visits)
        if (comes.action, leaves.action) == ("checkin", "checkout")
    ]
    return sum(stays) if stays else None


def _engagement(view: View) -> Iterator[Record]:
    named = view.positions["poll_responses"] == "objects"
    for session in view.listed():
        for poll in session.polls:
            for answer in poll.answers:
                for _ in answer.values:
                    who = _named(answer.person, told=named)
                    yield Record(SUBDOMAIN, who, {"type": "poll_response"})
        for question in session.questions:
            who = _named(question.person, told=view.positions["question_shape"] != "texts")
            yield Record(SUBDOMAIN, who, {"type": "question"})
    for session in view.existing():
        for evaluation in session.evaluations:
            person = evaluation.person
            who = Who(person.human, person.external_id, None)
            yield Record(SUBDOMAIN, who, {"type": "evaluation"})


TOLD: Final[Told[View]] = Told(
    SUBDOMAIN,
    {
        "listed": partial(_checkins, absent=True),
        "attendance": _attendance,
        "event_attendance": _attendance,
        "engagement": _engagement,
    },
)
