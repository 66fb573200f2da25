# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what was not selected, and about reading in full."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from event_taps_core.columns import EXTRA_FIELDS, READ_AT
from event_taps_core.testing.promises.base import READ_LOG, FirstRun, Promises, of_the_core
from event_taps_core.testing.running import deselect_columns, replicate_in_full, select
from event_taps_core.testing.under_test import matches
from event_taps_core.values import snake_case

if TYPE_CHECKING:
    from event_taps_core.testing.running import Record, Run, TapRunner
    from event_taps_core.testing.sandbox import Sandbox


class Selection(Promises):
    """Streams, columns, replication methods."""

    @of_the_core
    def test_a_deselected_stream_is_absent_and_makes_no_request(
        self,
        first_run: FirstRun,
        sandbox: Sandbox,
        run_tap: TapRunner,
        catalog: Record,
        each_kind_of_stream: str,
    ) -> None:
        """The others are as they were."""
        others = [name for name in self.tap.all_streams if name != each_kind_of_stream]
        run = run_tap(catalog=select(catalog, *others)).assert_good()
        assert run.streams == set(others)
        for name in others:
            if name != READ_LOG:
                assert rows_of(run, name) == rows_of(first_run.run, name)
        assert self.templates(sandbox) == self.tap.request_paths(*others)

    def test_a_stream_alone_requests_only_what_it_needs(
        self,
        first_run: FirstRun,
        sandbox: Sandbox,
        run_tap: TapRunner,
        catalog: Record,
        each_kind_of_stream: str,
    ) -> None:
        """And has the rows that it has in company."""
        run = run_tap(catalog=select(catalog, each_kind_of_stream)).assert_good()
        assert run.streams <= {each_kind_of_stream}
        assert self.templates(sandbox) == self.tap.request_paths(each_kind_of_stream)
        if each_kind_of_stream != READ_LOG:
            assert rows_of(run, each_kind_of_stream) == rows_of(first_run.run, each_kind_of_stream)

    @of_the_core
    def test_nothing_selected_requests_nothing(
        self, sandbox: Sandbox, run_tap: TapRunner, catalog: Record
    ) -> None:
        """And says so."""
        run = run_tap(catalog=select(catalog)).assert_good()
        assert run.stdout == b""
        assert sandbox.request_count() == 0
        assert "nothing was read" in run.last_line

    @of_the_core
    def test_a_deselected_column_is_nowhere(
        self, first_run: FirstRun, run_tap: TapRunner, catalog: Record
    ) -> None:
        """Neither as a column nor among the extra fields."""
        columns = {name: self.ordinary_column(name, first_run.run) for name in self.tap.streams}
        run = run_tap(catalog=deselect_columns(catalog, columns)).assert_good()
        for name, column in columns.items():
            (schema,) = run.of_type("SCHEMA", name)
            assert column not in schema["schema"]["properties"]
            assert column in first_run.run.records(name)[0]
            expected = [without(record, column) for record in first_run.run.records(name)]
            assert [without(record, column) for record in run.records(name)] == expected
            for record in run.records(name):
                assert column not in record
                assert column not in (record[EXTRA_FIELDS] or {})

    @of_the_core
    def test_a_record_holds_only_what_its_schema_declares(
        self, first_run: FirstRun, run_tap: TapRunner, catalog: Record
    ) -> None:
        """A catalog may be older than the tap, made without secrets, or cut for privacy."""
        columns = {name: self.ordinary_column(name, first_run.run) for name in self.tap.streams}
        cut = copy.deepcopy(catalog)
        for entry in cut["streams"]:
            entry["schema"]["properties"].pop(columns.get(entry["tap_stream_id"]), None)
        run = run_tap(catalog=cut, include_secrets=True).assert_good()
        for name, column in columns.items():
            (schema,) = run.of_type("SCHEMA", name)
            declared = set(schema["schema"]["properties"]) - {column}
            assert len(run.records(name)) == len(first_run.run.records(name))
            for record in run.records(name):
                assert declared >= set(record)
                assert column not in map(snake_case, record[EXTRA_FIELDS] or {})

    @of_the_core
    def test_when_a_row_was_read_cannot_be_deselected(
        self, run_tap: TapRunner, catalog: Record
    ) -> None:
        """Nor anything of the read log: else nobody could tell what is the newest, or gone."""
        changed = copy.deepcopy(catalog)
        for entry in changed["streams"]:
            for item in entry["metadata"]:
                if item["breadcrumb"] and (
                    item["breadcrumb"][-1] == READ_AT or entry["tap_stream_id"] == READ_LOG
                ):
                    item["metadata"]["selected"] = False
        run = run_tap(catalog=changed).assert_good()
        assert all(message["record"][READ_AT] for message in run.of_type("RECORD"))
        declared = {column.name for column in self.tap.all_streams[READ_LOG].columns}
        assert all(declared <= set(row) for row in run.records(READ_LOG))

    @of_the_core
    def test_deselected_extra_fields_are_absent(
        self, first_run: FirstRun, run_tap: TapRunner, catalog: Record
    ) -> None:
        """The column for what is not declared can be left out like any other."""
        columns = dict.fromkeys(self.tap.streams, EXTRA_FIELDS)
        run = run_tap(catalog=deselect_columns(catalog, columns)).assert_good()
        for name in self.tap.streams:
            assert run.records(name)
            assert [without(record, EXTRA_FIELDS) for record in first_run.run.records(name)] == [
                without(record) for record in run.records(name)
            ]

    @of_the_core
    def test_full_table_reads_everything_again(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner, catalog: Record
    ) -> None:
        """Whatever the state says."""
        run = run_tap(
            state=first_run.run.state, catalog=replicate_in_full(catalog, *self.tap.streams)
        ).assert_good()
        assert sorted(first_run.asked.elements()) == sandbox.addresses()
        self.assert_equals(self.load(run), first_run.truth)
        assert run.of_type("ACTIVATE_VERSION") == []

    @of_the_core
    def test_activate_version_comes_after_a_complete_reading(
        self, run_tap: TapRunner, catalog: Record
    ) -> None:
        """Not before: a target drops all rows of other versions when it sees one."""
        run = run_tap(
            catalog=replicate_in_full(catalog, *self.tap.streams),
            emit_activate_version_messages=True,
        ).assert_good()
        for name in self.tap.streams:
            kinds = [m["type"] for m in run.messages if m.get("stream") == name]
            assert kinds[0] == "SCHEMA"
            assert kinds[-1] == "ACTIVATE_VERSION", name
            assert set(kinds[1:-1]) == {"RECORD"}, name
            (activated,) = run.of_type("ACTIVATE_VERSION", name)
            assert {m["version"] for m in run.of_type("RECORD", name)} == {activated["version"]}

    @of_the_core
    def test_activate_version_is_withheld_when_a_part_failed(
        self, first_run: FirstRun, sandbox: Sandbox, run_tap: TapRunner, catalog: Record
    ) -> None:
        """Rows of the part that could not be read must not be dropped."""
        stream = next(iter(self.tap.parted_streams))
        part, *_ = first_run.parts(stream)
        sandbox.break_address(part.address, "500")
        run = run_tap(
            catalog=replicate_in_full(catalog, *self.tap.streams),
            emit_activate_version_messages=True,
            max_retries=0,
        )
        assert run.exit_code == 1
        activated = {message["stream"] for message in run.of_type("ACTIVATE_VERSION")}
        assert activated == set(self.tap.streams) - set(self.tap.fed_by(stream))

    def templates(self, sandbox: Sandbox) -> set[str]:
        """Return the path templates that were requested, in the streams' own form."""
        declared = [self.tap.template(name) for name in self.tap.streams]
        return {
            next(
                (template for template in declared if matches(template, request.path)), request.path
            )
            for request in sandbox.requests()
        }

    def ordinary_column(self, stream: str, run: Run) -> str:
        """Choose a column that may be deselected and that has values."""
        cls = self.tap.streams[stream]
        kept = {*self.tap.keys(stream), cls.replication_key, READ_AT, EXTRA_FIELDS}
        return next(
            name
            for record in run.records(stream)
            for name, value in record.items()
            if name not in kept and value is not None
        )


def rows_of(run: Run, stream: str) -> list[Record]:
    """Return a stream's rows without the time of the run."""
    return [without(record) for record in run.records(stream)]


def without(record: Record, *columns: str) -> Record:
    """Return a record without some columns and without the time of the run."""
    return {name: value for name, value in record.items() if name not in (*columns, READ_AT)}
