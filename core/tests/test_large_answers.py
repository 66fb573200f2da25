"""Whatever a large answer holds, its rows are those that a plain decoder finds, or it is broken."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from event_taps_core import BadResponse, large_answers, pages_of, read_envelope
from event_taps_core.json_values import decode, objects_in

if TYPE_CHECKING:
    from pathlib import Path

NAME = "rows"
BOM = b"\xef\xbb\xbf"


def read(body: bytes, *, piece_bytes: int | None = None) -> tuple[list[Any], dict[str, Any]]:
    """Read a body as a tap does: first what is beside the rows, then the rows."""
    with pytest.MonkeyPatch.context() as patch:
        if piece_bytes is not None:
            patch.setattr(large_answers, "_PIECE_BYTES", piece_bytes)
        file = io.BytesIO(body)
        beside = read_envelope(file, NAME)
        return [row for page in pages_of(file, NAME) for row in page], beside


def rows_before_it_breaks(body: bytes, piece_bytes: int) -> list[Any]:
    """Read rows until the body proves to be broken, which it has to."""
    rows: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_answers, "_PIECE_BYTES", piece_bytes)
        with pytest.raises(BadResponse):
            read_envelope(io.BytesIO(body), NAME)
        try:
            for page in pages_of(io.BytesIO(body), NAME):
                rows += page
        except BadResponse:
            pass
    return rows


def assert_read_as_decoded(body: bytes, piece_bytes: int | None = None) -> None:
    expected = decode(body)
    wanted = objects_in(expected.pop(NAME), NAME)
    if len(wanted) > 1 and not any(wanted):
        assert rows_before_it_breaks(body, piece_bytes or len(body)) == wanted
        return
    rows, beside = read(body, piece_bytes=piece_bytes)
    assert rows == wanted
    assert beside == expected


# Bodies

TRAPS = [
    *('"rows": [', '"rows":[{"a":1}]', "rows", '"rows', '[{"rows":[]}]', '\\"rows\\":['),
    *("},", "}]", "},{", "}]}", '{"', '"}', '"},{"', '\\"', *'[]{},:"\\'),
    *("\0", "\n", "\t", "é", "日本", "\N{GRINNING FACE}", "\u2028", "", " "),
]
TEXTS = st.lists(st.sampled_from(TRAPS) | st.text(max_size=3), max_size=5).map("".join)
NAMES = st.sampled_from(["rows", "row", "rowsy", "x", "data", '"rows', 'x"rows', "", "é"]) | TEXTS
LEAVES = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e9, 1e9) | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
ROWS = st.lists(OBJECTS, max_size=8) | st.lists(OBJECTS | VALUES, max_size=8)
MEMBERS = st.dictionaries(NAMES.filter(lambda name: name != NAME), VALUES, max_size=3)
SPACE = st.sampled_from(["", "", " ", "\n", "\r\n\t  "])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Write an object with rows, and members before and after them, in one of JSON's ways."""
    before, after = draw(MEMBERS), draw(MEMBERS)
    after = {name: value for name, value in after.items() if name not in before}
    space, escaped = draw(SPACE), draw(st.booleans())
    separators = (space + "," + space, space + ":" + space)

    def write(value: object) -> str:
        indent = draw(st.sampled_from([None, None, 0, 2]))
        return json.dumps(value, separators=separators, ensure_ascii=escaped, indent=indent)

    members = {**before, NAME: draw(ROWS), **after}
    written = [space + write(name) + space + ":" + space + write(members[name]) for name in members]
    text = space + "{" + (space + ",").join(written) + space + "}" + space
    return (BOM if draw(st.booleans()) else b"") + text.encode()


PIECES = st.sampled_from([1, 2, 3, 7, 16, 61, 100_000])


@given(body=bodies(), piece_bytes=PIECES)
@example(b'{"x": "\\"rows\\": [{}]", "y": {"rows": [{}]}, "rows": [{"a": "}, {"}]}', 3)
@example(b'{"rows": [null, 1, {"a": 1}, "}, {", [{}], {"b": 2}, null], "x": [{"c": 3}]}', 1)
def test_rows_and_members_are_those_that_a_plain_decoder_finds(
    body: bytes, piece_bytes: int
) -> None:
    assert_read_as_decoded(body, piece_bytes)


def test_a_list_whose_name_only_ends_like_that_of_the_rows_is_not_theirs() -> None:
    assert_read_as_decoded(b'{"x\\"rows": [{"wrong": 1}], "rows": [{"right": 1}]}')


@given(body=bodies(), piece_bytes=st.sampled_from([3, 16, 100_000]), share=st.floats(0, 1))
def test_a_body_that_is_cut_anywhere_is_broken_and_gives_no_wrong_row(
    body: bytes, piece_bytes: int, share: float
) -> None:
    whole = objects_in(decode(body)[NAME], NAME)
    end = int(share * (len(body.rstrip()) - 1))
    rows = rows_before_it_breaks(body[:end], piece_bytes)
    assert rows == whole[: len(rows)]


# What is no list of objects


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"null", b"[]", b"{}", b'"rows"', b"rows", b'[{"rows": [{}]}]'),
        *(b'{"rows": null}', b'{"rows": {}}', b'{"rows": "[{}]"}', b'{"row": [{}]}'),
        *(b'{"rows": [1, 2]}', b'{"rows": [[{}], 1]}', b'{"rows": [{}, 1]}'),
        *(b'{"rows": [{}, null, {}]}', b'{"rows": [{}] [{}]}', b'{"rows": [{} {}]}'),
        *(b'{"rows": [{},, {}]}', b'{"rows": [,{}]}', b'{"rows": [{}], }', b'{"rows": [{}]} x'),
        *(b'{"a": {"rows": [{}]}}', b'{"a": "\\"rows\\": [{}]"}', b'{"rows": [{}]}}'),
        *(b'{"rows": [{"a": 1}, {"a": }]}', b'{"rows": [{]}', b'{"rows": [}]}', b'{"rows": []]}'),
    ],
)
@pytest.mark.parametrize("piece_bytes", [1, 4, 100_000])
def test_what_is_no_list_of_objects_is_broken(body: bytes, piece_bytes: int) -> None:
    rows_before_it_breaks(body, piece_bytes)


def test_an_html_page_is_named_as_such() -> None:
    with pytest.raises(BadResponse, match="HTML") as caught:
        read_envelope(io.BytesIO(b"\n<html>maintenance</html>"), NAME)
    assert caught.value.unreachable


def test_the_reason_holds_nothing_of_the_body() -> None:
    for body in (b'{"rows": [{"name": "Ada"}', b'{"Ada": 1}', b'{"rows": ["Ada", 1]}', b"Ada"):
        with pytest.raises(BadResponse) as caught:
            read_envelope(io.BytesIO(body), NAME)
        assert "Ada" not in caught.value.reason


# What only a lenient decoder takes must not cost the other rows

BESIDE_THE_STANDARD = {
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "half a surrogate pair": b'"\\ud800"',
    "raw control character": b'"a\nb\x01"',
    "invalid UTF-8": b'"\xff\xfe"',
    "NUL": b'"a\\u0000b"',
    "1e400": b"1e400",
}
odd_value = pytest.mark.parametrize("odd", BESIDE_THE_STANDARD.values(), ids=BESIDE_THE_STANDARD)


@odd_value
@pytest.mark.parametrize("piece_bytes", [5, 100_000])
@pytest.mark.parametrize(
    "body",
    [
        b'{"rows": [{"a": 1}, {"a": %b}, {"a": 3}]}',
        b'{"rows": [{"a": 1}], "after": %b}',
        b'{"before": %b, "rows": [{"a": 1}]}',
    ],
    ids=["in a row", "after the rows", "before the rows"],
)
def test_values_beside_the_standard_are_read_as_elsewhere(
    odd: bytes, body: bytes, piece_bytes: int
) -> None:
    assert_read_as_decoded(body % odd, piece_bytes)


@pytest.mark.parametrize("odd", [b"0", b"NaN", b'"\\ud800"'], ids=["plain", "NaN", "half a pair"])
def test_rows_with_many_objects_in_them_and_after_them_are_read(odd: bytes) -> None:
    """Wherever pieces end; each row is far smaller than the largest that is taken."""
    many = b"[%b]" % b", ".join([b"{}"] * 30)
    row = b'{"a": %b, "inner": %b}' % (odd, many)
    body = b'{"rows": [%b], "after": %b, "note": "%b"}' % (
        b", ".join([row] * 20),
        many,
        b"}, " * 99,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_answers, "_MAX_ROW_BYTES", 600)
        assert_read_as_decoded(body, 200)
        assert_read_as_decoded(body)


# Many and large


def test_a_row_may_be_longer_than_a_piece() -> None:
    rows = [{"text": "}, {" * 50 * n} for n in range(5)]
    assert_read_as_decoded(json.dumps({"rows": rows}).encode(), 64)


def peak_bytes(row_count: int, folder: Path) -> int:
    """Return how much memory the rows of a file take, of which none is kept."""
    row = b'{"id": 1, "name": "Ada, {or} not", "tags": [{"a": 1}, {"b": "}"}]}'
    with (folder / f"{row_count}.json").open("w+b") as file:
        file.write(b'{"total": 1, "rows": [' + b",".join([row] * row_count) + b"]}")
        tracemalloc.start()
        assert sum(len(page) for page in pages_of(file, NAME)) == row_count
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_number_of_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(large_answers, "_PIECE_BYTES", 10_007)
    assert peak_bytes(16_000, tmp_path) < 1.2 * peak_bytes(4_000, tmp_path)
