"""Each switch shows in the answers: what is claimed of a position is looked up there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from event_sandbox.expoplatform.switches import SWITCHES
from event_sandbox.expoplatform.testing import ExpoPlatformReader, members, rows_in

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


def beside(reader: ExpoPlatformReader, stream: str = "meetings") -> dict[str, Json]:
    """What the first answer of the big event's export says besides its rows."""
    body = reader.bodies(stream)[0]
    found = members(body)
    return {name: value for name, value in found.items() if not isinstance(value, list)}


def place(reader: ExpoPlatformReader, stream: str = "meetings") -> tuple[str, ...]:
    """Where the rows are."""
    body = reader.bodies(stream)[0]
    if isinstance(body, list):
        return ()
    (name,) = (name for name, value in members(body).items() if isinstance(value, list))
    return ("data", name) if isinstance(body.get("data"), dict) else (name,)


def values(reader: ExpoPlatformReader, name: str, stream: str = "meetings") -> list[Json]:
    return [row[name] for row in reader.rows(stream) if name in row]


def names(reader: ExpoPlatformReader, stream: str = "meetings") -> set[str]:
    return {name for row in reader.rows(stream) for name in row}


def has_times(reader: ExpoPlatformReader, pattern: str) -> bool:
    found = values(reader, "Creation Time") + values(reader, "Appointment Time")
    return all(re.fullmatch(pattern, str(value)) for value in found)


def lacking(reader: ExpoPlatformReader, name: str, stream: str = "participants") -> float:
    rows = reader.rows(stream)
    return sum(not row.get(name) for row in rows) / len(rows)


def sizes(reader: ExpoPlatformReader) -> list[int]:
    """How many rows each page of the big event's export has."""
    return [len(rows_in(body)) for body in reader.bodies("meetings")]


def statuses(reader: ExpoPlatformReader) -> Counter[int]:
    """How often each status came while both lists were read."""
    reader.rows("meetings")
    reader.rows("participants")
    return reader.statuses


def sides(reader: ExpoPlatformReader) -> list[set[str]]:
    """The statuses of each meeting."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in reader.rows("meetings"):
        found[row["Meeting ID"]].add(row["Status"])
    return list(found.values())


def most_of_one(reader: ExpoPlatformReader) -> int:
    rows = reader.rows("meetings")
    return max(Counter((row["Meeting ID"], row["Account ID"]) for row in rows).values())


LOCAL = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
DEFAULT_NAMES = {
    *("Meeting ID", "Creation Time", "Last Modified", "Appointment Time", "Duration", "Status"),
    *("Type", "Account ID", "External ID", "Name", "Email", "Company", "Category", "Role", "Hall"),
    *("Stand", "Location", "Subject", "Message", "Tags", "Meeting completion"),
}
DEFAULT_PARTICIPANT = {
    *("ID", "External ID", "Name", "Email", "Company", "Category", "Job Title", "Country"),
    *("Status", "Tags", "Meetings Allowed", "Chats Allowed", "Last Modified"),
}
INTERACTIONS = {"page", "per_page", "total_pages", "total_current_page_items", "total_items"}
CLAIMS: dict[str, Callable[[ExpoPlatformReader], bool]] = {
    "event_access=all": lambda r: statuses(r)[401] == 0,
    "event_access=one_off": lambda r: statuses(r)[401] == 2,
    "envelope=data": lambda r: place(r) == ("data",),
    "envelope=list": lambda r: place(r) == (),
    "envelope=data_list": lambda r: place(r) == ("data", "list"),
    "envelope=data_items": lambda r: place(r) == ("data", "items"),
    "envelope=data_named": lambda r: (
        place(r) == ("data", "meetings") and place(r, "participants") == ("data", "participants")
    ),
    "envelope=items": lambda r: place(r) == ("items",),
    "envelope=named": lambda r: (
        place(r) == ("meetings",) and place(r, "participants") == ("participants",)
    ),
    "envelope=results": lambda r: place(r) == ("results",),
    "envelope=rows": lambda r: place(r) == ("rows",),
    "envelope=list_member": lambda r: place(r) == ("list",),
    "metadata=interactions": lambda r: (
        set(beside(r)) == INTERACTIONS and set(beside(r, "participants")) > INTERACTIONS
    ),
    "metadata=none": lambda r: set(beside(r)) == set(),
    "metadata=laravel": lambda r: (
        set(beside(r)) == {"current_page", "last_page", "per_page", "total"}
    ),
    "metadata=pages": lambda r: set(beside(r)) == {"page", "pages", "total"},
    "metadata=total": lambda r: set(beside(r)) == {"total"},
    "metadata=total_pages": lambda r: set(beside(r)) == {"total_pages"},
    "metadata=camel": lambda r: set(beside(r)) == {"page", "perPage", "totalPages", "totalItems"},
    "metadata=meta": lambda r: beside(r)["meta"]["last_page"] == 3,
    "metadata=pagination": lambda r: set(beside(r)["pagination"]) == INTERACTIONS,
    "total=right": lambda r: beside(r)["total_items"] == sum(sizes(r)),
    "total=text": lambda r: beside(r)["total_items"] == str(sum(sizes(r))),
    "total=null": lambda r: beside(r)["total_items"] is beside(r)["total_pages"] is None,
    "total=meetings": lambda r: (beside(r)["total_items"], beside(r)["total_pages"]) == (565, 2),
    "total=more": lambda r: beside(r)["total_items"] == sum(sizes(r)) + 3,
    "total=unfiltered": lambda r: (
        r.export(created_from=10**10)[1]["total_items"] > 0
        and r.ask("/participants/1041/list", timestamp=10**10)[1]["total_items"] > 0
    ),
    "body_code=absent": lambda r: "code" not in r.bodies("meetings")[0],
    "body_code=number": lambda r: r.bodies("meetings")[0]["code"] == 200,
    "body_code=text": lambda r: r.bodies("meetings")[0]["code"] == "200",
    "past_end=empty": lambda r: sizes(r)[-1] == 0 and r.bodies("meetings")[-1]["page"] == 4,
    "past_end=repeated": lambda r: r.bodies("meetings")[-1] == r.bodies("meetings")[-2],
    "past_end=first": lambda r: r.bodies("meetings")[-1] == r.bodies("meetings")[0],
    "past_end=404": lambda r: statuses(r)[404] == 7,  # two walks each, but nothing is no error
    "past_end=400": lambda r: statuses(r)[400] == 7,
    "largest_page=500": lambda r: sizes(r)[:2] == [500, 500],
    "largest_page=100": lambda r: set(sizes(r)[:12]) == {100},
    "largest_page=50": lambda r: set(sizes(r)[:24]) == {50},
    "short_pages=none": lambda r: sizes(r)[0] == 500,
    "short_pages=some": lambda r: 450 < sizes(r)[0] < 490 and beside(r)["total_pages"] == 3,
    "never_modified=null": lambda r: None in values(r, "Last Modified"),
    "never_modified=creation": lambda r: (
        None not in values(r, "Last Modified")
        and any(row["Last Modified"] == row["Creation Time"] for row in r.rows("meetings"))
    ),
    "keys=title": lambda r: (
        names(r) == DEFAULT_NAMES and names(r, "participants") == DEFAULT_PARTICIPANT
    ),
    "keys=snake": lambda r: {"meeting_id", "meeting_completion", "account_id"} < names(r),
    "keys=camel": lambda r: {"meetingId", "meetingCompletion", "status"} < names(r),
    "keys=kebab": lambda r: {"meeting-id", "meeting-completion", "status"} < names(r),
    "meeting_id_name=meeting_id": lambda r: "Meeting ID" in names(r),
    "meeting_id_name=id_meeting": lambda r: "ID Meeting" in names(r),
    "account_id_name=account_id": lambda r: "Account ID" in names(r),
    "account_id_name=participant_id": lambda r: "Participant ID" in names(r),
    "account_id_name=user_id": lambda r: "User ID" in names(r),
    "account_id_name=visitor_id": lambda r: "Visitor ID" in names(r),
    "account_id_name=id": lambda r: "ID" in names(r) and "Account ID" not in names(r),
    "participant_id_name=id": lambda r: "ID" in names(r, "participants"),
    "participant_id_name=account_id": lambda r: "Account ID" in names(r, "participants"),
    "row_id=absent": lambda r: "ID" not in names(r),
    "row_id=present": lambda r: len(set(values(r, "ID"))) == len(r.rows("meetings")),
    "time_columns=one": lambda r: has_times(r, LOCAL),
    "time_columns=separate": lambda r: (
        has_times(r, r"\d\d:\d\d:\d\d")
        and all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in values(r, "Creation Date"))
        and {"Creation Date", "Appointment Date"} < names(r)
    ),
    "time_columns=start_end": lambda r: (
        {"Appointment Start Time", "Appointment End Time"} == names(r) - DEFAULT_NAMES
    ),
    "name_parts=full": lambda r: "Name" in names(r),
    "name_parts=split": lambda r: (
        {"First Name", "Last Name"} == names(r) - DEFAULT_NAMES and "Name" not in names(r)
    ),
    "identity=complete": lambda r: lacking(r, "ID") == 0,
    "identity=some_without": lambda r: (
        0.2 < lacking(r, "ID") < 0.3 and 0.1 < lacking(r, "Email") < 0.3
    ),
    "identity=without_account": lambda r: lacking(r, "ID") == 1 and lacking(r, "Email") < 0.2,
    "identity=without_account_and_email": lambda r: (
        lacking(r, "ID") == lacking(r, "Email") == 1 and lacking(r, "External ID") < 0.2
    ),
    "identity=names_only": lambda r: (
        lacking(r, "ID") == lacking(r, "Email") == lacking(r, "External ID") == 1
    ),
    "id_types=number": lambda r: all(
        type(value) is int for value in values(r, "Meeting ID") + values(r, "Account ID")
    ),
    "id_types=text": lambda r: all(
        str(value) == value for value in values(r, "Meeting ID") + values(r, "Account ID")
    ),
    "time_format=local": lambda r: has_times(r, LOCAL),
    "time_format=unix": lambda r: (
        has_times(r, r"\d{10}") and type(values(r, "Creation Time")[0]) is int
    ),
    "time_format=unix_text": lambda r: (
        has_times(r, r"\d{10}") and type(values(r, "Creation Time")[0]) is str
    ),
    "time_format=iso_offset": lambda r: has_times(r, r"\S{10}T\S{8}[+-]\d\d:\d\d"),
    "empty_values=null": lambda r: None in values(r, "Message"),
    "empty_values=absent": lambda r: 0 < len(values(r, "Message")) < len(r.rows("meetings")),
    "empty_values=empty_text": lambda r: (
        "" in values(r, "Message") and "" in values(r, "Last Modified")
    ),
    "statuses=by_side": lambda r: {"Pending", "Incoming"} in sides(r),
    "statuses=by_meeting": lambda r: all(len(found) == 1 for found in sides(r)),
    "listed_twice=no": lambda r: most_of_one(r) == 1,
    "listed_twice=yes": lambda r: most_of_one(r) == 2,
    "completion=letter": lambda r: set(values(r, "Meeting completion")) == {"Y", "N"},
    "completion=boolean": lambda r: set(values(r, "Meeting completion")) == {True, False},
    "tags=text": lambda r: any(", " in (tags or "") for tags in values(r, "Tags")),
    "tags=list": lambda r: [] in values(r, "Tags") and max(map(len, values(r, "Tags"))) == 2,
    "unknown_fields=absent": lambda r: names(r) == DEFAULT_NAMES,
    "unknown_fields=present": lambda r: {"Event ID", "Rating", "Created By"} < names(r),
    "odd_types=absent": lambda r: all(type(value) is int for value in values(r, "Duration")),
    "odd_types=present": lambda r: (
        {type(value) for value in values(r, "Duration")} == {int, str}
        and {type(value) for value in values(r, "Company")} == {dict, str}
    ),
}
ELSEWHERE = {
    "compression",  # in test_control: it changes no answer
    "key",  # this and the next ones are in test_expoplatform_api
    "host",
    "errors",
    "error_body",
    "server_error",
    "size_out_of_range",  # this and the next ones are in test_expoplatform_reading
    "order_by",
    "ties",
    "filters",
    "bounds",
    "modified_filter",
}
TestPositions = suite(SWITCHES, ExpoPlatformReader, CLAIMS, ELSEWHERE)


def test_the_events(sandbox: Client) -> None:
    """One with several pages, one where nobody met, and people in all of them."""
    meetings = Counter(row["event_id"] for row in sandbox.truth("expoplatform", "meetings"))
    people = Counter(row["event_id"] for row in sandbox.truth("expoplatform", "participants"))
    assert set(people) == {str(number) for number in ExpoPlatformReader(sandbox).event_ids}
    assert len(people) - len(meetings) == 1
    assert max(meetings.values()) > 1200
    assert people["1041"] > 200


def test_what_tells_rows_apart(sandbox: Client) -> None:
    """Ids, e-mails in any case, external ids, and else name and company, within an event."""
    rows = sandbox.truth("expoplatform", "participants")
    for parts in (("account_id",), ("email",), ("external_id",), ("name", "company")):
        found = [
            (row["event_id"], *(row[part].lower() for part in parts))
            for row in rows
            if row[parts[0]]
        ]
        assert len(found) > len(rows) * 0.8
        assert len(set(found)) == len(found)
    meetings = sandbox.truth("expoplatform", "meetings")
    seats = [(row["meeting_id"], row["account_id"]) for row in meetings]
    assert len(set(seats)) == len(seats)
    assert max(Counter(row["account_id"] for row in meetings).values()) > 5
    assert {2, 3, 4} == set(Counter(row["meeting_id"] for row in meetings).values())


@pytest.mark.parametrize(("name", "shown"), [("id", ["ID"]), ("user_id", ["User ID", "ID"])])
def test_the_id_of_a_row_takes_the_place_of_a_lacking_account(
    sandbox: Client, name: str, shown: list[str]
) -> None:
    """Unless a row's id and an account's have the same name: there, a row cannot have both."""
    reader = ExpoPlatformReader(sandbox)
    reader.switch(row_id="present", identity="some_without", account_id_name=name)
    sent = [next((row[at] for at in shown if row[at]), None) for row in reader.rows("meetings")]
    truth = [row["account_id"] for row in reader.truth("meetings")]
    assert truth == [value and str(value) for value in sent]
    assert (None in truth) == (name == "id")
