"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

Sections are those of the vendor's reference, "Integration via API".
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core.testing import TapUnderTest, differences
from event_taps_core.testing.promises.base import long
from tap_conferencesio.client import ConferencesIoClient
from tap_conferencesio.tap import TapConferencesIo

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.mark.parametrize("ending", ["", "/", "//"])
def test_api_url_may_end_with_a_slash(sandbox: Sandbox, run_tap: TapRunner, ending: str) -> None:
    run_tap(api_url=sandbox.settings["api_url"] + ending).assert_good()
    assert "/app" in sandbox.paths()


def test_subdomain_makes_the_address_and_a_proxy_of_the_environment_is_used(
    run_tap: TapRunner,
) -> None:
    with recording_proxy() as (address, lines):
        run = run_tap(
            api_url=None, subdomain="Our-Event", max_retries=0, env={"HTTPS_PROXY": address}
        )
    run.assert_failed_in_one_line("our-event.cnf.io", "subdomain")
    assert {line.rpartition(b" ")[0] for line in lines} == {b"CONNECT our-event.cnf.io:443"}


def test_subdomain_in_capitals_is_the_same_account(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """It is in every key, so a change of its case must not load everything a second time."""
    subdomain = sandbox.settings["subdomain"]
    run = run_tap(subdomain=subdomain.upper()).assert_good()
    assert {message["record"]["subdomain"] for message in run.of_type("RECORD")} == {subdomain}


@pytest.mark.parametrize(
    "subdomain",
    ["", "our event", "example.cnf.io", "example\n", "https://example", "a/b", "a@b", "-x", "ä"],
)
def test_subdomain_is_only_the_part_before_cnf_io(run_tap: TapRunner, subdomain: str) -> None:
    """Anything else would send the key to another host."""
    run = run_tap(subdomain=subdomain, api_url=None)
    run.assert_failed_in_one_line("subdomain")
    assert run.stdout == b""


def test_politeness_without_a_documented_limit_is_two_requests_a_second() -> None:
    schema = TapConferencesIo.config_jsonschema["properties"]["requests_per_minute"]
    assert schema["default"] == 120


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


def test_redirect_to_a_login_page_never_carries_the_key_to_another_host(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """`requests` would strip a header `Authorization`, and send on a header `API-Key`."""
    sandbox.switch(auth_failure="redirect", api="not_activated")
    run_tap().assert_failed_in_one_line("redirect")
    assert [request.path for request in sandbox.requests()] == ["/app"]


def test_500_for_a_session_that_still_exists_fails_by_name(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """It is no proof that the session is gone, nor of a fault that passes: four tries."""
    session_id = sandbox.truth("attendance")[0]["session_id"]
    path = f"/sessions/{session_id}/attendance"
    sandbox.break_path(f"^{path}$", "500")
    run = run_tap()
    assert run.exit_code == 1
    for named in ("attendance", session_id, "An unexpected error occurred"):
        assert named in run.last_line
    assert Counter(sandbox.paths())[path] == 4
    others = [name for name in TAP.streams if name != "attendance"]
    assert different(TAP.load(run), sandbox, *others) == {}


@pytest.mark.parametrize("kind", ["404", "403"])
def test_404_or_403_for_a_session_that_is_still_listed_fails_by_name(
    sandbox: Sandbox, run_tap: TapRunner, kind: str
) -> None:
    """A listed session is there, whatever its parts say."""
    session_id = sandbox.truth("polls")[0]["session_id"]
    sandbox.break_path(f"^/sessions/{session_id}/data$", kind)
    run = run_tap()
    assert run.exit_code == 1
    for named in ("polls", session_id, kind):
        assert named in run.last_line
    assert different(TAP.load(run), sandbox, "app", "sessions", "attendance") == {}


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


def test_message_of_the_error_envelope_is_passed_on(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(auth_failure="500", api="not_activated")
    run_tap().assert_failed_in_one_line("API access has not been activated for this app")


# Only reads: the vendor's DELETE on an attendance path wipes all check-ins


def test_reads_are_the_six_documented_paths() -> None:
    streams = [stream.path for stream in TapConferencesIo.stream_classes]
    assert {*streams, *ConferencesIoClient.extra_paths} == DOCUMENTED_READS


@pytest.mark.parametrize(
    "session_id", ["../app", "x/../../app", "a/data", "a?b=c", "a#b", "%2e%2e", "..."]
)
def test_session_id_cannot_climb_to_another_path(
    sandbox: Sandbox, run_tap: TapRunner, session_id: str
) -> None:
    """An id from the settings is one segment of a path, or nothing is requested."""
    usual = {"/app", "/sessions", "/evaluations/responses"} | {
        f"/sessions/{row['id']}{part}"
        for row in sandbox.truth("sessions")
        for part in ("/data", "/attendance")
    }
    run_tap(session_ids=[session_id], max_retries=0)
    requests = sandbox.requests()
    assert {request.path for request in requests} - usual <= {f"/sessions/{session_id}"}
    assert {request.query for request in requests} == {""}
    assert set(Counter(request.path for request in requests).values()) == {1}


# App, under the reference's AppSettings


@pytest.mark.parametrize("position", ["null", "minus_one_text", "minus_one_number"])
def test_no_time_zone_may_be_written_as_minus_one(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(timezone=position)
    (app,) = run_tap().assert_good().records("app")
    assert app["timezone"] is None
    assert app["extra_fields"] is None


# Sessions, under the reference's Session


@pytest.mark.parametrize("form", ["list", "range_text"])
def test_multi_day_date_counts_by_its_last_day(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    single = {row["id"]: row["session_date"] for row in sandbox.truth("sessions")}
    sandbox.switch(date_form=form)
    run = run_tap().assert_good()
    later = [
        row["id"]
        for row in run.records("sessions")
        if single[row["id"]] is not None and row["session_date"] > single[row["id"]]
    ]
    assert later
    for name in OF_SESSIONS:
        dates = {row["id"]: row["session_date"] for row in run.records("sessions")}
        for row in run.records(name):
            assert row["session_date"] == dates[row["session_id"]]
    if form == "list":
        for row in run.records("sessions"):
            if row["id"] in later:
                assert row["date"] is None
                assert row["extra_fields"]["date"][-1] == row["session_date"]


def test_session_whose_date_cannot_be_read_is_always_read(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(date_form="spelled")
    first = run_tap().assert_good()
    spelled = [
        row["id"] for row in first.records("sessions") if row["date"] and not row["session_date"]
    ]
    assert spelled
    sandbox.forget_requests()
    second = run_tap(state=first.state, settle_days=0).assert_good()
    for session_id in spelled:
        assert f"/sessions/{session_id}/attendance" in sandbox.paths()
        assert f"/sessions/{session_id}/data" in sandbox.paths()
    assert different(TAP.load(first, second), sandbox) == {}


def test_session_ids_may_be_numbers(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(session_id_form="number")
    run = run_tap().assert_good()
    assert any(row["id"].isdecimal() for row in run.records("sessions"))
    assert all(isinstance(row["id"], str) for row in run.records("sessions"))
    assert different(TAP.load(run), sandbox) == {}


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


def test_several_check_ins_with_one_email_are_all_kept(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run = run_tap().assert_good()
    people = Counter(
        (row["session_id"], (row["user"]["email"] or "").lower())
        for row in run.records("attendance")
    )
    several = {person for person, count in people.items() if person[1] and count > 1}
    assert several
    for person in several:
        keys = [
            row["attendance_key"]
            for row in run.records("attendance")
            if (row["session_id"], (row["user"]["email"] or "").lower()) == person
        ]
        assert len(set(keys)) == len(keys)
    assert different(TAP.load(run), sandbox, "attendance") == {}


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


def test_session_data_is_requested_once_for_three_streams(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run_tap().assert_good()
    asked = Counter(path for path in sandbox.paths() if path.endswith("/data"))
    assert set(asked.values()) == {1}
    assert len(asked) == len(sandbox.truth("sessions"))


@pytest.mark.parametrize("shape", [long("objects"), "values", "counts", "by_attendee"])
def test_poll_answers_of_any_shape_are_rows_with_keys_that_stay(
    sandbox: Sandbox, run_tap: TapRunner, shape: str
) -> None:
    """`responses` is documented as "any"."""
    sandbox.switch(poll_responses=shape)
    first, second = run_tap().assert_good(), run_tap().assert_good()
    assert different(TAP.load(first), sandbox, "polls", "poll_responses") == {}
    assert different(TAP.load(first, second), sandbox, "poll_responses") == {}
    rows = first.records("poll_responses")
    if shape == "counts":
        assert all(isinstance(row["response_value"], int) for row in rows)
        assert all(row["response_name"] for row in rows)
    if shape == "objects":
        assert all(isinstance(row["response_data"], dict) for row in rows)
    raw = [row["responses"] for row in first.records("polls") if row["responses"]]
    assert all(json.loads(text) is not None for text in raw)


# Evaluations, under the reference's EvaluationResponse


def test_evaluation_timestamp_is_read_whatever_its_weekday_says(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """The vendor's own example names a Tuesday that was a Sunday."""
    sandbox.switch(evaluation_timestamp="rfc2822_wrong_weekday")
    rows = run_tap().assert_good().records("evaluation_responses")
    assert all("," in row["timestamp"] for row in rows)
    assert all(row["responded_at"].endswith("Z") for row in rows)
    assert differences(rows, sandbox.truth("evaluation_responses")) == []


def test_evaluation_timestamp_that_cannot_be_read_stays_as_text(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(evaluation_timestamp="garbage")
    rows = run_tap().assert_good().records("evaluation_responses")
    assert rows
    assert all(row["responded_at"] is None and row["timestamp"] for row in rows)


def test_evaluation_finds_its_session_only_where_it_is_unambiguous(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """Evaluations carry no session id: the external id decides, else a name that is unique."""
    sandbox.switch(session_names="repeated", session_external_ids="absent")
    rows = run_tap().assert_good().records("evaluation_responses")
    assert any(row["session_id"] is None for row in rows)
    assert differences(rows, sandbox.truth("evaluation_responses")) == []


def test_email_can_be_hashed_by_a_stream_map(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """Nested in `user`; no address is left anywhere in the stream's output."""
    maps = {"attendance": {"email_hash": "md5(str(user['email']))", "user": "__NULL__"}}
    run = run_tap(stream_maps=maps).assert_good()
    emails = {row["user"]["email"] for row in sandbox.truth("attendance") if row["user"]["email"]}
    lines = b"".join(
        line
        for line, message in zip(run.lines, run.messages, strict=True)
        if message.get("stream") == "attendance"
    ).decode()
    assert emails
    assert [email for email in emails if email in lines] == []
    assert len({row["email_hash"] for row in run.records("attendance")}) >= len(emails)


def key_of(run: Run, stream: str, row: dict[str, Any]) -> tuple[Any, ...]:
    (schema,) = run.of_type("SCHEMA", stream)
    return tuple(row[name] for name in schema["key_properties"])


@contextlib.contextmanager
def recording_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """Take connections, note the first line of each, and hang up."""
    lines: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, connection.makefile("rb") as received:
                        lines.append(received.readline().strip())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", lines
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
