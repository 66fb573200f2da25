"""The columns of each stream.

The vendor's page "Meetings API" prints three names: Meeting ID, Creation Time and Last Modified;
its filters and its export for organisers speak of the others. Everything is text, as it is sent:
no document says in which form or time zone times come, or of which type ids are.
"""

from __future__ import annotations

from typing import Final

from event_taps_core.schema import TEXT, Column, column, key

_EVENT: Final = key("event_id", "Id of the event, as in the setting event_ids.")
_PERSON: Final = (
    column("account_id", TEXT, "Id of the person's account (also sent as participant_id or id)."),
    column("external_id", TEXT, "Id that the organiser's own system gave the person by the API."),
    column("name", TEXT, "Full name of the person."),
    column("first_name", TEXT, "First name; where the vendor does not send full names."),
    column("last_name", TEXT, "Last name; where the vendor does not send full names."),
    column("email", TEXT, "E-mail address of the person."),
    column("company", TEXT, "Company of the person."),
    column("category", TEXT, "Category of the person, such as Exhibitor or Visitor."),
)
_LAST_MODIFIED: Final = column(
    "last_modified",
    TEXT,
    "When it was last changed, as sent; may be null until the first change.",
)

MEETINGS: Final[tuple[Column, ...]] = (
    _EVENT,
    key("meeting_id", "Id of the meeting, which all its participants' rows share."),
    key(
        "participant_key",
        "Key of the person in the meeting: made from the account id, else the e-mail address, else "
        "the external id, else the names; and from the role. With a number where a person is "
        "listed more than once in a role.",
    ),
    *_PERSON,
    column("role", TEXT, "Whether the person asked for the meeting or was asked."),
    column(
        "status",
        TEXT,
        "Pending, Incoming, Confirmed, Cancelled, Completed or Expired. A meeting that nobody has "
        "answered is Pending for the one who asked and Incoming for the other.",
    ),
    column("type", TEXT, "Kind of meeting, such as Onsite or Online."),
    column("creation_time", TEXT, "When the meeting was created, as sent."),
    column("creation_date", TEXT, "Day on which it was created, if sent apart from the time."),
    _LAST_MODIFIED,
    column("appointment_time", TEXT, "When the meeting is to take place, as sent."),
    column("appointment_date", TEXT, "Day on which it is to take place, if sent apart."),
    column("appointment_start_time", TEXT, "When it is to begin, if sent with an end."),
    column("appointment_end_time", TEXT, "When it is to end, if sent."),
    column("duration", TEXT, "Length of the meeting, as sent: minutes, by all appearance."),
    column("hall", TEXT, "Hall."),
    column("stand", TEXT, "Stand of the exhibitor."),
    column("location", TEXT, "Where the meeting takes place."),
    column("subject", TEXT, "Subject."),
    column("message", TEXT, "What the one who asked wrote to the other."),
    column("tags", TEXT, "Tags; a list comes as JSON text."),
    column(
        "meeting_completion",
        TEXT,
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
    column("job_title", TEXT, "Job title."),
    column("country", TEXT, "Country."),
    column("status", TEXT, "Status of the account, as sent."),
    column("tags", TEXT, "Tags; a list comes as JSON text."),
    column("meetings_allowed", TEXT, "Whether the person may have meetings, as sent."),
    column("chats_allowed", TEXT, "Whether the person may chat, as sent."),
    _LAST_MODIFIED,
)
