"""What the page is made of, and how it writes numbers: the one place for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

UNKNOWN = Markup('<abbr title="cannot be told">&ndash;</abbr>')  # not 0: nobody has counted
MOST_ROWS = 200  # of a table are on the page
MOST_BARS = 12
LONG = 60  # for a name within a sentence
HALF_PERCENT = 0.005
DATE = "%-d %b %Y"

VENDORS = {
    "accelevents": "Accelevents",
    "airmeet": "Airmeet",
    "conferencesio": "Conferences i/o",
    "expoplatform": "ExpoPlatform",
    "meetengage": "Meet & Engage",
}

Row = Mapping[str, Any]


def text(value: str) -> str:
    """Write a text as it is."""
    return value


def vendor(value: str) -> str:
    """Write a vendor's name."""
    return VENDORS.get(value, value)


def count(value: float) -> str:
    """Write how many."""
    return f"{value:,.0f}"


def percent(value: float) -> str:
    """Write a share: what is less than all is not written as all, nor something as nothing."""
    if 1 - HALF_PERCENT <= value < 1:
        return ">99%"
    return "<1%" if 0 < value < HALF_PERCENT else f"{value * 100:,.0f}%"


def decimal(value: float) -> str:
    """Write a number with one decimal place."""
    return f"{value:,.1f}"


def date(value: float) -> str:
    """Write the day of a time, which is given in seconds since 1970."""
    return datetime.fromtimestamp(value, UTC).strftime(DATE)


def moment(value: float) -> str:
    """Write a time, which is given in seconds since 1970."""
    return datetime.fromtimestamp(value, UTC).strftime(f"{DATE}, %H:%M UTC")


# By the column's name; a number of something if it is not here.
FORMATS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("Event", "Session", "Kind", "Campaign", "Source", "Status"), text),
    **dict.fromkeys(("Account", "Stream", "State"), text),
    **dict.fromkeys(("Show-up rate", "Of the list", "Of the schedule", "Of all"), percent),
    **dict.fromkeys(("Rating", "Hours behind"), decimal),
    **dict.fromkeys(("Last read", "Newest run", "Ended"), moment),
    "At least": percent,
    "Minute": count,
    "Platform": vendor,
    "Start": date,
}
NUMBERS = (count, percent, decimal)  # stand at the right of their column


def many(number: int, one: str, several: str = "") -> str:
    """Write so many of something."""
    return f"{count(number)} {one if number == 1 else several or one + 's'}"


def named(name: str) -> str:
    """Write a name within a sentence, without the end of a very long one."""
    return f"“{name if len(name) <= LONG else name[: LONG - 1] + '…'}”"


@dataclass(frozen=True)
class Table:
    """The figures of a chart."""

    names: Sequence[str]  # of the columns
    rows: Sequence[Row]
    other: Callable[[Any], str] = count  # how numbers are written in columns without a format

    def format(self, name: str) -> Callable[[Any], str]:
        """Return how a column is written."""
        return FORMATS.get(name, self.other)

    def is_number(self, name: str) -> bool:
        """Return whether a column's cells stand at the right."""
        return self.format(name) in NUMBERS

    def cell(self, row: Row, name: str) -> str:
        """Write a cell."""
        return UNKNOWN if row[name] is None else self.format(name)(row[name])

    @property
    def shown(self) -> Sequence[Row]:
        """The rows that are on the page."""
        return self.rows[:MOST_ROWS]

    @property
    def charted(self) -> Sequence[Row]:
        """The rows that a bar chart shows."""
        return self.rows[:MOST_BARS]


def pivoted(rows: Sequence[Row], other: Callable[[Any], str]) -> Table:
    """Make a table of rows that hold a first column, a vendor, and what stands where they meet."""
    first = next(iter(rows[0]), "") if rows else ""
    lines: dict[Any, dict[str, Any]] = {}
    for row in rows:
        lines.setdefault(row[first], {first: row[first]})[vendor(row["vendor"])] = row["part"]
    names = list(dict.fromkeys(name for line in lines.values() for name in line))
    return Table(names, list(lines.values()), other)


@dataclass(frozen=True)
class Bars:
    """A chart of the first rows of a table: their names, a bar per series, facts beside them."""

    series: Sequence[str]  # columns, as all of the following
    facts: Sequence[str]
    details: Sequence[str] = ()  # beneath the name, which is the first column
    kind = "bars"

    def detail(self, table: Table, row: Row) -> str:
        """Return what stands beneath a row's name: what is known of it."""
        known = (name for name in self.details if row[name] is not None)
        return " · ".join(table.cell(row, name) for name in known)

    def width(self, table: Table, value: float | None) -> str:
        """Return a bar's length in percent of the longest."""
        longest = max(row[name] or 0 for row in table.charted for name in self.series)
        return f"{100 * (value or 0) / (longest or 1):.1f}"


@dataclass(frozen=True)
class Lines:
    """A chart of a table of shares: a line per column, the first of which is the axis."""

    axis: str
    ticks: Sequence[str]  # at equal distances, the first and the last at the ends
    kind = "lines"

    def points(self, table: Table, name: str) -> str:
        """Return a line's points as SVG wants them, in percent of the chart."""
        step = 100 / (len(table.rows) - 1)
        shares = (100 - 100 * row[name] for row in table.rows)
        return " ".join(f"{i * step:.1f},{y:.1f}" for i, y in enumerate(shares))


@dataclass(frozen=True)
class Matrix:
    """A chart of a table with as many columns as rows: a cell is darker, the more it holds."""

    kind = "matrix"

    def shade(self, table: Table, value: int) -> str:
        """Return a cell's darkness in percent."""
        most = max(row[name] for row in table.rows for name in table.names[1:])
        return f"{60 * value / most:.0f}"


@dataclass(frozen=True)
class Figure:
    """What was found, in words, with the figures, and the chart that shows them."""

    finding: str
    table: Table
    chart: Bars | Lines | Matrix | None = None
    alternative: str = ""  # to the chart, for those who cannot see it
    note: str = ""  # what is counted, and of how many
    points: Sequence[str] = ()  # instead of a chart


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    name: str
    title: str
    figures: Sequence[Figure]
