"""What a perfect extraction holds.

Computed from the world by other ways than the answers, wherever a column is not simply an object
passed on: instants, counts, rows for single answers. So each checks the other.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_sandbox.airmeet import shapes
from event_sandbox.airmeet.reports import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.airmeet.view import View
    from event_sandbox.vendor import Row
    from event_sandbox.world.model import Millis, Person
    from event_sandbox.world.online_model import Booth, OnlineAnswer, OnlineEvent, Stay

_DETAILS: Final = (
    "video",
    "faqs",
    "resources",
    "layout_type",
    "layout_data",
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
_UTMS: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _airmeets(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - one signature for all streams
    del include_secrets
    described = view.positions["airmeet_description"] == "present"
    for event in view.reachable():
        yield {
            "uid": event.key,
            "name": event.name,
            "status": event.status(view.now),
            "timezone": str(event.zone),
            "start_time": _utc(event.starts),
            "end_time": _utc(event.ends),
            "description": event.description if described else None,
        }


def _participants(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    with_user = view.positions["participant_user_id"] == "present"
    for event in view.readable():
        for entry in view.registrations(event):
            odd = view.is_odd(entry.number)
            row: Row = {
                **_parent(event),
                "email": entry.person.email or None,
                "name": str(entry.number) if odd else _name(entry.person),
                "city": entry.city,
                "country": entry.country,
                "organisation": entry.person.company,
                "designation": entry.role,
                "registration_date": None if odd else _utc(entry.registered),
                "profile_url": None,
                "user_type": entry.kind,
                "invite_sent": None if odd else entry.mailed,
                "user_profile": shapes.user_profile(view, entry),
                "user_id": entry.user if with_user else None,
            }
            if include_secrets:
                row["token"] = shapes.entry_link(event, entry)
            yield row


def _sessions(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    none: list[str] | None = None if view.positions["empty_members"] == "null" else []
    for event in view.readable():
        for session in event.sessions:
            yield {
                **_parent(event),
                "session_id": session.key,
                "name": session.name,
                "start_time": _utc(session.starts),
                "status": view.session_status(event, session),
                "duration": session.minutes,
                "summary": session.summary,
                "host_id": [person.key for person in session.hosts] or none,
                "cohost_ids": [person.key for person in session.cohosts] or none,
                "speaker_id": [person.key for person in session.speakers] or none,
                "speaker_list": shapes.speaker_list(view, session),
                "type": session.type,
            }


def _custom_fields(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    for event in view.readable():
        for field in event.fields:
            yield {
                **_parent(event),
                "field_id": field.key,
                "label": field.label,
                "name": field.name,
                "options": shapes.options(view, field),
                "is_required": None if view.is_odd(len(field.options)) else field.required,
                "type": shapes.field_type(field),
            }


def _event_attendance(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    for event in _reporting(view):
        spent: defaultdict[int, int] = defaultdict(int)
        came: dict[int, Stay] = {}
        for session in event.sessions:
            for stay in view.session_stays(event, session):
                number = stay.person.number
                spent[number] += stay.spent_by(view.now)
                came[number] = min(stay, came.get(number, stay), key=lambda stay: stay.at)
        for number in sorted(came):
            yield {**_parent(event), **_attendance(view, event, came[number], spent[number])}


def _session_attendance(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    for event in _reporting(view):
        for session in event.sessions:
            for stay in view.session_stays(event, session):
                row = _attendance(view, event, stay, stay.spent_by(view.now))
                yield {**_parent(event), "session_id": session.key, **row}


def _booths(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    none: list[str] | None = None if view.positions["empty_members"] == "null" else []
    for event in view.readable():
        for booth in event.booths:
            yield {
                **_parent(event),
                "uid": booth.key,
                "name": booth.name,
                "exhibitors": list(booth.exhibitors) or none,
                "tags": list(booth.tags) or none,
                "logo_url": f"https://www.airmeet.com/images/{booth.key}.png",
                "order": booth.number,
                "booth_exhibitor": None if view.is_odd(booth.number) else booth.exhibits,
                **_booth_details(view, booth),
            }


def _booth_details(view: View, booth: Booth) -> Row:
    """Give the free-form attributes as text: `"null"` is null, and what is no text is JSON."""
    details: Row = dict.fromkeys(_DETAILS)
    if view.positions["layout_data"] == "object":
        details["layout_data"] = '{"columns":2}'
    for name, value in shapes.booth_details(view, booth).items():
        if isinstance(value, str):
            details[name] = None if value == "null" else value
        else:
            details[name] = msgspec.json.encode(value).decode()
    return details


def _booth_attendance(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    for event in _reporting(view):
        for booth in event.booths:
            for stay in view.booth_stays(event, booth.key):
                odd = view.is_odd(stay.person.number)
                yield {
                    **_parent(event),
                    "booth_id": booth.key,
                    **_attendance(view, event, stay, stay.spent_by(view.now)),
                    "interested_in_being_contacted": None if odd else stay.interested,
                    "visits": stay.visits,
                }


def _attendance(view: View, event: OnlineEvent, stay: Stay, spent: int) -> Row:
    odd = view.is_odd(stay.person.number)
    return {
        "id": view.record_id(event, stay.person.number),
        "email": None if odd else stay.person.email,
        "name": _name(stay.person),
        "user_id": stay.user,
        "time_stamp": None if odd else _utc(stay.at),
        "time_spent": None if odd else spent,
    }


def _poll_responses(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    with_session = view.positions["poll_items"] == "with_session_id"
    for event in view.readable():
        seen: set[int] = set()
        for answer in view.answers(event):
            is_first = answer.person.number not in seen
            seen.add(answer.person.number)
            is_left_out = with_session and is_first and answer.person.number % SILENT == 0
            for text in [None] if is_left_out else _texts(view, answer):
                yield {
                    **_parent(event),
                    "email": answer.person.email,
                    "name": _name(answer.person),
                    "user_id": answer.user,
                    "question": answer.question,
                    "answer": text,
                    "session_id": answer.session.key if with_session else None,
                    "time_stamp": _utc(answer.at),
                }


def _texts(view: View, answer: OnlineAnswer) -> list[str | None]:
    """Give the answers of one poll item: several where they come as a list."""
    form = view.positions["poll_answer"]
    if form == "typed" and answer.person.number % SILENT == 0:
        return [None]
    texts = [str(value) for value in answer.values]
    if form == "text" or answer.kind != "multiple_answer":
        return [", ".join(texts)]
    return [*texts] or [None]


def _questions(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    for event in view.readable():
        for question in view.questions(event):
            asker = question.person
            yield {
                **_parent(event),
                "email": None if asker is None else asker.email,
                "name": None if asker is None else _name(asker),
                "user_id": question.user,
                "question": question.text,
                "session_id": question.session.key,
                "upvote_count": question.votes_by(view.now),
                "time_stamp": _utc(question.at) if question.dated else None,
            }


def _tracks(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    ordered = view.positions["track_order"] != "null"
    none: list[str] | None = None if view.positions["empty_members"] == "null" else []
    for event in view.readable():
        for track in event.tracks:
            known = ordered and not view.is_odd(track.number)
            yield {
                **_parent(event),
                "uid": track.key,
                "name": track.name,
                "description": track.description,
                "track_order": track.number if known else None,
                "meta_data": {"colorCode": f"hsl({track.hue},96%,47%)"},
                "sessions": [session.key for session in track.sessions] or none,
            }


def _registration_utms(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    names = _UTMS[:3] if view.positions["utm_keys"] == "three" else _UTMS
    everybody = view.positions["people_without_utms"] != "no_row"
    for event in _reporting(view):
        for entry in sorted(view.registrations(event), key=lambda entry: entry.number):
            if entry.registered is None or not (entry.utms or everybody):
                continue
            sent = {name: value for name, value in entry.utms or () if name in names}
            yield {
                **_parent(event),
                "id": view.record_id(event, entry.number),
                "email": entry.person.email or None,
                **{name: sent.get(name) for name in _UTMS},
            }


def _session_recordings(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    for event in view.readable():
        for session, number in view.recordings(event):
            row: Row = {
                **_parent(event),
                "session_id": session.key,
                "session_name": session.name,
            }
            if include_secrets:
                row["download_link"] = shapes.download_link(view, event, session, number)
            yield row


def _replay_attendance(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _airmeets
    del include_secrets
    many = view.positions["replay_fields"] == "many"
    for event in _reporting(view):
        for watched in view.replays(event):
            yield {
                **_parent(event),
                "id": view.record_id(event, watched.number),
                "name": _name(watched.person),
                "email": watched.person.email,
                "session_id": watched.session.key,
                "duration_viewed": _minutes(view, watched.half_minutes),
                "user_id": watched.user if many else None,
                "session_name": watched.session.name if many else None,
                "time_stamp": _utc(watched.at) if many else None,
            }


def _minutes(view: View, halves: int) -> float:
    return halves // 2 if view.positions["duration_viewed"] == "integer" else halves / 2


def _reporting(view: View) -> list[OnlineEvent]:
    """Give the events whose reports are ready some time."""
    return [event for event in view.readable() if view.has_reports(event)]


def _parent(event: OnlineEvent) -> Row:
    return {"airmeet_id": event.key, "airmeet_end_time": _utc(event.ends)}


def _name(person: Person) -> str:
    return " ".join(filter(None, (person.first_name, person.last_name)))


def _utc(at: Millis | None) -> str | None:
    """Write an instant with the shortest fraction that tells it."""
    if at is None:
        return None
    fraction = f".{at % 1000:03d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


STREAMS: Final[dict[str, Callable[[View, bool], Iterator[dict[str, Any]]]]] = {
    "airmeets": _airmeets,
    "participants": _participants,
    "sessions": _sessions,
    "custom_fields": _custom_fields,
    "event_attendance": _event_attendance,
    "session_attendance": _session_attendance,
    "booths": _booths,
    "booth_attendance": _booth_attendance,
    "poll_responses": _poll_responses,
    "questions": _questions,
    "tracks": _tracks,
    "registration_utms": _registration_utms,
    "session_recordings": _session_recordings,
    "replay_attendance": _replay_attendance,
}
