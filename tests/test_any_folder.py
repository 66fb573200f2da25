"""What this repository is in may be a folder of any name; test_end_to_end.py runs in such a one."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts.project import Project
from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAME = "[acme] o'brien 50%_x&y#1 ü"


@pytest.mark.long
def test_setup_makes_a_meltano_that_runs(tmp_path: Path) -> None:
    """Meltano itself does not start from a folder with a "%" in its path."""
    clone = tmp_path / NAME
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)  # noqa: S607 - on PATH
    shutil.copy(ROOT / "dev", clone / "dev")
    environment = Project().environment() | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([clone / "dev", "setup"], env=environment, check=True)
    listed = subprocess.run(
        [clone / ".venv" / "bin" / "meltano", "--environment=demo", "state", "list"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
