"""From the sandbox through Meltano into DuckDB while the world moves: tables are the truth."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.demo import compare_all, load
from scripts.sandbox import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.comparison import Comparison
    from scripts.project import Project
    from scripts.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox(project: Project) -> Iterator[Sandbox]:
    with serving("small", project.root / "output" / "sandbox.json") as running:
        yield running


def load_and_compare(project: Project, sandbox: Sandbox) -> tuple[dict[str, Comparison], int]:
    _, requests = load(sandbox, project.root)
    return compare_all(sandbox, project.root), requests


def differing(compared: dict[str, Comparison]) -> dict[str, tuple[list[str], list[str]]]:
    return {
        table: (result.missing[:2], result.surplus[:2])
        for table, result in compared.items()
        if not result.equal
    }


def lines(project: Project, stream: str) -> list[dict[str, object]]:
    folder = project.root / "output" / "raw" / "tap_conferencesio"
    return [
        json.loads(line)
        for path in sorted(folder.glob(f"{stream}-*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def test_two_runs_hold_the_truth_while_the_world_moves(project: Project, sandbox: Sandbox) -> None:
    sessions = {row["id"] for row in sandbox.truth("conferencesio", "sessions")}
    compared, first_requests = load_and_compare(project, sandbox)
    assert differing(compared) == {}
    assert all(result.loaded for result in compared.values())

    sandbox.advance(2)
    vanished = sessions - {row["id"] for row in sandbox.truth("conferencesio", "sessions")}
    compared, second_requests = load_and_compare(project, sandbox)

    assert differing(compared) == {}
    assert second_requests < first_requests
    # This is worth something only if rows went away: a session, and merged check-ins.
    assert vanished
    keys = {(row["session_id"], row["attendance_key"]) for row in lines(project, "attendance")}
    assert len(keys) > compared["tap_conferencesio.attendance"].expected


def test_marts_join_up(project: Project, sandbox: Sandbox) -> None:
    """Runs after the test above, on its tables."""
    with duckdb.connect(
        str(project.root / "output" / "events.duckdb"), read_only=True
    ) as warehouse:
        (summary,) = warehouse.sql(
            "select count(*), sum(polls), sum(questions), sum(evaluation_responses)"
            " from marts.mart_session_scorecard where vendor = 'conferencesio'"
        ).fetchall()
    truth = {
        stream: sandbox.truth("conferencesio", stream)
        for stream in ("sessions", "polls", "questions", "evaluation_responses")
    }
    truth["evaluation_responses"] = [
        row for row in truth["evaluation_responses"] if row["session_id"] is not None
    ]
    assert summary == tuple(len(rows) for rows in truth.values())
