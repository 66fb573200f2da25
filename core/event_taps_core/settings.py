"""The settings that every tap has, and what their schema cannot say about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from singer_sdk import typing as th

from event_taps_core.address import base_of
from event_taps_core.errors import TapError
from event_taps_core.setting_texts import is_sent
from event_taps_core.settling import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core.pacer import CallWindow


ACCOUNT_SETTING: Final = th.Property(
    "account",
    th.StringType(nullable=False, min_length=1, pattern=r"\S"),
    title="Account",
    default="main",
    description="A name of your choice for whose data these are, first in every key: give each "
    "account its own, and they load side by side into the same tables.",
)
"""For the taps of vendors that give accounts no name; it is the column `schema.ACCOUNT`."""


def settings(
    *own: th.Property[Any],
    requests_per_minute: int,
    settle_days: int = 14,
    call_window: CallWindow | None = None,
    api_url: th.Property[Any] | None = None,
) -> dict[str, Any]:
    """Build a tap's settings: its own, then those that every tap has.

    Args:
        own: What only this tap has.
        requests_per_minute: The vendor's documented limit, or a polite one.
        settle_days: Days after its end in which an event's data still changes.
        call_window: That of the tap's client: no budget may be above it.
        api_url: The tap's own form of `api_url`, where it is required.
    """
    return th.PropertiesList(
        *own,
        api_url
        or th.Property(
            "api_url",
            th.URIType,
            title="API URL",
            description="Base URL of the API, for regions, proxies and test servers; "
            "with or without a trailing slash. Default: the vendor's.",
        ),
        th.Property(
            "start_date",
            th.DateTimeType,
            title="Start date",
            description="Nothing that ended before this date (or RFC 3339 time) is read.",
        ),
        th.Property(
            "settle_days",
            th.IntegerType(minimum=0, maximum=36500),
            title="Settle days",
            default=settle_days,
            description="Days after its end during which an event's data is read again.",
        ),
        th.Property(
            "concurrency",
            th.IntegerType(minimum=1, maximum=100),
            title="Concurrency",
            default=8,
            description="How many requests may be under way at the same time; 1 = sequential. "
            "The output is the same.",
        ),
        th.Property(
            "requests_per_minute",
            th.IntegerType(
                minimum=0,
                maximum=int(60 * call_window.calls / call_window.seconds)
                if call_window
                else 1_000_000,
            ),
            title="Requests per minute",
            default=requests_per_minute,
            description="Budget of requests of this key, spread evenly; 0 = no budget, though a "
            "limit that the vendor enforces is kept.",
        ),
        th.Property(
            "concurrent_runs",
            th.IntegerType(minimum=1, maximum=10),
            title="Concurrent runs",
            default=1,
            description="How many runs use this key at the same time, such as shards: each takes "
            "its share of requests_per_minute, and of a limit that the vendor enforces.",
        ),
        th.Property(
            "request_timeout_seconds",
            th.IntegerType(minimum=1, maximum=86_400),
            title="Request timeout (seconds)",
            default=60,
            description="How long to wait for an answer to begin or go on before trying again; for "
            "a whole one ten times as long.",
        ),
        th.Property(
            "max_retries",
            th.IntegerType(minimum=0, maximum=1000),
            title="Maximum retries",
            default=6,
            description="How often a request is sent again when it fails for what may pass. Told "
            "that it is too fast (429), a run goes on asking for five minutes instead, unless this "
            "is 0.",
        ),
        th.Property(
            "include_secrets",
            th.BooleanType,
            title="Include secrets",
            default=False,
            description="Whether to load passwords, access codes and personal links that the "
            "vendor puts into its answers. A catalog has to be discovered with it.",
        ),
        th.Property(
            "shard_count",
            th.IntegerType(minimum=1, maximum=10_000),
            title="Shard count",
            default=1,
            description="Over how many runs the parents (events, sessions) are divided.",
        ),
        th.Property(
            "shard_index",
            th.IntegerType(minimum=0, maximum=9_999),
            title="Shard index",
            default=0,
            description="Which of the shards this run reads: 0 to shard_count - 1. Shard 0 also "
            "reads what has no parents.",
        ),
        # The SDK reads these two, but does not list them.
        th.Property(
            "user_agent",
            th.StringType,
            title="User agent",
            description="What the tap calls itself to the API, where a firewall insists on a name. "
            "Default: the tap's name and version.",
        ),
        th.Property(
            "emit_activate_version_messages",
            th.BooleanType,
            title="Emit ACTIVATE_VERSION messages",
            default=False,
            description="Whether to send ACTIVATE_VERSION after each complete FULL_TABLE stream, "
            "so that a target can drop rows which are gone.",
        ),
    ).to_dict()


def check(
    config: Mapping[str, Any],
    schema: Mapping[str, Any],
    api_url: str,
    call_window: CallWindow | None,
) -> None:
    """Check what a JSON schema cannot say.

    Raises:
        TapError: If a setting makes no sense; its message never holds a secret.
    """
    if int(config["shard_index"]) >= int(config["shard_count"]):
        raise TapError("setting shard_index must be less than shard_count (it counts from 0)")
    if call_window is not None:
        call_window.share(int(config["concurrent_runs"]))
    start_date = config.get("start_date")
    if start_date is not None and parse_datetime(start_date) is None:
        raise TapError(f"setting start_date: {start_date!r} is not a date (such as 2026-01-31)")
    if not _is_web_address(api_url):
        raise TapError(
            "setting api_url: it is not a plain web address (such as https://api.example.com/v1), "
            "without credentials or a query"
        )
    for name, declared in schema["properties"].items():
        value = config.get(name)
        if is_sent(name, declared) and isinstance(value, str) and not _SENDABLE.fullmatch(value):
            raise TapError(
                f"setting {name}: it holds a line break or characters that no header can hold"
            )


_SENDABLE: Final = re.compile(r"[\x20-\x7e\xa1-\xff]*")
"""What an HTTP header can hold."""


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0  # asking for it finds what is no port
        base_of(url)
    except ValueError:
        return False
    is_plain = url.isprintable() and " " not in url and has_port
    has_more = bool(parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain and not has_more
