"""Short ways to declare columns, in the SDK's types, each with its description.

columns = (
    key("id", "Id of the event."),
    column("ends_at", TIMESTAMP, "End of the event (UTC)."),
    list_of("speakers", "Who speaks.", member("name", "Full name.")),
)
"""

from __future__ import annotations

from typing import Any, Final

from singer_sdk import typing as th

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

Column = th.Property[Any]

ACCOUNT: Final = th.Property(
    "account", TEXT, required=True, description="Whose data these are: the setting `account`."
)
"""A column for the taps of vendors whose answers name no account."""


def key(name: str, description: str) -> Column:
    """Declare a text column that is part of the primary key and so never null."""
    return th.Property(name, TEXT, description=description, required=True)


def column(name: str, kind: th.JSONTypeHelper[Any], description: str) -> Column:
    """Declare a column of a plain type."""
    return th.Property(name, kind, description=description)


def secret(name: str, description: str) -> Column:
    """Declare a text column that is loaded only with the setting `include_secrets`."""
    return th.Property(name, TEXT, description=description, secret=True)


def member(name: str, description: str) -> Column:
    """Describe an attribute inside an object."""
    return th.Property(name, ANYTHING, description=description)


def object_of(name: str, description: str, *members: Column) -> Column:
    """Declare a column that holds an object, inside another object too."""
    kind = th.ObjectType(*members, additional_properties=True)
    return th.Property(name, kind, description=description)


def list_of(name: str, description: str, *members: Column) -> Column:
    """Declare a column that holds a list: of objects if members are given, else of anything."""
    items = th.ObjectType(*members, additional_properties=True, nullable=True) if members else None
    return th.Property(name, th.ArrayType(items or ANYTHING), description=description)
