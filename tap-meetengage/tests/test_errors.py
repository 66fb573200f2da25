"""What an answer is taken for: the vendor documents no error, so each of these is an assumption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import AccessDenied, ApiError, BadResponse, Redirected
from event_taps_core.testing import api_response
from tap_meetengage.errors import (
    Breach,
    Known,
    MethodRefused,
    ServerError,
    TooMuch,
    failure_beside,
    problem_of,
    unread_members,
    warnings_of,
)

if TYPE_CHECKING:
    from event_taps_core import ApiResponse

NOTHING, SUCCEEDED = Known(), Known(is_checked=True, has_succeeded=True)
LIMIT_WORDS = "Rate limit exceeded: 10 calls in 5 seconds"
GOOD: dict[str, Any] = {"output": []}


def answer(status: int, body: Any = None, **headers: str) -> ApiResponse:
    url = "https://meetandengage.com/api/1.0/rest/organisation_data?account=a"
    return api_response(body, status, url, **headers)


def classified(response: ApiResponse, known: Known = NOTHING) -> ApiError | None:
    """Return what an answer is, by its status and by what stands in it at 200."""
    if response.status_code != 200:
        return problem_of(response, known)
    return problem_of(response, known) or failure_beside(response.json(), known, str)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_named_without_what_the_address_was_asked_for(status: int) -> None:
    location = "https://u:p@www.meetandengage.com/api/1.0/rest/organisation_data?account=a"
    found = classified(answer(status, b"", Location=location))
    assert isinstance(found, Redirected)
    there = "https://www.meetandengage.com/api/1.0/rest/organisation_data"
    assert found.reason.endswith(f": a redirect to {there}")


@pytest.mark.parametrize("status", [429, 403, 503])
@pytest.mark.parametrize("form", ["json", "page"])
def test_limit_may_be_said_with_three_statuses(status: int, form: str) -> None:
    body = {"errors": [LIMIT_WORDS]} if form == "json" else f"<p>{LIMIT_WORDS}</p>".encode()
    assert isinstance(classified(answer(status, body)), Breach)


def test_429_needs_no_words() -> None:
    found = classified(answer(429, b"", Retry_After="7"))
    assert isinstance(found, Breach)
    assert found.retry_after == 7


@pytest.mark.parametrize("member", ["error", "errors", "Errors", "error_message"])
def test_limit_may_be_said_at_200(member: str) -> None:
    assert isinstance(classified(answer(200, {**GOOD, member: [LIMIT_WORDS]})), Breach)


@pytest.mark.parametrize("status", [200, 403])
def test_key_that_was_disabled_for_breaches_is_refused(status: int) -> None:
    body = {**GOOD, "errors": ["This key has been disabled after excessive rate limiting"]}
    assert isinstance(classified(answer(status, body)), AccessDenied)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Limit exceeded"),
        (403, "You have exceeded the maximum number of requests"),
        (503, "API call quota exceeded"),
        (200, "Limit exceeded"),
    ],
)
def test_limit_may_be_said_in_other_words(status: int, words: str) -> None:
    assert isinstance(classified(answer(status, {**GOOD, "error": words})), Breach)


def test_403_and_503_without_such_words_are_what_they_always_are_at_first() -> None:
    assert type(classified(answer(403, {"error": "Forbidden"}))) is AccessDenied
    assert type(classified(answer(503, b"<h1>Maintenance</h1>"))) is ServerError


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b"<h1>Forbidden</h1>", Breach),
        (403, {"error": "Forbidden"}, Breach),
        (503, b"<center>nginx</center>", Breach),
        (403, {"error": "Unknown data method"}, MethodRefused),
        (403, b"<p>This key has been revoked</p>", MethodRefused),
        (503, {"error": "The date range is too large"}, TooMuch),
    ],
)
def test_403_and_503_may_be_about_the_limit_once_something_has_succeeded(
    status: int, body: Any, expected: type[ApiError]
) -> None:
    assert type(classified(answer(status, body), SUCCEEDED)) is expected


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_other_4xx_are_refusals_and_never_an_absence(status: int) -> None:
    """An unknown account or data method must not look like one without rows."""
    said = answer(status, {"errors": ["Unknown data method"]})
    assert type(classified(said)) is AccessDenied
    found = classified(said, Known(is_checked=True))
    assert type(found) is MethodRefused
    assert "account and data_methods" in found.reason


@pytest.mark.parametrize(
    ("status", "expected"),
    [(408, TooMuch), (500, ServerError), (502, ServerError), (504, TooMuch)],
)
def test_of_server_errors_only_timeouts_are_about_the_size(
    status: int, expected: type[BadResponse]
) -> None:
    found = classified(answer(status, b""))
    assert isinstance(found, expected)
    assert found.retries is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (413, ""),
        (400, "The date range is too large: at most 10 days"),
        (200, "The result is too large. Choose a smaller period"),
        (200, "Allowed memory size exhausted"),
        (200, "Maximum execution time of 30 seconds exceeded"),
    ],
)
def test_too_large_is_not_asked_for_again(status: int, words: str) -> None:
    found = classified(answer(status, {"output": [], "errors": [words] if words else []}))
    assert isinstance(found, TooMuch)
    assert found.retries == 0


def test_too_large_may_be_said_on_a_page() -> None:
    page = b"<h1>The date range is too large</h1>"
    assert isinstance(classified(answer(400, page)), TooMuch)


@pytest.mark.parametrize(
    "words",
    [
        "Authentication failed",
        "Invalid key pair",
        "You have no permission for this account",
        "Unknown data_method",
    ],
)
def test_errors_about_access_at_200_are_refusals(words: str) -> None:
    assert isinstance(classified(answer(200, {"error": {"message": words}})), AccessDenied)


def test_authenticated_false_is_a_refusal_anywhere() -> None:
    assert isinstance(classified(answer(200, {"authenticated": False})), AccessDenied)


@pytest.mark.parametrize(
    "beside",
    [
        {"error": "oops"},
        {"errors": ["oops"]},
        {"errors": [{"code": 7}]},
        {"errors": [[]]},
        {"ErrorMessage": "oops"},
        {"meta": {"error": "oops"}},
        {"errors": ['Undefined array key "EmailAddress"']},
        {"status": "error", "message": "Report generation failed"},
        {"status": "Report failed"},
        {"status": False},
        {"status": 500},
        {"result": "failed"},
        {"success": False},
        {"exception": "PDOException"},
        {"failure": "x"},
        {"fault": "x"},
        {"problem": "x"},
        {"messages": [{"type": "error", "text": "boom"}]},
        {"meta": {"status": {"error": "deep"}}},
    ],
)
def test_errors_beside_the_rows_fail_them(beside: dict[str, Any]) -> None:
    """Also where there are rows: they may not be all."""
    found = classified(answer(200, {"output": [{"Device": "Mobile"}], **beside}))
    assert type(found) is BadResponse
    assert found.retries


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"errors": []},
        {"error": None},
        {"error": ""},
        {"error": False},
        {"error_count": 0},
        {"meta": {"errors": [], "generated": "today"}},
        {"warnings": ["slow"]},
        {"warnings": [{"type": "error", "text": "It is one of the warnings"}]},
        {"success": True, "status": "ok", "result": 450, "messages": [{"type": "info"}]},
        {"status": "No errors", "default_time_zone": "UTC"},
        {"status": 200},
    ],
)
def test_empty_errors_warnings_and_meta_are_no_errors(beside: dict[str, Any]) -> None:
    assert classified(answer(200, {**GOOD, **beside})) is None


def test_warnings_are_found() -> None:
    beside = {"warnings": ["a", {"text": "b"}], "meta": {"warning": "c"}, "other": "d"}
    assert warnings_of(beside) == ["a", "b", "c"]


def test_texts_of_errors_and_warnings_are_said_and_nothing_about_participants() -> None:
    jane = {"participant": "Jane Doe", "phone": "+44 7700 900123", "job_title": "Nurse"}
    assert warnings_of({"warnings": [{**jane, "reason": "consent withdrawn"}]}) == [
        "consent withdrawn"
    ]
    body = {"output": [{**jane, "message": "Jane"}], "error": {**jane, "code": 7}, "Name": "Jane"}
    found = classified(answer(200, {**body, "errors": [jane]}))
    assert found is not None
    assert found.reason.endswith(": 7")


def test_other_members_are_named_without_what_they_hold() -> None:
    assert unread_members({"meta": {"who": "Jane"}, "none": [], "warnings": ["a"]}) == ["meta"]
    assert warnings_of({"message": "Truncated to 50000 rows"}) == ["Truncated to 50000 rows"]


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
    response = answer(status, body)
    if status == 200 and not isinstance(body, dict):
        return
    if classified(response) is None:
        assert status == 200
        assert not body.get("error")
        assert not body.get("errors")
