"""What changed since the last complete reading, partition by partition, and nothing is missed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from event_taps_core import ACCOUNT, ChangedSince, EventStream, ReadAgain, merge_states, rfc3339
from event_taps_core.schema import key
from event_taps_core.shards import Shard
from event_taps_core.testing.api_server import ApiServer, Reply, Script, Scripted, Seen, status

from .runs import Run, catalog_of, run, stream_names
from .toy_tap import EventsStream, EventStreamOfToy, tap_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Context

    from event_taps_core import Page, Remark, Row, Wait

IDS = ["a", "b", "c"]
OVERLAP = timedelta(minutes=5)
LOADED_MACHINE = timedelta(minutes=1)


class _Asking(EventStream):
    incremental = ChangedSince
    replication_key = "read_at"

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        since = self.progress.since(context)
        return {"since": rfc3339(since)} if since else {}


class WholeChangesStream(_Asking):
    """One list with what changed."""

    name = "changes"
    path = "/changes"
    primary_keys = ("id",)
    records_path = ("data",)
    columns = (key("id", "Id."),)
    overlap = timedelta(days=2)


class EventChangesStream(_Asking, EventStreamOfToy):
    """A list for each event."""

    name = "event_changes"
    path = "/events/{event_id}/changes"


class TagsStream(_Asking):
    """A list for each tag that a setting names."""

    name = "tags"
    path = "/tags/{tag_id}"
    id_setting = "tag_ids"
    parent_key = "tag_id"
    primary_keys = ("tag_id", "id")
    records_path = ("data",)
    columns = (key("tag_id", "The tag."), key("id", "Id."))


ChangesTap = tap_of(EventsStream, WholeChangesStream, EventChangesStream, TagsStream)


def changes(seen: Seen) -> Scripted:
    """Answer with one row if there is a `since`, else with two."""
    row: Row = {"id": "new"}
    return {"data": [row] if "since" in seen.query else [{"id": "old"}, row]}


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    listed = [{"id": one, "ends_at": "2026-01-01T00:00:00Z"} for one in IDS]
    server.on("/events", {"data": listed})
    return server.on("/events/{}/changes", changes).on("/changes", changes).on("/tags/{}", changes)


def read(server: ApiServer, *streams: str, **changes: Any) -> Run:
    server.requests.clear()
    return run(server, tap_class=ChangesTap, select=[*streams, "read_log"], **changes)


def sinces(server: ApiServer, path: str) -> dict[str, str | None]:
    """Return the last `since` by partition, for paths such as `/events/{}/changes`."""
    head, _, tail = path.partition("{}")
    return {
        sent.removeprefix(head).removesuffix(tail): request.query.get("since")
        for sent, request in zip(server.paths(), server.requests, strict=True)
        if sent.startswith(head) and sent.endswith(tail) and sent != "/events"
    }


def partitions(result: Run, stream: str = "event_changes") -> dict[str, datetime]:
    """Return the bookmarks of a stream's partitions."""
    kept = result.state["bookmarks"][stream]["partitions"]
    found = {}
    for partition in kept:
        assert set(partition) == {"context", "replication_key", "replication_key_value"}
        assert partition["replication_key"] == "read_at"
        (item,) = partition["context"].values()
        assert item not in found, "a partition has one bookmark"
        found[item] = datetime.fromisoformat(partition["replication_key_value"])
    return found


def state_of(stream: str, bookmarks: dict[str, str], key: str = "event_id") -> dict[str, Any]:
    """Write state in the SDK's form."""
    kept = [
        {"context": {key: one}, "replication_key": "read_at", "replication_key_value": bookmark}
        for one, bookmark in bookmarks.items()
    ]
    return {"bookmarks": {stream: {"partitions": kept}}}


OLD = "2026-02-01T00:00:00Z"
NEVER = "2999-01-01T00:00:00Z"

# A whole reading, then changes


def test_what_has_to_be_read_again_in_full_has_no_bookmark(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = EventChangesStream.read_partition

    def with_a_key_of_one_reading(
        self: EventStream, context: Context | None
    ) -> Iterator[Page | Wait | Remark]:
        yield from reading(self, context)
        if (context or {})["event_id"] == IDS[0]:
            yield ReadAgain(self.name)

    read_whole = read(api, "event_changes")
    monkeypatch.setattr(EventChangesStream, "read_partition", with_a_key_of_one_reading)
    second = read(api, "event_changes", state=read_whole.state)
    third = read(api, "event_changes", state=second.state)
    assert third.exit_code == 0
    asked = sinces(api, "/events/{}/changes")
    assert {event for event in IDS if asked[event] is None} == {IDS[0]}


def test_the_first_reading_is_whole_and_later_ones_ask_for_what_changed(api: ApiServer) -> None:
    """A reading of changes replaces nothing: what it does not hold is not gone."""
    first = read(api, "changes", "event_changes")
    assert sinces(api, "/events/{}/changes") == dict.fromkeys(IDS)
    assert api.seen("/changes")[0].query == {}
    logged = [(row["stream"], row["parent_id"], row["row_count"]) for row in log_of(first)]
    assert logged == [("changes", "", 2), *(("event_changes", one, 2) for one in IDS)]
    second = read(api, "changes", "event_changes", state=first.state)
    for event_id, since in sinces(api, "/events/{}/changes").items():
        assert datetime.fromisoformat(str(since)) == partitions(first)[event_id]
    assert api.seen("/changes")[0].query == {"since": first.bookmark("changes")}
    assert second.column("event_changes", "id") == ["new"] * 3
    assert log_of(second) == []
    assert first.exit_code == second.exit_code == 0


def log_of(result: Run) -> list[dict[str, Any]]:
    rows = [row for row in result.records("read_log") if row["stream"] != "events"]
    return sorted(rows, key=lambda row: (row["stream"], row["parent_id"]))


def test_each_partition_goes_on_from_its_own_bookmark_if_that_is_of_use(api: ApiServer) -> None:
    """One from the future is from a wrong clock: nobody knows what was missed since."""
    bookmarks = {"a": OLD, "b": NEVER, "gone": OLD}
    result = read(api, "event_changes", state=state_of("event_changes", bookmarks))
    assert sinces(api, "/events/{}/changes") == {"a": OLD, "b": None, "c": None}
    assert [row["parent_id"] for row in log_of(result)] == ["b", "c"]
    kept = partitions(result)
    assert set(kept) == {*IDS, "gone"}
    assert kept["gone"] == datetime.fromisoformat(OLD)
    assert max(kept.values()) < datetime.now(UTC)


# The bookmark


def test_the_bookmark_is_the_start_of_the_run_less_the_overlap(api: ApiServer) -> None:
    before = datetime.now(UTC)
    result = read(api, "event_changes")
    for bookmark in partitions(result).values():
        assert before - OVERLAP <= bookmark <= datetime.now(UTC) - OVERLAP
        read_at = datetime.fromisoformat(result.column("event_changes", "read_at")[0])
        assert bookmark == read_at - OVERLAP


@pytest.mark.parametrize("hours", [-3, 3])
def test_the_bookmark_is_never_ahead_of_the_servers_clock(api: ApiServer, hours: int) -> None:
    """Its changes have its times; a clock ahead of ours misses nothing as it is.

    And how far it is behind the clocks is the stream's own matter.
    """
    there = datetime.now(UTC) + timedelta(hours=hours)
    date = {"Date": format_datetime(there, usegmt=True)}
    api.on("/changes", Reply(b'{"data": []}', headers=date))
    before = datetime.now(UTC)
    bookmark = datetime.fromisoformat(str(read(api, "changes").bookmark("changes")))
    expected = before + min(timedelta(0), timedelta(hours=hours)) - WholeChangesStream.overlap
    assert abs(bookmark - expected) < LOADED_MACHINE


def test_shards_go_on_from_one_state_and_one_run_from_theirs(api: ApiServer) -> None:
    """Each keeps the bookmarks of its own partitions, as nobody keeps those of others true."""
    state = read(api, "event_changes").state
    states: list[dict[str, Any]] = []
    kept: list[str] = []
    for index in range(3):
        begin = copy.deepcopy(state)
        shard = read(api, "event_changes", state=begin, shard_count=3, shard_index=index)
        assert None not in sinces(api, "/events/{}/changes").values()
        states.append(shard.state)
        kept += partitions(shard)
    assert sorted(kept) == sorted(IDS)
    merged = read(api, "event_changes", state=merge_states(states))
    assert set(sinces(api, "/events/{}/changes")) == set(partitions(merged)) == set(IDS)
    assert None not in sinces(api, "/events/{}/changes").values()


def test_what_the_shard_of_the_state_has_not_read_is_read_whole(api: ApiServer) -> None:
    own = {name for name in IDS if Shard(2, 1).holds(name)}
    shard = read(api, "event_changes", shard_count=2, shard_index=1)
    read(api, "event_changes", state=shard.state)
    asked = sinces(api, "/events/{}/changes")
    assert {name for name, since in asked.items() if since is not None} == own


def test_partitions_of_a_setting_have_bookmarks_too(api: ApiServer) -> None:
    first = read(api, "tags", tag_ids=["x", "y"])
    assert set(partitions(first, "tags")) == {"x", "y"}
    read(api, "tags", tag_ids=["x", "z"], state=first.state)
    asked = sinces(api, "/tags/{}")
    assert asked["z"] is None
    assert asked["x"] is not None


def test_bookmarks_of_another_account_are_not_this_ones(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChangesTap, "constant_columns", (ACCOUNT,))
    first = read(api, "tags", tag_ids=["x"], account="one")
    second = read(api, "tags", tag_ids=["x"], account="other", state=first.state)
    assert sinces(api, "/tags/{}") == {"x": None}
    assert len(second.state["bookmarks"]["tags"]["partitions"]) == 2


# Bookmarks that cannot be used


PARTITION = {"context": {"event_id": "a"}, "replication_key_value": OLD}


@pytest.mark.parametrize(
    "kept",
    [
        {"replication_key_value": "yesterday"},
        {"replication_key_value": 5},
        {"partitions": None},
        {"partitions": 5},
        {"partitions": {}},
        {"partitions": ""},
        {"partitions": "all"},
        {"partitions": [5]},
        {"partitions": ["a"]},
        {"partitions": [None]},
        {"partitions": [[]]},
        {"partitions": [{}]},
        {"partitions": [{"replication_key_value": OLD}]},
        {"partitions": [{"context": "a", "replication_key_value": OLD}]},
        {"partitions": [{"context": {"session_id": "a"}, "replication_key_value": OLD}]},
        {"partitions": [{**PARTITION, "replication_key_value": "yesterday"}]},
        {"partitions": [{**PARTITION, "replication_key_value": 5}]},
        {"partitions": [PARTITION, {**PARTITION, "replication_key_value": [OLD]}]},
    ],
    ids=str,
)
def test_state_that_makes_no_sense_is_said_in_one_line_before_anything_is_written(
    api: ApiServer, kept: dict[str, Any]
) -> None:
    result = read(api, "event_changes", state={"bookmarks": {"event_changes": kept}})
    assert result.exit_code == 1
    assert "stream event_changes" in str(result.error)
    assert "full refresh" in str(result.error)
    assert "\n" not in str(result.error)
    assert result.stdout == ""
    assert api.requests == []


def test_an_id_in_the_state_may_be_a_number(api: ApiServer) -> None:
    """As a hand that wrote it, or another tap, had it."""
    api.on("/events", {"data": [{"id": 1}]})
    kept = [{"context": {"event_id": 1}, "replication_key_value": OLD}]
    first = read(api, "event_changes", state={"bookmarks": {"event_changes": {"partitions": kept}}})
    assert sinces(api, "/events/{}/changes") == {"1": OLD}
    read(api, "event_changes", state=first.state)
    assert str(sinces(api, "/events/{}/changes")["1"]) > OLD


# Everything again


def full_table(*streams: str) -> dict[str, Any]:
    selection: dict[str | tuple[str, ...], bool] = {
        name: name in (*streams, "read_log") for name in stream_names(ChangesTap)
    }
    methods = dict.fromkeys(streams, "FULL_TABLE")
    return catalog_of(ChangesTap, selection, **methods)


def test_full_table_reads_everything_and_leaves_the_bookmarks_alone(api: ApiServer) -> None:
    """Whatever these are: it does not mind."""
    state = state_of("event_changes", {"a": OLD, "b": NEVER})
    state["bookmarks"]["changes"] = {"replication_key_value": "yesterday"}
    catalog = full_table("event_changes", "changes")
    result = run(api, tap_class=ChangesTap, catalog=catalog, state=state)
    assert result.exit_code == 0
    assert api.seen("/changes")[0].query == {}
    assert sinces(api, "/events/{}/changes") == dict.fromkeys(IDS)
    assert [row["parent_id"] for row in log_of(result)] == ["", *IDS]
    kept = result.state["bookmarks"]["event_changes"]["partitions"]
    found = {one["context"]["event_id"]: one.get("replication_key_value") for one in kept}
    assert found | {"c": None} == {"a": OLD, "b": NEVER, "c": None}


SCRIPTS: dict[str, Script] = {"read": changes, "failed": status(400), "absent": status(404)}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.sampled_from(sorted(SCRIPTS))] * 3), min_size=1, max_size=4))
@example([("read",) * 3, ("failed", "absent", "read"), ("read", "absent", "failed")])
@example([("failed", "absent", "read"), ("read",) * 3])
def test_whatever_fails_in_whatever_run_each_partition_goes_on_from_its_last_success(
    api: ApiServer, runs: list[tuple[str, ...]]
) -> None:
    """What is back after an absence is read whole: it may have rows that are older than that."""
    state: dict[str, Any] = {}
    expected: dict[str, str | None] = dict.fromkeys(IDS)
    for outcomes in runs:
        became = dict(zip(IDS, outcomes, strict=True))
        for event_id, outcome in became.items():
            api.on(f"/events/{event_id}/changes", SCRIPTS[outcome])
        result = read(api, "event_changes", state=state)
        assert sinces(api, "/events/{}/changes") == expected
        logged = {row["parent_id"]: row["outcome"] for row in log_of(result)}
        replaces = {"failed": None, "absent": "absent"}
        for event_id, outcome in became.items():
            is_whole = "read" if expected[event_id] is None else None
            assert logged.get(event_id) == replaces.get(outcome, is_whole)
        state, bookmarks = result.state, result.part_bookmarks("event_changes")
        for event_id, outcome in became.items():
            bookmark = bookmarks.get(event_id)
            if outcome == "read":
                assert str(bookmark) > str(expected[event_id] or "")
            else:
                assert bookmark == (expected[event_id] if outcome == "failed" else None)
            expected[event_id] = bookmark
