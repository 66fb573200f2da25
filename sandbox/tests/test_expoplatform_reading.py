"""ExpoPlatform: pages, orders, filters, and what happens while somebody reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from event_sandbox.expoplatform.testing import ExpoPlatformClient

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Row: TypeAlias = "dict[str, Json]"
Seat: TypeAlias = "tuple[str, str]"


@pytest.fixture
def client(sandbox: Client) -> ExpoPlatformClient:
    return ExpoPlatformClient(sandbox)


@pytest.fixture
def own(fresh: Client) -> ExpoPlatformClient:
    """A client of a sandbox whose world may change."""
    return ExpoPlatformClient(fresh)


def truth(client: ExpoPlatformClient) -> dict[Seat, Row]:
    """The big event's rows, by meeting and account, with times as seconds since 1970."""
    client.switch(time_format="unix")
    rows = client.sandbox.truth("expoplatform", "meetings")
    return {seat(row): row for row in rows if row["event_id"] == "1041"}


def seat(row: Row) -> Seat:
    if "Meeting ID" in row:
        return str(row["Meeting ID"]), str(row["Account ID"])
    return row["meeting_id"], row["account_id"]


def seats(rows: list[Row]) -> set[Seat]:
    return {seat(row) for row in rows}


def median(rows: dict[Seat, Row], column: str) -> int:
    found = sorted(int(row[column]) for row in rows.values() if row[column])
    return found[len(found) // 2]


# Pages


def test_sizes(client: ExpoPlatformClient) -> None:
    def sizes(**query: Any) -> tuple[int, int]:
        participants = {"limit" if name == "per_page" else name: v for name, v in query.items()}
        _, people = client.ask("/participants/1041/list", **participants)
        return len(client.export(**query)[1]["data"]), len(people["data"])

    assert sizes() == (100, 100)
    assert sizes(per_page=7) == (7, 7)
    assert sizes(per_page=501) == (500, 100)
    assert sizes(per_page=0) == (1, 1)
    client.switch(size_out_of_range="error")
    assert client.export(per_page=500)[0] == 200
    assert client.export(per_page=501)[0] == client.export(per_page=0)[0] == 400
    assert client.ask("/participants/1041/list", limit=101)[0] == 400


def test_nothing_is_a_page_even_where_a_page_past_the_end_is_an_error(
    client: ExpoPlatformClient,
) -> None:
    client.switch(past_end="404")
    status, body = client.export(1302)
    assert (status, body["data"], body["total_items"]) == (200, [], 0)
    assert client.export(1302, page=2)[0] == 404


# Orders


def test_orders(client: ExpoPlatformClient) -> None:
    def found(name: str, **query: Any) -> list[Json]:
        return [row[name] for row in client.meetings(per_page=500, **query)]

    ids = found("Meeting ID")
    assert ids == sorted(ids)
    accounts = found("Account ID", order_by="account_id", order="ASC")
    assert accounts == sorted(accounts)
    assert found("Account ID", order_by="account_id", order="DESC") == accounts[::-1]
    starts = found("Appointment Time", order_by="time")
    assert starts == sorted(starts)
    client.switch(order_by="ignored")
    assert found("Meeting ID", order_by="account_id") == ids
    client.switch(order_by="error")
    assert client.export(order_by="account_id")[0] == 400
    assert found("Meeting ID") == ids


def test_the_order_of_ties(client: ExpoPlatformClient) -> None:
    def page() -> list[Row]:
        return list(client.export(per_page=500, order_by="account_id")[1]["data"])

    assert page() == page()
    client.switch(ties="shuffled")
    one, other = page(), page()
    assert one != other
    assert [row["Account ID"] for row in one] == [row["Account ID"] for row in other]
    walk = client.meetings(per_page=500, order_by="account_id")
    assert len(walk) == len(truth(client)) > len(seats(walk))


# Filters


@pytest.mark.parametrize("edge", ["from", "to"])
@pytest.mark.parametrize(
    ("filters", "column"),
    [("created", "creation_time"), ("last_modified", "last_modified"), ("time", None)],
)
def test_time_filters(
    client: ExpoPlatformClient, filters: str, column: str | None, edge: str
) -> None:
    """Appointments have two times: the filter's bounds are one for the start, one for the end."""
    client.switch(time_columns="one" if column else "start_end")
    column = column or {"from": "appointment_start_time", "to": "appointment_end_time"}[edge]
    rows = truth(client)
    bound = median(rows, column)
    for margin, position in ((0, "inclusive"), (1, "exclusive")):
        client.switch(bounds=position)
        wanted = {
            key
            for key, row in rows.items()
            if row[column]
            and (
                int(row[column]) >= bound + margin
                if edge == "from"
                else int(row[column]) <= bound - margin
            )
        }
        found = seats(client.meetings(per_page=500, **{f"{filters}_{edge}": bound}))
        assert 0 < len(found) < len(rows)
        assert found == wanted


def test_filters_that_come_together_are_both_applied(client: ExpoPlatformClient) -> None:
    rows = truth(client)
    created, modified = median(rows, "creation_time"), median(rows, "last_modified")
    both = seats(client.meetings(per_page=500, created_from=created, last_modified_from=modified))
    one = seats(client.meetings(per_page=500, created_from=created))
    other = seats(client.meetings(per_page=500, last_modified_from=modified))
    assert both == one & other
    assert both < one < set(rows)
    (account,) = {account for _, account in list(rows)[:1]}
    mine = seats(client.meetings(account_id=account))
    assert mine == {key for key in rows if key[1] == account}


def test_meetings_that_were_never_edited(client: ExpoPlatformClient) -> None:
    rows = truth(client)
    never = {key for key, row in rows.items() if row["last_modified"] is None}
    assert not seats(client.meetings(per_page=500, last_modified_from=1)) & never
    client.switch(never_modified="creation")  # which only changes what is shown
    assert not seats(client.meetings(per_page=500, last_modified_from=1)) & never
    client.switch(modified_filter="with_new")
    assert seats(client.meetings(per_page=500, last_modified_from=1)) == set(rows)


def people(client: ExpoPlatformClient, timestamp: int) -> int:
    return int(client.ask("/participants/1041/list", timestamp=timestamp)[1]["total_items"])


@pytest.mark.parametrize(
    ("position", "ignored"),
    [
        ("created_ignored", {"created"}),
        ("modified_ignored", {"modified"}),
        ("timestamp_ignored", {"timestamp"}),
        ("all_ignored", {"created", "modified", "timestamp", "time"}),
    ],
)
def test_ignored_filters(client: ExpoPlatformClient, position: str, ignored: set[str]) -> None:
    client.switch(filters=position)
    future = int(time.time()) + 10**8
    total = client.export()[1]["total_items"]
    for name in ("created_from", "last_modified_from", "time_from"):
        found = client.export(**{name: future})[1]["total_items"]
        family = name.removeprefix("last_").removesuffix("_from")
        assert found == (total if family in ignored else 0)
    assert (people(client, future) > 0) == ("timestamp" in ignored)


def test_a_refused_filter(client: ExpoPlatformClient) -> None:
    client.switch(filters="modified_refused")
    status, body = client.export(last_modified_from=1)
    assert (status, "last_modified_from" in str(body)) == (400, True)
    assert client.export(created_from=1)[0] == 200


def test_only_participants_updated_after_a_time(client: ExpoPlatformClient) -> None:
    client.switch(time_format="unix")
    _, body = client.ask("/participants/1041/list")
    updated = sorted(int(row["Last Modified"]) for row in body["data"])
    latest = body["timestamp"]
    assert people(client, 0) == people(client, updated[0] - 1) == 260
    assert people(client, latest) == 0
    assert 0 < people(client, latest - 1) < people(client, updated[50]) < 260


# Time


def test_the_first_day_lies_in_the_past(client: ExpoPlatformClient) -> None:
    rows = truth(client)
    midnight = 1_775_088_000  # the sandbox's today, 2 April 2026
    for column in ("creation_time", "last_modified"):
        assert max(int(row[column] or 0) for row in rows.values()) < midnight - 2 * 24 * 3600


def test_a_day_brings_every_kind_of_change(own: ExpoPlatformClient) -> None:
    before = int(time.time())
    old = truth(own)
    changes = own.sandbox.control("POST", "/advance", {"steps": 2})["changes"]
    wanted = {"new", "moved", "answered", "completed", "joined", "relocated"}
    assert {f"meetings_{kind}" for kind in wanted} <= set(changes)
    assert {"accounts_new", "accounts_updated"} <= set(changes)
    new = truth(own)
    assert set(old) < set(new)  # nothing vanishes
    touched = {key for key, row in new.items() if old.get(key) != row}
    created = seats(own.meetings(per_page=500, created_from=before))
    modified = seats(own.meetings(per_page=500, last_modified_from=before))
    assert created | modified == touched
    assert created - modified
    assert {key for key in set(new) - set(old) if key not in created}  # who joined an old meeting
    stamps = {int(row["last_modified"]) for key in modified if (row := new[key])}
    assert before <= min(stamps)
    assert max(stamps) < time.time() + 10


def test_all_rows_of_a_meeting_are_modified_at_once(own: ExpoPlatformClient) -> None:
    own.sandbox.control("POST", "/advance", {"steps": 1})
    stamps: dict[str, set[str]] = {}
    for (meeting, _), row in truth(own).items():
        stamps.setdefault(meeting, set()).add(row["last_modified"])
    assert all(len(found) == 1 for found in stamps.values())


# While somebody reads


def change(client: ExpoPlatformClient, kind: str, after_requests: int) -> None:
    body = {"vendor": "expoplatform", "kind": kind, "after_requests": after_requests}
    assert client.sandbox.control("POST", "/change", body) == body


def walk(client: ExpoPlatformClient, **query: Any) -> list[Row]:
    return client.meetings(per_page=100, order_by="account_id", **query)


@pytest.mark.parametrize("kind", ["participant_joined", "meeting_inserted", "meeting_edited"])
def test_what_changes_while_paging_is_found_by_the_next_reading(
    own: ExpoPlatformClient, kind: str
) -> None:
    before, old = int(time.time()), truth(own)
    change(own, kind, after_requests=4)
    rows = walk(own)
    assert seats(rows) >= set(old)  # rows may only shift down: some come twice, none is lost
    assert (len(rows) > len(seats(rows))) == (kind != "meeting_edited")
    new = truth(own)
    missed = {key for key, row in new.items() if old.get(key) != row}
    assert missed
    later = seats(walk(own, created_from=before)) | seats(walk(own, last_modified_from=before))
    assert missed <= later
    assert seats(rows) | later == set(new)


def test_a_meeting_that_is_edited_enters_a_window_at_its_front(own: ExpoPlatformClient) -> None:
    bound = median(truth(own), "last_modified")
    first = own.export(last_modified_from=bound, order_by="account_id")[1]
    change(own, "meeting_edited", after_requests=1)
    second = own.export(last_modified_from=bound, order_by="account_id")[1]
    new = seats(second["data"][:5]) - seats(first["data"])
    assert new
    assert second["total_items"] > first["total_items"]


def test_a_meeting_that_is_deleted_while_paging_hides_other_rows(own: ExpoPlatformClient) -> None:
    change(own, "meeting_deleted", after_requests=4)
    found = seats(walk(own))
    assert set(truth(own)) - found
    assert found - set(truth(own))


def test_participants_change_while_paging(own: ExpoPlatformClient) -> None:
    path = "/participants/1041/list"
    first = own.ask(path)[1]
    change(own, "participant_joined", after_requests=1)
    second = own.ask(path, page=2)[1]
    assert second["data"][0] == first["data"][-1]
    assert second["total_items"] == 261
    change(own, "participant_edited", after_requests=0)
    edited = own.ask(path, timestamp=first["timestamp"])[1]
    assert edited["total_items"] == 2


def test_mistakes_are_explained(client: ExpoPlatformClient) -> None:
    sandbox = client.sandbox
    for body, words in (
        ({"vendor": "expoplatform", "kind": "x"}, "meeting_edited"),
        ({"vendor": "airmeet", "kind": "x"}, "Known: none"),
        ({"vendor": "expoplatform"}, "kind"),
    ):
        answer = sandbox.ask("POST", f"{sandbox.url}/_sandbox/change", body)
        assert answer.status == 400
        assert words in answer.json()["error"]
