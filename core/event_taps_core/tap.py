"""The tap that every tap's class extends: what it consists of, exit code, last words."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib import StateMessage
from typing_extensions import override

from event_taps_core.base_tap import text_of
from event_taps_core.command import CommandLineTap
from event_taps_core.errors import TapError
from event_taps_core.read_log import ReadLogStream
from event_taps_core.reading import Stopped
from event_taps_core.run import Run
from event_taps_core.settings import check
from event_taps_core.settling import parse_datetime
from event_taps_core.streams import EventStream
from event_taps_core.summary import said_of_failures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context

    from event_taps_core.client import ApiClient
    from event_taps_core.columns import Row

_REPEAT_SECONDS = 5.0
"""A second signal within this time is not meant as one of its own."""


class EventTap(CommandLineTap):
    """A tap whose failures are isolated, named and told by the exit code."""

    stream_classes: ClassVar[tuple[type[EventStream], ...]]
    """The vendor's streams; those without any settings if it depends on them (`make_streams`)."""

    client_class: ClassVar[type[ApiClient]]
    """The vendor's client."""

    def __init__(self, **kwargs: Any) -> None:
        self._stop_signal = 0
        self._stop_signals: list[float] = []
        super().__init__(**kwargs)

    # What a tap overrides

    @property
    def default_api_url(self) -> str:
        """The vendor's base URL, path prefix included."""
        raise NotImplementedError

    def make_streams(self) -> Sequence[EventStream]:
        """Make the vendor's streams; a tap whose streams depend on its settings overrides this."""
        return [stream_class(self) for stream_class in self.stream_classes]

    def check_settings(self) -> None:
        """Check what the settings' schema cannot say; a tap adds what only it knows.

        Raises:
            TapError: If a setting makes no sense.
        """
        api_url = self.config.get("api_url") or self.default_api_url
        check(self.config, self.config_jsonschema, api_url, self.client_class.call_window)

    # What streams ask for (`BaseTap`)

    @cached_property
    def client(self) -> ApiClient:
        """The one client of this run; before it can say anything, what is logged is redacted."""
        self.redaction.install()
        url = self.config.get("api_url") or self.default_api_url
        ours = f"{self.name}/{self.plugin_version} (singer-sdk/{self.sdk_version})"
        name = self.config.get("user_agent") or ours
        paths = {stream.path for stream in self.event_streams.values() if stream.path}
        client = self.client_class(url, {**self.config, "user_agent": name}, paths)
        client.redaction = self.redaction
        client.clock = self.clock
        return client

    @cached_property
    def event_streams(self) -> dict[str, EventStream]:
        """The vendor's streams by name."""
        return {
            name: stream for name, stream in self.streams.items() if isinstance(stream, EventStream)
        }

    @cached_property
    def reading(self) -> Run:
        """The reading of this run."""
        read_log = self.streams[ReadLogStream.name]
        assert isinstance(read_log, ReadLogStream)  # noqa: S101 - discover_streams made it
        return Run(self, self.event_streams, read_log)

    @override
    def rows_of(self, stream: str, context: Context | None = None) -> list[Row]:
        return self.reading.parents.rows_of(self.event_streams[stream], context)

    @override
    def due_contexts(self, stream: str) -> list[Context | None]:
        return self.reading.due_contexts(self.event_streams[stream])

    @override
    def read(self, stream: str) -> None:
        if stream in self.event_streams:  # the read log is only written
            self.reading.read(self.event_streams[stream])

    @override
    def records_of(self, stream: str) -> Iterator[Row]:
        return self.reading.records_of(self.event_streams[stream])

    # The SDK's hooks

    @override
    def discover_streams(self) -> Sequence[Stream]:
        streams = self.make_streams()
        _check_sources(streams)
        return [*streams, ReadLogStream(self)]

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        is_state = isinstance(state, dict) and not {"singer_state", "type"} & state.keys()
        bookmarks = state.get("bookmarks", {}) if is_state else None
        if not isinstance(bookmarks, dict) or {*map(type, bookmarks.values())} - {dict}:
            raise TapError(
                "the state is not Singer state ({'bookmarks': {...}}): pass none to start anew"
            )
        for name, stream_state in bookmarks.items():
            if not isinstance(stream_state.get("partitions", []), list):
                raise TapError(
                    f"the state of stream {name} does not say what its bookmarks are for; "
                    "remove it, or run with a full refresh"
                )
        super().load_state(state)
        last = parse_datetime(bookmarks.get(ReadLogStream.name, {}).get("replication_key_value"))
        if last is not None and last >= self.run_started:
            try:
                self.read_at = text_of(last + timedelta(microseconds=1))
            except OverflowError as error:
                raise TapError(
                    f"the state's bookmark of stream {ReadLogStream.name} is at the end of time"
                ) from error
            self.logger.warning(
                "%s: the clock of this machine is behind that of the last run; rows that are read "
                "now count as read at %s, so that they replace older ones",
                self.name,
                self.read_at,
            )

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Ask the reading to end where no line is cut; insist the third time.

        The SDK writes STATE right here, which may be in the middle of a record, and exits 0. A
        second signal soon after the first is no insisting: Meltano answers Ctrl-C, which reaches
        the tap too, with a SIGTERM.
        """
        now = time.monotonic()
        self._stop_signals.append(now)
        first, *repeats = self._stop_signals
        if len(repeats) > 1 or (repeats and now - first > _REPEAT_SECONDS):
            os._exit(128 + signum)
        if not repeats:
            self._stop_signal = signum
            self.stop.send()

    def run(self) -> int:
        """Read every selected stream and say what happened.

        Returns:
            The exit code: 0, 1 if anything was not read, 128 + signal if told to stop.
        """
        self.redaction.install()
        self.check_settings()
        for stream in self.event_streams.values():
            stream.check_state()
        end: Stopped | None = None
        try:
            self.reading.request_reports()
            self.sync_all()
        except Stopped as stopped:
            end = stopped
        problem = self.reading.end(end)
        if self.state:  # once more, as the last message, although it may not have changed
            self.message_writer.write_message(StateMessage(value=self.state))
        self.message_writer.flush()
        self._log_summary()
        failed = self.failures()
        if self._stop_signal:
            name = signal.Signals(self._stop_signal).name
            self.logger.error("%s: stopped by %s; the next run goes on from here", self.name, name)
            for number in (signal.SIGINT, signal.SIGTERM):  # the exit code is settled
                signal.signal(number, signal.SIG_IGN)
            return 128 + self._stop_signal
        if problem is not None:
            raise problem
        if failed:
            self.logger.error("%s: not everything was read: %s", self.name, failed)
        return 1 if failed else 0

    def _log_summary(self) -> None:
        """Log a line per stream."""
        outcomes = self.reading.outcomes
        read = [s for s in self.event_streams.values() if s.has_been_read or s.stats.requests]
        for stream in read:
            name = stream.name
            line = stream.stats.line(outcomes.absent[name], outcomes.failed[name])
            self.logger.info("Summary of %s", line)
        if self.client.stats.requests:
            self.logger.info("Summary of %s", self.client.stats.line({}, {}))
        if not read:
            self.logger.warning("No stream is selected; nothing was read")

    def failures(self) -> str:
        """Say what could not be read, in a few words; nothing if all could."""
        failed = self.reading.outcomes.failed
        return said_of_failures({name: failed[name] for name in self.event_streams})


def _check_sources(streams: Sequence[EventStream]) -> None:
    """Look whether streams that share an answer can do so: if not, their author is mistaken."""
    classes = {stream.name: type(stream) for stream in streams}
    parents = {stream.parent.name for stream in streams if stream.parent}
    for stream in streams:
        source = stream.source
        if source is None:
            continue
        can_feed = source.name in classes and source.source is None and source.name not in parents
        ours = (stream.parent, stream.parent_key, stream.recheck_parent)
        if not can_feed or ours != (source.parent, source.parent_key, source.recheck_parent):
            raise ValueError(
                f"{stream.name}: its source {source.name} has to be a stream of this tap that has "
                "no source itself, and that no stream hangs on, with the same parent, parent_key "
                "and recheck_parent"
            )
