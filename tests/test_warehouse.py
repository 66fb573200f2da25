"""Readers, builds, publish and archive side by side, and each of them stopped halfway."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.project import MeltanoError
from scripts.taps import ROOT
from scripts.warehouse import archive, main, publish
from tests.conftest import keep_only
from tests.test_incremental import Builder, building

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.project import Project

NEVER = float("inf")
READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
    for line in sys.stdin:
        print(warehouse.sql(line).fetchall()[0][0], flush=True)
"""


def session(name: str, night: int = 1) -> dict[str, object]:
    read_at = f"2026-01-{night:02}T03:00:00Z"
    return {"subdomain": "example", "id": name, "name": f"{name} {night}", "read_at": read_at}


def text(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def write(folder: Path, night: int, *rows: dict[str, object], stream: str = "sessions") -> Path:
    path = folder / "raw" / "tap_conferencesio" / f"{stream}-202601{night:02}T030000.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(*rows))
    return path


def loaded(folder: Path, *paths: Path, days_ago: float = 0) -> None:
    """Note files as a build would."""
    (folder / "building").mkdir(exist_ok=True)
    with duckdb.connect(str(folder / "building" / "events.duckdb")) as warehouse:
        warehouse.execute("create schema if not exists loading")
        warehouse.execute(
            "create table if not exists loading.files (file varchar, bytes bigint,"
            " loaded_at timestamptz)"
        )
        for path in paths:
            name = path.relative_to(folder / "raw").as_posix()
            warehouse.execute(
                "insert into loading.files values ($1, $2, now() - to_seconds($3 * 24 * 60 * 60))",
                [name, path.stat().st_size, days_ago],
            )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("raw/*/*"))


def count(path: Path, query: str = "select count(*) from t") -> int:
    with duckdb.connect(str(path), read_only=True) as warehouse:
        ((found,),) = warehouse.sql(query).fetchall()
        return int(found)


class TestArchive:
    def test_compresses_what_was_loaded_for_the_same_eyes(self, tmp_path: Path) -> None:
        path = write(tmp_path, 1, session("a"))
        path.chmod(0o600)
        loaded(tmp_path, path)
        archive(tmp_path, NEVER)
        (compressed,) = tmp_path.glob("raw/*/*")
        assert gzip.decompress(compressed.read_bytes()).decode() == text(session("a"))
        assert compressed.stat().st_mode & 0o777 == 0o600

    def test_leaves_what_has_grown_and_what_was_never_loaded(self, tmp_path: Path) -> None:
        grown = write(tmp_path, 1, session("a"))
        loaded(tmp_path, grown)
        with grown.open("a") as file:
            file.write(text(session("b")))
        write(tmp_path, 2, session("c"))
        before = names(tmp_path)
        archive(tmp_path, 0)
        assert names(tmp_path) == before

    def test_removes_only_what_was_loaded_long_ago(self, tmp_path: Path) -> None:
        old, young, never = (write(tmp_path, night, session("a")) for night in (1, 2, 3))
        loaded(tmp_path, old, days_ago=31)
        loaded(tmp_path, young, days_ago=29)
        never.with_name(never.name + ".gz").write_bytes(gzip.compress(never.read_bytes()))
        archive(tmp_path, 30)
        assert names(tmp_path) == [f"{young.name}.gz", never.name, f"{never.name}.gz"]

    def test_does_not_run_beside_another(self, tmp_path: Path) -> None:
        loaded(tmp_path, write(tmp_path, 1, session("a")))
        script = (
            "import sys, duckdb\nwith duckdb.connect(sys.argv[1]):\n print(flush=True), input()"
        )
        with subprocess.Popen(
            [sys.executable, "-uc", script, str(tmp_path / "building" / "events.duckdb")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other:
            assert other.stdout
            other.stdout.readline()
            with pytest.raises(duckdb.IOException, match="lock"):
                archive(tmp_path, NEVER)
            with pytest.raises(duckdb.IOException, match="lock"):
                publish(tmp_path)
            other.communicate(b"\n")

    @pytest.mark.parametrize("days", ["soon", "-1", "nan"])
    def test_wants_a_number_of_days(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        days: str,
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["warehouse", "archive"])
        monkeypatch.setenv("EVENTS_FOLDER", str(tmp_path))
        monkeypatch.setenv("EVENTS_KEEP_RAW_DAYS", days)
        assert main() == 1
        said = f"archive: keep_raw_days is a number of days, not {days!r}\n"
        assert capsys.readouterr().err == said


class TestPublish:
    ROWS = 3_000_000

    def warehouse(self, folder: Path) -> Path:
        """A published file of one row, and a built one that takes a while to copy."""
        (folder / "building").mkdir()
        building = folder / "building" / "events.duckdb"
        with duckdb.connect(str(building)) as warehouse:
            warehouse.execute("create table t as select 0 as a")
        publish(folder)
        with duckdb.connect(str(building)) as warehouse:
            rows = "create or replace table t as select random() as a from range($1)"
            warehouse.execute(rows, [self.ROWS])
        return folder / "events.duckdb"

    @staticmethod
    def publishing(folder: Path, before: str = "pass") -> subprocess.Popen[str]:
        script = f"import sys, resource; from scripts import warehouse; {before}"
        return subprocess.Popen(
            [sys.executable, "-c", f"{script}; sys.exit(warehouse.main())", "publish"],
            env={**os.environ, "EVENTS_FOLDER": str(folder), "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_killed_at_any_moment_leaves_a_whole_file(self, tmp_path: Path) -> None:
        published = self.warehouse(tmp_path)
        found, ended = [], set()
        unfinished = published.with_name(published.name + ".new")
        for size in (0, 1, 8 * 2**20, 16 * 2**20):
            unfinished.unlink(missing_ok=True)
            with self.publishing(tmp_path) as process:
                while process.poll() is None:
                    with suppress(FileNotFoundError):  # not yet, or renamed already
                        if unfinished.stat().st_size >= size:
                            process.kill()
            ended.add(process.returncode)  # on a busy machine it may be done before
            found.append(count(published))
        assert -9 in ended <= {-9, 0}
        assert set(found) <= {1, self.ROWS}
        publish(tmp_path)
        assert count(published) == self.ROWS
        assert not unfinished.exists()

    def test_without_room_the_former_file_stays(self, tmp_path: Path) -> None:
        published = self.warehouse(tmp_path)
        limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, {resource.RLIM_INFINITY}))"
        with self.publishing(tmp_path, limit) as process:
            _, said = process.communicate()
        assert (process.returncode, said.count("\n")) == (1, 1)
        assert said.startswith("publish: [Errno")
        assert count(published) == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == ["building", "events.duckdb"]

    def test_what_somebody_wrote_into_the_copy_does_not_spoil_the_next(
        self, tmp_path: Path
    ) -> None:
        published = self.warehouse(tmp_path)
        insert = "w = duckdb.connect(sys.argv[1]); w.execute('insert into t values (1)')"
        script = f"import os, sys, duckdb; {insert}; os._exit(0)"
        command = [sys.executable, "-c", script, str(published)]
        subprocess.run(command, check=True)
        assert published.with_name("events.duckdb.wal").exists()
        publish(tmp_path)
        assert count(published) == self.ROWS

    def test_what_was_never_built_is_not_published(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="run dbt-duckdb:build first"):
            publish(tmp_path)
        assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def builder(project: Project) -> Iterator[Builder]:
    with building(keep_only(project, "tap-conferencesio")) as builder:
        yield builder


@pytest.fixture
def folder(builder: Builder) -> Path:
    """An empty folder of raw files and warehouse."""
    shutil.rmtree(builder.folder, ignore_errors=True)
    builder.folder.mkdir()
    return builder.folder


def sessions(builder: Builder, *options: str) -> dict[str, str]:
    rows = builder.build(*options)["sessions"]
    return {row["id"]: row["name"] for row in rows}


def test_a_reader_that_stays_all_night_disturbs_nobody(builder: Builder, folder: Path) -> None:
    write(folder, 1, session("a"))
    sessions(builder)
    query = "select count(*) from tap_conferencesio.sessions"
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(folder / "events.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdin
        assert reader.stdout

        def read() -> int:
            assert reader.stdin
            assert reader.stdout
            reader.stdin.write(query + "\n")
            reader.stdin.flush()
            return int(reader.stdout.readline())

        assert read() == 1
        write(folder, 2, session("b", 2))
        done = builder.begin()
        while not done():
            assert read() == count(folder / "events.duckdb", query) == 1
            time.sleep(0.1)
        publish(folder)
        archive(folder, NEVER)
        assert (read(), count(folder / "events.duckdb", query)) == (1, 2)
        reader.stdin.close()


def test_an_archive_that_was_killed_before_it_removed_the_file(
    builder: Builder, folder: Path
) -> None:
    path = write(folder, 1, session("tie"), session("tie") | {"name": "last"})
    assert sessions(builder) == {"tie": "last"}
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    assert sessions(builder) == {"tie": "last"}
    assert sessions(builder, "--full-refresh") == {"tie": "last"}
    archive(folder, NEVER)
    assert names(folder) == [f"{path.name}.gz"]
    assert sessions(builder, "--full-refresh") == {"tie": "last"}


def test_a_file_that_was_archived_while_its_loader_was_writing(
    builder: Builder, folder: Path
) -> None:
    write(folder, 1, session("tie"), session("first"))
    sessions(builder)
    archive(folder, NEVER)
    write(folder, 1, session("tie") | {"name": "last"})  # the loader begins the file anew
    expected = {"tie": "last", "first": "first 1"}
    assert sessions(builder) == expected
    assert sessions(builder, "--full-refresh") == expected
    archive(folder, NEVER)
    assert len(names(folder)) == 1
    assert sessions(builder, "--full-refresh") == expected


def test_a_full_refresh_that_would_lose_rows_says_so_and_loses_none(
    builder: Builder, folder: Path
) -> None:
    gone = write(folder, 1, session("gone"))
    write(folder, 2, session("kept", 2))
    both = {"gone": "gone 1", "kept": "kept 2"}
    assert sessions(builder) == both
    gone.unlink()
    said = builder.fail("--full-refresh")
    assert "no longer there would be lost: tap_conferencesio.sessions 1." in said
    assert sessions(builder) == both

    forget = ("--full-refresh", '--vars={"forget_missing_files":true}')
    assert sessions(builder, *forget) == {"kept": "kept 2"}
    assert sessions(builder, "--full-refresh") == {"kept": "kept 2"}  # and that is that


def test_the_rest_of_an_archived_file_is_read_whatever_its_size(
    builder: Builder, folder: Path
) -> None:
    write(folder, 1, session("a"))
    sessions(builder)
    archive(folder, NEVER)
    write(folder, 1, session("b"))
    assert sessions(builder) == {"a": "a 1", "b": "b 1"}


def test_a_table_is_not_built_of_what_is_left_of_its_files(builder: Builder, folder: Path) -> None:
    """As after an alias, or a build that failed while its table was made anew."""
    gone = write(folder, 1, session("gone"))
    write(folder, 2, session("kept", 2))
    sessions(builder)
    gone.unlink()
    with duckdb.connect(str(folder / "building" / "events.duckdb")) as warehouse:
        warehouse.execute("drop table loaded_tap_conferencesio.sessions cascade")
    assert "no longer there would be lost: tap_conferencesio.sessions 1." in builder.fail()


def test_what_could_not_be_looked_at_does_not_count_as_loaded(
    builder: Builder, folder: Path
) -> None:
    """Its cut lines and new columns would never be named."""
    write(folder, 1, session("a"))
    broken = write(folder, 1, session("b"), stream="polls")
    whole = gzip.compress(broken.read_bytes())
    broken.unlink()
    compressed = broken.with_name(broken.name + ".gz")
    compressed.write_bytes(whole[:-9])
    noted = "select count(*) from loading.files"
    builder.fail()
    assert count(folder / "building" / "events.duckdb", noted) == 0
    compressed.write_bytes(whole)
    assert sessions(builder) == {"a": "a 1"}
    assert count(folder / "building" / "events.duckdb", noted) == 1


def test_rows_of_megabytes_are_built_within_the_memory_limit(
    builder: Builder, folder: Path
) -> None:
    """Each with few members, so that they take the longer way; one is 20 MB."""
    sizes = {f"of {number}": 6_000_000 for number in range(6)} | {"huge": 20_000_000}
    row = session("s") | {"session_id": "s"}
    rows = [{**row, "attendance_key": k, "admin_note": "x" * n} for k, n in sizes.items()]
    write(folder, 1, *rows, stream="attendance")
    built = builder.build()["attendance"]
    assert {row["attendance_key"]: len(row["admin_note"]) for row in built} == sizes


def test_what_was_built_is_not_replaced_by_what_is_left(builder: Builder, folder: Path) -> None:
    """Somebody takes building/ for a cache."""
    write(folder, 1, session("a"))
    sessions(builder)
    built = folder / "building" / "events.duckdb"
    built.unlink()
    assert f"{built} is gone" in builder.fail()
    shutil.copyfile(folder / "events.duckdb", built)
    assert sessions(builder) == {"a": "a 1"}


def test_two_builds_at_once(builder: Builder, folder: Path) -> None:
    write(folder, 1, session("a"))
    (folder / "building").mkdir()
    with duckdb.connect(str(folder / "building" / "events.duckdb")):  # as another build does
        assert "Could not set lock" in builder.fail()
    assert sessions(builder) == {"a": "a 1"}


JOB = ("run", "dbt-duckdb:build", "dbt-duckdb:publish", "dbt-duckdb:archive")


def test_a_build_without_any_raw_file_fails(project: Project, folder: Path) -> None:
    """And says why among the job's last lines."""
    with pytest.raises(MeltanoError, match=f"there is no raw file in {folder}/raw: run a tap"):
        project.run(*JOB)
    assert not (folder / "events.duckdb").exists()


def test_a_build_that_fails_leaves_what_readers_see(builder: Builder, folder: Path) -> None:
    write(folder, 1, session("a"))
    sessions(builder)
    before = (folder / "events.duckdb").read_bytes()
    write(folder, 2, session("b", 2) | {"session_date": "soon"})
    with pytest.raises(MeltanoError, match="soon"):
        builder.project.run(*JOB)
    assert (folder / "events.duckdb").read_bytes() == before
