"""Where the page "Data API" is silent, and what it can be read to mean.

The first position is the page's wording or example, where it has one.
"""

from __future__ import annotations

from typing import Final

from event_sandbox.switches import COMPRESSION, Switch, switches_in

SWITCHES: Final[tuple[Switch, ...]] = (
    *switches_in("""
# Access

bad_key: 401, 403, 200_false, 200_error
    What a wrong key pair gets is not documented; `authenticated` may be false at 200.
wrong_request: 400, 404, 403, 200_error, 200_empty
    What an unknown account or data method gets is not documented.
account: checked, ignored
    A key belongs to one account; whether `account` has to be its name is not documented.
host: answers, redirects
    The API is at the bare domain in newer pages, at www in older ones; one may redirect.

# The limit

rate_limit: sliding, fixed, off
    "10 successful calls in each 5 second interval": any five seconds, or fixed ones.
breach_answer: 429, 429_retry_after, 403, 503, 503_page, 200_error
    The answer to a call too many is not documented.
breaches: logged, disable_key
    "Following excessive rate limiting keys may be disabled": here, after five breaches.

# Errors and other members

error_body: json, html
    "The response is always delivered in JSON", but the API lives on a web site.
error_member: errors, error, error_object, status
    Errors can be passed alongside the data; under which name is not documented.
beside_output: none, meta, warnings, empty_errors
    Meta information and warnings can be passed alongside the data, too.
members_place: after, before
    In a long answer it matters whether they come before or after `output`.
first_answer: good, error_member, output_missing, output_null, html
    A call may fail at HTTP 200 and work when it is repeated.
lone_range: answers, error_member
    Part of the data may fail each time: any range with one certain chat has an error.
large_range: answered, 500, 504, 413, 400_days, error_member
    One call returns the whole range; how large that may become is not documented.

# What a range selects

zone: utc, london, plus_11, minus_11
    Dates are rounded to midnight; whose midnight is not documented.
exact_midnight: stays, next_day
    Whether a midnight is rounded up to itself or to the next one is not documented.
future_to_date: unconfined, confined
    With a future to_date, "no 'to' date is used to confine results", or just a later one.
multi_day: by_start, by_end, overlap
    Whether an event of several days falls between dates by its start, its end, or any day.

# Rows

missing_values: empty_text, null, absent
    The example has an empty e-mail address; other forms of nothing are possible.
attended_type: text, list, number, boolean, mixed
    AttendedOnlineLiveChat is a text of digits; one person may attend several chats.
registered_type: boolean, text, number
    A boolean in the example; the same data is also exported as CSV.
column_names: joined, spaced
    Names have no spaces in the example; headings of a CSV file often do.
new_columns: absent, later
    "There is no set schema": recent rows may have a column that older ones lack.
row_order: by_event, shuffled
    No order of rows is documented.
odd_json: absent, nan, bom
    What writes the JSON may write NaN, or a byte-order mark.
"""),
    COMPRESSION,
)
