"""Meltano's commands, as a step of Dagster runs them.

run                a plugin's command
load               one shard: `meltano run`, which ends with this process, or before it
seed_state         a shard whose number of shards is new goes on from where the former ones were
prepare_tables     the loader's tables, before several runs want to make them at the same time
upgrade_database   Meltano's own tables, before several runs do that
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from event_taps_dagster.project import DESTINATION, READ_LOG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from event_taps_dagster.accounts import Account, Shard
    from event_taps_dagster.project import Project

PATIENCE_SECONDS = 60
"""So long Meltano may take to end once it was told to."""

_ERRORS_KEPT = 5
_KEPT = "Incremental state has been updated"
_SHARD = re.compile(r"--(\d+)-of-(\d+)-to-")


class MeltanoError(Exception):
    """A command failed; its text is the last that was said."""


@dataclass(frozen=True)
class Meltano:
    """Meltano in a project."""

    project: Project

    def run(self, *tasks: str) -> Sequence[str]:
        """Run tasks to their end, repeating what they say; return the last of it.

        Raises:
            MeltanoError: If they fail.
        """
        with _running(self._command("run", *tasks)) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            said: deque[str] = deque(maxlen=1000)
            for line in process.stdout:
                sys.stdout.write(line)
                said.append(line)
            if process.wait():
                raise MeltanoError(_last_error(said))
        return said

    def load(self, shard: Shard, *, full_refresh: bool) -> bool:
        """Load a shard; say whether Meltano says that it has kept the state.

        Raises:
            MeltanoError: If not all was read, or loaded.
        """
        options = ["--full-refresh"] if full_refresh else []
        return says_kept(self.run(*options, shard.plugin, DESTINATION))

    def last_run(self, shard: Shard) -> datetime | None:
        """Return when the run began that wrote the state of a shard: another start of Meltano."""
        found = _run_in(*self._states_of([self._state_id(shard)]))
        return datetime.fromisoformat(found) if found else None

    def seed_state(self, shard: Shard) -> None:
        """Let a shard go on from the newest states of all shards, if those are newer than its own.

        They are of another number of shards. If they do not fit together, all is read again.
        """
        groups = self._other_groups(shard.account, shard.account.shards)
        if not groups:
            return
        from event_taps_core import merge_states  # noqa: PLC0415 - the SDK takes a second to import

        of_self, *of_others = self._states_of([self._state_id(shard), *chain(*groups)])
        rest = iter(of_others)
        states = [found for group in groups if all(found := [*islice(rest, len(group))])]
        newest = max(states, key=lambda group: min(map(_run_in, group)), default=None)
        if newest is None or min(map(_run_in, newest)) <= _run_in(of_self):
            return
        try:
            merged = merge_states(newest)
        except ValueError as error:
            sys.stderr.write(f"{shard.plugin} reads everything: {error}\n")
            return
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # too large for an argument
            json.dump({"singer_state": merged}, file)
            file.flush()
            given = f"--input-file={file.name}"
            self._output("state", "set", "--force", given, self._state_id(shard))

    def prepare_tables(self, account: Account) -> None:
        """Make the loader's tables of all streams: runs at the same time would collide over them.

        Raises:
            MeltanoError: If that is not possible.
        """
        catalog = json.loads(self._output("invoke", account.plugin, "--discover"))
        messages = [
            {
                "type": "SCHEMA",
                "stream": stream["tap_stream_id"],
                "schema": stream["schema"],
                "key_properties": stream["key_properties"],
            }
            for stream in catalog["streams"]
        ]
        schema = self.project.taps[account.tap].schema
        self._output(
            "invoke",
            DESTINATION,
            text="\n".join(map(json.dumps, messages)),
            variables={"MELTANO_EXTRACT__LOAD_SCHEMA": schema},
        )

    def upgrade_database(self) -> None:
        """Make Meltano's own tables, or those of its new version: each run of it wants to.

        Of those that do so at the same time one gets through, and the others fail after it: so they
        ask a second time.

        Raises:
            MeltanoError: If that is not possible.
        """
        try:
            self._output("upgrade", "database")
        except MeltanoError:
            self._output("upgrade", "database")

    # States

    def _state_id(self, shard: Shard) -> str:
        return f"{self.project.environment}:{shard.plugin}-to-{DESTINATION}"

    def _states_of(self, state_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return states in their order, empty ones where there is none."""
        program = [sys.executable, "-m", "event_taps_dagster.states"]
        where = [str(self.project.root), self.project.environment]
        said = _output([*program, *where, *state_ids])
        return [json.loads(line).get("singer_state") or {} for line in said.splitlines()]

    def _other_groups(self, account: Account, shards: int) -> list[list[str]]:
        """Return the IDs of the states of all shards, for each other number of them."""
        prefix = f"{self.project.environment}:{account.plugin}--"
        found: defaultdict[int, list[str]] = defaultdict(list)
        listed = self._output("state", "list", f"--pattern={prefix}*-of-*-to-{DESTINATION}")
        for state_id in listed.split():
            # Of a pattern, Meltano takes "_" for any character.
            if state_id.startswith(prefix) and (match := _SHARD.search(state_id)):
                found[int(match[2])].append(state_id)
        return [ids for count, ids in found.items() if count != shards and len(ids) == count]

    # Commands

    def _command(self, *arguments: str) -> list[str]:
        meltano = str(Path(sys.executable).with_name("meltano"))
        options = [f"--cwd={self.project.root}", f"--environment={self.project.environment}"]
        return [meltano, *options, "--log-format=json", *arguments]

    def _output(
        self, *arguments: str, text: str = "", variables: dict[str, str] | None = None
    ) -> str:
        """Return what a command says.

        Raises:
            MeltanoError: If it fails.
        """
        return _output(self._command(*arguments), text, variables)


def _output(command: Sequence[str], text: str = "", variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own
        _tied(command),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(variables or {})},
    )
    if done.returncode:
        raise MeltanoError(_last_error([*done.stdout.splitlines(), *done.stderr.splitlines()]))
    return done.stdout


def _tied(command: Sequence[str]) -> list[str]:
    """Let a command end with this process, however that ends."""
    return [sys.executable, "-m", "event_taps_dagster.tied", str(os.getpid()), *command]


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group of its own; on leaving, end it as it wants to be ended.

    Meltano passes a SIGTERM on to its plugins, so only Meltano gets one.
    """
    process = subprocess.Popen(  # noqa: S603 - our own
        _tied(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def says_kept(log: Sequence[str]) -> bool:
    """Say whether the last that a log has to say of the state is that it was kept."""
    return _KEPT in next((line for line in reversed(log) if "ncremental state" in line), "")


def _run_in(state: dict[str, Any]) -> str:
    """Return when the run began that wrote a state, or "" if there is none."""
    found = state.get("bookmarks", {}).get(READ_LOG, {}).get("replication_key_value")
    return found if isinstance(found, str) else ""


def _last_error(lines: Sequence[str]) -> str:
    """Return the errors that stand last in a log: the tap's own sentence is among them."""
    errors: deque[str] = deque(maxlen=_ERRORS_KEPT)
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            entry = json.loads(line)
            if entry.get("level") in ("error", "critical"):
                errors.append(f"{entry.get('string_id') or 'meltano'}: {entry['event']}")
    return "\n".join(errors) or "\n".join(list(lines)[-_ERRORS_KEPT:]).strip()
