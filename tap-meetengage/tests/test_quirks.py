"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

Most runs are in this process, which is quick enough to see every position of every switch. Headings
are those of the vendor's page "Data API".
"""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.testing import differences, run_here
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.warehouse import Parted, Warehouse
from tap_meetengage.client import DATA_PATH, MeetEngageClient
from tap_meetengage.tap import TapMeetEngage
from tap_meetengage.windows import EPOCH

from .test_conformance import UNDER_TEST, WINDOW_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core.testing import Request, Run, Sandbox, TapRunner, TapUnderTest

LARGE_RANGE = ("500", "504", "413", "400_days", "error_member")
TAP = replace(UNDER_TEST, elsewhere={**UNDER_TEST.elsewhere, "large_range": LARGE_RANGE})
"""Each of these alone, and without retries."""

STANDARD, SUMMARY = "organisation_data_standard", "organisation_data_chat_summary_mi"
METHODS = {STANDARD: "standard", SUMMARY: "chat-summary MI"}
PLAIN = {**TAP.settings, "requests_per_minute": 0, "data_methods": [*METHODS.values()]}


def run(
    sandbox: Sandbox,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Run the tap within this process."""
    return run_here(TapMeetEngage, {**sandbox.settings, **PLAIN, **settings}, state, catalog)


def load(*runs: Run) -> Warehouse:
    """Load the output of these runs, one after the other, into an empty warehouse."""
    warehouse = Warehouse({name: Parted("window_start", None, None) for name in METHODS})
    for one in runs:
        warehouse.load(one.lines)
    return warehouse


def different(warehouse: Warehouse, sandbox: Sandbox, *streams: str) -> dict[str, list[str]]:
    found = {
        name: differences(warehouse.table(name), sandbox.truth(name)) for name in streams or METHODS
    }
    return {name: lines for name, lines in found.items() if lines}


def data_requests(sandbox: Sandbox) -> list[Request]:
    return [request for request in sandbox.requests() if request.path == DATA_PATH]


def params(request: Request) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(request.query))


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    return TAP


@pytest.fixture(autouse=True)
def unhurried_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits; and the sandbox has no limit where a test does not switch it on."""
    monkeypatch.setattr(MeetEngageClient, "call_window", None)
    monkeypatch.setattr("event_taps_core.retries.MAX_BACKOFF_SECONDS", 0.02)


# Every position of every switch, while the world moves on


@pytest.mark.parametrize(
    "positions",
    [
        {},
        TAP.incomplete,
        *({"large_range": position} for position in LARGE_RANGE),
        *TAP.complete_runs,
        *(
            long({name: position})
            for name, (_, *others) in TAP.complete_positions.items()
            for position in others
        ),
    ],
    ids=str,
)
def test_tables_equal_the_truth_day_after_day_under_every_position(
    sandbox: Sandbox, positions: dict[str, str]
) -> None:
    sandbox.switch(**TAP.switches, **positions)
    outcomes: list[Run] = []
    state = None
    for _ in range(3):
        outcomes.append(run(sandbox, state, max_retries=int("large_range" not in positions)))
        state = outcomes[-1].state
        assert outcomes[-1].exit_code == (positions == TAP.incomplete), outcomes[-1].stderr
        assert different(load(*outcomes), sandbox) == {}
        sandbox.advance()


# Ranges: heading "GET organisation_data resource"


@pytest.mark.parametrize("future_to_date", ["unconfined", "confined"])
def test_without_a_start_date_everything_is_read_from_zero_on(
    sandbox: Sandbox, future_to_date: str
) -> None:
    """As the page says: "no 'from' date is used to confine results in this case"."""
    sandbox.switch(future_to_date=future_to_date)
    outcome = run(sandbox, start_date=None)
    assert different(load(outcome), sandbox) == {}
    assert {params(request)["from_date"] for request in data_requests(sandbox)} >= {"0"}
    log = outcome.records("read_log")
    assert min(row["parent_id"] for row in log) == EPOCH.isoformat()


def test_range_from_zero_is_halved_too(sandbox: Sandbox) -> None:
    sandbox.switch(large_range="413")
    outcome = run(sandbox, start_date=None, window_days=3660)
    assert outcome.exit_code == 0, outcome.stderr
    assert different(load(outcome), sandbox) == {}


def test_single_day_that_cannot_be_read_is_named_and_the_others_are_read(
    sandbox: Sandbox,
) -> None:
    whole = run(sandbox, data_methods=["standard"])
    broken = whole.records(STANDARD)[0]["window_start"]
    noon = 1000 * int(datetime.fromisoformat(f"{broken}T12:00:00+00:00").timestamp())
    sandbox.break_path(rf"from_date={noon}(&|$)", "500")
    outcome = run(sandbox, data_methods=["standard"], max_retries=0)
    assert outcome.exit_code == 1
    assert broken in outcome.stderr
    assert "as few days as can be asked for" in outcome.stderr
    others = [row for row in whole.records(STANDARD) if row["window_start"] != broken]
    assert {row["row_key"] for row in outcome.records(STANDARD)} == {
        row["row_key"] for row in others
    }
    sandbox.mend()
    after = run(sandbox, outcome.state, data_methods=["standard"], settle_days=0)
    assert different(load(outcome, after), sandbox, STANDARD) == {}


def test_server_that_does_not_answer_in_time_is_asked_for_less(sandbox: Sandbox) -> None:
    whole = run(sandbox, data_methods=["standard"])
    first, second = sorted({row["window_start"] for row in whole.records(STANDARD)})[:2]
    del second
    noon = 1000 * int(datetime.fromisoformat(f"{first}T12:00:00+00:00").timestamp())
    end = noon + (WINDOW_DAYS - 1) * 86_400_000
    sandbox.break_path(rf"from_date={noon}&to_date={end}$", "timeout")
    outcome = run(sandbox, data_methods=["standard"], request_timeout_seconds=1, max_retries=2)
    assert outcome.exit_code == 0, outcome.stderr
    asked = map(params, data_requests(sandbox))  # once whole, and twice in vain
    assert sum(one["from_date"] == str(noon) and one["to_date"] == str(end) for one in asked) == 3
    assert "within 1 seconds: read in two parts" in outcome.stderr
    assert different(load(outcome), sandbox, STANDARD) == {}


# Access: headings "Accessing the API" and "Testing access"


@pytest.mark.parametrize("position", ["400", "404", "403", "200_error"])
@pytest.mark.parametrize("wrong", [{"account": "nobody"}, {"data_methods": ["nothing"]}], ids=str)
def test_unknown_account_or_method_is_a_failure_that_names_the_settings(
    sandbox: Sandbox, position: str, wrong: dict[str, Any]
) -> None:
    sandbox.switch(wrong_request=position)
    outcome = run(sandbox, **wrong)
    assert outcome.exit_code == 1
    assert "account and data_methods" in outcome.stderr
    methods = wrong.get("data_methods", METHODS)
    assert sandbox.request_count() == 1 + len(methods)
    assert outcome.records(STANDARD) == []


@pytest.mark.parametrize("wrong", [{"account": "nobody"}, {"data_methods": ["nothing"]}], ids=str)
def test_account_or_method_that_is_answered_with_nothing_is_doubted(
    sandbox: Sandbox, wrong: dict[str, Any]
) -> None:
    sandbox.switch(wrong_request="200_empty")
    doubt = "no row in any window"
    nothing = run(sandbox, **wrong)
    assert nothing.exit_code == 0
    assert doubt in nothing.stderr
    first = run(sandbox)
    second = run(sandbox, first.state)
    assert doubt not in first.stderr + second.stderr


def test_redirect_to_the_other_host_is_named_and_that_works_when_it_is_set(
    sandbox: Sandbox,
) -> None:
    """The API is at the bare domain in newer renderings of the page, at www in older ones."""
    sandbox.switch(host="redirects")
    outcome = run(sandbox)
    assert outcome.exit_code == 1
    other = sandbox.settings["api_url"].replace("127.0.0.1", "localhost")
    assert f"a redirect to {other}," in outcome.stderr
    assert "check the setting api_url" in outcome.stderr
    assert [request.status for request in sandbox.requests()] == [301]
    assert different(load(run(sandbox, api_url=other)), sandbox) == {}


# The limit: heading "Rate Limits"; that it is kept is in test_limit.py


def test_breach_is_waited_for_and_costs_no_row(sandbox: Sandbox) -> None:
    """Provoked: without a budget. The forms that its answer may have are in test_client.py."""
    sandbox.switch(rate_limit="sliding", breach_answer="503_page")
    outcome = run(sandbox, data_methods=["standard"])
    assert "the limit of calls is exceeded" in outcome.stderr
    assert outcome.exit_code == 0, outcome.stderr
    assert different(load(outcome), sandbox, STANDARD) == {}


# Rows: heading "Example Result"


def discovered(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """Return the catalog that discovery finds."""
    config = {**sandbox.settings, **PLAIN, **settings}
    tap = TapMeetEngage(config=config, validate_config=False, setup_mapper=False)
    catalog: dict[str, Any] = json.loads(tap.run_discovery())
    return catalog


def text_of(column: str, value: Any) -> Any:
    """Return what a discovered column holds: text, of JSON where it was not text."""
    if value is None or isinstance(value, str) or column == "registered":
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


@pytest.mark.parametrize(
    "positions",
    [
        {},
        {"column_names": "spaced"},
        {"attended_type": "mixed", "registered_type": "number"},
        {"attended_type": "list", "registered_type": "text"},
        {"missing_values": "null", "new_columns": "later"},
        {"missing_values": "absent", "odd_json": "nan"},
    ],
    ids=str,
)
def test_discovery_finds_all_columns_and_they_are_loaded(
    sandbox: Sandbox, positions: Mapping[str, str]
) -> None:
    sandbox.switch(**positions)
    outcome = run(sandbox, catalog=discovered(sandbox))
    assert outcome.exit_code == 0, outcome.stderr
    for name in METHODS:
        truth = sandbox.truth(name, all_columns=True)
        columns = set(truth[0]) - {"account"}
        assert len(columns) > 5
        as_text = [{key: text_of(key, value) for key, value in row.items()} for row in truth]
        assert differences(load(outcome).table(name), as_text) == []
        assert all(row["extra_fields"] is None for row in outcome.records(name))


def test_discovery_asks_for_a_few_windows_only(sandbox: Sandbox) -> None:
    discovered(sandbox, start_date=None)
    assert len(data_requests(sandbox)) <= 10


def test_configured_keys_replace_rows_that_changed(sandbox: Sandbox) -> None:
    """In an upserting target even without the read log."""
    keys: dict[str, Any] = {
        "primary_keys": {METHODS[SUMMARY]: ["chat"]},
        "data_methods": [METHODS[SUMMARY]],
    }
    outcomes = [run(sandbox, **keys)]
    for _ in range(3):
        sandbox.advance()
        outcomes.append(run(sandbox, outcomes[-1].state, **keys))
    chats = [row["chat"] for outcome in outcomes for row in outcome.records(SUMMARY)]
    assert len(set(chats)) < len(chats)
    held = {row["chat"]: row for outcome in outcomes for row in outcome.records(SUMMARY)}
    truth = sandbox.truth(SUMMARY, all_columns=True)
    now = {row["chat"]: row["registered_people"] for row in truth}
    for chat, people in now.items():
        assert held[chat]["extra_fields"]["Registered People"] == people


# Discovery


def test_discovery_with_bad_credentials_fails_in_one_line(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    failed = run_tap("--discover", key_secret="wrong-0123456789")  # noqa: S106 - it is none
    failed.assert_failed_in_one_line("key_id and key_secret")
    assert failed.stdout == b""
    assert sandbox.request_count() == 1


def test_discovery_gives_a_refused_method_the_documented_columns_and_others_theirs(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = discovered(sandbox, data_methods=["a_method", "standard"])
    columns = {one["stream"]: set(one["schema"]["properties"]) for one in catalog["streams"]}
    assert "event_name" in columns[STANDARD]
    assert "event_name" not in columns["organisation_data_a_method"]
    assert "organisation_data_a_method: not all of its columns" in caplog.text


def test_discovery_without_a_server_warns_and_has_the_documented_columns(
    run_tap: TapRunner,
) -> None:
    found = run_tap("--discover", api_url="http://127.0.0.1:9/api/1.0/rest")
    assert found.exit_code == 0
    assert "has the documented" in found.stderr
    (entry,) = [one for one in json.loads(found.stdout)["streams"] if one["stream"] == STANDARD]
    assert {"device", "email_address", "country"} < set(entry["schema"]["properties"])
    assert "event_name" not in entry["schema"]["properties"]
