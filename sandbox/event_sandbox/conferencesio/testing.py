"""A plain client of this API for tests, and a reader of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_sandbox.testing import VendorClient

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class ConferencesIOReader(VendorClient):
    """All that the API says, in one place."""

    vendor_name = "conferencesio"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.headers = {"API-Key": self.settings["api_key"]}
        self.envelope = self.get("/app")
        self.app = self.envelope["data"]
        listing = self.get("/sessions")["data"]
        self.count, self.sessions = listing["count"], listing["data"]
        self.checkins = {
            str(session["id"]): self.get(f"/sessions/{session['id']}/attendance")["data"]
            for session in self.sessions
        }
        data = [self.get(f"/sessions/{session['id']}/data")["data"] for session in self.sessions]
        filled = [one for one in data if one]
        self.data: list[Json] = data
        self.polls = [poll for one in filled for poll in dict(one["polls"] or {}).values()]
        self.responses = [poll["responses"] for poll in self.polls if poll["responses"]]
        self.questions = [question for one in filled for question in one["questions"] or ()]
        self.evaluations = self.get("/evaluations/responses")["data"]["responses"]
        self.records = [record for records in self.checkins.values() for record in records]
        self.users = [record["user"] for record in self.records]
        self.arrivals = {record["checkin_time"] for record in self.records}
        self.dates = [session["date"] for session in self.sessions]
