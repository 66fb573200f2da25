"""The events of a hub, which are sold, held on site and online, and analysed.

As with online events, nothing in here ever changes: each fact carries the instant from which it is
known. Whatever comes to light late about a session does so within nine days after it; orders alone
may be refunded at any time. All instants are whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world import names
from event_sandbox.world.model import DAY, MINUTE, instant, once
from event_sandbox.world.people import FIRST_USER, person_at

if TYPE_CHECKING:
    import random
    from datetime import date

    from event_sandbox.world.model import Millis, Person, World

OTHER: Final = -1
"""The number of an event of the same organisation that nobody asks to read."""

BIG: Final = 0
"""The number of the event whose lists have several pages."""

SERIES: Final = 2
"""The number of the event that never ends: every other day brings a session."""

AHEAD: Final = 4
"""The number of the event that is still to come."""

DESERTED: Final = (1, 2)
"""The event and the number of the session to which nobody goes."""

_UNSCHEDULED: Final = (3, 3)
"""The event and the number of the session that has no times."""

_ANNOUNCED_DAYS: Final = 6
_MOST_A_DAY: Final = 5
_ZONES: Final = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "America/Chicago")


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where an event lies, in days from the first today, and how many sessions it has."""

    first: int
    days: int
    sessions: int


_SLOTS: Final = (
    _Slot(-45, 3, 12),
    _Slot(-25, 1, 3),
    _Slot(-60, 420, 8),
    _Slot(-5, 2, 4),
    _Slot(12, 2, 3),
)
_LATER_SLOT: Final = _Slot(-30, 2, 4)
"""Events beyond the first five are over and settled, so that a large world is an archive."""

_FORMATS: Final = (
    ("main", "ACCELEVENTS"),
    ("breakout", "ZOOM"),
    ("workshop", "ACCELEVENTS"),
    ("main", "WISTIA"),
    ("breakout", "YOUTUBE"),
    ("networking", "ACCELEVENTS"),
    ("main", "FACEBOOK"),
    ("breakout", "DIRECT_UPLOAD"),
)
_TICKET_TYPES: Final = (
    ("General Admission", 9900, False),
    ("Étudiant·e", 0, False),
    ("VIP", 49950, True),
)


@dataclass(frozen=True, slots=True)
class HubSpeaker:
    """Somebody who speaks at an event."""

    number: int
    key: int
    user: int
    first_name: str
    last_name: str
    email: str
    title: str
    company: str
    bio: str
    pronouns: str
    moderates: bool | None


@dataclass(frozen=True, slots=True)
class HubAsset:
    """A recorded video of a session."""

    number: int
    key: int
    name: str
    created: Millis
    created_by: int
    seconds: int


@dataclass(frozen=True, slots=True)
class HubSession:
    """One slot of an event's programme; one that is not scheduled yet has no times."""

    number: int
    event: int
    """The number of its event."""
    key: int
    title: str
    description: str | None
    location: str | None
    starts: Millis | None
    minutes: int
    known_from: Millis
    format: str
    provider: str
    capacity: int | None
    hidden: bool
    private: bool
    talkative: bool
    """Chat, polls and questions are on."""
    speakers: tuple[HubSpeaker, ...]
    assets: tuple[HubAsset, ...]

    @property
    def ends(self) -> Millis | None:
        """Give the instant at which it is over."""
        return None if self.starts is None else self.starts + self.minutes * 60_000

    def is_over(self, now: Millis) -> bool:
        """Tell whether it was held."""
        return self.ends is not None and self.ends <= now

    @property
    def has_video(self) -> bool:
        """Tell whether there is a video whose length could be known."""
        return self.format in ("main", "breakout")

    @property
    def is_watched(self) -> bool:
        """Tell whether the platform sees who watches; on other companies' players it does not."""
        return self.has_video and self.provider not in ("ZOOM", "FACEBOOK", "WISTIA")


@dataclass(frozen=True, slots=True)
class HubTicketType:
    """A kind of ticket."""

    number: int
    key: int
    name: str
    cents: int
    seats: int
    hidden: bool


@dataclass(frozen=True, slots=True)
class HubStaff:
    """Somebody at an exhibitor's stand."""

    number: int
    key: int
    person: Person
    is_admin: bool
    leads_a_day: int


@dataclass(frozen=True, slots=True)
class HubCompany:
    """A sponsor or an exhibitor."""

    number: int
    key: int
    name: str
    size: str
    clicks_a_day: int
    staff: tuple[HubStaff, ...]


@dataclass(frozen=True, slots=True)
class HubEvent:
    """An event with what is fixed about it."""

    number: int
    key: int
    slug: str
    name: str
    zone: ZoneInfo
    tells_zone: bool
    first_day: date
    starts: Millis
    ends: Millis
    ticket_types: tuple[HubTicketType, ...]
    speakers: tuple[HubSpeaker, ...]
    sponsors: tuple[HubCompany, ...]
    exhibitors: tuple[HubCompany, ...]


def slug_of(number: int) -> str:
    """Give the part of an event's address that names it; its case matters."""
    return f"Northlight_Live{number}" if number == 1 else f"northlight-hub-{number + 1}"


def hub_sessions(world: World, number: int) -> list[HubSession]:
    """Give the sessions of an event that are known by now and were not deleted."""
    count = _base_count(world, number) + {SERIES: world.step // 2, AHEAD: 5}.get(number, 0)
    sessions = (hub_session(world, number, at) for at in range(count))
    return [s for s in sessions if s.known_from <= world.now and str(s.key) not in world.gone]


def find_session(world: World, key: int) -> HubSession | None:
    """Give the session of that key, if it is known and was not deleted."""
    number = key // 100_000 - 7
    if not OTHER <= number < world.size.hub_events:
        return None
    return next((s for s in hub_sessions(world, number) if s.key == key), None)


def days_open(event: HubEvent, now: Millis) -> int:
    """Give for how many days people have been clicking on what belongs to an event."""
    opens, closes = event.starts - 5 * DAY, event.ends + 5 * DAY
    return max(0, (min(now, closes) - opens) // DAY)


@once
def hub_event(world: World, number: int) -> HubEvent:
    """Give an event with what is fixed about it."""
    rng = world.rng("hub", number)
    slot = _slot(number)
    zone = ZoneInfo(_ZONES[number % len(_ZONES)])
    first_day = world.first_today + timedelta(days=slot.first - 3 * max(0, number - AHEAD))
    last_day = first_day + timedelta(days=slot.days - 1)
    key = 61_017 + 17 * number
    speakers = tuple(_make_speaker(rng, key, n) for n in range(12 if number == BIG else 4))
    sponsors, exhibitors = {BIG: (6, 3), AHEAD: (0, 0)}.get(number, (2, 2))
    return HubEvent(
        number=number,
        key=key,
        slug=slug_of(number),
        name=f"Northlight Hub {number + 1}",
        zone=zone,
        tells_zone=number != AHEAD - 1,
        first_day=first_day,
        starts=instant(first_day, 9 * 60, zone),
        ends=instant(last_day, 17 * 60, zone),
        ticket_types=tuple(
            HubTicketType(at, key * 10 + at, name, cents, 200 + at, hidden)
            for at, (name, cents, hidden) in enumerate(_TICKET_TYPES)
        ),
        speakers=speakers,
        sponsors=_make_companies(world, rng, range(key * 100 + 40, key * 100 + 40 + sponsors)),
        exhibitors=_make_companies(world, rng, range(key * 100 + 60, key * 100 + 60 + exhibitors)),
    )


def _slot(number: int) -> _Slot:
    return _SLOTS[number] if 0 <= number < len(_SLOTS) else _LATER_SLOT


def _make_speaker(rng: random.Random, event_key: int, number: int) -> HubSpeaker:
    first, last = rng.choice(names.FIRST_NAMES), rng.choice(names.LAST_NAMES)
    return HubSpeaker(
        number=number,
        key=event_key * 100 + number,
        user=50_000 + rng.randrange(10_000),
        first_name=first,
        last_name=last,
        email=f"speaker{event_key}.{number}@example.com",
        title=rng.choice(names.ROLES),
        # A known fault of the vendor's form leaves a single stray character now and then.
        company="," if number == 1 else rng.choice(names.COMPANIES),
        bio=f"{first} speaks about “{rng.choice(names.SUBJECTS)}”.",
        pronouns=rng.choice(("she/her", "he/him", "they/them")),
        moderates=(None, True, False)[number % 3],
    )


def _make_companies(world: World, rng: random.Random, keys: range) -> tuple[HubCompany, ...]:
    return tuple(
        HubCompany(
            number=number,
            key=key,
            name=rng.choice(names.COMPANIES),
            size=("LARGE", "MEDIUM", "SMALL")[number % 3],
            clicks_a_day=rng.randrange(_MOST_A_DAY),
            staff=_make_staff(world, rng, key, number),
        )
        for number, key in enumerate(keys)
    )


def _make_staff(world: World, rng: random.Random, company: int, count: int) -> tuple[HubStaff, ...]:
    numbers = [rng.randrange(world.size.people) for _ in range(count)]
    people = [person_at(world, "hub", number) for number in numbers]
    return tuple(
        HubStaff(
            number=number,
            key=company * 10 + number,
            person=person,
            is_admin=number == 0,
            leads_a_day=rng.randrange(_MOST_A_DAY),
        )
        for number, person in enumerate(people)
    )


def _base_count(world: World, number: int) -> int:
    """Give how many sessions an event has on the first day."""
    return world.size.hub_sessions or _slot(number).sessions


def _when(world: World, event: HubEvent, number: int) -> tuple[Millis | None, Millis]:
    """Give when a session begins, and from when on it is known."""
    base = _base_count(world, event.number)
    clock = 9 * 60 + (number * 75) % (7 * 60)
    born = instant(event.first_day - timedelta(days=60), clock, event.zone)
    day = event.first_day + timedelta(days=number % _slot(event.number).days)
    if event.number == SERIES:
        newest = world.first_today + timedelta(days=_ANNOUNCED_DAYS)
        day = newest + timedelta(days=2 * (number - base + 1))
        if number >= base:
            born = instant(day - timedelta(days=_ANNOUNCED_DAYS), 8 * 60, event.zone)
    elif event.number == AHEAD and number >= base:
        added = world.first_today + timedelta(days=1 + 2 * (number - base))
        born = instant(added, 8 * 60, event.zone)
    if (event.number, number) == _UNSCHEDULED:
        return None, born
    return instant(day, clock, event.zone), born


@once
def hub_session(world: World, event_number: int, number: int) -> HubSession:
    """Give one session of an event, known by now or not."""
    event = hub_event(world, event_number)
    rng = world.rng("hub", event_number, "session", number)
    starts, known_from = _when(world, event, number)
    kind, provider = _FORMATS[number % len(_FORMATS)]
    minutes = rng.choice((30, 45, 60))
    key = (event_number + 7) * 100_000 + 123 + 7 * number
    tapes = 1 + number % 2 if kind in ("main", "breakout") else 0
    title = f"{names.TITLES[number % len(names.TITLES)]}: {rng.choice(names.SUBJECTS)}"
    return HubSession(
        number=number,
        event=event_number,
        key=key,
        title=title,
        description=None if number % 4 == 2 else f"<p>{title} &amp; more</p>",  # noqa: PLR2004 - every fourth has none
        location=None if provider == "ZOOM" else rng.choice(names.ROOMS),
        starts=starts,
        minutes=minutes,
        known_from=known_from,
        format=kind,
        provider=provider,
        capacity=rng.choice((None, 40, 250)),
        hidden=number % 7 == 4,  # noqa: PLR2004 - every seventh is hidden
        private=number % 5 == 1,
        talkative=rng.random() < 0.5,  # noqa: PLR2004 - one in two
        speakers=tuple(rng.sample(event.speakers, number % 3)),
        assets=tuple(_make_asset(rng, key, at, starts) for at in range(tapes) if starts),
    )


def _make_asset(rng: random.Random, session_key: int, number: int, starts: Millis) -> HubAsset:
    return HubAsset(
        number=number,
        key=session_key * 10 + number,
        name=f"session-{session_key}-{number + 1}.mp4",
        created=starts + (2 + number) * 60 * MINUTE,
        created_by=FIRST_USER + rng.randrange(50),
        seconds=rng.randrange(600, 3600),
    )
