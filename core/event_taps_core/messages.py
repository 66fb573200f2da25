"""The short path of a record to stdout: one encode and one buffered write per page."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.contrib.msgspec import enc_hook
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

from event_taps_core.reading import Stopped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from event_taps_core.columns import Row

_encoder = msgspec.json.Encoder(enc_hook=enc_hook, decimal_format="number")
_BUFFER_BYTES = 64 * 1024

STATE_SHARE = 0.005
"""A STATE is worth sending when it is at most this part of what was written since the last one."""

STATE_SECONDS = (1.0, 30.0)
"""Or when a tenth of the run's time has passed since, but no less and no more than these seconds:
so much a killed run repeats."""


def record_lines(
    stream: str, records: Iterable[Row], time_extracted: str, version: int | None
) -> bytes:
    """Encode a page of records as RECORD messages, one line each."""
    tail: dict[str, Any] = {"time_extracted": time_extracted}
    if version is not None:
        tail["version"] = version
    return _encoder.encode_lines(
        [{"type": "RECORD", "stream": stream, "record": record, **tail} for record in records]
    )


class MessageWriter(GenericSingerWriter[bytes, Message]):
    """Writes whole lines to stdout, buffered; a STATE message flushes.

    The SDK's writer flushes each message. Here whatever is written is a number of complete lines,
    so a killed tap leaves at most one unfinished line, and a stopped one none.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._since_state = 0
        self._state_size = 0
        self._state_at = self._began = time.monotonic()
        self._declared: dict[str, Collection[str]] = {}
        self._flattened: dict[tuple[str, str], bool] = {}

    @override
    def serialize_message(self, message: Message) -> bytes:
        return _encoder.encode(message.to_dict()) + b"\n"

    @override
    def write_message(self, message: Message) -> None:
        if isinstance(message, SchemaMessage):
            self._declared[message.stream] = message.schema.get("properties", {})
        elif isinstance(message, RecordMessage):
            message.record = self._as_declared(message.stream, message.record)
        line = self.serialize_message(message)
        self.write_lines(line)
        if isinstance(message, StateMessage):
            self._since_state, self._state_size = 0, len(line)
            self._state_at = time.monotonic()
            self.flush()

    def _as_declared(self, stream: str, record: Mapping[str, Any]) -> Row:
        """Leave out the null that the SDK's flattening keeps for an object that is not there.

        SCHEMA has columns for its attributes and none for itself: a target would make one.
        """
        declared = self._declared.get(stream, ())
        return {
            name: value
            for name, value in record.items()
            if value is not None or name in declared or not self._is_flattened(stream, name)
        }

    def _is_flattened(self, stream: str, name: str) -> bool:
        flattened = self._flattened.get((stream, name))
        if flattened is None:
            declared = self._declared.get(stream, ())
            ends = (column.removeprefix(name) for column in declared if column.startswith(name))
            flattened = any(not end[0].isalnum() for end in ends)  # which separator, is a setting
            self._flattened[stream, name] = flattened
        return flattened

    @property
    def is_state_due(self) -> bool:
        """Whether it is time for another STATE, which must not become the bulk of the output."""
        now, (least, most) = time.monotonic(), STATE_SECONDS
        is_small = self._state_size <= STATE_SHARE * self._since_state
        return is_small or now - self._state_at >= min(most, max(least, (now - self._began) / 10))

    def write_lines(self, lines: bytes) -> None:
        """Write complete lines."""
        self._lines.append(lines)
        self._size += len(lines)
        self._since_state += len(lines)
        if self._size >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand everything written so far to the target.

        Raises:
            Stopped: If the target has closed the pipe.
        """
        lines, self._lines, self._size = b"".join(self._lines), [], 0
        if sys.stdout is None:
            raise Stopped("stdout is closed: connect it to a target, or to a file")
        try:
            binary = getattr(sys.stdout, "buffer", None)
            if binary is None:  # stdout was replaced by a text stream, as tests do
                sys.stdout.write(lines.decode())
            else:
                _write_all(binary, lines)
            sys.stdout.flush()
        except OSError as error:
            # From here on into nothing, or Python would try once more, and complain, at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            msg = f"stdout cannot be written to: {error.strerror}"
            if isinstance(error, BrokenPipeError):
                msg = "the target closed the pipe: its own log says why"
            raise Stopped(msg) from None


def _write_all(binary: IO[bytes], lines: bytes) -> None:
    """Write until everything is out: an unbuffered stdout may take a part only, or nothing yet."""
    rest = memoryview(lines)
    while rest:
        try:
            written = binary.write(rest)
        except BlockingIOError as full:  # a buffered stdout whose pipe does not block
            written = full.characters_written
        if written:
            rest = rest[written:]
        else:
            select.select([], [binary], [])
