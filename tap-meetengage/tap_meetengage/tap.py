"""tap-meetengage: the rows of every data method of a Meet & Engage account."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from singer_sdk import typing as th
from typing_extensions import override

from event_taps_core import ACCOUNT, AccessDenied, ApiError, EventTap, Page, TapError, settings
from tap_meetengage import schemas
from tap_meetengage.client import MeetEngageClient
from tap_meetengage.streams import (
    STANDARD,
    OrganisationDataStream,
    StandardStream,
    organisation_data,
    stream_names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from event_taps_core import EventStream
    from event_taps_core.schema import Column

_SAMPLED: Final = (0, 1, 2, 3)
"""Windows that a sample looks at, counted from the newest: all that is ahead, and three before."""

_SAMPLED_IF_EMPTY: Final = (8, 16, 32, 64, 128, 256)


class TapMeetEngage(EventTap):
    """Meet & Engage: online chats and events for candidates, and who took part in them."""

    name = "tap-meetengage"
    client_class = MeetEngageClient
    constant_columns = (ACCOUNT,)
    stream_classes = (StandardStream,)
    discovers_columns = True
    config_jsonschema = settings(
        th.Property(
            "key_id",
            th.StringType(nullable=False, min_length=1),
            required=True,
            title="Key id",
            description="Id of an API key pair of the account (Control Panel, cog button, "
            "preferences).",
        ),
        th.Property(
            "key_secret",
            th.StringType(nullable=False, min_length=1),
            required=True,
            secret=True,
            title="Key secret",
            description="The secret of the key pair, which is shown only when it is made.",
        ),
        th.Property(
            "account",
            th.StringType(nullable=False, min_length=1),
            required=True,
            title="Account",
            description="Name of the organisation account. A key belongs to one account.",
        ),
        th.Property(
            "data_methods",
            th.ArrayType(th.StringType(nullable=False, min_length=1), nullable=False),
            title="Data methods",
            default=[STANDARD],
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
            th.ObjectType(
                additional_properties=th.ArrayType(th.StringType(nullable=False, min_length=1))
            ),
            title="Primary keys",
            examples=[{STANDARD: ["email_address", "chat_id"]}],
            description="For a data method, the columns that identify a row, where it has such: "
            "{'standard': ['email_address', 'chat_id']}. Else a key is made from the whole row.",
        ),
        th.Property(
            "column_types",
            th.ObjectType(
                additional_properties=th.ObjectType(
                    additional_properties=th.StringType(
                        nullable=False, allowed_values=list(schemas.TYPES)
                    )
                )
            ),
            title="Column types",
            examples=[{STANDARD: {"score": "number"}}],
            description="For a data method, the types of columns that are not text: "
            "{'standard': {'score': 'number'}}. What does not fit goes to extra_fields.",
        ),
        requests_per_minute=115,  # of 120 that the vendor allows
        call_window=MeetEngageClient.call_window,
        settle_days=30,
    )

    def __init__(self, **kwargs: Any) -> None:
        self._sampled_columns: dict[str, tuple[Column, ...]] = {}
        super().__init__(**kwargs)

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
            self._check_columns(setting)
        for stream in self.data_streams:
            expected = (*self.constants, *type(stream).primary_keys)
            if stream.selected and stream.primary_keys and tuple(stream.primary_keys) != expected:
                raise TapError(
                    f"the catalog says that the key of {stream.name} is "
                    f"{list(stream.primary_keys)}, the setting primary_keys that it is "
                    f"{list(expected)}: make a new catalog with --discover"
                )

            self._check_types(stream)

    def _check_columns(self, setting: str) -> None:
        """Insist on data methods that are read, and on columns that their rows can have."""
        methods = self._by_column(setting)
        if strangers := set(methods) - set(self.config["data_methods"]):
            raise TapError(
                f"setting {setting}: {sorted(strangers)} are not in the setting data_methods"
            )
        for method, columns in methods.items():
            is_key = setting == "primary_keys"
            names = set(columns)
            ours = names & (schemas.OURS - schemas.CONSTANTS if is_key else schemas.OURS)
            keys = set() if is_key else names & set(self._by_column("primary_keys").get(method, ()))
            problem = ""
            if ours or "" in names:
                named = ", ".join(sorted(ours)) or "a name without letters"
                problem = f"{named} is no column of the data method {method!r}"
            elif is_key and names and names <= schemas.CONSTANTS:
                same = ", ".join(sorted(names))
                problem = (
                    f"all rows of a window have the same {same}, so that is no key of the data "
                    f"method {method!r}"
                )
            elif keys:
                problem = f"{', '.join(sorted(keys))} is part of the key, which is text"
            if problem:
                raise TapError(f"setting {setting}: {problem}")

    def _check_types(self, stream: OrganisationDataStream) -> None:
        declared = stream.schema["properties"]
        types = self._by_column("column_types").get(stream.data_method, {})
        for column in schemas.with_types((), types):
            expected = column.to_dict()[column.name]
            in_catalog = declared.get(column.name, expected)
            if stream.selected and any(
                in_catalog.get(part) != expected.get(part) for part in ("type", "format")
            ):
                raise TapError(
                    f"the catalog says that {column.name} of {stream.name} is "
                    f"{in_catalog.get('type')}, the setting column_types that it is "
                    f"{types[column.name]!r}: make a new catalog with --discover"
                )

    def _by_column(self, setting: str) -> dict[str, dict[str, str]]:
        """Return the columns that a setting names for each data method, and their types.

        Columns of a key are text.
        """
        by_method = {}
        for method, columns in (self.config.get(setting) or {}).items():
            types = columns if isinstance(columns, dict) else dict.fromkeys(columns or (), "string")
            by_method[method] = {schemas.column_name(name): kind for name, kind in types.items()}
        return by_method

    # Streams

    @cached_property
    def method_streams(self) -> list[type[OrganisationDataStream]]:
        """The class of each data method's stream."""
        keys = self.config.get("primary_keys") or {}
        return [
            organisation_data(method, name, tuple(map(schemas.column_name, keys.get(method) or ())))
            for method, name in stream_names(self.config["data_methods"]).items()
        ]

    @override
    def make_streams(self) -> Sequence[EventStream]:
        return [cls(self, self._columns(cls)) for cls in self.method_streams]

    @property
    def data_streams(self) -> list[OrganisationDataStream]:
        """The streams that `make_streams` made."""
        return [s for s in self.streams.values() if isinstance(s, OrganisationDataStream)]

    def _columns(self, cls: type[OrganisationDataStream]) -> tuple[Column, ...]:
        """Return what is known of a stream's columns: by the catalog, else a sample or the page."""
        entry = self.input_catalog and self.input_catalog.get_stream(cls.name)
        if entry:
            return schemas.columns_in(entry.schema.to_dict())
        columns = self._sampled_columns.get(cls.name, schemas.DOCUMENTED)
        return schemas.with_types(columns, self._by_column("column_types").get(cls.data_method, {}))

    # Discovery

    @override
    def discover_columns(self) -> None:
        """Look at a sample of rows of each data method, of which one alone may be refused."""
        for stream in self.data_streams:
            self._sampled_columns[stream.name] = self._sampled(stream)

    def _sampled(self, stream: OrganisationDataStream) -> tuple[Column, ...]:
        """Read the newest windows, and older ones further and further apart while all are empty.

        What has been found is kept where a window cannot be read.
        """
        sample = schemas.Sample()
        newest_first = [{"window_start": start} for start in reversed(stream.spans)]
        try:
            for age in (*_SAMPLED, *_SAMPLED_IF_EMPTY):
                if age >= len(newest_first) or (sample.size and age in _SAMPLED_IF_EMPTY):
                    break
                for page in stream.read_partition(newest_first[age]):
                    if isinstance(page, Page):
                        sample.add(page.rows)
        except ApiError as answer:
            hint = self.client.hint(answer)
            if isinstance(answer, AccessDenied) and not self.client.has_succeeded:
                raise TapError(hint) from answer
            self.logger.warning(
                "%s: not all of its columns could be looked for, so it has the documented ones and "
                "those of %s rows: %s",
                stream.name,
                sample.size,
                answer.reason if self.client.has_succeeded else hint,
            )
        return sample.columns()
