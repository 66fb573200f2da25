"""Write output/report.html: what the marts hold, on one page that needs nothing but a browser."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.report.page import write
from scripts.report.parts import VENDORS
from scripts.report.warehouse import Choice, NoMartsError

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parents[2] / "output"


def day(text: str) -> date:
    """Read a day as a user writes it.

    Raises:
        argparse.ArgumentTypeError: If it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day such as 2026-03-31") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report from the command line."""
    parser = argparse.ArgumentParser(prog="./dev report", description=__doc__)
    parser.add_argument(
        "--vendor",
        action="append",
        default=[],
        choices=VENDORS,
        help="only this one; may be repeated",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=day,
        metavar="DATE",
        help="only events from this day on",
    )
    parser.add_argument("--until", dest="last", type=day, metavar="DATE", help="and to this day")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("EVENTS_FOLDER") or FOLDER),
        help="where events.duckdb is, and report.html will be",
    )
    parser.add_argument(
        "--postgres",
        action="store_true",
        help="of the marts in PostgreSQL, which the variables TARGET_POSTGRES_... name",
    )
    given = parser.parse_args(arguments)
    if given.first and given.last and given.first > given.last:
        parser.error(f"--from {given.first} is after --until {given.last}")
    choice = Choice(tuple(dict.fromkeys(given.vendor)), given.first, given.last)
    try:
        if given.postgres:
            from scripts.report.postgres import copied_marts  # noqa: PLC0415 - has to be installed

            with copied_marts() as warehouse:
                path = write(given.folder, choice, warehouse)
        else:
            path = write(given.folder, choice)
    except NoMartsError as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    print(f"The report: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
