"""The short path of a record to stdout."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage

from event_taps_core import rfc3339
from event_taps_core.messages import MessageWriter, record_lines

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = st.text()
VALUES = st.none() | st.booleans() | st.integers() | TEXT | st.floats(-1, 1) | st.just(NOW)
RECORDS = st.lists(st.dictionaries(TEXT, VALUES, max_size=4), max_size=4)


@given(RECORDS, st.none() | st.integers(0, 2**62))
def test_lines_are_those_of_the_sdk(records: list[dict[str, Any]], version: int | None) -> None:
    """What is written on the short path is what the SDK's own messages would say, one a line."""
    lines = record_lines("people", records, rfc3339(NOW), version)
    assert lines.count(b"\n") == len(records)
    for line, record in zip(lines.splitlines(), records, strict=True):
        message = RecordMessage("people", record, version=version, time_extracted=NOW)
        assert json.loads(line) == json.loads(MessageWriter().serialize_message(message))


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
