"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

Headings are those of the vendor's page "Event Details".
"""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from event_taps_core.testing import TapUnderTest, differences
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.running import select
from tap_airmeet.client import EVENTS_PATH
from tap_airmeet.tap import TapAirmeet

if TYPE_CHECKING:
    from event_taps_core.testing import Run, Sandbox, TapRunner, Warehouse

TAP = TapUnderTest(tap_class=TapAirmeet, vendor="airmeet", settings={"report_poll_seconds": 1})
REPORTS = ("/attendees", "/booth-attendance", "/utms", "/event-replay-attendees")
SHORT_LIFE = {"token_life": "50_requests"}
REPLACED = {**SHORT_LIFE, "new_token": "replaces_old"}
BY_EVENT = tuple(name for name in TAP.streams if name != "airmeets")
PAGES = (
    ("empty", "one", "absent"),
    ("repeated", "pages", "absent"),
    ("repeated", "one_more", "present"),
    ("error", "one", "present"),
    ("error", "one_more", "absent"),
)
"""Each position with others; the long round has all combinations."""

catalogs: list[dict[str, Any]] = []


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    return TAP


def only(run_tap: TapRunner, *streams: str) -> dict[str, Any]:
    """Return the catalog with only these streams selected."""
    if not catalogs:
        catalogs.append(run_tap.catalog())
    return select(catalogs[0], *streams)


def different(warehouse: Warehouse, sandbox: Sandbox, *streams: str) -> dict[str, list[str]]:
    found = {
        name: differences(warehouse.table(name), sandbox.truth(name))
        for name in streams or TAP.streams
    }
    return {name: lines for name, lines in found.items() if lines}


def asked(sandbox: Sandbox, ending: str = "") -> Counter[str]:
    return Counter(path for path in sandbox.paths() if path.endswith(ending))


def keys_of(run: Run, stream: str) -> set[tuple[Any, ...]]:
    (schema,) = run.of_type("SCHEMA", stream)
    names = schema["key_properties"]
    return {tuple(row[name] for name in names) for row in run.records(stream)}


def is_report(path: str) -> bool:
    return path.endswith(REPORTS)


# Token (heading "Authentication")


@pytest.mark.parametrize("shape", [long("observed"), "documented"])
def test_token_is_at_the_top_and_documented_under_data(
    sandbox: Sandbox, run_tap: TapRunner, shape: str
) -> None:
    sandbox.switch(auth_shape=shape)
    run = run_tap().assert_good()
    assert different(TAP.load(run), sandbox) == {}


def test_one_token_serves_the_run_and_is_in_every_request(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run_tap().assert_good()
    assert asked(sandbox)["/auth"] == 1
    assert {request.authorised for request in sandbox.requests()} == {True}


@pytest.mark.parametrize("position", [long("412"), "400", "401"])
def test_expired_token_is_renewed_while_the_others_wait(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    """412 is documented for it; 400 is documented for a bad token and for a bad id alike."""
    sandbox.switch(**SHORT_LIFE, expired_token=position)
    run = run_tap(concurrency=8).assert_good()
    assert different(TAP.load(run), sandbox) == {}
    assert 1 < asked(sandbox)["/auth"] <= 1 + sandbox.request_count() / 50


def test_new_token_may_end_the_one_before(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(**REPLACED)
    run = run_tap(concurrency=8).assert_good()
    assert different(TAP.load(run), sandbox) == {}


def test_revoked_keys_are_tried_once(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(keys="revoked")
    run = run_tap()
    run.assert_failed_in_one_line("access_key", "secret_key", "region", "revoked")
    assert sandbox.paths() == ["/auth"]
    assert run.of_type("RECORD") == []


def test_wrong_keys_are_tried_once(sandbox: Sandbox, run_tap: TapRunner) -> None:
    run_tap(access_key="another#eu").assert_failed_in_one_line("access_key", "region")
    assert sandbox.paths() == ["/auth"]


@pytest.mark.parametrize("kind", ["500", "html", "cut_json", "reset"])
def test_auth_that_fails_for_good_is_named(sandbox: Sandbox, run_tap: TapRunner, kind: str) -> None:
    sandbox.break_path("^/auth$", kind)
    run_tap(max_retries=1).assert_failed_in_one_line("setting")
    assert set(sandbox.paths()) == {"/auth"}
    assert sandbox.request_count() <= 3


# Lists and pages (headings 4.1 and 4.2)


def test_event_list_is_read_once_and_sessions_are_read_once_for_all_that_need_them(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """No totalCount there: one more request says that the numeric `after` leads nowhere."""
    run_tap().assert_good()
    assert asked(sandbox)[EVENTS_PATH] == 2
    for part in ("/info", "/booths"):
        assert set(asked(sandbox, part).values()) == {1}
        assert len(asked(sandbox, part)) == len(sandbox.truth("airmeets"))


def test_requests_are_what_the_data_needs_and_at_most_one_per_part_more(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run_tap().assert_good()
    pages: defaultdict[str, set[str]] = defaultdict(set)
    for request in sandbox.requests():
        pages[request.path].add(request.query)
    more = {path: count - len(pages[path]) for path, count in asked(sandbox).items()}
    assert {path: count for path, count in more.items() if count > is_report(path)} == {}


@pytest.mark.parametrize(
    ("past_end", "page_count", "total_count"),
    [
        combination if combination in PAGES else long(*combination)
        for combination in product(
            ("empty", "repeated", "error"), ("pages", "one", "one_more"), ("present", "absent")
        )
    ],
)
def test_pages_end_whatever_comes_after_the_last_one_and_whatever_is_counted(
    sandbox: Sandbox, run_tap: TapRunner, past_end: str, page_count: str, total_count: str
) -> None:
    """No row is lost, none comes twice, and the walk ends."""
    sandbox.switch(
        past_end=past_end, page_count=page_count, total_count=total_count, largest_page="five"
    )
    streams = ("airmeets", "participants", "event_attendance", "poll_responses")
    run = run_tap(catalog=only(run_tap, *streams)).assert_good()
    for name in streams:
        assert differences(run.records(name), sandbox.truth(name)) == []


@pytest.mark.parametrize("position", [long("number"), "null", "absent"])
def test_last_page_keeps_a_numeric_after(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(last_after=position, largest_page="five")
    streams = ("airmeets", "event_attendance", "poll_responses")
    run = run_tap(catalog=only(run_tap, *streams)).assert_good()
    assert different(TAP.load(run), sandbox, *streams) == {}


def test_after_of_airmeets_that_is_ignored_is_no_endless_loop(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """A client in production met page 1 again; so the largest page is asked for."""
    sandbox.switch(airmeets_after="ignored")
    run = run_tap(catalog=only(run_tap, "airmeets")).assert_good()
    assert different(TAP.load(run), sandbox, "airmeets") == {}
    assert sandbox.request_count() <= 3


def test_participants_are_asked_for_oldest_first_from_page_one(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """By default the newest come first, and everybody moves when one more registers."""
    sandbox.switch(largest_page="five")
    run_tap(catalog=only(run_tap, "participants")).assert_good()
    queries = [
        parse_qs(request.query)
        for request in sandbox.requests()
        if request.path.endswith("/participants")
    ]
    assert {query["sortingKey"][0] for query in queries} == {"registrationDate"}
    assert {query["sortingDirection"][0] for query in queries} == {"ASC"}
    numbers = Counter(int(query["pageNumber"][0]) for query in queries)
    assert min(numbers) == 1
    assert max(numbers) > 1


def test_sizes_are_never_out_of_range(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """What the vendor does then is not documented."""
    sandbox.switch(size_out_of_range="error")
    assert different(TAP.load(run_tap().assert_good()), sandbox) == {}


def test_airmeet_ids_narrows_the_list(sandbox: Sandbox, run_tap: TapRunner) -> None:
    event = sandbox.truth("event_attendance")[0]["airmeet_id"]
    run = run_tap(airmeet_ids=[event]).assert_good()
    assert {row["uid"] for row in run.records("airmeets")} == {event}
    for name in BY_EVENT:
        expected = [row for row in sandbox.truth(name) if row["airmeet_id"] == event]
        assert differences(run.records(name), expected) == [], name
    others = {row["uid"] for row in sandbox.truth("airmeets")} - {event}
    assert [path for path in sandbox.paths() if any(other in path for other in others)] == []


@pytest.mark.parametrize("event", ["00000000-0000-11ed-0000-000000000000", "..", "a/b", "a#b"])
def test_airmeet_id_that_is_not_listed_is_named_and_never_requested(
    sandbox: Sandbox, run_tap: TapRunner, event: str
) -> None:
    """It is archived, of another community, or mistyped."""
    run = run_tap(airmeet_ids=[event]).assert_good()
    assert event in run.summary("airmeets")
    assert "not in the list of events" in run.summary("airmeets")
    assert set(sandbox.paths()) == {"/auth", EVENTS_PATH}


# Reports that are prepared (headings 4.5, 4.6, 4.8, 4.12, 4.14)


def test_all_reports_are_asked_for_before_any_is_waited_for(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.prepare(2)
    run = run_tap().assert_good()
    assert different(TAP.load(run), sandbox) == {}
    order = [request.path for request in sandbox.requests() if is_report(request.path)]
    first = len(set(order))
    assert first > 50
    assert len(set(order[:first])) == first


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_run_waits_for_one_preparation_and_not_for_each(
    sandbox: Sandbox, run_tap: TapRunner, concurrency: int
) -> None:
    """A parked report holds no worker, not even the only one."""
    sandbox.prepare(3)
    run = run_tap(concurrency=concurrency).assert_good()
    waited = [request.at for request in sandbox.requests() if request.status == 202]
    assert len(waited) > 50
    times = [request.at for request in sandbox.requests()]
    assert max(times) - min(times) < 10 * 3
    assert different(TAP.load(run), sandbox) == {}


def test_report_is_not_asked_for_again_before_its_time(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.prepare(5)
    run_tap(catalog=only(run_tap, "event_attendance"), report_poll_seconds=2).assert_good()
    times: defaultdict[str, list[float]] = defaultdict(list)
    for request in sandbox.requests():
        if request.path.endswith("/attendees") and "after" not in request.query:
            times[request.path].append(request.at)
    assert times
    for at in times.values():
        assert all(later - earlier > 1.9 for earlier, later in pairwise(at))


@pytest.mark.parametrize("memory", ["kept", "walk"])
@pytest.mark.parametrize("position", [long("first_page"), "later_page", "every_page"])
def test_202_may_come_on_any_page(
    sandbox: Sandbox, run_tap: TapRunner, position: str, memory: str
) -> None:
    sandbox.prepare(1)
    sandbox.switch(pending_on=position, report_memory=memory)
    run = run_tap(catalog=only(run_tap, "event_attendance", "session_attendance")).assert_good()
    assert {202} < {request.status for request in sandbox.requests()}
    assert different(TAP.load(run), sandbox, "event_attendance", "session_attendance") == {}


@pytest.mark.parametrize("body", [long("message"), "empty"])
def test_202_may_have_no_body(sandbox: Sandbox, run_tap: TapRunner, body: str) -> None:
    sandbox.prepare(1)
    sandbox.switch(pending_body=body)
    run = run_tap(catalog=only(run_tap, "registration_utms")).assert_good()
    assert different(TAP.load(run), sandbox, "registration_utms") == {}


def test_report_that_is_never_ready_is_named_and_the_others_finish(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """The next run asks again, however far the others have come."""
    everything = {name: sandbox.truth(name) for name in TAP.streams}
    sandbox.switch(never_ready="one_event")
    incomplete = sandbox.truth("event_attendance")
    (event,) = {row["airmeet_id"] for row in everything["event_attendance"]} - {
        row["airmeet_id"] for row in incomplete
    }
    run = run_tap(report_timeout_seconds=2, settle_days=0)
    assert run.exit_code == 1
    assert event in run.last_line
    assert "not ready after 2 s" in run.last_line
    assert different(TAP.load(run), sandbox) == {}
    sandbox.switch(never_ready="none")
    after = run_tap(state=run.state, settle_days=0).assert_good()
    warehouse = TAP.load(run, after)
    for name, truth in everything.items():
        assert differences(warehouse.table(name), truth) == [], name


def test_run_that_is_killed_while_reports_are_pending_asks_again(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.prepare(2)
    running = run_tap.start(settings={"settle_days": 0})
    sandbox.wait_until(
        lambda: sum(request.status == 202 for request in sandbox.requests()) > 30,
        while_true=running.runs,
    )
    running.send(signal.SIGKILL)
    killed = running.finish()
    sandbox.prepare(1)
    resumed = run_tap(state=killed.state, settle_days=0).assert_good()
    assert different(TAP.load(killed, resumed), sandbox) == {}


@pytest.mark.parametrize("position", [long("list"), "null", "object"])
def test_empty_report_may_be_a_list_null_or_an_object(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(empty_report=position)
    run = run_tap(catalog=only(run_tap, "event_attendance", "read_log")).assert_good()
    assert different(TAP.load(run), sandbox, "event_attendance") == {}
    log = {row["parent_id"]: row for row in run.records("read_log")}
    empty = [row for row in log.values() if row["row_count"] == 0]
    assert empty
    assert {row["outcome"] for row in empty} == {"read"}


def test_ids_of_report_rows_may_change_when_it_is_prepared_anew(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """What was loaded under the old ids is no longer current: the read log says so."""
    sandbox.switch(attendance_ids="renumbered")
    first = run_tap().assert_good()
    sandbox.advance()
    second = run_tap(state=first.state, settle_days=36500).assert_good()
    assert different(TAP.load(first, second), sandbox) == {}


# Errors


@pytest.mark.parametrize("position", [long("http_200"), "http_400"])
def test_status_is_not_valid_means_not_finished_yet(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    """An error body of code 400, at HTTP 200; it is counted and named, and no failure."""
    sandbox.switch(not_finished=position)
    run = run_tap().assert_good()
    assert "absent (Session status is not valid)" in run.summary("session_attendance")
    assert "absent (Airmeet status is not valid)" in run.summary("replay_attendance")
    assert different(TAP.load(run), sandbox) == {}


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
    assert asked(sandbox)["/auth"] == 1
    assert different(TAP.load(run), sandbox) == {}
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
    again = run_tap(state=run.state).assert_good()
    assert different(TAP.load(run, again), sandbox) == {}


@pytest.mark.parametrize("kind", ["500", "html", "cut_json", "error_200"])
def test_sessions_of_an_event_that_cannot_be_read_are_named_below_it_too(
    sandbox: Sandbox, run_tap: TapRunner, kind: str
) -> None:
    event = sandbox.truth("session_attendance")[0]["airmeet_id"]
    sandbox.break_path(f"^/airmeet/{event}/info$", kind)
    run = run_tap(max_retries=1)
    assert run.exit_code == 1
    for name in ("sessions", "session_attendance"):
        assert event in run.summary(name)
        assert "NOT READ" in run.summary(name)
    others = [name for name in TAP.streams if name not in ("sessions", "session_attendance")]
    assert different(TAP.load(run), sandbox, *others) == {}


# Types and shapes


@pytest.mark.parametrize("form", [long("iso"), "colons", "epoch_ms"])
def test_time_stamp_may_have_colons_in_its_date(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    """As in every sample of the page; clients get what JavaScript reads as a date."""
    sandbox.switch(time_stamp=form)
    streams = ("event_attendance", "poll_responses", "questions")
    run = run_tap(catalog=only(run_tap, *streams)).assert_good()
    assert different(TAP.load(run), sandbox, *streams) == {}
    for name in streams:
        assert all(row["extra_fields"] is None for row in run.records(name))


@pytest.mark.parametrize("form", [long("utc"), "offset", "epoch_ms"])
def test_times_of_events_and_registrations_may_have_any_form(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(list_times=form)
    streams = ("airmeets", "participants", "sessions")
    run = run_tap(catalog=only(run_tap, *streams)).assert_good()
    assert different(TAP.load(run), sandbox, *streams) == {}
    ends = {row["uid"]: row["end_time"] for row in run.records("airmeets")}
    moments = {
        (row["airmeet_end_time"], ends[row["airmeet_id"]]) for row in run.records("participants")
    }
    assert all(
        datetime.fromisoformat(first) == datetime.fromisoformat(second)
        for first, second in moments
        if first
    )


def test_event_without_an_end_is_always_read(sandbox: Sandbox, run_tap: TapRunner) -> None:
    endless = [row["uid"] for row in sandbox.truth("airmeets") if row["end_time"] is None]
    assert endless
    catalog = only(run_tap, "participants")
    first = run_tap(catalog=catalog).assert_good()
    sandbox.forget_requests()
    run_tap(catalog=catalog, state=first.state, settle_days=0).assert_good()
    for event in endless:
        assert f"/airmeet/{event}/participants" in sandbox.paths()


@pytest.mark.parametrize(
    ("stream", "column", "switch"),
    [
        ("event_attendance", "time_spent", {"time_spent": "text"}),
        ("event_attendance", "time_spent", {"time_spent": "number"}),
        ("questions", "upvote_count", {"upvote_count": "float"}),
        ("questions", "upvote_count", {"upvote_count": "integer"}),
        ("tracks", "track_order", {"track_order": "text"}),
        ("tracks", "track_order", {"track_order": "number"}),
    ],
)
def test_counts_are_integers_be_they_texts_or_floats(
    sandbox: Sandbox, run_tap: TapRunner, stream: str, column: str, switch: dict[str, str]
) -> None:
    sandbox.switch(**switch)
    run = run_tap(catalog=only(run_tap, stream)).assert_good()
    assert {type(row[column]) for row in run.records(stream)} - {type(None)} == {int}
    assert different(TAP.load(run), sandbox, stream) == {}


@pytest.mark.parametrize("form", [long("integer"), "float", "text"])
def test_duration_viewed_is_a_number_of_minutes(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(duration_viewed=form)
    run = run_tap(catalog=only(run_tap, "replay_attendance")).assert_good()
    assert different(TAP.load(run), sandbox, "replay_attendance") == {}
    assert all(
        isinstance(row["duration_viewed"], (int, float)) for row in run.records("replay_attendance")
    )


@pytest.mark.parametrize("form", [long("null_text"), "null", "object"])
def test_null_as_a_text_is_null(sandbox: Sandbox, run_tap: TapRunner, form: str) -> None:
    """`layoutData` in the page's sample."""
    sandbox.switch(layout_data=form)
    run = run_tap(catalog=only(run_tap, "booths")).assert_good()
    assert "null" not in {row["layout_data"] for row in run.records("booths")}
    assert different(TAP.load(run), sandbox, "booths") == {}


@pytest.mark.parametrize(
    "switch", [{"no_booths": "null"}, {"empty_list": "null"}, {"empty_members": "null"}]
)
def test_null_instead_of_a_list_is_no_rows(
    sandbox: Sandbox, run_tap: TapRunner, switch: dict[str, str]
) -> None:
    sandbox.switch(**switch)
    assert different(TAP.load(run_tap().assert_good()), sandbox) == {}


@pytest.mark.parametrize("form", ["text", "objects"])
def test_booth_details_of_any_shape_are_text(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(booth_details=form)
    run = run_tap(catalog=only(run_tap, "booths")).assert_good()
    assert any(row["faqs"] for row in run.records("booths"))
    assert different(TAP.load(run), sandbox, "booths") == {}


def test_designation_has_a_capital_and_sessionid_has_none(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run = run_tap(catalog=only(run_tap, "participants", "sessions")).assert_good()
    assert any(row["designation"] for row in run.records("participants"))
    assert all(row["session_id"] for row in run.records("sessions"))
    for name in ("participants", "sessions"):
        assert all(row["extra_fields"] is None for row in run.records(name))
    assert different(TAP.load(run), sandbox, "participants", "sessions") == {}


@pytest.mark.parametrize("form", [long("answer"), "typo", "with_session_id"])
def test_answer_of_a_poll_may_be_called_session_id(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(poll_items=form)
    run = run_tap(catalog=only(run_tap, "poll_responses")).assert_good()
    assert different(TAP.load(run), sandbox, "poll_responses") == {}


@pytest.mark.parametrize("form", [long("text"), "list", "typed"])
def test_answers_of_any_type_are_rows_with_keys_that_stay(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(poll_answer=form)
    catalog = only(run_tap, "poll_responses")
    runs = [run_tap(catalog=catalog).assert_good() for _ in range(2)]
    assert differences(runs[0].records("poll_responses"), sandbox.truth("poll_responses")) == []
    keys = [keys_of(run, "poll_responses") for run in runs]
    assert keys[0] == keys[1]
    assert len(keys[0]) == len(sandbox.truth("poll_responses"))


def test_same_person_and_equal_guests_are_rows_of_their_own(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(duplicate_people="some")
    run = run_tap(catalog=only(run_tap, "participants")).assert_good()
    people = Counter(
        (row["airmeet_id"], (row["email"] or "").lower()) for row in run.records("participants")
    )
    assert any(count > 1 for (_, email), count in people.items() if email)
    assert len(keys_of(run, "participants")) == len(run.records("participants"))
    assert differences(run.records("participants"), sandbox.truth("participants")) == []


@pytest.mark.parametrize("form", [long("text"), "list"])
def test_answers_to_registration_questions_join_to_the_custom_fields(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(profile_values=form)
    run = run_tap(catalog=only(run_tap, "participants", "custom_fields")).assert_good()
    fields = {(row["airmeet_id"], row["field_id"]) for row in run.records("custom_fields")}
    answers = {
        (row["airmeet_id"], answer["fieldId"])
        for row in run.records("participants")
        for answer in row["user_profile"] or ()
    }
    assert answers
    assert answers <= fields
    assert different(TAP.load(run), sandbox, "participants", "custom_fields") == {}


@pytest.mark.parametrize("position", ["null_values", "null_object", "no_row"])
@pytest.mark.parametrize("names", [long("three"), "five"])
def test_utms_are_nested_and_become_columns(
    sandbox: Sandbox, run_tap: TapRunner, names: str, position: str
) -> None:
    sandbox.switch(utm_keys=names, people_without_utms=position)
    run = run_tap(catalog=only(run_tap, "registration_utms")).assert_good()
    assert any(row["utm_source"] for row in run.records("registration_utms"))
    assert different(TAP.load(run), sandbox, "registration_utms") == {}


@pytest.mark.parametrize("position", [long("one"), "several"])
def test_download_link_is_new_at_every_call_and_the_key_stays(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(recordings_per_session=position)
    catalog = select(run_tap.catalog(include_secrets=True), "session_recordings")
    runs = [run_tap(catalog=catalog, include_secrets=True).assert_good() for _ in range(2)]
    keys = [keys_of(run, "session_recordings") for run in runs]
    links = [{row["download_link"] for row in run.records("session_recordings")} for run in runs]
    assert keys[0] == keys[1]
    assert len(keys[0]) == len(sandbox.truth("session_recordings"))
    assert not links[0] & links[1]
    for run in runs:
        assert not any(link in run.stderr for link in links[0] | links[1])


def test_recordings_may_be_had_by_session_only(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(session_ids_param="required", error_body="empty")
    run = run_tap(catalog=only(run_tap, "session_recordings", "airmeets")).assert_good()
    assert different(TAP.load(run), sandbox, "session_recordings") == {}


@pytest.mark.parametrize("position", [long("few"), "many"])
def test_replay_rows_may_have_the_attributes_of_their_siblings(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(replay_fields=position)
    run = run_tap(catalog=only(run_tap, "replay_attendance")).assert_good()
    assert any(row["user_id"] for row in run.records("replay_attendance")) is (position == "many")
    assert different(TAP.load(run), sandbox, "replay_attendance") == {}


def test_undocumented_attributes_are_kept_in_extra_fields(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(unknown_fields="present")
    run = run_tap().assert_good()
    for name in TAP.streams:
        assert any(row["extra_fields"] for row in run.records(name)), name
        assert "kept in extra_fields" in run.summary(name)
    assert different(TAP.load(run), sandbox) == {}


# Incremental


def test_second_run_reads_the_list_and_what_is_not_settled(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    first = run_tap().assert_good()
    sandbox.forget_requests()
    run = run_tap(state=first.state, settle_days=14).assert_good()
    oldest = (datetime.now(UTC) - timedelta(days=15)).isoformat()
    settled = {
        row["uid"]
        for row in sandbox.truth("airmeets")
        if row["end_time"] is not None and row["end_time"] < oldest
    }
    assert settled
    sessions = {
        row["session_id"] for row in sandbox.truth("sessions") if row["airmeet_id"] in settled
    }
    parts = [path.split("/")[2] for path in sandbox.paths() if path.count("/") > 1]
    assert not (settled | sessions) & set(parts)
    assert asked(sandbox)[EVENTS_PATH] == 2
    assert different(TAP.load(first, run), sandbox) == {}


def test_archived_event_leaves_no_rows(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """The list leaves it out; its absence there is all that says so."""
    first = run_tap().assert_good()
    event = sandbox.vanish()
    second = run_tap(state=first.state).assert_good()
    assert event not in {row["uid"] for row in second.records("airmeets")}
    assert different(TAP.load(first, second), sandbox) == {}
