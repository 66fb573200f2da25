"""Pages that move under the reader, and orders that changed since a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from event_sandbox.accelevents.testing import AcceleventsReader

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

ORDERS = "/rest/events/northlight-hub-1/staff/orders"


@pytest.fixture
def client(sandbox: Client) -> AcceleventsReader:
    return AcceleventsReader(sandbox)


def walk(client: AcceleventsReader) -> list[list[Json]]:
    """The ids on each page, until one is empty."""
    pages: list[list[Json]] = []
    while True:
        body = client.get(ORDERS, page=len(pages), size=10)
        pages.append([row["orderId"] for row in body["data"]])
        if not pages[-1]:
            return pages


def test_pages_begin_with_zero(client: AcceleventsReader) -> None:
    first, second, last = walk(client)
    assert [len(first), len(second), len(last)] == [10, 8, 0]
    assert len({*first, *second}) == 18
    assert client.get(ORDERS)["data"] == client.get(ORDERS, page=0, size=10)["data"]


def test_rows_that_move_to_the_next_page(client: AcceleventsReader) -> None:
    whole = [key for page in walk(client) for key in page]
    client.switch(row_order="shifts_down")
    pages = walk(client)
    assert pages[0][-1] == pages[1][0]
    assert list(dict.fromkeys(key for page in pages for key in page)) == whole


def test_rows_that_fall_between_two_pages(client: AcceleventsReader) -> None:
    whole = [key for page in walk(client) for key in page]
    client.switch(row_order="shifts_up")
    first, second = walk(client), walk(client)
    assert sum(map(len, first)) == len(whole) - 1
    assert [key for page in second for key in page] == whole


def stamp(moment: datetime) -> str:
    return moment.strftime("%m/%d/%Y %H:%M:%S")


def changed(client: AcceleventsReader, since: str) -> set[int]:
    return {row["orderId"] for row in client.get(ORDERS, size=500, searchTimeStamp=since)["data"]}


def test_orders_that_changed_by_the_real_clock(fresh: Client) -> None:
    client = AcceleventsReader(fresh)
    began = datetime.now(UTC).replace(microsecond=0)
    assert not changed(client, stamp(began - timedelta(hours=26)))
    everything = changed(client, stamp(began - timedelta(days=400)))
    before = {row["order_id"]: row for row in fresh.truth("accelevents", "orders")}
    fresh.control("POST", "/advance", {"steps": 3})
    after = {row["order_id"]: row for row in fresh.truth("accelevents", "orders")}
    other = {key for key, row in after.items() if before.get(key) != row and key in everything}
    assert other == changed(client, stamp(began))
    assert {after[key]["status"] for key in other} == {"refunded"}
    assert len(set(after) - set(before)) >= 3
    assert not changed(client, stamp(began + timedelta(days=1)))
    # the zone of the filter
    now = datetime.now(UTC) - timedelta(minutes=1)
    local = stamp(now.astimezone(ZoneInfo("America/New_York")))
    assert changed(client, local) == changed(client, stamp(now)) == other
    client.switch(order_filter="event_zone")
    assert changed(client, local)
    assert not changed(client, stamp(now))
    client.switch(order_filter="ignored")
    assert len(changed(client, stamp(now))) == 18
    assert client.ask(ORDERS, searchTimeStamp="yesterday")[0] == 200
