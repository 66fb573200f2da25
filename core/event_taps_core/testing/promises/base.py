# ruff: noqa: S101 - assert is how pytest speaks
"""What the promises' tests have in common: the tap, its parameters, one run that many look at."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from event_taps_core.read_log import ReadLogStream
from event_taps_core.testing.warehouse import differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core.testing.running import Record, Run, TapRunner
    from event_taps_core.testing.sandbox import Request, Sandbox
    from event_taps_core.testing.under_test import TapUnderTest
    from event_taps_core.testing.warehouse import Warehouse

READ_LOG = ReadLogStream.name
STOPPING = (signal.SIGTERM, signal.SIGINT)
MAX_EXIT_SECONDS = 20
"""Longer than a busy machine needs, and shorter than an answer of the sandbox that hangs."""

PRECISE = {"concurrency": 2, "settle_days": 0}
"""Nothing is read again but what the bookmark says, so that it has to be true."""

_FORTY = 40
Truth = dict[str, list[dict[str, Any]]]


of_the_core = pytest.mark.of_the_core
"""What the core alone keeps: one tap shows it in every round (`TapUnderTest`)."""


def long(*values: Any) -> Any:
    """Leave parameters to the long round: what they show is shown by others, or elsewhere."""
    return pytest.param(*values, marks=pytest.mark.long)


def core(value: Any) -> Any:
    """Leave a parameter to the tap that stands for the core, and to the long round."""
    return pytest.param(value, marks=of_the_core)


@dataclass(frozen=True, order=True)
class Part:
    """What a stream reads for one parent, id or window."""

    end: str
    """When it ends; empty where nothing says that."""
    part_id: str
    address: str


@dataclass(frozen=True)
class FirstRun:
    """A first run against the world at its start, and what the sandbox knew and saw of it."""

    tap: TapUnderTest
    run: Run
    requests: list[Request]
    truth: Truth

    def parts(self, stream: str) -> list[Part]:
        """List the parts of a stream, by end; where parts end, those only that say when.

        The rows also hold the names in the path, of which there may be several.
        """
        found: set[Part] = set()
        for name in self.tap.sharing(stream):
            cls = self.tap.streams[name]
            ends = name in self.tap.settling_streams
            for record in self.run.records(name):
                end = record[str(cls.replication_key)] if ends else ""
                if end is not None:
                    address = self.tap.address(name, record)
                    found.add(Part(str(end), str(record[str(cls.parent_key)]), address))
        return sorted(found)

    @property
    def asked(self) -> Counter[str]:
        """How often each address was asked for."""
        return Counter(request.address(self.tap.identified_by) for request in self.requests)

    def rate(self, share: float) -> float:
        """Return a rate of faults: a share of the requests, or of forty if there are more.

        So a test's length does not depend on how much a vendor is asked.
        """
        return share * min(1, _FORTY / len(self.requests))


class Promises:
    """Base of the suite's parts; `conformance_suite` sets the tap."""

    tap: ClassVar[TapUnderTest]
    parameters: ClassVar[Mapping[str, list[Any]]]
    """What tests are repeated for, by the name of their argument."""
    kept: ClassVar[dict[str, Any]]
    """What is made once and looked at by many tests."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Repeat a test for each stream, setting or position that it asks for by name."""
        for name, values in self.parameters.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=_readable)

    @pytest.fixture
    def tap_under_test(self) -> TapUnderTest:
        """The tap."""
        return self.tap

    @pytest.fixture(autouse=True)
    def only_reads(self, request: pytest.FixtureRequest) -> Any:
        """Whatever a test did: the vendor was sent nothing but reads, and asks for credentials."""
        self._request = request
        yield
        if "sandbox" in vars(self):
            assert_only_reads(self.tap, self.sandbox.forgotten + self.sandbox.requests())

    @cached_property
    def sandbox(self) -> Sandbox:
        """A sandbox as new, for a test that does more than look at the first run."""
        found: Sandbox = self._request.getfixturevalue("sandbox")
        return found

    @cached_property
    def run_tap(self) -> TapRunner:
        """Runs the tap against that sandbox."""
        _ = self.sandbox  # `only_reads` looks at it after the test
        found: TapRunner = self._request.getfixturevalue("run_tap")
        return found

    @pytest.fixture
    def first_run(self) -> FirstRun:
        """A first run; the same one for all tests of this process that look at one."""
        if "first_run" not in self.kept:
            run = self.run_tap().assert_good()
            requests = self.sandbox.requests()
            self.kept["first_run"] = FirstRun(self.tap, run, requests, self.truth())
            self.sandbox.forget_requests()
        found: FirstRun = self.kept["first_run"]
        return found

    @pytest.fixture
    def catalog(self) -> Record:
        """The discovered catalog; the one without settings where these would add columns."""
        if "catalog" not in self.kept:
            offline = self.tap.tap_class.discovers_columns
            self.kept["catalog"] = self.run_tap.catalog(offline=offline)
        found: Record = self.kept["catalog"]
        return found

    def truth(self, *, include_secrets: bool = False) -> Truth:
        """Return the truth of every stream."""
        return {
            name: self.sandbox.truth(name, include_secrets=include_secrets)
            for name in self.tap.streams
        }

    def assert_equals(self, truth: Truth, *runs: Run) -> Warehouse:
        """Insist that these runs, one loaded after the other, make exactly the truth's rows."""
        warehouse = self.tap.load(*runs)
        different = {name: differences(warehouse.table(name), rows) for name, rows in truth.items()}
        assert {name: lines[:5] for name, lines in different.items() if lines} == {}
        return warehouse

    def assert_nothing_was_read(self, run: Run) -> None:
        """Insist that nothing arrives that looks like an answer."""
        assert run.of_type("RECORD") == []
        for message in run.of_type("STATE"):
            kept = message["value"].get("bookmarks", {}).values()
            assert not any("replication_key_value" in str(one) for one in kept), "a bookmark moved"

    def progress(self, run: Run, stream: str) -> str | None:
        """Return a stream's bookmark, in a form that can be compared with that of another run.

        Past everything that is over, a bookmark is at the start of the run.
        """
        started = run.records(READ_LOG)[0]["read_at"]
        return "the start of the run" if run.bookmark(stream) == started else run.bookmark(stream)

    def assert_stopped(self, stopped: Run, number: signal.Signals) -> None:
        """Insist on an orderly end by this signal."""
        assert stopped.exit_code == 128 + number, stopped.stderr
        stopped.assert_whole_lines()
        assert "Traceback" not in stopped.stderr
        assert stopped.error_lines == [stopped.last_line]
        assert number.name in stopped.last_line

    def assert_resumes(self, ended: Run, first_run: FirstRun) -> None:
        """Insist that a run from the last state completes what the ended one had left.

        The run that the state is from has its row in the read log, wherever it ended.
        """
        self.sandbox.delay(0)
        self.sandbox.mend()
        resumed = self.run_tap(state=ended.state, settle_days=0).assert_good()
        warehouse = self.assert_equals(first_run.truth, ended, resumed)
        runs = {row["parent_id"] for row in warehouse.table(READ_LOG) if row["outcome"] == "run"}
        assert resumed.noted_run["continues"] in {None, *runs}


def _readable(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(map(_readable, value.items()))
    return "=".join(value) if isinstance(value, tuple) else str(value)


def assert_only_reads(tap: TapUnderTest, requests: list[Request]) -> None:
    """Insist on the paths and methods that the client lists, and on credentials in good hands."""
    sent = {(request.method, request.path) for request in requests if request.vendor}
    assert [(method, path) for method, path in sent if not tap.may_send(method, path)] == []
    elsewhere = [request for request in requests if request.vendor is None and request.authorised]
    assert elsewhere == [], "credentials were carried to another host"
