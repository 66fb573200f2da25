"""tap-example: events and their guests."""

from __future__ import annotations

from singer_sdk import typing as th
from typing_extensions import override

from event_taps_core import ACCOUNT, ACCOUNT_SETTING, EventTap, settings, streams_in
from tap_example import streams
from tap_example.client import ExampleClient


class TapExample(EventTap):
    """Example: events and their guests."""

    name = "tap-example"
    client_class = ExampleClient
    constant_columns = (ACCOUNT,)
    stream_classes = streams_in(streams)
    config_jsonschema = settings(
        th.Property(
            "api_key",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="API key",
            description="An API key of the account.",  # To do: where it is made
        ),
        ACCOUNT_SETTING,
        requests_per_minute=120,  # To do: what the vendor allows, or is polite
    )

    @property
    @override
    def default_api_url(self) -> str:
        return "https://api.example.invalid"  # To do: the vendor's address
