# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about an API that fails, for a moment or for good."""

from __future__ import annotations

import re

import pytest

from event_taps_core.testing.promises.base import (
    FirstRun,
    Part,
    Promises,
    Truth,
    core,
    long,
)
from event_taps_core.testing.warehouse import differences
from event_taps_core.words import MAX_WORDS_LENGTH

IN_ANY_VENDORS_WAY = ("429_seconds", "429_date", "429_none", "500", "503", "reset", "cut_body")
"""Faults that the core's client knows by itself, whatever a vendor's bodies mean."""
IN_THE_VENDORS_WAY = ("cut_json", "html", "error_200")
TRANSIENT = (*IN_ANY_VENDORS_WAY, *IN_THE_VENDORS_WAY)
PERMANENT, PERMANENT_IN_THE_VENDORS_WAY = "500", "error_200"
PERMANENT_TOO = ("html", "cut_json", "reset")
ODD_ROWS = ("null_row", "strange_row")


class Faults(Promises):
    """Transient and permanent ones."""

    @pytest.mark.parametrize(
        "kind",
        [*map(core, ("timeout", *IN_THE_VENDORS_WAY)), *map(long, IN_ANY_VENDORS_WAY)],
    )
    def test_faults_that_pass_leave_no_trace_in_the_output(
        self, first_run: FirstRun, kind: str
    ) -> None:
        """Requests fail here and there; the rows are the same and the run is a good one."""
        self.sandbox.break_randomly(kind, rate=first_run.rate(0.1), seed=self.tap.fault_seed)
        run = self.run_tap(request_timeout_seconds=1 if kind == "timeout" else 60).assert_good()
        struck = [request for request in self.sandbox.requests() if request.fault]
        assert struck, "no request was struck: choose another fault_seed for this tap"
        self.assert_equals(first_run.truth, run)
        assert "retries" in run.stderr

    def test_faults_of_all_kinds_together_leave_no_trace(self, first_run: FirstRun) -> None:
        """As on a bad day."""
        self.sandbox.break_randomly(*TRANSIENT, rate=first_run.rate(0.2), seed=self.tap.fault_seed)
        run = self.run_tap().assert_good()
        assert len({request.fault for request in self.sandbox.requests() if request.fault}) > 1
        self.assert_equals(first_run.truth, run)

    def test_a_broken_part_is_named_and_everything_else_is_read(
        self, first_run: FirstRun, breakage: tuple[str, str]
    ) -> None:
        """Exit code 1; the next run reads it, however far others came, and ends at the truth."""
        kind, stream = breakage
        parts = first_run.parts(stream)
        part = parts[len(parts) // 2]
        fed = self.tap.fed_by(stream)
        self.sandbox.break_address(part.address, kind)
        run = self.run_tap(settle_days=0, max_retries=1)
        run.assert_failed_in_one_line(part.part_id, *fed)
        self.assert_equals(self.without_part(first_run, stream, part), run)
        for name in fed.intersection(self.tap.changes_streams):
            assert part.part_id not in run.part_bookmarks(name), name
        self.sandbox.mend()
        after = self.run_tap(state=run.state, settle_days=0).assert_good()
        self.assert_equals(first_run.truth, run, after)

    @pytest.mark.parametrize("kind", [core("500"), core("403"), "error_200"])
    def test_a_vendors_words_are_said_without_secrets_and_addresses(
        self, first_run: FirstRun, kind: str
    ) -> None:
        """The first 200 characters of them: nobody else knows what is wrong."""
        parts = first_run.parts(next(iter(self.tap.parted_streams)))
        part = parts[len(parts) // 2]
        secrets = [str(self.run_tap.settings[name]) for name in self.tap.secret_settings]
        words = f"Something went wrong\n for host jane.doe@example.org {' '.join(secrets)} "
        too_much = "and on " * (MAX_WORDS_LENGTH // len("and on "))
        self.sandbox.break_address(part.address, kind, words + too_much)
        run = self.run_tap(max_retries=0)
        said = f"Something went wrong for host ***@*** {' '.join('***' for _ in secrets)} and on "
        run.assert_failed_in_one_line(part.part_id, said)
        assert too_much not in run.last_line
        for secret in ("jane.doe", *secrets):
            assert secret not in run.stderr

    def test_an_odd_row_hides_no_other(self, first_run: FirstRun, odd_row: str) -> None:
        """One more in every answer: all others are loaded; what cannot be is counted and named."""
        self.sandbox.break_path("", odd_row)
        run = self.run_tap(max_retries=1)
        warehouse = self.tap.load(run)
        different = {
            name: differences(warehouse.table(name), rows)
            for name, rows in first_run.truth.items()
            if name not in self.tap.single_rows
        }
        assert {name: lines for name, lines in different.items() if "missing" in str(lines)} == {}
        if odd_row == "null_row":
            run.assert_failed_in_one_line("no object in place of a row")
            assert not any(different.values())
        assert "Traceback" not in run.stderr
        for name, lines in different.items():
            is_named = re.search(rf"\b{name}(, [\w, ]+)?: ", run.last_line)
            assert lines or is_named, f"{name}: a row vanished without a word"

    def test_a_stream_that_cannot_be_read_leaves_the_others_alone(
        self, first_run: FirstRun, whole_stream: str
    ) -> None:
        """A stream that is read as a whole and breaks is named; what does not need it is read.

        Where nothing is left, the run says what to check, as for an address that is wrong.
        """
        path = self.tap.template(whole_stream)
        self.sandbox.break_template(path, "500")
        run = self.run_tap(max_retries=0)
        rows = {
            name: first_run.truth[name]
            for name in self.tap.streams
            if path not in self.tap.request_paths(name)
        }
        run.assert_failed_in_one_line(whole_stream if rows else "setting")
        self.assert_equals(rows, run)
        if not rows:
            self.assert_nothing_was_read(run)

    def without_part(self, first_run: FirstRun, stream: str, part: Part) -> Truth:
        """Return the truth without what one answer feeds, and what hangs on its rows.

        The truth may not know which part a row is from, but the first run's equal rows do.
        """
        column = str(self.tap.streams[stream].parent_key)
        truth = dict(first_run.truth)
        for name in self.tap.fed_by(stream):
            columns = list(truth[name][0]) if truth[name] else []
            truth[name] = [
                {known: record.get(known) for known in columns}
                for record in first_run.run.records(name)
                if str(record[column]) != part.part_id
            ]
        return truth
