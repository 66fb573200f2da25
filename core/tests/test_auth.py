"""Who is asking: credentials that are renewed, asked for, or tried before the first request."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    AccessDenied,
    ApiError,
    Authenticator,
    BadResponse,
    CredentialsClient,
    CredentialsExpired,
    NotFound,
    StreamStats,
)
from event_taps_core.testing.api_server import ApiServer, Reply, Scripted, Seen, status

from .runs import KEY, client_of, send
from .toy_tap import ToyAuthenticator, ToyClient, ToyTap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core import ApiResponse

OK: Scripted = {"data": []}


def by_eight(client: ToyClient) -> list[Any]:
    """Send from eight threads at once; return the answers, or why there are none."""
    together = threading.Barrier(8)

    def one(_: int) -> Any:
        together.wait(10)
        try:
            return send(client)
        except ApiError as answer:
            return str(answer)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(8)))


# Renewed


def test_eight_workers_with_an_expired_token_renew_it_once(server: ApiServer) -> None:
    together = threading.Barrier(8)

    def answer(seen: Seen) -> Scripted:
        if seen.headers["X-Token"] == "token-0":
            together.wait(10)
            return Reply(b'{"error": "expired"}', 401)
        return OK

    server.on("/people", answer).on("/token", {"token": "token-1"})
    assert by_eight(client_of(server)) == [OK] * 8
    assert len(server.seen("/token")) == 1
    assert len(server.seen("/people")) == 16


def test_a_token_that_runs_out_again_is_renewed_again(server: ApiServer) -> None:
    valid = ["token-1", "token-2"]

    def answer(seen: Seen) -> Scripted:
        good = seen.headers["X-Token"] == valid[0]
        return OK if good else Reply(b'{"error": "expired"}', 401)

    server.on("/people", answer).on("/token", {"token": "token-1"}, {"token": "token-2"})
    client = client_of(server)
    send(client)
    valid.pop(0)
    send(client)
    send(client)
    assert len(server.seen("/token")) == 2


@pytest.mark.parametrize(
    ("renewal", "kind", "paths"),
    [
        ({"token": "token-1"}, CredentialsExpired, ["/people", "/token", "/people"]),
        (status(403), AccessDenied, ["/people", "/token"]),
    ],
    ids=["it never loops", "a refusal is the answer"],
)
def test_a_renewal_of_no_use(
    server: ApiServer, renewal: Scripted, kind: type[ApiError], paths: list[str]
) -> None:
    server.on("/people", Reply(b"expired", 401)).on("/token", renewal)
    with pytest.raises(kind) as caught:
        send(client_of(server))
    assert type(caught.value) is kind
    assert server.paths() == paths


@pytest.mark.usefixtures("quick_backoff")
def test_a_renewal_does_not_use_up_the_retries(server: ApiServer) -> None:
    told = status(503, Retry_After="0")
    server.on("/people", Reply(b"expired", 401), told, OK).on("/token", {"token": "token-1"})
    assert send(client_of(server, max_retries=1)) == OK


class PatientClient(ToyClient):
    """Knows that its vendor answers 404 beyond its limit."""

    @override
    def send_handling_limits(self, request: HTTPRequest, stats: StreamStats, send: Any) -> Any:
        try:
            return send()
        except NotFound:
            stats.count_retry("beyond the limit", 0)
            return send()


@pytest.mark.usefixtures("quick_backoff")
def test_a_client_may_handle_limits_around_the_retries_of_each_request(server: ApiServer) -> None:
    """Each time with all of them; the authenticator's requests are no exception."""
    fails = [Reply(b"", 500)] * 2
    server.on("/people", status(404), Reply(b"expired", 401), *fails, status(404), *fails, OK)
    server.on("/token", status(404), {"token": "token-1"})
    client, stats = client_of(server, PatientClient, max_retries=2), StreamStats("people")
    assert send(client, stats=stats) == OK
    beyond = [one.retries["beyond the limit"] for one in (stats, client.stats)]
    assert beyond == [2, 1], "before and after the renewal, and in it"


# Asked for with a POST


class LoginAuthenticator(ToyAuthenticator):
    """Has no token at first."""

    post_paths = ("/login",)
    token = ""

    @property
    @override
    def is_ready(self) -> bool:
        return bool(self.token)

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        login = HTTPRequest(f"{client.base_url}/login", "POST", headers={"X-Key": KEY})
        self.token = client.send_for_credentials(login, token_of)
        client.redaction.hide(self.token)


class LoginClient(ToyClient):
    @override
    def make_authenticator(self) -> Authenticator:
        return LoginAuthenticator(KEY)


def token_of(response: ApiResponse) -> str:
    if response.status_code != 200:
        raise AccessDenied("the login was refused")
    return str(response.json()["token"])


class LoginTap(ToyTap):
    client_class = LoginClient


def test_eight_workers_without_credentials_ask_for_them_once(server: ApiServer) -> None:
    server.on("/login", Reply(b'{"token": "t-1"}', delay=0.1)).on("/people", OK)
    assert by_eight(client_of(server, LoginClient)) == [OK] * 8
    (login,) = server.seen("/login")
    assert (login.method, login.headers["X-Key"]) == ("POST", KEY)
    sent = {(seen.method, seen.headers["X-Token"]) for seen in server.seen("/people")}
    assert sent == {("GET", "t-1")}


def test_eight_workers_whose_login_is_refused_ask_for_it_once(server: ApiServer) -> None:
    server.on("/login", status(401))
    client = client_of(server, LoginClient)
    assert by_eight(client) == ["the login was refused"] * 8
    assert server.paths() == ["/login"]
    assert not client.has_succeeded


@pytest.mark.usefixtures("quick_backoff")
def test_a_login_is_asked_for_again_where_that_may_help(server: ApiServer) -> None:
    busy = status(503, Retry_After="0")
    page = Reply(b"<html>a proxy had a bad day</html>")
    server.on("/login", busy, page, {"token": "t-1"}).on("/people", OK)
    assert send(client_of(server, LoginClient)) == OK
    assert server.paths() == ["/login"] * 3 + ["/people"]


def test_a_login_follows_no_redirect(server: ApiServer) -> None:
    server.on("/login", Reply(b"", 302, {"Location": "/api/people"})).on("/people", OK)
    with pytest.raises(ApiError):
        send(client_of(server, LoginClient))
    assert server.paths() == ["/login"]


def test_a_token_that_was_asked_for_is_not_in_the_log(server: ApiServer) -> None:
    token = "token-that-nobody-should-see"  # noqa: S105 - an invented one
    server.on("/login", {"token": token}).on("/people", {"data": [{"id": 1}]})
    tap = LoginTap(config={"api_key": KEY, "api_url": server.api_url})
    list(tap.streams["people"].get_records(None))
    assert tap.redaction.clean(f"X-Token: {token}") == "X-Token: ***"


# Tried on a read


def asked(response: ApiResponse) -> int:
    """Take any answer for one."""
    return response.status_code


class TwoFormsAuthenticator(Authenticator):
    """A key that goes into one of two headers: which one, only the API can say."""

    form = ""

    @property
    def is_ready(self) -> bool:
        return bool(self.form)

    def headers(self) -> Mapping[str, str]:
        return {self.form: KEY}

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        for form in ("X-New-Key", "X-Old-Key"):
            trial = HTTPRequest(f"{client.base_url}/events", headers={form: KEY})
            if client.send_for_credentials(trial, asked) == 200:
                self.form = form
                return
        raise AccessDenied("HTTP 401")


class TwoFormsClient(ToyClient):
    def make_authenticator(self) -> Authenticator:
        return TwoFormsAuthenticator()


@pytest.mark.usefixtures("quick_backoff")
def test_credentials_are_tried_on_a_read_before_the_first_request(server: ApiServer) -> None:
    """And again where that may help."""

    def answer(seen: Seen) -> Scripted:
        return OK if seen.headers.get("X-Old-Key") == KEY else status(401)

    server.on("/events", status(503), answer).on("/people", answer)
    client = client_of(server, TwoFormsClient)
    for _ in range(2):
        send(client)
    assert server.paths() == ["/events"] * 3 + ["/people"] * 2
    assert {request.method for request in server.requests} == {"GET"}
    assert client.stats.requests == 3
    assert [name for name in server.requests[2].headers if name.endswith("Key")] == ["X-Old-Key"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", path) for path in ("/people", "/login/", "/events/1", "//login", "/../login")),
        *(("GET", path) for path in ("/elsewhere", "/events/../users", "/events/../people")),
        ("GET", "/login"),
    ],
)
def test_nothing_but_logins_and_reads_is_sent_for_credentials(
    server: ApiServer, method: str, path: str
) -> None:
    client = client_of(server, LoginClient)
    with pytest.raises(BadResponse, match="never requests"):
        client.send_for_credentials(HTTPRequest(client.base_url + path, method), asked)
    assert server.requests == []
