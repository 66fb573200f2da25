"""What the world consists of.

Instants are integers, milliseconds since 1970 in UTC; days and wall-clock times are local to the
event's time zone. That keeps a large world small and leaves every rendering to the vendors.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Concatenate, Final, Literal, ParamSpec, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from zoneinfo import ZoneInfo

P = ParamSpec("P")
T = TypeVar("T")

Millis = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

EPOCH: Final = date(1970, 1, 1).toordinal()

PollType = Literal["multiple_choice", "multiple_answer", "rating", "open_ended"]


def instant(day: date, minutes: int = 0, zone: tzinfo = UTC) -> Millis:
    """Give the instant at which a day's clock shows so many minutes since midnight."""
    clock = datetime.combine(day, time(*divmod(minutes, 60)), zone)
    return int(clock.timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an event lies, in days from the one that its place counts from, and for how long."""

    first: int
    last: int
    days: int = 1


@dataclass(frozen=True, slots=True)
class Growing:
    """A number that turns out to be larger later."""

    first: int
    more: int
    more_from: Millis

    def by(self, now: Millis) -> int:
        """Give the number, as far as it is known now."""
        return self.first + (self.more if self.more_from <= now else 0)


@dataclass(frozen=True, slots=True)
class Event:
    """A conference, a roadshow, or a series of webinars."""

    name: str
    zone: ZoneInfo
    is_online: bool = False


@dataclass(slots=True)
class Person:
    """Somebody who registers for things, as one place knows them.

    Not everybody has an e-mail or an external id. `number` counts the people of that place, `human`
    is the same at all places.
    """

    number: int
    human: str
    first_name: str
    last_name: str
    email: str
    external_id: str | None
    company: str
    region: str | None
    registration: str | None
    user: str
    """By which the platform of online events, or a hub, knows them; empty elsewhere."""


@dataclass(slots=True)
class Speaker:
    """Somebody on stage."""

    key: str
    name: str
    external_id: str | None


@dataclass(slots=True)
class CreditType:
    """A field of study that a session gives credits in, with its codewords."""

    name: str
    credits: float
    codewords: tuple[str, ...]


@dataclass(slots=True)
class Award:
    """What one person was credited in one field of study; an admin may change `credits`."""

    type: CreditType
    credits: float
    said: tuple[str, ...]


@dataclass(slots=True)
class Visit:
    """One action at the door."""

    action: Literal["checkin", "checkout"]
    at: Millis


@dataclass(slots=True)
class Checkin:
    """One record of attendance: a person, preloaded or walked in, and what the door saw.

    `email` and `external_id` are what this record holds: people type their e-mail themselves, so
    the same person may stand twice in a session until an admin merges the records.
    """

    number: int
    person: Person
    email: str
    external_id: str | None
    duplicate: bool = False
    arrived: Millis | None = None
    left: Millis | None = None
    arrived_edited: Millis | None = None
    left_edited: Millis | None = None
    delivery: str | None = None
    admin_note: str | None = None
    attendee_note: str | None = None
    source_in: str | None = None
    source_out: str | None = None
    evaluated: bool = False
    awards: list[Award] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """What one person answered in a poll: choices ticked, a number, or a text."""

    person: Person
    values: tuple[str | int | float, ...]
    at: Millis


@dataclass(slots=True)
class Poll:
    """A question with choices that the audience answers live."""

    key: str
    name: str
    rank: int
    type: PollType
    choices: tuple[str, ...]
    created: Millis
    answers: list[Answer] = field(default_factory=list)


@dataclass(slots=True)
class Question:
    """A question from the audience; anonymous when there is no person."""

    key: str
    person: Person | None
    text: str
    votes: int
    at: Millis


@dataclass(slots=True)
class Evaluation:
    """One answer to one question of a session's evaluation form."""

    person: Person
    speaker: Speaker | None
    question: str
    response: str
    value: float | None
    at: Millis


@dataclass(slots=True)
class Session:
    """One slot of a programme with everything that happened in it.

    `title` repeats between sessions, `name` is unique. `silent` sessions have neither polls nor
    questions, `audience` are the numbers of the people who may come, and `days_held` says how many
    of its days have passed, so that a day is played once only.
    """

    index: int
    key: str
    external_id: str | None
    event: Event
    title: str
    name: str
    location: str | None
    description: str | None
    first_day: date | None
    last_day: date | None
    start: time | None
    end: time | None
    speakers: tuple[Speaker, ...]
    credit_types: tuple[CreditType, ...]
    objectives: tuple[str, ...]
    checkin_required: bool | None
    checkout_required: bool | None
    delivery: str | None
    access_code: str | None
    moderator_password: str | None
    checkin_code: str | None
    checkout_code: str | None
    hidden: bool
    silent: bool
    audience: tuple[int, ...]
    days_held: int = 0
    checkins: list[Checkin] = field(default_factory=list)
    polls: list[Poll] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)

    def arrived(self) -> list[Checkin]:
        """Give the records of those who came."""
        return [checkin for checkin in self.checkins if checkin.arrived is not None]


@dataclass(slots=True)
class Account:
    """A person at a trade show. Exhibitors have a stand; no two have the same name and company.

    `updated` carries the clock of whoever changed it, so it does not count in comparisons.
    """

    number: int
    person: Person
    category: Literal["Exhibitor", "Hosted Buyer", "Visitor"]
    hall: str | None
    stand: str | None
    job_title: str
    country: str
    may_meet: bool
    may_chat: bool
    updated: Millis = field(compare=False)
    is_active: bool = True


@dataclass(slots=True)
class Meeting:
    """Two or more people at a stand or a table; the first of them asked for it.

    Created and changed at whole seconds, of the clock of whoever did it (see `Account`); `changed`
    is None until somebody changes it.
    """

    number: int
    people: list[Account]
    starts: Millis
    minutes: int
    hall: str
    stand: str
    is_online: bool
    subject: str
    message: str | None
    tags: tuple[str, ...]
    created: Millis = field(compare=False)
    changed: Millis | None = field(default=None, compare=False)
    status: Literal["requested", "confirmed", "cancelled"] = "requested"
    completed: bool = False


@dataclass(slots=True)
class Fair:
    """A trade show: its accounts by rising number, and its meetings in the order of creation."""

    number: int
    zone: ZoneInfo
    first_day: date
    last_day: date
    accounts: list[Account] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    made: int = 0
    """How many meetings were ever made: a deleted one's number does not come back."""
    looks: set[tuple[str, str, str]] = field(default_factory=set)
    """First name, last name and company of the accounts: nobody else gets the same."""


class Size(msgspec.Struct, frozen=True):
    """How much there is on the first day; what comes later is numbered on."""

    sessions: int
    people: int
    events: int = 12
    """Online events."""
    registrants: int | None = None
    """How many people each online event has on its list; None for a number that varies."""
    hub_events: int = 5
    hub_sessions: int | None = None
    """How many sessions each event of a hub has; None for a number that varies."""


@dataclass(slots=True)
class World:
    """Everything there is, at one point in time."""

    seed: int
    size: Size
    first_today: date
    today: date
    step: int = 0
    sessions: dict[str, Session] = field(default_factory=dict)
    fairs: dict[int, Fair] = field(default_factory=dict)
    """Trade shows, by number."""
    made: int = 0
    """How many sessions were ever made; the next one's index."""
    keys: set[str] = field(default_factory=set)
    """Session keys ever given out: a vanished session's key does not come back."""
    gone: set[str] = field(default_factory=set)
    """The keys of online events, live chats and a hub's sessions that vanished."""
    hub_checked_in: set[str] = field(default_factory=set)
    """The barcodes of tickets that somebody checked in through the API."""
    made_online: dict[tuple[object, ...], Any] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What was made when it was first asked for: people, and parts of events and live chats."""

    @property
    def now(self) -> Millis:
        """Give the instant at which the world stands: the end of its day in UTC."""
        return (self.today.toordinal() + 1 - EPOCH) * DAY

    def rng(self, *path: object) -> random.Random:
        """Give the random stream of that name: the same in every world with this seed."""
        return random.Random("/".join(map(str, (self.seed, *path))))  # noqa: S311 - must repeat

    def numbers(self, key_of: Callable[[World, int], str]) -> list[int]:
        """Give the numbers of what every other day brings one more of, without those gone."""
        made = self.size.events + (self.step + 1) // 2
        return [number for number in range(made) if key_of(self, number) not in self.gone]

    def birthday(self, number: int) -> date:
        """Give the day on which the one of that number came to be, or the first."""
        return self.first_today + timedelta(days=max(0, 1 + 2 * (number - self.size.events)))

    def counts(self) -> Counter[str]:
        """Count what there is, by kind."""
        return Counter(
            people=self.size.people,
            sessions=len(self.sessions),
            checkins=sum(len(session.checkins) for session in self.sessions.values()),
            meetings=sum(len(fair.meetings) for fair in self.fairs.values()),
        )


def once(
    make: Callable[Concatenate[World, P], T],
) -> Callable[Concatenate[World, P], T]:
    """Make a thing of a world when it is first asked for, and give the same one from then on.

    So a benchmark's world of many large events costs only what is read of it. Things that others
    are made of are told apart by their keys.
    """

    @functools.wraps(make)
    def give(world: World, /, *parts: P.args, **named: P.kwargs) -> T:
        told_by = (*parts, *named.values())
        name = (make, *(getattr(part, "key", part) for part in told_by))
        if name not in world.made_online:
            world.made_online[name] = make(world, *parts, **named)
        made: T = world.made_online[name]
        return made

    return give
