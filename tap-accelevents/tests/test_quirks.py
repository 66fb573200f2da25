"""One test per oddity of the vendor, named after it; what every tap promises is in the suite.

Sources are slugs of the vendor's pages (developer.accelevents.com/reference/...).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import product, starmap
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from event_taps_core.testing import TapUnderTest, differences
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.running import select
from tap_accelevents.client import SESSION_ANALYTICS
from tap_accelevents.rows import is_secret
from tap_accelevents.tap import TapAccelevents

if TYPE_CHECKING:
    from event_taps_core.testing import Run, Sandbox, TapRunner

TAP = TapUnderTest(tap_class=TapAccelevents, vendor="accelevents")
OF_ONE_ANSWER = (
    "session_analytics_details",
    "session_registrants",
    "session_speakers",
    "session_assets",
)
LISTS = (
    "sessions",
    "speakers",
    "attendees",
    "orders",
    "sponsors",
    "sponsor_analytics",
    "exhibitors",
    "exhibitor_staff",
)
TRAP = "/rest/events/{event_url}/staff/checkin/barcode/{session_id}/checkin/true"
TRIED = 5
"""So many sessions are asked for at each path that may be that of their analytics."""

catalogs: list[dict[str, Any]] = []


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    return TAP


def only(run_tap: TapRunner, *streams: str) -> dict[str, Any]:
    """Return the catalog with only these streams selected."""
    if not catalogs:
        catalogs.append(run_tap.catalog())
    return select(catalogs[0], *streams)


def assert_true(run: Run, sandbox: Sandbox, *streams: str, include_secrets: bool = False) -> None:
    different = {
        name: differences(run.records(name), sandbox.truth(name, include_secrets=include_secrets))
        for name in streams or TAP.streams
    }
    assert {name: lines[:4] for name, lines in different.items() if lines} == {}


def read(run_tap: TapRunner, sandbox: Sandbox, *streams: str, **settings: Any) -> Run:
    """Run these streams only, and insist on their truth."""
    secrets = bool(settings.get("include_secrets"))
    catalog = only(run_tap, *streams)
    if secrets:  # a catalog that was made without them has no columns for them
        catalog = select(run_tap.catalog(include_secrets=True), *streams)
    run = run_tap(catalog=catalog, **settings).assert_good()
    assert_true(run, sandbox, *streams, include_secrets=secrets)
    return run


def queries(sandbox: Sandbox, ending: str) -> list[dict[str, list[str]]]:
    return [
        parse_qs(request.query, keep_blank_values=True)
        for request in sandbox.requests()
        if request.path.endswith(ending)
    ]


def details(sandbox: Sandbox) -> Counter[str]:
    """Count the requests for the analytics of one session, by path."""
    return Counter(
        path
        for path in sandbox.paths()
        if path.endswith("/analytics")
        and "/session/" in path
        and not path.endswith("/session/analytics")
    )


def members(value: Any) -> set[str]:
    """Return the names of all members, at any depth, in JSON texts too."""
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    if isinstance(value, str) and value[:1] in ("{", "["):
        return members(json.loads(value))
    return set().union(*map(members, value)) if isinstance(value, list) else set()


# The key


@pytest.mark.parametrize("position", ["key", "authorization", "bearer"])
def test_key_is_accepted_in_one_of_three_headers(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    """The definitions say two, clients use the third; found once, remembered for the run."""
    sandbox.switch(auth=position)
    read(run_tap, sandbox, "events", "speakers", "exhibitors")
    refused = [request for request in sandbox.requests() if request.status == 401]
    assert len(refused) == ["key", "authorization", "bearer"].index(position)


@pytest.mark.parametrize("form", [long("Key"), long("Authorization"), "Bearer"])
def test_header_that_is_set_is_the_only_one(
    sandbox: Sandbox, run_tap: TapRunner, form: str
) -> None:
    sandbox.switch(auth=form.lower())
    read(run_tap, sandbox, "events", auth_header=form)
    assert {request.status for request in sandbox.requests()} == {200}
    sandbox.switch(auth="bearer" if form == "Key" else "key")
    sandbox.forget_requests()
    run_tap(auth_header=form).assert_failed_in_one_line("api_key", "auth_header")
    assert sandbox.request_count() == 1


def test_revoked_key_is_tried_once_in_each_header(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(key="revoked")
    run = run_tap(concurrency=8)
    run.assert_failed_in_one_line("setting", "api_key", "event_urls")
    assert sandbox.request_count() == 3
    assert run.of_type("RECORD") == []


def test_event_of_another_host_is_isolated(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """4030201, for everything about one of several events."""
    listed = {row["event_url"] for row in sandbox.truth("events")}
    sandbox.switch(foreign_event="one")
    (foreign,) = listed - {row["event_url"] for row in sandbox.truth("events")}
    run = run_tap()
    run.assert_failed_in_one_line(foreign, "4030201")
    assert_true(run, sandbox)
    assert [row for row in run.records("read_log") if row["parent_id"] == foreign] == []


def test_only_event_of_another_host_says_what_to_check(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    listed = {row["event_url"] for row in sandbox.truth("events")}
    sandbox.switch(foreign_event="one")
    (foreign,) = listed - {row["event_url"] for row in sandbox.truth("events")}
    run = run_tap(event_urls=[foreign])
    run.assert_failed_in_one_line("setting", "api_key", "event_urls", "4030201")


# Settings


def test_event_that_does_not_exist_is_named_and_no_failure(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """4040200."""
    event_urls = sandbox.settings["event_urls"]
    run = run_tap(event_urls=[*event_urls, "no-such-event"]).assert_good()
    assert "no-such-event" in run.summary("events")
    assert "4040200" in run.summary("events")
    assert_true(run, sandbox)


def test_slug_that_climbs_is_never_requested(sandbox: Sandbox, run_tap: TapRunner) -> None:
    run = run_tap(event_urls=[".."])
    assert run.exit_code == 1
    assert sandbox.request_count() == 0


def test_path_that_could_check_people_in_cannot_be_set(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run = run_tap(session_analytics_path=TRAP)
    run.assert_failed_in_one_line("session_analytics_path")
    assert run.stdout == b""
    assert sandbox.request_count() == 0


# The path of one session's analytics, which the page does not show


@pytest.mark.parametrize(
    ("path", "wrong", "body"),
    [
        long("analytics_session_id", "bare_404", "error_code"),
        ("analytics_session_id", "coded_404", "code"),
        long("analytics_session_id", "coded_406", "empty"),
        long("event_session_id_analytics", "bare_404", "html"),
        long("event_session_id_analytics", "coded_404", "plain"),
        ("event_session_id_analytics", "coded_406", "error_code"),
    ],
)
def test_analytics_path_is_found_once_and_said(
    sandbox: Sandbox, run_tap: TapRunner, path: str, wrong: str, body: str
) -> None:
    sandbox.switch(analytics_path=path, wrong_path=wrong, error_body=body)
    run = read(run_tap, sandbox, *OF_ONE_ANSWER, concurrency=1)
    found = SESSION_ANALYTICS[1 if path == "analytics_session_id" else 2]
    assert run.stderr.count("put that into the setting session_analytics_path") == 1
    assert found in run.stderr
    refused = [request for request in sandbox.requests() if request.status != 200]
    assert len(refused) == 1 + TRIED * SESSION_ANALYTICS.index(found)


@pytest.mark.parametrize(
    ("path", "position"),
    [
        long(SESSION_ANALYTICS[0], "session_id_analytics"),
        (SESSION_ANALYTICS[1], "analytics_session_id"),
        long(SESSION_ANALYTICS[2], "event_session_id_analytics"),
    ],
)
def test_analytics_path_that_is_set_is_asked_first(
    sandbox: Sandbox, run_tap: TapRunner, path: str, position: str
) -> None:
    sandbox.switch(analytics_path=position)
    read(run_tap, sandbox, "session_assets", session_analytics_path=path)
    assert {request.status for request in sandbox.requests()} == {200}


@pytest.mark.parametrize("body", [long("error_code"), "empty"])
def test_no_analytics_path_is_a_failure_and_not_empty(
    sandbox: Sandbox, run_tap: TapRunner, body: str
) -> None:
    """Else a path that has changed would look like sessions without analytics."""
    sandbox.switch(error_body=body)
    sandbox.break_path(r"/session/(\d+/analytics|analytics/\d+)$", "404")
    run = run_tap(catalog=only(run_tap, "events", *OF_ONE_ANSWER), concurrency=1, max_retries=0)
    run.assert_failed_in_one_line("session_analytics_path", *OF_ONE_ANSWER)
    asked = [path for path in sandbox.paths() if "nalytics" in path]
    assert len(asked) == len(sandbox.truth("sessions")) + TRIED * len(SESSION_ANALYTICS)
    assert_true(run, sandbox, "events")


@pytest.mark.parametrize(
    ("unknown", "body"),
    [
        ("http_404", "error_code"),
        ("http_400", "html"),
        *starmap(long, product(("http_404", "http_406"), ("html",))),
        *starmap(long, product(("http_406", "http_400"), ("error_code",))),
        long("http_404", "code"),
        ("http_406", "empty"),
        long("http_400", "plain"),
    ],
)
def test_404800_is_a_session_that_has_vanished(
    sandbox: Sandbox, run_tap: TapRunner, unknown: str, body: str
) -> None:
    """Six digits where others have seven or eight; absent, be the path known yet or not."""
    sandbox.switch(unknown_session=unknown, error_body=body)
    # the first in line, before any other session has shown that the path is right
    first = min(
        (row["session_end_time"], row["session_id"])
        for row in sandbox.truth("sessions")
        if row["session_end_time"]
    )[1]
    after = 5 + 10
    sandbox.vanish(str(first), after_requests=after)
    run = run_tap(
        catalog=only(run_tap, "session_assets", "session_attendees"), concurrency=1
    ).assert_good()
    for name in ("session_assets", "session_attendees"):
        assert str(first) in run.summary(name)
    assert_true(run, sandbox, "session_assets", "session_attendees")


# One answer, several streams


def test_one_request_per_session_feeds_four_streams(sandbox: Sandbox, run_tap: TapRunner) -> None:
    read(run_tap, sandbox, *OF_ONE_ANSWER)
    asked = details(sandbox)
    assert set(asked.values()) == {1}
    assert len(asked) == len(sandbox.truth("sessions"))


@pytest.mark.parametrize(
    ("stream", "wanted"),
    [
        (
            "session_analytics_details",
            {"STATS", "Stats", "DURATION", "Duration", "ATTENDEE_COUNT", "Attendee Count"},
        ),
        ("session_registrants", {"registerdHolderUsers"}),
        ("session_speakers", {"SPEAKER", "Speaker"}),
        ("session_assets", set()),
    ],
)
def test_expand_holds_what_the_selected_streams_need_and_registerd_is_misspelled(
    sandbox: Sandbox, run_tap: TapRunner, stream: str, wanted: set[str]
) -> None:
    """People who were deselected are not even requested."""
    read(run_tap, sandbox, stream)
    for query in queries(sandbox, "/analytics"):
        tokens = {token for text in query.get("expand", []) for token in text.split(",")}
        assert tokens == wanted


@pytest.mark.parametrize("position", [long("any"), "constants", "labels", "strict"])
def test_expansions_are_constants_or_labels(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(expand_tokens=position)
    run = read(run_tap, sandbox, "sessions", "session_analytics", *OF_ONE_ANSWER)
    assert any(row["session_stats"] for row in run.records("session_analytics_details"))
    assert any(row["duration"] for row in run.records("session_analytics_details"))
    assert any(row["tracks"] for row in run.records("sessions"))
    assert run.records("session_registrants")


# Lists


@pytest.mark.parametrize(
    "switch",
    [
        long({"list_envelope": "data"}),
        long({"list_envelope": "bare_list"}),
        {"list_envelope": "named", "attendees_envelope": "data"},
        {"list_envelope": "bare_list", "largest_page": "five", "past_end": "repeated"},
    ],
    ids=str,
)
def test_lists_are_bare_or_have_one_of_several_names(
    sandbox: Sandbox, run_tap: TapRunner, switch: dict[str, str]
) -> None:
    sandbox.switch(**switch)
    read(run_tap, sandbox, *LISTS)


@pytest.mark.parametrize(
    ("analytics", "attendees", "pages"),
    [
        long("data", "data", "paged"),
        long("bare_list", "bare_list", "none"),
        ("bare_list", "attendees", "paged"),
        ("sessions", "bare_list", "paged"),
    ],
)
def test_envelopes_that_no_page_shows(
    sandbox: Sandbox, run_tap: TapRunner, analytics: str, attendees: str, pages: str
) -> None:
    sandbox.switch(
        analytics_envelope=analytics,
        session_attendees_envelope=attendees,
        host_pages=pages,
        largest_page="five",
    )
    read(run_tap, sandbox, "session_analytics", "session_attendees")


@pytest.mark.parametrize(
    ("filtered", "total"),
    [
        ("page", "too_few"),
        *starmap(long, product(("page",), ("right", "too_many", "absent"))),
        long("search", "right"),
        ("search", "absent"),
    ],
)
def test_records_filtered_has_two_meanings_and_ends_no_walk(
    sandbox: Sandbox, run_tap: TapRunner, filtered: str, total: str
) -> None:
    sandbox.switch(records_filtered=filtered, records_total=total, largest_page="ten")
    run = read(run_tap, sandbox, "speakers", "orders")
    assert ("the API counts" in run.stderr) is (total == "too_many")


@pytest.mark.parametrize(
    ("largest", "past_end", "order"),
    [
        long("ten", "empty", "stable"),
        ("five", "repeated", "stable"),
        ("five", "empty", "shifts_down"),
        ("ten", "repeated", "shifts_up"),
        *starmap(long, product(("ten",), ("empty",), ("shifts_down", "shifts_up"))),
        long("five", "empty", "shifts_up"),
        long("ten", "repeated", "shifts_down"),
    ],
)
def test_size_is_capped_and_rows_move_between_pages(
    sandbox: Sandbox, run_tap: TapRunner, largest: str, past_end: str, order: str
) -> None:
    sandbox.switch(largest_page=largest, past_end=past_end, row_order=order)
    run = read(run_tap, sandbox, "orders", "attendees", "attendee_summary")
    assert "the API counts" not in run.stderr


@pytest.mark.parametrize("position", ["everything", "first_page_again"])
def test_page_that_is_ignored_is_no_endless_loop(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(paging=position)
    read(run_tap, sandbox, *LISTS)
    assert max(int(query["page"][0]) for query in queries(sandbox, "/orders")) == 1


def test_pages_that_come_again_instead_of_more_are_named(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    """What came is loaded; `page` is ignored, and no number of the vendor's says it is all."""
    sandbox.switch(paging="first_page_again", largest_page="five")
    run = run_tap(catalog=only(run_tap, "orders"))
    run.assert_failed_in_one_line("orders", "page 2 is page 1 again", "but sent 5")
    assert len(run.records("orders")) > 5


def test_pages_count_from_zero_and_name_the_event_twice(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    read(run_tap, sandbox, "speakers", "sessions")
    for ending in ("/speaker", "/session"):
        asked = queries(sandbox, ending)
        assert {query["page"][0] for query in asked} == {"0", "1"}
        assert {query["size"][0] for query in asked} == {"100"}
        ids = {str(row["event_id"]) for row in sandbox.truth("events")}
        assert {query["eventId"][0] for query in asked} == ids


def test_list_of_speakers_requires_an_expand_that_may_be_empty(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    read(run_tap, sandbox, "speakers")
    assert {tuple(query["expand"]) for query in queries(sandbox, "/speaker")} == {("",)}


@pytest.mark.parametrize("position", [long("null"), "absent", "first_call"])
def test_error_may_be_set_in_a_200(sandbox: Sandbox, run_tap: TapRunner, position: str) -> None:
    sandbox.switch(error_member=position)
    run = read(run_tap, sandbox, "speakers", "sponsors", "attendees")
    assert ("retries" in run.summary("speakers")) is (position == "first_call")


def test_error_that_stays_in_a_200_is_named(sandbox: Sandbox, run_tap: TapRunner) -> None:
    sandbox.switch(error_member="one_list")
    run = run_tap(catalog=only(run_tap, "speakers", "sponsors"), max_retries=1)
    run.assert_failed_in_one_line("speakers", "HTTP 200 with an error")
    assert_true(run, sandbox, "speakers", "sponsors")


@pytest.mark.parametrize("position", [long("json"), "text_plain"])
def test_json_may_be_labelled_as_text_plain(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(content_type=position)
    read(run_tap, sandbox, "speakers", "attendees", "session_assets")


def test_counters_of_tickets_are_on_every_page_and_one_row_per_event(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(largest_page="five")
    for streams in (("attendees", "attendee_summary"), ("attendee_summary",), ("attendees",)):
        run = read(run_tap, sandbox, *streams)
    assert not run.records("attendee_summary")


# All sessions' analytics


@pytest.mark.parametrize("position", [long("organisation"), "event"])
def test_path_of_all_analytics_names_no_event(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    """What is about the whole organisation is asked for once, and only these events are kept."""
    sandbox.switch(analytics_scope=position)
    for event_urls in (sandbox.settings["event_urls"], sandbox.settings["event_urls"][1:2]):
        sandbox.forget_requests()
        run = run_tap(
            catalog=only(run_tap, "session_analytics"), event_urls=event_urls
        ).assert_good()
        truth = [
            row for row in sandbox.truth("session_analytics") if row["event_url"] in event_urls
        ]
        assert differences(run.records("session_analytics"), truth) == []
        asked = queries(sandbox, "/session/analytics")
        events = {query["eventurl"][0] for query in asked}
        assert len(events) == (1 if position == "organisation" else len(event_urls))


def test_missing_analytics_are_null_and_not_zero(sandbox: Sandbox, run_tap: TapRunner) -> None:
    """Of Zoom, Facebook, Wistia, and where there is no video."""
    run = read(run_tap, sandbox, "session_analytics", "session_analytics_details")
    elsewhere = {
        row["session_id"]
        for row in run.records("session_analytics_details")
        if row["stream_provider"] in ("ZOOM", "FACEBOOK", "WISTIA")
    }
    assert elsewhere
    for row in run.records("session_analytics"):
        if row["session_id"] in elsewhere:
            assert row["avg_attended_duration"] is None
            assert row["recording_views"] is None
            assert row["live_views"] is None


@pytest.mark.parametrize("position", [long("null"), "absent"])
def test_what_has_no_value_is_null_or_missing(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(absent_values=position)
    read(run_tap, sandbox, *TAP.streams)


# Spellings, vocabularies, types


@pytest.mark.parametrize(
    ("toggles", "qanda"),
    [("response", "qandAPrivate"), ("request", "qAndAPrivate"), ("response", "qandaPrivate")],
)
def test_enable_chat_and_chat_enabled_are_one_column_and_so_are_their_like(
    sandbox: Sandbox, run_tap: TapRunner, toggles: str, qanda: str
) -> None:
    """And what the page says the wrong way round passes as it was sent."""
    sandbox.switch(toggle_names=toggles, qanda_name=qanda)
    run = read(run_tap, sandbox, "sessions", "session_analytics_details")
    for name in ("sessions", "session_analytics_details"):
        rows = run.records(name)
        for column in (
            "enable_chat",
            "enable_poll",
            "enable_ques_and_ans",
            "enable_attendee_list",
            "q_and_a_private",
        ):
            assert {row[column] for row in rows} & {True, False}, column
        assert {json.dumps(row["extra_fields"]) for row in rows} == {"null"}


@pytest.mark.parametrize("position", [long("documented"), "display"])
def test_event_url_has_four_spellings_and_the_name_two(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(event_names=position)
    run = read(run_tap, sandbox, "events")
    assert all(row["event_name"] for row in run.records("events"))
    assert {json.dumps(row["extra_fields"]) for row in run.records("events")} == {"null"}


@pytest.mark.parametrize("position", [long("eventTicketId"), "eventTicketingId"])
def test_id_of_a_ticket_has_two_names(sandbox: Sandbox, run_tap: TapRunner, position: str) -> None:
    sandbox.switch(ticket_id_name=position)
    read(run_tap, sandbox, "session_registrants", "session_attendees")


@pytest.mark.parametrize("position", [long("seed"), "siblings", "misspelled"])
def test_first_name_of_a_speaker_may_be_firat_name(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(session_speaker_fields=position)
    run = read(run_tap, sandbox, "session_speakers")
    named = any(row["first_name"] for row in run.records("session_speakers"))
    assert named is (position != "seed")
    assert all(row["extra_fields"] is None for row in run.records("session_speakers"))


@pytest.mark.parametrize("position", [long("few"), "many"])
def test_max_ticker_per_buyer_and_type_id(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(ticket_type_fields=position)
    run = read(run_tap, sandbox, "ticket_types")
    found = any(row["max_ticker_per_buyer"] for row in run.records("ticket_types"))
    assert found is (position == "many")


@pytest.mark.parametrize("position", [long("seed"), "siblings"])
def test_status_and_format_have_two_vocabularies(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    """One of them has CHECK_IN_AVAILABEL; both pass as they are."""
    sandbox.switch(vocabulary=position)
    run = read(run_tap, sandbox, "session_analytics_details")
    statuses = {row["status"] for row in run.records("session_analytics_details")}
    assert ("CHECK_IN_AVAILABEL" in statuses) is (position == "seed")


@pytest.mark.parametrize(
    ("ids", "asset_ids", "orders"),
    [
        long("number", "number", "both"),
        long("text", "text", "order_id_only"),
        ("text", "number", "id_only"),
        ("number", "text", "id_only"),
    ],
)
def test_ids_are_numbers_or_texts_and_an_order_has_one_or_two(
    sandbox: Sandbox, run_tap: TapRunner, ids: str, asset_ids: str, orders: str
) -> None:
    sandbox.switch(ids=ids, asset_ids=asset_ids, order_ids=orders)
    run = read(run_tap, sandbox, *TAP.streams)
    for name in TAP.streams:
        assert all(row["extra_fields"] is None for row in run.records(name)), name


@pytest.mark.parametrize(
    ("own", "assets", "tickets"),
    [("list", "list", "object"), ("scalar", "object", "list"), ("null", "object", "null")],
)
def test_lists_may_be_a_single_thing(
    sandbox: Sandbox, run_tap: TapRunner, own: str, assets: str, tickets: str
) -> None:
    """`currentUserRegisteredEventTicketId` is a list by its schema and one id by the prose."""
    sandbox.switch(own_ticket_ids=own, asset_list=assets, speaker_tickets=tickets)
    read(run_tap, sandbox, *OF_ONE_ANSWER)


@pytest.mark.parametrize("position", [long("text"), "object"])
def test_json_inside_a_text(sandbox: Sandbox, run_tap: TapRunner, position: str) -> None:
    """`documentKeyValue`, `categoryPositionJson`, `colorConfig`."""
    sandbox.switch(embedded_json=position)
    run = read(run_tap, sandbox, "exhibitors", "sponsors", "session_analytics_details")
    assert all(json.loads(row["color_config"]) for row in run.records("sponsors"))


@pytest.mark.parametrize("position", [long("number"), "text"])
def test_percentages_and_averages_are_numbers(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(percentages=position)
    run = read(run_tap, sandbox, "session_analytics", "session_attendees")
    assert any(row["engagement"] for row in run.records("session_attendees"))


def test_what_does_not_fit_or_was_not_expected_is_kept_under_the_vendors_name(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    sandbox.switch(unknown_fields="present", odd_types="present")
    run = read(run_tap, sandbox, *TAP.streams)
    for name in set(TAP.streams) - {"attendee_summary"}:
        assert any(row["extra_fields"] for row in run.records(name)), name
    extra = [row["extra_fields"] or {} for row in run.records("sessions")]
    assert "yes" in [fields.get("recordSession") for fields in extra]


# Times


@pytest.mark.parametrize(
    ("zone", "times"),
    [
        long("both", "minutes"),
        long("timezone_id", "seconds"),
        ("equivalent_timezone", "minutes"),
        ("odd_id", "seconds"),
        long("absent", "minutes"),
    ],
)
def test_times_of_sessions_have_no_zone_but_their_events(
    sandbox: Sandbox, run_tap: TapRunner, zone: str, times: str
) -> None:
    sandbox.switch(event_zone=zone, session_times=times)
    run = read(run_tap, sandbox, "events", "sessions")
    known = {
        row["event_url"]: any(row[n] for n in ("timezone_id", "equivalent_timezone"))
        for row in run.records("events")
    }
    for row in run.records("sessions"):
        has_end = row["end_time"] is not None
        assert (row["session_end_time"] is not None) is has_end
        if zone != "odd_id":
            assert (row["end_time_utc"] is not None) is (has_end and known[row["event_url"]])


@pytest.mark.parametrize("position", [long("local"), "iso", "epoch_ms"])
def test_dates_of_registrations_orders_and_files_may_have_any_form(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(other_dates=position)
    run = read(run_tap, sandbox, "session_registrants", "session_assets", "orders")
    assert any(row["purchase_date_utc"] for row in run.records("orders"))


@pytest.mark.parametrize("position", [long("present"), "absent"])
def test_dates_of_an_event_are_on_sibling_pages_only(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    sandbox.switch(event_dates=position)
    read(run_tap, sandbox, "events")


# Secrets


@pytest.mark.parametrize(
    ("position", "embedded", "include"),
    [
        *starmap(long, (("top", "text", False), ("nested", "object", False))),
        ("nested", "text", False),
        ("top", "object", True),
        ("nested", "text", True),
    ],
)
def test_secrets_come_only_when_asked_for_wherever_they_stand(
    sandbox: Sandbox, run_tap: TapRunner, position: str, embedded: str, *, include: bool
) -> None:
    sandbox.switch(
        event_secrets=position, speaker_session="object", embedded_json=embedded, ids="text"
    )
    run = read(run_tap, sandbox, *TAP.streams, include_secrets=include)
    columns = {"stream_key", "rtmp_url", "meeting_password", "access_token"}
    columns |= {"card_type", "last_four"}
    for name in TAP.streams:
        for row in run.records(name):
            nested = members(list(row.values()))
            if not include:
                assert not list(filter(is_secret, nested)), name
                assert not columns & set(row), name
    if include:
        assert any(row["stream_key"] for row in run.records("sessions"))
        assert any(row["last_four"] for row in run.records("orders"))
        sessions = [row["session_dto"] for row in run.records("speakers")]
        assert "meetingPassword" in members(sessions)


# Incremental


def test_second_run_reads_lists_and_sessions_that_have_not_settled(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    first = run_tap().assert_good()
    sandbox.forget_requests()
    run = run_tap(state=first.state, settle_days=14).assert_good()
    now = datetime.now(UTC)
    settled = {
        row["session_id"]
        for row in sandbox.truth("sessions")
        if row["session_end_time"]
        and datetime.fromisoformat(row["session_end_time"]) < now - timedelta(days=15)
    }
    assert settled
    asked = {int(path.split("/")[4]) for path in details(sandbox)}
    assert not asked & settled
    assert asked | settled == {row["session_id"] for row in sandbox.truth("sessions")}
    for name in TAP.streams:
        assert differences(TAP.load(first, run).table(name), sandbox.truth(name)) == [], name


@pytest.mark.parametrize("position", [long("utc"), "event_zone", "ignored"])
def test_orders_are_asked_for_by_time_whatever_zone_the_filter_means(
    sandbox: Sandbox, run_tap: TapRunner, position: str
) -> None:
    """MM/dd/yyyy, unlike everything else."""
    sandbox.switch(order_filter=position)
    catalog = only(run_tap, "orders")
    runs = [run_tap(catalog=catalog).assert_good()]
    assert all("searchTimeStamp" not in query for query in queries(sandbox, "/orders"))
    sandbox.forget_requests()
    for _ in range(3):
        sandbox.advance()
        runs.append(run_tap(catalog=catalog, state=runs[-1].state).assert_good())
    assert differences(TAP.load(*runs).table("orders"), sandbox.truth("orders")) == []
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for request in sandbox.requests():
        if request.path.endswith("/orders"):
            query = parse_qs(request.query)
            asked[request.path] += query["searchTimeStamp"]
    for texts in asked.values():
        for text in texts:
            since = datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
            assert timedelta(hours=26) <= datetime.now(UTC) - since < timedelta(hours=27)
    if position != "ignored":
        assert len(runs[-1].records("orders")) < len(runs[0].records("orders"))


def test_session_without_times_is_always_read(sandbox: Sandbox, run_tap: TapRunner) -> None:
    (endless,) = [
        row["session_id"] for row in sandbox.truth("sessions") if row["session_end_time"] is None
    ]
    catalog = only(run_tap, "session_attendees")
    first = run_tap(catalog=catalog).assert_good()
    sandbox.forget_requests()
    run_tap(catalog=catalog, state=first.state, settle_days=0).assert_good()
    assert f"/rest/host/session/{endless}/attendee" in sandbox.paths()
