"""Reading many partitions side by side and handing out what they hold in order.

A partition (one event, one session, one window) is walked by a plain generator that yields its
pages one after the other. This module advances many such generators at once in worker threads and
yields their pages in the partitions' order, so the output is the same with 1 worker and with 20.
A generator that yields `Wait` is parked: its worker is free at once, and it goes on when due.

Nothing here knows HTTP, Singer or a stream.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class HasWeight(Protocol):
    """What a partition's generator yields beside `Wait`."""

    @property
    def weight(self) -> int:
        """Bytes of memory this page stands for, roughly."""


PartitionT = TypeVar("PartitionT")
PageT = TypeVar("PageT", bound=HasWeight)

READ_AHEAD_BYTES = 32 * 1024 * 1024
"""Pages waiting for their turn may hold this much; the first partition in line always goes on."""

_PARTITIONS_AHEAD = 1000
"""So many partitions that are not parked may be in flight behind the oldest."""

_LOOK_FOR_STOP_SECONDS = 0.5


@dataclass(frozen=True)
class Wait:
    """Yielded by a partition that has to ask again later.

    Args:
        due: The `time.monotonic()` from which on it goes on.
    """

    due: float


@dataclass(frozen=True)
class Done:
    """The end of a partition: everything it holds was handed out, or it failed.

    Args:
        error: None if it was read completely.
    """

    error: BaseException | None = None


class Stopped(BaseException):
    """The run ends here: it was told to, or going on makes no sense; what was handed out is whole.

    Like `KeyboardInterrupt` it is no `Exception`, so that nothing isolates it as a failure.
    """


@dataclass(order=True)
class _Reading(Generic[PartitionT, PageT]):
    index: int
    partition: PartitionT = field(compare=False)
    generator: Iterator[PageT | Wait] = field(compare=False)
    pages: deque[PageT] = field(default_factory=deque, compare=False)
    done: Done | None = field(default=None, compare=False)

    def step(self) -> PageT | Wait | Done:
        """Advance by one page, in a worker thread."""
        try:
            return next(self.generator)
        except StopIteration:
            return Done()
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who decides
            return Done(error)


class _Workers(Generic[PartitionT, PageT]):
    """A few threads that advance readings.

    They are daemons: a request that hangs must not keep a stopped process alive.
    """

    def __init__(self, count: int) -> None:
        self.todo: queue.SimpleQueue[_Reading[PartitionT, PageT] | None] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[tuple[_Reading[PartitionT, PageT], PageT | Wait | Done]] = (
            queue.SimpleQueue()
        )
        self.count = count
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (reading := self.todo.get()) is not None:
            self.results.put((reading, reading.step()))

    def end(self) -> None:
        """Let the threads end after what they are at."""
        for _ in range(self.count):
            self.todo.put(None)


def read_in_order(
    partitions: Iterable[PartitionT],
    read: Callable[[PartitionT], Iterator[PageT | Wait]],
    *,
    workers: int,
    stopping: Callable[[], bool] = lambda: False,
    read_ahead_bytes: int = READ_AHEAD_BYTES,
) -> Iterator[tuple[PartitionT, PageT | Done]]:
    """Read partitions side by side; yield their pages, then their `Done`, in their order.

    Args:
        partitions: What to read, in the order to hand out.
        read: Makes the generator of one partition's pages; it runs in worker threads.
        workers: How many partitions are worked on at the same time.
        stopping: Looked at between pages; True ends the reading with `Stopped`.
        read_ahead_bytes: Bound of the pages kept for later.

    Raises:
        Stopped: When `stopping` says so.
    """
    crew: _Workers[PartitionT, PageT] = _Workers(workers)
    try:
        yield from _Line(crew, partitions, read, read_ahead_bytes).hand_out(stopping)
    finally:
        crew.end()


class _Line(Generic[PartitionT, PageT]):
    """The partitions in flight, oldest first; only the thread that hands out touches it.

    A reading that is not done is in one place: `ready`, with a worker, or `parked`.
    """

    def __init__(
        self,
        crew: _Workers[PartitionT, PageT],
        partitions: Iterable[PartitionT],
        read: Callable[[PartitionT], Iterator[PageT | Wait]],
        read_ahead_bytes: int,
    ) -> None:
        self._crew = crew
        self._admissions = (
            _Reading(index, partition, read(partition))
            for index, partition in enumerate(partitions)
        )
        self._read_ahead_bytes = read_ahead_bytes
        self._kept_bytes = 0
        self._line: deque[_Reading[PartitionT, PageT]] = deque()
        self._ready: list[_Reading[PartitionT, PageT]] = []
        self._parked: list[tuple[float, _Reading[PartitionT, PageT]]] = []
        self._running = 0

    def hand_out(self, stopping: Callable[[], bool]) -> Iterator[tuple[PartitionT, PageT | Done]]:
        """Run the line until every partition is done."""
        while True:
            self._keep_workers_busy()
            if not self._line:
                return
            if stopping():
                raise Stopped
            head = self._line[0]
            if head.pages:
                page = head.pages.popleft()
                self._kept_bytes -= page.weight
                yield head.partition, page
            elif head.done is not None:
                self._line.popleft()
                yield head.partition, head.done
            else:
                self._collect()

    def _keep_workers_busy(self) -> None:
        """Admit partitions; give the workers what can go on, the oldest first."""
        while self._parked and self._parked[0][0] <= time.monotonic():
            heapq.heappush(self._ready, heapq.heappop(self._parked)[1])
        while len(self._line) - len(self._parked) < _PARTITIONS_AHEAD:
            admitted = next(self._admissions, None)
            if admitted is None:
                break
            self._line.append(admitted)
            heapq.heappush(self._ready, admitted)
        while self._ready and self._running < 2 * self._crew.count:
            reading = self._ready[0]
            if self._kept_bytes >= self._read_ahead_bytes and reading is not self._line[0]:
                break
            heapq.heappop(self._ready)
            self._running += 1
            self._crew.todo.put(reading)

    def _collect(self) -> None:
        """Take in results; return too when a parked partition is due, or to look up."""
        patience = _LOOK_FOR_STOP_SECONDS
        if self._parked:
            patience = min(patience, max(0.0, self._parked[0][0] - time.monotonic()))
        try:
            self._take(*self._crew.results.get(timeout=patience))
            while True:
                self._take(*self._crew.results.get_nowait())
        except queue.Empty:
            return

    def _take(self, reading: _Reading[PartitionT, PageT], result: PageT | Wait | Done) -> None:
        self._running -= 1
        if isinstance(result, Done):
            reading.done = result
        elif isinstance(result, Wait):
            heapq.heappush(self._parked, (result.due, reading))
        else:
            reading.pages.append(result)
            self._kept_bytes += result.weight
            heapq.heappush(self._ready, reading)
