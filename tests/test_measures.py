"""How large a package may be, and how close to its bases: whoever opens it has to read it."""

from __future__ import annotations

import inspect
import re

import pytest

from event_taps_core import ApiClient, Authenticator, EventStream, EventTap
from scripts.taps import ROOT

TAPS = [path.name for path in ROOT.glob("tap-*")]
MOST_LINES = {"core": 7_500} | dict.fromkeys(TAPS, 1_300)
"""With docstrings. Schemas do not count: they are tables; nor does what tests use."""

MOST_LINES_OF_A_TAP_ON_AVERAGE = 920
MOST_LINES_OF_ITS_TESTS_ON_AVERAGE = 6_800
"""With its vendor in the sandbox, and its share of what all tests have in common."""

OF_TESTS = ("sandbox", "core/tests", "core/event_taps_core/testing", "tap-*/tests")

PROTECTED = re.compile(r"\bself\.(_[a-z]\w*)|\bdef (_[a-z]\w*)")


def lines_of(name: str) -> int:
    files = [path for path in (ROOT / name).glob("*_*/*.py") if path.name != "schemas.py"]
    return sum(len(path.read_text().splitlines()) for path in files)


@pytest.mark.parametrize("name", MOST_LINES)
def test_a_package_is_not_too_large(name: str) -> None:
    assert 0 < lines_of(name) <= MOST_LINES[name]


def test_the_taps_together_are_not_too_large() -> None:
    assert sum(map(lines_of, TAPS)) <= MOST_LINES_OF_A_TAP_ON_AVERAGE * len(TAPS)


def test_the_sandbox_and_the_tests_of_core_and_taps_are_not_too_large() -> None:
    files = [path for pattern in OF_TESTS for path in ROOT.glob(f"{pattern}/**/*.py")]
    lines = sum(len(path.read_text().splitlines()) for path in files)
    assert 0 < lines <= MOST_LINES_OF_ITS_TESTS_ON_AVERAGE * len(TAPS)


def protected_in(text: str) -> set[str]:
    """Return the names that a class keeps to itself and its subclasses."""
    return {name for pair in PROTECTED.findall(text) for name in pair if name}


@pytest.mark.parametrize("name", TAPS)
def test_what_the_sdk_and_the_core_keep_to_themselves_is_not_used(name: str) -> None:
    tops = (EventTap, EventStream, ApiClient, Authenticator)
    bases = {base for top in tops for base in top.__mro__ if base is not object}
    theirs = protected_in("".join(map(inspect.getsource, bases)))
    assert {"_validate_config", "_send_handling_retries"} <= theirs
    files = (ROOT / name).glob("tap_*/*.py")
    ours = {path.name: protected_in(path.read_text()) & theirs for path in files}
    assert {file: used for file, used in ours.items() if used} == {}
