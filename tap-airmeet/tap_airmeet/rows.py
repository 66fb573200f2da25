"""From the vendor's values and rows to the tap's: times, texts, and who or what a row is about."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from event_taps_core import Unconvertible, digest, from_milliseconds, json_text, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_taps_core import Row

_COLON_DATE: Final = re.compile(r"^(\d{4}):(\d\d):(\d\d)(?=T)")
UUID: Final = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


def iso_time(value: Any) -> Any:
    """Turn the vendor's forms of a time into ISO 8601; what is none of them stays as it is.

    Its page shows `2021:12:25T12:20:56.00Z`, with colons in the date, for every report; a client in
    production gives the same attribute to JavaScript's `Date`, so ISO or milliseconds since 1970
    must come too.

    >>> iso_time("2021:12:25T12:20:56.00Z"), iso_time(1640434856000)
    ('2021-12-25T12:20:56.00Z', '2021-12-25T12:20:56Z')
    """
    if isinstance(value, str):
        return _COLON_DATE.sub(r"\1-\2-\3", value, count=1) if value[4:5] == ":" else value
    if type(value) in {int, float}:
        with suppress(Unconvertible):
            return rfc3339(from_milliseconds(value))
    return value


def free_form(value: Any) -> Any:
    """Turn an object or list into JSON text, and the text "null" into null.

    The page shows a booth's details as null, and `layoutData` as the text "null"; the vendor's
    connector says text, but their names speak of lists and objects.
    """
    return None if value == "null" else json_text(value)


def by_address(row: Row) -> list[Any]:
    """Identify somebody by e-mail address, else by name."""
    if address := row.get("email"):
        return ["email", str(address).strip().lower()]
    return ["name", row.get("name")]


def by_time(attribute: str) -> Callable[[Row], list[str]]:
    """Order what one person did several times by a time."""
    return lambda row: [str(iso_time(row.get(attribute)))]


def participant(row: Row) -> list[Any]:
    """Identify a registration by its e-mail address, else by what does not change about it."""
    if row.get("email"):
        return by_address(row)
    return [*by_address(row), row.get("organisation"), iso_time(row.get("registrationDate"))]


def registration(row: Row) -> str:
    """Tell a registration from the others of the same person; what may change is no part of it."""
    if is_anonymous(row):
        return digest({name: value for name, value in row.items() if name != "token"})
    return digest(participant(row), *map(row.get, ("name", "user_type", "registrationDate")))


def is_anonymous(row: Row) -> bool:
    """Say whether two equal rows may be two people: guests without e-mail or date."""
    return not row.get("email") and not row.get("registrationDate")


def answer_or_question(row: Row) -> list[Any]:
    """Identify who answered or asked what, where; the answer itself may change.

    A person is known by Airmeet's id, else by e-mail, else by name; guests have none.
    """
    user_id = row.get("user_id")
    who = ["user_id", user_id] if user_id else by_address(row)
    return [who, row.get("session_id"), row.get("question")]


def recording(row: Row) -> list[Any]:
    """Identify a recording by session and file: its link's query is signed anew at every call."""
    return [row.get("session_id"), urlsplit(str(row.get("download_link") or "")).path]
