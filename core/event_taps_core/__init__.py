"""What all event taps share: reading, pacing, classifying, keys, state, the short record path."""

from event_taps_core.api_errors import (
    AccessDenied,
    ApiError,
    BadResponse,
    CredentialsExpired,
    Gone,
    NotFound,
    NotReady,
    Redirected,
    TimedOut,
    TooManyRequests,
)
from event_taps_core.auth import Authenticator, CredentialsClient
from event_taps_core.base_tap import BaseTap
from event_taps_core.client import ApiClient
from event_taps_core.columns import Row
from event_taps_core.errors import TapError
from event_taps_core.json_values import count_of, objects_in
from event_taps_core.keys import SurrogateKey, digest
from event_taps_core.large_answers import pages_of, read_envelope
from event_taps_core.outcomes import MissingPart, ReadAgain, ReadInFull, Remark, SetAside, Suspect
from event_taps_core.pacer import CallWindow
from event_taps_core.partitions import WHOLE_STREAM
from event_taps_core.progress import ChangedSince, SettlesAfter
from event_taps_core.reading import Wait
from event_taps_core.schema import ACCOUNT
from event_taps_core.session import ApiResponse
from event_taps_core.settings import ACCOUNT_SETTING, settings
from event_taps_core.streams import EventStream, Page, Paginator
from event_taps_core.tap import EventTap
from event_taps_core.values import Unconvertible, json_text, rfc3339, snake_case, utc_timestamp
from event_taps_core.words import texts_in

__all__ = [
    "ACCOUNT",
    "ACCOUNT_SETTING",
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
    "CredentialsClient",
    "CredentialsExpired",
    "EventStream",
    "EventTap",
    "Gone",
    "MissingPart",
    "NotFound",
    "NotReady",
    "Page",
    "Paginator",
    "ReadAgain",
    "ReadInFull",
    "Redirected",
    "Remark",
    "Row",
    "SetAside",
    "SettlesAfter",
    "SurrogateKey",
    "Suspect",
    "TapError",
    "TimedOut",
    "TooManyRequests",
    "Unconvertible",
    "Wait",
    "count_of",
    "digest",
    "json_text",
    "objects_in",
    "pages_of",
    "read_envelope",
    "rfc3339",
    "settings",
    "snake_case",
    "texts_in",
    "utc_timestamp",
]
