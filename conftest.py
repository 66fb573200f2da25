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
hypothesis.settings.register_profile("long", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.register_profile(
    "quick", hypothesis.settings.get_profile("long"), max_examples=20
)


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples where the long tests are left out."""
    is_quick = config.getoption("markexpr") == "not long"
    hypothesis.settings.load_profile("quick" if is_quick else "long")


class ByExpense(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Any test to any worker, but the tests across taps file by file.

    Those share a Meltano project and a world per file, which are expensive to make.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith("tests/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByExpense:
    """Use it, in the order of the tests."""
    config.option.loadscopereorder = False
    return ByExpense(config, log)


DEAREST = [f"tests/test_{name}.py" for name in ("scale", "postgres", "end_to_end")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that at the end no worker waits for another."""

    def rank(item: pytest.Item) -> int:
        file = item.nodeid.partition("::")[0]
        if file in DEAREST:
            return DEAREST.index(file)
        return len(DEAREST) + (not file.startswith("tests/"))

    items.sort(key=rank)


@pytest.fixture(autouse=True)
def _log_records_as_they_were() -> Iterator[None]:
    """Undo the redaction of a tap that ran within this process."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)
