"""The events of a hub: the same for the same arguments, with every quirk, by the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from event_sandbox.accelevents.switches import SWITCHES
from event_sandbox.accelevents.truth import STREAMS
from event_sandbox.accelevents.view import look
from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, Size, World, advance, build_world, hub

if TYPE_CHECKING:
    from datetime import date

    from event_sandbox.wire import Row

POSITIONS = {switch.name: switch.default for switch in SWITCHES}


def make(size: Size = SIZES["small"], seed: int = 7, today: date = TODAY) -> World:
    return build_world(seed, size, today)


def rows(world: World, stream: str) -> list[Row]:
    return list(STREAMS[stream].rows(look(world, POSITIONS), include_secrets=True))


def everything(world: World) -> dict[str, list[Row]]:
    return {stream: rows(world, stream) for stream in STREAMS}


def test_same_arguments_same_events() -> None:
    one, two = make(), make()
    advance(one, 4)
    for _ in range(4):
        advance(two)
    assert everything(one) == everything(two)
    assert everything(make()) != everything(make(seed=8))


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_the_smallest_world_has_every_quirk(seed: int) -> None:
    world = make(seed=seed)
    sessions = rows(world, "sessions")
    assert sum(session["end_time"] is None for session in sessions) == 1
    assert len({session["title"] for session in sessions}) < len(sessions)
    attended = rows(world, "session_attendees")
    registered = {
        (r["session_id"], r["event_ticket_id"]) for r in rows(world, "session_registrants")
    }
    present = {(r["session_id"], r["event_ticket_id"]) for r in attended}
    assert registered < present
    assert {row["attended"] for row in attended} == {True, False}
    assert any(row["email"] is None for row in attended)
    peopled = {row["session_id"] for row in attended}
    assert peopled < {session["session_id"] for session in sessions}
    tickets = rows(world, "attendees")
    assert {row["ticket_status"] for row in tickets} == {"BOOKED", "CHECKED_IN", "REFUNDED"}
    people = [(row["event_url"], row["first_name"], row["last_name"]) for row in tickets]
    assert len(set(people)) < len(people) == len({row["barcode"] for row in tickets})
    assert not [row for row in rows(world, "orders") if row["event_url"] == hub.slug_of(hub.AHEAD)]
    keys = [row["session_id"] for row in sessions]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("seed", [1, 7])
def test_settled_sessions_never_change(seed: int) -> None:
    """What hangs on a session that ended more than ten days ago stays as it is."""
    world = make(seed=seed)
    streams = [stream for stream in STREAMS if stream.startswith("session")]
    now = {stream: rows(world, stream) for stream in streams}
    for _ in range(10):
        edge = str(world.today - timedelta(days=10))
        before, settled = (
            now,
            {
                row["session_id"]
                for row in now["sessions"]
                if row["session_end_time"] and row["session_end_time"] < edge
            },
        )
        advance(world)
        now = {stream: rows(world, stream) for stream in streams}
        for stream in streams:
            old, new = (
                [row for row in of if row["session_id"] in settled]
                for of in (before[stream], now[stream])
            )
            assert old == new, stream


@pytest.mark.parametrize("seed", range(4))
def test_days_bring_every_kind_of_change(seed: int) -> None:
    world = make(seed=seed)
    for _ in range(3):
        changes = advance(world, 2)
        for kind in (
            "hub_sessions_new",
            "hub_orders",
            "hub_refunds",
            "hub_registrations",
            "hub_stays",
            "hub_corrections",
        ):
            assert changes[kind] > 0, kind


@pytest.mark.parametrize("today", ["2026-04-02", "2026-11-21", "2026-07-01"])
def test_no_clock_shows_a_time_that_is_there_twice_or_never(today: str) -> None:
    world = make(today=datetime.fromisoformat(today).date())
    for _ in range(2):
        advance(world, 15)
        for stream in STREAMS:
            for row in rows(world, stream):
                zone = hub.hub_event(world, _number(world, row["event_url"])).zone
                for name, value in row.items():
                    if f"{name}_utc" in row and value:
                        wall = datetime.strptime(value[:16], "%Y/%m/%d %H:%M")  # noqa: DTZ007 - without a zone, it is a wall time
                        early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
                        assert early.utcoffset() == late.utcoffset(), (stream, name, value)


def _number(world: World, slug: str) -> int:
    return next(n for n in range(world.size.hub_events) if hub.slug_of(n) == slug)


def test_size_is_as_asked() -> None:
    world = make(Size(2, 80, hub_events=7, hub_sessions=20))
    assert len(rows(world, "events")) == 7
    per_event = [row["event_url"] for row in rows(world, "sessions")]
    assert {per_event.count(slug) for slug in set(per_event)} == {20}


@pytest.mark.parametrize("size", [Size(1, 1, hub_events=1), Size(1, 2, hub_sessions=1)])
def test_tiny_worlds_live(size: Size) -> None:
    world = make(size)
    advance(world, 30)
    assert rows(world, "sessions")
