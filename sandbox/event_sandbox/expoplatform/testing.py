"""A plain client of this API for tests: one connection, and pages until there is nothing new."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from event_sandbox.testing import Answer

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class ExpoPlatformClient:
    """Asks, and takes an answer for what it is."""

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        vendor = sandbox.vendors["expoplatform"]
        self.event_ids: list[int] = vendor["settings"]["event_ids"]
        self.headers = {"Authorization": f"Basic {vendor['settings']['api_key']}"}
        parts = urlsplit(vendor["api_url"])
        self.base = parts.path + "/api/v2"
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=10)

    def send(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """Send one request, with the key unless other headers are given."""
        target = f"{self.base}{path}?{urlencode(query)}"
        given = self.headers if headers is None else headers
        self.connection.request("GET", target, headers=given)
        response = self.connection.getresponse()
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.read())

    def ask(self, path: str, **query: Any) -> tuple[int, Json]:
        """Get a path."""
        answer = self.send(path, **query)
        return answer.status, json.loads(answer.body)

    def export(self, event_id: int = 1041, **query: Any) -> tuple[int, Json]:
        """Ask for a page of the export."""
        return self.ask("/meetings/export", event_id=event_id, **query)

    def meetings(self, event_id: int = 1041, **query: Any) -> list[Json]:
        """Read the export to its end, page by page, with all switches about pages as they begin."""
        rows: list[Json] = []
        for page in range(1, 1000):
            _, body = self.export(event_id, page=page, **query)
            if not body["data"]:
                break
            rows += body["data"]
        return rows

    def switch(self, **positions: str) -> None:
        """Move switches."""
        self.sandbox.control("POST", "/switches", {"expoplatform": positions})
