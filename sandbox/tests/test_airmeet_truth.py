"""The truth equals what an independent and very naive reader makes of the answers.

The reader below follows the columns' definitions word by word and shares nothing with the package.
Each switch has to show in the answers as well: what is claimed of a position is looked up there.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from event_sandbox.airmeet.switches import SWITCHES
from event_sandbox.airmeet.testing import AirmeetClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Row: TypeAlias = "dict[str, Json]"
STREAMS = (
    "airmeets",
    "participants",
    "sessions",
    "custom_fields",
    "event_attendance",
    "session_attendance",
    "booths",
    "booth_attendance",
    "poll_responses",
    "questions",
    "tracks",
    "registration_utms",
    "session_recordings",
    "replay_attendance",
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DETAILS = (
    "video",
    "faqs",
    "resources",
    "layoutType",
    "layoutData",
    "social_media_links",
    "short_description",
    "long_description",
    "banner_url",
    "register_interest_details",
    "offer_details",
    "doc_url",
    "doc_name",
    "booth_space_id",
)


def utc(value: Json) -> str | None:
    """ISO with a zone, ISO with colons in its date, or milliseconds since 1970; else nothing."""
    if isinstance(value, int):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    else:
        text = re.sub(r"^(\d{4}):(\d\d):(\d\d)T", r"\1-\2-\3T", value or "")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def whole(value: Json) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    return None if value is None else int(value)


def number(value: Json) -> Json:
    return float(value) if isinstance(value, str) else value


def flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def json_text(value: Json) -> str | None:
    if value is None or value == "null":
        return None
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value if isinstance(value, str) else compact


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class Reader(AirmeetClient):
    """Reads everything once, and makes rows of it."""

    def __init__(self, sandbox: Client) -> None:
        super().__init__(sandbox)
        self.sent: dict[str, list[Json]] = {stream: [] for stream in STREAMS}
        """What the vendor's lists held, by stream."""
        self.bodies: dict[str, list[Json]] = {stream: [] for stream in STREAMS}
        self.rows: dict[str, list[Row]] = {stream: [] for stream in STREAMS}
        self.statuses: Counter[tuple[int, str]] = Counter()
        for event in self.walk("airmeets", "/airmeets?size=500"):
            self.read_event(event)
        self.connection.close()

    def ask(self, path: str) -> tuple[int, Json]:
        status, body = super().ask(path)
        said = body if isinstance(body, dict) else {}
        self.statuses[status, str(said.get("statusMessage"))] += 1
        return status, body

    def pages(self, stream: str, path: str) -> list[Json]:
        """Follow `after` until it leads nowhere new."""
        rows: list[Json] = []
        seen: set[int] = set()
        last: int | None = None
        while True:
            status, body = self.ask(path if last is None else f"{path}&after={last}")
            if status != 200 or body.get("statusCode", 200) != 200:
                return rows
            self.bodies[stream].append(body)
            after_this = body["cursors"].get("after")
            if not body["data"] or after_this in seen:
                return rows
            rows += body["data"]
            if after_this is None:
                return rows
            seen.add(after_this)
            last = after_this

    def walk(self, stream: str, path: str) -> list[Json]:
        rows = self.pages(stream, path)
        self.sent[stream] += rows
        return rows

    def single(self, stream: str, path: str, name: str) -> list[Json]:
        status, body = self.ask(path)
        if status != 200:
            return []
        self.bodies[stream].append(body)
        rows = list(body[name] or ())
        self.sent[stream] += rows
        return rows

    def read_event(self, event: Row) -> None:
        eid, ends = event["uid"], utc(event["endTime"])
        self.rows["airmeets"].append(
            {
                **{name: event[name] for name in ("uid", "name", "status", "timezone")},
                "start_time": utc(event["startTime"]),
                "end_time": ends,
                "description": event.get("description"),
            }
        )
        parent = {"airmeet_id": eid, "airmeet_end_time": ends}
        self.read_participants(parent, f"/airmeet/{eid}/participants")
        self.read_sessions(parent, eid)
        self.read_fields(parent, eid)
        self.read_attendance(parent, "event_attendance", f"/airmeet/{eid}/attendees?size=50", {})
        self.read_booths(parent, eid)
        self.read_polls(parent, eid)
        self.read_questions(parent, eid)
        self.read_utms(parent, eid)
        self.read_replays(parent, eid)

    def read_participants(self, parent: Row, path: str) -> None:
        sent: list[Json] = []
        query = "resultSize=1000&sortingKey=registrationDate&sortingDirection=ASC"
        for page in range(1, 1000):
            status, body = self.ask(f"{path}?{query}&pageNumber={page}")
            if status != 200:
                return
            self.bodies["participants"].append(body)
            sent += body["participants"] or ()
            if len(sent) >= body["totalUserCount"]:
                break
        self.sent["participants"] += sent
        same = ("email", "city", "country", "organisation", "profile_url", "user_type")
        self.rows["participants"] += [
            {
                **parent,
                **{name: row[name] for name in same},
                "name": text(row["name"]),
                "designation": row["Designation"],
                "registration_date": utc(row["registrationDate"]),
                "invite_sent": flag(row["invite_sent"]),
                "user_profile": row["user_profile"],
                "user_id": row.get("user_id"),
            }
            for row in sent
        ]

    def read_sessions(self, parent: Row, eid: str) -> None:
        sent = self.single("sessions", f"/airmeet/{eid}/info", "sessions")
        same = ("name", "status", "summary", "host_id", "cohost_ids", "speaker_id", "type")
        for row in sent:
            key = row["sessionid"]
            self.rows["sessions"].append(
                {
                    **parent,
                    **{name: row[name] for name in same},
                    "session_id": key,
                    "start_time": utc(row["start_time"]),
                    "duration": whole(row["duration"]),
                    "speaker_list": row["speakerList"],
                }
            )
            path = f"/session/{key}/attendees?size=50"
            self.read_attendance(parent, "session_attendance", path, {"session_id": key})
        keys = ",".join(row["sessionid"] for row in sent)
        recordings = f"/airmeet/{eid}/session-recordings?sessionIds={keys}"
        for row in self.single("session_recordings", recordings, "recordings"):
            names = ("session_id", "session_name")
            self.rows["session_recordings"].append(parent | {name: row[name] for name in names})

    def read_fields(self, parent: Row, eid: str) -> None:
        for row in self.single("custom_fields", f"/airmeet/{eid}/custom-fields", "customFields"):
            required = flag(row["isRequired"])
            converted = {snake(name): value for name, value in row.items() if name != "order"}
            self.rows["custom_fields"].append({**parent, **converted, "is_required": required})
        for row in self.single("tracks", f"/airmeet/{eid}/tracks", "tracks"):
            order = whole(row["track_order"])
            converted = {snake(name): value for name, value in row.items() if name != "hidden"}
            self.rows["tracks"].append({**parent, **converted, "track_order": order})

    def read_attendance(self, parent: Row, stream: str, path: str, keys: Row) -> None:
        for row in self.walk(stream, path):
            more: Row = {}
            if stream == "booth_attendance":
                interested = "interested_in_being_contacted"
                more = {interested: flag(row[interested]), "visits": whole(row["visits"])}
            self.rows[stream].append(
                {
                    **parent,
                    **keys,
                    **{name: row[name] for name in ("id", "email", "name", "user_id")},
                    "time_stamp": utc(row["time_stamp"]),
                    "time_spent": whole(row["time_spent"]),
                    **more,
                }
            )

    def read_booths(self, parent: Row, eid: str) -> None:
        for row in self.single("booths", f"/airmeet/{eid}/booths", "booths"):
            self.rows["booths"].append(
                {
                    **parent,
                    **{name: row[name] for name in ("uid", "name", "exhibitors", "tags")},
                    "logo_url": row["logo_url"],
                    "order": whole(row["order"]),
                    "booth_exhibitor": flag(row["boothExhibitor"]),
                    **{snake(name): json_text(row[name]) for name in DETAILS},
                }
            )
            path = f"/airmeet/{eid}/booth/{row['uid']}/booth-attendance?size=50"
            self.read_attendance(parent, "booth_attendance", path, {"booth_id": row["uid"]})

    def read_polls(self, parent: Row, eid: str) -> None:
        for row in self.walk("poll_responses", f"/airmeet/{eid}/polls?size=50"):
            who = {name: row[name] for name in ("email", "name", "user_id")}
            for poll in row["polls"]:
                answer, session = poll.get("answer"), poll.get("session_id")
                if "answer" not in poll and session is not None and not UUID.fullmatch(session):
                    answer, session = session, None
                for value in (answer or [None]) if isinstance(answer, list) else [answer]:
                    self.rows["poll_responses"].append(
                        {
                            **parent,
                            **who,
                            "question": poll["question"],
                            "answer": text(value),
                            "session_id": session,
                            "time_stamp": utc(poll["time_stamp"]),
                        }
                    )

    def read_questions(self, parent: Row, eid: str) -> None:
        for row in self.single("questions", f"/airmeet/{eid}/questions", "data"):
            who = {name: row[name] for name in ("email", "name", "user_id")}
            self.rows["questions"] += [
                {
                    **parent,
                    **who,
                    "question": question["question"],
                    "session_id": question["session_id"],
                    "upvote_count": whole(question["upvoteCount"]),
                    "time_stamp": utc(question.get("time_stamp")),
                }
                for question in row["questions"]
            ]

    def read_utms(self, parent: Row, eid: str) -> None:
        names = [f"utm_{name}" for name in ("source", "medium", "campaign", "term", "content")]
        for row in self.walk("registration_utms", f"/airmeet/{eid}/utms?size=50"):
            assert row["airmeetId"] == eid
            values = {name: (row["utms"] or {}).get(name) for name in names}
            self.rows["registration_utms"].append(
                {**parent, "id": row["id"], "email": row["email"], **values}
            )

    def read_replays(self, parent: Row, eid: str) -> None:
        path = f"/airmeet/{eid}/event-replay-attendees?size=50"
        for row in self.walk("replay_attendance", path):
            self.rows["replay_attendance"].append(
                {
                    **parent,
                    **{name: row[name] for name in ("id", "name", "email", "session_id")},
                    "duration_viewed": number(row["duration_viewed"]),
                    "user_id": row.get("user_id"),
                    "session_name": row.get("session_name"),
                    "time_stamp": utc(row.get("time_stamp")),
                }
            )


def counted(rows: list[Row]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in rows)


def check(sandbox: Client) -> Reader:
    reader = Reader(sandbox)
    for stream in STREAMS:
        truth = sandbox.truth("airmeet", stream)
        assert truth, f"{stream} is empty"
        if reader.rows[stream] != truth:  # then perhaps only in another order
            assert counted(reader.rows[stream]) == counted(truth), stream
    return reader


def values(rows: list[Json], *names: str) -> list[Json]:
    return [row[name] for row in rows for name in names if name in row]


def types(rows: list[Json], *names: str) -> set[type]:
    return {type(value) for value in values(rows, *names)}


def polls(reader: Reader) -> list[Json]:
    return [poll for row in reader.sent["poll_responses"] for poll in row["polls"]]


def questions(reader: Reader) -> list[Json]:
    return [question for row in reader.sent["questions"] for question in row["questions"]]


def finals(reader: Reader) -> list[Json]:
    """The cursors of pages that hold rows; the event list is one page."""
    return [body["cursors"] for body in reader.bodies["airmeets"] if body["data"]]


def stamps(reader: Reader, pattern: str) -> bool:
    rows = reader.sent["event_attendance"] + polls(reader) + questions(reader)
    return all(re.fullmatch(pattern, str(value)) for value in values(rows, "time_stamp"))


def times(reader: Reader, pattern: str) -> bool:
    rows = reader.sent["airmeets"] + reader.sent["sessions"] + reader.sent["participants"]
    found = values(rows, "startTime", "endTime", "start_time", "registrationDate")
    return all(re.fullmatch(pattern, str(value)) for value in found if value is not None)


CLAIMS: dict[str, Callable[[Reader], bool]] = {
    "last_after=number": lambda r: finals(r)[-1]["after"] is not None,
    "last_after=null": lambda r: finals(r)[-1]["after"] is None,
    "last_after=absent": lambda r: "after" not in finals(r)[-1],
    "largest_page=five": lambda r: {len(b["data"]) for b in r.bodies["airmeets"]} == {5, 2, 0},
    "past_end=empty": lambda r: r.bodies["airmeets"][-1]["data"] == [],
    "past_end=repeated": lambda r: r.bodies["airmeets"][-1] == r.bodies["airmeets"][-2],
    "past_end=error": lambda r: r.statuses[400, "after is not valid"] > 0,
    "page_count=one": lambda r: {c["pageCount"] for c in pages_of(r)} == {1},
    "page_count=one_more": lambda r: finals(r)[0]["pageCount"] == 2,
    "page_count=pages": lambda r: {0, 1, 2} == {c["pageCount"] for c in pages_of(r)},
    "total_count=absent": lambda r: not any("totalCount" in c for c in pages_of(r)),
    "total_count=present": lambda r: {0, 54} <= {c["totalCount"] for c in pages_of(r)},
    "airmeets_after=ignored_by_fives": lambda r: len(r.bodies["airmeets"][-1]["data"]) == 5,
    "airmeets_after=ignored": lambda r: len(r.bodies["airmeets"][-1]["data"]) == 12,
    "airmeets_order=descending": lambda r: finals(r)[0]["after"] < finals(r)[0]["before"],
    "empty_report=list": lambda r: [] in values(r.bodies["event_attendance"], "data"),
    "empty_report=null": lambda r: None in values(r.bodies["event_attendance"], "data"),
    "empty_report=object": lambda r: {} in values(r.bodies["questions"], "data"),
    "time_stamp=iso": lambda r: stamps(r, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "time_stamp=colons": lambda r: stamps(r, r"\d{4}:\d\d:\d\dT\d\d:\d\d:\d\d\.\d\dZ"),
    "time_stamp=epoch_ms": lambda r: stamps(r, r"\d{13}"),
    "list_times=utc": lambda r: times(r, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "list_times=offset": lambda r: times(r, r"\S{23}[+-]\d\d:\d\d"),
    "list_times=epoch_ms": lambda r: times(r, r"\d{13}"),
    "time_spent=text": lambda r: types(r.sent["session_attendance"], "time_spent") == {str},
    "time_spent=number": lambda r: types(r.sent["session_attendance"], "time_spent") == {int},
    "upvote_count=float": lambda r: types(questions(r), "upvoteCount") == {float},
    "upvote_count=integer": lambda r: types(questions(r), "upvoteCount") == {int},
    "duration_viewed=integer": lambda r: (
        types(r.sent["replay_attendance"], "duration_viewed") == {int}
    ),
    "duration_viewed=float": lambda r: (
        types(r.sent["replay_attendance"], "duration_viewed") == {float}
    ),
    "duration_viewed=text": lambda r: (
        types(r.sent["replay_attendance"], "duration_viewed") == {str}
    ),
    "track_order=null": lambda r: set(values(r.sent["tracks"], "track_order")) == {None},
    "track_order=text": lambda r: set(values(r.sent["tracks"], "track_order")) == {"0", "1", "2"},
    "track_order=number": lambda r: set(values(r.sent["tracks"], "track_order")) == {0, 1, 2},
    "layout_data=null_text": lambda r: set(values(r.sent["booths"], "layoutData")) == {"null"},
    "layout_data=null": lambda r: set(values(r.sent["booths"], "layoutData")) == {None},
    "layout_data=object": lambda r: types(r.sent["booths"], "layoutData") == {dict},
    "booth_details=null": lambda r: set(values(r.sent["booths"], "faqs")) == {None},
    "booth_details=text": lambda r: types(r.sent["booths"], "faqs", "doc_name") == {str},
    "booth_details=objects": lambda r: types(r.sent["booths"], "faqs") == {list},
    "no_booths=null": lambda r: None in values(r.bodies["booths"], "booths"),
    "no_booths=list": lambda r: [] in values(r.bodies["booths"], "booths"),
    "empty_list=list": lambda r: [] in values(r.bodies["participants"], "participants"),
    "empty_list=null": lambda r: None in values(r.bodies["participants"], "participants"),
    "empty_members=list": lambda r: [] in values(r.sent["sessions"], "cohost_ids"),
    "empty_members=null": lambda r: None in values(r.sent["participants"], "user_profile"),
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
    "poll_answer=typed": lambda r: types(polls(r), "answer") == {str, list, int, float, type(None)},
    "people_without_utms=null_values": lambda r: any(
        set(utms.values()) == {None} for utms in values(r.sent["registration_utms"], "utms")
    ),
    "people_without_utms=null_object": lambda r: (
        None in values(r.sent["registration_utms"], "utms")
    ),
    "people_without_utms=no_row": lambda r: all(
        utms["utm_source"] for utms in values(r.sent["registration_utms"], "utms")
    ),
    "utm_keys=three": lambda r: (
        {len(u) for u in values(r.sent["registration_utms"], "utms")} == {3}
    ),
    "utm_keys=five": lambda r: {len(u) for u in values(r.sent["registration_utms"], "utms")} == {5},
    "recordings_per_session=one": lambda r: max(per_session(r).values()) == 1,
    "recordings_per_session=several": lambda r: max(per_session(r).values()) == 2,
    "replay_fields=few": lambda r: not values(r.sent["replay_attendance"], "user_id"),
    "replay_fields=many": lambda r: all(values(r.sent["replay_attendance"], "time_stamp")),
    "participant_user_id=absent": lambda r: not values(r.sent["participants"], "user_id"),
    "participant_user_id=present": lambda r: all(values(r.sent["participants"], "user_id")),
    "profile_values=text": lambda r: types(profiles(r), "value") == {str},
    "profile_values=list": lambda r: types(profiles(r), "value") == {str, list},
    "airmeet_description=absent": lambda r: not values(r.sent["airmeets"], "description"),
    "airmeet_description=present": lambda r: all(values(r.sent["airmeets"], "description")),
    "info_body=event": lambda r: len(values(r.bodies["sessions"], "status")) == 12,
    "info_body=sessions_only": lambda r: {len(body) for body in r.bodies["sessions"]} == {1},
    "duplicate_people=some": lambda r: max(emails(r).values()) > 1,
    "duplicate_people=none": lambda r: max(emails(r).values()) == 1,
    "unknown_fields=absent": lambda r: not values(r.sent["airmeets"], "is_private"),
    "unknown_fields=present": lambda r: len(values(r.sent["airmeets"], "is_private")) == 12,
    "odd_types=present": lambda r: "n/a" in values(r.sent["event_attendance"], "time_spent"),
    "not_finished=http_200": lambda r: r.statuses[200, "Session status is not valid"] > 0,
    "not_finished=http_400": lambda r: r.statuses[400, "Airmeet status is not valid"] > 0,
    "foreign_event=listed": lambda r: (
        r.statuses[401, "None"] == 5 and len(r.sent["airmeets"]) == 13
    ),
    "never_ready=one_event": lambda r: r.statuses[202, PREPARING] > 0,
}
PREPARING = "Preparing your results. Try after 5 minutes to get the updated results"
INVISIBLE = {
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
POSITIONS = [
    (switch.name, position)
    for switch in SWITCHES
    for position in switch.positions[1:]
    if (switch.name, position) != ("keys", "revoked")
]


def pages_of(reader: Reader) -> list[Json]:
    return [
        body["cursors"]
        for stream in ("event_attendance", "session_attendance")
        for body in reader.bodies[stream]
    ]


def profiles(reader: Reader) -> list[Json]:
    return [answer for row in reader.sent["participants"] for answer in row["user_profile"] or ()]


def per_session(reader: Reader) -> Counter[str]:
    return Counter(values(reader.sent["session_recordings"], "session_id"))


def emails(reader: Reader) -> Counter[tuple[str, str, str]]:
    """How often an e-mail is in an event's list; two people who share one are told by name."""
    return Counter(
        (row["airmeet_id"], row["email"], row["name"])
        for row in reader.rows["participants"]
        if row["email"]
    )


def assert_claim(reader: Reader, name: str, position: str) -> None:
    claim = CLAIMS.get(f"{name}={position}")
    assert claim is None or claim(reader), (name, position)


def test_every_switch_is_claimed_about() -> None:
    claimed = {claim.partition("=")[0] for claim in CLAIMS}
    assert claimed | INVISIBLE == {switch.name for switch in SWITCHES}
    known = {f"{switch.name}={position}" for switch in SWITCHES for position in switch.positions}
    assert set(CLAIMS) <= known
    missing = {f"{name}={position}" for name, position in POSITIONS if name not in INVISIBLE}
    assert missing <= set(CLAIMS)


def test_truth_and_claims_by_default(sandbox: Client) -> None:
    reader = check(sandbox)
    for switch in SWITCHES:
        assert_claim(reader, switch.name, switch.default)
    for stream in STREAMS:
        if stream != "participants":  # whose order is the reader's own choice
            assert reader.rows[stream] == sandbox.truth("airmeet", stream), stream


@pytest.mark.parametrize(("name", "position"), POSITIONS)
def test_truth_follows_each_switch(sandbox: Client, name: str, position: str) -> None:
    positions = {name: position}
    if name == "airmeets_after":
        positions["largest_page"] = "five"  # which must not hide events then
    sandbox.control("POST", "/switches", {"airmeet": positions})
    reader = check(sandbox)
    assert_claim(reader, name, position)


@pytest.mark.parametrize("turn", range(1, 5))
def test_truth_follows_all_switches_at_once(sandbox: Client, turn: int) -> None:
    positions = {
        switch.name: switch.positions[turn % len(switch.positions)]
        for switch in SWITCHES
        if switch.name != "keys"
    }
    sandbox.control("POST", "/switches", {"airmeet": positions})
    check(sandbox)


@pytest.mark.parametrize("seed", range(6))
def test_truth_follows_mixed_switches(sandbox: Client, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it has to repeat
    positions = {
        switch.name: chance.choice(switch.positions)
        for switch in SWITCHES
        if switch.name not in ("keys", "airmeets_after")  # five events may have no booth
    }
    sandbox.control("POST", "/switches", {"airmeet": positions})
    check(sandbox)


def test_truth_follows_time(fresh: Client) -> None:
    fresh.control("POST", "/switches", {"airmeet": {"attendance_ids": "renumbered"}})
    ids = {row["id"] for row in fresh.truth("airmeet", "event_attendance")}
    for _ in range(3):
        fresh.control("POST", "/advance", {"steps": 3})
        check(fresh)
    assert not ids & {row["id"] for row in fresh.truth("airmeet", "event_attendance")}


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


def test_secrets_are_in_the_truth_only_on_request(sandbox: Client) -> None:
    secrets = {"participants": {"token"}, "session_recordings": {"download_link"}}
    for stream in STREAMS:
        without = sandbox.truth("airmeet", stream)[0]
        with_secrets = sandbox.truth("airmeet", stream, include_secrets=True)[0]
        assert set(with_secrets) - set(without) == secrets.get(stream, set())
    reader = Reader(sandbox)
    links = values(sandbox.truth("airmeet", "participants", include_secrets=True), "token")
    assert Counter(links) == Counter(values(reader.sent["participants"], "token"))


def test_download_links_are_new_at_each_call_and_the_truth_knows_the_next(sandbox: Client) -> None:
    links = []
    for _ in range(2):
        truth = sandbox.truth("airmeet", "session_recordings", include_secrets=True)
        links += [values(truth, "download_link")]
        assert links[-1] == values(Reader(sandbox).sent["session_recordings"], "download_link")
    assert not set(links[0]) & set(links[1])
    paths = [[link.partition("?")[0] for link in of_call] for of_call in links]
    assert paths[0] == paths[1]
