"""What a perfect extraction holds: every column as text, ids by whatever name they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.columns import Columns, Stream
from event_sandbox.expoplatform import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.expoplatform.view import View
    from event_sandbox.wire import Row


def _meetings(view: View) -> Iterator[tuple[Row, Row]]:
    for fair in view.readable():
        for seat in view.seats(fair):
            row = shapes.meeting(view, fair, seat)
            # An id of the row itself is as good as an account's, where there is none.
            account_id = row.get("account_id") or row.get("row_id") or row.get("account_id")
            yield {**row, "account_id": account_id}, {"event_id": str(fair.number)}


def _participants(view: View) -> Iterator[tuple[Row, Row]]:
    for fair in view.readable():
        for account in fair.accounts:
            yield shapes.participant(view, fair, account), {"event_id": str(fair.number)}


STREAMS: Final[dict[str, Stream[View]]] = {
    "meetings": Stream(
        _meetings,
        Columns(
            text="meeting_id account_id external_id name first_name last_name email company"
            " category role status type creation_time creation_date last_modified appointment_time"
            " appointment_date appointment_start_time appointment_end_time duration hall stand"
            " location subject message tags meeting_completion"
        ),
    ),
    "participants": Stream(
        _participants,
        Columns(
            text="account_id external_id email name first_name last_name company job_title country"
            " category status tags meetings_allowed chats_allowed last_modified"
        ),
    ),
}
