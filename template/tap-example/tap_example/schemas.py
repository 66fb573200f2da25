"""The columns of each stream, as the vendor's reference describes them.

What is not listed here is kept in `extra_fields`.
"""

from __future__ import annotations

from typing import Final

from event_taps_core.schema import TEXT, TIMESTAMP, Column, column, key

# To do: the columns of the vendor's own objects.
EVENTS: Final[tuple[Column, ...]] = (
    key("id", "Id of the event."),
    column("name", TEXT, "Title."),
    column("starts_at", TIMESTAMP, "Start (UTC)."),
    column("ends_at", TIMESTAMP, "End (UTC); null if it is always open."),
)

GUESTS: Final[tuple[Column, ...]] = (
    key("event_id", "Id of the event: joins to events.id."),
    key("id", "Id of the guest, the same at all events."),
    column("event_ends_at", TIMESTAMP, "End of the event (UTC)."),
    column("name", TEXT, "Full name."),
    column("email", TEXT, "E-mail address; null if there is none."),
    column("registered_at", TIMESTAMP, "Registration (UTC); null for who was only invited."),
)
