"""Make sessions: what the programme says about them, before anything happens."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world import names
from event_sandbox.world.model import CreditType, Event, Session, Speaker
from event_sandbox.world.people import is_guest

if TYPE_CHECKING:
    import random
    from datetime import date

    from event_sandbox.world.model import World

TIMEZONE: Final = "America/Chicago"
"""The organiser's: by its clocks sessions begin and end, wherever people are."""

EVENTS: Final = (
    Event("Northlight Annual", ZoneInfo(TIMEZONE)),
    Event("Northlight Live", ZoneInfo("Asia/Kolkata"), is_online=True),
    Event("Northlight en Route", ZoneInfo("Europe/Berlin")),
)
DAYS_BACK: Final = 90
DAYS_AHEAD: Final = 20

_SLOTS: Final[tuple[tuple[int, int] | None, ...]] = (
    (-90, -76),
    (-75, -61),
    (-60, -46),
    (-45, -31),
    (-30, -16),
    (-12, -8),
    (-7, -5),
    (-4, -2),
    (-1, 0),
    (1, 2),
    None,
    (8, 20),
)
"""Where the sessions lie, in days from today; None has no date. Every twelve sessions use all."""

_THREE_DAYS: Final = 1
_TWO_DAYS: Final = 6
_SILENT: Final = 3
_WITHOUT_AUDIENCE: Final = 11
_WITHOUT_TIMES: Final = 4
"""Slots with a quirk of their own, so that the smallest world has every quirk."""

_HIDDEN: Final = frozenset({2, 7})
"""The sessions, a couple in a world of any size, that an organiser hid."""

_KEY_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz0123456789"


def make_session(world: World) -> Session:
    """Add the next session to the world; after the first fill, it lies ahead of today."""
    index = world.made
    world.made += 1
    rng = world.rng("session", index)
    slot = index % len(_SLOTS)
    first_day, last_day = _days(world, rng, index)
    title, name = _title_and_name(index)
    start = None if slot == _WITHOUT_TIMES else time(rng.randint(8, 16), rng.choice((0, 15, 30)))
    event = EVENTS[index % len(EVENTS)]
    session = Session(
        index=index,
        key=_session_key(world, rng, numeric=index % 4 == 1),
        external_id=None if index % 6 == 4 else f"SES-{index:04d}",  # noqa: PLR2004 - a position
        event=event,
        title=title,
        name=name,
        location=None if event.is_online else rng.choice(names.ROOMS),
        description=None if index % 3 else f"{title} of {event.name}.\nBring your questions.",
        first_day=first_day,
        last_day=last_day,
        start=start,
        end=start and time(start.hour + rng.randint(1, 3), start.minute),
        speakers=tuple(_make_speaker(rng) for _ in range((0, 1, 2)[index % 3])),
        credit_types=_credit_types(rng, index),
        objectives=tuple(names.OBJECTIVES[: index % 4]),
        checkin_required=rng.choice((True, True, False)),
        checkout_required=(True, False, None)[index % 3],
        delivery="virtual" if event.is_online else ("in-person", "hybrid", None)[index // 3 % 3],
        access_code=f"AC{rng.randrange(10**4):04d}" if index % 2 else None,
        moderator_password=f"moderator-{rng.randrange(10**6):06d}" if index % 3 == 0 else None,
        checkin_code=f"IN-{rng.randrange(10**4):04d}",
        checkout_code=f"OUT-{rng.randrange(10**4):04d}" if index % 2 == 0 else None,
        hidden=index in _HIDDEN,
        silent=slot == _SILENT,
        audience=() if index == _WITHOUT_AUDIENCE else _audience(world, rng, index),
    )
    world.sessions[session.key] = session
    return session


def _title_and_name(index: int) -> tuple[str, str]:
    """Give a title that others have too, and a name that nobody else has."""
    title = names.TITLES[index % len(names.TITLES)]
    subject_number = index // len(names.TITLES)
    subject = names.SUBJECTS[subject_number % len(names.SUBJECTS)]
    part = subject_number // len(names.SUBJECTS) + 1
    return title, f"{title}: {subject}" + (f" ({part})" if part > 1 else "")


def _days(world: World, rng: random.Random, index: int) -> tuple[date | None, date | None]:
    if index >= world.size.sessions:
        first = world.today + timedelta(days=rng.randint(1, DAYS_AHEAD))
        return first, first
    slot = index % len(_SLOTS)
    span = _SLOTS[slot]
    if span is None:
        return None, None
    first = world.first_today + timedelta(days=rng.randint(*span))
    return first, first + timedelta(days={_THREE_DAYS: 2, _TWO_DAYS: 1}.get(slot, 0))


def _session_key(world: World, rng: random.Random, *, numeric: bool) -> str:
    """Give a key of four characters, some of them looking like numbers."""
    while True:
        key = str(rng.randint(1000, 9999)) if numeric else make_key(rng, 4)
        if key not in world.keys and (numeric or not key.isdecimal()):
            world.keys.add(key)
            return key


def make_key(rng: random.Random, length: int) -> str:
    """Give a random key, such as vendors make."""
    return "".join(rng.choices(_KEY_LETTERS, k=length))


def _make_speaker(rng: random.Random) -> Speaker:
    name = f"{rng.choice(names.FIRST_NAMES)} {rng.choice(names.LAST_NAMES)}"
    external_id = f"SPK-{rng.randrange(1000):03d}" if rng.random() < 0.5 else None  # noqa: PLR2004 - a coin
    return Speaker(make_key(rng, 24), name, external_id)


def _credit_types(rng: random.Random, index: int) -> tuple[CreditType, ...]:
    return tuple(
        CreditType(
            name=field,
            credits=rng.choice((0.5, 1.0, 1.5, 2.0, 2.5)),
            codewords=tuple(rng.sample(names.CODEWORDS, rng.randint(0, 4))),
        )
        for field in rng.sample(names.FIELDS_OF_STUDY, index % 3)
    )


def _audience(world: World, rng: random.Random, index: int) -> tuple[int, ...]:
    """Choose who may come; to every third session at least two guests nobody can tell apart."""
    most = max(2, min(world.size.people // 2, 150))
    size = min(world.size.people, rng.randint(max(2, most // 5), most))
    audience = rng.sample(range(world.size.people), size)
    if index % 3 == 0:
        guests = [number for number in range(min(world.size.people, 60)) if is_guest(number)]
        audience = [*guests, *(number for number in audience if number not in guests)]
    return tuple(audience)
