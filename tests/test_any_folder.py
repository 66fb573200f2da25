"""The project runs in a folder of any name."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts.demo import compare_all
from scripts.project import Project
from scripts.sandbox import serving
from scripts.taps import ROOT
from tests.conftest import NO_HUB, keep_only

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.sandbox import Sandbox

NAME = "[acme] o'brien 50%_x&y#1 ü"
WAREHOUSE = ("dbt-duckdb:publish", "dbt-duckdb:archive")


def differing(sandbox: Sandbox, project: Project) -> list[str]:
    compared = compare_all(sandbox, project.root)
    return [
        stream
        for stream, result in compared.items()
        if stream.startswith("tap_conferencesio.") and not (result.loaded and result.equal)
    ]


def test_what_a_tap_reads_is_in_the_tables(tmp_path: Path, installed: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert installed.exists()
    copy = keep_only(Project(ROOT, NO_HUB).copy(tmp_path / NAME), "tap-conferencesio")
    with serving("small", copy.root / "output" / "sandbox.json") as sandbox:
        project = Project(copy.root, copy.extra | sandbox.tap_environment())
        project.run("run", "tap-conferencesio", "target-jsonl", "dbt-duckdb:build", *WAREHOUSE)
        assert differing(sandbox, project) == []

        # Once more, from the compressed files.
        (project.root / "output" / "events.duckdb").unlink()
        (project.root / "output" / "building" / "events.duckdb").unlink()
        project.run("run", "dbt-duckdb:build", *WAREHOUSE)
        assert differing(sandbox, project) == []


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
