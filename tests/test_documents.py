"""Links lead somewhere, named tests exist, and commands work as they are written."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import tomllib
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts.project import Project
from scripts.sandbox import serving
from scripts.taps import BIN, ROOT
from tests.conftest import NO_HUB
from tests.documents import Page, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.sandbox import Sandbox

PAGES = {page.name: page for page in map(Page, pages())}
RELIABILITY = PAGES["docs/reliability.md"]
SERVED = "http://127.0.0.1:8600"  # where the pages tell the sandbox to serve

# Commands that are not run here, and why. All others are.
ALL_TESTS = "a test cannot run all tests: .ci/run does"
STAYS = "runs until it is stopped; a sandbox on a free port takes its place"
NOT_HERE = {
    "./dev bench --rivals": "minutes: tests/test_rivals.py runs it small",
    "./dev lint": ALL_TESTS,
    "./dev scale": "runs until it is stopped",
    "./dev scale --once": "minutes: tests/test_scale.py runs what it runs",
    "./dev test": ALL_TESTS,
    "*event-sandbox serve *": STAYS,
    "docker *": "needs Docker: tests/test_deploy.py reads what it would read",
    "helm *": "needs a cluster: likewise",
    "kubectl *": "needs a cluster",
    "meltano add *": "needs GitHub: tests/test_packages.py adds each tap with the file itself",
    "uv tool install *": "needs a release: tests/test_packages.py installs what it builds",
}
# Pages whose commands are about a checkout, or take long: they are run in a fresh clone.
IN_A_CLONE = {
    "CONTRIBUTING.md",
    "README.md",
    "deploy/README.md",
    "docs/production.md",
    "tap-accelevents/README.md",
    "tap-airmeet/README.md",  # reports are waited for
    "tap-meetengage/README.md",  # a limit of the vendor is kept
    "tap-meetings-export/README.md",
}
NO_BUDGET = {
    f"{tap.name}_requests_per_minute".replace("-", "_").upper(): "0" for tap in ROOT.glob("tap-*")
}


def is_run(command: str) -> bool:
    return not any(fnmatchcase(command, pattern) for pattern in NOT_HERE)


RUN = {
    name: [command for command in page.commands if is_run(command)] for name, page in PAGES.items()
}


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors, link


def functions_of(path: Path) -> dict[str, bool]:
    """Return the functions of a file, and of each whether it is a slow test."""
    return {
        node.name: "pytest.mark.long" in map(ast.unparse, node.decorator_list)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


@cache
def files_of_tests() -> dict[str, dict[str, bool]]:
    folders = ("core", "orchestrate", "sandbox", "tap-*", ".")
    files = [path for folder in folders for path in ROOT.glob(f"{folder}/tests/test_*.py")]
    files += ROOT.glob("core/event_taps_core/testing/promises/*.py")
    return {f"/{path.relative_to(ROOT)}": functions_of(path) for path in files}


def test_the_tests_that_prove_the_promises_exist_and_the_slow_ones_are_marked() -> None:
    rows = re.findall(r"^\| (?!promise|---)(.+) \| (.+) \|$", RELIABILITY.text, re.MULTILINE)
    assert rows
    for promise, proof in rows:
        tests = re.findall(r"`([\w/-]+\.py)::(test_\w+)`(\*?)", proof)
        assert tests, promise
        for file, test, mark in tests:
            found = [path for path in files_of_tests() if path.endswith(f"/{file}")]
            assert len(found) == 1, f"{promise}: which {file}? {found}"
            tests_there = files_of_tests()[found[0]]
            assert test in tests_there, f"{promise}: no {test} in {file}"
            assert tests_there[test] == bool(mark), f"{promise}: is {test} slow?"


def test_the_pythons_that_are_named_are_those_that_workflows_run() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]
    run = sorted(
        [jobs["everything"]["env"]["UV_PYTHON"], *jobs["taps"]["strategy"]["matrix"]["python"]]
    )
    for path in [ROOT / "core" / "pyproject.toml", *ROOT.glob("tap-*/pyproject.toml")]:
        classifiers = tomllib.loads(path.read_text())["project"]["classifiers"]
        named = [one.rpartition(" ")[2] for one in classifiers if ":: Python :: 3." in one]
        assert named == run, path
    assert f"![Python: {run[0]} to {run[-1]}]" in PAGES["README.md"].text


def test_the_reasons_not_to_run_a_command_are_of_commands() -> None:
    commands = [command for page in PAGES.values() for command in page.commands]
    assert [p for p in NOT_HERE if not any(fnmatchcase(one, p) for one in commands)] == []


@pytest.fixture(scope="module")
def serving_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serving("small", tmp_path_factory.mktemp("sandbox") / "sandbox.json") as sandbox:
        yield sandbox


def typed(command: str, sandbox: Sandbox) -> str:
    """What a reader types: the sandbox's address, and its settings for those of the example."""
    command = command.replace(SERVED, sandbox.url)
    if not command.startswith("export TAP_"):
        return command
    given = dict(word.split("=", 1) for word in shlex.split(command)[1:])
    known = sandbox.tap_environment()
    words = (f"{name}={shlex.quote(known.get(name, value))}" for name, value in given.items())
    return f"export {' '.join(words)}"


def run(commands: list[str], folder: Path, sandbox: Sandbox, path: str) -> None:
    """Run them in one shell, each to its end."""
    script = ["set -eu"]
    for command in commands:
        script.append(f"set {'+' if command.endswith('| head') else '-'}o pipefail")
        script.append(f"echo {shlex.quote(f'$ {command}')} >&2")
        # A script is a shell of its own: it may end it.
        lines = typed(command, sandbox)
        script.append(f"(\n{lines})" if lines.endswith("\n") else lines)
    variables = sandbox.tap_environment() | NO_BUDGET | NO_HUB
    environment = Project(extra=variables).environment()
    environment["PATH"] = f"{path}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],  # noqa: S607 - wherever the system keeps it
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


@pytest.mark.parametrize(
    "name", [name for name, commands in RUN.items() if commands and name not in IN_A_CLONE]
)
def test_commands_work_as_written(
    name: str, tmp_path: Path, installed: Path, serving_here: Sandbox
) -> None:
    loader = installed / "loaders" / "target-jsonl" / "venv" / "bin"
    run(RUN[name], tmp_path, serving_here, f"{BIN}:{loader}:")
    if name.startswith("tap-"):
        assert [path for path in tmp_path.rglob("*.jsonl") if path.stat().st_size]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, serving_here: Sandbox) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "clone"
    run([f"git clone --quiet {shlex.quote(str(ROOT))} clone"], folder.parent, serving_here, "")
    run(["./dev setup"], folder, serving_here, "")
    return folder


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(IN_A_CLONE))
def test_commands_work_as_written_in_a_fresh_clone(
    name: str, clone: Path, installed: Path, serving_here: Sandbox
) -> None:
    loader = installed / "loaders" / "target-jsonl" / "venv" / "bin"
    run(RUN[name], clone, serving_here, f"{clone / '.venv' / 'bin'}:{loader}:")
