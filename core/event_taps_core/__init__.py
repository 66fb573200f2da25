"""What all event taps share: reading, pacing, classifying, keys, state, the short record path."""

from event_taps_core.answers import Absent, Answer, Broken, Expired, Pending, Refused
from event_taps_core.client import ApiClient, ApiResponse
from event_taps_core.columns import Row, Unconvertible, rfc3339, snake_case, utc_timestamp
from event_taps_core.errors import TapError
from event_taps_core.keys import SurrogateKey, digest
from event_taps_core.reading import Wait
from event_taps_core.settings import settings
from event_taps_core.streams import EventStream, Page, PageWalk
from event_taps_core.tap import EventTap

__all__ = [
    "Absent",
    "Answer",
    "ApiClient",
    "ApiResponse",
    "Broken",
    "EventStream",
    "EventTap",
    "Expired",
    "Page",
    "PageWalk",
    "Pending",
    "Refused",
    "Row",
    "SurrogateKey",
    "TapError",
    "Unconvertible",
    "Wait",
    "digest",
    "rfc3339",
    "settings",
    "snake_case",
    "utc_timestamp",
]
