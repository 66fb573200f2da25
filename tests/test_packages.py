"""What each package says of itself, what is in it, and that it works where nothing else is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
import yaml

from scripts.address import configured
from scripts.project import LEFT_BEHIND, Project
from scripts.sandbox import serving, tap_of
from scripts.taps import BIN, READ_LOG, ROOT, make_tap
from tests.conftest import NO_HUB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

    from scripts.sandbox import Sandbox

MANIFESTS = {
    path.parent.name: tomllib.loads(path.read_text())["project"]
    for path in ROOT.glob("*/pyproject.toml")
}
TAPS = sorted(name for name in MANIFESTS if name.startswith("tap-"))
PUBLISHED = {"core", *TAPS}  # as .github/workflows/release.yml
PRIVATE = "Private :: Do Not Upload"  # PyPI refuses what says so
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
BESIDE_THE_MODULES = {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}


@dataclass(frozen=True)
class Built:
    """What was built of a package."""

    folder: str
    wheel: Path
    sdist: Path

    def said(self) -> Message:
        """Return what it says of itself."""
        return Parser().parsestr(self.metadata())

    def metadata(self) -> str:
        """Return what it says of itself, with its README, as text."""
        with ZipFile(self.wheel) as wheel:
            return wheel.read(self.inside("METADATA")).decode()

    def inside(self, name: str) -> str:
        """Return where the wheel has a file about itself."""
        return f"{self.wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/{name}"


def build(root: Path, into: Path) -> list[Built]:
    """Build everything as the release does."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1764000000"}
    options = ("--quiet", "--no-build-isolation", f"--python={sys.executable}", f"--out-dir={into}")
    for which in ("--all-packages", "orchestrate"):  # which is no member of the workspace
        command = [BIN / "uv", "build", *options, which]
        subprocess.run(command, cwd=root, env=environment, check=True)
    names = {folder: said["name"].replace("-", "_") for folder, said in MANIFESTS.items()}
    return [
        Built(
            folder,
            into / f"{name}-{VERSION}-py3-none-any.whl",
            into / f"{name}-{VERSION}.tar.gz",
        )
        for folder, name in names.items()
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Built]:
    return build(ROOT, tmp_path_factory.mktemp("built"))


# What they say


def test_all_have_one_version() -> None:
    """A tap wants that very version of the core; what is not published goes with the others."""
    template = tomllib.loads((ROOT / "template/tap-example/pyproject.toml").read_text())["project"]
    for said in (*MANIFESTS.values(), template):
        assert said["version"] == VERSION, said["name"]
        if said["name"].startswith("tap-"):
            assert f"event-taps-core=={VERSION}" in said["dependencies"], said["name"]
    assert f"\n## [{VERSION}] - " in (ROOT / "CHANGELOG.md").read_text()


def test_only_what_is_published_may_be_uploaded() -> None:
    refused = {name for name, said in MANIFESTS.items() if PRIVATE in said["classifiers"]}
    assert {*MANIFESTS} - refused == PUBLISHED


def test_the_release_runs_the_tests_of_this_file() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    commands = [step.get("run") for step in workflow["jobs"]["build"]["steps"]]
    assert f"./dev test --long {Path(__file__).relative_to(ROOT)}" in commands


def test_the_index_takes_them(built: list[Built]) -> None:
    files = [path for one in built for path in (one.wheel, one.sdist)]
    subprocess.run([BIN / "twine", "check", "--strict", *files], check=True)


def test_licence_maintainers_and_where_to_read_on(built: list[Built]) -> None:
    for one in built:
        said = one.said()
        with ZipFile(one.wheel) as wheel:
            licence = wheel.read(one.inside("licenses/LICENSE"))
        assert licence == (ROOT / "LICENSE").read_bytes(), one.folder
        assert said["License-Expression"] == "Apache-2.0"
        assert said["Author"] == "event-taps maintainers", one.folder
        pages = dict(page.split(", ") for page in said.get_all("Project-URL", []))
        assert {"Homepage", "Documentation", "Source", "Changelog", "Issues"} <= {*pages}
        assert pages["Source"] == configured().folder(one.folder)
        assert all(page.startswith("https://") for page in pages.values())


def test_a_published_readme_has_no_link_into_the_repository(built: list[Built]) -> None:
    """On the package index, such a link leads nowhere."""
    pages = [one.metadata() for one in built if one.folder in PUBLISHED]
    found = re.findall(r"\]\(([^)]+)\)|(?:href|src)=\"([^\"]+)", "\n".join(pages))
    targets = ["".join(link) for link in found]
    assert targets
    assert [to for to in targets if not to.startswith(("https://", "#"))] == []


# What is in them


def test_a_wheel_holds_its_modules_and_nothing_else(built: list[Built]) -> None:
    """A README or a test there would be installed into everybody's site-packages."""
    for one in built:
        with ZipFile(one.wheel) as wheel:
            modules = [name for name in wheel.namelist() if ".dist-info/" not in name]
        assert [name for name in modules if not name.endswith((".py", "/py.typed"))] == []
        assert [name for name in modules if "/tests/" in f"/{name}"] == []


def test_nothing_of_them_starts_by_itself(built: list[Built]) -> None:
    """A plugin of pytest, for one, would run in the tests of everybody who installs a tap."""
    for one in built:
        with ZipFile(one.wheel) as wheel:
            if one.inside("entry_points.txt") not in wheel.namelist():
                continue
            groups = re.findall(
                r"(?m)^\[(.+)]$", wheel.read(one.inside("entry_points.txt")).decode()
            )
        assert groups == ["console_scripts"], one.folder


def test_an_sdist_holds_what_its_wheel_is_made_of(built: list[Built]) -> None:
    """No tests, no reviewed catalogs, no files for the hub: they stay in the repository."""
    for one in built:
        with ZipFile(one.wheel) as wheel:
            modules = {name for name in wheel.namelist() if ".dist-info/" not in name}
        with tarfile.open(one.sdist) as sdist:
            names = {name.partition("/")[2] for name in sdist.getnames()}
        assert names == modules | BESIDE_THE_MODULES, one.folder


@pytest.mark.long
def test_two_builds_make_the_same_bytes(built: list[Built], tmp_path: Path) -> None:
    """Of files in another folder, with other times and rights."""
    for name in ("pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in MANIFESTS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=LEFT_BEHIND)
    for path in tmp_path.rglob("*.py"):
        path.touch()
        path.chmod(0o600)
    for first, second in zip(built, build(tmp_path, tmp_path / "again"), strict=True):
        assert first.wheel.read_bytes() == second.wheel.read_bytes(), first.folder
        assert first.sdist.read_bytes() == second.sdist.read_bytes(), first.folder


# Where nothing else is installed


@dataclass(frozen=True)
class Elsewhere:
    """A folder outside the repository, in which packages come from PyPI, and ours as built."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str | Path) -> str:
        """Run a command in it, and return what it printed."""
        done = subprocess.run(
            [*map(str, command)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serving("small", tmp_path_factory.mktemp("sandbox") / "state.json") as running:
        yield running


@pytest.fixture
def elsewhere(built: list[Built], sandbox: Sandbox, tmp_path: Path) -> Elsewhere:
    wheels = "".join(f"{MANIFESTS[one.folder]['name']} @ {one.wheel.as_uri()}\n" for one in built)
    (tmp_path / "ours.txt").write_text(wheels)
    hurried = {f"{tap}_REQUESTS_PER_MINUTE": "0" for tap in map(variable, PUBLISHED)}
    del hurried["TAP_MEETENGAGE_REQUESTS_PER_MINUTE"]  # the sandbox enforces this vendor's limit
    hurried["TAP_MEETENGAGE_WINDOW_DAYS"] = "366"
    return Elsewhere(
        tmp_path,
        {
            **Project().environment(),
            **NO_HUB,
            **sandbox.tap_environment(),
            **hurried,
            "TAP_AIRMEET_REPORT_POLL_SECONDS": "1",
            "UV_CONSTRAINT": str(tmp_path / "ours.txt"),
        },
    )


def variable(name: str) -> str:
    return name.upper().replace("-", "_")


def expected(sandbox: Sandbox, tap: str) -> dict[str, int]:
    """Return how many rows there are of each stream that a tap has by default."""
    (vendor,) = (name for name in sandbox.vendors if tap_of(name) == tap)
    streams = {stream.name for stream in make_tap(tap, config={}).discover_streams()}
    known = streams.intersection(sandbox.streams(vendor))
    assert known == streams - {READ_LOG}
    counts = {stream: len(sandbox.truth(vendor, stream)) for stream in known}
    return {stream: count for stream, count in counts.items() if count}


@pytest.mark.parametrize(
    "tap",
    [
        tap if tap == "tap-conferencesio" else pytest.param(tap, marks=pytest.mark.long)
        for tap in TAPS
    ],
)
def test_a_tap_by_itself_reads_everything(elsewhere: Elsewhere, sandbox: Sandbox, tap: str) -> None:
    elsewhere.run(BIN / "uv", "venv", "--quiet", "alone")
    elsewhere.run(BIN / "uv", "pip", "install", "--quiet", "--python=alone", tap)
    command = elsewhere.folder / "alone" / "bin" / tap
    about = json.loads(elsewhere.run(command, "--about", "--format=json"))
    assert (about["name"], about["version"]) == (tap, VERSION)
    catalog = json.loads(elsewhere.run(command, "--discover"))
    assert {entry["tap_stream_id"] for entry in catalog["streams"]} >= {*expected(sandbox, tap)}
    messages = map(json.loads, elsewhere.run(command, "--config=ENV").splitlines())
    read = Counter(one["stream"] for one in messages if one["type"] == "RECORD")
    del read[READ_LOG]
    assert read == expected(sandbox, tap)


@pytest.mark.long
@pytest.mark.parametrize("tap", TAPS)
def test_a_project_of_somebody_else_adds_a_tap_as_the_hub_describes_it(
    elsewhere: Elsewhere, sandbox: Sandbox, tap: str
) -> None:
    elsewhere.run(BIN / "meltano", "init", "project", "--no-usage-stats")
    project = Elsewhere(elsewhere.folder / "project", elsewhere.environment)
    add_loader(project.folder)
    definition = ROOT / tap / "hub" / f"{tap}.yml"
    meltano = BIN / "meltano"
    project.run(meltano, "add", tap, f"--from-ref={definition}")
    project.run(meltano, "config", "test", tap)
    project.run(meltano, "run", tap, "target-jsonl")
    loaded = {
        path.stem: len(path.read_text().splitlines())
        for path in (project.folder / "output").glob("*.jsonl")
    }
    del loaded[READ_LOG]
    assert loaded == expected(sandbox, tap)


def add_loader(project: Path) -> None:
    """As `meltano add target-jsonl` does, which would ask the hub."""
    shutil.copytree(ROOT / "plugins" / "loaders", project / "plugins" / "loaders")
    content: dict[str, Any] = yaml.safe_load((project / "meltano.yml").read_text())
    loader = {"name": "target-jsonl", "variant": "andyh1203", "pip_url": "target-jsonl==0.1.4"}
    content.setdefault("plugins", {})["loaders"] = [loader]
    (project / "meltano.yml").write_text(yaml.safe_dump(content, sort_keys=False))
