"""ExpoPlatform: who is let in, what can be asked, and what happens while somebody reads."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import pytest

from event_sandbox.expoplatform.testing import EXPORT, ExpoPlatformReader

if TYPE_CHECKING:
    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Row: TypeAlias = "dict[str, Json]"
Seat: TypeAlias = "tuple[str, str]"

PEOPLE = "/participants/1041/list"


@pytest.fixture
def reader(sandbox: Client) -> ExpoPlatformReader:
    return ExpoPlatformReader(sandbox)


@pytest.fixture
def own(fresh: Client) -> ExpoPlatformReader:
    """A reader of a sandbox whose world may change."""
    return ExpoPlatformReader(fresh)


def truth(reader: ExpoPlatformReader) -> dict[Seat, Row]:
    """The big event's rows, by meeting and account, with times as seconds since 1970."""
    reader.switch(time_format="unix")
    rows = reader.truth("meetings")
    return {(r["meeting_id"], r["account_id"]): r for r in rows if r["event_id"] == "1041"}


def seats(rows: list[Row]) -> set[Seat]:
    return {(str(row["Meeting ID"]), str(row["Account ID"])) for row in rows}


def median(rows: dict[Seat, Row], column: str) -> int:
    found = sorted(int(row[column]) for row in rows.values() if row[column])
    return found[len(found) // 2]


# Who is let in, and what is refused


def test_the_key_is_taken_literally(reader: ExpoPlatformReader) -> None:
    right = reader.headers["Authorization"]
    key = right.removeprefix("Basic ")
    assert len(key) == 40  # as the one on the page "API Keys"
    encoded = "Basic " + base64.b64encode(key.encode()).decode()
    for sent in (right, encoded, key, "Basic", ""):
        answer = reader.send("GET", f"{EXPORT}?event_id=1377", {"Authorization": sent})
        assert answer.status == (200 if sent == right else 401)
    log = reader.sandbox.control("GET", "/requests")
    assert [entry["authorised"] for entry in log] == [True, False, False, False, False]
    assert log[0]["path"] == "/api/v2/meetings/export"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (EXPORT, 400),
        (EXPORT + "?event_id=x", 400),
        (EXPORT + "?event_id=1041&page=0", 400),
        (EXPORT + "?event_id=1041&created_from=yesterday", 400),
        (EXPORT + "?event_id=1041&order_by=created", 400),
        (EXPORT + "?event_id=1041&order=asc", 400),
        (EXPORT + "?event_id=1041&unheard_of=1", 200),
        (EXPORT + "?event_id=9", 404),
        ("/participants/9/list", 404),
        ("/participants/x/list", 400),
        (PEOPLE + "?limit=all", 400),
        ("/account/get", 404),
        (EXPORT + "/?event_id=1041", 404),
    ],
)
def test_parameters(reader: ExpoPlatformReader, path: str, status: int) -> None:
    found, body = reader.ask(path)
    assert found == status
    assert ("error" in body) == (status != 200)
    for method in ("POST", "PUT", "DELETE"):
        assert reader.send(method, path).status == 404


def test_codes_of_errors_have_the_form_of_others(reader: ExpoPlatformReader) -> None:
    reader.switch(errors="code_at_200", body_code="text")
    assert reader.export(9) == (200, {"code": "404", "message": "There is no event 9."})


# Filters


@pytest.mark.parametrize("edge", ["from", "to"])
@pytest.mark.parametrize(
    ("filters", "column"),
    [("created", "creation_time"), ("last_modified", "last_modified"), ("time", None)],
)
def test_time_filters(
    reader: ExpoPlatformReader, filters: str, column: str | None, edge: str
) -> None:
    """Appointments have two times: the filter's bounds are one for the start, one for the end."""
    reader.switch(time_columns="one" if column else "start_end")
    column = column or {"from": "appointment_start_time", "to": "appointment_end_time"}[edge]
    rows = truth(reader)
    bound, sign = median(rows, column), 1 if edge == "from" else -1
    for margin, position in ((0, "inclusive"), (1, "exclusive")):
        reader.switch(bounds=position)
        found = seats(reader.meetings(**{f"{filters}_{edge}": bound}))
        assert 0 < len(found) < len(rows)
        assert found == {
            key
            for key, row in rows.items()
            if row[column] and (int(row[column]) - bound) * sign >= margin
        }


def test_filters_that_come_together_are_all_applied(reader: ExpoPlatformReader) -> None:
    rows = truth(reader)
    account, bound = next(iter(rows))[1], median(rows, "creation_time")
    mine = {key: row for key, row in rows.items() if key[1] == account}
    assert seats(reader.meetings(account_id=account)) == set(mine)
    assert seats(reader.meetings(account_id=account, created_from=bound)) == {
        key for key, row in mine.items() if int(row["creation_time"]) >= bound
    }


def test_only_participants_updated_after_a_time(reader: ExpoPlatformReader) -> None:
    def count(timestamp: int) -> int:
        return int(reader.ask(PEOPLE, timestamp=timestamp)[1]["total_items"])

    reader.switch(time_format="unix")
    _, body = reader.ask(PEOPLE)
    updated = sorted(int(row["Last Modified"]) for row in body["data"])
    latest = body["timestamp"]
    assert count(0) == count(updated[0] - 1) == 260
    assert count(latest) == 0
    assert 0 < count(latest - 1) < count(updated[50]) < 260


# The world


def test_the_events(reader: ExpoPlatformReader) -> None:
    """One with several pages, one where nobody met, and people in all of them."""
    meetings = Counter(row["event_id"] for row in reader.truth("meetings"))
    people = Counter(row["event_id"] for row in reader.truth("participants"))
    assert set(people) == {"1041", "1187", "1302", "1377"}
    assert len(people) - len(meetings) == 1
    assert max(meetings.values()) > 1200
    assert people["1041"] > 200


def test_what_tells_rows_apart(reader: ExpoPlatformReader) -> None:
    """Ids, e-mails in any case, external ids, and else name and company, within an event."""
    rows = reader.truth("participants")
    for parts in (("account_id",), ("email",), ("external_id",), ("name", "company")):
        found = [
            (row["event_id"], *(row[part].lower() for part in parts))
            for row in rows
            if row[parts[0]]
        ]
        assert len(rows) * 0.8 < len(found) == len(set(found))
    seats_of_all = [(row["meeting_id"], row["account_id"]) for row in reader.truth("meetings")]
    assert len(set(seats_of_all)) == len(seats_of_all)
    assert {2, 3, 4} == set(Counter(meeting for meeting, _ in seats_of_all).values())


def test_the_first_day_lies_in_the_past(reader: ExpoPlatformReader) -> None:
    rows = truth(reader)
    midnight = 1_775_088_000  # the sandbox's today, 2 April 2026
    for column in ("creation_time", "last_modified"):
        assert max(int(row[column] or 0) for row in rows.values()) < midnight - 2 * 24 * 3600


def test_a_day_brings_every_kind_of_change(own: ExpoPlatformReader) -> None:
    changes = own.sandbox.control("POST", "/advance", {"steps": 2})["changes"]
    kinds = {"new", "moved", "answered", "completed", "joined", "relocated"}
    assert {f"meetings_{kind}" for kind in kinds} <= set(changes)
    assert {"accounts_new", "accounts_updated"} <= set(changes)


# While somebody reads


def change(reader: ExpoPlatformReader, kind: str, after_requests: int) -> None:
    body = {"vendor": "expoplatform", "kind": kind, "after_requests": after_requests}
    assert reader.sandbox.control("POST", "/change", body) == body


@pytest.mark.parametrize("kind", ["participant_joined", "meeting_inserted", "meeting_edited"])
def test_what_changes_while_paging(own: ExpoPlatformReader, kind: str) -> None:
    """Rows may only shift down: some come twice, none is lost; the change itself is missed."""
    old = truth(own)
    change(own, kind, after_requests=4)
    rows = own.meetings(per_page=100, order_by="account_id")
    assert seats(rows) >= set(old)
    assert (len(rows) > len(seats(rows))) == (kind != "meeting_edited")
    assert [key for key, row in truth(own).items() if old.get(key) != row]


def test_a_meeting_that_is_deleted_while_paging_hides_other_rows(own: ExpoPlatformReader) -> None:
    change(own, "meeting_deleted", after_requests=4)
    found = seats(own.meetings(per_page=100, order_by="account_id"))
    assert set(truth(own)) - found
    assert found - set(truth(own))


def test_participants_change_while_paging(own: ExpoPlatformReader) -> None:
    first = own.ask(PEOPLE)[1]
    change(own, "participant_joined", after_requests=1)
    second = own.ask(PEOPLE, page=2)[1]
    assert second["data"][0] == first["data"][-1]
    assert second["total_items"] == 261
    change(own, "participant_edited", after_requests=0)
    edited = own.ask(PEOPLE, timestamp=first["timestamp"])[1]
    assert edited["total_items"] == 2
