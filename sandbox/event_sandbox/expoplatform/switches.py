"""What the vendor's pages leave open: nearly everything about the answers.

The first position is what the help pages say or print; else what is nearest to them: the answers of
a sibling endpoint of the same version, or the columns of the same export as a spreadsheet.
"""

from __future__ import annotations

from typing import Final

from event_sandbox.switches import COMPRESSION, Switch, switches_in

SWITCHES: Final[tuple[Switch, ...]] = (
    *switches_in("""
# Access and errors

key: active, off
    A key is switched off when the show ends; nothing can be read then.
event_access: all, one_off
    A key belongs to an event cycle; whether it opens a past show is not documented.
host: stays, moved
    Each customer has a host; whether an old one redirects is not documented.
errors: http, code_at_200
    Bodies of version 1 carry a `code`, so an error may come as HTTP 200.
error_body: error, message, errors, code
    Bodies of errors are not documented.

# Envelopes

envelope: data, list, data_list, named
    Where the rows are in an answer is not documented.
metadata: interactions, none, total, meta
    None is documented; the first are the names of the statistics endpoint.
total: right, text, null, meetings, more, unfiltered
    Whether totals count rows or meetings, and if filters count, is not documented.
body_code: absent, number, text
    Bodies of version 1 carry `code: 200`.

# Pages

past_end: empty, repeated, first, 404, 400
    What a page after the last one looks like is not documented.
largest_page: 500, 100, 50
    500 is documented; version 1 silently sends fewer rows than were asked for.
size_out_of_range: clamp, error
    What happens to a page size out of its range is not documented.
short_pages: none, some
    Rows that may not be seen may be filtered out before or after pages are cut.
order_by: works, ignored, error
    The parameter came later than the endpoint; older environments may not know it.
ties: stable, shuffled
    Rows can be ordered by account or time only; the order of equals is not documented.

# Filters

filters: work, created_ignored, modified_ignored, modified_refused, timestamp_ignored, all_ignored
    Filters were added one by one; older environments may ignore or refuse the newer ones.
bounds: inclusive, exclusive
    Whether the bounds of a time filter are part of it is not documented.
modified_filter: edited_only, with_new
    Whether `last_modified_from` finds meetings that were never edited is not documented.
never_modified: null, creation
    What `Last Modified` holds before the first edit is not documented.

# Names

keys: title, snake, camel
    The page prints `Meeting ID`, as in the spreadsheet; parameters are in snake_case.
meeting_id_name: meeting_id, id_meeting
    Only `Meeting ID` is printed, and not in an answer.
account_id_name: account_id, participant_id, user_id, visitor_id, id
    `account_id` is a filter and an order; the attribute's name is not documented.
participant_id_name: id, account_id
    `id` is said to be the internal id; the list's attributes are not documented.
row_id: absent, present
    A row may have an id of its own.
time_columns: one, separate, start_end
    Headings read `Date & Time`, the field is `Creation Time`: one column or two.
name_parts: full, split
    Whether a person's name is one attribute or two is not documented.

# Values

identity: complete, some_without, without_account, without_account_and_email, names_only
    What tells participants apart in a row is not documented.
id_types: number, text
    Ids are integers for one source, texts for another.
time_format: local, unix, unix_text, iso_offset
    Neither format nor zone of any time is documented.
empty_values: null, absent, empty_text
    How an attribute without a value is sent is not documented.
statuses: by_side, by_meeting
    Pending and Incoming are one meeting seen from two sides, so rows of it may differ.
listed_twice: no, yes
    Whether somebody can be on both sides of a meeting is not documented.
completion: letter, boolean
    `Meeting completion` is Y or N in the spreadsheet.
tags: text, list
    Tags are one cell of the spreadsheet.
unknown_fields: absent, present
    Rows may have more attributes than anybody mentions.
odd_types: absent, present
    Values may be objects, or texts with a unit.
"""),
    COMPRESSION,
)
