"""The same streams on the core, as every tap of this repository declares them.

More is asked of it than of the stock tap: timestamps come out in UTC, undeclared attributes in
`extra_fields`, the parent's end in every row, a note of each parent that was read in `read_log`.
"""

import json
from pathlib import Path
from typing import Any

from singer_sdk import typing as th
from singer_sdk.helpers.types import Context
from singer_sdk.pagination import JSONPathPaginator
from typing_extensions import override

from event_taps_core import ApiClient, EventStream, EventTap, Row, settings
from event_taps_core.schema import TIMESTAMP, column

ROW_SCHEMA = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))


class Parents(EventStream):
    """The parents."""

    name = "parents"
    path = "/parents"
    primary_keys = ("id",)
    records_path = ("data",)
    columns = (
        column("id", th.StringType(nullable=False), ""),
        column("ended_at", TIMESTAMP, ""),
    )

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context:
        return {"parent_id": record["id"], "parent_ended_at": record["ended_at"]}


class Rows(EventStream):
    """The rows of each parent, incremental by the moment the parent ended."""

    name = "rows"
    path = "/parents/{parent_id}/rows"
    parent = Parents
    parent_key = "parent_id"
    primary_keys = ("parent_id", "id")
    replication_key = "parent_ended_at"
    records_path = ("data",)
    columns = tuple(
        column(name, th.CustomType(declared), "")
        for name, declared in ROW_SCHEMA["properties"].items()
    )

    @override
    def get_new_paginator(self) -> JSONPathPaginator:
        return JSONPathPaginator("$.next_page")

    @override
    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any] | str:
        return {"page": next_page_token} if next_page_token else {}


class OurTap(EventTap):
    """A tap as this repository makes it."""

    name = "tap-ours"
    client_class = ApiClient  # no credentials and no errors
    stream_classes = (Parents, Rows)
    config_jsonschema = settings(requests_per_minute=0)


if __name__ == "__main__":
    OurTap.cli()
