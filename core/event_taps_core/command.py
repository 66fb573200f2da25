"""The command line: whatever goes wrong ends in one line that says what to do."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from event_taps_core.errors import TapError
from event_taps_core.reading import Stopped

if TYPE_CHECKING:
    import logging
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
        try:
            return sys.exit(run() or 0)
        except click.ClickException as error:
            self._complain(f"{error.format_message()} See {self.name} --help")
        except ConfigValidationError as error:
            self._complain(config_errors(error, self.name or ""))
        except (TapError, Stopped) as error:
            self._complain(str(error))
        return sys.exit(1)

    def _complain(self, message: str) -> None:
        self.logger.critical("%s: %s", self.name, " ".join(message.split()))


def config_errors(error: ConfigValidationError, tap_name: str) -> str:
    """Turn the SDK's validation errors into one sentence, without the values of secrets."""
    properties = (error.schema or {}).get("properties", {})
    return "; ".join(_config_error(text, properties, tap_name) for text in error.errors)


def _config_error(text: str, properties: dict[str, Any], tap_name: str) -> str:
    missing = re.match(r"'(\w+)' is a required property", text)
    if missing:
        name = missing[1]
        variable = f"{tap_name}_{name}".replace("-", "_").upper()
        what = properties.get(name, {}).get("description", "")
        return f"setting {name} is missing ({what}) Set it in the config or as {variable}"
    wrong = re.search(r" in config\['?(\w+)'?\](?:\['?\w+'?\])*$", text)
    if wrong:
        name = wrong[1]
        problem = text[: wrong.start()]
        if properties.get(name, {}).get("secret"):
            problem = "its value has the wrong form"
        return f"setting {name}: {problem}"
    return text
