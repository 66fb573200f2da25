"""How the taps read, as arithmetic: which requests a run sends, and when it sends them.

A stream has partitions, a partition has pages; what a night reads again is said for each stream.
`sizing` applies it to typical events, `sizing_check` to the sandbox's world and to real runs.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

Partitions = Mapping[int | None, float]
"""How many partitions have so many rows; None: those of which the vendor says "not yet"."""

Reading = Mapping[str, Partitions]
"""What a run reads, by stream."""


class Stream(NamedTuple):
    """How a tap reads a stream; streams that come with the requests of others are left out.

    The first two are of a typical event: an invented middle, to be replaced by your own.
    """

    name: str
    rows: int
    """Of a partition; per event where the account is the only partition."""

    parts: int = 1
    """Partitions of an event; 0: the account, which shard 0 reads."""

    page: int = 0
    """Rows of a page; 0: all rows come in one answer."""

    ends_empty: bool = False
    """Whether the pages end with one that brings nothing new."""

    is_list: bool = False
    """Whether others hang on it: it is read first, and of an account by every shard."""

    is_prepared: bool = False
    """Whether it is a report, which is asked for early."""

    needs_end: bool = False
    """Whether there is none before the event or session has ended."""

    settles: bool = True
    """Whether a night passes over events that have settled."""

    changes: int = 0
    """How often a night asks each event for what changed, in place of reading it."""

    windows: tuple[int, int] = (0, 0)
    """Windows of time in place of events: those of a first load, and of a night."""


class Vendor(NamedTuple):
    """A tap's streams in the order in which they are read, and its defaults."""

    requests_per_minute: int
    streams: tuple[Stream, ...]
    state_bytes: int
    """State of a run, measured in the sandbox's small world; without what it has per event."""

    state_bytes_per_event: int = 0


def _report(name: str, rows: int, parts: int = 1, *, needs_end: bool = True) -> Stream:
    return Stream(name, rows, parts, page=50, is_prepared=True, needs_end=needs_end)


def _list(name: str, rows: int, parts: int = 1, *, settles: bool = True) -> Stream:
    return Stream(name, rows, parts, page=100, ends_empty=True, settles=settles)


VENDORS = {
    "airmeet": Vendor(
        300,
        (
            Stream("auth", 0, parts=0, is_list=True),
            Stream("airmeets", 1, parts=0, page=500, ends_empty=True, is_list=True),
            Stream("sessions", 8, is_list=True),
            Stream("booths", 3, is_list=True),
            Stream("participants", 300, page=1_000),
            Stream("custom_fields", 4),
            _report("event_attendance", 180, needs_end=False),
            _report("session_attendance", 90, parts=8),
            _report("booth_attendance", 40, parts=3),
            Stream("poll_responses", 90, page=50),  # its rows are people
            Stream("questions", 30),
            Stream("tracks", 2),
            _report("registration_utms", 300, needs_end=False),
            Stream("session_recordings", 8),
            _report("replay_attendance", 60),
        ),
        state_bytes=5_500,
    ),
    "conferencesio": Vendor(
        120,
        (
            Stream("app", 0, parts=0),
            Stream("sessions", 20, parts=0, is_list=True),
            Stream("attendance", 60, parts=20),
            Stream("polls", 30, parts=20),
            Stream("evaluation_responses", 400, parts=0),
        ),
        state_bytes=1_750,
    ),
    "accelevents": Vendor(
        300,
        (
            Stream("events", 1, settles=False),
            _list("sessions", 20, settles=False),
            _list("session_analytics", 20, parts=0)._replace(is_list=True),  # of all events
            Stream("session_analytics_details", 60, parts=20),
            _list("session_attendees", 60, parts=20),
            _list("speakers", 20, settles=False),
            _list("attendees", 500, settles=False),
            _list("orders", 400)._replace(changes=1),
            Stream("ticket_types", 5, settles=False),
            _list("sponsors", 10, settles=False),
            _list("sponsor_analytics", 10, settles=False),
            _list("exhibitors", 10, settles=False),
            _list("exhibitor_staff", 3, parts=10, settles=False),
        ),
        state_bytes=2_450,
        state_bytes_per_event=154,
    ),
    "meetengage": Vendor(
        115,
        (
            Stream("test of the key", 0, parts=0, is_list=True),
            Stream("organisation_data", 40, windows=(177, 2)),  # of 31 days, since 2012
        ),
        state_bytes=550,
    ),
    "expoplatform": Vendor(
        120,
        (
            Stream("meetings", 2_900, page=500, changes=2),
            Stream("participants", 550, page=100, changes=1),
        ),
        state_bytes=140,
        state_bytes_per_event=300,
    ),
}


class Run(NamedTuple):
    """What a run takes."""

    requests: float
    seconds: float
    """From the first request to the last."""


def requests(stream: Stream, partitions: Partitions) -> float:
    """Return how many requests read partitions, once they are ready."""
    return sum(pages(stream, rows) * count for rows, count in partitions.items())


def pages(stream: Stream, rows: int | None) -> int:
    """Return how many requests read a partition."""
    if not rows or not stream.page:
        return 1
    return math.ceil(rows / stream.page) + stream.ends_empty


def simulate(
    vendor: Vendor, reading: Reading, *, interval: float, prepare: float = 0, poll: float = 60
) -> Run:
    """Send the requests of a run, one each `interval` seconds, in the order of the tap.

    A report is asked for as soon as the lists are read, and read in its turn: not before `poll`
    seconds have passed, and asked for once more after each further `poll` while it is not ready.

    Args:
        vendor: Whose requests.
        reading: What is read.
        interval: Seconds from one request to the next.
        prepare: Seconds from the first request for a report until it is ready.
        poll: The setting `report_poll_seconds`.
    """
    lists = [stream for stream in vendor.streams if stream.is_list]
    reports = [stream for stream in vendor.streams if stream.is_prepared]
    sent = sum(requests(stream, reading[stream.name]) for stream in lists)
    asked = {}
    for stream in reports:
        asked[stream.name] = sent * interval
        sent += sum(reading[stream.name].values())
    now = sent * interval
    for stream in vendor.streams:
        partitions = reading[stream.name]
        if stream.is_list:
            continue
        if stream.is_prepared:
            partitions = {rows: count for rows, count in partitions.items() if rows is not None}
            ready = sum(partitions.values())
            if not ready:
                continue
            now = max(now, asked[stream.name] + poll)
            polls = max(0, math.ceil((asked[stream.name] + prepare - now) / poll))
            sent += polls * ready
            now += polls * max(poll, ready * interval)
        count = requests(stream, partitions)
        sent += count
        now += count * interval
    return Run(sent, now - interval)


def rows_in(reading: Reading) -> float:
    """Return how many rows are read."""
    return sum((rows or 0) * n for partitions in reading.values() for rows, n in partitions.items())
