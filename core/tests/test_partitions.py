"""Partitions that settings name, and what a run says when none of them can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import EventStream, Page, SurrogateKey, Suspect
from event_taps_core.keys import shard_of
from event_taps_core.run import FAILURES_IN_A_ROW
from event_taps_core.schema import TEXT, column, key
from event_taps_core.testing.api_server import ApiServer, Scripted, Seen, status

from .runs import Run, run
from .toy_tap import PeopleStream, ToyTap, tap_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.helpers.types import Context

    from event_taps_core import Remark, Row, Wait

ID = key("id", "Id.")
GROUP_ID = key("group_id", "The group.")


class GroupsStream(EventStream):
    """Each has to be asked for by its id; no list names them."""

    name = "groups"
    path = "/groups/{group_id}"
    id_setting = "group_ids"
    parent_key = "group_id"
    primary_keys = ("group_id", "id")
    records_path = ("data",)
    columns = (GROUP_ID, ID)

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "member_id": str(record["id"])}


class MembersStream(EventStream):
    """What belongs to a row of a group."""

    name = "members"
    path = "/groups/{group_id}/members/{member_id}"
    parent: ClassVar[type[EventStream] | None] = GroupsStream
    parent_key = "member_id"
    primary_keys = ("group_id", "member_id", "id")
    records_path = ("data",)
    columns = (
        GROUP_ID,
        key("member_id", "The member."),
        ID,
    )


class NotesStream(EventStream):
    """Another stream with the same ids, and nothing that hangs on it."""

    name = "notes"
    path = "/groups/{group_id}/notes"
    id_setting = "group_ids"
    parent_key = "group_id"
    primary_keys = ("group_id", "note_key")
    records_path = ("data",)
    surrogate_key = SurrogateKey("note_key", lambda row: row.get("text"))
    columns = (
        GROUP_ID,
        key("note_key", "Key."),
        column("text", TEXT, "What was noted."),
    )


GroupsTap = tap_of(GroupsStream, MembersStream, NotesStream)
IsolatingTap = tap_of(GroupsStream, MembersStream, NotesStream, isolates_refusals=True)


def group_of(seen: Seen) -> str:
    return seen.segments[3]


def notes(seen: Seen) -> Scripted:
    return {"data": [{"text": group_of(seen)}]}


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    """Answer everything."""
    return (
        server.on("/groups/{}", lambda seen: {"data": [{"id": f"m-{group_of(seen)}"}]})
        .on("/groups/{}/members/{}", {"data": [{"id": 1}]})
        .on("/groups/{}/notes", notes)
    )


def read(
    server: ApiServer,
    *group_ids: str | int,
    select: Sequence[str] = ("notes",),
    tap_class: type[ToyTap] = GroupsTap,
    **changes: Any,
) -> Run:
    return run(
        server,
        tap_class=tap_class,
        select=[*select, "read_log"],
        group_ids=list(group_ids),
        **changes,
    )


# Which partitions there are


def test_each_id_of_the_setting_is_a_partition_of_its_own(api: ApiServer) -> None:
    """Once, if it is given twice."""
    result = read(api, "b", "a", 7, "7", "a")
    assert result.column("notes", "group_id") == ["7", "a", "b"]
    logged = [(row["parent_id"], row["row_count"]) for row in result.records("read_log")]
    assert logged == [("7", 1), ("a", 1), ("b", 1)]
    assert len(api.requests) == 3


def test_without_ids_nothing_is_requested(api: ApiServer) -> None:
    """A setting that is not given is no list of all."""
    assert read(api).exit_code == 0
    assert run(api, tap_class=GroupsTap, select=["notes"]).exit_code == 0
    assert api.requests == []


def test_streams_hang_on_partitions_of_a_setting_as_on_others(api: ApiServer) -> None:
    result = read(api, "a", "b", select=["groups", "members"])
    rows = [(row["group_id"], row["member_id"]) for row in result.records("members")]
    assert rows == [("a", "m-a"), ("b", "m-b")]
    assert len(api.seen("/groups/a")) == 1


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(st.text("abc/é .", min_size=1, max_size=5), max_size=8), count=st.integers(1, 4)
)
def test_shards_together_read_each_id_once(api: ApiServer, ids: list[str], count: int) -> None:
    ids = [one for one in ids if one not in {".", ".."}]
    read_ids: list[str] = []
    members: list[str] = []
    for index in range(count):
        result = read(api, *ids, select=["notes", "members"], shard_count=count, shard_index=index)
        read_ids += result.column("notes", "group_id")
        members += result.column("members", "group_id")
    assert sorted(read_ids) == sorted(members) == sorted(set(ids))


# What cannot be read


@pytest.mark.parametrize(
    ("code", "exit_code", "said"), [(404, 0, "absent"), (400, 1, "NOT READ"), (403, 1, "NOT READ")]
)
def test_what_a_parent_lacks_is_named_for_the_streams_that_hang_on_it(
    api: ApiServer, code: int, exit_code: int, said: str
) -> None:
    api.on("/groups/a", status(code))
    result = read(api, "a", "b", select=["members"], tap_class=IsolatingTap)
    assert result.exit_code == exit_code
    assert f"1 {said} (HTTP {code}): groups of a" in result.summary("members")
    assert result.column("members", "group_id") == ["b"]


def test_an_absent_partition_is_named_and_logged_and_no_failure(api: ApiServer) -> None:
    """Whether it is the first that is asked for, or not."""
    for absent in ("a", "c"):
        api.on("/groups/{}/notes", notes).on(f"/groups/{absent}/notes", status(404))
        result = read(api, "a", "b", "c")
        assert result.exit_code == 0
        assert f"1 absent (HTTP 404): {absent}" in result.summary("notes")
        outcomes = {row["parent_id"]: row["outcome"] for row in result.records("read_log")}
        assert outcomes == {**dict.fromkeys("abc", "read"), absent: "absent"}
        api.on(f"/groups/{absent}/notes", notes)


def test_where_another_stream_can_be_read_what_was_absent_is_logged_after_all(
    server: ApiServer,
) -> None:
    """The address is right then: a feature that nobody uses is no mistake."""
    server.on("/groups/{}/notes", notes)
    result = read(server, "a", "b", select=["groups", "notes"])
    assert result.exit_code == 0
    outcomes = {(r["stream"], r["parent_id"]): r["outcome"] for r in result.records("read_log")}
    assert outcomes == {
        **dict.fromkeys([("groups", "a"), ("groups", "b")], "absent"),
        **dict.fromkeys([("notes", "a"), ("notes", "b")], "read"),
    }


@pytest.mark.parametrize("code", [401, 403])
def test_one_refused_partition_does_not_hide_the_others(api: ApiServer, code: int) -> None:
    """Where a key may be good for some only, even if the first is none of them."""
    api.on("/groups/a/notes", status(code))
    result = read(api, "a", "b", "c", tap_class=IsolatingTap)
    assert result.exit_code == 1
    assert result.column("notes", "group_id") == ["b", "c"]
    assert f"1 NOT READ (HTTP {code}): a" in result.summary("notes")
    assert [row["parent_id"] for row in result.records("read_log")] == ["b", "c"]


class FirstStream(PeopleStream):
    name = "all_people"


OF_GROUPS = ["/groups/a", "/groups/b"]
OF_NOTES = [f"{path}/notes" for path in OF_GROUPS]


@pytest.mark.parametrize(
    ("select", "codes", "setting", "asked"),
    [
        (["groups", "notes"], (404, 404), "api_url", [*OF_GROUPS, *OF_NOTES]),
        (["groups", "notes"], (401, 401), "api_key", OF_GROUPS),
        (["groups", "notes"], (403, 404), "api_key", OF_GROUPS),
        (["all_people", "people"], (404, 401), "api_key", ["/people"] * 2),
    ],
    ids=["all is absent", "each is refused", "either", "what is read whole is refused"],
)
def test_where_nothing_at_all_can_be_read_the_run_fails_with_advice(
    server: ApiServer, select: list[str], codes: tuple[int, int], setting: str, asked: list[str]
) -> None:
    """A wrong address has nothing of the kind either."""
    server.on("/people", *map(status, codes))
    for group, code in zip("ab", codes, strict=True):
        server.on(f"/groups/{group}", status(code)).on(f"/groups/{group}/notes", status(code))
    streams = (FirstStream, PeopleStream, GroupsStream, NotesStream)
    tap_class = tap_of(*streams, isolates_refusals=True)
    result = read(server, "a", "b", select=select, tap_class=tap_class, concurrency=1)
    assert result.exit_code == 1
    assert str(result.error).endswith(f"check the setting {setting}")
    assert server.paths() == asked
    assert result.of_type("RECORD") == [], "else all rows would count as gone"


# When so much fails that it may be the API

OFF = status(401)
MANY = [f"g{n:02}" for n in range(30)]


def failing(*fine: str) -> Any:
    """Answer only for some."""
    return lambda seen: {"data": [{"id": 1}]} if group_of(seen) in fine else status(400)


@pytest.mark.parametrize("shards", [1, 2])
def test_after_ten_failures_first_and_last_partition_are_asked_before_giving_up(
    server: ApiServer, shards: int
) -> None:
    """Of those that this run reads: what another shard reads says nothing of them."""
    own = [group for group in MANY if shard_of(group, shards) == shards - 1]
    server.on("/groups/{}/notes", failing())
    result = read(server, *MANY, concurrency=1, shard_count=shards, shard_index=shards - 1)
    assert f"{FAILURES_IN_A_ROW} NOT READ (HTTP 400)" in result.summary("notes")
    assert f"{len(own) - FAILURES_IN_A_ROW} not tried after that" in result.summary("notes")
    assert server.paths()[-2:] == [f"/groups/{group}/notes" for group in (own[0], own[-1])]


@pytest.mark.parametrize("live", ["g15", "g29"])
def test_where_a_key_is_good_for_some_only_many_refusals_hide_none_of_them(
    server: ApiServer, live: str
) -> None:
    """Keys of past events are switched off, and there may be many of these."""
    server.on("/groups/{}/notes", lambda seen: notes(seen) if group_of(seen) == live else OFF)
    result = read(server, *MANY, tap_class=IsolatingTap)
    assert result.exit_code == 1
    assert result.column("notes", "group_id") == [live]


@pytest.mark.parametrize("fine", ["g00", "g29"])
def test_if_one_of_the_two_answers_all_others_are_tried(server: ApiServer, fine: str) -> None:
    server.on("/groups/{}/notes", failing(fine))
    result = read(server, *MANY, concurrency=1)
    assert result.column("notes", "group_id") == [fine]
    assert "29 NOT READ (HTTP 400)" in result.summary("notes")
    assert "not tried" not in result.summary("notes")


def test_what_hangs_on_partitions_asks_those_whether_the_api_is_gone(server: ApiServer) -> None:
    server.on("/groups/{}", {"data": [{"id": n} for n in range(15)]})
    server.on("/groups/{}/members/{}", status(400))
    result = read(server, "a", "b", select=["members"], concurrency=1)
    assert server.paths().count("/groups/a") == 2
    assert server.paths().count("/groups/b") == 1
    assert "30 NOT READ (HTTP 400)" in result.summary("members")


# Which streams there are


class ListStream(EventStream):
    """One of several that differ in what they ask for."""

    primary_keys = ("id",)
    records_path = ("data",)
    path = "/lists/all"
    columns = (ID,)

    def __init__(self, tap: Any, name: str) -> None:
        self.name = name
        super().__init__(tap)

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        return {"kind": self.name}


class DynamicTap(ToyTap):
    stream_classes: ClassVar[tuple[type[EventStream], ...]] = (PeopleStream,)

    @override
    def make_streams(self) -> Sequence[EventStream]:
        named = [ListStream(self, name) for name in self.config.get("lists") or ()]
        return [*super().make_streams(), *named]


def test_a_setting_may_name_streams(server: ApiServer) -> None:
    server.on("/people", {"data": []}).on("/lists/{}", {"data": [{"id": 1}]})
    result = run(server, tap_class=DynamicTap, lists=["x", "y"])
    assert result.column("x", "id") == result.column("y", "id") == ["1"]
    kinds = [request.query["kind"] for request in server.seen("/lists/all")]
    assert sorted(kinds) == ["x", "y"], "streams of one path share none that do not say so"
    logged = {row["stream"]: row["row_count"] for row in result.records("read_log")}
    assert logged == {"people": 0, "x": 1, "y": 1}
    assert run(server, tap_class=DynamicTap).streams == {"people", "read_log"}


# Keys of rows without an id


class NotesOfGroups(NotesStream):
    surrogate_key = SurrogateKey("note_key", lambda row: row.get("text"), within=("group_id",))


def test_the_same_row_of_two_partitions_has_one_key_or_two_as_the_stream_says(
    server: ApiServer,
) -> None:
    within = tap_of(NotesOfGroups)
    server.on("/groups/{}/notes", {"data": [{"text": "same"}, {"text": "same"}]})
    alike = read(server, "a", "b").column("notes", "note_key")
    told_apart = read(server, "a", "b", tap_class=within).column("notes", "note_key")
    again = read(server, "b", "a", tap_class=within).column("notes", "note_key")
    assert len(set(alike)) == 2
    assert len(set(told_apart)) == 4
    assert told_apart == again


# What may only look empty


class DoubtingNotesStream(NotesStream):
    """Where the list is missing, it may be empty or have another name; ids are days here."""

    replication_key = "group_id"

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        request = HTTPRequest(self.get_url(context))
        body = self.tap.client.send(request, self.stats, lambda response: response.json())
        if "data" not in body:
            yield Suspect(self.name, "no 'data' in the answer")
        yield Page(body.get("data", []))


DoubtingTap = tap_of(GroupsStream, MembersStream, DoubtingNotesStream)
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


def doubting(server: ApiServer, *lacking: str, absent: str = "", **changes: Any) -> Run:
    for day in DAYS:
        answer: Any = {} if day in lacking else notes
        server.on(f"/groups/{day}/notes", status(404) if day == absent else answer)
    return read(server, *DAYS, tap_class=DoubtingTap, settle_days=0, **changes)


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("lacking", [DAYS[:1], DAYS[:2], DAYS[1:2], DAYS[1:], DAYS[2:]], ids=str)
def test_what_looks_empty_is_empty_if_another_partition_has_what_it_lacks(
    server: ApiServer, lacking: tuple[str, ...], concurrency: int
) -> None:
    result = doubting(server, *lacking, concurrency=concurrency)
    assert result.exit_code == 0
    logged = [(row["parent_id"], row["row_count"]) for row in result.records("read_log")]
    assert logged == [(day, int(day not in lacking)) for day in DAYS]
    assert not doubting(server, state=result.state).records("notes")


@pytest.mark.parametrize("absent", ["", DAYS[1]])
def test_what_looks_empty_everywhere_is_named_and_read_again(
    server: ApiServer, absent: str
) -> None:
    result = doubting(server, *DAYS, absent=absent)
    assert result.exit_code == 1
    lacking = [day for day in DAYS if day != absent]
    assert f"NOT READ (no 'data' in the answer): {', '.join(lacking)}" in result.summary("notes")
    assert [row["parent_id"] for row in result.records("read_log")] == ([absent] if absent else [])
    again = doubting(server, state=result.state)
    assert again.column("notes", "group_id") == [*DAYS]
