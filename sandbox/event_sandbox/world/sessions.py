"""Let sessions take place: people are preloaded, come, answer, ask, and judge.

Build and advance share this code, and every session-day has its own random stream. So a session
that was already over when the world began looks like one that was advanced through.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world import names
from event_sandbox.world.model import (
    HOUR,
    MINUTE,
    Answer,
    Award,
    Checkin,
    Evaluation,
    Poll,
    Question,
    Visit,
    instant,
)
from event_sandbox.world.people import person_at
from event_sandbox.world.programme import TIMEZONE, make_key

if TYPE_CHECKING:
    import random
    from datetime import date

    from event_sandbox.world.model import Millis, Person, PollType, Session, World

_CAME: Final = 0.85
_CAME_BACK: Final = 0.7
_CHECKED_OUT: Final = 0.8
_TOOK_A_BREAK: Final = 0.15
_PRELOADED: Final = 0.75
_ANSWERED: Final = 0.6
_EVALUATED: Final = 0.3
_NOTED: Final = 0.06
_ONLINE_IF_HYBRID: Final = 0.4
_SOON: Final = 3


def preload(world: World, session: Session) -> None:
    """Put the expected people on the list, and the prepared polls into the session."""
    rng = world.rng("preload", session.index)
    expected = max(2, int(len(session.audience) * _PRELOADED))
    for number in session.audience[:expected]:
        add_checkin(session, person_at(world, "programme", number))
    if session.silent:
        return
    for rank in range(1 + session.index % 3):
        session.polls.append(_make_poll(world, session, rng, rank))


def hold_until(world: World, session: Session, day: date) -> None:
    """Play the days of the session that have come by the end of `day`.

    A session without a date is on demand: its one day is played at once.
    """
    first = session.first_day or world.first_today - timedelta(days=_SOON)
    last = session.last_day or first
    while (current := first + timedelta(days=session.days_held)) <= min(day, last):
        _hold_day(world, session, current, last=current == last)


def opening(session: Session, day: date) -> Millis:
    """Give the instant at which the session's doors open on a day."""
    minutes = session.start.hour * 60 + session.start.minute if session.start else 9 * 60
    return instant(day, minutes, ZoneInfo(TIMEZONE))


def add_checkin(session: Session, person: Person) -> Checkin:
    """Put a person on the session's list, not yet arrived."""
    number = session.checkins[-1].number + 1 if session.checkins else 0
    checkin = Checkin(number, person, person.email, person.external_id)
    session.checkins.append(checkin)
    return checkin


def _hold_day(world: World, session: Session, day: date, *, last: bool) -> None:
    rng = world.rng("day", session.index, session.days_held)
    opens = opening(session, day)
    if session.days_held == 0:
        _open_doors(world, session, opens, rng)
    else:
        for checkin in session.checkins:
            if checkin.visits and rng.random() < _CAME_BACK:
                checkin.visits.append(Visit("checkin", opens + rng.randint(0, 10 * MINUTE)))
                check_out(checkin, rng)
    session.days_held += 1
    if last:
        for checkin in session.arrived():
            if rng.random() < _EVALUATED:
                evaluate(session, checkin, opens + 3 * HOUR, rng)


def _open_doors(world: World, session: Session, opens: Millis, rng: random.Random) -> None:
    """Play the first day: the expected and the unexpected come, answer and ask."""
    expected = {checkin.person.number for checkin in session.checkins}
    for number in session.audience:
        if number not in expected:
            add_checkin(session, person_at(world, "programme", number))
    for checkin in tuple(session.checkins):
        if rng.random() < _CAME:
            check_in(session, checkin, opens, rng)
    _add_duplicates(session, opens, rng)
    answer_polls(session, opens, rng)
    for _ in range(0 if session.silent else rng.randint(1, 6)):
        ask(session, opens, rng)


def check_in(session: Session, checkin: Checkin, opens: Millis, rng: random.Random) -> None:
    """Let a person arrive, and mostly leave through the door as well."""
    online = session.event.is_online or (
        session.delivery == "hybrid" and rng.random() < _ONLINE_IF_HYBRID
    )
    checkin.arrived = opens + rng.randint(-15 * MINUTE, 20 * MINUTE)
    checkin.delivery = "virtual" if online else "in-person"
    checkin.source_in = rng.choice(("kiosk", "self", "admin")) if rng.random() < _CAME else None
    checkin.visits.append(Visit("checkin", checkin.arrived))
    if rng.random() < _TOOK_A_BREAK:
        pause = checkin.arrived + rng.randint(20 * MINUTE, 30 * MINUTE)
        checkin.visits.append(Visit("checkout", pause))
        checkin.visits.append(Visit("checkin", pause + rng.randint(5 * MINUTE, 10 * MINUTE)))
    if rng.random() < _CHECKED_OUT:
        check_out(checkin, rng)
    if rng.random() < _NOTED:
        checkin.admin_note = rng.choice(names.NOTES)
    if rng.random() < _NOTED:
        edit_times(checkin, rng)
    if rng.random() < _NOTED:
        checkin.attendee_note = rng.choice(names.NOTES)
    checkin.awards = [
        Award(credit, credit.credits, tuple(credit.codewords[: rng.randint(0, 4)]))
        for credit in session.credit_types
    ]


def check_out(checkin: Checkin, rng: random.Random) -> None:
    """Let a person leave some time after the last action at the door."""
    checkin.left = checkin.visits[-1].at + rng.randint(30 * MINUTE, 90 * MINUTE)
    checkin.source_out = checkin.source_in
    checkin.visits.append(Visit("checkout", checkin.left))


def edit_times(checkin: Checkin, rng: random.Random) -> None:
    """Let an admin correct when somebody came and left."""
    if checkin.arrived is not None:
        checkin.arrived_edited = checkin.arrived - rng.randint(1, 30) * MINUTE
    if checkin.left is not None:
        checkin.left_edited = checkin.left + rng.randint(1, 30) * MINUTE
    checkin.admin_note = "time corrected"


def _add_duplicates(session: Session, opens: Millis, rng: random.Random) -> None:
    """Let some people stand in the list twice, as happens before an admin merges records."""
    candidates = [c for c in session.checkins if c.email and c.external_id and c.arrived]
    for original in candidates[: max(1, len(candidates) // 20)]:
        again = add_checkin(session, original.person)
        again.email = original.email.capitalize()
        again.external_id = None
        again.duplicate = True
        check_in(session, again, opens, rng)


def _make_poll(world: World, session: Session, rng: random.Random, rank: int) -> Poll:
    kind, question = names.POLLS[(session.index + rank) % len(names.POLLS)]
    day = (session.first_day or world.first_today) - timedelta(days=_SOON)
    scales: dict[str, tuple[str, ...]] = {"rating": ("1", "2", "3", "4", "5"), "open_ended": ()}
    return Poll(
        key=make_key(rng, 24),
        name=question,
        rank=rank,
        type=kind,
        choices=scales[kind] if kind in scales else tuple(rng.sample(names.CHOICES, 3)),
        created=opening(session, day) + rank * MINUTE,
    )


def answer_polls(session: Session, at: Millis, rng: random.Random) -> int:
    """Let some of the people who came and have not answered yet answer; give how many did."""
    answered = 0
    for poll in session.polls:
        done = {answer.person.number for answer in poll.answers}
        for checkin in session.arrived():
            is_new = not checkin.duplicate and checkin.person.number not in done
            if is_new and rng.random() < _ANSWERED:
                values = fill_in(poll.type, poll.choices, range(1, 3), rng)
                poll.answers.append(Answer(checkin.person, values, at + rng.randint(0, HOUR)))
                done.add(checkin.person.number)
                answered += 1
    return answered


def fill_in(
    kind: PollType, choices: tuple[str, ...], ticked: range, rng: random.Random
) -> tuple[str | int | float, ...]:
    """Give somebody's answer to a poll; where several choices may be ticked, `ticked` of them."""
    if kind == "open_ended":
        return (rng.choice(names.OPEN_ANSWERS),)
    if kind == "rating":
        return (rng.choice((1, 2, 3, 4, 4.5, 5)),)
    if kind == "multiple_answer":
        return tuple(rng.sample(choices, rng.choice(ticked)))
    return (rng.choice(choices),)


def ask(session: Session, at: Millis, rng: random.Random) -> None:
    """Let somebody ask a question, by name or anonymously; the same text may come twice."""
    here = [checkin.person for checkin in session.arrived()]
    session.questions.append(
        Question(
            key=make_key(rng, 12),
            person=rng.choice(here) if here and rng.random() < _CAME_BACK else None,
            text=rng.choice(names.QUESTIONS),
            votes=rng.randrange(20),
            at=at + rng.randint(0, HOUR),
        )
    )


def evaluate(session: Session, checkin: Checkin, at: Millis, rng: random.Random) -> int:
    """Let a person fill in the evaluation form; give the number of answers."""
    checkin.evaluated = True
    at += rng.randint(0, 20 * HOUR)
    value, label = rng.choice(names.GRADES)
    form = [
        Evaluation(checkin.person, None, "How was this session?", label, value, at),
        Evaluation(checkin.person, None, "Anything else?", rng.choice(names.NOTES), None, at),
    ]
    for speaker in session.speakers[:1]:
        value, label = rng.choice(names.GRADES)
        form.append(Evaluation(checkin.person, speaker, "How was the speaker?", label, value, at))
    session.evaluations.extend(form)
    return len(form)
