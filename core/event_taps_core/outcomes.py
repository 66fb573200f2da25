"""What became of each partition, and from when on that is certain.

ABSENT waits for the first answer of the run that held records, for until then the address may be
wrong. SUSPECT waits for the first READ of its stream; without one, it is FAILED in the end.

Nothing here sends a request or writes: `Run` adds outcomes and applies those that are confirmed.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from event_taps_core.api_errors import ApiError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from event_taps_core.partitions import Partition


class Status(enum.Enum):
    """What became of a partition of a stream."""

    READ = "read"
    ABSENT = "absent"
    """The vendor says that there is nothing."""

    SUSPECT = "suspect"
    """It looks empty, and lacks what the others have if they are not empty."""

    FAILED = "failed"
    """The next run reads it again."""


@dataclass(frozen=True)
class Outcome:
    """What became of one partition of one stream."""

    stream: str
    partition: Partition[Any]
    status: Status
    row_count: int = 0
    reason: str = ""
    """Why it is absent, suspect or failed."""

    is_full: bool = True
    """Whether it replaces what earlier runs have read: it is no reading of changes only."""

    is_lasting: bool = True
    """Whether the next run may go on from here: the partition has not gone away, which may be back,
    and its keys stay."""


@dataclass(frozen=True)
class Remark:
    """What a reading says of its partition beside its rows."""

    weight: ClassVar[int] = 0
    """Bytes of memory that it stands for (`reading.HasWeight`)."""

    stream: str

    def apply(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a partition of which this was said."""
        return outcome


@dataclass(frozen=True)
class Suspect(Remark):
    """It may only look empty.

    An attribute that was asked for and did not come may be empty, or have another name.
    """

    reason: str

    def apply(self, outcome: Outcome) -> Outcome:
        """Change READ only."""
        if outcome.status is not Status.READ:
            return outcome
        return replace(outcome, status=Status.SUSPECT, reason=self.reason)


@dataclass(frozen=True)
class SetAside(Remark):
    """Rows that cannot be loaded, although all others are: it is not read completely."""

    reason: str
    """What is wrong with them, without anything of their content."""

    count: int = 1


@dataclass(frozen=True)
class MissingPart(Remark):
    """A part of it that was asked for by its id, and is absent or could not be read."""

    id: str
    problem: ApiError


@dataclass(frozen=True)
class ReadInFull(Remark):
    """Everything was read, although changes only were due."""

    def apply(self, outcome: Outcome) -> Outcome:
        """Let it replace what earlier runs have read."""
        return replace(outcome, is_full=True)


@dataclass(frozen=True)
class ReadAgain(Remark):
    """The next run has to read everything, too: a key of a row is good for one reading only."""

    def apply(self, outcome: Outcome) -> Outcome:
        """Let no later run go on from here."""
        return replace(outcome, is_lasting=False)


Names = defaultdict[str, list[str]]
"""By reason, what a summary calls the partitions."""


class Outcomes:
    """The outcomes of a run, of all its streams."""

    def __init__(self) -> None:
        self.absent: defaultdict[str, Names] = defaultdict(lambda: defaultdict(list))
        """By stream, what is absent."""

        self.failed: defaultdict[str, Names] = defaultdict(lambda: defaultdict(list))
        """By stream, what could not be read."""

        self.has_read = False
        """Whether any answer has held records."""

        self._absent: list[Outcome] = []
        self._suspect: defaultdict[str, list[Outcome]] = defaultdict(list)
        self._witnessed: set[str] = set()

    def note_records(self) -> list[Outcome]:
        """Note that an answer has held records; return what this confirms."""
        self.has_read = True
        confirmed, self._absent = self._absent, []
        return confirmed

    def add(self, outcome: Outcome) -> list[Outcome]:
        """Add an outcome; return those that are certain now."""
        stream, status = outcome.stream, outcome.status
        if status is Status.FAILED:
            self._name(self.failed, outcome)
            return []
        if status is Status.ABSENT:
            self._name(self.absent, outcome)
            if self.has_read:
                return [outcome]
            self._absent.append(outcome)
            return []
        confirmed = self.note_records()
        if status is Status.SUSPECT and stream not in self._witnessed:
            self._suspect[stream].append(outcome)
            return confirmed
        if status is Status.READ:
            self._witnessed.add(stream)
        return [*confirmed, *self._suspect.pop(stream, ()), outcome]

    def note(self, stream: str, name: str, problem: BaseException) -> None:
        """Note what is no partition of its own: a part of one, or what partitions hang on."""
        names = self.absent if isinstance(problem, NotFound) else self.failed
        names[stream][reason_of(problem)].append(name)

    def end(self, streams: Iterable[str]) -> None:
        """Note that all partitions of some streams have been tried: what is suspect has failed."""
        for stream in streams:
            for outcome in self._suspect.pop(stream, ()):
                self._name(self.failed, outcome)

    @staticmethod
    def _name(names: defaultdict[str, Names], outcome: Outcome) -> None:
        names[outcome.stream][outcome.reason].append(outcome.partition.name)


def reason_of(problem: BaseException) -> str:
    """Say in a few words why something was not read."""
    return problem.reason if isinstance(problem, ApiError) else f"defect: {problem!r}"
