"""What the marts are made of, read off their models: the generated part of docs/marts.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MODELS = ROOT / "transform" / "models"
REF = re.compile(r"ref\('(\w+)'\)")
ENTITY = re.compile(r"(?:unioned|identified)\('(\w+)', \[([^\]]*)\]")
STREAM = re.compile(r"stream\(\s*'(tap_\w+)',\s*'(\w+)'")
SOURCE = re.compile(r"^    '(\w+)':", re.MULTILINE)
OF_PEOPLE = ("int_identities", "int_persons")
"""Models that say whose something is. They are made of everything, so they feed no mart with it."""


@dataclass(frozen=True)
class Mart:
    """A mart as its model and properties describe it."""

    name: str
    grain: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    """Name, type and description."""
    streams: dict[str, set[str]]
    """Which streams feed it, by vendor."""


def find_marts() -> list[Mart]:
    """Return the marts in the order of their properties."""
    models = {path.stem: path for path in MODELS.rglob("*.sql")}
    entries = yaml.safe_load((MODELS / "marts" / "marts.yml").read_text())["models"]
    return [
        Mart(
            name=entry["name"],
            grain=entry["meta"]["grain"],
            description=" ".join(entry["description"].split()),
            columns=tuple(
                (column["name"], column["data_type"], " ".join(column["description"].split()))
                for column in entry["columns"]
            ),
            streams=_feeding(models[entry["name"]], models),
        )
        for entry in entries
    ]


def _feeding(model: Path, models: dict[str, Path]) -> dict[str, set[str]]:
    """Return the streams that a model is made of, by vendor.

    A model that begins with a dimension has a row for each of that, so of no other vendors.
    """
    found: dict[str, set[str]] = {}
    first = REF.search(model.read_text())
    if first and first[1].startswith("dim_"):
        vendors = {*_feeding(models[first[1]], models)}
    else:
        vendors = {path.name for path in (MODELS / "staging").iterdir()}
    of_everybody = model.stem in {"dim_person", "bridge_person_identity"}
    for path in _upstream(model, models, of_everybody=of_everybody):
        if path.parent.parent.name == "staging" and path.parent.name in vendors:
            streams = STREAM.findall(path.read_text())
            found.setdefault(path.parent.name, set()).update(stream for _, stream in streams)
    return found


def _upstream(model: Path, models: dict[str, Path], *, of_everybody: bool) -> set[Path]:
    """Return a model and all that it is made of, by what its text refers to."""
    found: set[Path] = set()
    left = [model]
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        text = path.read_text()
        names = set(REF.findall(text))
        for entity, vendors in ENTITY.findall(text):
            names |= {f"stg_{vendor}__{entity}" for vendor in re.findall(r"\w+", vendors)}
        if path.stem == "int_identities":
            names |= {f"int_{entity}" for entity in SOURCE.findall(text)}
        if not of_everybody:
            names -= {*OF_PEOPLE}
        left += [models[name] for name in sorted(names & models.keys())]
    return found


def text() -> str:
    """Return the generated part of docs/marts.md."""
    marts = find_marts()
    vendors = sorted({vendor for mart in marts for vendor in mart.streams})
    lines = [_row("table", "a row is", *vendors), _row(*["---"] * (2 + len(vendors)))]
    for mart in marts:
        marks = ("yes" if vendor in mart.streams else "-" for vendor in vendors)
        lines.append(_row(f"[`{mart.name}`](#{mart.name})", mart.grain, *marks))
    for mart in marts:
        lines += ["", f"### {mart.name}", "", mart.description, ""]
        lines += [f"- {vendor}: {_code(mart.streams[vendor])}" for vendor in sorted(mart.streams)]
        lines += ["", _row("column", "type", "what it holds"), _row("---", "---", "---")]
        lines += [_row(f"`{name}`", kind, what) for name, kind, what in mart.columns]
    return "\n".join(lines) + "\n"


def _code(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
