"""The vendors that are served. A new one is a subpackage and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.accelevents import Accelevents
from event_sandbox.airmeet import Airmeet
from event_sandbox.conferencesio import ConferencesIO
from event_sandbox.errors import UserError
from event_sandbox.expoplatform import ExpoPlatform
from event_sandbox.meetengage import MeetEngage

if TYPE_CHECKING:
    from event_sandbox.vendor import Vendor

VENDORS: Final[dict[str, Vendor]] = {
    vendor.name: vendor
    for vendor in (
        ConferencesIO(),
        Airmeet(),
        ExpoPlatform(),
        MeetEngage(),
        Accelevents(),
    )
}


def find_vendor(name: str) -> Vendor:
    """Give the vendor of that name."""
    if name not in VENDORS:
        message = f"unknown vendor: {name!r}. Known: {', '.join(VENDORS)}."
        raise UserError(message)
    return VENDORS[name]


def find_stream(vendor: Vendor, stream: str) -> str:
    """Give the stream's name back, if the vendor has it."""
    if stream not in vendor.streams:
        message = (
            f"unknown stream of {vendor.name}: {stream!r}. Known: {', '.join(vendor.streams)}."
        )
        raise UserError(message)
    return stream
