"""What a perfect extraction holds: the columns that the page names, or all that are sent."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.columns import Columns, Stream
from event_sandbox.meetengage import shapes
from event_sandbox.meetengage.view import ACCOUNT, STANDARD, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.meetengage.view import View
    from event_sandbox.wire import Row

_DOCUMENTED: Final = Columns(
    same="account registered:Registered",
    text="device:Device email_address:EmailAddress"
    " attended_online_live_chat:AttendedOnlineLiveChat country:Country",
)
_FURTHER: Final = {
    "organisation_data_standard": Columns(
        same="EventName EventType FirstName LastName MessagesSent MinutesOnline JobInterests"
        " Referrer MarketingOptIn Channel"
    ),
    "organisation_data_chat_summary_mi": Columns(
        same="Chat Date RegisteredPeople AttendedPeople AttendanceRate"
    ),
}


def _sent(method: str, view: View) -> Iterator[tuple[Row, Row]]:
    """Give the rows of a data method by names without blanks."""
    for found in view.readable():
        for row in shapes.METHODS[method](view, found):
            sent = {name.replace(" ", ""): value for name, value in row.items()}
            yield {name: _read(name, value) for name, value in sent.items()}, {"account": ACCOUNT}


def _read(name: str, value: Any) -> Any:
    """Give a value; what is no number is none, and who is registered has a flag in any form."""
    if name == "Registered":
        return value in (True, "true")
    return None if isinstance(value, float) and math.isnan(value) else value


STREAMS: Final[dict[str, Stream[View]]] = {
    "organisation_data_standard": Stream(partial(_sent, STANDARD), _DOCUMENTED),
    "organisation_data_chat_summary_mi": Stream(partial(_sent, SUMMARY), _DOCUMENTED),
}


def all_columns(view: View, stream: str) -> Iterator[Row]:
    """Give the rows of a stream with every column that is sent."""
    documented = STREAMS[stream]
    for sent, known in documented.sent(view):
        yield {**documented.columns.row(sent), **known, **_FURTHER[stream].row(sent)}
