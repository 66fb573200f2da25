"""A plain client of this API for tests: one connection, one token, no cleverness."""

from __future__ import annotations

import http.client
import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from event_sandbox.testing import Answer

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class AirmeetClient:
    """Asks, and renews its token once when it is refused."""

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        self.vendor = sandbox.vendors["airmeet"]
        parts = urlsplit(self.vendor["api_url"])
        self.base = parts.path
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        self.headers = {"Content-Type": "application/json"}

    def send(self, method: str, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Send one request; other headers than the usual ones may be given."""
        given = self.headers if headers is None else headers
        self.connection.request(method, self.base + path, headers=given)
        response = self.connection.getresponse()
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.read())

    def auth(self, access: str | None = None, secret: str | None = None) -> Answer:
        """Ask for a token, with the right keys unless others are given."""
        settings = self.vendor["settings"]
        keys = {
            "X-Airmeet-Access-Key": access or settings["access_key"],
            "X-Airmeet-Secret-Key": secret or settings["secret_key"],
        }
        return self.send("POST", "/auth", keys)

    def sign_in(self) -> str:
        """Get a token, in either shape, and use it from now on."""
        body = self.auth().json()
        token: str = body.get("token") or body["data"]["token"]
        self.headers["X-Airmeet-Access-Token"] = token
        return token

    def ask(self, path: str) -> tuple[int, Json]:
        """Get a path; a refusal may mean that the token is over, so it is asked once more."""
        if "X-Airmeet-Access-Token" not in self.headers:
            self.sign_in()
        answer = self.send("GET", path)
        if answer.status in (400, 401, 412):
            self.sign_in()
            answer = self.send("GET", path)
        return answer.status, json.loads(answer.body or b"null")

    def get(self, path: str) -> Json:
        """Get a path, and insist on a good answer."""
        status, body = self.ask(path)
        if status != HTTPStatus.OK:
            raise AssertionError(path, status, body)
        return body

    def events(self) -> list[Json]:
        """Give the listed events."""
        return list(self.get("/airmeets?size=500")["data"])

    def big(self) -> str:
        """Give the uid of the event with several pages, booths, tracks and everything else."""
        (event,) = [event for event in self.events() if event["name"].endswith(" 1")]
        return str(event["uid"])

    def one(self, status: str) -> str:
        """Give the uid of the first event of that status."""
        return str(next(event["uid"] for event in self.events() if event["status"] == status))

    def switch(self, **positions: str) -> None:
        """Move switches."""
        self.sandbox.control("POST", "/switches", {"airmeet": positions})
