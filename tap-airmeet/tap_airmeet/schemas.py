"""The columns of each stream, as the vendor's page and its own connector describe them.

Nested objects and lists stay as the vendor sends them. A column marked `secret` is loaded only
with the setting `include_secrets`.
"""

from __future__ import annotations

from typing import Final

from event_taps_core.schema import (
    BOOLEAN,
    INTEGER,
    NUMBER,
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
from tap_airmeet.rows import free_form, iso_time


def _time(name: str, description: str) -> Column:
    """Declare a time, which comes in several forms."""
    return column(name, TIMESTAMP, description, convert=iso_time)


def _free_form(name: str, description: str) -> Column:
    """Declare a text of which the vendor does not say in which shape it comes."""
    return column(name, TEXT, description, convert=free_form)


_EVENT: Final = (
    key("airmeet_id", "Id of the event: joins to airmeets.uid."),
    column(
        "airmeet_end_time",
        TIMESTAMP,
        "Scheduled end of the event (UTC), as in airmeets.end_time; null if it has none.",
    ),
)
_REPORT_ID: Final = number_key(
    "id",
    "Number of the row in the vendor's report. Unique within that report only, and it may change "
    "when the vendor prepares the report again.",
)
_PERSON: Final = (
    column("email", TEXT, "E-mail address of the person; null if none is known."),
    column("name", TEXT, "Full name of the person."),
)
_USER_ID: Final = column("user_id", TEXT, "Airmeet's id of the person.")
_TIME_SPENT: Final = column(
    "time_spent",
    INTEGER,
    "Time spent there; the vendor does not document the unit, which is believed to be "
    "milliseconds.",
)

AIRMEETS: Final[tuple[Column, ...]] = (
    key("uid", "Id of the event."),
    column("name", TEXT, "Title."),
    column("status", TEXT, "CREATED, ONGOING, PAUSED or FINISHED; archived events are not listed."),
    column("timezone", TEXT, "Time zone of the event, as a tz database name."),
    _time("start_time", "Scheduled start (UTC)."),
    _time("end_time", "Scheduled end (UTC); null if the event has none."),
    column("description", TEXT, "Description; the vendor rarely sends it."),
)

PARTICIPANTS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key(
        "participant_key",
        "Key of the registration within the event: made from the e-mail address, else from what "
        "is known of the person, with a number where the vendor lists a person several times.",
    ),
    *_PERSON,
    column("city", TEXT, "City."),
    column("country", TEXT, "Country."),
    column("organisation", TEXT, "Company or other organisation."),
    column("designation", TEXT, "Job title."),
    _time(
        "registration_date",
        "When the person registered (UTC); null for those who were only invited.",
    ),
    column("profile_url", TEXT, "Address of the person's profile or picture."),
    column("user_type", TEXT, "What the person is at the event, such as 'Registered User'."),
    column("invite_sent", BOOLEAN, "Whether an invitation was sent."),
    list_of(
        "user_profile",
        "Answers to the event's own registration questions.",
        member("value", "The answer: a text, or a list of texts where several may be chosen."),
        member("fieldId", "Id of the question: joins to custom_fields.field_id."),
    ),
    column("user_id", TEXT, "Airmeet's id of the person; the vendor rarely sends it here."),
    secret("token", "Personal entry link: whoever has it enters the event as this person."),
)

SESSIONS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key("session_id", "Id of the session.", source="sessionid"),
    column("name", TEXT, "Title."),
    _time("start_time", "Scheduled start (UTC)."),
    column("status", TEXT, "CREATED, ONGOING, PAUSED or FINISHED."),
    column("duration", INTEGER, "Scheduled length in minutes."),
    column("summary", TEXT, "Summary."),
    list_of("host_id", "Airmeet's ids of the hosts (a list, despite its name)."),
    list_of("cohost_ids", "Airmeet's ids of the co-hosts."),
    list_of("speaker_id", "Airmeet's ids of the speakers (a list, despite its name)."),
    list_of(
        "speaker_list",
        "The speakers.",
        member("name", "Full name."),
        member("company", "Company or other organisation."),
        member("designation", "Job title."),
        member("speaker_img", "Address of a picture."),
    ),
    column(
        "type",
        TEXT,
        "HOSTING, FLUID_LOUNGE, BOOTH, BREAK, LARGE_CALL, SPEED_NETWORKING or STREAMING.",
    ),
)

CUSTOM_FIELDS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key("field_id", "Id of the question; participants.user_profile names it as fieldId."),
    column("label", TEXT, "The question as people see it."),
    column("name", TEXT, "Name of the question within Airmeet."),
    list_of(
        "options",
        "What can be chosen; empty for free text.",
        member("code", "What is stored."),
        member("displayValue", "What people see."),
    ),
    column("is_required", BOOLEAN, "Whether it must be answered to register."),
    object_of(
        "type",
        "Kind of question.",
        member("fieldType", "custom, for the event's own questions."),
        member("inputType", "text, radio, checkbox, ..."),
        member("mappedFrom", "Name of the question it was made from."),
    ),
)

EVENT_ATTENDANCE: Final[tuple[Column, ...]] = (
    *_EVENT,
    _REPORT_ID,
    *_PERSON,
    _USER_ID,
    _time("time_stamp", "When the person entered the event (UTC)."),
    _TIME_SPENT,
)

SESSION_ATTENDANCE: Final[tuple[Column, ...]] = (
    *_EVENT,
    key("session_id", "Id of the session: joins to sessions.session_id."),
    _REPORT_ID,
    *_PERSON,
    _USER_ID,
    _time("time_stamp", "When the person entered the session (UTC)."),
    _TIME_SPENT,
)

BOOTHS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key("uid", "Id of the booth."),
    column("name", TEXT, "Name of the booth."),
    list_of("exhibitors", "E-mail addresses of the exhibitors."),
    list_of("tags", "Tags."),
    column("logo_url", TEXT, "Address of the logo."),
    column("order", INTEGER, "Position among the event's booths."),
    column("booth_exhibitor", BOOLEAN, "Whether the booth has an exhibitor."),
    _free_form("video", "Video; JSON text if the vendor sends an object."),
    _free_form("faqs", "Questions and answers; JSON text if the vendor sends a list or object."),
    _free_form("resources", "Files and links; JSON text if the vendor sends a list or object."),
    _free_form("layout_type", "Kind of layout."),
    _free_form("layout_data", "Layout; JSON text if the vendor sends an object."),
    _free_form("social_media_links", "Links; JSON text if the vendor sends a list or object."),
    _free_form("short_description", "Short description."),
    _free_form("long_description", "Long description."),
    _free_form("banner_url", "Address of the banner."),
    _free_form(
        "register_interest_details",
        "How visitors can register their interest; JSON text if the vendor sends an object.",
    ),
    _free_form("offer_details", "Offers; JSON text if the vendor sends an object."),
    _free_form("doc_url", "Address of a document."),
    _free_form("doc_name", "Name of the document."),
    _free_form("booth_space_id", "Id of the booth's space."),
)

BOOTH_ATTENDANCE: Final[tuple[Column, ...]] = (
    *_EVENT,
    key("booth_id", "Id of the booth: joins to booths.uid."),
    _REPORT_ID,
    *_PERSON,
    column(
        "interested_in_being_contacted",
        BOOLEAN,
        "Whether the person asked the exhibitor to get in touch.",
    ),
    _USER_ID,
    column("visits", INTEGER, "How often the person came."),
    _time("time_stamp", "When the person entered the booth (UTC)."),
    _TIME_SPENT,
)

POLL_RESPONSES: Final[tuple[Column, ...]] = (
    *_EVENT,
    key(
        "response_key",
        "Key of the answer within the event: made from person, session and question, with a "
        "number where the same person answered several times or chose several answers.",
    ),
    *_PERSON,
    _USER_ID,
    column("question", TEXT, "Text of the poll's question."),
    column("answer", TEXT, "The answer; a row for each where several were chosen."),
    column("session_id", TEXT, "Id of the session; the vendor rarely sends it."),
    _time("time_stamp", "When it was answered (UTC)."),
)

QUESTIONS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key(
        "question_key",
        "Key of the question within the event: made from person, session and text, with a number "
        "where the same person asked the same again.",
    ),
    *_PERSON,
    _USER_ID,
    column("question", TEXT, "Text of the question."),
    column("session_id", TEXT, "Id of the session: joins to sessions.session_id."),
    column("upvote_count", INTEGER, "Number of upvotes."),
    _time("time_stamp", "When it was asked (UTC); the vendor leaves it out at times."),
)

TRACKS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key("uid", "Id of the track."),
    column("name", TEXT, "Name."),
    column("description", TEXT, "Description."),
    column("track_order", INTEGER, "Position among the event's tracks; null if not set."),
    object_of(
        "meta_data",
        "How the track is shown.",
        member("colorCode", "Colour, in CSS form."),
    ),
    list_of("sessions", "Ids of the track's sessions: join to sessions.session_id."),
)

REGISTRATION_UTMS: Final[tuple[Column, ...]] = (
    *_EVENT,
    _REPORT_ID,
    column("email", TEXT, "E-mail address of the person who registered."),
    column("utm_source", TEXT, "UTM source, such as newsletter."),
    column("utm_medium", TEXT, "UTM medium, such as email."),
    column("utm_campaign", TEXT, "UTM campaign."),
    column("utm_term", TEXT, "UTM term."),
    column("utm_content", TEXT, "UTM content."),
)

SESSION_RECORDINGS: Final[tuple[Column, ...]] = (
    *_EVENT,
    key(
        "recording_key",
        "Key of the recording within the event: made from the session and the recording's file, "
        "not from the link's signature.",
    ),
    column("session_id", TEXT, "Id of the session: joins to sessions.session_id."),
    column("session_name", TEXT, "Title of the session."),
    secret(
        "download_link",
        "Signed link to the recording: whoever has it can download it, for six hours.",
    ),
)

REPLAY_ATTENDANCE: Final[tuple[Column, ...]] = (
    *_EVENT,
    _REPORT_ID,
    *_PERSON,
    column("session_id", TEXT, "Id of the replayed session: joins to sessions.session_id."),
    column("duration_viewed", NUMBER, "How long the replay was watched, in minutes."),
    column("user_id", TEXT, "Airmeet's id of the person; the vendor rarely sends it here."),
    column("session_name", TEXT, "Title of the session; the vendor rarely sends it here."),
    _time("time_stamp", "When (UTC); the vendor rarely sends it here."),
)
