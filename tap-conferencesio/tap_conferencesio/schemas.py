"""The columns of each stream, as the vendor's reference describes them (heading "Schemas").

Nested objects and lists stay as the vendor sends them. A column marked `secret` is loaded only
with the setting `include_secrets`.
"""

from __future__ import annotations

from typing import Any, Final

from singer_sdk import typing as th

Columns = tuple[th.Property[Any], ...]

_TEXT: Final = th.StringType()
_INTEGER: Final = th.IntegerType()
_NUMBER: Final = th.NumberType()
_BOOLEAN: Final = th.BooleanType()
_TIMESTAMP: Final = th.DateTimeType()
_DATE: Final = th.DateType()
_TEXTS: Final = th.ArrayType(th.StringType())


def _column(name: str, kind: th.JSONTypeHelper[Any], description: str) -> th.Property[Any]:
    return th.Property(name, kind, description=description)


def _key(name: str, description: str) -> th.Property[Any]:
    return th.Property(name, _TEXT, description=description, required=True)


def _secret(name: str, description: str) -> th.Property[Any]:
    return th.Property(name, _TEXT, description=description, secret=True)


_SUBDOMAIN: Final = _key(
    "subdomain", "The app's subdomain: the part before .cnf.io of its address."
)
_SESSION_ID: Final = _key("session_id", "Id of the session: joins to sessions.id.")
_SESSION_DATE: Final = _column(
    "session_date",
    _DATE,
    "Local date of the session, its last day if it spans several; null if it has none.",
)

_PERSON: Final = (
    _column("external_id", _TEXT, "The customer's own id of the person."),
    _column("first_name", _TEXT, "First name."),
    _column("last_name", _TEXT, "Last name."),
    *(
        _column(
            f"field_{n}",
            _TEXT,
            f"Custom attendee field {n}; its label is app.custom_attendee_field_{n}.",
        )
        for n in range(1, 6)
    ),
)

APP: Final[Columns] = (
    _SUBDOMAIN,
    _column("name", _TEXT, "Name of the app, usually of the event."),
    _column("url", _TEXT, "Public address of the app."),
    _column("start_date", _DATE, "First day of the event, local."),
    _column("end_date", _DATE, "Last day of the event, local."),
    _column(
        "timezone",
        _TEXT,
        "Time zone of all session dates and times, as a tz database name; null if none is set.",
    ),
    *(
        _column(f"custom_attendee_field_{n}", _TEXT, f"Label of the attendees' field_{n}.")
        for n in range(1, 6)
    ),
    _secret("app_password", "Password that attendees need to enter the app."),
    _secret("moderator_password", "Password of session moderators."),
)

SESSIONS: Final[Columns] = (
    _SUBDOMAIN,
    _key("id", "Short id of the session, made by Conferences i/o."),
    _column("external_id", _TEXT, "The customer's own id of the session."),
    _column("name", _TEXT, "Title."),
    _column("location", _TEXT, "Room or place."),
    _column("description", _TEXT, "Description; not shown in the app."),
    _column("date", _TEXT, "Local date as the vendor sends it, usually YYYY-MM-DD."),
    _SESSION_DATE,
    _column("start_time", _TEXT, "Local start, HH:MM:SS, in the time zone app.timezone."),
    _column("end_time", _TEXT, "Local end, HH:MM:SS, in the time zone app.timezone."),
    _column("url", _TEXT, "Public address of the session."),
    _column(
        "presenters",
        th.ArrayType(
            th.ObjectType(
                _column("id", _TEXT, "Id of the presenter."),
                _column("external_id", _TEXT, "The customer's own id of the presenter."),
                _column("name", _TEXT, "Full name."),
                additional_properties=True,
            )
        ),
        "Presenters of the session.",
    ),
    _column(
        "fields_of_study",
        th.ArrayType(
            th.ObjectType(
                _column("name", _TEXT, "Field of study."),
                _column(
                    "credits",
                    th.CustomType({"type": ["string", "number", "null"]}),
                    "Credits to earn, as text or number, as the vendor sends it.",
                ),
                additional_properties=True,
            )
        ),
        "Credits that the session offers, by field of study.",
    ),
    _column("learning_objectives", _TEXTS, "Learning objectives."),
    _column("checkin_required", _BOOLEAN, "Whether attendees must check in to join."),
    _column("checkout_required", _BOOLEAN, "Whether attendees may check out at the end."),
    _column("delivery_format", _TEXT, "in-person, virtual or hybrid; null if not set."),
    _secret("access_code", "Code to find the session among many apps."),
    _secret("moderator_password", "Moderator password of this session."),
    _secret("checkin_code", "Code needed to check in."),
    _secret("checkout_code", "Code needed to check out."),
)

ATTENDANCE: Final[Columns] = (
    _SUBDOMAIN,
    _SESSION_ID,
    _key(
        "attendance_key",
        "Key of the check-in record within the session, made from the person's external id, else "
        "e-mail, else names and fields, with a number where one person has several records.",
    ),
    _SESSION_DATE,
    _column(
        "user",
        th.ObjectType(
            _column("email", _TEXT, "E-mail address."), *_PERSON, additional_properties=True
        ),
        "The attendee.",
    ),
    _column(
        "checkin_time", _TIMESTAMP, "Earliest check-in (UTC); null if the person has not come."
    ),
    _column("checkout_time", _TIMESTAMP, "Latest check-out (UTC); null if there is none."),
    _column(
        "checkin_time_actual", _TIMESTAMP, "Check-in (UTC) before an administrator changed it."
    ),
    _column(
        "checkout_time_actual", _TIMESTAMP, "Check-out (UTC) before an administrator changed it."
    ),
    _column("delivery_format", _TEXT, "How the person attended: in-person or virtual."),
    _column("admin_note", _TEXT, "Note of an administrator."),
    _column("attendee_note", _TEXT, "Note of the attendee."),
    _column("checkin_source", _TEXT, "Where the check-in came from."),
    _column("checkout_source", _TEXT, "Where the check-out came from."),
    _column(
        "evaluation_complete",
        _TEXT,
        "Whether the evaluation was completed, as the vendor sends it: 1 or 0 as text.",
    ),
    _column(
        "total_time_attended",
        _TEXT,
        "Attended time as the vendor sends it; its unit is not documented.",
    ),
    _column(
        "fields_of_study",
        th.ArrayType(
            th.ObjectType(
                _column("name", _TEXT, "Field of study."),
                _column(
                    "credits",
                    th.CustomType({"type": ["number", "string", "null"]}),
                    "Credits earned, after any change by an administrator.",
                ),
                _column(
                    "codewords",
                    th.ObjectType(
                        _column("possible", _INTEGER, "Code words given in the session."),
                        _column("valid", _INTEGER, "Code words submitted correctly."),
                        _column("missed", _INTEGER, "Code words not submitted."),
                        _column("valid_list", _TEXTS, "The submitted code words."),
                        _column("missed_list", _TEXTS, "The missed code words."),
                        additional_properties=True,
                    ),
                    "Proof of presence by code words.",
                ),
                additional_properties=True,
            )
        ),
        "Credits earned, by field of study.",
    ),
    _column(
        "history",
        th.ArrayType(
            th.ObjectType(
                _column("action", _TEXT, "checkin or checkout."),
                _column("timestamp", _TEXT, "When, ISO 8601 with the vendor's offset."),
                additional_properties=True,
            )
        ),
        "Every check-in and check-out of the person in this session.",
    ),
)

_POLL_ID: Final = _key("poll_id", "Id of the poll within the app.")

POLLS: Final[Columns] = (
    _SUBDOMAIN,
    _SESSION_ID,
    _POLL_ID,
    _SESSION_DATE,
    _column("created", _TEXT, "When the poll was made, as the vendor sends it."),
    _column("name", _TEXT, "Text of the question."),
    _column("rank", _INTEGER, "Position among the session's polls."),
    _column("type", _TEXT, "Kind of poll, such as multiple_choice."),
    _column("choices", _TEXTS, "The choices offered."),
    _column(
        "responses",
        _TEXT,
        "All answers as the vendor sends them, as JSON text; null if there are none. "
        "poll_responses holds them one by one.",
    ),
)

POLL_RESPONSES: Final[Columns] = (
    _SUBDOMAIN,
    _SESSION_ID,
    _POLL_ID,
    _key(
        "response_key",
        "Key of the answer within the poll, made from what the vendor sends about it.",
    ),
    _SESSION_DATE,
    _column(
        "response_name",
        _TEXT,
        "The name under which the vendor lists the answer (a choice, or an attendee); "
        "null if answers come as a plain list.",
    ),
    _column("response", _TEXT, "The answer as text; null if it is an object."),
    _column("response_value", _NUMBER, "The answer if it is a number, such as a count of votes."),
    _column(
        "response_data",
        th.ObjectType(additional_properties=True),
        "The answer if it is an object, as the vendor sends it.",
    ),
)

QUESTIONS: Final[Columns] = (
    _SUBDOMAIN,
    _SESSION_ID,
    _key(
        "question_key",
        "Key of the question within the session: made from its id, else from its content.",
    ),
    _SESSION_DATE,
    _column("question_id", _TEXT, "The vendor's id of the question, if it sends one."),
    _column("question", _TEXT, "Text of the question."),
)

EVALUATION_RESPONSES: Final[Columns] = (
    _SUBDOMAIN,
    _key(
        "response_key",
        "Key of the answer: made from session, user, presenter, question and time.",
    ),
    _column(
        "session_id",
        _TEXT,
        "Id of the session, found by its external id, else by its name; null where neither "
        "belongs to exactly one session.",
    ),
    _column(
        "session",
        th.ObjectType(
            _column("name", _TEXT, "Title of the session."),
            _column("external_id", _TEXT, "The customer's own id of the session."),
            additional_properties=True,
        ),
        "The evaluated session.",
    ),
    _column(
        "user",
        th.ObjectType(
            _column("id", _TEXT, "Conferences i/o's id of the person."),
            *_PERSON,
            additional_properties=True,
        ),
        "Who answered; the vendor sends no e-mail address here.",
    ),
    _column(
        "presenter",
        th.ObjectType(
            _column("id", _TEXT, "Id of the presenter."),
            _column("external_id", _TEXT, "The customer's own id of the presenter."),
            _column("name", _TEXT, "Full name."),
            additional_properties=True,
        ),
        "The evaluated presenter; null if the question is about the session.",
    ),
    _column("question", _TEXT, "Text of the question."),
    _column("response", _TEXT, "The answer, such as '5 - Great'."),
    _column("response_value", _NUMBER, "The answer as a number, where it has one."),
    _column("timestamp", _TEXT, "When it was submitted, as the vendor sends it."),
    _column("responded_at", _TIMESTAMP, "When it was submitted (UTC); null if unreadable."),
)
