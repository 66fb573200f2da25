"""`./dev new-tap` makes a tap that passes its suite at once, or leaves everything as it was."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts.new_tap import NewTapError, word_in
from scripts.project import LEFT_BEHIND, Project
from scripts.taps import BIN, ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAME = "tap-ticketing2"
FEW_PROMISES = (
    "TestPositions or first_run_equals_the_truth or wrong_secret or reads_only or as_reviewed"
)
PLACES = "yml_is_valid or composed"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a copy of the repository, with the uv that is here."""
    inherited = Project().environment()
    environment = {name: v for name, v in inherited.items() if not name.startswith("PYTEST_")}
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def content(folder: Path) -> dict[str, bytes]:
    """What is under version control."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    kept = (path for path in paths if not any(part.startswith((".", "__")) for part in path.parts))
    return {str(path): (folder / path).read_bytes() for path in kept}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new_tap") / "clone"
    shutil.copytree(ROOT, folder, ignore=LEFT_BEHIND)
    setup = run(folder, "./dev", "setup")
    assert setup.returncode == 0, setup.stderr
    return folder


@pytest.fixture(scope="module")
def with_tap(clone: Path) -> Path:
    made = run(clone, "./dev", "new-tap", NAME)
    assert made.returncode == 0, made.stderr
    return clone


def test_one_that_fails_half_way_leaves_everything_as_it_was(clone: Path) -> None:
    """Here after all files are written: `./dev docs` does not get through."""
    schemas = clone / "tap-airmeet" / "tap_airmeet" / "schemas.py"
    as_it_was = schemas.read_text()
    schemas.write_text(as_it_was + '\nraise RuntimeError("a tap that is broken")\n')
    before = content(clone)
    failed = run(clone, "./dev", "new-tap", NAME)
    schemas.write_text(as_it_was)
    before[str(schemas.relative_to(clone))] = as_it_was.encode()
    assert failed.returncode == 1
    assert "/dev docs" in failed.stderr
    assert content(clone) == before
    assert not (clone / NAME).exists()


def test_a_new_tap_passes_its_suite_and_has_its_place(with_tap: Path) -> None:
    """The place by the tests that ask this of every tap; the whole suite is for the long round."""
    python = str(with_tap / ".venv" / "bin" / "python")
    places = "tests/test_meltano_project.py"
    files = (f"{NAME}/tests", "sandbox/tests/test_ticketing2_switches.py", places)
    tested = run(with_tap, python, "-m", "pytest", *files, "-k", f"{FEW_PROMISES} or {PLACES}")
    assert tested.returncode == 0, tested.stdout
    listed = (with_tap / "meltano.yml").read_text().count(f"- name: {NAME}\n")
    assert listed == len(["in the environment demo", "among the plugins"])


@pytest.mark.long
def test_a_new_tap_passes_its_whole_suite(with_tap: Path) -> None:
    python = str(with_tap / ".venv" / "bin" / "python")
    tested = run(with_tap, python, "-m", "pytest", f"{NAME}/tests")
    assert tested.returncode == 0, tested.stdout


def test_what_follows_from_the_taps_is_written(with_tap: Path) -> None:
    checked = run(with_tap, "./dev", "docs", "--check")
    assert checked.returncode == 0, checked.stdout


def test_what_is_written_is_in_style(with_tap: Path) -> None:
    for options in (("check",), ("format", "--check")):
        checked = run(with_tap, ".venv/bin/ruff", *options, ".")
        assert checked.returncode == 0, checked.stdout


def test_nothing_of_the_template_is_left_but_what_is_to_do(with_tap: Path) -> None:
    made = {
        name: text.decode()
        for name, text in content(with_tap).items()
        if "ticketing2" in name and not name.endswith(("LICENSE", ".png"))
    }
    assert len(made) > len(list((ROOT / "template").rglob("*.py")))
    assert [name for name, text in made.items() if "example" in f"{name}{text}".lower()] == []
    assert any("To do:" in text for text in made.values())


def test_a_second_one_of_that_name_is_not_made(with_tap: Path) -> None:
    before = content(with_tap)
    again = run(with_tap, "./dev", "new-tap", NAME)
    assert again.returncode == 1
    assert again.stderr.splitlines()[-1].startswith(f"new-tap: {NAME} is there already")
    assert content(with_tap) == before


@pytest.mark.long
def test_the_demo_loads_a_new_tap(with_tap: Path) -> None:
    shown = run(with_tap, "./dev", "demo", "--world", "small")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    compared = [line for line in shown.stdout.splitlines() if line.startswith("tap_ticketing2.")]
    assert len([line for line in compared if line.endswith("same")]) == len(["events", "guests"])


@pytest.mark.parametrize("name", ["x", "example", "tap-", "tap-X1", "tap-a-b", "tap-1a", "tap-a/b"])
def test_a_name_is_tap_and_a_word(name: str) -> None:
    with pytest.raises(NewTapError, match="is no name for a tap"):
        word_in(name)


@pytest.mark.parametrize("name", ["tap-class", "tap-world", "tap-expoplatform", "tap-api"])
def test_a_word_that_means_something_else_is_refused(name: str) -> None:
    with pytest.raises(NewTapError, match="take another"):
        word_in(name)


def test_a_tap_that_is_there_is_refused() -> None:
    with pytest.raises(NewTapError, match="tap-airmeet is there already"):
        word_in("tap-airmeet")
