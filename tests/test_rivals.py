"""What the benchmark against rivals says is what happened."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from benchmarks import fault_server, faults
from benchmarks.fault_server import BAD, Api, serving
from scripts import rivals_page
from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GOOD, FIRST, SECOND, THIRD = "p00005", f"{BAD}/rows", f"{BAD}/rows?page=2", f"{BAD}/rows?page=3"


class Seen(NamedTuple):
    status: int
    kind: str
    body: bytes
    retry_after: str | None

    @property
    def next_page(self) -> Any:
        return json.loads(self.body)["next_page"]


def ask(url: str, path: str, bearer: str = "token-1") -> Seen:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/parents/{path}", headers={"Authorization": f"Bearer {bearer}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            status, headers, body = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, headers, body = error.code, error.headers, error.read()
    return Seen(status, headers["Content-Type"], body, headers["Retry-After"])


@pytest.mark.parametrize(
    ("fault", "path", "statuses"),
    [
        (fault_server.NotReady, FIRST, [202, 202]),
        (fault_server.ErrorBody, FIRST, [200, 200]),
        (fault_server.ServerError, FIRST, [500, 500, 500, 200]),
        (fault_server.TooMany, FIRST, [200, 200, 200, 200, 429, 429]),
        (fault_server.TokenEnds, FIRST, [200, 200, 200, 200, 200, 401]),
        (fault_server.Html, SECOND, [200, 200, 200]),
        (fault_server.CutJson, SECOND, [200, 200, 200]),
        (Api, SECOND, [200, 200]),
    ],
)
def test_a_fault_answers_as_it_says(fault: type[Api], path: str, statuses: list[int]) -> None:
    with serving(fault()) as url:
        assert [ask(url, path).status for _ in statuses] == statuses


def test_bodies_that_are_wrong_at_200() -> None:
    with serving(fault_server.ErrorBody()) as url:
        assert json.loads(ask(url, FIRST).body)["success"] is False
    with serving(fault_server.Html()) as url:
        assert [ask(url, SECOND).kind for _ in range(3)] == [*["text/html"] * 2, "application/json"]
    with serving(fault_server.CutJson()) as url:
        with pytest.raises(ValueError, match="Unterminated"):
            json.loads(ask(url, SECOND).body)
        ask(url, SECOND)
        assert ask(url, SECOND).next_page is None


def test_cursors_that_never_end() -> None:
    with serving(fault_server.SameCursor()) as url:
        assert ask(url, SECOND).next_page == 2
    with serving(fault_server.NewCursors()) as url:
        assert ask(url, SECOND).next_page == 3
        assert json.loads(ask(url, THIRD).body) == {"data": [], "next_page": 4}


def test_waits_are_named_and_a_new_token_is_to_be_had() -> None:
    with serving(fault_server.NotReady()) as url:
        assert ask(url, FIRST).retry_after == "5"
    with serving(fault_server.TooMany()) as url:
        assert [ask(url, FIRST).retry_after for _ in range(5)][-1] == "60"
    with serving(fault_server.TokenEnds()) as url:
        assert [ask(url, FIRST, bearer=each).status for each in ("", "token-2")] == [401, 200]


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_all_other_parents_are_well(fault: type[Api]) -> None:
    api = fault()
    with serving(api) as url:
        rows = json.loads(ask(url, f"{GOOD}/rows").body)["data"]
    assert rows == json.loads(json.dumps(Api().rows[GOOD][: fault_server.ROWS]))


@pytest.mark.parametrize(
    ("exit_code", "right", "others", "verdict"),
    [
        (0, 80, 0, "right"),
        (0, 79, 0, "1 of 80 rows silently missing"),
        (0, 80, 2, "0 of 80 rows silently missing, 2 that are none"),
        (1, 80, 0, "fails (exit code 1), 80 of 80 rows"),
        (None, 80, 0, "does not end"),
    ],
)
def test_only_a_run_that_ended_well_with_all_rows_is_right(
    exit_code: int | None, right: int, others: int, verdict: str
) -> None:
    found = {"exit_code": exit_code, "right": right, "others": others, "expected": 80}
    assert faults.in_words(found) == verdict


def test_the_page_shows_a_full_run() -> None:
    """The figures of a quick one mean nothing."""
    assert rivals_page.load()["quick"] is False


def test_what_a_rival_does_better_is_listed() -> None:
    results = rivals_page.load()
    better = copy.deepcopy(results)
    better["speed"]["bulk"]["contenders"]["dlt"]["wall_s"] = 0.1
    better["faults"]["faults"]["Html"]["verdicts"]["ours"]["is_right"] = False
    better["faults"]["faults"]["Html"]["verdicts"]["stock sdk"]["is_right"] = True
    listed = set(rivals_page.losses(better)) - set(rivals_page.losses(results))
    assert {text.partition(":")[0] for text in listed} >= {"bulk"}
    assert any("HTML" in text for text in listed)


@pytest.mark.long
def test_the_whole_of_it_small(tmp_path: Path) -> None:
    path = tmp_path / "rivals.json"
    command = [sys.executable, "-m", "benchmarks.rivals", "--quick", f"--output={path}"]
    subprocess.run(command, cwd=ROOT, check=True)
    results = json.loads(path.read_text())
    assert set(rivals_page.blocks(results)) == set(rivals_page.blocks(rivals_page.load()))
    verdicts = {
        name: fault["verdicts"]["ours"] for name, fault in results["faults"]["faults"].items()
    }
    wrong = {name for name, verdict in verdicts.items() if not verdict["is_right"]}
    assert wrong == {"ErrorBody", "SameCursor", "NewCursors"}
    assert verdicts["ErrorBody"]["exit_code"] == 1  # never silently
    assert verdicts["ErrorBody"]["right"] == 70
