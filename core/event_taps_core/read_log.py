"""A stream that says what was read: how an upsert warehouse learns of rows that are gone.

Reading a parent again replaces all that was read of it before. A row that the vendor merged,
removed or let vanish is simply not in the new reading, which a table of upserted rows cannot see,
least of all when nothing is left. So each complete reading leaves a row here. A row of a stream
is current if its `read_at` is not older than the log's for the same stream and parent.

A run leaves a row, too: once before the first STATE that names it, and once more, with how it
ended, as its last record.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from event_taps_core.base_tap import text_of
from event_taps_core.columns import READ_AT
from event_taps_core.output import OutputStream
from event_taps_core.schema import INTEGER, TEXT, TIMESTAMP, Column, column, key, list_of, member

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from event_taps_core.columns import Row

_RUN = "run"


class ReadLogStream(OutputStream):
    """One row per stream and parent, for its newest complete reading, and one per run."""

    name = "read_log"
    primary_keys = ("stream", "parent_id")
    replication_key = "read_at"
    columns: tuple[Column, ...] = (
        key("stream", "Name of the stream."),
        key(
            "parent_id",
            "Id of the parent (event, session, window) that was read; empty for a stream that is "
            "read as a whole; for a run (whose `stream` is `read_log`) when it began.",
        ),
        column(
            "outcome",
            TEXT,
            "`read`, or `absent` where the vendor says that there is nothing; `run` for a run, or "
            "`failed` for one that could read nothing at all and went on from another.",
        ),
        column("reason", TEXT, "Why it is absent; else null."),
        column(
            "row_count",
            INTEGER,
            "Number of rows in that reading, without those that a stream map leaves out; for a run "
            "that has ended, of all its rows.",
        ),
        column(
            "continues",
            TEXT,
            "For a run, when the one began from whose state it went on; null if there is none.",
        ),
        column("shard", TEXT, "For a run, its shard and how many there are: `0/1` is all."),
        column(
            "ended_at",
            TIMESTAMP,
            "For a run, when it ended; null if it was killed, or is still under way.",
        ),
        column(
            "request_count",
            INTEGER,
            "For a run that has ended, the number of requests that it sent.",
        ),
        list_of(
            "failures",
            "For a run that has ended, what it could not read; null if there is nothing of the "
            "kind.",
            member("stream", "Name of the stream."),
            member("reason", "Why it could not be read; of many reasons, the rest is one."),
            member(
                "parts",
                "How many parents (events, sessions, windows) that reason kept from being read "
                "completely; 1 for a stream that is read as a whole, or could not be begun.",
            ),
        ),
    )
    has_noted_run = False
    """Whether this run's row is written."""

    @override
    def automatic_columns(self) -> set[str]:
        return {column.name for column in self.columns} | super().automatic_columns()

    def keep_progress(self) -> None:
        """Keep when this run began: the next one's rows have to be newer, by whatever clock.

        Whether its row is written is kept too, as it is only where this stream is selected: where
        it never was, nothing can be missing.
        """
        if not self.has_noted_run:
            self.note_run()
        self.stream_state.update(replication_key=READ_AT, replication_key_value=self.tap.read_at)
        self.tap.shard.note_in(self.stream_state)
        if self.selected:
            self.stream_state[_RUN] = self.tap.read_at
        else:
            self.stream_state.pop(_RUN, None)

    def note(self, stream: str, parent_id: str, row_count: int, reason: str | None) -> None:
        """Write that a parent was read completely, or why it is absent."""
        self._write(
            stream=stream,
            parent_id=parent_id,
            outcome="read" if reason is None else "absent",
            reason=reason,
            row_count=row_count,
        )

    def note_end(self, outcome: str, **counted: Any) -> None:
        """Write this run's row with how it ended; no clock says that it ended before it began."""
        now = text_of(self.tap.clock.now())
        self.note_run(outcome, ended_at=max(now, self.tap.read_at), **counted)

    def note_run(self, outcome: str = "run", **end: Any) -> None:
        """Write this run's row."""
        self.has_noted_run = True
        self._write(
            stream=self.name,
            parent_id=self.tap.read_at,
            outcome=outcome,
            continues=self.continues,
            shard=str(self.tap.shard),
            **end,
        )

    @cached_property
    def continues(self) -> str | None:
        """The run from whose state this one goes on; looked up before the state names this one."""
        state: Mapping[str, Any] = self.tap_state.get("bookmarks", {}).get(self.name, {})
        before = state.get(_RUN)
        return before if isinstance(before, str) else None

    def _write(self, **row: Any) -> None:
        if not self.selected:
            return
        self.begin()
        self.stats.rows += 1
        template = self.template_for(None).record
        record = {name: row.get(name, value) for name, value in template.items()}
        self.write_batch(self.batch_of([record], encode=True))

    @override
    def get_records(self, context: Context | None) -> Iterator[Row]:
        """Nothing to read: rows come with the readings of the other streams."""
        yield from ()
