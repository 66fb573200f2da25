"""Which tap is tested, and what the suite has to know of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from event_taps_core.read_log import ReadLogStream
from event_taps_core.testing.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core.streams import EventStream
    from event_taps_core.tap import EventTap


@dataclass(frozen=True, kw_only=True)
class TapUnderTest:
    """A tap and the sandbox's vendor that stands for its API.

    Args:
        tap_class: The tap.
        vendor: The vendor's name in the sandbox.
        settings: Settings of every run, beside those that the sandbox gives.
        switches: Positions of the sandbox's switches in every test.
        refusing: Positions under which the vendor refuses everything: there a run has to say so
            instead of equalling the truth.
        needs: For a stream whose rows need another stream that is not its parent (a join): the
            names of those. Whatever else a stream requests is a request too many.
        fault_seed: Seed of the random faults; another one if some kind strikes no request.
    """

    tap_class: type[EventTap]
    vendor: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    refusing: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fault_seed: int = 1

    @property
    def command(self) -> str:
        """Name of the tap's console command."""
        return self.tap_class.name

    @property
    def streams(self) -> dict[str, type[EventStream]]:
        """The vendor's streams by name."""
        return {stream.name: stream for stream in self.tap_class.stream_classes}

    @property
    def all_streams(self) -> dict[str, type[EventStream]]:
        """All streams by name: the vendor's, and the read log."""
        return {**self.streams, ReadLogStream.name: ReadLogStream}

    @property
    def child_streams(self) -> dict[str, type[EventStream]]:
        """The streams that hang on another one."""
        return {name: stream for name, stream in self.streams.items() if stream.parent}

    @property
    def setting_schemas(self) -> dict[str, dict[str, Any]]:
        """The tap's settings by name."""
        return dict(self.tap_class.config_jsonschema["properties"])

    @property
    def required_settings(self) -> list[str]:
        """Names of the settings without which nothing works."""
        return list(self.tap_class.config_jsonschema.get("required", ()))

    @property
    def secret_settings(self) -> list[str]:
        """Names of the settings that must never be seen."""
        return [name for name, schema in self.setting_schemas.items() if schema.get("secret")]

    def secret_columns(self, stream: str) -> list[str]:
        """Names of the columns that come only with `include_secrets`."""
        return [column.name for column in self.all_streams[stream].columns if column.secret]

    def warehouse(self) -> Warehouse:
        """Make an empty warehouse for this tap's streams."""
        return Warehouse(
            {
                name: (stream.parent.name, stream.parent_key, self.keys(stream.parent.name)[-1])
                for name, stream in self.child_streams.items()
                if stream.parent and stream.parent_key
            }
        )

    def keys(self, stream: str) -> tuple[str, ...]:
        """Names of the columns of a stream's primary key."""
        return tuple(inspect.getattr_static(self.all_streams[stream], "primary_keys"))

    def template(self, stream: str) -> str:
        """Return a stream's path as it is declared; empty if it requests nothing."""
        return str(inspect.getattr_static(self.all_streams[stream], "path") or "")

    def path_of(self, stream: str, parent_id: str) -> str:
        """Return the path that is requested for one parent."""
        return self.template(stream).replace(f"{{{self.streams[stream].parent_key}}}", parent_id)

    def sharing(self, stream: str) -> list[str]:
        """Names of the streams that the answers for this one feed, itself included."""
        template = self.template(stream)
        return [name for name in self.streams if self.template(name) == template]

    def request_paths(self, stream: str) -> set[str]:
        """Path templates that may be requested when only this stream is selected."""
        needed = {self.template(stream)} - {""}
        if parent := self.all_streams[stream].parent:
            needed |= self.request_paths(parent.name)
        for other in self.needs.get(stream, ()):
            needed |= self.request_paths(other)
        return needed

    def template_of(self, path: str) -> str | None:
        """Find the template that a requested path was made from."""
        wanted = path.split("/")
        for template in self.tap_class.client_class.reads:
            parts = template.split("/")
            if len(parts) == len(wanted) and all(
                part in ("{}", given) for part, given in zip(parts, wanted, strict=True)
            ):
                return template
        return None
