"""Pages: what is on them, what is said about the others, and what comes after the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.testing import values

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class BigEvent(AirmeetClient):
    """The event with several pages."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.path = f"/airmeet/{self.big()}"
        rows = [row for row in self.truth("registration_utms") if row["airmeet_id"] in self.path]
        self.every = values(rows, "id")

    def ids(self, **query: object) -> list[int]:
        return values(self.get(f"{self.path}/utms", **query)["data"], "id")


@pytest.fixture
def event(sandbox: Client) -> BigEvent:
    return BigEvent(sandbox)


def test_after_before_and_both(event: BigEvent) -> None:
    every = event.every
    assert every == sorted(set(every))
    body = event.get(f"{event.path}/utms", size=7, after=every[9])
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
    assert event.ids(size=7, after=every[9], before=every[5]) == every[10:17]
    assert event.ids(size=7, after=every[9], x="unknown") == every[10:17]
    assert event.ask(f"{event.path}/utms", after="x")[0] == 400


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
    path, every = f"{event.path}/utms", event.every
    assert event.get(path, size=50)["cursors"]["after"] == every[49]
    cursors = event.get(path, size=50, after=every[49])["cursors"]
    assert cursors.get("after", "absent") == {"number": every[-1], "null": None}.get(after, after)
    assert cursors["pageCount"] == count


@pytest.mark.parametrize("position", ["empty", "repeated", "error"])
def test_past_the_end(event: BigEvent, position: str) -> None:
    event.switch(past_end=position)
    path, every = f"{event.path}/utms", event.every
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
    assert event.ask(path, sortingKey="age")[0] == 400
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
        return [event.ask(f"{path}?{parameter}={size}")[0] for size in sizes]

    assert statuses() == [200, 200, 200, 200, 400]
    event.switch(size_out_of_range="error")
    assert statuses() == [400, 200, 200, 400, 400]


def test_ignored_cursor_of_the_event_list(event: BigEvent) -> None:
    first = event.get("/airmeets", size=4)
    after = first["cursors"]["after"]
    assert event.get("/airmeets", size=4, after=after) != first
    event.switch(airmeets_after="ignored")
    assert event.get("/airmeets", size=4, after=after) == first
