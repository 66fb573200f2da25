"""tap-meetengage: the rows of every data method of a Meet & Engage account."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from singer_sdk import typing as th
from typing_extensions import override

from event_taps_core import ACCOUNT, AccessDenied, ApiError, EventTap, Page, TapError, settings
from tap_meetengage import schemas, streams
from tap_meetengage.client import MeetEngageClient
from tap_meetengage.streams import OrganisationDataStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from event_taps_core import EventStream
    from event_taps_core.schema import Column

_SAMPLED: Final = (0, 1, 2, 3, 8, 16, 32, 64, 128, 256)
"""Windows that a sample looks at, counted from the newest: all that is ahead and three before, and
others only while all are empty."""

_ALWAYS_SAMPLED: Final = 4

_NAME: Final = th.StringType(nullable=False, min_length=1)
_TYPE: Final = th.StringType(nullable=False, allowed_values=list(schemas.TYPES))


class TapMeetEngage(EventTap):
    """Meet & Engage: online chats and events for candidates, and who took part in them."""

    name = "tap-meetengage"
    client_class = MeetEngageClient
    constant_columns = (ACCOUNT,)
    stream_classes = (OrganisationDataStream,)
    discovers_columns = True
    config_jsonschema = settings(
        th.Property(
            "key_id",
            _NAME,
            required=True,
            title="Key id",
            description="Id of an API key pair of the account (Control Panel, cog button, "
            "preferences).",
        ),
        th.Property(
            "key_secret",
            _NAME,
            required=True,
            secret=True,
            title="Key secret",
            description="The secret of the key pair, which is shown only when it is made.",
        ),
        th.Property(
            "account",
            _NAME,
            required=True,
            title="Account",
            description="Name of the organisation account. A key belongs to one account.",
        ),
        th.Property(
            "data_methods",
            th.ArrayType(_NAME, nullable=False),
            title="Data methods",
            default=[streams.STANDARD.name],
            description="Exact names of the data methods to read, a stream for each. 'standard' "
            "is built in; Meet & Engage tells the names of custom ones.",
        ),
        th.Property(
            "window_days",
            th.IntegerType(minimum=1, maximum=3660),
            title="Window (days)",
            default=31,
            description="How many days of events to ask for in one request. It is part of the "
            "keys: after a change, load everything again into empty tables.",
        ),
        th.Property(
            "lookahead_days",
            th.IntegerType(minimum=0, maximum=3660),
            title="Lookahead (days)",
            default=365,
            description="Events so many days ahead are read, in every run.",
        ),
        th.Property(
            "primary_keys",
            th.ObjectType(additional_properties=th.ArrayType(_NAME)),
            title="Primary keys",
            examples=[{streams.STANDARD.name: ["email_address", "chat_id"]}],
            description="For a data method, the columns that identify a row, where it has such: "
            "{'standard': ['email_address', 'chat_id']}. Else a key is made from the whole row.",
        ),
        th.Property(
            "column_types",
            th.ObjectType(additional_properties=th.ObjectType(additional_properties=_TYPE)),
            title="Column types",
            examples=[{streams.STANDARD.name: {"score": "number"}}],
            description="For a data method, the types of columns that are not text: "
            "{'standard': {'score': 'number'}}. What does not fit goes to extra_fields.",
        ),
        requests_per_minute=115,  # of 120 that the vendor allows
        call_window=MeetEngageClient.call_window,
        settle_days=30,
    )

    _sampled_columns: Mapping[str, tuple[Column, ...]] = MappingProxyType({})
    """What discovery has found, by stream."""

    @property
    @override
    def default_api_url(self) -> str:
        return "https://meetandengage.com/api/1.0/rest"

    @override
    def check_settings(self) -> None:
        """Check what only this tap knows, and that a catalog fits the settings."""
        super().check_settings()
        if ":" in self.config["key_id"]:
            raise TapError(
                "setting key_id: it holds a colon, which no id of Basic authentication can"
            )
        if not self.config["data_methods"]:
            raise TapError(
                "setting data_methods: it names no data method ('standard' is always there)"
            )
        for setting in ("primary_keys", "column_types"):
            named = set(self.config.get(setting) or ())
            if strangers := named - set(self.config["data_methods"]):
                raise TapError(
                    f"setting {setting}: {sorted(strangers)} are not in the setting data_methods"
                )
        for stream in self.data_streams:
            stream.method.require_columns()
            if stream.selected:
                self._require_same_in_catalog(stream)

    def _require_same_in_catalog(self, stream: OrganisationDataStream) -> None:
        method, declared = stream.method, stream.schema["properties"]
        key = [*self.constants, *schemas.primary_key(method.keys)]
        said: list[tuple[str, str, Any, Any]] = [
            ("primary_keys", "the key", list(stream.primary_keys) or key, key)
        ]
        for column in schemas.with_types((), method.types):
            name, expected = column.name, column.to_dict()[column.name]
            found = declared.get(name, expected)
            if any(found.get(part) != expected.get(part) for part in ("type", "format")):
                said.append(("column_types", name, found.get("type"), repr(method.types[name])))
        for setting, what, in_catalog, in_setting in said:
            if in_catalog != in_setting:
                raise TapError(
                    f"the catalog says that {what} of {stream.name} is {in_catalog}, the setting "
                    f"{setting} that it is {in_setting}: make a new catalog with --discover"
                )

    # Streams

    @override
    def make_streams(self) -> Sequence[EventStream]:
        return [self._stream(method) for method in streams.data_methods(self.config)]

    def _stream(self, method: streams.DataMethod) -> EventStream:
        """Make a stream with what is known of its columns: by a catalog, a sample, or the page."""
        entry = self.input_catalog and self.input_catalog.get_stream(method.stream)
        if entry:
            columns = schemas.columns_in(entry.schema.to_dict())
        else:
            found = self._sampled_columns.get(method.stream, schemas.DOCUMENTED)
            columns = schemas.with_types(found, method.types)
        kind = streams.KeyedDataStream if method.keys else OrganisationDataStream
        return kind(self, method, columns)

    @property
    def data_streams(self) -> list[OrganisationDataStream]:
        """The streams that `make_streams` made."""
        return [s for s in self.streams.values() if isinstance(s, OrganisationDataStream)]

    # Discovery

    @override
    def discover_columns(self) -> None:
        """Look at a sample of rows of each data method, of which one alone may be refused."""
        self._sampled_columns = {s.name: self._sampled(s) for s in self.data_streams}

    def _sampled(self, stream: OrganisationDataStream) -> tuple[Column, ...]:
        """Read the newest windows, and older ones further and further apart while all are empty.

        What has been found is kept where a window cannot be read.
        """
        sample = schemas.Sample()
        newest_first = list(reversed(stream.own_contexts()))
        try:
            for age in _SAMPLED:
                if age >= len(newest_first) or (sample.size and age >= _ALWAYS_SAMPLED):
                    break
                for page in stream.read_partition(newest_first[age]):
                    if isinstance(page, Page):
                        sample.add(page.rows)
        except ApiError as answer:
            why = answer.reason if self.client.has_succeeded else self.client.hint(answer)
            if isinstance(answer, AccessDenied) and not self.client.has_succeeded:
                raise TapError(why) from answer
            self.logger.warning(
                "%s: not all of its columns could be looked for, so it has the documented ones and "
                "those of %s rows: %s",
                stream.name,
                sample.size,
                why,
            )
        return sample.columns()
