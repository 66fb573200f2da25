"""The online events of a world: the same for the same arguments, with every quirk, by the rules."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, Size, World, advance, build_world, online, online_people
from event_sandbox.world.online_changes import DAYS_IN_MOTION

if TYPE_CHECKING:
    from event_sandbox.world.online_model import OnlineEvent


def make(size: Size = SIZES["small"], seed: int = 7) -> World:
    return build_world(seed, size, TODAY)


def events(world: World) -> list[OnlineEvent]:
    return [online.event(world, number) for number in online.event_numbers(world)]


def known(world: World, event: OnlineEvent) -> tuple[object, ...]:
    """All that is known of an event by now."""
    now = online.now_of(world)
    done = online_people.activity(world, event)
    stays = [stay for of in (*done.stays.values(), *done.visits.values()) for stay in of]
    return (
        event.status(now),
        [entry for entry in online_people.registrations(world, event) if entry.known_from <= now],
        [(stay.user, stay.spent_by(now)) for stay in stays if stay.known_from <= now],
        [answer for answer in done.answers if answer.at <= now],
        [(q.text, q.votes_by(now)) for q in done.questions if q.at <= now],
        [view for view in done.replays if view.at <= now],
        [s.key for s in event.sessions if s.recorded_from and s.recorded_from <= now],
    )


def test_same_arguments_same_events() -> None:
    one, two = make(), make()
    advance(one, 4)
    for _ in range(4):
        advance(two)
    assert [known(one, event) for event in events(one)] == [known(two, e) for e in events(two)]
    assert events(one) != events(make(seed=8))


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_the_smallest_world_has_every_quirk(seed: int) -> None:
    world = make(seed=seed)
    now = online.now_of(world)
    found = events(world)
    assert Counter(event.status(now) for event in found) == {
        "FINISHED": 8,
        "ONGOING": 2,
        "PAUSED": 1,
        "CREATED": 1,
    }
    assert sum(event.ends is None for event in found) == 1
    assert {bool(event.booths) for event in found} == {True, False}
    assert {bool(event.fields) for event in found} == {True, False}
    entries = [e for event in found for e in online_people.registrations(world, event)]
    assert any(entry.registered is None for entry in entries)
    assert any(not entry.person.email for entry in entries)
    assert any(entry.duplicate for entry in entries)
    assert any(entry.utms is None for entry in entries)
    assert any(not online_people.registrations(world, event) for event in found)
    big = online_people.activity(world, online.event(world, online.BIG))
    assert len(next(iter(big.stays.values()))) > 50
    assert any(stay.first_spent != stay.spent for stay in big.stays.popitem()[1])


@pytest.mark.parametrize("seed", [1, 7])
def test_settled_events_never_change(seed: int) -> None:
    world = make(seed=seed)
    for _ in range(14):
        edge = online.now_of(world) - DAYS_IN_MOTION * online.DAY
        settled = [event for event in events(world) if event.ends and event.ends < edge]
        before = [copy.deepcopy(known(world, event)) for event in settled]
        advance(world)
        assert [known(world, event) for event in settled] == before


@pytest.mark.parametrize("seed", range(5))
def test_a_week_brings_every_kind_of_change(seed: int) -> None:
    world = make(seed=seed)
    before = len(events(world))
    changes = advance(world, 7)
    for kind in (
        "online_events_new",
        "online_events_ended",
        "online_events_archived",
        "online_registrations",
        "online_recordings",
        "online_stays",
        "online_corrections",
        "online_answers",
        "online_questions",
        "online_replays",
    ):
        assert changes[kind] > 0, kind
    new, archived = changes["online_events_new"], changes["online_events_archived"]
    assert len(events(world)) == before + new - archived
    assert world.counts()["online_events"] == len(events(world))


def test_size_is_as_asked() -> None:
    world = make(Size(2, 80, events=5, registrants=70))
    assert [event.number for event in events(world)] == [0, 1, 2, 3, 4]
    assert {len(online_people.registrations(world, event)) for event in events(world)} == {70}


@pytest.mark.parametrize("size", [Size(1, 1, 1), Size(1, 60, 1), Size(3, 2, 12)])
def test_tiny_worlds_live(size: Size) -> None:
    world = make(size)
    advance(world, 30)
    assert events(world)
