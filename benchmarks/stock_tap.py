"""The same streams with nothing but singer-sdk, in the way its documentation shows.

https://sdk.meltano.com/en/latest/parent_streams.html: a parent stream with `get_child_context`, a
child with `parent_stream_type`, JSONPaths for records and pages, everything else at its default.
Only the parent's id is in the context: what is in it, the SDK repeats in every STATE message.
"""

import json
from pathlib import Path
from typing import Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.helpers.types import Context, Record
from typing_extensions import override

ROW_SCHEMA = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))


class BenchStream(RESTStream[int]):
    """What both streams share: the base URL, the envelope and its paging."""

    records_jsonpath = "$.data[*]"
    next_page_token_jsonpath = "$.next_page"  # noqa: S105 - a JSONPath, no secret

    @property
    @override
    def url_base(self) -> str:
        return str(self.config["api_url"])

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
        th.Property("api_url", th.StringType, required=True)
    ).to_dict()

    @override
    def discover_streams(self) -> list[BenchStream]:
        return [Parents(tap=self), Rows(tap=self)]


if __name__ == "__main__":
    StockTap.cli()
