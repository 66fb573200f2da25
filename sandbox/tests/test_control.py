"""The control API."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

import pytest

from event_sandbox.request_log import RequestLog

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


def test_every_request_is_logged(sandbox: Client) -> None:
    began = time.monotonic()
    sandbox.vendor("conferencesio", "/app")
    sandbox.vendor("conferencesio", "/sessions/none?page=2", "PUT", {})
    sandbox.ask("GET", sandbox.vendors["conferencesio"]["api_url"] + "/app")
    first, second, third = sandbox.control("GET", "/requests")
    assert sandbox.control("GET", "/requests/count") == {"count": 3}
    assert began < first["at"] < second["at"] < time.monotonic()
    assert 0 < first["ms"] < 1000
    assert (first["n"], first["vendor"], first["method"]) == (1, "conferencesio", "GET")
    assert (first["path"], first["status"], first["fault"]) == ("/app", 200, None)
    assert (second["path"], second["query"]) == ("/sessions/none", "page=2")
    assert (second["method"], second["status"]) == ("PUT", 404)
    assert [entry["authorised"] for entry in (first, second, third)] == [True, True, False]
    assert third["status"] == 401
    assert sandbox.control("DELETE", "/requests") == []
    assert sandbox.control("GET", "/requests/count") == {"count": 0}


def test_the_log_forgets_the_oldest() -> None:
    log = RequestLog(kept=3)
    scope = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
    for _ in range(5):
        log.open("x", scope, "/", ok=True)
    assert len(log) == 5
    assert [entry.n for entry in log.entries()] == [3, 4, 5]


def test_an_answer_is_compressed_by_a_switch_and_where_that_is_taken(fresh: Client) -> None:
    key = fresh.vendors["conferencesio"]["settings"]["api_key"]
    headers = {"API-Key": key, "Accept-Encoding": "gzip, deflate", "User-Agent": "reader/1"}
    plain = fresh.vendor("conferencesio", "/sessions", headers=headers)
    fresh.control("POST", "/switches", {"conferencesio": {"compression": "gzip"}})
    packed = fresh.vendor("conferencesio", "/sessions", headers=headers)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert fresh.vendor("conferencesio", "/sessions").body == plain.body
    logged = [(e["user_agent"], e["accept_encoding"]) for e in fresh.control("GET", "/requests")]
    assert logged == [("reader/1", "gzip, deflate")] * 2 + [("", "identity")]


def test_latency(fresh: Client) -> None:
    fresh.control("POST", "/latency", {"ms": 60})
    fresh.vendor("conferencesio", "/app")
    assert fresh.control("GET", "/requests")[0]["ms"] >= 60


def test_switches_merge_and_are_restored(sandbox: Client) -> None:
    defaults = sandbox.control("GET", "/switches")
    sandbox.control("POST", "/switches", {"conferencesio": {"code": "number"}})
    after = sandbox.control("POST", "/switches", {"conferencesio": {"presenter": "text"}})
    assert (after["conferencesio"]["code"], after["conferencesio"]["presenter"]) == (
        "number",
        "text",
    )
    assert sandbox.control("DELETE", "/switches") == defaults


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/switches", {"conferencesio": {"polls_emty": "null"}}, ["polls_emty", "'polls_empty'"]),
        ("/switches", {"conferencesio": {"polls_empty": "nul"}}, ["'null'", "object"]),
        ("/switches", {"conferenceio": {"polls_empty": "null"}}, ["'conferencesio'"]),
        ("/faults", {"rate": 2}, ["between 0 and 1"]),
        ("/faults", {"rate": 0.1, "kinds": ["501"]}, ["429_seconds"]),
        ("/faults", {"rate": 0.1, "kinds": []}, ["429_seconds"]),
        ("/faults", {"permanent": [{"path": "(", "kind": "500"}]}, ["regular expression"]),
        ("/faults", {"permanent": [{"path": ".", "kind": "501"}]}, ["error_200"]),
        ("/faults", {"rates": 0.1}, ["rates"]),
        ("/advance", {"steps": 0}, ["1 to 3660"]),
        ("/advance", {"steps": 10**15}, ["1 to 3660"]),
        ("/advance", {"steps": "x"}, ["int"]),
        ("/vanish", {"vendor": "conferencesio", "session_id": "none"}, ["none"]),
        ("/change", {"vendor": "expoplatform", "kind": "x"}, ["meeting_edited"]),
        ("/change", {"vendor": "airmeet", "kind": "x"}, ["Known: none"]),
        ("/change", {"vendor": "expoplatform"}, ["kind"]),
    ],
)
def test_mistakes_are_explained(sandbox: Client, path: str, body: Json, words: list[str]) -> None:
    before = sandbox.control("GET", "/switches")
    answer = sandbox.ask("POST", f"{sandbox.url}/_sandbox{path}", body)
    assert answer.status == 400
    for word in words:
        assert word in answer.json()["error"]
    assert sandbox.control("GET", "/switches") == before


@pytest.mark.parametrize(
    "path", ["/truth/nobody/app", "/truth/conferencesio/x", "/truth/persons", "/streams/nobody"]
)
def test_unknown_names_in_the_path(sandbox: Client, path: str) -> None:
    answer = sandbox.ask("GET", f"{sandbox.url}/_sandbox{path}")
    assert answer.status == 400
    assert "Known: " in answer.json()["error"]


def test_vanish_in_the_middle_of_a_run(fresh: Client) -> None:
    rows = fresh.truth("conferencesio", "attendance")
    newest = max(row["session_date"] for row in rows if row["session_date"])
    answer = fresh.control("POST", "/vanish", {"vendor": "conferencesio", "after_requests": 3})
    key = answer["session_id"]
    assert {row["session_date"] for row in rows if row["session_id"] == key} == {newest}
    path = f"/sessions/{key}/attendance"
    statuses = [fresh.vendor("conferencesio", path).status for _ in range(4)]
    assert statuses == [200, 200, 404, 404]
    assert_gone(fresh, key)


def assert_gone(sandbox: Client, key: str) -> None:
    listed = sandbox.vendor("conferencesio", "/sessions").json()["data"]["data"]
    assert key not in {session["id"] for session in listed}
    assert key not in {row["id"] for row in sandbox.truth("conferencesio", "sessions")}
    for stream in ("attendance", "polls", "poll_responses", "questions", "evaluation_responses"):
        assert key not in {row["session_id"] for row in sandbox.truth("conferencesio", stream)}


def test_a_world_that_starts_over_is_the_one_of_its_first_day(fresh: Client) -> None:
    """Whatever happened to it, and whatever was to happen."""
    streams = (
        ("conferencesio", "attendance"),
        ("expoplatform", "meetings"),
        ("airmeet", "registration_utms"),
    )

    def truth() -> list[Json]:
        return [fresh.truth(*stream) for stream in streams]

    first, world = truth(), fresh.control("GET", "/world")
    fresh.control("POST", "/vanish", {"vendor": "conferencesio", "after_requests": 1})
    fresh.control("POST", "/advance", {"steps": 3})
    fresh.control("POST", "/vanish", {"vendor": "conferencesio"})
    assert truth() != first
    later = fresh.control("GET", "/world")
    assert (world["step"], later["step"]) == (0, 3)
    assert world["today"] < later["today"]
    assert fresh.control("DELETE", "/world") == world
    assert truth() == first
    fresh.vendor("conferencesio", "/app")
    assert truth() == first


@pytest.mark.parametrize("kind", ["participant_joined", "meeting_inserted", "meeting_edited"])
def test_a_change_of_a_trade_show_needs_one(fresh: Client, kind: str) -> None:
    def told(path: str, body: Json) -> int:
        return fresh.ask("POST", f"{fresh.url}/_sandbox{path}", body).status

    while told("/vanish", {"vendor": "expoplatform"}) == 200:
        pass
    assert told("/change", {"vendor": "expoplatform", "kind": kind}) == 400
