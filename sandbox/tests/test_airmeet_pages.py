"""Reports and pages: 202 first, 200 later; what is on a page, and what comes after the last."""

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
    from event_sandbox.wire import Json

BLANK = "Preparing your results. Try after 5 minutes to get the updated results"
NO_BLANK = "Preparing your results.Try after 5 minutes to get the updated results"
LONG = 1000
"""Seconds that no test waits for."""


class BigEvent(AirmeetClient):
    """Asks for the event with several pages and everything else."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.path = f"/airmeet/{self.big()}"
        session = self.get(f"{self.path}/info")["sessions"][0]["sessionid"]
        booth = self.get(f"{self.path}/booths")["booths"][0]["uid"]
        self.utms = f"{self.path}/utms"
        self.attendees = f"{self.path}/attendees"
        self.reports = {
            self.attendees: NO_BLANK,
            f"/session/{session}/attendees": BLANK,
            f"{self.path}/booth/{booth}/booth-attendance": BLANK,
            self.utms: BLANK,
            f"{self.path}/event-replay-attendees": BLANK,
        }
        rows = [row for row in self.truth("registration_utms") if row["airmeet_id"] in self.path]
        self.every: list[int] = values(rows, "id")

    def ids(self, **query: object) -> list[int]:
        return values(self.get(self.utms, **query)["data"], "id")

    def status(self, path: str, **query: object) -> int:
        return self.ask(path, **query)[0]

    def prepare(self, seconds: float) -> None:
        self.sandbox.control("POST", "/preparation", {"seconds": seconds})

    def asked(self) -> int:
        return len(self.sandbox.control("GET", "/preparation")["reports"])


@pytest.fixture
def event(sandbox: Client) -> Iterator[BigEvent]:
    event = BigEvent(sandbox)
    sandbox.control("DELETE", "/preparation")
    yield event
    event.prepare(0)


# Pages


def test_after_before_and_both(event: BigEvent) -> None:
    every = event.every
    assert every == sorted(set(every))
    body = event.get(event.utms, size=7, after=every[9])
    assert values(body["data"], "id") == every[10:17]
    assert body["cursors"] == {
        "after": every[16],
        "before": every[10],
        "pageCount": -(-len(every) // 7),
        "totalCount": len(every),
    }
    assert event.ids(size=7, before=every[9]) == every[2:9]
    assert event.ids(size=7, before=every[3]) == every[:3]
    assert event.ids(size=7, before=every[0]) == []
    assert event.ids(size=99) == every[:50]
    assert event.ids(size=7, after=every[9], before=every[5]) == every[10:17]
    assert event.ids(size=7, after=every[9], x="unknown") == every[10:17]
    assert event.status(event.utms, after="x") == 400


@pytest.mark.parametrize(
    ("positions", "after", "count"),
    [
        ({}, "number", 2),
        ({"last_after": "null"}, "null", 2),
        ({"last_after": "absent"}, "absent", 2),
        ({"page_count": "one"}, "number", 1),
        ({"page_count": "one_more"}, "number", 3),
    ],
)
def test_the_last_page(event: BigEvent, positions: dict[str, str], after: str, count: int) -> None:
    event.switch(**positions)
    path, every = event.utms, event.every
    assert event.get(path, size=50)["cursors"]["after"] == every[49]
    cursors = event.get(path, size=50, after=every[49])["cursors"]
    assert cursors.get("after", "absent") == {"number": every[-1], "null": None}.get(after, after)
    assert cursors["pageCount"] == count


@pytest.mark.parametrize("position", ["empty", "repeated", "error"])
def test_past_the_end(event: BigEvent, position: str) -> None:
    event.switch(past_end=position)
    path, every = event.utms, event.every
    past: dict[str, object] = {"size": 50, "after": every[-1]}
    people = [
        event.ask(f"{event.path}/participants", resultSize=50, pageNumber=number)
        for number in range(4)
    ]
    rest = people[1][1]["totalUserCount"] - 50
    assert [(status, body.get("userCount")) for status, body in people] == [
        (400, None),
        (200, 50),
        (200, rest),
        {"empty": (200, 0), "repeated": (200, rest), "error": (400, None)}[position],
    ]
    status, body = event.ask(path, **past)
    if position == "error":
        assert (status, body["statusMessage"]) == (400, "after is not valid")
        event.switch(page_count="one_more")
        assert event.ids(**past) == []
    elif position == "empty":
        assert body["data"] == []
        assert (body["cursors"]["after"], body["cursors"]["before"]) == (None, None)
    else:
        assert body == event.get(path, size=50, after=every[49])


def test_the_order_of_participants(event: BigEvent) -> None:
    path = f"{event.path}/participants"

    def column(name: str, **query: str) -> list[Json]:
        return values(event.get(path, **query)["participants"], name)

    dates = column("registrationDate")
    assert dates == sorted(dates, reverse=True)
    by_date = {"sortingKey": "registrationDate", "sortingDirection": "ASC"}
    assert column("registrationDate", **by_date) == sorted(dates)
    emails = column("email", sortingKey="email", sortingDirection="ASC")
    assert emails == sorted(emails, key=lambda email: email or "")
    assert event.status(path, sortingKey="age") == 400
    assert set(column("email", emailIds=f"{emails[-1]},nobody@example.org")) == {emails[-1]}


@pytest.mark.parametrize(
    ("path", "parameter", "most"),
    [
        ("/airmeets", "size", 500),
        ("/airmeet/{}/utms", "size", 50),
        ("/airmeet/{}/participants", "resultSize", 1000),
    ],
)
def test_sizes_out_of_range(event: BigEvent, path: str, parameter: str, most: int) -> None:
    path = path.format(event.big())
    sizes = (0, 1, most, most + 1, "x")

    def statuses() -> list[int]:
        return [event.status(path, **{parameter: size}) for size in sizes]

    assert statuses() == [200, 200, 200, 200, 400]
    event.switch(size_out_of_range="error")
    assert statuses() == [400, 200, 200, 400, 400]


# Reports that are prepared


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


def test_the_five_deferred_reports_and_no_others(event: BigEvent) -> None:
    event.prepare(LONG)
    for path, message in event.reports.items():
        assert event.ask(path) == (202, {"statusCode": 202, "statusMessage": message})
        assert event.status(path) == 202
    assert event.asked() == 5
    for name in ("participants", "custom-fields", "polls", "questions", "tracks"):
        assert event.status(f"{event.path}/{name}") == 200
    event.switch(pending_body="empty")
    answer = event.send("GET", event.attendees)
    assert (answer.status, answer.body, "retry-after" in answer.headers) == (202, b"", False)
    event.prepare(0)
    assert [event.status(path) for path in event.reports] == [200] * 5


@pytest.mark.parametrize(
    ("position", "statuses", "reports"),
    [
        ("first_page", [202, 202, 202], 1),
        ("later_page", [200, 202, 202], 2),
        ("every_page", [202, 202, 202], 3),
    ],
)
def test_pending_on_which_page(
    event: BigEvent, position: str, statuses: list[int], reports: int
) -> None:
    event.switch(pending_on=position)
    urls = [f"{event.attendees}?size=20{more}" for more in ("", "&after=3000020", "&after=3000040")]
    event.prepare(LONG)
    assert [event.status(url) for url in urls] == statuses
    assert event.asked() == reports
    event.prepare(0)
    assert [event.status(url) for url in urls] == [200] * 3


@pytest.mark.parametrize(("memory", "count"), [("kept", 1), ("walk", 0)])
def test_a_report_may_be_forgotten_once_it_was_read(
    event: BigEvent, memory: str, count: int
) -> None:
    event.switch(report_memory=memory)
    first = event.get(event.attendees, size=50)
    assert event.asked() == 1, "the first page alone does not end a walk"
    last = event.get(event.attendees, size=50, after=first["cursors"]["after"])
    assert (len(first["data"]), len(last["data"])) == (50, 4)
    assert event.asked() == count


def test_time_passing_forgets_all_reports(fresh: Client) -> None:
    event = BigEvent(fresh)
    fresh.control("DELETE", "/preparation")
    for path in event.reports:
        event.get(path)
    assert event.asked() == 5
    fresh.control("POST", "/advance", {"steps": 1})
    assert event.asked() == 0


@pytest.mark.parametrize(("form", "status"), [("http_200", 200), ("http_400", 400)])
def test_what_is_not_over_has_no_attendance(event: BigEvent, form: str, status: int) -> None:
    event.switch(not_finished=form)
    event.prepare(LONG)
    created, paused = (f"/airmeet/{event.one(status)}" for status in ("CREATED", "PAUSED"))
    session = event.get(f"{created}/info")["sessions"][0]["sessionid"]
    booth = event.get(f"{paused}/booths")["booths"][0]["uid"]
    for path, what in (
        (f"/session/{session}/attendees", "Session"),
        (f"{created}/event-replay-attendees", "Airmeet"),
        (f"{paused}/booth/{booth}/booth-attendance", "Airmeet"),
    ):
        body = {"data": {}, "statusCode": 400, "statusMessage": f"{what} status is not valid"}
        assert event.ask(path) == (status, body)


@pytest.mark.parametrize("status", ["CREATED", "ONGOING"])
def test_event_attendance_counts_finished_sessions_only(event: BigEvent, status: str) -> None:
    path = f"/airmeet/{event.one(status)}"
    spent: Counter[str] = Counter()
    for session in event.get(f"{path}/info")["sessions"]:
        if session["status"] == "FINISHED":
            for row in event.get(f"/session/{session['sessionid']}/attendees")["data"]:
                spent[row["email"]] += int(row["time_spent"])
    rows = event.get(f"{path}/attendees")["data"]
    assert {row["email"]: int(row["time_spent"]) for row in rows} == spent
    assert bool(rows) is (status == "ONGOING")
