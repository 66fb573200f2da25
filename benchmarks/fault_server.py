"""A small API that is wrong in one way at a time: what the fault table is about.

It answers as `server.py` does (`/parents`, `/parents/ID/rows?page=N`), in a thread of the process
that starts the engines: what was asked of it, it knows itself. Each fault is a class, whose first
line says on the page what its API does. The fault is of one parent; all others are well.
"""

import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from benchmarks.server import row

Key = tuple[str, int]
"""A row: its parent, and its id below that."""

BAD = "p00003"
ROWS = 5
PAGES = 2
SOME, MANY = 5, 100
"""So many requests are answered before a fault; after so many an API takes its time."""

HOUR = timedelta(hours=1)


class Asked(NamedTuple):
    """A request."""

    parent: str
    """Whose rows; empty for the list of parents."""

    page: int
    since: str
    token: str
    times: int
    """How often just this was asked for, now included."""

    waited: float
    """Seconds since it was first asked for."""


class Answer(NamedTuple):
    """What is sent."""

    body: bytes
    status: int = 200
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def encoded(body: object, status: int = 200, **headers: str) -> Answer:
    """Return JSON as an answer."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(json.dumps(body).encode(), status, headers=named)


class Api:
    """Nothing is wrong."""

    wants_token = False
    needs_undeclared = False
    """Whether a row is right only with the attributes that no schema names."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests = 0
        self.tokens = 0
        self.ends: dict[str, str] = {}
        self.rows: dict[str, list[dict[str, object]]] = {}
        self._random = random.Random(20240101)  # noqa: S311 - the same rows in every run, no secret
        self._times: Counter[Asked] = Counter()
        self._first: dict[Asked, float] = {}
        for number in range(8):
            self.add_parent(f"p{number:05}", timedelta(days=30 - 3 * number))

    def add_parent(self, parent: str, ago: timedelta) -> None:
        """Add a parent that ended so long ago, with its rows."""
        self.ends[parent] = f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%SZ}"
        self.rows[parent] = [row(number, self._random) for number in range(PAGES * ROWS)]

    @property
    def expected(self) -> set[Key]:
        """The rows that there are."""
        return {(parent, n) for parent, rows in self.rows.items() for n in range(len(rows))}

    def take(self, target: str, token: str) -> Answer:
        """Answer a request, or a demand for a token."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/token":
            self.tokens += 1
            return encoded({"access_token": f"token-{self.tokens}", "expires_in": 3600})
        parent = path.split("/")[2] if path.endswith("/rows") else ""
        page, since = query.get("page", ["1"])[0], query.get("since", [""])[0]
        asked = Asked(parent, int(page), since, "", 0, 0)
        self.requests += 1
        self._times[asked] += 1
        first = self._first.setdefault(asked, time.monotonic())
        waited = time.monotonic() - first
        return self.answer(asked._replace(token=token, times=self._times[asked], waited=waited))

    def hold(self) -> None:
        """Wait before an answer is sent: whoever asks without end need not do so fast."""
        if self.requests > MANY:
            time.sleep(0.1)

    def answer(self, asked: Asked) -> Answer:
        """Answer a request; a fault overrides this."""
        if not asked.parent:
            since = asked.since.replace("+00:00", "Z")
            parents = sorted(self.ends.items(), key=lambda each: each[1])
            return encoded({"data": [{"id": p, "ended_at": e} for p, e in parents if e >= since]})
        if asked.parent not in self.rows:
            return encoded({"error": "not found"}, 404)
        return self.page(asked)

    def page(self, asked: Asked, following: int | None = None) -> Answer:
        """Return a page of rows, which names the one that follows."""
        rows = self.rows[asked.parent]
        found = rows[(asked.page - 1) * ROWS : asked.page * ROWS]
        if following is None and asked.page * ROWS < len(rows):
            following = asked.page + 1
        return encoded({"data": found, "next_page": following})


class NotReady(Api):
    """202 with Retry-After: 5, for five seconds: the report is being prepared."""

    seconds = 5

    @override
    def answer(self, asked: Asked) -> Answer:
        if asked.parent == BAD and asked.waited < self.seconds:
            return encoded({"message": "is being prepared"}, 202, Retry_After="5")
        return super().answer(asked)


class ErrorBody(Api):
    """200 with an error in its body, each time."""

    @override
    def answer(self, asked: Asked) -> Answer:
        if asked.parent == BAD:
            return encoded({"success": False, "error": "Something went wrong"})
        return super().answer(asked)


class Html(Api):
    """200 with an HTML page, twice: a proxy is down for a moment."""

    times = 2

    @override
    def answer(self, asked: Asked) -> Answer:
        if (asked.parent, asked.page) == (BAD, 2) and asked.times <= self.times:
            return Answer(b"<html><body>Please wait</body></html>", kind="text/html")
        return super().answer(asked)


class CutJson(Api):
    """200 with JSON that is cut in the middle, twice."""

    times = 2

    @override
    def answer(self, asked: Asked) -> Answer:
        whole = super().answer(asked)
        if (asked.parent, asked.page) == (BAD, 2) and asked.times <= self.times:
            return whole._replace(body=whole.body[: len(whole.body) // 2])
        return whole


class TooMany(Api):
    """429 with Retry-After: 60, to everything for so long."""

    seconds = 60.0
    began = 0.0
    early = 0
    """Requests that came before the time, beside the first that was refused."""

    @override
    def answer(self, asked: Asked) -> Answer:
        self.began = self.began or (time.monotonic() if self.requests == SOME else 0.0)
        left = self.began + self.seconds - time.monotonic() if self.began else 0.0
        if left > 0:
            self.early += left < self.seconds - 1
            wait = str(math.ceil(left))
            return encoded({"error": "too many requests"}, 429, Retry_After=wait)
        return super().answer(asked)


class TokenEnds(Api):
    """401 once: the token ends before its time, and a new one is to be had."""

    wants_token = True

    @override
    def answer(self, asked: Asked) -> Answer:
        is_old = asked.token == "token-1" and self.requests > SOME  # noqa: S105 - a number
        if is_old or not asked.token:
            return encoded({"error": "the token has expired"}, 401)
        return super().answer(asked)


class Undeclared(Api):
    """Attributes that no schema names."""

    needs_undeclared = True


class SameCursor(Api):
    """The last page names itself as the next one."""

    @override
    def answer(self, asked: Asked) -> Answer:
        if (asked.parent, asked.page) == (BAD, PAGES):
            return self.page(asked, following=PAGES)
        return super().answer(asked)


class NewCursors(Api):
    """After the last page come empty ones, each of which names another."""

    @override
    def answer(self, asked: Asked) -> Answer:
        if asked.parent == BAD and asked.page >= PAGES:
            return self.page(asked, following=asked.page + 1)
        return super().answer(asked)


class ServerError(Api):
    """500, three times."""

    times = 3

    @override
    def answer(self, asked: Asked) -> Answer:
        if asked.parent == BAD and asked.times <= self.times:
            return encoded({"error": "internal"}, 500)
        return super().answer(asked)


class Killed(Api):
    """kill -9 when two thirds were answered, then the next run."""

    answered = 12

    def __init__(self) -> None:
        super().__init__()
        self._held = math.inf
        self.goes_on = threading.Event()

    @override
    def hold(self) -> None:
        if self.requests > self.answered and not self.goes_on.is_set():
            self._held = min(self._held, time.monotonic())
            self.goes_on.wait()

    def is_to_be_killed(self) -> bool:
        """Say whether the engine has waited for a second: what was answered, it has written."""
        return time.monotonic() > self._held + 1


class Nights(Api):
    """What a vendor's data do between two nights."""

    def __init__(self) -> None:
        super().__init__()
        for days in (300, 200, 150, 120, 60, 2, 1):
            self.add_parent(f"ended-{days}", timedelta(days=days))
        self.late: dict[str, set[Key]] = {}

    def pass_a_night(self) -> None:
        """Add what a good next run finds; `late` says where it came."""
        before = self.expected
        for what, parent, ago in (
            ("a new parent", "new", HOUR),
            ("a parent that joins late, with an end 100 days ago", "joined", timedelta(days=100)),
        ):
            self.add_parent(parent, ago)
            self.late[what] = self.expected - before
            before = self.expected
        for days in (2, 60):
            rows = self.rows[f"ended-{days}"]
            rows.append(row(len(rows), self._random))
            self.late[f"a row below a parent that ended {days} days ago"] = self.expected - before
            before = self.expected


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    api: Api

    def do_GET(self) -> None:
        """Answer one request."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.api.lock:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            answer = self.api.take(self.path, token)
        self.api.hold()
        self.send_response(answer.status)
        for name, value in (("Content-Type", answer.kind), *answer.headers):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_GET  # noqa: N815 - so it has to be called

    @override
    def handle(self) -> None:
        with suppress(ConnectionError):  # who asked was stopped
            super().handle()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server that lets several connect at once: by default the sixth comes a second late."""

    request_queue_size = 128


@contextmanager
def serving(api: Api) -> Iterator[str]:
    """Serve on a free loopback port, and give the address."""
    handler = type("ApiHandler", (Handler,), {"api": api})
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
