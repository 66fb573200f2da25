"""The answers have the documented form: names and types copied by hand from the page "Data API"."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from event_sandbox.meetengage.testing import MeetEngageClient, basic, is_good, noon
from event_sandbox.testing import TODAY

if TYPE_CHECKING:
    from event_sandbox.testing import Answer, Client

EXAMPLE = {
    "Device": str,
    "EmailAddress": str,
    "AttendedOnlineLiveChat": str,
    "Registered": bool,
    "Country": str,
}
PARAMETERS = ("account", "data_method", "from_date", "to_date")
FUTURE = noon(TODAY + timedelta(days=400))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's clock alone."""
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)


@pytest.fixture
def client(sandbox: Client) -> MeetEngageClient:
    client = MeetEngageClient(sandbox)
    client.switch(rate_limit="off")
    return client


def test_testing_access(client: MeetEngageClient) -> None:
    for path in ("", "/"):
        answer = client.send("GET", path)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"authenticated": True}


def test_rows_have_the_columns_of_the_example(client: MeetEngageClient) -> None:
    answer = client.data(0, FUTURE)
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["output"]
    assert len(body["output"]) > 80
    for row in body["output"]:
        assert {name: type(row[name]) for name in EXAMPLE} == EXAMPLE
        attended = row["AttendedOnlineLiveChat"]
        assert attended == "" or (len(attended) == 9 and attended.isdecimal())
        assert row["Country"] == "" or len(row["Country"]) == 2
    assert {"Mobile", "Tablet"} <= {row["Device"] for row in body["output"]}


def test_zero_and_a_future_date_do_not_confine(client: MeetEngageClient) -> None:
    everything = client.data(0, FUTURE).json()["output"]
    assert everything == client.everything()


def test_range_without_chats_is_an_empty_list(client: MeetEngageClient) -> None:
    day = TODAY - timedelta(days=3000)
    assert client.data(0, noon(day)).json() == {"output": []}


def test_custom_method_has_columns_of_its_own(client: MeetEngageClient) -> None:
    rows = client.data(0, FUTURE, "chat-summary MI").json()["output"]
    assert len(rows) == 12
    names = ["Chat", "Date", "Registered People", "Attended People", "Attendance Rate", "Country"]
    for row in rows:
        assert list(row) == names


@pytest.mark.parametrize("missing", PARAMETERS)
def test_all_parameters_are_required(client: MeetEngageClient, missing: str) -> None:
    given = [f"{name}=1" for name in PARAMETERS if name != missing]
    answer = client.send("GET", f"/organisation_data?{'&'.join(given)}")
    assert answer.status == 400
    assert answer.json() == {"errors": [f"Missing parameter: {missing}."]}


@pytest.mark.parametrize("date", ["", "soon", "1.5", "2026-01-01", "9" * 15, "9" * 30])
def test_dates_are_milliseconds(client: MeetEngageClient, date: str) -> None:
    path = f"/organisation_data?account=northlight&data_method=standard&from_date={date}&to_date=1"
    assert client.send("GET", path).status == 400


def test_other_resources_and_methods(client: MeetEngageClient) -> None:
    assert client.send("GET", "/organisation").status == 404
    assert client.send("GET", "/organisation_data/1").status == 404
    assert client.send("POST", "").status == 405
    assert client.send("DELETE", "/organisation_data").status == 405


def wrong(client: MeetEngageClient) -> list[dict[str, str]]:
    settings = client.vendor["settings"]
    return [
        {},
        basic(settings["key_id"], "wrong"),
        basic("wrong", settings["key_secret"]),
        {"Authorization": f"Bearer {settings['key_secret']}"},
        {"Authorization": "Basic"},
    ]


def test_wrong_keys_are_refused(client: MeetEngageClient) -> None:
    for headers in wrong(client):
        for path in ("", "/organisation_data", "/elsewhere"):
            answer = client.send("GET", path, headers)
            assert answer.status == 401
            assert answer.json() == {"errors": ["The API key is not valid."]}


def test_the_log_tells_who_had_credentials(client: MeetEngageClient) -> None:
    client.send("GET", "")
    client.send("GET", "", {})
    client.send("GET", "/organisation_data?account=x", wrong(client)[1])
    entries = client.sandbox.control("GET", "/requests")
    assert [entry["authorised"] for entry in entries] == [True, False, False]
    assert [entry["path"] for entry in entries] == ["", "", "/organisation_data"]


def test_unknown_account_or_method(client: MeetEngageClient) -> None:
    answers = [client.data(0, FUTURE, account="wrong"), client.data(0, FUTURE, "wrong")]
    assert [answer.status for answer in answers] == [400, 400]
    assert [answer.json()["errors"] for answer in answers] == [
        ["Unknown account."],
        ["Unknown data method."],
    ]


def test_faults_have_this_vendors_form(client: MeetEngageClient) -> None:
    def strike(kind: str) -> Answer:
        body = {"permanent": [{"path": "^(/organisation_data)?$", "kind": kind}]}
        client.sandbox.control("POST", "/faults", body)
        return client.data(0, FUTURE)

    assert strike("500").json() == {"errors": ["An unexpected error occurred (sandbox fault)."]}
    assert client.send("GET", "").status == 500
    answer = strike("error_200")
    assert answer.status == 200
    assert list(answer.json()) == ["errors"]
    assert not is_good(answer)
