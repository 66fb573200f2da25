"""Small warehouses with made-up marts, whose columns are those that the marts promise."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MARTS = ROOT / "transform" / "models" / "marts" / "marts.yml"


@cache
def columns() -> dict[str, str]:
    """Return each mart's columns, as SQL declares them."""
    return {
        model["name"]: ", ".join(f"{it['name']} {it['data_type']}" for it in model["columns"])
        for model in yaml.safe_load(MARTS.read_text())["models"]
    }


def make_warehouse(folder: Path, **rows: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """Make FOLDER/events.duckdb with all marts, in which these rows are; the rest is null."""
    warehouse = duckdb.connect(str(folder / "events.duckdb"))
    warehouse.execute("create schema marts")
    for mart, declared in columns().items():
        warehouse.execute(f"create table marts.{mart} ({declared})")
        for row in rows.pop(mart, []):
            places = ", ".join("?" * len(row))
            statement = f"insert into marts.{mart} ({', '.join(row)}) values ({places})"  # noqa: S608 - our own
            warehouse.execute(statement, list(row.values()))
    assert not rows, f"no marts of these names: {', '.join(rows)}"
    return warehouse


class Page(HTMLParser):
    """A report as a reader has it: its words, the findings by section, the tables by section."""

    def __init__(self, html: str) -> None:
        """Read it."""
        super().__init__()
        self.html, self.words = html, ""
        self.findings: dict[str, list[str]] = {}
        self.tables: dict[str, list[list[list[str]]]] = {}
        self._open: list[str] = []
        self._section = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where the following words stand."""
        self._open.append(tag)
        if tag == "section":
            self._section = dict(attrs)["id"] or ""
            self.findings[self._section], self.tables[self._section] = [], []
        elif tag == "figcaption":
            self.findings[self._section].append("")
        elif tag == "table":
            self.tables[self._section].append([])
        elif tag == "tr":
            self.tables[self._section][-1].append([])
        elif tag in {"td", "th"}:
            self.tables[self._section][-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Note that words of this kind have ended."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Put the words where they belong."""
        if "style" in self._open:
            return
        self.words += data
        if "figcaption" in self._open:
            self.findings[self._section][-1] += data
        elif "td" in self._open or "th" in self._open:
            self.tables[self._section][-1][-1][-1] += data
