"""Shards that load into one warehouse make the tables that one run makes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from event_taps_core.testing.running import TapRunner
from event_taps_core.testing.sandbox import running_sandbox
from scripts.project import Project
from tests.conftest import keep_only
from tests.test_incremental import STREAMS, Row, building
from tests.test_missing_runs import load

if TYPE_CHECKING:
    from pathlib import Path

    from event_taps_core.testing.running import Run
    from tests.test_incremental import Builder

Night = list["Run"]


def night(run_tap: TapRunner, count: int, before: Night | None) -> Night:
    """Run all shards, each from its own state."""
    states: list[Any] = [run.state for run in before] if before else [None] * count
    return [
        run_tap(state=state, shard_count=count, shard_index=index).assert_good()
        for index, state in enumerate(states)
    ]


def load_as(builder: Builder, account: str, runs: Night) -> None:
    """Load what runs have read as if it were of an account of this name."""
    for run in runs:
        for stream in STREAMS:
            rows = [message["record"] for message in run.of_type("RECORD", stream)]
            if rows:
                load(builder, [{**row, "subdomain": account} for row in rows], stream)


def of(account: str, tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Return an account's rows, without their times and its name."""
    return {
        stream: sorted(
            (
                {**row, "read_at": None, "subdomain": None}
                for row in tables[stream]
                if row["subdomain"] == account
            ),
            key=str,
        )
        for stream in ("sessions", "attendance")
    }


def test_shards_make_the_tables_of_one_run_also_after_a_parent_has_vanished(
    project: Project, tmp_path: Path
) -> None:
    """Shard 0 alone says which parents there are; the rows of the others follow it."""
    nights: dict[int, list[Night]] = {1: [], 2: []}
    with running_sandbox("conferencesio") as sandbox:
        run_tap = TapRunner("tap-conferencesio", sandbox.settings, tmp_path)
        for _ in range(2):
            for count, so_far in nights.items():
                so_far.append(night(run_tap, count, so_far[-1] if so_far else None))
            sandbox.vanish()
    demo = Project(project.root, project.extra | {"MELTANO_ENVIRONMENT": "demo"})
    keep_only(demo, "tap-conferencesio")
    shutil.rmtree(project.root / "output", ignore_errors=True)
    found = []
    with building(demo) as builder:
        for one, shards in zip(*nights.values(), strict=True):
            load_as(builder, "one", one)
            load_as(builder, "shards", shards)
            tables = builder.build()
            found.append(of("shards", tables))
            assert found[-1] == of("one", tables)
    before, after = found
    assert 0 < len(after["sessions"]) < len(before["sessions"])
    assert 0 < len(after["attendance"]) < len(before["attendance"])
