"""Keeps secrets and people out of everything a tap says."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from singer_sdk.metrics import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Each begins at a place where it may begin, and is bounded: a long text costs no more than it must.
_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}(?:@|%40)[\w-]{1,63}\.[\w.-]{0,180}\w")
_CREDENTIALS = re.compile(r"\b(Basic|Bearer)\s[\w+/=.~-]{8,}", re.IGNORECASE)
_AT = r"(?:[@\uff20\ufe6b]|%(?:25)*40|\\?u0040)"
_NAME = r'[^\s<>,;:()"@]+'
_ANY_ADDRESS = re.compile(
    rf'(?:(?<![^\s<>,;:()"@]){_NAME}(?:\n{_NAME})?|"[^"]{{1,64}}")\s?{_AT}'
    rf"\s?{_NAME}(?:\n{_NAME})?"
)
"""Whatever stands around an at sign, also with a blank beside it or a line break within it."""
_LONG = re.compile(r"[A-Za-z0-9_+/=.~%-]{20,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SHORTEST_SECRET = 4
"""Shorter values would blot out ordinary words; no vendor's key is that short."""
_SHORTEST_TOKEN = 12
"""Of the parts of a long one; shorter ones are in paths that a reader wants to see."""


def secret_values(config: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """Collect the values of the settings that the schema marks as secret."""
    return {
        str(config[name])
        for name, declared in schema.get("properties", {}).items()
        if declared.get("secret") and config.get(name)
    }


class Redaction:
    """Replaces secrets and e-mail addresses in every log record, tracebacks included.

    It works where records are made, so that each handler of each logger gets clean ones: also those
    that a user's own log configuration adds, and those of the HTTP library's logger. Only what a
    logger's level lets pass becomes a record at all. What comes as `extra` is added later and not
    seen here; of the libraries that run here only the SDK does that, with names of columns.

    Args:
        secrets: The values to hide, which are also found URL-quoted and as JSON writes them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: set[str] = set()
        self._secrets: re.Pattern[str] | None = None
        self._spellings: list[re.Pattern[str]] = []
        self._make: Callable[..., logging.LogRecord] = logging.LogRecord
        for secret in secrets:
            self.hide(secret)

    def hide(self, secret: str) -> None:
        """Hide one more value, such as a token that the vendor has issued."""
        if len(secret) >= _SHORTEST_SECRET:
            in_json = json.dumps(secret)[1:-1]
            self._forms |= {secret, in_json, in_json.replace("/", "\\/")}
            self._forms |= {
                quoting(secret, "", errors="replace") for quoting in (quote, quote_plus)
            }
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))
            self._spellings.append(_any_spelling(secret))

    def clean(self, text: str) -> str:
        """Return the text without secrets and addresses."""
        if self._secrets is not None:
            text = self._secrets.sub("***", text)
        return _EMAIL.sub("***@***", _CREDENTIALS.sub(r"\1 ***", text))

    def clean_foreign(self, text: str) -> str:
        """Return a vendor's text without what may be a secret or an address in any spelling.

        Args:
            text: With no other white space than one blank or one line break between words.
        """
        for spelling in self._spellings:
            text = spelling.sub("***", text)
        return _LONG.sub(_without_token, _ANY_ADDRESS.sub("***@***", self.clean(text)))

    def install(self) -> None:
        """Clean every log record of this process from now on; once, however often it is called."""
        current = factory = logging.getLogRecordFactory()
        while isinstance(owner := getattr(factory, "__self__", None), Redaction):
            if owner is self:
                return
            factory = owner._make
        self._make = current
        logging.setLogRecordFactory(self.make_record)

    def make_record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Make a record as before, and clean it."""
        record = self._make(*args, **kwargs)
        if record.args and isinstance(record.args, tuple) and isinstance(record.args[0], Point):
            point = record.args[0]  # of a metric, which the SDK's structured log looks for
            record.args = (dataclasses.replace(point, tags=self._clean_tags(point.tags)),)
        else:
            record.msg, record.args = self.clean(_message(record)), ()
        if record.exc_info and record.exc_info[1] is not None:
            error = self._stand_in(record.exc_info[1], {})
            record.exc_info = (type(error), error, error.__traceback__)
        return record

    def _clean_tags(self, tags: Any) -> Any:
        if isinstance(tags, dict):
            return {name: self._clean_tags(value) for name, value in tags.items()}
        return self.clean(tags) if isinstance(tags, str) else tags

    def _stand_in(self, error: BaseException, stand_ins: dict[int, BaseException]) -> BaseException:
        """Return what looks like the error and its causes, with clean words and nothing else."""
        if id(error) in stand_ins:  # chains may be circular
            return stand_ins[id(error)]
        kind = type(error)
        names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
        stand_in: BaseException = type(kind.__name__, (Exception,), names)(self.clean(str(error)))
        stand_ins[id(error)] = stand_in
        for note in getattr(error, "__notes__", ()):
            stand_in.add_note(self.clean(str(note)))
        if error.__context__ is not None:
            stand_in.__context__ = self._stand_in(error.__context__, stand_ins)
        if error.__cause__ is not None:
            stand_in.__cause__ = self._stand_in(error.__cause__, stand_ins)
        stand_in.__suppress_context__ = error.__suppress_context__
        return stand_in.with_traceback(error.__traceback__)


def _any_spelling(secret: str) -> re.Pattern[str]:
    """Find a secret in either case, and with each sign escaped or with white space before it.

    No sign can be read in two ways, so a long text costs no more than it must.
    """
    signs = re.sub(r"\s+", " ", re.sub(r"\\+", r"\\", secret))
    return re.compile(r"\s?".join(map(_any_spelling_of_sign, signs)), re.IGNORECASE)


def _any_spelling_of_sign(sign: str) -> str:
    quoted = "".join(f"%(?:25)*{byte:02x}" for byte in sign.encode(errors="replace"))
    if sign == "\\":
        return rf"(?:\\{{1,9}}+|{quoted})"
    plain = r"(?:\s|\+)" if sign == " " else re.escape(sign)
    return rf"\\{{0,9}}+(?:{plain}|{quoted}|u{ord(sign):04x})"


def _without_token(match: re.Match[str]) -> str:
    """Hide what no language has: letters and digits in one, as in a key; an id is none."""
    parts = re.split(r"[/.]", match[0])
    return "***" if match[0].startswith("eyJ") or any(map(_is_token, parts)) else match[0]


def _is_token(part: str) -> bool:
    is_mixed = re.search(r"\d", part) and re.search(r"[A-Za-z]", part)
    return len(part) >= _SHORTEST_TOKEN and bool(is_mixed) and not _UUID.fullmatch(part)


def _message(record: logging.LogRecord) -> str:
    """Return a record's text, also where its arguments do not fit: that is no reason to fail."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - whatever the text of an argument may raise
        return f"{record.msg} {record.args!r}"
