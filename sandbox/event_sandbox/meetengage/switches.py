"""Where the page "Data API" is silent, and what it can be read to mean.

The first position is the page's wording or example, where it has one.
"""

from __future__ import annotations

from typing import Final

from event_sandbox.switches import COMPRESSION, Switch

SWITCHES: Final = (
    # Access
    Switch(
        "bad_key",
        ("401", "403", "200_false", "200_error"),
        "What a wrong key pair gets is not documented; `authenticated` may be false at 200.",
    ),
    Switch(
        "wrong_request",
        ("400", "404", "403", "200_error", "200_empty"),
        "What an unknown account or data method gets is not documented.",
    ),
    Switch(
        "account",
        ("checked", "ignored"),
        "A key belongs to one account; whether `account` has to be its name is not documented.",
    ),
    Switch(
        "host",
        ("answers", "redirects"),
        "The API is at the bare domain in newer pages, at www in older ones; one may redirect.",
    ),
    Switch(
        "other_host",
        ("answers", "redirects"),
        "And the other one may redirect back.",
    ),
    # The limit
    Switch(
        "rate_limit",
        ("sliding", "fixed", "off"),
        '"10 successful calls in each 5 second interval": any five seconds, or fixed ones.',
    ),
    Switch(
        "breach_answer",
        ("429", "429_retry_after", "403", "503", "503_page", "200_error"),
        "The answer to a call too many is not documented.",
    ),
    Switch(
        "breaches",
        ("logged", "disable_key"),
        '"Following excessive rate limiting keys may be disabled": here, after five breaches.',
    ),
    # Errors and other members
    Switch(
        "error_body",
        ("json", "html"),
        '"The response is always delivered in JSON", but the API lives on a web site.',
    ),
    Switch(
        "error_member",
        ("errors", "error", "error_object", "status"),
        "Errors can be passed alongside the data; under which name is not documented.",
    ),
    Switch(
        "beside_output",
        ("none", "meta", "warnings", "empty_errors"),
        "Meta information and warnings can be passed alongside the data, too.",
    ),
    Switch(
        "members_place",
        ("after", "before"),
        "In a long answer it matters whether they come before or after `output`.",
    ),
    Switch(
        "first_answer",
        ("good", "error_member", "output_missing", "output_null", "html"),
        "A call may fail at HTTP 200 and work when it is repeated.",
    ),
    Switch(
        "lone_range",
        ("answers", "error_member"),
        "Part of the data may fail each time: any range with one certain chat has an error.",
    ),
    Switch(
        "large_range",
        ("answered", "500", "504", "timeout", "413", "400_days", "error_member"),
        "One call returns the whole range; how large that may become is not documented.",
    ),
    # What a range selects
    Switch(
        "zone",
        ("utc", "london", "plus_11", "minus_11"),
        "Dates are rounded to midnight; whose midnight is not documented.",
    ),
    Switch(
        "exact_midnight",
        ("stays", "next_day"),
        "Whether a midnight is rounded up to itself or to the next one is not documented.",
    ),
    Switch(
        "future_to_date",
        ("unconfined", "confined"),
        "With a future to_date, \"no 'to' date is used to confine results\", or just a later one.",
    ),
    Switch(
        "multi_day",
        ("none", "by_start", "by_end", "overlap"),
        "Whether an event of several days falls between dates by its start, its end, or any day.",
    ),
    # Rows
    Switch(
        "missing_values",
        ("empty_text", "null", "absent"),
        "The example has an empty e-mail address; other forms of nothing are possible.",
    ),
    Switch(
        "attended_type",
        ("text", "list", "number", "boolean", "mixed"),
        "AttendedOnlineLiveChat is a text of digits; one person may attend several chats.",
    ),
    Switch(
        "registered_type",
        ("boolean", "text", "number"),
        "A boolean in the example; the same data is also exported as CSV.",
    ),
    Switch(
        "column_names",
        ("joined", "spaced"),
        "Names have no spaces in the example; headings of a CSV file often do.",
    ),
    Switch(
        "new_columns",
        ("absent", "later"),
        '"There is no set schema": recent rows may have a column that older ones lack.',
    ),
    Switch(
        "row_order",
        ("by_event", "shuffled"),
        "No order of rows is documented.",
    ),
    Switch(
        "odd_json",
        ("absent", "nan", "bom"),
        "What writes the JSON may write NaN, or a byte-order mark.",
    ),
    # Every vendor
    COMPRESSION,
)
