"""How large a package may be: whoever opens it has to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.taps import ROOT, find_packages

if TYPE_CHECKING:
    from pathlib import Path

MOST_LINES = {"core": 8_000} | dict.fromkeys((path.name for path in ROOT.glob("tap-*")), 1_400)
"""With docstrings. Schemas do not count: they are tables; nor does what tests use."""


@pytest.mark.parametrize("name", MOST_LINES)
def test_a_package_is_not_too_large(name: str) -> None:
    (package,) = (path for path in find_packages(ROOT) if path.name == name)
    files: list[Path] = [*package.glob("*_*/*.py")]
    assert files
    lines = sum(len(path.read_text().splitlines()) for path in files if path.name != "schemas.py")
    assert lines <= MOST_LINES[name]
