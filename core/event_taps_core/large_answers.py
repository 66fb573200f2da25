"""One answer with very many rows, read without ever holding all of it in memory.

The body is in a file (`ApiClient.spools_answers`). It is cut into pieces where a row may end, and
the JSON parser says whether one really ends there: a cut inside a text, an object or a nested list
leaves something unfinished, so a piece that parses as a list was cut at the right place.
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

import msgspec

from event_taps_core.api_errors import BadResponse
from event_taps_core.json_values import decode, decode_strictly, objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.columns import Row

_PIECE_BYTES = 512 * 1024
_MAX_ROW_BYTES = 16 * 1024 * 1024
_STRICT_TRIES = 5
_ROW = json.JSONDecoder(strict=False)
_NEXT = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")
_END_OF_ROW = re.compile(rb"\}(?=[ \t\r\n]*[,\]])")


def read_envelope(file: IO[bytes], name: str) -> dict[str, Any]:
    """Read a whole body once; return the outermost object's members other than the list of rows.

    Raises:
        BadResponse: If the body is cut or no JSON, or `name` is not there or no list, or one of
            several items and none is an object.
    """
    members: dict[str, Any] = {}
    count, has_objects = 0, False
    for rows in _pieces(file, name, members):
        count, has_objects = count + len(rows), has_objects or any(rows)
    if count > 1 and not has_objects:
        raise BadResponse(f"'{name}' is not a list of objects")
    return members


def pages_of(file: IO[bytes], name: str) -> Iterator[list[Row]]:
    """Yield the rows of a body, half a megabyte at a time; see `read_envelope`.

    What is no object is an empty row, as in `EventStream.parse_response`.
    """
    yield from _pieces(file, name, {})


def _pieces(file: IO[bytes], name: str, members: dict[str, Any]) -> Iterator[list[Row]]:
    """Yield the rows; add the members beside them to `members`."""
    file.seek(0)
    head, rest = _head(file, name)
    while True:
        piece = file.read(_PIECE_BYTES)
        rest = (rest + piece).lstrip()
        if rest[:1] == b"]":
            envelope = decode(head + rest[1:] + file.read())
            if not isinstance(envelope, dict):
                raise BadResponse(f"'{name}' is not in a JSON object")
            members.update((member, value) for member, value in envelope.items() if member != name)
            return
        cut = _last_cut(rest)
        if cut is not None:
            rows, end = cut
            yield rows
            rest = rest[end:].lstrip().removeprefix(b",")
        elif not piece or len(rest) > _MAX_ROW_BYTES:
            raise BadResponse(f"'{name}' is not a whole list of objects")


def _head(file: IO[bytes], name: str) -> tuple[bytes, bytes]:
    """Return the body up to the rows, an empty list in their place, and what was read of them."""
    start = re.compile(rb'"' + re.escape(name.encode()) + rb'"\s*:\s*\[')
    read = b""
    while len(read) <= _MAX_ROW_BYTES and (piece := file.read(_PIECE_BYTES)):
        read += piece
        for match in start.finditer(read):
            head = read[: match.end()] + b"]"
            try:
                before = decode(head + b"}")
            except BadResponse:
                continue  # the name stands inside a text or another object
            if isinstance(before, dict) and before.get(name) == []:
                return head, read[match.end() :]
    if read.lstrip()[:1] == b"<":
        decode(read)  # which says that it is an HTML page
    raise BadResponse(f"no list '{name}' in the answer")


def _last_cut(text: bytes) -> tuple[list[Row], int] | None:
    """Find the last place at which a row ends; return the rows before it, too."""
    tail = len(text) - _PIECE_BYTES // 8  # to search all of it takes as long as decoding it
    ends = [*_END_OF_ROW.finditer(text, tail)] or [*_END_OF_ROW.finditer(text)]
    for match in reversed(ends[-_STRICT_TRIES:]):
        try:
            rows = decode_strictly(b"[" + text[: match.end()] + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        return objects_in(rows, ""), match.end()
    end = _end_of_last_row(text.decode("utf-8", "surrogateescape"))
    if end == 0:
        return None
    return objects_in(decode(b"[" + text[:end] + b"]"), ""), end


def _end_of_last_row(text: str) -> int:
    """Walk from row to row, whatever is in them or after them; in bytes."""
    end = at = 0
    while at < len(text):
        try:
            _, at = _ROW.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        following = _NEXT.match(text, at)
        if following is None:
            break
        end, at = at, following.end()
        if following[1] == "]":
            break
    return len(text[:end].encode("utf-8", "surrogateescape"))
