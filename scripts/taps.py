"""What the taps of this workspace say of themselves: the source of all that is generated."""

from __future__ import annotations

import inspect
import json
import logging
import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from event_taps_core.setting_texts import form_of

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
READ_LOG = "read_log"

# What Meltano's and the hub's schemas of extractors know; the SDK may say that it can do more.
CAPABILITIES = {
    "about",
    "activate-version",
    "batch",
    "catalog",
    "discover",
    "log-based",
    "properties",
    "schema-flattening",
    "state",
    "stream-maps",
    "structured-logging",
    "test",
}

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """A setting as Meltano and its hub know it."""

    name: str
    label: str
    kind: str
    description: str
    form: str  # of a list or an object, as text
    default: object
    options: tuple[object, ...]
    secret: bool
    required: bool
    own: bool  # the tap's, not one that the Meltano SDK gives to every tap


@dataclass(frozen=True)
class Column:
    """A column of a stream; `data_type` is DuckDB's."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Part:
    """What a stream is read by: the rows of a parent, the ids in a setting, windows of time."""

    column: str
    """The stream's column that says which part a row is from."""
    setting: str | None
    parent: str | None
    parent_id: str | None
    """The parent's column that holds what `column` holds."""


@dataclass(frozen=True)
class Stream:
    """A stream as its catalog entry and its class describe it."""

    name: str
    description: str
    keys: tuple[str, ...]
    replication_key: str | None
    columns: tuple[Column, ...]
    part: Part | None
    source: str = ""
    """The tap's stream that a stream map makes this one from, as a second one beside it."""
    alias: str = ""
    """What a stream map calls it, in raw files and in the warehouse."""
    is_traceable: bool = True
    """Whether its rows say what they were read by: a stream map may have changed that column."""

    @property
    def table(self) -> str:
        """Its name in the warehouse."""
        return self.alias or self.name


@dataclass(frozen=True)
class Tap:
    """A tap: its folder, settings and streams."""

    folder: Path
    name: str
    capabilities: tuple[str, ...]
    python_versions: tuple[str, ...]
    settings: tuple[Setting, ...]
    streams: tuple[Stream, ...]
    discovers_columns: bool
    """Whether discovery with credentials adds columns that are not described here."""
    load_schema: str = ""
    """Where the project loads it to, if not into its namespace."""
    is_configured: bool = False
    """Whether the streams are those that the project's settings make."""

    @property
    def namespace(self) -> str:
        """The plugin's namespace; also its schema in the warehouse and its raw files' folder."""
        return self.load_schema or self.name.replace("-", "_")

    @property
    def origin(self) -> str:
        """Which command makes its models, and from what."""
        how = "./dev models from {}, as configured" if self.is_configured else "./dev docs from {}"
        return how.format(self.name)

    @property
    def own_settings(self) -> tuple[Setting, ...]:
        """The settings that this tap brings, without the SDK's."""
        return tuple(setting for setting in self.settings if setting.own)

    def stream(self, name: str) -> Stream | None:
        """Return the stream of that name, if the tap has one."""
        return next((stream for stream in self.streams if stream.name == name), None)


def find_packages(root: Path) -> list[Path]:
    """Return the folders of the workspace's packages; others may lie beside them."""
    workspace = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]
    manifests = (root.glob(f"{pattern}/pyproject.toml") for pattern in workspace["members"])
    return sorted({path.parent for found in manifests for path in found})


def find_taps(root: Path = ROOT, names: Collection[str] = ()) -> list[Tap]:
    """Read every tap of the workspace, or those of these names, in the order of their names."""
    taps = (path for path in find_packages(root) if path.name.startswith("tap-"))
    return [_read_tap(path) for path in taps if not names or path.name in names]


def _read_tap(folder: Path) -> Tap:
    name = folder.name
    about = _ask(name, "--about", "--format=json")
    catalog = _ask(name, "--discover")
    tap_class = load_class(name)
    built_in = _built_in_settings()
    # The SDK has some of the same name, but ours say what they do here.
    settings = tap_class.config_jsonschema["properties"]
    own = {name for name, said in settings.items() if said != built_in.get(name)}
    entries = {entry["stream"]: entry for entry in catalog["streams"]}
    # Discovery needs no settings; it brings the streams in the order in which the tap names them.
    logging.disable(logging.WARNING)  # the SDK warns of the settings that are missing
    streams = make_tap(name, config={}).discover_streams()
    logging.disable(logging.NOTSET)
    return Tap(
        folder=folder,
        name=name,
        capabilities=tuple(sorted(CAPABILITIES & set(about["capabilities"]))),
        python_versions=tuple(about["supported_python_versions"] or ()),
        settings=tuple(_settings(about["settings"], own)),
        streams=tuple(stream_of(entries[stream.name], stream) for stream in streams),
        discovers_columns=tap_class.discovers_columns,
    )


def _ask(tap: str, *arguments: str) -> JsonObject:
    command = [str(BIN / tap), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own tap
    if answer.returncode:
        raise RuntimeError(f"{tap} {' '.join(arguments)} failed:\n{answer.stderr}")
    result: JsonObject = json.loads(answer.stdout)
    return result


def load_class(tap: str) -> Any:
    """Return the class behind a tap's command; `module:Class.cli` is the SDK's convention."""
    (command,) = entry_points(group="console_scripts", name=tap)
    module, _, attributes = command.value.partition(":")
    __import__(module)
    return getattr(sys.modules[module], attributes.split(".")[0])


def make_tap(name: str, **arguments: Any) -> Any:
    """Make a tap in this process; the SDK would have it answer the signals to this program."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return load_class(name)(**arguments, validate_config=False)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _built_in_settings() -> JsonObject:
    """Return the settings that the SDK gives to every tap."""
    from singer_sdk import Tap as SdkTap  # noqa: PLC0415 - half a second that only this function needs

    schema: JsonObject = {"properties": {}}
    SdkTap.append_builtin_config(schema)
    return dict(schema["properties"])


def _settings(schema: JsonObject, own: set[str]) -> list[Setting]:
    """Return the settings; nested ones get dotted names (stream_maps stays whole)."""
    found = []
    for name, spec in schema["properties"].items():
        if spec.get("properties") and name != "stream_maps":
            nested = {f"{name}.{key}": value for key, value in spec["properties"].items()}
            found += _settings({"properties": nested}, own | set(nested) if name in own else own)
            continue
        found.append(
            Setting(
                name=name,
                label=spec.get("title") or name.replace("_", " ").replace(".", " ").capitalize(),
                kind=_kind(spec),
                description=" ".join((spec.get("description") or "").split()),
                form=form_of(schema, name) if _kind(spec) in {"array", "object"} else "",
                default=spec.get("default"),
                options=tuple(option for option in spec.get("enum", ()) if option is not None),
                secret=bool(spec.get("secret")),
                required=name in schema.get("required", ()),
                own=name in own,
            )
        )
    return found


def _kind(spec: JsonObject) -> str:
    """Return Meltano's kind of a setting; its decimals fail when set from the environment."""
    if spec.get("enum"):
        return "options"
    types = _types(spec)
    if len(types) != 1:
        return "string"
    if types == ("string",) and spec.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    return "integer" if types == ("number",) else types[0]


def _types(spec: JsonObject) -> tuple[str, ...]:
    """Return the JSON types that a schema allows, apart from null."""
    types = spec.get("type", [])
    found = [types] if isinstance(types, str) else list(types)
    for option in (*spec.get("anyOf", ()), *spec.get("oneOf", ())):
        found += _types(option) if isinstance(option, dict) else ()
    return tuple(dict.fromkeys(name for name in found if name != "null"))


def stream_of(entry: JsonObject, stream: Any) -> Stream:
    """Return a stream by its entry in a catalog and what the tap made of it."""
    part = None
    if getattr(stream, "parent_key", None):  # the read log is read in no parts
        parent = stream.parent
        part = Part(
            column=stream.parent_key,
            setting=stream.id_setting,
            parent=parent.name if parent else None,
            parent_id=parent.id_column() if parent else None,
        )
    return Stream(
        name=entry["stream"],
        description=_first_sentence(stream),
        keys=tuple(entry["key_properties"]),
        replication_key=entry.get("replication_key"),
        columns=tuple(
            Column(name, _data_type(spec), " ".join((spec.get("description") or "").split()))
            for name, spec in entry["schema"]["properties"].items()
        ),
        part=part,
    )


def _first_sentence(documented: object) -> str:
    paragraph = " ".join((inspect.getdoc(documented) or "").split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".") + "."


def _data_type(spec: JsonObject) -> str:
    """Return DuckDB's type for a column; what is nested or has several types stays JSON."""
    types = _types(spec)
    if types == ("string",):
        return {"date-time": "timestamptz", "date": "date"}.get(spec.get("format", ""), "varchar")
    simple = {"integer": "bigint", "number": "double", "boolean": "boolean"}
    return simple.get(types[0], "json") if len(types) == 1 else "json"
