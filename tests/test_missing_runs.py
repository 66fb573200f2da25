"""A state that says more than the files hold: the build fails, and names what is missing."""

from __future__ import annotations

import json

from scripts.project import Project
from tests.conftest import keep_only
from tests.test_incremental import building


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
    {**noted("no runs", (2, 1))[0], "stream": "attendance", "outcome": "read"},
]
LACKING = [
    *noted("lost", (2, 1), (3, 2)),
    *noted("halfway mended", (2, 1), (3, None), (4, 2)),
    *noted("shard lost", (2, 1), shard="0/2"),
    *noted("shard lost", (3, None), (4, 3), shard="1/2"),
]


def load(project: Project, rows: list[dict[str, object]]) -> None:
    folder = project.root / "output" / "raw" / "tap_conferencesio"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"read_log-20260104T0{len(list(folder.iterdir()))}0000.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_run_of_which_nothing_arrived_is_named_and_only_such(project: Project) -> None:
    """A later run went on from its state, so nobody reads again what it read."""
    keep_only(project, "tap-conferencesio")
    here = Project(project.root, project.extra | {"MELTANO_ENVIRONMENT": "demo"})
    with building(here) as builder:
        load(project, COMPLETE)
        builder.build()
        load(project, LACKING)
        said = builder.fail()
    shards = {"halfway mended": "0/1", "lost": "0/1", "shard lost": "0/2"}
    lines = [line for line in said.splitlines() if "the run of" in line]
    assert [line.strip() for line in lines] == [
        f"{name}, shard {shard}: the run of {began(2, name)} went on from that of {began(1, name)}"
        for name, shard in shards.items()
    ]
    assert "meltano --environment=demo run tap-conferencesio target-jsonl --full-refresh" in said
