"""Sessions, their analytics, and who was in them, with the attributes that the pages list.

The numbers in the texts are sections of what is known of this API: 6 analytics, 7 sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from event_sandbox.accelevents.forms import (
    Shape,
    finished,
    json_inside,
    make_id,
    name_and_email,
    other_date,
    percentage,
    session_time,
)
from event_sandbox.world import names

if TYPE_CHECKING:
    from event_sandbox.accelevents.view import View
    from event_sandbox.world.hub import HubAsset, HubEvent, HubSession, HubSpeaker
    from event_sandbox.world.hub_people import HubVisit

_RTMP: Final = "rtmps://global-live.example.com:443/app"
_SITE: Final = "https://www.accelevents.com"

_FORMATS: Final = {
    "main": ("MAINSTAGE_SESSION", "MAIN_STAGE"),
    "breakout": ("BREAKOUT_SESSION", "BREAKOUT_SESSION"),
    "networking": ("NETWORKING SESSION", "MEET_UP"),
    "workshop": ("WORKSHOP_SESSION", "WORKSHOP"),
}
"""How the page and how its siblings call a format."""

_SEED_STATUSES: Final = ("CHECK_IN_AVAILABEL", "IN_MEETING", "REGISTERED")
_CHIME_CONFIG: Final = {"muteAttendeesOnEntry": True, "disableAttendeesCameraOnEntry": False}
_ODD: Final = {"capacity": "plenty", "recordSession": "yes", "startTime": "next week"}


def listed_session(view: View, event: HubEvent, session: HubSession) -> Shape:
    """7.1: a session in an event's list."""
    document = {"key": f"Übersicht {session.number}.pdf", "value": f"{_SITE}/d/{session.key}"}
    tags = [
        {"id": make_id(view, 70 + at), "name": names.SUBJECTS[at]}
        for at in range(session.number % 3)
    ]
    ticket_types = [make_id(view, kind.key) for kind in event.ticket_types[1:]]
    shape = _session(view, event, session) | {
        "status": "HIDDEN" if session.hidden else "VISIBLE",
        "format": _FORMATS[session.format][1],
        "duration": view.seconds(session),
        "chimeConfig": _CHIME_CONFIG if session.format == "workshop" else None,
        "documentKeyValue": json_inside(view, [document]),
        "tags": tags if "TAG" in view.wanted else None,
        "tracks": [_track(view, session)] if "TRACK" in view.wanted else None,
        "locationId": make_id(view, 300 + session.number),
        "sessionTypeFormat": "IN_PERSON" if session.number % 2 else "HYBRID",
        "ticketTypesThatCanBeRegistered": ticket_types if session.private else None,
    }
    return finished(view, session.number, shape, _ODD)


def details(view: View, event: HubEvent, session: HubSession) -> Shape:
    """6.2: one session's analytics, as the page lists their attributes."""
    seed = view.positions["vocabulary"] == "seed"
    status = "HIDDEN" if session.hidden else "VISIBLE"
    assets = [asset(view, event, session, one) for one in view.assets(session)]
    alone = view.positions["asset_list"] == "object" and len(assets) == 1
    shape = _session(view, event, session) | {
        "status": _SEED_STATUSES[session.number % 3] if seed else status,
        "format": _FORMATS[session.format][0 if seed else 1],
        "duration": view.seconds(session) if "DURATION" in view.wanted else None,
        "attendeeCount": len(view.came(session)) if "ATTENDEE_COUNT" in view.wanted else None,
        "assetList": assets[0] if alone else assets,
    }
    if view.positions["sponsor_list"] == "present":  # all those of its event, in short
        shape["sponsorList"] = [
            {"id": make_id(view, one.key), "sponsorName": one.name} for one in event.sponsors
        ]
    if "registerdHolderUsers" in view.wanted:
        shape["registerdHolderUsers"] = [
            holder(view, event, session, visit) for visit in view.registrants(session)
        ]
    if "SPEAKER" in view.wanted:
        shape["speakerList"] = [
            session_speaker(view, event, session, speaker) for speaker in session.speakers
        ]
    return finished(view, session.number, shape, _ODD)


def _session(view: View, event: HubEvent, session: HubSession) -> Shape:
    """Give what a session has on all pages."""
    own = session.format == "main" and session.provider == "ACCELEVENTS"
    zoom = session.provider == "ZOOM"
    return {
        "sessionId": make_id(view, session.key),
        "title": session.title,
        "startTime": session_time(view, event, session.starts),
        "endTime": session_time(view, event, session.ends),
        "location": session.location,
        "description": session.description,
        "capacity": session.capacity,
        "currentUserRegisteredEventTicketId": _own_tickets(view, session),
        "purchaserUserRegisteredEventTicketId": [],
        "hideSessionFromAttendees": session.hidden,
        **_toggles(view, session),
        "streamKey": f"sk-{session.key}-9c1e" if own else None,
        "streamUrl": f"{_SITE}/stream/{session.key}" if session.has_video else None,
        "streamProvider": session.provider,
        "subStreamProvider": "VOXEET" if own else None,
        "rtmpUrl": f"{_RTMP}/{session.key}" if own else None,
        "accelEventsStudio": session.provider == "ACCELEVENTS",
        "directVideoAutoStart": session.provider == "DIRECT_UPLOAD",
        "displayDonation": False,
        "meetingPassword": f"pw-{session.key}" if zoom else None,
        "closedCaptionHeight": 150 if own else 0,
        "closedCaptionUrl": f"{_SITE}/captions/{session.key}" if own else None,
        "recordSession": session.has_video,
        "hideVideoControls": None if session.number % 3 else False,
        "subTitleFileUrl": f"{_SITE}/subtitles/{session.key}.vtt" if own else None,
        "sessionVisibilityType": "PRIVATE" if session.private else "PUBLIC",
        "allowedMinutesToJoinLate": 15 if session.format == "workshop" else None,
        "sessionStats": _stats(view, session) if "STATS" in view.wanted else None,
    }


def _toggles(view: View, session: HubSession) -> Shape:
    """Give what is on or off; answers and requests have different names for it."""
    pattern = "enable{}" if view.positions["toggle_names"] == "request" else "{}Enabled"
    on = {
        "QuesAndAns": session.talkative,
        "Chat": session.talkative or session.number % 2 == 0,
        "Poll": session.talkative and session.has_video,
        "AttendeeList": not session.private,
    }
    toggles: Shape = {}
    for name, value in on.items():
        spelled = pattern.format(name)
        toggles[spelled[0].lower() + spelled[1:]] = value
    toggles[view.positions["qanda_name"]] = session.private
    return toggles


def _own_tickets(view: View, session: HubSession) -> Any:
    """Give the tickets of whoever asks: a list in the schema, one id in prose."""
    form = view.positions["own_ticket_ids"]
    ticket = make_id(view, 9_990_000 + session.number)
    if form == "scalar":
        return ticket
    return None if form == "null" else [ticket] * (session.number % 2)


def _stats(view: View, session: HubSession) -> Shape:
    """Give `sessionStats`; its members are only known by what they count."""
    visits = view.registrants(session)
    return {
        "registeredUserCount": len(visits),
        "interestedUserCount": sum(visit.interested for visit in visits),
        "attendeeCount": len(view.came(session)),
    }


def _track(view: View, session: HubSession) -> Shape:
    """Give a session's track."""
    at = session.number % 2
    return {
        "id": make_id(view, 80 + at),
        "name": ("Practice", "Theorie & Praxis")[at],
        "color": "#3366ff",
        "description": None,
        "position": 1000.0 * (at + 1),
    }


def asset(view: View, event: HubEvent, _: HubSession, asset: HubAsset) -> Shape:
    """6.2: one of a session's videos."""
    text = view.positions["asset_ids"] == "text"
    shape: Shape = {
        "id": f"as_{asset.key}" if text else asset.key,
        "assetId": f"u01xV{asset.key}Kd" if text else asset.key + 1,
        "createdAt": other_date(view, event, asset.created),
        "createdBy": make_id(view, asset.created_by),
        "defaultPlayback": asset.number == 0,
        "duration": asset.seconds,
        "fileName": asset.name,
        "playBackId": f"qP{asset.key}xZ" if text else asset.key + 2,
    }
    return finished(view, asset.key, shape, {"defaultPlayback": "first", "createdAt": "soon"})


def holder(view: View, event: HubEvent, session: HubSession, visit: HubVisit) -> Shape:
    """6.2a, 6.3: somebody who registered for a session, or came."""
    ticket = visit.ticket
    shape: Shape = {
        view.positions["ticket_id_name"]: make_id(view, ticket.key),
        "userId": make_id(view, int(ticket.person.user)),
        **name_and_email(ticket.person),
        "phoneNumber": None if ticket.number % 4 else f"+49 30 55{ticket.number:05d}",
        "attended": visit.comes and session.is_over(view.now),
        "registrationDate": other_date(view, event, visit.registered),
        "engagement": percentage(view, _engagement(view, session, visit)),
    }
    odd: Shape = {"attended": "perhaps", "engagement": "a lot", "registrationDate": "last week"}
    return finished(view, ticket.number, shape, odd)


def _engagement(view: View, session: HubSession, visit: HubVisit) -> float | None:
    """Give watched time by length of the video, in percent."""
    length = view.seconds(session)
    if length is None or not session.is_watched:
        return None
    return round(visit.seconds.by(view.now) * 100 / length, 2) if visit.comes else 0.0


def session_speaker(view: View, _: HubEvent, __: HubSession, speaker: HubSpeaker) -> Shape:
    """6.2b: a speaker in a session's analytics; the page lists no name."""
    shape = profile(view, speaker) | {"twitter": None}
    form = view.positions["session_speaker_fields"]
    if form != "seed":
        shape |= {
            "firatName" if form == "misspelled" else "firstName": speaker.first_name,
            "lastName": speaker.last_name,
            "email": speaker.email,
            "photoUrl": _picture(speaker),
            "instagram": None,
            "position": 1000.0 * (speaker.number + 1),
        }
    return finished(view, speaker.number, shape, {"deviceChecked": "no", "moderator": "maybe"})


def profile(view: View, speaker: HubSpeaker) -> Shape:
    """6.2b, 9.1: what both pages of speakers list."""
    return {
        "speakerId": make_id(view, speaker.key),
        "title": speaker.title,
        "company": speaker.company,
        "imageUrl": _picture(speaker),
        "userId": make_id(view, speaker.user),
        "pronouns": speaker.pronouns,
        "bio": speaker.bio,
        "linkedIn": f"https://www.linkedin.com/in/{speaker.user}",
        "moderator": speaker.moderates,
        "loggedInAtVEH": speaker.number % 2 == 0,
        "showModerator": speaker.moderates,
        "deviceChecked": False,
        "ticketTypesForSpeaker": _tickets_of(view, speaker),
        "allowOverrideDetails": False,
        "allowAttendeeAccess": None,
    }


def _picture(speaker: HubSpeaker) -> str:
    """Give a speaker's picture: empty if there is none, else the id of an image."""
    return f"6f0c1b0e-0000-4000-8000-{speaker.key:012d}" if speaker.number % 3 else ""


def _tickets_of(view: View, speaker: HubSpeaker) -> Any:
    """Give `ticketTypesForSpeaker`."""
    form = view.positions["speaker_tickets"]
    if form == "null":
        return None
    tickets = {
        "speakerOrder": None,
        "ticketTypeId": make_id(view, 145_680),
        "userId": make_id(view, speaker.user),
    }
    return [tickets] if form == "list" else tickets


def analytics(view: View, event: HubEvent, session: HubSession) -> Shape:
    """6.1: one of all sessions. What the platform cannot measure is missing, not zero."""
    measured = _measured(view, session) if session.is_watched else {}
    shape: Shape = {
        "sessionId": make_id(view, session.key),
        "title": session.title,
        "startTime": session_time(view, event, session.starts),
        "endTime": session_time(view, event, session.ends),
        "registeredUserCount": len(view.registrants(session)),
        "attendeeCount": len(view.came(session)),
        "duration": view.seconds(session) if "DURATION" in view.wanted else None,
        "avgAttendedDuration": percentage(view, measured.get("average")),
        "recordingViews": measured.get("replays"),
        "liveViews": measured.get("live"),
        "watchTime": measured.get("total") if "WATCH_TIME" in view.wanted else None,
    }
    odd: Shape = {"recordingViews": "many", "liveViews": [], "title": 7}
    return finished(view, session.number, shape, odd)


def _measured(view: View, session: HubSession) -> dict[str, float]:
    """Give what the platform measures of a session that is watched on it."""
    watched = [visit.seconds.by(view.now) for visit in view.came(session)]
    visits = view.registrants(session) if session.is_over(view.now) else []
    replayed = [visit.replayed_from for visit in visits]
    return {
        "average": round(sum(watched) / len(watched), 1) if watched else 0.0,
        "replays": sum(at is not None and at <= view.now for at in replayed),
        "live": sum(seconds >= 30 for seconds in watched),  # noqa: PLR2004 - a view, says the vendor
        "total": sum(watched),
    }
