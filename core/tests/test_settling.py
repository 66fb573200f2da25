"""Which parents are read again, and how far the bookmark goes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from event_taps_core.settling import Settling, parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
State = dict[str, Any]


def z(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def settling(
    state: dict[str, Any] | None = None,
    *,
    settle_days: int = 14,
    start_date: str | None = None,
    run_started: datetime = NOW,
) -> Settling:
    return Settling(
        state or {}, settle_days=settle_days, start_date=start_date, run_started=run_started
    )


def is_read(settled: Settling, *ends: str | None) -> list[bool]:
    """Say which of some parents are read, by their ends."""
    settled.plan(dict(enumerate(ends)))
    return [settled.reads(number) for number in range(len(ends))]


def read(settled: Settling, *ends: str | None) -> Settling:
    """Read parents with these ends, one after the other."""
    keys: dict[Hashable, str | None] = dict(enumerate(ends))
    settled.plan(keys)
    settled.expect(dict.fromkeys(keys, 1), [])
    for key, end in keys.items():
        settled.note_read(key, end)
    return settled


@dataclass
class Parent:
    """An event: when it really ends, and what the vendor says of that."""

    ends: datetime
    key: str
    readings: list[datetime] = field(default_factory=list)
    """Starts of the runs that read it."""


@dataclass
class Run:
    start: datetime
    reads_until: int
    """It is killed after so many parents."""
    fails: frozenset[int]
    """Which of them fail."""


def carry_out(
    run: Run, parents: list[Parent], state: State, settle_days: int
) -> tuple[State, list[Parent]]:
    """Do what a walk does: in the order of their ends.

    Returns:
        The state, and the parents that were not due.
    """
    settled = settling(state, settle_days=settle_days, run_started=run.start)
    settled.plan({id(parent): parent.key for parent in parents})
    due = [parent for parent in parents if settled.reads(id(parent))]
    settled.expect(Counter(id(parent) for parent in due), [])
    for n, parent in enumerate(sorted(due, key=lambda p: (parse_datetime(p.key), p.key))):
        if n >= run.reads_until:
            break
        if n not in run.fails:
            parent.readings.append(run.start)
            settled.note_read(id(parent), parent.key)
    return settled.state(), [parent for parent in parents if parent not in due]


HOURS = st.integers(0, 40 * 24)
ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


def timed(hours: int) -> Parent:
    ends = NOW + hours * HOUR
    return Parent(ends, z(ends))


def dated(hours: int, zone: timezone) -> Parent:
    """An event on a calendar day of its place: it is over at that day's end there."""
    day = (NOW + hours * HOUR).astimezone(zone).date()
    return Parent(datetime.combine(day + DAY, time(), zone), day.isoformat())


def local(hours: int, zone: timezone) -> Parent:
    """An event whose end the vendor gives in its place's time, without the zone."""
    ends = (NOW + hours * HOUR).astimezone(zone)
    return Parent(ends, ends.replace(tzinfo=None).isoformat())


TIMED = st.lists(st.builds(timed, HOURS), min_size=1, max_size=6)
DATED = st.lists(st.builds(dated, HOURS, ZONES), min_size=1, max_size=6)
LOCAL = st.lists(st.builds(local, HOURS, ZONES), min_size=1, max_size=6)
RUNS = st.lists(
    st.builds(
        Run,
        HOURS.map(lambda hours: NOW + hours * HOUR),
        st.sampled_from([99, 99, 99, 0, 1, 3]),
        st.frozensets(st.integers(0, 6), max_size=1) | st.just(frozenset()),
    ),
    min_size=1,
    max_size=10,
).map(lambda runs: sorted(runs, key=lambda run: run.start))
SETTLE_DAYS = st.integers(0, 8)


def check_induction(parents: list[Parent], runs: list[Run], settle_days: int, state: State) -> None:
    """Check: a run leaves out an ended parent only if it was read when it had settled."""
    for run in runs:
        state, settled = carry_out(run, parents, state, settle_days)
        for parent in settled:
            if parent.ends <= run.start:
                assert any(
                    reading >= parent.ends + settle_days * DAY for reading in parent.readings
                ), f"{parent} was given up by {run}"


@given(TIMED, RUNS, SETTLE_DAYS)
def test_every_parent_is_last_read_when_it_has_settled(
    parents: list[Parent], runs: list[Run], settle_days: int
) -> None:
    check_induction(parents, runs, settle_days, {})


@given(DATED | LOCAL, RUNS, SETTLE_DAYS)
def test_every_parent_of_a_local_day_or_time_is_last_read_when_it_has_settled_in_every_time_zone(
    parents: list[Parent], runs: list[Run], settle_days: int
) -> None:
    check_induction(parents, runs, settle_days, {})


@given(
    TIMED.map(lambda parents: (parents, z))
    | DATED.map(lambda parents: (parents, lambda when: when.date().isoformat()))
    | LOCAL.map(lambda parents: (parents, lambda when: when.isoformat()[:19])),
    RUNS,
    SETTLE_DAYS,
    st.integers(36, 40 * 24),
)
@example(
    ([timed(20 * 24), timed(1)], z),
    [Run(NOW + 2 * HOUR, 99, frozenset()), Run(NOW + 30 * DAY, 99, frozenset())],
    2,
    39 * 24,
)
def test_a_bookmark_from_the_future_hides_nothing(
    given_parents: tuple[list[Parent], Callable[[datetime], str]],
    runs: list[Run],
    settle_days: int,
    ahead: int,
) -> None:
    parents, written = given_parents
    runs = [Run(runs[0].start, 99, frozenset()), *runs[1:]]
    future = written(runs[0].start + ahead * HOUR)
    check_induction(parents, runs, settle_days, {"replication_key_value": future})


@given(TIMED | DATED | LOCAL, RUNS, SETTLE_DAYS)
def test_the_bookmark_never_goes_back_and_never_passes_the_start_of_its_run(
    parents: list[Parent], runs: list[Run], settle_days: int
) -> None:
    state: State = {}
    for run in runs:
        before = parse_datetime(state.get("replication_key_value"))
        state, _ = carry_out(run, parents, state, settle_days)
        after = parse_datetime(state.get("replication_key_value"))
        if after is not None:
            assert after <= run.start
        if before is not None:
            assert after is not None
            assert after >= before


@given(TIMED | DATED | LOCAL, SETTLE_DAYS, HOURS)
def test_what_has_settled_is_not_read_again(
    parents: list[Parent], settle_days: int, later: int
) -> None:
    """The second run must be cheap: nothing but the window and what is new."""
    last = max(parent.ends for parent in parents)
    run = Run(last + settle_days * DAY + 2 * DAY, 99, frozenset())
    state, _ = carry_out(run, parents, {}, settle_days)
    again = Run(run.start + later * HOUR, 99, frozenset())
    _, left_out = carry_out(again, parents, state, settle_days)
    window = max(parse_datetime(p.key) or last for p in parents) - settle_days * DAY
    assert left_out == [p for p in parents if (parse_datetime(p.key) or last) < window]


@pytest.mark.parametrize("value", [None, "", "tomorrow", "2026-13-45"])
def test_a_parent_without_an_end_is_always_read_and_moves_nothing(value: str | None) -> None:
    before = read(settling(settle_days=0), "2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z").state()
    settled = settling(before, settle_days=0, start_date="2026-02-28")
    assert read(settled, value).reads(0)
    assert settled.bookmark == "2026-02-28T00:00:00Z"


def test_an_end_in_the_future_moves_the_bookmark_to_the_start_of_the_run() -> None:
    assert read(settling(), z(NOW + 30 * DAY)).bookmark == z(NOW)


@pytest.mark.parametrize(("hour", "bookmark"), [(11, "2026-02-28"), (12, "2026-03-01")])
def test_a_day_is_over_when_it_is_over_everywhere(hour: int, bookmark: str) -> None:
    """At UTC-12 the last of February ends on March 1st at noon in UTC."""
    settled = read(settling(run_started=NOW.replace(hour=hour)), "2026-03-09")
    assert str(settled.bookmark) <= bookmark


@pytest.mark.parametrize(
    ("end", "read_again"),
    [("2026-02-15T00:00:00Z", True), ("2026-02-14T23:59:59Z", False), ("2026-02-15", True)],
)
def test_the_window_includes_its_edge(end: str, read_again: bool) -> None:  # noqa: FBT001 - a table
    ends = (end, "2026-03-01T00:00:00Z")
    before = read(settling(), *ends).state()
    assert is_read(settling(before), *ends) == [read_again, True]


ENDS = {
    "2026-01-31T23:59:59Z": False,
    "2026-02-01T00:00:00Z": True,
    "2026-01-31": False,
    "2026-02-01": True,
    "2026-01-31T11:00:00": False,
    "2026-01-31T13:00:00": True,  # at UTC-12 that is February 1st
    "2026-01-31T23:30:00-01:00": True,
}


@pytest.mark.parametrize("start_date", ["2026-02-01", "2026-02-01T00:00:00Z"])
def test_nothing_that_ended_before_the_start_date_is_read(start_date: str) -> None:
    assert is_read(settling(start_date=start_date), *ENDS) == [*ENDS.values()]
    assert is_read(settling(start_date="2026-01-31T23:00:00Z"), "2026-01-31") == [True]


@pytest.mark.parametrize("bookmark", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_bookmarks_at_the_ends_of_time_are_bookmarks(bookmark: str) -> None:
    state = {**read(settling(), "2026-01-01").state(), "replication_key_value": bookmark}
    assert is_read(settling(state), "2026-02-28") == [True]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:00:00Z", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("2026-02-01T10:00:00+02:00", datetime(2026, 2, 1, 8, tzinfo=UTC)),
        ("2026-02-01T10:00:00", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("spring", None),
        ("", None),
        (None, None),
        (5, None),
        ({}, None),
    ],
)
def test_moment_table(value: object, expected: datetime | None) -> None:
    assert parse_datetime(value) == expected


# What was read


def days_ago(days: int) -> str:
    return z(NOW - days * DAY)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (14, 14, [False, False, False, True, True]),
        # Of what was read after three days, nobody knows what changed after ten.
        (3, 14, [True, True, True, True, True]),
        (14, 3, [False, False, False, True, True]),
    ],
)
def test_other_settle_days_read_what_was_not_read_after_so_many(
    before: int,
    after: int,
    expected: list[bool],  # the last two are within 14 days of the newest
) -> None:
    ends = tuple(map(days_ago, (200, 40, 20, 5, 0)))
    state = read(settling(settle_days=before), *ends).state()
    assert is_read(settling(state, settle_days=after), *ends) == expected


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        (days_ago(201), [True, False]),  # within its month
        (days_ago(41), [True, True]),  # into the other's month
        (days_ago(5), [True, False]),
        (None, [True, False]),
    ],
)
def test_a_parent_whose_end_moves_is_read(moved: str | None, expected: list[bool]) -> None:
    ends = (days_ago(200), days_ago(41), days_ago(0))
    state = read(settling(), *ends).state()
    assert is_read(settling(state), moved, *ends[1:]) == [*expected, True]


def test_a_parent_that_joins_late_costs_its_month() -> None:
    ends = tuple(map(days_ago, (200, 199, 41, 0)))
    state = read(settling(), *ends).state()
    late = settling(state)
    assert is_read(late, *ends, days_ago(198)) == [True, True, False, True, True]
    assert (late.settled, late.not_known) == (1, 3)
    assert is_read(settling(state), *ends) == [False, False, False, True]


@pytest.mark.parametrize("broken", [None, "", "AAAA", "*" * 256, 5, "A" * 255 + "="])
def test_a_state_without_a_fingerprint_is_believed_for_nothing(broken: Any) -> None:
    ends = (days_ago(200), days_ago(0))
    state = {**read(settling(), *ends).state(), "parents_read": broken}
    assert is_read(settling(state), *ends) == [True, True]


def test_a_state_is_small_however_many_parents_there_are() -> None:
    ends = [days_ago(n % 4000) for n in range(10_000)]
    assert len(json.dumps(read(settling(), *ends).state())) * 14 < 8 * 1024


def test_what_ended_long_ago_settles_in_the_run_that_read_it() -> None:
    """Not only once something newer has ended."""
    ends = (days_ago(200), days_ago(190))
    first = read(settling(), *ends)
    first.end(timedelta(0))
    assert is_read(settling(first.state()), *ends) == [False, False]


def test_what_failed_is_read_although_the_bookmark_passes_it() -> None:
    first = settling()
    listed: dict[Hashable, str | None] = {0: days_ago(200), 1: days_ago(190)}
    first.plan(listed)
    first.expect({0: 1, 1: 1}, [])
    first.note_read(1, days_ago(190))
    first.end(timedelta(0))
    assert is_read(settling(first.state()), days_ago(200), days_ago(100)) == [True, True]


def test_a_parent_of_which_a_part_is_not_known_is_read_again() -> None:
    first = settling()
    first.plan({0: days_ago(200)})
    first.expect({0: 1}, [0])
    first.note_read(0, days_ago(200))
    first.end(timedelta(0))
    assert is_read(settling(first.state()), days_ago(200)) == [True]


def test_what_another_shard_knew_is_not_believed_of_a_list_that_is_not_complete() -> None:
    theirs: dict[Hashable, str | None] = {0: days_ago(200)}
    first = read(settling(), *theirs.values())
    first.end(timedelta(0))
    ours = settling(first.state())
    ours.plan({**theirs, 1: days_ago(200)}, are_all=False, of_state={0, 1})
    assert (ours.reads(0), ours.reads(1)) == (True, True)


def test_a_clock_that_is_ahead_settles_nothing_too_early() -> None:
    """The vendor's clock is asked as well."""
    end = days_ago(14)
    ahead = read(settling(run_started=NOW + DAY), end)
    ahead.end(DAY + HOUR)
    assert is_read(settling(ahead.state()), end) == [True]


def test_a_list_that_is_not_complete_proves_nothing_about_the_others() -> None:
    """One event's list fails for a night: the others' parents of those months stay settled."""
    ends: dict[Hashable, str | None] = dict(enumerate(map(days_ago, (200, 199, 50, 0))))
    first = settling()
    first.plan(ends)
    first.expect(dict.fromkeys(ends, 1), [])
    for key, end in ends.items():
        first.note_read(key, end)
    without = settling(first.state())
    without.plan({0: ends[0], 3: ends[3]}, are_all=False)
    assert (without.reads(0), without.reads(3)) == (False, True)
    without.expect({3: 1}, [])
    without.note_read(3, ends[3])
    back = settling(without.state())
    back.plan(ends)
    assert [back.reads(key) for key in ends] == [False, False, False, True]
