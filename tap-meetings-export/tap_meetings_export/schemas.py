"""The columns of each stream.

The vendor's page "Meetings API" prints three names: Meeting ID, Creation Time and Last Modified;
its filters and its export for organisers speak of the others. Everything is text, as it is sent:
no document says in which form or time zone times come, or of which type ids are. The likeliest name
of an id comes first.
"""

from __future__ import annotations

from typing import Final

from event_taps_core import json_text
from event_taps_core.schema import TEXT, Column, column, key


def _text(name: str, description: str, *, source: tuple[str, ...] = ()) -> Column:
    return column(name, TEXT, description, source=source, convert=json_text)


_EVENT: Final = key("event_id", "Id of the event, as in the setting event_ids.")
_PERSON: Final = (
    _text(
        "account_id",
        "Id of the person's account (also sent as participant_id or id).",
        source=("account_id", "participant_id", "user_id", "visitor_id", "id"),
    ),
    _text("external_id", "Id that the organiser's own system gave the person by the API."),
    _text("name", "Full name of the person."),
    _text("first_name", "First name; where the vendor does not send full names."),
    _text("last_name", "Last name; where the vendor does not send full names."),
    _text("email", "E-mail address of the person."),
    _text("company", "Company of the person."),
    _text("category", "Category of the person, such as Exhibitor or Visitor."),
)
_LAST_MODIFIED: Final = _text(
    "last_modified",
    "When it was last changed, as sent; may be null until the first change.",
)

MEETINGS: Final[tuple[Column, ...]] = (
    _EVENT,
    key(
        "meeting_id",
        "Id of the meeting, which all its participants' rows share.",
        source=("meeting_id", "id_meeting"),
        convert=json_text,
    ),
    key(
        "participant_key",
        "Key of the person in the meeting: made from the account id, else the e-mail address, else "
        "the external id, else the names; and from the role. With a number where a person is "
        "listed more than once in a role.",
    ),
    *_PERSON,
    _text("role", "Whether the person asked for the meeting or was asked."),
    _text(
        "status",
        "Pending, Incoming, Confirmed, Cancelled, Completed or Expired. A meeting that nobody has "
        "answered is Pending for the one who asked and Incoming for the other.",
    ),
    _text("type", "Kind of meeting, such as Onsite or Online."),
    _text("creation_time", "When the meeting was created, as sent."),
    _text("creation_date", "Day on which it was created, if sent apart from the time."),
    _LAST_MODIFIED,
    _text("appointment_time", "When the meeting is to take place, as sent."),
    _text("appointment_date", "Day on which it is to take place, if sent apart."),
    _text("appointment_start_time", "When it is to begin, if sent with an end."),
    _text("appointment_end_time", "When it is to end, if sent."),
    _text("duration", "Length of the meeting, as sent: minutes, by all appearance."),
    _text("hall", "Hall."),
    _text("stand", "Stand of the exhibitor."),
    _text("location", "Where the meeting takes place."),
    _text("subject", "Subject."),
    _text("message", "What the one who asked wrote to the other."),
    _text("tags", "Tags; a list comes as JSON text."),
    _text(
        "meeting_completion",
        "Whether the meeting took place, by a badge scan for instance; Y or N, as sent.",
    ),
)

PARTICIPANTS: Final[tuple[Column, ...]] = (
    _EVENT,
    key(
        "participant_key",
        "Key of the person: made from the account id, else the e-mail address, else the external "
        "id, else the names. With a number where a person is listed more than once.",
    ),
    *_PERSON,
    _text("job_title", "Job title."),
    _text("country", "Country."),
    _text("status", "Status of the account, as sent."),
    _text("tags", "Tags; a list comes as JSON text."),
    _text("meetings_allowed", "Whether the person may have meetings, as sent."),
    _text("chats_allowed", "Whether the person may chat, as sent."),
    _LAST_MODIFIED,
)
