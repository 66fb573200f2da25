"""Streams that share an answer, and parents that are looked up again."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from typing_extensions import override

from event_taps_core import (
    BadResponse,
    EventStream,
    NotFound,
    PageEvidence,
    Pages,
    Place,
    SurrogateKey,
)
from event_taps_core.schema import TEXT, column, key
from event_taps_core.testing.api_server import ApiServer, Seen, status

from .runs import config_of, run
from .toy_tap import EVENT_COLUMNS, EventsStream, EventStreamOfToy, PollsStream, ToyTap, VotesStream

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context


EVENTS = {"data": [{"id": "a", "ends_at": None}]}


class PagedPollsStream(PollsStream):
    """Polls in pages, of which the last one comes again and again."""

    @override
    def get_new_paginator(self) -> Pages:
        return Pages(Place(0, 0), PageEvidence(2), itemgetter("id"))

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        return {"page": next_page_token.page if next_page_token else 0}


class PagedVotesStream(EventStreamOfToy):
    """What comes beside the polls, without ids."""

    name = "votes"
    source = PagedPollsStream
    primary_keys = ("event_id", "vote_key")
    records_path = ("data", "votes")
    surrogate_key = SurrogateKey("vote_key", lambda row: row["person"])
    columns = (*EVENT_COLUMNS, key("vote_key", "Key."), column("person", TEXT, "Who."))


class PagedTap(ToyTap):
    stream_classes: ClassVar[tuple[type[EventStream], ...]] = (
        EventsStream,
        PagedPollsStream,
        PagedVotesStream,
    )


def page(seen: Seen) -> dict[str, Any]:
    """Answer with one of three pages; the last one also in place of those after it."""
    number = min(int(seen.query["page"]), 2)
    return {"data": {"polls": [{"id": f"p{number}"}], "votes": [{"person": f"v{number}"}]}}


@pytest.mark.parametrize("select", [["polls", "votes"], ["votes"]], ids=str)
def test_every_page_is_read_for_all_readers_and_one_that_comes_again_for_none(
    server: ApiServer, select: list[str]
) -> None:
    server.on("/events", EVENTS).on("/events/a/polls", page)
    result = run(server, tap_class=PagedTap, select=select)
    assert result.exit_code == 0
    assert result.column("votes", "person") == ["v0", "v1", "v2"]


class LonelyVotesTap(ToyTap):
    stream_classes = (EventsStream, VotesStream)


class SuspiciousVotesStream(VotesStream):
    recheck_parent = (NotFound,)


class SuspiciousVotesTap(ToyTap):
    stream_classes = (EventsStream, PollsStream, SuspiciousVotesStream)


class ChildOfPollsStream(EventStreamOfToy):
    name = "children"
    path = "/events/{event_id}/report"
    parent = PollsStream
    columns = (*EVENT_COLUMNS, key("id", "Id."))


class ParentTap(ToyTap):
    stream_classes = (EventsStream, PollsStream, VotesStream, ChildOfPollsStream)


@pytest.mark.parametrize("tap_class", [LonelyVotesTap, SuspiciousVotesTap, ParentTap])
def test_a_source_that_cannot_feed_its_readers_is_the_authors_mistake(
    server: ApiServer, tap_class: type[ToyTap]
) -> None:
    with pytest.raises(ValueError, match=r"^votes: .*source"):
        _ = tap_class(config=config_of(server)).streams


class RecheckedReportsStream(EventStreamOfToy):
    name = "reports"
    path = "/events/{event_id}/report"
    primary_keys = ("event_id", "id")
    recheck_parent = (BadResponse,)
    columns = (*EVENT_COLUMNS, key("id", "Id."))


class RecheckedTap(ToyTap):
    stream_classes = (EventsStream, RecheckedReportsStream)


def test_a_list_that_is_not_ready_when_it_is_asked_for_again_proves_nothing(
    server: ApiServer,
) -> None:
    """And is not asked for over and over."""
    server.on("/events", EVENTS, status(202)).on("/events/a/report", status(500))
    result = run(server, tap_class=RecheckedTap, max_retries=0)
    assert "NOT READ (HTTP 500)" in result.summary("reports")
    assert server.paths().count("/events") == 2


@pytest.mark.parametrize("end", [{}, [1], {"day": 1}], ids=str)
def test_an_odd_end_of_one_parent_hides_no_other(server: ApiServer, end: Any) -> None:
    odd = {"id": "odd", "ends_at": end}
    server.on("/events", {"data": [odd, *EVENTS["data"]]})
    server.on("/events/{}/polls", {"data": {"polls": [{"id": "p"}], "votes": []}})
    result = run(server, select=["polls"])
    assert result.exit_code == 1
    assert result.column("polls", "event_id") == ["a"]
    assert "1 row of events without an id" in result.log[-1]
