"""Pages that move under the reader, and orders that changed since a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from event_sandbox.accelevents.testing import AcceleventsClient

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

ORDERS = "/rest/events/northlight-hub-1/staff/orders"


@pytest.fixture
def client(sandbox: Client) -> AcceleventsClient:
    return AcceleventsClient(sandbox)


def walk(client: AcceleventsClient, size: int = 10, **query: object) -> list[list[Json]]:
    """The ids on each page, until one is empty."""
    pages: list[list[Json]] = []
    while True:
        body = client.get(ORDERS, page=len(pages), size=size, **query)
        pages.append([row["orderId"] for row in body["data"]])
        if not pages[-1]:
            return pages


def test_pages_begin_with_zero(client: AcceleventsClient) -> None:
    first, second, last = walk(client)
    assert [len(first), len(second), len(last)] == [10, 8, 0]
    assert len({*first, *second}) == 18
    assert client.get(ORDERS)["data"] == client.get(ORDERS, page=0, size=10)["data"]


@pytest.mark.parametrize("query", ["page=x", "size=x", "page=-1"])
def test_what_is_no_page(client: AcceleventsClient, query: str) -> None:
    name, _, value = query.partition("=")
    assert client.ask(ORDERS, **{name: value})[0] == 400


def test_rows_that_move_to_the_next_page(client: AcceleventsClient) -> None:
    whole = [key for page in walk(client) for key in page]
    client.switch(row_order="shifts_down")
    pages = walk(client)
    assert pages[0][-1] == pages[1][0]
    assert list(dict.fromkeys(key for page in pages for key in page)) == whole


def test_rows_that_fall_between_two_pages(client: AcceleventsClient) -> None:
    whole = [key for page in walk(client) for key in page]
    client.switch(row_order="shifts_up")
    first, second = walk(client), walk(client)
    assert sum(map(len, first)) == len(whole) - 1
    assert [key for page in second for key in page] == whole


def test_the_largest_page_wins(client: AcceleventsClient) -> None:
    client.switch(largest_page="five")
    assert {len(page) for page in walk(client, 500)} == {5, 3, 0}


def test_an_error_at_200_comes_once(client: AcceleventsClient) -> None:
    client.switch(error_member="first_call")
    for page in (0, 1):
        first = client.get(ORDERS, page=page)
        assert (first["data"], first["error"]) == ([], "Something went wrong")
        second = client.get(ORDERS, page=page)
        assert (len(second["data"]), second["error"]) == ((10, 8)[page], None)
        assert client.get(ORDERS, page=page) == second


def stamp(moment: datetime) -> str:
    return moment.strftime("%m/%d/%Y %H:%M:%S")


def changed(client: AcceleventsClient, since: str) -> set[int]:
    return {row["orderId"] for row in client.get(ORDERS, size=500, searchTimeStamp=since)["data"]}


def test_orders_that_changed_by_the_real_clock(fresh: Client) -> None:
    client = AcceleventsClient(fresh)
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


def test_the_zone_of_the_filter(fresh: Client) -> None:
    client = AcceleventsClient(fresh)
    fresh.control("POST", "/advance", {"steps": 3})
    now = datetime.now(UTC) - timedelta(minutes=1)
    local = stamp(now.astimezone(ZoneInfo("America/New_York")))
    assert changed(client, local) == changed(client, stamp(now)) != set()
    client.switch(order_filter="event_zone")
    assert changed(client, local)
    assert not changed(client, stamp(now))
    client.switch(order_filter="ignored")
    assert len(changed(client, stamp(now))) == 18
    assert client.ask(ORDERS, searchTimeStamp="yesterday")[0] == 200


@pytest.mark.parametrize("since", ["yesterday", "2026/01/01 00:00", "13/01/2026 00:00:00"])
def test_a_filter_of_another_form(client: AcceleventsClient, since: str) -> None:
    assert client.ask(ORDERS, searchTimeStamp=since)[0] == 400
