"""What a stream knows of its tap: whose data it reads, since when, and where parents' rows are.

`EventTap` makes this true. It is a class of its own, as streams need not know how they are read.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from typing_extensions import override

from event_taps_core.clock import SteadyClock
from event_taps_core.connection_errors import proxy_passwords
from event_taps_core.errors import TapError
from event_taps_core.messages import MessageWriter
from event_taps_core.reading import Stop
from event_taps_core.redaction import Redaction, secret_values
from event_taps_core.setting_texts import (
    in_words,
    misspelt,
    read_texts,
    texts_of_variables,
    variable_of,
)
from event_taps_core.shards import Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.helpers.types import Context

    from event_taps_core.client import ApiClient
    from event_taps_core.columns import Row
    from event_taps_core.schema import Column


class BaseTap(Tap):
    """What a stream knows of its tap."""

    constant_columns: ClassVar[tuple[Column, ...]] = ()
    """Columns that are settings: whose data these are. First in every record and in every key."""

    isolates_refusals: ClassVar[bool] = False
    """Whether the same key may be good for one parent and refused for another."""

    message_writer_class = MessageWriter
    message_writer: MessageWriter

    def __init__(self, **kwargs: Any) -> None:
        self.clock = SteadyClock()
        self.run_started = self.clock.started
        self.read_at = text_of(self.run_started)
        """The same, as the text that rows carry: later than that of any earlier run."""

        self.stop = Stop()
        self._variables: dict[str, str] = {}
        super().__init__(**kwargs)

    @property
    def constants(self) -> dict[str, Any]:
        """The values of `constant_columns`."""
        return {column.name: self.config.get(column.name) for column in self.constant_columns}

    @property
    def concurrency(self) -> int:
        """Number of workers."""
        return int(self.config["concurrency"])

    @property
    def shard(self) -> Shard:
        """The part of the parents that this run reads."""
        return Shard(int(self.config["shard_count"]), int(self.config["shard_index"]))

    @cached_property
    def redaction(self) -> Redaction:
        """What keeps this tap's secrets out of the log, once `install` has been called."""
        secrets = secret_values(self._config, self.config_jsonschema)
        return Redaction(secrets | proxy_passwords())

    @property
    @abstractmethod
    def client(self) -> ApiClient:
        """The one client of this run."""

    @abstractmethod
    def rows_of(self, stream: str, context: Context | None = None) -> list[Row]:
        """Return the rows of a stream's partition as the vendor sent them, requested once per run.

        Raises:
            ApiError: If they cannot be read; every stream that needs them gets the same answer.
        """

    @abstractmethod
    def due_contexts(self, stream: str) -> list[Context | None]:
        """List the partitions that are read of a stream, or of those that share its requests."""

    @abstractmethod
    def read(self, stream: str) -> None:
        """Read and write a stream, and those that share its requests, unless that was done."""

    @abstractmethod
    def records_of(self, stream: str) -> Iterator[Row]:
        """Read a stream for somebody else to write."""

    def refuse_settings(self, errors: Sequence[str]) -> NoReturn:
        """Say which settings are wrong, in one sentence: the SDK would say it in several lines."""
        schema = self.config_jsonschema
        wrong = [in_words(text, schema, self.name, self._variables) for text in errors]
        raise TapError(self.redaction.clean("; ".join(wrong)))

    # The SDK's hooks

    @property
    @override
    def _env_var_config(self) -> dict[str, Any]:
        """Return the variables as the texts that they are; `_validate_config` reads them."""
        self.append_builtin_config(self.config_jsonschema)
        texts = texts_of_variables(self.config_jsonschema, self.name)
        self._variables = {name: variable_of(self.name, name) for name in texts}
        return texts

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Read settings that are texts first; it is here that the SDK has gathered all of them."""
        self._config = read_texts(self._config, self.config_jsonschema, self._variables)
        self.append_builtin_config(self.config_jsonschema)
        for name, meant in misspelt(self._config, self.config_jsonschema).items():
            self.logger.warning("the setting %r changes nothing: is %r meant?", name, meant)
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            self.refuse_settings(error.errors)

    @override
    def setup_mapper(self) -> None:
        try:
            super().setup_mapper()
        except ConfigValidationError as error:  # of flattening: it has rules beside the schema
            self.refuse_settings(error.errors)


def text_of(when: datetime) -> str:
    """Write a time with microseconds, so that texts have the order of their times."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
