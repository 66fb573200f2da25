"""A plain client of this API for tests, with a token, and a reader of all its lists."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_sandbox.testing import VendorReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.testing import Answer, Client
    from event_sandbox.wire import Json


_LISTS: Final = {
    "airmeets": ("", "/airmeets?size=500", "data"),
    "participants": (
        "airmeets",
        "/airmeet/{uid}/participants?sortingKey=registrationDate&sortingDirection=ASC",
        "participants",
    ),
    "sessions": ("airmeets", "/airmeet/{uid}/info", "sessions"),
    "custom_fields": ("airmeets", "/airmeet/{uid}/custom-fields", "customFields"),
    "event_attendance": ("airmeets", "/airmeet/{uid}/attendees", "data"),
    "session_attendance": ("sessions", "/session/{sessionid}/attendees", "data"),
    "booths": ("airmeets", "/airmeet/{uid}/booths", "booths"),
    "booth_attendance": ("booths", "/airmeet/{airmeet_id}/booth/{uid}/booth-attendance", "data"),
    "poll_responses": ("airmeets", "/airmeet/{uid}/polls", "data"),
    "questions": ("airmeets", "/airmeet/{uid}/questions", "data"),
    "tracks": ("airmeets", "/airmeet/{uid}/tracks", "tracks"),
    "registration_utms": ("airmeets", "/airmeet/{uid}/utms", "data"),
    "session_recordings": (
        "airmeets",
        "/airmeet/{uid}/session-recordings?sessionIds={all_sessions}",
        "recordings",
    ),
    "replay_attendance": ("airmeets", "/airmeet/{uid}/event-replay-attendees", "data"),
}
"""For each stream the list that it hangs on, the path, and the member that holds the rows."""


class AirmeetClient(VendorReader):
    """Asks with a token, and reads the lists of all events."""

    vendor_name = "airmeet"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.headers = {"Content-Type": "application/json"}
        self._bodies: dict[str, list[Json]] = {}

    def auth(self, access: str | None = None, secret: str | None = None) -> Answer:
        """Ask for a token, with the right keys unless others are given."""
        keys = {
            "X-Airmeet-Access-Key": access or self.settings["access_key"],
            "X-Airmeet-Secret-Key": secret or self.settings["secret_key"],
        }
        return self.send("POST", "/auth", keys)

    def sign_in(self) -> str:
        """Get a token, in either shape, and use it from now on."""
        body = self.auth().json()
        token: str = body.get("token") or body["data"]["token"]
        self.headers["X-Airmeet-Access-Token"] = token
        return token

    def ask(self, path: str, **query: object) -> tuple[int, Json]:
        """Get a path; the first time, after a token."""
        if "X-Airmeet-Access-Token" not in self.headers:
            self.sign_in()
        return super().ask(path, **query)

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

    def bodies(self, stream: str) -> list[Json]:
        """Give the good answers, in the order in which they came."""
        if stream not in self._bodies:
            parents, path, _ = _LISTS[stream]
            every = ",".join(self.values("sessions", "sessionid")) if "all_" in path else ""
            rows = self.rows(parents) if parents else [{}]
            paths = [path.format_map({**row, "all_sessions": every}) for row in rows]
            self._bodies[stream] = [body for path in paths for body in self._walk(path)]
        return self._bodies[stream]

    def rows(self, stream: str) -> list[Json]:
        """Give the rows."""
        *_, name = _LISTS[stream]
        return [row for body in self.bodies(stream) for row in body[name] or ()]

    def _walk(self, path: str) -> Iterator[Json]:
        """Follow `after` until it leads nowhere new."""
        url, seen = path, {None}
        while True:
            status, body = self.ask(url)
            if status != HTTPStatus.OK or body.get("statusCode", status) != status:
                return
            yield body
            after = body.get("cursors", {}).get("after")
            if after in seen:
                return
            seen.add(after)
            url = f"{path}{'&' if '?' in path else '?'}after={after}"
