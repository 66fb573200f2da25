"""JSON as servers really send it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core.api_errors import BadResponse
from event_taps_core.json_values import count_of, decode

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
"""With lone surrogates and NUL."""
ANY_JSON = st.recursive(
    st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)


def without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(name): without_nul(item) for name, item in value.items()}
    return value


@given(JSON, st.booleans())
def test_valid_json_is_decoded_as_the_standard_decoder_does(value: object, escaped: bool) -> None:  # noqa: FBT001 - hypothesis passes by position
    content = json.dumps(value, ensure_ascii=escaped).encode()
    assert decode(content) == without_nul(value)


@given(ANY_JSON)
def test_whatever_is_decoded_can_be_encoded_again(value: object) -> None:
    decoded = decode(json.dumps(value).encode())
    again = msgspec.json.encode(decoded)
    assert msgspec.json.decode(again) == decoded
    assert b"\\u0000" not in again


@pytest.mark.parametrize(
    "body",
    [b"<!DOCTYPE html><html><body>Log in</body></html>", b"\n  <html>", b"\xef\xbb\xbf<html>"],
)
def test_html_is_named_and_asked_again_only_a_few_times(body: bytes) -> None:
    with pytest.raises(BadResponse, match="HTML") as caught:
        decode(body)
    assert caught.value.retries == 2


@pytest.mark.parametrize(
    "body", [b'{"data": [{"id": 1}, {"i', b"[1, 2", b"{", b'["unfinished', b'  {"a": 1']
)
def test_a_cut_body_is_named_and_retried(body: bytes) -> None:
    with pytest.raises(BadResponse, match="unfinished JSON") as caught:
        decode(body)
    assert caught.value.retries is None


@pytest.mark.parametrize("body", [b"", b"  ", b"OK", b"Too many requests", b"\x00\x01", b"{}{}"])
def test_what_is_not_json_is_broken(body: bytes) -> None:
    with pytest.raises(BadResponse):
        decode(body)


def test_the_reason_never_holds_the_body() -> None:
    with pytest.raises(BadResponse) as caught:
        decode(b'{"email": "jane@example.org", ')
    assert "jane" not in str(caught.value)


def test_nesting_without_end_is_broken() -> None:
    with pytest.raises(BadResponse):
        decode(b"[" * 100_000)


ONE = "\N{GRINNING FACE}"
READ: list[tuple[bytes, object]] = [
    (rb'"\ud83d\ude00"', ONE),
    (rb'{"a\u0000b": ["c\u0000", {"d": "\u0000"}]}', {"ab": ["c", {"d": ""}]}),
    (rb'"c:\\u0000"', r"c:\u0000"),  # an escaped backslash
    (b'"one\ntwo\tthree"', "one\ntwo\tthree"),
    (b'{"a": 1, "a": 2}', {"a": 2}),
    (b"[NaN, Infinity, -Infinity, 1e400, -1e400, 1]", [None] * 5 + [1]),
    (b'["caf\xe9", "caf\xc3\xa9"]', ["caf\ufffd", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"]),
    *((str(n).encode(), n) for n in (2**53 + 1, 2**64, -(2**63) - 1, 10**40)),
]


@pytest.mark.parametrize(("sent", "value"), READ, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("beside", [b"0", b"NaN", rb'"\ud800"'], ids=["fast", "lenient", "odd"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte-order mark"])
def test_whatever_is_meant_is_read(sent: bytes, value: object, beside: bytes, mark: bytes) -> None:
    """What one value lacks costs no other."""
    assert decode(mark + b'{"value": ' + sent + b', "beside": ' + beside + b"}")["value"] == value


@pytest.mark.parametrize("surrogate", [rb"\ud800", rb"\udfff", rb"\udc00\ud800"])
def test_half_a_surrogate_pair_becomes_the_replacement_character(surrogate: bytes) -> None:
    (name, text), *rest = decode(b'{"x%s": "y%s", "b": 1}' % (surrogate, surrogate)).items()
    assert set(name.removeprefix("x")) == set(text.removeprefix("y")) == {"\ufffd"}
    assert rest == [("b", 1)]


@pytest.mark.parametrize(
    "value", [1006, 1006.0, "1006", "1006.0", " 1006 ", "1,006", "1,006.00"], ids=repr
)
def test_count_is_one_in_any_form(value: object) -> None:
    assert count_of(value) == 1006


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -1, 2.5, [], {"n": 1}, "", "many", "-1", "2.5", "1,06", "1.006"),
        *("\u0667", "9" * 5000),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_count_is_none(value: object) -> None:
    assert count_of(value) is None
