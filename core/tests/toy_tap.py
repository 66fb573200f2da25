"""A tap of an invented vendor, with one stream for each way in which the core reads.

As a script it is the tap's command line, for what needs a process of its own.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator
from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    ApiClient,
    ApiError,
    Authenticator,
    CredentialsClient,
    CredentialsExpired,
    EventStream,
    EventTap,
    SurrogateKey,
    settings,
)
from event_taps_core.api_errors import classify_status
from event_taps_core.schema import INTEGER, TEXT, TIMESTAMP, Column, column, key, object_of, secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import ApiResponse, Row

EVENT_COLUMNS = (
    key("event_id", "The event."),
    column("event_ends_at", TIMESTAMP, "When the event ends, in UTC."),
)


class ToyAuthenticator(Authenticator):
    """A key, and a token that another is read for when it has run out."""

    token = "token-0"  # noqa: S105 - the invented vendor's first token

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    @override
    def headers(self) -> Mapping[str, str]:
        return {"X-Key": self._key, "X-Token": self.token}

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        wanted = HTTPRequest(f"{client.base_url}/token", headers={"X-Key": self._key})
        self.token = client.send_for_credentials(wanted, token_of)


def token_of(response: ApiResponse) -> str:
    """Take the token out of an answer."""
    if problem := classify_status(response):
        raise problem
    return str(response.json()["token"])


class ToyClient(ApiClient):
    """A key in a header, and a token that runs out with 401 and `expired`."""

    extra_paths: ClassVar[tuple[str, ...]] = ("/token", "/events/{event_id}")

    @override
    def make_authenticator(self) -> Authenticator:
        return ToyAuthenticator(self.config["api_key"])

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        if response.status_code == HTTPStatus.UNAUTHORIZED and b"expired" in response.content:
            return CredentialsExpired("HTTP 401: expired")
        return super().classify(response)


class PeopleStream(EventStream):
    """A whole list with no parent."""

    name = "people"
    path = "/people"
    primary_keys = ("id",)
    id_attributes = ("id",)
    records_path = ("data",)
    columns = (
        key("id", "Id."),
        column("full_name", TEXT, "Name."),
        column("age", INTEGER, "Age in years."),
        object_of(
            "address",
            "Where they live.",
            Column("city", TEXT, ""),
            Column("street", TEXT, ""),
        ),
        secret("personal_link", "Lets anybody in."),
    )


class EventsStream(EventStream):
    """The parents."""

    name = "events"
    path = "/events"
    primary_keys = ("id",)
    id_attributes = ("id",)
    records_path = ("data",)
    columns = (
        key("id", "Id."),
        column("ends_at", TIMESTAMP, "When it ends, in UTC."),
    )

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {"event_id": str(record["id"]), "event_ends_at": record.get("ends_at")}


class EventStreamOfToy(EventStream):
    """What belongs to one event."""

    parent: ClassVar[type[EventStream] | None] = EventsStream
    parent_key = "event_id"
    replication_key = "event_ends_at"
    primary_keys: tuple[str, ...] = ("event_id", "id")
    records_path: ClassVar[tuple[str, ...]] = ("data",)
    columns: tuple[Column, ...] = (*EVENT_COLUMNS, key("id", "Id."))


class CursorPaginator(BaseAPIPaginator["str | None"]):
    """Follows `next` until it is null."""

    def __init__(self) -> None:
        super().__init__(None)

    @override
    def get_next(self, response: requests.Response) -> str | None:
        found: str | None = response.json()["next"]
        return found


class CursorStream(EventStreamOfToy):
    """Pages, each with the cursor of the next."""

    @override
    def get_new_paginator(self) -> CursorPaginator:
        return CursorPaginator()

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        return {"cursor": next_page_token} if next_page_token else {}


class VisitsStream(CursorStream):
    """Rows without ids."""

    name = "visits"
    path = "/events/{event_id}/visits"
    primary_keys = ("event_id", "visit_key")
    surrogate_key = SurrogateKey("visit_key", lambda row: row.get("person"))
    columns = (
        *EVENT_COLUMNS,
        key("visit_key", "Key."),
        column("person", TEXT, "Who."),
        column("minutes", INTEGER, "How long, in minutes."),
    )


class PollsStream(EventStreamOfToy):
    """Shares its answers with `votes`."""

    name = "polls"
    path = "/events/{event_id}/polls"
    id_attributes = ("id",)
    records_path = ("data", "polls")
    columns = (
        *EVENT_COLUMNS,
        key("id", "Id."),
        column("question", TEXT, "What was asked."),
    )


class VotesStream(EventStreamOfToy):
    """Shares its answers with `polls`."""

    name = "votes"
    source = PollsStream
    primary_keys = ("event_id", "vote_key")
    records_path = ("data", "votes")
    surrogate_key = SurrogateKey("vote_key", lambda row: [row.get("poll"), row.get("person")])
    columns = (
        *EVENT_COLUMNS,
        key("vote_key", "Key."),
        column("poll", TEXT, "Which poll."),
        column("person", TEXT, "Who."),
    )


class ReportsStream(CursorStream):
    """A report that the vendor first has to prepare: 202 until it is ready; may have pages."""

    name = "reports"
    path = "/events/{event_id}/report"
    id_attributes = ("id",)
    poll_seconds = 1


class EarlyReportsStream(ReportsStream):
    """What is asked for before anything else is read."""

    deferred = True


class ToyTap(EventTap):
    """The invented vendor."""

    name = "tap-toy"
    client_class: ClassVar[type[ApiClient]] = ToyClient
    stream_classes: ClassVar[tuple[type[EventStream], ...]] = (
        PeopleStream,
        EventsStream,
        VisitsStream,
        PollsStream,
        VotesStream,
        ReportsStream,
    )
    config_jsonschema = settings(
        th.Property(
            "api_key",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="API key",
            description="The key of the invented vendor.",
        ),
        requests_per_minute=0,
    )

    @property
    @override
    def default_api_url(self) -> str:
        return "http://127.0.0.1:9/api"


def tap_of(*streams: type[EventStream], **attributes: Any) -> type[ToyTap]:
    """Make a variant of the tap with other streams; `attributes` are those of its class."""

    class Variant(ToyTap):
        stream_classes = streams

    for name, value in attributes.items():
        setattr(Variant, name, value)
    return Variant


PATHS = [stream.path for stream in ToyTap.stream_classes if stream.path]
"""What clients that are made without a tap may read."""


if __name__ == "__main__":
    ToyTap.cli()
