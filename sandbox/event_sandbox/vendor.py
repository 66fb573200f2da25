"""What a vendor's subpackage gives to the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from event_sandbox.sandbox import Sandbox
    from event_sandbox.switches import Positions, Switch
    from event_sandbox.world import World

Row = dict[str, Any]
"""A row of truth: the columns of a stream."""


class Vendor(Protocol):
    """One vendor: an API on the wire, and what a perfect extraction of it holds."""

    @property
    def name(self) -> str:
        """The vendor's name in paths and settings."""

    @property
    def base_path(self) -> str:
        """Where the documented base URL lies on the sandbox."""

    @property
    def switches(self) -> Sequence[Switch]:
        """The open questions about this vendor's API."""

    @property
    def streams(self) -> Sequence[str]:
        """The streams that there is truth for."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a tap must be given to be let in."""

    def make_app(self, sandbox: Sandbox) -> ASGIApp:
        """Make the API itself; paths still begin with `base_path`."""

    def truth(
        self, world: World, positions: Positions, stream: str, *, include_secrets: bool
    ) -> Iterator[Row]:
        """Give the rows that a perfect extraction of the stream holds now, in canonical order."""

    def error(self, positions: Positions, status: int, message: str) -> Response:
        """Give an error in the form that the vendor gives errors in."""

    def is_authorised(self, headers: Headers) -> bool:
        """Tell whether the credentials that came along are right."""

    def has_credentials(self, headers: Headers) -> bool:
        """Tell whether any credentials came along, right or wrong."""

    def newest_parent(self, world: World, positions: Positions) -> str | None:
        """Give the key of the newest thing with attendance that the vendor lists.

        That is whatever a tap reads attendance by: a session, or an event.
        """

    def has_parent(self, world: World, key: str) -> bool:
        """Tell whether there is such a thing of that key."""

    def remove(self, world: World, key: str) -> None:
        """Let such a thing go away, if it is still there."""


@runtime_checkable
class Discoverable(Protocol):
    """A vendor that sends columns which its documents do not name; `truth` has the others only."""

    def all_columns(self, world: World, positions: Positions, stream: str) -> Iterator[Row]:
        """Give the rows that `truth` gives, with every column that is sent."""


@runtime_checkable
class KnowsItsWorld(Protocol):
    """A vendor that must be told what to read: some of its settings depend on the world."""

    def settings_in(self, world: World) -> Mapping[str, Any]:
        """Give the settings that depend on the world."""


@runtime_checkable
class Changeable(Protocol):
    """A vendor to whose data something can happen while a reader turns pages."""

    @property
    def changes(self) -> Mapping[str, Callable[[World], None]]:
        """What can happen, by kind."""
