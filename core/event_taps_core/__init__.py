"""What all event taps share: reading, pacing, classifying, keys, state, the short record path."""

from event_taps_core.api_errors import (
    MAX_RETRY_AFTER_SECONDS,
    AccessDenied,
    ApiError,
    BadResponse,
    CredentialsExpired,
    NotFound,
    NotReady,
    Redirected,
    TimedOut,
    TooManyRequests,
    asked_to_wait,
    classify_status,
)
from event_taps_core.auth import Authenticator, CredentialsClient
from event_taps_core.base_tap import BaseTap
from event_taps_core.client import ApiClient
from event_taps_core.columns import EXTRA_FIELDS, NOTHING, READ_AT, Row, Sources
from event_taps_core.errors import TapError
from event_taps_core.json_values import count_of, objects_in
from event_taps_core.keys import SurrogateKey, digest, make_room
from event_taps_core.large_answers import pages_of, read_envelope
from event_taps_core.outcomes import MissingPart, ReadAgain, ReadInFull, Remark, SetAside, Suspect
from event_taps_core.pacer import CallWindow
from event_taps_core.pages import Counts, IncompletePages, PageEvidence, Pages, Place
from event_taps_core.partitions import WHOLE_STREAM
from event_taps_core.progress import ChangedSince
from event_taps_core.reading import Stopped, Wait
from event_taps_core.schema import ACCOUNT
from event_taps_core.session import ApiResponse
from event_taps_core.settings import ACCOUNT_SETTING, settings
from event_taps_core.settling import parse_datetime
from event_taps_core.shards import merge_states
from event_taps_core.streams import EventStream, Page, streams_in
from event_taps_core.summary import StreamStats
from event_taps_core.tap import EventTap
from event_taps_core.values import (
    Unconvertible,
    from_milliseconds,
    integer,
    json_text,
    rfc3339,
    snake_case,
    text,
    utc_timestamp,
)
from event_taps_core.words import texts_in

__all__ = [
    "ACCOUNT",
    "ACCOUNT_SETTING",
    "EXTRA_FIELDS",
    "MAX_RETRY_AFTER_SECONDS",
    "NOTHING",
    "READ_AT",
    "WHOLE_STREAM",
    "AccessDenied",
    "ApiClient",
    "ApiError",
    "ApiResponse",
    "Authenticator",
    "BadResponse",
    "BaseTap",
    "CallWindow",
    "ChangedSince",
    "Counts",
    "CredentialsClient",
    "CredentialsExpired",
    "EventStream",
    "EventTap",
    "IncompletePages",
    "MissingPart",
    "NotFound",
    "NotReady",
    "Page",
    "PageEvidence",
    "Pages",
    "Place",
    "ReadAgain",
    "ReadInFull",
    "Redirected",
    "Remark",
    "Row",
    "SetAside",
    "Sources",
    "Stopped",
    "StreamStats",
    "SurrogateKey",
    "Suspect",
    "TapError",
    "TimedOut",
    "TooManyRequests",
    "Unconvertible",
    "Wait",
    "asked_to_wait",
    "classify_status",
    "count_of",
    "digest",
    "from_milliseconds",
    "integer",
    "json_text",
    "make_room",
    "merge_states",
    "objects_in",
    "pages_of",
    "parse_datetime",
    "read_envelope",
    "rfc3339",
    "settings",
    "snake_case",
    "streams_in",
    "text",
    "texts_in",
    "utc_timestamp",
]
