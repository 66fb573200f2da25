"""A plain client of this API for tests: one connection, one key, no cleverness."""

from __future__ import annotations

import http.client
import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from event_sandbox.testing import Answer

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class AcceleventsClient:
    """Asks with the key in the header `Key`, unless other headers are given."""

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        self.vendor = sandbox.vendors["accelevents"]
        self.key: str = self.vendor["settings"]["api_key"]
        self.slugs: list[str] = self.vendor["settings"]["event_urls"]
        self.headers = {"Key": self.key}
        self.kind = ""
        """The content type of the newest answer."""
        parts = urlsplit(self.vendor["api_url"])
        self.base = parts.path
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=10)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Send one request."""
        given = self.headers if headers is None else headers
        self.connection.request(method, self.base + path, headers=given)
        response = self.connection.getresponse()
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.read())

    def ask(self, path: str, **query: object) -> tuple[int, Json]:
        """Get a path; give the status and the JSON, if the body is any."""
        answer = self.send("GET", path + _query(query))
        self.kind = answer.headers.get("content-type", "")
        try:
            return answer.status, json.loads(answer.body)
        except ValueError:
            return answer.status, None

    def get(self, path: str, **query: object) -> Json:
        """Get a path, and insist on a good answer."""
        status, body = self.ask(path, **query)
        if status != HTTPStatus.OK:
            raise AssertionError(path, status, body)
        return body

    def event(self, number: int = 0) -> Json:
        """Give the details of one event."""
        return self.get(f"/rest/host/event/{self.slugs[number]}/eventDetails")

    def sessions(self, number: int = 0, **query: object) -> list[Json]:
        """Give the sessions of one event."""
        key = self.event(number)["eventId"]
        path = f"/rest/host/event/{self.slugs[number]}/session"
        return list(self.get(path, eventId=key, size=100, **query)["data"])

    def switch(self, **positions: str) -> None:
        """Move switches."""
        self.sandbox.control("POST", "/switches", {"accelevents": positions})


def _query(query: dict[str, object]) -> str:
    pairs = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return f"?{pairs}" if pairs else ""
