"""The checker of the demo and of the end-to-end tests: it must be able to say no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUTH: list[dict[str, object]] = [
    {
        "id": "a",
        "seen_at": "2026-01-02T03:04:05.5Z",
        "day": "2026-01-02",
        "score": 5,
        "who": {"b": [1]},
    },
    {"id": "b", "seen_at": None, "day": None, "score": None, "who": None},
]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.sql("set TimeZone = 'America/New_York'")
        connection.sql(
            "create table t (id text, seen_at timestamptz, day date, score double,"
            " who json, ours text)"
        )
        connection.sql(
            "insert into t values ('b', null, null, null, null, 'x'),"
            " ('a', '2026-01-01 22:04:05.500-05', '2026-01-02', 5.0, '{\"b\": [1.0]}', 'y')"
        )
        yield connection


def test_the_same_rows_in_another_order_and_form(warehouse: duckdb.DuckDBPyConnection) -> None:
    result = compare(warehouse, "t", TRUTH)
    assert (result.equal, result.loaded, result.expected) == (True, 2, 2)


@pytest.mark.parametrize(
    "change",
    [
        "update t set seen_at = seen_at + interval 1 microsecond where id = 'a'",
        "update t set who = '{\"b\": [2]}' where id = 'a'",
        "update t set score = 0 where id = 'b'",
        "delete from t where id = 'b'",
        "insert into t select * from t where id = 'a'",
        "alter table t drop column day",
    ],
)
def test_every_difference_is_seen(warehouse: duckdb.DuckDBPyConnection, change: str) -> None:
    warehouse.sql(change)
    assert not compare(warehouse, "t", TRUTH).equal


def test_rows_where_there_should_be_none(warehouse: duckdb.DuckDBPyConnection) -> None:
    result = compare(warehouse, "t", [])
    assert (result.equal, len(result.surplus)) == (False, 2)
