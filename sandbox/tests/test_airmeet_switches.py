"""Each switch shows in the answers: what is claimed of a position is looked up there."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from event_sandbox.airmeet.switches import SWITCHES
from event_sandbox.airmeet.testing import AirmeetClient
from event_sandbox.testing import types, values

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Reader(AirmeetClient):
    """Looks at the things within rows as well."""

    def items(self, stream: str, name: str) -> list[Json]:
        return [one for row in self.rows(stream) for one in row[name] or ()]

    @property
    def polls(self) -> list[Json]:
        return self.items("poll_responses", "polls")

    @property
    def cursors(self) -> Json:
        """Those of the event list, which is one page, and maybe an empty one."""
        return self.told("airmeets", "cursors")[0]

    def stamps(self, pattern: str) -> bool:
        rows = self.rows("event_attendance") + self.polls + self.items("questions", "questions")
        return all(re.fullmatch(pattern, str(value)) for value in values(rows, "time_stamp"))

    def times(self, pattern: str) -> bool:
        rows = self.rows("airmeets") + self.rows("sessions") + self.rows("participants")
        found = values(rows, "startTime", "endTime", "start_time", "registrationDate")
        return all(re.fullmatch(pattern, str(value)) for value in found if value is not None)

    def most_recordings(self) -> int:
        return max(Counter(self.values("session_recordings", "session_id")).values())


CLAIMS: dict[str, Callable[[Reader], bool]] = {
    "largest_page=five": lambda r: {len(b["data"]) for b in r.bodies("airmeets")} == {5, 2, 0},
    "total_count=absent": lambda r: not values(r.told("event_attendance", "cursors"), "totalCount"),
    "airmeets_after=ignored_by_fives": lambda r: len(r.bodies("airmeets")[-1]["data"]) == 5,
    "airmeets_after=ignored": lambda r: len(r.bodies("airmeets")[-1]["data"]) == 12,
    "airmeets_order=descending": lambda r: r.cursors["after"] < r.cursors["before"],
    "empty_report=list": lambda r: [] in r.told("event_attendance", "data"),
    "empty_report=null": lambda r: None in r.told("event_attendance", "data"),
    "empty_report=object": lambda r: {} in r.told("questions", "data"),
    "time_stamp=iso": lambda r: r.stamps(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "time_stamp=colons": lambda r: r.stamps(r"\d{4}:\d\d:\d\dT\d\d:\d\d:\d\d\.\d\dZ"),
    "time_stamp=epoch_ms": lambda r: r.stamps(r"\d{13}"),
    "list_times=utc": lambda r: r.times(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "list_times=offset": lambda r: (
        r.times(r"\S{23}[+-]\d\d:\d\d")
        and len({at[23:] for at in r.values("airmeets", "startTime")}) > 1
    ),
    "duration_viewed=integer": lambda r: r.types("replay_attendance", "duration_viewed") == {int},
    "duration_viewed=float": lambda r: r.types("replay_attendance", "duration_viewed") == {float},
    "duration_viewed=text": lambda r: r.types("replay_attendance", "duration_viewed") == {str},
    "track_order=null": lambda r: set(r.values("tracks", "track_order")) == {None},
    "track_order=text": lambda r: set(r.values("tracks", "track_order")) == {"0", "1", "2"},
    "booth_details=null": lambda r: set(r.values("booths", "faqs", "layoutData")) == {None, "null"},
    "booth_details=text": lambda r: r.types("booths", "faqs", "doc_name") == {str},
    "booth_details=objects": lambda r: r.types("booths", "faqs", "layoutData") == {list, dict},
    "no_booths=null": lambda r: None in r.told("booths", "booths"),
    "no_booths=list": lambda r: [] in r.told("booths", "booths"),
    "empty_list=list": lambda r: [] in r.told("participants", "participants"),
    "empty_list=null": lambda r: None in r.told("participants", "participants"),
    "empty_members=list": lambda r: [] in r.values("sessions", "cohost_ids"),
    "empty_members=null": lambda r: None in r.values("participants", "user_profile"),
    "poll_items=typo": lambda r: any(
        "answer" not in poll and not UUID.fullmatch(poll["session_id"]) for poll in r.polls
    ),
    "poll_items=with_session_id": lambda r: all(
        UUID.fullmatch(poll["session_id"]) for poll in r.polls
    ),
    "poll_answer=text": lambda r: types(r.polls, "answer") == {str},
    "poll_answer=list": lambda r: (
        [] in values(r.polls, "answer") and types(r.polls, "answer") == {str, list}
    ),
    "poll_answer=typed": lambda r: types(r.polls, "answer") == {str, list, int, float},
    "people_without_utms=null_values": lambda r: any(
        set(utms.values()) == {None} for utms in r.values("registration_utms", "utms")
    ),
    "people_without_utms=null_object": lambda r: None in r.values("registration_utms", "utms"),
    "people_without_utms=no_row": lambda r: all(
        utms["utm_source"] for utms in r.values("registration_utms", "utms")
    ),
    "utm_keys=five": lambda r: {len(u) for u in r.values("registration_utms", "utms")} == {5},
    "recordings_per_session=one": lambda r: r.most_recordings() == 1,
    "recordings_per_session=several": lambda r: r.most_recordings() == 2,
    "replay_fields=many": lambda r: r.types("replay_attendance", "time_stamp") == {str},
    "participant_user_id=present": lambda r: r.types("participants", "user_id") == {str},
    "profile_values=text": lambda r: (
        types(r.items("participants", "user_profile"), "value") == {str}
    ),
    "profile_values=list": lambda r: (
        types(r.items("participants", "user_profile"), "value") == {str, list}
    ),
    "airmeet_description=present": lambda r: r.types("airmeets", "description") == {str},
    "info_body=sessions_only": lambda r: {len(body) for body in r.bodies("sessions")} == {1},
    "unknown_fields=present": lambda r: len(r.values("airmeets", "is_private")) == 12,
    "odd_types=present": lambda r: "n/a" in r.values("event_attendance", "time_spent"),
}
ELSEWHERE = {
    *("foreign_event", "archived_event", "error_body", "server_error"),  # test_airmeet_form
    *("keys", "auth_shape", "token_life", "expired_token"),  # likewise
    *("new_token", "content_type"),  # likewise
    *("last_after", "past_end", "page_count", "size_out_of_range"),  # test_airmeet_pages
    *("pending_body", "pending_on", "report_memory", "not_finished"),  # likewise
    "never_ready",  # the tap's suite, which knows what cannot be read then
    *("attendance_ids", "session_ids_param"),  # below
    "compression",  # test_control: it changes no answer
}
TestPositions = suite(SWITCHES, Reader, CLAIMS, ELSEWHERE)


def test_ids_of_attendance_may_be_new_each_day(fresh: Client) -> None:
    AirmeetClient(fresh).switch(attendance_ids="renumbered")
    before = AirmeetClient(fresh).values("event_attendance", "id")
    fresh.control("POST", "/advance", {"steps": 1})
    after = AirmeetClient(fresh).values("event_attendance", "id")
    assert not set(before) & set(after)
    assert after == values(fresh.truth("airmeet", "event_attendance"), "id")


def test_recordings_without_session_ids(sandbox: Client) -> None:
    client = AirmeetClient(sandbox)
    path = f"/airmeet/{client.big()}/session-recordings"
    every = client.get(path)
    key = every["recordings"][1]["session_id"]
    chosen = client.get(f"{path}?sessionIds={key}")
    assert values(chosen["recordings"], "session_id") == [key]
    assert (every["recordingsCount"], chosen["totalCount"]) == (len(every["recordings"]), 1)
    client.switch(session_ids_param="required")
    assert client.ask(path) == (400, {"success": False, "message": "sessionIds is required"})
