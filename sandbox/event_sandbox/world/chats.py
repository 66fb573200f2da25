"""Make the live chats in which an employer answers candidates, and who took part in them.

As with online events, facts do not change: each carries the instant from which it is known, and
the world's day decides what has come to light. A chat is made when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from event_sandbox.world import names
from event_sandbox.world.model import DAY, EPOCH, HOUR, MINUTE, Slot, instant, once
from event_sandbox.world.people import person_at

if TYPE_CHECKING:
    import random
    from datetime import date

    from event_sandbox.world.model import Millis, Person, World

LONE: Final = 4
"""The number of the chat that has no other within ten weeks."""

DAYS_IN_MOTION: Final = 28
"""Later than so many days after a chat, nothing of it changes any more."""

_BUSY: Final = 1
_DESERTED: Final = 7
_GRID_DAYS: Final = 31

_NEVER_REGISTERED: Final = 0.2
_AT_ONCE: Final = 0.7
_CAME: Final = 0.65
_ERASED: Final = 0.08
_REFERRED: Final = 0.4


_CALLED_OFF_SLOT: Final = Slot(4, 6)
_SLOTS: Final = (
    Slot(-47, -43),
    Slot(-75, -75),
    Slot(-75, -75),
    Slot(-74, -74),
    Slot(-150, -120),
    Slot(-715, -690, days=3),
    Slot(-16, -12),
    Slot(-20, -15),
    Slot(-2, -1),
    Slot(1, 2),
    _CALLED_OFF_SLOT,
    Slot(300, 335, days=3),
)
_LONE_SLOT: Final = Slot(-325, -325)
_NEW_SLOT: Final = Slot(2, 45)

_DEVICES: Final = ("Mobile", "Tablet", "Desktop", "")
_COUNTRIES: Final = ("GB", "IE", "FR", "IN", "US", "PL", "")
_CAMPAIGNS: Final = ("spring", "université", "careers-fair")


@dataclass(frozen=True, slots=True)
class Chat:
    """A live chat: on one day, or at the same hour of several days."""

    number: int
    key: str
    """Nine digits."""
    name: str
    kind: str
    country: str
    opens: Millis
    """From when on people can be invited to it."""
    starts: Millis
    ends: Millis
    called_off_from: Millis | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in a chat's list. `number` is the place in it; copies share theirs."""

    number: int
    person: Person
    email: str
    device: str
    country: str
    opted_in: bool
    interests: tuple[str, ...]
    campaign: str | None
    known_from: Millis
    registered_from: Millis | None
    attended_from: Millis | None
    erased_from: Millis | None
    messages: int
    minutes: float


def chat_numbers(world: World) -> list[int]:
    """Give the numbers of the chats that were ever planned and are not deleted."""
    return world.numbers(chat_key)


@once
def chat_key(world: World, number: int) -> str:
    """Give a chat's key without making the chat: some other nine digits for each."""
    start = world.rng("chats").randrange(900_000_000)
    return str(100_000_000 + (start + number * 1_234_567) % 900_000_000)


def find_chat(world: World, key: str) -> int | None:
    """Give the number of the chat of that key, if it is not deleted."""
    return next((n for n in chat_numbers(world) if chat_key(world, n) == key), None)


@once
def chat(world: World, number: int) -> Chat:
    """Give a chat."""
    rng = world.rng("chat", number)
    slot = _slot(world, number)
    born = world.birthday(number)
    day = born + timedelta(days=rng.randint(slot.first, slot.last))
    if slot.days > 1:
        day = _within_grid(day)
    # At half past: in no time zone of whole hours does a chat start at midnight.
    starts = instant(day) + rng.randint(8, 18) * HOUR + 30 * MINUTE
    opens = instant(born)
    if number < world.size.events:
        opens = min(starts, opens) - 30 * DAY
    off = slot is _CALLED_OFF_SLOT
    subject = names.SUBJECTS[number % len(names.SUBJECTS)]
    return Chat(
        number=number,
        key=chat_key(world, number),
        name=f"{subject} {number}",
        kind="Group chat" if number % 3 else "1-2-1",
        country=_COUNTRIES[number % len(_COUNTRIES)],
        opens=opens,
        starts=starts,
        ends=starts + (slot.days - 1) * DAY + HOUR,
        called_off_from=instant(born + timedelta(days=2)) if off else None,
    )


def _slot(world: World, number: int) -> Slot:
    if number == LONE:
        return _LONE_SLOT
    if number >= world.size.events:
        return _NEW_SLOT
    return _SLOTS[number % len(_SLOTS)]


def _within_grid(day: date) -> date:
    """Move a chat of three days back, until it crosses no bound of a grid of 31 days from 1970.

    Nor does it in any time zone. Whoever reads in such windows finds it in one of them.
    """
    while not 1 <= (day.toordinal() - EPOCH) % _GRID_DAYS < _GRID_DAYS - 3:
        day -= timedelta(days=1)
    return day


@once
def candidates(world: World, number: int) -> list[Candidate]:
    """Give everybody who is ever in a chat's list."""
    rng = world.rng("chat", number, "candidates")
    found = chat(world, number)
    entries = [
        _make_candidate(found, place, person, email, rng)
        for place, (person, email) in enumerate(_audience(world, number, rng))
    ]
    if entries and not world.size.registrants and number % 3 < 2:  # noqa: PLR2004 - two thirds
        # The same person through two links, or three: nothing tells the rows apart.
        entries += entries[:1] * (2 if number == _BUSY else 1)
    return entries


def _audience(world: World, number: int, rng: random.Random) -> list[tuple[Person, str]]:
    if world.size.registrants:
        return [
            (
                person_at(world, "chats", place % world.size.people),
                f"candidate{place:06d}@example.com",
            )
            for place in range(world.size.registrants)
        ]
    if number % len(_SLOTS) == _DESERTED:
        return []
    size = 18 if number == _BUSY else rng.randint(8, 14)
    chosen = rng.sample(range(world.size.people), min(size, world.size.people))
    people = [person_at(world, "chats", number) for number in chosen]
    return [(person, person.email) for person in people]


def _make_candidate(
    found: Chat, place: int, person: Person, email: str, rng: random.Random
) -> Candidate:
    known = found.opens + int((found.starts - found.opens) * rng.random() ** 2)
    if place % 9 == 5:  # noqa: PLR2004 - a few: brought by somebody else, put on the list later
        known = found.ends + rng.randrange(5 * DAY)
    registered = attended = erased = None
    if rng.random() >= _NEVER_REGISTERED:
        registered = known if rng.random() < _AT_ONCE else known + rng.randrange(6 * DAY)
        if rng.random() < _CAME:
            late = 0 if rng.random() < _AT_ONCE else rng.randrange((DAYS_IN_MOTION - 1) * DAY)
            attended = max(known, found.ends) + (late if known <= found.ends else 0)
    if rng.random() < _ERASED:
        erased = found.ends + rng.randrange(DAY, (DAYS_IN_MOTION - 1) * DAY)
    return Candidate(
        number=place,
        person=person,
        email=email,
        device=_DEVICES[rng.randrange(len(_DEVICES))],
        country=_COUNTRIES[rng.randrange(len(_COUNTRIES))],
        opted_in=rng.random() < _AT_ONCE,
        interests=names.FIELDS_OF_STUDY[: rng.randrange(3)],
        campaign=rng.choice(_CAMPAIGNS) if rng.random() < _REFERRED else None,
        known_from=known,
        registered_from=registered,
        attended_from=attended,
        erased_from=erased,
        messages=rng.randrange(12),
        minutes=rng.randrange(1, 240) / 4,
    )
