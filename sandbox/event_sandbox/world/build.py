"""Make a world from a seed, a size and a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from event_sandbox.world.meetings import make_fairs
from event_sandbox.world.model import Event, Organiser, Size, World
from event_sandbox.world.people import make_person
from event_sandbox.world.programme import DAYS_AHEAD, DAYS_BACK, make_session
from event_sandbox.world.sessions import hold_until, preload

if TYPE_CHECKING:
    from datetime import date


SIZES: Final = {
    "small": Size(12, 60),
    "demo": Size(60, 800, 30),
    "large": Size(1000, 20_000, 200),
}


def build_world(seed: int, size: Size, today: date) -> World:
    """Make the world as it stands at the end of `today`: the same for the same arguments."""
    world = World(seed, size, first_today=today, today=today)
    _make_events(world)
    world.people = [make_person(world, "programme", number) for number in range(size.people)]
    for _ in range(size.sessions):
        session = make_session(world)
        preload(world, session)
        hold_until(world, session, today)
    make_fairs(world)
    return world


def _make_events(world: World) -> None:
    """Make one organiser with a programme, and one whose trade show consists of meetings."""
    learning = Organiser(
        0, "Northlight Learning", "America/Chicago", "letmein-7431", "moderate-2269"
    )
    fairs = Organiser(1, "Meridian Fairs", "Asia/Kolkata", "letmein-1187", "moderate-9042")
    world.organisers = [learning, fairs]
    days = (
        world.today - timedelta(days=DAYS_BACK),
        world.today + timedelta(days=DAYS_AHEAD),
    )
    fair_days = (world.today - timedelta(days=5), world.today + timedelta(days=2))
    chicago, berlin = ZoneInfo("America/Chicago"), ZoneInfo("Europe/Berlin")
    kolkata = ZoneInfo("Asia/Kolkata")
    world.events = [
        Event(0, learning, "conference", "Northlight Annual", chicago, *days, "Lakeside Centre"),
        Event(1, learning, "webinars", "Northlight Live", kolkata, *days, None),
        Event(2, learning, "roadshow", "Northlight en Route", berlin, *days, "Haus am Fluss"),
        Event(3, fairs, "trade_show", "Meridian Trade Fair", kolkata, *fair_days, "Hall 4"),
    ]
