"""Parents of parents, and pages that end in strange ways."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from event_taps_core.pages import Counts, PageEvidence, Pages, Place
from event_taps_core.schema import key
from event_taps_core.testing.api_server import ApiServer, Seen, status
from event_taps_core.testing.api_server import Scripted as Body

from .runs import run
from .toy_tap import EarlyReportsStream, EventsStream, EventStreamOfToy, tap_of

if TYPE_CHECKING:
    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import Row

# Rooms of events, and the seats of rooms


class RoomsStream(EventStreamOfToy):
    name = "rooms"
    path = "/events/{event_id}/rooms"

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "room_id": str(record["id"])}


class SeatsStream(RoomsStream):
    name = "seats"
    path = "/events/{event_id}/rooms/{room_id}/seats"
    parent = RoomsStream
    parent_key = "room_id"
    primary_keys = ("room_id", "id")
    columns = (*RoomsStream.columns, key("room_id", "The room."))


class PlansStream(SeatsStream):
    name = "plans"
    path = "/events/{event_id}/rooms/{room_id}/plan"
    deferred = True


VenueTap = tap_of(EventsStream, RoomsStream, SeatsStream)
PreparingTap = tap_of(EventsStream, RoomsStream, SeatsStream, PlansStream, EarlyReportsStream)


@pytest.fixture
def venue(server: ApiServer) -> ApiServer:
    """Three events, each with two rooms, each with one seat."""
    server.on(
        "/events",
        {"data": [{"id": n, "ends_at": f"2026-01-0{i}T00:00:00Z"} for i, n in enumerate("abc", 1)]},
    )

    def rooms(seen: Seen) -> Body:
        return {"data": [{"id": f"{seen.segments[3]}{n}"} for n in (1, 2)]}

    server.on("/events/{}/rooms", rooms)
    server.on("/events/{}/report", {"data": [{"id": 1}], "next": None})
    server.on("/events/{}/rooms/{}/plan", {"data": [{"id": 1}], "next": None})
    return server.on("/events/{}/rooms/{}/seats", {"data": [{"id": 1}]})


@pytest.mark.parametrize("workers", [1, 4])
def test_parents_of_parents_are_requested_once(venue: ApiServer, workers: int) -> None:
    result = run(venue, tap_class=VenueTap, concurrency=workers)
    assert result.exit_code == 0
    assert result.column("seats", "room_id") == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert result.column("seats", "event_id") == ["a", "a", "b", "b", "c", "c"]
    assert sorted(venue.paths()) == sorted(
        ["/events", *(f"/events/{n}/rooms" for n in "abc")]
        + [f"/events/{n}/rooms/{n}{m}/seats" for n in "abc" for m in (1, 2)]
    )


def test_rooms_of_settled_events_are_not_requested_for_their_seats(venue: ApiServer) -> None:
    days = (datetime.now(UTC) - datetime(2026, 1, 3, tzinfo=UTC)).days + 1
    state = run(venue, tap_class=VenueTap, select=["seats"], settle_days=days).state
    venue.requests.clear()
    run(venue, tap_class=VenueTap, select=["seats"], state=state, settle_days=days)
    assert sorted(venue.paths()) == [
        *("/events", "/events/c/rooms", "/events/c/rooms/c1/seats", "/events/c/rooms/c2/seats")
    ]


def test_rooms_that_cannot_be_read_are_named_and_the_others_seats_are_read(
    venue: ApiServer,
) -> None:
    """Once, also where they were met when plans were asked for early."""
    venue.on("/events/b/rooms", status(400)).on("/events/c/rooms", status(404))
    result = run(venue, tap_class=PreparingTap)
    assert result.exit_code == 1
    assert "rooms: HTTP 400 (b)" in result.log[-1]
    assert "plans, seats: HTTP 400 (rooms of b)" in result.log[-1]
    assert "1 absent (HTTP 404): rooms of c" in result.summary("seats")
    assert result.column("seats", "event_id") == ["a", "a"]


@pytest.mark.parametrize(
    ("place", "working"),
    [
        ("/events/b/rooms", {"data": [{"id": "b1"}, {"id": "b2"}]}),
        ("/events/b/rooms/b1/seats", {"data": [{"id": 1}]}),
    ],
)
def test_what_hangs_on_a_failed_list_is_read_again(
    venue: ApiServer, place: str, working: Body
) -> None:
    """An event has been read when all of its rooms have."""
    venue.on(place, status(400))
    first = run(venue, tap_class=VenueTap, settle_days=0)
    venue.on(place, working)
    second = run(venue, tap_class=VenueTap, settle_days=0, state=first.state)
    assert "b1" in second.column("seats", "room_id")
    third = run(venue, tap_class=VenueTap, settle_days=0, state=second.state)
    assert third.column("seats", "room_id") == []


def test_an_event_without_rooms_is_read_when_they_are_listed(venue: ApiServer) -> None:
    venue.on("/events/b/rooms", {"data": []}).on("/events/a/rooms", status(404))
    first = run(venue, tap_class=VenueTap, settle_days=0)
    venue.requests.clear()
    run(venue, tap_class=VenueTap, select=["seats"], settle_days=0, state=first.state)
    assert not venue.seen("/events/a/rooms")
    assert not venue.seen("/events/b/rooms")


# Pages


class CountedPages(Pages):
    """Numbers pages; rows may come twice when people register meanwhile."""

    @override
    def counts_of(self, response: requests.Response) -> Counts:
        return Counts(total=response.json().get("total"))


class PagedRoomsStream(RoomsStream):
    @override
    def get_new_paginator(self) -> CountedPages:
        return CountedPages(Place(0, 1), PageEvidence(10, max_passes=1), itemgetter("id"))

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        return {"page": next_page_token.page}


class MovingRoomsStream(PagedRoomsStream):
    @override
    def get_new_paginator(self) -> CountedPages:
        return CountedPages(Place(0, 1), PageEvidence(10), itemgetter("id"))


FIRST, SECOND = {"data": [{"id": "1"}, {"id": "2"}]}, {"data": [{"id": "3"}]}
ALL = {**FIRST, "total": 2}
NONE: dict[str, Any] = {"data": []}


@pytest.mark.parametrize(
    ("answers", "pages", "rows", "failure"),
    [
        ([FIRST, SECOND, NONE], "123", 3, ""),
        ([FIRST, SECOND, status(404), SECOND, status(404)], "12323", 3, ""),
        ([FIRST, status(404), FIRST, SECOND, NONE], "12123", 3, ""),  # it comes once
        ([FIRST, status(404), status(404)], "121", 2, "HTTP 404 after 1 pages"),  # it is gone
        ([FIRST, status(404), NONE, status(404)], "1212", 2, "HTTP 404 after 1 pages"),
        ([FIRST, status(404), FIRST, status(410)], "1212", 2, "HTTP 410 after 1 pages"),
        ([FIRST, status(400)], "12", 2, "HTTP 400 after 1 pages"),  # no error of a page
        ([FIRST, status(403)], "12", 2, "HTTP 403"),
        ([ALL, status(400)], "12", 2, ""),  # but there is no page
        ([ALL, status(403)], "12", 2, "HTTP 403"),
        ([{**FIRST, "total": 3}, status(404), FIRST, status(404)], "1212", 2, "counts 3 rows"),
        ([status(400)], "1", 0, "HTTP 400"),
    ],
)
def test_an_error_in_place_of_a_page_may_be_the_end(
    server: ApiServer, answers: list[Any], pages: str, rows: int, failure: str
) -> None:
    """If the page before is still there, and it comes again; or if all came that is counted."""
    server.on("/events", {"data": [{"id": "a"}]})
    server.on("/events/a/rooms", *answers)
    result = run(server, tap_class=tap_of(EventsStream, PagedRoomsStream), select=["rooms"])
    assert len(result.column("rooms", "id")) == rows
    assert "".join(seen.query["page"] for seen in server.seen("/events/a/rooms")) == pages
    assert ("NOT READ" in result.summary("rooms")) is bool(failure)
    assert failure in result.summary("rooms")


def test_a_page_that_is_asked_for_again_shows_that_rows_have_moved(server: ApiServer) -> None:
    """One went, so another slid from the page that is an error to the one before it."""
    before, after = ({"data": [{"id": id_} for id_ in ids]} for ids in ("123", "234"))
    server.on("/events", {"data": [{"id": "a"}]})
    answers: list[Any] = [before, status(404), *[after, status(404)] * 3]
    server.on("/events/a/rooms", *answers)
    result = run(server, tap_class=tap_of(EventsStream, MovingRoomsStream), select=["rooms"])
    assert sorted(result.column("rooms", "id")) == ["1", "2", "3", "4"]
    pages = "".join(seen.query["page"] for seen in server.seen("/events/a/rooms"))
    assert pages == "1212" * 2
    assert result.exit_code == 0
