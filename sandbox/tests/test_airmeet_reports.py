"""Reports that are prepared: 202 first, 200 later, and all that can happen in between."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.preparation import Preparation
from event_sandbox.testing import values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.testing import Client

BLANK = "Preparing your results. Try after 5 minutes to get the updated results"
NO_BLANK = "Preparing your results.Try after 5 minutes to get the updated results"
LONG = 1000
"""Seconds that no test waits for."""


class Deferring(AirmeetClient):
    """The event with everything, whose reports take a while."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.path = f"/airmeet/{self.big()}"
        session = self.get(f"{self.path}/info")["sessions"][0]["sessionid"]
        booth = self.get(f"{self.path}/booths")["booths"][0]["uid"]
        self.reports = {
            f"{self.path}/attendees": NO_BLANK,
            f"/session/{session}/attendees": BLANK,
            f"{self.path}/booth/{booth}/booth-attendance": BLANK,
            f"{self.path}/utms": BLANK,
            f"{self.path}/event-replay-attendees": BLANK,
        }
        self.first = next(iter(self.reports))

    def prepare(self, seconds: float) -> None:
        self.sandbox.control("POST", "/preparation", {"seconds": seconds})

    def asked(self) -> int:
        return len(self.sandbox.control("GET", "/preparation")["reports"])

    def status(self, path: str) -> int:
        return self.ask(path)[0]


@pytest.fixture
def client(sandbox: Client) -> Iterator[Deferring]:
    client = Deferring(sandbox)
    yield client
    client.prepare(0)
    sandbox.control("DELETE", "/preparation")


def test_each_report_is_ready_some_time_after_it_was_first_asked_for() -> None:
    now = [0.0]
    preparation = Preparation(5, clock=lambda: now[0])
    assert not preparation.is_ready("a")
    now[0] = 3.0
    assert not preparation.is_ready("a")
    assert not preparation.is_ready("b")
    now[0] = 5.0
    assert preparation.is_ready("a")
    assert not preparation.is_ready("b")
    assert preparation.reports() == {"a": 0.0, "b": 3.0}
    preparation.forget("a")
    assert not preparation.is_ready("a")
    assert Preparation().is_ready("a"), "nothing takes time"


def test_the_five_deferred_reports_and_no_others(client: Deferring) -> None:
    client.prepare(LONG)
    for path, message in client.reports.items():
        assert client.ask(path) == (202, {"statusCode": 202, "statusMessage": message})
        assert client.status(path) == 202
    assert client.asked() == 5
    for name in ("participants", "custom-fields", "polls", "questions", "tracks"):
        assert client.status(f"{client.path}/{name}") == 200
    client.switch(pending_body="empty")
    answer = client.send("GET", client.first)
    assert (answer.status, answer.body, "retry-after" in answer.headers) == (202, b"", False)
    client.prepare(0)
    assert [client.status(path) for path in client.reports] == [200] * 5


@pytest.mark.parametrize(
    ("position", "statuses", "reports"),
    [
        ("first_page", [202, 202, 202], 1),
        ("later_page", [200, 202, 202], 2),
        ("every_page", [202, 202, 202], 3),
    ],
)
def test_pending_on_which_page(
    client: Deferring, position: str, statuses: list[int], reports: int
) -> None:
    client.switch(pending_on=position)
    urls = [f"{client.first}?size=20{more}" for more in ("", "&after=3000020", "&after=3000040")]
    client.prepare(LONG)
    assert [client.status(url) for url in urls] == statuses
    assert client.asked() == reports
    client.prepare(0)
    assert [client.status(url) for url in urls] == [200] * 3


@pytest.mark.parametrize(("memory", "count"), [("kept", 1), ("walk", 0)])
def test_a_report_may_be_forgotten_once_it_was_read(
    client: Deferring, memory: str, count: int
) -> None:
    client.switch(report_memory=memory)
    first = client.get(client.first, size=50)
    assert client.asked() == 1, "the first page alone does not end a walk"
    last = client.get(client.first, size=50, after=first["cursors"]["after"])
    assert (len(first["data"]), len(last["data"])) == (50, 4)
    assert client.asked() == count


def test_time_passing_forgets_all_reports(fresh: Client) -> None:
    client = Deferring(fresh)
    for path in client.reports:
        client.get(path)
    assert client.asked() == 5
    fresh.control("POST", "/advance", {"steps": 1})
    assert client.asked() == 0


@pytest.mark.parametrize(("form", "status"), [("http_200", 200), ("http_400", 400)])
def test_what_is_not_over_has_no_attendance(client: Deferring, form: str, status: int) -> None:
    client.switch(not_finished=form)
    client.prepare(LONG)
    created, paused = (f"/airmeet/{client.one(status)}" for status in ("CREATED", "PAUSED"))
    session = client.get(f"{created}/info")["sessions"][0]["sessionid"]
    booth = client.get(f"{paused}/booths")["booths"][0]["uid"]
    for path, what in (
        (f"/session/{session}/attendees", "Session"),
        (f"{created}/event-replay-attendees", "Airmeet"),
        (f"{paused}/booth/{booth}/booth-attendance", "Airmeet"),
    ):
        body = {"data": {}, "statusCode": 400, "statusMessage": f"{what} status is not valid"}
        assert client.ask(path) == (status, body)


@pytest.mark.parametrize("status", ["CREATED", "ONGOING"])
def test_event_attendance_counts_finished_sessions_only(client: Deferring, status: str) -> None:
    path = f"/airmeet/{client.one(status)}"
    spent: Counter[str] = Counter()
    for session in client.get(f"{path}/info")["sessions"]:
        if session["status"] == "FINISHED":
            for row in client.get(f"/session/{session['sessionid']}/attendees")["data"]:
                spent[row["email"]] += int(row["time_spent"])
    rows = client.get(f"{path}/attendees")["data"]
    assert {row["email"]: int(row["time_spent"]) for row in rows} == spent
    assert bool(rows) is (status == "ONGOING")


def test_never_ready(client: Deferring) -> None:
    client.switch(never_ready="one_event")
    finished = [event for event in client.events() if event["status"] == "FINISHED"]
    newest = max(finished, key=lambda event: event["endTime"])["uid"]
    for event in values(client.events(), "uid"):
        for name in ("attendees", "utms", "participants"):
            is_waiting = event == newest and name != "participants"
            assert client.status(f"/airmeet/{event}/{name}") == (202 if is_waiting else 200)
