"""What is done after a build: compress the raw files that it has loaded, and let readers see it.

dbt builds FOLDER/building/events.duckdb, which nobody else opens; readers open a copy of it,
FOLDER/events.duckdb, which is replaced at once and as a whole. So neither locks the other out.

Runs in dbt's environment: it needs DuckDB, and nothing else.
"""

from __future__ import annotations

import argparse
import gzip
import math
import os
import shutil
import sys
from pathlib import Path

import duckdb

DAY_SECONDS = 24 * 60 * 60


def archive(folder: Path, keep_days: float) -> None:
    """Compress the raw files that the last builds have loaded.

    Args:
        folder: The folder of raw files and warehouse.
        keep_days: Remove those that were loaded so many days ago; never if infinite.
    """
    with duckdb.connect(str(folder / "building" / "events.duckdb"), read_only=True) as warehouse:
        loaded = {
            file: (size, age)
            for file, size, age in warehouse.sql(
                "select file, bytes, epoch(now()) - epoch(loaded_at) from loading.files"
            ).fetchall()
        }
    raw = folder / "raw"
    for path in sorted(raw.glob("*/*.jsonl")):
        size, _ = loaded.get(path.relative_to(raw).as_posix(), (None, 0))
        if path.stat().st_size == size:
            _compress(path, path.with_name(path.name + ".gz"))
    for path in raw.glob("*/*.jsonl.gz") if keep_days != math.inf else ():
        _, age = loaded.get(path.relative_to(raw).as_posix().removesuffix(".gz"), (None, 0))
        if age > keep_days * DAY_SECONDS:
            path.unlink()


def _compress(path: Path, compressed: Path) -> None:
    unfinished = compressed.with_name(compressed.name + ".new")
    with path.open("rb") as source, gzip.open(unfinished, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target, 2**20)
    unfinished.replace(compressed)
    path.unlink()


def publish(folder: Path) -> None:
    """Let readers see what was built."""
    building = folder / "building" / "events.duckdb"
    duckdb.connect(str(building)).close()  # takes in what a killed build has left beside the file
    unfinished = folder / "events.duckdb.new"
    shutil.copyfile(building, unfinished)
    unfinished.replace(folder / "events.duckdb")


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="warehouse", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("archive", "publish"))
    command = parser.parse_args().command
    folder = Path(os.environ["EVENTS_FOLDER"])
    keep_days = float(os.environ.get("EVENTS_KEEP_RAW_DAYS") or "inf")
    try:
        if command == "archive":
            archive(folder, keep_days)
        else:
            publish(folder)
    except (OSError, duckdb.Error) as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
