"""The same streams on the core, as every tap of this repository declares them.

More is asked of it than of the stock tap: timestamps come out in UTC, undeclared attributes in
`extra_fields`, the parent's end in every row, a note of each parent that was read in `read_log`.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from singer_sdk import typing as th
from singer_sdk.helpers.types import Context
from singer_sdk.pagination import JSONPathPaginator
from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    ApiClient,
    ApiError,
    ApiResponse,
    Authenticator,
    CredentialsClient,
    CredentialsExpired,
    EventStream,
    EventTap,
    Row,
    settings,
)
from event_taps_core.schema import TIMESTAMP, column

ROW_SCHEMA = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))


class TokenAuthenticator(Authenticator):
    """Fetches a token, and another one when it is refused."""

    post_paths = ("/token",)
    token = ""

    @property
    @override
    def is_ready(self) -> bool:
        return bool(self.token)

    @override
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        asked = HTTPRequest(client.base_url + self.post_paths[0], "POST")
        self.token = client.send_for_credentials(asked, lambda found: found.json()["access_token"])
        client.redaction.hide(self.token)


class BenchClient(ApiClient):
    """Says who is asking, and what 401 means, where the API wants a token; nothing else."""

    @override
    def make_authenticator(self) -> Authenticator:
        return TokenAuthenticator() if "token_url" in self.config else super().make_authenticator()

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        if "token_url" in self.config and response.status_code == HTTPStatus.UNAUTHORIZED:
            return CredentialsExpired(f"HTTP {response.status_code}")
        return super().classify(response)


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
    client_class = BenchClient
    stream_classes = (Parents, Rows)
    config_jsonschema = settings(th.Property("token_url", th.StringType), requests_per_minute=0)


if __name__ == "__main__":
    OurTap.cli()
