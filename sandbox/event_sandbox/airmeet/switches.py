"""Where the help article is silent, contradicts itself, or differs from what clients meet.

The first position is what clients met, where that is known; else what the article says or shows.
"""

from __future__ import annotations

from typing import Final

from event_sandbox.switches import COMPRESSION, Switch, switches_in

SWITCHES: Final[tuple[Switch, ...]] = (
    *switches_in("""
# Authentication and errors

auth_shape: observed, documented
    Documented is `data.token`; every client that works reads a `token` at the top.
keys: active, revoked
    Revoked keys get 403; nothing can be read then.
token_life: 30_days, 50_requests
    Tokens are valid for 30 days; a run may begin with one that is about to expire.
expired_token: 412, 400, 401
    An expired token is documented as 412; a bad one as 400, which may be the same.
new_token: keeps_old, replaces_old
    Whether a new token ends the one before is not documented.
content_type: optional, required
    All APIs are said to expect a JSON content type; clients do without on GET.
error_body: own, message, empty
    Bodies of errors are not documented; those of the gateway in front are `{message}`.
server_error: json, html
    The body of a server error is not documented; a proxy's is a page.
not_finished: http_200, http_400
    "... status is not valid" is an error of code 400 in a body; clients met it at HTTP 200.
archived_event: gone, answers
    Archived events are not listed; whether their details still answer is not documented.
foreign_event: unlisted, listed
    A token may not belong to an event's community; a listed one would refuse all details.

# Pages

size_out_of_range: clamp, error
    Page sizes have a range; what happens outside of it is not documented.
largest_page: documented, five
    A gateway may send fewer rows than were asked for: what came counts, not what was asked.
last_after: number, null, absent
    The last page's `after` is still a number for one client; others stop at null.
past_end: empty, repeated, error
    What a page after the last one looks like is not documented.
page_count: pages, one, one_more
    `pageCount` is the number of pages, says the connector; rows may be added meanwhile.
total_count: present, absent
    `totalCount` is in the samples of reports and not in that of /airmeets.
airmeets_after: works, ignored, ignored_by_fives
    A client notes that paging /airmeets by `after` did not behave: page 1 comes again, of any size.
airmeets_order: ascending, descending
    Events are sorted by creation time; the direction is not documented.

# Reports that are prepared

pending_body: message, empty
    The 202 has a message in two samples and no body in two others.
pending_on: first_page, later_page, every_page
    Whether 202 can come in the middle of a walk through pages is not documented.
report_memory: kept, walk
    How long a prepared report stays is not documented: until the day is over, or read once.
never_ready: none, one_event
    Nothing promises that a report will be ready: the newest finished event's stay 202.
empty_report: list, null, object
    What a report without rows looks like is not documented; errors have `data: {}`.

# Values

time_stamp: iso, colons, epoch_ms
    Samples have colons in the date; a client parses the value as a JavaScript date.
list_times: utc, offset
    `<ISO_Date_String>`, without an example.
duration_viewed: integer, float, text
    "duration_viewed is in minutes" is all that is said.
track_order: null, text
    Null in the sample, a text in the connector's schema.
booth_details: null, text, objects
    A booth's details are null in the sample; filled ones may be texts or objects.
no_booths: null, list
    An event without booths: clients guard against null.
empty_list: list, null
    Empty lists of fields, tracks, sessions, participants and recordings.
empty_members: list, null
    Empty lists inside rows: hosts, speakers, exhibitors, tags, answers, options.
poll_items: answer, typo, with_session_id
    In the sample the second poll's answer is called `session_id`.
poll_answer: text, list, typed
    The type of an answer to a poll with several choices, or of a rating, is not documented.
people_without_utms: null_values, null_object, no_row
    Whether people without UTM values have a row is not documented.
utm_keys: three, five
    Clients met three UTM values; five are in use.
recordings_per_session: one, several
    Nothing says that a session has one recording at most.
session_ids_param: optional, required
    `sessionIds` is in the documented URL; a client does without, a catalogue says required.
replay_fields: few, many
    Rows of replay attendance are not documented; their siblings have more attributes.
participant_user_id: absent, present
    A `user_id` is in one client's fixtures and not in the article.
profile_values: text, list
    Answers to questions with several choices may be lists, as when they are written.
airmeet_description: absent, present
    The connector's schema has a `description`, the article has not.
info_body: event, sessions_only
    The article shows only `sessions`; clients read the event's own attributes as well.
attendance_ids: stable, renumbered
    Whether ids stay the same when a report is prepared anew is not documented.
unknown_fields: absent, present
    The API may return more attributes than the article lists.
odd_types: absent, present
    Values may be of other types than listed: a text for a flag or a number, no e-mail.
"""),
    COMPRESSION,
)
