"""The example in meltano.yml that keeps e-mail addresses and names out."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import duckdb

from scripts.project import Project
from scripts.sandbox import serving
from tests.conftest import keep_only

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scripts.sandbox import Sandbox

SEED = "a long secret"


def uncomment(meltano_yml: Path) -> None:
    text = meltano_yml.read_text()
    (example,) = re.findall(r"^      # config:\n(?:      # .*\n)+", text, re.MULTILINE)
    plain = re.sub(r"^      # ", "      ", example, flags=re.MULTILINE)
    meltano_yml.write_text(text.replace(example, plain))


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a value, each with the name of its member; texts may hold JSON."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from texts(member, key)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, name)
    elif isinstance(value, str) and value.startswith(("[", "{")):
        yield from texts(json.loads(value), name)
    elif isinstance(value, str):
        yield name, value


def people(sandbox: Sandbox) -> set[str]:
    """Everybody's e-mail addresses and names."""
    found = set()
    for stream in sandbox.streams("conferencesio"):
        for row in sandbox.truth("conferencesio", stream):
            persons = [row.get("presenters"), row.get("presenter")]
            found |= {text for name, text in texts(persons) if name == "name"}
            found |= {
                text
                for name, text in texts(row)
                if name in {"email", "first_name", "last_name"} and text not in {"", "Guest"}
            }
    return found


def hashes(persons: Iterable[str]) -> set[str]:
    """What the example makes of e-mail addresses."""
    return {sha256(f"{SEED}{person.lower()}".encode()).hexdigest() for person in persons}


def written(output: Path) -> str:
    """All raw files, and all that the warehouse holds."""
    lines = [
        json.dumps(json.loads(line), ensure_ascii=False)
        for path in output.glob("raw/tap_conferencesio/*.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    with duckdb.connect(str(output / "events.duckdb"), read_only=True) as warehouse:
        tables = warehouse.sql("select database, schema, name from (show all tables)").fetchall()
        for database, schema, name in tables:
            lines += map(str, warehouse.table(f'"{database}"."{schema}"."{name}"').fetchall())
    return "\n".join(lines)


def bytes_of(output: Path) -> bytes:
    """All that stands in the files, freed blocks of the warehouse included."""
    return b"".join(path.read_bytes() for path in output.rglob("*") if path.is_file())


def test_nobody_can_be_found_in_files_and_tables(project: Project) -> None:
    """Nor what was loaded before, once it is removed as docs/production.md says."""
    keep_only(project, "tap-conferencesio")
    output = project.root / "output"
    with serving("small", output / "sandbox.json") as sandbox:
        variables = sandbox.tap_environment() | {"EVENTS_HASH_SEED": SEED}
        running = Project(project.root, project.extra | variables)
        load = ("run", "tap-conferencesio", "target-jsonl")
        tables = ("dbt-duckdb:build", "dbt-duckdb:publish", "dbt-duckdb:archive")
        running.run(*load, *tables)
        everybody = people(sandbox)
        addresses = {person for person in everybody if "@" in person}
        before = bytes_of(output)
        assert any(address.encode() in before for address in addresses)
        uncomment(project.root / "meltano.yml")
        project.mark_installed()
        shutil.rmtree(output / "raw" / "tap_conferencesio")
        shutil.rmtree(output / "building")
        (output / "events.duckdb").unlink()
        running.run(*load, "--full-refresh", *tables)
    after = bytes_of(output)
    assert [address for address in addresses if address.encode() in after] == []
    found = written(output)
    assert addresses
    assert everybody > addresses
    assert [person for person in everybody if re.search(rf"\b{re.escape(person)}\b", found)] == []
    assert "@" not in found
    with duckdb.connect(str(output / "events.duckdb"), read_only=True) as warehouse:
        (hashed,) = warehouse.sql(
            "select list(distinct user ->> 'email'), list(distinct response_data ->> 'email')"
            " from tap_conferencesio.attendance full join tap_conferencesio.poll_responses using"
            " (session_id)"
        ).fetchall()
    known = hashes(addresses)
    assert all({*some} - {None} <= known and len(some) > 2 for some in hashed)
