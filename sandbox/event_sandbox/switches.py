"""Switches: where a vendor's document is silent or contradicts itself, both readings are served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from event_sandbox.errors import UserError, find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Positions = dict[str, str]
"""One vendor's switches: the position that each stands in."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question about a vendor's API, and the answers that a tap must survive."""

    name: str
    positions: tuple[str, ...]
    gap: str
    """What the document leaves open."""

    @property
    def default(self) -> str:
        """Give the position that follows the document's own wording or example."""
        return self.positions[0]


def switches_in(text: str) -> tuple[Switch, ...]:
    """Read switches from a text: lines `name: position, ...`, each with its gap indented below.

    A line that goes on is indented by two; headings begin with a hash.
    """
    whole = re.sub(r"\n {2}(?=\S)", " ", text)
    found = re.finditer(r"^(\w+): (.+)\n((?: {4}.+\n)+)", whole, re.MULTILINE)
    return tuple(
        Switch(one[1], tuple(one[2].split(", ")), " ".join(one[3].split())) for one in found
    )


COMPRESSION: Final = Switch(
    "compression",
    ("none", "gzip"),
    "No document says whether answers are compressed where a reader takes that.",
)
"""What every vendor's document is silent about."""


class SwitchBoard:
    """The switches of all vendors and how they stand."""

    def __init__(self, switches: Mapping[str, Sequence[Switch]]) -> None:
        self._switches = {
            vendor: {switch.name: switch for switch in of_vendor}
            for vendor, of_vendor in switches.items()
        }
        self._positions: dict[str, Positions] = {}
        self.restore()

    def restore(self) -> None:
        """Put every switch back to its default."""
        self._positions = {
            vendor: {switch.name: switch.default for switch in switches.values()}
            for vendor, switches in self._switches.items()
        }

    def of(self, vendor: str) -> Positions:
        """Give the positions of a vendor's switches."""
        return self._positions[vendor]

    def all(self) -> dict[str, Positions]:
        """Give the positions of all switches, by vendor."""
        return self._positions

    def set(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        """Move the named switches and leave the others; all or, on a mistake, none."""
        moved = {vendor: dict(positions) for vendor, positions in self._positions.items()}
        for vendor, positions in wanted.items():
            known = find("vendor", vendor, self._switches)
            for name, position in positions.items():
                switch = find(f"switch of {vendor}", name, known)
                find(f"position of {vendor}.{name}", position, dict.fromkeys(switch.positions))
                moved[vendor][name] = position
        self._positions = moved


def parse_switch(text: str) -> tuple[str, str, str]:
    """Split `vendor.name=position` as given on the command line."""
    target, equals, position = text.partition("=")
    vendor, dot, name = target.partition(".")
    if not (equals and dot and vendor and name and position):
        raise UserError(f"a switch is given as VENDOR.NAME=POSITION, not {text!r}")
    return vendor, name, position
