"""Rows of the data methods, under the names that the vendor gives.

The first five names are those of the page's example. What else `standard` has is not documented:
the rest is invented.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.meetengage.view import STANDARD, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.meetengage.view import View
    from event_sandbox.world.chats import Candidate, Chat

Shape = dict[str, Any]

_JOINT: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def standard(view: View, found: Chat) -> Iterator[Shape]:
    """Give a row for each candidate in the chat's list."""
    positions = view.positions
    for one in view.candidates(found):
        row = {
            **_given(view, "Device", one.device),
            **_given(view, "EmailAddress", view.email(one)),
            **_attended(view, found, one),
            "Registered": _registered(view, one),
            **_given(view, "Country", one.country),
            **_further(view, found, one),
        }
        if positions["column_names"] == "spaced":
            row = {_JOINT.sub(" ", name): value for name, value in row.items()}
        yield row


def summary(view: View, found: Chat) -> Iterator[Shape]:
    """Give the chat's one row: the kind of figures that custom methods are made for."""
    people = view.candidates(found)
    attended = sum(view.has_attended(one) for one in people)
    yield {
        "Chat": found.name,
        "Date": f"{datetime.fromtimestamp(found.starts // 1000, UTC):%d/%m/%Y}",
        "Registered People": sum(view.is_registered(one) for one in people),
        "Attended People": attended,
        "Attendance Rate": round(attended / len(people), 3) if people else None,
        "Country": found.country,
    }


METHODS: Final[dict[str, Callable[[View, Chat], Iterator[Shape]]]] = {
    STANDARD: standard,
    SUMMARY: summary,
}


def _given(view: View, name: str, value: str) -> Shape:
    """Give a text that may be empty, in one of the forms that nothing may have."""
    form = view.positions["missing_values"]
    if value or form == "empty_text":
        return {name: value}
    return {} if form == "absent" else {name: None}


def _attended(view: View, found: Chat, one: Candidate) -> Shape:
    name, came = "AttendedOnlineLiveChat", view.has_attended(one)
    form = view.positions["attended_type"]
    if form == "mixed":
        form = ("text", "list", "number", "boolean")[one.number % 4]
    match form:
        case "text":
            return _given(view, name, found.key if came else "")
        case "list":
            return {name: [found.key] if came else []}
        case "boolean":
            return {name: came}
    return {name: int(found.key) if came else None}


def _registered(view: View, one: Candidate) -> bool | int | str:
    registered = view.is_registered(one)
    match view.positions["registered_type"]:
        case "text":
            return str(registered).lower()
        case "number":
            return int(registered)
    return registered


def _further(view: View, found: Chat, one: Candidate) -> Shape:
    came = view.has_attended(one)
    nothing = math.nan if view.positions["odd_json"] == "nan" else None
    row: Shape = {
        "EventName": found.name,
        "EventType": found.kind,
        "FirstName": one.person.first_name,
        "LastName": one.person.last_name,
        "MessagesSent": one.messages if came else None,
        "MinutesOnline": one.minutes if came else nothing,
        "JobInterests": list(one.interests),
        "Referrer": {"campaign": one.campaign, "medium": "e-mail"} if one.campaign else None,
        "MarketingOptIn": one.opted_in,
    }
    if view.has_new_column(found):
        row["Channel"] = "App" if one.number % 2 else "Web"
    return row
