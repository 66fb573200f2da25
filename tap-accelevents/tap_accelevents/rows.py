"""From the vendor's rows to the tap's: names, forms of values, and no secrets within."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_taps_core import Broken, Unconvertible, objects_in, snake_case
from event_taps_core.values import integer
from tap_accelevents.dates import utc_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from event_taps_core import Row

_SECRETS: Final = ("streamkey", "rtmpurl", "password", "accesstoken", "cardtype", "lastfour")
"""How the names end, in any spelling, of what lets somebody in or tells of a card: that is never
emitted unless asked for."""

_JSON_BEGINS: Final = ("{", "[")

Forms = dict[str, "Callable[[Any], Any]"]
"""By column: what brings a value into the column's form."""


def list_of_ids(value: Any) -> Any:
    """Make a list of numbers of what the prose calls an id and the schema a list of ids.

    >>> list_of_ids(["7", 8]), list_of_ids("9"), list_of_ids(None)
    ([7, 8], [9], None)
    """
    if value is None:
        return None
    try:
        ids = value if isinstance(value, list) else [value]
        return [one if type(one) is int else integer(one) for one in ids]
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
        return _text_without_secrets(value) if value.lstrip()[:1] in _JSON_BEGINS else value
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

    Raises:
        Broken: If there is no list, or none with rows in it and a sign of an error beside it.
    """
    found = body
    if isinstance(body, dict):
        there = [body[name] for name in names if name in body]
        if not there:
            msg = f"no '{next(iter(names))}' in the answer"
            raise Broken(msg)
        found = first_filled(there)
        if not found and _tells_of_an_error(body, is_null=found is None):
            msg = "no rows, and an error beside them"
            raise Broken(msg)
        found = [] if found is None else found
    return objects_in(found, next(iter(names), "the answer"))


def first_filled(values: Sequence[Any]) -> Any:
    """Return what one attribute of several spellings holds: a list with rows before any other.

    >>> first_filled([None, [], [{"id": 1}]]), first_filled([None, []]), first_filled([None])
    ([{'id': 1}], [], None)
    """
    filled = (value for value in values if isinstance(value, list) and value)
    there = (value for value in values if value is not None)
    return next(filled, next(there, None))


def _tells_of_an_error(body: Row, *, is_null: bool) -> bool:
    """Say whether an answer without rows names an error; beside null, any message may be one."""
    status = str(body.get("status"))
    return (
        bool(body.get("errors"))
        or body.get("success") is False
        or (status.isdecimal() and int(status) >= HTTPStatus.BAD_REQUEST)
        or (is_null and bool(body.get("message")))
    )


class Naming:
    """Leads the vendor's attributes to their columns; made once per stream.

    Args:
        columns: Names of the declared columns.
        spellings: Columns of attributes whose snake_case is not the column's name.
        forms: What brings a column's values into its form.
        left_out: Attributes whose values belong to other streams.
        with_secrets: Whether secrets may be emitted.
    """

    def __init__(
        self,
        columns: Collection[str],
        spellings: Mapping[str, str],
        forms: Forms,
        left_out: Collection[str],
        *,
        with_secrets: bool,
    ) -> None:
        self._columns = columns
        self._spellings = spellings
        self._forms = forms
        self._left_out = left_out
        self._with_secrets = with_secrets
        self._known: dict[str, tuple[str, str, str | None] | None] = {}

    def apply(self, row: Row, context: Mapping[str, Any], zone: ZoneInfo | None) -> Row:
        """Return the row under names that lead to its columns, with local times in UTC beside them.

        What only repeats the context (a parent's id, perhaps as a text) is left out. Where two
        spellings of one attribute come, one that says something wins.

        Args:
            row: The vendor's row.
            context: The partition.
            zone: The event's zone; None if it is not known.
        """
        named: Row = {}
        filled: dict[str, str] = {}
        for attribute, value in row.items():
            try:
                known = self._known[attribute]
            except KeyError:
                known = self._known[attribute] = self._name(attribute)
            if known is None:
                continue
            column, name, in_utc = known
            if column in context and str(value) == str(context[column]):
                continue
            value = self._formed(column, value)  # noqa: PLW2901 - the same value in its form
            if column in filled:
                if value is None:
                    continue
                if named[filled[column]] is None:
                    del named[filled[column]]
            filled[column] = name
            named[name] = value
            if in_utc is not None:
                named[in_utc] = utc_time(value, zone)
        return named

    def _formed(self, column: str, value: Any) -> Any:
        if value.__class__ in (dict, list, str) and not self._with_secrets:
            value = without_secrets(value)
        return self._forms[column](value) if column in self._forms else value

    def _name(self, attribute: str) -> tuple[str, str, str | None] | None:
        """Return an attribute's column, the name that leads there, and the column of its time.

        None to leave it out. The attribute's own name stays where it leads there by itself, or to
        no column: so it is the vendor's among the extra fields. A secret is a column that is
        emitted when asked for, or nowhere.
        """
        if attribute in self._left_out:
            return None
        spelled = self._spellings.get(attribute)
        column = spelled or snake_case(attribute)
        if column not in self._columns and is_secret(attribute) and not self._with_secrets:
            return None
        in_utc = f"{column}_utc"
        return column, spelled or attribute, in_utc if in_utc in self._columns else None
