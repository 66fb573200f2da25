"""The command line: whatever goes wrong ends in one line that says what to do."""

from __future__ import annotations

import gc
import json
import logging
import sys
import threading
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import click
from singer_sdk import Tap
from singer_sdk.exceptions import MappingError
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from event_taps_core.base_tap import BaseTap
from event_taps_core.errors import TapError
from event_taps_core.reading import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO, Self

    from singer_sdk.plugin_base import _ConfigInput

_MAX_RETRIES: Final = 1
"""Discovery has the declared columns to fall back on, so it does not wait long for others."""


class TapCommand(SingerCommand):
    """The SDK's command with the last word said by `_complain`."""

    @classmethod
    def of(cls, command: click.Command, logger: logging.Logger) -> Self:
        """Make one from the command that the SDK built."""
        return cls(
            name=command.name,
            callback=command.callback,
            params=command.params,
            help=command.help,
            context_settings=command.context_settings,
            logger=logger,
        )

    @override
    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        run: Callable[[], Any] = partial(
            super().main, args, prog_name, complete_var, standalone_mode=False, **extra
        )
        if not standalone_mode:
            return run()
        self._log_what_python_prints()
        try:
            return sys.exit(run() or 0)
        except click.ClickException as error:
            self._complain(f"{error.format_message()} See {self.name} --help")
        except (TapError, Stopped) as error:
            self._complain(str(error))
        except MappingError as error:
            self._complain(f"setting stream_maps: {error}")
        return sys.exit(1)

    def _log_what_python_prints(self) -> None:
        """Send warnings, and errors that nobody handles, through the log, which is redacted.

        The SDK does so for some of them, and only after the options have been read.
        """
        logging.captureWarnings(capture=True)
        sys.excepthook = self.excepthook
        threading.excepthook = self._unhandled
        sys.unraisablehook = self._unhandled

    def _unhandled(self, args: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
        error = args.exc_value if args.exc_value is not None else args.exc_type()
        self.excepthook(args.exc_type, error, args.exc_traceback)

    def _complain(self, message: str) -> None:
        self.logger.critical("%s: %s", self.name, " ".join(message.split()))


class CommandLineTap(BaseTap):
    """A tap whose command line takes what the SDK's takes, and ends with our exit codes."""

    discovers_columns: ClassVar[bool] = False
    """Whether discovery with credentials may add columns to those that are declared."""

    def discover_columns(self) -> None:
        """Look for columns in rows, where `discovers_columns`; streams are made anew after it.

        Raises:
            TapError: If the credentials are refused.
        """

    @abstractmethod
    def check_settings(self) -> None:
        """See `EventTap.check_settings`."""

    @abstractmethod
    def run(self) -> int:
        """Read every selected stream and say what happened; return the exit code."""

    @abstractmethod
    def failures(self) -> str:
        """Say what could not be read, in a few words; nothing if all could."""

    @override
    def run_discovery(self) -> str:
        """Make the catalog, with the columns that only rows show where there are credentials.

        Raises:
            TapError: If a setting is wrong (it may be missing); see `discover_columns`.
        """
        if self.discovers_columns:
            errors = self._validate_config(raise_errors=False)
            if wrong := [error for error in errors if "is a required property" not in error]:
                self.refuse_settings(wrong)
            if not errors:
                self.check_settings()
                self._config["max_retries"] = min(_MAX_RETRIES, int(self.config["max_retries"]))
                self.discover_columns()
                self._streams = None  # to be made again, with these columns
        return super().run_discovery()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        return TapCommand.of(super().get_singer_command(), cls.logger)

    @classmethod
    @override
    def invoke(  # type: ignore[override] # the SDK's own Tap narrows its base in the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap; exit 0 only if everything that was due has been read."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        # Decoded JSON holds no cycles, and looking for some in every page in flight is expensive.
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
            state=_json_file(state, "state"),
            catalog=_catalog(_json_file(catalog, "catalog")),
        )
        sys.exit(tap.run())

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        try:
            return super().cb_config(ctx, param, value)
        except OSError as error:
            raise TapError(f"the config file cannot be read ({error})") from error
        except (ValueError, TypeError) as error:
            raise TapError(f"the config file is not a JSON object ({error})") from error

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run the SDK's connection test, with our exit code and with nothing left in the buffer."""
        if value == CliTestOptionValue.Disabled.value:
            return
        given: _ConfigInput | None = ctx.params.get("config")
        tap = cls(
            config=given.config if given else {}, parse_env_config=bool(given and given.parse_env)
        )
        tap.check_settings()
        if value == CliTestOptionValue.Schema.value:
            tap.write_schemas()
        else:
            tap.run_connection_test()
        tap.message_writer.flush()
        if failed := tap.failures():
            raise TapError(f"not every stream could be read: {failed}")
        ctx.exit()


def _json_file(file: IO[str] | None, kind: str) -> dict[str, Any] | None:
    """Read a file passed on the command line."""
    if file is None:
        return None
    try:
        value = json.load(file)
    except ValueError as error:
        raise TapError(
            f"the {kind} file is not JSON ({error}): pass a whole one, or none"
        ) from error
    if not isinstance(value, dict):
        raise TapError(f"the {kind} file holds no JSON object: pass a whole one, or none")
    return value


def _catalog(value: dict[str, Any] | None) -> Catalog | None:
    """Read a catalog file's content."""
    if value is None:
        return None
    try:
        _ = value["streams"]  # which the SDK takes for empty if there is none
        return Catalog.from_dict(value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TapError(
            "the catalog file is no Singer catalog: make a new one with --discover"
        ) from error
