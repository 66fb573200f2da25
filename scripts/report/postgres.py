"""The marts of a PostgreSQL, copied for the time of one report: it is written from DuckDB."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
from psycopg import sql

from scripts.report.warehouse import MARTS, NoMartsError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = {"jsonb": "json", "double precision": "double", "text": "varchar"}
COLUMNS = """
    select column_name, data_type from information_schema.columns
    where table_schema = 'marts' and table_name = %s order by ordinal_position
"""


@contextmanager
def copied_marts() -> Iterator[Path]:
    """Copy the marts into a file of DuckDB's that is removed afterwards: it names people.

    The database is the one that the variables TARGET_POSTGRES_... name, as for the loader.

    Raises:
        NoMartsError: If there are none.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.duckdb"
        try:
            with _connected() as connection, duckdb.connect(str(path)) as warehouse:
                warehouse.execute("create schema marts")
                for name in MARTS:
                    _copy(connection, warehouse, name, Path(folder) / f"{name}.csv")
        except psycopg.Error as error:
            raise NoMartsError(f"the marts cannot be read from PostgreSQL: {error}") from error
        yield path


def _connected() -> psycopg.Connection[Any]:
    def setting(name: str) -> str | None:
        return os.environ.get(f"TARGET_POSTGRES_{name}") or None

    has_tls = (setting("SSL_ENABLE") or "").lower() in ("true", "1", "yes", "on")
    return psycopg.connect(
        host=setting("HOST"),
        port=setting("PORT"),
        user=setting("USER"),
        password=setting("PASSWORD"),
        dbname=setting("DATABASE"),
        sslmode=(setting("SSL_MODE") or "verify-full") if has_tls else None,
        sslrootcert=setting("SSL_CERTIFICATE_AUTHORITY") if has_tls else None,
    )


def _copy(
    connection: psycopg.Connection[Any],
    warehouse: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
) -> None:
    """Copy a table by way of a file, in which an empty text is quoted and a null is not."""
    found = connection.execute(COLUMNS, [name]).fetchall()
    if not found:
        raise NoMartsError(f"there is no marts.{name}: 'meltano run dbt-postgres:build' makes it")
    query = sql.SQL("copy {} to stdout (format csv, force_quote *)").format(
        sql.Identifier("marts", name)
    )
    with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(query) as rows:
        for block in rows:
            file.write(block)
    columns = ", ".join(f"{quoted(one)}: {quoted(TYPES.get(kind, kind))}" for one, kind in found)
    warehouse.execute(
        f"create table marts.{name} as select * from read_csv({quoted(str(path))},"  # noqa: S608 - our own
        f" columns = {{{columns}}}, header = false, auto_detect = false, delim = ',', quote = '\"',"
        " escape = '\"', nullstr = '', allow_quoted_nulls = false)"
    )
    path.unlink()
