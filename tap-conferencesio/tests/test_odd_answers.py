"""Answers that no page describes: what they mean and prove, and that nothing in them is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from event_taps_core import AccessDenied, ApiError, BadResponse, NotFound, TapError
from event_taps_core.testing import api_response
from tap_conferencesio.streams import session_of
from tap_conferencesio.tap import TapConferencesIo

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

GONE, TROUBLE = NotFound("HTTP 404"), BadResponse("HTTP 500")
OTHERS = [{"id": "s1"}, {"id": "s2"}]
HIDDEN, ONCE_LISTED = "h1", "l1"


def tap_that_gets(
    answers: dict[str, ApiError | dict[str, Any]], session_ids: tuple[str, ...] = (HIDDEN,)
) -> TapConferencesIo:
    """Make a tap whose requests are answered by what is listed for their paths."""
    settings = {"subdomain": "acme", "api_key": "key-0123456789", "session_ids": [*session_ids]}
    tap = TapConferencesIo(config=settings)

    def send(request: Any, _: object, read: Callable[[requests.Response], Any]) -> Any:
        found = answers[request.url.removeprefix(tap.client.base_url)]
        if isinstance(found, ApiError):
            raise found
        return read(api_response({"status": "ok", "data": found}))

    tap.client.send = send  # type: ignore[assignment] # over HTTP it is tested elsewhere
    return tap


@pytest.mark.parametrize(
    ("status", "body", "kind", "retries"),
    [
        (200, {"status": "ok", "code": "200", "data": {}}, type(None), None),
        (200, {"code": 200, "data": {}}, type(None), None),
        (200, {"data": {}}, type(None), None),
        (500, {"status": "error", "code": "500", "message": "boom"}, BadResponse, 3),
        (500, {"message": "boom"}, BadResponse, 3),
        (500, {"status": "error", "message": "The API key is invalid."}, AccessDenied, None),
        (500, b"<!doctype html>", BadResponse, None),
        (500, [], BadResponse, None),
        (502, b"<!doctype html>", BadResponse, None),
        (200, {"status": "error", "code": "500", "message": "boom"}, BadResponse, 3),
        (200, {"status": "ok", "code": "404"}, BadResponse, 3),
        (200, {"status": "error", "message": "API access is not activated"}, AccessDenied, None),
        (200, b"<!doctype html>", BadResponse, 2),
        (200, [], BadResponse, None),
        (403, {"status": "error", "code": "403", "message": "boom"}, AccessDenied, None),
        (404, {"status": "error", "code": "404", "message": "boom"}, NotFound, None),
    ],
    ids=str,
)
def test_500_is_the_only_documented_error_and_no_proof_of_a_passing_fault(
    status: int, body: object, kind: type, retries: int | None
) -> None:
    """Also under HTTP 200; a page of a proxy is tried again as often as anything."""
    found = tap_that_gets({}).client.classify(api_response(body, status))
    assert type(found) is kind
    assert not isinstance(found, BadResponse) or found.retries == retries


@pytest.mark.parametrize("data", [None, [], {}, {"name": "no id"}, "ab12"])
def test_detail_answer_without_a_session_is_broken_not_empty(data: object) -> None:
    with pytest.raises(BadResponse, match="no session"):
        session_of(api_response({"status": "ok", "data": data}))


@pytest.mark.parametrize(
    ("session_id", "sessions", "detail", "is_gone"),
    [
        (ONCE_LISTED, {"count": 2, "data": OTHERS}, TROUBLE, True),
        (ONCE_LISTED, {"data": OTHERS}, TROUBLE, True),
        (ONCE_LISTED, {"count": "2.0", "data": OTHERS}, TROUBLE, True),
        (ONCE_LISTED, {"count": 0, "data": []}, TROUBLE, True),
        (ONCE_LISTED, {"count": 2, "data": []}, TROUBLE, False),
        (ONCE_LISTED, {"count": "many", "data": OTHERS}, TROUBLE, False),
        (ONCE_LISTED, {"count": 2, "data": [OTHERS[0], None]}, TROUBLE, False),
        (ONCE_LISTED, {"count": 1, "data": [{"id": ONCE_LISTED}]}, GONE, False),
        (ONCE_LISTED, TROUBLE, GONE, False),
        (ONCE_LISTED, GONE, GONE, False),
        (HIDDEN, {"count": 2, "data": OTHERS}, GONE, True),
        (HIDDEN, {"count": 2, "data": OTHERS}, TROUBLE, False),
        (HIDDEN, {"count": 2, "data": OTHERS}, {"id": HIDDEN}, False),
        (HIDDEN, {"count": 2, "data": []}, GONE, False),
        (HIDDEN, TROUBLE, GONE, False),
    ],
    ids=str,
)
def test_only_an_affirmed_answer_proves_that_a_session_is_gone(
    session_id: str,
    sessions: ApiError | dict[str, Any],
    detail: ApiError | dict[str, Any],
    is_gone: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    """Else a night of trouble hides for good what was read before."""
    details = {f"/sessions/{HIDDEN}": GONE, f"/sessions/{session_id}": detail}
    tap = tap_that_gets({"/sessions": sessions, **details})
    attendance = tap.event_streams["attendance"]
    found = tap.reading.parents.has_left(attendance, {"session_id": session_id})
    assert (found == "sessions") is is_gone


@pytest.mark.parametrize("session_id", ["", " ", ".", "..", "..\n", "a\n", "\ud800"], ids=ascii)
def test_what_is_no_session_id_is_a_mistake_in_the_settings(session_id: str) -> None:
    """One that makes no address would hide all sessions."""
    with pytest.raises(TapError, match="session_ids"):
        tap_that_gets({}, ("1234", session_id)).check_settings()
    tap_that_gets({}, ("1234", "a/b", "é", "...")).check_settings()


def test_session_id_that_makes_no_address_is_named_and_the_rest_is_read() -> None:
    tap = tap_that_gets({"/sessions": {"count": 2, "data": OTHERS}}, ("..",))
    assert tap.rows_of("sessions") == OTHERS
    assert [part.id for part in tap.reading.parents.missing] == [".."]


SESSIONS = {"count": 1, "data": [{"id": "s1", "name": "One"}]}
AT, LATER = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("stream", "data", "columns"),
    [
        (
            "questions",
            {"id": "q", "question": {"text": "x"}},
            ("q", None, {"question": {"text": "x"}}),
        ),
        ("questions", {"id": "q", "question": 7}, ("q", "7", None)),
        ("questions", {"question_id": "q", "text": "Why?"}, ("q", "Why?", None)),
        ("questions", {"id": {"n": 1}, "text": "Why?"}, (None, "Why?", {"id": {"n": 1}})),
        (
            "questions",
            {"id": 1, "question_id": 2, "text": "a", "question": ["b"]},
            ("1", "a", {"question_id": 2, "question": ["b"]}),
        ),
        ("questions", {"id": 1, "question_id": 1, "text": "a", "question": None}, ("1", "a", None)),
        ("questions", {}, (None, None, None)),  # as in the vendor's example
        ("questions", 42, (None, "42", None)),
        ("questions", ["a"], (None, None, {"question": ["a"]})),
        ("polls", {"poll_id": "0"}, ("0", None)),
        ("polls", {"poll_id": "real"}, ("0", {"poll_id": "real"})),
        ("sessions", {"session_date": "x"}, (None, {"session_date": "x"})),
        ("sessions", {"session_date": "2026-01-02"}, ("2026-01-02", None)),
        (
            "sessions",
            {"session_date": "x", "date": "2026-01-02"},
            ("2026-01-02", {"session_date": "x"}),
        ),
        ("evaluation_responses", {"session_id": 5, "responded_at": AT}, ("5", AT, None)),
        (
            "evaluation_responses",
            {"session": {"name": "One"}, "session_id": "s1", "timestamp": AT},
            ("s1", AT, None),
        ),
        (
            "evaluation_responses",
            {"session": {"name": "One"}, "session_id": 5, "timestamp": AT, "responded_at": LATER},
            ("s1", AT, {"session_id": 5, "responded_at": LATER}),
        ),
    ],
    ids=str,
)
def test_what_the_vendor_sends_under_a_name_of_ours_is_kept(
    stream: str, data: Any, columns: tuple[object, ...]
) -> None:
    found = tap_that_gets({"/sessions": SESSIONS}, ()).event_streams[stream]
    bodies = {
        "questions": {"questions": [data]},
        "polls": {"polls": {"0": data}},
        "sessions": {"data": [data | {"id": "s"} if stream == "sessions" else data]},
        "evaluation_responses": {"responses": [data]},
    }
    rows = found.rows_in(api_response({"data": bodies[stream]}))
    (record,) = found.prepare(rows, None, {}, encode=False).records
    ours = {
        "questions": ("question_id", "question"),
        "polls": ("poll_id",),
        "sessions": ("session_date",),
        "evaluation_responses": ("session_id", "responded_at"),
    }
    assert tuple(record[name] for name in (*ours[stream], "extra_fields")) == columns
