"""How large a package may be, and how close to the SDK: whoever opens it has to read it."""

from __future__ import annotations

import inspect
import re

import pytest
from singer_sdk import Tap
from singer_sdk.streams.rest import RESTStream

from scripts.taps import ROOT

TAPS = [path.name for path in ROOT.glob("tap-*")]
MOST_LINES = {"core": 7_500} | dict.fromkeys(TAPS, 1_400) | {"tap-accelevents": 1_290}
"""With docstrings. Schemas do not count: they are tables; nor does what tests use."""

PROTECTED = re.compile(r"\bself\.(_[a-z]\w*)|\bdef (_[a-z]\w*)")


@pytest.mark.parametrize("name", MOST_LINES)
def test_a_package_is_not_too_large(name: str) -> None:
    files = [path for path in (ROOT / name).glob("*_*/*.py") if path.name != "schemas.py"]
    assert 0 < sum(len(path.read_text().splitlines()) for path in files) <= MOST_LINES[name]


def protected_in(text: str) -> set[str]:
    """Return the names that a class keeps to itself and its subclasses."""
    return {name for pair in PROTECTED.findall(text) for name in pair if name}


@pytest.mark.parametrize("name", TAPS)
def test_what_the_sdk_keeps_to_itself_is_used_by_the_core_alone(name: str) -> None:
    bases = (base for top in (Tap, RESTStream) for base in top.__mro__ if base is not object)
    of_the_sdk = protected_in("".join(map(inspect.getsource, bases)))
    assert "_validate_config" in of_the_sdk
    files = (ROOT / name).glob("tap_*/*.py")
    ours = {path.name: protected_in(path.read_text()) & of_the_sdk for path in files}
    assert {file: used for file, used in ours.items() if used} == {}
