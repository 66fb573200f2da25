"""Pages: what is on them, what is said about the others, and what comes after the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_sandbox.airmeet.testing import AirmeetClient

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


@pytest.fixture
def client(sandbox: Client) -> AirmeetClient:
    return AirmeetClient(sandbox)


def ids(body: Json) -> list[int]:
    return [row["id"] for row in body["data"]]


def path_of(client: AirmeetClient) -> str:
    return f"/airmeet/{client.big()}/utms"


def everything(client: AirmeetClient) -> list[int]:
    """All ids, of pages that are followed by `after` until one is empty."""
    found: list[int] = []
    path = f"{path_of(client)}?size=50"
    body = client.get(path)
    while body["data"]:
        found += ids(body)
        body = client.get(f"{path}&after={body['cursors']['after']}")
    return found


def test_after_before_and_both(client: AirmeetClient) -> None:
    path, every = path_of(client), everything(client)
    assert every == sorted(every)
    assert len(every) == len(set(every)) > 60
    body = client.get(f"{path}?size=7&after={every[9]}")
    assert ids(body) == every[10:17]
    assert body["cursors"] == {
        "after": every[16],
        "before": every[10],
        "pageCount": -(-len(every) // 7),
        "totalCount": len(every),
    }
    assert ids(client.get(f"{path}?size=7&before={every[9]}")) == every[2:9]
    assert ids(client.get(f"{path}?size=7&before={every[3]}")) == every[:3]
    assert ids(client.get(f"{path}?size=7&before={every[0]}")) == []
    both = f"{path}?size=7&after={every[9]}&before={every[5]}"
    assert ids(client.get(both)) == every[10:17]
    gone = client.get(f"{path}?size=7&after={every[9] - 0}&x=unknown")
    assert ids(gone) == every[10:17]
    assert client.ask(f"{path}?after=x")[0] == 400


@pytest.mark.parametrize(
    ("positions", "after", "count"),
    [
        ({}, "number", 2),
        ({"last_after": "null"}, "null", 2),
        ({"last_after": "absent"}, "absent", 2),
        ({"page_count": "one"}, "number", 1),
        ({"page_count": "one_more"}, "number", 3),
    ],
)
def test_the_last_page(
    client: AirmeetClient, positions: dict[str, str], after: str, count: int
) -> None:
    every = everything(client)
    client.switch(**positions)
    path = f"{path_of(client)}?size=50"
    assert client.get(path)["cursors"]["after"] == every[49]
    cursors = client.get(f"{path}&after={every[49]}")["cursors"]
    assert cursors.get("after", "absent") == {"number": every[-1], "null": None}.get(after, after)
    assert cursors["pageCount"] == count


@pytest.mark.parametrize("position", ["empty", "repeated", "error"])
def test_past_the_end(client: AirmeetClient, position: str) -> None:
    client.switch(past_end=position)
    path = f"{path_of(client)}?size=50"
    first = client.get(path)
    last_url = f"{path}&after={first['cursors']['after']}"
    last = client.get(last_url)
    status, body = client.ask(f"{path}&after={last['cursors']['after']}")
    if position == "error":
        assert (status, body["statusMessage"]) == (400, "after is not valid")
        client.switch(page_count="one_more")
        assert client.get(f"{path}&after={last['cursors']['after']}")["data"] == []
    elif position == "empty":
        assert body["data"] == []
        assert (body["cursors"]["after"], body["cursors"]["before"]) == (None, None)
    else:
        assert body == last


@pytest.mark.parametrize("position", ["empty", "repeated", "error"])
def test_participants_past_the_end(client: AirmeetClient, position: str) -> None:
    client.switch(past_end=position)
    path = f"/airmeet/{client.big()}/participants?resultSize=50"
    pages = [client.ask(f"{path}&pageNumber={number}") for number in (1, 2, 3)]
    total = pages[0][1]["totalUserCount"]
    assert [page[1]["userCount"] for page in pages[:2]] == [50, total - 50]
    if position == "error":
        assert pages[2][0] == 400
    else:
        assert pages[2][1]["userCount"] == (0 if position == "empty" else total - 50)
    assert client.ask(f"{path}&pageNumber=0")[0] == 400


def test_the_order_of_participants(client: AirmeetClient) -> None:
    path = f"/airmeet/{client.big()}/participants"

    def dates(query: str) -> list[str]:
        return [row["registrationDate"] for row in client.get(path + query)["participants"]]

    newest_first = dates("")
    assert newest_first == sorted(newest_first, reverse=True)
    query = "?sortingKey=registrationDate&sortingDirection=ASC"
    assert dates(query) == sorted(newest_first)
    rows = client.get(f"{path}?sortingKey=email&sortingDirection=ASC")["participants"]
    emails = [row["email"] or "" for row in rows]
    assert emails == sorted(emails)
    assert client.ask(f"{path}?sortingKey=age")[0] == 400
    chosen = client.get(f"{path}?emailIds={emails[-1]},nobody@example.org")["participants"]
    assert {row["email"] for row in chosen} == {emails[-1]}


@pytest.mark.parametrize(
    ("path", "parameter", "most"),
    [("/airmeets", "size", 500), ("utms", "size", 50), ("participants", "resultSize", 1000)],
)
def test_sizes_out_of_range(client: AirmeetClient, path: str, parameter: str, most: int) -> None:
    if not path.startswith("/"):
        path = f"/airmeet/{client.big()}/{path}"
    for size in (0, most + 1):
        assert client.ask(f"{path}?{parameter}={size}")[0] == 200
    client.switch(size_out_of_range="error")
    for size, status in ((0, 400), (1, 200), (most, 200), (most + 1, 400)):
        assert client.ask(f"{path}?{parameter}={size}")[0] == status
    assert client.ask(f"{path}?{parameter}=x")[0] == 400


def test_ignored_cursor_of_the_event_list(client: AirmeetClient) -> None:
    first = client.get("/airmeets?size=4")
    assert client.get(f"/airmeets?size=4&after={first['cursors']['after']}") != first
    client.switch(airmeets_after="ignored")
    assert client.get(f"/airmeets?size=4&after={first['cursors']['after']}") == first
