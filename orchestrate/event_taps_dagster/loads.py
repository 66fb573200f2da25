"""An asset for each stream of an account; a run loads one shard of all of them.

load_assets    the assets of an account
asset_key      the name of one
"""

# Dagster reads annotations as they are: without `from __future__ import annotations`.
import time
from collections.abc import Iterator

import dagster as dg

from event_taps_dagster.accounts import Account, Shard
from event_taps_dagster.meltano import Meltano, MeltanoError
from event_taps_dagster.project import Project, Tap
from event_taps_dagster.warehouse import Connection, ReadLog, Run, connected, has_tables, locked

LOAD = {"event_taps/load": "true"}
"""The tag of runs that load something."""

KEY_REST_SECONDS = 6
"""So long a run that has a key to itself keeps its place in the pool once it is over.

Meet & Engage counts the calls of any 5 seconds: those of this run must not fall into one window
with those of the run that takes its place. A run that shares a key waits at its start.
"""


class LoadConfig(dg.Config):
    """What can be chosen when a run is launched."""

    full_refresh: bool = False
    """Read everything again, not only what may have changed."""


def asset_key(tap: Tap, account: Account, stream: str) -> dg.AssetKey:
    """Name the asset of a stream."""
    return dg.AssetKey([f"loaded_{tap.schema}", account.name, stream])


def load_assets(
    account: Account, project: Project, retry_policy: dg.RetryPolicy
) -> dg.AssetsDefinition:
    """Make the assets of an account."""
    tap = project.taps[account.tap]
    keys = {stream: asset_key(tap, account, stream) for stream in tap.streams}

    @dg.multi_asset(
        name=f"read_{account.id}",
        specs=[
            dg.AssetSpec(
                key,
                description=tap.streams[stream],
                group_name=account.id,
                kinds={"singer", "postgres"},
            )
            for stream, key in keys.items()
        ],
        partitions_def=dg.StaticPartitionsDefinition(account.partitions),
        backfill_policy=dg.BackfillPolicy.multi_run(1),
        retry_policy=retry_policy,
        pool=account.id,
    )
    def read(
        context: dg.AssetExecutionContext, config: LoadConfig
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Load one shard; what could be read is there, whatever else failed."""
        shard = Shard(account, account.partitions.index(context.partition_key))
        context.instance.add_run_tags(context.run_id, LOAD)  # also where the page launched it
        _refuse_too_many(context.instance, account)
        meltano = Meltano(project)
        failure, is_kept = None, False
        # Whoever else was told to load this shard waits, and then finds little to do.
        with connected(project) as connection, locked(connection, shard.plugin):
            try:
                _make_tables(connection, meltano, account, tap)
                if _was_divided_otherwise(context):
                    meltano.seed_state(shard)
                is_kept = meltano.load(shard, full_refresh=config.full_refresh)
            except MeltanoError as error:
                failure = str(error)
            finally:
                if account.parallel == 1:
                    time.sleep(KEY_REST_SECONDS)
            log = ReadLog(connection, tap, account.owner(tap))
            run, rows = newest_run(log.runs(account.shards), shard), log.rows()
            if failure is None and run is not None and not is_kept:
                failure = _not_kept(meltano, shard, run)
        for stream, key in keys.items():
            if failure is None or (run is not None and not run.lacks(stream)):
                found = rows.get(stream)
                yield dg.MaterializeResult(
                    asset_key=key, metadata={"dagster/row_count": found.rows if found else 0}
                )
        if failure is not None:
            raise dg.Failure(failure, metadata=metadata_of(run) if run else None)
        context.log.info("%s: %s", shard.plugin, metadata_of(run) if run else "nothing was due")

    return read


def _was_divided_otherwise(context: dg.AssetExecutionContext) -> bool:
    """Say whether shards were loaded since, when there was another number of them."""
    wanted = dg.DagsterEventType.ASSET_MATERIALIZATION
    _, _, shards = context.partition_key.rpartition("-")
    for key in context.selected_asset_keys:
        loaded = context.instance.get_latest_storage_id_by_partition(key, wanted)
        own = loaded.get(context.partition_key, 0)
        if any(at > own for one, at in loaded.items() if not one.endswith(f"-of-{shards}")):
            return True
    return False


def _not_kept(meltano: Meltano, shard: Shard, run: Run) -> str | None:
    """Say what is wrong if a run is not in the state; Meltano ends with 0, too, where it is not."""
    try:
        is_kept = meltano.last_run(shard) == run.began
    except MeltanoError as error:
        return str(error)
    return None if is_kept else f"the state of {shard.plugin} was not written"


def newest_run(runs: list[Run], shard: Shard) -> Run | None:
    """Return the newest run of a shard."""
    name = f"{shard.index}/{shard.account.shards}"
    return next((run for run in runs if run.shard == name), None)


def metadata_of(run: Run) -> dict[str, dg.MetadataValue]:
    """Say how a run went."""
    said: dict[str, dg.MetadataValue] = {"began": dg.MetadataValue.timestamp(run.began)}
    if run.ended is not None:
        said["seconds"] = dg.MetadataValue.float((run.ended - run.began).total_seconds())
    if run.requests is not None:
        said["rows"] = dg.MetadataValue.int(run.rows or 0)
        said["requests"] = dg.MetadataValue.int(run.requests)
    if run.failures:
        said["failures"] = dg.MetadataValue.json([*run.failures])
    return said


def _refuse_too_many(instance: dg.DagsterInstance, account: Account) -> None:
    """Refuse to run where more runs than share the budget could use the key.

    Raises:
        dg.Failure: Saying what to do.
    """
    slots = instance.event_log_storage.get_concurrency_info(account.id).slot_count
    if slots > account.parallel:
        raise dg.Failure(
            f"the pool {account.id} has {slots} places, but accounts.yml allows {account.parallel}"
            " runs at the same time: run `event-taps-dagster prepare`",
            allow_retries=False,
        )


def _make_tables(connection: Connection, meltano: Meltano, account: Account, tap: Tap) -> None:
    """Make the loader's tables where they are not there yet, one run after the other."""
    if not has_tables(connection, tap):
        with locked(connection, tap.schema):
            if not has_tables(connection, tap):
                meltano.prepare_tables(account)
