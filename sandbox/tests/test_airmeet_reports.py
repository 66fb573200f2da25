"""Reports that are prepared: 202 first, 200 later, and all that can happen in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.testing import Client

BLANK = "Preparing your results. Try after 5 minutes to get the updated results"
NO_BLANK = "Preparing your results.Try after 5 minutes to get the updated results"
LONG = 1000
"""Seconds that no test waits for."""


@pytest.fixture
def client(sandbox: Client) -> Iterator[AirmeetClient]:
    client = AirmeetClient(sandbox)
    yield client
    prepare(client, 0)
    forget(client)


def prepare(client: AirmeetClient, seconds: float) -> None:
    client.sandbox.control("POST", "/preparation", {"seconds": seconds})


def forget(client: AirmeetClient) -> None:
    client.sandbox.control("DELETE", "/preparation")


def known(client: AirmeetClient) -> dict[str, float]:
    reports: dict[str, float] = client.sandbox.control("GET", "/preparation")["reports"]
    return reports


def deferred(client: AirmeetClient) -> list[str]:
    path = f"/airmeet/{client.big()}"
    session = client.get(f"{path}/info")["sessions"][0]["sessionid"]
    booth = client.get(f"{path}/booths")["booths"][0]["uid"]
    return [
        f"{path}/attendees",
        f"/session/{session}/attendees",
        f"{path}/booth/{booth}/booth-attendance",
        f"{path}/utms",
        f"{path}/event-replay-attendees",
    ]


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


def test_the_five_deferred_reports_and_no_others(client: AirmeetClient) -> None:
    prepare(client, LONG)
    for path in deferred(client):
        status, body = client.ask(path)
        assert status == 202
        message = NO_BLANK if path == deferred(client)[0] else BLANK
        assert body == {"statusCode": 202, "statusMessage": message}
        assert client.ask(path)[0] == 202
    assert len(known(client)) == 5
    path = f"/airmeet/{client.big()}"
    for name in ("participants", "custom-fields", "polls", "questions", "tracks"):
        assert client.ask(f"{path}/{name}")[0] == 200
    prepare(client, 0)
    for path in deferred(client):
        assert client.ask(path)[0] == 200


def test_pending_without_a_body(client: AirmeetClient) -> None:
    prepare(client, LONG)
    client.switch(pending_body="empty")
    answer = client.send("GET", deferred(client)[0])
    assert (answer.status, answer.body) == (202, b"")
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("position", "statuses"),
    [
        ("first_page", [202, 202, 202]),
        ("later_page", [200, 202, 202]),
        ("every_page", [202, 202, 202]),
    ],
)
def test_pending_on_which_page(client: AirmeetClient, position: str, statuses: list[int]) -> None:
    client.switch(pending_on=position)
    path = deferred(client)[0]
    urls = [f"{path}?size=20", *(f"{path}?size=20&after={n}" for n in (3_000_020, 3_000_040))]
    prepare(client, LONG)
    assert [client.ask(url)[0] for url in urls] == statuses
    assert len(known(client)) == {"first_page": 1, "later_page": 2, "every_page": 3}[position]
    prepare(client, 0)
    assert [client.ask(url)[0] for url in urls] == [200] * 3


@pytest.mark.parametrize(("memory", "count"), [("kept", 1), ("walk", 0)])
def test_a_report_may_be_forgotten_once_it_was_read(
    client: AirmeetClient, memory: str, count: int
) -> None:
    client.switch(report_memory=memory)
    path = f"{deferred(client)[0]}?size=50"
    first = client.get(path)
    assert len(known(client)) == 1, "the first page alone does not end a walk"
    last = client.get(f"{path}&after={first['cursors']['after']}")
    assert (len(first["data"]), len(last["data"])) == (50, 4)
    assert len(known(client)) == count


def test_time_passing_forgets_all_reports(fresh: Client) -> None:
    client = AirmeetClient(fresh)
    for path in deferred(client):
        client.get(path)
    assert len(known(client)) == 5
    fresh.control("POST", "/advance", {"steps": 1})
    assert len(known(client)) == 0


@pytest.mark.parametrize(("form", "status"), [("http_200", 200), ("http_400", 400)])
def test_what_is_not_over_has_no_attendance(client: AirmeetClient, form: str, status: int) -> None:
    client.switch(not_finished=form)
    prepare(client, LONG)
    event = client.one("CREATED")
    session = client.get(f"/airmeet/{event}/info")["sessions"][0]["sessionid"]
    body = {"data": {}, "statusCode": 400, "statusMessage": "Session status is not valid"}
    assert client.ask(f"/session/{session}/attendees") == (status, body)
    body["statusMessage"] = "Airmeet status is not valid"
    assert client.ask(f"/airmeet/{event}/event-replay-attendees") == (status, body)
    paused = client.one("PAUSED")
    booth = client.get(f"/airmeet/{paused}/booths")["booths"][0]["uid"]
    assert client.ask(f"/airmeet/{paused}/booth/{booth}/booth-attendance") == (status, body)


def test_event_attendance_counts_finished_sessions_only(client: AirmeetClient) -> None:
    for status in ("CREATED", "ONGOING"):
        event = client.one(status)
        sessions = client.get(f"/airmeet/{event}/info")["sessions"]
        finished = [s["sessionid"] for s in sessions if s["status"] == "FINISHED"]
        spent: dict[str, int] = {}
        for key in finished:
            for row in client.get(f"/session/{key}/attendees")["data"]:
                spent[row["email"]] = spent.get(row["email"], 0) + int(row["time_spent"])
        rows = client.get(f"/airmeet/{event}/attendees")["data"]
        assert {row["email"]: int(row["time_spent"]) for row in rows} == spent
        assert bool(rows) is (status == "ONGOING")


def test_never_ready(client: AirmeetClient) -> None:
    client.switch(never_ready="one_event")
    waiting = set()
    for event in client.events():
        for name in ("attendees", "utms"):
            if client.ask(f"/airmeet/{event['uid']}/{name}")[0] == 202:
                waiting.add(event["uid"])
    finished = [event for event in client.events() if event["status"] == "FINISHED"]
    newest = max(finished, key=lambda event: event["endTime"])
    assert waiting == {newest["uid"]}
    assert client.ask(f"/airmeet/{newest['uid']}/participants")[0] == 200
