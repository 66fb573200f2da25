"""Which parents are read again, and how far the bookmark goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from event_taps_core.settling import Settling, moment

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def z(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def settling(
    bookmark: str | None = None,
    *,
    settle_days: int = 14,
    start_date: str | None = None,
    run_started: datetime = NOW,
) -> Settling:
    return Settling(
        bookmark=bookmark,
        settle_days=settle_days,
        start_date=start_date,
        run_started=run_started,
    )


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
    run: Run, parents: list[Parent], bookmark: str | None, settle_days: int
) -> tuple[str | None, list[Parent]]:
    """Do what a walk does: in the order of their ends, freeze at the first failure.

    Returns:
        The bookmark, and the parents that were not due.
    """
    settled = settling(bookmark, settle_days=settle_days, run_started=run.start)
    due = [parent for parent in parents if settled.reads(parent.key)]
    frozen = False
    for n, parent in enumerate(sorted(due, key=lambda p: (moment(p.key), p.key))):
        if n >= run.reads_until:
            break
        if n in run.fails:
            frozen = True
            continue
        parent.readings.append(run.start)
        if not frozen:
            settled.advance(parent.key)
    return settled.bookmark, [parent for parent in parents if parent not in due]


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


def check_induction(
    parents: list[Parent], runs: list[Run], settle_days: int, bookmark: str | None
) -> None:
    """Check: a run leaves out an ended parent only if it was read when it had settled."""
    known = [p for p in parents if bookmark is None or p.ends > runs[0].start]
    for run in runs:
        bookmark, settled = carry_out(run, parents, bookmark, settle_days)
        for parent in settled:
            if parent in known and parent.ends <= run.start:
                assert any(
                    reading >= parent.ends + settle_days * DAY for reading in parent.readings
                ), f"{parent} was given up by {run}"


@given(TIMED, RUNS, SETTLE_DAYS)
def test_every_parent_is_last_read_when_it_has_settled(
    parents: list[Parent], runs: list[Run], settle_days: int
) -> None:
    check_induction(parents, runs, settle_days, None)


@given(DATED | LOCAL, RUNS, SETTLE_DAYS)
def test_every_parent_of_a_local_day_or_time_is_last_read_when_it_has_settled_in_every_time_zone(
    parents: list[Parent], runs: list[Run], settle_days: int
) -> None:
    check_induction(parents, runs, settle_days, None)


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
def test_a_bookmark_from_the_future_hides_nothing_that_ends_after_the_first_run(
    given_parents: tuple[list[Parent], Callable[[datetime], str]],
    runs: list[Run],
    settle_days: int,
    ahead: int,
) -> None:
    parents, written = given_parents
    runs = [Run(runs[0].start, 99, frozenset()), *runs[1:]]
    check_induction(parents, runs, settle_days, written(runs[0].start + ahead * HOUR))


@given(TIMED | DATED | LOCAL, RUNS, SETTLE_DAYS)
def test_the_bookmark_never_goes_back_and_never_passes_the_start_of_its_run(
    parents: list[Parent], runs: list[Run], settle_days: int
) -> None:
    bookmark = None
    for run in runs:
        before = moment(bookmark)
        bookmark, _ = carry_out(run, parents, bookmark, settle_days)
        after = moment(bookmark)
        if after is not None:
            assert after <= run.start
        if before is not None:
            assert after is not None
            assert after >= before


@given(TIMED | DATED | LOCAL, HOURS, SETTLE_DAYS)
def test_a_first_run_reads_everything(parents: list[Parent], start: int, settle_days: int) -> None:
    _, left_out = carry_out(Run(NOW + start * HOUR, 99, frozenset()), parents, None, settle_days)
    assert left_out == []


@given(TIMED | DATED | LOCAL, SETTLE_DAYS, HOURS)
def test_what_has_settled_is_not_read_again(
    parents: list[Parent], settle_days: int, later: int
) -> None:
    """The second run must be cheap: nothing but the window and what is new."""
    last = max(parent.ends for parent in parents)
    run = Run(last + settle_days * DAY + 2 * DAY, 99, frozenset())
    bookmark, _ = carry_out(run, parents, None, settle_days)
    again = Run(run.start + later * HOUR, 99, frozenset())
    _, left_out = carry_out(again, parents, bookmark, settle_days)
    window = max(moment(p.key) or last for p in parents) - settle_days * DAY
    assert left_out == [p for p in parents if (moment(p.key) or last) < window]


def test_without_a_failure_the_bookmark_is_the_end_of_the_last_parent() -> None:
    parents = [timed(1), timed(50)]
    bookmark, _ = carry_out(Run(NOW + 60 * HOUR, 99, frozenset()), parents, None, 14)
    assert bookmark == parents[1].key


def test_a_failing_parent_keeps_the_bookmark_before_it() -> None:
    parents = [timed(1), timed(50), timed(70)]
    run = Run(NOW + 80 * HOUR, 99, frozenset({1}))
    bookmark, _ = carry_out(run, parents, None, 0)
    assert bookmark == parents[0].key
    assert settling(bookmark, settle_days=0).reads(parents[1].key)


@pytest.mark.parametrize("value", [None, "", "tomorrow", "2026-13-45"])
def test_a_parent_without_an_end_is_always_read_and_moves_nothing(value: str | None) -> None:
    settled = settling("2026-02-28T00:00:00Z", settle_days=0, start_date="2026-02-28")
    assert settled.reads(value)
    assert not settled.advance(value)
    assert settled.bookmark == "2026-02-28T00:00:00Z"


def test_an_end_in_the_future_moves_the_bookmark_to_the_start_of_the_run() -> None:
    settled = settling()
    assert settled.advance(z(NOW + 30 * DAY))
    assert settled.bookmark == z(NOW)


@pytest.mark.parametrize(
    ("started", "bookmark"),
    [
        (datetime(2026, 3, 1, 11, 59, tzinfo=UTC), "2026-02-28"),
        (datetime(2026, 3, 1, 12, 0, tzinfo=UTC), "2026-03-01"),
    ],
)
def test_a_day_is_over_when_it_is_over_everywhere(started: datetime, bookmark: str) -> None:
    """At UTC-12 the last of February ends on March 1st at noon in UTC."""
    settled = settling(run_started=started)
    settled.advance("2026-03-09")
    assert settled.bookmark is not None
    assert date.fromisoformat(settled.bookmark) <= date.fromisoformat(bookmark)


@pytest.mark.parametrize(
    ("end", "read"),
    [("2026-02-15T00:00:00Z", True), ("2026-02-14T23:59:59Z", False), ("2026-02-15", True)],
)
def test_the_window_includes_its_edge(end: str, read: bool) -> None:  # noqa: FBT001 - a table
    assert settling("2026-03-01T00:00:00Z", settle_days=14).reads(end) is read


@pytest.mark.parametrize(
    ("end", "read"),
    [
        ("2026-01-31T23:59:59Z", False),
        ("2026-02-01T00:00:00Z", True),
        ("2026-01-31", False),
        ("2026-02-01", True),
        ("2026-01-31T11:00:00", False),
        ("2026-01-31T13:00:00", True),  # at UTC-12 that is February 1st
        ("2026-01-31T23:30:00-01:00", True),
    ],
)
@pytest.mark.parametrize("start_date", ["2026-02-01", "2026-02-01T00:00:00Z"])
def test_nothing_that_ended_before_the_start_date_is_read(
    start_date: str,
    end: str,
    read: bool,  # noqa: FBT001 - a table
) -> None:
    assert settling(start_date=start_date).reads(end) is read


def test_a_day_is_not_over_before_its_end() -> None:
    assert settling(start_date="2026-01-31T23:00:00Z").reads("2026-01-31")


def test_a_start_date_does_not_widen_the_window() -> None:
    assert not settling("2026-03-01", start_date="2020-01-01").reads("2025-01-01")


@pytest.mark.parametrize("bookmark", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_bookmarks_at_the_ends_of_time_are_bookmarks(bookmark: str) -> None:
    assert settling(bookmark).reads("2026-02-28")


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
    assert moment(value) == expected
