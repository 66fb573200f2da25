"""What the tests across taps share: a copy of the project that they can run and spoil."""

from __future__ import annotations

import fcntl
import shutil
from itertools import chain
from typing import TYPE_CHECKING

import duckdb
import pytest
import yaml

from scripts.postgres import serving_postgres
from scripts.project import POSTGRES, Project
from scripts.sandbox import serving, tap_of
from scripts.taps import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.postgres import Database
    from scripts.sandbox import Sandbox

NO_HUB = {"MELTANO_HUB_API_ROOT": "http://127.0.0.1:9/"}


@pytest.fixture(scope="session")
def installed() -> Path:
    """The installed plugins; workers of one test run do not install at the same time."""
    folder = ROOT / ".meltano"
    folder.mkdir(exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Project(ROOT, NO_HUB).install(print, *POSTGRES)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Project:
    """A project of this module's own: the plugins are shared, the state is not."""
    assert installed.exists()
    return Project(ROOT, NO_HUB).copy(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def sandbox(project: Project) -> Iterator[Sandbox]:
    """A small world of this module's own."""
    with serving("small", project.root / "output" / "sandbox.json") as running:
        yield running


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """An empty PostgreSQL of this module's own."""
    with serving_postgres() as database:
        yield database


def query(project: Project, sql: str, warehouse: str = "events.duckdb") -> list[tuple[object, ...]]:
    """Return rows; several have an order only if it is asked for, and comparing them needs one."""
    with duckdb.connect(str(project.root / "output" / warehouse), read_only=True) as connection:
        rows = connection.sql(sql).fetchall()
    assert len(rows) <= 1 or "order by" in sql, sql
    return rows


def keep_only(project: Project, *taps: str, marts: bool = False) -> Project:
    """Leave a copied project these taps: what a build takes goes by the number of models.

    The marts go, too, or are left those vendors.
    """
    transform = project.root / "transform"
    models = transform / "models"
    folders = (project.root.glob("tap-*"), models.glob("tap_*"), models.glob("loaded/tap_*"))
    for folder in chain.from_iterable(folders):
        if folder.name.replace("_", "-") not in taps:
            shutil.rmtree(folder)
    if not marts:
        layers = ("staging", "intermediate", "marts")
        for name in (*(f"models/{layer}" for layer in layers), "seeds", "tests/marts"):
            shutil.rmtree(transform / name)
        return project
    settings = transform / "dbt_project.yml"
    content = yaml.safe_load(settings.read_text())
    vendors = content["vars"]["vendors"]
    kept = [vendor for vendor in vendors if tap_of(vendor) in taps]
    for vendor in {*vendors} - {*kept}:
        shutil.rmtree(models / "staging" / vendor)
    content["vars"]["vendors"] = kept
    settings.write_text(yaml.safe_dump(content))
    return project
