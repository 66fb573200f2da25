"""The answers have the documented form: names and types copied by hand from the page "Data API"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from event_sandbox.cli import main
from event_sandbox.meetengage.testing import MeetEngageClient, basic
from event_sandbox.testing import TODAY

if TYPE_CHECKING:
    from event_sandbox.testing import Client

STANDARD, SUMMARY = "organisation_data_standard", "organisation_data_chat_summary_mi"
EXAMPLE = {
    "Device": str,
    "EmailAddress": str,
    "AttendedOnlineLiveChat": str,
    "Registered": bool,
    "Country": str,
}
COLUMNS = {
    *("account", "device", "email_address", "attended_online_live_chat", "registered", "country")
}
DATA = "/organisation_data"
ASKED = DATA + "?account=northlight&data_method=standard"


@pytest.fixture
def client(sandbox: Client) -> MeetEngageClient:
    client = MeetEngageClient(sandbox)
    client.switch(rate_limit="off")
    return client


def test_rows_have_the_columns_of_the_example(client: MeetEngageClient) -> None:
    rows = client.everything()
    assert len(rows) > 80
    for row in rows:
        assert {name: type(row[name]) for name in EXAMPLE} == EXAMPLE
        attended = row["AttendedOnlineLiveChat"]
        assert attended == "" or (len(attended) == 9 and attended.isdecimal())
        assert row["Country"] == "" or len(row["Country"]) == 2
    assert {"Mobile", "Tablet"} <= {row["Device"] for row in rows}


def test_the_truth_has_the_documented_columns_or_all(
    client: MeetEngageClient, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for stream, count in ((STANDARD, 16), (SUMMARY, 11)):
        rows = client.truth(stream)
        assert all(set(row) == COLUMNS for row in rows)
        assert main(["truth", "meetengage", stream, f"--today={TODAY}", "--all-columns"]) == 0
        wide = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
        assert {len(row) for row in wide} == {count}
        assert len(wide) == len(rows)


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        *(
            ("GET", DATA + query, 400, f"Missing parameter: {missing}.")
            for query, missing in (
                ("?data_method=1&from_date=1&to_date=1", "account"),
                ("?account=1&from_date=1&to_date=1", "data_method"),
                ("?account=1&data_method=1&to_date=1", "from_date"),
                ("?account=1&data_method=1&from_date=1", "to_date"),
            )
        ),
        *(
            ("GET", f"{ASKED}&from_date={date}&to_date=1", 400, "Dates are given in milliseconds")
            for date in ("", "soon", "1.5", "2026-01-01", "9" * 15, "9" * 30)
        ),
        ("GET", ASKED + "s&from_date=1&to_date=1", 400, "Unknown data method."),
        ("GET", "/organisation", 404, "Unknown resource."),
        ("GET", DATA + "/1", 404, "Unknown resource."),
        ("POST", "", 405, "This method is read-only."),
        ("DELETE", DATA, 405, "This method is read-only."),
    ],
)
def test_what_is_refused(
    client: MeetEngageClient, method: str, path: str, status: int, message: str
) -> None:
    answer = client.send(method, path)
    assert answer.status == status
    assert answer.json()["errors"][0].startswith(message)


def test_wrong_keys_are_refused_and_the_log_tells_who_had_credentials(
    client: MeetEngageClient,
) -> None:
    settings = client.settings
    for headers in (
        {},
        basic(settings["key_id"], "wrong"),
        basic("wrong", settings["key_secret"]),
        {"Authorization": f"Bearer {settings['key_secret']}"},
        {"Authorization": "Basic"},
    ):
        for path in ("", DATA, "/elsewhere"):
            answer = client.send("GET", path, headers)
            assert answer.status == 401
            assert answer.json() == {"errors": ["The API key is not valid."]}
    client.send("GET", "")
    log = client.sandbox.control("GET", "/requests")
    assert [entry["authorised"] for entry in log] == [False] * 15 + [True]


def test_a_chat_that_vanishes_is_one_that_somebody_attended(fresh: Client) -> None:
    attended = {row["attended_online_live_chat"] for row in fresh.truth("meetengage", STANDARD)}
    gone = fresh.control("POST", "/vanish", {"vendor": "meetengage"})["session_id"]
    left = {row["attended_online_live_chat"] for row in fresh.truth("meetengage", STANDARD)}
    assert attended - left == {gone}
