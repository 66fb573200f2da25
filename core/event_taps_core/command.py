"""The command line: whatever goes wrong ends in one line that says what to do."""

from __future__ import annotations

import logging
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import MappingError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from event_taps_core.errors import TapError
from event_taps_core.reading import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self


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

    def _unhandled(self, what: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
        error = what.exc_value if what.exc_value is not None else what.exc_type()
        self.excepthook(what.exc_type, error, what.exc_traceback)

    def _complain(self, message: str) -> None:
        self.logger.critical("%s: %s", self.name, " ".join(message.split()))
