"""The life of a token: how it is given, how it ends, and how that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient

if TYPE_CHECKING:
    from event_sandbox.testing import Client

HEADER = "X-Airmeet-Access-Token"
WRONG = "wrong"


@pytest.fixture
def client(sandbox: Client) -> AirmeetClient:
    return AirmeetClient(sandbox)


def test_observed_and_documented_shape(client: AirmeetClient) -> None:
    observed = client.auth()
    assert observed.status == 200
    assert set(observed.json()) == {"token", "communityId"}
    client.switch(auth_shape="documented")
    documented = client.auth().json()
    assert documented["success"] is True
    assert set(documented["data"]) == {"label", "token"}
    for token in (observed.json()["token"], documented["data"]["token"]):
        client.headers[HEADER] = token
        assert client.send("GET", "/airmeets").status == 200


def test_wrong_missing_and_revoked_keys(client: AirmeetClient) -> None:
    assert client.auth(access=WRONG).status == 400
    assert client.auth(secret=WRONG).status == 400
    assert client.send("POST", "/auth", {}).status == 400
    client.switch(keys="revoked")
    assert client.auth(access="wrong").status == 400
    assert client.auth().status == 403


@pytest.mark.parametrize("path", ["/airmeets", "/airmeet/x/info", "/session/x/attendees"])
def test_bad_tokens_are_400_everywhere(client: AirmeetClient, path: str) -> None:
    assert client.send("GET", path, {}).status == 400
    assert client.send("GET", path, {HEADER: "made up"}).status == 400


def test_the_log_tells_who_had_credentials(client: AirmeetClient) -> None:
    client.auth(access="wrong")
    client.sign_in()
    client.get("/airmeets")
    client.send("GET", "/airmeets", {HEADER: "made up"})
    entries = client.sandbox.control("GET", "/requests")
    assert [entry["authorised"] for entry in entries] == [False, True, True, False]
    assert all(entry["query"] == "" for entry in entries)


@pytest.mark.parametrize("status", ["412", "400", "401"])
def test_a_token_ends_after_so_many_requests(client: AirmeetClient, status: str) -> None:
    client.switch(token_life="50_requests", expired_token=status)  # noqa: S106 - a position
    client.sign_in()
    statuses = [client.send("GET", "/airmeets").status for _ in range(52)]
    assert statuses == [200] * 50 + [int(status)] * 2
    client.sign_in()
    assert client.send("GET", "/airmeets").status == 200


def test_a_new_token_may_end_the_old_one(client: AirmeetClient) -> None:
    first = client.sign_in()
    client.sign_in()
    assert client.send("GET", "/airmeets", {HEADER: first}).status == 200
    client.switch(new_token="replaces_old")  # noqa: S106 - a position
    second = client.sign_in()
    assert client.send("GET", "/airmeets", {HEADER: first}).status == 412
    assert client.send("GET", "/airmeets", {HEADER: second}).status == 200


def test_content_type(client: AirmeetClient) -> None:
    token = client.sign_in()
    client.switch(content_type="required")
    assert client.send("GET", "/airmeets", {HEADER: token}).status == 400
    assert client.send("GET", "/airmeets").status == 200
