"""Run a command that ends with the process that asked for it, even if that is killed.

    python -m event_taps_dagster.tied PARENT_ID COMMAND...

A worker that is killed cannot end what it has started; Meltano would go on, spending the budget
of a key that another shard uses by then. Linux tells it (SIGTERM); elsewhere Meltano goes on, and
its lock keeps others from the same shard.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            sys.exit(128 + signal.SIGTERM)  # it has ended already
    try:
        os.execvp(command[0], command)  # noqa: S606 - what our own code asks for
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
