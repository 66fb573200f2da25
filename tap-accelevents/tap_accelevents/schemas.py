"""The columns of each stream, as the vendor's pages describe them (developer.accelevents.com).

Several pages list labels instead of attributes ("Start Time", "Avg Attended Duration"); how certain
each name is stands in the README. Nested objects and lists stay as the vendor sends them, less
what is secret in them. A column marked `secret` is loaded only with the setting `include_secrets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from singer_sdk import typing as th

from event_taps_core import json_text
from event_taps_core.schema import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    OBJECT,
    TEXT,
    TIMESTAMP,
    Column,
    column,
    key,
    list_of,
    member,
    number_key,
    object_of,
    secret,
)
from tap_accelevents.dates import session_end, utc_time
from tap_accelevents.rows import list_of_ids, list_of_objects

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from event_taps_core.schema import Origin


def _ids(name: str, description: str) -> Column:
    return column(name, th.ArrayType(INTEGER), description, convert=list_of_ids)


def _local_time(name: str, meaning: str) -> tuple[Column, Column]:
    """Declare a time as the vendor sends it, and what it is in UTC, by the event's zone."""
    return (
        column(name, TEXT, f"{meaning}, as the vendor sends it: usually local, yyyy/MM/dd HH:mm."),
        column(
            f"{name}_utc",
            TIMESTAMP,
            f"{meaning} (UTC); null where the event's time zone is not known.",
            source=name,
            convert=utc_time,
            context_item="zone",
        ),
    )


EVENT_URL: Final = key(
    "event_url",
    "The event's slug: what follows /events/ in its public address.",
    source="eventurl",
)
_SESSION_ID: Final = number_key("session_id", "Id of the session: joins to sessions.session_id.")


def _session_end(**origin: Unpack[Origin]) -> Column:
    return column(
        "session_end_time",
        TIMESTAMP,
        "Scheduled end of the session, as the list of sessions says it (UTC; where the event's "
        "time zone is not known, the local time as if it were UTC); null if it has none.",
        **origin,
    )


_OF_SESSION: Final = (EVENT_URL, _SESSION_ID, _session_end())
_START_AND_END: Final = (
    *_local_time("start_time", "Scheduled start"),
    *_local_time("end_time", "Scheduled end"),
)
_USER_ID: Final = column("user_id", INTEGER, "Id of the person's account.")
_PERSON: Final = (
    column("first_name", TEXT, "First name."),
    column("last_name", TEXT, "Last name."),
    column("email", TEXT, "E-mail address."),
)
_ZONE: Final = (
    column("timezone_id", TEXT, "Time zone as the vendor names it."),
    column("equivalent_timezone", TEXT, "Time zone as a tz database name."),
)
_TICKET_TYPES_FOR_SPEAKER: Final = list_of(
    "ticket_types_for_speaker",
    "Ticket types given to the speaker.",
    member("ticketTypeId", "Id of the ticket type: joins to ticket_types.id."),
    member("userId", "Id of the speaker's account."),
    member("speakerOrder", "Whether, or by which order, the speaker was given it."),
    convert=list_of_objects,
)

EVENTS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key("event_id", "Id of the event."),
    column("event_name", TEXT, "Title.", source="name"),
    column("event_phone_number", TEXT, "Phone number of the event."),
    column("event_country_code", TEXT, "Country of the phone number."),
    column("no_module_activate", BOOLEAN, "Whether no module is active."),
    column("auction_enabled", BOOLEAN, "Whether there is an auction."),
    column("fund_a_need_enabled", BOOLEAN, "Whether there is a fund-a-need."),
    column("raffle_enabled", BOOLEAN, "Whether there is a raffle."),
    column("donation_enabled", BOOLEAN, "Whether there are donations."),
    column("ticketing_enabled", BOOLEAN, "Whether there is ticketing."),
    column("text_to_give_enabled", BOOLEAN, "Whether one can give by text message."),
    column("currency_symbol", TEXT, "Symbol of the event's currency."),
    column("enable_bidder_registration", BOOLEAN, "Whether bidders have to register."),
    column("event_design_detail_dto", OBJECT, "Design of the event's pages."),
    column("event_format", TEXT, "VIRTUAL, HYBRID or IN-PERSON."),
    column("event_listing_status", TEXT, "How the event is listed, such as PUBLIC."),
    *_ZONE,
    *_local_time("event_start_date", "Start of the event"),
    *_local_time("event_end_date", "End of the event"),
    secret("access_token", "Token that the vendor puts into event objects."),
)

_SESSION: Final = (
    column("title", TEXT, "Name of the session."),
    *_START_AND_END,
    column("location", TEXT, "Where, or on which platform, the session is held."),
    column("description", TEXT, "Description; may be HTML."),
    column("capacity", INTEGER, "How many attendees can join."),
    column(
        "status",
        TEXT,
        "IN_MEETING, REGISTERED, CHECK_IN_AVAILABEL (sic) by one page; VISIBLE, HIDDEN by others.",
    ),
    column(
        "format",
        TEXT,
        "Kind of session, in one of two vocabularies: MAINSTAGE_SESSION, BREAKOUT_SESSION, "
        "NETWORKING SESSION, WORKSHOP_SESSION; or MAIN_STAGE, MEET_UP, WORKSHOP, EXPO, BREAK, "
        "OTHER.",
    ),
    _ids(
        "current_user_registered_event_ticket_id",
        "Tickets with which the owner of the key is registered.",
    ),
    _ids(
        "purchaser_user_registered_event_ticket_id",
        "Tickets that the owner of the key bought for it.",
    ),
    column("duration", INTEGER, "Length of the video; the unit is not documented (seconds?)."),
    column("hide_session_from_attendees", BOOLEAN, "Whether attendees do not see it."),
    column(
        "enable_ques_and_ans",
        BOOLEAN,
        "Whether attendees can ask questions.",
        source="quesAndAnsEnabled",
    ),
    column("enable_chat", BOOLEAN, "Whether attendees can chat.", source="chatEnabled"),
    column("enable_poll", BOOLEAN, "Whether there are polls.", source="pollEnabled"),
    secret("stream_key", "Key with which one broadcasts into the session."),
    column("stream_url", TEXT, "Address of the live stream's page."),
    column("stream_provider", TEXT, "ACCELEVENTS, YOUTUBE, VIMEO, ZOOM, WISTIA and others."),
    column("sub_stream_provider", TEXT, "What the vendor's studio runs on, such as VOXEET."),
    secret("rtmp_url", "Address to which one broadcasts."),
    column("accel_events_studio", BOOLEAN, "Whether it is held in the vendor's own studio."),
    column("direct_video_auto_start", BOOLEAN, "Whether the video starts by itself."),
    column("display_donation", BOOLEAN, "Whether the donation button is shown."),
    secret("meeting_password", "Password of the Zoom meeting."),
    column("closed_caption_height", INTEGER, "Height of the captions."),
    column("closed_caption_url", TEXT, "Address of the captions."),
    column("record_session", BOOLEAN, "Whether it is recorded."),
    column("hide_video_controls", BOOLEAN, "Whether attendees do not see the video's controls."),
    column("sub_title_file_url", TEXT, "Address of the subtitles."),
    column("session_visibility_type", TEXT, "PRIVATE or PUBLIC."),
    column(
        "enable_attendee_list",
        BOOLEAN,
        "About the list of attendees in the session; the vendor's page says that false shows it.",
        source="attendeeListEnabled",
    ),
    column("allowed_minutes_to_join_late", INTEGER, "How many minutes late one can join."),
    column(
        "q_and_a_private",
        BOOLEAN,
        "About private questions; the vendor's page says that false makes them possible.",
        source=("qandAPrivate", "qandaPrivate"),
    ),
    object_of(
        "session_stats",
        "Counts of people.",
        member("registeredUserCount", "People who registered."),
        member("interestedUserCount", "People who marked it as interesting."),
        member("attendeeCount", "People who joined."),
    ),
    column("chime_config", OBJECT, "Settings of the video conference."),
    column(
        "document_key_value", TEXT, "Documents of the session, as JSON text.", convert=json_text
    ),
    list_of("sponsor_list", "Sponsors of the session.", convert=list_of_objects),
)

SESSIONS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    _SESSION_ID,
    _session_end(source="endTime", convert=session_end, context_item="zone"),
    *_SESSION,
    list_of("tags", "Tags.", convert=list_of_objects),
    list_of(
        "tracks",
        "Tracks.",
        member("id", "Id of the track."),
        member("name", "Name of the track."),
        member("color", "Colour."),
        member("description", "Description."),
        member("position", "Position among the tracks."),
        convert=list_of_objects,
    ),
    column("location_id", INTEGER, "Id of the location."),
    column("session_type_format", TEXT, "IN_PERSON and the like."),
    _ids("ticket_types_that_can_be_registered", "Ticket types whose holders can register."),
)

SESSION_ANALYTICS: Final[tuple[Column, ...]] = (
    *_OF_SESSION,
    column("title", TEXT, "Name of the session."),
    *_START_AND_END,
    column("registered_user_count", INTEGER, "People who registered or bookmarked it."),
    column("attendee_count", INTEGER, "People who joined."),
    column("duration", NUMBER, "Length of the stream or video; the unit is not documented."),
    column(
        "avg_attended_duration",
        NUMBER,
        "Mean watch time; null for Zoom, Facebook and Wistia, and where there is no video.",
    ),
    column("recording_views", INTEGER, "Viewers of the recording; null as above."),
    column("live_views", INTEGER, "Viewers of the live stream; null as above."),
    column("watch_time", NUMBER, "Watch time of all viewers together."),
)

SESSION_ANALYTICS_DETAILS: Final[tuple[Column, ...]] = (
    *_OF_SESSION,
    *_SESSION,
    column("attendee_count", INTEGER, "People who joined."),
)

SESSION_PEOPLE: Final[tuple[Column, ...]] = (
    *_OF_SESSION,
    number_key(
        "event_ticket_id", "Id of the ticket.", source=("eventTicketId", "eventTicketingId")
    ),
    _USER_ID,
    *_PERSON,
    column("phone_number", TEXT, "Phone number."),
    column("attended", BOOLEAN, "Whether the person joined the session."),
    *_local_time("registration_date", "When the person registered or bookmarked the session"),
    column("engagement", NUMBER, "Watch time in percent of the video's length."),
)

_SPEAKER: Final = (
    number_key("speaker_id", "Id of the speaker."),
    _USER_ID,
    column("first_name", TEXT, "First name.", source="firatName"),  # sic, in places
    *_PERSON[1:],
    column("title", TEXT, "Job title."),
    column("company", TEXT, "Company."),
    column("image_url", TEXT, "Picture, as an address or an id; empty if there is none."),
    column("pronouns", TEXT, "Pronouns."),
    column("bio", TEXT, "About the speaker."),
    column("linked_in", TEXT, "LinkedIn profile."),
    column("twitter", TEXT, "Twitter profile."),
    column("instagram", TEXT, "Instagram profile."),
    column("position", NUMBER, "Position among the speakers."),
    column("moderator", BOOLEAN, "Whether the speaker may start and stop the broadcast."),
    column("show_moderator", BOOLEAN, "Whether the start and stop buttons are shown."),
    column("allow_attendee_access", BOOLEAN, "Whether the speaker may enter as an attendee."),
    _TICKET_TYPES_FOR_SPEAKER,
    column("device_checked", BOOLEAN, "Whether camera and microphone were checked."),
    column("logged_in_at_veh", BOOLEAN, "Whether the speaker was in the virtual event hub."),
    column("allow_override_details", BOOLEAN, "Whether the speaker may change the profile."),
)

SESSION_SPEAKERS: Final[tuple[Column, ...]] = (
    *_OF_SESSION,
    *_SPEAKER,
    column("photo_url", TEXT, "Photo; some answers have it instead of image_url."),
)

SESSION_ASSETS: Final[tuple[Column, ...]] = (
    *_OF_SESSION,
    key("id", "Id of the recording or video, a number or text."),
    column("asset_id", TEXT, "Its id at the video service."),
    *_local_time("created_at", "When it was made"),
    column("created_by", INTEGER, "Account of who made it."),
    column("default_playback", BOOLEAN, "Whether this one is played."),
    column("duration", INTEGER, "Length; the unit is not documented (seconds?)."),
    column("file_name", TEXT, "Name of the file."),
    column("play_back_id", TEXT, "Id for playing it at the video service."),
)

SPEAKERS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    *_SPEAKER,
    column("session_dto", OBJECT, "A session of the speaker; null unless expanded."),
    column("allow_edit_sessions", BOOLEAN, "Whether the speaker may edit sessions."),
)

ATTENDEES: Final[tuple[Column, ...]] = (
    EVENT_URL,
    key("barcode", "Barcode of the ticket."),
    column("attendee_id", TEXT, "Id of the attendee, a number or text."),
    *_PERSON,
    column("status", TEXT, "Status of the attendee or order; the values are not documented."),
    column("ticket_status", TEXT, "BOOKED, CHECKED_IN and others."),
    column("ticket_type", TEXT, "Name of the ticket type."),
)

ATTENDEE_SUMMARY: Final[tuple[Column, ...]] = (
    EVENT_URL,
    column("total_booked_tickets", INTEGER, "Tickets that are booked."),
    column("total_checked_in_tickets", INTEGER, "Tickets that are checked in."),
    column("total_free_tickets", INTEGER, "Tickets for free."),
    column("total_paid_tickets", INTEGER, "Tickets that are paid for."),
    list_of(
        "ticket_type_count_dtos",
        "Tickets by type.",
        member("ticketTypeId", "Id of the ticket type: joins to ticket_types.id."),
        member("ticketTypeName", "Name of the ticket type."),
        member("totalTickets", "Tickets of that type."),
        convert=list_of_objects,
    ),
)

ORDERS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key(
        "order_id",
        "Number of the order: the vendor's orderId, else its id.",
        source=("orderId", "id"),  # how the two relate is not documented
    ),
    column("id", INTEGER, "Id of the order in the organiser's list."),
    column("status", TEXT, "paid, partially paid, refunded or unpaid."),
    column("total_amount", NUMBER, "Amount in all, in the event's currency."),
    column("sales_tax_fee", NUMBER, "Sales tax in it."),
    column("ticketing_fee", NUMBER, "Ticketing fee in it."),
    column("cc_fee", NUMBER, "Card fee in it."),
    object_of(
        "purchaser",
        "Who bought.",
        member("firstName", "First name."),
        member("lastName", "Last name."),
        member("email", "E-mail address."),
    ),
    *_local_time("purchase_date", "When it was ordered"),
    column("order_type", TEXT, "CASH, CARD, COMPLIMENTARY, UNPAID, EXTERNAL_TRANSACTION, ..."),
    secret("card_type", "Kind of the card."),
    secret("last_four", "Last four digits of the card."),
    column("note", TEXT, "Note."),
    column("delivery_mode", TEXT, "How the tickets are delivered."),
    list_of(
        "attendee",
        "Tickets of the order.",
        member("firstName", "First name of the holder."),
        member("lastName", "Last name of the holder."),
        member("email", "E-mail address of the holder."),
        member("qty", "Number of tickets."),
        member("ticketType", "Name of the ticket type."),
        member("bundleType", "Kind of bundle; null for single tickets."),
        convert=list_of_objects,
    ),
    column("currency", TEXT, "Currency."),
    *_ZONE,
    column("recurring_event_date", TEXT, "Date of the occurrence, for recurring events."),
    column("is_speaker_order", BOOLEAN, "Whether it is a speaker's."),
)

TICKET_TYPES: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key("id", "Id of the ticket type.", source=("id", "typeId")),
    column("name", TEXT, "Name."),
    column("price", NUMBER, "Price, in the event's currency."),
    column("remaining_tickets", INTEGER, "Tickets that are left."),
    column("category_id", INTEGER, "Id of the category."),
    column("number_of_ticket", INTEGER, "Tickets in all."),
    column("ticket_type_description", TEXT, "Description."),
    column("enable_ticket_description", BOOLEAN, "Whether the description is shown."),
    column("passfeetobuyer", BOOLEAN, "Whether the buyer pays the fees."),
    *_local_time("start_date", "Start of the sale"),
    *_local_time("end_date", "End of the sale"),
    column("hidden", BOOLEAN, "Whether it is hidden."),
    column("max_ticker_per_buyer", INTEGER, "Most tickets of one buyer (sic)."),
    column("sales_tax_rate", NUMBER, "Rate of the sales tax."),
    column("absorb_tax", BOOLEAN, "Whether the tax is in the price."),
)

SPONSORS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key("id", "Id of the sponsor."),
    column("sponsor_name", TEXT, "Name."),
    column("sponsor_logo", TEXT, "Logo."),
    column("sponsor_size", TEXT, "SMALL, MEDIUM or LARGE."),
    column("sponsor_url", TEXT, "Address of the sponsor's page."),
    column("event_id", INTEGER, "Id of the event: joins to events.event_id."),
    column("position", NUMBER, "Position among the sponsors."),
    column("include_in_lobby_carousel", BOOLEAN, "Whether it is shown in the lobby."),
    column("carousel_logo_slider_delay_seconds", INTEGER, "For how long it is shown there."),
    column("short_description", TEXT, "Short description."),
    column("sponsor_card_image", TEXT, "Image of the sponsor's card."),
    column("color_config", TEXT, "Colours, as JSON text.", convert=json_text),
    column("card_tag", TEXT, "Tag on the sponsor's card."),
    column("exhibitor_id", INTEGER, "Id of its booth: joins to exhibitors.id."),
)

SPONSOR_ANALYTICS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key("id", "Id of the sponsor: joins to sponsors.id."),
    column("sponsor_name", TEXT, "Name."),
    object_of(
        "count_by_source",
        "Clicks on the sponsor, by where; staff does not count.",
        member("eventSite", "On the event's site."),
        member("virtualEventHub", "In the virtual event hub."),
        member("total", "In all."),
    ),
)

EXHIBITORS: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key("id", "Id of the exhibitor."),
    column("event_id", INTEGER, "Id of the event: joins to events.event_id."),
    column("exhibitor_name", TEXT, "Name."),
    column("booth_size", TEXT, "Size of the booth."),
    column("category_id", INTEGER, "Id of the category."),
    column("category_name", TEXT, "Name of the category."),
    column("show_status_indicator", BOOLEAN, "Whether it is shown who is at the booth."),
    column("preferred_exhibitor", BOOLEAN, "Whether it is a preferred one."),
    column("chat_enabled", BOOLEAN, "Whether one can chat."),
    column("position", NUMBER, "Position among the exhibitors."),
    column("color_config", TEXT, "Colours, as JSON text.", convert=json_text),
    column("link_to_site", TEXT, "Addresses, separated by commas."),
    column("show_booth_name", BOOLEAN, "Whether the booth's name is shown."),
    column("featured", BOOLEAN, "Whether it is featured."),
    column(
        "category_position_json",
        TEXT,
        "Positions in the categories, as JSON text.",
        convert=json_text,
    ),
)

EXHIBITOR_STAFF: Final[tuple[Column, ...]] = (
    EVENT_URL,
    number_key("exhibitor_id", "Id of the exhibitor: joins to exhibitors.id."),
    number_key("id", "Id of the member of staff."),
    *_PERSON,
    column("role", TEXT, "Role at the booth."),
    column("allow_to_book_meeting", BOOLEAN, "Whether one can book a meeting."),
    column("allow_direct_messages", BOOLEAN, "Whether one can send messages."),
    column("user", OBJECT, "The person's account."),
    column("leads", INTEGER, "Number of leads that this person took."),
    column("exhibitor_admin", BOOLEAN, "Whether the person administers the booth."),
)
