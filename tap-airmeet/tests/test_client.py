"""What the client lets through, what it takes an answer for, and how it gets its token."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core import (
    AccessDenied,
    ApiResponse,
    BadResponse,
    CredentialsExpired,
    NotFound,
    NotReady,
    TooManyRequests,
)
from event_taps_core.summary import StreamStats
from event_taps_core.testing import ApiServer, Reply, api_response
from tap_airmeet.auth import TokenAuthenticator, token_of
from tap_airmeet.client import AirmeetClient, AmbiguousRefusal
from tap_airmeet.tap import REGIONS, TapAirmeet

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://api-gateway.airmeet.com/prod"
CONFIG: dict[str, Any] = {
    "access_key": "11111111-2222#in",
    "secret_key": "secret-0123456789",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
PATHS = [stream.path for stream in TapAirmeet.stream_classes]
CLIENT = AirmeetClient(BASE, CONFIG, PATHS)
READS = (
    "/airmeets",
    "/airmeet/ab12/participants",
    "/airmeet/ab12/info",
    "/airmeet/ab12/custom-fields",
    "/airmeet/ab12/attendees",
    "/session/ab12/attendees",
    "/airmeet/ab12/booths",
    "/airmeet/ab12/booth/cd34/booth-attendance",
    "/airmeet/ab12/polls",
    "/airmeet/ab12/questions",
    "/airmeet/ab12/tracks",
    "/airmeet/ab12/utms",
    "/airmeet/ab12/session-recordings",
    "/airmeet/ab12/event-replay-attendees",
)
WRITES = (
    ("POST", "/airmeet"),
    ("POST", "/airmeet/ab12/attendee"),
    ("DELETE", "/airmeet/ab12/attendees"),
    ("POST", "/airmeet/ab12/status"),
    ("POST", "/airmeet/ab12/session"),
    ("POST", "/auth"),
)
ELSEWHERE = (
    "https://api-gateway-prod.eu.airmeet.com/prod/airmeets",
    "https://api-gateway.airmeet.com.evil.example/prod/airmeets",
    "http://api-gateway.airmeet.com/prod/airmeets",
    "https://api-gateway.airmeet.com/airmeets",
    "https://api-gateway.airmeet.com/prod/airmeets/",
    "https://api-gateway.airmeet.com/prod/airmeet/../info",
    "https://api-gateway.airmeet.com/prod/airmeet/a/b/info",
    "https://api-gateway.airmeet.com/prod/auth",
)
NOT_YET = ("Session status is not valid", "Airmeet status is not valid")


def answer(
    status: int,
    body: Any = None,
    url: str = "/airmeet/ab12/attendees?size=50",
    **headers: str,
) -> ApiResponse:
    return api_response(body, status, BASE + url, **headers)


@pytest.mark.parametrize("path", READS)
def test_documented_reads_are_permitted(path: str) -> None:
    assert CLIENT.permits("GET", BASE + path)


def test_reads_are_the_fourteen_of_the_page() -> None:
    assert len(set(PATHS)) == len(READS) == 14


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_documented_writes_are_never_sent(method: str, path: str) -> None:
    assert not CLIENT.permits(method, BASE + path)


@given(st.text(min_size=1).filter(lambda method: method != "GET"), st.sampled_from(READS))
def test_no_method_but_get_is_ever_sent(method: str, path: str) -> None:
    assert not CLIENT.permits(method, BASE + path)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nothing_is_sent_to_another_host_or_path(url: str) -> None:
    assert not CLIENT.permits("GET", url)


def test_keys_are_posted_only_to_auth() -> None:
    assert TokenAuthenticator.post_paths == ("/auth",)


# What answers mean (headings 4.1 to 4.14)


@pytest.mark.parametrize(
    "body", [{"data": [], "statusCode": 200, "statusMessage": "SUCCESS"}, {"participants": []}]
)
def test_both_envelopes_are_records(body: dict[str, Any]) -> None:
    assert CLIENT.classify(answer(200, body)) is None


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("message", NOT_YET)
def test_status_not_valid_is_not_finished_yet_at_http_200_and_400(
    status: int, message: str
) -> None:
    """The vendor's answer for a session or event that is not FINISHED: absent, with its reason."""
    body = {"data": {}, "statusCode": 400, "statusMessage": message}
    found = CLIENT.classify(answer(status, body))
    assert isinstance(found, NotFound)
    assert found.reason == message


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 202, "statusMessage": "Preparing your results.Try after 5 minutes"},
        {"statusCode": 202, "statusMessage": "Preparing your results. Try after 5 minutes"},
        b"",
    ],
)
def test_202_is_pending_with_any_body(body: Any) -> None:
    assert isinstance(CLIENT.classify(answer(202, body)), NotReady)


def test_202_in_the_body_alone_is_pending_too() -> None:
    assert isinstance(CLIENT.classify(answer(200, {"statusCode": 202})), NotReady)


def test_202_says_when_if_it_does() -> None:
    found = CLIENT.classify(answer(202, {"statusCode": 202}, Retry_After="7"))
    assert isinstance(found, NotReady)
    assert found.seconds == 7


@pytest.mark.parametrize("response", [answer(412, {}), answer(200, {"statusCode": 412})])
def test_412_is_an_expired_token(response: ApiResponse) -> None:
    assert isinstance(CLIENT.classify(response), CredentialsExpired)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("in_body", [False, True])
def test_400_and_401_with_an_id_may_be_about_the_token_or_the_id(
    status: int, *, in_body: bool
) -> None:
    response = answer(200, {"statusCode": status}) if in_body else answer(status, {})
    assert type(CLIENT.classify(response)) is AmbiguousRefusal


@pytest.mark.parametrize("status", [400, 401])
def test_400_and_401_without_an_id_are_about_the_token(status: int) -> None:
    assert type(CLIENT.classify(answer(status, {}, "/airmeets?size=500"))) is CredentialsExpired
    assert (
        type(CLIENT.classify(answer(status, {}, "/airmeets?size=500&after=7"))) is AmbiguousRefusal
    )


def test_404_is_absent() -> None:
    assert isinstance(CLIENT.classify(answer(404, {"message": "no such airmeet"})), NotFound)


def test_gateway_says_403_for_an_unknown_route() -> None:
    found = CLIENT.classify(answer(403, {"message": "Missing Authentication Token"}))
    assert type(found) is AccessDenied


@pytest.mark.parametrize("status", [429, 500, 502, 504])
@pytest.mark.parametrize("in_body", [False, True])
def test_trouble_is_broken_and_worth_another_try(status: int, *, in_body: bool) -> None:
    body = {"statusCode": status, "statusMessage": "oops"}
    found = CLIENT.classify(answer(200 if in_body else status, body))
    assert isinstance(found, TooManyRequests if status == 429 else BadResponse)
    assert found.retries is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"data": [',
        [],
        None,
        7,
        {"success": False, "message": "oops"},
        {"success": "false"},
    ],
)
def test_what_is_no_envelope_is_broken(body: Any) -> None:
    assert isinstance(CLIENT.classify(answer(200, body)), BadResponse)


@given(
    st.integers(100, 599),
    st.one_of(
        st.none(),
        st.lists(st.integers()),
        st.dictionaries(
            st.sampled_from(["statusCode", "statusMessage", "message", "success", "data"]),
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.just({})),
        ),
    ),
)
def test_only_a_whole_success_is_records(status: int, body: Any) -> None:
    """Whatever comes is classified; nothing but 200 (in HTTP and, if it is there, in the body)."""
    found = CLIENT.classify(answer(status, body))
    if found is None:
        assert status == 200
        assert isinstance(body, dict)
        assert (
            not str(body.get("statusCode"))[:3].isdecimal() or str(body["statusCode"])[0] in "012"
        )


# The token (heading "Authentication")


@pytest.mark.parametrize(
    "body",
    [
        {"token": "t0k3n", "communityId": "c"},
        {"success": True, "data": {"label": "test", "token": "t0k3n"}},
    ],
    ids=["observed", "documented"],
)
def test_token_is_found_where_it_is_documented_and_where_it_is(body: dict[str, Any]) -> None:
    assert token_of(answer(200, body, "/auth")) == "t0k3n"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_keys_are_a_refusal(status: int) -> None:
    with pytest.raises(AccessDenied, match="keys are"):
        token_of(answer(status, {}, "/auth"))


@pytest.mark.parametrize("status", [202, 204, 302, 404])
def test_no_auth_at_that_address_is_another_host(status: int) -> None:
    with pytest.raises(BadResponse) as raised:
        token_of(answer(status, {}, "/auth"))
    assert raised.value.unreachable


@pytest.mark.parametrize("body", [{}, {"token": None}, {"token": ""}, {"data": None}, [], "token"])
def test_answer_without_a_token_is_broken(body: Any) -> None:
    with pytest.raises(BadResponse, match="no token"):
        token_of(answer(200, body, "/auth"))


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made.on("/auth", {"token": "token-1"}, {"token": "token-2"}).on("/airmeets", {"data": []})
    made.close()


def send(client: AirmeetClient) -> None:
    client.send(HTTPRequest(client.base_url + "/airmeets"), StreamStats("airmeets"), lambda _: None)


REFUSED = Reply(b"{}", 401)


def test_keys_are_exchanged_for_a_token_that_is_hidden_from_the_log(server: ApiServer) -> None:
    client = AirmeetClient(server.api_url, CONFIG, PATHS)
    send(client)
    assert client.redaction.clean("sent token-1") == "sent ***"
    auth, read = server.requests
    keys = {"X-Airmeet-Access-Key", "X-Airmeet-Secret-Key"}
    assert {auth.headers[name] for name in keys} == {CONFIG["access_key"], CONFIG["secret_key"]}
    assert keys.isdisjoint(read.headers)
    assert read.headers["X-Airmeet-Access-Token"] == "token-1"


def test_every_request_says_its_content_type(server: ApiServer) -> None:
    """The page wants `Content-Type` of all requests, GET included."""
    send(AirmeetClient(server.api_url, CONFIG, PATHS))
    assert [seen.headers["Content-Type"] for seen in server.requests] == ["application/json"] * 2


def test_token_that_never_worked_is_not_renewed_in_a_loop(server: ApiServer) -> None:
    server.on("/airmeets", REFUSED)
    with pytest.raises(AccessDenied, match="refused at once"):
        send(AirmeetClient(server.api_url, CONFIG, PATHS))
    assert server.paths() == ["/auth", "/airmeets"]


@pytest.mark.parametrize("status", [200, 202, 404])
def test_token_that_has_worked_is_renewed(server: ApiServer, status: int) -> None:
    server.on("/airmeets", Reply(b"{}", status), REFUSED, {"data": []})
    client = AirmeetClient(server.api_url, CONFIG, PATHS)
    with contextlib.suppress(NotFound, NotReady):
        send(client)
    send(client)
    assert server.paths() == ["/auth", "/airmeets", "/airmeets", "/auth", "/airmeets"]
    assert server.requests[-1].headers["X-Airmeet-Access-Token"] == "token-2"


@pytest.mark.parametrize(("region", "base"), REGIONS.items())
def test_region_makes_the_address(region: str, base: str) -> None:
    tap = TapAirmeet(config={"region": region}, validate_config=False)
    assert tap.client.base_url == base


def test_api_url_wins_over_the_region() -> None:
    tap = TapAirmeet(
        config={"region": "eu", "api_url": "http://127.0.0.1:9/prod/"}, validate_config=False
    )
    assert tap.client.base_url == "http://127.0.0.1:9/prod"
