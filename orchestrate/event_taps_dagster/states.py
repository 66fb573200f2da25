"""Print states that Meltano keeps, a line of JSON for each: of many, for the price of one.

    python -m event_taps_dagster.states PROJECT ENVIRONMENT STATE_ID...

A start of Meltano takes a second, and an account may have been divided into hundreds of shards.
"""

from __future__ import annotations

import sys

from meltano.cli.cli import cli


def main() -> None:
    """Run Meltano's own command for one after the other; it ends with the first that fails."""
    project, environment, *state_ids = sys.argv[1:]
    options = [f"--cwd={project}", f"--environment={environment}", "--log-format=json"]
    try:
        for state_id in state_ids:
            cli([*options, "state", "get", state_id], standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - Meltano's command, too, says any in a sentence
        sys.exit(f"meltano: {error}")


if __name__ == "__main__":
    main()
