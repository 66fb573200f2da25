"""An event's own lists, as the samples of sections 4.1 to 4.4, 4.7, 4.11 and 4.13 show them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.airmeet.forms import Shape, full_name, list_time, listed, unknown
from event_sandbox.airmeet.view import COMMUNITY

if TYPE_CHECKING:
    from event_sandbox.airmeet.view import View
    from event_sandbox.world.online_model import (
        Booth,
        CustomField,
        OnlineEvent,
        OnlineSession,
        Registration,
        Track,
    )

_SITE: Final = "https://www.airmeet.com"
_STREAMING: Final = "https://streaming.airmeet.com/recordings"


def airmeet(view: View, event: OnlineEvent) -> Shape:
    """4.1: an event in the list."""
    shape: Shape = {
        "uid": event.key,
        "name": event.name,
        "status": event.status(view.now),
        "timezone": event.zone.key,
        "startTime": list_time(view, event.starts, event.zone),
        "endTime": None if event.ends is None else list_time(view, event.ends, event.zone),
    }
    if view.positions["airmeet_description"] == "present":
        shape["description"] = event.description
    return shape | unknown(view, {"is_private": False, "hostUser": {"uid": "bZxdWONJy"}})


def participant(view: View, event: OnlineEvent, entry: Registration) -> Shape:
    """4.2: somebody in an event's list; `Designation` is spelled so."""
    odd = view.is_odd(entry.number)
    as_list = view.positions["profile_values"] == "list"
    registered: str | int | None = None
    if entry.registered is not None:
        registered = "last week" if odd else list_time(view, entry.registered, event.zone)
    person = entry.person
    shape: Shape = {
        "email": person.email or None,
        "name": entry.number if odd else full_name(person),
        "city": entry.city,
        "country": entry.country,
        "organisation": person.company,
        "Designation": entry.role,
        "registrationDate": registered,
        "profile_url": None,
        "user_type": entry.kind,
        "token": _entry_link(event, entry),
        "invite_sent": "perhaps" if odd else entry.mailed,
        "user_profile": listed(
            view,
            (
                {
                    "value": list(values) if as_list and len(values) > 1 else ", ".join(values),
                    "fieldId": key,
                }
                for key, values in entry.answers
            ),
        ),
    }
    if view.positions["participant_user_id"] == "present":
        shape["user_id"] = entry.user
    return shape | unknown(view, {"attended": True})


def _entry_link(event: OnlineEvent, entry: Registration) -> str:
    """Give the link by which one person enters without signing in."""
    return f"{_SITE}/event/{event.key}?token={_digest('entry', event.key, entry.number)}"


def info(view: View, event: OnlineEvent, sessions: list[Shape] | None) -> Shape:
    """4.3: the sample shows only `sessions`; the connector's webhook shows the rest."""
    if view.positions["info_body"] == "sessions_only":
        return {"sessions": sessions}
    return {
        "airmeet_id": event.key,
        "name": event.name,
        "status": event.status(view.now),
        "timezone": event.zone.key,
        "start_time": list_time(view, event.starts, event.zone),
        "end_time": None if event.ends is None else list_time(view, event.ends, event.zone),
        "short_desc": None,
        "long_desc": event.description,
        "master_img_url": f"{_SITE}/images/{event.key}.png",
        "community_id": COMMUNITY,
        "sessions": sessions,
        "session_hosts": [
            {"id": host.key, "name": host.name} for s in event.sessions for host in s.hosts
        ],
        "remaining_time": max(0, (event.ends or view.now) - view.now),
        "current_time": list_time(view, view.now, event.zone),
    }


def session(view: View, event: OnlineEvent, session: OnlineSession) -> Shape:
    """4.3: a session; `sessionid` is spelled so, and `host_id` is a list."""
    starts = session.starts
    return {
        "sessionid": session.key,
        "name": session.name,
        "start_time": None if starts is None else list_time(view, starts, event.zone),
        "status": view.session_status(event, session),
        "duration": str(session.minutes) if view.is_odd(session.number) else session.minutes,
        "summary": session.summary,
        "host_id": listed(view, [host.key for host in session.hosts]),
        "cohost_ids": listed(view, [host.key for host in session.cohosts]),
        "speaker_id": listed(view, [speaker.key for speaker in session.speakers]),
        # The items are not documented; clients read these attributes.
        "speakerList": listed(
            view,
            [
                {
                    "id": speaker.key,
                    "name": speaker.name,
                    "company": speaker.company,
                    "designation": speaker.role,
                    "speaker_img": None,
                }
                for speaker in session.speakers
            ],
        ),
        "type": session.type,
    } | unknown(view, {"stage": {"rows": session.number}})


def custom_field(view: View, field: CustomField) -> Shape:
    """4.4: a field of the registration form."""
    odd = view.is_odd(len(field.options))
    return {
        "label": field.label,
        "name": field.name,
        "fieldId": field.key,
        "options": listed(view, [{"code": text, "displayValue": text} for text in field.options]),
        "isRequired": "sometimes" if odd else field.required,
        "type": {"fieldType": "custom", "inputType": field.input, "mappedFrom": field.name},
    } | unknown(view, {"order": 1})


_UNFILLED: Final = (
    *("video", "faqs", "resources", "layoutType", "social_media_links", "short_description"),
    *("long_description", "banner_url", "register_interest_details", "offer_details"),
    *("doc_url", "doc_name", "booth_space_id"),
)
"""Null in the sample (4.7)."""


def booth(view: View, event: OnlineEvent, booth: Booth) -> Shape:
    """4.7: a booth; `layoutData` is the text "null" in the sample."""
    layouts: dict[str, Any] = {"null_text": "null", "null": None, "object": {"columns": 2}}
    return {
        "uid": booth.key,
        "name": booth.name,
        "exhibitors": listed(view, list(booth.exhibitors)),
        "tags": listed(view, list(booth.tags)),
        "airmeet_id": event.key,
        "logo_url": f"{_SITE}/images/{booth.key}.png",
        "order": str(booth.number) if view.is_odd(booth.number) else booth.number,
        "layoutData": layouts[view.positions["layout_data"]],
        "boothExhibitor": "maybe" if view.is_odd(booth.number) else booth.exhibits,
        **dict.fromkeys(_UNFILLED),
        **_booth_details(view, booth),
    } | unknown(view, {"spotlight": {"until": None}})


def _booth_details(view: View, booth: Booth) -> Shape:
    """4.7: null in the sample; what a filled booth sends may be texts or objects."""
    form = view.positions["booth_details"]
    if form == "text":
        return {
            "video": "https://video.example.com/v/1",
            "faqs": '[{"question": "Où?", "answer": "Hall 4"}]',
            "short_description": f"{booth.name}: “here to help”",
            "doc_name": "null",
        }
    if form == "objects":
        return {
            "faqs": [{"question": "Où?", "answer": "Hall 4"}, {"question": "When?"}],
            "resources": [],
            "social_media_links": {"web": "https://example.com/?a=1&b=2", "order": [2, 1.5]},
            "register_interest_details": {"enabled": True, "fields": {}},
        }
    return {}


def track(view: View, track: Track) -> Shape:
    """4.11: a track; `track_order` is null in the sample."""
    orders: dict[str, Any] = {"null": None, "text": str(track.number), "number": track.number}
    return {
        "uid": track.key,
        "name": track.name,
        "description": track.description,
        "track_order": "first"
        if view.is_odd(track.number)
        else orders[view.positions["track_order"]],
        "metaData": {"colorCode": f"hsl({track.hue},96%,47%)"},
        "sessions": listed(view, [session.key for session in track.sessions]),
    } | unknown(view, {"hidden": False})


def recording(view: View, event: OnlineEvent, session: OnlineSession, number: int) -> Shape:
    """4.13: a recording, with a link that is another one at each call."""
    return {
        "session_id": session.key,
        "session_name": session.name,
        "download_link": _download_link(view, event, session, number),
    } | unknown(view, {"size": 1024 * session.minutes})


def _download_link(view: View, event: OnlineEvent, session: OnlineSession, number: int) -> str:
    """4.13: a signed link, as the next call gives it out."""
    call = view.calls_for_recordings(event)
    part = f"-{number + 1}" if number else ""
    path = f"{_STREAMING}/{COMMUNITY}/{event.key}/{session.key}{part}.mp4"
    policy, signature = (_digest(word, path, call) for word in ("policy", "signature"))
    return f"{path}?Policy={policy}&Signature={signature}&Key-Pair-Id=K2SANDBOX"


def _digest(*parts: object) -> str:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
