"""Write the dbt models of what this project's settings make.

`./dev docs` writes the models of the streams and columns that the taps have by default. Settings
change these: data methods, secrets, stream maps, aliases, flattening, what is selected, what
discovery finds. So this asks Meltano for each tap's settings and catalog in an environment, makes
the tap of them in this process, and takes the schemas that it would send. They are made by the
SDK's own mapper, as in a run; and, unlike from a run's SCHEMA messages, it is known from which
stream each is made, which the rules for deletions need. No row is read, apart from those that
discovery looks at.

Where settings change nothing, the models are those of `./dev docs`.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from signal import Signals
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import yaml
from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib import Catalog

from event_taps_core.errors import TapError
from scripts import docs
from scripts.processes import exit_on_signals, running
from scripts.taps import BIN, READ_LOG, ROOT, find_taps, make_tap, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scripts.taps import Column, JsonObject, Stream, Tap


class ModelsError(Exception):
    """The settings make something that no model can hold, or Meltano failed."""


@dataclass(frozen=True)
class Plugin:
    """An extractor of meltano.yml that is one of the workspace's taps, or inherits from one."""

    name: str
    tap: str
    load_schema: str


def find_plugins(taps: Iterable[str]) -> list[Plugin]:
    """Return the plugins of these taps."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    entries = {entry["name"]: entry for entry in project["plugins"].get("extractors", [])}
    found = []
    for name, entry in entries.items():
        line = [entry]
        while line[-1].get("inherit_from") in entries:
            line.append(entries[line[-1]["inherit_from"]])
        tap = line[-1]["name"]
        if tap in taps:
            schemas = [one["load_schema"] for one in line if "load_schema" in one]
            found.append(Plugin(name, tap, (schemas or [tap.replace("-", "_")])[0]))
    return found


def ask_meltano(environment: str, plugin: str) -> tuple[JsonObject, JsonObject]:
    """Return a plugin's settings and catalog in an environment."""
    print(f"{plugin}: asking Meltano for its settings and columns", file=sys.stderr, flush=True)
    with (
        _dumping(environment, plugin, "config") as config,
        _dumping(environment, plugin, "catalog") as catalog,
    ):
        return config(), catalog()


@contextmanager
def _dumping(environment: str, plugin: str, what: str) -> Iterator[Callable[[], JsonObject]]:
    """Begin to ask Meltano; what is given waits for the answer."""
    options = [f"--cwd={ROOT}", f"--environment={environment}", "--log-format=json"]
    command = [str(BIN / "meltano"), *options, "invoke", f"--dump={what}", plugin]
    with (
        TemporaryFile("w+") as answer,
        TemporaryFile("w+") as log,
        running(command, stdout=answer, stderr=log) as process,
    ):

        def wait() -> JsonObject:
            ended = process.wait()
            for file in (answer, log):
                file.seek(0)
            _check(plugin, ended, log.read())
            found: JsonObject = json.load(answer)
            return found

        yield wait


def _check(plugin: str, ended: int, log: str) -> None:
    """Repeat what Meltano said that matters.

    Raises:
        ModelsError: It failed; in a sentence, as Meltano's own words are a traceback.
    """
    said: dict[str, list[str]] = {}
    for line in log.splitlines():
        try:
            entry = json.loads(line)
            said.setdefault(entry["level"], []).append(str(entry["event"]).split("\n")[0])
        except (ValueError, KeyError):
            continue  # a line of a traceback
    if ended < 0:
        raise ModelsError(f"{plugin}: Meltano was ended by {Signals(-ended).name}")
    if ended:
        reasons = said.get("critical") or said.get("error") or log.splitlines()
        reasons = reasons or [f"Meltano ended with exit code {ended}"]
        raise ModelsError(f"{plugin}: {reasons[-1].removeprefix(f'{plugin}: ')}")
    for warning in said.get("warning", []):
        if "columns" in warning:  # that discovery could not look for
            print(f"{plugin}: {warning}", file=sys.stderr)


def configured(tap: Tap, plugin: Plugin, config: JsonObject, catalog: JsonObject) -> list[Stream]:
    """Return the streams that a plugin sends.

    Raises:
        ModelsError: A stream map is wrong, or leaves out what every table needs.
    """
    lacking = [s.name for s in tap.settings if s.required and config.get(s.name) in (None, "")]
    if tap.discovers_columns and lacking:
        print(
            f"{plugin.name}: without {', '.join(lacking)} no columns can be looked for;"
            " it has those that it documents",
            file=sys.stderr,
        )
    logging.disable(logging.WARNING)  # the SDK warns of settings that are missing
    try:
        made = make_tap(tap.name, config=config, catalog=Catalog.from_dict(catalog))
        streams = [one for stream in made.streams.values() for one in _sent(tap, stream)]
    except (TapError, StreamMapConfigError, MapExpressionError) as error:
        raise ModelsError(f"{plugin.name}: {error}") from error
    finally:
        logging.disable(logging.NOTSET)
    for stream in streams:
        problem = ""
        if not stream.keys:
            problem = "has no key, by which a newer row replaces an older one"
        elif "read_at" not in {column.name for column in stream.columns}:
            problem = "has no column read_at, by which a newer row is told from an older one"
        elif len({column.name.lower() for column in stream.columns}) < len(stream.columns):
            problem = "has columns whose names differ in capitals only"
        if problem:
            raise ModelsError(f"{plugin.name}: the stream map's {stream.table} {problem}")
    return _traced(tap, streams, config.get("stream_maps") or {})


def _sent(tap: Tap, stream: Any) -> Iterator[Stream]:
    """Yield what is sent of a stream: itself, perhaps by another name, and copies beside it."""
    if not stream.selected:
        return
    for at, mapped in enumerate(stream.stream_maps):
        if isinstance(mapped, RemoveRecordTransform):
            continue
        entry = {
            "stream": mapped.stream_alias if at else stream.name,
            "key_properties": mapped.transformed_key_properties or (),
            "replication_key": stream.replication_key,
            "schema": mapped.transformed_schema,
        }
        known = tap.stream(stream.name)
        sent = stream_of(entry, stream)
        if at:
            sent = replace(sent, source=stream.name)
        elif mapped.stream_alias != stream.name:
            sent = replace(sent, alias=mapped.stream_alias)
        yield replace(sent, description=known.description) if known else sent


def _traced(tap: Tap, streams: list[Stream], maps: JsonObject) -> list[Stream]:
    """Find the streams whose rows do not say any more what they were read by."""
    log = tap.stream(READ_LOG)
    scope = set(log.keys if log else ()) - {"stream", "parent_id"}
    by_name = {stream.name: stream for stream in streams}
    found = []
    for stream in streams:
        changed = _changed(stream, maps) & (scope | {stream.part.column if stream.part else ""})
        parent = by_name.get(stream.part.parent or "") if stream.part else None
        if stream.part and parent:
            changed |= _changed(parent, maps) & (scope | {stream.part.parent_id or ""})
        if changed:
            print(
                f"{tap.name}: a stream map changes {', '.join(sorted(changed))}, so that rows of"
                f" {stream.table} stay when they are gone at the vendor",
                file=sys.stderr,
            )
        found.append(replace(stream, is_traceable=not changed))
    return found


def _changed(stream: Stream, maps: JsonObject) -> set[str]:
    """Return the columns in which a stream map puts something else, or nothing."""
    changed = set()
    for name, said in maps.items():
        if not isinstance(said, dict):
            continue
        if stream.source:
            is_meant = name == stream.name
        else:
            is_meant = "__source__" not in said and fnmatch(stream.name, name)
        if is_meant:
            changed |= {column for column, how in said.items() if how != column}
            if said.get("__else__", "") in (None, "__NULL__"):
                changed |= {"account", "subdomain"} - {column.name for column in stream.columns}
    return changed


def merged(plugin: str, streams: Iterable[Stream]) -> list[Stream]:
    """Put together what several plugins load into the same tables.

    Raises:
        ModelsError: They do not fit into one table.
    """
    found: dict[str, Stream] = {}
    for stream in streams:
        same = found.setdefault(stream.name, stream)
        columns: dict[str, Column] = {column.name: column for column in same.columns}
        for column in stream.columns:
            columns.setdefault(column.name, column)
        unlike = [c.name for c in stream.columns if columns[c.name].data_type != c.data_type]
        if unlike or same.keys != stream.keys:
            what = f"types of {', '.join(unlike)}" if unlike else "keys"
            raise ModelsError(f"{plugin}: {stream.table} has other {what} than in another plugin")
        found[stream.name] = replace(
            same,
            columns=tuple(columns.values()),
            alias=same.alias or stream.alias,
            is_traceable=same.is_traceable and stream.is_traceable,
        )
    return list(found.values())


def as_configured(taps: list[Tap], environment: str) -> list[Tap]:
    """Return the taps with the streams that the project's settings make, once per schema."""
    by_name = {tap.name: tap for tap in taps}
    plugins = find_plugins(by_name)
    found: dict[str, Tap] = {}
    for plugin in plugins:
        config, catalog = ask_meltano(environment, plugin.name)
        default = by_name[plugin.tap]
        before = found.get(plugin.load_schema)
        streams = merged(
            plugin.name,
            [*(before.streams if before else ()), *configured(default, plugin, config, catalog)],
        )
        found[plugin.load_schema] = replace(
            default, streams=tuple(streams), load_schema=plugin.load_schema
        )
    unused = [tap for tap in taps if tap.namespace not in found]
    return [*(_completed(by_name[tap.name], tap) for tap in found.values()), *unused]


def _completed(default: Tap, tap: Tap) -> Tap:
    """Add the streams that are not sent: marts, and other streams, may refer to their tables."""
    sent = {stream.name: stream for stream in tap.streams}
    names = dict.fromkeys([*(stream.name for stream in default.streams), *sent])
    streams = tuple(sent.get(name) or default.stream(name) for name in names)
    known = tuple(stream for stream in streams if stream)
    if known == default.streams and tap.namespace == default.namespace:
        return default
    return replace(tap, streams=known, is_configured=True)


def main(arguments: list[str] | None = None) -> int:
    """Write the models."""
    parser = argparse.ArgumentParser(
        prog="./dev models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--environment", default="prod", help="Meltano's environment whose settings count (prod)"
    )
    environment = parser.parse_args(arguments).environment
    exit_on_signals()
    try:
        taps = as_configured(find_taps(), environment)
    except ModelsError as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    files = {path: text for tap in taps for path, text in docs.models(tap).items()}
    written = docs.write(docs.left_over(taps) | files)
    if not written:
        print(f"the models are those of environment {environment} already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
