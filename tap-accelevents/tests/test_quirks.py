"""What the vendor's oddities demand beside the rows, each test named after one.

The rows are compared with the truth by the suite, under every position of every switch.

Sources are slugs of the vendor's pages (developer.accelevents.com/reference/...).
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from event_taps_core.testing import TapUnderTest, differences
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.running import select
from tap_accelevents.tap import TapAccelevents

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_taps_core.testing import Run, Sandbox, TapRunner

    Read = Callable[..., Run]

TAP = TapUnderTest(tap_class=TapAccelevents, vendor="accelevents")
OF_ONE_ANSWER = (
    "session_analytics_details",
    "session_registrants",
    "session_speakers",
    "session_assets",
)
TRAP = "/rest/events/{event_url}/staff/checkin/barcode/{session_id}/checkin/true"
SECRETS = ("event-token", "-9c1e", "pw-", "rtmps://", "VISA", '"4242"')
"""What the sandbox's keys, addresses, passwords and cards have in them."""


@pytest.fixture
def tap_under_test() -> TapUnderTest:
    return TAP


def assert_true(run: Run, sandbox: Sandbox, *streams: str, include_secrets: bool = False) -> None:
    different = {
        name: differences(run.records(name), sandbox.truth(name, include_secrets=include_secrets))
        for name in streams or TAP.streams
    }
    assert {name: lines[:4] for name, lines in different.items() if lines} == {}


@pytest.fixture
def read(run_tap: TapRunner, sandbox: Sandbox, catalog: dict[str, Any]) -> Read:
    """Runs these streams only, and insists on their truth."""

    def reading(*streams: str, **settings: Any) -> Run:
        selected = select(catalog, *(streams or TAP.streams))
        run = run_tap(catalog=selected, **settings).assert_good()
        assert_true(run, sandbox, *streams)
        return run

    return reading


def queries(sandbox: Sandbox, ending: str) -> list[dict[str, list[str]]]:
    return [
        parse_qs(request.query, keep_blank_values=True)
        for request in sandbox.requests()
        if request.path.endswith(ending)
    ]


# The key


@pytest.mark.parametrize("position", ["key", "authorization", "bearer"])
def test_key_is_accepted_in_one_of_three_headers(
    sandbox: Sandbox, read: Read, position: str
) -> None:
    """The definitions say two, clients use the third; found once, remembered for the run."""
    sandbox.switch(auth=position)
    read("events", "speakers", "exhibitors")
    refused = [request for request in sandbox.requests() if request.status == 401]
    assert len(refused) == ["key", "authorization", "bearer"].index(position)


@pytest.mark.parametrize("form", [long("Key"), long("Authorization"), "Bearer"])
def test_header_that_is_set_is_the_only_one(
    sandbox: Sandbox, run_tap: TapRunner, read: Read, form: str
) -> None:
    sandbox.switch(auth=form.lower())
    read("events", auth_header=form)
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
    alone = run_tap(event_urls=[foreign])
    alone.assert_failed_in_one_line("setting", "api_key", "event_urls", "4030201")


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


def test_path_that_could_check_people_in_cannot_be_set(
    sandbox: Sandbox, run_tap: TapRunner
) -> None:
    run = run_tap(session_analytics_path=TRAP)
    run.assert_failed_in_one_line("session_analytics_path")
    assert run.stdout == b""
    assert sandbox.request_count() == 0


# One answer for a session, several streams


@pytest.mark.parametrize(
    ("unknown", "body"),
    [
        ("http_404", "empty"),
        ("http_406", "error_code"),
        ("http_400", "html"),
        long("http_404", "code"),
        long("http_406", "html"),
    ],
)
def test_404800_is_a_session_that_has_vanished(
    sandbox: Sandbox, read: Read, unknown: str, body: str
) -> None:
    """Six digits where others have seven or eight; absent, be the path known yet or not."""
    sandbox.switch(unknown_session=unknown, error_body=body)
    # the first in line, before any other session has shown that the path is right
    first = min(
        (row["session_end_time"], row["session_id"])
        for row in sandbox.truth("sessions")
        if row["session_end_time"]
    )[1]
    lists = 5 + 10
    sandbox.vanish(str(first), after_requests=lists)
    run = read("session_assets", "session_attendees", concurrency=1)
    for name in ("session_assets", "session_attendees"):
        assert str(first) in run.summary(name)


def test_one_request_per_session_feeds_four_streams(sandbox: Sandbox, read: Read) -> None:
    read(*OF_ONE_ANSWER)
    path = re.compile(r".*/session/\d+/analytics")
    asked = Counter(filter(path.fullmatch, sandbox.paths()))
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
    sandbox: Sandbox, read: Read, stream: str, wanted: set[str]
) -> None:
    """People who were deselected are not even requested."""
    read(stream)
    for query in queries(sandbox, "/analytics"):
        tokens = {token for text in query.get("expand", []) for token in text.split(",")}
        assert tokens == wanted


# Lists


@pytest.mark.parametrize(
    ("filtered", "total"), [("page", "too_few"), long("page", "too_many"), ("search", "absent")]
)
def test_records_filtered_has_two_meanings_and_ends_no_walk(
    sandbox: Sandbox, read: Read, filtered: str, total: str
) -> None:
    sandbox.switch(records_filtered=filtered, records_total=total, largest_page="ten")
    run = read("speakers", "orders")
    assert ("the API counts" in run.stderr) is (total == "too_many")


@pytest.mark.parametrize(
    ("largest", "past_end", "order"),
    [
        ("five", "repeated", "stable"),
        ("five", "empty", "shifts_down"),
        ("ten", "repeated", "shifts_up"),
        long("ten", "empty", "shifts_up"),
        long("ten", "repeated", "shifts_down"),
    ],
)
def test_size_is_capped_and_rows_move_between_pages(
    sandbox: Sandbox, read: Read, largest: str, past_end: str, order: str
) -> None:
    sandbox.switch(largest_page=largest, past_end=past_end, row_order=order)
    run = read("orders", "attendees", "attendee_summary")
    assert "the API counts" not in run.stderr


def test_list_of_speakers_requires_an_expand_that_may_be_empty(
    sandbox: Sandbox, read: Read
) -> None:
    read("speakers")
    (query,) = {(*one["expand"], *one["size"]) for one in queries(sandbox, "/speaker")}
    assert query == ("", "100")


def test_counters_of_tickets_are_on_every_page_and_one_row_per_event(
    sandbox: Sandbox, read: Read
) -> None:
    sandbox.switch(largest_page="five")
    read("attendees", "attendee_summary")
    sandbox.forget_requests()
    read("attendee_summary")
    assert len(queries(sandbox, "/allAttendees")) == len(sandbox.settings["event_urls"])
    assert not read("attendees").records("attendee_summary")


# All sessions' analytics


@pytest.mark.parametrize("position", [long("organisation"), "event"])
def test_path_of_all_analytics_names_no_event(
    sandbox: Sandbox, run_tap: TapRunner, catalog: dict[str, Any], position: str
) -> None:
    """What is about the whole organisation is asked for once, and only these events are kept."""
    sandbox.switch(analytics_scope=position)
    for event_urls in (sandbox.settings["event_urls"], sandbox.settings["event_urls"][1:2]):
        sandbox.forget_requests()
        run = run_tap(catalog=select(catalog, "session_analytics"), event_urls=event_urls)
        truth = [
            row for row in sandbox.truth("session_analytics") if row["event_url"] in event_urls
        ]
        assert differences(run.assert_good().records("session_analytics"), truth) == []
        asked = queries(sandbox, "/session/analytics")
        events = {query["eventurl"][0] for query in asked}
        assert len(events) == (1 if position == "organisation" else len(event_urls))


# Attributes


@pytest.mark.parametrize(
    "positions",
    [
        {
            "toggle_names": "request",  # enableChat and its like
            "qanda_name": "qAndAPrivate",
            "ticket_id_name": "eventTicketingId",
            "event_names": "display",  # eventURL, name
            "session_speaker_fields": "misspelled",  # firatName
            "ticket_type_fields": "many",  # typeId, maxTickerPerBuyer
            "ids": "text",
            "asset_ids": "text",
            "order_ids": "id_only",
            "own_ticket_ids": "scalar",
            "asset_list": "object",
            "speaker_tickets": "list",
            "embedded_json": "object",
            "percentages": "text",
        },
        {
            "qanda_name": "qandaPrivate",
            "session_speaker_fields": "siblings",
            "order_ids": "order_id_only",
            "own_ticket_ids": "null",
            "speaker_tickets": "object",
            "event_zone": "odd_id",
            "absent_values": "absent",
        },
        {},
    ],
    ids=len,
)
def test_no_spelling_of_an_attribute_is_an_extra_field(
    sandbox: Sandbox, read: Read, positions: dict[str, str]
) -> None:
    """Each has its one column, whose values the suite looks at."""
    sandbox.switch(**positions)
    run = read()
    extra = {name: [row["extra_fields"] for row in run.records(name)] for name in TAP.streams}
    assert {name: fields for name, fields in extra.items() if any(fields)} == {}


def test_what_does_not_fit_or_was_not_expected_is_kept_under_the_vendors_name(
    sandbox: Sandbox, read: Read
) -> None:
    sandbox.switch(unknown_fields="present", odd_types="present")
    run = read()
    for name in set(TAP.streams) - {"attendee_summary"}:
        assert any(row["extra_fields"] for row in run.records(name)), name
    extra = [row["extra_fields"] or {} for row in run.records("sessions")]
    assert "yes" in [fields.get("recordSession") for fields in extra]


@pytest.mark.parametrize(("position", "embedded"), [("nested", "text"), long("top", "object")])
@pytest.mark.parametrize("include", [False, True])
def test_secrets_come_only_when_asked_for_wherever_they_stand(
    sandbox: Sandbox, run_tap: TapRunner, position: str, embedded: str, *, include: bool
) -> None:
    sandbox.switch(
        event_secrets=position, speaker_session="object", embedded_json=embedded, ids="text"
    )
    run = run_tap(include_secrets=include).assert_good()
    assert_true(run, sandbox, include_secrets=include)
    text = run.stdout.decode()
    assert [secret for secret in SECRETS if secret in text] == list(SECRETS if include else ())


# Changes


@pytest.mark.parametrize("position", [long("utc"), "event_zone", "ignored"])
def test_orders_are_asked_for_by_time_whatever_zone_the_filter_means(
    sandbox: Sandbox, run_tap: TapRunner, catalog: dict[str, Any], position: str
) -> None:
    """MM/dd/yyyy, unlike everything else."""
    sandbox.switch(order_filter=position)
    orders = select(catalog, "orders")
    runs = [run_tap(catalog=orders).assert_good()]
    assert all("searchTimeStamp" not in query for query in queries(sandbox, "/orders"))
    sandbox.forget_requests()
    for _ in range(3):
        sandbox.advance()
        runs.append(run_tap(catalog=orders, state=runs[-1].state).assert_good())
    assert differences(TAP.load(*runs).table("orders"), sandbox.truth("orders")) == []
    for query in queries(sandbox, "/orders"):
        (text,) = query["searchTimeStamp"]
        since = datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
        assert timedelta(hours=26) <= datetime.now(UTC) - since < timedelta(hours=27)
    if position != "ignored":
        assert len(runs[-1].records("orders")) < len(runs[0].records("orders"))
