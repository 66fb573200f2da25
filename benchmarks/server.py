"""The API that every contender reads: parents, and pages of rows below each parent.

It runs as its own process and must never be what is measured. So every response is encoded once,
before the first request, and page N is the same bytes for all parents (a row is identified by its
parent and its id). A raw protocol then answers a request with one dictionary look-up and one
write; `run.py` measures that ceiling and prints it beside the results.

    GET /parents               {"data": [{"id": "p00001", "ended_at": "2024-01-01T00:00:00Z"}, ...]}
    GET /parents/ID/rows?page=N  {"data": [...], "next_page": N+1 or null}    (N counts from 1)
    GET /first                 when the first request since the last /first came (monotonic seconds)
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta, timezone

NAMES = ["Zoë Müller", "José García", "Anna Smith", "Łukasz Żak", "佐藤 花子", "Siobhán Ó Néill"]
COMPANIES = ["Acme Events GmbH", "Nordic Trade Fairs AS", "Société du Salon", "Blue Harbor Inc."]
TITLES = ["Head of Marketing", "Software Engineer", "Geschäftsführerin", "Procurement Manager"]
TOPICS = ["analytics", "security", "sustainability", "retail", "healthcare", "logistics"]
ZONE = timezone(timedelta(hours=-5))
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def row(number: int, rng: random.Random) -> dict[str, object]:
    """Return an attendee as event platforms send it: about 700 bytes, 15 declared columns.

    `loyalty_tier` and `badge_colour` are in nobody's schema: they must cost what a vendor's
    undeclared attributes cost.
    """
    registered = datetime(2024, 3, 1, 9, tzinfo=ZONE) + timedelta(seconds=rng.randrange(10**7))
    name = rng.choice(NAMES)
    return {
        "id": number,
        "ticket_id": f"{rng.getrandbits(128):032x}",
        "name": name,
        "email": f"attendee.{number}.{rng.randrange(10**6)}@example.com",
        "company": rng.choice(COMPANIES),
        "job_title": rng.choice(TITLES),
        "registered_at": registered.isoformat(),
        "checked_in_at": (registered + timedelta(days=30)).isoformat(),
        "is_speaker": rng.random() < 0.1,  # noqa: PLR2004 - one in ten
        "attended": rng.random() < 0.7,  # noqa: PLR2004 - seven in ten
        "minutes_attended": rng.randrange(480),
        "price": rng.randrange(100_00) / 100,
        "notes": None if number % 3 else "Vegetarian; arrives late on the first day.",
        "ticket": {
            "type": "Full conference",
            "currency": "EUR",
            "discount_code": f"EARLY{rng.randrange(1000)}",
            "seat": {"row": rng.randrange(40), "number": rng.randrange(60)},
            "custom_fields": [
                {"label": "Dietary needs", "value": "none"},
                {"label": "T-shirt", "value": rng.choice(["S", "M", "L"])},
            ],
        },
        "topics": rng.sample(TOPICS, 3),
        "loyalty_tier": rng.choice(["gold", "silver", "none"]),
        "badge_colour": {"name": "teal", "hex": "#008080"},
    }


def response(body: object) -> bytes:
    """Return a complete HTTP response, encoded compactly and in UTF-8 as APIs do."""
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(encoded),
        encoded,
    )


class World:
    """All responses of one world, made before the first request."""

    def __init__(self, parents: int, pages: int, rows: int) -> None:
        rng = random.Random(20240101)  # noqa: S311 - the same world in every run, no secret
        start = datetime(2024, 1, 1, tzinfo=UTC)
        self.parents = response(
            {
                "data": [
                    {
                        "id": f"p{number:05}",
                        "ended_at": f"{start + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}",
                    }
                    for number in range(parents)
                ]
            }
        )
        self.pages = {
            b"%d" % page: response(
                {
                    "data": [row((page - 1) * rows + place, rng) for place in range(rows)],
                    "next_page": page + 1 if page < pages else None,
                }
            )
            for page in range(1, pages + 1)
        }
        self.page_one = self.pages[b"1"]
        self.first_request = 0.0

    def answer(self, target: bytes) -> bytes:
        """Return the response for a request target; a missing page number means page 1."""
        path, _, query = target.partition(b"?")
        if path == b"/first":
            moment, self.first_request = self.first_request, 0.0
            return response(moment)
        self.first_request = self.first_request or time.monotonic()
        if path == b"/parents":
            return self.parents
        if not path.endswith(b"/rows"):
            return NOT_FOUND
        if not query:
            return self.page_one
        return self.pages.get(query.rpartition(b"page=")[2], NOT_FOUND)


class Connection(asyncio.Protocol):
    """One kept-alive connection that answers GETs, pipelined ones in order."""

    def __init__(self, world: World, latency: float) -> None:
        self.world = world
        self.latency = latency
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write answers to."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows for mypy
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every complete request in the buffer, at once or after the latency."""
        *requests, self.buffer = (self.buffer + data).split(b"\r\n\r\n")
        for request in requests:
            answer = self.world.answer(request.split(b" ", 2)[1])
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def serve(world: World, latency: float) -> None:
    """Serve on a free loopback port, say which on stdout, and go on until stopped."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(world, latency), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Read the size of the world from the command line and serve it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parents", type=int, default=20)
    parser.add_argument("--pages", type=int, default=3, help="pages per parent")
    parser.add_argument("--rows", type=int, default=100, help="rows per page")
    parser.add_argument("--latency", type=int, default=0, help="milliseconds before each answer")
    options = parser.parse_args()
    world = World(options.parents, options.pages, options.rows)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(world, options.latency / 1000))


if __name__ == "__main__":
    main()
