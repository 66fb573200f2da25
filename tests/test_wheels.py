"""What each package's wheel holds beside its code."""

from __future__ import annotations

import subprocess
from email.parser import Parser
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from scripts.taps import BIN, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/pyproject.toml"))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    options = ("--quiet", "--wheel", f"--out-dir={folder}")
    for which in ("--all-packages", "orchestrate"):  # which is no member of the workspace
        subprocess.run([BIN / "uv", "build", *options, which], cwd=ROOT, check=True)
    return sorted(folder.glob("*.whl"))


def test_each_package_has_one(wheels: list[Path]) -> None:
    assert len(wheels) == len(PACKAGES) >= 7


def test_the_licence_and_where_to_read_on(wheels: list[Path]) -> None:
    for path in wheels:
        with ZipFile(path) as wheel:
            (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
            licence = wheel.read(metadata.replace("METADATA", "licenses/LICENSE"))
            said = Parser().parsestr(wheel.read(metadata).decode())
        assert licence == (ROOT / "LICENSE").read_bytes(), path.name
        assert said["License-Expression"] == "Apache-2.0"
        addresses = said.get_all("Project-URL", [])
        assert addresses, path.name
        assert all(", https://" in address for address in addresses)


def test_no_page_or_test_among_the_modules(wheels: list[Path]) -> None:
    """A README or a test there would be installed into everybody's site-packages."""
    for path in wheels:
        with ZipFile(path) as wheel:
            modules = [name for name in wheel.namelist() if ".dist-info/" not in name]
        assert [name for name in modules if not name.endswith((".py", "/py.typed"))] == []
        assert [name for name in modules if "/tests/" in f"/{name}"] == []
