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
        type=date.fromisoformat,
        metavar="DATE",
        help="only events from this day on",
    )
    parser.add_argument(
        "--until", dest="last", type=date.fromisoformat, metavar="DATE", help="and to this day"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("EVENTS_FOLDER") or FOLDER),
        help="where events.duckdb is, and report.html will be",
    )
    given = parser.parse_args(arguments)
    choice = Choice(tuple(given.vendor), given.first, given.last)
    try:
        path = write(given.folder, choice)
    except NoMartsError as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    print(f"The report: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
