"""Each switch shows in the answers: what is claimed of a position is looked up there."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from event_sandbox.airmeet.switches import SWITCHES
from event_sandbox.airmeet.testing import AirmeetReader
from event_sandbox.testing import types, values

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def polls(reader: AirmeetReader) -> list[Json]:
    return [poll for row in reader.rows("poll_responses") for poll in row["polls"]]


def questions(reader: AirmeetReader) -> list[Json]:
    return [question for row in reader.rows("questions") for question in row["questions"]]


def finals(reader: AirmeetReader) -> list[Json]:
    """The cursors of pages that hold rows; the event list is one page."""
    return [body["cursors"] for body in reader.bodies("airmeets") if body["data"]]


def stamps(reader: AirmeetReader, pattern: str) -> bool:
    rows = reader.rows("event_attendance") + polls(reader) + questions(reader)
    return all(re.fullmatch(pattern, str(value)) for value in values(rows, "time_stamp"))


def times(reader: AirmeetReader, pattern: str) -> bool:
    rows = reader.rows("airmeets") + reader.rows("sessions") + reader.rows("participants")
    found = values(rows, "startTime", "endTime", "start_time", "registrationDate")
    return all(re.fullmatch(pattern, str(value)) for value in found if value is not None)


def pages_of(reader: AirmeetReader) -> list[Json]:
    streams = ("event_attendance", "session_attendance")
    return [body["cursors"] for stream in streams for body in reader.bodies(stream)]


def profiles(reader: AirmeetReader) -> list[Json]:
    return [answer for row in reader.rows("participants") for answer in row["user_profile"] or ()]


def per_session(reader: AirmeetReader) -> Counter[str]:
    return Counter(reader.values("session_recordings", "session_id"))


def emails(reader: AirmeetReader) -> Counter[tuple[int, str, str]]:
    """How often an e-mail is in an event's list; two people who share one are told by name."""
    return Counter(
        (event, row["email"], row["name"])
        for event, body in enumerate(reader.bodies("participants"))
        for row in body["participants"]
        if row["email"]
    )


CLAIMS: dict[str, Callable[[AirmeetReader], bool]] = {
    "largest_page=five": lambda r: {len(b["data"]) for b in r.bodies("airmeets")} == {5, 2, 0},
    "total_count=absent": lambda r: not any("totalCount" in c for c in pages_of(r)),
    "total_count=present": lambda r: {0, 54} <= {c["totalCount"] for c in pages_of(r)},
    "airmeets_after=ignored_by_fives": lambda r: len(r.bodies("airmeets")[-1]["data"]) == 5,
    "airmeets_after=ignored": lambda r: len(r.bodies("airmeets")[-1]["data"]) == 12,
    "airmeets_order=descending": lambda r: finals(r)[0]["after"] < finals(r)[0]["before"],
    "empty_report=list": lambda r: [] in r.told("event_attendance", "data"),
    "empty_report=null": lambda r: None in r.told("event_attendance", "data"),
    "empty_report=object": lambda r: {} in r.told("questions", "data"),
    "time_stamp=iso": lambda r: stamps(r, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "time_stamp=colons": lambda r: stamps(r, r"\d{4}:\d\d:\d\dT\d\d:\d\d:\d\d\.\d\dZ"),
    "time_stamp=epoch_ms": lambda r: stamps(r, r"\d{13}"),
    "list_times=utc": lambda r: times(r, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "list_times=offset": lambda r: times(r, r"\S{23}[+-]\d\d:\d\d"),
    "list_times=epoch_ms": lambda r: times(r, r"\d{13}"),
    "time_spent=text": lambda r: r.types("session_attendance", "time_spent") == {str},
    "time_spent=number": lambda r: r.types("session_attendance", "time_spent") == {int},
    "upvote_count=float": lambda r: types(questions(r), "upvoteCount") == {float},
    "upvote_count=integer": lambda r: types(questions(r), "upvoteCount") == {int},
    "duration_viewed=integer": lambda r: r.types("replay_attendance", "duration_viewed") == {int},
    "duration_viewed=float": lambda r: r.types("replay_attendance", "duration_viewed") == {float},
    "duration_viewed=text": lambda r: r.types("replay_attendance", "duration_viewed") == {str},
    "track_order=null": lambda r: set(r.values("tracks", "track_order")) == {None},
    "track_order=text": lambda r: set(r.values("tracks", "track_order")) == {"0", "1", "2"},
    "track_order=number": lambda r: set(r.values("tracks", "track_order")) == {0, 1, 2},
    "layout_data=null_text": lambda r: set(r.values("booths", "layoutData")) == {"null"},
    "layout_data=null": lambda r: set(r.values("booths", "layoutData")) == {None},
    "layout_data=object": lambda r: r.types("booths", "layoutData") == {dict},
    "booth_details=null": lambda r: set(r.values("booths", "faqs")) == {None},
    "booth_details=text": lambda r: r.types("booths", "faqs", "doc_name") == {str},
    "booth_details=objects": lambda r: r.types("booths", "faqs") == {list},
    "no_booths=null": lambda r: None in r.told("booths", "booths"),
    "no_booths=list": lambda r: [] in r.told("booths", "booths"),
    "empty_list=list": lambda r: [] in r.told("participants", "participants"),
    "empty_list=null": lambda r: None in r.told("participants", "participants"),
    "empty_members=list": lambda r: [] in r.values("sessions", "cohost_ids"),
    "empty_members=null": lambda r: None in r.values("participants", "user_profile"),
    "poll_items=answer": lambda r: all("session_id" not in poll for poll in polls(r)),
    "poll_items=typo": lambda r: any(
        "answer" not in poll and not UUID.fullmatch(poll["session_id"]) for poll in polls(r)
    ),
    "poll_items=with_session_id": lambda r: all(
        UUID.fullmatch(poll["session_id"]) for poll in polls(r)
    ),
    "poll_answer=text": lambda r: types(polls(r), "answer") == {str},
    "poll_answer=list": lambda r: (
        [] in values(polls(r), "answer") and types(polls(r), "answer") == {str, list}
    ),
    "poll_answer=typed": lambda r: types(polls(r), "answer") == {str, list, int, float},
    "people_without_utms=null_values": lambda r: any(
        set(utms.values()) == {None} for utms in r.values("registration_utms", "utms")
    ),
    "people_without_utms=null_object": lambda r: None in r.values("registration_utms", "utms"),
    "people_without_utms=no_row": lambda r: all(
        utms["utm_source"] for utms in r.values("registration_utms", "utms")
    ),
    "utm_keys=three": lambda r: {len(u) for u in r.values("registration_utms", "utms")} == {3},
    "utm_keys=five": lambda r: {len(u) for u in r.values("registration_utms", "utms")} == {5},
    "recordings_per_session=one": lambda r: max(per_session(r).values()) == 1,
    "recordings_per_session=several": lambda r: max(per_session(r).values()) == 2,
    "replay_fields=few": lambda r: not r.values("replay_attendance", "user_id"),
    "replay_fields=many": lambda r: r.types("replay_attendance", "time_stamp") == {str},
    "participant_user_id=absent": lambda r: not r.values("participants", "user_id"),
    "participant_user_id=present": lambda r: r.types("participants", "user_id") == {str},
    "profile_values=text": lambda r: types(profiles(r), "value") == {str},
    "profile_values=list": lambda r: types(profiles(r), "value") == {str, list},
    "airmeet_description=absent": lambda r: not r.values("airmeets", "description"),
    "airmeet_description=present": lambda r: r.types("airmeets", "description") == {str},
    "info_body=event": lambda r: len(r.told("sessions", "status")) == 12,
    "info_body=sessions_only": lambda r: {len(body) for body in r.bodies("sessions")} == {1},
    "duplicate_people=some": lambda r: max(emails(r).values()) > 1,
    "duplicate_people=none": lambda r: max(emails(r).values()) == 1,
    "unknown_fields=absent": lambda r: not r.values("airmeets", "is_private"),
    "unknown_fields=present": lambda r: len(r.values("airmeets", "is_private")) == 12,
    "odd_types=present": lambda r: "n/a" in r.values("event_attendance", "time_spent"),
}
ELSEWHERE = {
    "last_after",  # this and the next two are in test_airmeet_pages
    "past_end",
    "page_count",
    "not_finished",  # this and the next one are in test_airmeet_reports
    "never_ready",
    "foreign_event",  # in test_airmeet_form
    "compression",  # in test_control: it changes no answer
    "keys",  # nothing can be read; this and the next ones are in test_airmeet_tokens
    "auth_shape",
    "token_life",
    "expired_token",
    "new_token",
    "content_type",
    "error_body",  # this and the next ones are in test_airmeet_form
    "server_error",
    "archived_event",
    "size_out_of_range",  # in test_airmeet_pages
    "pending_body",  # this and the next ones are in test_airmeet_reports
    "pending_on",
    "report_memory",
    "attendance_ids",  # below
    "session_ids_param",  # below
}
TestPositions = suite(SWITCHES, AirmeetReader, CLAIMS, ELSEWHERE)


def test_ids_of_attendance_may_be_new_each_day(fresh: Client) -> None:
    fresh.control("POST", "/switches", {"airmeet": {"attendance_ids": "renumbered"}})
    before = set(values(fresh.truth("airmeet", "event_attendance"), "id"))
    fresh.control("POST", "/advance", {"steps": 1})
    assert not before & set(values(fresh.truth("airmeet", "event_attendance"), "id"))
    assert set(values(AirmeetReader(fresh).rows("event_attendance"), "id")) == set(
        values(fresh.truth("airmeet", "event_attendance"), "id")
    )


def test_recordings_without_session_ids(sandbox: Client) -> None:
    client = AirmeetReader(sandbox)
    path = f"/airmeet/{client.big()}/session-recordings"
    every = client.get(path)
    key = every["recordings"][1]["session_id"]
    chosen = client.get(f"{path}?sessionIds={key}")
    assert values(chosen["recordings"], "session_id") == [key]
    assert (every["recordingsCount"], chosen["totalCount"]) == (len(every["recordings"]), 1)
    client.switch(session_ids_param="required")
    assert client.ask(path) == (400, {"success": False, "message": "sessionIds is required"})
