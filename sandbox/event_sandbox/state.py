"""Remember a world between two runs of the server: what it was made from, and how far it came."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

import msgspec

from event_sandbox.errors import SurroundingsError, UserError
from event_sandbox.world import Size, World, advance, build_world

if TYPE_CHECKING:
    from pathlib import Path


class Origin(Size, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a world depends on, besides what the control API did to it by hand."""

    seed: int
    today: dt.date
    """The day of the first start; each step after it is one more day."""
    step: int = 0

    def build(self) -> World:
        """Make the world and bring it to where it was."""
        if self.sessions < 1 or self.people < 1:
            raise UserError("a world needs at least one session and one person")
        if self.events < 1 or (self.registrants is not None and self.registrants < 1):
            raise UserError("a world needs at least one online event, with at least one registrant")
        if self.hub_events < 1 or (self.hub_sessions is not None and self.hub_sessions < 1):
            raise UserError("a world needs at least one event of a hub, with at least one session")
        size = Size(**{name: getattr(self, name) for name in Size.__struct_fields__})
        world = build_world(self.seed, size, self.today)
        advance(world, self.step)
        return world


def load(path: Path) -> Origin | None:
    """Give the origin that a small JSON file remembers, or None if nothing was remembered yet."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Origin)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise SurroundingsError(f"cannot read the state file {path}: {error}") from None


def save(path: Path, world: World) -> None:
    """Remember a world; a crash leaves the old file or the new one, never half of one."""
    size = msgspec.structs.asdict(world.size)
    origin = Origin(seed=world.seed, today=world.first_today, step=world.step, **size)
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_bytes(msgspec.json.encode(origin) + b"\n")
        fresh.replace(path)
    except OSError as error:
        message = f"cannot write the state file {path}: {error.strerror or error}"
        raise SurroundingsError(message) from None
