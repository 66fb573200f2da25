"""The arithmetic of `predicted` against real runs: `./dev bench --sizing --check`.

Two runs of each tap share a key, as shards do, and read the sandbox: everything, and what a night
reads after a day has passed there. What they should send follows from the truth of the sandbox's
world; what they did send stands in its log.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.predicted import VENDORS, Partitions, Reading, Run, simulate
from benchmarks.sandboxes import ControlApi, sandbox
from event_taps_core.keys import shard_of

Row = dict[str, Any]

SETTLE_DAYS = timedelta(days=14)
ZONE_LAG = timedelta(hours=12)
"""Where a date has no zone, the bookmark stays so long behind the run."""

SHARDS = 2
PREPARE_SECONDS, POLL_SECONDS = 6, 2
WORLD = ("--events=24", "--sessions=60", "--hub-events=6", "--hub-sessions=12")
TOLERANCE = 0.15


class World(ControlApi):
    """The sandbox's world, and what it was asked."""

    def rows(self, vendor: str, stream: str) -> list[Row]:
        """Return the rows of a stream."""
        return [json.loads(line) for line in self.truth(vendor, stream)]

    def runs(self) -> dict[str, Run]:
        """Return what each `user_agent` has sent."""
        found: dict[str, list[float]] = {}
        for entry in self.control("requests"):
            found.setdefault(entry["user_agent"], []).append(entry["at"])
        return {name: Run(len(at), max(at) - min(at)) for name, at in found.items()}


class Choice(NamedTuple):
    """Which partitions a run reads."""

    shard: int = 0
    shards: int = 1
    night_after: datetime | None = None
    """When the run before it began; None for a first load."""

    def is_due(self, end: str | None) -> bool:
        """Say whether something has not settled that ended then."""
        if self.night_after is None or end is None:
            return True
        when = datetime.fromisoformat(end)
        if when.tzinfo:
            return when >= self.night_after - SETTLE_DAYS
        return when.date() >= (self.night_after - ZONE_LAG - SETTLE_DAYS).date()

    def of(self, rows: Iterable[Row], id_: str, end: str | None = None) -> list[Row]:
        """Return those rows of a list that are read, by their id and their end."""
        return [
            row
            for row in rows
            if shard_of(str(row[id_]), self.shards) == self.shard
            and (end is None or self.is_due(row[end]))
        ]


def by(rows: Iterable[Row], column: str, parents: Iterable[Any]) -> Counter[int | None]:
    """Count the parents by how many rows they have."""
    rows_of = Counter(row[column] for row in rows)
    return Counter(rows_of[parent] for parent in parents)


def airmeet(world: World, choice: Choice) -> Reading:
    """Reports are there once the event, or the session, is FINISHED."""
    all_events, truth = world.rows("airmeet", "airmeets"), _truth_of(world, "airmeet")
    events = {row["uid"]: row for row in choice.of(all_events, "uid", "end_time")}
    ended = [uid for uid, row in events.items() if row["status"] == "FINISHED"]
    sessions = [row for row in truth("sessions") if row["airmeet_id"] in events]
    booths = [row for row in truth("booths") if row["airmeet_id"] in events]
    people = {_person(row): row for row in truth("poll_responses")}

    def report(stream: str, column: str, parents: list[Any], of: int) -> Partitions:
        return by(truth(stream), column, parents) + Counter({None: of - len(parents)})

    single = ("sessions", "booths", "participants", "custom_fields", "questions", "tracks")
    whole = (*single, "session_recordings", "event_attendance", "registration_utms")
    finished = [row["session_id"] for row in sessions if row["status"] == "FINISHED"]
    open_booths = [row["uid"] for row in booths if row["airmeet_id"] in ended]
    return {
        "auth": {0: 1},
        "airmeets": {len(all_events): 1},
        **{stream: by(truth(stream), "airmeet_id", events) for stream in whole},
        "poll_responses": by(people.values(), "airmeet_id", events),
        "session_attendance": report("session_attendance", "session_id", finished, len(sessions)),
        "booth_attendance": report("booth_attendance", "booth_id", open_booths, len(booths)),
        "replay_attendance": report("replay_attendance", "airmeet_id", ended, len(events)),
    }


def _person(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("airmeet_id", "email", "name", "user_id"))


def conferencesio(world: World, choice: Choice) -> Reading:
    """Two requests for each session; what no session has is read by shard 0."""
    sessions = world.rows("conferencesio", "sessions")
    due = len(choice.of(sessions, "id", "session_date"))
    whole: Partitions = {0: int(choice.shard == 0)}
    of_each: Partitions = {0: due}
    return {
        "app": whole,
        "sessions": {len(sessions): 1},
        "attendance": of_each,
        "polls": of_each,
        "evaluation_responses": whole,
    }


def accelevents(world: World, choice: Choice) -> Reading:
    """Sessions settle; all else is read each night, of orders those that changed."""
    truth = _truth_of(world, "accelevents")
    events = [row["event_url"] for row in choice.of(truth("events"), "event_url")]
    all_sessions = truth("sessions")
    sessions = [row for row in all_sessions if row["event_url"] in events]
    due = [row for row in sessions if choice.is_due(row["session_end_time"])]
    ids = [row["session_id"] for row in due]
    booths = [row["id"] for row in truth("exhibitors") if row["event_url"] in events]
    people = ("speakers", "attendees", "orders", "ticket_types")
    by_event = ("sessions", *people, "sponsors", "sponsor_analytics", "exhibitors")
    found = {stream: by(truth(stream), "event_url", events) for stream in by_event}
    if choice.night_after is not None:  # people buy for what has not ended
        selling = len({row["event_url"] for row in due})
        found["orders"] = Counter({1: selling, 0: len(events) - selling})
    return {
        **found,
        "events": {1: len(events)},
        "session_analytics": {len(all_sessions): 1} if sessions else {},
        "session_analytics_details": {0: len(ids)},
        "session_attendees": by(truth("session_attendees"), "session_id", ids),
        "exhibitor_staff": by(truth("exhibitor_staff"), "exhibitor_id", booths),
    }


def _truth_of(world: World, vendor: str) -> Callable[[str], list[Row]]:
    return lambda stream: world.rows(vendor, stream)


READINGS = {"airmeet": airmeet, "conferencesio": conferencesio, "accelevents": accelevents}


@contextmanager
def serving(*options: str) -> Iterator[World]:
    """Serve a world."""
    with sandbox(options, today=None) as printed:
        yield World(printed)


def start_tap(
    world: World, vendor: str, folder: Path, name: str, settings: Mapping[str, Any]
) -> "subprocess.Popen[bytes]":
    """Start a run, which goes on from the state that the last one of this name left in a folder."""
    config, output = folder / f"{name}.config", folder / f"{name}.out"
    about = world.vendors[vendor]
    every = {"api_url": about["api_url"], **about["settings"], "user_agent": name, **settings}
    config.write_text(json.dumps(every))
    command = [sys.executable, "-m", f"tap_{vendor}", f"--config={config}"]
    if output.exists():
        state = folder / f"{name}.state"
        state.write_text(json.dumps(_last_state(output)))
        command.append(f"--state={state}")
    with output.open("wb") as stdout, (folder / f"{name}.log").open("wb") as stderr:
        return subprocess.Popen(command, stdout=stdout, stderr=stderr)  # noqa: S603 - our own tap


def _last_state(output: Path) -> Any:
    lines = output.read_bytes().splitlines()
    return next(
        json.loads(line)["value"] for line in reversed(lines) if line.startswith(b'{"type":"STATE"')
    )


def check(vendor: str, folder: Path) -> bool:
    """Run a vendor's tap twice in two shards, print what was predicted and measured; say if right.

    The budget of the key is so many requests that the first load takes about a minute.
    """
    is_right = True
    with serving(*WORLD, f"--prepare-seconds={PREPARE_SECONDS}") as world:
        began = budget = None
        for what in ("first load", "next night"):
            if began is not None:
                world.control("advance", "POST")
            choices = [Choice(shard, SHARDS, began) for shard in range(SHARDS)]
            readings = [READINGS[vendor](world, choice) for choice in choices]
            if budget is None:
                budget = sum(
                    simulate(VENDORS[vendor], one, interval=0).requests for one in readings
                )
            interval = 60 / int(budget) * SHARDS
            predicted = [
                simulate(
                    VENDORS[vendor],
                    reading,
                    interval=interval,
                    prepare=PREPARE_SECONDS,
                    poll=POLL_SECONDS,
                )
                for reading in readings
            ]
            world.control("requests", "DELETE")
            began = datetime.now(UTC)
            _run_all(world, vendor, folder, int(budget))
            measured = [world.runs()[_name(vendor, shard)] for shard in range(SHARDS)]
            is_right &= _compare(f"{vendor}, {what}", predicted, measured)
    return is_right


def _name(vendor: str, shard: int) -> str:
    return f"{vendor}-{shard}"


def _run_all(world: World, vendor: str, folder: Path, budget: int) -> None:
    settings: dict[str, Any] = {"requests_per_minute": budget, "concurrent_runs": SHARDS}
    if vendor == "airmeet":
        settings["report_poll_seconds"] = POLL_SECONDS
    taps = [
        start_tap(
            world,
            vendor,
            folder,
            _name(vendor, shard),
            {**settings, "shard_count": SHARDS, "shard_index": shard},
        )
        for shard in range(SHARDS)
    ]
    try:
        exit_codes = [tap.wait() for tap in taps]
        if any(exit_codes):
            raise SystemExit(f"tap-{vendor} failed; its log is in {folder}")
    finally:
        for tap in taps:
            tap.kill()


def _compare(what: str, predicted: list[Run], measured: list[Run]) -> bool:
    """Print requests of all shards, and seconds of the slowest one."""
    is_right = True
    for figure, total in (("requests", sum), ("seconds", max)):
        expected, found = (
            total(getattr(run, figure) for run in runs) for runs in (predicted, measured)
        )
        ratio = found / expected
        is_right &= abs(ratio - 1) <= TOLERANCE
        sys.stdout.write(f"{what:28}{figure:10}{expected:10.1f}{found:10.1f}{ratio:8.2f}\n")
    sys.stdout.flush()
    return is_right


def main() -> int:
    """Check all vendors whose readings are known."""
    sys.stdout.write(f"{'':38}{'predicted':>10}{'measured':>10}{'ratio':>8}\n")
    with tempfile.TemporaryDirectory() as folder:
        results = [check(vendor, Path(folder)) for vendor in READINGS]
    return 0 if all(results) else 1
