"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

Sections are those of the vendor's reference, "Integration via API".
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from event_taps_core import TapError
from event_taps_core.testing import TapUnderTest, differences
from event_taps_core.testing.promises.base import long
from tap_conferencesio.client import ConferencesIoClient
from tap_conferencesio.tap import TapConferencesIo

if TYPE_CHECKING:
    from event_taps_core.testing import Run, Sandbox, TapRunner, Warehouse

TAP = TapUnderTest(tap_class=TapConferencesIo, vendor="conferencesio")
OF_SESSIONS = ("attendance", "polls", "poll_responses", "questions")
DOCUMENTED_READS = {
    "/app",
    "/sessions",
    "/sessions/{session_id}",
    "/sessions/{session_id}/data",
    "/sessions/{session_id}/attendance",
    "/evaluations/responses",
}


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    return TAP


def different(warehouse: Warehouse, sandbox: Sandbox, *streams: str) -> dict[str, list[str]]:
    found = {
        name: differences(warehouse.table(name), sandbox.truth(name))
        for name in streams or TAP.streams
    }
    return {name: lines for name, lines in found.items() if lines}


# Access, under the reference's Getting Started, Authentication


def test_a_run_takes_three_requests_and_two_per_session_that_has_not_settled(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """No endpoint documents a query: paging, filters and sorting do not exist."""
    first = run_tap().assert_good()
    sessions = sandbox.truth("sessions")
    assert sandbox.request_count() == len(set(sandbox.paths())) == 3 + 2 * len(sessions)
    assert {(request.authorised, request.query) for request in sandbox.requests()} == {(True, "")}
    sandbox.forget_requests()
    run_tap(state=first.state, settle_days=14).assert_good()
    bookmark = first.bookmark("attendance")
    assert bookmark is not None
    oldest = (date.fromisoformat(bookmark) - timedelta(days=14)).isoformat()
    days = [row["session_date"] for row in sessions]
    unsettled = [day for day in days if day is None or day >= oldest]
    assert 0 < len(unsettled) < len(sessions)
    assert sandbox.request_count() == 3 + 2 * len(unsettled)


def test_subdomain_makes_the_address_and_is_in_every_key_without_capitals() -> None:
    """A change of its case must not load everything a second time."""
    tap = TapConferencesIo(config={"subdomain": "Our-Event", "api_key": "key-0123456789"})
    assert tap.client.base_url == "https://our-event.cnf.io/api/v2"
    assert tap.constants == {"subdomain": "our-event"}


@pytest.mark.parametrize(
    "subdomain",
    ["", "our event", "example.cnf.io", "example\n", "https://example", "a/b", "a@b", "-x", "ä"],
)
def test_subdomain_is_only_the_part_before_cnf_io(subdomain: str) -> None:
    """Anything else would send the key to another host."""
    with pytest.raises(TapError, match="setting subdomain"):
        TapConferencesIo(config={"subdomain": subdomain, "api_key": "key-0123456789"})


# Errors, under the reference's Responses, ErrorResponse: 500 is the only documented one


@pytest.mark.parametrize("reason", ["wrong key", long("not activated")])
@pytest.mark.parametrize("form", [long("401"), "403", "500", "html", "redirect"])
def test_refusal_in_any_form_is_one_clear_line_after_few_requests(
    sandbox: Sandbox, run_tap: TapRunner, form: str, reason: str
) -> None:
    """How a wrong key or an app that is not activated is answered is not documented."""
    sandbox.switch(auth_failure=form)
    if reason == "not activated":
        sandbox.switch(api="not_activated")
    else:
        run_tap.settings["api_key"] = "wrong-0123456789"
    run = run_tap()
    run.assert_failed_in_one_line("setting", "activated API access")
    assert ("setting subdomain" if form == "html" else "setting api_key") in run.last_line
    assert "wrong-0123456789" not in run.stderr
    assert run.of_type("RECORD") == run.of_type("STATE") == []
    assert sandbox.request_count() <= (3 if form == "html" else 1)


@pytest.mark.parametrize("answer", [long("404"), "500"])
def test_session_that_vanishes_in_mid_run_is_absent(
    sandbox: Sandbox, run_tap: TapRunner, answer: str
) -> None:
    """What an unknown session is answered is not documented; so the list decides.

    What had been read of it before is no longer there, in the run that notices already.
    """
    sandbox.switch(unknown_session=answer)
    before = run_tap().assert_good()
    session_id = sandbox.vanish(after_requests=5)
    run = run_tap(state=before.state, max_retries=1, concurrency=1).assert_good()
    assert session_id in run.summary("attendance")
    assert "no longer in the list of sessions" in run.summary("attendance")
    assert different(TAP.load(before, run), sandbox, *OF_SESSIONS) == {}
    after = run_tap(state=run.state).assert_good()
    assert different(TAP.load(before, run, after), sandbox) == {}


# Only reads: the vendor's DELETE on an attendance path wipes all check-ins


def test_reads_are_the_six_documented_paths() -> None:
    streams = {stream.path for stream in TapConferencesIo.stream_classes if not stream.source}
    assert streams | {*ConferencesIoClient.extra_paths} == DOCUMENTED_READS


# Sessions, under the reference's Session


def test_hidden_sessions_are_read_when_the_setting_session_ids_names_them(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """Whether the list holds hidden sessions is not documented; the detail endpoint does."""
    everything = {name: sandbox.truth(name) for name in TAP.streams}
    sandbox.switch(hidden_sessions="unlisted")
    listed = {row["id"] for row in sandbox.truth("sessions")}
    hidden = [row["id"] for row in everything["sessions"] if row["id"] not in listed]
    assert hidden
    run = run_tap(session_ids=[*hidden, next(iter(listed))]).assert_good()
    warehouse = TAP.load(run)
    for name, truth in everything.items():
        assert differences(warehouse.table(name), truth) == [], name
    # One request each for the details of those that are not listed, and two as for all others.
    assert sandbox.request_count() == 3 + len(hidden) + 2 * len(everything["sessions"])


@pytest.mark.parametrize("answer", [long("404"), "500"])
def test_unknown_id_in_the_setting_session_ids_is_named_and_the_rest_is_read(
    sandbox: Sandbox, run_tap: TapRunner, answer: str
) -> None:
    sandbox.switch(unknown_session=answer)
    run = run_tap(session_ids=["zzzz"], max_retries=0)
    run.assert_whole_lines()
    assert "zzzz" in (run.summary("sessions") if answer == "404" else run.last_line)
    assert run.exit_code == (0 if answer == "404" else 1)
    assert different(TAP.load(run), sandbox) == {}


def test_count_that_is_not_the_length_of_the_list_is_warned_of(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """It would be the first sign of undocumented paging; the rows are good all the same."""

    def counted(run: Run) -> Counter[str]:
        lines = [line for line in run.stderr.splitlines() if "| WARNING " in line]
        return Counter(re.findall(r"(\w+): the API counts", "\n".join(lines)))

    assert not counted(run_tap().assert_good())
    sandbox.switch(count="wrong")
    run = run_tap().assert_good()
    assert counted(run) == {"sessions": 1, "evaluation_responses": 1}
    assert different(TAP.load(run), sandbox) == {}


def test_undocumented_attributes_and_values_of_another_type_are_kept_in_extra_fields(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """A flag "yes" is no boolean and stays beside it; a rank "3" is the number 3."""
    sandbox.switch(unknown_fields="present", odd_types="present")
    run = run_tap().assert_good()
    assert run.records("app")[0]["extra_fields"] == {"plan": "enterprise"}
    for name, unknown, odd in (
        ("sessions", {"archived", "track"}, "checkin_required"),
        ("attendance", {"kiosk"}, "checkin_time"),
    ):
        extra = [row["extra_fields"] for row in run.records(name)]
        assert {frozenset(one) for one in extra} == {frozenset(unknown), frozenset({*unknown, odd})}
        assert all(row[odd] is None for row in run.records(name) if odd in row["extra_fields"])
        assert "kept in extra_fields" in run.summary(name)
    flags = [row["extra_fields"].get("checkin_required") for row in run.records("sessions")]
    assert set(flags) == {None, "yes"}
    for row in run.records("polls"):
        assert (type(row["rank"]), set(row["extra_fields"])) == (int, {"anonymous"})
    assert different(TAP.load(run), sandbox) == {}


# Evaluations, under the reference's EvaluationResponse


def test_evaluation_finds_its_session_only_where_it_is_unambiguous(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """Evaluations carry no session id: the external id decides, else a name that is unique."""
    sandbox.switch(session_names="repeated", session_external_ids="absent")
    run = run_tap().assert_good()
    assert any(row["session_id"] is None for row in run.records("evaluation_responses"))
    assert different(TAP.load(run), sandbox, "evaluation_responses") == {}
