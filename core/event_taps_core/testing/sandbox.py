"""The sandbox as a test sees it: a process of its own, and its control API."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PATIENCE_SECONDS = 90
_LOOK_AGAIN_SECONDS = 0.005


def find_command(name: str) -> str:
    """Find a console command of the environment that the tests run in.

    Raises:
        FileNotFoundError: If the package that brings it is not installed.
    """
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"the command {name} is not installed in this environment")
    return found


@cache
def _printed_switches() -> list[str]:
    command = [find_command("event-sandbox"), "switches"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - the sandbox's own command
    return printed.stdout.splitlines()


def switch_positions(vendor: str) -> dict[str, list[str]]:
    """Return the positions of a vendor's switches, the usual one first.

    They are what the sandbox's command prints, so that tests can be collected without a sandbox.
    """
    found = {}
    for line in _printed_switches():
        if line.startswith(f"{vendor}."):
            name, _, positions = line.removeprefix(f"{vendor}.").partition(": ")
            found[name] = positions.replace(" (default)", "").split(", ")
    return found


def wait_until(condition: Callable[[], bool], *, while_true: Callable[[], bool]) -> None:
    """Return as soon as a condition holds."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert while_true(), "it ended before what was waited for"  # noqa: S101 - a test's helper
        assert time.monotonic() < deadline, "it did not happen in time"  # noqa: S101 - a test's helper
        time.sleep(_LOOK_AGAIN_SECONDS)


@dataclass(frozen=True)
class Request:
    """One request that the sandbox was sent."""

    method: str
    path: str
    """Below the vendor's base, with its query left out."""
    query: str
    status: int | None
    fault: str | None
    vendor: str | None
    at: float
    """When it came in, in monotonic seconds."""
    authorised: bool
    """Whether it carried the vendor's credentials."""

    def address(self, identified_by: str | None) -> str:
        """Return the path, and the query parameter that belongs to it, if any."""
        values = dict(urllib.parse.parse_qsl(self.query)) if identified_by else {}
        if identified_by not in values:
            return self.path
        return f"{self.path}?{identified_by}={values[identified_by]}"


# Not `urlopen`: a proxy of the machine has no business between a test and its sandbox.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class ControlApi:
    """A running sandbox, whichever vendor it is about.

    Args:
        where: The line that it printed when it listened.
    """

    def __init__(self, where: Mapping[str, Any]) -> None:
        self.url: str = where["url"]
        self.vendors: dict[str, dict[str, Any]] = where["vendors"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control API, also for what only one vendor has; return its answer.

        Raises:
            ValueError: If it refuses; says why.
        """
        return json.loads(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the sandbox's own
            self.url + "/_sandbox" + path, data=data, method=method
        )
        try:
            with _open(request) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise ValueError(f"{method} {path}: {error.read().decode()}") from None

    def truth(
        self, *of: str, include_secrets: bool = False, all_columns: bool = False
    ) -> list[dict[str, Any]]:
        """Return the rows that perfect extractions hold now: of a vendor's stream, or of a grain.

        With `all_columns` also those that can only be found by looking.
        """
        query = f"?include_secrets={int(include_secrets)}{'&columns=all' if all_columns else ''}"
        lines = self._ask("GET", f"/truth/{'/'.join(of)}{query}").splitlines()
        return [json.loads(line) for line in lines]

    def streams(self, vendor: str) -> list[str]:
        """Return the names of a vendor's streams that have a truth."""
        return list(self.control("GET", f"/streams/{vendor}"))

    def requests(self) -> list[Request]:
        """Return what vendors were asked so far, and what came to a page that they redirect to."""
        names = Request.__dataclass_fields__
        return [
            Request(**{name: entry[name] for name in names})
            for entry in self.control("GET", "/requests")
        ]

    def request_count(self) -> int:
        """Return how many requests came in since the log was last cleared."""
        return int(self.control("GET", "/requests/count")["count"])

    def forget_requests(self) -> None:
        """Clear the log of requests."""
        self.control("DELETE", "/requests")

    def delay(self, seconds: float) -> None:
        """Answer each request so much later."""
        self.control("POST", "/latency", {"ms": 1000 * seconds})

    def advance(self, days: int = 1) -> dict[str, int]:
        """Let the world move on; return how often each kind of change happened."""
        return dict(self.control("POST", "/advance", {"steps": days})["changes"])


class Sandbox(ControlApi):
    """A running sandbox, seen from one vendor.

    Args:
        where: The line that it printed when it listened.
        vendor: The vendor that is asked about.
    """

    def __init__(self, where: Mapping[str, Any], vendor: str) -> None:
        super().__init__(where)
        self.vendor = vendor
        self.identified_by: str | None = None
        """The query parameter that belongs to an address, see `TapUnderTest`."""
        self.has_changed = False
        """Whether its world is no longer the one it started with."""
        self.forgotten: list[Request] = []
        """What was requested since the last reset and before `forget_requests`."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the vendor's tap must be given."""
        about = self.vendors[self.vendor]
        return {**about["settings"], "api_url": about["api_url"]}

    def truth(
        self, *of: str, include_secrets: bool = False, all_columns: bool = False
    ) -> list[dict[str, Any]]:
        """Return the rows that a perfect extraction of a stream of the vendor holds now."""
        return super().truth(
            self.vendor, *of, include_secrets=include_secrets, all_columns=all_columns
        )

    def paths(self) -> list[str]:
        """Return the paths asked for so far, sorted."""
        return sorted(request.path for request in self.requests())

    def addresses(self) -> list[str]:
        """Return the addresses asked for so far, sorted."""
        return sorted(request.address(self.identified_by) for request in self.requests())

    # What it can be told

    def switch(self, **positions: str) -> None:
        """Move switches of the vendor."""
        self.control("POST", "/switches", {self.vendor: positions})

    def break_randomly(self, *kinds: str, rate: float = 0.1, seed: int = 1) -> None:
        """Break requests at a rate; what breaks works when it is asked for again."""
        self.control("POST", "/faults", {"rate": rate, "kinds": kinds, "seed": seed})

    def break_address(self, address: str, kind: str, words: str = "") -> None:
        """Break every request for an address; `words` are what the vendor says of it."""
        path, _, parameter = address.partition("?")
        query = rf"\?(.*&)?{re.escape(parameter)}(&.*)?" if parameter else ""
        self.break_path(f"^{re.escape(path)}{query}$", kind, words)

    def break_template(self, template: str, kind: str) -> None:
        """Break every request for the paths that are made from a template."""
        parts = re.split(r"\{\w*\}", template)
        self.break_path(f"^{'[^/]+'.join(map(re.escape, parts))}$", kind)

    def break_path(self, pattern: str, kind: str, words: str = "") -> None:
        """Break every request whose path, or path and query, a regular expression finds."""
        fault = {"permanent": [{"path": pattern, "kind": kind}], "words": words}
        self.control("POST", "/faults", fault)

    def mend(self) -> None:
        """Break nothing any more."""
        self.control("DELETE", "/faults")

    def prepare(self, seconds: float) -> None:
        """Forget what was prepared, and let each answer take so long from its first request."""
        self.control("DELETE", "/preparation")
        self.control("POST", "/preparation", {"seconds": seconds})

    def advance(self, days: int = 1) -> dict[str, int]:
        """Let the world move on; return how often each kind of change happened."""
        self.has_changed = True
        return super().advance(days)

    def vanish(self, parent_id: str | None = None, after_requests: int = 0) -> str:
        """Let a parent go away, during the n-th request from now; return its id."""
        self.has_changed = True
        body = {
            "vendor": self.vendor,
            "session_id": parent_id,
            "after_requests": after_requests,
        }
        return str(self.control("POST", "/vanish", body)["session_id"])

    def forget_requests(self) -> None:
        """Clear the log of requests; `forgotten` keeps them."""
        self.forgotten += self.requests()
        super().forget_requests()

    def reset(self) -> None:
        """Undo everything; nothing takes time to prepare."""
        if self.has_changed:
            self.control("DELETE", "/world")
            self.has_changed = False
        for path in ("/switches", "/faults", "/requests"):
            self.control("DELETE", path)
        self.delay(0)
        self.prepare(0)
        self.forgotten = []


@contextlib.contextmanager
def running_sandbox(vendor: str, *options: str) -> Iterator[Sandbox]:
    """Serve a new world on a free port for the length of a `with` block.

    Args:
        vendor: The vendor that the tests are about.
        options: Further options of `event-sandbox serve`.

    Raises:
        RuntimeError: If the sandbox does not start; says why.
    """
    command = [find_command("event-sandbox"), "serve", *options]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603 - the sandbox's own command
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            line = process.stdout.readline()
            if not line:
                process.wait()
                errors.seek(0)
                raise RuntimeError(f"the sandbox did not start: {errors.read()}")
            yield Sandbox(json.loads(line), vendor)
        finally:
            process.terminate()
            process.communicate()
