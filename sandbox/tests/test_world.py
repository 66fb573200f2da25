"""The world is the same for the same arguments, holds every quirk, and changes by its rules."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest

from event_sandbox.grains import GRAINS
from event_sandbox.registry import VENDORS
from event_sandbox.sandbox import Sandbox
from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, Size, World, advance, build_world, chats, hub, online
from event_sandbox.world.model import DAY, HOUR
from event_sandbox.world.online_people import activity, registrations

if TYPE_CHECKING:
    from event_sandbox.wire import Row
    from event_sandbox.world.chats import Chat
    from event_sandbox.world.online import OnlineEvent

SEEDS: Final = pytest.mark.parametrize("seed", [1, 7, 2026])


def make(size: Size = SIZES["small"], seed: int = 7, today: date = TODAY) -> World:
    return build_world(seed, size, today)


def rows(world: World, vendor: str, stream: str) -> list[Row]:
    return [json.loads(line) for line in Sandbox(world).truth(vendor, stream).splitlines()]


def told(world: World) -> dict[str, bytes]:
    """What readers of all vendors find, each alone and all together."""
    sandbox = Sandbox(world)
    alone = {
        f"{vendor.name}.{stream}": sandbox.truth(vendor.name, stream, all_columns=True)
        for vendor in VENDORS.values()
        for stream in vendor.streams
    }
    return alone | {grain: sandbox.grain(grain) for grain in GRAINS}


def events(world: World) -> list[OnlineEvent]:
    return [online.event(world, number) for number in online.event_numbers(world)]


def planned(world: World) -> list[Chat]:
    return [chats.chat(world, number) for number in chats.chat_numbers(world)]


def days_ahead(found: Chat) -> int:
    return (datetime.fromtimestamp(found.starts / 1000, UTC).date() - TODAY).days


# Rules of all places


def test_same_arguments_same_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_775_000_000.0)  # trade shows tell it
    one, two = make(), make()
    advance(one, 4)
    for _ in range(4):
        advance(two)
    assert one == two
    assert told(one) == told(two)
    here, elsewhere = told(make()), told(make(seed=8))
    assert not [grain for grain in GRAINS if here[grain] == elsewhere[grain]]


@pytest.mark.parametrize(
    "size", [Size(1, 1, 1, hub_events=1), Size(1, 60, 1, hub_sessions=1), Size(30, 2, 12)]
)
def test_tiny_worlds_live(size: Size) -> None:
    world = make(size)
    advance(world, 30)
    found = told(world)
    lists = ("conferencesio.sessions", "airmeet.airmeets", "accelevents.sessions")
    assert all(found[name] for name in (*lists, *GRAINS))


def test_size_is_as_asked() -> None:
    world = make(Size(2, 80, events=5, registrants=70, hub_events=7, hub_sessions=20))
    assert len(rows(world, "conferencesio", "sessions")) == 2
    assert len(rows(world, "accelevents", "events")) == 7
    per_event = Counter(row["event_url"] for row in rows(world, "accelevents", "sessions"))
    assert set(per_event.values()) == {20}
    assert len(events(world)) == len(planned(world)) == 5
    assert {len(registrations(world, event)) for event in events(world)} == {70}
    emails = [one.email for one in chats.candidates(world, 0)]
    assert len(set(emails)) == len(emails) == 70


COMES_WITHIN: Final = {
    2: "late_checkouts checkins_removed checkins_merged times_edited poll_answers questions"
    " evaluation_answers sessions_held sessions_new sessions_vanished"
    " hub_sessions_new hub_orders hub_refunds hub_registrations hub_stays hub_corrections",
    7: "credits_edited people_registered"
    " online_events_new online_events_ended online_events_archived online_registrations"
    " online_recordings online_stays online_corrections online_answers online_questions"
    " online_replays"
    " chats_new chats_called_off chat_candidates chat_registrations chat_attendances",
    14: "chat_erasures",
}
"""What so many days bring."""


@pytest.mark.parametrize("seed", range(3))
def test_days_bring_every_kind_of_change(seed: int) -> None:
    world = make(seed=seed)
    changes, sessions, online_events = Counter[str](), len(world.sessions), len(events(world))
    for day in range(1, 16):
        changes += advance(world)
        assert set(COMES_WITHIN.get(day, "").split()) <= set(changes)
    new = sessions + changes["sessions_new"] - changes["sessions_vanished"]
    assert len(world.sessions) == new
    new = online_events + changes["online_events_new"] - changes["online_events_archived"]
    assert len(events(world)) == new


ENDS: Final = {
    "conferencesio": ("session_id", "session_date"),
    "airmeet": ("airmeet_id", "airmeet_end_time"),
    "accelevents": ("session_id", "session_end_time"),
}
"""The columns that tell the parent of a row, and when that ends."""


def settled(world: World) -> dict[tuple[str, str], dict[str, list[Row]]]:
    """What is told of each session and event that ended more than ten days ago."""
    edge = str(world.today - timedelta(days=10))
    found: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for vendor, (parent, end) in ENDS.items():
        for stream in VENDORS[vendor].streams:
            for row in rows(world, vendor, stream):
                if {parent, end} <= row.keys() and (row[end] or edge) < edge:
                    found[vendor, row[parent]][stream].append(row)
    for one in planned(world):
        if one.ends < world.now - (chats.DAYS_IN_MOTION + 1) * DAY:
            found["meetengage", one.key]["candidates"] = known(world, one)
    return found


def known(world: World, found: Chat) -> list[Row]:
    """What is known of a chat's people by now."""
    names = ("registered_from", "attended_from", "erased_from")
    return [
        {name: (getattr(one, name) or world.now + 1) <= world.now for name in names}
        for one in chats.candidates(world, found.number)
        if one.known_from <= world.now
    ]


@pytest.mark.parametrize("seed", [1, 7])
def test_what_has_settled_never_changes(seed: int) -> None:
    world = make(Size(20, 60, hub_events=3), seed)
    after = settled(world)
    assert {vendor for vendor, _ in after} == {*ENDS, "meetengage"}
    for _ in range(12):
        before = after
        advance(world)
        after = settled(world)
        for parent, of_parent in before.items():
            assert after.get(parent, of_parent) == of_parent  # it may have vanished


# The programme


@SEEDS
def test_the_smallest_programme_has_every_quirk(seed: int) -> None:
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
    # Guests can be told apart by nothing.
    ahead = [s for s in sessions if s.first_day and s.first_day > TODAY]
    assert any(
        sum(c.person.first_name == "Guest" and c.arrived is None for c in session.checkins) >= 2
        for session in ahead
    )


def test_the_programme_lies_around_today_and_nobody_comes_before_the_day() -> None:
    sessions = make(SIZES["demo"]).sessions.values()
    days = [session.first_day for session in sessions if session.first_day]
    assert min(days) >= TODAY - timedelta(days=90)
    assert TODAY < max(days) <= TODAY + timedelta(days=20)
    assert sum(day <= TODAY - timedelta(days=15) for day in days) > len(days) / 4
    for session in sessions:
        if session.first_day and session.first_day > TODAY:
            assert not [*session.arrived(), *session.evaluations, *session.questions]


# Online events


@SEEDS
def test_the_fewest_online_events_have_every_quirk(seed: int) -> None:
    world = make(seed=seed)
    found = events(world)
    statuses = Counter(event.status(world.now) for event in found)
    assert statuses == {"FINISHED": 8, "ONGOING": 2, "PAUSED": 1, "CREATED": 1}
    assert sum(event.ends is None for event in found) == 1
    assert {bool(event.booths) for event in found} == {True, False}
    assert {bool(event.fields) for event in found} == {True, False}
    lists = [registrations(world, event) for event in found]
    entries = [entry for entries in lists for entry in entries]
    assert not all(lists)
    assert any(entry.registered is None for entry in entries)
    assert any(not entry.person.email for entry in entries)
    assert any(entry.duplicate for entry in entries)
    assert any(entry.utms is None for entry in entries)
    big = activity(world, online.event(world, online.BIG))
    assert len(next(iter(big.stays.values()))) > 50
    assert any(stay.spent.more for stay in big.stays.popitem()[1])


# A hub's events


@SEEDS
def test_the_smallest_hub_has_every_quirk(seed: int) -> None:
    world = make(seed=seed)

    def of(stream: str) -> list[Row]:
        return rows(world, "accelevents", stream)

    sessions, attended, tickets = of("sessions"), of("session_attendees"), of("attendees")
    assert sum(session["end_time"] is None for session in sessions) == 1
    assert len({session["title"] for session in sessions}) < len(sessions)
    registered, present = (
        {(row["session_id"], row["event_ticket_id"]) for row in listed}
        for listed in (of("session_registrants"), attended)
    )
    assert registered < present
    assert {row["attended"] for row in attended} == {True, False}
    assert any(row["email"] is None for row in attended)
    keys = [session["session_id"] for session in sessions]
    held = {row["session_id"] for row in sessions if (row["session_end_time"] or "9") < str(TODAY)}
    assert held - {row["session_id"] for row in attended}
    assert len(set(keys)) == len(keys)
    assert {row["ticket_status"] for row in tickets} == {"BOOKED", "CHECKED_IN", "REFUNDED"}
    people = [(row["event_url"], row["first_name"], row["last_name"]) for row in tickets]
    assert len(set(people)) < len(people) == len({row["barcode"] for row in tickets})
    assert not [row for row in of("orders") if row["event_url"] == hub.slug_of(hub.AHEAD)]


@pytest.mark.parametrize("today", [date(2026, 4, 2), date(2026, 11, 21), date(2026, 7, 1)])
def test_no_clock_shows_a_time_that_is_there_twice_or_never(today: date) -> None:
    world = make(today=today)
    zones = {hub.slug_of(n): hub.hub_event(world, n).zone for n in range(world.size.hub_events)}
    for _ in range(2):
        advance(world, 15)
        for stream in VENDORS["accelevents"].streams:
            for row in rows(world, "accelevents", stream):
                for name in row:
                    if f"{name}_utc" in row and row[name]:
                        wall = datetime.strptime(row[name][:16], "%Y/%m/%d %H:%M")  # noqa: DTZ007 - without a zone, it is a wall time
                        zone = zones[row["event_url"]]
                        early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
                        assert early.utcoffset() == late.utcoffset(), (stream, name, row[name])


# Live chats


@pytest.mark.parametrize("size", SIZES)
def test_chats_lie_in_two_years_back_and_one_ahead(size: str) -> None:
    world = make(Size(1, 60, SIZES[size].events))
    days = [days_ahead(one) for one in planned(world)]
    assert -722 < min(days) < -685
    assert 290 < max(days) < 340
    assert len(days) == SIZES[size].events > len(set(days))
    lone = days.pop(chats.LONE)
    assert min(abs(day - lone) for day in days) > 70


@pytest.mark.parametrize("first", range(31))
def test_chats_start_at_no_midnight_and_those_of_several_days_cross_no_bound(first: int) -> None:
    """The bounds are those of windows of 31 days from 1970, in any time zone."""
    found = planned(make(Size(1, 60), today=date(2026, 1, 1) + timedelta(days=first)))
    for one in found:
        for at in (one.starts, one.ends - HOUR):
            assert datetime.fromtimestamp(at / 1000, ZoneInfo("Europe/London")).minute == 30
    several = [one for one in found if one.ends - one.starts > DAY]
    assert len(several) == 2
    for one in several:
        for shift in (-11 * HOUR, 0, 11 * HOUR):
            assert (one.starts + shift) // DAY // 31 == (one.ends + shift) // DAY // 31


@SEEDS
def test_the_fewest_chats_have_every_quirk(seed: int) -> None:
    world = make(seed=seed)
    lists = [(one, chats.candidates(world, one.number)) for one in planned(world)]
    everybody = [one for _, listed in lists for one in listed]
    assert [len(listed) for _, listed in lists].count(0) == 1
    assert any(not one.email for one in everybody)
    assert any(not one.country for one in everybody)
    assert any(one.erased_from for one in everybody)
    assert any(not one.registered_from for one in everybody)
    assert max(Counter(map(id, everybody)).values()) == 3
    for found, listed in lists:
        for one in listed:
            if one.attended_from is not None:
                assert one.registered_from is not None
                assert one.attended_from >= found.ends
