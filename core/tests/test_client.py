"""One budget, one retry policy, one renewal, and only reads."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from singer_sdk.streams.rest import HTTPRequest

from event_taps_core.api_errors import (
    BadResponse,
    Redirected,
    TimedOut,
    TooManyRequests,
)
from event_taps_core.summary import StreamStats
from event_taps_core.testing.api_server import PREFIX, ApiServer, Reply, status
from event_taps_core.testing.api_server import Scripted as Body

from .runs import KEY, client_of, config_of, send
from .toy_tap import ToyClient, ToyTap

if TYPE_CHECKING:
    from collections.abc import Iterator


OK: Body = {"data": []}


@pytest.fixture
def other_server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


# The budget


def test_requests_start_no_closer_than_the_budget_allows(server: ApiServer) -> None:
    server.on("/people", OK)
    client, interval = client_of(server, requests_per_minute=1500), 60 / 1500
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: send(client), range(24)))
    arrivals = [request.at for request in server.requests]
    # How even they are, the simulation of the pacer tells; a loaded machine holds up arrivals.
    assert max(arrivals) - min(arrivals) >= 0.8 * 23 * interval


def test_retry_after_pauses_every_worker(server: ApiServer) -> None:
    ready = Reply(b"{}", delay=0.01)
    server.on("/people", *[ready] * 5, status(429, Retry_After="1"), ready)
    client = client_of(server)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: send(client), range(24)))
    told_at = server.requests[5].at
    after = [request.at - told_at for request in server.requests[6:]]
    under_way = [seconds for seconds in after if seconds < 0.5]
    assert len(under_way) <= 9, "what the other workers had sent before one of them was told"
    assert all(seconds >= 1 for seconds in after if seconds not in under_way)
    assert len(server.requests) == 25


def test_too_many_requests_are_named_with_what_to_do_about_the_rate(server: ApiServer) -> None:
    server.on("/people", Reply(b'{"message": "Slow down, please."}', 429))
    client = client_of(server, max_retries=0)
    with pytest.raises(TooManyRequests) as caught:
        send(client)
    said = client.hint(caught.value)
    assert "HTTP 429: Slow down, please.; lower the setting requests_per_minute" in said
    assert not any(
        setting in said for setting in (client.host_setting, client.authenticator.settings)
    )


# Retries


def test_who_asks_may_want_fewer_tries_than_the_setting_but_never_more(server: ApiServer) -> None:
    server.on("/people", status(500))
    client = client_of(server, max_retries=0)
    with pytest.raises(BadResponse):
        client.send(
            HTTPRequest(client.base_url + "/people"),
            StreamStats("people"),
            lambda _: None,
            max_retries=1,
        )
    assert len(server.requests) == 1


GZIPPED = gzip.compress(json.dumps({"data": list(range(2000))}).encode())
FAULTS = {
    "429": status(429),
    "500": status(500),
    "502": status(502),
    "503 with a wait": status(503, Retry_After="0"),
    "504": status(504),
    "408": status(408),
    "reset": Reply(fault="reset"),
    "cut body": Reply(b'{"data": [1, 2, 3]}', fault="cut"),
    "cut JSON": Reply(b'{"data": [1, 2'),
    "no body": Reply(b""),
    "cut gzip": Reply(GZIPPED[: len(GZIPPED) // 2], headers={"Content-Encoding": "gzip"}),
    "no gzip": Reply(b"OK", headers={"Content-Encoding": "gzip"}),
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@pytest.mark.usefixtures("quick_backoff")
@every_fault
def test_what_may_pass_is_asked_again(server: ApiServer, fault: Reply) -> None:
    server.on("/people", fault, fault, OK)
    stats = StreamStats("people")
    assert send(client_of(server), stats=stats) == {"data": []}
    assert len(server.requests) == stats.requests == 3
    assert stats.retries.total() == 2


@pytest.mark.usefixtures("quick_backoff")
def test_a_server_that_does_not_answer_is_asked_again(server: ApiServer) -> None:
    server.on("/people", Reply(delay=3), OK)
    stats = StreamStats("people")
    assert send(client_of(server, request_timeout_seconds=1), stats=stats) == {"data": []}
    assert stats.retries == {"no answer from 127.0.0.1 within 1 seconds": 1}


@pytest.mark.parametrize("spools", [False, True])
@pytest.mark.parametrize("part", ["headers", "body"])
def test_an_answer_that_trickles_is_not_waited_for_without_end(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, part: str, *, spools: bool
) -> None:
    """Each byte comes in time; the answer never does."""
    monkeypatch.setattr("event_taps_core.session.WHOLE_ANSWER_TIMEOUTS", 0.02)

    class Client(ToyClient):
        spools_answers = spools

    server.on("/people", Reply(b"{}" * 10_000, fault=f"slow {part}"))
    with pytest.raises(TimedOut, match="is still not complete after"):
        send(client_of(server, Client, max_retries=0))


# Answers


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("http://Toy.Example/api", "toy.example"),
        ("HTTP://toy.example/api/", "toy.example"),
        ("http://toy.example:80/api", "toy.example"),
        ("http://toy.example:8080/api", "toy.example:8080"),
        ("http://MÜNCHEN.example/api", "xn--mnchen-3ya.example"),
    ],
)
def test_a_host_may_be_written_in_any_form(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, written: str, asked: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
    location = written.rstrip("/").upper().replace("/API", "/api/events/1")
    hop = Reply(b"", 302, {"Location": location.encode().decode("latin-1")})
    server.on("/people", hop).on("/events/1", OK)
    assert send(client_of(written)) == OK
    assert [request.headers["Host"] for request in server.requests][:1] == [asked]
    assert server.paths() == ["/people", "/events/1"]


def test_every_request_carries_the_key_and_the_parameters_and_no_cookie(server: ApiServer) -> None:
    """Over the same connection, and its answer may be compressed."""
    headers = {"Set-Cookie": "session=1; Path=/", "Content-Encoding": "gzip"}
    server.on("/people", Reply(GZIPPED, headers=headers), redirect("events/1")).on("/events/1", OK)
    client = client_of(server)
    assert send(client, params={"cursor": "a&b=c", "page": 2}) == {"data": list(range(2000))}
    assert send(client) == OK
    assert server.requests[0].query == {"cursor": "a&b=c", "page": "2"}
    assert len({request.port for request in server.requests}) == 1
    for request in server.requests:
        assert request.headers["X-Key"] == KEY
        assert request.headers["Accept"] == "application/json"
        assert request.headers["Accept-Encoding"] == "gzip, deflate"
        assert "Cookie" not in request.headers


# Redirects


def redirect(location: str) -> Reply:
    return Reply(b'{"message": "It moved."}', 302, {"Location": location})


@pytest.mark.parametrize("form", ["http://{}", "//{}", "http://user:very-secret@{}"])
def test_a_redirect_to_another_host_is_not_followed(
    server: ApiServer, other_server: ApiServer, form: str
) -> None:
    """Nobody knows whether the API is there now, or a login page for strangers."""
    server.on("/people", redirect(form.format(other_server.host) + "/api/people?token=abc"))
    client = client_of(server)
    with pytest.raises(Redirected) as caught:
        send(client)
    said = client.hint(caught.value)
    assert f"a redirect to {other_server.api_url}/people, where none were sent" in said
    assert client.host_setting in said
    assert client.authenticator.settings in said
    assert other_server.requests == [], "no request, so no header either"


@pytest.mark.parametrize("location", [f"{PREFIX}/events/1", "events/1", "{}/events/1"])
def test_a_redirect_to_a_read_of_the_same_host_is_followed(
    server: ApiServer, location: str
) -> None:
    server.on("/people", redirect(location.format(server.api_url))).on("/events/1", {"data": [1]})
    assert send(client_of(server)) == {"data": [1]}


@pytest.mark.parametrize(
    "location",
    [
        *(f"{PREFIX}/login", "/people", f"{PREFIX}/events/1/delete", f"{PREFIX}/../people"),
        *("http://[::1", "//[", "http://host:port/", "http://\xdc.x"),  # no addresses
    ],
)
def test_a_redirect_to_anything_else_is_not_followed(server: ApiServer, location: str) -> None:
    server.on("/people", redirect(location)).on("/login", OK)
    with pytest.raises(Redirected):
        send(client_of(server))
    assert server.paths() == ["/people"]


def test_redirects_in_a_circle_end(server: ApiServer) -> None:
    server.on("/people", redirect(f"{PREFIX}/people"))
    with pytest.raises(BadResponse):
        send(client_of(server, max_retries=0))
    assert len(server.requests) == 6


# Only reads


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *((method, "/people") for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "get")),
        *(("GET", path) for path in ("", "/people/", "/people/1", "//people", "/people;x=1")),
        *(("GET", path) for path in ("/events/../admin", "/people/../../people")),
    ],
)
def test_nothing_but_the_reads_that_are_listed_is_sent(
    server: ApiServer, method: str, path: str
) -> None:
    with pytest.raises(BadResponse, match="never requests"):
        send(client_of(server), path, method=method)
    assert server.requests == []


NASTY_IDS = st.sampled_from(
    [
        *("..", ".", "", "%2e%2e", "%2E.", "..%2f", "../admin", "a/b", "/", "//", "a//b", "\\"),
        *("?", "a?b=c", "#", "a#b", "&", "a;b", "a b", "a+b", "%", "%00", "%25", "100%", "\0"),
        *("{event_id}", "{}", "é", "日本", "\N{GRINNING FACE}", "a\nb", "\r\nX-Evil: 1", "@", ":"),
        *("http://example.org/", "~", "...", "a.b", ".a", "e\N{COMBINING ACUTE ACCENT}"),
    ]
)


@pytest.fixture
def tap(server: ApiServer) -> ToyTap:
    return ToyTap(config=config_of(server, max_retries=0))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event_id=NASTY_IDS | st.text(max_size=8) | st.text("./%2eE", max_size=6))
@example(event_id="..")
@example(event_id=".")
def test_an_id_is_sent_as_one_segment_or_not_at_all(
    server: ApiServer, tap: ToyTap, event_id: str
) -> None:
    """Whatever characters an id has, it never leads to another path, not even to a listed one."""
    server.on("/{}", OK).on("/events/{}", OK).on("/events/{}/visits", OK)
    server.requests.clear()
    stream = tap.event_streams["visits"]
    harmless = event_id not in {"", ".", ".."}
    try:
        url = stream.get_url({"event_id": event_id, "event_ends_at": None})
        tap.client.send(HTTPRequest(url), stream.stats, lambda answer: answer.json())
    except BadResponse:
        assert not harmless
        assert server.requests == []
    else:
        (request,) = server.requests
        assert request.segments == ["", "api", "events", event_id, "visits"]
        assert request.query == {}


# The network around it


def test_hosts_of_no_proxy_are_asked_directly(
    server: ApiServer, other_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{other_server.host}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.on("/people", OK)
    send(client_of(server))
    assert other_server.requests == []


def reason_of(client: ToyClient) -> str:
    with pytest.raises(BadResponse) as caught:
        send(client)
    return caught.value.reason


def test_an_encrypted_connection_to_a_plain_server_in_words(server: ApiServer) -> None:
    client = client_of(server.api_url.replace("http:", "https:"), max_retries=0)
    assert "secure connection to 127.0.0.1" in reason_of(client)


@every_fault
def test_no_reason_holds_a_url_a_header_or_a_body(server: ApiServer, fault: Reply) -> None:
    server.on("/people", fault)
    reason = reason_of(client_of(server, max_retries=0))
    assert not any(part in reason for part in (KEY, "http:", PREFIX, "people", "data"))
    assert len(server.requests) == 1, "without retries"
