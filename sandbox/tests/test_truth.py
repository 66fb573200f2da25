"""The truth has a row for each thing that the pages of the APIs hold, in their order, and no other.

What its columns hold is compared by the taps' conformance suites, under every position.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

import event_sandbox
from event_sandbox.accelevents.testing import AcceleventsReader
from event_sandbox.airmeet.testing import AirmeetReader
from event_sandbox.conferencesio.testing import ConferencesIOReader
from event_sandbox.expoplatform.testing import ExpoPlatformReader
from event_sandbox.meetengage.testing import MeetEngageClient
from event_sandbox.registry import VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Told: TypeAlias = "tuple[str, Callable[[Any], list[Json]]]"
"""The column that tells rows of the truth apart, and what stands for it on the pages."""


def listed(stream: str, column: str, *attributes: str) -> Told:
    """A stream with a row for each row of its list."""
    names = attributes or (column,)
    return column, lambda reader: [
        next((row[name] for name in names if name in row), None) for row in reader.rows(stream)
    ]


def within(stream: str, column: str, inside: Callable[[Json], list[Json]]) -> Told:
    """A stream with several rows for a row of its list."""
    return column, lambda reader: [one for row in reader.rows(stream) for one in inside(row)]


def poll_items(row: Json) -> list[Json]:
    answers = [(poll["question"], poll.get("answer")) for poll in row["polls"]]
    return [
        question
        for question, answer in answers
        for _ in range(max(1, len(answer)) if isinstance(answer, list) else 1)
    ]


def analytics_of_listed_sessions(reader: AcceleventsReader) -> list[Json]:
    """Each event's answer may tell of all sessions, and of those that no list shows."""
    keys = {str(row["sessionId"]) for row in reader.rows("sessions")}
    sent = dict.fromkeys(str(row["sessionId"]) for row in reader.rows("session_analytics"))
    return [key for key in sent if key in keys]


def answers(responses: Json) -> list[Json]:
    """The names of single answers in a poll's `responses`, where they have one."""
    if isinstance(responses, list):
        return [None] * len(responses)
    return [
        name
        for name, value in responses.items()
        for _ in (value if isinstance(value, list) else [value])
    ]


def texts_of_questions(reader: ConferencesIOReader) -> list[Json]:
    return [
        one if isinstance(one, str) else one.get("question", one.get("text"))
        for one in reader.questions
    ]


def poll_keys(reader: ConferencesIOReader) -> list[Json]:
    return [key for one in reader.data if one for key in dict(one["polls"] or {})]


TICKET = ("event_ticket_id", "eventTicketId", "eventTicketingId")
TOLD: dict[str, dict[str, Told]] = {
    "accelevents": {
        "events": listed("events", "event_id", "eventId"),
        "sessions": listed("sessions", "session_id", "sessionId"),
        "session_analytics": ("session_id", analytics_of_listed_sessions),
        "session_analytics_details": listed("session_analytics_details", "session_id", "sessionId"),
        "session_registrants": listed("session_registrants", *TICKET),
        "session_speakers": listed("session_speakers", "speaker_id", "speakerId"),
        "session_assets": listed("session_assets", "id"),
        "session_attendees": listed("session_attendees", *TICKET),
        "speakers": listed("speakers", "speaker_id", "speakerId"),
        "attendees": listed("attendees", "barcode"),
        "attendee_summary": listed("events", "event_url", "eventUrl", "eventURL"),
        "orders": listed("orders", "order_id", "orderId", "id"),
        "ticket_types": listed("ticket_types", "id", "id", "typeId"),
        "sponsors": listed("sponsors", "id"),
        "sponsor_analytics": listed("sponsor_analytics", "id"),
        "exhibitors": listed("exhibitors", "id"),
        "exhibitor_staff": listed("exhibitor_staff", "id"),
    },
    "airmeet": {
        "airmeets": listed("airmeets", "uid"),
        "participants": listed("participants", "email"),
        "sessions": listed("sessions", "session_id", "sessionid"),
        "custom_fields": listed("custom_fields", "field_id", "fieldId"),
        "event_attendance": listed("event_attendance", "id"),
        "session_attendance": listed("session_attendance", "id"),
        "booths": listed("booths", "uid"),
        "booth_attendance": listed("booth_attendance", "id"),
        "poll_responses": within("poll_responses", "question", poll_items),
        "questions": within(
            "questions", "question", lambda row: [one["question"] for one in row["questions"]]
        ),
        "tracks": listed("tracks", "uid"),
        "registration_utms": listed("registration_utms", "id"),
        "session_recordings": listed("session_recordings", "session_id"),
        "replay_attendance": listed("replay_attendance", "id"),
    },
    "conferencesio": {
        "app": ("name", lambda reader: [reader.app["name"]]),
        "sessions": ("id", lambda reader: [row["id"] for row in reader.sessions]),
        "attendance": ("user", lambda reader: reader.users),
        "polls": ("poll_id", poll_keys),
        "poll_responses": (
            "response_name",
            lambda reader: [name for sent in reader.responses for name in answers(sent)],
        ),
        "questions": ("question", texts_of_questions),
        "evaluation_responses": (
            "response",
            lambda reader: [row["response"] for row in reader.evaluations],
        ),
    },
    "expoplatform": {
        "meetings": listed(
            "meetings",
            "meeting_id",
            *("Meeting ID", "meeting_id", "meetingId", "meeting-id"),
            *("ID Meeting", "id_meeting", "idMeeting", "id-meeting"),
        ),
        "participants": listed("participants", "company", "Company", "company"),
    },
    "meetengage": {
        "organisation_data_standard": (
            "email_address",
            lambda client: [row["EmailAddress"] for row in client.everything()],
        ),
        "organisation_data_chat_summary_mi": (
            "country",
            lambda client: [row["Country"] for row in client.everything("chat-summary MI")],
        ),
    },
}
READERS: dict[str, Callable[[Client], Any]] = {
    "accelevents": AcceleventsReader,
    "airmeet": AirmeetReader,
    "conferencesio": ConferencesIOReader,
    "expoplatform": ExpoPlatformReader,
    "meetengage": MeetEngageClient,
}
ELSEWHERE = {
    "accelevents": {"key", "auth", "row_order", "paging", "largest_page", "unknown_fields"},
    "airmeet": {"keys", "airmeets_after", "never_ready"},
    "conferencesio": {"api", "list_order"},
    "expoplatform": {"key", "host", "errors", "ties", "odd_types"},
}
"""Switches that hide rows, or change what rows are told apart by."""


def both(sandbox: Client, vendor: str) -> list[tuple[str, list[str], list[str]]]:
    """For each stream, what tells its rows apart: in the truth, and on the pages."""
    reader = READERS[vendor](sandbox)
    found = []
    for stream, (column, on_pages) in TOLD[vendor].items():
        truth = [str(row[column]) for row in sandbox.truth(vendor, stream)]
        assert truth, f"{stream} is empty"
        found.append((stream, truth, [str(one) for one in on_pages(reader)]))
    return found


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's clock alone decides what lies ahead."""
    monkeypatch.setattr("event_sandbox.meetengage.ranges._real_now", lambda: 0)


def switch(sandbox: Client, vendor: str, positions: dict[str, str]) -> None:
    if vendor == "meetengage":
        positions |= {"rate_limit": "off"}
    sandbox.control("POST", "/switches", {vendor: positions})


def test_every_stream_is_looked_at() -> None:
    """Of the vendors with a reader; answers and truth of one that is a single file share theirs."""
    with_reader = {name for name in VENDORS if (Path(event_sandbox.__path__[0]) / name).is_dir()}
    assert {name: set(VENDORS[name].streams) for name in with_reader} == {
        name: set(streams) for name, streams in TOLD.items()
    }


@pytest.mark.parametrize("vendor", TOLD)
def test_the_truth_has_the_rows_of_the_pages_in_their_order(sandbox: Client, vendor: str) -> None:
    switch(sandbox, vendor, {})
    for stream, truth, pages in both(sandbox, vendor):
        if (vendor, stream) != (
            "airmeet",
            "participants",
        ):  # which have the order that one asks for
            assert truth == pages, stream


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("vendor", ELSEWHERE)
def test_the_truth_has_the_rows_of_the_pages_under_mixed_switches(
    sandbox: Client, vendor: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - it has to repeat
    mixed = {one.name: chance.choice(one.positions) for one in VENDORS[vendor].switches}
    switch(sandbox, vendor, {n: p for n, p in mixed.items() if n not in ELSEWHERE[vendor]})
    for stream, truth, pages in both(sandbox, vendor):
        assert sorted(truth) == sorted(pages), stream


@pytest.mark.parametrize("vendor", TOLD)
def test_the_truth_follows_time(fresh: Client, vendor: str) -> None:
    switch(fresh, vendor, {})
    before = both(fresh, vendor)
    fresh.control("POST", "/advance", {"steps": 5})
    after = both(fresh, vendor)
    assert after != before
    for stream, truth, pages in after:
        assert sorted(truth) == sorted(pages), stream
