"""Answers that no page describes: what they must not do to the rest, and that they are named.

The API here is scripted, because a vendor that behaves so has no truth to equal.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from event_taps_core.testing import ApiServer, Reply, Seen
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.running import TapRunner, select
from tap_accelevents.client import SESSION_ANALYTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from event_taps_core.testing import Run

ApiError = tuple[int, Any]
"""A status, and a body: JSON, or bytes as they are."""

Query = Mapping[str, str]
KEY = "key-0123456789"
DETAILS = "session_analytics_details"
BARE_404: ApiError = (404, b"")
SESSION = r"/rest/host/session/(\d+)"
DAYS = 24
ROWS: dict[str, list[dict[str, Any]]] = {
    "orders": [{"orderId": number} for number in range(30)],
    "allAttendees": [{"barcode": number} for number in range(3)],
}
TRIED = 5
"""So many sessions are asked for at each path that may be that of their analytics."""


def page(rows: list[dict[str, Any]], query: Query) -> ApiError:
    number, size = int(query.get("page", 0)), int(query.get("size", 10))
    part = rows[number * size : (number + 1) * size]
    return 200, {"recordsTotal": len(rows), "data": part, "error": None}


def sessions(event: str, count: int) -> list[dict[str, Any]]:
    first = 1000 * (1 + "abcdefgh".index(event))
    return [
        {"sessionId": first + day, "title": "S", "endTime": f"2026/01/{day % DAYS + 1:02} 10:00"}
        for day in range(count)
    ]


def number_in(seen: Seen) -> int:
    """Return the id in a path."""
    return int(re.findall(r"\d+", seen.path)[-1])


def session(number: int) -> dict[str, Any]:
    return {
        "sessionId": number,
        "title": "S",
        "registerdHolderUsers": [{"eventTicketId": 10 * number}],
        "speakerList": [{"speakerId": 7}],
        "assetList": [{"id": number}],
    }


def found(seen: Seen) -> ApiError:
    """Answer with the session that a path names."""
    return 200, session(number_in(seen))


class Api(ApiServer):
    """An API whose answers a test may replace, one by one, and the tap that reads it."""

    def __init__(self, run_tap: TapRunner, catalog: dict[str, Any]) -> None:
        super().__init__()
        self.events = ["a"]
        self.count = 6
        self.odd: dict[str, ApiError | Callable[[Seen], ApiError | None]] = {}
        """What is answered where a path ends so; None is the usual answer."""
        self._run_tap = run_tap
        self._catalog = catalog

    def __call__(self, *streams: str, state: Any = None, **settings: Any) -> Run:
        given = {"api_url": self.api_url, "event_urls": self.events, **settings}
        catalog = select(self._catalog, *streams, "read_log")
        return self._run_tap(catalog=catalog, state=state, **given)

    @override
    def answer(self, seen: Seen) -> Reply:
        self.requests.append(seen)
        odd = (answer for ending, answer in self.odd.items() if re.search(f"{ending}$", seen.path))
        given = (answer(seen) if callable(answer) else answer for answer in odd)
        status, body = next(filter(None, given), None) or self.usual(seen)
        return Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), status)

    def usual(self, seen: Seen) -> ApiError:
        *_, event, last = seen.segments
        if last == "eventDetails":
            return 200, {"eventId": self.events.index(event) + 1, "timezoneId": "UTC"}
        if re.search(f"{SESSION}/analytics$", seen.path):
            return found(seen)
        if seen.path.endswith("/host/session/analytics"):
            return page(sessions(seen.query["eventurl"], self.count), seen.query)
        if "/session/" in seen.path and last != "attendee":
            return BARE_404
        rows = ROWS.get(last, [])
        if last == "session":
            rows = sessions(event, self.count)
        elif last == "attendee":
            rows = [{"eventTicketId": number_in(seen)}]
        return page(rows, seen.query)

    def times(self, pattern: str) -> int:
        return sum(re.search(pattern, path) is not None for path in self.paths())


@pytest.fixture
def api(tmp_path: Path, catalog: dict[str, Any]) -> Iterator[Api]:
    settings = {"api_key": KEY, "requests_per_minute": 0, "max_retries": 1}
    made = Api(TapRunner("tap-accelevents", settings, tmp_path), catalog)
    yield made
    made.close()


def ids(run: Run, stream: str, name: str = "session_id") -> list[int]:
    return sorted(row[name] for row in run.records(stream))


def outcomes(run: Run) -> Counter[tuple[str, str]]:
    return Counter((row["stream"], row["outcome"]) for row in run.records("read_log"))


# Sessions without records


@pytest.mark.parametrize(("workers", "odd"), [(1, 1000), (8, 1010)])
@pytest.mark.parametrize(
    "answer",
    [BARE_404, (500, b""), long((406, {"message": "no"})), long((403, b""))],
    ids=["404", "500", "406", "403"],
)
def test_listed_session_without_analytics_fails_alone_whatever_its_place_and_the_workers(
    api: Api, workers: int, odd: int, answer: ApiError
) -> None:
    """A path that has other sessions is kept, be there one that has them all."""
    api.count = 12
    api.odd = {f"/{odd}/analytics": answer, r"/session/analytics/\d+": found}
    run = api(DETAILS, "session_speakers", concurrency=workers)
    run.assert_failed_in_one_line(DETAILS, "session_speakers", f"({odd})", str(answer[0]))
    assert "set session_analytics_path" not in run.stderr
    assert api.times("/session/analytics/") == 0
    assert ids(run, DETAILS) == [one for one in range(1000, 1012) if one != odd]
    assert outcomes(run) == {(DETAILS, "read"): 11, ("session_speakers", "read"): 11}
    api.odd.clear()
    assert odd in ids(api(DETAILS, state=run.state, settle_days=0), DETAILS)


@pytest.mark.parametrize(("workers", "odd"), [(1, 1000), (8, 1010)])
def test_session_that_the_vendor_says_is_not_there_is_named_and_no_failure(
    api: Api, workers: int, odd: int
) -> None:
    """404800 at a path that has other sessions is the vendor's word, whatever the list says."""
    api.count = 12
    api.odd[f"/{odd}/analytics"] = (404, {"errorCode": 404800})
    run = api(DETAILS, "session_speakers", concurrency=workers).assert_good()
    assert f"1 absent (HTTP 404: 404800 no such session): {odd}" in run.summary(DETAILS)
    assert ids(run, DETAILS) == [one for one in range(1000, 1012) if one != odd]
    assert outcomes(run)[DETAILS, "absent"] == 1


@pytest.mark.parametrize(("workers", "right"), [(1, 1), (8, 2)])
@pytest.mark.parametrize(
    "wrong",
    [
        (404, {"errorCode": 404800}),
        long((403, b"")),
        (200, []),
        long((500, b"")),
        long((406, b"")),
    ],
    ids=["404800", "403", "no session", "500", "406"],
)
def test_only_records_settle_the_path(api: Api, workers: int, right: int, wrong: ApiError) -> None:
    paths = [r"/session/analytics/\d+", r"/event/a/session/\d+/analytics"]
    api.odd = dict.fromkeys(paths, wrong) | {paths[right - 1]: found}
    may_pass = wrong[0] in (200, 500)
    api.odd[SESSION + "/analytics"] = BARE_404 if may_pass else wrong
    run = api(DETAILS, concurrency=workers, max_retries=0).assert_good()
    assert len(run.records(DETAILS)) == 6
    assert run.stderr.count("put that into the setting session_analytics_path") == 1
    assert f"Session analytics are at {SESSION_ANALYTICS[right]}" in run.stderr
    assert api.times(SESSION + "/analytics") <= TRIED + workers


@pytest.mark.parametrize("is_there", [True, False])
def test_path_that_is_set_is_asked_first_and_the_known_ones_where_it_is_wrong(
    api: Api, *, is_there: bool
) -> None:
    api.odd[r"/rest/v2/session/\d+/analytics"] = found if is_there else BARE_404
    own = "/rest/v2/session/{session_id}/analytics"
    run = api(DETAILS, session_analytics_path=own, concurrency=1).assert_good()
    assert len(run.records(DETAILS)) == 6
    assert api.times("/rest/v2/") == (6 if is_there else 1 + TRIED)
    assert api.times("/rest/host/session/1000/analytics") == (0 if is_there else 2)


@pytest.mark.parametrize("workers", [1, 8])
def test_where_no_path_has_any_of_five_sessions_the_setting_is_named_and_others_are_still_tried(
    api: Api, workers: int
) -> None:
    api.count = 24
    tried = {1000, 1004, 1008, 1012, 1016}
    api.odd = {f"/host/session/{one}/analytics": BARE_404 for one in tried}
    run = api(DETAILS, "session_assets", concurrency=workers)
    run.assert_failed_in_one_line(DETAILS, "session_assets", "set session_analytics_path")
    assert set(ids(run, DETAILS)) == set(range(1000, 1024)) - tried
    assert api.times(r"/session/analytics/\d+$|/event/a/session/") == 2 * len(tried)


def test_outage_of_the_analytics_has_no_other_path_looked_for(api: Api) -> None:
    """What may pass says nothing about the path; so the setting is not named either."""
    api.odd["/analytics"] = (500, b"")
    run = api(DETAILS, concurrency=1, max_retries=0)
    run.assert_failed_in_one_line(DETAILS, "HTTP 500")
    assert "set session_analytics_path" not in run.stderr
    assert api.times("/analytics") == api.times(SESSION + "/analytics") == 6


def test_session_that_left_the_list_is_absent_whatever_is_said_of_it(api: Api) -> None:
    def gone(_: Seen) -> ApiError:
        api.count = 2
        return 500, b"<html>"

    api.count = 3
    api.odd["/1002/attendee"] = gone
    run = api("session_attendees", max_retries=0).assert_good()
    assert (
        "1 absent (no longer in the list of sessions (HTTP 500: an HTML page)): 1002"
        in run.summary("session_attendees")
    )


def test_what_was_asked_for_and_never_came_is_not_empty(api: Api) -> None:
    api.odd["/analytics"] = lambda seen: (200, {"sessionId": number_in(seen), "title": "S"})
    run = api("session_registrants", "session_speakers", "session_assets", DETAILS)
    run.assert_failed_in_one_line("registerdHolderUsers", "speakerList", "assetList")
    assert outcomes(run) == {(DETAILS, "read"): 6}
    api.odd.clear()
    again = api("session_registrants", state=run.state, settle_days=0)
    assert outcomes(again) == {("session_registrants", "read"): 6}


def test_list_that_is_missing_once_and_came_for_another_session_is_empty(api: Api) -> None:
    api.odd["/1000/analytics"] = (200, {"title": "S"})
    run = api("session_registrants").assert_good()
    assert outcomes(run) == {("session_registrants", "read"): 6}


def test_lists_of_a_session_may_be_spelled_like_their_siblings_and_be_in_an_envelope(
    api: Api,
) -> None:
    def enveloped(seen: Seen) -> ApiError:
        one = session(number_in(seen))
        one["registeredHolderUsers"] = one.pop("registerdHolderUsers")
        one["speakers"], one["assets"] = one.pop("speakerList"), one.pop("assetList")
        return 200, {"data": one, "error": None}

    api.odd["/analytics"] = enveloped
    streams = (DETAILS, "session_registrants", "session_speakers", "session_assets")
    run = api(*streams).assert_good()
    assert {name: len(run.records(name)) for name in streams} == dict.fromkeys(streams, 6)
    assert {json.dumps(row["extra_fields"]) for row in run.records(DETAILS)} == {"null"}


# The key


@pytest.mark.parametrize("workers", [1, 8])
def test_header_is_found_for_all_who_were_refused_with_the_old_one(api: Api, workers: int) -> None:
    """`Key` is good for the host's paths only, and the first answer of all is no answer."""
    api.events = list("abcdefgh")

    def refused(seen: Seen) -> ApiError | None:
        if seen.headers.get("Authorization") == f"Bearer {KEY}":
            return None
        time.sleep(0.02 * (1 + "abcdefgh".index(seen.segments[-3]) % 4))
        return 401, {"errorCode": 4010101}

    api.odd = {
        "": lambda _: (500, b"") if len(api.requests) <= 2 else None,
        "/staff/allAttendees": refused,
    }
    run = api("attendees", concurrency=workers, max_retries=3).assert_good()
    assert len(run.records("attendees")) == 24


@pytest.mark.parametrize("status", [400, 403, 500, 200])
def test_form_that_is_not_understood_is_not_accepted(api: Api, status: int) -> None:
    def answer(seen: Seen) -> ApiError | None:
        if seen.headers.get("Key"):
            return 401, b""
        return (status, b"<html>") if seen.headers.get("Authorization") == KEY else None

    api.odd[""] = answer
    assert len(api("events", "sessions").assert_good().records("sessions")) == 6


@pytest.mark.parametrize("code", [None, 4030201])
def test_key_that_works_is_kept_although_one_path_refuses_it(api: Api, code: int | None) -> None:
    api.odd = {
        "": lambda seen: (403, {"errorCode": code}) if seen.headers.get("Authorization") else None,
        "/allAttendees": (401, {"errorCode": 4010101}),
    }
    run = api("events", "attendees", "orders", "sessions")
    run.assert_failed_in_one_line("attendees: HTTP 401: 4010101")
    assert "orders" not in run.last_line
    assert len(run.records("orders")) == 30
    assert api.times("/allAttendees") == 3


def test_a_vendors_words_are_passed_on_without_keys_and_addresses(api: Api) -> None:
    def gone(seen: Seen) -> ApiError:
        said = f"No session {number_in(seen)} for jane@example.org, key {KEY}"
        return 404, {"errorCode": 404800, "message": said, "code": said}

    failed = (200, {"error": "Something went wrong for host"})
    api.odd = {"/attendee": gone, "/speaker": failed}
    run = api("session_attendees", "speakers", max_retries=0)
    run.assert_failed_in_one_line(
        "speakers", "HTTP 200 with an error: Something went wrong for host"
    )
    said = "404800 no such session: No session 1000 for ***@***, key ***"
    assert said in run.summary("session_attendees")
    for secret in ("jane@", KEY):
        assert secret not in run.stderr + run.stdout.decode()


# Lists


@pytest.mark.parametrize(
    "answer", [BARE_404, (404, b"<html>"), (406, {"errorCode": 40600013})], ids=str
)
def test_list_that_is_not_found_of_an_event_that_is_there_is_a_failure(
    api: Api, answer: ApiError
) -> None:
    api.odd = dict.fromkeys(("/a/session", "/summary", "/orders"), answer)
    run = api("events", "sessions", DETAILS, "exhibitors", "exhibitor_staff", "orders")
    run.assert_failed_in_one_line("sessions", "exhibitors", "orders", f"HTTP {answer[0]}")
    assert outcomes(run) == {("events", "read"): 1}
    assert api.times("/orders") == 1


def test_counters_of_tickets_are_one_row_where_somebody_registers_between_two_pages(
    api: Api,
) -> None:
    """Another pass finds the new ticket on its first page, which holds other counters by then."""
    tickets = [{"barcode": f"t{number}"} for number in range(150)]

    def answer(seen: Seen) -> ApiError:
        if seen.query["page"] == "1" and len(tickets) == 150:
            tickets.insert(0, {"barcode": "new"})
        status, body = page(tickets, seen.query)
        return status, {**body, "totalBookedTickets": len(tickets)}

    api.odd["/allAttendees"] = answer
    run = api("attendees", "attendee_summary")
    assert len(run.records("attendees")) == 151
    assert len(run.records("attendee_summary")) == 1


def test_analytics_of_another_event_are_not_taken_for_none(api: Api) -> None:
    """The path names no event: it may be the one that the key was made in."""
    api.events = ["a", "b", "c"]
    api.odd["/host/session/analytics"] = lambda seen: page(sessions("c", 6), seen.query)
    run = api("session_analytics")
    run.assert_failed_in_one_line("session_analytics", "(a, b)")
    assert {row["event_url"] for row in run.records("session_analytics")} == {"c"}
    assert outcomes(run) == {("session_analytics", "read"): 1}


@pytest.mark.parametrize("known", [{"TAG", "TRACK"}, {"TAG", "TRACK", "STATS"}], ids=len)
def test_expand_that_is_refused_is_asked_for_in_fewer_words_once_in_a_run(
    api: Api, known: set[str]
) -> None:
    api.events = ["a", "b", "c"]
    api.odd["/session"] = lambda seen: (
        None if set(seen.query["expand"].split(",")) <= known else (400, b"")
    )
    run = api("sessions", concurrency=1).assert_good()
    assert len(run.records("sessions")) == 18
    assert api.times("/session$") == 3 * 2 + (3 - len(known) + 1)
    assert run.stderr.count("WARNING") == 1


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        ("/1000/attendee", "session_attendees"),
        ("/1000/analytics", "session_registrants"),
        ("/session/analytics", "session_analytics"),
    ],
)
def test_row_without_an_id_hides_no_other_and_is_not_asked_for_again(
    api: Api, path: str, stream: str
) -> None:
    row = {"eventTicketId": None, "email": "someone@example.org"}
    rows = [row, {"eventTicketId": 7, "sessionId": 1001}, None]
    api.odd[path] = (200, {"title": "S", "registerdHolderUsers": rows, "data": rows})
    run = api("session_attendees", "session_registrants", "session_analytics", max_retries=3)
    run.assert_failed_in_one_line("a row without", "no object in place of a row", "1 row of ")
    assert "retries" not in run.stderr
    assert [row for row in run.records(stream) if 7 in row.values() or 1001 in row.values()]


@pytest.mark.parametrize(
    ("stream", "path", "answer", "said"),
    [
        ("orders", "/orders", {"data": None, "message": "Wrong"}, "an error beside them"),
        ("sessions", "/a/session", {"recordsTotal": 30, "data": []}, "the API counts 30"),
    ],
)
def test_no_rows_beside_a_count_or_an_error_are_asked_for_again_and_named(
    api: Api, stream: str, path: str, answer: Any, said: str
) -> None:
    api.odd[path] = (200, answer)
    run = api(stream)
    run.assert_failed_in_one_line(f"{stream}: no rows, and {said}")
    assert api.times(f"{path}$") == 2


@pytest.mark.parametrize(
    ("stream", "rows", "path"),
    [
        ("session_attendees", "eventTicketId", "/1000/attendee"),
        ("session_analytics", "sessionId", "/session/analytics"),
    ],
)
def test_page_that_is_ignored_is_named_where_it_is_full_and_what_came_is_loaded(
    api: Api, stream: str, rows: str, path: str
) -> None:
    api.count = 150
    api.odd[path] = (200, [{rows: 1000 + number} for number in range(100)])
    run = api(stream)
    run.assert_failed_in_one_line(f"{stream}: page 2 is page 1 again, and a full page came last")
    of_it = {1000 + number for number in range(100)}
    assert of_it <= {row.get("event_ticket_id", row["session_id"]) for row in run.records(stream)}


@pytest.mark.parametrize(
    ("stream", "path", "count", "one"),
    [
        ("orders", "/orders", 2, {"orderId": 1, "id": 10}),
        ("session_attendees", "/attendee", 4, {"eventTicketId": 1, "id": 10}),
        ("session_registrants", "/1000/analytics", 3, {"eventTicketId": 1, "id": 10}),
    ],
)
def test_rows_of_one_id_that_differ_are_said_once(
    api: Api, stream: str, path: str, count: int, one: dict[str, Any]
) -> None:
    rows = [one, one, {**one, "id": 11}, dict.fromkeys(one, 2)]
    api.count = 2
    lists = {"registeredHolderUsers": rows, "registerdHolderUsers": []}
    api.odd[path] = lambda seen: (
        (200, {"sessionId": 1000, **lists})
        if path.endswith("analytics")
        else page(rows, seen.query)
    )
    run = api(stream, max_retries=0).assert_good()
    name = next(iter(one))
    assert len(run.records(stream)) == count
    assert run.stderr.count(f"rows of one {name} differ; the first of them is kept") == 1


# Orders


@pytest.mark.parametrize(("status", "total"), [(400, None), (404, 30), (400, 31)])
def test_error_past_the_last_page_is_the_end_unless_more_are_counted(
    api: Api, status: int, total: int | None
) -> None:
    """It is no filter that is refused, nor an event that is not there."""

    def answer(seen: Seen) -> ApiError:
        first = 10 * int(seen.query["page"])
        rows = [{"orderId": number} for number in range(1 + first, min(11 + first, 31))]
        return (200, {"recordsTotal": total, "data": rows}) if rows else (status, b"")

    api.odd["/orders"] = answer
    first = api("orders")
    assert len(first.records("orders")) == 30
    if total == 31:
        first.assert_failed_in_one_line("orders", "and the API counts 31 rows but sent 30")
    else:
        first.assert_good()
        api.requests.clear()
        api("orders", state=first.state).assert_good()
        pages = [seen.query["page"] for seen in api.requests if seen.path.endswith("/orders")]
        assert pages == ["0", "1", "2", "3", "2", "3"]


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(0, 400, "is refused"), (1, 400, "fails (HTTP 400"), (1, 404, "fails (HTTP 404")],
)
def test_filter_that_is_refused_from_some_page_on_is_said_and_everything_is_read(
    api: Api, number: int, status: int, said: str
) -> None:
    """Beside it nothing is counted, so a full page may not be the last."""

    def answer(seen: Seen) -> ApiError:
        if "searchTimeStamp" in seen.query and int(seen.query["page"]) >= number:
            return status, b""
        return page([{"orderId": 1 + number} for number in range(250)], seen.query)

    api.odd["/orders"] = answer
    first = api("orders").assert_good()
    run = api("orders", state=first.state).assert_good()
    assert len({row["order_id"] for row in run.records("orders")}) == 250
    assert outcomes(run) == {("orders", "read"): 1}
    assert f"searchTimeStamp {said}" in run.stderr
