"""Streams of the truth: the attributes that their columns come from, and how each is read.

Values that cannot be read as what a column holds are null in it, which is what a perfect
extraction makes of values of unexpected types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from event_sandbox.wire import Json, Row

V = TypeVar("V")

_BEFORE_A_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def text(value: Json) -> str | None:
    """Give a text, or anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def whole(value: Json) -> int | None:
    """Give a whole number, which may come as a text of digits."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    return int(value) if isinstance(value, int | float) else None


def number(value: Json) -> float | None:
    """Give a number, which may come as a text."""
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None
    return msgspec.json.decode(value) if value[:1].isdigit() else None


def flag(value: Json) -> bool | None:
    """Give a boolean."""
    return value if isinstance(value, bool) else None


def several(value: Json) -> list[Json] | None:
    """Give a list, of which a single member may come alone."""
    return value if value is None or isinstance(value, list) else [value]


def json(value: Json) -> str | None:
    """Give JSON as a text, in which nothing may be `"null"`."""
    return None if value == "null" else text(value)


def instant(value: Json) -> str | None:
    """Give an instant that is told as ISO 8601 in UTC, with the shortest fraction."""
    if not isinstance(value, str) or not value.endswith("Z"):
        return None
    moment, dot, fraction = value[:-1].partition(".")
    return f"{moment}{(dot + fraction).rstrip('0').rstrip('.')}Z"


_READ: Final[dict[str, Callable[[Json], Json]]] = {
    "same": lambda value: value,
    "text": text,
    "json": json,
    "instant": instant,
    "whole": whole,
    "number": number,
    "flag": flag,
    "several": several,
    "wholes": lambda value: value and [whole(one) for one in several(value) or ()],
}


class Columns:
    """The columns of a stream by how they are read: `Columns(whole="seats", text="name who:by")`.

    An attribute gives the column of its name in snake_case, unless that stands before a colon.
    Where an attribute has several names, they stand beside each other: `id:id|typeId`.
    """

    def __init__(self, **kinds: str) -> None:
        self._columns = [
            (column or snake(names), *names.partition("|")[::2], _READ[kind])
            for kind, told in kinds.items()
            for column, _, names in (one.rpartition(":") for one in told.split())
        ]

    def __add__(self, more: Columns) -> Columns:
        """Give these columns and others."""
        both = Columns()
        both._columns = self._columns + more._columns
        return both

    def row(self, sent: Mapping[str, Any]) -> Row:
        """Give the columns of what was sent; what was not is null."""
        return {
            column: read(sent[name] if name in sent else _first(sent, others))
            for column, name, others, read in self._columns
        }


def _first(sent: Mapping[str, Any], names: str) -> Json:
    return next((sent[name] for name in names.split("|") if name in sent), None) if names else None


def snake(name: str) -> str:
    """Give a name in snake_case."""
    return _BEFORE_A_WORD.sub("_", name).lower()


def without(secrets: frozenset[str], value: Json) -> Json:
    """Leave out attributes of these names, at any depth."""
    if isinstance(value, dict):
        return {k: without(secrets, inner) for k, inner in value.items() if k not in secrets}
    return [without(secrets, inner) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Stream(Generic[V]):
    """The rows of a stream under a vendor's view of the world."""

    sent: Callable[[V], Iterator[tuple[Mapping[str, Any], Row]]]
    """What is sent of each row, and the columns that do not come from there."""
    columns: Columns
    secrets: Columns = field(default_factory=Columns)
    """Columns that are there on request only."""
    hidden: frozenset[str] = frozenset()
    """Attributes that are left out at any depth, unless secrets are wanted."""

    def rows(self, view: V, *, include_secrets: bool) -> Iterator[Row]:
        """Give the rows in canonical order."""
        for sent, known in self.sent(view):
            if include_secrets:
                yield {**self.columns.row(sent), **known, **self.secrets.row(sent)}
            else:
                shown = without(self.hidden, sent) if self.hidden else sent
                yield {**self.columns.row(shown), **known}
