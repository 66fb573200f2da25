"""The short path of a record to stdout."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage

from event_taps_core.messages import MessageWriter, record_lines
from event_taps_core.reading import Stopped

NOW = "2026-03-01T12:00:00.000000Z"
TEXT = st.text()
RECORDS = st.lists(
    st.dictionaries(TEXT, st.none() | st.booleans() | st.integers() | TEXT, max_size=4), max_size=4
)


@given(RECORDS, st.none() | st.integers(0, 2**62))
def test_a_page_is_one_whole_line_per_record(
    records: list[dict[str, Any]], version: int | None
) -> None:
    lines = record_lines("people", records, NOW, version)
    assert lines.count(b"\n") == len(records)
    for line, record in zip(lines.splitlines(), records, strict=True):
        message = {"type": "RECORD", "stream": "people", "record": record, "time_extracted": NOW}
        assert json.loads(line) == {**message, **({} if version is None else {"version": version})}


def test_lines_are_those_of_the_sdk() -> None:
    """What is written on the short path is what the SDK's own message would say."""
    record = {"id": "1", "name": "日本\u2028", "big": 2**64, "part": 0.1, "none": None}
    when = datetime(2026, 3, 1, 12, tzinfo=UTC)
    message = RecordMessage(stream="people", record=record, time_extracted=when, version=7)
    short = record_lines("people", [record], "2026-03-01T12:00:00Z", 7)
    assert json.loads(short) == json.loads(MessageWriter().serialize_message(message))


def test_times_are_written_in_utc() -> None:
    moment = datetime.fromisoformat("2026-03-01T13:00:00.5+01:00").astimezone(UTC)
    (record,) = (
        json.loads(line)["record"] for line in [record_lines("x", [{"at": moment}], NOW, None)]
    )
    assert record == {"at": "2026-03-01T12:00:00.500000Z"}


def test_records_are_written_in_large_pieces_and_state_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    writer = MessageWriter()
    writer.write_lines(b"{}\n")
    assert capsys.readouterr().out == ""
    writer.write_message(StateMessage(value={"bookmarks": {}}))
    assert capsys.readouterr().out == '{}\n{"type":"STATE","value":{"bookmarks":{}}}\n'
    for _ in range(100_000):
        writer.write_lines(b"{}\n")
    assert len(capsys.readouterr().out) > 100_000


@pytest.mark.parametrize(
    ("name", "is_left_out"),
    [
        ("address", True),  # its columns are address__city and address.street
        ("addr", False),
        ("address__city", False),
        ("address__c", False),
        ("unheard_of", False),
    ],
)
def test_a_null_in_place_of_what_was_flattened_is_left_out_and_no_other(
    capsys: pytest.CaptureFixture[str], name: str, *, is_left_out: bool
) -> None:
    names = ("id", "address__city", "address.street")
    columns = {column: {"type": ["null", "string"]} for column in names}
    writer = MessageWriter()
    writer.write_message(SchemaMessage("people", {"properties": columns}, ["id"]))
    writer.write_message(RecordMessage("people", {"id": "1", name: None}))
    writer.flush()
    (record,) = (json.loads(line)["record"] for line in capsys.readouterr().out.splitlines()[1:])
    assert record == ({"id": "1"} if is_left_out else {"id": "1", name: None})


def test_a_closed_pipe_is_the_end_and_not_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        writer = MessageWriter()
        writer.write_lines(b"{}\n")
        with pytest.raises(Stopped, match="closed the pipe"):
            writer.flush()
