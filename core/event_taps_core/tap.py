"""The tap that every tap's class extends: settings, shared parents, exit code, last words."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.singerlib import Catalog, StateMessage
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from event_taps_core.answers import Answer, Broken
from event_taps_core.clock import SteadyClock
from event_taps_core.command import TapCommand
from event_taps_core.connection_errors import proxy_passwords
from event_taps_core.errors import StateError, TapError
from event_taps_core.messages import MessageWriter
from event_taps_core.read_log import ReadLogStream
from event_taps_core.reading import Done, Stop, Stopped, read_in_order
from event_taps_core.redaction import Redaction, secret_values
from event_taps_core.setting_texts import in_words, read_texts, texts_of_variables, variable_of
from event_taps_core.settings import check
from event_taps_core.settling import moment
from event_taps_core.streams import EventStream
from event_taps_core.summary import said_of_failures
from event_taps_core.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk.helpers.types import Context
    from singer_sdk.plugin_base import _ConfigInput

    from event_taps_core.client import ApiClient
    from event_taps_core.columns import Row
    from event_taps_core.schema import Column
    from event_taps_core.streams import Page

_REPEAT_SECONDS = 5.0
"""A second signal within this time is not meant as one of its own."""


class EventTap(Tap):
    """A tap whose failures are isolated, named and told by the exit code."""

    stream_classes: ClassVar[tuple[type[EventStream], ...]]
    """The vendor's streams; those without any settings if it depends on them (`make_streams`)."""

    client_class: ClassVar[type[ApiClient]]
    """The vendor's client."""

    constant_columns: ClassVar[tuple[Column, ...]] = ()
    """Columns that are settings: whose data these are. First in every record and in every key."""

    discovers_columns: ClassVar[bool] = False
    """Whether discovery with credentials may add columns to those that are declared."""

    isolates_refusals: ClassVar[bool] = False
    """Whether the same key may be good for one parent and refused for another."""

    message_writer_class = MessageWriter
    message_writer: MessageWriter

    def __init__(self, **kwargs: Any) -> None:
        self._variables: dict[str, str] = {}
        self.clock = SteadyClock()
        self.run_started = self.clock.started
        self.read_at = _text_of(self.run_started)
        self.stop = Stop()
        self.first_failure: Answer | None = None
        self.has_read = False
        self.held_absences: list[Callable[[], None]] = []
        self._stop_signal = 0
        self._stop_signals: list[float] = []
        super().__init__(**kwargs)

    # What a tap overrides

    @property
    def default_api_url(self) -> str:
        """The vendor's base URL, path prefix included."""
        raise NotImplementedError

    @property
    def constants(self) -> dict[str, Any]:
        """The values of `constant_columns`."""
        return {column.name: self.config.get(column.name) for column in self.constant_columns}

    def make_streams(self) -> Sequence[EventStream]:
        """Make the vendor's streams; a tap whose streams depend on its settings overrides this."""
        return [stream_class(self) for stream_class in self.stream_classes]

    def check_settings(self) -> None:
        """Check what the settings' schema cannot say; a tap adds what only it knows.

        Raises:
            TapError: If a setting has no sense.
        """
        check(
            self.config, self.config_jsonschema, self.config.get("api_url") or self.default_api_url
        )

    # What streams ask for

    @cached_property
    def redaction(self) -> Redaction:
        """What keeps this tap's secrets out of the log, once `install` has been called."""
        secrets = secret_values(self._config, self.config_jsonschema)
        return Redaction(secrets | proxy_passwords())

    @cached_property
    def client(self) -> ApiClient:
        """The one client of this run; before it can say anything, what is logged is redacted."""
        self.redaction.install()
        url = self.config.get("api_url") or self.default_api_url
        ours = f"{self.name}/{self.plugin_version} (singer-sdk/{self.sdk_version})"
        name = self.config.get("user_agent") or ours
        client = self.client_class(url, {**self.config, "user_agent": name})
        client.redaction = self.redaction
        client.clock = self.clock
        return client

    @cached_property
    def event_streams(self) -> dict[str, EventStream]:
        """The vendor's streams by name."""
        return {
            name: stream
            for name, stream in self.streams.items()
            if isinstance(stream, EventStream) and not isinstance(stream, ReadLogStream)
        }

    @cached_property
    def read_log(self) -> ReadLogStream:
        """The stream that says what was read."""
        found = self.streams[ReadLogStream.name]
        assert isinstance(found, ReadLogStream)  # noqa: S101 - discover_streams made it
        return found

    @property
    def concurrency(self) -> int:
        """Number of workers."""
        return int(self.config["concurrency"])

    @property
    def shard(self) -> tuple[int, int]:
        """Shard count and index."""
        return int(self.config["shard_count"]), int(self.config["shard_index"])

    def is_parent(self, stream: EventStream) -> bool:
        """Say whether other streams hang on this one."""
        return any(type(stream) is other.parent for other in self.event_streams.values())

    def sharing(self, stream: EventStream) -> list[EventStream]:
        """List the selected streams that this one's answers feed, itself first.

        These ask for the same path, with the same parameters, for the same parents.
        """
        return [
            stream,
            *(
                other
                for other in self.event_streams.values()
                if other is not stream and other.selected and stream.shares_requests_with(other)
            ),
        ]

    def read_whole(self, stream: EventStream, context: Context | None = None) -> list[Row] | Answer:
        """Read all rows of a partition that others need, or say why that is not possible."""
        rows: list[Row] = []
        reading = read_in_order(
            [context], lambda one: stream.read_partition(one, [stream]), workers=1, stop=self.stop
        )
        for _, event in reading:
            if not isinstance(event, Done):
                rows += event.rows[0]
            elif isinstance(event.error, Answer):
                return event.error
            elif event.error is not None:
                self.logger.error("A defect of this tap", exc_info=event.error)
                return Broken(f"defect: {event.error!r}")
        return rows

    def read_shared(self, stream: EventStream, contexts: list[Context | None]) -> None:
        """Read partitions that others need, side by side; `shared_rows` returns what came of it."""
        reading = read_in_order(
            contexts,
            lambda context: stream.read_or_share(context, [stream]),
            workers=min(self.concurrency, len(contexts)) or 1,
            stop=self.stop,
        )
        for _ in reading:
            pass

    def believe_absences(self) -> None:
        """Keep what was said to be absent, now that anything at all has been read.

        Before that, it may as well be a wrong address: then nothing must be taken for gone.
        """
        self.has_read = True
        for keep in self.held_absences:
            keep()
        self.held_absences.clear()

    def save_progress(self) -> None:
        """Send STATE if that is worth it, and what is written so far if not."""
        changed = [stream for stream in self.event_streams.values() if stream.has_progress]
        if changed and self.message_writer.is_state_due:
            self._keep_progress()
            self.state_writer.write_state(self.state)

    def _keep_progress(self) -> None:
        for stream in self.event_streams.values():
            stream.keep_progress()
        if self.has_read:
            self.read_log.keep_progress()

    def ask_early(self) -> None:
        """Ask once for everything that the vendor has to prepare, before anything is read.

        So all reports are prepared at the same time, and a run waits for about one of them.
        A single such stream needs no help: its parked partitions wait side by side anyway.
        """
        deferred = [s for s in self.event_streams.values() if s.deferred and s.selected]
        if len(deferred) > 1:
            asks = [(s, context) for s in deferred for context in self._due_contexts(s)]
            asking = read_in_order(asks, _asking, workers=self.concurrency, stop=self.stop)
            for _ in asking:
                pass

    def _due_contexts(self, stream: EventStream) -> list[Context | None]:
        try:
            return Walk(self, [stream]).due_contexts().made
        except Answer:
            return []  # the reading will meet it again, and name it

    def refuse_settings(self, errors: Sequence[str]) -> NoReturn:
        """Say which settings are wrong.

        Raises:
            TapError: In one sentence; the SDK would say it in several lines.
        """
        wrong = in_words(errors, self.config_jsonschema, self.name, self._variables)
        raise TapError(self.redaction.clean(wrong))

    # The SDK's hooks

    @property
    @override
    def _env_var_config(self) -> dict[str, Any]:
        """Return the variables as the texts that they are; `_validate_config` reads them."""
        self.append_builtin_config(self.config_jsonschema)
        texts = texts_of_variables(self.config_jsonschema, self.name)
        self._variables = {name: variable_of(self.name, name) for name in texts}
        return texts

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Read settings that are texts first; it is here that the SDK has gathered all of them."""
        self._config = read_texts(self._config, self.config_jsonschema, self._variables)
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            self.refuse_settings(error.errors)

    @override
    def setup_mapper(self) -> None:
        try:
            super().setup_mapper()
        except ConfigValidationError as error:  # of flattening: it has rules beside the schema
            self.refuse_settings(error.errors)

    @override
    def discover_streams(self) -> Sequence[EventStream]:
        return [*self.make_streams(), ReadLogStream(self)]

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        bookmarks = state.get("bookmarks", {}) if isinstance(state, dict) else None
        is_wrapped = isinstance(state, dict) and {"singer_state", "type"} & state.keys()
        if is_wrapped or not isinstance(bookmarks, dict) or not _are_objects(bookmarks.values()):
            msg = "the state is not Singer state ({'bookmarks': {...}}): pass none to start anew"
            raise StateError(msg)
        for name, kept in bookmarks.items():
            if not isinstance(kept.get("partitions", []), list):
                msg = (
                    f"the state of stream {name} does not say what its bookmarks are for; "
                    "remove it, or run with a full refresh"
                )
                raise StateError(msg)
        super().load_state(state)
        last = moment(bookmarks.get(ReadLogStream.name, {}).get("replication_key_value"))
        if last is not None and last >= self.run_started:
            try:
                self.read_at = _text_of(last + timedelta(microseconds=1))
            except OverflowError as error:
                msg = f"the state's bookmark of stream {ReadLogStream.name} is at the end of time"
                raise StateError(msg) from error
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
            self.stop.ask()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        return TapCommand.of(super().get_singer_command(), cls.logger)

    @classmethod
    @override
    def invoke(  # type: ignore[override] # the SDK's own Tap narrows its base in the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap; exit 0 only if everything that was due has been read."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        # Decoded JSON holds no cycles, and looking for some in every page in flight is expensive.
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
            state=_json_file(state, "state"),
            catalog=_catalog(_json_file(catalog, "catalog")),
        )
        sys.exit(tap.run())

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        try:
            return super().cb_config(ctx, param, value)
        except OSError as error:
            msg = f"the config file cannot be read ({error})"
            raise TapError(msg) from error
        except (ValueError, TypeError) as error:
            msg = f"the config file is not a JSON object ({error})"
            raise TapError(msg) from error

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run the SDK's connection test, with our exit code and with nothing left in the buffer."""
        if value == CliTestOptionValue.Disabled.value:
            return
        given: _ConfigInput | None = ctx.params.get("config")
        tap = cls(
            config=given.config if given else {}, parse_env_config=bool(given and given.parse_env)
        )
        tap.check_settings()
        if value == CliTestOptionValue.Schema.value:
            tap.write_schemas()
        else:
            tap.run_connection_test()
        tap.message_writer.flush()
        if failed := tap.failures():
            msg = f"not every stream could be read: {failed}"
            raise TapError(msg)
        ctx.exit()

    def run(self) -> int:
        """Read every selected stream and say what happened.

        Returns:
            The exit code: 0, 1 if anything was not read, 128 + signal if told to stop.
        """
        self.redaction.install()
        self.check_settings()
        for stream in self.event_streams.values():
            stream.load_progress()
        end: Stopped | None = None
        try:
            self.ask_early()
            self.sync_all()
        except Stopped as stopped:
            end = stopped
        self._keep_progress()
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
        if end is not None:
            raise TapError(str(end)) from end
        if self.first_failure is not None and not self.client.has_succeeded:
            raise TapError(self.client.advice(self.first_failure)) from self.first_failure
        if failed:
            self.logger.error("%s: not everything was read: %s", self.name, failed)
        return 1 if failed else 0

    def _log_summary(self) -> None:
        """Log a line per stream."""
        read = [s for s in self.event_streams.values() if s.has_been_read or s.tally.requests]
        tallies = [stream.tally for stream in read]
        if self.client.tally.requests:
            tallies.append(self.client.tally)
        for tally in tallies:
            self.logger.info("Summary of %s", tally.line())
        if not read:
            self.logger.warning("No stream is selected; nothing was read")

    def failures(self) -> str:
        """Say what could not be read, in a few words; nothing if all could."""
        return said_of_failures(
            {stream.name: stream.tally.failed for stream in self.event_streams.values()}
        )


def _are_objects(values: Iterable[Any]) -> bool:
    return {dict}.issuperset(map(type, values))


def _text_of(when: datetime) -> str:
    """Write a time with microseconds, so that texts have the order of their times."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _asking(ask: tuple[EventStream, Context | None]) -> Iterator[Page]:
    """Ask early, as a reading without pages."""
    stream, context = ask
    stream.ask_early(context)
    yield from ()


def _json_file(file: IO[str] | None, what: str) -> dict[str, Any] | None:
    """Read a file passed on the command line.

    Raises:
        TapError: If it is not a JSON object.
    """
    if file is None:
        return None
    try:
        value = json.load(file)
    except ValueError as error:
        msg = f"the {what} file is not JSON ({error}): pass a whole one, or none"
        raise TapError(msg) from error
    if not isinstance(value, dict):
        msg = f"the {what} file holds no JSON object: pass a whole one, or none"
        raise TapError(msg)
    return value


def _catalog(value: dict[str, Any] | None) -> Catalog | None:
    """Read a catalog file's content.

    Raises:
        TapError: If it is no Singer catalog.
    """
    if value is None:
        return None
    try:
        _ = value["streams"]  # which the SDK takes for empty if there is none
        return Catalog.from_dict(value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = "the catalog file is no Singer catalog: make a new one with --discover"
        raise TapError(msg) from error
