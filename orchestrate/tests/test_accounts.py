"""What accounts.yml may say, and what is said of a mistake: the line, and what is right."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
import yaml

from event_taps_dagster.accounts import Account, AccountsError, read_accounts
from event_taps_dagster.plugins import write_plugins
from event_taps_dagster.project import Project, ProjectError

ROOT = Path(__file__).parents[2]
GOOD = """\
schedule: "0 3 * * *"
timezone: Europe/Berlin
accounts:
  - tap: tap-airmeet
    name: acme
    credentials:
      access_key: ACME_ACCESS_KEY
      secret_key: ACME_SECRET_KEY
    settings: {settle_days: 7}
    shards: 4
    parallel: 2
    requests_per_minute: 100
  - tap: tap-conferencesio
    name: acme
    credentials: {api_key: ACME_API_KEY}
    settings: {subdomain: acme-app}
  - tap: tap-meetengage
    name: acme
    credentials: {key_id: ACME_KEY_ID, key_secret: ACME_KEY_SECRET}
"""
SECRET = "a secret that nothing may show"  # noqa: S105 - it is none


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("ACCESS_KEY", "SECRET_KEY", "API_KEY", "KEY_ID", "KEY_SECRET"):
        monkeypatch.setenv(f"ACME_{name}", SECRET)
    monkeypatch.setenv("EVENT_TAPS_ACCOUNTS", str(tmp_path / "accounts.yml"))
    (tmp_path / "meltano.yml").symlink_to(ROOT / "meltano.yml")
    (tmp_path / "transform").symlink_to(ROOT / "transform")
    return Project(tmp_path, "prod")


def test_a_plugin_for_each_account_and_for_each_of_its_shards(project: Project) -> None:
    project.accounts.write_text(GOOD)
    write_plugins(read_accounts(project), project)
    text = project.plugins.read_text()
    plugins = {one["name"]: one for one in yaml.safe_load(text)["plugins"]["extractors"]}
    assert plugins["tap-airmeet--acme"] == {
        "name": "tap-airmeet--acme",
        "inherit_from": "tap-airmeet",
        "config": {
            "access_key": "$ACME_ACCESS_KEY",
            "secret_key": "$ACME_SECRET_KEY",
            "account": "acme",
            "settle_days": 7,
            "requests_per_minute": 100,
            "shard_count": 4,
            "concurrent_runs": 2,
        },
    }
    assert plugins["tap-airmeet--acme--3-of-4"] == {
        "name": "tap-airmeet--acme--3-of-4",
        "inherit_from": "tap-airmeet--acme",
        "config": {"shard_index": 3},
    }
    assert plugins["tap-conferencesio--acme"]["config"]["subdomain"] == "acme-app"
    assert len(plugins) == 3 + 4 + 1 + 1
    assert SECRET not in text


def test_a_file_that_follows_from_nothing_new_is_left_alone(project: Project) -> None:
    project.accounts.write_text(GOOD)
    accounts = read_accounts(project)
    write_plugins(accounts, project)
    before = project.plugins.stat()
    write_plugins(accounts, project)
    assert project.plugins.stat() == before


def test_what_cannot_be_written_is_named_and_leaves_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    project.accounts.write_text(GOOD)
    accounts = read_accounts(project)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match=re.escape(f"No space left on device: '{project.plugins}'")):
        write_plugins(accounts, project)
    assert [*project.plugins.parent.iterdir()] == []


@pytest.mark.parametrize("more", [{"inherit_from": "tap-airmeet"}, {"namespace": "mine"}])
@pytest.mark.parametrize("name", ["tap-airmeet--acme", "tap-airmeet--acme--3-of-4"])
def test_a_plugin_of_the_same_name_would_win(
    project: Project, name: str, more: dict[str, str]
) -> None:
    content = yaml.safe_load((ROOT / "meltano.yml").read_text())
    content["plugins"]["extractors"].append({"name": name, **more})
    (project.root / "meltano.yml").unlink()
    (project.root / "meltano.yml").write_text(yaml.safe_dump(content))
    project.accounts.write_text(GOOD)
    with pytest.raises(AccountsError, match=rf":5: .*, name: meltano\.yml has {name}, whose"):
        read_accounts(project)


# What is changed in GOOD, and what is said then.
MISTAKES = {
    "no YAML": (
        "tap: tap-airmeet",
        "tap: [tap-airmeet",
        r"5: no YAML: .*",
    ),
    "unknown tap": (
        "tap: tap-airmeet",
        "tap: tap-airmet",
        r"4: tap-airmet acme, tap: no tap in meltano.yml",
    ),
    "unknown key": (
        "    shards: 4",
        "    shard: 4",
        r"10: tap-airmeet acme, shard: .*permitted",
    ),
    "a key twice": (
        "    shards: 4",
        "    shards: 4\n    shards: 2",
        r"11: .*, shards: stands here",
    ),
    "no number": (
        "shards: 4",
        "shards: four",
        r"10: tap-airmeet acme, shards: .*integer",
    ),
    "a text for a number": (
        "shards: 4",
        "shards: '4'",
        r"10: tap-airmeet acme, shards: .*integer",
    ),
    "too few": (
        "shards: 4",
        "shards: 0",
        r"10: tap-airmeet acme, shards: .*greater than",
    ),
    "more at once than shards": (
        "parallel: 2",
        "parallel: 5",
        r"11: .*, parallel: more than .*4",
    ),
    "a name for nothing": (
        "name: acme\n    credentials:\n",
        "name: Acme Inc\n    credentials:\n",
        r"5: tap-airmeet Acme Inc, name: .*pattern",
    ),
    "a variable that is not set": (
        "ACME_API_KEY",
        "ACME_APIKEY",
        r"15: .*, credentials.api_key: the environment variable ACME_APIKEY is not set",
    ),
    "a credential of another tap": (
        "access_key: ACME",
        "access_key: ACME_ACCESS_KEY\n      api_key: ACME",
        r"8: .*, credentials.api_key: tap-airmeet has no such setting",
    ),
    "a secret in the file": (
        "{settle_days: 7}",
        "{access_key: abc}",
        r"9: .*, settings.access_key: a secret: name an environment variable under credentials",
    ),
    "a setting of ours": (
        "{settle_days: 7}",
        "{shard_count: 7}",
        r"9: .*, settings.shard_count: follows from shards",
    ),
    "no such setting": (
        "{settle_days: 7}",
        "{settle_day: 7}",
        r"9: .*, settings.settle_day: tap-airmeet has no such setting",
    ),
    "something missing": (
        "settings: {subdomain: acme-app}",
        "settings: {}",
        r"13: tap-conferencesio acme: subdomain missing: under",
    ),
    "no zone": (
        "Europe/Berlin",
        "Europe/Bärlin",
        r"2: timezone: no time zone",
    ),
    "no cron": (
        '"0 3 * * *"',
        '"0 25 * * *"',
        r"1: schedule: no cron schedule",
    ),
    "a loader that bears one run": (
        "timezone: Europe/Berlin",
        "destination: target-jsonl",
        r"2: destination: .*target-postgres",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line(project: Project, old: str, new: str, said: str) -> None:
    assert GOOD.count(old) >= 1
    project.accounts.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(AccountsError) as error:
        read_accounts(project)
    text = str(error.value)
    assert re.match(rf"{re.escape(str(project.accounts))}:{said}", text)
    assert text.count("\n") == 0
    assert SECRET not in text
    assert "abc" not in text.replace(str(project.accounts), "")


def test_more_than_the_vendor_allows(project: Project) -> None:
    project.accounts.write_text(GOOD + "    requests_per_minute: 300\n")
    with pytest.raises(AccountsError, match=r":20: .*, requests_per_minute: the vendor allows 120"):
        read_accounts(project)


def test_an_account_twice_and_one_key_in_two_accounts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blanks around a key are no part of it."""
    monkeypatch.setenv("ACME2_ACCESS_KEY", f" {SECRET}\n")
    again = GOOD.partition("accounts:\n")[2].replace("name: acme", "name: acme2", 1)
    project.accounts.write_text(GOOD + again.replace("ACME_ACCESS_KEY", "ACME2_ACCESS_KEY"))
    with pytest.raises(AccountsError) as error:
        read_accounts(project)
    assert [line.partition(": ")[2] for line in str(error.value).splitlines()] == [
        "tap-airmeet acme2, credentials: the key of acme: two budgets for one key",
        "tap-conferencesio acme, name: tap-conferencesio has this account already",
        "tap-meetengage acme, name: tap-meetengage has this account already",
    ]


# What replaces "subdomain: acme-app", the environment, and what is said.
OWNERS = {
    "a variable": ("subdomain: $ACME_API_KEY", "not a text"),
    "no text": ("subdomain: 007", "not a text"),
    "blank": ("subdomain: ' '", "not a text"),
    "a key that YAML takes for a truth value": ("subdomain: a, on: 1", "put it in quotes"),
}


@pytest.mark.parametrize(("new", "said"), OWNERS.values(), ids=OWNERS)
def test_whose_data_these_are_is_a_plain_text(project: Project, new: str, said: str) -> None:
    project.accounts.write_text(GOOD.replace("subdomain: acme-app", new))
    with pytest.raises(AccountsError, match=rf":16: .*{said}"):
        read_accounts(project)


def test_whose_data_these_are_is_no_credential(project: Project) -> None:
    moved = "{api_key: ACME_API_KEY, subdomain: ACME_KEY_ID}\n    settings: {}"
    old = "{api_key: ACME_API_KEY}\n    settings: {subdomain: acme-app}"
    assert old in GOOD
    project.accounts.write_text(GOOD.replace(old, moved))
    with pytest.raises(AccountsError, match=r":15: .*subdomain: belongs under settings"):
        read_accounts(project)


def test_two_accounts_of_the_same_data(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_API_KEY", "another")
    project.accounts.write_text(
        GOOD
        + "  - tap: tap-conferencesio\n    name: other\n    credentials: {api_key: OTHER_API_KEY}"
        "\n    settings: {subdomain: acme-app}\n"
    )
    with pytest.raises(AccountsError, match=r":23: .*subdomain is that of acme: their rows"):
        read_accounts(project)


def test_a_key_in_the_place_of_its_name_is_not_shown(project: Project) -> None:
    project.accounts.write_text(GOOD.replace("ACME_API_KEY", "sk_live_TOPSECRET"))
    with pytest.raises(AccountsError, match="never the key") as error:
        read_accounts(project)
    assert "TOPSECRET" not in str(error.value)


@pytest.mark.parametrize(
    "value",
    ["2026-13-45", "!!int abc", "!!timestamp x", "&a {x: *a}", "[" * 2000, "'\0'", "9" * 5000],
    ids=["date", "int", "timestamp", "itself", "deep", "nul", "long"],
)
def test_what_is_no_yaml_is_one_line(project: Project, value: str) -> None:
    project.accounts.write_text(GOOD.replace("{settle_days: 7}", value))
    with pytest.raises(AccountsError) as error:
        read_accounts(project)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "plugins",
    [
        "",
        "extractors: null",
        "extractors: [{name: tap-x, variant: y, pip_url: tap-x}]",
        "extractors: [{name: tap-x, namespace: tap_x, settings: null}]",
    ],
)
def test_taps_of_others_are_passed_over(project: Project, plugins: str) -> None:
    (project.root / "meltano.yml").unlink()
    (project.root / "meltano.yml").write_text(f"plugins:\n  {plugins}\n")
    project.accounts.write_text(GOOD)
    with pytest.raises(AccountsError, match=r"no tap in meltano\.yml"):
        read_accounts(project)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"plugins:\n\textractors: []\n", r"meltano\.yml:2: no YAML"),
        (b"plugins: {extractors: [{variant: x}]}", r"meltano\.yml: extractor 1 of 1 has no name"),
        (b"plugins: {extractors: [tap-x]}", r"meltano\.yml: extractor 1 of 1 has no name"),
        (b"plugins: {extractors: [{name: t, settings: [{}]}]}", r"yml: the settings of t are not"),
        (b"plugins: {extractors: [{name: t, load_schema: [a]}]}", r"the settings of t are not"),
        (b"plugins: {extractors: [{name: t, settings_group_validation: 3}]}", r"of t are not"),
        (b"plugins: {extractors: {tap-x: {}}}", r"meltano\.yml: extractors is no list"),
        (b"plugins: [x]", r"meltano\.yml: plugins is no mapping"),
        (b"[]", r"meltano\.yml: not as Meltano wants it"),
        (b"name: \xe9", r"meltano\.yml: .*can't decode"),
        (b"day: 2024-02-30", r"meltano\.yml: day is out of range"),
        (None, r"meltano\.yml: .*No such file"),
    ],
)
def test_a_mistake_in_the_file_of_meltano_is_one_line(
    project: Project, content: bytes | None, said: str
) -> None:
    (project.root / "meltano.yml").unlink()
    if content is not None:
        (project.root / "meltano.yml").write_bytes(content)
    project.accounts.write_text(GOOD)
    with pytest.raises(ProjectError, match=said) as error:
        read_accounts(project)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("models", ["", "models: [{name: tap_x__a}]", "models: [{name: 5}]"])
def test_a_mistake_in_the_models_names_their_file(project: Project, models: str) -> None:
    for name in ("meltano.yml", "transform"):
        (project.root / name).unlink()
    (project.root / "meltano.yml").write_text("plugins: {extractors: [{name: tap_x}]}")
    (project.root / "transform/models/tap_x").mkdir(parents=True)
    (project.root / "transform/models/tap_x/schema.yml").write_text(models)
    project.accounts.write_text(GOOD)
    with pytest.raises(ProjectError, match=r"tap_x/schema\.yml: not as"):
        read_accounts(project)


def test_all_mistakes_at_once_in_the_order_of_lines(project: Project) -> None:
    project.accounts.write_text(GOOD.replace("0 3", "0 33").replace("ACME_API_KEY", "NONE"))
    with pytest.raises(AccountsError) as error:
        read_accounts(project)
    lines = [line.split(":")[1] for line in str(error.value).splitlines()]
    assert lines == ["1", "15"]


def test_a_variable_in_the_file_that_meltano_reads(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_API_KEY")
    (project.root / ".env").write_text("ACME_API_KEY='from the file'\n")
    project.accounts.write_text(GOOD)
    assert len(read_accounts(project).accounts) == 3


def test_that_file_is_in_the_environment_where_nothing_else_is_set(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the loader would go by it, and dbt would not."""
    monkeypatch.setattr("os.environ", os.environ | {"ACME_API_KEY": "of the environment"})
    os.environ["MELTANO_PROJECT_ROOT"] = str(project.root)
    for name in ("DAGSTER_HOME", "MELTANO_ENVIRONMENT"):
        os.environ.pop(name, None)
    names = ("ACME_API_KEY", "TARGET_POSTGRES_SSL_ENABLE", "TARGET_POSTGRES_SSL_MODE")
    more = "MELTANO_ENVIRONMENT=staging\nDAGSTER_HOME=/here\nMELTANO_PROJECT_ROOT=/there\n"
    (project.root / ".env").write_text(f"{names[0]}=file\n{names[1]}=true\n{names[2]}=\n{more}")
    for _ in range(2):  # a run of Dagster inherits what the code server has
        assert Project.from_environment() == Project(project.root, "staging")
    assert [os.environ.get(name) for name in names] == ["of the environment", "true", None]
    assert "DAGSTER_HOME" not in os.environ, "its daemon would not see it"
    (project.root / ".env").write_bytes(b"A=\xe9")
    with pytest.raises(ProjectError, match=r"\.env: .*can't decode"):
        Project.from_environment()


def test_no_file(project: Project) -> None:
    with pytest.raises(AccountsError, match=r"accounts\.yml cannot be read"):
        read_accounts(project)


@pytest.mark.parametrize("content", ["", "[]", "accounts: {}", "accounts: []", "accounts:\n- 5\n"])
def test_a_file_of_another_kind(project: Project, content: str) -> None:
    project.accounts.write_text(content)
    with pytest.raises(AccountsError, match=r"accounts\.yml:\d: "):
        read_accounts(project)


def test_names_of_an_account() -> None:
    account = Account(tap="tap-meetings-export", name="acme_eu", shards=2)
    assert account.id == "tap_meetings_export__acme_eu"
    assert account.partitions == ["0-of-2", "1-of-2"]
