"""What a perfect extraction holds: every column as text, ids by whatever name they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from event_sandbox.expoplatform import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.expoplatform.shapes import Row
    from event_sandbox.expoplatform.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.model import Fair

_MEETING_COLUMNS: Final = (
    "meeting_id",
    "account_id",
    "external_id",
    "name",
    "first_name",
    "last_name",
    "email",
    "company",
    "category",
    "role",
    "status",
    "type",
    "creation_time",
    "creation_date",
    "last_modified",
    "appointment_time",
    "appointment_date",
    "appointment_start_time",
    "appointment_end_time",
    "duration",
    "hall",
    "stand",
    "location",
    "subject",
    "message",
    "tags",
    "meeting_completion",
)
_PARTICIPANT_COLUMNS: Final = (
    "account_id",
    "external_id",
    "email",
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "country",
    "category",
    "status",
    "tags",
    "meetings_allowed",
    "chats_allowed",
    "last_modified",
)


def _meetings(view: View) -> Iterator[Row]:
    for fair in view.readable():
        for seat in view.seats(fair):
            row = shapes.meeting(view, fair, seat)
            # An id of the row itself is as good as an account's, where there is none.
            account_id = row.get("account_id") or row.get("row_id") or row.get("account_id")
            yield _columns(fair, {**row, "account_id": account_id}, _MEETING_COLUMNS)


def _participants(view: View) -> Iterator[Row]:
    for fair in view.readable():
        for account in fair.accounts:
            yield _columns(fair, shapes.participant(view, fair, account), _PARTICIPANT_COLUMNS)


def _columns(fair: Fair, row: Row, names: tuple[str, ...]) -> Row:
    return {"event_id": str(fair.number), **{name: _text(row.get(name)) for name in names}}


def _text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


STREAMS: Final[dict[str, Callable[[View], Iterator[Row]]]] = {
    "meetings": _meetings,
    "participants": _participants,
}
