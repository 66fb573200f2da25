"""The world is the same for the same arguments, holds every quirk, and changes by its rules."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, Size, World, advance, build_world

if TYPE_CHECKING:
    from event_sandbox.world.model import Session


def make(size: str = "small", seed: int = 7) -> World:
    return build_world(seed, SIZES[size], TODAY)


def content(session: Session) -> bytes:
    return pickle.dumps(session)


@pytest.mark.parametrize("size", ["small", "demo"])
def test_same_arguments_same_world(size: str) -> None:
    assert make(size) == make(size)
    assert make(size) != make(size, seed=8)
    one, two = make(size), make(size)
    advance(one, 3)
    for _ in range(3):
        advance(two)
    assert one == two


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_the_smallest_world_has_every_quirk(seed: int) -> None:
    sessions = list(make(seed=seed).sessions.values())
    checkins = [checkin for session in sessions for checkin in session.checkins]
    spans = [(s.last_day - s.first_day).days for s in sessions if s.first_day and s.last_day]
    assert Counter(spans)[0] >= 8
    assert {1, 2} <= set(spans)
    assert any(session.first_day is None for session in sessions)
    assert any(session.start is None for session in sessions)
    assert any(session.external_id is None for session in sessions)
    assert any(session.key.isdecimal() for session in sessions)
    assert sum(session.hidden for session in sessions) == 2
    assert any(not session.polls and not session.questions for session in sessions)
    assert any(not session.checkins for session in sessions)
    assert any(checkin.duplicate for checkin in checkins)
    assert any(checkin.email == "" and checkin.external_id for checkin in checkins)
    assert any(checkin.email and checkin.external_id is None for checkin in checkins)
    assert any(not checkin.person.first_name.isascii() for checkin in checkins)
    assert any(checkin.arrived_edited for checkin in checkins)
    assert {True, False} == {checkin.arrived is None for checkin in checkins}


def test_two_guests_can_be_told_apart_by_nothing() -> None:
    upcoming = [s for s in make().sessions.values() if s.first_day and s.first_day > TODAY]
    assert any(
        sum(c.person.first_name == "Guest" and c.arrived is None for c in session.checkins) >= 2
        for session in upcoming
    )


def test_dates_lie_around_today() -> None:
    days = [s.first_day for s in make("demo").sessions.values() if s.first_day]
    assert min(days) >= TODAY - timedelta(days=90)
    assert TODAY < max(days) <= TODAY + timedelta(days=20)
    assert sum(day <= TODAY - timedelta(days=15) for day in days) > len(days) / 4


def test_nobody_comes_before_the_day() -> None:
    for session in make("demo").sessions.values():
        if session.first_day and session.first_day > TODAY:
            assert all(checkin.arrived is None for checkin in session.checkins)
            assert not session.evaluations
            assert not session.questions


@pytest.mark.parametrize(
    ("size", "seed"), [(Size(12, 60), 1), (Size(12, 60), 7), (Size(40, 300), 7)]
)
def test_settled_sessions_never_change(size: Size, seed: int) -> None:
    world = build_world(seed, size, TODAY)
    for _ in range(12):
        edge = world.today - timedelta(days=10)
        settled = {
            key: content(session)
            for key, session in world.sessions.items()
            if session.last_day and session.last_day < edge
        }
        advance(world)
        for key, before in settled.items():
            if key in world.sessions:
                assert content(world.sessions[key]) == before


@pytest.mark.parametrize("seed", range(5))
def test_two_steps_bring_every_kind_of_change(seed: int) -> None:
    world = build_world(seed, SIZES["small"], TODAY)
    before = len(world.sessions)
    changes = advance(world, 2)
    wanted = {
        "late_checkouts",
        "checkins_removed",
        "checkins_merged",
        "times_edited",
        "poll_answers",
        "questions",
        "evaluation_answers",
        "sessions_new",
        "sessions_vanished",
    }
    assert wanted <= set(changes)
    assert len(world.sessions) == before + changes["sessions_new"] - changes["sessions_vanished"]


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 60), Size(30, 2)])
def test_tiny_worlds_live(size: Size) -> None:
    world = build_world(7, size, TODAY)
    advance(world, 30)
    assert world.step == 30
    assert world.sessions
