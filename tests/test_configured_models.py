"""./dev models: tables for what settings make, against the sandbox, and nothing vanishes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts import docs, models
from scripts.models import ModelsError, find_plugins, merged
from scripts.project import Project
from scripts.sandbox import serving
from scripts.taps import Column, Stream, Tap, find_taps, load_class
from tests.conftest import keep_only, query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scripts.sandbox import Row, Sandbox


# What a user may set, by tap.
SETTINGS: dict[str, dict[str, object]] = {
    "tap-conferencesio": {
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "stream_maps": {
            "attendance": {
                "__alias__": "check_ins",
                "admin_note": "__NULL__",
                "attendee_note": "md5(attendance_key)",
                "year": "int(session_date[0:4]) if session_date else None",
            },
            "people": {
                "__source__": "attendance",
                "__else__": None,
                "subdomain": "subdomain",
                "session_id": "session_id",
                "attendance_key": "attendance_key",
                "read_at": "read_at",
                "o'key": "attendance_key",
            },
        },
    },
    "tap-meetengage": {"data_methods": ["standard", "chat-summary MI"]},
}


@dataclass
class Configured:
    """A project with settings of its own, loaded and built once."""

    project: Project
    sandbox: Sandbox

    def truth(self, vendor: str, stream: str) -> list[Row]:
        return self.sandbox.truth(vendor, stream)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return query(self.project, sql)

    def types(self, table: str) -> dict[str, str]:
        columns = f"select column_name, column_type from (describe {table}) order by all"  # noqa: S608 - our own
        return {str(name): str(kind) for name, kind in self.query(columns)}


def run(project: Project, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def configured(project: Project) -> Iterator[Configured]:
    keep_only(project, *SETTINGS, marts=True)
    path = project.root / "meltano.yml"
    content = yaml.safe_load(path.read_text())
    extractors = content["plugins"]["extractors"]
    content["plugins"]["extractors"] = [one for one in extractors if one["name"] in SETTINGS]
    (demo,) = (one for one in content["environments"] if one["name"] == "demo")
    demo["config"]["plugins"]["extractors"] = [
        {
            **one,
            "config": {**one["config"], **SETTINGS[one["name"]]},
            "select": ["*.*"],
        }
        for one in demo["config"]["plugins"]["extractors"]
        if one["name"] in SETTINGS
    ]
    path.write_text(yaml.safe_dump(content))
    with serving("small", project.root / "output" / "sandbox.json") as sandbox:
        variables = {**project.extra, **sandbox.tap_environment()}
        running = Project(project.root, variables)
        running.run("run", *(part for tap in SETTINGS for part in (tap, "target-jsonl")))
        written = run(running, "scripts.models", "--environment=demo")
        assert written.returncode == 0, written.stderr
        running.run("run", "dbt-duckdb:build", "dbt-duckdb:publish")
        yield Configured(running, sandbox)


def test_a_custom_data_method_has_a_table(configured: Configured) -> None:
    truth = configured.truth("meetengage", "organisation_data_chat_summary_mi")
    rows = configured.query(
        "select country from tap_meetengage.organisation_data_chat_summary_mi order by all"
    )
    assert truth
    assert rows == sorted((row["country"],) for row in truth)
    (log,) = configured.query(
        "select count(*) from tap_meetengage.read_log where outcome = 'read'"
        " and stream = 'organisation_data_chat_summary_mi'"
    )
    assert log != (0,)


def test_mapped_columns_are_in_the_table_that_is_called_as_the_map_says(
    configured: Configured,
) -> None:
    truth = configured.truth("conferencesio", "attendance")
    types = configured.types("tap_conferencesio.check_ins")
    assert "admin_note" not in types
    assert (types["year"], types["session_date"]) == ("BIGINT", "DATE")
    rows = configured.query(
        "select attendance_key, attendee_note, year, cast(year(session_date) as bigint),"
        " user__email from tap_conferencesio.check_ins order by all"
    )
    assert truth
    assert {row[1] for row in rows} == {md5(str(row[0])) for row in rows}
    assert all(row[2] == row[3] for row in rows)
    assert sorted(str(row[4]) for row in rows) == sorted(
        str((row["user"] or {}).get("email")) for row in truth
    )


def test_a_copy_of_a_stream_is_a_table_too(configured: Configured) -> None:
    rows = configured.query(
        """select attendance_key, "o'key" from tap_conferencesio.people order by all"""
    )
    assert len(rows) == len(configured.truth("conferencesio", "attendance"))
    assert all(key == copied for key, copied in rows)


def test_marts_follow_a_stream_by_its_new_name(configured: Configured) -> None:
    (attended,) = configured.query(
        "select sum(records) from marts.fct_attendance where vendor = 'conferencesio'"
    )
    records = configured.truth("conferencesio", "attendance")
    assert attended == (sum(row["checkin_time"] is not None for row in records),)


def test_a_failure_of_meltano_is_one_line(configured: Configured) -> None:
    failed = run(configured.project, "scripts.models", "--environment=nowhere")
    assert failed.returncode == 1
    asking, reason = failed.stderr.splitlines()
    assert asking.endswith("asking Meltano for its settings and columns")
    assert "Environment 'nowhere' was not found." in reason


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("kill -KILL $$", "Meltano was ended by SIGKILL"),
        ("exit 3", "Meltano ended with exit code 3"),
    ],
)
def test_a_meltano_that_says_nothing_is_told_by_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str, reason: str
) -> None:
    (tmp_path / "meltano").write_text(f"#!/bin/sh\n{end}\n")
    (tmp_path / "meltano").chmod(0o755)
    monkeypatch.setattr(models, "BIN", tmp_path)
    with pytest.raises(ModelsError, match=rf"^tap-x: {reason}$"):
        models.ask_meltano("prod", "tap-x")


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def tap() -> Tap:
    (tap,) = find_taps(names=["tap-conferencesio"])
    return tap


@pytest.fixture
def ask(tap: Tap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """Write the models of tap-conferencesio with some settings; return the files' names."""
    for module, name in ((docs, "ROOT"), (docs, "MODELS")):
        monkeypatch.setattr(module, name, tmp_path)
    catalog = load_class(tap.name)(config={}, validate_config=False).catalog_dict

    def write(**config: object) -> list[str]:
        monkeypatch.setattr(models, "ask_meltano", lambda *_asked: (config, catalog))
        taps = models.as_configured([tap], "prod")
        files = {path: text for one in taps for path, text in docs.models(one).items()}
        return [path.name for path in docs.write(files)]

    return write


def test_secrets_that_were_asked_for_are_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    (tap,) = find_taps(names=["tap-accelevents"])
    config = {"include_secrets": True}
    catalog = load_class(tap.name)(config=config, validate_config=False).catalog_dict
    monkeypatch.setattr(models, "ask_meltano", lambda *_asked: (config, catalog))
    (configured,) = models.as_configured([tap], "prod")
    (sessions,) = (one for one in configured.streams if one.name == "sessions")
    types = {column.name: column.data_type for column in sessions.columns}
    assert {types[name] for name in ("stream_key", "rtmp_url", "meeting_password")} == {"varchar"}
    assert docs.models(configured) != docs.models(tap)


def test_a_second_call_writes_nothing_and_no_settings_the_defaults(
    ask: Callable[..., list[str]],
) -> None:
    """Models of settings are marked as such, so that the generator of the defaults leaves them."""
    everything = ask()
    assert not docs.are_configured("tap_conferencesio")
    mapped = {"polls": {"rank": "str(rank)"}}
    assert set(ask(stream_maps=mapped)) == set(everything)
    assert docs.are_configured("tap_conferencesio")
    assert ask(stream_maps=mapped) == []
    assert set(ask()) == set(everything)
    assert not docs.are_configured("tap_conferencesio")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"sessions": {"id": "md5(id)"}}, ("id", "attendance")),
        ({"attendance": {"session_id": "md5(session_id)"}}, ("session_id", "attendance")),
        ({"attendance": {"session_id": "session_id"}}, None),
        ({"attendance": {"user": "__NULL__"}}, None),
    ],
)
def test_deletions_that_cannot_be_told_any_more_are_named(
    ask: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    changed: dict[str, dict[str, str]],
    told: tuple[str, str] | None,
) -> None:
    ask(stream_maps=changed)
    said = capsys.readouterr().err
    model = (tmp_path / "tap_conferencesio" / "tap_conferencesio__attendance.sql").read_text()
    assert ("scope" in model) == (told is None)
    assert f"rows of {told[1]} stay" in said if told else "stay" not in said, said


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"app": {"__key_properties__": []}}, "app has no key"),
        (
            {"app": {"__else__": None, "subdomain": "subdomain"}},
            "app has no column read_at",
        ),
        ({"app": {"subdomain": None}}, "subdomain"),
        ({"app": {"name": "("}}, "Failed to parse"),
    ],
)
def test_a_stream_map_that_no_table_can_hold_is_told(
    ask: Callable[..., list[str]], changed: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelsError, match=rf"^tap-conferencesio: .*{message}"):
        ask(stream_maps=changed)


def stream(**said: str) -> Stream:
    columns = tuple(Column(name, kind, "") for name, kind in said.items())
    return Stream("x", "", ("id",), None, columns, None)


def test_plugins_that_load_into_the_same_tables_share_models() -> None:
    (both,) = merged("tap", [stream(id="varchar"), stream(id="varchar", more="date")])
    assert [column.name for column in both.columns] == ["id", "more"]
    with pytest.raises(ModelsError, match="tap: x has other types of id"):
        merged("tap", [stream(id="varchar"), stream(id="bigint")])


def test_each_plugin_of_a_tap_is_found() -> None:
    found = {plugin.name: plugin.load_schema for plugin in find_plugins(["tap-airmeet"])}
    assert found == {"tap-airmeet": "tap_airmeet"}
