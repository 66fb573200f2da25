"""What of the world this vendor has: the ground that the answers and the truth share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from event_sandbox.switches import Positions
    from event_sandbox.world import World
    from event_sandbox.world.model import Account, Fair, Meeting, Millis

_KEY_SWITCHED_OFF: Final = 1187
"""The show whose key is switched off, if one is: the past one."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One row of the export: a participant of a meeting."""

    meeting: Meeting
    account: Account
    index: int
    """Its place among the meeting's rows, which it keeps."""
    role: Literal["Requester", "Receiver"]


@dataclass(frozen=True, slots=True)
class View:
    """The trade shows, under given positions of the switches."""

    world: World
    positions: Positions

    def may_read(self, fair: Fair) -> bool:
        """Tell whether the key opens this show."""
        return self.positions["event_access"] == "all" or fair.number != _KEY_SWITCHED_OFF

    def readable(self) -> list[Fair]:
        """Give the shows that the key opens."""
        return [fair for fair in self.world.fairs.values() if self.may_read(fair)]

    def seats(self, fair: Fair) -> list[Seat]:
        """Give the rows of a show's export, in the order in which they came to be."""
        return [seat for meeting in fair.meetings for seat in self._seats_of(meeting)]

    def _seats_of(self, meeting: Meeting) -> list[Seat]:
        """Give a meeting's rows; where somebody is listed twice, it is who asked for it."""
        seats = [
            Seat(meeting, account, index, "Receiver" if index else "Requester")
            for index, account in enumerate(meeting.people)
        ]
        if self.positions["listed_twice"] == "yes" and meeting.number % 6 == 0:
            seats.append(Seat(meeting, meeting.people[0], 9, "Receiver"))
        return seats

    def last_modified(self, meeting: Meeting) -> Millis | None:
        """Give what `Last Modified` shows."""
        if meeting.changed is None and self.positions["never_modified"] == "creation":
            return meeting.created
        return meeting.changed

    def account_id(self, account: Account) -> int | None:
        """Give an account's id, if rows show it."""
        return account.number if self._shows("account_id", account, every=4) else None

    def email(self, account: Account) -> str | None:
        """Give an account's e-mail, if it has one and rows show it."""
        return (account.person.email or None) if self._shows("email", account, every=8) else None

    def external_id(self, account: Account) -> str | None:
        """Give an account's id at the organiser's, if it has one and rows show it."""
        shown = self._shows("external_id", account, every=16)
        return account.person.external_id if shown else None

    def _shows(self, what: str, account: Account, *, every: int) -> bool:
        """Tell whether rows show something of this account: where it may lack, every n-th does."""
        lacks = account.number % every == 2  # noqa: PLR2004 - a position
        shown = _SHOWN.get(self.positions["identity"])
        return not lacks if shown is None else what in shown


_SHOWN: Final = {
    "complete": ("account_id", "email", "external_id"),
    "without_account": ("email", "external_id"),
    "without_account_and_email": ("external_id",),
    "names_only": (),
}
"""What every row shows of an account, besides names; under `some_without` it differs."""
