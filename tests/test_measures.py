"""How large a package may be: whoever opens it has to read it."""

from __future__ import annotations

import pytest

from scripts.taps import ROOT

MOST_LINES = {"core": 8_000} | dict.fromkeys((path.name for path in ROOT.glob("tap-*")), 1_400)
"""With docstrings. Schemas do not count: they are tables; nor does what tests use."""


@pytest.mark.parametrize("name", MOST_LINES)
def test_a_package_is_not_too_large(name: str) -> None:
    files = [path for path in (ROOT / name).glob("*_*/*.py") if path.name != "schemas.py"]
    assert 0 < sum(len(path.read_text().splitlines()) for path in files) <= MOST_LINES[name]
