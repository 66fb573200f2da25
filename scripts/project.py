"""The Meltano project as ./dev uses it: plugins installed when needed, jobs run, state cleared."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from scripts.processes import running
from scripts.taps import BIN, ROOT, find_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

POLL_SECONDS = 0.1
LOG_LINES = 30  # of a failed command are shown
KINDS = ("extractors", "loaders", "utilities")
POSTGRES = ("target-postgres", "dbt-postgres")  # what only a warehouse in PostgreSQL needs
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "target", "logs", "output", ".*")
# Variables with these beginnings would change what a run reads or where it writes.
FOREIGN = ("MELTANO_", "TAP_", "TARGET_", "DBT_", "EVENTS_")


class MeltanoError(Exception):
    """A Meltano command failed; carries the end of its log."""


@dataclass(frozen=True)
class Project:
    """A Meltano project, run in its environment `demo`, apart from the user's own settings."""

    root: Path = ROOT
    extra: dict[str, str] = field(default_factory=dict)  # variables of every command

    @property
    def log(self) -> Path:
        """The log of the last command, one JSON object per line."""
        return self.root / "output" / "meltano.log"

    def command(self, *arguments: str) -> list[str]:
        """Return a Meltano command that reads no .env."""
        options = ["--environment=demo", f"--env-file={os.devnull}", "--log-format=json"]
        return [str(BIN / "meltano"), f"--cwd={self.root}", *options, *arguments]

    def environment(self) -> dict[str, str]:
        """Return the variables of a command: the user's, without those that change what is run."""
        kept = {name: v for name, v in os.environ.items() if not name.startswith(FOREIGN)}
        return {**kept, **self.extra}

    def copy(self, folder: Path) -> Project:
        """Copy what Meltano needs, without data or state; the plugins are shared."""
        for name in ("meltano.yml", "pyproject.toml"):
            shutil.copy(self.root / name, folder / name)
        packages = [path.name for path in find_packages(self.root)]
        for name in ("scripts", "plugins", "transform", *packages):
            shutil.copytree(self.root / name, folder / name, ignore=LEFT_BEHIND)
        (folder / ".meltano").mkdir()
        for kind in KINDS:
            if (plugins := self.root / ".meltano" / kind).exists():
                (folder / ".meltano" / kind).symlink_to(plugins)
        copied = Project(folder, self.extra)
        copied.mark_installed()
        return copied

    def install(self, say: Callable[[str], None], *more: str) -> None:
        """Install the plugins that the demo runs, and `more`, as far as they are not there.

        All are installed anew when anything has changed that decides about them: a moved folder
        leaves venvs that do not run.
        """
        jobs = yaml.safe_load((self.root / "meltano.yml").read_text())["jobs"]
        (tasks,) = (job["tasks"] for job in jobs if job["name"] == "demo")
        wanted = {name.partition(":")[0] for task in tasks for name in task.split()} | {*more}
        folder = self.root / ".meltano"
        if self._stamp.exists() and self._stamp.read_text() == self._fingerprint():
            wanted -= {path.parent.name for path in folder.glob("*/*/venv")}
        else:
            self._stamp.unlink(missing_ok=True)
            for kind in KINDS:
                shutil.rmtree(folder / kind, ignore_errors=True)
        if wanted:
            say(f"installing from PyPI, which takes a minute: {', '.join(sorted(wanted))}")
            self.run("install", *sorted(wanted))
            self.mark_installed()

    def mark_installed(self) -> None:
        """Remember that the plugins are there as they should be."""
        self._stamp.write_text(self._fingerprint())

    @property
    def _stamp(self) -> Path:
        return self.root / ".meltano" / "installed"

    def _fingerprint(self) -> str:
        """Digest what the plugins are made of; the folder counts, as scripts hold its path."""
        lines = (self.root / "meltano.yml").read_text().splitlines()
        parts = [str(self.root), *(line for line in lines if "pip_url:" in line)]
        parts += [(path / "pyproject.toml").read_text() for path in find_packages(self.root)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def clear_state(self, taps: Iterable[str]) -> None:
        """Forget how far the job demo has read."""
        for tap in taps:
            self.run("state", "clear", "--force", f"demo:{tap}-to-target-jsonl")

    def run(self, *arguments: str, watch: Callable[[], None] = lambda: None) -> None:
        """Run a Meltano command to its end, calling `watch` ten times a second.

        Raises:
            MeltanoError: its exit code was not 0.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with (
            self.log.open("w") as log,
            running(
                self.command(*arguments), env=self.environment(), stdout=log, stderr=log
            ) as process,
        ):
            while process.poll() is None:
                watch()
                time.sleep(POLL_SECONDS)
        watch()
        if process.returncode:
            what = f"meltano {' '.join(arguments)} ended with exit code {process.returncode}"
            raise MeltanoError("\n".join([*self._log_tail(), f"{what}; its log: {self.log}"]))

    def _log_tail(self) -> list[str]:
        with self.log.open() as log:
            said = (readable(line) for line in log if '"METRIC"' not in line)
            return list(deque(said, LOG_LINES))


def readable(line: str) -> str:
    """Return a line of the log as "plugin: what it said"; what is no JSON stays as it is."""
    try:
        entry = json.loads(line)
        return f"{entry.get('string_id') or entry.get('name') or 'meltano'}: {entry['event']}"
    except (ValueError, KeyError):
        return line.rstrip()
