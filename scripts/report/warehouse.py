"""The marts as the report reads them: of the events that are asked for, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb

from scripts.report.parts import Row, Table

if TYPE_CHECKING:
    from datetime import date

QUERIES = Path(__file__).with_name("queries.sql")
OF_EVENTS = (
    "mart_event_funnel",
    "mart_session_scorecard",
    "mart_person_engagement",
    "dim_session",
    "fct_attendance",
    "fct_engagement",
    "fct_event_attendance",
    "fct_meeting",
    "fct_registration",
)


MARTS = ("dim_event", "mart_freshness", *OF_EVENTS)
"""What the report reads."""


class NoMartsError(Exception):
    """There is nothing to report on."""


@dataclass(frozen=True)
class Choice:
    """The events that are meant: of these vendors, and at least partly within a period."""

    vendors: tuple[str, ...] = ()  # none: all
    first: date | None = None
    last: date | None = None

    @property
    def by_vendor(self) -> str:
        """The condition on what belongs to a vendor, in SQL."""
        names = ", ".join(map(quoted, self.vendors))
        return f"vendor in ({names})" if names else "true"

    @property
    def by_event(self) -> str:
        """The condition on an event, in SQL: one whose days are unknown is in no period."""
        conditions = [self.by_vendor]
        if self.first:
            day = f"'{self.first} 00:00+00'"  # which an event that ends at that instant is not in
            conditions.append(f"(ends_at > {day} or starts_at >= {day})")
        if self.last:
            conditions.append(f"starts_at < timestamptz '{self.last} 00:00+00' + interval 1 day")
        return " and ".join(conditions)


class Marts:
    """The marts of a warehouse, limited to the events that are meant, and the queries on them."""

    def __init__(self, path: Path, choice: Choice) -> None:
        """Open a warehouse for reading."""
        self.choice = choice
        if not path.exists():
            raise NoMartsError(
                f"there is no {path}: './dev demo' or 'meltano run nightly' makes it"
            )
        self._connection = duckdb.connect()
        try:
            self._connection.execute(f"attach {quoted(str(path))} as warehouse (read_only)")
            self._make_views()
        except duckdb.Error as error:
            self._connection.close()
            raise NoMartsError(
                f"{path} cannot be read, or has not all that the report needs: {error}"
            ) from error

    def _make_views(self) -> None:
        of_events = "event_key in (select event_key from dim_event)"
        conditions = {
            "dim_event": self.choice.by_event,
            "mart_freshness": self.choice.by_vendor,
            **dict.fromkeys(OF_EVENTS, of_events if self.choice != Choice() else "true"),
        }
        for name, condition in conditions.items():
            query = f"select * from warehouse.marts.{name} where {condition}"  # noqa: S608 - our own
            self._connection.execute(f"create view {name} as {query}")
        undated = (
            f"from warehouse.marts.dim_event where starts_at is null and {self.choice.by_vendor}"
        )
        self._connection.execute(f"create view undated as select count(*) as events {undated}")
        self._connection.execute(QUERIES.read_text(encoding="utf-8"))

    def rows(self, view: str) -> list[Row]:
        """Return the rows of a view in queries.sql."""
        return list(self.table(view).rows)

    def table(self, view: str) -> Table:
        """Return a view in queries.sql as a table."""
        found = self._connection.table(view)
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        return Table(found.columns, rows)

    def row(self, view: str) -> Row:
        """Return the only row of a view in queries.sql."""
        (row,) = self.rows(view)
        return row

    def __enter__(self) -> Self:
        """Close it at the end of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the warehouse go."""
        self._connection.close()


def quoted(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
