"""What the tests across taps share: a copy of the project that they can run and spoil."""

from __future__ import annotations

import fcntl
import shutil
from typing import TYPE_CHECKING

import pytest

from scripts.project import Project
from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "target", "logs", "output", ".*")
NO_HUB = {"MELTANO_HUB_API_ROOT": "http://127.0.0.1:9/"}


def copy_project(folder: Path) -> Project:
    """Copy what Meltano needs, without plugins, data or state; the hub is out of its reach."""
    for name in ("meltano.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    packages = [path.parent.name for path in ROOT.glob("*/pyproject.toml")]
    for name in ("scripts", "plugins", "transform", *packages):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_BEHIND)
    return Project(folder, NO_HUB)


def share_plugins(project: Project, installed: Path) -> None:
    """Give a copy the installed plugins; its state is its own."""
    own = project.root / ".meltano"
    own.mkdir()
    for kind in ("extractors", "loaders", "utilities"):
        (own / kind).symlink_to(installed / kind)
    project.mark_installed()


@pytest.fixture(scope="session")
def installed() -> Path:
    """The installed plugins; workers of one test run do not install at the same time."""
    folder = ROOT / ".meltano"
    folder.mkdir(exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Project(ROOT, NO_HUB).install(print)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Project:
    """A project of this module's own."""
    copy = copy_project(tmp_path_factory.mktemp("project"))
    share_plugins(copy, installed)
    return copy
