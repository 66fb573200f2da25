"""tap-airmeet: events, registrations, sessions, booths, attendance, polls, questions, replays."""

from __future__ import annotations

from typing import Final

from singer_sdk import typing as th
from typing_extensions import override

from event_taps_core import ACCOUNT, ACCOUNT_SETTING, EventTap, settings, streams_in
from tap_airmeet import streams
from tap_airmeet.client import AirmeetClient

REGIONS: Final = {
    "global": "https://api-gateway.airmeet.com/prod",
    "eu": "https://api-gateway-prod.eu.airmeet.com/prod",
    "us": "https://api-gateway-prod.us.airmeet.com/prod",
}
"""The base of each region (heading "Datacenter (region)-wise API endpoints")."""


class TapAirmeet(EventTap):
    """Airmeet: webinars and conferences, who registered for them and who came."""

    name = "tap-airmeet"
    client_class = AirmeetClient
    constant_columns = (ACCOUNT,)
    stream_classes = streams_in(streams)
    config_jsonschema = settings(
        th.Property(
            "access_key",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="Access key",
            description="The X-Airmeet-Access-Key of the community (dashboard, Integrations, API "
            "Access Key).",
        ),
        th.Property(
            "secret_key",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="Secret key",
            description="The X-Airmeet-Secret-Key that belongs to the access key.",
        ),
        th.Property(
            "region",
            th.StringType(allowed_values=list(REGIONS)),
            title="Region",
            default="global",
            description="Where the community lives: global (Mumbai), eu (Ireland) or us. Keys of "
            "one region are not known in the others.",
        ),
        ACCOUNT_SETTING,
        th.Property(
            "airmeet_ids",
            th.ArrayType(th.StringType),
            title="Airmeet ids",
            examples=[["0ee5a7d0-6a4b-11ef-9e39-4b3a2d5c1f07"]],
            description="Read only these events; without it, all events that the community lists.",
        ),
        th.Property(
            "report_poll_seconds",
            th.IntegerType(minimum=1, maximum=86_400),
            title="Report poll interval (seconds)",
            default=60,
            description="How long to wait before asking again for a report that Airmeet is still "
            "preparing. Airmeet itself says five minutes.",
        ),
        th.Property(
            "report_timeout_seconds",
            th.IntegerType(minimum=0, maximum=604_800),
            title="Report timeout (seconds)",
            default=3600,
            description="A report that is not ready after this long is named as not read, and "
            "read in the next run.",
        ),
        requests_per_minute=300,
    )

    @property
    @override
    def default_api_url(self) -> str:
        return REGIONS[self.config.get("region") or "global"]
