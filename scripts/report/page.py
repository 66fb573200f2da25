"""The page: key figures, the sections, and the file that they are written to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.report.parts import UNKNOWN, count, many, moment, percent, vendor
from scripts.report.sections import SECTIONS
from scripts.report.warehouse import Choice, Marts

HERE = Path(__file__).parent


class Key(NamedTuple):
    """A figure at the top of the page."""

    name: str
    value: str
    of: str


def write(folder: Path, choice: Choice, warehouse: Path | None = None) -> Path:
    """Write FOLDER/report.html from a warehouse, by default the one beside it; return its path."""
    with Marts(warehouse or folder / "events.duckdb", choice) as marts:
        page = render(marts)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    unfinished = path.with_suffix(".new")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(path)  # who reads it sees the former page or this one
    return path


def render(marts: Marts) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,  # names come from people
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    newest = max((row["Newest run"] or 0 for row in marts.rows("accounts")), default=0)
    return environment.get_template("page.html.j2").render(
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        read_at=moment(newest) if newest else "none yet",
        scope=scope(marts),
        keys=key_figures(marts),
        sections=[section(marts) for section in SECTIONS],
    )


def scope(marts: Marts) -> str:
    """Say which events the page is about."""
    choice = marts.choice
    parts = [", ".join(map(vendor, choice.vendors)) or "all platforms"]
    if choice.first:
        parts.append(f"from {choice.first}")
    if choice.last:
        parts.append(f"until {choice.last}")
    if len(parts) > 1 and (undated := marts.row("undated")["events"]):
        parts.append(f"without {many(undated, 'event')} of which nobody knows the day")
    return " · ".join(parts)


def key_figures(marts: Marts) -> list[Key]:
    """Return the figures at the top."""
    of, show_up, part = (marts.row(name) for name in ("key_figures", "show_up", "taking_part"))
    registered, came = show_up["registered"], part["came"]
    return [
        Key(
            "Events",
            count(of["events"]),
            f"{count(of['over'])} over, at {many(of['vendors'], 'platform')}",
        ),
        Key("Sessions", count(of["sessions"]), f"{count(of['sessions_told'])} tell who came"),
        Key("People registered", count(of["registered"]), "for one event or more"),
        Key("People who came", count(of["attended"]), "to one event or more"),
        Key(
            "Show-up rate",
            percent(show_up["came"] / registered) if registered else UNKNOWN,
            f"of {many(registered, 'registration')} where it can be told",
        ),
        Key(
            "Took part",
            percent(part["active"] / came) if came else UNKNOWN,
            f"of {many(came, 'visit')} where it can be told",
        ),
    ]
