"""What the vendors' APIs are served from: one world, how the switches stand, what was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from event_sandbox.faults import Faults
from event_sandbox.preparation import Preparation
from event_sandbox.request_log import RequestLog

if TYPE_CHECKING:
    from event_sandbox.limits import RateLimit
    from event_sandbox.switches import SwitchBoard
    from event_sandbox.world import World


class Shared:
    """Everything that vendors' APIs and the control API share.

    `generation` grows whenever an answer may have changed, so that vendors may keep answers.
    """

    def __init__(self, world: World, switches: SwitchBoard) -> None:
        self.world = world
        self.switches = switches
        self.faults = Faults()
        self.preparation = Preparation()
        self.log = RequestLog()
        self.limits: dict[str, RateLimit] = {}
        """Of the vendors that have one, by name."""
        self.latency_seconds = 0.0
        self.generation = 0
        self.closing = asyncio.Event()
        """Set when the server stops, so that no hanging answer holds it up."""
        self.counters: Counter[str] = Counter()
        """What must never happen and did, by `vendor.name`."""
