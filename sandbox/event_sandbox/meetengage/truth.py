"""What a perfect extraction holds: the columns that the page names, or all that are sent.

The documented columns are computed from the world, by other ways than the answers. For the others
there is no rule but "as sent", so their rows are the answers' own, under the columns' names.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from event_sandbox.meetengage import shapes
from event_sandbox.meetengage.view import ACCOUNT, STANDARD, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.meetengage.view import View
    from event_sandbox.vendor import Row
    from event_sandbox.world.chats import Candidate, Chat

_DECLARED: Final = (
    "device",
    "email_address",
    "attended_online_live_chat",
    "registered",
    "country",
)
_STANDARD: Final = (
    "event_name",
    "event_type",
    "first_name",
    "last_name",
    "messages_sent",
    "minutes_online",
    "job_interests",
    "referrer",
    "marketing_opt_in",
)
_NEW: Final = "channel"
_SUMMARY: Final = ("chat", "date", "registered_people", "attended_people", "attendance_rate")


def _standard(view: View, found: Chat) -> Iterator[Row]:
    nothing = "" if view.positions["missing_values"] == "empty_text" else None
    for one in view.candidates(found):
        yield {
            "account": ACCOUNT,
            "device": one.device or nothing,
            "email_address": view.email(one) or nothing,
            "attended_online_live_chat": _attended(view, found, one),
            "registered": view.is_registered(one),
            "country": one.country or nothing,
        }


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


def _summary(view: View, found: Chat) -> Iterator[Row]:
    del view
    yield {"account": ACCOUNT, **dict.fromkeys(_DECLARED), "country": found.country}


_METHODS: Final[dict[str, tuple[str, Callable[[View, Chat], Iterator[Row]], tuple[str, ...]]]] = {
    "organisation_data_standard": (STANDARD, _standard, _STANDARD),
    "organisation_data_chat_summary_mi": (SUMMARY, _summary, _SUMMARY),
}

STREAMS: Final = tuple(_METHODS)


def declared(view: View, stream: str) -> Iterator[Row]:
    """Give the rows with the documented columns, by the start of their chats."""
    _, rows, _ = _METHODS[stream]
    for found in view.readable():
        yield from rows(view, found)


def everything(view: View, stream: str) -> Iterator[Row]:
    """Give the same rows with all columns."""
    method, rows, further = _METHODS[stream]
    if stream == STREAMS[0] and view.positions["new_columns"] == "later":
        further = (*further, _NEW)
    for found in view.readable():
        for row, sent in zip(rows(view, found), shapes.METHODS[method](view, found), strict=True):
            values = {name.replace(" ", "").lower(): value for name, value in sent.items()}
            yield {
                **row,
                **{name: _as_sent(values.get(name.replace("_", ""))) for name in further},
            }


def _as_sent(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
