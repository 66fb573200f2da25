"""Keys where the vendor gives none, and the stable hash of shards.

A surrogate key is a digest of what identifies the row in the real world, plus an occurrence number
where several rows of one reading share that identity. The same answer gives the same keys whatever
its order, the number of workers, or the run.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from event_taps_core.columns import Row

_encode = msgspec.json.Encoder(order="sorted").encode


def digest(*parts: Any) -> str:
    """Digest JSON values into 32 hexadecimal digits; object keys are sorted first.

    >>> digest("a", 1) == digest("a", 1) != digest("a", "1")
    True
    """
    return hashlib.blake2b(_encode(parts), digest_size=16).hexdigest()


def shard_of(parent_id: str, shard_count: int) -> int:
    """Assign a parent to one of `shard_count` shards, the same on every machine and version."""
    hashed = hashlib.blake2b(parent_id.encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "big") % shard_count


def make_room(row: Row, column: str) -> None:
    """Rename an attribute of the vendor that has the name of a key column: an extra field."""
    if column in row:
        row[f"{column} of the vendor"] = row.pop(column)


class SurrogateKey:
    """The key column of a stream whose rows have no id.

    Where a row is so odd that its identity cannot be told, its whole content is.

    Args:
        column: Name of the key column.
        identity: From a vendor's row, the JSON value that identifies it within its parent.
        order: What orders the rows that share an identity, so that each keeps its number;
            by default the whole row's content.
        within: Items of the context that go into the digest, where the key column alone is the
            key: the same row of two partitions then has two keys.
    """

    def __init__(
        self,
        column: str,
        identity: Callable[[Row], Any],
        order: Callable[[Row], Any] | None = None,
        within: Sequence[str] = (),
    ) -> None:
        self.column = column
        self._identity = identity
        self._order = order
        self._within = within

    def add(
        self, rows: Iterable[Row], seen: dict[str, int], context: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """Return copies of the rows, in their order, with the key column set.

        `seen` says how often each identity came in earlier answers of the same reading, and learns
        of these.
        """
        rows = [row.copy() for row in rows]
        where = [(context or {}).get(name) for name in self._within]
        same: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            make_room(row, self.column)
            same[digest(*where, _or_content(self._identity, row))].append(row)
        for identity, alike in same.items():
            if len(alike) > 1:
                order = self._order
                alike.sort(key=lambda row: _encode([order and _or_content(order, row), row]))
            first = seen.get(identity, 0)
            seen[identity] = first + len(alike)
            for occurrence, row in enumerate(alike, start=first):
                row[self.column] = f"{identity}-{occurrence}" if occurrence else identity
        return rows


def _or_content(function: Callable[[Row], Any], row: Row) -> Any:
    """Apply a function to a row; return the row where the function cannot read it."""
    try:
        return function(row)
    except Exception:  # noqa: BLE001 - whatever is odd about one row, it hides no other
        return row
