"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

The suite reads under every position of the sandbox's switches; what is here has to be looked at
more closely, or needs several of them at once. Headings are those of the vendor's page "Event
Details".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from event_taps_core.testing import TapUnderTest, differences
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.running import select
from tap_airmeet.client import EVENTS_PATH
from tap_airmeet.tap import TapAirmeet

if TYPE_CHECKING:
    from event_taps_core.testing import Run, Sandbox, TapRunner

TAP = TapUnderTest(tap_class=TapAirmeet, vendor="airmeet", settings={"report_poll_seconds": 1})
SHORT_LIFE = {"token_life": "50_requests"}


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    return TAP


def run_only(run_tap: TapRunner, *streams: str) -> Run:
    """Run with only these streams selected."""
    return run_tap(catalog=select(run_tap.catalog(), *streams)).assert_good()


def assert_truth(sandbox: Sandbox, *runs: Run) -> None:
    """Insist on exactly the rows of the truth in every stream that was read."""
    warehouse, names = TAP.load(*runs), runs[0].streams & TAP.streams.keys()
    found = {name: differences(warehouse.table(name), sandbox.truth(name)) for name in names}
    assert {name: lines for name, lines in found.items() if lines} == {}


# Token (heading "Authentication")


@pytest.mark.parametrize(
    "positions",
    [
        long({"expired_token": "412"}),
        {"expired_token": "400"},
        {"expired_token": "401"},
        {"new_token": "replaces_old"},
    ],
    ids=str,
)
def test_expired_token_is_renewed_while_the_others_wait(
    sandbox: Sandbox, run_tap: TapRunner, positions: dict[str, str]
) -> None:
    """412 is documented for it; 400 is documented for a bad token and for a bad id alike."""
    sandbox.switch(**SHORT_LIFE, **positions)
    assert_truth(sandbox, run_tap(concurrency=8).assert_good())
    renewals = sandbox.paths().count("/auth") - 1
    assert renewals > 0
    if "expired_token" in positions:
        assert renewals <= sandbox.request_count() / 50


@pytest.mark.parametrize("kind", ["500", long("html"), long("cut_json"), "reset"])
def test_auth_that_fails_for_good_is_named(sandbox: Sandbox, run_tap: TapRunner, kind: str) -> None:
    sandbox.break_path("^/auth$", kind)
    run_tap(max_retries=1).assert_failed_in_one_line("setting")
    assert set(sandbox.paths()) == {"/auth"}
    assert sandbox.request_count() <= 3


# Lists and pages (headings 4.1 and 4.2)


@pytest.mark.parametrize(
    ("past_end", "page_count", "total_count"),
    [
        ("empty", "one", "absent"),
        ("repeated", "pages", "absent"),
        ("repeated", "one_more", "present"),
        ("error", "one", "present"),
        ("error", "one_more", "absent"),
    ],
)
def test_pages_end_whatever_comes_after_the_last_one_and_whatever_is_counted(
    sandbox: Sandbox, run_tap: TapRunner, past_end: str, page_count: str, total_count: str
) -> None:
    """No row is lost, none comes twice, and the walk ends."""
    sandbox.switch(
        past_end=past_end, page_count=page_count, total_count=total_count, largest_page="five"
    )
    run = run_only(run_tap, "airmeets", "participants", "event_attendance", "poll_responses")
    for name in run.streams & TAP.streams.keys():
        assert differences(run.records(name), sandbox.truth(name)) == []


def test_participants_are_asked_for_oldest_first_from_page_one(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """By default the newest come first, and everybody moves when one more registers."""
    sandbox.switch(largest_page="five")
    run_only(run_tap, "participants")
    queries = [
        parse_qs(request.query)
        for request in sandbox.requests()
        if request.path.endswith("/participants")
    ]
    orders = {(*query["sortingKey"], *query["sortingDirection"]) for query in queries}
    assert orders == {("registrationDate", "ASC")}
    numbers = {int(query["pageNumber"][0]) for query in queries}
    assert min(numbers) == 1 < max(numbers)


def test_airmeet_ids_narrows_the_list(sandbox: Sandbox, run_tap: TapRunner) -> None:
    event = sandbox.truth("event_attendance")[0]["airmeet_id"]
    run = run_tap(airmeet_ids=[event]).assert_good()
    assert {row["uid"] for row in run.records("airmeets")} == {event}
    for name in TAP.streams.keys() - {"airmeets"}:
        expected = [row for row in sandbox.truth(name) if row["airmeet_id"] == event]
        assert differences(run.records(name), expected) == [], name
    others = {row["uid"] for row in sandbox.truth("airmeets")} - {event}
    assert [path for path in sandbox.paths() if any(other in path for other in others)] == []


def test_airmeet_id_that_is_not_listed_is_named_and_never_requested(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """It is archived, of another community, or mistyped."""
    events = ["00000000-0000-11ed-0000-000000000000", "..", "a/b", "a#b"]
    summary = run_tap(airmeet_ids=events).assert_good().summary("airmeets")
    assert [event for event in events if event not in summary] == []
    assert "not in the list of events" in summary
    assert set(sandbox.paths()) == {"/auth", EVENTS_PATH}


# Reports that are prepared (headings 4.5, 4.6, 4.8, 4.12, 4.14)


@pytest.mark.parametrize("position", [long("first_page"), "later_page", "every_page"])
def test_202_may_come_on_any_page_of_a_report_that_is_forgotten_once_it_was_read(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.prepare(1)
    sandbox.switch(pending_on=position, report_memory="walk")
    assert_truth(sandbox, run_only(run_tap, "event_attendance", "session_attendance"))
    assert {202} < {request.status for request in sandbox.requests()}


def test_ids_of_report_rows_may_change_when_it_is_prepared_anew(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """What was loaded under the old ids is no longer current: the read log says so."""
    sandbox.switch(attendance_ids="renumbered")
    first = run_tap().assert_good()
    sandbox.advance()
    second = run_tap(state=first.state, settle_days=36500).assert_good()
    assert_truth(sandbox, first, second)


# Errors


@pytest.mark.parametrize("body", [long("own"), "message", "empty"])
def test_event_of_another_community_is_isolated_and_the_token_is_kept(
    sandbox: Sandbox, run_tap: TapRunner, body: str
) -> None:
    """401 on the older endpoints, 400 on the newer ones, as for a bad token."""
    listed = {row["uid"] for row in sandbox.truth("airmeets")}
    sandbox.switch(foreign_event="listed", error_body=body)
    (foreign,) = {row["uid"] for row in sandbox.truth("airmeets")} - listed
    run = run_tap()
    assert run.exit_code == 1
    assert foreign in run.last_line
    assert sandbox.paths().count("/auth") == 1
    assert_truth(sandbox, run)
    assert [row for row in run.records("read_log") if row["parent_id"] == foreign] == []


@pytest.mark.parametrize("details", [long("gone"), "answers"])
def test_event_that_is_archived_in_mid_run_is_absent(
    sandbox: Sandbox, run_tap: TapRunner, details: str
) -> None:
    """It leaves the list; what its id is answered then is 404 or 400, or what it was before."""
    sandbox.switch(archived_event=details)
    event = sandbox.vanish(after_requests=40)
    run = run_tap(max_retries=1).assert_good()
    if details == "gone":
        assert "no longer in the list of airmeets" in run.stderr
        assert event in run.stderr
    assert_truth(sandbox, run, run_tap(state=run.state).assert_good())


# Recordings (heading 4.13)


def test_download_link_is_new_at_every_call_and_the_key_stays(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """Links are secrets that no truth of a later moment knows: none of them is logged."""
    sandbox.switch(recordings_per_session="several")
    catalog = select(run_tap.catalog(include_secrets=True), "session_recordings")
    runs = [run_tap(catalog=catalog, include_secrets=True).assert_good() for _ in range(2)]
    keys, links = (
        [{row[name] for row in run.records("session_recordings")} for run in runs]
        for name in ("recording_key", "download_link")
    )
    assert keys[0] == keys[1]
    assert len(keys[0]) == len(sandbox.truth("session_recordings"))
    assert not links[0] & links[1]
    for run in runs:
        assert not any(link in run.stderr for link in links[0] | links[1])


def test_recordings_may_be_had_by_session_only(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """Then sessions are read for that, be they selected or not."""
    sandbox.switch(session_ids_param="required", error_body="empty")
    assert_truth(sandbox, run_only(run_tap, "session_recordings", "airmeets"))
