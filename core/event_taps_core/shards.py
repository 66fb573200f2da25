"""Parts of the parents that several runs divide among them, and what their states say together."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from event_taps_core.keys import shard_of
from event_taps_core.settling import Fingerprint, parse_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.helpers.types import Context

_NOTE: Final = "shard"
"""Where a stream's state says of which shard it is; a state without it is of all parents."""

_READ_LOG: Final = "read_log"
_RUN: Final = "run"
_PARENTS_READ: Final = "parents_read"
_SETTLE_DAYS: Final = "settle_days"
_BOOKMARK: Final = "replication_key_value"
_PARTITIONS: Final = "partitions"
_OF_SHARDS: Final = {_PARENTS_READ, _PARTITIONS, _RUN}
"""What each shard knows of its own part only."""


@dataclass(frozen=True, order=True)
class Shard:
    """One of `count` parts of the parents; `index` counts from 0."""

    count: int
    index: int

    def holds(self, shard_id: str) -> bool:
        """Say whether a parent is in this shard."""
        return shard_of(shard_id, self.count) == self.index

    def __str__(self) -> str:
        """Write it as the read log does, and the state."""
        return f"{self.index}/{self.count}"

    def note_in(self, state: dict[str, Any]) -> None:
        """Say in a stream's state that it is of this shard."""
        state.pop(_NOTE, None)
        if self.count > 1:
            state[_NOTE] = str(self)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Shard | None:
        """Return of which shard a stream's state is; None if it says something else."""
        noted = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", str(state.get(_NOTE, "0/1")))
        if noted is None or int(noted[1]) >= int(noted[2]):
            return None
        return cls(int(noted[2]), int(noted[1]))


class Placed(NamedTuple):
    """A context, and what decides in which shard it is."""

    context: Context | None
    shard_id: str | None
    """The id of the outermost parent; None for a stream that is read whole."""

    def is_in(self, shard: Shard | None) -> bool:
        """Say whether a shard has to do with it."""
        return self.shard_id is None or (shard is not None and shard.holds(self.shard_id))


def merge_states(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make the state of the whole of the states of all its shards.

    From it any number of shards, or one run of all, goes on without reading again what was read.

    Args:
        states: The last state of each shard of one count, in any order.

    Raises:
        ValueError: If they are not: in one sentence.
    """
    noted = [Shard.of(_stream(state, _READ_LOG)) for state in states]
    given = sorted(shard for shard in noted if shard is not None)
    if not states or given != [Shard(len(states), index) for index in range(len(states))]:
        named = ", ".join(map(str, noted)) or "none"
        raise ValueError(f"these are not the states of all shards of one count, but of: {named}")
    by_shard = dict(zip(noted, states, strict=True))
    names = dict.fromkeys(name for state in states for name in state.get("bookmarks") or {})
    return {
        "bookmarks": {
            name: _merged(name, {shard: _stream(by_shard[shard], name) for shard in given})
            for name in names
        }
    }


def _stream(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    stream_state: Mapping[str, Any] = (state.get("bookmarks") or {}).get(name) or {}
    return stream_state


def _merged(name: str, of: Mapping[Shard, Mapping[str, Any]]) -> dict[str, Any]:
    """Merge what the shards' states say of one stream."""
    of_0, *others = of.values()
    if all(other == of_0 for other in others):  # nothing new since the state that all began with
        return copy.deepcopy(dict(of_0))
    parts = {shard: state for shard, state in of.items() if state.keys() & _OF_SHARDS}
    for shard, state in parts.items():
        if Shard.of(state) != shard:
            raise ValueError(
                f"the state of shard {shard} says nothing new of stream {name}: run that shard "
                "until it ends well, or remove this stream's bookmarks from all of the states"
            )
    if len({frozenset(state.keys() & _OF_SHARDS) for state in parts.values()}) > 1:
        raise ValueError(f"the states of stream {name} are not all of one kind")
    merged = copy.deepcopy(dict(next(iter(parts.values()), of_0)))  # shard 0 reads whole streams
    merged.pop(_NOTE, None)
    if name == _READ_LOG:
        merged |= _merged_runs(list(parts.values()))
    elif _PARENTS_READ in merged:
        merged |= _merged_parents(list(parts.values()))
    elif _PARTITIONS in merged:
        merged[_PARTITIONS] = [
            copy.deepcopy(partition) for state in parts.values() for partition in state[_PARTITIONS]
        ]
    return merged


def _merged_parents(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge what was read until its parents had settled: of the whole, only what is true of all."""
    read = Fingerprint()
    for state in states:
        read.join(Fingerprint.from_text(state[_PARENTS_READ]) or Fingerprint())
    oldest = min(states, key=lambda state: _instant(state.get(_BOOKMARK)))
    days = [state.get(_SETTLE_DAYS) for state in states]
    return {
        _BOOKMARK: oldest.get(_BOOKMARK),
        _SETTLE_DAYS: min(settle_days if type(settle_days) is int else 0 for settle_days in days),
        _PARENTS_READ: read.to_text(),
    }


def _merged_runs(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge which runs were the last: what comes after is newer than all, and goes on from each."""
    return {
        _BOOKMARK: max((state.get(_BOOKMARK) for state in states), key=_instant),
        _RUN: " ".join(str(state[_RUN]) for state in states),
    }


def _instant(bookmark: Any) -> datetime:
    return parse_datetime(bookmark) or datetime.min.replace(tzinfo=UTC)
