"""Reading many partitions side by side and handing out what they hold in order.

A partition (one event, one session, one window) is read by a plain generator that yields its
pages one after the other. This module advances many such generators at once in worker threads and
yields their pages in the partitions' order, so the output is the same with 1 worker and with 20.
A generator that yields `Wait` is parked: its worker is free at once, and it goes on when due.

Nothing here knows HTTP, Singer or a stream.
"""

from __future__ import annotations

import contextlib
import heapq
import queue
import sys
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

_COMPUTES_ALWAYS, _COMPUTES_MOSTLY = 0.9, 0.7
"""Shares of computing from which on one thread does all, and below which it does so no longer."""

_LOOK_SECONDS, _FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 0.05, 0.25, 60.0
"""How often the share is looked at: with one thread; with several, at first; and, as each change
that was taken back doubles that, at most."""

_IDLE_SECONDS = 1.0
_PARTITIONS_AHEAD = 1000
"""So many partitions that are not parked may be in flight behind the oldest."""


@dataclass(frozen=True)
class Wait:
    """Yielded by a partition that has to ask again later."""

    due: float
    """The `time.monotonic()` from which on it goes on."""


@dataclass(frozen=True)
class Done:
    """The end of a partition: everything it holds was handed out, or it failed."""

    error: BaseException | None = None


class Stopped(BaseException):
    """The run ends here: it was told to, or nothing more can be read; what was handed out is whole.

    Like `KeyboardInterrupt` it is no `Exception`, so that nothing isolates it as a failure.
    """


class Stop:
    """A way to ask a reading to end, for signal handlers; it belongs to the thread it is made in.

    Signal handlers run in the main thread, so only that thread's waiting can be interrupted.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self.asked = False
        self._waits = False

    def send(self) -> None:
        """End the reading between two pages, or right in its waiting for a server.

        Raises:
            Stopped: In the latter case.
        """
        self.asked = True
        if self._waits:
            self._waits = False
            raise Stopped

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Mark what may be interrupted at any point."""
        if threading.get_ident() != self._thread:
            yield
            return
        self._waits = True
        try:
            yield
        finally:
            self._waits = False


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


_Result = tuple["_Reading[PartitionT, PageT]", "PageT | Wait | Done"]


class Computing:
    """How much of the time the process computes, instead of waiting for servers."""

    def __init__(self) -> None:
        self._can_tell = getattr(sys, "_is_gil_enabled", lambda: True)()
        self._since, self._computed = time.monotonic(), time.process_time()

    def share(self, seconds: float) -> float | None:
        """Return the share since the last one was returned; None if that is less long ago.

        Also None where Python has no lock: there, threads that compute do not hinder each other.
        """
        elapsed = time.monotonic() - self._since
        if elapsed < seconds or not self._can_tell:
            return None
        share = (time.process_time() - self._computed) / elapsed
        self._since, self._computed = time.monotonic(), time.process_time()
        return share


class _Workers(Generic[PartitionT, PageT]):
    """Threads that advance readings; without any, the thread that asks does all.

    Where servers answer at once, threads only hinder each other: Python lets one of them compute.
    While the process does nothing else, the reader's own thread does all.

    They are daemons: a request that hangs must not keep a stopped process alive.
    """

    def __init__(self, count: int, computing: Computing) -> None:
        self.limit = max(1, 2 * count)  # the next task is there when a worker comes back
        self._count = count
        self._computing = computing
        self._look_seconds = _FIRST_LOOK_SECONDS
        self._own: deque[_Reading[PartitionT, PageT]] | None = None if count else deque()
        self._todo: queue.SimpleQueue[_Reading[PartitionT, PageT] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[_Result[PartitionT, PageT]] = queue.SimpleQueue()
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (reading := self._todo.get()) is not None:
            self._results.put((reading, reading.step()))

    def submit(self, reading: _Reading[PartitionT, PageT]) -> None:
        """Have a reading advanced by one page, by a worker or by this thread."""
        if self._own is None:
            self._todo.put(reading)
        else:
            self._own.append(reading)

    def results(self, timeout: float | None) -> list[_Result[PartitionT, PageT]]:
        """Return results, at least one unless `timeout` (seconds) ran out."""
        self._change_hands()
        if self._own and self._results.empty():
            reading = self._own.popleft()
            return [(reading, reading.step())]
        results = []
        with contextlib.suppress(queue.Empty):
            results.append(self._results.get(timeout=timeout))
            while True:
                results.append(self._results.get_nowait())
        return results

    def _change_hands(self) -> None:
        """Let the reader's thread do all as long as it would hardly wait."""
        if self._count == 0:
            return
        share = self._computing.share(self._look_seconds if self._own is None else _LOOK_SECONDS)
        if share is None:
            return
        if self._own is None and share >= _COMPUTES_ALWAYS:
            self._own = deque(self._withdrawn())
        elif self._own is not None and share < _COMPUTES_MOSTLY:
            handed, self._own = self._own, None
            for reading in handed:
                self._todo.put(reading)
            self._look_seconds = min(2 * self._look_seconds, _LAST_LOOK_SECONDS)

    def _withdrawn(self) -> Iterator[_Reading[PartitionT, PageT]]:
        """Take back what no worker has begun."""
        with contextlib.suppress(queue.Empty):
            while (reading := self._todo.get_nowait()) is not None:
                yield reading

    def shutdown(self) -> None:
        """Let the threads end after what they are at, and begin nothing more."""
        for _ in self._withdrawn():
            pass
        for _ in range(self._count):
            self._todo.put(None)


def read_in_order(  # noqa: PLR0913 - all but three have a default
    partitions: Iterable[PartitionT],
    read: Callable[[PartitionT], Iterator[PageT | Wait]],
    *,
    workers: int,
    stop: Stop | None = None,
    idle: Callable[[], None] | None = None,
    read_ahead_bytes: int = READ_AHEAD_BYTES,
    computing: Computing | None = None,
) -> Iterator[tuple[PartitionT, PageT | Done]]:
    """Read partitions side by side; yield their pages, then their `Done`, in their order.

    Args:
        partitions: What to read, in the order to hand out.
        read: Makes the generator of one partition's pages; it runs in worker threads.
        workers: How many partitions are worked on at the same time; with 1 no thread is used.
        stop: Ends the reading with `Stopped` when asked to.
        idle: Called, in the thread that hands out, each second in which there is nothing to.
        read_ahead_bytes: Bound of the pages kept for later.
        computing: Tells when threads would hinder each other.

    Raises:
        Stopped: When `stop` was asked.
    """
    crew = _Workers[PartitionT, PageT](workers if workers > 1 else 0, computing or Computing())
    try:
        line = _Line(crew, partitions, read, read_ahead_bytes)
        yield from line.hand_out(stop or Stop(), idle)
    finally:
        crew.shutdown()


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

    def hand_out(
        self, stop: Stop, idle: Callable[[], None] | None
    ) -> Iterator[tuple[PartitionT, PageT | Done]]:
        """Run the line until every partition is done."""
        while True:
            self._keep_workers_busy()
            if not self._line:
                return
            if stop.asked:
                raise Stopped
            head = self._line[0]
            if head.pages:
                page = head.pages.popleft()
                self._kept_bytes -= page.weight
                yield head.partition, page
            elif head.done is not None:
                if isinstance(head.done.error, Stopped):
                    raise head.done.error
                self._line.popleft()
                yield head.partition, head.done
            else:
                with stop.waiting():
                    results = self._crew.results(self._timeout(idle))
                for reading, result in results:
                    self._take(reading, result)
                if not results and idle is not None:
                    idle()

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
        while self._ready and self._running < self._crew.limit:
            reading = self._ready[0]
            if self._kept_bytes >= self._read_ahead_bytes and reading is not self._line[0]:
                break
            heapq.heappop(self._ready)
            self._running += 1
            self._crew.submit(reading)

    def _timeout(self, idle: Callable[[], None] | None) -> float | None:
        """Say how long to wait for results: until a parked partition is due, or to be idle."""
        waits = [_IDLE_SECONDS] if idle is not None else []
        if self._parked:
            waits.append(max(0.0, self._parked[0][0] - time.monotonic()))
        return min(waits, default=None)

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
