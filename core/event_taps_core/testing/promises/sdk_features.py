# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what the SDK documents for every tap: maps, flattening, batches, samples."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from event_taps_core.testing.promises.base import FirstRun, Promises, of_the_core
from event_taps_core.testing.promises.selection import rows_of, without

if TYPE_CHECKING:
    from event_taps_core.testing.running import Record, TapRunner


class SdkFeatures(Promises):
    """The short path of a record must not cost what users know from other taps."""

    @of_the_core
    def test_stream_map_hashes_a_column(self, first_run: FirstRun, run_tap: TapRunner) -> None:
        """And leaves out another one; everything else is as it was."""
        stream = next(iter(self.tap.parted_streams))
        key = self.tap.keys(stream)[-1]
        run = run_tap(
            stream_maps={stream: {"hashed": f"md5(str({key}))", "extra_fields": "__NULL__"}}
        ).assert_good()
        (schema,) = run.of_type("SCHEMA", stream)
        assert "hashed" in schema["schema"]["properties"]
        expected = [
            {
                **without(record, "extra_fields"),
                "hashed": hashlib.md5(str(record[key]).encode(), usedforsecurity=False).hexdigest(),
            }
            for record in first_run.run.records(stream)
        ]
        assert rows_of(run, stream) == expected
        for name in self.tap.streams:
            if name != stream:
                assert rows_of(run, name) == rows_of(first_run.run, name)

    @of_the_core
    def test_stream_map_renames_and_filters_a_stream(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """`__alias__` and `__filter__`."""
        stream = next(iter(self.tap.parted_streams))
        key = str(self.tap.streams[stream].parent_key)
        chosen = first_run.run.records(stream)[0][key]
        maps = {stream: {"__alias__": "chosen_ones", "__filter__": f"str({key}) == '{chosen}'"}}
        run = run_tap(stream_maps=maps).assert_good()
        assert stream not in run.streams
        assert rows_of(run, "chosen_ones") == [
            row for row in rows_of(first_run.run, stream) if row[key] == chosen
        ]

    @of_the_core
    def test_flattening_makes_columns_of_nested_objects(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """Each declared attribute of an object becomes a column, with its value."""
        run = run_tap(flattening_enabled=True, flattening_max_depth=1).assert_good()
        flattened = 0
        for name in self.tap.streams:
            objects = nested_columns(first_run, name)
            rows = run.records(name)
            assert len(rows) == len(first_run.run.records(name))
            for row, record in zip(rows, first_run.run.records(name), strict=True):
                for column, attributes in objects.items():
                    assert column not in row
                    if record[column] is None:
                        continue
                    for attribute in attributes:
                        expected = record[column].get(attribute)
                        assert row.get(f"{column}__{attribute}") == expected
                        flattened += expected is not None
        nested = [name for name in self.tap.streams if nested_columns(first_run, name)]
        assert flattened or not nested

    @of_the_core
    def test_batch_files_hold_all_rows(
        self, first_run: FirstRun, run_tap: TapRunner, tmp_path: Path
    ) -> None:
        """With `batch_config`, rows go to files and BATCH messages name them."""
        run = run_tap(
            batch_config={
                "encoding": {"format": "jsonl", "compression": "gzip"},
                "storage": {"root": f"file://{tmp_path}/batches", "prefix": "part-"},
            }
        ).assert_good()
        for name in self.tap.streams:
            files = [
                Path(urlsplit(f).path) for m in run.of_type("BATCH", name) for f in m["manifest"]
            ]
            rows = [
                json.loads(line)
                for path in files
                for line in gzip.decompress(path.read_bytes()).splitlines()
            ]
            assert [without(row) for row in rows] == rows_of(first_run.run, name), name
            assert run.records(name) == []

    @of_the_core
    def test_sample_reads_a_little_of_each_stream(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """`--test=records`."""
        run = run_tap("--test=records").assert_good()
        for name in self.tap.streams:
            rows = rows_of(run, name)
            assert rows == rows_of(first_run.run, name)[: len(rows)]
            assert rows


def nested_columns(first_run: FirstRun, stream: str) -> dict[str, list[str]]:
    """Return the columns that are declared as objects with attributes, and those."""
    (message,) = first_run.run.of_type("SCHEMA", stream)
    properties: Record = message["schema"]["properties"]
    return {
        name: list(_attributes(schema))
        for name, schema in properties.items()
        if _attributes(schema)
    }


def _attributes(schema: Record) -> dict[str, Any]:
    found: dict[str, Any] = schema.get("properties", {})
    return found
