"""When the number of shards changes, what was read is not read again, and all else is."""

from __future__ import annotations

import contextlib
import copy
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typing_extensions import override

from event_taps_core import EventStream, merge_states
from event_taps_core.schema import TIMESTAMP, Column, column, key
from event_taps_core.settling import Fingerprint

from .runs import run
from .test_nesting import RoomsStream
from .test_year_of_nights import FIRST, History, Night, YearTap, nights
from .toy_tap import EventsStream, PollsStream

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

    from event_taps_core import Row
    from event_taps_core.testing.api_server import ApiServer


class HallsStream(RoomsStream):
    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        child = super().get_child_context(record, context)
        return {**(child or {}), "hall_ends_at": record["ends_at"]}


class SeatsOfHallsStream(HallsStream):
    """What settles with the event, one level above its parent."""

    name = "seats"
    path = "/events/{event_id}/rooms/{room_id}/seats"
    parent = HallsStream
    parent_key = "room_id"
    primary_keys = ("room_id", "id")
    columns: tuple[Column, ...] = (*HallsStream.columns, key("room_id", "The room."))


class ChairsStream(SeatsOfHallsStream):
    """What settles with its parent, which other parents list."""

    name = "chairs"
    path = "/events/{event_id}/rooms/{room_id}/chairs"
    replication_key = "hall_ends_at"
    columns = (
        *SeatsOfHallsStream.columns,
        column("hall_ends_at", TIMESTAMP, "When the hall closes."),
    )


class HallsTap(YearTap):
    stream_classes: ClassVar[tuple[type[EventStream], ...]] = (
        EventsStream,
        PollsStream,
        HallsStream,
        SeatsOfHallsStream,
        ChairsStream,
    )


NIGHTS = st.lists(
    st.tuples(nights(shards=st.integers(1, 3)), st.none() | st.none() | st.integers(0, 2)),
    min_size=1,
    max_size=3,
)


IN_ONE_MONTH = ((-100, 2), (-10, 1), (None, 1), (-101, 1))


def states_for(history: History, count: int, from_shard: int | None = None) -> list[Any]:
    """Return the state with which each shard begins; of another count, that of all or of one."""
    last = history.last
    if len(last) == count:
        return last
    with contextlib.suppress(ValueError):
        if from_shard is None:
            return [merge_states(last)] * count
    return [last[(from_shard or 0) % len(last)]] * count


def asked(history: History, states: list[Any]) -> list[str]:
    """Return the details that the shards ask for on one more night on which nothing happens."""
    history.server.requests.clear()
    for index, state in enumerate(states):
        assert history.run(Night(shards=len(states)), state, index).exit_code == 0
    details = ("/polls", "/seats", "/chairs")
    return sorted(path for path in history.server.paths() if path.endswith(details))


@pytest.mark.usefixtures("all_states")
@hypothesis_settings(
    max_examples=hypothesis_settings().max_examples // 5,  # each is many runs
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(FIRST, NIGHTS, st.integers(1, 3), st.integers(1, 4))
@example(IN_ONE_MONTH, [], 1, 4)
@example(IN_ONE_MONTH, [], 4, 3)
def test_whatever_the_counts_all_that_is_listed_was_read_and_what_has_settled_is_not_read_again(
    server: ApiServer,
    first: tuple[tuple[int | None, int], ...],
    nights: list[tuple[Night, int | None]],
    before: int,
    after: int,
) -> None:
    history = History(server, HallsTap, ("polls", "rooms", "seats", "chairs"))
    history.pass_night(Night(appear=first))
    for night, from_shard in (*nights, *[(Night(shards=before), None)] * 2):
        history.pass_night(night, states_for(history, night.shards, from_shard))
    usual = asked(history, history.last)
    assert asked(history, [merge_states(history.last)] * after) == usual


# Merging


def state_of(shard: str, **bookmarks: Any) -> dict[str, Any]:
    """Return a state in which the read log says of which shard it is."""
    log = {"replication_key_value": "2026-01-02T00:00:00.000000Z", "run": f"run-{shard[0]}"}
    return {"bookmarks": {**bookmarks, "read_log": {**log, "shard": shard}}}


def test_a_merged_state_says_what_is_true_of_all() -> None:
    early, late = (
        {"replication_key_value": f"2026-01-0{day}T00:00:00Z", "settle_days": days}
        for day, days in ((1, 14), (2, 7))
    )
    none = Fingerprint().to_text()
    states = [
        state_of("0/2", polls={**late, "parents_read": none, "shard": "0/2"}, app={"whole": 0}),
        state_of("1/2", polls={**early, "parents_read": none, "shard": "1/2"}, app={"whole": 1}),
    ]
    kept = copy.deepcopy(states)
    merged = merge_states(states[::-1])
    assert states == kept
    assert merged["bookmarks"] == {
        "polls": {**early, "settle_days": 7, "parents_read": none},
        "app": {"whole": 0},
        "read_log": {
            "replication_key_value": "2026-01-02T00:00:00.000000Z",
            "run": "run-0 run-1",
        },
    }


def test_a_stream_that_no_shard_has_read_is_as_it_was() -> None:
    """Somebody has deselected it: its state is still that of the run before the shards."""
    old = {"replication_key_value": "2026-01-01", "settle_days": 1, "parents_read": "AAAA"}
    merged = merge_states([state_of(f"{index}/2", polls=old) for index in range(2)])
    assert merged["bookmarks"]["polls"] == old


def test_a_state_of_all_is_its_own_merged_state(server: ApiServer) -> None:
    server.on("/events", {"data": []})
    state = run(server, select=["events", "read_log"]).state
    assert merge_states([state]) == state


@pytest.mark.parametrize(
    "shards", [[], ["0/2"], ["0/2", "0/2"], ["0/2", "1/3"], ["0/1", "1/2"], ["0/2", "5/2"]]
)
def test_states_that_are_not_those_of_all_shards_are_refused(shards: list[str]) -> None:
    with pytest.raises(ValueError, match="not the states of all shards of one count, but of"):
        merge_states([state_of(shard) for shard in shards])


def test_a_stream_that_one_shard_has_not_read_yet_is_named() -> None:
    read = {"replication_key_value": "2026-01-01", "parents_read": Fingerprint().to_text()}
    states = [state_of("0/2", polls={**read, "shard": "0/2"}), state_of("1/2", polls=read)]
    with pytest.raises(ValueError, match="shard 1/2 says nothing new of stream polls: run that"):
        merge_states(states)


def test_a_state_notes_its_shard_and_none_where_it_is_of_all(server: ApiServer) -> None:
    server.on("/events", {"data": [{"id": "a", "ends_at": "2026-01-01T00:00:00Z"}]})
    server.on("/events/{}/polls", {"data": {"polls": [{"id": 1}]}})
    chosen = ["events", "polls", "read_log"]
    YearTap.day = 400
    shard = run(server, tap_class=YearTap, select=chosen, shard_count=3, shard_index=2)
    kept = shard.state["bookmarks"]
    assert kept["polls"]["shard"] == kept["read_log"]["shard"] == "2/3"
    whole = run(server, tap_class=YearTap, select=chosen, state=shard.state)
    assert not any("shard" in kept for kept in whole.state["bookmarks"].values())
