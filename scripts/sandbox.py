"""The sandbox as the scripts start it, with what Meltano has to know of its vendors."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from event_taps_core.testing.sandbox import ControlApi
from scripts.processes import running
from scripts.taps import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]

_TAPS = {"expoplatform": "tap-meetings-export"}
"""Which tap reads a vendor, where that is not `tap-` and the vendor's name."""

PREPARE_SECONDS = 3
"""How long a report takes that a vendor prepares when asked for it; real ones take minutes."""


class SandboxError(Exception):
    """The sandbox did not start."""


def tap_of(vendor: str) -> str:
    """Name the tap that reads a vendor."""
    return _TAPS.get(vendor, f"tap-{vendor}")


class Sandbox(ControlApi):
    """A running sandbox, for all its vendors' taps."""

    def refuse(self, *paths: str) -> None:
        """Answer with 403 from now on, only where one of these regular expressions fits."""
        faults = [{"path": path, "kind": "403"} for path in paths]
        self.control("POST", "/faults", {"permanent": faults})

    def tap_environment(self) -> dict[str, str]:
        """Return the variables that make Meltano point each tap here."""
        variables = {}
        for vendor, where in self.vendors.items():
            settings = {"api_url": where["api_url"], **where["settings"]}
            for name, value in settings.items():
                key = f"{tap_of(vendor)}_{name}".replace("-", "_").upper()
                variables[key] = value if isinstance(value, str) else json.dumps(value)
        return variables


@contextmanager
def serving(world: str, state: Path) -> Iterator[Sandbox]:
    """Serve a world on a free port; `state` is where it keeps how far its time has moved on.

    Raises:
        SandboxError: it ended before it listened.
    """
    state.parent.mkdir(parents=True, exist_ok=True)
    options = (f"--world={world}", f"--state={state}", f"--prepare-seconds={PREPARE_SECONDS}")
    command = [str(BIN / "event-sandbox"), "serve", *options]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        line = process.stdout.readline()
        if not line:
            raise SandboxError(f"the sandbox did not start (exit code {process.wait()})")
        yield Sandbox(json.loads(line))
