"""Each kind of fault, as a client sees it."""

from __future__ import annotations

import http.client
import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from event_sandbox.breakage import BREAK
from event_sandbox.faults import FaultPlan, Faults

if TYPE_CHECKING:
    from event_sandbox.testing import Client

SEEN = {
    "429_seconds": "429 error",
    "429_date": "429 error",
    "429_none": "429 error",
    "500": "500 error",
    "502": "502 error",
    "503": "503 error",
    "504": "504 error",
    "404": "404 error",
    "403": "403 error",
    "timeout": "TimeoutError",
    "reset": "ConnectionResetError",
    "cut_body": "IncompleteRead",
    "cut_json": "200 JSONDecodeError",
    "html": "200 text/html; charset=utf-8",
    "error_200": "200 error",
    "latin_1": "200 ok",
    "null_row": "200 ok",
    "strange_row": "200 ok",
}


def strike(sandbox: Client, kind: str) -> None:
    """Let requests for sessions never be answered well again."""
    sandbox.control("POST", "/faults", {"permanent": [{"path": "^/sessions$", "kind": kind}]})


def seen(sandbox: Client, kind: str) -> str:
    """The status with that of a JSON body, or what is in the way of either."""
    vendor = sandbox.vendors["conferencesio"]
    headers = {"API-Key": vendor["settings"]["api_key"]}
    url, seconds = vendor["api_url"] + "/sessions", 0.1 if kind == "timeout" else 10
    try:
        answer = sandbox.ask("GET", url, headers=headers, seconds=seconds)
    except (OSError, http.client.IncompleteRead) as error:
        return type(error).__name__
    if answer.headers["content-type"].partition(";")[0] != "application/json":
        return f"{answer.status} {answer.headers['content-type']}"
    try:
        return f"{answer.status} {json.loads(answer.body.decode('latin-1'))['status']}"
    except json.JSONDecodeError as error:
        return f"{answer.status} {type(error).__name__}"


@pytest.mark.parametrize("kind", BREAK)
def test_permanent_faults_strike_their_path_always_and_no_other(sandbox: Client, kind: str) -> None:
    strike(sandbox, kind)
    assert [seen(sandbox, kind) for _ in range(5)] == [SEEN[kind]] * 5
    assert sandbox.vendor("conferencesio", "/app").json()["status"] == "ok"
    deadline = time.monotonic() + 30
    while len(entries := sandbox.control("GET", "/requests")) < 6:  # noted after they are answered
        assert time.monotonic() < deadline, entries
        time.sleep(0.01)
    assert [entry["fault"] for entry in entries] == [kind] * 5 + [None]
    sandbox.control("DELETE", "/faults")
    assert seen(sandbox, "") == "200 ok"


@pytest.mark.parametrize("kind", ["429_seconds", "429_date", "429_none"])
def test_when_to_come_again(sandbox: Client, kind: str) -> None:
    strike(sandbox, kind)
    asked_at = time.time()
    retry_after = sandbox.vendor("conferencesio", "/sessions").headers.get("retry-after")
    if kind == "429_date":
        assert retry_after
        assert asked_at < parsedate_to_datetime(retry_after).timestamp() <= time.time() + 2
    else:
        assert retry_after == {"429_seconds": "1", "429_none": None}[kind]


def test_latin_1(sandbox: Client) -> None:
    right = sandbox.vendor("conferencesio", "/sessions").json()
    strike(sandbox, "latin_1")
    answer = sandbox.vendor("conferencesio", "/sessions")
    assert answer.headers["content-type"] == 'application/json; charset="ISO-8859-1"'
    assert json.loads(answer.body.decode("latin-1")) == right


@pytest.mark.parametrize(
    ("kind", "row"), [("null_row", None), ("strange_row", {"unexpected": True})]
)
def test_odd_row(sandbox: Client, kind: str, row: object) -> None:
    whole = sandbox.vendor("conferencesio", "/sessions").json()
    strike(sandbox, kind)
    odd = sandbox.vendor("conferencesio", "/sessions").json()
    assert odd["data"]["data"].pop(1) == row
    assert odd == whole


def test_never_more_than_three_in_a_row(sandbox: Client) -> None:
    sandbox.control("POST", "/faults", {"rate": 1.0, "kinds": ["500"]})
    statuses = [sandbox.vendor("conferencesio", "/app").status for _ in range(8)]
    assert statuses == [500, 500, 500, 200] * 2


def test_the_rate_is_met_and_repeats_with_the_seed() -> None:
    def struck(seed: int) -> list[str | None]:
        faults = Faults()
        faults.set(FaultPlan(0.2, tuple(BREAK), seed))
        return [faults.choose(f"/sessions/{n % 50}", "") for n in range(2000)]

    assert struck(1) == struck(1) != struck(2)
    hits = [kind for kind in struck(1) if kind]
    assert 320 < len(hits) < 480
    assert set(hits) == set(BREAK)
