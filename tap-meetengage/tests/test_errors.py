"""What an answer is taken for: the vendor documents no error, so each of these is an assumption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import AccessDenied, ApiError, BadResponse
from event_taps_core.testing import api_response
from tap_meetengage.errors import (
    Breach,
    MethodRefused,
    ServerError,
    TooMuch,
    problem_of,
    require_success,
    unread_members,
    warnings_of,
)

if TYPE_CHECKING:
    from event_taps_core import ApiResponse

URL = "https://meetandengage.com/api/1.0/rest/organisation_data"
LIMIT_WORDS = "Rate limit exceeded: 10 calls in 5 seconds"
DISABLED = "This key has been disabled after excessive rate limiting"
TOO_LARGE = "The date range is too large: at most 10 days"
GOOD: dict[str, Any] = {"output": []}


def answer(status: int, body: Any = b"", **headers: str) -> ApiResponse:
    return api_response(body, status, f"{URL}?account=a", **headers)


def at_200(members: Any) -> ApiError | None:
    """Return what the members beside the rows of an answer are taken for."""
    try:
        require_success(members, str)
    except ApiError as failure:
        return failure
    return None


def page(words: str) -> bytes:
    return f"<p>{words}</p>".encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        # the limit, with three statuses and in several words
        (429, b"", Breach),
        *((status, {"errors": [LIMIT_WORDS]}, Breach) for status in (429, 403, 503)),
        *((status, page(LIMIT_WORDS), Breach) for status in (429, 403, 503)),
        (403, {"error": "Limit exceeded"}, Breach),
        (403, {"error": "You have exceeded the maximum number of requests"}, Breach),
        (503, {"error": "API call quota exceeded"}, Breach),
        # refusals: an unknown account or data method must not look like one without rows
        *((status, {"errors": ["No such thing"]}, MethodRefused) for status in (400, 401, 404)),
        *((status, b"", MethodRefused) for status in (403, 410, 422)),
        (403, {"error": "Forbidden"}, MethodRefused),
        (403, {"errors": [DISABLED]}, MethodRefused),
        # the server, and the size
        (500, b"", ServerError),
        (502, b"", ServerError),
        (503, b"<h1>Maintenance</h1>", ServerError),
        (408, b"", TooMuch),
        (504, b"", TooMuch),
        (413, b"", TooMuch),
        (400, {"errors": [TOO_LARGE]}, TooMuch),
        (400, page(TOO_LARGE), TooMuch),
    ],
)
def test_statuses(status: int, body: Any, expected: type[BadResponse]) -> None:
    found = problem_of(answer(status, body, Retry_After="7"))
    assert type(found) is expected
    passes = status in {408, 500, 502, 503, 504} and expected is not Breach
    assert found.retries == (None if passes else 0)
    assert found.retry_after == (7 if passes or expected is Breach else None)


@pytest.mark.parametrize(
    ("status", "body", "expected", "otherwise"),
    [
        (403, b"<h1>Forbidden</h1>", Breach, MethodRefused),
        (403, {"error": "Forbidden"}, Breach, MethodRefused),
        (503, b"<center>nginx</center>", Breach, BadResponse),
        (403, {"error": "Unknown data method"}, MethodRefused, None),
        (403, page("This key has been revoked"), MethodRefused, None),
        (503, {"error": TOO_LARGE}, TooMuch, None),
        (503, {"error": LIMIT_WORDS}, Breach, None),
    ],
)
def test_403_and_503_may_be_about_the_limit_once_something_has_succeeded(
    status: int, body: Any, expected: type[ApiError], otherwise: type[ApiError] | None
) -> None:
    found = problem_of(answer(status, body), has_succeeded=True)
    assert type(found) is expected
    assert type(getattr(found, "otherwise", None)) is (otherwise or type(None))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        *(({name: [LIMIT_WORDS]}, Breach) for name in ("error", "Errors", "error_message")),
        ({"error": "Limit exceeded"}, Breach),
        ({"errors": [TOO_LARGE]}, TooMuch),
        ({"errors": ["The result is too large. Choose a smaller period"]}, TooMuch),
        ({"errors": ["Allowed memory size exhausted"]}, TooMuch),
        ({"errors": ["Maximum execution time of 30 seconds exceeded"]}, TooMuch),
        ({"errors": [DISABLED]}, MethodRefused),
        ({"error": {"message": "Authentication failed"}}, MethodRefused),
        ({"error": {"message": "Invalid key pair"}}, MethodRefused),
        ({"error": "You have no permission for this account"}, MethodRefused),
        ({"error": "Unknown data_method"}, MethodRefused),
        ({"error": "Access denied"}, MethodRefused),
        ({"authenticated": False}, AccessDenied),
        # errors of any kind, under any name
        ({"error": "oops"}, BadResponse),
        ({"errors": ["oops"]}, BadResponse),
        ({"errors": [{"code": 7}]}, BadResponse),
        ({"errors": [[]]}, BadResponse),
        ({"ErrorMessage": "oops"}, BadResponse),
        ({"meta": {"error": "oops"}}, BadResponse),
        ({"errors": ['Undefined array key "EmailAddress"']}, BadResponse),
        ({"status": "error", "message": "Report generation failed"}, BadResponse),
        ({"status": "Report failed"}, BadResponse),
        ({"status": False}, BadResponse),
        ({"status": 400}, BadResponse),
        ({"result": "failed"}, BadResponse),
        ({"success": False}, BadResponse),
        ({"exception": "PDOException"}, BadResponse),
        ({"failure": "x"}, BadResponse),
        ({"fault": "x"}, BadResponse),
        ({"problem": "x"}, BadResponse),
        ({"messages": [{"type": "error", "text": "boom"}]}, BadResponse),
        ({"meta": {"status": {"error": "deep"}}}, BadResponse),
        # no errors
        ({}, None),
        ({"errors": []}, None),
        ({"error": None}, None),
        ({"error": ""}, None),
        ({"error": False}, None),
        ({"error_count": 0}, None),
        ({"meta": {"errors": [], "generated": "today"}}, None),
        ({"warnings": ["slow"]}, None),
        ({"warnings": [{"type": "error", "text": "It is one of the warnings"}]}, None),
        ({"success": True, "status": "ok", "result": 450, "messages": [{"type": "info"}]}, None),
        ({"status": "No errors", "default_time_zone": "UTC"}, None),
        ({"status": 200}, None),
    ],
)
def test_members_beside_the_rows(members: dict[str, Any], expected: type[ApiError] | None) -> None:
    """Also where there are rows: they may not be all."""
    found = at_200(members)
    assert type(found) is (expected or type(None))
    if isinstance(found, BadResponse):
        assert bool(found.retries) is (expected is BadResponse)


def test_warnings_are_found_and_other_members_named_without_what_they_hold() -> None:
    meta = {"meta": {"warning": "c", "who": "Jane"}, "none": []}
    beside = {"warnings": ["a", {"text": "b"}], **meta, "message": "Truncated to 50000 rows"}
    assert warnings_of(beside) == ["a", "b", "c", "Truncated to 50000 rows"]
    assert unread_members(beside) == ["meta"]


def test_texts_of_errors_and_warnings_are_said_and_nothing_about_participants() -> None:
    jane = {"participant": "Jane Doe", "phone": "+44 7700 900123", "job_title": "Nurse"}
    warnings = {"warnings": [{**jane, "reason": "consent withdrawn"}]}
    assert warnings_of(warnings) == ["consent withdrawn"]
    found = at_200({"error": {**jane, "code": 7}, "Name": "Jane", "errors": [jane]})
    assert found is not None
    assert found.reason.endswith(": 7")


@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=20),
        st.dictionaries(
            st.sampled_from(["output", "error", "errors", "meta", "authenticated"]),
            st.one_of(st.none(), st.booleans(), st.lists(st.text()), st.text()),
        ),
    ),
)
def test_only_a_200_without_errors_holds_rows(status: int, body: Any) -> None:
    assert (problem_of(answer(status, body)) is None) == (status == 200)
    if isinstance(body, dict) and at_200(body) is None:
        assert not body.get("error")
        assert not body.get("errors")
