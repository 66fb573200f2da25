"""A plain client of this API for tests, with whole windows."""

from __future__ import annotations

import base64
import datetime as dt
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from event_sandbox.testing import TODAY, Answer, VendorClient, with_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


class MeetEngageClient(VendorClient):
    """Asks; a range that is refused it asks for again, then in halves."""

    vendor_name = "meetengage"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.account: str = self.settings["account"]
        self.headers = basic(self.settings["key_id"], self.settings["key_secret"])

    def data(
        self, from_date: int, to_date: int, method: str = "standard", account: str | None = None
    ) -> Answer:
        """Ask for rows; dates in milliseconds since 1970."""
        asked = {
            "account": account or self.account,
            "data_method": method,
            "from_date": from_date,
            "to_date": to_date,
        }
        return self.send("GET", with_query("/organisation_data", asked))

    def whole(self, first: dt.date, last: dt.date, method: str = "standard") -> list[Json]:
        """Read the rows of these days in one piece, at the second attempt if need be."""
        for _ in range(2):
            answer = self.data(noon(first), noon(last), method)
            if is_good(answer):
                return list(json.loads(answer.body.decode("utf-8-sig"))["output"])
        raise AssertionError(first, last, answer)

    def rows(self, first: dt.date, last: dt.date, method: str = "standard") -> list[Json]:
        """Read the rows of these days, in halves if need be; a day has to be answered."""
        try:
            return self.whole(first, last, method)
        except AssertionError:
            if first == last:
                raise
        half = first + (last - first) // 2
        rest = self.rows(half + dt.timedelta(days=1), last, method)
        return [*self.rows(first, half, method), *rest]

    def everything(
        self, method: str = "standard", window_days: int = 31, today: dt.date = TODAY
    ) -> list[Json]:
        """Read all rows: past windows of a grid from 1970, then in one piece what lies ahead."""
        return [row for days in windows(window_days, today) for row in self.rows(*days, method)]


def basic(key_id: str, secret: str) -> dict[str, str]:
    """Give the header of HTTP's Basic scheme."""
    pair = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def noon(day: dt.date) -> int:
    """Give a day's noon in UTC, in milliseconds since 1970: the same day from UTC-11 to UTC+11."""
    return int(dt.datetime.combine(day, dt.time(12), dt.UTC).timestamp()) * 1000


def is_good(answer: Answer) -> bool:
    """Tell whether an answer has rows, and no error beside them."""
    if answer.status != HTTPStatus.OK:
        return False
    try:
        body = json.loads(answer.body.decode("utf-8-sig"))
    except ValueError:
        return False
    failed = body.get("error") or body.get("errors")
    return isinstance(body.get("output"), list) and not failed


def windows(days: int, today: dt.date, years_back: int = 3) -> Iterator[tuple[dt.date, dt.date]]:
    """Give the first and last days of the windows, the last one with a year ahead."""
    epoch = dt.date(1970, 1, 1)
    back = (today - epoch).days - 366 * years_back
    first = epoch + dt.timedelta(days=back // days * days)
    yesterday, day = today - dt.timedelta(days=1), dt.timedelta(days=1)
    while first <= yesterday:
        last = min(first + (days - 1) * day, yesterday)
        yield first, last
        first = last + day
    yield first, today + 365 * day
