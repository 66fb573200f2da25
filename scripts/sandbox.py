"""The sandbox as seen from outside: a process, and its control API over HTTP."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str
    vendors: dict[str, dict[str, Any]]

    def streams(self, vendor: str) -> list[str]:
        """Return the streams whose truth is known."""
        return list(json.loads(self._ask("GET", f"streams/{vendor}")))

    def truth(self, *of: str) -> list[Row]:
        """Return what perfect extractions hold now: of a vendor and a stream, or of a grain."""
        lines = self._ask("GET", "/".join(("truth", *of))).splitlines()
        return [json.loads(line) for line in lines]

    def advance(self, steps: int = 1) -> dict[str, Any]:
        """Let time pass; return what changed."""
        answer: dict[str, Any] = json.loads(self._ask("POST", "advance", {"steps": steps}))
        return answer

    def refuse(self, *paths: str) -> None:
        """Answer with 403 from now on, only where one of these regular expressions fits."""
        faults = [{"path": path, "kind": "403"} for path in paths]
        self._ask("POST", "faults", {"permanent": faults})

    def delay(self, seconds: float) -> None:
        """Let each answer of the vendors take so long from now on."""
        self._ask("POST", "latency", {"ms": 1000 * seconds})

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        self._ask("DELETE", "requests")

    def request_count(self) -> int:
        """Return how many requests the vendors' APIs got since the log was emptied."""
        return int(json.loads(self._ask("GET", "requests/count"))["count"])

    def requests(self) -> list[Row]:
        """Return the requests that the vendors' APIs got since the log was emptied."""
        found: list[Row] = json.loads(self._ask("GET", "requests"))
        return found

    def limits(self, vendor: str) -> dict[str, int]:
        """Return how many calls were counted of a vendor that has a limit, and breaches of it."""
        found: dict[str, int] = json.loads(self._ask("GET", "limits"))[vendor]
        return found

    def tap_environment(self) -> dict[str, str]:
        """Return the variables that make Meltano point each tap here."""
        variables = {}
        for vendor, where in self.vendors.items():
            settings = {"api_url": where["api_url"], **where["settings"]}
            for name, value in settings.items():
                key = f"{tap_of(vendor)}_{name}".replace("-", "_").upper()
                variables[key] = value if isinstance(value, str) else json.dumps(value)
        return variables

    def _ask(self, method: str, path: str, body: object = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - loopback only
            f"{self.url}/_sandbox/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback only
            content: bytes = answer.read()
        return content


@contextmanager
def serving(world: str, state: Path) -> Iterator[Sandbox]:
    """Serve a world on a free port; `state` is where it keeps how far its time has moved on.

    Raises:
        SandboxError: it ended before it listened.
    """
    state.parent.mkdir(parents=True, exist_ok=True)
    program = str(BIN / "event-sandbox")
    command = [program, "serve", "--port=0", f"--world={world}", f"--state={state}"]
    command.append(f"--prepare-seconds={PREPARE_SECONDS}")
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        line = process.stdout.readline()
        if not line:
            raise SandboxError(f"the sandbox did not start (exit code {process.wait()})")
        said = json.loads(line)
        yield Sandbox(said["url"], said["vendors"])
