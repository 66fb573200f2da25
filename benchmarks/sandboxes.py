"""The vendors' APIs that whole taps read: the sandbox, with worlds of the size that a case needs.

All of them are the same on every day they are measured, and lie so far back that nothing in them is
still expected to change.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

from typing_extensions import override

from benchmarks.worlds import Figures, Server, ask, ask_json, running

TODAY = "2026-04-02"

SESSION = re.compile(r"/session/(?:analytics/)?(\d+)(/attendee)?")
"""The path of what Accelevents knows about one session: its attendees, or its details."""

SETTLE_DAYS = timedelta(days=14)
"""The default of tap-accelevents: what ended so long before the last run is settled."""

DETAIL_STREAMS = (
    "session_analytics_details",
    "session_registrants",
    "session_speakers",
    "session_assets",
)
"""The streams of tap-accelevents that are in the details of a session."""

CALLS_PER_SECOND = 10 / 5
"""What Meet & Engage allows in the long run: 10 calls in any 5 seconds."""


class Airmeet(NamedTuple):
    """What the sandbox serves as Airmeet.

    Airmeet's page of participants holds 1,000 rows: then parsing and writing them is what a run
    waits for. Five are the least that the sandbox can be switched to, for all lists; that of the
    events stays one page if it ignores the cursor, which is a switch as well.
    """

    events: int
    registrants: int | None = None
    """People on each event's list; some of them come only days after their event."""

    latency: int = 0
    """Milliseconds before each answer."""

    prepare: int = 0
    """Seconds from the first request for a report until it is ready."""

    has_small_pages: bool = False
    only: tuple[str, ...] = ()
    """The streams that are selected; none for all."""

    @property
    def page(self) -> int:
        """Return how many participants there are on a page."""
        return 5 if self.has_small_pages else 1_000

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the sandbox."""
        options = [f"--events={self.events}", f"--latency-ms={self.latency}"]
        options += [f"--prepare-seconds={self.prepare}"]
        if self.registrants:
            options += [f"--registrants={self.registrants}", f"--people={self.registrants}"]
        if self.has_small_pages:
            options += ["--switch", "airmeet.largest_page=five", "airmeet.airmeets_after=ignored"]
        with sandbox(options) as printed:
            yield AirmeetServer(self, printed)


class Accelevents(NamedTuple):
    """What the sandbox serves as Accelevents: so many events with so many sessions each."""

    events: int
    sessions: int
    latency: int = 0
    """Milliseconds before each answer."""

    only: tuple[str, ...] = ()
    """The streams that are selected; none for all."""

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the sandbox."""
        options = [f"--hub-events={self.events}", f"--hub-sessions={self.sessions}"]
        options += [f"--latency-ms={self.latency}"]
        with sandbox(options) as printed:
            yield AcceleventsServer(self, printed)


class MeetEngage(NamedTuple):
    """What the sandbox serves as Meet & Engage: its small world, or a single chat."""

    rows: int | None = None
    """Candidates of the single chat, all of them in one window."""

    latency: int = 0
    """Milliseconds before each answer."""

    has_limit: bool = True
    """Whether a call too many is refused, in any stretch of 5 seconds."""

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the sandbox."""
        rule = "sliding" if self.has_limit else "off"
        options = [f"--latency-ms={self.latency}", "--switch", f"meetengage.rate_limit={rule}"]
        if self.rows:
            options += ["--events=1", f"--registrants={self.rows}"]
        with sandbox(options) as printed:
            yield MeetEngageServer(self, printed)


@contextmanager
def sandbox(options: Sequence[str], today: str | None = TODAY) -> Iterator[dict[str, Any]]:
    """Run the sandbox, and give what it prints: where it is, and settings for each vendor."""
    days = [f"--today={today}"] if today else []
    with running("-m", "event_sandbox", "serve", *days, *options) as line:
        yield json.loads(line)


class ControlApi:
    """The control API of a sandbox.

    Args:
        printed: What it printed when it began to listen.
    """

    def __init__(self, printed: dict[str, Any]) -> None:
        self.vendors: dict[str, dict[str, Any]] = printed["vendors"]
        self._port = int(printed["url"].rpartition(":")[2])

    def control(self, path: str, method: str = "GET") -> Any:
        """Ask the sandbox's control API."""
        return ask_json(self._port, f"/_sandbox/{path}", method)

    def truth(self, vendor: str, stream: str) -> Iterator[bytes]:
        """Give the rows of a stream, each a line of JSON."""
        return ask(self._port, f"/_sandbox/truth/{vendor}/{stream}")


class Sandbox(ControlApi):
    """The sandbox, which makes most of its world when it is first asked: here, for the truth.

    Args:
        printed: What it printed when it began to listen.
        streams: The streams that are read; none for all of the vendor's.
    """

    vendor: ClassVar[str]
    """Its name in the sandbox."""

    def __init__(self, printed: dict[str, Any], streams: Sequence[str] = ()) -> None:
        super().__init__(printed)
        vendor = self.vendors[self.vendor]
        self.config: dict[str, Any] = {"api_url": vendor["api_url"], **vendor["settings"]}
        read = streams or self.control(f"streams/{self.vendor}")
        self.expected = {stream: sum(1 for _ in self.truth(self.vendor, stream)) for stream in read}

    def forget(self) -> None:
        """Forget the log."""
        self.control("requests", "DELETE")

    def seen(self) -> Figures:
        """Return what the log says about the last run."""
        return self.count(self.control("requests"))

    def count(self, log: list[dict[str, Any]]) -> Figures:
        """Return what can be counted in the log whoever the vendor is."""
        return {"first": min(entry["at"] for entry in log), "requests": len(log)}


class AirmeetServer(Sandbox):
    """The sandbox as Airmeet."""

    vendor = "airmeet"

    def __init__(self, world: Airmeet, printed: dict[str, Any]) -> None:
        super().__init__(printed, world.only)
        self._world = world
        self._needed = self._count_needed() if world.only == ("participants",) else None

    def _count_needed(self) -> int:
        """Count the token, the list of events, and their pages of participants; none is one too."""
        people = Counter(
            json.loads(row)["airmeet_id"] for row in self.truth(self.vendor, "participants")
        )
        pages = sum(math.ceil(count / self._world.page) for count in people.values())
        return 1 + 1 + pages + self._world.events - len(people)

    @override
    def forget(self) -> None:
        """Forget the log, and the reports: each run has to wait for its own."""
        super().forget()
        self.control("preparation", "DELETE")

    @override
    def count(self, log: list[dict[str, Any]]) -> Figures:
        """Count requests: all, those that the data did not need, those that came too early."""
        figures = super().count(log)
        if self._needed:
            return figures | {"unneeded": len(log) - self._needed}
        pending = sum(entry["status"] == HTTPStatus.ACCEPTED for entry in log)
        return figures | {"pending": pending}

    def about(self) -> str:
        """Name sizes, and what the data needs at least: requests, or waiting one by one."""
        world = self._world
        text = f"Airmeet, {world.events} events, {world.latency} ms"
        if self._needed:
            text += f", {sum(self.expected.values()):,} participants, {world.page:,} a page"
            return f"{text}; requests that the data needs: {self._needed:,}"
        reports, seconds = len(self.control("preparation")["reports"]), world.prepare
        return f"{text}; one by one: {reports} reports x {seconds} s = {reports * seconds:,} s"


class AcceleventsServer(Sandbox):
    """The sandbox as Accelevents."""

    vendor = "accelevents"

    def __init__(self, world: Accelevents, printed: dict[str, Any]) -> None:
        super().__init__(printed, world.only)
        self._world = world
        self._settled = self._find_settled()

    def _find_settled(self) -> set[str]:
        """Return the ids of the sessions that a second run has no reason to ask about."""
        rows = [json.loads(row) for row in self.truth(self.vendor, "sessions")]
        ends = {
            str(row["session_id"]): datetime.fromisoformat(row["session_end_time"])
            for row in rows
            if row["session_end_time"]  # one without an end is always read
        }
        line = datetime.now(UTC) - SETTLE_DAYS
        return {session for session, end in ends.items() if end < line}

    @override
    def count(self, log: list[dict[str, Any]]) -> Figures:
        """Count requests: all, those about one session, and how many without any sharing.

        `latency_s` is how long they would have waited one by one.
        """
        about_one = [found for entry in log if (found := SESSION.search(entry["path"]))]
        details = sum(found[2] is None for found in about_one)
        return super().count(log) | {
            "latency_s": len(log) * self._world.latency / 1000,
            "by_session": len(about_one),
            "of_settled": sum(found[1] in self._settled for found in about_one),
            "unshared": len(log) + details * (len(DETAIL_STREAMS) - 1),
        }

    def about(self) -> str:
        """Name sizes and latency."""
        events, sessions, latency, only = self._world
        text = f"Accelevents, {events} events x {sessions} sessions, {latency} ms"
        return f"{text}, {len(only) or 'all'} streams, {len(self._settled):,} sessions settled"


class MeetEngageServer(Sandbox):
    """The sandbox as Meet & Engage."""

    vendor = "meetengage"

    def __init__(self, world: MeetEngage, printed: dict[str, Any]) -> None:
        super().__init__(printed, ["organisation_data_standard"])  # all that its tap reads unasked
        self._world = world

    @override
    def forget(self) -> None:
        """Forget the log, and the calls that were counted."""
        super().forget()
        self.control("limits", "DELETE")

    @override
    def count(self, log: list[dict[str, Any]]) -> Figures:
        """Count requests; under the limit also what the server made of them.

        `used_share` is how much of what is allowed was used, from the first call to the last: the
        calls less one, because so many intervals lie between them.
        """
        figures = super().count(log)
        if not self._world.has_limit:
            return figures
        counted = self.control("limits")[self.vendor]
        allowed = CALLS_PER_SECOND * (max(entry["at"] for entry in log) - figures["first"])
        return figures | {
            "breaches": counted["breaches"],
            "fullest": counted["fullest"],
            "used_share": (counted["calls"] - 1) / allowed,
        }

    def about(self) -> str:
        """Name sizes, latency and limit."""
        rows = sum(self.expected.values())
        where = "in one window" if self._world.rows else "in two years and what lies ahead"
        limit = "10 calls in any 5 s" if self._world.has_limit else "no limit"
        return f"Meet & Engage, {rows:,} rows {where}, {self._world.latency} ms, {limit}"
