"""What `event-taps-dagster prepare` says of its environment, and how it ends with Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from event_taps_dagster.prepare import NEEDED, PrepareError, prepare
from event_taps_dagster.project import Project

from .test_accounts import GOOD, ROOT

HOME = """\
# env: IN_A_COMMENT
storage:
  postgres:
    postgres_db: {hostname: x, password: {env: "DB_PASSWORD"}}
run_launcher: {config: {labels: {env: prod}, job_image: {env: JOB_IMAGE}}}
"""
PREPARE = [str(Path(sys.executable).with_name("event-taps-dagster")), "prepare"]


def test_ctrl_c_ends_it_with_one_line(tmp_path: Path) -> None:
    """While Meltano waits for a database that does not answer; Meltano ends, too."""
    shutil.copy(ROOT / "meltano.yml", tmp_path)  # Meltano wants it to be here
    (tmp_path / "transform").symlink_to(ROOT / "transform")
    (tmp_path / "accounts.yml").write_text(GOOD)
    (tmp_path / "dagster.yaml").touch()
    keys = ("ACCESS_KEY", "SECRET_KEY", "API_KEY", "KEY_ID", "KEY_SECRET")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = f"127.0.0.1:{silent.getsockname()[1]}/meltano"
        variables = {
            **os.environ,
            **{f"ACME_{name}": f"the {name}" for name in keys},
            **dict.fromkeys(NEEDED, "x"),
            "DAGSTER_HOME": str(tmp_path),
            "MELTANO_DATABASE_URI": f"postgresql+psycopg://x:x@{database}",
            "MELTANO_PROJECT_ROOT": str(tmp_path),
        }
        with subprocess.Popen(PREPARE, env=variables, stderr=subprocess.PIPE, text=True) as process:
            silent.settimeout(60)
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                _, said = process.communicate()
                connection.settimeout(60)
                while connection.recv(1024):
                    pass
    assert said == "interrupted: run it again\n"
    assert process.returncode == 128 + signal.SIGINT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let all variables be set, so that the file of accounts is what is missing."""
    for name in (*NEEDED, "DB_PASSWORD"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", "~")
    monkeypatch.delenv("EVENT_TAPS_ACCOUNTS", raising=False)
    (tmp_path / "dagster.yaml").write_text(HOME)
    (tmp_path / "meltano.yml").write_text("environments: [{name: prod}]")
    return tmp_path


RIGHT = [
    "postgresql://postgres@127.0.0.1:5432/dagster",
    "postgresql://127.0.0.1/dagster",
    "postgresql://a:p%40ss@[::1]:5432/b",
    "postgresql://a:p/s#s@b/c",
    "postgresql:///dagster?host=/var/run/postgresql",
    "postgresql://a:b@c/d?application_name=x@y",
    "sqlite:////tmp/me@home.db",
    "sqlite+pysqlite:////tmp/me@home.db",
    "",
]
WRONG = [
    "postgresql://a:SE@CRET@b/c",
    "postgresql://a:SE/@CRET@b/c",
    "postgresql://a:pa[SECRET]x@b/c",
    "postgresql://a:SECRET/c",
    "postgresql+psycopg://127.0.0.1:5432/c?user=postgres&password=SE@CRET",
    "a:SECRET@b",
]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        *product(("MELTANO_DATABASE_URI", "DAGSTER_POSTGRES_URL"), (*RIGHT, *WRONG)),
        *product(("OTHER_URL",), (one for one in (*RIGHT, *WRONG) if "://" in one)),
    ],
)
def test_an_address_is_taken_apart_as_it_is_meant_or_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    """Also one that only dagster.yaml names."""
    if name == "OTHER_URL":
        (home / "dagster.yaml").write_text("run_storage: {postgres_url: {env: OTHER_URL}}")
    monkeypatch.setenv(name, address)
    is_right = address in RIGHT
    with pytest.raises(
        Exception, match=r"accounts\.yml cannot be read" if is_right else name
    ) as end:
        prepare(Project(home, "prod"))
    assert isinstance(end.value, PrepareError) is not is_right
    assert "CRET" not in str(end.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DB_PASSWORD", "", "not set: DB_PASSWORD$"),
        ("DAGSTER_HOME", "", "not set: DAGSTER_HOME$"),
        ("DAGSTER_HOME", "here", "here is no absolute path"),
        ("DAGSTER_HOME", "/nowhere", "/nowhere is no absolute path of a folder with"),
    ],
)
def test_what_is_not_set_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PrepareError, match=said):
        prepare(Project(home, "prod"))


def test_an_environment_that_is_not_there_is_named(home: Path) -> None:
    with pytest.raises(PrepareError, match=r"meltano\.yml has no environment 'staging'"):
        prepare(Project(home, "staging"))
