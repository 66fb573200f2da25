"""The truths across vendors agree with what the APIs show, counted without their rules."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from event_sandbox.accelevents.testing import AcceleventsReader
from event_sandbox.airmeet.testing import AirmeetReader
from event_sandbox.conferencesio.testing import ConferencesIOReader
from event_sandbox.expoplatform.testing import ExpoPlatformReader
from event_sandbox.grains import GRAINS
from event_sandbox.meetengage.testing import MeetEngageClient
from event_sandbox.testing import running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json, Row

ATTENDED = "AttendedOnlineLiveChat"

LISTS = (
    ("accelevents", "attendees orders session_registrants session_attendees exhibitor_staff"),
    ("airmeet", "participants event_attendance session_attendance booth_attendance"),
    ("airmeet", "poll_responses questions replay_attendance"),
    ("expoplatform", "participants meetings"),
)
"""The lists that tell of people; the other two readers read theirs as they are made."""


class Shown:
    """All that the five APIs show, each list read once and at once."""

    def __init__(self, sandbox: Client) -> None:
        sandbox.control("POST", "/switches", {"meetengage": {"rate_limit": "off"}})
        self.sandbox = sandbox
        self.accelevents = AcceleventsReader(sandbox)
        self.airmeet = AirmeetReader(sandbox)
        self.conferencesio = ConferencesIOReader(sandbox)
        self.expoplatform = ExpoPlatformReader(sandbox)
        self.candidates = MeetEngageClient(sandbox).everything()
        for reader, streams in LISTS:
            for stream in streams.split():
                getattr(self, reader).rows(stream)
        self.grains = {grain: sandbox.grain(grain) for grain in GRAINS}

    def truth(self, grain: str, vendor: str, **wanted: object) -> list[Row]:
        return [
            row
            for row in self.grains[grain]
            if row["vendor"] == vendor and wanted.items() <= row.items()
        ]

    def acts(self, vendor: str, kind: str) -> list[int]:
        """Records and acts of all events, by the truth."""
        rows = self.truth("engagement", vendor, engagement_type=kind)
        return [sum(row["records"] for row in rows), sum(row["acts"] for row in rows)]


@pytest.fixture(scope="module", params=[0, 5])
def shown(request: pytest.FixtureRequest) -> Iterator[Shown]:
    """On the first day, and after five more."""
    with running_sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)
        if request.param:
            sandbox.control("POST", "/advance", {"steps": request.param})
        yield Shown(sandbox)


def values(rows: Iterable[Json], *names: str) -> set[str]:
    return {str(row[name]) for row in rows for name in names if row.get(name)}


def ids(shown: Shown, vendor: str) -> list[set[str]]:
    """Addresses and the vendor's own ids, by the truth."""
    rows = shown.truth("people", vendor)
    return [values([row for row in rows if row["id_type"] == kind], "id") for kind in TYPES]


TYPES = ("email", "vendor_id")


def test_airmeet_shows_the_ids_of_its_people(shown: Shown) -> None:
    streams = ("session_attendance", "event_attendance", "booth_attendance", "poll_responses")
    rows = [row for stream in (*streams, "questions") for row in shown.airmeet.rows(stream)]
    more = shown.airmeet.rows("participants") + shown.airmeet.rows("replay_attendance")
    assert ids(shown, "airmeet") == [values(rows + more, "email"), values(rows, "user_id")]


def test_conferencesio_shows_the_ids_of_its_people(shown: Shown) -> None:
    reader = shown.conferencesio
    named = [*reader.users, *(one["user"] for of in reader.responses for one in of)]
    named += [one["user"] for one in reader.questions if one["user"]]
    without_address = [one["user"] for one in reader.evaluations]
    assert ids(shown, "conferencesio") == [
        values(named, "email"),
        values(named + without_address, "external_id"),
    ]


def test_accelevents_shows_the_ids_of_its_people(shown: Shown) -> None:
    reader = shown.accelevents
    rows = reader.rows("session_registrants") + reader.rows("session_attendees")
    staff = reader.rows("exhibitor_staff")
    bought = [
        one for order in reader.rows("orders") for one in (order["purchaser"], *order["attendee"])
    ]
    users = values(rows, "userId") | values((one["user"] for one in staff), "userId")
    tickets = reader.rows("attendees")
    assert ids(shown, "accelevents") == [values(rows + staff + tickets + bought, "email"), users]


def test_expoplatform_shows_the_ids_of_its_people(shown: Shown) -> None:
    rows = shown.expoplatform.rows("participants") + shown.expoplatform.rows("meetings")
    assert ids(shown, "expoplatform") == [values(rows, "Email"), values(rows, "Account ID", "ID")]


def test_meetengage_shows_the_addresses_of_its_people(shown: Shown) -> None:
    assert ids(shown, "meetengage") == [values(shown.candidates, "EmailAddress"), set()]


def test_there_are_as_many_registrations_as_rows(shown: Shown) -> None:
    users = shown.conferencesio.users
    known = {user["email"].lower() for user in users if user["external_id"]}
    only_addressed = {user["email"].lower() for user in users if not user["external_id"]}
    sizes = {
        "airmeet": len(shown.airmeet.rows("participants")),
        "accelevents": len(shown.accelevents.rows("attendees")),
        "expoplatform": len(shown.expoplatform.rows("participants")),
        "meetengage": sum(row["Registered"] for row in shown.candidates),
        "conferencesio": len(values(users, "external_id")) + len(only_addressed - known - {""}),
    }
    assert {vendor: len(shown.truth("registrations", vendor)) for vendor in sizes} == sizes


def test_registrations_have_the_states_that_vendors_tell(shown: Shown) -> None:
    def states(vendor: str) -> Counter[str]:
        return Counter(row["status"] for row in shown.truth("registrations", vendor))

    tickets = shown.accelevents.rows("attendees")
    assert states("accelevents") == Counter(row["ticketStatus"] for row in tickets)
    people = shown.airmeet.rows("participants")
    assert states("airmeet") == Counter(row["user_type"] for row in people)
    accounts = shown.expoplatform.rows("participants")
    assert states("expoplatform") == Counter(row["Status"] for row in accounts)
    cancelled = shown.truth("registrations", "accelevents", is_cancelled=True)
    assert values(cancelled, "registration_id") == {
        row["barcode"] for row in tickets if row["ticketStatus"] == "REFUNDED"
    }


def minutes(rows: list[Row]) -> float:
    return sum(row["minutes"] or 0 for row in rows)


def test_attendance_at_airmeet_is_what_its_reports_hold(shown: Shown) -> None:
    live = shown.truth("attendance", "airmeet", mode="live")
    sent = shown.airmeet.rows("session_attendance")
    assert len(live) == len(sent)
    assert minutes(live) == pytest.approx(sum(int(row["time_spent"]) for row in sent) / 60_000)
    replays = shown.truth("attendance", "airmeet", mode="replay")
    watched = shown.airmeet.rows("replay_attendance")
    assert minutes(replays) == sum(row["duration_viewed"] for row in watched)
    pairs = {(row["session_id"], row["email"]) for row in watched}
    assert len(pairs) <= len(replays) < len(watched)


def test_attendance_at_conferencesio_is_a_row_for_each_person_and_each_nameless_record(
    shown: Shown,
) -> None:
    """Names tell the people here apart, which nobody would rely on elsewhere."""
    came = [
        (session, record["user"])
        for session, records in shown.conferencesio.checkins.items()
        for record in records
        if record["checkin_time"]
    ]
    shared = shared_addresses(user for _, user in came)
    told = [(session, user) for session, user in came if tells(user, shared)]
    rows = shown.truth("attendance", "conferencesio")
    assert sum(row["person"] is None for row in rows) == len(came) - len(told)
    named = [(session, named_at_conferencesio(user)) for session, user in told]
    assert Counter(row["session_id"] for row in rows if row["person"]) == Counter(
        session for session, _ in set(named)
    )
    assert len(set(named)) < len(named)
    attended = {name for _, name in named}
    assert len(shown.truth("event_attendance", "conferencesio")) == len(attended)


def shared_addresses(users: Iterable[Json]) -> set[str]:
    """Addresses beside two ids."""
    beside = defaultdict(set)
    for user in users:
        if user["external_id"]:
            beside[user["email"].lower()].add(user["external_id"])
    return {address for address, found in beside.items() if len(found) > 1} - {""}


def tells(user: Json, shared: set[str]) -> bool:
    """Whether a record tells who it is about."""
    address = user["email"].lower()
    return bool(user["external_id"] or (address and address not in shared))


def named_at_conferencesio(user: Json) -> tuple[Any, ...]:
    return user["first_name"], user["last_name"], user["field_1"], user["field_2"]


def test_minutes_at_conferencesio_are_between_coming_in_and_going_out(shown: Shown) -> None:
    longest: dict[tuple[Any, ...], float] = defaultdict(float)
    for session, records in shown.conferencesio.checkins.items():
        for number, record in enumerate(records):
            user = record["user"]
            alone = None if user["external_id"] or user["email"] else number
            inside, since = 0.0, None
            for one in record["history"]:
                at = dt.datetime.fromisoformat(one["timestamp"])
                if one["action"] == "checkout" and since:
                    inside += (at - since).total_seconds() / 60
                since = at if one["action"] == "checkin" else None
            key = (session, *named_at_conferencesio(user), alone)
            longest[key] = max(longest[key], inside)
    rows = shown.truth("attendance", "conferencesio")
    # Each row may be off by a second for each coming and going: the API tells whole seconds.
    assert minutes(rows) == pytest.approx(sum(longest.values()), abs=len(rows) / 15)


def test_attendance_at_accelevents_is_a_row_for_each_user(shown: Shown) -> None:
    attended = [
        row for row in shown.sandbox.truth("accelevents", "session_attendees") if row["attended"]
    ]
    rows = shown.truth("attendance", "accelevents")
    assert len(rows) == len({(row["session_id"], row["user_id"]) for row in attended})
    assert {row["minutes"] for row in rows} == {None}


def test_event_attendance_at_accelevents_is_a_check_in_or_a_session(shown: Shown) -> None:
    seen = shown.sandbox.truth("accelevents", "session_attendees")
    users = defaultdict(set)
    for row in seen:
        users[plain(row["email"])].add(row["user_id"])
    here = {(row["event_url"], row["user_id"]) for row in seen if row["attended"]}
    for row in shown.sandbox.truth("accelevents", "attendees"):
        known = users.get(plain(row["email"]), {plain(row["email"])})
        if row["ticket_status"] == "CHECKED_IN" and row["email"] and len(known) == 1:
            here.add((row["event_url"], *known))
    assert len(shown.truth("event_attendance", "accelevents")) == len(here)


def plain(address: str | None) -> str:
    return (address or "").strip().lower().removeprefix("mailto:")


def test_attendance_at_meetengage_is_a_row_for_each_address_in_a_chat(shown: Shown) -> None:
    came = [row for row in shown.candidates if row[ATTENDED]]
    told = [(row[ATTENDED], plain(row["EmailAddress"])) for row in came if row["EmailAddress"]]
    rows = shown.truth("attendance", "meetengage")
    assert len(rows) == len(set(told)) + len(came) - len(told)
    assert len(shown.truth("event_attendance", "meetengage")) == len({one for _, one in told})


def test_event_attendance_at_airmeet_is_the_vendors_report(shown: Shown) -> None:
    report = shown.airmeet.rows("event_attendance")
    assert len(shown.truth("event_attendance", "airmeet")) == len(report)


def test_event_attendance_at_expoplatform_is_a_meeting_that_was_held(shown: Shown) -> None:
    held = [r for r in shown.expoplatform.rows("meetings") if r["Meeting completion"] == "Y"]
    assert len(shown.truth("event_attendance", "expoplatform")) == len(values(held, "Account ID"))


def test_engagement_counts_what_the_apis_list(shown: Shown) -> None:
    airmeet, reader = shown.airmeet, shown.conferencesio
    answers = sum(len(row["polls"]) for row in airmeet.rows("poll_responses"))
    assert shown.acts("airmeet", "poll_response") == [answers, answers]
    questions = sum(len(row["questions"]) for row in airmeet.rows("questions"))
    assert shown.acts("airmeet", "question") == [questions, questions]
    booths = airmeet.rows("booth_attendance")
    visits = sum(row["visits"] for row in booths)
    assert shown.acts("airmeet", "booth_visit") == [len(booths), visits]
    told = sum(len(of) for of in reader.responses)
    assert shown.acts("conferencesio", "poll_response") == [told, told]
    assert shown.acts("conferencesio", "question") == [len(reader.questions)] * 2
    assert shown.acts("conferencesio", "evaluation") == [len(reader.evaluations)] * 2
    meetings = shown.expoplatform.rows("meetings")
    assert shown.acts("expoplatform", "meeting") == [
        len(meetings),
        len(values(meetings, "Meeting ID")),
    ]
    chats = sum(bool(row[ATTENDED]) for row in shown.candidates)
    assert shown.acts("meetengage", "chat") == [chats, chats]
    assert not shown.truth("engagement", "accelevents")


def test_engagement_counts_the_people_who_are_named(shown: Shown) -> None:
    booths = shown.airmeet.rows("booth_attendance")
    (row,) = shown.truth("engagement", "airmeet", engagement_type="booth_visit")[:1]
    assert 0 < row["people"] <= len(values(booths, "user_id"))
    shown.sandbox.control("POST", "/switches", {"conferencesio": {"poll_responses": "counts"}})
    rows = shown.sandbox.grain("engagement")
    shown.sandbox.control("DELETE", "/switches")
    (row,) = [
        row
        for row in rows
        if (row["vendor"], row["engagement_type"]) == ("conferencesio", "poll_response")
    ]
    assert row["people"] is None


def test_meetings_are_those_of_the_export(shown: Shown) -> None:
    seats = shown.expoplatform.rows("meetings")
    rows = shown.truth("meetings", "expoplatform")
    per_meeting = Counter(str(seat["Meeting ID"]) for seat in seats)
    assert {row["meeting_id"]: len(row["participants"]) for row in rows} == per_meeting
    assert Counter(row["status"] for row in rows for _ in row["participants"]) == Counter(
        "Pending" if seat["Status"] == "Incoming" else seat["Status"] for seat in seats
    )
    held = [row for row in rows if row["is_held"]]
    assert values(held, "meeting_id") == {
        str(seat["Meeting ID"]) for seat in seats if seat["Meeting completion"] == "Y"
    }


def test_an_unknown_grain_is_named(sandbox: Client) -> None:
    with pytest.raises(AssertionError, match=r"unknown grain: 'persons'\. Known: people, "):
        sandbox.grain("persons")


def test_every_grain_has_rows(sandbox: Client) -> None:
    assert all(sandbox.grain(grain) for grain in GRAINS)
