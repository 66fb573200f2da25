"""The invented world: who met whom, where and when, known to the last detail.

The world knows nothing of vendors. Each vendor's subpackage projects it into that vendor's form.
"""

from event_sandbox.world.days import SIZES, advance, build_world
from event_sandbox.world.model import Size, World

__all__ = ["SIZES", "Size", "World", "advance", "build_world"]
