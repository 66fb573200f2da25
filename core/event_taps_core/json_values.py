"""Reading JSON as servers really send it.

The fast decoder takes what is valid. What it refuses gets a second, lenient reading, because a
byte-order mark, a NaN or half a surrogate pair in one name must not cost the other records.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import tempfile
from typing import IO, TYPE_CHECKING, Any

import msgspec

from event_taps_core.api_errors import BadResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_decode = msgspec.json.Decoder().decode
_PIECE_CHARACTERS = 64 * 1024
_WRONG_PLACE_RETRIES = 2
"""HTML instead of JSON is a wrong host or a login page, until the API has answered once."""

_COUNT = re.compile(r"(\d{1,18}|\d{1,3}(,\d{3}){1,5})(\.0+)?", re.ASCII)


def decode(content: bytes, charset: Callable[[], str | None] = lambda: None) -> Any:
    """Decode a JSON body; the charset that the answer declares counts where it is not UTF-8.

    NaN and infinities become null, lone surrogates become U+FFFD, NUL characters (which PostgreSQL
    can hold neither in text nor in jsonb) are taken out.

    Raises:
        BadResponse: If the body is HTML, empty, cut or otherwise not JSON.
    """
    try:
        return decode_strictly(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _cleaned(_decode_leniently(content, charset()))


def decode_strictly(content: bytes) -> Any:
    """Decode a JSON body that is what the standard says, without its NUL characters.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: If it is not.
        BadResponse: If it is nested too deeply for any decoder.
    """
    try:
        value = _decode(content)
    except RecursionError:
        raise BadResponse("JSON that is nested too deeply", retries=0) from None
    # The first, very cheap search spares most bodies the second.
    return _cleaned(value) if b"\\" in content and b"\\u0000" in content else value


def in_utf8(file: IO[bytes], charset: str | None) -> IO[bytes]:
    """Return a body in UTF-8: the file itself, if it is that or not what is declared either.

    It is closed if another file takes its place.

    Raises:
        OSError: If there is no room for the other file.
    """
    if charset in (None, "utf-8", "utf8") or _holds(file, "utf-8") or not _holds(file, charset):
        return file
    file.seek(0)
    converted = tempfile.TemporaryFile()  # noqa: SIM115 - who reads it closes it
    writer = io.TextIOWrapper(converted, "utf-8", newline="")
    with io.TextIOWrapper(file, charset, newline="") as reader:
        shutil.copyfileobj(reader, writer)
    writer.detach()
    return converted


def _holds(file: IO[bytes], charset: str) -> bool:
    """Say whether a file is text of this charset."""
    file.seek(0)
    try:
        reader = io.TextIOWrapper(file, charset, newline="")
    except LookupError:
        return False
    try:
        while reader.read(_PIECE_CHARACTERS):
            pass
    except ValueError:
        return False
    finally:
        reader.detach()
    return True


def _text_of(content: bytes, charset: str | None) -> str:
    for encoding in filter(None, ("utf-8-sig", charset)):
        with contextlib.suppress(LookupError, ValueError):
            return content.decode(encoding)
    return content.decode("utf-8-sig", errors="replace")


def _decode_leniently(content: bytes, charset: str | None) -> Any:
    text = _text_of(content, charset)
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except ValueError:
        pass
    start = text.lstrip()[:1]
    if start == "<":
        raise BadResponse(
            "an HTML page instead of JSON", retries=_WRONG_PLACE_RETRIES, unreachable=True
        )
    raise BadResponse(
        "an unfinished JSON body" if start in ("{", "[") else "a body that is not JSON"
    )


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "")
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(item) for name, item in value.items()}
    if isinstance(value, float) and value - value != 0:  # an infinity, such as 1e400
        return None
    return value


def objects_at(body: Any, path: Sequence[str]) -> list[dict[str, Any]]:
    """Return the objects of the list to which a path of attributes leads within an answer.

    Raises:
        BadResponse: If there is none, see `objects_in`.
    """
    name = ".".join(path)
    for attribute in path:
        if not isinstance(body, dict) or attribute not in body:
            raise BadResponse(f"no '{name}' in the answer")
        body = body[attribute]
    return objects_in(body, name)


def objects_in(value: Any, name: str) -> list[dict[str, Any]]:
    """Take a list's rows; what is no object in it is an empty row, which is set aside.

    Raises:
        BadResponse: If it is no list.
    """
    if not isinstance(value, list):
        raise BadResponse(f"'{name}' is not a list of objects")
    if {dict}.issuperset(map(type, value)):
        return value
    return [row if isinstance(row, dict) else {} for row in value]


def count_of(value: Any) -> int | None:
    """Read a count in any form that is meant as a whole number; None if it is none.

    >>> count_of(6), count_of(6.0), count_of("6.0 "), count_of("1,006"), count_of(2.5), count_of(-1)
    (6, 6, 6, 1006, None, None)
    """
    if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
        return int(value.partition(".")[0].replace(",", ""))
    if type(value) in (int, float) and value >= 0 and value == value // 1:
        return int(value)
    return None
