"""What docs/production.md says to do, killed halfway: the next night makes the tables true."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from scripts.demo import compare_all
from scripts.project import MeltanoError, Project
from scripts.sandbox import serving
from scripts.taps import ROOT
from tests.conftest import keep_only
from tests.documents import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scripts.sandbox import Sandbox

TAPS = ("tap-conferencesio", "tap-meetings-export")
"""One whose data settles, and one that asks for what changed."""

NIGHT = (
    *(argument for tap in TAPS for argument in (tap, "target-jsonl")),
    *(f"dbt-duckdb:{step}" for step in ("build", "publish", "archive")),
)
"""The tasks of the job `nightly`, without the other taps'."""

LONGEST_SECONDS = 300
PAGE = Page(ROOT / "docs" / "production.md")


def loop() -> str:
    """Return the page's loop over the taps, for these taps."""
    (script,) = (script for script in PAGE.blocks("bash") if script.startswith("for tap in"))
    shortened, loops = re.subn(r"(?<=for tap in ).*(?=; do\n)", " ".join(TAPS), script)
    assert loops == 1
    return shortened


def full_readings() -> list[str]:
    """Return the page's commands that read everything again; there is one for each tap here."""
    found = re.findall(r"`(meltano --environment=prod run .* --full-refresh)`", PAGE.prose)
    assert sorted(command.split()[3] for command in found) == sorted(TAPS)
    return found


@dataclass
class Nights:
    """A project, and a sandbox in which days pass."""

    project: Project
    sandbox: Sandbox
    seen: set[Path] = field(default_factory=set)
    """The raw files that were there before the recipe at hand."""

    @property
    def raw(self) -> Path:
        return self.project.root / "output" / "raw"

    @property
    def log(self) -> str:
        return self.project.log.read_text()

    def brings(self, tap: str) -> bool:
        """Say whether a tap has written something in this run."""
        return bool({*(self.raw / tap.replace("-", "_")).glob("*")} - self.seen)

    def ended_blocks(self) -> int:
        """Count the tasks that have come to their end in this run."""
        return self.log.count('"event": "Block run completed"')

    def command(self, recipe: str) -> list[str]:
        """Return how a recipe is called here; --force, since a kill leaves Meltano's lock."""
        meltano = shlex.join(self.project.command())
        return [
            "bash",
            "-c",
            recipe.replace("meltano --environment=prod run", f"{meltano} run --force"),
        ]

    def kill(self, recipe: str, is_time: Callable[[Nights], bool]) -> None:
        """Run a recipe, and kill all that belongs to it at this point."""
        self.sandbox.advance()
        self.seen = {*self.raw.glob("*/*")}
        with self.project.log.open("w") as log:
            process = subprocess.Popen(
                self.command(recipe),
                env=self.project.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + LONGEST_SECONDS
            while not is_time(self):
                assert process.poll() is None, "it ended before it could be killed:\n" + self.log
                assert time.monotonic() < deadline
                time.sleep(0.002)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def night(self) -> None:
        """Let a day pass, and run what runs every night."""
        self.sandbox.advance()
        self.project.run("run", "--force", *NIGHT)

    def differences(self) -> dict[str, tuple[list[str], list[str]]]:
        """Compare the tables that readers see with what is true now."""
        compared = compare_all(self.sandbox, self.project.root)
        schemas = tuple(tap.replace("-", "_") for tap in TAPS)
        return {
            table: (result.missing[:2], result.surplus[:2])
            for table, result in compared.items()
            if table.startswith(schemas) and not result.equal
        }


@pytest.fixture(scope="module")
def nights(project: Project) -> Iterator[Nights]:
    keep_only(project, *TAPS)
    with serving("small", project.root / "output" / "sandbox.json") as sandbox:
        found = Nights(Project(project.root, project.extra | sandbox.tap_environment()), sandbox)
        found.night()
        assert found.differences() == {}
        yield found


def recipe_of(tasks: tuple[str, ...]) -> str:
    return f"meltano --environment=prod run {' '.join(tasks)}"


POINTS: dict[str, Callable[[Nights], bool]] = {
    "the first tap": lambda nights: nights.brings(TAPS[0]),
    "between the taps": lambda nights: nights.ended_blocks() == 1,
    "the second tap": lambda nights: nights.brings(TAPS[1]),
    "between taps and build": lambda nights: nights.ended_blocks() == len(TAPS),
    "the build": lambda nights: "OK created sql incremental model" in nights.log,
    "the tests": lambda nights: "START test" in nights.log,
    "the end of the build": lambda nights: "START hook: events.on-run-end" in nights.log,
    "publishing": lambda nights: nights.ended_blocks() == len(TAPS) + 1,
    "archiving": lambda nights: nights.ended_blocks() == len(TAPS) + 2,
    "the archive": lambda nights: any(
        path not in nights.seen for path in nights.raw.glob("*/*.gz*")
    ),
}
IN_EVERY_ROUND = {"the build"}


@pytest.mark.parametrize(
    "point", [p if p in IN_EVERY_ROUND else pytest.param(p, marks=pytest.mark.long) for p in POINTS]
)
def test_a_killed_night_is_made_up_for_by_the_next(nights: Nights, point: str) -> None:
    nights.kill(recipe_of(NIGHT), POINTS[point])
    nights.night()
    assert nights.differences() == {}


@pytest.mark.long
@pytest.mark.parametrize("point", [p for p in POINTS if p != "the end of the build"])
def test_a_killed_loop_over_the_taps_is_made_up_for_by_the_next_night(
    nights: Nights, point: str
) -> None:
    """Its log is that of several runs of Meltano; what was taken in may be deleted meanwhile."""
    nights.kill(loop(), POINTS[point])
    for path in nights.raw.glob("*/*.jsonl.gz"):
        path.unlink()
    nights.night()
    assert nights.differences() == {}


@pytest.mark.long
@pytest.mark.parametrize("command", full_readings(), ids=lambda command: command.split()[3])
def test_a_killed_full_reading_is_made_up_for_by_the_next_night(
    nights: Nights, command: str
) -> None:
    tap = command.split()[3]
    nights.kill(command, lambda nights: nights.brings(tap))
    nights.night()
    assert nights.differences() == {}
    nights.project.run("run", "--force", tap, "target-jsonl", "--full-refresh")
    nights.night()
    assert nights.differences() == {}


def test_lost_files_are_named_and_what_the_message_says_mends_it(nights: Nights) -> None:
    """The state stays: no night would read again what it says was read."""
    shutil.rmtree(nights.raw)
    shutil.rmtree(nights.project.root / "output" / "building")
    (nights.project.root / "output" / "events.duckdb").unlink()
    with pytest.raises(MeltanoError):
        nights.night()
    said = set(
        re.findall(r"meltano --environment=demo (run \S+ target-jsonl --full-refresh)", nights.log)
    )
    assert {command.split()[1] for command in said} == set(TAPS)
    for command in said:
        run, *rest = command.split()
        nights.project.run(run, "--force", *rest)  # a test before this one has killed that tap
    nights.project.run("run", "dbt-duckdb:build", "dbt-duckdb:publish")
    assert nights.differences() == {}
