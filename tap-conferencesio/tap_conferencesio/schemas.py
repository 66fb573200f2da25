"""The columns of each stream, as the vendor's reference describes them (heading "Schemas").

Nested objects and lists stay as the vendor sends them. A column marked `secret` is loaded only
with the setting `include_secrets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_taps_core.schema import (
    BOOLEAN,
    DATE,
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
    object_of,
    secret,
)
from tap_conferencesio.forms import all_as_json, last_day, presenter_of, responded_at, zone_name

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from event_taps_core.schema import Origin

SUBDOMAIN: Final = key("subdomain", "The app's subdomain: the part before .cnf.io of its address.")
_SESSION_ID: Final = key("session_id", "Id of the session: joins to sessions.id.")


def _session_date(**origin: Unpack[Origin]) -> Column:
    return column(
        "session_date",
        DATE,
        "Local date of the session, its last day if it spans several; null if it has none.",
        **origin,
    )


_SESSION_DATE: Final = _session_date()
FOUND_ID: Final = "id that the tap found"
"""What a stream adds to rows whose id stands elsewhere; where it adds none, the vendor's counts."""


def _poll_id(**origin: Unpack[Origin]) -> Column:
    return key("poll_id", "Id of the poll within the app.", **origin)


_PERSON: Final = (
    member("external_id", "The customer's own id of the person."),
    member("first_name", "First name."),
    member("last_name", "Last name."),
    *(
        member(
            f"field_{n}",
            f"Custom attendee field {n}; its label is app.custom_attendee_field_{n}.",
        )
        for n in range(1, 6)
    ),
)
_PRESENTER: Final = (
    member("id", "Id of the presenter."),
    member("external_id", "The customer's own id of the presenter."),
    member("name", "Full name."),
)

APP: Final[tuple[Column, ...]] = (
    column("name", TEXT, "Name of the app, usually of the event."),
    column("url", TEXT, "Public address of the app."),
    column("start_date", DATE, "First day of the event, local."),
    column("end_date", DATE, "Last day of the event, local."),
    column(
        "timezone",
        TEXT,
        "Time zone of all session dates and times, as a tz database name; null if none is set.",
        convert=zone_name,
    ),
    *(
        column(f"custom_attendee_field_{n}", TEXT, f"Label of the attendees' field_{n}.")
        for n in range(1, 6)
    ),
    secret("app_password", "Password that attendees need to enter the app."),
    secret("moderator_password", "Password of session moderators."),
)

SESSIONS: Final[tuple[Column, ...]] = (
    key("id", "Short id of the session, made by Conferences i/o."),
    column("external_id", TEXT, "The customer's own id of the session."),
    column("name", TEXT, "Title."),
    column("location", TEXT, "Room or place."),
    column("description", TEXT, "Description; not shown in the app."),
    column("date", TEXT, "Local date as the vendor sends it, usually YYYY-MM-DD."),
    _session_date(source=("date", "session_date"), convert=last_day),
    column("start_time", TEXT, "Local start, HH:MM:SS, in the time zone app.timezone."),
    column("end_time", TEXT, "Local end, HH:MM:SS, in the time zone app.timezone."),
    column("url", TEXT, "Public address of the session."),
    list_of("presenters", "Presenters of the session.", *_PRESENTER),
    list_of(
        "fields_of_study",
        "Credits that the session offers, by field of study.",
        member("name", "Field of study."),
        member("credits", "Credits to earn: text or number, as the vendor sends it."),
    ),
    list_of("learning_objectives", "Learning objectives."),
    column("checkin_required", BOOLEAN, "Whether attendees must check in to join."),
    column("checkout_required", BOOLEAN, "Whether attendees may check out at the end."),
    column("delivery_format", TEXT, "in-person, virtual or hybrid; null if not set."),
    secret("access_code", "Code to find the session among many apps."),
    secret("moderator_password", "Moderator password of this session."),
    secret("checkin_code", "Code needed to check in."),
    secret("checkout_code", "Code needed to check out."),
)

ATTENDANCE: Final[tuple[Column, ...]] = (
    _SESSION_ID,
    key(
        "attendance_key",
        "Key of the check-in record within the session, made from the person's external id, else "
        "e-mail, else names and fields, with a number where one person has several records.",
    ),
    _SESSION_DATE,
    object_of("user", "The attendee.", member("email", "E-mail address."), *_PERSON),
    column("checkin_time", TIMESTAMP, "Earliest check-in (UTC); null if the person has not come."),
    column("checkout_time", TIMESTAMP, "Latest check-out (UTC); null if there is none."),
    column("checkin_time_actual", TIMESTAMP, "Check-in (UTC) before an administrator changed it."),
    column(
        "checkout_time_actual", TIMESTAMP, "Check-out (UTC) before an administrator changed it."
    ),
    column("delivery_format", TEXT, "How the person attended: in-person or virtual."),
    column("admin_note", TEXT, "Note of an administrator."),
    column("attendee_note", TEXT, "Note of the attendee."),
    column("checkin_source", TEXT, "Where the check-in came from."),
    column("checkout_source", TEXT, "Where the check-out came from."),
    column(
        "evaluation_complete",
        TEXT,
        "Whether the evaluation was completed, as the vendor sends it: 1 or 0 as text.",
    ),
    column(
        "total_time_attended",
        TEXT,
        "Attended time as the vendor sends it; its unit is not documented.",
    ),
    list_of(
        "fields_of_study",
        "Credits earned, by field of study.",
        member("name", "Field of study."),
        member("credits", "Credits earned, after any change by an administrator."),
        object_of(
            "codewords",
            "Proof of presence by code words.",
            member("possible", "Code words given in the session."),
            member("valid", "Code words submitted correctly."),
            member("missed", "Code words not submitted."),
            member("valid_list", "The submitted code words."),
            member("missed_list", "The missed code words."),
        ),
    ),
    list_of(
        "history",
        "Every check-in and check-out of the person in this session.",
        member("action", "checkin or checkout."),
        member("timestamp", "When, ISO 8601 with the vendor's offset."),
    ),
)

POLLS: Final[tuple[Column, ...]] = (
    _SESSION_ID,
    _poll_id(source=FOUND_ID),
    _SESSION_DATE,
    column("created", TEXT, "When the poll was made, as the vendor sends it."),
    column("name", TEXT, "Text of the question."),
    column("rank", INTEGER, "Position among the session's polls."),
    column("type", TEXT, "Kind of poll, such as multiple_choice."),
    list_of("choices", "The choices offered."),
    column(
        "responses",
        TEXT,
        "All answers as the vendor sends them, as JSON text; null if there are none. "
        "poll_responses holds them one by one.",
        convert=all_as_json,
    ),
)

POLL_RESPONSES: Final[tuple[Column, ...]] = (
    _SESSION_ID,
    _poll_id(),
    key(
        "response_key",
        "Key of the answer within the poll, made from what the vendor sends about it.",
    ),
    _SESSION_DATE,
    column(
        "response_name",
        TEXT,
        "The name under which the vendor lists the answer (a choice, or an attendee); "
        "null if answers come as a plain list.",
    ),
    column("response", TEXT, "The answer as text; null if it is an object."),
    column("response_value", NUMBER, "The answer if it is a number, such as a count of votes."),
    column("response_data", OBJECT, "The answer if it is an object, as the vendor sends it."),
)

QUESTION_IDS: Final = ("id", "_id", "question_id")
QUESTION_TEXTS: Final = ("question", "text", "content", "body", "name")
"""Where the id and the text of a question may be: the vendor documents neither."""

QUESTIONS: Final[tuple[Column, ...]] = (
    _SESSION_ID,
    key(
        "question_key",
        "Key of the question within the session: made from its id, else from its content.",
    ),
    _SESSION_DATE,
    column(
        "question_id",
        TEXT,
        "The vendor's id of the question, if it sends one.",
        source=QUESTION_IDS,
    ),
    column("question", TEXT, "Text of the question.", source=QUESTION_TEXTS),
)

EVALUATION_RESPONSES: Final[tuple[Column, ...]] = (
    key(
        "response_key",
        "Key of the answer: made from session, user, presenter, question and time.",
    ),
    column(
        "session_id",
        TEXT,
        "Id of the session, found by its external id, else by its name; null where neither "
        "belongs to exactly one session.",
        source=FOUND_ID,
    ),
    object_of(
        "session",
        "The evaluated session.",
        member("name", "Title of the session."),
        member("external_id", "The customer's own id of the session."),
    ),
    object_of(
        "user",
        "Who answered; the vendor sends no e-mail address here.",
        member("id", "Conferences i/o's id of the person."),
        *_PERSON,
    ),
    object_of(
        "presenter",
        "The evaluated presenter; null if the question is about the session.",
        *_PRESENTER,
        convert=presenter_of,
    ),
    column("question", TEXT, "Text of the question."),
    column("response", TEXT, "The answer, such as '5 - Great'."),
    column("response_value", NUMBER, "The answer as a number, where it has one."),
    column("timestamp", TEXT, "When it was submitted, as the vendor sends it."),
    column(
        "responded_at",
        TIMESTAMP,
        "When it was submitted (UTC); null if unreadable.",
        source=("timestamp", "responded_at"),
        convert=responded_at,
    ),
)
