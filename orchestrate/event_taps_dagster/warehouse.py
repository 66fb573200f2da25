"""What the loader's tables in PostgreSQL say of how an account was read.

connected    a connection, by the variables that the loader goes by
locked       a lock that holds on all machines
ReadLog      an account's runs, and how many rows its streams have
has_tables   whether the loader has made all tables of a tap
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from event_taps_dagster.project import READ_LOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from event_taps_dagster.project import Project, Tap

Connection = psycopg.Connection[Any]

_TRUE = ("true", "1", "yes", "on")
"""What Meltano takes for a yes."""

_RUNS_PER_SHARD = 50
"""So many of the newest runs are looked at."""


class Run(NamedTuple):
    """A run of one shard."""

    shard: str
    """Which of how many: `0/4`."""

    began: datetime
    ended: datetime | None
    """None if it was killed."""

    rows: int | None
    requests: int | None
    failures: Sequence[Mapping[str, Any]]
    """What could not be read: `stream`, `reason`, and how many `parts`."""

    def lacks(self, stream: str) -> bool:
        """Say whether it could not read all of a stream."""
        return self.ended is None or any(one["stream"] == stream for one in self.failures)

    def reasons(self, stream: str) -> str:
        """Say why."""
        own = [one for one in self.failures if one["stream"] == stream]
        return "; ".join(f"{one['parts']} not read ({one['reason']})" for one in own)


class Rows(NamedTuple):
    """What was read of a stream."""

    rows: int
    parts: int
    absent: int


@contextmanager
def connected(project: Project) -> Iterator[Connection]:
    """Connect to the warehouse."""
    variables = project.variables()

    def setting(name: str, default: str | None = None) -> str | None:
        return variables.get(f"TARGET_POSTGRES_{name}") or default

    has_tls = (setting("SSL_ENABLE") or "").lower() in _TRUE
    with psycopg.connect(
        host=setting("HOST"),
        port=setting("PORT"),
        user=setting("USER"),
        password=setting("PASSWORD"),
        dbname=setting("DATABASE"),
        sslmode=setting("SSL_MODE", "verify-full") if has_tls else None,
        sslrootcert=setting("SSL_CERTIFICATE_AUTHORITY") if has_tls else None,
        application_name="event-taps-dagster",
        keepalives_idle=60,  # it holds a lock while a load runs, for hours perhaps
        keepalives_interval=10,
        keepalives_count=6,
        row_factory=namedtuple_row,
        autocommit=True,
    ) as connection:
        # The server has to notice, too, that a machine is lost: else it keeps its locks for hours.
        connection.execute(
            "set tcp_keepalives_idle = 60; set tcp_keepalives_interval = 10;"
            " set tcp_keepalives_count = 6"
        )
        yield connection


@contextmanager
def locked(connection: Connection, name: str) -> Iterator[None]:
    """Keep others from what has a name, on all machines, until the end or the connection's."""
    key = f"event-taps-dagster {name}"
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [key])
    try:
        yield
    finally:
        connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def has_tables(connection: Connection, tap: Tap) -> bool:
    """Say whether there is a table for each stream of a tap."""
    found = connection.execute(
        "select table_name from information_schema.tables where table_schema = %s",
        [f"loaded_{tap.schema}"],
    )
    return {*tap.streams, READ_LOG} <= {row.table_name for row in found}


class ReadLog:
    """What was read of an account: the stream `read_log` of its tap."""

    def __init__(self, connection: Connection, tap: Tap, owner: str) -> None:
        self._connection = connection
        self._names = {
            "log": sql.Identifier(f"loaded_{tap.schema}", READ_LOG),
            "owner": sql.Identifier(tap.owner),
        }
        self._owner = owner

    def runs(self, shards: int) -> list[Run]:
        """Return the newest runs of so many shards, the newest first."""
        return [
            Run(
                row.shard,
                row.began,
                row.ended,
                row.row_count,
                row.request_count,
                row.failures or (),
            )
            for row in self._rows(
                """
                select shard, read_at at time zone 'UTC' as began,
                    ended_at at time zone 'UTC' as ended, row_count, request_count, failures
                from {log}
                where {owner} = %s and stream = 'read_log'
                order by read_at desc
                limit %s
                """,
                _RUNS_PER_SHARD * shards,
            )
        ]

    def rows(self) -> dict[str, Rows]:
        """Return how many rows each stream has."""
        return {
            row.stream: Rows(row.row_count, row.parts, row.absent)
            for row in self._rows(
                """
                select stream, cast(coalesce(sum(row_count), 0) as bigint) as row_count,
                    count(*) as parts, count(*) filter (where outcome = 'absent') as absent
                from {log}
                where {owner} = %s and stream <> 'read_log'
                group by stream
                """
            )
        }

    def _rows(self, query: str, *more: Any) -> list[Any]:
        """Return what a query finds; nothing where nothing was ever loaded."""
        named = sql.SQL(query).format(**self._names)
        try:
            return self._connection.execute(named, [self._owner, *more]).fetchall()
        except psycopg.errors.UndefinedTable:
            return []
