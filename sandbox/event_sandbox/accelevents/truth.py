"""What a perfect extraction holds.

Computed from the world by other ways than the answers, wherever a column is not simply an object
passed on: instants, counts, averages. So each checks the other.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_sandbox.accelevents import listings, shapes
from event_sandbox.accelevents.forms import local_time, other_date, session_time
from event_sandbox.world.hub import DAY, days_open
from event_sandbox.world.hub_people import hub_visits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.accelevents.view import View
    from event_sandbox.vendor import Row
    from event_sandbox.world.hub_model import (
        HubEvent,
        HubSession,
        HubSpeaker,
        HubVisit,
    )
    from event_sandbox.world.model import Millis

_SECRETS: Final = frozenset(
    {
        "streamKey",
        "rtmpUrl",
        "meetingPassword",
        "accessToken",
        "access_token",
        "cardType",
        "lastFour",
    }
)
_RTMP: Final = "rtmps://global-live.example.com:443/app"
_SITE: Final = "https://www.accelevents.com"
_SEED_FORMATS: Final = {
    "main": "MAINSTAGE_SESSION",
    "breakout": "BREAKOUT_SESSION",
    "networking": "NETWORKING SESSION",
    "workshop": "WORKSHOP_SESSION",
}
_SIBLING_FORMATS: Final = {
    "main": "MAIN_STAGE",
    "breakout": "BREAKOUT_SESSION",
    "networking": "MEET_UP",
    "workshop": "WORKSHOP",
}


def _events(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - one signature for all streams
    form = view.positions["event_zone"]
    for event in view.readable():
        odd = view.is_odd(event.number)
        told = event.tells_zone and form != "absent"
        timezone_id = "Eastern Time (US & Canada)" if form == "odd_id" else str(event.zone)
        row: Row = {
            "event_url": event.slug,
            "event_id": event.key,
            "event_name": event.name,
            "event_phone_number": None,
            "event_country_code": "US",
            "no_module_activate": False,
            "auction_enabled": False,
            "fund_a_need_enabled": event.number % 2 == 0,
            "raffle_enabled": False,
            "donation_enabled": None,
            "ticketing_enabled": None if odd else True,
            "text_to_give_enabled": False,
            "currency_symbol": "36" if odd else "$",
            "enable_bidder_registration": False,
            "event_design_detail_dto": _without_secrets(
                listings.design(view, event), include_secrets
            ),
            "event_format": ["HYBRID", "VIRTUAL", "IN-PERSON"][event.number % 3],
            "event_listing_status": "PUBLIC",
            "timezone_id": timezone_id if told and form != "equivalent_timezone" else None,
            "equivalent_timezone": str(event.zone) if told and form != "timezone_id" else None,
            **_times(view, event, "event_start_date", "event_end_date"),
        }
        if odd:
            row["event_start_date"], row["event_start_date_utc"] = "soon", None
        if include_secrets:
            top = view.positions["event_secrets"] == "top"
            row["access_token"] = listings.ACCESS_TOKEN if top else None
        yield row


def _times(view: View, event: HubEvent, starts: str, ends: str) -> Row:
    """Give an event's dates, if the vendor sends them, with their instants."""
    if view.positions["event_dates"] == "absent":
        return dict.fromkeys((starts, ends, f"{starts}_utc", f"{ends}_utc"))
    return {
        starts: local_time(event, event.starts),
        ends: local_time(event, event.ends),
        f"{starts}_utc": _utc_if_told(view, event, event.starts),
        f"{ends}_utc": _utc_if_told(view, event, event.ends),
    }


def _sessions(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    for event, session in _all(view):
        yield {
            **_parent(view, event, session),
            **_session(view, event, session, include_secrets=include_secrets),
            "status": "HIDDEN" if session.hidden else "VISIBLE",
            "format": _SIBLING_FORMATS[session.format],
            "duration": _length(view, session),
            "chime_config": shapes.chime_config(session),
            "document_key_value": _json_text(shapes.documents(session)),
            "tags": shapes.tags(view, session),
            "tracks": shapes.tracks(view, session),
            "location_id": 300 + session.number,
            "session_type_format": ["HYBRID", "IN_PERSON"][session.number % 2],
            "ticket_types_that_can_be_registered": (
                [event.key * 10 + 1, event.key * 10 + 2] if session.private else None
            ),
            "sponsor_list": None,
        }


def _session_analytics_details(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    seed = view.positions["vocabulary"] == "seed"
    sponsors = view.positions["sponsor_list"] == "present"
    for event, session in _all(view):
        yield {
            **_parent(view, event, session),
            **_session(view, event, session, include_secrets=include_secrets),
            "status": ["CHECK_IN_AVAILABEL", "IN_MEETING", "REGISTERED"][session.number % 3]
            if seed
            else ("HIDDEN" if session.hidden else "VISIBLE"),
            "format": (_SEED_FORMATS if seed else _SIBLING_FORMATS)[session.format],
            "duration": _length(view, session),
            "chime_config": None,
            "document_key_value": None,
            "sponsor_list": shapes.session_sponsors(view, session) if sponsors else None,
            "attendee_count": _count_came(view, session),
        }


def _session(view: View, event: HubEvent, session: HubSession, *, include_secrets: bool) -> Row:
    """Give the columns that all sessions have."""
    odd = view.is_odd(session.number)
    studio = session.provider == "ACCELEVENTS"
    live = studio and session.format == "main"
    ticket = 9_990_000 + session.number
    own = {"list": [ticket] if session.number % 2 else [], "scalar": [ticket], "null": None}
    row: Row = {
        "title": session.title,
        "start_time": "next week" if odd else session_time(view, event, session.starts),
        "end_time": session_time(view, event, session.ends),
        "start_time_utc": None if odd else _utc_if_told(view, event, session.starts),
        "end_time_utc": _utc_if_told(view, event, session.ends),
        "location": session.location,
        "description": session.description,
        "capacity": None if odd else session.capacity,
        "current_user_registered_event_ticket_id": own[view.positions["own_ticket_ids"]],
        "purchaser_user_registered_event_ticket_id": [],
        "hide_session_from_attendees": session.hidden,
        "enable_ques_and_ans": session.talkative,
        "enable_chat": True if session.number % 2 == 0 else session.talkative,
        "enable_poll": session.talkative and session.format in ("main", "breakout"),
        "stream_url": None
        if session.format in ("workshop", "networking")
        else f"{_SITE}/stream/{session.key}",
        "stream_provider": session.provider,
        "sub_stream_provider": "VOXEET" if live else None,
        "accel_events_studio": studio,
        "direct_video_auto_start": session.provider == "DIRECT_UPLOAD",
        "display_donation": False,
        "closed_caption_height": 150 if live else 0,
        "closed_caption_url": f"{_SITE}/captions/{session.key}" if live else None,
        "record_session": None if odd else session.format in ("main", "breakout"),
        "hide_video_controls": False if session.number % 3 == 0 else None,
        "sub_title_file_url": f"{_SITE}/subtitles/{session.key}.vtt" if live else None,
        "session_visibility_type": ["PUBLIC", "PRIVATE"][session.private],
        "enable_attendee_list": not session.private,
        "allowed_minutes_to_join_late": 15 if session.format == "workshop" else None,
        "q_and_a_private": session.private,
        "session_stats": shapes.stats(view, session),
    }
    if include_secrets:
        row["stream_key"] = f"sk-{session.key}-9c1e" if live else None
        row["rtmp_url"] = f"{_RTMP}/{session.key}" if live else None
        zoom = session.provider == "ZOOM"
        row["meeting_password"] = f"pw-{session.key}" if zoom else None
    return row


def _session_analytics(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event, session in _all(view):
        odd = view.is_odd(session.number)
        seen = _seen(view, session)
        replayed = sum(
            visit.replayed_from is not None and visit.replayed_from <= view.now
            for visit in view.registrants(session)
            if session.is_over(view.now)
        )
        yield {
            **_parent(view, event, session),
            "title": "7" if odd else session.title,
            "start_time": session_time(view, event, session.starts),
            "end_time": session_time(view, event, session.ends),
            "start_time_utc": _utc_if_told(view, event, session.starts),
            "end_time_utc": _utc_if_told(view, event, session.ends),
            "registered_user_count": len(view.registrants(session)),
            "attendee_count": _count_came(view, session),
            "duration": _length(view, session),
            "avg_attended_duration": (
                None if seen is None else round(sum(seen) / max(1, len(seen)), 1)
            ),
            "recording_views": None if seen is None or odd else replayed,
            "live_views": None
            if seen is None or odd
            else len([seconds for seconds in seen if seconds >= 30]),  # noqa: PLR2004 - a view, says the vendor
            "watch_time": None if seen is None else sum(seen),
        }


def _seen(view: View, session: HubSession) -> list[int] | None:
    """Give the seconds that the platform saw each visitor watch."""
    if not _sees(session):
        return None
    if session.ends is None or session.ends > view.now:
        return []
    return [
        visit.seconds if visit.corrected_from <= view.now else visit.first_seconds
        for visit in hub_visits(view.world, session)
        if visit.comes
    ]


def _sees(session: HubSession) -> bool:
    """Tell whether the platform sees who watches a session."""
    videos = session.format in ("main", "breakout")
    return videos and session.provider not in ("ZOOM", "FACEBOOK", "WISTIA")


def _count_came(view: View, session: HubSession) -> int:
    if session.ends is None or session.ends > view.now:
        return 0
    return sum(visit.comes for visit in hub_visits(view.world, session))


def _length(view: View, session: HubSession) -> int | None:
    """Give the length of a session's video in seconds."""
    over = session.ends is not None and session.ends <= view.now
    known = over and session.format in ("main", "breakout")
    return 60 * session.minutes - session.number if known else None


def _session_registrants(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event, session in _all(view):
        for visit in hub_visits(view.world, session):
            if visit.registered is not None and visit.registered <= view.now:
                yield {**_parent(view, event, session), **_holder(view, event, session, visit)}


def _session_attendees(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event, session in _all(view):
        over = session.ends is not None and session.ends <= view.now
        for visit in hub_visits(view.world, session):
            walked_in = visit.registered is None and over
            if walked_in or (visit.registered is not None and visit.registered <= view.now):
                yield {**_parent(view, event, session), **_holder(view, event, session, visit)}


def _holder(view: View, event: HubEvent, session: HubSession, visit: HubVisit) -> Row:
    odd = view.is_odd(visit.ticket.number)
    over = session.ends is not None and session.ends <= view.now
    person = visit.ticket.person
    length = _length(view, session)
    engagement: float | None = None
    if _sees(session) and length and not odd:
        early = visit.corrected_from > view.now
        watched = visit.first_seconds if early else visit.seconds
        engagement = round(100 * (watched if visit.comes else 0) / length, 2)
    return {
        "event_ticket_id": visit.ticket.key,
        "user_id": 10_000 + person.number,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email or None,
        "phone_number": f"+49 30 55{visit.ticket.number:05d}"
        if visit.ticket.number % 4 == 0
        else None,
        "attended": None if odd else visit.comes and over,
        "registration_date": "last week" if odd else _date(view, event, visit.registered),
        "registration_date_utc": None if odd else _date_utc(view, event, visit.registered),
        "engagement": engagement,
    }


def _session_speakers(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    named = view.positions["session_speaker_fields"] != "seed"
    for event, session in _all(view):
        for speaker in session.speakers:
            odd = view.is_odd(speaker.number)
            yield {
                **_parent(view, event, session),
                **_speaker(view, speaker),
                "twitter": None,
                "first_name": speaker.first_name if named else None,
                "last_name": speaker.last_name if named else None,
                "email": speaker.email if named else None,
                "photo_url": _picture(speaker) if named else None,
                "instagram": None,
                "position": 1000.0 + 1000.0 * speaker.number if named else None,
                "moderator": None if odd else speaker.moderates,
                "device_checked": None if odd else False,
            }


def _speaker(view: View, speaker: HubSpeaker) -> Row:
    """Give the columns that a speaker has in both lists."""
    tickets = shapes.tickets_of(view, speaker)
    return {
        "speaker_id": speaker.key,
        "user_id": speaker.user,
        "title": speaker.title,
        "company": speaker.company,
        "image_url": _picture(speaker),
        "pronouns": speaker.pronouns,
        "bio": speaker.bio,
        "linked_in": f"https://www.linkedin.com/in/{speaker.user}",
        "moderator": speaker.moderates,
        "logged_in_at_veh": speaker.number % 2 == 0,
        "show_moderator": speaker.moderates,
        "ticket_types_for_speaker": [tickets] if isinstance(tickets, dict) else tickets,
        "allow_override_details": False,
        "allow_attendee_access": None,
    }


def _picture(speaker: HubSpeaker) -> str:
    return f"6f0c1b0e-0000-4000-8000-{speaker.key:012d}" if speaker.has_picture else ""


def _session_assets(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    text = view.positions["asset_ids"] == "text"
    for event, session in _all(view):
        for asset in session.assets:
            if asset.created > view.now:
                continue
            odd = view.is_odd(asset.key)
            yield {
                **_parent(view, event, session),
                "id": f"as_{asset.key}" if text else str(asset.key),
                "asset_id": f"u01xV{asset.key}Kd" if text else str(asset.key + 1),
                "created_at": "soon" if odd else _date(view, event, asset.created),
                "created_at_utc": None if odd else _date_utc(view, event, asset.created),
                "created_by": asset.created_by,
                "default_playback": None if odd else asset.number == 0,
                "duration": asset.seconds,
                "file_name": f"session-{session.key}-{asset.number + 1}.mp4",
                "play_back_id": f"qP{asset.key}xZ" if text else str(asset.key + 2),
            }


def _speakers(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    more = view.positions["unknown_fields"] == "present"
    for event in view.readable():
        for speaker in () if view.has_error(event) else event.speakers:
            odd = view.is_odd(speaker.number)
            yield {
                "event_url": event.slug,
                **_speaker(view, speaker),
                "first_name": speaker.first_name,
                "last_name": speaker.last_name,
                "email": speaker.email,
                "company": "1848" if odd else speaker.company,
                "twitter": f"https://twitter.com/{speaker.user}",
                "instagram": "",
                "position": None if odd else 1000 + 1000 * speaker.number,
                "session_dto": _without_secrets(
                    listings.session_dto(view, event, speaker), include_secrets
                ),
                "device_checked": None if odd else False,
                "allow_edit_sessions": speaker.number % 2 == 1 if more else None,
            }


def _attendees(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event in view.readable():
        for ticket, order in view.tickets(event):
            odd = view.is_odd(ticket.number)
            person = ticket.person
            yield {
                "event_url": event.slug,
                "attendee_id": str(ticket.key) if ticket.number % 2 else f"AT-{ticket.key}",
                "barcode": ticket.barcode,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "email": person.email or None,
                "status": "1" if odd else listings.order_status(view, order),
                "ticket_status": view.ticket_status(event, ticket, order),
                "ticket_type": "3" if odd else ticket.type.name,
            }


def _attendee_summary(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event in view.readable():
        good = [o for o in view.orders(event) if o.refunded is None or o.refunded > view.now]
        tickets = [(ticket, order) for order in good for ticket in order.tickets]
        yield {
            "event_url": event.slug,
            "total_booked_tickets": len(tickets),
            "total_checked_in_tickets": sum(
                view.ticket_status(event, ticket, order) == "CHECKED_IN"
                for ticket, order in tickets
            ),
            "total_free_tickets": sum(not ticket.type.cents for ticket, _ in tickets),
            "total_paid_tickets": sum(bool(ticket.type.cents) for ticket, _ in tickets),
            "ticket_type_count_dtos": listings.type_counts(view, event),
        }


def _orders(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    form = view.positions["order_ids"]
    zones = view.positions["event_zone"]
    for event in view.readable():
        told = event.tells_zone and zones != "absent"
        timezone_id = "Eastern Time (US & Canada)" if zones == "odd_id" else str(event.zone)
        for order in view.orders(event):
            odd = view.is_odd(order.number)
            cents = sum(ticket.type.cents for ticket in order.tickets)
            back = order.refunded is not None and order.refunded <= view.now
            row: Row = {
                "event_url": event.slug,
                "order_id": order.key + (700_000 if form == "id_only" else 0),
                "id": None if form == "order_id_only" else order.key + 700_000,
                "status": "refunded" if back else "unpaid" if order.type == "UNPAID" else "paid",
                "total_amount": None if odd else cents / 100,
                "sales_tax_fee": 0.0,
                "ticketing_fee": round(cents * 0.01) / 100,
                "cc_fee": round(cents * 0.03) / 100 if order.type == "CARD" else 0,
                "purchaser": listings.purchaser(order),
                "purchase_date": _date(view, event, order.made),
                "purchase_date_utc": _date_utc(view, event, order.made),
                "order_type": order.type,
                "note": order.note,
                "delivery_mode": "EMAIL",
                "attendee": _without_secrets(listings.order_attendees(order), include_secrets),
                "currency": "USD",
                "timezone_id": timezone_id if told and zones != "equivalent_timezone" else None,
                "equivalent_timezone": (
                    str(event.zone) if told and zones != "timezone_id" else None
                ),
                "recurring_event_date": None,
                "is_speaker_order": None if odd else False,
            }
            if include_secrets:
                row["card_type"] = "VISA" if order.type == "CARD" else None
                row["last_four"] = "4242" if order.type == "CARD" else None
            yield row


def _ticket_types(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    many = view.positions["ticket_type_fields"] == "many"
    for event in view.readable():
        for kind in event.ticket_types:
            odd = view.is_odd(kind.number)
            sold = sum(ticket.type == kind for ticket, _ in view.tickets(event))
            opens, closes = event.starts - 60 * DAY, event.ends
            yield {
                "event_url": event.slug,
                "id": kind.key,
                "name": kind.name,
                "price": None if odd else kind.cents / 100,
                "remaining_tickets": None if odd else kind.seats - sold,
                "category_id": 9 + kind.number if many else None,
                "number_of_ticket": kind.seats if many else None,
                "ticket_type_description": f"“{kind.name}”" if many else None,
                "enable_ticket_description": True if many else None,
                "passfeetobuyer": kind.cents != 0 if many else None,
                "start_date": local_time(event, opens) if many else None,
                "end_date": local_time(event, closes) if many else None,
                "start_date_utc": _utc_if_told(view, event, opens) if many else None,
                "end_date_utc": _utc_if_told(view, event, closes) if many else None,
                "hidden": kind.hidden if many else None,
                "max_ticker_per_buyer": 10 if many else None,
                "sales_tax_rate": 8.25 if many else None,
                "absorb_tax": False if many else None,
            }


def _sponsors(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event in view.readable():
        for company in event.sponsors:
            odd = view.is_odd(company.number)
            yield {
                "event_url": event.slug,
                "id": company.key,
                "sponsor_name": company.name,
                "sponsor_logo": f"logo-{company.key}.png",
                "sponsor_size": company.size,
                "sponsor_url": f"https://example.com/{company.key}",
                "event_id": event.key,
                "position": 1000.0 + 1000.0 * company.number,
                "include_in_lobby_carousel": None if odd else company.number == 0,
                "carousel_logo_slider_delay_seconds": None if odd else 5,
                "short_description": f"{company.name}, since 1999" if not company.number else None,
                "sponsor_card_image": None,
                "color_config": _json_text(listings.colours(company)),
                "card_tag": "",
                "exhibitor_id": event.exhibitors[0].key if company.number == 1 else None,
            }


def _sponsor_analytics(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event in view.readable():
        for company in event.sponsors:
            yield {
                "event_url": event.slug,
                "id": company.key,
                "sponsor_name": "12" if view.is_odd(company.number) else company.name,
                "count_by_source": listings.count_by_source(view, event, company),
            }


def _exhibitors(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event in view.readable():
        for company in event.exhibitors:
            odd = view.is_odd(company.number)
            yield {
                "event_url": event.slug,
                "id": company.key,
                "event_id": event.key,
                "exhibitor_name": company.name,
                "booth_size": company.size,
                "category_id": 5,
                "category_name": "Software & Services",
                "show_status_indicator": True,
                "preferred_exhibitor": not company.number,
                "chat_enabled": not company.number % 2,
                "position": None if odd else 1000.0 + 1000.0 * company.number,
                "color_config": _json_text(listings.colours(company)),
                "link_to_site": "https://example.com/a,https://example.com/b",
                "show_booth_name": None if company.number else True,
                "featured": None if odd else False,
                "category_position_json": _json_text(listings.places(company)),
            }


def _exhibitor_staff(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _events
    del include_secrets
    for event in view.readable():
        days = days_open(event, view.now)
        for company in event.exhibitors:
            for member in company.staff:
                odd = view.is_odd(member.number)
                yield {
                    "event_url": event.slug,
                    "exhibitor_id": company.key,
                    "id": member.key,
                    "first_name": member.person.first_name,
                    "last_name": member.person.last_name,
                    "email": member.person.email or None,
                    "role": ["leadretriever", "exhibitoradmin"][member.is_admin],
                    "allow_to_book_meeting": None if odd else True,
                    "allow_direct_messages": member.is_admin,
                    "user": listings.staff_user(view, member),
                    "leads": None if odd else days * member.leads_a_day,
                    "exhibitor_admin": member.is_admin,
                }


def _all(view: View) -> Iterator[tuple[HubEvent, HubSession]]:
    """Give all sessions that the lists show."""
    for event in view.readable():
        for session in view.sessions(event):
            yield event, session


def _parent(view: View, event: HubEvent, session: HubSession) -> Row:
    ends = session.ends
    if ends is not None and not _is_told(view, event):
        ends += _offset(event, ends)
    return {"event_url": event.slug, "session_id": session.key, "session_end_time": _utc(ends)}


def _is_told(view: View, event: HubEvent) -> bool:
    """Tell whether the vendor says in which zone an event is."""
    return event.tells_zone and view.positions["event_zone"] != "absent"


def _offset(event: HubEvent, at: Millis) -> int:
    """Give how far the clock at an event is ahead of UTC, in milliseconds."""
    offset = datetime.fromtimestamp(at // 1000, event.zone).utcoffset()
    return int(offset.total_seconds()) * 1000 if offset is not None else 0


def _utc_if_told(view: View, event: HubEvent, at: Millis | None) -> str | None:
    """Give an instant that the vendor tells by the clock at the event."""
    return _utc(at) if _is_told(view, event) else None


def _date(view: View, event: HubEvent, at: Millis | None) -> str | None:
    sent = other_date(view, event, at)
    return None if sent is None else str(sent)


def _date_utc(view: View, event: HubEvent, at: Millis | None) -> str | None:
    """Give an instant of which only the local form needs to know the zone."""
    local = view.positions["other_dates"] == "local"
    return _utc_if_told(view, event, at) if local else _utc(at)


def _utc(at: Millis | None) -> str | None:
    return None if at is None else f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _without_secrets(value: Any, include_secrets: bool) -> Any:  # noqa: FBT001 - handed on
    """Leave out what is secret at any depth."""
    if include_secrets:
        return value
    if isinstance(value, dict):
        return {
            name: _without_secrets(inner, include_secrets)
            for name, inner in value.items()
            if name not in _SECRETS
        }
    if isinstance(value, list):
        return [_without_secrets(inner, include_secrets) for inner in value]
    return value


STREAMS: Final[dict[str, Callable[[View, bool], Iterator[dict[str, Any]]]]] = {
    "events": _events,
    "sessions": _sessions,
    "session_analytics": _session_analytics,
    "session_analytics_details": _session_analytics_details,
    "session_registrants": _session_registrants,
    "session_speakers": _session_speakers,
    "session_assets": _session_assets,
    "session_attendees": _session_attendees,
    "speakers": _speakers,
    "attendees": _attendees,
    "attendee_summary": _attendee_summary,
    "orders": _orders,
    "ticket_types": _ticket_types,
    "sponsors": _sponsors,
    "sponsor_analytics": _sponsor_analytics,
    "exhibitors": _exhibitors,
    "exhibitor_staff": _exhibitor_staff,
}
