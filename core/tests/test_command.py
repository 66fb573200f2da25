"""Whatever a user gets wrong ends in one line that says what to do, and exit code 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.setting_texts import in_words
from event_taps_core.testing.api_server import ApiServer, Reply, status

from .runs import KEY, Run, command, config_of, stream_names

if TYPE_CHECKING:
    from pathlib import Path

NEVER_IN_A_LAST_LINE = ("Traceback", "defect", KEY, "\n")


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    ends = "2026-01-01T00:00:00Z"
    return (
        server.on("/people", {"data": [{"id": 1}]})
        .on("/events", {"data": [{"id": "a", "ends_at": ends}]})
        .on("/events/{}/visits", {"data": [{"person": "ada"}], "next": None})
        .on("/events/{}/polls", {"data": {"polls": [{"id": 1}], "votes": [{"poll": 1}]}})
        .on("/events/{}/report", {"data": [{"id": 1}], "next": None})
    )


@pytest.fixture
def config(api: ApiServer, tmp_path: Path) -> str:
    return written(tmp_path, "config.json", json.dumps(config_of(api)))


def written(folder: Path, name: str, content: str) -> str:
    file = folder / name
    file.write_text(content)
    return str(file)


def with_settings(api: ApiServer, folder: Path, **changes: Any) -> Run:
    given = {name: value for name, value in config_of(api, **changes).items() if value is not ...}
    return command("--config", written(folder, "changed.json", json.dumps(given)))


def assert_one_last_line(result: Run, *said: str) -> None:
    assert result.exit_code == 1
    last = result.log[-1]
    assert last.startswith("tap-toy: ")
    for part in said:
        assert part in last
    assert not any(never in last for never in NEVER_IN_A_LAST_LINE)
    assert not any("Traceback" in line for line in result.log)
    assert all(json.loads(line) for line in result.stdout.splitlines())


# Settings


@pytest.mark.parametrize("key", [..., None, ""], ids=["left out", "null", "empty"])
def test_a_missing_key_is_named_with_its_environment_variable(
    api: ApiServer, tmp_path: Path, key: object
) -> None:
    """Beside any other mistake; what else is null has its default."""
    result = with_settings(api, tmp_path, api_key=key, concurrency=0, settle_days=None)
    said = ("api_key is missing", "TAP_TOY_API_KEY", "key of the invented", "concurrency")
    assert_one_last_line(result, *said)
    assert "settle_days" not in result.log[-1]
    assert api.requests == []
    assert_one_last_line(command(), "setting api_key is missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("concurrency", 0),
        ("concurrency", 2.5),
        ("settle_days", -1),
        ("request_timeout_seconds", 10_000_000_000),
        ("shard_index", 1),
        ("start_date", "yesterday"),
        ("start_date", "2026-02-30"),
        ("start_date", 20260101),
        ("api_url", 5),
        ("api_url", "example.com/api"),
        ("api_url", "http://"),
        ("api_url", "https:///api"),
        ("api_url", "http://exa mple.com"),
        ("api_url", "http://[::1"),
        ("api_url", "http://127.0.0.1:99999/api"),
        ("api_url", "ftp://example.com/api"),
        ("api_url", "https://bob:very-secret@example.com/api"),
        ("api_url", "https://example.com/api?key=1"),
        ("api_url", "https://example.com/api#top"),
        ("flattening_enabled", True),
        ("stream_maps", {"people": {"copied": "1 +"}}),
        ("stream_maps", {"people": 5}),
        ("api_key", 5),
        ("api_key", {"token": "very-secret"}),
        ("api_key", "line\nbreak"),
        ("api_key", " \n"),
        ("api_key", "half-\ud800"),
        ("stream_maps", {"people": {"name": ["\ud800"]}}),
        ("api_key", "ключ-ключ"),
        ("user_agent", "acme\r\nX-Evil: 1"),
    ],
)
def test_a_malformed_setting_is_named(
    api: ApiServer, tmp_path: Path, name: str, value: object
) -> None:
    result = with_settings(api, tmp_path, **{name: value})
    assert_one_last_line(result, name.removesuffix("_enabled"))
    assert "very-secret" not in "\n".join(result.log)
    assert result.stdout == ""
    assert api.requests == []


@pytest.mark.parametrize("name", ["api_key", "user_agent"])
def test_blanks_at_the_ends_of_what_is_sent_are_no_part_of_it(
    api: ApiServer, tmp_path: Path, name: str
) -> None:
    assert with_settings(api, tmp_path, **{name: f" \t{KEY}\n"}).exit_code == 0
    assert KEY in api.requests[0].headers.values()


def test_a_misspelt_setting_is_named_with_the_one_that_is_meant(
    api: ApiServer, tmp_path: Path
) -> None:
    """Others pass: a file may hold what another program reads."""
    result = with_settings(api, tmp_path, concurency=1, somebody_elses=True)
    assert result.exit_code == 0
    (warning,) = (line for line in result.log if "concurency" in line)
    assert warning.endswith("the setting 'concurency' changes nothing: is 'concurrency' meant?")
    assert not any("somebody_elses" in line for line in result.log)


@pytest.mark.parametrize("days", [10**6, 10**12])
def test_any_number_of_settle_days_is_a_number_of_days_or_a_mistake(
    api: ApiServer, tmp_path: Path, days: int
) -> None:
    state = {"bookmarks": {"visits": {"replication_key_value": "2026-01-01T00:00:00Z"}}}
    file = written(tmp_path, "state.json", json.dumps(state))
    settings = written(tmp_path, "c.json", json.dumps(config_of(api, settle_days=days)))
    result = command("--config", settings, "--state", file)
    if result.exit_code:
        assert_one_last_line(result, "settle_days")


# Files


@pytest.mark.parametrize(
    "content", ["", "{", "null", "5", '"text"', "[1]", "{'a': 1}", "\x00"], ids=repr
)
@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
def test_a_file_that_holds_no_json_object(
    config: str, tmp_path: Path, option: str, content: str
) -> None:
    file = written(tmp_path, "bad.json", content)
    result = command("--config", config, option, file)
    assert_one_last_line(result, option.removeprefix("--"))
    assert result.stdout == ""


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
def test_a_file_that_is_not_there(config: str, option: str, tmp_path: Path) -> None:
    """Or that is a folder."""
    assert_one_last_line(command("--config", config, option, "nowhere.json"), "nowhere.json")
    assert_one_last_line(command("--config", config, option, str(tmp_path)))


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": []},
        {"bookmarks": "none"},
        {"bookmarks": {"visits": 5}},
        {"bookmarks": {"visits": None}},
        {"bookmarks": {"visits": {"replication_key_value": "soon"}}},
        {"bookmarks": {"visits": {"replication_key_value": 20260101}}},
        {"bookmarks": {"visits": {"replication_key_value": {}}}},
    ],
    ids=repr,
)
def test_an_unusable_state(config: str, tmp_path: Path, state: dict[str, Any]) -> None:
    file = written(tmp_path, "state.json", json.dumps(state))
    result = command("--config", config, "--state", file)
    assert_one_last_line(result, "state")
    assert result.stdout == "", "nothing is written before it is said"


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}, {"value": {}}], ids=repr)
def test_a_state_without_bookmarks_starts_anew(
    config: str, tmp_path: Path, state: dict[str, Any]
) -> None:
    file = written(tmp_path, "state.json", json.dumps(state))
    assert command("--config", config, "--state", file).exit_code == 0


@pytest.mark.parametrize(
    "catalog",
    [{}, {"streams": 5}, {"streams": None}, {"streams": [{}]}, {"streams": ["visits"]}],
    ids=repr,
)
def test_an_unusable_catalog(config: str, tmp_path: Path, catalog: dict[str, Any]) -> None:
    file = written(tmp_path, "catalog.json", json.dumps(catalog))
    assert_one_last_line(command("--config", config, "--catalog", file), "catalog")


def test_an_unknown_option(config: str) -> None:
    assert_one_last_line(command("--config", config, "--nonsense"), "--nonsense", "--help")


# The API


@pytest.mark.usefixtures("quick_backoff")
def test_a_host_that_is_not_the_api(api: ApiServer, config: str) -> None:
    for path in ("/people", "/events"):
        api.on(path, Reply(b"<html>Welcome</html>"))
    assert_one_last_line(command("--config", config), "HTML", "check the setting api_url")


@pytest.mark.parametrize(
    ("host", "said"),
    [("127.0.0.1:9", "refuses connections"), ("no-such-host.invalid", "not known")],
)
def test_a_host_that_does_not_answer(api: ApiServer, tmp_path: Path, host: str, said: str) -> None:
    result = with_settings(api, tmp_path, api_url=f"http://{host}/api", max_retries=0)
    assert_one_last_line(result, host.split(":", maxsplit=1)[0], said, "check the setting api_url")


# What is no mistake


def test_discovery_needs_no_credentials_and_no_network() -> None:
    result = command("--discover")
    assert result.exit_code == 0
    streams = json.loads(result.stdout)["streams"]
    assert sorted(stream["tap_stream_id"] for stream in streams) == sorted(stream_names())


def test_about_needs_no_credentials_and_tells_programs_what_is_secret() -> None:
    """No setting is a decimal, which Meltano cannot pass from the environment."""
    for form in ([], ["--format=markdown"]):
        result = command("--about", *form)
        assert result.exit_code == 0
        assert all(name in result.stdout for name in ("api_key", "start_date", "include_secrets"))
    settings = json.loads(command("--about", "--format=json").stdout)["settings"]["properties"]
    assert settings["api_key"]["secret"]
    assert {"start_date", "settle_days", "concurrency", "requests_per_minute"} <= set(settings)
    assert not any("number" in declared["type"] for declared in settings.values())


def test_the_schema_test_writes_every_schema(config: str) -> None:
    result = command("--config", config, "--test=schema")
    assert result.exit_code == 0
    assert sorted(m["stream"] for m in result.of_type("SCHEMA")) == sorted(stream_names())


@pytest.mark.parametrize("shards", [1, 2])
def test_the_connection_test_writes_a_record_of_each_stream(
    api: ApiServer, tmp_path: Path, shards: int
) -> None:
    """Of a shard, too: it lacks only what another one reads whole."""
    settings = config_of(api, shard_count=shards, shard_index=shards - 1)
    result = command("--config", written(tmp_path, "c.json", json.dumps(settings)), "--test")
    assert result.exit_code == 0
    of_shard_0 = {"people", "events"} if shards > 1 else set()
    expected = set(stream_names()) - of_shard_0 - {"read_log"}
    assert {m["stream"] for m in result.of_type("RECORD")} == expected


def test_a_connection_test_that_fails_says_so(api: ApiServer, config: str) -> None:
    api.on("/events/{}/visits", status(403))
    assert_one_last_line(command("--config", config, "--test"), "visits", "HTTP 403")


@pytest.mark.parametrize("at", ["['ids'][0]", "['ids']['a b'][0]"])
def test_a_malformed_item_of_a_list_names_the_setting(at: str) -> None:
    """The SDK's validator names the item's place as well."""
    wrong = "5 is not of type 'string'"
    schema = {"properties": {"ids": {"type": ["array", "null"], "examples": [["demo"]]}}}
    found = in_words(f"{wrong} in config{at}", schema, "tap-toy", {"ids": "TAP_TOY_IDS"})
    assert found == f'setting ids (TAP_TOY_IDS): {wrong}; write it as ["demo"]'
