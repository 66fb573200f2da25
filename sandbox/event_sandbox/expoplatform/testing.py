"""A plain client of this API for tests, with its key, and a reader of both lists."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from event_sandbox.testing import VendorReader, with_query

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

EXPORT: Final = "/meetings/export"
_LISTS: Final = {
    "meetings": EXPORT + "?event_id={event}&per_page=500",
    "participants": "/participants/{event}/list?limit=100",
}


class ExpoPlatformReader(VendorReader):
    """Asks for pages of one event, and reads the lists of all."""

    vendor_name = "expoplatform"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.base += "/api/v2"
        self.event_ids: list[int] = self.settings["event_ids"]
        self.headers = {"Authorization": f"Basic {self.settings['api_key']}"}
        self.statuses: Counter[int] = Counter()
        self._walks: dict[str, list[list[Json]]] = {}

    def export(self, event_id: int = 1041, **query: object) -> tuple[int, Json]:
        """Ask for a page of the export."""
        return self.ask(EXPORT, event_id=event_id, **query)

    def meetings(self, **query: object) -> list[Json]:
        """Read the export of the big event to its end."""
        bodies = self._walk(with_query(EXPORT, {"event_id": 1041, "per_page": 500, **query}))
        return [row for body in bodies for row in rows_in(body)]

    def bodies(self, stream: str) -> list[Json]:
        """Give the answers about the first event: the last one has no rows that are new."""
        return self._read(stream)[0]

    def rows(self, stream: str) -> list[Json]:
        """Give the rows of all events, those of a page that comes once more only once."""
        rows: list[Json] = []
        for bodies in self._read(stream):
            pages = [rows_in(body) for body in bodies]
            new = [page for number, page in enumerate(pages) if page not in pages[:number]]
            rows += [row for page in new for row in page]
        return rows

    def _read(self, stream: str) -> list[list[Json]]:
        if stream not in self._walks:
            paths = [_LISTS[stream].format(event=event) for event in self.event_ids]
            self._walks[stream] = [self._walk(path) for path in paths]
        return self._walks[stream]

    def _walk(self, path: str) -> list[Json]:
        """Turn pages until one is empty, was there before, or is an error."""
        bodies: list[Json] = []
        while True:
            status, body = self.ask(f"{path}&page={len(bodies) + 1}")
            self.statuses[status] += 1
            bodies.append(body)
            rows = rows_in(body)
            if not rows or any(rows == rows_in(before) for before in bodies[:-1]):
                return bodies


def rows_in(body: Json) -> list[Json]:
    """Find the rows, at most two levels deep; an error has none."""
    if isinstance(body, list):
        return body
    inner = body.get("data")
    found = inner if isinstance(inner, dict) else body
    lists = [value for value in found.values() if isinstance(value, list)]
    return [] if "errors" in found or not lists else list(lists[0])
