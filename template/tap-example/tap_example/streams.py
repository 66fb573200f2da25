"""The streams of tap-example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from event_taps_core import EventStream
from tap_example import schemas

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

    from event_taps_core import Row


# To do: the first sentence of a stream's description goes into the READMEs and the dbt models.
class EventsStream(EventStream):
    """All events of the account."""

    name = "events"
    path = "/events"
    primary_keys = ("id",)
    id_attributes = ("id",)
    records_path = ("data",)
    columns = schemas.EVENTS

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        """Say what the streams that are read by event need to know of one."""
        return {"event_id": self.id_of(record), "event_ends_at": record.get("ends_at")}


class GuestsStream(EventStream):
    """Who is on the list of an event."""

    name = "guests"
    path = "/events/{event_id}/guests"
    parent = EventsStream
    parent_key = "event_id"
    primary_keys = ("event_id", "id")
    replication_key = "event_ends_at"
    id_attributes = ("id",)
    records_path = ("data",)
    columns = schemas.GUESTS
