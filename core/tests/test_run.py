"""What is requested, how often, in which order it comes out, and what a failure costs."""

from __future__ import annotations

import json
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from event_taps_core import BadResponse, NotFound, SurrogateKey
from event_taps_core.run import FAILURES_IN_A_ROW, MAX_FAILURES_IN_A_ROW
from event_taps_core.schema import INTEGER, column, key
from event_taps_core.testing.api_server import ApiServer, Reply, Script, Scripted, Seen, status

from .runs import catalog_of, config_of, run
from .toy_tap import (
    EVENT_COLUMNS,
    EarlyReportsStream,
    EventsStream,
    EventStreamOfToy,
    PeopleStream,
    PollsStream,
    ReportsStream,
    ToyTap,
    VisitsStream,
    VotesStream,
    tap_of,
)

if TYPE_CHECKING:
    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import Row

IDS = ["a", "b", "c", "d"]


def ends(event_id: str) -> str:
    """Let events end one day after the other, long ago."""
    day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=ord(event_id[0]) - ord("a"))
    return day.strftime("%Y-%m-%dT%H:%M:%SZ")


def days_since(event_id: str) -> int:
    """Return days to settle of which the line lies just before an event's end."""
    return (datetime.now(UTC) - datetime.fromisoformat(ends(event_id))).days + 1


def events(*ids: str) -> dict[str, Any]:
    return {"data": [{"id": event_id, "ends_at": ends(event_id)} for event_id in ids]}


def event_of(seen: Seen) -> str:
    return seen.segments[3]


def visits(seen: Seen) -> Scripted:
    """Answer with two pages."""
    if "cursor" in seen.query:
        return {"data": [{"person": "bob"}], "next": None}
    return {"data": [{"person": "ada"}, {"person": event_of(seen)}], "next": "page 2"}


BAD = status(400)
POLLS = {"polls": [{"id": 1, "question": "Why?"}], "votes": [{"poll": 1, "person": "ada"}]}


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    """Answer everything."""
    return (
        server.on("/people", {"data": [{"id": 1, "fullName": "Ada"}, {"id": 2}]})
        .on("/events", events(*IDS))
        .on("/events/{}/visits", visits)
        .on("/events/{}/polls", {"data": POLLS})
        .on("/events/{}/report", {"data": [{"id": 1}], "next": None})
    )


# Requests


def test_everything_is_read_with_as_few_requests_as_possible(api: ApiServer) -> None:
    result = run(api)
    assert result.exit_code == 0
    assert sorted(api.paths()) == sorted(
        [
            *("/people", "/events"),
            *(f"/events/{n}/{what}" for n in IDS for what in ("polls", "report")),
            *(f"/events/{n}/visits" for n in IDS for _ in range(2)),
        ]
    )


def test_workers_that_need_the_parents_at_once_request_them_once(server: ApiServer) -> None:
    """As a `post_process` does that joins."""
    server.on("/events", Reply(json.dumps(events(*IDS)).encode(), delay=0.1))
    tap = ToyTap(config=config_of(server))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: tap.rows_of("events"), range(8)))
    assert [len(rows) for rows in found] == [len(IDS)] * 8
    assert len(server.requests) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_requests_are_under_way_than_the_setting_allows(
    server: ApiServer, workers: int
) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(_: Seen) -> Scripted:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return {"data": POLLS}

    ids = [f"a{n:02}" for n in range(12)]
    server.on("/events", {"data": [{"id": n, "ends_at": ends(n)} for n in ids]})
    server.on("/events/{}/polls", answer)
    run(server, select=["polls"], concurrency=workers)
    assert most == workers


def test_with_nothing_selected_nothing_is_requested_and_that_is_said(api: ApiServer) -> None:
    result = run(api, select=[])
    assert (result.exit_code, result.stdout, api.requests) == (0, "", [])
    assert any("No stream is selected" in line for line in result.log)


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_pages_come_in_the_order_of_the_events_ends(server: ApiServer, workers: int) -> None:
    server.on("/events", events(*reversed(IDS)))

    def slow_first(seen: Seen) -> Reply | dict[str, Any]:
        if event_of(seen) == "a" and workers > 1:
            later.wait(10)
        later.set()
        found = visits(seen)
        assert isinstance(found, dict)
        return found

    later = threading.Event()
    server.on("/events/{}/visits", slow_first)
    result = run(server, select=["visits"], concurrency=workers)
    assert result.column("visits", "event_id") == [n for n in IDS for _ in range(3)]
    assert result.column("visits", "person") == [p for n in IDS for p in ("ada", n, "bob")]


def test_parents_without_an_end_come_last_and_are_always_read(api: ApiServer) -> None:
    unknown = [{"id": "x"}, {"id": "w", "ends_at": "?"}, {"id": "v", "ends_at": ""}]
    api.on("/events", {"data": [*unknown, *events("a")["data"]]})
    for state in (None, {"bookmarks": {"polls": {"replication_key_value": "2026-03-01"}}}):
        result = run(api, select=["polls"], state=state)
        assert result.column("polls", "event_id")[-3:] == ["v", "w", "x"]


# Failures


def test_a_failing_list_of_parents_fails_all_that_hang_on_it_with_one_request(
    api: ApiServer,
) -> None:
    api.on("/events", status(400))
    result = run(api, select=["people", "polls", "visits", "votes"])
    assert result.exit_code == 1
    assert result.column("people", "id") == ["1", "2"]
    assert "polls, visits, votes: HTTP 400" in result.log[-1]
    assert len(api.seen("/events")) == 1
    assert result.of_type("RECORD", "visits") == []


@pytest.mark.parametrize("code", [400, 404])
def test_what_a_later_page_lacks_is_a_failure_and_not_an_end(api: ApiServer, code: int) -> None:
    """Rows would be missing without a word."""
    api.on("/events/b/visits", {"data": [{"person": "ada"}], "next": "2"}, status(code))
    result = run(api, select=["visits", "read_log"])
    assert result.exit_code == 1
    assert f"1 NOT READ (HTTP {code} after 1 pages): b" in result.summary("visits")
    assert "b" not in result.column("read_log", "parent_id")


@pytest.mark.parametrize(
    ("fine", "failed"),
    [([], MAX_FAILURES_IN_A_ROW), (["a060", "a120"], 148)],
    ids=["in a row", "with successes between"],
)
def test_a_hundred_failures_in_a_row_are_enough(
    server: ApiServer, fine: list[str], failed: int
) -> None:
    listed = [{"id": f"a{n:03}", "ends_at": ends("a01")} for n in range(150)]
    server.on("/events", {"data": listed})
    server.on("/events/{}/polls", lambda seen: {"data": POLLS} if event_of(seen) in fine else BAD)
    summary = run(server, select=["polls"], concurrency=1).summary("polls")
    assert f"{failed} NOT READ (HTTP 400)" in summary
    assert ("50 not tried after that" in summary) is (not fine)


@pytest.mark.parametrize(
    "body",
    [{}, {"data": None}, {"data": {}}, {"data": "none"}, {"data": [1]}, [], Reply(b"null")],
    ids=str,
)
def test_a_list_that_is_not_where_it_should_be_is_a_failure_and_not_empty(
    api: ApiServer, body: Scripted
) -> None:
    api.on("/people", body)
    result = run(api, select=["people", "events"], max_retries=0)
    assert result.exit_code == 1
    assert "people: " in result.log[-1]


def test_an_affirmed_empty_list_is_a_success(api: ApiServer) -> None:
    api.on("/people", {"data": []})
    result = run(api, select=["people", "read_log"])
    assert result.exit_code == 0
    assert result.column("read_log", "row_count") == [0]


def test_pages_that_go_on_without_a_row_are_a_failure_and_not_a_run_without_end(
    api: ApiServer,
) -> None:
    """Each has another cursor, so that none is seen to come again."""

    def visits(seen: Seen) -> Scripted:
        rows = [{"person": "ada"}] if "cursor" not in seen.query else []
        return {"data": rows, "next": str(len(api.requests))}

    api.on("/events/a/visits", visits)
    result = run(api, select=["visits", "read_log"], concurrency=1)
    assert result.exit_code == 1
    assert result.log[-1].endswith("visits: 200 pages in a row without a row (a)")
    assert {*IDS} == {*result.column("visits", "event_id")}


def test_a_page_that_names_itself_as_the_next_one_is_the_vendors_fault(api: ApiServer) -> None:
    api.on("/events/a/visits", {"data": [{"person": "ada"}], "next": "2"})
    result = run(api, select=["visits", "read_log"])
    assert result.exit_code == 1
    assert result.log[-1].endswith("visits: a page names itself as the next one (a)")
    assert {*IDS} == {*result.column("visits", "event_id")}
    assert result.column("visits", "event_id")[:3] == ["a", "a", "b"], "that page's row is there"


class WatchedRow(dict[str, Any]):
    """A row of which one can tell whether it is still in memory."""


def test_a_partition_between_two_pages_keeps_nothing_of_the_first(api: ApiServer) -> None:
    """Of all that wait for their turn, it would be most of the memory."""
    received: list[weakref.ref[Any]] = []

    class WatchedVisits(VisitsStream):
        @override
        def parse_response(self, response: requests.Response) -> list[WatchedRow]:
            rows = [WatchedRow(row) for row in super().parse_response(response)]
            received.extend(map(weakref.ref, [response, *rows]))
            return rows

    tap = tap_of(EventsStream, WatchedVisits)(config=config_of(api, concurrency=1))
    records = iter(tap.streams["visits"].get_records(None))
    next(records)
    assert len(received) == 3, "the first page of two: the answer and two rows"
    assert [one() for one in received] == [None] * 3


# One odd row hides no other


class SeatsStream(EventStreamOfToy):
    """Rows whose ids are numbers, which no digest can stand in for; shares `polls`' answers."""

    name = "seats"
    source = PollsStream
    records_path = ("data", "seats")
    id_attributes = ("id", "number")
    columns = (*EVENT_COLUMNS, column("id", INTEGER, "Id."))

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        return {"id": row.get("id") or row.get("number"), "label": row["label"].strip()}


SeatsTap = tap_of(EventsStream, PollsStream, SeatsStream, VotesStream, ReportsStream)


def seats(*odd: Any) -> dict[str, Any]:
    good = [{"id": 1, "label": "A1"}, {"number": "2", "label": "A2"}]
    return {"data": {**POLLS, "seats": [good[0], *odd, good[1]]}}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (None, "no object in place of a row"),
        ([], "no object in place of a row"),
        ("secret", "no object in place of a row"),
        ({}, "no object in place of a row"),
        ({"label": "secret"}, "a row without id"),
        ({"id": None, "label": "secret"}, "a row without id"),
        ({"id": "", "label": "secret"}, "a row without id"),
        ({"id": "secret", "label": "x"}, "a row without id"),
        *(({"id": one, "label": "x"}, "a row without id") for one in (True, 1.5, "9" * 20)),
        ({"id": {"secret": 1}, "label": "x"}, "a row without id"),
        ({"id": 3, "label": 1}, "a row that is not as expected (AttributeError)"),
    ],
    ids=str,
)
def test_an_odd_row_is_set_aside_and_named_and_hides_no_other(
    api: ApiServer, odd: Any, reason: str
) -> None:
    api.on("/events/b/polls", seats(odd, odd)).on("/events/{}/polls", seats())
    result = run(api, tap_class=SeatsTap, select=["seats", "votes", "read_log"])
    assert result.exit_code == 1
    assert result.column("seats", "id") == [1, 2] * len(IDS)
    assert f"seats: {reason} (2 rows of b)" in result.log[-1]
    assert "secret" not in "\n".join(result.log)
    is_defect = "as expected" in reason  # whose place its author needs
    assert any(line.startswith("Traceback") for line in result.log) == is_defect
    logged = {(row["stream"], row["parent_id"]) for row in result.records("read_log")}
    assert {("seats", one) for one in IDS} - logged == {("seats", "b")}
    assert result.column("votes", "event_id") == IDS
    assert "votes" not in result.log[-1]


@pytest.mark.parametrize(
    ("value", "id_"),
    [(7, 7), ("7", 7), (7.0, 7), (2**63 - 1, 2**63 - 1), (2**63, None), (-(2**63) - 1, None)],
    ids=repr,
)
def test_an_id_is_one_where_its_column_can_hold_it(api: ApiServer, value: Any, id_: Any) -> None:
    """Else what hangs on the row would have it in its keys."""
    stream = SeatsTap(config=config_of(api)).event_streams["seats"]
    assert stream.id_of({"id": value, "number": None}) == id_


@pytest.mark.parametrize("value", [None, "", [], {"no": "id"}], ids=str)
def test_a_row_without_a_text_id_is_loaded_with_a_digest_in_its_place(
    api: ApiServer, value: Any
) -> None:
    """The same one in each run; equal rows are two rows."""
    odd = {"id": value, "name": "secret"}
    api.on("/events/{}/report", {"data": [{"id": 1}, odd, odd], "next": None})
    results = [run(api, select=["reports", "read_log"]) for _ in range(2)]
    for result in results:
        assert result.exit_code == 0
        ids = result.column("reports", "id")
        assert len(set(ids)) == 3
        assert "" not in ids
        assert {row["row_count"] for row in result.records("read_log")} == {3}
        assert "secret" not in "\n".join(result.log)
    assert results[0].column("reports", "id") == results[1].column("reports", "id")


def test_odd_rows_in_many_events_are_no_sign_of_an_api_that_fails(server: ApiServer) -> None:
    ids = [f"a{n:02}" for n in range(2 * FAILURES_IN_A_ROW)]
    server.on("/events", {"data": [{"id": n, "ends_at": ends(n)} for n in ids]})
    server.on("/events/{}/polls", seats(None))
    result = run(server, tap_class=SeatsTap, select=["seats"])
    assert result.column("seats", "id") == [1, 2] * len(ids)
    assert len(server.seen("/events")) == 1


@pytest.mark.usefixtures("quick_backoff")
def test_an_answer_in_which_no_row_is_as_expected_is_broken_and_asked_for_again(
    api: ApiServer,
) -> None:
    odd = {"data": [{"identifier": 1}, None], "next": None}
    api.on("/events/b/report", odd, {"data": [{"id": 1}], "next": None})
    api.on("/events/c/report", odd)
    result = run(api, select=["reports"], max_retries=1)
    assert result.exit_code == 1
    assert result.column("reports", "event_id") == ["a", "b", "d"]
    assert "no row of 2 has 'id' (c)" in result.log[-1]


@pytest.mark.parametrize(
    "odd",
    [{"ends_at": ends("a")}, {"id": {}}, None, {"id": "x", "ends_at": {}}],
    ids=str,
)
def test_of_a_parent_without_an_id_nothing_is_asked_and_that_is_named(
    api: ApiServer, odd: Any
) -> None:
    api.on("/events", {"data": [odd, *events("b")["data"]]})
    result = run(api, select=["people", "events", "visits"])
    assert result.exit_code == 1
    assert "visits: 1 row of events without an id (events)" in result.log[-1]
    assert set(result.column("visits", "event_id")) == {"b"}
    assert len(result.column("events", "id")) == (2 if odd else 1)
    assert result.column("people", "id") == ["1", "2"]


# Nothing at all can be read


@pytest.mark.parametrize("code", [401, 403])
def test_if_the_first_answer_is_a_refusal_the_run_stops_with_advice(
    api: ApiServer, code: int
) -> None:
    api.on("/people", status(code)).on("/events", status(code))
    result = run(api)
    assert result.exit_code == 1
    assert str(result.error).endswith("check the setting api_key")
    assert len(api.requests) == 1
    assert result.of_type("RECORD") == []


# What is settled


def test_a_second_run_requests_only_what_has_not_settled(api: ApiServer) -> None:
    select = ["visits", "read_log"]
    first = run(api, select=select, settle_days=days_since("c"))
    api.requests.clear()
    second = run(api, select=select, settle_days=days_since("c"), state=first.state)
    assert sorted(set(api.paths())) == ["/events", "/events/c/visits", "/events/d/visits"]
    assert "2 parents settled and not read again" in second.summary("visits")
    assert second.column("read_log", "parent_id") == ["c", "d"]


@pytest.mark.parametrize(("first", "second"), [("polls", "votes"), ("votes", "polls")])
def test_siblings_with_different_bookmarks_read_what_is_due_for_each(
    api: ApiServer, first: str, second: str
) -> None:
    """Whichever of them sends the requests."""
    state = run(api, select=[first], settle_days=days_since("d")).state
    api.requests.clear()
    result = run(api, select=[first, second], settle_days=days_since("d"), state=state)
    assert result.column(first, "event_id") == ["d"]
    assert result.column(second, "event_id") == IDS
    assert len(api.requests) == 1 + len(IDS)
    assert max(ends("d"), result.bookmark(first) or "") == result.bookmark(second)


def test_full_table_in_the_catalog_reads_everything_again(api: ApiServer) -> None:
    state = {"bookmarks": {"visits": {"replication_key_value": "2026-10-01T00:00:00Z"}}}
    catalog = catalog_of(visits="FULL_TABLE")
    result = run(api, catalog=catalog, state=state)
    assert sorted(set(result.column("visits", "event_id"))) == IDS


def test_nothing_that_ended_before_the_start_date_is_requested(api: ApiServer) -> None:
    result = run(api, select=["visits"], start_date="2026-01-03")
    assert sorted(set(result.column("visits", "event_id"))) == ["c", "d"]
    assert not api.seen("/events/a/visits")


@pytest.mark.parametrize("workers", [1, 4])
def test_state_never_runs_ahead_of_the_records(api: ApiServer, workers: int) -> None:
    """A run that is killed right after a STATE has written all that this state stands for."""
    complete = run(api, concurrency=workers)
    written: list[str] = []
    for message in complete.messages:
        if message["type"] == "RECORD" and message["stream"] == "visits":
            written.append(message["record"]["event_id"])
        if message["type"] == "STATE":
            kept = message["value"]["bookmarks"].get("visits", {}).get("replication_key_value")
            reached = [n for n in IDS if kept and ends(n) <= kept]
            assert set(reached) <= set(written)
            assert all(written.count(n) == 3 for n in reached)


# Shards


def test_what_has_no_parents_is_read_by_shard_0_alone(api: ApiServer) -> None:
    """Others read the list that their parents are in, and write none of it."""
    (one, two) = (run(api, shard_count=2, shard_index=index) for index in range(2))
    assert one.exit_code == two.exit_code == 0
    assert (len(one.records("people")), len(one.records("events"))) == (2, len(IDS))
    assert two.records("people") == two.records("events") == []
    assert api.paths().count("/people") == 1
    assert api.paths().count("/events") == 2
    assert two.summary("people") == "0 rows, 0 requests, read by shard 0"
    assert two.summary("events") == "0 rows, 1 requests, read by shard 0"
    assert "read by" not in one.summary("people") + one.summary("events") + two.summary("polls")
    logged = {row["stream"] for row in two.records("read_log")}
    assert logged == {"visits", "polls", "votes", "reports"}


def test_a_shard_that_leaves_everything_to_another_says_that_it_ran(api: ApiServer) -> None:
    """A run without any record looks to Meltano like a failed one."""
    idle = run(api, select=["people", "read_log"], shard_count=2, shard_index=1)
    assert (idle.exit_code, api.requests) == (0, [])
    assert idle.noted_run["shard"] == "1/2"
    settled = run(api, state=run(api).state, settle_days=0, shard_count=2, shard_index=1)
    assert settled.noted_run["shard"] == "1/2"


def test_a_shard_that_cannot_read_anything_notes_no_run(api: ApiServer) -> None:
    result = run(api.on("/events", status(401)), shard_count=2, shard_index=1)
    assert result.exit_code == 1
    assert result.of_type("RECORD") == []


# What was read


def test_the_read_log_has_a_row_per_stream_and_event(api: ApiServer) -> None:
    api.on("/events/b/visits", status(404))
    result = run(api)
    assert result.exit_code == 0
    log = result.records("read_log")
    assert sorted((row["stream"], row["parent_id"]) for row in log) == sorted(
        [("events", ""), ("people", "")]
        + [(stream, n) for stream in ("polls", "votes", "reports", "visits") for n in IDS]
    )
    by_key = {(row["stream"], row["parent_id"]): row for row in log}
    read = by_key["visits", "a"]
    assert (read["outcome"], read["reason"], read["row_count"]) == ("read", None, 3)
    absent = by_key["visits", "b"]
    assert (absent["outcome"], absent["reason"], absent["row_count"]) == ("absent", "HTTP 404", 0)
    assert {row["read_at"] for row in log} == set(result.column("visits", "read_at"))


# Rows


class TwinStream(EventStreamOfToy):
    """Takes the same list out of the shared answer as `polls` does, and makes keys in it."""

    name = "a_twin"
    source = PollsStream
    records_path = PollsStream.records_path
    primary_keys = ("event_id", "twin_key")
    surrogate_key = SurrogateKey("twin_key", lambda row: row["id"])
    columns = (*PollsStream.columns, key("twin_key", "Key."))


def test_streams_that_share_an_answer_do_not_see_each_others_keys(api: ApiServer) -> None:
    result = run(api, tap_class=tap_of(EventsStream, PollsStream, TwinStream))
    assert result.column("polls", "extra_fields") == [None] * len(IDS)
    assert result.column("a_twin", "extra_fields") == [None] * len(IDS)


class AdultsStream(PeopleStream):
    """Leaves out rows, as `post_process` may."""

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        return row if row.get("age", 0) >= 18 else None


def test_rows_that_post_process_leaves_out_are_neither_written_nor_counted(
    server: ApiServer,
) -> None:
    server.on("/people", {"data": [{"id": 1, "age": 30}, {"id": 2}, {"id": 3, "age": 18}]})
    result = run(server, tap_class=tap_of(AdultsStream))
    assert result.column("people", "id") == ["1", "3"]
    assert result.summary("people").startswith("2 rows, 1 requests")


# Deferred answers

NOT_READY = Reply(b"{}", 202)
REPORT: Script = {"data": [{"id": 1}], "next": None}


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back after hundredths of a second."""
    monkeypatch.setattr(ReportsStream, "poll_seconds", 0.05)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("workers", [1, 4])
def test_what_is_not_ready_is_asked_for_again_until_it_is(server: ApiServer, workers: int) -> None:
    server.on("/events", events(*IDS))
    for event_id in IDS:
        server.on(f"/events/{event_id}/report", NOT_READY, NOT_READY, REPORT)
    result = run(server, select=["reports"], concurrency=workers)
    assert result.exit_code == 0
    assert result.column("reports", "event_id") == IDS
    assert "8 answers not ready at first" in result.summary("reports")
    assert sorted(server.paths()) == [
        "/events",
        *(f"/events/{n}/report" for n in IDS for _ in "123"),
    ]


@pytest.mark.usefixtures("soon")
def test_a_later_page_may_be_not_ready_too(server: ApiServer) -> None:
    server.on("/events", events("a"))
    first: Script = {"data": [{"id": 1}], "next": "2"}
    server.on("/events/a/report", first, NOT_READY, {"data": [{"id": 2}], "next": None})
    result = run(server, select=["reports"])
    assert result.column("reports", "id") == ["1", "2"]
    assert [request.query.get("cursor") for request in server.requests[1:]] == [None, "2", "2"]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("answer", [NOT_READY, status(202, Retry_After="86400")], ids=str)
def test_what_never_gets_ready_is_a_named_failure_and_the_others_are_read(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, answer: Reply
) -> None:
    """A vendor that says tomorrow is not waited for either."""
    monkeypatch.setattr(ReportsStream, "pending_timeout_seconds", 0.2)
    server.on("/events", events(*IDS))
    server.on("/events/b/report", answer).on("/events/{}/report", REPORT)
    result = run(server, select=["reports"])
    assert result.exit_code == 1
    assert "not ready after" in result.log[-1]
    assert result.log[-1].endswith("(b)")
    assert result.column("reports", "event_id") == ["a", "c", "d"]


def test_what_is_not_ready_is_not_asked_for_before_retry_after(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReportsStream, "poll_seconds", 0.05)
    server.on("/events", events("a"))
    server.on("/events/a/report", status(202, Retry_After="1"), REPORT)
    result = run(server, select=["reports"])
    assert result.column("reports", "id") == ["1"]
    first, second = server.seen("/events/a/report")
    assert second.at - first.at >= 1


class MoreReportsStream(EarlyReportsStream):
    """A second kind of what the vendor first has to prepare."""

    name = "a_report"
    path = "/events/{event_id}"


DeferringTap = tap_of(EventsStream, MoreReportsStream, EarlyReportsStream, PollsStream)


def test_what_has_to_be_prepared_is_asked_for_before_anything_else_is_read(
    server: ApiServer,
) -> None:
    """So a run waits for one preparation, not for one per stream."""
    server.on("/events", events("a", "b")).on("/events/{}/polls", {"data": POLLS})
    for event_id in ("a", "b"):
        for path in (f"/events/{event_id}", f"/events/{event_id}/report"):
            server.on(path, NOT_READY, REPORT)
    result = run(server, tap_class=DeferringTap)
    assert result.exit_code == 0
    assert (
        result.column("a_report", "event_id") == result.column("reports", "event_id") == ["a", "b"]
    )
    asked = server.paths()
    assert sorted(asked[:5]) == [
        *("/events", "/events/a", "/events/a/report", "/events/b", "/events/b/report")
    ]
    assert asked[0] == "/events"
    assert len(asked) == 1 + 4 + 4 + 2


def test_what_is_absent_when_it_is_asked_for_early_is_not_asked_for_again(
    server: ApiServer,
) -> None:
    server.on("/events", events("a")).on("/events/{}/polls", {"data": POLLS})
    server.on("/events/a", REPORT).on("/events/a/report", status(404))
    result = run(server, tap_class=DeferringTap)
    assert "1 absent (HTTP 404): a" in result.summary("reports")
    assert server.paths().count("/events/a/report") == 1


def test_of_several_such_streams_none_is_waited_for_beyond_the_timeout(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EarlyReportsStream, "pending_timeout_seconds", 0.3)
    server.on("/events", events("a")).on("/events/{}/polls", {"data": POLLS})
    server.on("/events/{}", status(202, Retry_After="60"))
    server.on("/events/{}/report", status(202, Retry_After="60"))
    began = time.monotonic()
    result = run(server, tap_class=DeferringTap)
    assert time.monotonic() - began < 30
    assert "a_report, reports: not ready after" in result.log[-1]
    assert "reports: not ready after" in result.log[-1]


def test_what_is_true_of_many_answers_is_said_once_and_not_endlessly(
    server: ApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    stream = ToyTap(config=config_of(server)).event_streams["events"]
    for _ in range(3):
        stream.log_once("the same")
    assert [record.getMessage() for record in caplog.records] == ["events: the same"]
    for number in range(100):
        stream.log_once(str(number))
    assert len(caplog.records) < 30


class RecheckedVisitsStream(VisitsStream):
    """Visits of an event that may have left the list when it is asked for."""

    recheck_parent = (NotFound, BadResponse)


VanishingTap = tap_of(EventsStream, RecheckedVisitsStream)


@pytest.mark.parametrize("answer", [404, 500])
@pytest.mark.parametrize(
    ("listed_again", "is_gone"),
    [
        (events("a", "c"), True),
        (events(*IDS), False),
        ({"data": []}, False),
        ({"data": [{"id": "a"}, {"ends_at": None}]}, False),
        (status(500), False),
        ("not JSON", False),
        (status(202), False),
    ],
    ids=["it has left", "it is there", "empty", "no id", "an error", "nonsense", "not ready"],
)
def test_only_a_list_that_has_not_got_it_proves_that_a_parent_is_gone(
    api: ApiServer, answer: int, listed_again: Script, *, is_gone: bool
) -> None:
    """Else a night of trouble would hide for good what was read before."""
    api.on("/events", events(*IDS), listed_again)
    api.on("/events/b/visits", status(answer))
    result = run(api, tap_class=VanishingTap, max_retries=0)
    assert api.paths().count("/events") == 2
    assert result.exit_code == (0 if is_gone else 1)
    said = "absent (no longer in the list of events" if is_gone else f"NOT READ (HTTP {answer}"
    assert said in result.summary("visits")


def test_many_that_fail_ask_once_whether_their_parents_are_gone(api: ApiServer) -> None:
    many = [f"e{number}" for number in range(9)]
    api.on("/events", events(*many)).on("/events/{}/visits", status(404))
    run(api, tap_class=VanishingTap, max_retries=0)
    assert api.paths().count("/events") == 2


def test_what_went_away_during_a_run_is_read_when_it_is_back(api: ApiServer) -> None:
    api.on("/events", events(*IDS), events("a", "c"), events(*IDS))
    api.on("/events/b/visits", status(404))
    first = run(api, tap_class=VanishingTap, settle_days=0)
    assert first.exit_code == 0
    api.on("/events/b/visits", visits)
    second = run(api, tap_class=VanishingTap, settle_days=0, state=first.state)
    assert "b" in second.column("visits", "event_id")
