"""What is done after a build: let readers see it, and compress the raw files that it has loaded.

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
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_SECONDS = 24 * 60 * 60
COPY_BYTES = 2**20


@contextmanager
def _built(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what was built, so that no other build, publish or archive runs at the same time."""
    building = folder / "building" / "events.duckdb"
    if not building.exists():  # DuckDB would make an empty one
        raise FileNotFoundError(f"there is no {building}: run dbt-duckdb:build first")
    with duckdb.connect(str(building)) as warehouse:
        yield warehouse


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that takes the place of another at once, or not at all."""
    unfinished = path.with_name(path.name + ".new")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)  # after a failure, such as a full disk


def publish(folder: Path) -> None:
    """Let readers see what was built."""
    with _built(folder) as warehouse:
        warehouse.execute("checkpoint")  # nothing is left beside the file that is copied
        published = folder / "events.duckdb"
        # The built file is closed last, as closing it ends DuckDB's lock.
        with (
            (folder / "building" / "events.duckdb").open("rb") as built,
            _replacing(published) as file,
        ):
            shutil.copyfileobj(built, file, COPY_BYTES)
            # What somebody wrote into the former copy would make the new one unreadable.
            published.with_name(published.name + ".wal").unlink(missing_ok=True)


def archive(folder: Path, keep_days: float) -> None:
    """Compress the raw files that the last builds have loaded.

    Args:
        folder: The folder of raw files and warehouse.
        keep_days: Remove those that were loaded so many days ago; never if infinite.
    """
    raw = folder / "raw"
    with _built(folder) as warehouse:
        loaded = {
            file: (size, age)
            for file, size, age in warehouse.sql(
                "select file, bytes, epoch(now()) - epoch(loaded_at) from loading.files"
            ).fetchall()
        }
        for path in sorted(raw.glob("*/*.jsonl")):
            size, _ = loaded.get(path.relative_to(raw).as_posix(), (None, 0))
            if path.stat().st_size == size:
                _compress(path)
                if path.stat().st_size == size:
                    path.unlink()
        for path in sorted(raw.glob("*/*.jsonl.gz")) if keep_days != math.inf else ():
            _, age = loaded.get(path.relative_to(raw).as_posix().removesuffix(".gz"), (None, 0))
            if age > keep_days * DAY_SECONDS:
                path.unlink()


def _compress(path: Path) -> None:
    """Put a file's content into STREAM-TIME.jsonl.gz.

    If there is one, it was archived while its loader was still writing, and this is the rest; or
    an archive was killed before it removed the file, and the same lines once more do no harm.
    """
    compressed = path.with_name(path.name + ".gz")
    with path.open("rb") as source, _replacing(compressed) as file:
        shutil.copymode(path, file.name)  # who may not read the one may not read the other
        if compressed.exists():
            with compressed.open("rb") as before:
                shutil.copyfileobj(before, file, COPY_BYTES)
        with gzip.open(file, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target, COPY_BYTES)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not days >= 0:
        raise ValueError(f"keep_raw_days is a number of days, not {text!r}")
    return days


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="warehouse", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("archive", "publish"))
    command = parser.parse_args().command
    folder = Path(os.environ["EVENTS_FOLDER"])
    try:
        if command == "archive":
            archive(folder, _days(os.environ.get("EVENTS_KEEP_RAW_DAYS") or "inf"))
        else:
            publish(folder)
    except (OSError, ValueError, duckdb.Error) as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
