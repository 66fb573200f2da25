"""Nothing vanishes between raw files and tables: what no model lists is kept, and told by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pytest
import yaml

from scripts.project import MeltanoError
from tests.conftest import keep_only, query

if TYPE_CHECKING:
    from scripts.project import Project

READ_AT = "2026-01-02T03:00:00.000001Z"
# A row's members beside its key; and its extra_fields in the table.
CASES: dict[str, tuple[str, str | None]] = {
    "nothing more": ("", None),
    "a column is missing": ('"device": "Web"', None),
    "null": ('"channel": null', '{"channel": null}'),
    "values of all kinds": (
        '"a": 1.5, "b": true, "c": "ü", "d": {"e": [1, null]}, "f": 12345678901234567890123',
        '{"a": 1.5, "b": true, "c": "ü", "d": {"e": [1, null]}, "f": 12345678901234567890123}',
    ),
    "odd names": (
        r""""q\"": 1, "'": 2, "a.b": 3, "$": 4, "$.x": 5, "\\": 6, "ü 你": 7, "": 8, "/": 9,
        "~1": 10, "a[0]": 11, "*": 12, "\t\u0000": 13, "Country": 14""",
        r"""{"q\"": 1, "'": 2, "a.b": 3, "$": 4, "$.x": 5, "\\": 6, "ü 你": 7, "": 8, "/": 9,
        "~1": 10, "a[0]": 11, "*": 12, "\t\u0000": 13, "Country": 14}""",
    ),
    "a very long name": (f'"{"x" * 10_000}": 1', f'{{"{"x" * 10_000}": 1}}'),
    "beside extra_fields": (
        '"channel": "Web", "extra_fields": {"Score": 7, "gone": null}',
        '{"channel": "Web", "Score": 7, "gone": null}',
    ),
    "extra_fields has what could not be converted": (
        '"score": null, "extra_fields": {"score": "n/a"}',
        '{"score": "n/a"}',
    ),
    "extra_fields has another value of the name": (
        '"score": 1, "extra_fields": {"score": 2, "more": 3}',
        '{"score": 1, "extra_fields": {"score": 2, "more": 3}}',
    ),
    "extra_fields is no object": (
        '"score": 1, "extra_fields": [2]',
        '{"score": 1, "extra_fields": [2]}',
    ),
    "extra_fields is no object, and alone": ('"extra_fields": 3', "3"),
    "extra_fields is empty": ('"score": 1, "extra_fields": {}', '{"score": 1}'),
    "extra_fields is null": ('"score": 1, "extra_fields": null', '{"score": 1}'),
    "a name twice": ('"score": 1, "score": 2, "country": "GB"', '{"score": 1}'),
}


def write(project: Project, tap: str, stream: str, *lines: str) -> None:
    folder = project.root / "output" / "raw" / tap
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stream}-20260102T030000.jsonl").write_text("\n".join(lines))


@dataclass
class Built:
    """A project, and the log of its build that failed."""

    project: Project
    said: str

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return query(self.project, sql, "building/events.duckdb")


@pytest.fixture(scope="module")
def built(project: Project) -> Built:
    """All cases in one build."""
    keep_only(project, "tap-conferencesio", "tap-meetengage")
    head = f'"account": "x", "window_start": "2026-01-01", "read_at": "{READ_AT}"'
    rows = [
        f'{{{head}, "row_key": {json.dumps(name)}{", " if more else ""}{more}}}'.replace("\n", " ")
        for name, (more, _) in CASES.items()
    ]
    write(project, "tap_meetengage", "organisation_data_standard", *rows, "[1]")
    write(project, "tap_meetengage", "organisation_data_custom", rows[0])
    app = {"subdomain": "example", "read_at": READ_AT, "badge": "blue", "colour's": None}
    write(project, "tap_conferencesio", "app", json.dumps(app))
    with pytest.raises(MeltanoError) as failed:
        project.run("run", "dbt-duckdb:build")
    return Built(project, str(failed.value))


def test_what_has_no_model_fails_the_build_by_name(built: Built) -> None:
    """With the command that mends it; columns that discovery may find fail nothing."""
    command = "./dev models --environment=demo"
    assert f"tap_meetengage.organisation_data_custom. {command} writes" in built.said
    assert f"tap_conferencesio.app: badge, colour's. {command} writes" in built.said
    assert "organisation_data_standard" not in built.said


def test_what_has_no_model_is_loaded_as_far_as_possible(built: Built) -> None:
    """And no file counts as loaded until each column has a model: the next build says it again."""
    ((extra,),) = built.query("select extra_fields from tap_conferencesio.app")
    assert json.loads(str(extra)) == {"badge": "blue", "colour's": None}
    assert built.query("select stream from loading.files") == []


def test_what_no_model_lists_is_in_extra_fields(built: Built) -> None:
    rows = built.query(
        "select row_key, extra_fields from tap_meetengage.organisation_data_standard order by all"
    )
    found = {key: json.loads(str(extra)) if extra else None for key, extra in rows}
    expected = {name: json.loads(extra) if extra else None for name, (_, extra) in CASES.items()}
    assert found == expected


def test_a_column_that_comes_after_its_files_are_gone_takes_what_was_kept(
    built: Built, project: Project
) -> None:
    """Runs last, as it changes the model."""
    path = project.root / "transform" / "models" / "tap_conferencesio" / "schema.yml"
    content = yaml.safe_load(path.read_text())
    (app,) = (one for one in content["models"] if one["name"] == "tap_conferencesio__app")
    app["columns"] += [{"name": "badge", "data_type": "varchar"}]
    app["columns"] += [{"name": "colour's", "data_type": "bigint"}]
    path.write_text(yaml.safe_dump(content))
    file = "tap_conferencesio/app-20260102T030000.jsonl"
    (project.root / "output" / "raw" / file).unlink()
    with duckdb.connect(
        str(project.root / "output/building/events.duckdb")
    ) as warehouse:  # it was loaded by a model of then
        noted = "insert into loading.files values ('tap_conferencesio', 'app', $1, 1, now())"
        warehouse.execute(noted, [file])
    with pytest.raises(MeltanoError, match="organisation_data_custom"):  # that has no model yet
        project.run("run", "dbt-duckdb:build")
    rows = built.query("""select badge, "colour's" from tap_conferencesio.app""")
    assert rows == [("blue", None)]
