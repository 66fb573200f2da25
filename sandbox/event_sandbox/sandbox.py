"""The sandbox itself: one world, the switches, the faults, and what was asked so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from event_sandbox.errors import UserError
from event_sandbox.faults import FaultPlan
from event_sandbox.preparation import Preparation
from event_sandbox.registry import VENDORS, find_stream, find_vendor
from event_sandbox.request_log import RequestLog
from event_sandbox.switches import SwitchBoard
from event_sandbox.world import advance

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from event_sandbox.world import World


@dataclass(slots=True)
class _Vanishing:
    """A session or event that goes away when so many more requests have come in."""

    vendor: str
    key: str
    requests_left: int


class Sandbox:
    """Everything that vendors' APIs and the control API share.

    `generation` grows whenever an answer may have changed, so that vendors may keep answers.
    """

    def __init__(
        self,
        world: World,
        *,
        log: RequestLog | None = None,
        on_advance: Callable[[World], None] | None = None,
    ) -> None:
        self.world = world
        self.switches = SwitchBoard({name: vendor.switches for name, vendor in VENDORS.items()})
        self.faults = FaultPlan()
        self.preparation = Preparation()
        self.log = RequestLog() if log is None else log
        self.latency_seconds = 0.0
        self.generation = 0
        self._on_advance = on_advance
        self._vanishing: list[_Vanishing] = []

    def truth(self, vendor_name: str, stream: str, *, include_secrets: bool = False) -> bytes:
        """Give the truth of a stream as JSON lines."""
        vendor = find_vendor(vendor_name)
        find_stream(vendor, stream)
        rows = vendor.truth(
            self.world, self.switches.of(vendor_name), stream, include_secrets=include_secrets
        )
        return msgspec.json.Encoder().encode_lines(list(rows))

    def advance(self, steps: int) -> Counter[str]:
        """Move the world on by so many days."""
        changes = advance(self.world, steps)
        self.generation += 1
        self.preparation.forget()
        if self._on_advance:
            self._on_advance(self.world)
        return changes

    def set_switches(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        """Move the named switches."""
        self.switches.set(wanted)
        self.generation += 1

    def restore_switches(self) -> None:
        """Put every switch back to its default."""
        self.switches.restore()
        self.generation += 1

    def vanish(self, vendor_name: str, key: str | None, after_requests: int) -> str:
        """Let a session or event go away now or during the n-th vendor request from now.

        Returns:
            Its key, which may be left to the vendor to choose.
        """
        vendor = find_vendor(vendor_name)
        key = key or vendor.newest_parent(self.world, self.switches.of(vendor_name))
        if key is None or not vendor.has_parent(self.world, key):
            message = f"there is no {key!r}" if key else "there is nothing with attendance"
            raise UserError(message)
        if after_requests > 0:
            self._vanishing.append(_Vanishing(vendor_name, key, after_requests))
        else:
            self._remove(vendor_name, key)
        return key

    def count_request(self, vendor_name: str) -> None:
        """Let go what has its time come with this request."""
        if not self._vanishing:
            return
        for vanishing in self._vanishing:
            if vanishing.vendor == vendor_name:
                vanishing.requests_left -= 1
                if not vanishing.requests_left:
                    self._remove(vendor_name, vanishing.key)
        self._vanishing = [
            vanishing for vanishing in self._vanishing if vanishing.requests_left > 0
        ]

    def _remove(self, vendor_name: str, key: str) -> None:
        find_vendor(vendor_name).remove(self.world, key)
        self.generation += 1
