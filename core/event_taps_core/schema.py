"""Short ways to declare columns, in the SDK's types: each with its description, and what fills it.

columns = (
    key("id", "Id of the event.", source=("id", "eventId")),
    column("ends_at", TIMESTAMP, "End of the event (UTC)."),
    column("layout", TEXT, "Layout, as JSON text.", convert=json_text),
    list_of("speakers", "Who speaks.", member("name", "Full name.")),
)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

TEXT: Final = th.StringType()
INTEGER: Final = th.IntegerType()
NUMBER: Final = th.NumberType()
BOOLEAN: Final = th.BooleanType()
TIMESTAMP: Final = th.DateTimeType()
DATE: Final = th.DateType()
OBJECT: Final = th.CustomType({"type": ["object", "null"], "additionalProperties": True})
"""An object of any members; of one with an empty list of them, flattening would drop the column."""

ANYTHING: Final = th.CustomType(
    {"type": ["string", "number", "boolean", "object", "array", "null"]}
)
"""The type of what stands inside an object or list.

Nested values stay as the vendor sent them. They are described, but of no fixed type: a number
where the documents say text must not stop a target that validates records.
"""


class Origin(TypedDict, total=False):
    """What fills a column, where it is not simply the attribute of its name in any spelling."""

    source: str | tuple[str, ...]
    """The vendor's attributes, in any spelling. The first of them that holds a value fills the
    column; if none does, the attribute of the column's own name. One may fill several columns."""

    convert: Callable[..., Any]
    """Brings a value, which is never null, into a form that the column's type takes. It may raise
    Unconvertible: then the value is as good as none, and is kept among the extra fields."""

    context_item: str
    """What of the partition's context `convert` takes beside the value: the time zone, say."""


class Column(th.Property[Any]):
    """A declared column: the SDK's property, and what fills it, which no catalog tells."""

    def __init__(
        self,
        name: str,
        kind: th.JSONTypeHelper[Any],
        description: str,
        *,
        required: bool = False,
        secret: bool = False,
        **origin: Unpack[Origin],
    ) -> None:
        super().__init__(name, kind, required=required, secret=secret, description=description)
        source = origin.get("source", ())
        self.source = (source,) if isinstance(source, str) else source
        self.convert = origin.get("convert")
        self.context_item = origin.get("context_item")


def key(name: str, description: str, **origin: Unpack[Origin]) -> Column:
    """Declare a text column that is part of the primary key and so never null."""
    return Column(name, TEXT, description, required=True, **origin)


def number_key(name: str, description: str, **origin: Unpack[Origin]) -> Column:
    """Declare a column of whole numbers that is part of the primary key and so never null."""
    return Column(name, INTEGER, description, required=True, **origin)


def column(
    name: str, kind: th.JSONTypeHelper[Any], description: str, **origin: Unpack[Origin]
) -> Column:
    """Declare a column of a plain type."""
    return Column(name, kind, description, **origin)


def secret(name: str, description: str, **origin: Unpack[Origin]) -> Column:
    """Declare a text column that is loaded only with the setting `include_secrets`."""
    return Column(name, TEXT, description, secret=True, **origin)


def member(name: str, description: str) -> Column:
    """Describe an attribute inside an object."""
    return Column(name, ANYTHING, description)


def object_of(name: str, description: str, *members: Column, **origin: Unpack[Origin]) -> Column:
    """Declare a column that holds an object, inside another object too."""
    kind = th.ObjectType(*members, additional_properties=True)
    return Column(name, kind, description, **origin)


def list_of(name: str, description: str, *members: Column, **origin: Unpack[Origin]) -> Column:
    """Declare a column that holds a list: of objects if members are given, else of anything."""
    items = th.ObjectType(*members, additional_properties=True, nullable=True) if members else None
    return Column(name, th.ArrayType(items or ANYTHING), description, **origin)


ACCOUNT: Final = key("account", "Whose data these are: the setting `account`.")
"""A column for the taps of vendors whose answers name no account."""
