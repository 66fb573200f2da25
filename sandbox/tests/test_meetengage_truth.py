"""What can be read is the truth, in whatever windows it is asked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from event_sandbox.meetengage.testing import MeetEngageClient, windows
from event_sandbox.testing import TODAY

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

STANDARD = "organisation_data_standard"
SUMMARY = "organisation_data_chat_summary_mi"
COLUMNS = (
    *("account", "device", "email_address", "attended_online_live_chat", "registered"),
    "country",
)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's clock alone."""
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)


def reading(sandbox: Client, **positions: str) -> MeetEngageClient:
    client = MeetEngageClient(sandbox)
    client.switch(rate_limit="off", **positions)
    return client


def people(client: MeetEngageClient) -> Counter[str]:
    return Counter(row["email_address"] for row in client.truth(STANDARD))


def people_in(rows: list[Json]) -> Counter[str]:
    return Counter(row["EmailAddress"] for row in rows)


def test_the_documented_columns_are_the_truth(sandbox: Client) -> None:
    for stream in (STANDARD, SUMMARY):
        for row in sandbox.truth("meetengage", stream):
            assert tuple(row) == COLUMNS


@pytest.mark.parametrize("zone", ["utc", "london", "plus_11", "minus_11"])
@pytest.mark.parametrize("window_days", [7, 31, 62, 400])
def test_truth_has_nothing_to_do_with_windows(sandbox: Client, zone: str, window_days: int) -> None:
    client = reading(sandbox, zone=zone)
    chats = Counter(row["Chat"] for row in client.everything("chat-summary MI", window_days))
    truth = client.sandbox.truth("meetengage", SUMMARY, columns="all")
    assert chats == Counter(row["chat"] for row in truth)


@pytest.mark.parametrize("window_days", [31, 62])
def test_part_that_cannot_be_read_is_left_out(sandbox: Client, window_days: int) -> None:
    client = reading(sandbox, lone_range="error_member")
    rows, failed = [], 0
    for first, last in windows(window_days, TODAY):
        try:
            rows += client.whole(first, last)
        except AssertionError:
            failed += 1
    assert failed == 1
    assert people_in(rows) == people(client)


def test_vanished_chat_leaves_no_rows(fresh: Client) -> None:
    client = reading(fresh)
    before = client.truth(STANDARD)
    body = {"vendor": "meetengage", "after_requests": 2}
    key = fresh.control("POST", "/vanish", body)["session_id"]
    assert any(row["attended_online_live_chat"] == key for row in before)
    client.send("GET", "")
    assert client.truth(STANDARD) == before
    client.send("GET", "")
    after = client.truth(STANDARD)
    assert len(after) < len(before)
    assert not any(row["attended_online_live_chat"] == key for row in after)
    assert people_in(client.everything()) == people(client)
