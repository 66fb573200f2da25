"""The vendors that are served. A new one is a subpackage and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from event_sandbox.accelevents import ACCELEVENTS
from event_sandbox.airmeet import AIRMEET
from event_sandbox.conferencesio import CONFERENCESIO
from event_sandbox.errors import find
from event_sandbox.expoplatform import EXPOPLATFORM
from event_sandbox.meetengage import MEETENGAGE

if TYPE_CHECKING:
    from event_sandbox.vendor import Vendor

VENDORS: Final[dict[str, Vendor[Any]]] = {
    vendor.name: vendor
    for vendor in (
        CONFERENCESIO,
        AIRMEET,
        EXPOPLATFORM,
        MEETENGAGE,
        ACCELEVENTS,
    )
}


def find_vendor(name: str) -> Vendor[Any]:
    """Give the vendor of that name."""
    return find("vendor", name, VENDORS)
