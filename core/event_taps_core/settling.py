"""Incremental reading where the vendor cannot say what changed.

What happened at an event stops changing some days after it ended. So the replication key of a
dependent stream is the end (or date) of its parent; parents are read in that order, and a run
reads those that end after `bookmark - settle_days`.

The bookmark says how far the reading came, not how completely: a parent may join late with an old
end, fail, or come back. So a fingerprint of the parents that were read stands beside it. The next
run makes the same fingerprint of the parents that are listed then. Where the two agree, the parents
were read and have settled; where they differ, all parents of that month are read again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
from collections import Counter
from collections.abc import Container, Hashable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from event_taps_core.values import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

_LAST_ZONE_BEHIND_UTC = timedelta(hours=12)
"""What has no zone may happen up to twelve hours later than the same time in UTC."""

_MAX_DAY = timedelta(days=1) + _LAST_ZONE_BEHIND_UTC
"""So long after its midnight in UTC, a local day is over everywhere."""

_MONTHS: Final = 64
"""So many months have a sum of their own; then they share one with those five years before."""

_SUM_BYTES: Final = 3
_MAX_SETTLE_DAYS: Final = 36_500
_NO_LAG: Final = timedelta(0)
_encode = msgspec.json.Encoder(order="sorted").encode

ParentKey = Hashable
"""What tells a parent from others: the values of its context."""


def parse_datetime(value: Any) -> datetime | None:
    """Read a date (as its midnight) or a time as an instant, no zone as UTC; None if neither."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class Fingerprint:
    """For each month a sum of hashes of the parents that ended in it.

    Two sets of parents of one month have the same sum by chance once in 16 million times.
    """

    def __init__(self, sums: Iterable[int] = ()) -> None:
        self._sums = list(sums) or [0] * _MONTHS

    def add(self, parent: _Parent) -> None:
        """Add a parent; the order does not matter."""
        self._sums[parent.month] = (self._sums[parent.month] + parent.hash) % 256**_SUM_BYTES

    def join(self, other: Fingerprint) -> None:
        """Add the parents of another one, of which this has none."""
        pairs = zip(self._sums, other._sums, strict=True)
        self._sums = [(own_sum + other_sum) % 256**_SUM_BYTES for own_sum, other_sum in pairs]

    def months_of(self, parents: Iterable[_Parent]) -> set[int]:
        """Return the months in which it is of just these parents."""
        other = Fingerprint()
        for parent in parents:
            other.add(parent)
        return {month for month in range(_MONTHS) if self._sums[month] == other._sums[month]}

    def to_text(self) -> str:
        """Write it for the state: 256 characters, however many parents there are."""
        sums = b"".join(month_sum.to_bytes(_SUM_BYTES, "big") for month_sum in self._sums)
        return base64.b64encode(sums).decode()

    @classmethod
    def from_text(cls, text: Any) -> Self | None:
        """Read it from a state; None if it is none."""
        try:
            sums = base64.b64decode(text, validate=True)
        except (TypeError, ValueError, binascii.Error):
            return None
        if len(sums) != _MONTHS * _SUM_BYTES:
            return None
        pieces = (sums[at : at + _SUM_BYTES] for at in range(0, len(sums), _SUM_BYTES))
        return cls(int.from_bytes(piece, "big") for piece in pieces)


class _Parent(NamedTuple):
    """A parent that ends; in the order of their ends."""

    end: datetime
    month: int
    hash: int


class Settling:
    """Decides which parents a stream reads, and what its state says of them.

    Args:
        state: What the last run's state says of the stream (`state`); empty reads everything.
        settle_days: Days after its end in which a parent's data may still change.
        start_date: Nothing that ended before it is read.
        run_started: The bookmark never passes this.
    """

    def __init__(
        self,
        state: Mapping[str, Any],
        *,
        settle_days: int,
        start_date: str | None,
        run_started: datetime,
    ) -> None:
        self._start = parse_datetime(start_date)
        self._run_started = run_started
        self._settle_days = settle_days
        self.bookmark: str | None = state.get("replication_key_value")
        self._known, self._known_before = _known(state, settle_days)
        reached = parse_datetime(self.bookmark)
        if self.bookmark is not None and reached is not None and reached > run_started:
            # From a wrong clock, or written by hand: it would hide what has not happened yet.
            self.bookmark = _like(self.bookmark, run_started - _MAX_DAY)
        self._form: str | None = None
        self._ends: dict[ParentKey, _Parent | None] = {}
        self._unread: Counter[ParentKey] = Counter()
        self._passed_over: set[ParentKey] = set()
        self._read = Fingerprint()
        self._unsettled: list[_Parent] = []
        self.settled = 0
        """Parents that were read when they had settled, and are not read again."""
        self.before_start = 0
        """Parents that ended before the start date."""
        self.not_known = 0
        """Parents that are read, although old enough, because nothing says that they were read."""

    def plan(
        self,
        ends: Mapping[ParentKey, str | None],
        *,
        are_all: bool = True,
        own: Container[ParentKey] | None = None,
        of_state: Container[ParentKey] | None = None,
    ) -> None:
        """Decide which of the parents that are listed now are read.

        Args:
            ends: When each parent ends; one without an end is always read.
            are_all: Whether these are all; else months cannot be compared, and what the last run
                knew is believed until the next one.
            own: The parents of this run's shard, by default all: the others are nothing to it.
            of_state: Those of the state's shard, if that is another: their months are compared.
        """
        own = ends if own is None else own
        of_state, is_own = (own, True) if of_state is None else (of_state, False)
        listed = self._not_before_start(ends)
        self._passed_over = {key for key in ends.keys() - listed.keys() if key in own}
        self.before_start = len(self._passed_over)
        self._ends = {key: parent for key, parent in listed.items() if key in own}
        line, before = self._line, self._known_before or datetime.min.replace(tzinfo=UTC)
        compared = {k: p for k, p in listed.items() if p and k in of_state and p.end < before}
        same = (self._known or Fingerprint()).months_of(compared.values())
        # The fingerprint of another shard is of others, too.
        if self._known and not are_all and is_own and line is not None and line >= before:
            same, self._read = set(range(_MONTHS)), self._known
        for key, parent in self._ends.items():
            if parent is None or line is None or parent.end >= line:
                continue
            if key in compared and parent.month in same:
                self._passed_over.add(key)
                self.settled += 1
                if self._read is not self._known:
                    self._read.add(parent)
            else:
                self.not_known += 1

    def _not_before_start(
        self, ends: Mapping[ParentKey, str | None]
    ) -> dict[ParentKey, _Parent | None]:
        """Return the parents, None for one without an end, that no start date leaves out."""
        parents: dict[ParentKey, _Parent | None] = {}
        for key, value in ends.items():
            end = parse_datetime(value)
            if end is None or value is None:
                parents[key] = None
            elif self._start is None or not _ended_before(value, end, self._start):
                self._form = value
                hashed = hashlib.blake2b(_encode((key, value)), digest_size=_SUM_BYTES).digest()
                month = (12 * end.year + end.month) % _MONTHS
                parents[key] = _Parent(end, month, int.from_bytes(hashed, "big"))
        return parents

    @property
    def has_known(self) -> bool:
        """Whether the last run knew of anything that was read."""
        return self._known is not None

    def reads(self, key: ParentKey) -> bool:
        """Say whether a parent is read."""
        return key not in self._passed_over

    def expect(self, parts: Mapping[ParentKey, int], incomplete: Iterable[ParentKey]) -> None:
        """Say in how many parts parents are read; one without any is read by being listed.

        Args:
            parts: The number of parts of each parent that has some.
            incomplete: Parents of which not all parts are known.
        """
        self._unread.update(parts)
        self._unread.update(incomplete)  # which nothing will ever take away
        for key in self._ends.keys() - self._passed_over - self._unread.keys():
            self._add(key)

    def note_read(self, key: ParentKey, end: str | None, server_lag: timedelta = _NO_LAG) -> None:
        """Note that a part of a parent was read completely, or is affirmed to be absent.

        The bookmark moves on, never beyond the run's start by either clock: ours may be ahead.
        """
        self._unread[key] -= 1
        if self._unread[key] == 0:
            self._add(key)
        if (reached := parse_datetime(end)) is not None and end is not None:
            self._advance(end, reached, server_lag)

    def end(self, server_lag: timedelta) -> None:
        """Note that all has been tried: the bookmark moves on to the start of the run.

        What failed is not in the fingerprint, so the next run reads it all the same.
        """
        if self._form is not None:
            self._advance(self._form, datetime.max.replace(tzinfo=UTC), server_lag)

    def state(self) -> dict[str, Any]:
        """Return what the next run has to know."""
        if self.bookmark is None:
            return {}
        return {
            "replication_key_value": self.bookmark,
            "settle_days": self._settle_days,
            "parents_read": self._read.to_text(),
        }

    @property
    def _line(self) -> datetime | None:
        """What ended before this has settled."""
        reached = parse_datetime(self.bookmark)
        return reached and _earlier(reached, timedelta(days=self._settle_days))

    def _add(self, key: ParentKey) -> None:
        """Add a parent to what was read: to the fingerprint as soon as it has settled."""
        parent = self._ends.get(key)
        if parent is not None:
            heapq.heappush(self._unsettled, parent)
            self._settle()

    def _advance(self, value: str, end: datetime, server_lag: timedelta) -> None:
        reached = min(end, self._run_started - server_lag - _zone_lag(value))
        before = parse_datetime(self.bookmark)
        if before is None or reached > before:
            self.bookmark = value if reached == end else _like(value, reached)
            self._settle()

    def _settle(self) -> None:
        line = self._line
        while line is not None and self._unsettled and self._unsettled[0].end < line:
            self._read.add(heapq.heappop(self._unsettled))


def _known(
    state: Mapping[str, Any], settle_days: int
) -> tuple[Fingerprint | None, datetime | None]:
    """Return what a state knows to have been read: which parents, of those that ended when.

    Nothing, if it was made when fewer days were enough: what changed after them was not read.
    """
    reached = parse_datetime(state.get("replication_key_value"))
    days = state.get("settle_days")
    fingerprint = Fingerprint.from_text(state.get("parents_read"))
    if fingerprint is None or reached is None or type(days) is not int:
        return None, None
    if not settle_days <= days <= _MAX_SETTLE_DAYS:
        return None, None
    return fingerprint, _earlier(reached, timedelta(days=days))


def _ended_before(value: str, end: datetime, start: datetime) -> bool:
    """Say whether something was over at `start`, in doubt not."""
    if _is_day(value):  # it lasts until the next one begins
        return end <= _earlier(start, timedelta(days=1))
    return end < _earlier(start, _zone_lag(value))


def _earlier(when: datetime, by: timedelta) -> datetime:
    try:
        return when - by
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _is_day(value: str) -> bool:
    return len(value) == len("YYYY-MM-DD")


def _has_zone(value: str) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None


def _zone_lag(value: str) -> timedelta:
    return timedelta(0) if _has_zone(value) else _LAST_ZONE_BEHIND_UTC


def _like(value: str, when: datetime) -> str:
    """Write a moment in the form of `value`."""
    if _is_day(value):
        return when.date().isoformat()
    return rfc3339(when) if _has_zone(value) else rfc3339(when).removesuffix("Z")
