"""Keeps secrets and people out of everything a tap says."""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Each begins at a place where it may begin, and is bounded: a long text costs no more than it must.
_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}(?:@|%40)[\w-]{1,63}\.[\w.-]{0,180}\w")
_CREDENTIALS = re.compile(r"\b(Basic|Bearer) [\w+/=.~-]{8,}")
_SHORTEST_SECRET = 4
"""Shorter values would blot out ordinary words; no vendor's key is that short."""


def secret_values(config: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """Collect the values of the settings that the schema marks as secret."""
    return {
        str(config[name])
        for name, declared in schema.get("properties", {}).items()
        if declared.get("secret") and config.get(name)
    }


class Redaction(logging.Filter):
    """Replaces secrets and e-mail addresses in every log record, tracebacks included.

    Args:
        secrets: The values to hide, which are also found URL-quoted.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._forms: set[str] = set()
        self._secrets: re.Pattern[str] | None = None
        for secret in secrets:
            self.hide(secret)

    def hide(self, secret: str) -> None:
        """Hide one more value, such as a token that the vendor has issued."""
        if len(secret) >= _SHORTEST_SECRET:
            self._forms |= {secret, quote(secret, safe=""), quote_plus(secret)}
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """Return the text without secrets and addresses."""
        if self._secrets is not None:
            text = self._secrets.sub("***", text)
        return _EMAIL.sub("***@***", _CREDENTIALS.sub(r"\1 ***", text))

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        # Metric points keep their form: the SDK's structured log reads them, and they hold counts.
        if record.msg != "METRIC: %s":
            record.msg, record.args = self.clean(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self.clean("".join(traceback.format_exception(*record.exc_info)))
            record.exc_info = None
        return True

    def install(self) -> None:
        """Filter everything that the root logger's handlers write."""
        for handler in logging.getLogger().handlers:
            handler.addFilter(self)
