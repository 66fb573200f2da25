"""Each switch shows in the answers: what is claimed of a position is looked up there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

import pytest

from event_sandbox.expoplatform.switches import SWITCHES
from event_sandbox.expoplatform.testing import EXPORT, ExpoPlatformReader, rows_in

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json


def outline(body: Json, at: str = "") -> dict[str, Json]:
    """The members of an answer by where they are; of rows, the list."""
    if not isinstance(body, dict):
        return {at.removesuffix("."): body}
    inner = (outline(value, f"{at}{name}.") for name, value in body.items())
    return {path: value for found in inner for path, value in found.items()}


def place(reader: ExpoPlatformReader) -> set[str]:
    """Where the rows are; `{}` for their name."""
    return {
        path.replace(stream, "{}")
        for stream in ("meetings", "participants")
        for path, value in outline(reader.bodies(stream)[0]).items()
        if isinstance(value, list)
    }


def beside(reader: ExpoPlatformReader) -> dict[str, Json]:
    """What the first answer of the big event's export says besides its rows."""
    found = outline(reader.bodies("meetings")[0])
    return {path: value for path, value in found.items() if not isinstance(value, list)}


def values(reader: ExpoPlatformReader, name: str) -> list[Json]:
    return reader.values("meetings", name)


def kinds(reader: ExpoPlatformReader, name: str) -> set[type]:
    return reader.types("meetings", name)


def names(reader: ExpoPlatformReader, stream: str = "meetings") -> set[str]:
    return {name for row in reader.rows(stream) for name in row}


def has_times(reader: ExpoPlatformReader, pattern: str) -> bool:
    found = values(reader, "Creation Time") + values(reader, "Appointment Time")
    return all(re.fullmatch(pattern, str(value)) for value in found)


def lacking(reader: ExpoPlatformReader) -> tuple[float, ...]:
    """In how many rows each thing lacks that tells people apart, about."""
    rows = reader.rows("participants")
    lacks = {name: [not row.get(name) for row in rows] for name in ("ID", "Email", "External ID")}
    return tuple(round(sum(found) / len(rows), 1) for found in lacks.values())


def sizes(reader: ExpoPlatformReader) -> list[int]:
    """How many rows each page of the big event's export has."""
    return [len(rows_in(body)) for body in reader.bodies("meetings")]


def size(reader: ExpoPlatformReader, asked: int) -> tuple[int, int]:
    """How many rows come of so many: of meetings, and of participants."""
    meetings, people = reader.export(per_page=asked)[1], reader.ask(PEOPLE, limit=asked)[1]
    return len(rows_in(meetings)), len(rows_in(people))


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


def order(reader: ExpoPlatformReader, name: str, **query: object) -> list[Json]:
    _, body = reader.ask(EXPORT, event_id=1041, per_page=500, **query)
    return [row[name] for row in body["data"]]


def is_sorted(reader: ExpoPlatformReader, by: str, direction: str = "ASC") -> bool:
    found = order(reader, SORTED[by], order_by=by, order=direction)
    return found == sorted(found, reverse=direction == "DESC")


def has_shuffled_ties(reader: ExpoPlatformReader) -> bool:
    one, other = (order(reader, "Meeting ID", order_by="account_id") for _ in range(2))
    return one != other


def let_through(reader: ExpoPlatformReader) -> set[str]:
    """The filters that count rows later than a time in the far future."""
    asked = {name: f"{EXPORT}?event_id=1041&{name}_from=" for name in FILTERS}
    asked["timestamp"] = f"{PEOPLE}?timestamp="
    return {name for name, path in asked.items() if reader.ask(f"{path}{10**10}")[1]["total_items"]}


PEOPLE = "/participants/1041/list"
FILTERS = ("created", "last_modified", "time")
ALL_FILTERS = {*FILTERS, "timestamp"}
LET_THROUGH = {
    "work": set(),
    "created_ignored": {"created"},
    "modified_ignored": {"last_modified"},
    "timestamp_ignored": {"timestamp"},
}
SORTED = {"account_id": "Account ID", "time": "Appointment Time"}
EDITED = {"last_modified_from": 1}
UNKNOWN = "There is no event 9."
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
PLACES = {
    "data": {"data"},
    "list": {""},
    "data_list": {"data.list"},
    "named": {"{}"},
}
METADATA = {
    "interactions": {
        *("page", "per_page", "total_pages", "total_current_page_items", "total_items")
    },
    "none": set(),
    "total": {"total"},
    "meta": {f"meta.{name}" for name in ("current_page", "last_page", "per_page", "total")},
}
ERRORS = {
    "error": {"error": UNKNOWN},
    "message": {"message": UNKNOWN},
    "errors": {"errors": [{"code": 404, "message": UNKNOWN}]},
    "code": {"code": 404, "message": UNKNOWN},
}
SHOWN_NAMES = {
    "keys=title": {"Meeting ID", "Meeting completion", "Account ID"},
    "keys=snake": {"meeting_id", "meeting_completion", "account_id"},
    "keys=camel": {"meetingId", "meetingCompletion", "status"},
    "meeting_id_name=meeting_id": {"Meeting ID"},
    "meeting_id_name=id_meeting": {"ID Meeting"},
    "account_id_name=account_id": {"Account ID"},
    "account_id_name=participant_id": {"Participant ID"},
    "account_id_name=user_id": {"User ID"},
    "account_id_name=visitor_id": {"Visitor ID"},
    "account_id_name=id": {"ID"},
    "row_id=present": {"ID", "Account ID"},
    "time_columns=start_end": {"Appointment Start Time", "Appointment End Time"},
    "name_parts=full": {"Name"},
    "name_parts=split": {"First Name", "Last Name"},
    "unknown_fields=present": {"Event ID", "Rating", "Created By"},
}
LACKING = {
    "complete": (0, 0.1, 0.1),
    "some_without": (0.2, 0.2, 0.2),
    "without_account": (1, 0.1, 0.1),
    "without_account_and_email": (1, 1, 0.1),
    "names_only": (1, 1, 1),
}
Claim: TypeAlias = "Callable[[ExpoPlatformReader], bool]"


def each(
    switch: str, look: Callable[[ExpoPlatformReader], object], table: Mapping[str, object]
) -> dict[str, Claim]:
    """The claims of a switch whose positions show in one place, each by what is there."""

    def claim(wanted: object) -> Claim:
        return lambda reader: look(reader) == wanted

    return {f"{switch}={position}": claim(wanted) for position, wanted in table.items()}


def has_names(wanted: set[str]) -> Claim:
    return lambda reader: wanted <= names(reader)


CLAIMS: dict[str, Claim] = {
    "key=off": lambda r: statuses(r)[401] == 8,
    "host=moved": lambda r: (
        r.send("GET", EXPORT).headers["location"].startswith("http://localhost:")
    ),
    **each("event_access", lambda r: statuses(r)[401], {"all": 0, "one_off": 2}),
    "errors=http": lambda r: r.export(9)[0] == 404,
    "errors=code_at_200": lambda r: r.export(9) == (200, ERRORS["code"]),
    **each("error_body", lambda r: r.export(9), {f: (404, e) for f, e in ERRORS.items()}),
    **each("envelope", place, PLACES),
    **each("metadata", lambda r: set(beside(r)), METADATA),
    "total=right": lambda r: beside(r)["total_items"] == sum(sizes(r)),
    "total=text": lambda r: beside(r)["total_items"] == str(sum(sizes(r))),
    "total=null": lambda r: beside(r)["total_items"] is beside(r)["total_pages"] is None,
    "total=meetings": lambda r: (beside(r)["total_items"], beside(r)["total_pages"]) == (565, 2),
    "total=more": lambda r: beside(r)["total_items"] == sum(sizes(r)) + 3,
    "total=unfiltered": lambda r: (
        let_through(r) == ALL_FILTERS and not order(r, "Status", created_from=10**10)
    ),
    **each(
        "body_code",
        lambda r: r.bodies("meetings")[0].get("code"),
        {"absent": None, "number": 200, "text": "200"},
    ),
    "past_end=empty": lambda r: sizes(r)[-1] == 0 and r.bodies("meetings")[-1]["page"] == 4,
    "past_end=repeated": lambda r: r.bodies("meetings")[-1] == r.bodies("meetings")[-2],
    "past_end=first": lambda r: r.bodies("meetings")[-1] == r.bodies("meetings")[0],
    "past_end=404": lambda r: statuses(r)[404] == 7,  # two walks each, but nothing is no error
    "past_end=400": lambda r: statuses(r)[400] == 7,
    **each("largest_page", lambda r: sizes(r)[1], {"500": 500, "100": 100, "50": 50}),
    "size_out_of_range=clamp": lambda r: (
        [size(r, asked) for asked in (0, 7, 501)] == [(1, 1), (7, 7), (500, 100)]
    ),
    "size_out_of_range=error": lambda r: (
        [r.export(per_page=asked)[0] for asked in (0, 1, 500, 501)] == [400, 200, 200, 400]
        and r.ask(PEOPLE, limit=101)[0] == 400
    ),
    "short_pages=none": lambda r: sizes(r)[0] == 500,
    "short_pages=some": lambda r: 450 < sizes(r)[0] < 490 and beside(r)["total_pages"] == 3,
    "order_by=works": lambda r: all(
        is_sorted(r, by, direction) for by in SORTED for direction in ("ASC", "DESC")
    ),
    "order_by=ignored": lambda r: not is_sorted(r, "account_id"),
    "order_by=error": lambda r: r.export(order_by="time")[0] == 400 and r.export()[0] == 200,
    "ties=stable": lambda r: is_sorted(r, "account_id") and not has_shuffled_ties(r),
    "ties=shuffled": lambda r: is_sorted(r, "account_id") and has_shuffled_ties(r),
    **each("filters", let_through, LET_THROUGH),
    "filters=modified_refused": lambda r: (
        r.export(last_modified_from=1)[0] == 400 and r.export(created_from=1)[0] == 200
    ),
    "filters=all_ignored": lambda r: (
        let_through(r) == ALL_FILTERS and bool(order(r, "Status", created_from=10**10))
    ),
    "modified_filter=edited_only": lambda r: None not in order(r, "Last Modified", **EDITED),
    "modified_filter=with_new": lambda r: None in order(r, "Last Modified", **EDITED),
    "never_modified=null": lambda r: None in values(r, "Last Modified"),
    "never_modified=creation": lambda r: (
        None not in values(r, "Last Modified")
        and any(row["Last Modified"] == row["Creation Time"] for row in r.rows("meetings"))
    ),
    **{position: has_names(wanted) for position, wanted in SHOWN_NAMES.items()},
    "participant_id_name=id": lambda r: "ID" in names(r, "participants"),
    "participant_id_name=account_id": lambda r: "Account ID" in names(r, "participants"),
    "row_id=absent": lambda r: "ID" not in names(r),
    "time_columns=one": lambda r: has_times(r, LOCAL),
    "time_columns=separate": lambda r: (
        has_times(r, r"\d\d:\d\d:\d\d")
        and all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in values(r, "Creation Date"))
        and {"Creation Date", "Appointment Date"} < names(r)
    ),
    **each("identity", lacking, LACKING),
    **each(
        "id_types",
        lambda r: kinds(r, "Meeting ID") | kinds(r, "Account ID"),
        {"number": {int}, "text": {str}},
    ),
    "time_format=local": lambda r: has_times(r, LOCAL),
    "time_format=unix": lambda r: has_times(r, r"\d{10}") and kinds(r, "Creation Time") == {int},
    "time_format=unix_text": lambda r: (
        has_times(r, r"\d{10}") and kinds(r, "Creation Time") == {str}
    ),
    "time_format=iso_offset": lambda r: has_times(r, r"\S{10}T\S{8}[+-]\d\d:\d\d"),
    "empty_values=null": lambda r: None in values(r, "Message"),
    "empty_values=absent": lambda r: 0 < len(values(r, "Message")) < len(r.rows("meetings")),
    "empty_values=empty_text": lambda r: (
        "" in values(r, "Message") and "" in values(r, "Last Modified")
    ),
    "statuses=by_side": lambda r: {"Pending", "Incoming"} in sides(r),
    "statuses=by_meeting": lambda r: all(len(found) == 1 for found in sides(r)),
    **each("listed_twice", most_of_one, {"no": 1, "yes": 2}),
    **each(
        "completion",
        lambda r: set(values(r, "Meeting completion")),
        {"letter": {"Y", "N"}, "boolean": {True, False}},
    ),
    "tags=text": lambda r: any(", " in (tags or "") for tags in values(r, "Tags")),
    "tags=list": lambda r: [] in values(r, "Tags") and max(map(len, values(r, "Tags"))) == 2,
    "unknown_fields=absent": lambda r: (
        names(r) == DEFAULT_NAMES and names(r, "participants") == DEFAULT_PARTICIPANT
    ),
    "odd_types=absent": lambda r: kinds(r, "Duration") == {int},
    "odd_types=present": lambda r: (
        kinds(r, "Duration") == {int, str} and kinds(r, "Company") == {dict, str}
    ),
}
ELSEWHERE = {
    "compression",  # in test_control: it changes no answer
    "bounds",  # in test_expoplatform_reading
}
TestPositions = suite(SWITCHES, ExpoPlatformReader, CLAIMS, ELSEWHERE)


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
