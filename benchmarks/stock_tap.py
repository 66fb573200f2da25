"""The same streams with nothing but singer-sdk, in the ways its documentation shows.

https://sdk.meltano.com/en/latest/parent_streams.html: a parent stream with `get_child_context`, a
child with `parent_stream_type`, JSONPaths for records and pages, everything else at its default.
Only the parent's id is in the context: what is in it, the SDK repeats in every STATE message.

Settings beside `api_url` are for the faults: `token_url` (client credentials), `incremental` (the
API is asked for parents since the last run).
"""

import json
from pathlib import Path
from typing import Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator, SingletonMeta
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers.types import Auth, Context, Record
from typing_extensions import override

ROW_SCHEMA = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))


class ClientCredentials(OAuthAuthenticator, metaclass=SingletonMeta):
    """A token for the client's id and secret, one for all streams."""

    @property
    @override
    def oauth_request_body(self) -> dict[str, str]:
        return {"grant_type": "client_credentials", "client_id": "bench", "client_secret": "bench"}


class BenchStream(RESTStream[int]):
    """What both streams share: the base URL, the envelope and its paging."""

    records_jsonpath = "$.data[*]"
    next_page_token_jsonpath = "$.next_page"  # noqa: S105 - a JSONPath, no secret

    @property
    @override
    def url_base(self) -> str:
        return str(self.config["api_url"])

    @property
    @override
    def authenticator(self) -> Auth:
        url = self.config.get("token_url")
        return ClientCredentials(auth_endpoint=url) if url else super().authenticator

    @override
    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any] | str:
        return {"page": next_page_token} if next_page_token else {}


class Parents(BenchStream):
    """The parents, incremental by the moment they ended."""

    name = "parents"
    path = "/parents"
    primary_keys = ("id",)
    replication_key = "ended_at"
    schema = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("ended_at", th.DateTimeType),
    ).to_dict()

    @override
    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any] | str:
        since = self.get_starting_timestamp(context) if self.config.get("incremental") else None
        return {"since": since.isoformat()} if since else {}

    @override
    def get_child_context(self, record: Record, context: Context | None) -> Context:
        return {"parent_id": record["id"]}


class Rows(BenchStream):
    """The rows of each parent."""

    name = "rows"
    path = "/parents/{parent_id}/rows"
    primary_keys = ("parent_id", "id")
    parent_stream_type = Parents
    schema = ROW_SCHEMA


class StockTap(Tap):
    """A tap as the SDK's template makes it."""

    name = "tap-stock"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("token_url", th.StringType),
        th.Property("incremental", th.BooleanType),
    ).to_dict()

    @override
    def discover_streams(self) -> list[BenchStream]:
        return [Parents(tap=self), Rows(tap=self)]


class TunedTap(StockTap):
    """With all that the SDK's documentation advises for speed.

    That is its msgspec writer, and no bookmark per parent where parents are thousands:
    https://sdk.meltano.com/en/latest/guides/performance.html, `state_partitioning_keys`.
    """

    message_writer_class = MsgSpecWriter

    @override
    def discover_streams(self) -> list[BenchStream]:
        streams = super().discover_streams()
        streams[-1].state_partitioning_keys = []
        return streams


if __name__ == "__main__":
    StockTap.cli()
