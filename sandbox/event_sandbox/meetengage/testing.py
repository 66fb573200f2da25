"""A plain client of this API for tests."""

from __future__ import annotations

import base64
import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from event_sandbox.testing import VendorClient, with_query

if TYPE_CHECKING:
    from event_sandbox.testing import Answer, Client
    from event_sandbox.wire import Json

FAR_AHEAD: Final = 2**41
"""In 2039, in milliseconds since 1970."""


class MeetEngageClient(VendorClient):
    """Asks for ranges of dates."""

    vendor_name = "meetengage"

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.headers = basic(self.settings["key_id"], self.settings["key_secret"])

    def data(
        self, from_date: int, to_date: int, method: str = "standard", account: str = "northlight"
    ) -> Answer:
        """Ask for rows; dates in milliseconds since 1970."""
        asked = {
            "account": account,
            "data_method": method,
            "from_date": from_date,
            "to_date": to_date,
        }
        return self.send("GET", with_query("/organisation_data", asked))

    def days(self, first: dt.date, last: dt.date, method: str = "standard") -> Answer:
        """Ask for the rows of these days."""
        return self.data(noon(first), noon(last), method)

    def everything(self, method: str = "standard") -> list[Json]:
        """Give all rows: neither bound confines them."""
        return list(self.data(0, FAR_AHEAD, method).json()["output"])


def basic(key_id: str, secret: str) -> dict[str, str]:
    """Give the header of HTTP's Basic scheme."""
    pair = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def noon(day: dt.date) -> int:
    """Give a day's noon in UTC, in milliseconds since 1970: the same day from UTC-11 to UTC+11."""
    return int(dt.datetime.combine(day, dt.time(12), dt.UTC).timestamp()) * 1000


def is_good(answer: Answer) -> bool:
    """Tell whether an answer has rows, and no error beside them."""
    is_json = answer.headers["content-type"] == "application/json"
    if answer.status != HTTPStatus.OK or not is_json:
        return False
    body = answer.json()
    return isinstance(body.get("output"), list) and not body.get("errors")
