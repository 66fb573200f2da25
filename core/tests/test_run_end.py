"""What the read log says of a run: how it ended, what it needed, and what it could not read."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from event_taps_core import NotFound
from event_taps_core.testing.api_server import ApiServer, status

from .runs import Run, run, stream_names
from .toy_tap import EventsStream, PeopleStream, VisitsStream, tap_of

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

    from event_taps_core.testing.api_server import Seen

IDS = [f"e{number}" for number in range(7)]
SELECT = ["people", "events", "visits", "read_log"]


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    return (
        server.on("/people", {"data": [{"id": 1}, {"id": 2}]})
        .on("/events", {"data": [{"id": one, "ends_at": "2026-01-01T00:00:00Z"} for one in IDS]})
        .on("/events/{}/visits", {"data": [{"person": "ada"}], "next": None})
    )


def rows_of_run(result: Run) -> list[dict[str, Any]]:
    rows = [message["record"] for message in result.of_type("RECORD", "read_log")]
    return [row for row in rows if row["stream"] == "read_log"]


def failures(result: Run) -> list[tuple[str, str, int]]:
    found = result.noted_run["failures"] or []
    return [(one["stream"], one["reason"], one["parts"]) for one in found]


def test_a_run_says_at_its_end_what_it_needed(api: ApiServer) -> None:
    result = run(api, select=SELECT)
    began, end = rows_of_run(result)
    counts = ("ended_at", "row_count", "request_count", "failures")
    assert [began[name] for name in counts] == [None] * 4
    assert {**end, **dict.fromkeys(counts)} == began, "the same row, so that it replaces the first"
    assert end["row_count"] == sum(len(result.records(name)) for name in SELECT[:-1])
    assert end["request_count"] == len(api.requests)
    assert end["failures"] is None
    started, ended = (datetime.fromisoformat(end[name]) for name in ("read_at", "ended_at"))
    assert started < ended < datetime.now().astimezone()


def test_it_says_so_after_all_records_and_before_the_last_state(api: ApiServer) -> None:
    first, *_, last_but_one, last = [
        message for message in run(api, select=SELECT).messages if message["type"] != "SCHEMA"
    ]
    assert first["type"] == last_but_one["type"] == "RECORD"
    assert last_but_one["record"]["ended_at"]
    assert last["type"] == "STATE"


def test_what_failed_is_counted_by_stream_and_reason_and_mended_by_the_next_run(
    api: ApiServer,
) -> None:
    api.on("/people", status(400)).on("/events/e1/visits", status(400))
    api.on("/events/e2/visits", status(400)).on("/events/e3/visits", status(405))
    result = run(api, select=SELECT)
    assert result.exit_code == 1
    assert result.log[-1] == (
        "tap-toy: not everything was read: people: HTTP 400 (the whole stream); "
        "visits: HTTP 400 (e1, e2); visits: HTTP 405 (e3)"
    )
    assert result.column("visits", "event_id") == ["e0", "e4", "e5", "e6"]
    assert failures(result) == [
        *(("people", "HTTP 400", 1), ("visits", "HTTP 400", 2), ("visits", "HTTP 405", 1))
    ]
    for path in ("people", *(f"events/e{number}/visits" for number in (1, 2, 3))):
        api.on(f"/{path}", {"data": [], "next": None})
    mended = run(api, select=SELECT, state=result.state)
    assert failures(mended) == []
    assert mended.noted_run["continues"] == result.noted_run["parent_id"]


def test_a_refused_run_leaves_a_row_that_no_state_names(api: ApiServer) -> None:
    """Nothing was read, so that there is nothing that a later run goes on from."""
    first = run(api)
    api.on("/people", status(401)).on("/events", status(401))
    refused = run(api, state=first.state)
    assert refused.exit_code == 1
    assert [message["record"] for message in refused.of_type("RECORD")] == [refused.noted_run]
    assert refused.noted_run["outcome"] == "failed"
    assert failures(refused) == [
        (stream, str(refused.error), 1) for stream in sorted(stream_names()) if stream != "read_log"
    ]
    assert refused.state["bookmarks"]["read_log"] == first.state["bookmarks"]["read_log"]


def test_a_refused_run_leaves_none_if_it_goes_on_from_no_other(api: ApiServer) -> None:
    """Meltano's `config test` passes no state, and takes any record for a success."""
    api.on("/people", status(401)).on("/events", status(401))
    assert run(api).of_type("RECORD") == []


def test_a_shard_names_no_stream_that_another_one_reads(api: ApiServer) -> None:
    shard: dict[str, Any] = {"shard_count": 2, "shard_index": 1}
    first = run(api, select=SELECT, **shard)
    assert first.noted_run["ended_at"]
    api.on("/events", status(401))
    refused = run(api, select=SELECT, state=first.state, **shard)
    assert [stream for stream, _, _ in failures(refused)] == ["visits"]


def test_where_nothing_is_at_the_address_each_stream_has_failed(api: ApiServer) -> None:
    """What is absent everywhere is not known to be absent."""
    state = run(api, select=SELECT).state
    api.on("/people", status(404)).on("/events", status(404))
    result = run(api, select=SELECT, state=state)
    assert result.noted_run["outcome"] == "failed"
    assert {stream for stream, _, _ in failures(result)} == {"people", "events", "visits"}


def test_a_run_that_had_nothing_to_read_leaves_no_row(server: ApiServer) -> None:
    assert run(server, select=["read_log"]).of_type("RECORD") == []


class AdaIsADefect(VisitsStream):
    """Fails with a person in its words."""

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        kind = NotFound if (context or {})["event_id"] == "e0" else ValueError
        raise kind("nobody expected ada@example.org")


def test_a_reason_names_nobody(api: ApiServer) -> None:
    result = run(api, tap_class=tap_of(EventsStream, AdaIsADefect))
    absent = [row["reason"] for row in result.records("read_log") if row["outcome"] == "absent"]
    assert absent == ["nobody expected ***@***"]
    assert failures(result) == [("visits", "defect: ValueError('nobody expected ***@***')", 6)]


def test_flattening_makes_text_of_the_failures(api: ApiServer) -> None:
    def refused(seen: Seen) -> Any:
        return status(400) if "e1" in seen.segments else {"data": [], "next": None}

    api.on("/events/{}/visits", refused)
    result = run(api, select=SELECT, flattening_enabled=True, flattening_max_depth=1)
    assert json.loads(result.noted_run["failures"]) == [
        {"stream": "visits", "reason": "HTTP 400", "parts": 1}
    ]


def test_a_whole_stream_that_is_not_there_is_absent_where_others_are(api: ApiServer) -> None:
    api.on("/people", status(404))
    result = run(api, tap_class=tap_of(EventsStream, VisitsStream, PeopleStream))
    assert result.exit_code == 0
    assert "1 absent (HTTP 404)" in result.summary("people")


def test_rows_that_a_stream_map_makes_beside_a_streams_own_are_not_counted(api: ApiServer) -> None:
    maps = {"people": {}, "twins": {"__source__": "people"}}
    result = run(api, select=["people", "read_log"], stream_maps=maps)
    assert len(result.records("twins")) == result.noted_run["row_count"] == 2
