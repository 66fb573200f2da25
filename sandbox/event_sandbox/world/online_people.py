"""Let people register for online events, come, answer, ask, and watch what they missed.

Whatever comes to light late does so within nine days after the event: an extraction that re-reads
two weeks sees all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from event_sandbox.world import names
from event_sandbox.world.model import DAY, HOUR, MINUTE, Growing, once
from event_sandbox.world.online import BIG, is_deserted
from event_sandbox.world.people import MOVED, person_at
from event_sandbox.world.sessions import fill_in

if TYPE_CHECKING:
    import random

    from event_sandbox.world.model import Millis, Person, PollType, World
    from event_sandbox.world.online import OnlineEvent, OnlineSession

_CAME: Final = 0.75
_VISITED: Final = 0.35
_WATCHED: Final = 0.3
_LATE: Final = 0.12
_INVITED: Final = 0.1
_TRACKED: Final = 0.6
_TWICE: Final = 0.1
_ANSWERED: Final = 0.7
_MOVED_DAYS: Final = 14
"""How long before the first day somebody got another address."""
_TICK: Final = 10
"""Times are known to the hundredth of a second, in every form that a vendor may give them."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One entry in an event's list of people; `registered` is None for the merely invited."""

    number: int
    person: Person
    known_from: Millis
    registered: Millis | None
    kind: str
    city: str
    country: str
    role: str
    mailed: bool
    answers: tuple[tuple[str, tuple[str, ...]], ...]
    """Keys of custom fields, and what was filled in."""
    utms: tuple[tuple[str, str | None], ...] | None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """One person's presence in a session or at a booth; its length may be corrected later."""

    person: Person
    at: Millis
    known_from: Millis
    spent: Growing
    """Milliseconds."""
    visits: int = 1
    interested: bool = False


@dataclass(frozen=True, slots=True)
class OnlineAnswer:
    """What one person answered to one poll."""

    person: Person
    session: OnlineSession
    question: str
    kind: PollType
    values: tuple[str | int | float, ...]
    at: Millis


@dataclass(frozen=True, slots=True)
class OnlineQuestion:
    """What one person, or nobody known, asked; votes come in for a while."""

    person: Person | None
    session: OnlineSession
    text: str
    votes: Growing
    at: Millis
    dated: bool

    @property
    def user(self) -> str | None:
        """Give who asked, as the platform knows them."""
        return self.person.user if self.person else None


@dataclass(frozen=True, slots=True)
class ReplayView:
    """One person's watching of one recorded session after the event."""

    number: int
    person: Person
    session: OnlineSession
    half_minutes: int
    at: Millis


@dataclass(frozen=True, slots=True)
class Activity:
    """All that people ever do at an event, in the order of each report."""

    stays: dict[str, tuple[Stay, ...]]
    """By the key of the session."""
    visits: dict[str, tuple[Stay, ...]]
    """By the key of the booth."""
    answers: tuple[OnlineAnswer, ...]
    questions: tuple[OnlineQuestion, ...]
    replays: tuple[ReplayView, ...]


@once
def registrations(world: World, event: OnlineEvent) -> tuple[Registration, ...]:
    """Give the event's list of people, in the order in which they came onto it."""
    rng = world.rng("online", event.number, "registrations")
    entries: list[Registration] = []
    for person in _audience(world, event, rng):
        entries.append(_make_registration(world, event, person, rng))
        first = entries[-1]
        is_seventh = len(entries) % 7 == 1 and not world.size.registrants
        if person.email and first.registered and is_seventh:
            again = _make_registration(world, event, person, rng, duplicate=True)
            entries.append(again)
    return tuple(sorted(entries, key=lambda entry: entry.known_from))


def _audience(world: World, event: OnlineEvent, rng: random.Random) -> list[Person]:
    if is_deserted(event.number) and not world.size.registrants:
        return []
    third = world.size.people // 3
    if world.size.registrants:
        size = world.size.registrants
    elif event.number == BIG:
        size = max(60, third)
    else:
        size = rng.randint(4, max(4, min(120, third)))
    numbers = rng.sample(range(world.size.people), min(size, world.size.people))
    if world.size.people > MOVED and MOVED not in numbers:
        numbers[-1] = MOVED
    people = [person_at(world, "online", number) for number in numbers]
    if event.starts <= world.now - (world.step + _MOVED_DAYS) * DAY:
        return people
    address = f"moved{MOVED:05d}@{names.MAIL_DOMAINS[0]}"
    return [replace(one, email=address) if one.number == MOVED else one for one in people]


def _make_registration(
    world: World,
    event: OnlineEvent,
    person: Person,
    rng: random.Random,
    *,
    duplicate: bool = False,
) -> Registration:
    if event.ends is None:
        known = event.starts + rng.randrange(130 * DAY // _TICK) * _TICK
    elif duplicate or rng.random() < _LATE:
        known = event.ends + rng.randrange(-HOUR // _TICK, 6 * DAY // _TICK) * _TICK
    else:
        known = event.starts - rng.randrange(HOUR // _TICK, 20 * DAY // _TICK) * _TICK
    invited = not duplicate and rng.random() < _INVITED and event.number != BIG
    kind = "Invitee" if invited else "Registered User" if person.email else "Guest"
    return Registration(
        number=person.number + (world.size.people if duplicate else 0),
        person=person,
        known_from=known,
        registered=None if invited else known,
        kind=kind,
        city=rng.choice(names.CITIES),
        country=rng.choice(names.COUNTRIES),
        role=rng.choice(names.ROLES),
        mailed=rng.random() < _CAME,
        answers=_fill_in(event, rng),
        utms=_utms(rng) if rng.random() < _TRACKED else None,
        duplicate=duplicate,
    )


def _fill_in(event: OnlineEvent, rng: random.Random) -> tuple[tuple[str, tuple[str, ...]], ...]:
    answers = []
    for field in event.fields:
        if field.required or rng.random() < _ANSWERED:
            if field.input == "checkbox":
                filled = tuple(rng.sample(field.options, rng.randint(1, 3)))
            else:
                filled = (rng.choice(field.options or names.OPEN_ANSWERS),)
            answers.append((field.key, filled))
    return tuple(answers)


def _utms(rng: random.Random) -> tuple[tuple[str, str | None], ...]:
    return (
        ("utm_source", rng.choice(("newsletter", "linkedin", "partner & friends"))),
        ("utm_medium", rng.choice((None, "email", "social"))),
        ("utm_campaign", rng.choice(("spring", "printemps été", "last-call"))),
        ("utm_term", rng.choice((None, "tax webinar"))),
        ("utm_content", rng.choice((None, "banner-1"))),
    )


@once
def activity(world: World, event: OnlineEvent) -> Activity:
    """Give what people ever do at the event."""
    rng = world.rng("online", event.number, "activity")
    entries = [e for e in registrations(world, event) if not e.duplicate and e.person.email]
    entries.sort(key=lambda entry: entry.number)
    held = [session for session in event.sessions if session.starts is not None]
    stages = [session for session in held if session.type in ("HOSTING", "STREAMING")]
    stays = {session.key: _attend(event, session, entries, rng) for session in held}
    visits: dict[str, tuple[Stay, ...]] = {}
    if event.ends is not None:
        for booth in event.booths:
            come = [entry for entry in entries if rng.random() < _VISITED]
            ends = event.ends
            visits[booth.key] = tuple(_stay(e, event.starts, ends, ends, rng) for e in come)
    return Activity(
        stays=stays,
        visits=visits,
        answers=_answer(event, stages, stays, rng),
        questions=_ask(stages, stays, rng),
        replays=_watch(event, stages, entries, rng),
    )


def _attend(
    event: OnlineEvent, session: OnlineSession, entries: list[Registration], rng: random.Random
) -> tuple[Stay, ...]:
    """Let people come to a session; to the first of the big event, everybody."""
    starts, ends = session.starts, session.ends
    if starts is None or ends is None or session.type == "BREAK":
        return ()
    everybody = event.number == BIG and session.number == 0
    return tuple(
        _stay(entry, starts, ends, ends, rng)
        for entry in entries
        if everybody or (entry.registered and rng.random() < _CAME)
    )


def _stay(
    entry: Registration, starts: Millis, ends: Millis, over: Millis, rng: random.Random
) -> Stay:
    spent = rng.randint(MINUTE, max(2 * MINUTE, ends - starts))
    late = rng.randrange(DAY, 6 * DAY) if rng.random() < _LATE else 0
    missing = spent - spent // 2 if rng.random() < _LATE else 0
    at = starts + rng.randrange(10 * MINUTE // _TICK) * _TICK
    corrected = over + rng.randrange(6 * DAY, 9 * DAY) if missing else over
    return Stay(
        person=entry.person,
        at=at,
        known_from=over + late,
        spent=Growing(spent - missing, missing, corrected),
        visits=rng.randint(1, 4),
        interested=rng.random() < _WATCHED,
    )


def _answer(
    event: OnlineEvent,
    stages: list[OnlineSession],
    stays: dict[str, tuple[Stay, ...]],
    rng: random.Random,
) -> tuple[OnlineAnswer, ...]:
    """Let those who came answer; some answer twice in the same words."""
    answers: list[OnlineAnswer] = []
    for session in stages[:3]:
        for offset in range(2):
            kind, question = names.POLLS[(event.number + session.number + offset) % 5]
            for stay in stays[session.key]:
                if event.number != BIG and rng.random() > _ANSWERED:
                    continue
                values = fill_in(kind, names.CHOICES, range(4), rng)
                at = stay.at + rng.randrange(20 * MINUTE // _TICK) * _TICK
                answers += [
                    OnlineAnswer(stay.person, session, question, kind, values, when)
                    for when in ((at, at + MINUTE) if rng.random() < _TWICE else (at,))
                ]
    answers.sort(key=lambda answer: (answer.person.number, answer.at))
    return tuple(answers)


def _ask(
    stages: list[OnlineSession], stays: dict[str, tuple[Stay, ...]], rng: random.Random
) -> tuple[OnlineQuestion, ...]:
    """Let some who came ask, by name or not; the same text may come twice from one person."""
    questions = []
    for session in stages:
        here = stays[session.key]
        for number in range(min(len(here), rng.randint(2, 6))):
            asker = None if number == 1 else rng.choice(here)
            at = (asker or here[0]).at + rng.randrange(30 * MINUTE // _TICK) * _TICK
            text = rng.choice(names.QUESTIONS)
            questions += [
                OnlineQuestion(
                    person=asker.person if asker else None,
                    session=session,
                    text=text,
                    votes=Growing(
                        rng.randrange(8), rng.randrange(3), at + rng.randrange(DAY, 5 * DAY)
                    ),
                    at=at + again * MINUTE,
                    dated=number % 3 != 2,  # noqa: PLR2004 - every third has no time
                )
                for again in range(2 if rng.random() < _TWICE else 1)
            ]
    questions.sort(key=lambda question: (question.user or "", question.at))
    return tuple(questions)


def _watch(
    event: OnlineEvent,
    stages: list[OnlineSession],
    entries: list[Registration],
    rng: random.Random,
) -> tuple[ReplayView, ...]:
    """Let people watch recordings in the days after the event, some of them twice."""
    views: list[ReplayView] = []
    if event.ends is None:
        return ()
    for session in stages:
        for entry in entries:
            for _ in range(2 if rng.random() < _TWICE else 1):
                if rng.random() < _WATCHED:
                    at = event.ends + rng.randrange(9 * DAY // _TICK) * _TICK
                    half = rng.randint(1, 2 * session.minutes)
                    views.append(ReplayView(len(views), entry.person, session, half, at))
    return tuple(views)
