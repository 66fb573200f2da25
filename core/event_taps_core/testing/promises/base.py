# ruff: noqa: S101 - assert is how pytest speaks
"""What the promises' tests have in common: the tap, its parameters, one run that many look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
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
Truth = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class FirstRun:
    """A first run against the world at its start, and what the sandbox knew and saw of it."""

    run: Run
    requests: list[Request]
    truth: Truth

    def ends(self, tap: TapUnderTest, stream: str) -> dict[str, str]:
        """Return when each parent of a stream ends, oldest first, where its rows say it."""
        found: dict[str, str] = {}
        for name in tap.sharing(stream):
            cls = tap.streams[name]
            for record in self.run.records(name):
                end = record.get(str(cls.replication_key))
                if end is not None:
                    found[str(record[str(cls.parent_key)])] = str(end)
        return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


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
    def only_reads(self, request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - a generator fixture
        """Whatever a test did: the vendor was sent only GET, and only for paths that are reads."""
        sandbox = request.getfixturevalue("sandbox") if "sandbox" in request.fixturenames else None
        yield
        if sandbox is not None and not sandbox.ends():
            assert_only_reads(self.tap, sandbox.forgotten + sandbox.requests())

    @pytest.fixture
    def first_run(self, sandbox: Sandbox, run_tap: TapRunner) -> FirstRun:
        """A first run; the same one for all tests of this process that look at one."""
        if "first_run" not in self.kept:
            run = run_tap().assert_good()
            self.kept["first_run"] = FirstRun(run, sandbox.requests(), self.truth(sandbox))
            sandbox.forget_requests()
        found: FirstRun = self.kept["first_run"]
        return found

    @pytest.fixture
    def catalog(self, run_tap: TapRunner) -> Record:
        """The discovered catalog."""
        if "catalog" not in self.kept:
            self.kept["catalog"] = run_tap.catalog()
        found: Record = self.kept["catalog"]
        return found

    def truth(self, sandbox: Sandbox, *, include_secrets: bool = False) -> Truth:
        """Return the truth of every stream."""
        return {
            name: sandbox.truth(name, include_secrets=include_secrets) for name in self.tap.streams
        }

    def load(self, *runs: Run) -> Warehouse:
        """Load the output of these runs, one after the other."""
        warehouse = self.tap.warehouse()
        for run in runs:
            warehouse.load(run.stdout.splitlines(keepends=True))
        return warehouse

    def assert_equals(self, warehouse: Warehouse, truth: Truth) -> None:
        """Insist on exactly the rows of the truth, in every stream."""
        different = {name: differences(warehouse.table(name), rows) for name, rows in truth.items()}
        assert {name: lines[:5] for name, lines in different.items() if lines} == {}


def _readable(value: Any) -> str:  # noqa: ANN401 - parameters are of any kind
    return "=".join(value) if isinstance(value, tuple) else str(value)


def assert_only_reads(tap: TapUnderTest, requests: list[Request]) -> None:
    """Insist on GET, on paths that the client lists, and on credentials in good hands."""
    asked = Counter((request.method, request.path) for request in requests if request.vendor)
    assert [
        (method, path) for method, path in asked if method != "GET" or not tap.template_of(path)
    ] == []
    elsewhere = [request for request in requests if request.vendor is None and request.authorised]
    assert elsewhere == [], "credentials were carried to another host"
