"""The truth equals what an independent and very naive reader makes of the answers.

The reader below follows the columns' definitions word by word and shares nothing with the package.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeAlias

import pytest

from event_sandbox.conferencesio.switches import SWITCHES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.testing import Client
    from event_sandbox.wire import Json

Row: TypeAlias = "dict[str, Json]"
STREAMS = (
    "app",
    "sessions",
    "attendance",
    "polls",
    "poll_responses",
    "questions",
    "evaluation_responses",
)
LOCKED = {"api": {"not_activated"}}
"""Positions under which nothing can be read."""
POSITIONS = [
    (switch.name, position)
    for switch in SWITCHES
    for position in switch.positions[1:]
    if position not in LOCKED.get(switch.name, ())
]
SESSION_COLUMNS = [
    "external_id",
    "name",
    "location",
    "description",
    "start_time",
    "end_time",
    "url",
    "presenters",
    "fields_of_study",
    "learning_objectives",
    "checkout_required",
    "delivery_format",
]
CHECKIN_COLUMNS = [
    "user",
    "delivery_format",
    "admin_note",
    "attendee_note",
    "checkin_source",
    "checkout_source",
    "evaluation_complete",
    "total_time_attended",
    "fields_of_study",
    "history",
]


def utc(text: str | None) -> str | None:
    if text is None or not (found := re.fullmatch(r"(\S{19})(\.\d+)?([+-]\d\d:\d\d)", text)):
        return None
    moment = datetime.fromisoformat(found[1] + found[3]).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (found[2] or "") + "Z"


def responded_at(text: str) -> str | None:
    """RFC 2822 whatever its weekday says, else ISO, else nothing."""
    if not (found := re.fullmatch(r"\w{3}, (\d\d \w{3} \d{4} \S{8}) ([+-])(\d\d)(\d\d)", text)):
        return utc(text)
    offset = timedelta(hours=int(found[3]), minutes=int(found[4])) * (-1 if found[2] == "-" else 1)
    local = datetime.strptime(found[1], "%d %b %Y %H:%M:%S").replace(tzinfo=timezone(offset))
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def last_day(value: Json) -> str | None:
    texts = value if isinstance(value, list) else [value] if value else []
    days = [day for text in texts for day in re.findall(r"\d{4}-\d\d-\d\d", text)]
    return str(date.fromisoformat(days[-1])) if days else None


def answers(value: Json, name: str | None = None) -> Iterator[Row]:
    if name is None and isinstance(value, dict):
        for key, entry in value.items():
            for item in entry if isinstance(entry, list) else [entry]:
                yield from answers([item], key)
        return
    for item in value or ():
        is_scalar = isinstance(item, str | int | float)
        is_number = isinstance(item, int | float)
        yield {
            "response_name": name,
            "response": (json.dumps(item) if is_number else item) if is_scalar else None,
            "response_value": item if is_number else None,
            "response_data": item if isinstance(item, dict) else None,
        }


class Reader:
    """Reads everything once, and makes rows of it."""

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        self.rows: dict[str, list[Row]] = {stream: [] for stream in STREAMS}
        self.read_app()
        for session in self.get("/sessions")["data"]:
            self.read_session(session)
        self.read_evaluations()

    def get(self, path: str) -> Json:
        return self.sandbox.vendor("conferencesio", path).json()["data"]

    def read_app(self) -> None:
        app = self.get("/app")
        names = [f"custom_attendee_field_{n}" for n in range(1, 6)]
        row = {name: app.get(name) for name in ("name", "url", "start_date", "end_date", *names)}
        zone = app["timezone"]
        self.rows["app"].append(
            {"subdomain": "example", **row, "timezone": None if zone in (-1, "-1") else zone}
        )

    def read_session(self, session: Row) -> None:
        key, day = str(session["id"]), last_day(session["date"])
        required = session["checkin_required"]
        self.rows["sessions"].append(
            {
                "subdomain": "example",
                "id": key,
                **{name: session.get(name) for name in SESSION_COLUMNS},
                "date": session["date"] if isinstance(session["date"], str) else None,
                "session_date": day,
                "checkin_required": required if isinstance(required, bool) else None,
            }
        )
        parent = {"subdomain": "example", "session_id": key, "session_date": day}
        for record in self.get(f"/sessions/{key}/attendance"):
            times = [
                f"{door}_time{kind}" for door in ("checkin", "checkout") for kind in ("", "_actual")
            ]
            self.rows["attendance"].append(
                {
                    **parent,
                    **{name: record.get(name) for name in CHECKIN_COLUMNS},
                    **{name: utc(record[name]) for name in times},
                }
            )
        self.read_data(parent, self.get(f"/sessions/{key}/data") or {})

    def read_data(self, parent: Row, data: Row) -> None:
        for poll_id, poll in dict(data.get("polls") or {}).items():
            sent = poll["responses"]
            compact = json.dumps(sent, ensure_ascii=False, separators=(",", ":"))
            self.rows["polls"].append(
                {
                    **parent,
                    "poll_id": poll_id,
                    **{name: poll[name] for name in ("created", "name", "type", "choices")},
                    "rank": int(poll["rank"]),
                    "responses": None if sent is None else compact,
                }
            )
            rows = [{**parent, "poll_id": poll_id, **row} for row in answers(sent)]
            self.rows["poll_responses"].extend(rows)
        for question in data.get("questions") or ():
            other = {} if isinstance(question, str) else dict(question)
            text = question if isinstance(question, str) else None
            for name in ("question", "text"):
                text = text or other.pop(name, None)
            self.rows["questions"].append(
                {
                    **parent,
                    "question_id": other.pop("id", None),
                    "question": text,
                    "extra_fields": other or None,
                }
            )

    def read_evaluations(self) -> None:
        sessions = self.rows["sessions"]
        for item in self.get("/evaluations/responses")["responses"]:
            presenter = item["presenter"]
            by_id, by_name = (
                [s["id"] for s in sessions if s[name] == item["session"][name] is not None]
                for name in ("external_id", "name")
            )
            found = by_id if len(by_id) == 1 else by_name
            self.rows["evaluation_responses"].append(
                {
                    "subdomain": "example",
                    "session_id": found[0] if len(found) == 1 else None,
                    **item,
                    "presenter": {"name": presenter} if isinstance(presenter, str) else presenter,
                    "responded_at": responded_at(item["timestamp"]),
                }
            )


def counted(rows: list[Row]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in rows)


def check(sandbox: Client) -> None:
    reader = Reader(sandbox)
    for stream in STREAMS:
        truth = sandbox.truth("conferencesio", stream)
        assert truth, f"{stream} is empty"
        assert counted(reader.rows[stream]) == counted(truth), stream


def test_truth_has_the_answers_order(sandbox: Client) -> None:
    reader = Reader(sandbox)
    for stream in STREAMS:
        assert reader.rows[stream] == sandbox.truth("conferencesio", stream)


@pytest.mark.parametrize(("name", "position"), POSITIONS)
def test_truth_follows_each_switch(sandbox: Client, name: str, position: str) -> None:
    sandbox.control("POST", "/switches", {"conferencesio": {name: position}})
    check(sandbox)


@pytest.mark.parametrize("turn", range(1, 4))
def test_truth_follows_all_switches_at_once(sandbox: Client, turn: int) -> None:
    positions = {
        switch.name: switch.positions[turn % len(switch.positions)]
        for switch in SWITCHES
        if switch.name != "api"
    }
    sandbox.control("POST", "/switches", {"conferencesio": positions})
    check(sandbox)


def test_truth_follows_time(fresh: Client) -> None:
    for _ in range(4):
        fresh.control("POST", "/advance", {"steps": 3})
        check(fresh)


def test_secrets_are_in_the_truth_only_on_request(sandbox: Client) -> None:
    for stream, names in {
        "app": {"app_password", "moderator_password"},
        "sessions": {"access_code", "moderator_password", "checkin_code", "checkout_code"},
    }.items():
        without = sandbox.truth("conferencesio", stream)[0]
        with_secrets = sandbox.truth("conferencesio", stream, include_secrets=True)[0]
        assert set(with_secrets) - set(without) == names
