"""Talk to a sandbox from a test, over real HTTP and with nothing but the standard library."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from event_sandbox.sandbox import Sandbox
from event_sandbox.server import serve_in_thread
from event_sandbox.world import SIZES, build_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from event_sandbox.wire import Json
    from event_sandbox.world.build import Size

TODAY: Final = dt.date(2026, 4, 2)
"""A fixed day for tests; the weeks before it hold both changes to daylight saving time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unread."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """Read the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Client:
    """A running sandbox, by the line that it prints when it listens."""

    url: str
    vendors: Mapping[str, Json]

    def ask(
        self, method: str, url: str, body: Json = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own; a redirect is an answer like any other."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        target = parts.path + ("?" + parts.query if parts.query else "")
        sent = None if body is None else json.dumps(body)
        with contextlib.closing(connection):
            connection.request(method, target, sent, dict(headers or {}))
            response = connection.getresponse()
            lower = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, lower, response.read())

    def vendor(
        self,
        name: str,
        path: str,
        method: str = "GET",
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask a vendor's API, with the right key unless other headers are given."""
        vendor = self.vendors[name]
        if headers is None:
            headers = {"API-Key": vendor["settings"]["api_key"]}
        return self.ask(method, vendor["api_url"] + path, body, headers)

    def control(self, method: str, path: str, body: Json = None) -> Json:
        """Ask the control API, and insist on a good answer."""
        answer = self.ask(method, self.url + "/_sandbox" + path, body)
        if answer.status != http.HTTPStatus.OK:
            raise AssertionError(answer.body.decode())
        return answer.json()

    def truth(
        self,
        vendor: str,
        stream: str,
        *,
        include_secrets: bool = False,
        columns: Literal["declared", "all"] = "declared",
    ) -> list[Json]:
        """Get the rows of a stream's truth."""
        query = f"include_secrets={int(include_secrets)}&columns={columns}"
        path = f"/_sandbox/truth/{vendor}/{stream}?{query}"
        answer = self.ask("GET", self.url + path)
        if answer.status != http.HTTPStatus.OK:
            raise AssertionError(answer.body.decode())
        return [json.loads(line) for line in answer.body.splitlines()]


@contextlib.contextmanager
def running_sandbox(
    size: Size = SIZES["small"], seed: int = 7, today: dt.date = TODAY
) -> Iterator[Client]:
    """Serve a fresh world on a free port for the length of a `with` block."""
    with serve_in_thread(Sandbox(build_world(seed, size, today))) as where:
        yield Client(where["url"], where["vendors"])
