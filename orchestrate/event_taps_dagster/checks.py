"""Checks of each stream: is it read completely, and not too long ago?

check_assets    the checks of an account
judge           what they say, from the runs alone
"""

from __future__ import annotations

from collections.abc import Iterator  # noqa: TC003 - Dagster looks at the annotation
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import dagster as dg

from event_taps_dagster.loads import asset_key
from event_taps_dagster.warehouse import ReadLog, Rows, connected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from event_taps_dagster.accounts import Account
    from event_taps_dagster.project import Project
    from event_taps_dagster.warehouse import Run

COMPLETE, FRESH = "complete", "fresh"


class Verdict(NamedTuple):
    """What the runs say of a stream."""

    is_complete: bool
    """Whether the newest run of each shard that has ended has read all of it."""

    missing: list[str]
    """What it lacks: a sentence for each shard."""

    read_at: datetime | None
    """Since when all shards are read: the oldest of their last complete readings."""


def judge(stream: str, runs: Sequence[Run], shards: int) -> Verdict:
    """Say how completely a stream is read.

    Args:
        stream: The stream.
        runs: The runs of its account, the newest first.
        shards: How many shards there are now.
    """
    missing: list[str] = []
    read: list[datetime | None] = []
    for shard in (f"{index}/{shards}" for index in range(shards)):
        # One that has not ended is under way, or was killed: then `fresh` fails in the end.
        own = [run for run in runs if run.shard == shard and run.ended is not None]
        good = [run.began for run in own if not run.lacks(stream)]
        read.append(good[0] if good else None)
        if not own:
            missing.append(f"shard {shard} was never read")
        elif own[0].lacks(stream):
            missing.append(f"shard {shard}: {own[0].reasons(stream)}")
    known = [one for one in read if one is not None]
    return Verdict(not missing, missing, min(known) if len(known) == shards else None)


def check_assets(
    account: Account, project: Project, stale_after: timedelta
) -> dg.AssetChecksDefinition:
    """Make the checks of an account."""
    tap = project.taps[account.tap]
    keys = {stream: asset_key(tap, account, stream) for stream in tap.streams}
    hours = stale_after / timedelta(hours=1)
    descriptions = {
        COMPLETE: "The newest run of each shard has read all of it.",
        FRESH: f"All of it was read in the last {hours:g} hours.",
    }

    @dg.multi_asset_check(
        name=f"check_{account.id}",
        specs=[
            dg.AssetCheckSpec(name, asset=key, description=description)
            for key in keys.values()
            for name, description in descriptions.items()
        ],
    )
    def check() -> Iterator[dg.AssetCheckResult]:
        with connected(project) as connection:
            log = ReadLog(connection, tap, account.owner(tap))
            runs, rows = log.runs(account.shards), log.rows()
        now = datetime.now(UTC)
        for stream, key in keys.items():
            verdict = judge(stream, runs, account.shards)
            found = rows.get(stream, Rows(0, 0, 0))
            metadata = {"rows": found.rows, "parts": found.parts, "absent parts": found.absent}
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=COMPLETE,
                passed=verdict.is_complete,
                description="; ".join(verdict.missing) or None,
                metadata=metadata,
            )
            since = (
                {"read_at": dg.MetadataValue.timestamp(verdict.read_at)} if verdict.read_at else {}
            )
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=FRESH,
                passed=verdict.read_at is not None and now - verdict.read_at <= stale_after,
                description=None if verdict.read_at else "not all of it was ever read",
                metadata=since,
            )

    return check
