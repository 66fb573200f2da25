"""Make people; fixed positions carry the oddities that a world of any size must show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_sandbox.world import names
from event_sandbox.world.model import Person

if TYPE_CHECKING:
    from event_sandbox.world.model import World


def is_guest(number: int) -> bool:
    """Tell whether that person is a "Guest": no e-mail, no id, told apart by nothing at all."""
    return number % 29 == 7  # noqa: PLR2004 - a position, see the module's text


def make_person(world: World, number: int) -> Person:
    """Make one person: some without e-mail, some without an external id, some sharing an e-mail."""
    rng = world.rng("person", number)
    mailbox = number - 1 if number % 23 == 9 else number  # noqa: PLR2004 - a position, see above
    lacks_email = number % 17 == 5  # noqa: PLR2004 - a position, see above
    lacks_id = number % 11 == 3  # noqa: PLR2004 - a position, see above
    person = Person(
        number=number,
        first_name=rng.choice(names.FIRST_NAMES),
        last_name=rng.choice(names.LAST_NAMES),
        email="" if lacks_email else f"attendee{mailbox:05d}@{_domain(mailbox)}",
        external_id=None if lacks_id else f"ATT-{number:05d}",
        company=rng.choice(names.COMPANIES),
        region=rng.choice(names.REGIONS) if number % 3 else None,
        registration=None if lacks_id else f"R{rng.randrange(10**6):06d}",
    )
    if is_guest(number):
        person.first_name, person.last_name, person.email = "Guest", "", ""
        person.external_id = person.registration = person.region = None
    return person


def _domain(mailbox: int) -> str:
    """Give each mailbox its domain."""
    return names.MAIL_DOMAINS[mailbox % len(names.MAIL_DOMAINS)]
