"""Each switch shows in the answers: what is claimed of a position is looked up there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_sandbox.registry import VENDORS
from event_sandbox.testing import VendorClient

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class ExampleClient(VendorClient):
    vendor_name = "example"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.headers = {"API-Key": self.settings["api_key"]}

    def error(self) -> Json:
        return self.ask("/nothing")[1]

    def starts(self) -> list[str]:
        return [row["starts_at"] for row in self.get("/events")["data"]]


# To do: for each position of a switch, what is so in the answers then, and not by default.
CLAIMS: dict[str, Callable[[ExampleClient], bool]] = {
    "error_member=message": lambda client: list(client.error()) == ["message"],
    "error_member=error": lambda client: list(client.error()) == ["error"],
    "fraction=absent": lambda client: not any("." in text for text in client.starts()),
    "fraction=present": lambda client: all("." in text for text in client.starts()),
}

TestPositions = suite(VENDORS["example"].switches, ExampleClient, CLAIMS, elsewhere={"compression"})
