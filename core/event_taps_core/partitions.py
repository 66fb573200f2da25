"""What is read at a time: the rows of a parent, an id of a setting, a window, or a whole stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

WHOLE_STREAM: Final = "the whole stream"
NO_END: Final = datetime.max.replace(tzinfo=UTC)
"""The end of a partition that says none: it comes last."""

StreamT = TypeVar("StreamT")


@dataclass(frozen=True, eq=False)
class Partition(Generic[StreamT]):
    """One partition of the streams that share its answers, made once per run."""

    context: Context | None
    """The SDK's context; None for a stream that is read whole."""

    id: str
    """The parent's id; empty for a stream that is read whole."""

    name: str
    """What a summary calls it."""

    ends: datetime
    """When its event ends, `NO_END` if it does not say."""

    streams: tuple[StreamT, ...]
    """The streams that read it in this run; their bookmarks may differ."""
