"""Forms that several kinds of rows share: times, lists that may be null, unknown attributes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from event_sandbox.airmeet.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.model import Millis, Person

Shape = dict[str, Any]


def full_name(person: Person) -> str:
    """Give a name in one piece."""
    return f"{person.first_name} {person.last_name}".strip()


def time_stamp(view: View, at: Millis) -> str | int:
    """Give a report's `time_stamp`; in the samples (4.5 to 4.10), the date has colons."""
    form = view.positions["time_stamp"]
    if form == "epoch_ms":
        return at
    moment = datetime.fromtimestamp(at // 1000, UTC)
    if form == "colons":
        return f"{moment:%Y:%m:%dT%H:%M:%S}.{at % 1000 // 10:02d}Z"
    return _iso(at)


def list_time(view: View, at: Millis, zone: ZoneInfo) -> str | int:
    """Give an `<ISO_Date_String>`."""
    form = view.positions["list_times"]
    if form == "epoch_ms":
        return at
    if form == "offset":
        moment = datetime.fromtimestamp(at // 1000, zone).replace(microsecond=at % 1000 * 1000)
        return moment.isoformat(timespec="milliseconds")
    return _iso(at)


def _iso(at: Millis) -> str:
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def listed(view: View, items: Iterable[Any], switch: str = "empty_members") -> Json:
    """Give a list, by default one inside a row; a switch says what stands in place of no items."""
    empty: dict[str, Json] = {"list": [], "null": None, "object": {}}
    return list(items) or empty[view.positions[switch]]


def unknown(view: View, attributes: Shape) -> Shape:
    """Give attributes that the article does not list."""
    return attributes if view.positions["unknown_fields"] == "present" else {}
