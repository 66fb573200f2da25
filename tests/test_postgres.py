"""The other end, a real PostgreSQL: what the loader upserts, and what dbt makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts import truths
from scripts.postgres import INSTANT, differences, types_of_views
from scripts.project import MeltanoError, Project
from scripts.sandbox import tap_of
from tests.conftest import keep_only
from tests.made_up_marts import Page
from tests.test_personal_data import SEED, hashes, people, uncomment

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.postgres import Database
    from scripts.sandbox import Sandbox

TYPES = {
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "double": "double precision",
    "json": "jsonb",
    "timestamptz": INSTANT,
    "varchar": "text",
}


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


def count(database: Database, table: str) -> int:
    return int(database.run(f"select count(*) from {table}"))  # noqa: S608 - our own


def failed(database: Database) -> dict[object, dict[str, object]]:
    """Return what the marts say of each stream that has failed."""
    rows = database.rows(
        "select stream, failed_parts, failed_reasons from marts.mart_freshness where is_failed"
    )
    return {row["stream"]: row for row in rows}


def test_two_nights_hold_the_truth_while_the_world_moves(
    postgres: Project, sandbox: Sandbox, database: Database
) -> None:
    """The last tap is refused a part of the first night, which is told until it is read."""
    event = sandbox.truth("expoplatform", "meetings")[0]["event_id"]
    sandbox.refuse(rf"\bevent_id={event}\b", f"/participants/{event}/list")
    with pytest.raises(MeltanoError):
        postgres.run("run", "nightly-postgres")
    postgres.run("run", "dbt-postgres:build")
    different = differences(sandbox, database)
    assert {table.partition(".")[0] for table in different} == {"tap_meetings_export"}
    of_failed = failed(database)
    assert of_failed.keys() == {*sandbox.streams("expoplatform")}
    for row in of_failed.values():
        assert row["failed_parts"] == 1
        assert "HTTP 403" in str(row["failed_reasons"])

    sandbox.refuse()
    sandbox.advance(2)
    postgres.run("run", "nightly-postgres")

    assert differences(sandbox, database) == {}
    assert failed(database) == {}
    assert count(database, "tap_conferencesio.attendance")
    for stream in ("sessions", "attendance"):  # this is worth something only if rows went away
        assert count(database, f"loaded_tap_conferencesio.{stream}") > count(
            database, f"tap_conferencesio.{stream}"
        )


def test_types_are_those_of_the_tap(postgres: Project, database: Database) -> None:
    """Runs after the test above, on its tables."""
    assert types_of_views(database) == declared_types(postgres)


def test_marts_hold_the_truth_across_vendors(sandbox: Sandbox, database: Database) -> None:
    """Runs after the tests above, on their tables."""
    assert truths.differences(sandbox, database.rows) == {}


def test_the_report_tells_what_the_marts_hold(postgres: Project, database: Database) -> None:
    """Runs after the tests above, on their tables; texts and empty cells arrive as they are."""
    database.run("update marts.dim_event set event_name = '' where vendor = 'conferencesio'")
    database.run("update marts.dim_event set event_name = null where vendor = 'meetengage'")
    postgres.run("run", "dbt-postgres:report")
    page = Page((postgres.root / "output" / "postgres" / "report.html").read_text())
    (told,) = database.rows(
        "select count(distinct e.event_key) as events, count(distinct s.session_key) as sessions"
        " from marts.dim_event as e left join marts.dim_session as s using (event_key)"
    )
    words = " ".join(page.words.split())
    assert f"Events{told['events']:,} " in words
    assert f"Sessions{told['sessions']:,} " in words
    assert not [*(postgres.root / "output" / "postgres").glob("*.duckdb")], (
        "no copy of people stays"
    )


@pytest.mark.long
def test_marts_hold_the_truth_after_each_of_ten_days(
    postgres: Project, sandbox: Sandbox, database: Database
) -> None:
    for _ in range(10):
        sandbox.advance()
        postgres.run("run", "nightly-postgres")
        assert truths.differences(sandbox, database.rows) == {}


@pytest.mark.long
def test_each_rule_of_staging_and_of_people(postgres: Project) -> None:
    """The unit tests of dbt, on the tables of the tests above."""
    postgres.run("invoke", "dbt-postgres", "test", "--target=postgres", "--select=test_type:unit")


def test_marts_join_up(sandbox: Sandbox, database: Database) -> None:
    """Runs after the tests above, on their tables."""
    (summary,) = database.rows(
        "select count(*) as sessions, sum(questions) as questions, sum(polls) as polls"
        " from marts.mart_session_scorecard where vendor = 'conferencesio'"
    )
    assert summary == {name: len(sandbox.truth("conferencesio", name)) for name in summary}


@pytest.fixture(scope="module")
def reduced(postgres: Project, sandbox: Sandbox, database: Database) -> Project:
    """Runs after the tests above: what is left are two taps, since a build takes them all."""
    taps = ("tap-conferencesio", "tap-meetengage")
    for tap in {*map(tap_of, sandbox.vendors)} - {*taps}:
        database.run(f"drop schema if exists loaded_{tap.replace('-', '_')} cascade;")
    return keep_only(postgres, *taps, marts=True)


def test_a_column_more_or_less_in_the_loaders_table_a_stream_more_and_rows_that_are_lost(
    reduced: Project, database: Database
) -> None:
    """Runs after the tests above, on their tables: the build fails by name, and loses nothing."""
    lost = count(database, "tap_conferencesio.polls")
    database.run(
        "delete from loaded_tap_conferencesio.polls;"
        "alter table loaded_tap_conferencesio.sessions drop column location cascade;"
        "alter table loaded_tap_conferencesio.sessions add column entrance text;"
        "update loaded_tap_conferencesio.sessions"
        " set entrance = 'left', extra_fields = '{\"floor\": 2}';"
        "alter table loaded_tap_meetengage.organisation_data_standard add column discovered text;"
        "create schema loaded_tap_other; create table loaded_tap_other.things (id text);"
    )
    with pytest.raises(MeltanoError) as failed:
        reduced.run("run", "dbt-postgres:build")
    database.run("drop schema loaded_tap_other cascade;")
    said = str(failed.value)
    named = re.findall(r"polls of \S+: the run of .*? read (\d+) rows", said)
    assert sum(map(int, named)) >= lost > 0, "and those of sessions that have vanished"
    assert "run tap-conferencesio target-postgres --full-refresh" in said
    assert "no model has these columns" in said
    assert "extra_fields: tap_conferencesio.sessions: entrance. ./dev models" in said
    assert "the loader's tables of tap_other.things. ./dev models" in said
    assert types_of_views(database) == declared_types(reduced)
    for row in database.rows("select location, extra_fields from tap_conferencesio.sessions"):
        assert row == {"location": None, "extra_fields": {"entrance": "left", "floor": 2}}


@pytest.fixture(scope="module")
def mapped(reduced: Project, sandbox: Sandbox, database: Database) -> Database:
    """Last of all: with stream maps, and with what nobody sends any more, told to stay."""
    path = reduced.root / "meltano.yml"
    uncomment(path)
    content = yaml.safe_load(path.read_text())
    (tap,) = (p for p in content["plugins"]["extractors"] if p["name"] == "tap-conferencesio")
    tap["config"]["stream_maps"]["questions"]["__alias__"] = "asked"
    path.write_text(yaml.safe_dump(content))
    transform = reduced.root / "transform"
    model = transform / "models" / "tap_conferencesio" / "tap_conferencesio__questions.sql"
    replace_once(model, "alias='questions'", "alias='asked'")  # as `./dev models` does it
    replace_once(
        transform / "dbt_project.yml",
        "without_model: []",
        "without_model: [tap_other, tap_conferencesio.sessions.former]",
    )
    for vendor in sandbox.vendors:  # of others, the marts would name the same people
        tap = tap_of(vendor).replace("-", "_")
        database.run(f"drop schema if exists loaded_{tap} cascade;")
    database.run(
        "create schema loaded_tap_conferencesio;"
        "create table loaded_tap_conferencesio.sessions"
        " (subdomain text, id text, former text, primary key (subdomain, id));"
        "create schema loaded_tap_other;"
        "create table loaded_tap_other.things (id text);"
    )
    variables = reduced.extra | {"EVENTS_HASH_SEED": SEED}
    Project(reduced.root, variables).run(
        "run", "--full-refresh", "tap-conferencesio", "target-postgres", "dbt-postgres:build"
    )
    return database


def replace_once(path: Path, old: str, new: str) -> None:
    before, after = path.read_text().split(old)
    path.write_text(before + new + after)


def test_nobody_can_be_found_in_tables(mapped: Database, sandbox: Sandbox) -> None:
    """Neither in the loader's nor in the views of them."""
    relations = mapped.rows(
        "select table_schema || '.' || table_name as name from information_schema.tables"
        " where table_schema like '%tap\\_conferencesio' or table_schema = 'marts'"
    )
    queries = [f"select one::text from {one['name']} as one" for one in relations]  # noqa: S608 - our own
    found = mapped.run(" union all ".join(queries))
    everybody = people(sandbox)
    assert hashes(everybody) & {*re.findall(r"\b[0-9a-f]{64}\b", found)}
    assert [one for one in everybody if re.search(rf"\b{re.escape(one)}\b", found)] == []
    assert "@" not in found


def test_what_was_never_loaded_is_an_empty_view_with_the_declared_types(
    mapped: Database, reduced: Project
) -> None:
    types = {
        table: columns
        for table, columns in declared_types(reduced).items()
        if table[0] == "tap_meetengage"
    }
    assert types
    assert types_of_views(mapped).items() >= types.items()
    views = " union all ".join(f"select 1 from {tap}.{stream}" for tap, stream in types)  # noqa: S608 - our own
    assert mapped.rows(views) == []


def test_a_stream_that_a_stream_map_renames(mapped: Database, sandbox: Sandbox) -> None:
    expected = len(sandbox.truth("conferencesio", "questions"))
    assert count(mapped, "tap_conferencesio.asked") == expected > 0
