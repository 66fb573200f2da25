# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what was not selected, and about reading in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_taps_core.columns import READ_AT
from event_taps_core.testing.promises.base import READ_LOG, FirstRun, Promises, of_the_core
from event_taps_core.testing.running import select
from event_taps_core.testing.under_test import matches

if TYPE_CHECKING:
    from event_taps_core.testing.running import Record, Run


class Selection(Promises):
    """Streams, columns, replication methods."""

    @of_the_core
    def test_a_deselected_stream_is_absent_and_makes_no_request(
        self,
        first_run: FirstRun,
        catalog: Record,
        each_kind_of_stream: str,
    ) -> None:
        """The others are as they were."""
        others = [name for name in self.tap.all_streams if name != each_kind_of_stream]
        run = self.run_tap(catalog=select(catalog, *others)).assert_good()
        assert run.streams == set(others)
        for name in others:
            if name != READ_LOG:
                assert rows_of(run, name) == rows_of(first_run.run, name)
        assert self.templates() == self.tap.request_paths(*others)

    def test_a_stream_alone_requests_only_what_it_needs(
        self,
        first_run: FirstRun,
        catalog: Record,
        each_kind_of_stream: str,
    ) -> None:
        """And has the rows that it has in company."""
        run = self.run_tap(catalog=select(catalog, each_kind_of_stream)).assert_good()
        assert run.streams <= {each_kind_of_stream}
        assert self.templates() == self.tap.request_paths(each_kind_of_stream)
        if each_kind_of_stream != READ_LOG:
            assert rows_of(run, each_kind_of_stream) == rows_of(first_run.run, each_kind_of_stream)

    def templates(self) -> set[str]:
        """Return the path templates that were requested, in the streams' own form."""
        declared = [self.tap.template(name) for name in self.tap.streams]
        return {
            next(
                (template for template in declared if matches(template, request.path)), request.path
            )
            for request in self.sandbox.requests()
        }


def rows_of(run: Run, stream: str) -> list[Record]:
    """Return a stream's rows without the time of the run."""
    return [without(record) for record in run.records(stream)]


def without(record: Record, *columns: str) -> Record:
    """Return a record without some columns and without the time of the run."""
    return {name: value for name, value in record.items() if name not in (*columns, READ_AT)}
