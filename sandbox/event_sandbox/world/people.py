"""Make people; fixed positions carry the oddities that a world of any size must show.

Each place numbers its people from its own first one. Some of them are known from another place:
the same human, under another number, with the same address written differently.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, Literal

from event_sandbox.world import names
from event_sandbox.world.model import Person, once

if TYPE_CHECKING:
    from event_sandbox.world.model import World

Place = Literal["programme", "online", "hub", "chats", "fairs"]
"""Where people go: sessions, online events, a hub's events, live chats, trade shows."""

MOVED: Final = 18
"""The number of whoever is at all online events, under another address at the newest of them."""

FIRST_VISITOR: Final = 20_000
"""The number of the first account of the first trade show."""

FIRST_USER: Final = 10_000
"""The id of the first person at a hub."""

_MAILBOXES: Final[dict[Place, str]] = {
    "programme": "attendee",
    "online": "viewer",
    "hub": "delegate",
    "chats": "applicant",
    "fairs": "visitor",
}
_APART: Final[dict[Place, int]] = {"online": 3, "hub": 4, "chats": 4}
"""How many people apart somebody is known from the programme, by the same number."""


def is_guest(number: int) -> bool:
    """Tell whether that person is a "Guest": no e-mail, no id, told apart by nothing at all."""
    return number % 29 == 7  # noqa: PLR2004 - a position, see the module's text


@once
def person_at(world: World, place: Place, number: int) -> Person:
    """Give who has that number at a place: somebody new, or somebody known from another place."""
    person = _make_new(world, place, number)
    home = _home(world, place, number)
    if home is None:
        return person
    known = person_at(world, *home)
    return dataclasses.replace(
        known,
        number=number,
        email=_write_differently(known.email, place, number),
        external_id=person.external_id,
        registration=person.registration,
        user=person.user,
    )


def _make_new(world: World, place: Place, number: int) -> Person:
    """Make somebody: some without e-mail, some without an external id, some sharing an e-mail."""
    rng = world.rng("person", place, number)
    lacks_id = _lacks_id(number)
    person = Person(
        number=number,
        human=f"{place}-{number:05d}",
        first_name=rng.choice(names.FIRST_NAMES),
        last_name=rng.choice(names.LAST_NAMES),
        email=_address(place, number),
        external_id=None if lacks_id else f"ATT-{number:05d}",
        company=rng.choice(names.COMPANIES),
        region=rng.choice(names.REGIONS) if number % 3 else None,
        registration=None if lacks_id else f"R{rng.randrange(10**6):06d}",
        user=_user(world, place, number),
    )
    if is_guest(number):
        person.first_name, person.last_name, person.email = "Guest", "", ""
        person.external_id = person.registration = person.region = None
    return person


def _user(world: World, place: Place, number: int) -> str:
    if place != "online":
        return str(FIRST_USER + number) if place == "hub" else ""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(world.rng("online-user", number).choices(letters, k=9))


def _lacks_id(number: int) -> bool:
    return number % 11 == 3  # noqa: PLR2004 - a position, see the module's text


def _lacks_address(number: int) -> bool:
    return is_guest(number) or number % 17 == 5  # noqa: PLR2004 - a position, see above


def _shares_mailbox(number: int) -> bool:
    """Tell whether the address is that of the person before; both are known by an id."""
    has_ids = not (_lacks_id(number) or _lacks_id(number - 1))
    return has_ids and number % 23 == 9  # noqa: PLR2004 - a position, see the module's text


def _address(place: Place, number: int) -> str:
    """Give an address; only where the vendor has an id for each person do two share one."""
    if _lacks_address(number):
        return ""
    shares = place not in ("chats", "fairs") and _shares_mailbox(number)
    mailbox = number - 1 if shares else number
    address = (
        f"{_MAILBOXES[place]}{mailbox:05d}@{names.MAIL_DOMAINS[mailbox % len(names.MAIL_DOMAINS)]}"
    )
    return address.title() if place == "fairs" and number % 13 == 0 else address


def _home(world: World, place: Place, number: int) -> tuple[Place, int] | None:
    """Give the other place that somebody is known from, and the number there."""
    home: tuple[Place, int] = ("programme", number)
    is_known = place in _APART and number % _APART[place] == 0
    if place == "fairs":
        turn, position = divmod(number - FIRST_VISITOR, 5)
        is_known = turn in range(world.size.people) and position in (1, 2)
        home = ("programme", turn) if position == 1 else ("online", turn)
        # Who is online and in the programme is not at the trade show under two accounts.
        is_known = is_known and (position == 1 or turn % _APART["online"] != 0)
    return home if is_known and _has_own_address(number) and _has_own_address(home[1]) else None


def _has_own_address(number: int) -> bool:
    """Tell whether somebody has an address that belongs to nobody else."""
    return not (_lacks_address(number) or _shares_mailbox(number) or _shares_mailbox(number + 1))


def _write_differently(address: str, place: Place, number: int) -> str:
    """Write an address as people and spreadsheets do.

    Online events only take what is an address, and trade shows trim what they are given.
    """
    forms = [address, address.upper(), f"mailto:{address}", f" {address} "]
    allowed = forms[: {"online": 2, "fairs": 3}.get(place)]
    return allowed[number // 4 % len(allowed)]
