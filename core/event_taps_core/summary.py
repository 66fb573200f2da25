"""What a run did, counted per stream, and said in one line each at its end."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAMED = 5
"""So many ids and reasons are named in a summary; the rest is a number."""
_NAMED_AT_LAST = 3
"""And so many in the last line of a run."""


@dataclass
class StreamStats:
    """The counts of one stream; workers add requests, the reading thread adds the rest.

    Requests that several streams share are counted where they were made: with the first of them.
    """

    name: str
    rows: int = 0
    requests: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    waited_seconds: float = 0.0
    pending: int = 0
    settled: int = 0
    not_known: int = 0
    before_start: int = 0
    is_left_to_shard_0: bool = False
    unread: int | None = None
    """How many partitions were not tried; None if not even that was found out."""

    unknown: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count_request(self) -> None:
        """Count a request that is about to be sent."""
        with self._lock:
            self.requests += 1

    def count_retry(self, reason: str, seconds: float) -> None:
        """Count a request that will be sent again, after `seconds`."""
        with self._lock:
            self.retries[reason] += 1
            self.waited_seconds += seconds

    def count_pending(self) -> None:
        """Count an answer that asked to come back later."""
        with self._lock:
            self.pending += 1

    def failures(
        self, failed: Mapping[str, Sequence[str]], why_not_tried: str
    ) -> list[dict[str, Any]]:
        """Count by reason what was not read; `why_not_tried` is empty if the run ended well."""
        parts = {reason: len(ids) for reason, ids in list(failed.items())[:_NAMED]}
        if rest := list(failed.values())[_NAMED:]:
            parts[f"{len(rest)} other reasons"] = sum(map(len, rest))
        if self.unread:
            parts["not tried after that"] = self.unread
        if why_not_tried and not parts:
            parts[why_not_tried] = 1
        return [
            {"stream": self.name, "reason": reason, "parts": count}
            for reason, count in parts.items()
        ]

    def line(self, absent: Mapping[str, Sequence[str]], failed: Mapping[str, Sequence[str]]) -> str:
        """Say it in one line, with the ids of what is absent or failed by their reason."""
        return f"{self.name}: " + ", ".join(self._parts(absent, failed))

    def _parts(
        self, absent: Mapping[str, Sequence[str]], failed: Mapping[str, Sequence[str]]
    ) -> Iterator[str]:
        yield f"{self.rows} rows, {self.requests} requests"
        if self.is_left_to_shard_0:
            yield "read by shard 0"
        if self.settled:
            yield f"{self.settled} parents settled and not read again"
        if self.not_known:
            yield f"{self.not_known} old parents read, as not all of their months had been"
        if self.before_start:
            yield f"{self.before_start} parents ended before start_date"
        if self.retries:
            reasons = ", ".join(f"{n} x {reason}" for reason, n in sorted(self.retries.items()))
            waited = f"{self.waited_seconds:.0f} s waited for them"
            yield f"{self.retries.total()} retries ({reasons}), {waited}"
        if self.pending:
            yield f"{self.pending} answers not ready at first"
        yield from _by_reason(absent, "absent")
        yield from _by_reason(failed, "NOT READ")
        if self.unread:
            yield f"{self.unread} not tried after that"
        if self.unknown:
            yield f"undeclared, kept in extra_fields: {', '.join(sorted(self.unknown))}"


def said_of_failures(failed: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Say what was not read, each reason once for the streams that share it."""
    streams: dict[str, list[str]] = {}
    for name, reasons in failed.items():
        for reason, ids in list(reasons.items())[:_NAMED_AT_LAST]:
            more = ", ..." if len(ids) > _NAMED_AT_LAST else ""
            text = f"{reason} ({', '.join(ids[:_NAMED_AT_LAST])}{more})"
            streams.setdefault(text, []).append(name)
        if rest := list(reasons.values())[_NAMED_AT_LAST:]:
            text = f"{sum(map(len, rest))} more for {len(rest)} other reasons"
            streams.setdefault(text, []).append(name)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in streams.items())


def _by_reason(named: Mapping[str, Sequence[str]], status: str) -> Iterator[str]:
    """Name some reasons and count the rest: vendors put ids into their words, so all may differ."""
    for reason, ids in list(named.items())[:_NAMED]:
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        yield f"{len(ids)} {status} ({reason}): {', '.join(ids[:_NAMED])}{more}"
    if rest := list(named.values())[_NAMED:]:
        yield f"{sum(map(len, rest))} more {status} for {len(rest)} other reasons"
