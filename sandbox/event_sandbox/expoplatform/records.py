"""What this vendor's rows tell of people: an account's id, and its address.

Not told: sessions, and who was there. A meeting that was held shows that its people were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.records import Record, Told, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.expoplatform.view import Seat, View
    from event_sandbox.world.model import Account

_STATUSES: Final = {"requested": "Pending", "confirmed": "Confirmed", "cancelled": "Cancelled"}
"""What each side sees; whom somebody asked for a meeting may see `Incoming` for `Pending`."""


def _who(view: View, account: Account) -> Who:
    number = view.account_id(account)
    vendor_id = None if number is None else str(number)
    return Who(account.person.human, vendor_id, view.email(account))


def _registrations(view: View) -> Iterator[Record]:
    for fair in view.readable():
        for account in fair.accounts:
            who = _who(view, account)
            columns = {
                "registration_id": who.vendor_id,
                "status": "Active" if account.is_active else "Inactive",
                "is_cancelled": None,
            }
            yield Record(str(fair.number), who, columns)


def _event_attendance(view: View) -> Iterator[Record]:
    return (Record(event, who) for event, seat, who in _seats(view) if seat.meeting.completed)


def _meetings(view: View) -> Iterator[Record]:
    """Give each seat of each meeting."""
    for event, seat, who in _seats(view):
        columns = {
            "meeting_id": str(seat.meeting.number),
            "status": _STATUSES[seat.meeting.status],
            "is_held": seat.meeting.completed,
        }
        yield Record(event, who, columns)


def _engagement(view: View) -> Iterator[Record]:
    """Give each seat; the first one of a meeting stands for the act."""
    for event, seat, who in _seats(view):
        yield Record(event, who, {"type": "meeting", "acts": int(seat.index == 0)})


def _seats(view: View) -> Iterator[tuple[str, Seat, Who]]:
    for fair in view.readable():
        for seat in view.seats(fair):
            yield str(fair.number), seat, _who(view, seat.account)


TOLD: Final[Told[View]] = Told(
    None,
    {
        "registration": _registrations,
        "event_attendance": _event_attendance,
        "engagement": _engagement,
        "meeting": _meetings,
    },
)
