"""What a perfect extraction holds: the columns that the page names, or all that are sent.

The documented columns are computed from the world, by other ways than the answers. For the others
there is no rule but "as sent", so their rows are the answers' own, under the columns' names.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from event_sandbox.columns import Columns, Stream
from event_sandbox.meetengage import shapes
from event_sandbox.meetengage.view import ACCOUNT, STANDARD, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.meetengage.view import View
    from event_sandbox.wire import Row
    from event_sandbox.world.chats import Candidate, Chat

_FURTHER: Final = {
    STANDARD: Columns(
        same="EventName EventType FirstName LastName MessagesSent MinutesOnline JobInterests"
        " Referrer MarketingOptIn"
    ),
    SUMMARY: Columns(same="Chat Date RegisteredPeople AttendedPeople AttendanceRate"),
}
_NEW: Final = Columns(same="Channel")
_METHODS: Final = {
    "organisation_data_standard": STANDARD,
    "organisation_data_chat_summary_mi": SUMMARY,
}


def _standard(view: View) -> Iterator[tuple[Row, Row]]:
    nothing = "" if view.positions["missing_values"] == "empty_text" else None
    for found in view.readable():
        for one in view.candidates(found):
            row = {
                "account": ACCOUNT,
                "device": one.device or nothing,
                "email_address": view.email(one) or nothing,
                "attended_online_live_chat": _attended(view, found, one),
                "registered": view.is_registered(one),
                "country": one.country or nothing,
            }
            yield row, {}


def _attended(view: View, found: Chat, one: Candidate) -> str | None:
    forms = ("text", "list", "number", "boolean")
    form = view.positions["attended_type"]
    attended = view.has_attended(one)
    match forms[one.number % len(forms)] if form == "mixed" else form:
        case "list":
            return f'["{found.key}"]' if attended else "[]"
        case "boolean":
            return "true" if attended else "false"
        case "text" if not attended and view.positions["missing_values"] == "empty_text":
            return ""
    return found.key if attended else None


def _summary(view: View) -> Iterator[tuple[Row, Row]]:
    for found in view.readable():
        yield {"account": ACCOUNT, "country": found.country}, {}


_DECLARED: Final = Columns(
    same="account device email_address attended_online_live_chat registered country"
)
STREAMS: Final[dict[str, Stream[View]]] = {
    "organisation_data_standard": Stream(_standard, _DECLARED),
    "organisation_data_chat_summary_mi": Stream(_summary, _DECLARED),
}


def all_columns(view: View, stream: str) -> Iterator[Row]:
    """Give the rows of a stream with every column that is sent."""
    method = _METHODS[stream]
    has_new = method == STANDARD and view.positions["new_columns"] == "later"
    further = _FURTHER[method] + _NEW if has_new else _FURTHER[method]
    declared = STREAMS[stream].rows(view, include_secrets=False)
    sent = (row for found in view.readable() for row in shapes.METHODS[method](view, found))
    for row, shape in zip(declared, sent, strict=True):
        yield {**row, **further.row({_spelled(name): _known(v) for name, v in shape.items()})}


def _spelled(name: str) -> str:
    return name.replace(" ", "")


def _known(value: object) -> object:
    """Give a value; what is no number is none."""
    return None if isinstance(value, float) and math.isnan(value) else value
