"""Where the reference is silent or contradicts itself."""

from __future__ import annotations

from typing import Final

from event_sandbox.switches import COMPRESSION, Switch, switches_in

SWITCHES: Final[tuple[Switch, ...]] = (
    *switches_in("""
polls_empty: object, array, null
    The example shows `{}` for no polls; an empty map may as well be sent as `[]` or null.
questions_empty: array, null, object
    The example shows `[]` for no questions, the schema allows null.
data_empty: shape, null
    Whether `data` keeps its shape when a session has neither polls nor questions.
poll_responses: objects, values, counts, by_attendee
    `responses` is of type any; nothing shows what it looks like with answers in it.
question_shape: objects_with_id, objects_without_id, texts
    A question is documented as an object without attributes, `[{}]`.
code: text, number
    `code` is a text in all examples, and described as the HTTP status code.
status_word: ok, absent
    Successful responses "generally include" a status.
auth_failure: 401, 403, 500, html, redirect
    No answer to a missing or wrong key is documented; 500 is the only documented error.
api: active, not_activated
    Nothing works before the vendor activates the API; how it then answers is not documented.
server_error: envelope, html
    The body of a 500 is documented; that of a proxy in front of the API is not.
unknown_session: 404, 500
    No answer to an unknown session id is documented.
evaluation_timestamp: rfc2822_wrong_weekday, rfc2822, iso, garbage
    All timestamps are ISO-8601, says the text; the example is RFC 2822 with a wrong weekday.
presenter: object, text, null
    An evaluation's `presenter` is of type any, null in the example.
date_form: single, list, range_text, spelled
    A session can span several days; how `date` then looks is not documented.
session_id_form: text, number
    Ids are short strings; some consist of digits only.
timezone: name, null, minus_one_text, minus_one_number
    -1 is passed for no time zone; what is then given back is not documented.
credits: text, number
    A session's credits are texts, a check-in record's are numbers.
session_names: unique, repeated
    Evaluations name their session; nothing says that names are unique.
session_external_ids: present, absent
    External ids are optional.
attendance_flags: absent, present
    `evaluation_complete` and `total_time_attended` are in the schema, not in the example.
app_url: absent, present
    The app's `url` is in the schema, not in the example.
count: right, wrong
    `count` is the number of records in this response; were it larger, pages would be hidden.
unknown_fields: absent, present
    The API may return more attributes than the reference lists.
odd_types: absent, present
    Values may be of other types than listed: a text for a flag or a number, no e-mail.
hidden_sessions: listed, unlisted
    Whether the list holds the sessions that an organiser hid is not documented.
empty_lists: array, null
    Empty lists of a session are null in the examples; the schema allows both.
list_order: by_id, shuffled
    No order of any list is promised.
"""),
    COMPRESSION,
)
