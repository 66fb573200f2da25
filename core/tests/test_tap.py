"""What a run writes, says and returns."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.testing.api_server import ApiServer, Scripted, Seen, status

from .runs import (
    KEY,
    SCRIPT,
    Run,
    Spawned,
    catalog_of,
    command,
    config_of,
    run,
    spawned,
    stream_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDS = "2026-01-01T00:00:00Z"
PERSON = {
    "id": 1,
    "fullName": "Ada",
    "Age": "36",
    "address": {"city": "London", "street": "St James's Square", "zip": 1},
    "shoe": "EU-38",
    "personalLink": "https://in.example.org/ada",
}


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    return (
        server.on("/people", {"data": [PERSON, {"id": 2}]})
        .on("/events", {"data": [{"id": n, "ends_at": ENDS} for n in "ab"]})
        .on("/events/{}/visits", {"data": [{"person": "ada", "minutes": 5}], "next": None})
        .on("/events/{}/polls", {"data": {"polls": [{"id": 1}], "votes": [{"poll": 1}]}})
        .on("/events/{}/report", {"data": [{"id": 1}], "next": None})
    )


# Messages


def test_each_schema_comes_once_and_before_its_records(api: ApiServer) -> None:
    result = run(api)
    known: list[str] = []
    for message in result.messages:
        if message["type"] == "SCHEMA":
            known.append(message["stream"])
        if message["type"] == "RECORD":
            assert message["stream"] in known
            assert message["time_extracted"] == message["record"]["read_at"]
    assert sorted(known) == sorted(stream_names())


def test_a_catalog_made_with_secrets_does_not_bring_them_back(api: ApiServer) -> None:
    catalog = catalog_of()
    people = next(entry for entry in catalog["streams"] if entry["stream"] == "people")
    people["schema"]["properties"]["personal_link"] = {"type": ["string", "null"]}
    assert str(PERSON["personalLink"]) not in run(api, catalog=catalog).stdout


# The catalog


def test_a_record_holds_no_column_that_its_schema_does_not(api: ApiServer) -> None:
    """A catalog may be older than the tap, made without secrets, or cut for privacy."""
    catalog = catalog_of()
    for entry in catalog["streams"]:
        if entry["stream"] == "people":
            del entry["schema"]["properties"]["age"]
            entry["schema"]["properties"]["address"] = {"type": ["string", "null"]}
    result = run(api, catalog=catalog, include_secrets=True)
    assert result.exit_code == 0
    for schema in result.of_type("SCHEMA"):
        for record in result.records(schema["stream"]):
            assert list(record) == [n for n in schema["schema"]["properties"] if n in record]
    first = result.records("people")[0]
    assert "age" not in first
    assert "Age" not in first["extra_fields"], "left out is left out"
    assert first["address"] is None, "its type is the catalog's"
    assert str(PERSON["personalLink"]) not in result.stdout


def test_a_catalog_without_a_key_is_said_in_one_line(api: ApiServer) -> None:
    catalog = catalog_of()
    for entry in catalog["streams"]:
        entry["schema"]["properties"].pop("vote_key", None)
    result = run(api, catalog=catalog)
    assert result.exit_code == 1
    assert "vote_key of stream votes" in str(result.error)
    assert result.stdout == ""


@pytest.mark.parametrize("inclusion", ["available", None])
def test_when_a_row_was_read_cannot_be_deselected(api: ApiServer, inclusion: str | None) -> None:
    """Without it nothing says which row is the newest, or what is gone."""
    catalog = catalog_of()
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] and item["breadcrumb"] != ["properties", "person"]:
                item["metadata"].update(inclusion=inclusion, selected=False)
    result = run(api, catalog=catalog)
    assert list(result.records("visits")[0]) == ["event_id", "visit_key", "person", "read_at"]
    assert set(result.records("read_log")[0]) == {
        *("stream", "parent_id", "outcome", "reason", "row_count", "continues", "shard"),
        *("ended_at", "request_count", "failures", "read_at"),
    }


# Selection and the SDK's own ways


@pytest.mark.parametrize("is_declared", [True, False])
def test_extra_fields_can_be_left_out(api: ApiServer, *, is_declared: bool) -> None:
    """By deselecting them, or by a catalog that has none."""
    catalog = catalog_of(selection={("people", "extra_fields"): False})
    for entry in catalog["streams"]:
        if not is_declared:
            entry["schema"]["properties"].pop("extra_fields")
    result = run(api, catalog=catalog)
    assert all("extra_fields" not in record for record in result.records("people"))
    assert "EU-38" not in result.stdout


def test_deselection_within_an_object_goes_the_sdks_way_with_equal_records(
    api: ApiServer,
) -> None:
    short = run(api).records("people")
    catalog = catalog_of(selection={("people", "address", "street"): False})
    result = run(api, catalog=catalog)
    (schema,) = result.of_type("SCHEMA", "people")
    assert "street" not in schema["schema"]["properties"]["address"]["properties"]
    assert result.records("people") == [
        {
            **record,
            "read_at": result.column("people", "read_at")[0],
            "address": record["address"] and {"city": "London", "zip": 1},
        }
        for record in short
    ]


def without_times(result: Run, stream: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in record.items() if name != "read_at"}
        for record in result.records(stream)
    ]


def test_stream_maps_work_as_documented(api: ApiServer) -> None:
    plain = run(api)
    maps = {
        "people": {"shout": "full_name.upper() if full_name else None", "age": None},
        "visits": {"marker": "'m'"},
    }
    mapped = run(api, stream_maps=maps)
    (schema,) = mapped.of_type("SCHEMA", "people")
    assert "shout" in schema["schema"]["properties"]
    assert "age" not in schema["schema"]["properties"]
    expected = without_times(plain, "people")
    for record in expected:
        del record["age"]
        record["shout"] = record["full_name"] and record["full_name"].upper()
    assert without_times(mapped, "people") == expected
    expected = [{**record, "marker": "m"} for record in without_times(plain, "visits")]
    assert without_times(mapped, "visits") == expected
    assert without_times(mapped, "votes") == without_times(plain, "votes")


def test_a_stream_map_may_rename_and_leave_out(api: ApiServer) -> None:
    maps = {"people": {"__alias__": "humans", "__filter__": "id == '1'"}, "polls": None}
    result = run(api, stream_maps=maps)
    assert result.column("humans", "id") == ["1"]
    assert result.of_type("SCHEMA", "polls") == result.of_type("RECORD", "polls") == []
    assert result.records("votes")
    counts = {row["stream"]: row["row_count"] for row in result.records("read_log")}
    assert counts["people"] == 1, "what the filter leaves out is not missing anywhere"
    assert result.summary("people").startswith("1 rows, ")
    others = sum(len(result.records(name)) for name in ("events", "visits", "votes", "reports"))
    assert result.noted_run["row_count"] == 1 + others


def test_flattening_works_as_documented(api: ApiServer) -> None:
    plain = run(api)
    result = run(api, flattening_enabled=True, flattening_max_depth=1)
    (flat, _) = result.records("people")
    assert flat["address__city"] == "London"
    assert "address" not in flat
    assert result.column("visits", "event_ends_at") == plain.column("visits", "event_ends_at")


def in_files(folder: Path) -> dict[str, Any]:
    encoding = {"format": "jsonl", "compression": "gzip"}
    return {"encoding": encoding, "storage": {"root": f"file://{folder}"}}


def test_batch_files_hold_the_same_records(api: ApiServer, tmp_path: Path) -> None:
    result = run(api, select=["people", "visits"], batch_config=in_files(tmp_path))
    for stream in ("people", "visits"):
        rows = []
        for message in result.of_type("BATCH", stream):
            for name in message["manifest"]:
                content = gzip.decompress(Path(name.removeprefix("file://")).read_bytes())
                rows += [json.loads(line) for line in content.splitlines()]
        plain = without_times(run(api, select=[stream]), stream)
        assert [{k: v for k, v in row.items() if k != "read_at"} for row in rows] == plain


def test_nothing_counts_as_read_before_its_batch_file_is_announced(
    api: ApiServer, tmp_path: Path
) -> None:
    """Whatever ends the run in between: the records are in no file that a target knows of."""
    result = run(api, select=["people", "visits", "read_log"], batch_config=in_files(tmp_path))
    announced: set[str] = set()
    for message in result.messages:
        announced |= {message["stream"]} if message["type"] == "BATCH" else set()
        if message["type"] == "STATE" and "visits" in message["value"]["bookmarks"]:
            assert "visits" in announced or not message["value"]["bookmarks"]["visits"]
        if message.get("stream") == "read_log" and message["type"] == "RECORD":
            assert message["record"]["stream"] in announced | {"read_log"}
    assert {"people", "visits"} <= announced
    assert result.noted_run["row_count"] == 4


# ACTIVATE_VERSION


def versions(result: Run) -> list[str]:
    return [message["stream"] for message in result.of_type("ACTIVATE_VERSION")]


def test_activate_version_comes_after_a_complete_full_table_stream(api: ApiServer) -> None:
    assert versions(run(api)) == [], "unless it is asked for"
    result = run(api, emit_activate_version_messages=True)
    assert versions(result) == ["events", "people"]
    kinds = [(m["type"], m.get("stream")) for m in result.messages]
    last_record = max(n for n, kind in enumerate(kinds) if kind == ("RECORD", "people"))
    assert kinds.index(("ACTIVATE_VERSION", "people")) > last_record
    (activated,) = result.of_type("ACTIVATE_VERSION", "people")
    assert {message["version"] for message in result.of_type("RECORD", "people")} == {
        activated["version"]
    }


def test_a_stream_that_was_not_read_whole_empties_no_table(api: ApiServer) -> None:
    api.on("/events/b/visits", status(400)).on("/people", status(400))
    catalog = catalog_of(visits="FULL_TABLE", polls="FULL_TABLE")
    result = run(api, catalog=catalog, emit_activate_version_messages=True)
    assert result.exit_code == 1
    assert versions(result) == ["events", "polls"]


def test_a_shard_does_not_drop_the_rows_of_the_others(api: ApiServer) -> None:
    catalog = catalog_of(visits="FULL_TABLE")
    result = run(
        api, catalog=catalog, emit_activate_version_messages=True, shard_count=2, shard_index=0
    )
    assert "visits" not in versions(result)


# State


def test_state_goes_on_from_state(api: ApiServer) -> None:
    first = run(api)
    second = run(api, state=first.state)
    assert second.exit_code == 0
    before, after = first.state["bookmarks"]["visits"], second.state["bookmarks"]["visits"]
    assert before["replication_key_value"] < after["replication_key_value"]
    assert before["parents_read"] == after["parents_read"]


def test_bookmarks_of_streams_that_are_not_selected_are_kept(api: ApiServer) -> None:
    kept = {"replication_key": "event_ends_at", "replication_key_value": "2026-01-02T00:00:00Z"}
    result = run(api, select=["people"], state={"bookmarks": {"visits": kept}})
    assert result.state["bookmarks"]["visits"] == kept


def test_state_of_another_tap_or_version_does_no_harm(api: ApiServer) -> None:
    state = {
        "bookmarks": {
            "gone": {"x": 1},
            "visits": {"partitions": [], "progress_markers": {"Note": "old"}},
        },
        "unknown": True,
    }
    assert run(api, state=state).exit_code == 0


# What it calls itself


@pytest.mark.parametrize("user_agent", [None, "acme-etl/7 (data@acme.example)"])
def test_every_request_names_the_tap_or_what_the_user_calls_it(
    api: ApiServer, user_agent: str | None
) -> None:
    run(api, select=["people"], user_agent=user_agent)
    (request,) = api.requests
    ours = r"tap-toy/.+ \(singer-sdk/[\w.]+\)"
    wanted = ours if user_agent is None else re.escape(user_agent)
    assert re.fullmatch(wanted, request.headers["User-Agent"])


# The summary


def test_the_summary_has_a_line_per_stream(api: ApiServer) -> None:
    result = run(api)
    assert result.summary("people") == "2 rows, 1 requests, undeclared, kept in extra_fields: shoe"
    assert result.summary("visits") == "2 rows, 2 requests"
    assert result.summary("votes").startswith("2 rows, 0 requests")


# A process of its own


@pytest.fixture
def gate() -> Iterator[Callable[[Seen], Scripted]]:
    """Answer visits of event `a`, and let the tap wait for those of `b` until the test is over."""
    opened = threading.Event()

    def answer(seen: Seen) -> Scripted:
        if seen.segments[3] == "b":
            opened.wait(60)
        return {"data": [{"person": "ada"}] * 50, "next": None}

    yield answer
    opened.set()


def until_event_a_is_read(tap: Spawned, api: ApiServer, *, workers: int) -> None:
    """With workers, STATE is sent while the next event is awaited; without, it is awaited first."""
    tap.wait_for(lambda: bool(api.seen("/events/b/visits")))
    if workers > 1:
        tap.wait_for(lambda: '"visits":{"replication_key' in tap.file.read_text())


def only_whole_lines(result: Run) -> None:
    assert result.stdout.endswith("\n") or not result.stdout
    assert [message["type"] for message in result.messages]


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, 1), (signal.SIGTERM, 4)], ids=["130", "143"]
)
def test_a_signal_ends_the_run_between_two_records_with_its_own_exit_code(
    api: ApiServer,
    tmp_path: Path,
    gate: Callable[[Seen], Scripted],
    number: signal.Signals,
    workers: int,
) -> None:
    api.on("/events/{}/visits", gate)
    with spawned(config_of(api, concurrency=workers), tmp_path) as tap:
        until_event_a_is_read(tap, api, workers=workers)
        tap.process.send_signal(number)
        result = tap.finish()  # in vain where it waits for the answer
    assert result.exit_code == 128 + number
    only_whole_lines(result)
    assert number.name in result.log[-1]
    assert not any("Traceback" in line or "defect" in line for line in result.log)
    assert len(result.records("visits")) == 50
    assert result.bookmark("visits") == ENDS, "event a was read completely"
    assert result.noted_run["ended_at"]
    left = {one["stream"]: one["reason"] for one in result.noted_run["failures"]}
    assert left["visits"] == "the run was stopped"
    assert "people" not in left, "it had been read"


def test_a_signal_while_the_parents_are_awaited_is_no_defect(
    api: ApiServer, tmp_path: Path
) -> None:
    opened = threading.Event()
    api.on("/events", lambda _: {"data": []} if opened.wait(60) else {})
    with spawned(config_of(api), tmp_path) as tap:
        tap.wait_for(lambda: bool(api.seen("/events")))
        tap.process.terminate()
        result = tap.finish()
    opened.set()
    assert result.exit_code == 143
    assert not any("Traceback" in line or "defect" in line for line in result.log)


def test_a_target_that_goes_away_is_said_in_one_line(api: ApiServer, tmp_path: Path) -> None:
    api.on("/people", {"data": [{"id": n, "fullName": "x" * 500} for n in range(3000)]})
    with spawned(config_of(api), tmp_path, stdout=subprocess.PIPE) as tap:
        assert tap.process.stdout is not None
        tap.process.stdout.readline()
        tap.process.stdout.close()
        assert tap.process.stderr is not None
        log = tap.process.stderr.read().splitlines()
        assert tap.process.wait(20) == 1
    assert "closed the pipe" in log[-1]
    assert not any("Traceback" in line or "BrokenPipe" in line for line in log)


def test_settings_may_come_from_the_environment(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "API_URL": api.api_url,
        "API_KEY": KEY,
        "CONCURRENCY": "2",
        "INCLUDE_SECRETS": "yes",
    }
    for name, text in settings.items():
        monkeypatch.setenv(f"TAP_TOY_{name}", text)
    result = command("--config", "ENV")
    assert result.exit_code == 0
    assert result.column("people", "personal_link")[0] == PERSON["personalLink"]
    assert api.requests[0].headers["X-Key"] == KEY


def test_killed_at_once_a_run_resumes_from_its_last_state(
    api: ApiServer, tmp_path: Path, gate: Callable[[Seen], Scripted]
) -> None:
    """`kill -9` leaves at most one unfinished line, and no state for what it did not write."""
    api.on("/events/{}/visits", gate)
    with spawned(config_of(api), tmp_path) as tap:
        until_event_a_is_read(tap, api, workers=8)
        os.kill(tap.process.pid, signal.SIGKILL)
        stdout = tap.finish().stdout
    killed = Run(-9, "\n".join(line for line in stdout.splitlines() if line.endswith("}")))
    api.on("/events/{}/visits", {"data": [{"person": "ada"}] * 50, "next": None})
    resumed = run(api, state=killed.state)
    read = set(killed.column("visits", "event_id")) | set(resumed.column("visits", "event_id"))
    assert read == {"a", "b"}


# stdout


@pytest.mark.parametrize("closed", [False, True])
def test_a_stdout_that_takes_nothing_ends_the_run_in_one_line(
    api: ApiServer, tmp_path: Path, *, closed: bool
) -> None:
    """A disk is full, or a shell has closed it."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_of(api)))
    redirection = ">&-" if closed else "> /dev/full"
    line = f'"{sys.executable}" "{SCRIPT}" --config "{config}" {redirection}'
    ended = subprocess.run(["/bin/sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "stdout" in ended.stderr.splitlines()[-1]


# The clock


def test_rows_are_newer_than_those_of_the_last_run_whatever_the_clock_says(
    api: ApiServer,
) -> None:
    """A clock that was ahead once must not make a year of nights look older than that one."""
    future = "2999-01-01T00:00:00.000000Z"
    kept = {"replication_key": "read_at", "replication_key_value": future}
    result = run(api, state={"bookmarks": {"read_log": kept}})
    assert set(result.column("people", "read_at")) == {"2999-01-01T00:00:00.000001Z"}
    assert result.noted_run["ended_at"] == result.noted_run["read_at"], "no run ends before that"
    assert sum("clock of this machine is behind" in line for line in result.log) == 1
    again = run(api, state=result.state)
    assert again.column("people", "read_at") > result.column("people", "read_at")
    assert not any("clock" in line for line in run(api, state=run(api).state).log)


# Which run a run goes on from


def test_a_run_says_which_run_it_goes_on_from(api: ApiServer) -> None:
    """Once, however often STATE is sent, and before the first STATE that names it."""
    first = run(api)
    second = run(api, state=first.state, shard_count=2, shard_index=1)
    assert first.noted_run["continues"] is None
    assert first.noted_run["shard"] == "0/1"
    assert first.noted_run["parent_id"] == first.noted_run["read_at"]
    assert second.noted_run["continues"] == first.noted_run["parent_id"]
    assert second.noted_run["shard"] == "1/2"


def test_what_no_read_log_speaks_of_is_not_gone_on_from(api: ApiServer) -> None:
    """Else a read log that is selected again would look as if rows were missing."""
    first = run(api)
    without = run(api, state=first.state, select=["people"])
    assert run(api, state=without.state).noted_run["continues"] is None
