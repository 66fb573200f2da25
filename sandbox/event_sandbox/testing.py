"""Talk to a sandbox from a test, over real HTTP and with nothing but the standard library."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import quote, urlsplit

from event_sandbox.sandbox import Sandbox
from event_sandbox.server import serve_in_thread
from event_sandbox.world import SIZES, build_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from event_sandbox.wire import Json
    from event_sandbox.world import Size

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
        self,
        method: str,
        url: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 10,
    ) -> Answer:
        """Send one request on a connection of its own; a redirect is an answer like any other."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
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
        return json.loads(self._told(method, path, body))

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
        return self._lines(f"/truth/{vendor}/{stream}?{query}")

    def grain(self, name: str) -> list[Json]:
        """Get the rows of a truth across vendors."""
        return self._lines(f"/truth/{name}")

    def _lines(self, path: str) -> list[Json]:
        return [json.loads(line) for line in self._told("GET", path).splitlines()]

    def _told(self, method: str, path: str, body: Json = None) -> bytes:
        answer = self.ask(method, f"{self.url}/_sandbox{path}", body)
        if answer.status != http.HTTPStatus.OK:
            raise AssertionError(answer.body.decode())
        return answer.body


class VendorClient:
    """A plain client of one vendor's API: its usual headers, no cleverness."""

    vendor_name: ClassVar[str]

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        self.vendor = sandbox.vendors[self.vendor_name]
        self.settings: dict[str, Any] = self.vendor["settings"]
        self.base: str = self.vendor["api_url"]
        self.headers: dict[str, str] = {}
        """What lets a request in."""

    def send(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request; other headers than the usual ones may be given."""
        given = self.headers if headers is None else headers
        return self.sandbox.ask(method, self.base + path, headers=given)

    def ask(self, path: str, **query: object) -> tuple[int, Json]:
        """Get a path; give the status and the JSON, if the body is any."""
        answer = self.send("GET", with_query(path, query))
        try:
            return answer.status, answer.json()
        except ValueError:
            return answer.status, None

    def get(self, path: str, **query: object) -> Json:
        """Get a path, and insist on a good answer."""
        status, body = self.ask(path, **query)
        if status != http.HTTPStatus.OK:
            raise AssertionError(path, status, body)
        return body

    def truth(self, stream: str, *, include_secrets: bool = False) -> list[Json]:
        """Get the rows of the truth of one of this vendor's streams."""
        return self.sandbox.truth(self.vendor_name, stream, include_secrets=include_secrets)

    def switch(self, **positions: str) -> None:
        """Move switches of this vendor."""
        self.sandbox.control("POST", "/switches", {self.vendor_name: positions})


class VendorReader(VendorClient, ABC):
    """Reads each list of a vendor when it is first looked at, and keeps the answers as they are."""

    @abstractmethod
    def bodies(self, stream: str) -> list[Json]:
        """Give the answers in the order in which they came."""

    @abstractmethod
    def rows(self, stream: str) -> list[Json]:
        """Give the rows in them; one that comes once more is not there twice."""

    def told(self, stream: str, *names: str) -> list[Json]:
        """Give members of the answers, where they are there."""
        return values(self.bodies(stream), *names)

    def values(self, stream: str, *names: str) -> list[Json]:
        """Give attributes of the rows, where they are there."""
        return values(self.rows(stream), *names)

    def types(self, stream: str, *names: str) -> set[type]:
        """Give the types of attributes of the rows; null has none."""
        return types(self.rows(stream), *names)


def values(objects: list[Json], *names: str) -> list[Json]:
    """Give attributes of objects, where they are there."""
    return [one[name] for one in objects for name in names if name in one]


def types(objects: list[Json], *names: str) -> set[type]:
    """Give the types of attributes of objects; null has none."""
    return {type(value) for value in values(objects, *names) if value is not None}


def with_query(path: str, query: Mapping[str, object]) -> str:
    """Put a query behind a path; blanks as `%20`, which every vendor understands."""
    pairs = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return f"{path}?{pairs}" if pairs else path


@contextlib.contextmanager
def running_sandbox(
    size: Size = SIZES["small"], seed: int = 7, today: dt.date = TODAY
) -> Iterator[Client]:
    """Serve a fresh world on a free port for the length of a `with` block."""
    with serve_in_thread(Sandbox(build_world(seed, size, today))) as where:
        yield Client(where["url"], where["vendors"])
