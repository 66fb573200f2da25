"""meltano.yml is valid, complete, pinned, and needs no hub."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from scripts.project import Project
from scripts.taps import BIN, ROOT
from tests.conftest import NO_HUB

if TYPE_CHECKING:
    from pathlib import Path

TAPS = sorted(path.parent for path in ROOT.glob("tap-*/pyproject.toml"))
PROJECTS = [ROOT / "meltano.yml", *(tap / "meltano.yml" for tap in TAPS)]


def content(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def plugins() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = content(ROOT / "meltano.yml")["plugins"]
    return found


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_meltano_yml_is_valid(path: Path) -> None:
    schema = json.loads((files("meltano") / "schemas" / "meltano.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(content(path))


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_every_tap_is_composed(tap: Path) -> None:
    project = content(ROOT / "meltano.yml")
    (plugin,) = [entry for entry in project["plugins"]["extractors"] if entry["name"] == tap.name]
    assert plugin["pip_url"] == f"-e ./core -e ./{tap.name}"
    assert plugin["load_schema"] == tap.name.replace("-", "_")
    loading = [job for job in project["jobs"] if " target-" in job["tasks"][0]]
    assert loading
    for job in loading:
        assert any(tap.name in task.split() for task in job["tasks"]), job["name"]
    (demo,) = [entry for entry in project["environments"] if entry["name"] == "demo"]
    assert tap.name in [entry["name"] for entry in demo["config"]["plugins"]["extractors"]]


def test_no_plugin_needs_the_hub() -> None:
    for kind, entries in plugins().items():
        for plugin in entries:
            lock = ROOT / "plugins" / kind / f"{plugin['name']}--{plugin.get('variant')}.lock"
            assert "namespace" in plugin or lock.exists(), plugin["name"]


def test_plugins_from_the_index_are_pinned() -> None:
    for plugin in [entry for entries in plugins().values() for entry in entries]:
        for requirement in plugin.get("pip_url", "").replace("-e ", "-e=").split():
            assert re.search(r"^-e=|==|~=", requirement), requirement


def test_settings_are_of_kinds_that_work_from_the_environment() -> None:
    kinds = {setting["kind"] for tap in plugins()["extractors"] for setting in tap["settings"]}
    assert kinds <= {"string", "integer", "boolean", "array", "object", "date_iso8601", "options"}


def test_compile_without_the_hub(project: Project) -> None:
    command = [str(BIN / "meltano"), f"--cwd={project.root}", "compile"]  # all environments
    subprocess.run(command, env=project.environment(), check=True)
    manifests = project.root / ".meltano" / "manifests"
    for environment in ("demo", "dev", "prod"):
        assert (manifests / f"meltano-manifest.{environment}.json").exists()


@pytest.mark.long
def test_install_without_the_hub(tmp_path: Path) -> None:
    project = Project(ROOT, NO_HUB).copy(tmp_path)
    shutil.rmtree(tmp_path / ".meltano")
    project.run("install")
    assert (tmp_path / ".meltano" / "extractors" / "tap-conferencesio").exists()
