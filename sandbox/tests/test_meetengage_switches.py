"""Each switch does what it says."""

from __future__ import annotations

import datetime as dt
import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from event_sandbox.meetengage.ranges import make_range
from event_sandbox.meetengage.switches import SWITCHES
from event_sandbox.meetengage.testing import MeetEngageClient, is_good, noon
from event_sandbox.meetengage.view import View
from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, World, build_world
from event_sandbox.world.chats import LONE, Chat, chat, chat_numbers

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

DAY = dt.timedelta(days=1)
FUTURE = TODAY + 400 * DAY


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's clock alone."""
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(7, SIZES["small"], TODAY)


@pytest.fixture
def client(sandbox: Client) -> MeetEngageClient:
    client = MeetEngageClient(sandbox)
    client.switch(rate_limit="off")
    return client


def day_of(found: Chat, *, end: bool = False) -> dt.date:
    return dt.datetime.fromtimestamp((found.ends if end else found.starts) / 1000, dt.UTC).date()


def chats_of(client: MeetEngageClient, begin: dt.datetime, end: dt.datetime) -> list[str]:
    """The names of the chats between two instants."""
    first, last = (int(at.timestamp()) * 1000 for at in (begin, end))
    answer = client.data(first, last, "chat-summary MI")
    assert is_good(answer)
    return [row["Chat"] for row in answer.json()["output"]]


def names_on(client: MeetEngageClient, first: dt.date, last: dt.date) -> list[str]:
    at_noon = dt.time(12, tzinfo=dt.UTC)
    begin, end = (dt.datetime.combine(day, at_noon) for day in (first, last))
    return chats_of(client, begin, end)


# The hosts


def ask_by_name(client: MeetEngageClient, host: str) -> tuple[int, str | None]:
    port = urlsplit(client.vendor["api_url"]).port
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Host": f"{host}:{port}", **client.headers}
    connection.request("GET", client.base + "?a=b", headers=headers)
    response = connection.getresponse()
    return response.status, response.getheader("Location")


def test_one_host_may_lead_to_the_other_and_back(client: MeetEngageClient) -> None:
    url = client.vendor["api_url"] + "?a=b"
    other = url.replace("127.0.0.1", "localhost")
    assert ask_by_name(client, "127.0.0.1") == (200, None)
    assert ask_by_name(client, "localhost") == (200, None)
    client.switch(host="redirects")
    assert ask_by_name(client, "127.0.0.1") == (301, other)
    assert ask_by_name(client, "localhost") == (200, None)
    client.switch(other_host="redirects")
    assert ask_by_name(client, "127.0.0.1") == (301, other)
    assert ask_by_name(client, "localhost") == (301, url)


# Beside the rows


@pytest.mark.parametrize(
    ("position", "names"),
    [("meta", ["meta"]), ("warnings", ["warnings"]), ("empty_errors", ["errors", "error"])],
)
def test_members_beside_output(client: MeetEngageClient, position: str, names: list[str]) -> None:
    client.switch(beside_output=position)
    assert list(client.data(0, noon(FUTURE)).json())[: 1 + len(names)] == ["output", *names]
    client.switch(members_place="before")
    assert list(client.data(0, noon(FUTURE)).json())[: len(names)] == names


@pytest.mark.parametrize(
    ("position", "sent"),
    [
        ("errors", {"errors": ["Unknown resource."]}),
        ("error", {"error": "Unknown resource."}),
        ("error_object", {"error": {"message": "Unknown resource."}}),
        ("status", {"status": "error", "message": "Unknown resource."}),
    ],
)
def test_errors_have_several_names(client: MeetEngageClient, position: str, sent: Json) -> None:
    client.switch(error_member=position)
    assert client.send("GET", "/elsewhere").json() == sent


def test_errors_may_be_pages(client: MeetEngageClient) -> None:
    client.switch(error_body="html", bad_key="401", wrong_request="200_error")
    for answer in (client.send("GET", "/elsewhere"), client.send("GET", "", {})):
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.body.startswith(b"<!doctype html>")
    assert client.data(0, 1, account="wrong").json()["output"] == []


@pytest.mark.parametrize("position", ["error_member", "output_missing", "output_null", "html"])
def test_the_first_answer_may_be_bad(client: MeetEngageClient, position: str) -> None:
    client.switch(first_answer=position, beside_output="meta")
    assert client.send("GET", "").json() == {"authenticated": True}
    answers = [client.data(0, noon(FUTURE)) for _ in range(3)]
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


def test_a_part_may_always_fail(client: MeetEngageClient, world: World) -> None:
    client.switch(lone_range="error_member")
    day = day_of(chat(world, LONE))
    for first, last in ((day, day), (day - 20 * DAY, day + 10 * DAY), (TODAY - 900 * DAY, FUTURE)):
        body = client.data(noon(first), noon(last)).json()
        assert body["output"]
        assert body["errors"] == ["The export was interrupted."]
    assert is_good(client.data(noon(day + DAY), noon(FUTURE)))
    assert is_good(client.data(0, noon(day - DAY)))


# Large ranges


@pytest.mark.parametrize("position", ["500", "504", "413", "400_days"])
def test_large_ranges_are_refused(client: MeetEngageClient, position: str) -> None:
    client.switch(large_range=position)
    assert client.data(0, noon(FUTURE)).status == int(position[:3])
    assert client.data(0, noon(TODAY - 2000 * DAY)).status == 200


def test_large_ranges_are_refused_at_200_or_late(
    client: MeetEngageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.switch(large_range="error_member")
    body = client.data(0, noon(FUTURE)).json()
    assert body["output"] == []
    assert "too large" in body["errors"][0]
    monkeypatch.setattr("event_sandbox.meetengage.api._SLOW_SECONDS", 0.2)
    client.switch(large_range="timeout")
    assert client.data(0, noon(FUTURE)).status == 504
    (*_, entry) = client.sandbox.control("GET", "/requests")
    assert entry["ms"] > 190


def test_a_day_is_never_too_large(client: MeetEngageClient) -> None:
    """Two chats lie on one day, and more rows than a range may have; a third one on the next."""
    day = TODAY - 75 * DAY
    client.switch(large_range="413")
    assert client.data(noon(day), noon(day + DAY)).status == 413
    assert len(client.data(noon(day), noon(day)).json()["output"]) > 25
    assert client.data(noon(day + DAY), noon(day + DAY)).json()["output"]


def test_ranges_may_be_limited_by_days(client: MeetEngageClient) -> None:
    client.switch(large_range="400_days")
    for first in (TODAY - 500 * DAY, TODAY - 11 * DAY):
        assert is_good(client.data(noon(first), noon(first + 9 * DAY)))
        answer = client.data(noon(first), noon(first + 10 * DAY))
        assert answer.status == 400
        assert "too large" in answer.json()["errors"][0]


@pytest.mark.parametrize("future", ["unconfined", "confined"])
@pytest.mark.parametrize("zone", ["utc", "plus_11", "minus_11"])
def test_what_lies_ahead_is_never_too_large(fresh: Client, zone: str, future: str) -> None:
    """Whatever the reader's clock says: the first day is the last one that it may be at."""
    client = MeetEngageClient(fresh)
    client.switch(rate_limit="off", future_to_date=future, zone=zone)
    for has_passed in (False, True):
        if has_passed:
            fresh.control("POST", "/advance", {"steps": 20})
        for position in ("413", "400_days"):
            client.switch(large_range=position)
            assert is_good(client.data(noon(TODAY), noon(FUTURE)))


# What a range selects


@pytest.mark.parametrize(
    ("zone", "hours"), [("utc", 0), ("london", 0), ("plus_11", 11), ("minus_11", -11)]
)
def test_days_begin_in_the_servers_zone(
    client: MeetEngageClient, world: World, zone: str, hours: int
) -> None:
    client.switch(zone=zone)
    for found in [chat(world, number) for number in range(4)]:  # in winter
        local = dt.datetime.fromtimestamp(found.starts / 1000, dt.UTC) + dt.timedelta(hours=hours)
        assert found.name in names_on(client, local.date(), local.date())
        assert found.name not in names_on(client, local.date() + DAY, local.date() + 40 * DAY)
        assert found.name not in names_on(client, local.date() - 40 * DAY, local.date() - DAY)


def test_an_exact_midnight_may_be_rounded_up(client: MeetEngageClient, world: World) -> None:
    found = chat(world, 0)
    midnight = dt.datetime.combine(day_of(found), dt.time(), dt.UTC)
    assert found.name not in chats_of(client, midnight - 3 * DAY, midnight)
    assert found.name in chats_of(client, midnight, midnight + dt.timedelta(seconds=1))
    client.switch(exact_midnight="next_day")
    assert found.name in chats_of(client, midnight - 3 * DAY, midnight)
    assert found.name not in chats_of(client, midnight - 3 * DAY, midnight - DAY)


@pytest.mark.parametrize(
    ("zone", "asked", "begin", "end"),
    [
        ("utc", "2026-03-10 12:00", "2026-03-10 00:00", "2026-03-11 00:00"),
        ("utc", "2026-03-10 00:00", "2026-03-10 00:00", "2026-03-10 00:00"),
        ("london", "2026-03-10 12:00", "2026-03-10 00:00", "2026-03-11 00:00"),
        ("london", "2026-03-29 12:00", "2026-03-29 00:00", "2026-03-29 23:00"),
        ("london", "2025-07-01 00:00", "2025-06-30 23:00", "2025-07-01 23:00"),
        ("london", "2025-07-01 12:00", "2025-06-30 23:00", "2025-07-01 23:00"),
        ("plus_11", "2026-03-10 12:00", "2026-03-09 13:00", "2026-03-10 13:00"),
        ("plus_11", "2026-03-10 13:00", "2026-03-10 13:00", "2026-03-10 13:00"),
        ("minus_11", "2026-03-10 12:00", "2026-03-10 11:00", "2026-03-11 11:00"),
        ("minus_11", "2026-03-10 00:00", "2026-03-09 11:00", "2026-03-10 11:00"),
    ],
)
def test_rounding(world: World, zone: str, asked: str, begin: str, end: str) -> None:
    """By hand; in London, the clocks were put forward on 29 March 2026."""
    positions = {switch.name: switch.default for switch in SWITCHES} | {"zone": zone}
    moment = millis(asked)
    found = make_range(View(world, positions), moment, moment)
    assert (found.begin, found.end) == (millis(begin), millis(end))


def millis(text: str) -> int:
    return int(dt.datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1000


def test_a_future_date_may_confine(client: MeetEngageClient, world: World) -> None:
    ahead = [one for n in chat_numbers(world) if day_of(one := chat(world, n)) > TODAY]
    assert len(ahead) == 3
    first = min(day_of(one) for one in ahead)
    assert len(names_on(client, TODAY, TODAY)) == 0
    assert len(names_on(client, TODAY, TODAY + DAY)) == len(ahead)
    client.switch(future_to_date="confined")
    assert len(names_on(client, TODAY, first)) == 1
    assert len(names_on(client, TODAY, FUTURE)) == len(ahead)


def test_the_later_clock_decides_what_is_future(
    client: MeetEngageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox may have slept for days; or its world may be ahead."""
    assert len(names_on(client, TODAY, TODAY + DAY)) == 3
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: noon(TODAY + 3 * DAY))
    assert len(names_on(client, TODAY, TODAY + DAY)) < 3
    assert len(names_on(client, TODAY, TODAY + 4 * DAY)) == 3


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("none", [True, False, False]),
        ("by_start", [True, False, False]),
        ("by_end", [False, False, True]),
        ("overlap", [True, True, True]),
    ],
)
def test_chats_of_several_days(
    client: MeetEngageClient, world: World, rule: str, expected: list[bool]
) -> None:
    client.switch(multi_day=rule)
    found = next(one for n in chat_numbers(world) if (one := chat(world, n)).days > 1)
    days = [day_of(found) + number * DAY for number in range(3)]
    assert [found.name in names_on(client, day, day) for day in days] == expected


# Rows


def values(client: MeetEngageClient, name: str) -> list[Json]:
    return [row[name] for row in client.data(0, noon(FUTURE)).json()["output"] if name in row]


def test_missing_values(client: MeetEngageClient) -> None:
    for name in ("EmailAddress", "Country", "Device", "AttendedOnlineLiveChat"):
        client.switch(missing_values="empty_text")
        sent = values(client, name)
        assert "" in sent
        client.switch(missing_values="null")
        assert values(client, name) == [value or None for value in sent]
        client.switch(missing_values="absent")
        assert values(client, name) == [value for value in sent if value]


@pytest.mark.parametrize(
    ("column", "position", "kinds"),
    [
        ("AttendedOnlineLiveChat", "text", {str}),
        ("AttendedOnlineLiveChat", "list", {list}),
        ("AttendedOnlineLiveChat", "number", {int, type(None)}),
        ("AttendedOnlineLiveChat", "boolean", {bool}),
        ("AttendedOnlineLiveChat", "mixed", {str, list, int, bool, type(None)}),
        ("Registered", "boolean", {bool}),
        ("Registered", "text", {str}),
        ("Registered", "number", {int}),
    ],
)
def test_types(client: MeetEngageClient, column: str, position: str, kinds: set[type]) -> None:
    name = "attended_type" if column.startswith("Attended") else "registered_type"
    client.switch(**{name: position})
    assert {type(value) for value in values(client, column)} == kinds


def test_names_may_have_spaces(client: MeetEngageClient) -> None:
    client.switch(column_names="spaced")
    names = list(client.data(0, noon(FUTURE)).json()["output"][0])
    assert names[:4] == ["Device", "Email Address", "Attended Online Live Chat", "Registered"]
    assert names[-1] == "Marketing Opt In"


def test_recent_rows_may_have_a_new_column(client: MeetEngageClient) -> None:
    client.switch(new_columns="later")
    old = client.rows(TODAY - 900 * DAY, TODAY - 21 * DAY)
    assert not any("Channel" in row for row in old)
    assert all("Channel" in row for row in client.rows(TODAY - 20 * DAY, FUTURE))


def test_rows_may_come_in_any_order(client: MeetEngageClient) -> None:
    usual = [json.dumps(row) for row in client.rows(TODAY - 900 * DAY, FUTURE)]
    client.switch(row_order="shuffled")
    shuffled = [
        [json.dumps(row) for row in client.rows(TODAY - 900 * DAY, FUTURE)] for _ in range(2)
    ]
    assert shuffled[0] != shuffled[1] != usual
    assert [sorted(rows) for rows in shuffled] == [sorted(usual)] * 2


def test_odd_json(client: MeetEngageClient) -> None:
    client.switch(odd_json="nan")
    assert b'"MinutesOnline": NaN' in client.data(0, noon(FUTURE)).body
    client.switch(odd_json="bom")
    assert client.data(0, noon(FUTURE)).body.startswith(b'\xef\xbb\xbf{"output":[{')
