"""The vendor's rows: where they are in an answer, odd forms of values, and no secrets within."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_taps_core import BadResponse, Unconvertible, integer, objects_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from event_taps_core import Row

_SECRETS: Final = ("streamkey", "rtmpurl", "password", "accesstoken", "cardtype", "lastfour")
"""How the names end, in any spelling, of what lets somebody in or tells of a card: that is never
emitted unless asked for."""


def list_of_ids(value: Any) -> Any:
    """Make a list of numbers of what the prose calls an id and the schema a list of ids.

    >>> list_of_ids(["7", 8]), list_of_ids("9")
    ([7, 8], [9])
    """
    try:
        return list(map(integer, value if isinstance(value, list) else [value]))
    except Unconvertible:
        return value


def list_of_objects(value: Any) -> Any:
    """Make a list of what the documented schema calls an object, and the vendor's prose a list."""
    return [value] if isinstance(value, dict) else value


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Say whether an attribute's value is a secret, however its name is spelled.

    >>> is_secret("rtmpURL"), is_secret("mux_stream_key"), is_secret("streamUrl")
    (True, True, False)
    """
    return "".join(filter(str.isalnum, name)).lower().endswith(_SECRETS)


def without_secrets(value: Any) -> Any:
    """Return a value without the members that are secrets, at any depth, in JSON texts too."""
    if isinstance(value, dict):
        return {
            name: without_secrets(member) for name, member in value.items() if not is_secret(name)
        }
    if isinstance(value, str):
        return _text_without_secrets(value) if value.lstrip()[:1] in ("{", "[") else value
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def _text_without_secrets(text: str) -> str:
    """Clean a text that may be JSON; it stays as it is if there is nothing to take out."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    cleaned = without_secrets(value)
    return text if cleaned == value else msgspec.json.encode(cleaned).decode()


def rows_of(body: Any, names: Iterable[str]) -> list[Row]:
    """Take the list out of an answer: bare, or under one of several names; null is no rows.

    One with rows in it goes before any other.

    Raises:
        BadResponse: If there is no list, or none with rows in it and a sign of an error beside it.
    """
    rows = body
    if isinstance(body, dict):
        values = [body[name] for name in names if name in body]
        if not values:
            raise BadResponse(f"no '{next(iter(names))}' in the answer")
        present = [value for value in values if value is not None]
        filled = [value for value in present if isinstance(value, list) and value]
        rows = next(iter(filled or present), None)
        if not rows and _tells_of_an_error(body, is_null=rows is None):
            raise BadResponse("no rows, and an error beside them")
        rows = [] if rows is None else rows
    return objects_in(rows, next(iter(names), "the answer"))


def _tells_of_an_error(body: Row, *, is_null: bool) -> bool:
    """Say whether an answer without rows names an error; beside null, any message may be one."""
    status = str(body.get("status"))
    return (
        bool(body.get("errors"))
        or body.get("success") is False
        or (status.isdecimal() and int(status) >= HTTPStatus.BAD_REQUEST)
        or (is_null and bool(body.get("message")))
    )
