"""ExpoPlatform: who is let in, what is refused, and how that looks."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from event_sandbox.expoplatform.testing import ExpoPlatformClient

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

EXPORT = "/meetings/export"


@pytest.fixture
def client(sandbox: Client) -> ExpoPlatformClient:
    return ExpoPlatformClient(sandbox)


def test_what_a_tap_is_given(sandbox: Client) -> None:
    vendor = sandbox.vendors["expoplatform"]
    assert vendor["api_url"] == f"{sandbox.url}/expoplatform"
    assert vendor["settings"]["event_ids"] == [1041, 1187, 1302, 1377]
    assert len(vendor["settings"]["api_key"]) == 40
    assert sandbox.control("GET", "/streams/expoplatform") == ["meetings", "participants"]


def test_the_key_is_taken_literally(client: ExpoPlatformClient) -> None:
    right = client.headers["Authorization"]
    encoded = "Basic " + base64.b64encode(right.removeprefix("Basic ").encode()).decode()
    sent = [right, encoded, right.removeprefix("Basic "), "Basic", None]
    statuses = [
        client.send("GET", f"{EXPORT}?event_id=1377", {"Authorization": key} if key else {}).status
        for key in sent
    ]
    assert statuses == [200, 401, 401, 401, 401]
    log = client.sandbox.control("GET", "/requests")
    assert [entry["authorised"] for entry in log] == [True, False, False, False, False]
    assert log[0]["path"] == "/api/v2/meetings/export"


def test_a_key_that_is_off_opens_nothing(client: ExpoPlatformClient) -> None:
    client.switch(key="off")
    assert client.export()[0] == client.ask("/participants/1041/list")[0] == 401


def test_a_key_that_is_off_for_one_event(client: ExpoPlatformClient) -> None:
    client.switch(event_access="one_off")
    statuses = {event_id: client.export(event_id)[0] for event_id in client.event_ids}
    assert statuses == {1041: 200, 1187: 401, 1302: 200, 1377: 200}
    assert client.ask("/participants/1187/list")[0] == 401
    for stream in ("meetings", "participants"):
        events = {row["event_id"] for row in client.sandbox.truth("expoplatform", stream)}
        assert events
        assert "1187" not in events


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (EXPORT, {}, 400),
        (EXPORT, {"event_id": "x"}, 400),
        (EXPORT, {"event_id": 1041, "page": 0}, 400),
        (EXPORT, {"event_id": 1041, "created_from": "yesterday"}, 400),
        (EXPORT, {"event_id": 1041, "order_by": "created"}, 400),
        (EXPORT, {"event_id": 1041, "order": "asc"}, 400),
        (EXPORT, {"event_id": 1041, "unheard_of": 1}, 200),
        (EXPORT, {"event_id": 9}, 404),
        ("/participants/9/list", {}, 404),
        ("/participants/x/list", {}, 400),
        ("/participants/1041/list", {"limit": "all"}, 400),
        ("/account/get", {}, 404),
        ("/meetings/export/", {"event_id": 1041}, 404),
    ],
)
def test_parameters(client: ExpoPlatformClient, path: str, query: Json, status: int) -> None:
    found, body = client.ask(path, **query)
    assert found == status
    assert ("error" in body) == (status != 200)


def test_nothing_can_be_written(sandbox: Client) -> None:
    headers = ExpoPlatformClient(sandbox).headers
    for method in ("POST", "PUT", "DELETE"):
        path = "/api/v2/meetings/export?event_id=1041"
        assert sandbox.vendor("expoplatform", path, method, {}, headers).status == 404
    path = "/meetings/export?event_id=1041"
    assert sandbox.vendor("expoplatform", path, headers=headers).status == 404


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("error", {"error": "There is no event 9."}),
        ("message", {"message": "There is no event 9."}),
        ("errors", {"errors": [{"code": 404, "message": "There is no event 9."}]}),
        ("code", {"code": 404, "message": "There is no event 9."}),
    ],
)
def test_bodies_of_errors(client: ExpoPlatformClient, form: str, body: Json) -> None:
    client.switch(error_body=form)
    assert client.export(9) == (404, body)


def test_errors_at_200(client: ExpoPlatformClient) -> None:
    client.switch(errors="code_at_200")
    assert client.export(9) == (200, {"code": 404, "message": "There is no event 9."})
    client.switch(key="off", body_code="text")
    assert client.export()[1]["code"] == "401"
    client.switch(key="active", past_end="404")
    assert client.export(1377, page=2)[1]["code"] == "404"


@pytest.mark.parametrize(("form", "kind"), [("json", "application/json"), ("html", "text/html")])
def test_server_error(client: ExpoPlatformClient, form: str, kind: str) -> None:
    client.switch(server_error=form)
    faults = {"permanent": [{"path": "^/api/v2/meetings", "kind": "500"}]}
    client.sandbox.control("POST", "/faults", faults)
    answer = client.send("GET", f"{EXPORT}?event_id=1041")
    assert answer.status == 500
    assert answer.headers["content-type"].startswith(kind)


def test_another_host(client: ExpoPlatformClient) -> None:
    client.switch(host="moved")
    answer = client.send("GET", f"{EXPORT}?event_id=1041")
    assert answer.status == 302
    assert answer.headers["location"].startswith("http://localhost:")
    client.sandbox.ask("GET", answer.headers["location"], headers=client.headers)
    entry = client.sandbox.control("GET", "/requests")[-1]
    assert (entry["path"], entry["authorised"]) == ("/login", True)


def test_an_event_vanishes(fresh: Client) -> None:
    client = ExpoPlatformClient(fresh)
    answer = fresh.control("POST", "/vanish", {"vendor": "expoplatform", "after_requests": 2})
    assert answer["session_id"] == "1377"
    assert [client.export(1377)[0] for _ in range(3)] == [200, 404, 404]
    for stream in ("meetings", "participants"):
        assert "1377" not in {row["event_id"] for row in fresh.truth("expoplatform", stream)}
    wrong = {"vendor": "expoplatform", "session_id": "9"}
    assert fresh.ask("POST", f"{fresh.url}/_sandbox/vanish", wrong).status == 400
