"""What a vendor's subpackage gives to the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from event_sandbox.records import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.columns import Stream
    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.wire import Row
    from event_sandbox.world import World

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Generic[V]):
    """One vendor: an API on the wire, and what a perfect extraction of it holds."""

    name: str
    """In paths and settings."""
    base_path: str
    """Where the documented base URL lies on the sandbox."""
    switches: Sequence[Switch]
    """The open questions about this vendor's API."""
    settings: Mapping[str, Any]
    """What a tap must be given to be let in."""
    settings_in: Callable[[World], Mapping[str, Any]] = lambda _: {}
    """Those that depend on the world."""
    make_app: Callable[[Shared], ASGIApp]
    """The API itself; paths still begin with `base_path`."""
    error: Callable[[Positions, int, str], Response]
    """An injected error, in the form that the vendor gives errors in."""
    credential_headers: Sequence[str]
    is_authorised: Callable[[Headers], bool]
    """Whether the credentials that came along are right."""

    look: Callable[[World, Positions], V]
    """What of the world this vendor has."""
    streams: Mapping[str, Stream[V]]
    """The truth."""
    told: Told[V] = field(default_factory=lambda: Told(None, {}))
    """What its records tell of people, for the truths across vendors; nothing, until the marts
    have this vendor."""
    all_columns: Callable[[V, str], Iterator[Row]] | None = None
    """A stream's rows with columns that no document names; `streams` has the others only."""
    changes: Mapping[str, Callable[[World], None]] = field(default_factory=dict)
    """What can happen to the data while a reader turns pages, by kind."""

    newest_parent: Callable[[V], str | None]
    """The key of the newest thing with attendance that the vendor lists: a session, or an event.

    That is whatever a tap reads attendance by.
    """
    has_parent: Callable[[World, str], bool]
    """Whether there is such a thing of that key."""
    remove: Callable[[World, str], None]
    """Lets such a thing go away, if it is still there."""

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether any credentials came along, right or wrong."""
        return any(name in headers for name in self.credential_headers)
