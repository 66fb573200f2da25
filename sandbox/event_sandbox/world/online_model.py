"""What an online event consists of.

Nothing in here ever changes: each fact carries the instant from which it is known, and the world's
day decides what has come to light. So a report fills, a person registers late and a recording
appears just because time passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from event_sandbox.world.model import Millis, Person, PollType

Status = Literal["CREATED", "ONGOING", "PAUSED", "FINISHED"]


@dataclass(frozen=True, slots=True)
class OnlineSpeaker:
    """Somebody on an online stage."""

    key: str
    name: str
    company: str
    role: str


@dataclass(frozen=True, slots=True)
class OnlineSession:
    """One slot of an online event; a lounge that is always open has no start."""

    number: int
    key: str
    name: str
    type: str
    starts: Millis | None
    minutes: int
    summary: str
    hosts: tuple[OnlineSpeaker, ...]
    cohosts: tuple[OnlineSpeaker, ...]
    speakers: tuple[OnlineSpeaker, ...]
    recorded_from: Millis | None

    @property
    def ends(self) -> Millis | None:
        """Give the instant at which it is over."""
        return None if self.starts is None else self.starts + self.minutes * 60_000


@dataclass(frozen=True, slots=True)
class Booth:
    """A company's stand at an online event."""

    number: int
    key: str
    name: str
    exhibitors: tuple[str, ...]
    tags: tuple[str, ...]
    exhibits: bool


@dataclass(frozen=True, slots=True)
class Track:
    """Sessions that belong together."""

    number: int
    key: str
    name: str
    description: str
    hue: int
    sessions: tuple[OnlineSession, ...]


@dataclass(frozen=True, slots=True)
class CustomField:
    """A question of the registration form."""

    key: str
    label: str
    name: str
    input: Literal["text", "radio", "checkbox"]
    options: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class OnlineEvent:
    """An online event and its programme; without an end it is always open."""

    number: int
    key: str
    name: str
    description: str
    zone: ZoneInfo
    starts: Millis
    ends: Millis | None
    paused: bool
    sessions: tuple[OnlineSession, ...]
    booths: tuple[Booth, ...]
    tracks: tuple[Track, ...]
    fields: tuple[CustomField, ...]

    def is_finished(self, now: Millis) -> bool:
        """Tell whether it is over."""
        return self.ends is not None and self.ends <= now

    def status(self, now: Millis) -> Status:
        """Give where it stands."""
        if self.is_finished(now):
            return "FINISHED"
        if self.starts > now:
            return "CREATED"
        return "PAUSED" if self.paused else "ONGOING"


@dataclass(frozen=True, slots=True)
class Registration:
    """One entry in an event's list of people; `registered` is None for the merely invited."""

    number: int
    person: Person
    user: str
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
    user: str
    at: Millis
    known_from: Millis
    first_spent: int
    """Milliseconds."""
    spent: int
    corrected_from: Millis
    visits: int = 1
    interested: bool = False

    def spent_by(self, now: Millis) -> int:
        """Give how long it lasted, as far as that is known now."""
        return self.spent if self.corrected_from <= now else self.first_spent


@dataclass(frozen=True, slots=True)
class OnlineAnswer:
    """What one person answered to one poll."""

    person: Person
    user: str
    session: OnlineSession
    question: str
    kind: PollType
    values: tuple[str | int | float, ...]
    at: Millis


@dataclass(frozen=True, slots=True)
class OnlineQuestion:
    """What one person, or nobody known, asked; votes come in for a while."""

    person: Person | None
    user: str | None
    session: OnlineSession
    text: str
    votes: int
    more_votes: int
    more_from: Millis
    at: Millis
    dated: bool

    def votes_by(self, now: Millis) -> int:
        """Give the votes that it has now."""
        return self.votes + (self.more_votes if self.more_from <= now else 0)


@dataclass(frozen=True, slots=True)
class ReplayView:
    """One person's watching of one recorded session after the event."""

    number: int
    person: Person
    user: str
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
