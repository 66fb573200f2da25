"""Which tap is tested, and what the suite has to know of it."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from event_taps_core.progress import ChangedSince
from event_taps_core.read_log import ReadLogStream
from event_taps_core.testing.sandbox import switch_positions
from event_taps_core.testing.warehouse import Parted, Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from event_taps_core.output import OutputStream
    from event_taps_core.streams import EventStream
    from event_taps_core.tap import EventTap
    from event_taps_core.testing.running import Run


@dataclass(frozen=True, kw_only=True)
class TapUnderTest:
    """A tap and the sandbox's vendor that stands for its API.

    Args:
        tap_class: The tap.
        vendor: The vendor's name in the sandbox.
        settings: Settings of every run, beside those that the sandbox gives.
        impatient: Settings with which an answer that is not ready after a second or two is given
            up; needed where streams are deferred.
        switches: Positions of the sandbox's switches in every test.
        refusing: Positions under which the vendor refuses everything: there a run has to say so
            instead of equalling the truth.
        incomplete: Positions under which a part can never be read, which the truth leaves out:
            there a run equals the truth and still has to say that something is missing.
        credential_requests: What is requested only for credentials: methods and paths.
        wrong_key_requests: How many requests a wrong secret may cost: forms of a header to try,
            partitions that may each have a key of their own.
        identified_by: The query parameter that tells the parts of a stream apart, where parts
            share a path (windows, events).
        identify: From a record, that parameter's value.
        part_days: How long a part lasts after the value of its replication key.
        more_streams: Streams with a truth that only a setting makes; the tap's own tests look at
            them.
        positions_per_run: How many switches are moved in one run, when all positions are tried;
            more than one for a vendor with very many.
        elsewhere: Positions that need settings of their own: the tap's own tests try them.
        exclusive: Positions that cannot all end in a complete run together: for each switch those
            that count. A mixture that has them all leaves the first of the switches alone.
        needs: For a stream whose rows need another stream that is not its parent (a join): the
            names of those. Whatever else a stream requests is a request too many.
        single_rows: Streams whose answers hold one row, and no list of rows.
        fault_seed: Seed of the random faults; another one if some kind strikes no request.
        any_account: Positions under which the vendor serves whatever account the settings name.
        stands_for_the_core: Whether this tap shows in every round of tests what the core alone
            keeps; the others do in the long one.
    """

    tap_class: type[EventTap]
    vendor: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    impatient: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    refusing: Mapping[str, str] = field(default_factory=dict)
    incomplete: Mapping[str, str] = field(default_factory=dict)
    credential_requests: tuple[tuple[str, str], ...] = ()
    wrong_key_requests: int = 1
    identified_by: str | None = None
    identify: Callable[[Mapping[str, Any]], str] = str
    part_days: int = 0
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    more_streams: tuple[str, ...] = ()
    positions_per_run: int = 1
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    single_rows: frozenset[str] = frozenset()
    fault_seed: int = 1
    any_account: Mapping[str, str] = field(default_factory=dict)
    stands_for_the_core: bool = False

    @property
    def account_columns(self) -> tuple[str, ...]:
        """Names of the columns, and settings, that say whose data these are."""
        return tuple(column.name for column in self.tap_class.constant_columns)

    @property
    def streams(self) -> dict[str, type[EventStream]]:
        """The vendor's streams by name."""
        return {stream.name: stream for stream in self.tap_class.stream_classes}

    @property
    def all_streams(self) -> dict[str, type[OutputStream]]:
        """All streams by name: the vendor's, and the read log."""
        return {**self.streams, ReadLogStream.name: ReadLogStream}

    @property
    def parted_streams(self) -> dict[str, type[EventStream]]:
        """The streams that are read in parts: one for each parent, id or window."""
        return {name: stream for name, stream in self.streams.items() if stream.parent_key}

    @property
    def settling_streams(self) -> dict[str, type[EventStream]]:
        """The streams whose parts settle some days after they end."""
        return {
            name: stream
            for name, stream in self.parted_streams.items()
            if replication_key(stream) and not _asks_for_changes(stream)
        }

    @property
    def changes_streams(self) -> dict[str, type[EventStream]]:
        """The streams whose vendor can say what changed."""
        return {name: one for name, one in self.streams.items() if _asks_for_changes(one)}

    @property
    def deferred_streams(self) -> dict[str, type[EventStream]]:
        """The streams whose answers the vendor prepares when they are asked for."""
        return {name: stream for name, stream in self.streams.items() if stream.deferred}

    @cached_property
    def representatives(self) -> set[str]:
        """Names of streams that together are read in all the ways in which the tap's are."""
        first_of = {self._way(name): name for name in reversed(list(self.all_streams))}
        return set(first_of.values())

    def _way(self, name: str) -> tuple[object, ...]:
        if name == ReadLogStream.name:
            return (name,)
        stream = self.streams[name]
        return (
            stream.parent and (stream.parent, stream.parent.parent),
            any(stream is other.parent for other in self.streams.values()),
            self.sharing(name)[:1] == [name] and self.sharing(name)[1:] == [],
            self.sharing(name)[:1] == [name],
            stream.deferred,
            name in self.settling_streams,
            name in self.changes_streams,
            name in self.needs,
        )

    @property
    def setting_schemas(self) -> dict[str, dict[str, Any]]:
        """The tap's settings by name."""
        return dict(self.tap_class.config_jsonschema["properties"])

    @property
    def secret_settings(self) -> list[str]:
        """Names of the settings that must never be seen."""
        return [name for name, schema in self.setting_schemas.items() if schema.get("secret")]

    @cached_property
    def complete_positions(self) -> dict[str, list[str]]:
        """The positions of each switch under which everything can be read."""
        others = {*self.refusing.items(), *self.incomplete.items()}
        others |= {(name, one) for name, positions in self.elsewhere.items() for one in positions}
        return {
            name: [position for position in positions if (name, position) not in others]
            for name, positions in switch_positions(self.vendor).items()
        }

    @property
    def switch_runs(self) -> list[dict[str, str]]:
        """What to switch for runs that together see every position but the usual ones."""
        alone = [*self.refusing.items(), *self.incomplete.items()]
        return self.complete_runs + [{name: position} for name, position in alone]

    @property
    def complete_runs(self) -> list[dict[str, str]]:
        """What to switch for runs that together see every position under which all can be read.

        Where there are several in a run, they stand far apart in the vendor's list, so that they
        hardly touch each other.
        """
        complete = [
            (name, position)
            for name, positions in self.complete_positions.items()
            for position in positions
            if position != self.switches.get(name, positions[0])
        ]
        runs = math.ceil(len(complete) / self.positions_per_run)
        return [dict(complete[first::runs]) for first in range(runs)]

    def secret_columns(self, stream: str) -> list[str]:
        """Names of the columns that come only with `include_secrets`."""
        return [column.name for column in self.all_streams[stream].columns if column.secret]

    def warehouse(self) -> Warehouse:
        """Make an empty warehouse for this tap's streams."""
        return Warehouse(
            {
                name: Parted(
                    str(stream.parent_key),
                    stream.parent.name if stream.parent else None,
                    stream.parent.id_column() if stream.parent else None,
                )
                for name, stream in self.parted_streams.items()
            },
            self.account_columns,
        )

    def load(self, *runs: Run) -> Warehouse:
        """Load the output of these runs, one after the other, into an empty warehouse."""
        warehouse = self.warehouse()
        for run in runs:
            warehouse.load(run.stdout.splitlines(keepends=True))
        return warehouse

    def template(self, stream: str) -> str:
        """Return the path of a stream, or of its source, as declared; empty if it asks nothing."""
        found = self.all_streams[stream]
        sender = getattr(found, "source", None) or found
        return str(inspect.getattr_static(sender, "path", None) or "")

    def address(self, stream: str, record: Mapping[str, Any]) -> str:
        """Return what was asked for to get a record: its path, or what tells parts apart too."""
        path = self.template(stream).format_map(record)
        if self.identified_by is None or "{" in self.template(stream):
            return path
        return f"{path}?{self.identified_by}={self.identify(record)}"

    def sharing(self, stream: str) -> list[str]:
        """Names of the streams that the answers for this one feed, itself included."""
        template = self.template(stream)
        return [name for name in self.streams if self.template(name) == template]

    def fed_by(self, stream: str) -> set[str]:
        """Names of the streams that lack rows if one of this stream's answers does not come.

        Those that share it, and what hangs on them, directly or not.
        """
        fed = self.sharing(stream)
        below = [
            name
            for name, cls in self.streams.items()
            if (cls.parent and cls.parent.name in fed)
            or not set(fed).isdisjoint(self.needs.get(name, ()))
        ]
        return set(fed).union(*map(self.fed_by, below))

    def request_paths(self, *streams: str) -> set[str]:
        """Path templates that may be requested when only these streams are selected."""
        needed = set().union(*map(self._data_paths, streams))
        credentials = {path for _, path in self.credential_requests}
        return needed | credentials if needed else needed

    def _data_paths(self, stream: str) -> set[str]:
        needed = {self.template(stream)} - {""}
        if stream in self.streams and (parent := self.streams[stream].parent):
            needed |= self._data_paths(parent.name)
        for other in self.needs.get(stream, ()):
            needed |= self._data_paths(other)
        return needed

    def may_send(self, method: str, path: str) -> bool:
        """Say whether a request is one of the client's reads, or asks for credentials."""
        paths = filter(None, map(self.template, self.streams))
        reads = (*paths, *self.tap_class.client_class.extra_paths)
        is_read = method == "GET" and any(matches(template, path) for template in reads)
        return is_read or (method, path) in self.credential_requests


def replication_key(stream: type[EventStream]) -> str | None:
    """Return the name of the column that a stream declares as its replication key."""
    found = inspect.getattr_static(stream, "replication_key")
    return found if isinstance(found, str) else None


def matches(template: str, path: str) -> bool:
    """Say whether a path was made from a template: `{...}` stands for one segment."""
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part == there or part.startswith("{") for part, there in zip(wanted, given, strict=True)
    )


def _asks_for_changes(stream: type[EventStream]) -> bool:
    return issubclass(stream.incremental, ChangedSince)
