"""What a vendor says about a failure, in its own words.

Every API has another place for them. Only members that are there for a user to read are taken:
whatever else stands in a body may be about a person.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from event_taps_core.api_errors import BadResponse
from event_taps_core.values import snake_case

if TYPE_CHECKING:
    from event_taps_core.redaction import Redaction
    from event_taps_core.session import ApiResponse

MAX_WORDS_LENGTH: Final = 200
_MAX_PAGE_BYTES: Final = 20_000

_TROUBLE: Final = "(?:error|exception|failure|fault|problem|warning)s?"
_MORE: Final = "(?:messages?|msgs?|descriptions?|details?|text|reason|title|info)"
_OF_TROUBLE: Final = re.compile(f"{_TROUBLE}(?:_?{_MORE})?")
_SAID: Final = re.compile(
    f"{_OF_TROUBLE.pattern}|(?:(?:status|response|result)_?)?(?:messages?|msgs?)"
)
_SAID_OF_ERRORS: Final = re.compile(f"{_SAID.pattern}|{_MORE}|code|cause")
"""Within what is an error, further members are about it; a number only if nothing else is."""

_NOTHING: Final = frozenset({"", "ok", "success", "successful", "successfully", "none", "null"})
_TITLE: Final = re.compile(rb"<title[^>]*>([^<]*)", re.IGNORECASE)


def texts_in(value: Any, *, is_error: bool) -> list[str]:
    """Collect the texts that a decoded body has for a user, with the line breaks in them.

    Where it is not about an error as a whole, only what names one is looked at.
    """
    if isinstance(value, dict):
        inner = [item for item in value.values() if isinstance(item, dict)]
        told = _told(value, _SAID_OF_ERRORS if is_error else _SAID)
        # One level down, only what is called an error is one.
        return told or [text for item in inner for text in _told(item, _OF_TROUBLE)]
    if not is_error or value is None or isinstance(value, bool):
        return []
    if isinstance(value, list):
        return list(dict.fromkeys(text for item in value for text in texts_in(item, is_error=True)))
    text = str(value).strip()
    return [] if text.strip(" .!").casefold() in _NOTHING else [text]


def _told(value: dict[str, Any], names: re.Pattern[str]) -> list[str]:
    values = [item for name, item in value.items() if names.fullmatch(snake_case(name))]
    texts = texts_in(values, is_error=True)
    return [text for text in texts if not text.isdecimal()] or texts


def words_in(response: ApiResponse) -> str:
    """Return what an answer says, as it says it: not to be shown before it is `presentable`."""
    if response.spooled is not None:
        return ""  # so long is no error
    try:
        body = response.json()
    except BadResponse:
        return _words_of_text(response)
    is_flat = isinstance(body, dict) and not any(isinstance(v, (dict, list)) for v in body.values())
    return "; ".join(texts_in(body, is_error=is_flat or not response.ok))


def _words_of_text(response: ApiResponse) -> str:
    """Return the title of a page, or the first line of an error in plain text."""
    start = response.content[:_MAX_PAGE_BYTES].lstrip()
    if start.startswith(b"<"):
        title = _TITLE.search(start)
        text = html.unescape(title[1].decode(errors="replace")).strip() if title else ""
        return f'a page with the title "{text}"' if text else "an HTML page"
    if response.ok or not response.headers.get("Content-Type", "").startswith("text/plain"):
        return ""
    return start.partition(b"\n")[0].decode(errors="replace")


def presentable(words: str, redaction: Redaction) -> str:
    """Return a vendor's words as they may be shown: short, and without secrets and people.

    These are taken out before the cut: half a secret is one too.
    """
    decoded = html.unescape(html.unescape(words))  # an error that quotes a page quotes its quotes
    lines = "".join(c if c.isprintable() or c == "\n" else " " for c in decoded).split("\n")
    spaced = "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
    return " ".join(redaction.clean_foreign(spaced).split())[:MAX_WORDS_LENGTH].strip()
