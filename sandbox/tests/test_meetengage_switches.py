"""Each switch does what it says: what is claimed of a position is looked up in the answers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from event_sandbox.meetengage.ranges import make_range
from event_sandbox.meetengage.switches import SWITCHES
from event_sandbox.meetengage.testing import FAR_AHEAD, MeetEngageClient, is_good, noon
from event_sandbox.meetengage.view import View
from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, World, build_world
from event_sandbox.world.chats import Chat, chat, chat_numbers

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Answer, Client
    from event_sandbox.wire import Json

DAY = dt.timedelta(days=1)
OLD = TODAY - 500 * DAY
REFUSAL = "The API key is not valid."
UNKNOWN = "Unknown resource."


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's clock alone."""
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(7, SIZES["small"], TODAY)


class Unlimited(MeetEngageClient):
    """A client that may ask as often as it likes."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.switch(rate_limit="off")

    @property
    def whole_answer(self) -> Answer:
        return self.data(0, FAR_AHEAD)

    @property
    def body(self) -> Json:
        return self.whole_answer.json()

    def values(self, name: str) -> list[Json]:
        return [row[name] for row in self.body["output"] if name in row]

    def types(self, name: str) -> set[type]:
        return {type(value) for value in self.values(name)}

    @property
    def wrong(self) -> Answer:
        """What an account that there is not gets."""
        return self.data(0, 1, account="wrong")

    @property
    def elsewhere(self) -> Answer:
        """What a path that there is not gets."""
        return self.send("GET", "/elsewhere")

    @property
    def without_key(self) -> Answer:
        return self.send("GET", "", {})


@pytest.fixture
def client(sandbox: Client) -> Unlimited:
    return Unlimited(sandbox)


ATTENDED = "AttendedOnlineLiveChat"
CLAIMS: dict[str, Callable[[Unlimited], bool]] = {
    "bad_key=403": lambda c: c.without_key.status == 403,
    "bad_key=200_false": lambda c: c.without_key.json() == {"authenticated": False},
    "bad_key=200_error": lambda c: (
        c.without_key.json() == {"authenticated": False, "errors": [REFUSAL]}
    ),
    "wrong_request=404": lambda c: c.wrong.status == 404,
    "wrong_request=403": lambda c: c.wrong.status == 403,
    "wrong_request=200_error": lambda c: (
        c.wrong.json() == {"output": [], "errors": ["Unknown account."]}
    ),
    "wrong_request=200_empty": lambda c: c.wrong.json() == {"output": []},
    "account=ignored": lambda c: bool(c.data(0, FAR_AHEAD, account="wrong").json()["output"]),
    "host=redirects": lambda c: (
        c.send("GET", "?a=b").headers["location"]
        == c.vendor["api_url"].replace("127.0.0.1", "localhost") + "?a=b"
    ),
    "error_body=html": lambda c: c.elsewhere.body.startswith(b"<!doctype html>"),
    "error_member=errors": lambda c: c.elsewhere.json() == {"errors": [UNKNOWN]},
    "error_member=error": lambda c: c.elsewhere.json() == {"error": UNKNOWN},
    "error_member=error_object": lambda c: c.elsewhere.json() == {"error": {"message": UNKNOWN}},
    "error_member=status": lambda c: c.elsewhere.json() == {"status": "error", "message": UNKNOWN},
    "beside_output=none": lambda c: list(c.body) == ["output"],
    "beside_output=meta": lambda c: list(c.body) == ["output", "meta"],
    "beside_output=warnings": lambda c: list(c.body) == ["output", "warnings"],
    "beside_output=empty_errors": lambda c: list(c.body)[:3] == ["output", "errors", "error"],
    "large_range=500": lambda c: c.whole_answer.status == 500,
    "large_range=504": lambda c: c.whole_answer.status == 504,
    "large_range=413": lambda c: c.whole_answer.status == 413,
    "large_range=400_days": lambda c: (
        "too large" in c.body["errors"][0]
        and [c.days(OLD, OLD + n * DAY).status for n in (9, 10)] == [200, 400]
    ),
    "large_range=error_member": lambda c: c.body["output"] == [] and bool(c.body["errors"]),
    "lone_range=error_member": lambda c: (
        bool(c.body["output"]) and c.body["errors"] == ["The export was interrupted."]
    ),
    "missing_values=empty_text": lambda c: "" in c.values("Country"),
    "missing_values=null": lambda c: None in c.values("Country"),
    "missing_values=absent": lambda c: len(c.values("Country")) < len(c.body["output"]),
    "attended_type=text": lambda c: c.types(ATTENDED) == {str},
    "attended_type=list": lambda c: c.types(ATTENDED) == {list},
    "attended_type=number": lambda c: c.types(ATTENDED) == {int, type(None)},
    "attended_type=boolean": lambda c: c.types(ATTENDED) == {bool},
    "attended_type=mixed": lambda c: c.types(ATTENDED) == {str, list, int, bool, type(None)},
    "registered_type=boolean": lambda c: c.types("Registered") == {bool},
    "registered_type=text": lambda c: c.types("Registered") == {str},
    "registered_type=number": lambda c: c.types("Registered") == {int},
    "column_names=spaced": lambda c: "Marketing Opt In" in c.body["output"][0],
    "new_columns=later": lambda c: 0 < len(c.values("Channel")) < len(c.body["output"]),
    "row_order=shuffled": lambda c: c.body["output"] != c.body["output"],
    "odd_json=nan": lambda c: b'"MinutesOnline": NaN' in c.whole_answer.body,
    "odd_json=bom": lambda c: c.whole_answer.body.startswith(b'\xef\xbb\xbf{"output":[{'),
}
TestPositions = suite(
    SWITCHES,
    Unlimited,
    CLAIMS,
    {
        *("members_place", "first_answer"),  # below
        *("zone", "exact_midnight", "future_to_date", "multi_day"),  # likewise
        *("rate_limit", "breach_answer", "breaches"),  # test_meetengage_limits.py
        "compression",
    },
)


# Answers that are bad, or odd in their order


def test_members_may_come_before_the_rows(client: Unlimited) -> None:
    client.switch(beside_output="meta", members_place="before")
    assert list(client.body) == ["meta", "output"]


@pytest.mark.parametrize("position", ["error_member", "output_missing", "output_null", "html"])
def test_the_first_answer_may_be_bad(client: Unlimited, position: str) -> None:
    client.switch(first_answer=position, beside_output="meta")
    assert client.send("GET", "").json() == {"authenticated": True}
    answers = [client.whole_answer for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert [is_good(answer) for answer in answers] == [False, True, True]
    if position == "html":
        assert answers[0].headers["content-type"].startswith("text/html")
        return
    bad = answers[0].json()
    assert bad["meta"]
    if position == "error_member":
        assert 0 < len(bad["output"]) < len(answers[1].json()["output"])
        assert bad["errors"]
    else:
        assert bad.get("output", "missing") == (None if position == "output_null" else "missing")


@pytest.mark.parametrize("zone", ["utc", "plus_11", "minus_11"])
def test_what_lies_ahead_is_never_too_large(fresh: Client, zone: str) -> None:
    """Whatever the reader's clock says: the first day is the last one that it may be at."""
    client = Unlimited(fresh)
    for steps in (1, 20):
        fresh.control("POST", "/advance", {"steps": steps})
        for future in ("unconfined", "confined"):
            for position in ("413", "400_days"):
                client.switch(zone=zone, future_to_date=future, large_range=position)
                assert is_good(client.days(TODAY, TODAY + 400 * DAY))


# What a range selects


def day_of(found: Chat) -> dt.date:
    return dt.datetime.fromtimestamp(found.starts / 1000, dt.UTC).date()


def names_on(client: Unlimited, first: dt.date, last: dt.date) -> list[str]:
    """The names of the chats from one day to another."""
    return [row["Chat"] for row in client.days(first, last, "chat-summary MI").json()["output"]]


@pytest.mark.parametrize(
    ("position", "asked", "begin", "end"),
    [
        ("zone=utc", "2026-03-10 12:00", "2026-03-10 00:00", "2026-03-11 00:00"),
        ("zone=utc", "2026-03-10 00:00", "2026-03-10 00:00", "2026-03-10 00:00"),
        ("exact_midnight=next_day", "2026-03-10 12:00", "2026-03-10 00:00", "2026-03-11 00:00"),
        ("exact_midnight=next_day", "2026-03-10 00:00", "2026-03-10 00:00", "2026-03-11 00:00"),
        ("zone=london", "2026-03-10 12:00", "2026-03-10 00:00", "2026-03-11 00:00"),
        ("zone=london", "2026-03-29 12:00", "2026-03-29 00:00", "2026-03-29 23:00"),
        ("zone=london", "2025-07-01 00:00", "2025-06-30 23:00", "2025-07-01 23:00"),
        ("zone=london", "2025-07-01 12:00", "2025-06-30 23:00", "2025-07-01 23:00"),
        ("zone=plus_11", "2026-03-10 12:00", "2026-03-09 13:00", "2026-03-10 13:00"),
        ("zone=plus_11", "2026-03-10 13:00", "2026-03-10 13:00", "2026-03-10 13:00"),
        ("zone=minus_11", "2026-03-10 12:00", "2026-03-10 11:00", "2026-03-11 11:00"),
        ("zone=minus_11", "2026-03-10 00:00", "2026-03-09 11:00", "2026-03-10 11:00"),
    ],
)
def test_rounding(world: World, position: str, asked: str, begin: str, end: str) -> None:
    """By hand; in London, the clocks were put forward on 29 March 2026."""
    name, _, to = position.partition("=")
    positions = {switch.name: switch.default for switch in SWITCHES} | {name: to}
    moment = millis(asked)
    found = make_range(View(world, positions), moment, moment)
    assert (found.begin, found.end) == (millis(begin), millis(end))


def millis(text: str) -> int:
    return int(dt.datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1000


def test_a_future_date_may_confine(client: Unlimited, world: World) -> None:
    ahead = [one for n in chat_numbers(world) if day_of(one := chat(world, n)) > TODAY]
    assert len(ahead) == 3
    first = min(day_of(one) for one in ahead)
    assert len(names_on(client, TODAY, TODAY)) == 0
    assert len(names_on(client, TODAY, TODAY + DAY)) == len(ahead)
    client.switch(future_to_date="confined")
    assert len(names_on(client, TODAY, first)) == 1
    assert len(names_on(client, TODAY, TODAY + 400 * DAY)) == len(ahead)


def test_the_later_clock_decides_what_is_future(
    client: Unlimited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox may have slept for days; or its world may be ahead."""
    assert len(names_on(client, TODAY, TODAY + DAY)) == 3
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: noon(TODAY + 3 * DAY))
    assert len(names_on(client, TODAY, TODAY + DAY)) < 3
    assert len(names_on(client, TODAY, TODAY + 4 * DAY)) == 3


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("by_start", [True, False, False]),
        ("by_end", [False, False, True]),
        ("overlap", [True, True, True]),
    ],
)
def test_chats_of_several_days(
    client: Unlimited, world: World, rule: str, expected: list[bool]
) -> None:
    client.switch(multi_day=rule)
    every = [chat(world, number) for number in chat_numbers(world)]
    found = max(every, key=lambda one: one.ends - one.starts)
    days = [day_of(found) + number * DAY for number in range(3)]
    assert [found.name in names_on(client, day, day) for day in days] == expected
