"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

Sections are those of the vendor's reference, "Integration via API".
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

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


def test_every_request_carries_the_key_and_no_parameters(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """No endpoint documents a query: paging, filters and sorting do not exist."""
    run_tap().assert_good()
    requests = sandbox.requests()
    assert {request.authorised for request in requests} == {True}
    assert {request.query for request in requests} == {""}


def test_first_run_takes_three_requests_and_two_per_session(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run_tap().assert_good()
    assert sandbox.request_count() == 3 + 2 * len(sandbox.truth("sessions"))
    assert set(Counter(sandbox.paths()).values()) == {1}


def test_later_run_takes_three_requests_and_two_per_unsettled_session(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    first = run_tap().assert_good()
    sandbox.forget_requests()
    run_tap(state=first.state, settle_days=14).assert_good()
    bookmark = first.bookmark("attendance")
    assert bookmark is not None
    oldest = (date.fromisoformat(bookmark) - timedelta(days=14)).isoformat()
    unsettled = [
        row["id"]
        for row in sandbox.truth("sessions")
        if row["session_date"] is None or row["session_date"] >= oldest
    ]
    assert 0 < len(unsettled) < len(sandbox.truth("sessions"))
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
def test_subdomain_is_only_the_part_before_cnf_io(run_tap: TapRunner, subdomain: str) -> None:
    """Anything else would send the key to another host."""
    run = run_tap(subdomain=subdomain, api_url=None)
    run.assert_failed_in_one_line("subdomain")
    assert run.stdout == b""


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


@pytest.mark.parametrize(
    ("part", "kind", "tries"),
    [("attendance", "500", 4), ("data", "403", 1), long("data", "404", 1)],
)
def test_error_for_a_session_that_is_still_listed_fails_by_name(
    sandbox: Sandbox, run_tap: TapRunner, part: str, kind: str, tries: int
) -> None:
    """A listed session is there, whatever its parts say; nor does a 500 prove a passing fault."""
    stream = {"attendance": "attendance", "data": "polls"}[part]
    session_id = sandbox.truth(stream)[0]["session_id"]
    path = f"/sessions/{session_id}/{part}"
    sandbox.break_path(f"^{path}$", kind)
    run = run_tap()
    assert run.exit_code == 1
    for named in (stream, session_id, kind):
        assert named in run.last_line
    assert Counter(sandbox.paths())[path] == tries
    others = ("polls", "questions") if part == "attendance" else ("attendance",)
    assert different(TAP.load(run), sandbox, "app", "sessions", *others) == {}


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


def test_500_as_a_page_of_a_proxy_is_tried_again(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(server_error="html")
    sandbox.break_randomly("500", seed=2)
    run = run_tap().assert_good()
    assert any(request.fault for request in sandbox.requests())
    assert different(TAP.load(run), sandbox) == {}


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


@pytest.mark.parametrize("stream", ["sessions", "evaluation_responses"])
def test_count_that_is_not_the_length_of_the_list_is_warned_of(
    sandbox: Sandbox, run_tap: TapRunner, stream: str
) -> None:
    """It would be the first sign of undocumented paging; the rows are good all the same."""

    def warnings(run: Run) -> list[str]:
        return [
            line for line in run.stderr.splitlines() if "| WARNING " in line and "counts" in line
        ]

    assert warnings(run_tap().assert_good()) == []
    sandbox.switch(count="wrong")
    run = run_tap().assert_good()
    assert len([line for line in warnings(run) if f"{stream}: the API counts" in line]) == 1
    assert different(TAP.load(run), sandbox) == {}


def test_undocumented_attributes_are_kept_in_extra_fields(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(unknown_fields="present")
    run = run_tap().assert_good()
    assert run.records("app")[0]["extra_fields"] == {"plan": "enterprise"}
    for row in run.records("sessions"):
        assert set(row["extra_fields"]) == {"archived", "track"}
    for name in ("attendance", "polls"):
        assert all(row["extra_fields"] for row in run.records(name))
        assert "kept in extra_fields" in run.summary(name)


def test_values_of_another_type_are_kept_and_break_nothing(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """A flag "yes" is no boolean and stays beside it; a rank "3" is the number 3."""
    sandbox.switch(odd_types="present")
    run = run_tap().assert_good()
    odd = [row for row in run.records("sessions") if row["extra_fields"]]
    assert odd
    for row in odd:
        assert row["checkin_required"] is None
        assert row["extra_fields"] == {"checkin_required": "yes"}
    unreadable = [row for row in run.records("attendance") if row["extra_fields"]]
    assert unreadable
    for row in unreadable:
        assert row["checkin_time"] is None
        assert set(row["extra_fields"]) == {"checkin_time"}
    assert {type(row["rank"]) for row in run.records("polls")} == {int}
    assert different(TAP.load(run), sandbox) == {}


# Attendance, under the reference's CheckinRecord: no id, and people may have several records


def test_order_of_lists_is_not_promised_and_does_not_change_a_key(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(list_order="shuffled")
    tables = [
        {
            name: {key_of(run, name, row): {**row, "read_at": None} for row in run.records(name)}
            for name in TAP.streams
        }
        for run in (run_tap().assert_good(), run_tap().assert_good())
    ]
    assert tables[0] == tables[1]
    assert all(tables[0].values())


@pytest.mark.parametrize("shape", ["values", "counts", "by_attendee"])
def test_poll_answers_of_any_shape_have_keys_that_stay(
    sandbox: Sandbox, run_tap: TapRunner, shape: str
) -> None:
    """`responses` is documented as "any"; what they become is in the truth."""
    sandbox.switch(poll_responses=shape)
    first, second = run_tap().assert_good(), run_tap().assert_good()
    assert different(TAP.load(first, second), sandbox, "poll_responses") == {}
    raw = [row["responses"] for row in first.records("polls") if row["responses"]]
    assert all(json.loads(text) is not None for text in raw)


def test_evaluation_finds_its_session_only_where_it_is_unambiguous(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """Evaluations carry no session id: the external id decides, else a name that is unique."""
    sandbox.switch(session_names="repeated", session_external_ids="absent")
    run = run_tap().assert_good()
    assert any(row["session_id"] is None for row in run.records("evaluation_responses"))
    assert different(TAP.load(run), sandbox, "evaluation_responses") == {}


def key_of(run: Run, stream: str, row: dict[str, Any]) -> tuple[Any, ...]:
    (schema,) = run.of_type("SCHEMA", stream)
    return tuple(row[name] for name in schema["key_properties"])
