"""Incremental reading where the vendor can say what changed since a time.

The bookmark is the clock at the start of the run, not a value out of the records: rows may change
while they are read, in an order that no timestamp follows, and a vendor's times may have no zone.
It is set back by an overlap, and by as much as the server's clock is behind ours, and it is kept
per partition: one event that fails does not hold up the others, or lose its own changes.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from event_taps_core.columns import READ_AT, rfc3339
from event_taps_core.errors import StateError
from event_taps_core.settling import moment
from event_taps_core.streams import EventStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Context


class ChangesStream(EventStream):
    """A stream whose requests ask for what changed since the last complete reading.

    A reading without a bookmark is a whole one. A later one brings changes only, so it replaces
    nothing: a row that vanishes without a trace stays until the next whole reading.
    """

    replication_key = READ_AT

    overlap: timedelta = timedelta(minutes=5)
    """How far the bookmark stays behind the clock."""

    def since(self, context: Context | None) -> datetime | None:
        """Return from when on changes are asked for, in UTC; None to ask for everything."""
        bookmark = moment(self._bookmarks.get(self.partition_id(context)))
        # One from the future is from a wrong clock: nobody knows what was missed since.
        return None if bookmark is None or bookmark > self.tap.run_started else bookmark

    @cached_property
    def _bookmarks(self) -> dict[str, str]:
        """The bookmarks that the run began with, by partition.

        They are not in `stream_state` yet when the catalog asks for a full reading.
        """
        kept = self._kept_state
        found = {"": self.bookmark_in(kept)}
        partitions: list[dict[str, Any]] = kept.get("partitions", [])
        try:
            if not isinstance(partitions, list):
                raise TypeError(partitions)  # noqa: TRY301 - it is said like any other nonsense below
            for partition in filter(
                lambda one: self._is_of_this_account(one["context"]), partitions
            ):
                found[self.partition_id(partition["context"])] = self.bookmark_in(partition)
        except (AttributeError, KeyError, TypeError) as error:
            msg = (
                f"the state of stream {self.name} does not say what its bookmarks are for; "
                "remove it, or run with a full refresh"
            )
            raise StateError(msg) from error
        return {name: bookmark for name, bookmark in found.items() if bookmark is not None}

    @override
    def load_progress(self) -> None:
        _ = self._bookmarks

    @override
    def is_due(self, context: Context | None) -> bool:
        return True

    @override
    def replaces(self, context: Context | None) -> bool:
        return self.since(context) is None

    @override
    def note_progress(self, context: Context | None, *, is_absent: bool, is_gone: bool) -> None:
        """Set this partition's bookmark, whatever became of others; if it comes back, read all."""
        del is_gone
        kept = self._partition_state(context)
        if is_absent:
            kept.pop("replication_key_value", None)
        elif self.replication_method == REPLICATION_INCREMENTAL:
            lag = self.tap.client.server_lag or timedelta(0)
            bookmark = rfc3339(self.tap.run_started - self.overlap - lag)
            kept.update(replication_key=self.replication_key, replication_key_value=bookmark)
        self.has_progress = True

    @override
    def keep_progress(self) -> None:
        self.has_progress = False  # it was kept when it was noted

    def _partition_state(self, context: Context | None) -> dict[str, object]:
        """Find this partition's piece of state, in the form that the SDK gives partitions."""
        if context is None or self.parent_key is None:
            return self.stream_state
        own = self.partition_id(context)
        if own not in self._partition_states:
            where = {self.parent_key: context[self.parent_key], **self.tap.constants}
            self._partition_states[own] = {"context": where}
            self.stream_state.setdefault("partitions", []).append(self._partition_states[own])
        return self._partition_states[own]

    @cached_property
    def _partition_states(self) -> dict[str, dict[str, object]]:
        """This account's pieces of state, by partition."""
        known: list[dict[str, Any]] = self.stream_state.get("partitions", [])
        return {
            self.partition_id(kept["context"]): kept
            for kept in known
            if self._is_of_this_account(kept["context"])
        }

    def _is_of_this_account(self, where: Mapping[str, Any]) -> bool:
        """Say whether a piece of state is of the account that is read now."""
        return where.items() >= self.tap.constants.items()
