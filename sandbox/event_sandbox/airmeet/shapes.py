"""An event's own lists, as the samples of sections 4.1 to 4.4, 4.7, 4.11 and 4.13 show them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.airmeet.view import COMMUNITY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from event_sandbox.airmeet.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.model import Millis, Person
    from event_sandbox.world.online import Booth, OnlineEvent, OnlineSession
    from event_sandbox.world.online_people import Registration

Shape = dict[str, Any]

_SITE: Final = "https://www.airmeet.com"
_STREAMING: Final = "https://streaming.airmeet.com/recordings"

# What several kinds of rows share


def full_name(person: Person) -> str:
    """Give a name in one piece."""
    return f"{person.first_name} {person.last_name}".strip()


def told_time(view: View, switch: str, at: Millis | None, zone: tzinfo = UTC) -> str | int | None:
    """Give a time in the form of its switch; in the samples (4.5 to 4.10), the date has colons."""
    form = view.positions[switch]
    if at is None or form == "epoch_ms":
        return at
    if form == "colons":
        return f"{datetime.fromtimestamp(at // 1000, UTC):%Y:%m:%dT%H:%M:%S}.{at % 1000 // 10:02d}Z"
    told = datetime.fromtimestamp(at / 1000, zone if form == "offset" else UTC)
    text = told.isoformat(timespec="milliseconds")
    return text if form == "offset" else text.replace("+00:00", "Z")


def listed(view: View, items: Iterable[Any], switch: str = "empty_members") -> Json:
    """Give a list, by default one inside a row; a switch says what stands in place of no items."""
    empty: dict[str, Json] = {"list": [], "null": None, "object": {}}
    return list(items) or empty[view.positions[switch]]


def where(view: View, switch: str, position: str, attributes: Shape) -> Shape:
    """Give attributes that are there in one position of a switch only."""
    return attributes if view.positions[switch] == position else {}


def unknown(view: View, attributes: Shape) -> Shape:
    """Give attributes that the article does not list."""
    return where(view, "unknown_fields", "present", attributes)


def odd(view: View, number: int, attributes: Shape) -> Shape:
    """Give values of unexpected types, in place of the usual ones of every fifth row."""
    return where(view, "odd_types", "present", attributes) if number % 5 == 1 else {}


# Lists


def airmeet(view: View, event: OnlineEvent) -> Shape:
    """4.1: an event in the list."""
    return {
        "uid": event.key,
        "name": event.name,
        "status": event.status(view.now),
        "timezone": event.zone.key,
        "startTime": told_time(view, "list_times", event.starts, event.zone),
        "endTime": told_time(view, "list_times", event.ends, event.zone),
        **where(view, "airmeet_description", "present", {"description": event.description}),
        **unknown(view, {"is_private": False, "hostUser": {"uid": "bZxdWONJy"}}),
    }


def participants(view: View, event: OnlineEvent) -> list[Shape]:
    """4.2: the event's list of people."""
    return [participant(view, event, entry) for entry in view.registrations(event)]


def participant(view: View, event: OnlineEvent, entry: Registration) -> Shape:
    """4.2: somebody in an event's list; `Designation` is spelled so."""
    person, as_list = entry.person, view.positions["profile_values"] == "list"
    profile = [
        {"value": list(v) if as_list and len(v) > 1 else ", ".join(v), "fieldId": key}
        for key, v in entry.answers
    ]
    return {
        "email": person.email or None,
        "name": full_name(person),
        "city": entry.city,
        "country": entry.country,
        "organisation": person.company,
        "Designation": entry.role,
        "registrationDate": told_time(view, "list_times", entry.registered, event.zone),
        "profile_url": None,
        "user_type": entry.kind,
        # The link by which one person enters without signing in.
        "token": f"{_SITE}/event/{event.key}?token={_digest('entry', event.key, entry.number)}",
        "invite_sent": entry.mailed,
        "user_profile": listed(view, profile),
        **odd(view, entry.number, {"name": entry.number, "invite_sent": "perhaps"}),
        **odd(view, entry.number, {"registrationDate": entry.registered and "last week"}),
        **where(view, "participant_user_id", "present", {"user_id": entry.person.user}),
        **unknown(view, {"attended": True}),
    }


def info(view: View, event: OnlineEvent) -> Shape:
    """4.3: the sample shows only `sessions`; the connector's webhook shows the rest."""
    shown = listed(view, sessions(view, event), "empty_list")
    if view.positions["info_body"] == "sessions_only":
        return {"sessions": shown}
    return {
        "airmeet_id": event.key,
        "name": event.name,
        "status": event.status(view.now),
        "timezone": event.zone.key,
        "start_time": told_time(view, "list_times", event.starts, event.zone),
        "end_time": told_time(view, "list_times", event.ends, event.zone),
        "short_desc": None,
        "long_desc": event.description,
        "master_img_url": f"{_SITE}/images/{event.key}.png",
        "community_id": COMMUNITY,
        "sessions": shown,
        "session_hosts": [
            {"id": host.key, "name": host.name} for s in event.sessions for host in s.hosts
        ],
        "remaining_time": max(0, (event.ends or view.now) - view.now),
        "current_time": told_time(view, "list_times", view.now, event.zone),
    }


def sessions(view: View, event: OnlineEvent) -> list[Shape]:
    """4.3: sessions; `sessionid` is spelled so, and `host_id` is a list."""
    return [_session(view, event, session) for session in event.sessions]


def _session(view: View, event: OnlineEvent, session: OnlineSession) -> Shape:
    # The items are not documented; clients read these attributes.
    speakers = [
        {
            "id": speaker.key,
            "name": speaker.name,
            "company": speaker.company,
            "designation": speaker.role,
            "speaker_img": None,
        }
        for speaker in session.speakers
    ]
    return {
        "sessionid": session.key,
        "name": session.name,
        "start_time": told_time(view, "list_times", session.starts, event.zone),
        "status": view.session_status(event, session),
        "duration": session.minutes,
        "summary": session.summary,
        "host_id": listed(view, [host.key for host in session.hosts]),
        "cohost_ids": listed(view, [host.key for host in session.cohosts]),
        "speaker_id": listed(view, [speaker.key for speaker in session.speakers]),
        "speakerList": listed(view, speakers),
        "type": session.type,
        **odd(view, session.number, {"duration": str(session.minutes)}),
        **unknown(view, {"stage": {"rows": session.number}}),
    }


def custom_fields(view: View, event: OnlineEvent) -> list[Shape]:
    """4.4: the fields of the registration form."""
    return [
        {
            "label": field.label,
            "name": field.name,
            "fieldId": field.key,
            "options": listed(view, [{"code": it, "displayValue": it} for it in field.options]),
            "isRequired": field.required,
            "type": {"fieldType": "custom", "inputType": field.input, "mappedFrom": field.name},
            **odd(view, len(field.options), {"isRequired": "sometimes"}),
            **unknown(view, {"order": 1}),
        }
        for field in event.fields
    ]


_UNFILLED: Final = (
    *("video", "faqs", "resources", "layoutType", "social_media_links", "short_description"),
    *("long_description", "banner_url", "register_interest_details", "offer_details"),
    *("doc_url", "doc_name", "booth_space_id"),
)
"""Null in the sample (4.7)."""


def booths(view: View, event: OnlineEvent) -> list[Shape]:
    """4.7: booths; `layoutData` is the text "null" in the sample."""
    return [
        {
            "uid": booth.key,
            "name": booth.name,
            "exhibitors": listed(view, booth.exhibitors),
            "tags": listed(view, booth.tags),
            "airmeet_id": event.key,
            "logo_url": f"{_SITE}/images/{booth.key}.png",
            "order": booth.number,
            "layoutData": "null",
            "boothExhibitor": booth.number % 2 == 0,
            **dict.fromkeys(_UNFILLED),
            **_booth_details(view, booth),
            **odd(view, booth.number, {"order": str(booth.number), "boothExhibitor": "maybe"}),
            **unknown(view, {"spotlight": {"until": None}}),
        }
        for booth in event.booths
    ]


def _booth_details(view: View, booth: Booth) -> Shape:
    """4.7: null in the sample; what a filled booth sends may be texts or objects."""
    details: dict[str, Shape] = {
        "null": {},
        "text": {
            "video": "https://video.example.com/v/1",
            "faqs": '[{"question": "Où?", "answer": "Hall 4"}]',
            "short_description": f"{booth.name}: “here to help”",
            "doc_name": "null",
        },
        "objects": {
            "faqs": [{"question": "Où?", "answer": "Hall 4"}, {"question": "When?"}],
            "layoutData": {"columns": 2},
            "resources": [],
            "social_media_links": {"web": "https://example.com/?a=1&b=2", "order": [2, 1.5]},
            "register_interest_details": {"enabled": True, "fields": {}},
        },
    }
    return details[view.positions["booth_details"]]


def tracks(view: View, event: OnlineEvent) -> list[Shape]:
    """4.11: tracks; `track_order` is null in the sample."""
    ordered = view.positions["track_order"] == "text"
    return [
        {
            "uid": track.key,
            "name": track.name,
            "description": f"All about {track.name.lower()}.",
            "track_order": str(track.number) if ordered else None,
            "metaData": {"colorCode": f"hsl({track.hue},96%,47%)"},
            "sessions": listed(view, [session.key for session in track.sessions]),
            **odd(view, track.number, {"track_order": "first"}),
            **unknown(view, {"hidden": False}),
        }
        for track in event.tracks
    ]


def recordings(view: View, event: OnlineEvent) -> list[Shape]:
    """4.13: recordings, with links that are others at each call."""
    return [
        {
            "session_id": session.key,
            "session_name": session.name,
            "download_link": _download_link(view, event, session, number),
            **unknown(view, {"size": 1024 * session.minutes}),
        }
        for session, number in view.recordings(event)
    ]


def calls_for_recordings(view: View, event: OnlineEvent) -> int:
    """Give how often the event's recordings were asked for."""
    return int(view.world.made_online.get(("recordings", event.number), 0))


def _download_link(view: View, event: OnlineEvent, session: OnlineSession, number: int) -> str:
    """4.13: a signed link, as the next call gives it out."""
    call = calls_for_recordings(view, event)
    part = f"-{number + 1}" if number else ""
    path = f"{_STREAMING}/{COMMUNITY}/{event.key}/{session.key}{part}.mp4"
    policy, signature = (_digest(word, path, call) for word in ("policy", "signature"))
    return f"{path}?Policy={policy}&Signature={signature}&Key-Pair-Id=K2SANDBOX"


def _digest(*parts: object) -> str:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
