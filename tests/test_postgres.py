"""The other end, a real PostgreSQL: what the loader upserts, and what dbt makes of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scripts.comparison import canonical
from scripts.postgres import serving_postgres
from scripts.project import Project
from scripts.sandbox import serving, tap_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.postgres import Database
    from scripts.sandbox import Row, Sandbox

INSTANT = "timestamp with time zone"
TYPES = {
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "double": "double precision",
    "json": "jsonb",
    "timestamptz": INSTANT,
    "varchar": "text",
}


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


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with serving_postgres() as database:
        yield database


@pytest.fixture(scope="module")
def sandbox(project: Project) -> Iterator[Sandbox]:
    with serving("small", project.root / "output" / "sandbox.json") as running:
        yield running


@pytest.fixture(scope="module")
def postgres(project: Project, sandbox: Sandbox, database: Database) -> Project:
    """The project with the sandbox at one end and the database at the other."""
    variables = {**project.extra, **sandbox.tap_environment(), **database.settings}
    return Project(project.root, variables)


def declared_types(project: Project) -> dict[tuple[str, str], dict[str, str]]:
    """Return what the models say of each (tap, stream)."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for path in (project.root / "transform" / "models").glob("tap_*/schema.yml"):
        for model in yaml.safe_load(path.read_text())["models"]:
            tap, _, stream = model["name"].partition("__")
            found[tap, stream] = {
                column["name"]: TYPES[column["data_type"]] for column in model["columns"]
            }
    return found


def comparable(row: Row, columns: Iterable[str], types: dict[str, str]) -> str:
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
                Counter(comparable(row, columns, types) for row in either)
                for either in (truth, rows)
            )
            if expected != actual:
                missing, surplus = expected - actual, actual - expected
                found[f"{tap}.{stream}"] = ([*missing][:2], [*surplus][:2])
    return found


def count(database: Database, table: str) -> int:
    return int(database.run(f"select count(*) from {table}"))  # noqa: S608 - our own


def test_what_was_never_loaded_is_an_empty_view_with_the_declared_types(
    postgres: Project, database: Database
) -> None:
    postgres.run("run", "dbt-postgres:build")
    types = declared_types(postgres)
    assert types_of_views(database) == types
    views = " union all ".join(f"select 1 from {tap}.{stream}" for tap, stream in types)  # noqa: S608 - our own
    assert database.rows(views) == []


def test_two_nights_hold_the_truth_while_the_world_moves(
    postgres: Project, sandbox: Sandbox, database: Database
) -> None:
    postgres.run("run", "nightly-postgres")
    assert differences(sandbox, database) == {}

    sandbox.advance(2)
    postgres.run("run", "nightly-postgres")

    assert differences(sandbox, database) == {}
    assert count(database, "tap_conferencesio.attendance")
    for stream in ("sessions", "attendance"):  # this is worth something only if rows went away
        assert count(database, f"loaded_tap_conferencesio.{stream}") > count(
            database, f"tap_conferencesio.{stream}"
        )


def test_types_are_those_of_the_tap(postgres: Project, database: Database) -> None:
    """Runs after the test above, on its tables."""
    assert types_of_views(database) == declared_types(postgres)


def test_marts_join_up(sandbox: Sandbox, database: Database) -> None:
    """Runs after the tests above, on their tables."""
    (summary,) = database.rows(
        "select count(*) as sessions, sum(registered) as attendance, sum(polls) as polls"
        " from marts.session_summary"
    )
    assert summary == {name: len(sandbox.truth("conferencesio", name)) for name in summary}


def test_a_column_more_or_less_in_the_loaders_table(postgres: Project, database: Database) -> None:
    """Runs after the tests above, on their tables."""
    database.run(
        "alter table loaded_tap_conferencesio.sessions drop column location cascade;"
        "alter table loaded_tap_conferencesio.sessions add column entrance text;"
        "update loaded_tap_conferencesio.sessions"
        " set entrance = 'left', extra_fields = '{\"floor\": 2}';"
    )
    postgres.run("run", "dbt-postgres:build")
    assert types_of_views(database) == declared_types(postgres)
    for row in database.rows("select location, extra_fields from tap_conferencesio.sessions"):
        assert row == {"location": None, "extra_fields": {"entrance": "left", "floor": 2}}


def test_a_stream_that_a_stream_map_renames(postgres: Project, database: Database) -> None:
    """Runs last: the model is changed as `./dev models` does it."""
    models = postgres.root / "transform" / "models" / "tap_conferencesio"
    model = models / "tap_conferencesio__questions.sql"
    model.write_text(model.read_text().replace("alias='questions'", "alias='asked'"))
    database.run(
        "create schema if not exists loaded_tap_conferencesio;"
        "create table loaded_tap_conferencesio.asked (subdomain text, session_id text,"
        " question_key text, read_at timestamp);"
        "insert into loaded_tap_conferencesio.asked values ('x', 's', 'q', '2026-01-01');"
    )
    postgres.run("run", "dbt-postgres:build")
    assert database.rows("select question_key from tap_conferencesio.asked") == [
        {"question_key": "q"}
    ]
