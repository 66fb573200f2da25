"""Rows as the vendor sends them, before names are put into a style.

A row is made with the names in snake_case; `spelled` gives it the names that the switches ask for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from event_sandbox.expoplatform.view import Seat, View
    from event_sandbox.switches import Positions
    from event_sandbox.wire import Json, Row
    from event_sandbox.world.model import Account, Fair, Meeting, Millis

_MINUTE: Final = 60_000


def meeting(view: View, fair: Fair, seat: Seat) -> Row:
    """Give a row of the export."""
    found, positions = seat.meeting, view.positions
    odd = positions["odd_types"] == "present"
    is_flag, completed = positions["completion"] == "boolean", found.completed
    status: str = found.status
    if status == "requested":
        is_asked = seat.role == "Receiver" and positions["statuses"] == "by_side"
        status = "incoming" if is_asked else "pending"
    row: Row = {
        "meeting_id": _id(positions, found.number),
        **_times(view, fair, found),
        "duration": f"{found.minutes} min" if odd and found.number % 3 == 0 else found.minutes,
        "status": status.capitalize(),
        "type": "Online" if found.is_online else "Onsite",
        **_identity(view, seat.account),
        "role": seat.role,
        "hall": {"name": found.hall} if odd else found.hall,
        "stand": found.stand,
        "location": f"{found.hall}, {found.stand}",
        "subject": found.subject,
        "message": found.message,
        "tags": _tags(positions, found.tags),
        "meeting_completion": completed if is_flag else "Y" if completed else "N",
    }
    if positions["row_id"] == "present" and positions["account_id_name"] != "id":
        row["row_id"] = _id(positions, found.number * 10 + seat.index)
    if positions["unknown_fields"] == "present":
        row |= {"event_id": fair.number, "rating": {"score": 4}, "created_by": "App"}
    return _without_nulls(positions, row)


def participant(view: View, fair: Fair, account: Account) -> Row:
    """Give a row of the list of participants."""
    positions = view.positions
    row: Row = {
        **_identity(view, account),
        "job_title": account.job_title,
        "country": account.country,
        "status": "Active" if account.is_active else "Inactive",
        "tags": _tags(positions, ("VIP",) if account.number % 7 == 0 else ()),
        "meetings_allowed": account.may_meet,
        "chats_allowed": account.may_chat,
        "last_modified": _instant(positions, account.updated, fair.zone),
    }
    if positions["unknown_fields"] == "present":
        row |= {"event_id": fair.number, "badge": {"printed": True}, "language": "en"}
    return _without_nulls(positions, row)


def spelled(positions: Positions, row: Row, id_name: str) -> Row:
    """Put a row's names into the style that is asked for."""
    renamed = {
        "meeting_id": positions["meeting_id_name"],
        "account_id": id_name,
        "row_id": "id",
    }
    spell = _STYLES[positions["keys"]]
    return {spell(renamed.get(name, name)): value for name, value in row.items()}


@cache
def _title(name: str) -> str:
    if name == "meeting_completion":
        return "Meeting completion"
    return " ".join("ID" if word == "id" else word.capitalize() for word in name.split("_"))


@cache
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


_STYLES: Final[Mapping[str, Callable[[str], str]]] = {
    "title": _title,
    "snake": str,
    "camel": _camel,
}


def _identity(view: View, account: Account) -> Row:
    person, positions = account.person, view.positions
    number = view.account_id(account)
    if positions["name_parts"] == "split":
        names = {"first_name": person.first_name, "last_name": person.last_name or None}
    else:
        names = {"name": f"{person.first_name} {person.last_name}".strip()}
    company: Json = person.company
    if positions["odd_types"] == "present" and account.number % 5 == 1:
        company = {"name": company, "is_listed": True}
    return {
        "account_id": None if number is None else _id(positions, number),
        "external_id": view.external_id(account),
        **names,
        "email": view.email(account),
        "company": company,
        "category": account.category,
    }


def _id(positions: Positions, number: int) -> int | str:
    return str(number) if positions["id_types"] == "text" else number


def _tags(positions: Positions, tags: tuple[str, ...]) -> Json:
    return list(tags) if positions["tags"] == "list" else ", ".join(tags) or None


def _times(view: View, fair: Fair, found: Meeting) -> Row:
    positions, zone = view.positions, fair.zone
    form = positions["time_columns"]
    changed = view.last_modified(found)
    created, starts = found.created, found.starts
    modified = None if changed is None else _instant(positions, changed, zone)
    if form == "separate":
        return {
            "creation_date": _local(created, zone)[:10],
            "creation_time": _local(created, zone)[11:],
            "last_modified": modified,
            "appointment_date": _local(starts, zone)[:10],
            "appointment_time": _local(starts, zone)[11:],
        }
    row = {"creation_time": _instant(positions, created, zone), "last_modified": modified}
    starts_at = _instant(positions, starts, zone)
    if form == "one":
        return {**row, "appointment_time": starts_at}
    ends_at = _instant(positions, starts + found.minutes * _MINUTE, zone)
    return {**row, "appointment_start_time": starts_at, "appointment_end_time": ends_at}


def _instant(positions: Positions, at: Millis, zone: ZoneInfo) -> int | str:
    form = positions["time_format"]
    if form == "local":
        return _local(at, zone)
    if form == "iso_offset":
        return _at(at, zone).isoformat()
    return at // 1000 if form == "unix" else str(at // 1000)


def _local(at: Millis, zone: ZoneInfo) -> str:
    return _at(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def _at(at: Millis, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone)


def _without_nulls(positions: Positions, row: Row) -> Row:
    """Put something else in the place of what has no value, or nothing."""
    form = positions["empty_values"]
    if form == "absent":
        return {name: value for name, value in row.items() if value is not None}
    if form == "empty_text":
        return {name: "" if value is None else value for name, value in row.items()}
    return row
