"""The columns of a data method, and how more of them are found.

"There is no set schema for the data, as this is customised depending on the method evoked"
(heading "Example Result" of the vendor's page). Its example has the five columns below; what
others a data method has, only its rows tell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from singer_sdk import typing as th

from event_taps_core import ACCOUNT, EXTRA_FIELDS, READ_AT, digest, json_text, snake_case
from event_taps_core.schema import (
    ANYTHING,
    BOOLEAN,
    DATE,
    INTEGER,
    NUMBER,
    OBJECT,
    TEXT,
    TIMESTAMP,
    Column,
    column,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from event_taps_core import Row
    from event_taps_core.schema import Origin


def sorted_json_text(value: Any) -> Any:
    """Write an object or list as JSON text, the same for whatever order of its members."""
    return json_text(value, "sorted")


def _text(name: str, description: str) -> Column:
    return column(name, TEXT, description, convert=sorted_json_text)


WINDOW_START: Final = Column(
    "window_start",
    DATE,
    "First day of the window of event dates that the row was read in.",
    required=True,
)
ROW_KEY: Final = key(
    "row_key",
    "Key of the row: made from its whole content and its window, with a number where equal rows "
    "are in one window.",
)

DOCUMENTED: Final[tuple[Column, ...]] = (
    _text("device", "Device of the participant, such as Mobile or Tablet."),
    _text("email_address", "E-mail address of the participant; may be empty."),
    _text(
        "attended_online_live_chat",
        "Looks like the id of a chat that was attended; a list of them is kept as JSON text.",
    ),
    column("registered", BOOLEAN, "Whether the participant has registered."),
    _text("country", "Country of the participant, as a two-letter code."),
)

CONSTANTS: Final = frozenset({ACCOUNT.name, WINDOW_START.name})
"""Columns that are the same in every row of a window."""

OURS: Final = frozenset({ACCOUNT.name, WINDOW_START.name, ROW_KEY.name, READ_AT, EXTRA_FIELDS})
_MAX_NAME_LENGTH: Final = 63
"""PostgreSQL cuts longer names, and two questions of a form may begin alike."""

TYPES: Final[Mapping[str, th.JSONTypeHelper[Any]]] = {
    "string": TEXT,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date-time": TIMESTAMP,
    "date": DATE,
    "object": OBJECT,
    "array": th.ArrayType(ANYTHING),
}
"""The types that the setting `column_types` may name."""


@lru_cache(maxsize=10_000)
def column_name(attribute: str) -> str:
    """Return the name of an attribute's column: in snake case, a long one cut, with a digest."""
    name = snake_case(attribute)
    if len(name) <= _MAX_NAME_LENGTH:
        return name
    ending = f"_{digest(name)[:8]}"
    return name[: _MAX_NAME_LENGTH - len(ending)] + ending


@lru_cache(maxsize=10_000)
def is_long(attribute: str) -> bool:
    """Say whether the column's name is not the one that the core makes of the attribute's."""
    return column_name(attribute) != snake_case(attribute)


def primary_key(keys: Sequence[str]) -> tuple[str, ...]:
    """Return the primary key beside the account: these columns, or else `row_key`."""
    return tuple(dict.fromkeys(name for name in keys if name != ACCOUNT.name)) or (ROW_KEY.name,)


def with_keys(columns: Iterable[Column], keys: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of a stream beside the account: the key, the window, then these.

    Args:
        columns: What the rows hold.
        keys: Columns that the setting `primary_keys` names.
    """
    by_name = {entry.name: entry for entry in columns if entry.name not in OURS}
    for name in keys:
        if name in CONSTANTS:
            continue
        entry = by_name.get(name)
        text = (entry.description if entry else None) or "Part of the key (setting primary_keys)."
        by_name[name] = key(name, text)
    own = (WINDOW_START,) if keys else (ROW_KEY, WINDOW_START)
    return (*own, *by_name.values())


def columns_in(schema: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns that a catalog's schema declares, and the documented ones.

    What a catalog leaves out of these is left out, and no attribute that nobody knows.
    """
    in_catalog = {
        name: column(
            name,
            th.CustomType({item: declared[item] for item in declared if item != "description"}),
            declared.get("description") or "",
            **_origin_of(declared),
        )
        for name, declared in schema.get("properties", {}).items()
    }
    return tuple(({documented.name: documented for documented in DOCUMENTED} | in_catalog).values())


def _origin_of(declared: Mapping[str, Any]) -> Origin:
    """Say what fills a column of a catalog: texts hold objects and lists as JSON text."""
    types = declared.get("type") or ["object"]
    is_text = types == "string" or {"string", "null"}.issuperset(types)
    return {"convert": json_text} if is_text and "format" not in declared else {}


def with_types(columns: Iterable[Column], types: Mapping[str, str]) -> tuple[Column, ...]:
    """Return these columns, and others, with the types that the setting `column_types` names."""
    by_name = {entry.name: entry for entry in columns}
    for name, kind in types.items():
        entry = by_name.get(name)
        text = (entry.description if entry else None) or "Named in the setting column_types."
        by_name[name] = _text(name, text) if kind == "string" else column(name, TYPES[kind], text)
    return tuple(by_name.values())


class Sample:
    """Which columns the rows of some windows have.

    Of which type a column is, rows cannot tell: what was a number in all of them may be a text in
    the next, and no warehouse changes a column's type from night to night. So all are text.
    """

    def __init__(self) -> None:
        self.size = 0
        self._attributes: dict[str, str] = {}

    def add(self, rows: Collection[Row]) -> None:
        """Look at rows as the vendor sent them."""
        self.size += len(rows)
        for row in rows:
            for attribute in row:
                self._attributes.setdefault(column_name(attribute), attribute)

    def columns(self) -> tuple[Column, ...]:
        """Return the documented columns, and those found as text."""
        taken_names = {"", *OURS, *(documented.name for documented in DOCUMENTED)}
        sampled_columns = (
            _text(name, f"`{attribute}` of the data method, as found in a sample.")
            for name, attribute in self._attributes.items()
            if name not in taken_names
        )
        return (*DOCUMENTED, *sampled_columns)
