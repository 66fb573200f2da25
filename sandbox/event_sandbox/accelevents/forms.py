"""Forms that several kinds of rows share: times, ids, JSON inside texts, what has no value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from event_sandbox.accelevents.view import View
    from event_sandbox.world.hub import HubEvent
    from event_sandbox.world.model import Millis, Person

Shape = dict[str, Any]


def local_time(event: HubEvent, at: Millis, *, seconds: bool = False) -> str:
    """Give an instant as the clock at the event shows it: `yyyy/MM/dd HH:mm`."""
    moment = datetime.fromtimestamp(at // 1000, event.zone)
    return f"{moment:%Y/%m/%d %H:%M:%S}" if seconds else f"{moment:%Y/%m/%d %H:%M}"


def session_time(view: View, event: HubEvent, at: Millis | None) -> str | None:
    """Give when a session begins or ends."""
    if at is None:
        return None
    return local_time(event, at, seconds=view.positions["session_times"] == "seconds")


def other_date(view: View, event: HubEvent, at: Millis | None) -> str | int | None:
    """Give when somebody registered or bought, or something was made."""
    form = view.positions["other_dates"]
    if at is None or form == "epoch_ms":
        return at
    if form == "iso":
        return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    return local_time(event, at)


def name_and_email(person: Person) -> Shape:
    """Give who somebody is."""
    return {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email or None,
    }


def make_id(view: View, number: int) -> int | str:
    """Give an id; one may come as a text."""
    return str(number) if view.positions["ids"] == "text" else number


def json_inside(view: View, value: Any) -> Any:
    """Give what is documented as JSON inside a text."""
    if view.positions["embedded_json"] == "object":
        return value
    return msgspec.json.encode(value).decode()


def percentage(view: View, value: float | None) -> float | str | None:
    """Give a share or an average."""
    if value is None or view.positions["percentages"] == "number":
        return value
    return str(value)


def finished(view: View, number: int, shape: Shape, odd: Shape) -> Shape:
    """Give a row as it goes out.

    Args:
        view: The positions of the switches.
        number: The row's number: some rows have the odd values.
        shape: The row.
        odd: Values of unexpected types.
    """
    if view.positions["odd_types"] == "present" and number % 5 == 1:
        shape |= odd
    if view.positions["unknown_fields"] == "present":
        shape |= {"brandNew": {"since": "today"}, "isLegacy": True}
    if view.positions["absent_values"] == "absent":
        return {name: value for name, value in shape.items() if value is not None}
    return shape
