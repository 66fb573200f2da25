"""What a vendor's records tell of people: the ground that the truths across vendors stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, get_args

V = TypeVar("V")

Kind = Literal[
    "registration", "listed", "attendance", "event_attendance", "engagement", "meeting", "other"
]
"""What a record is about.

Who is `listed` for a session has registered, at a vendor that keeps no list of registrations. What
is `other` only tells that there is such a person.
"""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Who:
    """A person as a record names them: by the vendor's own id, by an address, or by neither."""

    human: str
    vendor_id: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that a vendor's API tells."""

    event: str
    """The vendor's own id of the event, or what stands for all of an account's events."""
    who: Who | None
    """None where the record names nobody."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """The columns of the truth that it becomes a row of."""


Records: TypeAlias = Callable[[V], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Told(Generic[V]):
    """All records of a vendor, by kind; a kind that its API does not tell is not there."""

    account: str | None
    """What the vendor's rows call the account; None where they do not tell."""
    kinds: Mapping[Kind, Records[V]]

    def of(self, kind: Kind, view: V) -> Iterator[Record]:
        """Give the records of a kind."""
        if kind in self.kinds:
            yield from self.kinds[kind](view)
