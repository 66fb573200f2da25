"""The truth is what a naive reader makes of the answers, under every position of every switch."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from event_sandbox.meetengage.switches import SWITCHES
from event_sandbox.meetengage.testing import MeetEngageClient, windows
from event_sandbox.testing import TODAY

if TYPE_CHECKING:
    from datetime import date

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Row = dict[str, Any]

STANDARD = "organisation_data_standard"
SUMMARY = "organisation_data_chat_summary_mi"
METHODS = {STANDARD: "standard", SUMMARY: "chat-summary MI"}

READABLE = {
    switch.name: tuple(
        position
        for position in switch.positions
        if (switch.name, position) not in {("host", "redirects"), ("lone_range", "error_member")}
    )
    for switch in SWITCHES
    if switch.name != "rate_limit"
}
POSITIONS = [(name, position) for name, positions in READABLE.items() for position in positions]

COLUMNS = {
    "device": "device",
    "emailaddress": "email_address",
    "attendedonlinelivechat": "attended_online_live_chat",
    "registered": "registered",
    "country": "country",
    "eventname": "event_name",
    "eventtype": "event_type",
    "firstname": "first_name",
    "lastname": "last_name",
    "messagessent": "messages_sent",
    "minutesonline": "minutes_online",
    "jobinterests": "job_interests",
    "referrer": "referrer",
    "marketingoptin": "marketing_opt_in",
    "chat": "chat",
    "date": "date",
    "registeredpeople": "registered_people",
    "attendedpeople": "attended_people",
    "attendancerate": "attendance_rate",
    "channel": "channel",
}
DECLARED = tuple(COLUMNS.values())[:5]


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's clock alone; and nobody waits long."""
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)
    monkeypatch.setattr("event_sandbox.meetengage.api._SLOW_SECONDS", 0.01)


def as_text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def as_boolean(value: Json) -> bool | None:
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower())


def read(sent: Row) -> Row:
    row = {COLUMNS[name.replace(" ", "").lower()]: value for name, value in sent.items()}
    if row.get("minutes_online") != row.get("minutes_online"):
        row["minutes_online"] = None  # only NaN differs from itself
    return {
        "account": "northlight",
        **dict.fromkeys(DECLARED),
        **row,
        "attended_online_live_chat": as_text(row.get("attended_online_live_chat")),
        "registered": as_boolean(row.get("registered")),
    }


def counted(rows: list[Row], names: list[str]) -> Counter[str]:
    return Counter(json.dumps([row.get(name) for name in names]) for row in rows)


def compare(sandbox: Client, stream: str, rows: list[Row]) -> None:
    for truth in (sandbox.truth("meetengage", stream), all_columns(sandbox, stream)):
        assert truth
        names = list(truth[0])
        assert set(names) >= {"account", *DECLARED}
        assert counted(rows, names) == counted(truth, names)
        if names[-1] != DECLARED[-1]:
            assert {name for row in rows for name in row} == set(names)


def all_columns(sandbox: Client, stream: str) -> list[Row]:
    return sandbox.truth("meetengage", stream, columns="all")


def check(sandbox: Client, window_days: int = 31, today: date = TODAY) -> None:
    client = MeetEngageClient(sandbox)
    for stream, method in METHODS.items():
        compare(
            sandbox, stream, [read(row) for row in client.everything(method, window_days, today)]
        )


def switch(sandbox: Client, **positions: str) -> None:
    sandbox.control("POST", "/switches", {"meetengage": {"rate_limit": "off", **positions}})


def test_truth_has_the_answers_order(sandbox: Client) -> None:
    switch(sandbox)
    rows = [read(row) for row in MeetEngageClient(sandbox).everything()]
    assert rows == all_columns(sandbox, STANDARD)
    declared = [{name: row[name] for name in ("account", *DECLARED)} for row in rows]
    assert declared == sandbox.truth("meetengage", STANDARD)


def test_the_documented_columns_are_the_truth(sandbox: Client) -> None:
    for stream in METHODS:
        for row in sandbox.truth("meetengage", stream):
            assert tuple(row) == ("account", *DECLARED)


@pytest.mark.parametrize(("name", "position"), POSITIONS)
def test_truth_follows_each_switch(sandbox: Client, name: str, position: str) -> None:
    switch(sandbox, **{name: position})
    check(sandbox)


@pytest.mark.parametrize("turn", range(8))
def test_truth_follows_all_switches_at_once(sandbox: Client, turn: int) -> None:
    mixed = {name: positions[turn % len(positions)] for name, positions in READABLE.items()}
    switch(sandbox, **mixed)
    check(sandbox)


@pytest.mark.parametrize("zone", ["utc", "london", "plus_11", "minus_11"])
@pytest.mark.parametrize("window_days", [7, 31, 62, 400])
def test_truth_has_nothing_to_do_with_windows(sandbox: Client, zone: str, window_days: int) -> None:
    switch(sandbox, zone=zone)
    check(sandbox, window_days)


@pytest.mark.parametrize("window_days", [31, 62])
def test_part_that_cannot_be_read_is_left_out(sandbox: Client, window_days: int) -> None:
    switch(sandbox, lone_range="error_member")
    client = MeetEngageClient(sandbox)
    rows, failed = [], 0
    for first, last in windows(window_days, TODAY):
        try:
            rows += [read(row) for row in client.whole(first, last)]
        except AssertionError:
            failed += 1
    assert failed == 1
    compare(sandbox, STANDARD, rows)


def test_truth_follows_time(fresh: Client) -> None:
    switch(fresh)
    for day in range(1, 7):
        fresh.control("POST", "/advance", {"steps": 1})
        check(fresh)
        check(fresh, today=TODAY + timedelta(days=day))


def test_vanished_chat_leaves_no_rows(fresh: Client) -> None:
    switch(fresh)
    before = fresh.truth("meetengage", STANDARD)
    body = {"vendor": "meetengage", "after_requests": 2}
    key = fresh.control("POST", "/vanish", body)["session_id"]
    assert any(row["attended_online_live_chat"] == key for row in before)
    client = MeetEngageClient(fresh)
    client.send("")
    assert fresh.truth("meetengage", STANDARD) == before
    client.send("")
    after = fresh.truth("meetengage", STANDARD)
    assert len(after) < len(before)
    assert not any(row["attended_online_live_chat"] == key for row in after)
    check(fresh)
