"""The sandbox itself: one world, the switches, the faults, and what was asked so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from event_sandbox.errors import UserError, find
from event_sandbox.grains import GRAINS, Reading
from event_sandbox.registry import VENDORS, find_vendor
from event_sandbox.shared import Shared
from event_sandbox.switches import SwitchBoard
from event_sandbox.world import advance, build_world

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from event_sandbox.world import World


@dataclass(slots=True)
class _Planned:
    """What happens to a vendor's data when so many more requests have come in."""

    vendor: str
    requests_left: int
    happen: Callable[[], None]


class Sandbox(Shared):
    """What the control API acts on: it lets time pass, moves switches, and tells the truth."""

    def __init__(self, world: World, on_advance: Callable[[World], None] = lambda _: None) -> None:
        switches = {name: vendor.switches for name, vendor in VENDORS.items()}
        super().__init__(world, SwitchBoard(switches))
        self._on_advance = on_advance
        self._planned: list[_Planned] = []

    def truth(
        self,
        vendor: str,
        stream: str,
        *,
        include_secrets: bool = False,
        all_columns: bool = False,
    ) -> bytes:
        """Give the truth of a stream as JSON lines."""
        found = find_vendor(vendor)
        told = find(f"stream of {vendor}", stream, found.streams)
        view = found.look(self.world, self.switches.of(vendor))
        if all_columns and found.all_columns:
            rows = found.all_columns(view, stream)
        else:
            rows = told.rows(view, include_secrets=include_secrets)
        return msgspec.json.Encoder().encode_lines(list(rows))

    def grain(self, name: str) -> bytes:
        """Give a truth across vendors as JSON lines."""
        rows = find("grain", name, GRAINS)
        tellers = {
            name: (vendor.told, vendor.look(self.world, self.switches.of(name)))
            for name, vendor in VENDORS.items()
        }
        return msgspec.json.Encoder().encode_lines(list(rows(Reading(tellers))))

    def advance(self, steps: int) -> Counter[str]:
        """Move the world on by so many days."""
        changes = advance(self.world, steps)
        self.generation += 1
        self.preparation.forget()
        self._on_advance(self.world)
        return changes

    def start_over(self) -> None:
        """Make the world anew, as it was on its first day; nothing is planned any more."""
        world = self.world
        self.world = build_world(world.seed, world.size, world.first_today)
        self.generation += 1
        self._planned = []
        self.preparation.forget()
        self._on_advance(self.world)

    def set_switches(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        """Move the named switches."""
        self.switches.set(wanted)
        self.generation += 1

    def restore_switches(self) -> None:
        """Put every switch back to its default."""
        self.switches.restore()
        self.generation += 1
        self.forget_calls()

    def forget_calls(self) -> None:
        """Start counting calls and breaches anew."""
        for limit in self.limits.values():
            limit.forget()

    def vanish(self, vendor_name: str, key: str | None, after_requests: int) -> str:
        """Let a session or event go away now or during the n-th vendor request from now.

        Returns:
            Its key, which may be left to the vendor to choose.
        """
        vendor = find_vendor(vendor_name)
        key = key or vendor.newest_parent(vendor.look(self.world, self.switches.of(vendor_name)))
        if key is None or not vendor.has_parent(self.world, key):
            raise UserError(f"there is no {key!r}" if key else "there is nothing with attendance")
        self._plan(vendor_name, after_requests, lambda: vendor.remove(self.world, key))
        return key

    def change(self, vendor_name: str, kind: str, after_requests: int) -> None:
        """Let something happen now or during the n-th vendor request from now."""
        known = find_vendor(vendor_name).changes
        happen = find(f"kind of change to {vendor_name}", kind, known)
        self._plan(vendor_name, after_requests, lambda: happen(self.world))

    def count_request(self, vendor_name: str) -> None:
        """Let happen what has its time come with this request."""
        if not self._planned:
            return
        for planned in self._planned:
            if planned.vendor == vendor_name:
                planned.requests_left -= 1
                if not planned.requests_left:
                    self._happen(planned.happen)
        self._planned = [planned for planned in self._planned if planned.requests_left > 0]

    def _plan(self, vendor_name: str, after_requests: int, happen: Callable[[], None]) -> None:
        if after_requests > 0:
            self._planned.append(_Planned(vendor_name, after_requests, happen))
        else:
            self._happen(happen)

    def _happen(self, happen: Callable[[], None]) -> None:
        happen()
        self.generation += 1
