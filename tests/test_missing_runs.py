"""A state that says more than the files hold: the build fails, and names what is missing."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from scripts.project import Project
from tests.conftest import keep_only
from tests.test_incremental import building

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.test_incremental import Builder


def noted(
    subdomain: str, *runs: tuple[int, int | str | None], shard: str = "0/1"
) -> list[dict[str, object]]:
    """Return the read log's rows of runs: on which day each began, and from which it went on."""
    constant = {"subdomain": subdomain, "stream": "read_log", "outcome": "run", "shard": shard}
    return [
        {
            **constant,
            "parent_id": began(day, subdomain),
            "continues": began(before, subdomain) if isinstance(before, int) else before,
            "read_at": f"2026-01-{day:02}T03:00:00Z",
        }
        for day, before in runs
    ]


def began(day: int, subdomain: str) -> str:
    """Return a run's time, which no other account's run has."""
    return f"2026-01-{day:02}T03:00:00.{int(subdomain.encode().hex()[:12], 16) % 10**6:06}Z"


COMPLETE = [
    *noted("nightly", (1, None), (2, 1), (3, 2)),
    *noted("backup restored", (1, None), (2, 1), (3, 1)),
    *noted("mended", (2, 1), (3, None), (4, 3)),
    *noted("renamed", (4, began(3, "nightly"))),
    *noted("in shards", (1, None), (3, 1), shard="0/2"),
    *noted("in shards", (2, None), (4, 2), shard="1/2"),
    *noted("in shards", (5, f"{began(3, 'in shards')} {began(4, 'in shards')}"), shard="2/3"),
    {**noted("no runs", (2, 1))[0], "stream": "attendance", "outcome": "read"},
]
LACKING = [
    *noted("lost", (2, 1), (3, 2)),
    *noted("halfway mended", (2, 1), (3, None), (4, 2)),
    *noted("shard lost", (2, 1), shard="0/2"),
    *noted("shard lost", (3, None), (4, 3), shard="1/2"),
    *noted("merged", (1, None), shard="0/2"),
    *noted("merged", (3, f"{began(1, 'merged')} {began(2, 'merged')}")),
]


def load(builder: Builder, rows: list[dict[str, object]], stream: str = "read_log") -> Path:
    """Write a raw file."""
    folder = builder.folder / "raw" / "tap_conferencesio"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stream}-20260104T{len(list(folder.iterdir())):02}0000.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def running(project: Project) -> Iterator[Builder]:
    keep_only(project, "tap-conferencesio")
    demo = Project(project.root, project.extra | {"MELTANO_ENVIRONMENT": "demo"})
    with building(demo) as builder:
        yield builder


@pytest.fixture
def builder(running: Builder) -> Builder:
    """A warehouse of each test's own."""
    shutil.rmtree(running.folder, ignore_errors=True)
    return running


SESSIONS = ("s1", "s2", "s3", "s4")


def night(
    builder: Builder,
    day: int,
    before: int | None,
    *sessions: str,
    there: tuple[str, ...] = SESSIONS,
) -> Path:
    """Load a list of sessions, and two check-ins of some; return the file that holds these."""
    constant: dict[str, object] = {"subdomain": "acme", "read_at": f"2026-01-{day:02}T03:00:00Z"}
    read = {**constant, "outcome": "read"}
    load(builder, [{**constant, "id": session} for session in there], "sessions")
    log = [{**read, "stream": "sessions", "parent_id": "", "row_count": len(there)}]
    log += [
        {**read, "stream": "attendance", "parent_id": session, "row_count": 2}
        for session in sessions
    ]
    load(builder, [*noted("acme", (day, before)), *log])
    rows = [
        {**constant, "session_id": session, "attendance_key": key}
        for session in sessions
        for key in "ab"
    ]
    return load(builder, rows, "attendance")


def test_a_run_of_which_nothing_arrived_is_named_and_only_such(builder: Builder) -> None:
    """A later run went on from its state, so nobody reads again what it read."""
    load(builder, COMPLETE)
    builder.build()
    load(builder, LACKING)
    said = builder.fail()
    shards = {"halfway mended": "0/1", "lost": "0/1", "shard lost": "0/2"}
    lines = [line for line in said.splitlines() if "the run of" in line]
    missing = [
        f"{name}, shard {shard}: the run of {began(2, name)} went on from that of {began(1, name)}"
        for name, shard in shards.items()
    ]
    of_merged = (began(day, "merged") for day in (3, 2))
    missing.append("merged, shard 0/1: the run of {} went on from that of {}".format(*of_merged))
    assert sorted(line.strip() for line in lines) == sorted(missing)
    assert "meltano --environment=demo run tap-conferencesio target-jsonl --full-refresh" in said


LOST = (
    "tap_conferencesio: rows were read, says the read log, of which none are here. No run will read"
    " them again:\n    attendance of acme: the run of 2026-01-02 03:00:00+00 read 4 rows in 2 parts"
)


def test_a_file_that_was_lost_is_named_until_it_is_back(builder: Builder) -> None:
    """What came with it is in the tables, so nothing else would tell."""
    night(builder, 1, None, "s1")
    builder.build()
    lost = night(builder, 2, 1, "s2", "s3")
    content = lost.read_bytes()
    lost.unlink()
    said = builder.fail()
    assert LOST in said
    assert "meltano --environment=demo run tap-conferencesio target-jsonl --full-refresh" in said
    night(builder, 3, 2, "s3", "s4")
    assert LOST.replace("4 rows in 2", "2 rows in 1") in builder.fail()
    lost.write_bytes(content)
    assert len(builder.build()["attendance"]) == 8


def test_a_full_reading_makes_up_for_a_lost_file(builder: Builder) -> None:
    """Even if a session has vanished since, which therefore nobody reads again."""
    night(builder, 1, None, "s1")
    night(builder, 2, 1, "s1", "s2").unlink()
    builder.fail()
    night(builder, 3, None, "s1", there=("s1",))
    assert len(builder.build()["attendance"]) == 2


def test_what_is_given_up_is_not_asked_for_again(builder: Builder) -> None:
    night(builder, 1, None, "s1")
    night(builder, 2, 1, "s2").unlink()
    builder.fail()
    builder.build('--vars={"forget_missing_files":true}')
    night(builder, 3, 2, "s3")
    assert len(builder.build()["attendance"]) == 4
    assert len(builder.build("--full-refresh")["attendance"]) == 4
