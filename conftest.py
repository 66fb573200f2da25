"""What holds for all tests, and how they are divided among workers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # it has none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer  # type: ignore[import-untyped] # likewise


pytest_plugins = ["event_taps_core.testing.plugin"]

# The same examples on every machine, however slow it is; none is timed.
hypothesis.settings.register_profile("everywhere", deadline=None, derandomize=True)
hypothesis.settings.load_profile("everywhere")


class ByExpense(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Any test to any worker, but the tests across taps file by file.

    Those share a Meltano project and a world per file, which are expensive to make.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith("tests/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByExpense:
    """Use it."""
    return ByExpense(config, log)


@pytest.fixture(autouse=True)
def _log_records_as_they_were() -> Iterator[None]:
    """Undo the redaction of a tap that ran within this process."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)
