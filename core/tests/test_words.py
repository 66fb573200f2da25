"""A vendor's own words: found wherever they stand, short, and without secrets and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core.redaction import Redaction
from event_taps_core.testing import api_response
from event_taps_core.words import MAX_WORDS_LENGTH, presentable, words_in

if TYPE_CHECKING:
    from event_taps_core import ApiResponse

KEY = "key-of-the-toy-4711"
REDACTION = Redaction([KEY, "a/b\\c-999", "pass%word", "pass%-word"])
JANE = {"name": "Jane Doe", "phone": "+44 7700 900123", "note": "vegan", "title": "Dr"}


def answer(status: int, body: Any, **headers: str) -> ApiResponse:
    return api_response(body, status, **headers)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "No"}, "No"),
        ({"Message": "No"}, "No"),
        ({"error": "No"}, "No"),
        ({"Error": "No"}, "No"),
        ({"errorMessage": "No"}, "No"),
        ({"error": {"message": "No", "code": 17}}, "No"),
        ({"error": {"code": 17}}, "17"),
        ({"errors": ["No", "Neither", "No"]}, "No; Neither"),
        ({"errors": [{"detail": "No"}]}, "No"),
        ({"error": "invalid_grant", "error_description": "No"}, "invalid_grant; No"),
        ({"statusCode": 400, "statusMessage": "No", "data": {}}, "No"),
        ({"status": "error", "code": "500", "message": "No"}, "No"),
        ({"output": [], "error": {"text": "No"}}, "No"),
        ({"response": {"error": "No"}}, "No"),
        ({"type": "about:blank", "title": "Bad", "detail": "No", "status": 400}, "Bad; No"),
        ({"detail": [{"loc": ["query", "page"], "msg": "No"}]}, "No"),
        ({"message": "", "rows": [JANE]}, ""),
        ({"data": [{**JANE, "message": "Jane asks"}]}, ""),
        ({"data": {**JANE, "message": "Jane asks"}, "error": "No"}, "No"),
        ({"error": {"participant": JANE, "message": "No"}}, "No"),
        ({"error": True, "message": "Success."}, ""),
        ({}, ""),
        (b"<html><head><title>Wait&hellip;</title>", 'a page with the title "Wait…"'),
        (b"<html><body>Jane Doe</body></html>", "an HTML page"),
        (b"Jane Doe,vegan\n", ""),
        (b"", ""),
        (b"{", ""),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_words_are_found_wherever_they_stand_and_nothing_else_is(
    body: Any, words: str, status: int
) -> None:
    if status == 200 and isinstance(body, dict) and "loc" in str(body):
        words = ""  # a list of details may be anything, where nothing says that it is an error
    assert words_in(answer(status, body)) == words


def test_the_first_line_of_an_error_in_plain_text_is_words() -> None:
    body = b"upstream connect error\n\tat com.example.Rows(jane.doe)\n"
    assert words_in(answer(503, body, Content_Type="text/plain; charset=utf-8")) == (
        "upstream connect error"
    )
    assert words_in(answer(200, body, Content_Type="text/plain")) == ""


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("two\n  lines", "two lines"),
        ("nobody has jane.doe@example.org", "nobody has ***@***"),
        (f"the key {KEY} is off", "the key *** is off"),
        (f"{'n' * 190} {KEY}", f"{'n' * 190} ***"),  # cut afterwards, so no half of it is left
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0 ended", "token *** ended"),
        ("eyJhbGciOiJub25lIn0.eyJhIjoiYiJ9.abc_def-ghi ended", "*** ended"),
        (f"{'a1B2' * 4}/{'c3D4' * 4}/{'e5F6' * 4} ended", "*** ended"),
        ("authorization: bearer abcdefghijk ended", "authorization: bearer *** ended"),
        ("ask anna.smith@\nacme.com", "ask ***@***"),
        ("ask an\nna@acme.com, or", "ask ***@***, or"),
        ("ask anna@acme.\ncom, or", "ask ***@***, or"),
        ("anna @ acme.com, anna&#64;acme.com", "***@***, ***@***"),
        ("anna%40acme.com, anna&amp;#64;acme.com", "***@***, ***@***"),
        ('"anna smith"@acme.com, anna@localhost', "***@***, ***@***"),
        (f"Anna <{'x' * 70}@acme.com>", "Anna <***@***>"),
        ("the key key-of-\nthe-toy-4711 is off", "the key *** is off"),
        ("the key KEY-Of-the-toy%2D4711 is off", "the key *** is off"),
        ("the key key&#45;of-the-\u200btoy-4711 is off", "the key *** is off"),
        ("the pass%25word and pass%2525-\nword", "the *** and ***"),
        (r'{"key":"a\/b\\c-999"}', '{"key":"***"}'),
        ("a\x1b[31m red word", "a [31m red word"),
        ("Cannot GET /api/v2/sessions/s-12/attendance", None),
        ("no /events/3fa85f64-5717-4562-b3fc-2c963f66afa6/people", None),
        ("Bearer abcdefgh12345678 ended", "Bearer *** ended"),
        ("no event 3fa85f64-5717-4562-b3fc-2c963f66afa6", None),
        ("no field internationalisation_of_everything", None),
        ("Rate limit exceeded: 10 calls in each 5 second interval.", None),
    ],
)
def test_what_is_shown_of_words(words: str, shown: str | None) -> None:
    assert presentable(words, REDACTION) == (shown or words)


@given(st.text(), st.integers(0, 300))
def test_no_words_show_a_key_or_more_than_their_beginning(text: str, at: int) -> None:
    shown = presentable(f"{text[:at]} {KEY} {text[at:]} {'x ' * 200}", REDACTION)
    assert len(shown) <= MAX_WORDS_LENGTH
    assert KEY[:12] not in shown


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["error", "errors", "message", "data"]), inner)
        ),
    )
)
def test_any_body_has_words_or_none(body: Any) -> None:
    for status in (200, 500):
        assert isinstance(words_in(answer(status, body)), str)
