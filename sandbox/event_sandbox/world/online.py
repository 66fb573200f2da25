"""Online events: webinars and virtual conferences, and their programmes.

Nothing in here ever changes: each fact carries the instant from which it is known, and the world's
day decides what has come to light. So a report fills, a person registers late and a recording
appears just because time passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world import names
from event_sandbox.world.model import DAY, HOUR, MINUTE, Slot, instant, once

if TYPE_CHECKING:
    import random
    from collections import Counter

    from event_sandbox.world.model import Millis, World

FOREIGN: Final = -1
"""The number of an event that belongs to somebody else."""

BIG: Final = 1
"""The number of the event that everybody attends, so that its reports have several pages."""

OPEN: Final = 11
"""The number of the event that has no end."""

_DESERTED: Final = 3
_FEWEST_EVENTS: Final = 4

_PAUSED_SLOT: Final = Slot(0, 0, days=2)
_SLOTS: Final = (
    Slot(-88, -80),
    Slot(-60, -50, days=3),
    Slot(-40, -31),
    Slot(-30, -20),
    Slot(-13, -11),
    Slot(-8, -6, days=2),
    Slot(-4, -3),
    Slot(-1, -1),
    Slot(-1, -1, days=3),
    _PAUSED_SLOT,
    Slot(2, 4),
    Slot(8, 20),
)
_OPEN_SLOT: Final = Slot(-100, -100)
_FOREIGN_SLOT: Final = Slot(-20, -15)

_FORM: Final = (
    ("Your question in advance", "question", "text", (), False),
    ("Region", "region", "radio", names.REGIONS, True),
    ("Fields of study", "fieldsOfStudy", "checkbox", names.FIELDS_OF_STUDY, False),
)
_ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London")


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


@dataclass(frozen=True, slots=True)
class Track:
    """Sessions that belong together."""

    number: int
    key: str
    name: str
    hue: int
    sessions: tuple[OnlineSession, ...]


@dataclass(frozen=True, slots=True)
class CustomField:
    """A question of the registration form."""

    key: str
    label: str
    name: str
    input: str
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

    def status(self, now: Millis) -> str:
        """Give where it stands."""
        if self.is_finished(now):
            return "FINISHED"
        if self.starts > now:
            return "CREATED"
        return "PAUSED" if self.paused else "ONGOING"


def event_numbers(world: World) -> list[int]:
    """Give the numbers of the events that are not archived, in the order of their creation."""
    return world.numbers(event_key)


@once
def event_key(world: World, number: int) -> str:
    """Give an event's key, a time-based UUID in form, without making the event."""
    return _uuid(world.rng("online", number, "key"), "11ed")


def find_event(world: World, key: str) -> int | None:
    """Give the number of the event of that key, if it exists and is not archived."""
    numbers = event_numbers(world)
    return next((number for number in numbers if event_key(world, number) == key), None)


def archive_now_and_then(world: World, changes: Counter[str]) -> None:
    """Let the organiser archive an event, old or new, but not those that tests count on."""
    numbers = [number for number in event_numbers(world) if number not in (BIG, OPEN)]
    if len(numbers) > _FEWEST_EVENTS:
        world.gone.add(event_key(world, world.rng("archive", world.step).choice(numbers)))
        changes["online_events_archived"] += 1


def is_deserted(number: int) -> bool:
    """Tell whether nobody ever registers for this event."""
    return number % len(_SLOTS) == _DESERTED


@once
def event(world: World, number: int) -> OnlineEvent:
    """Give an event with its programme."""
    rng = world.rng("online", number)
    slot = _slot(world, number)
    zone = ZoneInfo(_ZONES[number % len(_ZONES)])
    day = world.birthday(number) + timedelta(days=rng.randint(slot.first, slot.last))
    clock = 60 * rng.randint(8, 16) + rng.choice((0, 15, 30))
    days = [instant(day + timedelta(days=n), clock, zone) for n in range(slot.days)]
    ends = None if number == OPEN else days[-1] + 4 * HOUR
    sessions = _make_sessions(world, rng, number, days, ends)
    title = names.TITLES[number % len(names.TITLES)]
    return OnlineEvent(
        number=number,
        key=event_key(world, number),
        name=f"{title}: Northlight Online {number}",
        description=f"{title} for everybody who could not travel.",
        zone=zone,
        starts=days[0],
        ends=ends,
        paused=slot is _PAUSED_SLOT,
        sessions=sessions,
        booths=_make_booths(rng) if number % 4 == 1 else (),
        tracks=_make_tracks(rng, sessions) if number % 4 == 1 else (),
        fields=tuple(
            CustomField(_random_uuid(rng), *form)
            for form in (_FORM if number % 3 < 2 else ())  # noqa: PLR2004 - a third has none
        ),
    )


def _slot(world: World, number: int) -> Slot:
    if number == FOREIGN:
        return _FOREIGN_SLOT
    if number == OPEN:
        return _OPEN_SLOT
    if number >= world.size.events:
        return Slot(1, 5)
    return _SLOTS[number % len(_SLOTS)]


def _make_sessions(
    world: World, rng: random.Random, number: int, days: list[Millis], ends: Millis | None
) -> tuple[OnlineSession, ...]:
    """Give each day one to three sessions; longer events have a lounge that stays open."""
    kinds = ("HOSTING", "STREAMING", "BREAK", "SPEED_NETWORKING")
    plan: list[tuple[str, Millis | None, int]] = []
    if ends is None:
        plan.append(("FLUID_LOUNGE", None, 24 * 60))
    else:
        for day, opens in enumerate(days):
            plan += [
                (kinds[(day + n) % len(kinds)], opens + n * HOUR, rng.choice((30, 45, 60)))
                for n in range(1 + (number + day) % 3)
            ]
        if len(days) > 1:
            plan.append(("FLUID_LOUNGE", days[0], (ends - days[0]) // MINUTE))
    oldest = instant(world.first_today - timedelta(days=60))
    return tuple(_make_session(rng, at, planned, oldest) for at, planned in enumerate(plan))


def _make_session(
    rng: random.Random, number: int, planned: tuple[str, Millis | None, int], oldest: Millis
) -> OnlineSession:
    kind, starts, minutes = planned
    is_stage = kind in ("HOSTING", "STREAMING")
    recorded = None
    if is_stage and starts is not None and starts > oldest:
        # Recordings are kept for about sixty days; older ones went before the world began.
        recorded = starts + minutes * MINUTE + rng.randint(DAY, 2 * DAY)
    return OnlineSession(
        number=number,
        key=_random_uuid(rng),
        name=f"{names.SUBJECTS[rng.randrange(len(names.SUBJECTS))]} ({kind.lower()})",
        type=kind,
        starts=starts,
        minutes=minutes,
        summary="" if number % 3 else "What you take home: one thing to try tomorrow.",
        hosts=(_make_speaker(rng),),
        cohosts=(_make_speaker(rng),) if number % 3 == 1 else (),
        speakers=tuple(_make_speaker(rng) for _ in range(1 + number % 2)) if is_stage else (),
        recorded_from=recorded,
    )


def _make_speaker(rng: random.Random) -> OnlineSpeaker:
    letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    return OnlineSpeaker(
        key="".join(rng.choices(letters, k=9)),
        name=f"{rng.choice(names.FIRST_NAMES)} {rng.choice(names.LAST_NAMES)}",
        company=rng.choice(names.COMPANIES),
        role=rng.choice(names.ROLES),
    )


def _make_booths(rng: random.Random) -> tuple[Booth, ...]:
    return tuple(
        Booth(
            number=number,
            key=_random_uuid(rng),
            name=rng.choice(names.COMPANIES),
            exhibitors=tuple(f"booth{number}.{n}@example.com" for n in range(number)),
            tags=("Tools", "Santé")[:number],
        )
        for number in range(3)
    )


def _make_tracks(rng: random.Random, sessions: tuple[OnlineSession, ...]) -> tuple[Track, ...]:
    return tuple(
        Track(
            number=number,
            key=_random_uuid(rng),
            name=name,
            hue=rng.randrange(360),
            sessions=sessions[number::3],
        )
        for number, name in enumerate(("Practice", "Theorie & Praxis", "Networking"))
    )


def _random_uuid(rng: random.Random) -> str:
    return _uuid(rng, f"4{rng.randrange(4096):03x}")


def _uuid(rng: random.Random, third: str) -> str:
    digits = f"{rng.getrandbits(96):024x}"
    return f"{digits[:8]}-{digits[8:12]}-{third}-a{digits[12:15]}-{digits[12:24]}"
