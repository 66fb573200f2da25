"""tap-accelevents: sessions, their analytics, and everyone in them."""

from __future__ import annotations

import re
from typing import Final

from singer_sdk import typing as th
from typing_extensions import override

from event_taps_core import ACCOUNT, ACCOUNT_SETTING, EventTap, TapError, settings, streams_in
from tap_accelevents import streams
from tap_accelevents.auth import HEADERS
from tap_accelevents.client import SESSION_ANALYTICS, AccelEventsClient

_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PATH: Final = re.compile(r"/rest(?:/[A-Za-z0-9_-]+|/\{(?:session_id|event_url|event_id)\})+")
_NEVER: Final = re.compile(r"staff|check-?in", re.IGNORECASE)
_SLUG: Final = re.compile(r"[^\s/?#%]+")


class TapAccelevents(EventTap):
    """Accelevents: events, sessions and their analytics, registrations, orders, booths."""

    name = "tap-accelevents"
    client_class = AccelEventsClient
    constant_columns = (ACCOUNT,)
    isolates_refusals = True  # a key may be the host's of one event and not of another
    stream_classes = streams_in(streams)
    config_jsonschema = settings(
        th.Property(
            "api_key",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="API key",
            description="API key of the organisation (Enterprise, Integrations, API Key).",
        ),
        th.Property(
            "event_urls",
            th.ArrayType(th.StringType(nullable=True), nullable=False),  # see `check_settings`
            required=True,
            title="Event URLs",
            examples=[["demo", "other"]],
            description="The events to read, by their slugs: 'demo' for an event whose public "
            "address ends in /events/demo.",
        ),
        ACCOUNT_SETTING,
        th.Property(
            "auth_header",
            th.StringType(allowed_values=["auto", *HEADERS]),
            title="Authentication header",
            default="auto",
            description="The header that holds the key: Key, Authorization, or Bearer (in "
            "Authorization). auto sends Key, and tries the others once if it is refused.",
        ),
        th.Property(
            "session_analytics_path",
            th.StringType,
            title="Session analytics path",
            description="Path of one session's analytics, with {session_id} and perhaps "
            "{event_url} or {event_id}, which the vendor does not document. By default "
            f"{SESSION_ANALYTICS[0]}; where that is not found, others are tried once.",
        ),
        requests_per_minute=300,
    )

    @property
    @override
    def default_api_url(self) -> str:
        return "https://api.accelevents.com"

    @override
    def check_settings(self) -> None:
        super().check_settings()
        if (path := self.config.get("session_analytics_path")) is not None:
            check_analytics_path(path)
        event_urls = set(self.config["event_urls"])
        if not event_urls or not all(map(_is_slug, event_urls)):
            raise TapError(
                "setting event_urls: it must list at least one event, each as what follows "
                "/events/ in its public address, such as demo"
            )
        if len({slug.casefold() for slug in event_urls}) < len(event_urls):
            raise TapError(
                "setting event_urls: it lists an event twice, in capital and small letters"
            )


def _is_slug(event_url: str | None) -> bool:
    return bool(event_url and _SLUG.fullmatch(event_url) and event_url.isprintable())


def check_analytics_path(path: str) -> None:
    """Refuse a setting `session_analytics_path` that is no path of a session's analytics.

    A GET of this vendor checks people in, so no path passes that could be that one.

    Raises:
        TapError: If it is none.
    """
    literal = _PLACEHOLDER.sub("", path).rstrip("/").rpartition("/")[2]
    if (
        not _PATH.fullmatch(path)
        or path.count("{session_id}") != 1
        or "analytics" not in literal.lower()
        or _NEVER.search(path)
    ):
        raise TapError(
            "setting session_analytics_path: it must be a path below /rest that holds {session_id} "
            f"once and ends in analytics, such as {SESSION_ANALYTICS[0]}"
        )
