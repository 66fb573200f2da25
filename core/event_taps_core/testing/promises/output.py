# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what comes out of a run."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import TYPE_CHECKING

import jsonschema
import pytest

from event_taps_core.testing.promises.base import (
    READ_LOG,
    FirstRun,
    Promises,
    core,
)
from event_taps_core.testing.under_test import matches
from event_taps_core.testing.warehouse import differences

if TYPE_CHECKING:
    from event_taps_core.testing.running import Run

MAX_BOOKMARK_BYTES = 130
MAX_FINGERPRINT_BYTES = 320

A_MOMENT_SECONDS = 0.5
"""What has to be prepared is not there at once, and there when it is asked for again."""


class Output(Promises):
    """A run's messages."""

    def test_truth_is_known_for_every_stream(self) -> None:
        """And for no other: else the comparisons below would leave something out."""
        assert set(self.sandbox.streams(self.tap.vendor)) == {
            *self.tap.streams,
            *self.tap.more_streams,
        }

    def test_first_run_equals_the_truth(self, first_run: FirstRun, stream_name: str) -> None:
        """Each row is there, once, with every value as it should be."""
        truth = first_run.truth[stream_name]
        assert truth, "the sandbox's world has no row of this stream: nothing would be tested"
        assert differences(first_run.run.records(stream_name), truth) == []

    def test_keys_are_never_null_and_unique(self, first_run: FirstRun) -> None:
        """In each stream, the read log too."""
        for schema in first_run.run.of_type("SCHEMA"):
            stream = schema["stream"]
            keys = Counter(
                tuple(record[name] for name in schema["key_properties"])
                for record in first_run.run.records(stream)
            )
            assert keys, stream
            assert [key for key in keys if None in key] == [], stream
            assert [key for key, count in keys.items() if count > 1] == [], stream

    def test_every_record_is_valid_by_its_schema(
        self, first_run: FirstRun, all_stream_name: str
    ) -> None:
        """Formats of dates and times included; no column comes that was not declared."""
        (message,) = first_run.run.of_type("SCHEMA", all_stream_name)
        schema = {**message["schema"], "additionalProperties": False}
        validator = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.FormatChecker()
        )
        for record in first_run.run.records(all_stream_name):
            errors = [
                f"{error.json_path}: {error.message}" for error in validator.iter_errors(record)
            ]
            assert errors == []
            assert list(record) == [name for name in schema["properties"] if name in record]

    def test_state_is_small_and_holds_only_bookmarks(self, first_run: FirstRun) -> None:
        """It is sent often, and kept by orchestrators in places that are not made for much."""
        states = first_run.run.of_type("STATE")
        assert states
        for message in states:
            text = json.dumps(message["value"], separators=(",", ":"))
            bookmarks = len(self.tap.all_streams) + text.count('"context"')
            fingerprints = len(self.tap.settling_streams)
            assert len(text) < (
                MAX_BOOKMARK_BYTES * bookmarks + MAX_FINGERPRINT_BYTES * fingerprints
            )
            assert list(message["value"]) == ["bookmarks"]
            for kept in message["value"]["bookmarks"].values():
                assert set(kept) <= {
                    "replication_key",
                    "replication_key_value",
                    "partitions",
                    "settle_days",
                    "parents_read",
                    "run",
                }

    def test_last_message_is_the_final_state(self, first_run: FirstRun) -> None:
        """Else rows would come after the state that says they were read."""
        assert first_run.run.messages[-1]["type"] == "STATE"

    def test_read_at_is_the_start_of_the_run_in_every_row(self, first_run: FirstRun) -> None:
        """One value, so that rows of one reading can be told from older ones."""
        values = {m["record"]["read_at"] for m in first_run.run.of_type("RECORD")}
        assert len(values) == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", values.pop())

    def test_read_log_counts_the_rows_of_each_reading(self, first_run: FirstRun) -> None:
        """A row per stream and parent; together they count all rows."""
        logged: Counter[str] = Counter()
        for row in first_run.run.records(READ_LOG):
            logged[row["stream"]] += row["row_count"]
            cls = self.tap.streams[row["stream"]]
            if cls.parent_key:
                rows = [
                    record
                    for record in first_run.run.records(row["stream"])
                    if str(record[str(cls.parent_key)]) == row["parent_id"]
                ]
                assert len(rows) == row["row_count"]
        assert logged == {name: len(first_run.run.records(name)) for name in self.tap.streams}

    def test_summary_counts_rows_and_requests(self, first_run: FirstRun) -> None:
        """A line per stream at the end of the log, and one for what only brings credentials."""
        requests: Counter[str] = Counter()
        paths = {path for _, path in self.tap.credential_requests}
        credentials = ["credentials"] if paths else []
        for name in [*self.tap.streams, *credentials]:
            found = re.search(r": (\d+) rows, (\d+) requests", first_run.run.summary(name))
            assert found, name
            assert int(found[1]) == len(first_run.run.records(name))
            requests[name] = int(found[2])
        assert requests.total() == len(first_run.requests)
        for_credentials = [request for request in first_run.requests if request.path in paths]
        assert requests["credentials"] == len(for_credentials)

    def test_nothing_is_requested_twice(self, first_run: FirstRun) -> None:
        """But what has to be prepared: that is asked for early, and once more."""
        deferred = {self.tap.template(name) for name in self.tap.deferred_streams}
        asked = Counter((request.path, request.query) for request in first_run.requests)
        for (path, query), count in asked.items():
            is_deferred = any(matches(template, path) for template in deferred)
            assert count <= 1 + is_deferred, f"{path}?{query}"

    @pytest.mark.parametrize("order", [core("plain"), "overtaking"])
    def test_output_is_the_same_with_any_number_of_workers(
        self, first_run: FirstRun, order: str
    ) -> None:
        """Byte by byte, but for when the run began and how often STATE came before the last one."""
        if order == "overtaking":
            self.sandbox.break_randomly("reset", rate=first_run.rate(0.1), seed=self.tap.fault_seed)
        for count in (8,) if order == "overtaking" else (1, 8):
            run = self.run_tap(concurrency=count).assert_good()
            assert masked(run) == masked(first_run.run)

    def test_first_run_equals_the_truth_under_every_switch_position(
        self, switched: dict[str, str]
    ) -> None:
        """Where the vendor's documents leave something open, either way has to work.

        Where it refuses everything, nothing else is promised than to say so; where it never gives
        a part, everything else, and to say so.
        """
        self.sandbox.switch(**switched)
        self.sandbox.prepare(A_MOMENT_SECONDS)
        if switched.items() & self.tap.refusing.items():
            self.run_tap().assert_failed_in_one_line("setting")
        elif switched.items() & self.tap.incomplete.items():
            run = self.run_tap(**self.tap.impatient)
            run.assert_failed_in_one_line()
            self.assert_equals(self.truth(), run)
        else:
            run = self.run_tap().assert_good()
            self.assert_equals(self.truth(), run)

    def test_first_run_equals_the_truth_under_mixed_switch_positions(self, mixture: int) -> None:
        """Ways that work alone have to work together.

        Things take time to prepare in one of them only, because that is long with small pages.
        """
        chance = random.Random(mixture)  # noqa: S311 - it has to repeat
        positions = self.tap.complete_positions
        chosen = {name: chance.choice(values) for name, values in positions.items()}
        for together in self.tap.exclusive:
            if all(chosen[name] in values for name, values in together.items()):
                del chosen[next(iter(together))]
        self.sandbox.switch(**chosen)
        self.sandbox.prepare(A_MOMENT_SECONDS if mixture == 0 else 0)
        run = self.run_tap().assert_good()
        self.assert_equals(self.truth(), run)

    def test_secret_columns_come_only_when_asked_for(self, first_run: FirstRun) -> None:
        """What the vendor sends of passwords and codes is nowhere in an ordinary run's output."""
        full = self.truth(include_secrets=True)
        secrets = {
            str(row[column])
            for name, rows in full.items()
            for column in self.tap.secret_columns(name)
            for row in rows
            if row[column]
        }
        text = first_run.run.stdout.decode()
        assert [secret for secret in secrets if json.dumps(secret) in text] == []
        run = self.run_tap(include_secrets=True).assert_good()
        self.assert_equals(full, run)
        assert [s for s in secrets if json.dumps(s) not in run.stdout.decode()] == []


def masked(run: Run) -> bytes:
    """Return stdout without the times of the run, what it needed, and bookmarks of the clock."""
    (read_at,) = {message["record"]["read_at"] for message in run.of_type("RECORD")}
    *lines, last = run.lines
    kept = b"".join([line for line in lines if b'"STATE"' not in line[:20]] + [last])
    kept = _END.sub(b"END", kept.replace(read_at.encode(), b"READ_AT"))
    return _CLOCK.sub(rb"\1CLOCK", kept)


_END = re.compile(rb'"ended_at":"[^"]*","request_count":\d+')
_CLOCK = re.compile(rb'("replication_key":"read_at","replication_key_value":")[^"]*')
