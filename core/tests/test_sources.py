"""Streams that share an answer, and parents that are looked up again."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from event_taps_core import (
    EventStream,
    NotFound,
    PageEvidence,
    Pages,
    Place,
    SurrogateKey,
)

from .runs import config_of, run
from .toy_tap import EventsStream, EventStreamOfToy, PollsStream, VotesStream, tap_of

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

    from event_taps_core.testing.api_server import ApiServer, Seen


EVENTS = {"data": [{"id": "a", "ends_at": None}]}


class PagedPollsStream(PollsStream):
    """Polls in pages, of which the last one comes again and again."""

    @override
    def get_new_paginator(self) -> Pages:
        return Pages(Place(0, 0), PageEvidence(2), itemgetter("id"))

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        return {"page": next_page_token.page if next_page_token else 0}


class PagedVotesStream(VotesStream):
    """What comes beside the polls, without ids."""

    source = PagedPollsStream
    surrogate_key = SurrogateKey("vote_key", lambda row: row["person"])


def page(seen: Seen) -> dict[str, Any]:
    """Answer with one of three pages; the last one also in place of those after it."""
    number = min(int(seen.query["page"]), 2)
    return {"data": {"polls": [{"id": f"p{number}"}], "votes": [{"person": f"v{number}"}]}}


@pytest.mark.parametrize("select", [["polls", "votes"], ["votes"]], ids=str)
def test_every_page_is_read_for_all_readers_and_one_that_comes_again_for_none(
    server: ApiServer, select: list[str]
) -> None:
    server.on("/events", EVENTS).on("/events/a/polls", page)
    tap_class = tap_of(EventsStream, PagedPollsStream, PagedVotesStream)
    result = run(server, tap_class=tap_class, select=select)
    assert result.exit_code == 0
    assert result.column("votes", "person") == ["v0", "v1", "v2"]


class SuspiciousVotesStream(VotesStream):
    recheck_parent = (NotFound,)


class ChildOfPollsStream(EventStreamOfToy):
    name = "children"
    path = "/events/{event_id}/report"
    parent = PollsStream


@pytest.mark.parametrize(
    "streams",
    [
        (EventsStream, VotesStream),
        (EventsStream, PollsStream, SuspiciousVotesStream),
        (EventsStream, PollsStream, VotesStream, ChildOfPollsStream),
    ],
    ids=["it is not there", "one of them asks its parent again", "it has children"],
)
def test_a_source_that_cannot_feed_its_readers_is_the_authors_mistake(
    server: ApiServer, streams: tuple[type[EventStream], ...]
) -> None:
    with pytest.raises(ValueError, match=r"^votes: .*source"):
        _ = tap_of(*streams)(config=config_of(server)).streams
