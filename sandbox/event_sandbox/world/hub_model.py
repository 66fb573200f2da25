"""What an event hub consists of: events that are sold, held on site and online, and analysed.

As with online events, nothing in here ever changes: each fact carries the instant from which it is
known, and the world's day decides what has come to light. All instants are whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from event_sandbox.world.model import Millis, Person

HubFormat = Literal["main", "breakout", "workshop", "networking"]


@dataclass(frozen=True, slots=True)
class HubSpeaker:
    """Somebody who speaks at an event."""

    number: int
    key: int
    user: int
    first_name: str
    last_name: str
    email: str
    title: str
    company: str
    bio: str
    pronouns: str
    has_picture: bool
    moderates: bool | None


@dataclass(frozen=True, slots=True)
class HubAsset:
    """A recorded video of a session."""

    number: int
    key: int
    name: str
    created: Millis
    created_by: int
    seconds: int


@dataclass(frozen=True, slots=True)
class HubSession:
    """One slot of an event's programme; one that is not scheduled yet has no times."""

    number: int
    event: int
    """The number of its event."""
    key: int
    title: str
    description: str | None
    location: str | None
    starts: Millis | None
    minutes: int
    known_from: Millis
    format: HubFormat
    provider: str
    capacity: int | None
    hidden: bool
    private: bool
    talkative: bool
    """Chat, polls and questions are on."""
    speakers: tuple[HubSpeaker, ...]
    assets: tuple[HubAsset, ...]
    tags: tuple[int, ...]
    tracks: tuple[int, ...]

    @property
    def ends(self) -> Millis | None:
        """Give the instant at which it is over."""
        return None if self.starts is None else self.starts + self.minutes * 60_000

    def is_over(self, now: Millis) -> bool:
        """Tell whether it was held."""
        return self.ends is not None and self.ends <= now

    @property
    def has_video(self) -> bool:
        """Tell whether there is a video whose length could be known."""
        return self.format in ("main", "breakout")

    @property
    def is_watched(self) -> bool:
        """Tell whether the platform sees who watches; on other companies' players it does not."""
        return self.has_video and self.provider not in ("ZOOM", "FACEBOOK", "WISTIA")


@dataclass(frozen=True, slots=True)
class HubTicketType:
    """A kind of ticket."""

    number: int
    key: int
    name: str
    cents: int
    seats: int
    hidden: bool


@dataclass(frozen=True, slots=True)
class HubTicket:
    """One ticket: the right of one person to come."""

    number: int
    key: int
    barcode: str
    person: Person
    user: int
    type: HubTicketType
    comes: bool


@dataclass(frozen=True, slots=True)
class HubOrder:
    """What one person bought at once."""

    number: int
    key: int
    buyer: Person
    made: Millis
    refunded: Millis | None
    tickets: tuple[HubTicket, ...]
    type: str
    note: str | None

    def is_refunded(self, now: Millis) -> bool:
        """Tell whether the money went back."""
        return self.refunded is not None and self.refunded <= now


@dataclass(frozen=True, slots=True)
class HubVisit:
    """What one ticket's holder has to do with one session; who just came never registered."""

    ticket: HubTicket
    registered: Millis | None
    comes: bool
    first_seconds: int
    seconds: int
    """How long the video was watched, as it was corrected later."""
    corrected_from: Millis
    replayed_from: Millis | None
    interested: bool

    def seconds_by(self, now: Millis) -> int:
        """Give how long the video was watched, as far as that is known now."""
        return self.seconds if self.corrected_from <= now else self.first_seconds


@dataclass(frozen=True, slots=True)
class HubStaff:
    """Somebody at an exhibitor's stand."""

    number: int
    key: int
    person: Person
    user: int
    is_admin: bool
    leads_a_day: int


@dataclass(frozen=True, slots=True)
class HubCompany:
    """A sponsor or an exhibitor."""

    number: int
    key: int
    name: str
    size: str
    clicks_a_day: int
    staff: tuple[HubStaff, ...]


@dataclass(frozen=True, slots=True)
class HubEvent:
    """An event with what is fixed about it; sessions, orders and visits are in `hub`."""

    number: int
    key: int
    slug: str
    name: str
    zone: ZoneInfo
    tells_zone: bool
    first_day: date
    last_day: date
    starts: Millis
    ends: Millis
    ticket_types: tuple[HubTicketType, ...]
    speakers: tuple[HubSpeaker, ...]
    sponsors: tuple[HubCompany, ...]
    exhibitors: tuple[HubCompany, ...]
