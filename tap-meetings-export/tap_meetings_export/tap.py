"""tap-meetings-export: the meetings of ExpoPlatform's events, and their participants."""

from __future__ import annotations

from typing import Final

from singer_sdk import typing as th

from event_taps_core import ACCOUNT, ACCOUNT_SETTING, EventTap, settings, streams_in
from tap_meetings_export import streams
from tap_meetings_export.client import ExpoPlatformClient

_EVENT_IDS: Final = th.CustomType(
    {
        "type": "array",
        "items": {"type": ["integer", "string"], "pattern": r"^[0-9]+(?![\s\S])", "minimum": 0},
        "minItems": 1,
    }
)


class TapMeetingsExport(EventTap):
    """ExpoPlatform: who meets whom at a trade show."""

    name = "tap-meetings-export"
    client_class = ExpoPlatformClient
    constant_columns = (ACCOUNT,)
    stream_classes = streams_in(streams)
    isolates_refusals = True
    config_jsonschema = settings(
        th.Property(
            "api_key",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="API key",
            description="The key that ExpoPlatform's staff gave for the event; sent as it is, "
            "after 'Basic'. It is good for one cycle of an event.",
        ),
        th.Property(
            "event_ids",
            _EVENT_IDS,
            required=True,
            title="Event ids",
            examples=[[1041, 1187]],
            description="The events to read, by their numbers, such as [1041, 1187]; the API has "
            "no list of events.",
        ),
        ACCOUNT_SETTING,
        th.Property(
            "page_size",
            th.IntegerType(minimum=1, maximum=500),
            title="Page size",
            default=500,
            description="Rows to ask for at once, 500 at most; of participants never more than "
            "100, as ExpoPlatform recommends.",
        ),
        th.Property(
            "overlap_minutes",
            th.IntegerType(minimum=0, maximum=525_600),
            title="Overlap (minutes)",
            default=5,
            description="How far before the last run changes are asked for again, for clocks that "
            "differ and changes that show late.",
        ),
        api_url=th.Property(
            "api_url",
            th.URIType(nullable=False, min_length=1),
            required=True,
            title="API URL",
            description="Address of the API for this customer, usually "
            "https://api-<customer>.expoplatform.com; ExpoPlatform names it with the key. "
            "With or without /api/v2 and a slash at the end.",
        ),
        requests_per_minute=120,
    )
