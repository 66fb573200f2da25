"""Live chats: facts that come to light in time, and then stay as they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, Size, World, advance, build_world
from event_sandbox.world.chats import (
    DAYS_IN_MOTION,
    LONE,
    Candidate,
    Chat,
    candidates,
    chat,
    chat_key,
    chat_numbers,
    find_chat,
)
from event_sandbox.world.online import DAY, HOUR, now_of

EVENTS = {"small": 12, "demo": 30, "large": 200}


def make(seed: int = 7, size: str = "small") -> World:
    """A world with as many chats as one of that size, and little else."""
    return build_world(seed, Size(1, 60, EVENTS[size]), TODAY)


def chats(world: World) -> list[Chat]:
    return [chat(world, number) for number in chat_numbers(world)]


def days_ahead(found: Chat) -> int:
    return (datetime.fromtimestamp(found.starts / 1000, UTC).date() - TODAY).days


def instants(one: Candidate) -> list[int | None]:
    return [one.known_from, one.registered_from, one.attended_from, one.erased_from]


def known(world: World, number: int) -> list[tuple[bool, ...]]:
    now = now_of(world)
    return [
        tuple(at is not None and at <= now for at in instants(one))
        for one in candidates(world, number)
        if one.known_from <= now
    ]


@pytest.mark.parametrize("size", ["small", "demo"])
def test_chats_lie_in_two_years_back_and_one_ahead(size: str) -> None:
    found = [days_ahead(one) for one in chats(make(size=size))]
    assert -722 < min(found) < -685
    assert 290 < max(found) < 340
    assert len(found) == EVENTS[size] == SIZES[size].events
    assert any(count > 1 for count in Counter(found).values())


@pytest.mark.parametrize("size", ["small", "demo", "large"])
def test_one_chat_has_no_other_within_ten_weeks(size: str) -> None:
    world = make(size=size)
    lone = days_ahead(chat(world, LONE))
    others = [days_ahead(one) for one in chats(world) if one.number != LONE]
    assert min(abs(day - lone) for day in others) > 70


def test_keys_are_nine_digits_and_lead_back() -> None:
    world = make(size="large")
    keys = [chat_key(world, number) for number in chat_numbers(world)]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 9 and key.isdecimal() for key in keys)
    assert [find_chat(world, key) for key in keys] == chat_numbers(world)
    world.deleted_chats.add(3)
    assert find_chat(world, keys[3]) is None


@pytest.mark.parametrize("seed", range(5))
def test_nothing_starts_or_ends_at_a_midnight(seed: int) -> None:
    for found in chats(make(seed, "demo")):
        for at in (found.starts, found.ends - HOUR):
            local = datetime.fromtimestamp(at / 1000, ZoneInfo("Europe/London"))
            assert local.minute == 30


@pytest.mark.parametrize("first", range(31))
def test_chats_of_several_days_cross_no_bound_of_the_grid(first: int) -> None:
    world = build_world(7, Size(1, 60), date(2026, 1, 1) + timedelta(days=first))
    several = [one for one in chats(world) if one.days > 1]
    assert len(several) == 2
    for found in several:
        for shift in (-11 * HOUR, 0, 11 * HOUR):
            days = {(at + shift) // DAY // 31 for at in (found.starts, found.ends)}
            assert len(days) == 1


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_every_oddity_is_in_the_smallest_world(seed: int) -> None:
    world = make(seed)
    everybody = [one for number in chat_numbers(world) for one in candidates(world, number)]
    sizes = [len(candidates(world, number)) for number in chat_numbers(world)]
    assert sizes.count(0) == 1
    assert any(not one.email for one in everybody)
    assert any(not one.country for one in everybody)
    assert any(one.erased_from for one in everybody)
    assert any(not one.registered_from for one in everybody)
    assert max(Counter(map(id, everybody)).values()) == 3


@pytest.mark.parametrize("seed", range(3))
def test_old_chats_never_change(seed: int) -> None:
    world = make(seed)
    for _ in range(10):
        edge = now_of(world) - (DAYS_IN_MOTION + 1) * DAY
        old = [one.number for one in chats(world) if one.ends < edge]
        before = {number: known(world, number) for number in old}
        assert any(before.values())
        advance(world)
        assert {number: known(world, number) for number in old} == before


def test_days_bring_every_kind_of_change() -> None:
    assert {
        "chats_new",
        "chats_called_off",
        "chat_candidates",
        "chat_registrations",
        "chat_attendances",
        "chat_erasures",
    } <= set(advance(make(), 5))


def test_nobody_attends_before_the_chat_or_unregistered() -> None:
    world = make(size="demo")
    for found in chats(world):
        for one in candidates(world, found.number):
            if one.attended_from is not None:
                assert one.registered_from is not None
                assert one.attended_from >= found.ends


def test_so_many_candidates_as_asked_for() -> None:
    world = build_world(7, Size(12, 60, events=1, registrants=500), TODAY)
    (number,) = chat_numbers(world)
    emails = {one.email for one in candidates(world, number)}
    assert len(emails) == len(candidates(world, number)) == 500
    assert -48 < days_ahead(chat(world, number)) < -42


def test_looking_at_chats_changes_nothing() -> None:
    one, two = make(), make()
    chats(one)
    assert one == two
