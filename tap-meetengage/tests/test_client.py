"""What the client lets through, what it takes an answer for, and how it keeps the limit."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import Answer, ApiResponse, Broken, Moved, Refused, TimedOut
from event_taps_core.reading import Stopped
from event_taps_core.summary import StreamTally
from event_taps_core.testing import api_response
from tap_meetengage.client import (
    Breach,
    MeetEngageClient,
    MethodRefused,
    ServerError,
    TooMuch,
    others_of,
    warnings_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "https://meetandengage.com/api/1.0/rest"
CONFIG: dict[str, Any] = {
    "key_id": "the-key",
    "key_secret": "se:cret-0123456789",
    "concurrency": 1,
    "requests_per_minute": 0,
    "request_timeout_seconds": 1,
    "max_retries": 0,
}
CLIENT = MeetEngageClient(BASE, CONFIG)
LIMIT_WORDS = "Rate limit exceeded: 10 calls in 5 seconds"
GOOD: dict[str, Any] = {"output": []}


def answer(status: int, body: Any = None, **headers: str) -> ApiResponse:
    return api_response(body, status, BASE + "/organisation_data?account=a", **headers)


def classified(response: ApiResponse, client: MeetEngageClient = CLIENT) -> Answer | None:
    """Return what an answer is, by its status and by what stands in it at 200."""
    try:
        problem = client.classify(response)
        if problem is None:
            client.insist_on_success(response.json())
    except Answer as raised:
        return raised
    return problem


# What is sent


@pytest.mark.parametrize("path", ["", "/organisation_data"])
def test_the_two_documented_reads_are_permitted(path: str) -> None:
    assert CLIENT.permits("GET", BASE + path)


@pytest.mark.parametrize(
    "url",
    [
        BASE + "/schedule",
        BASE + "/organisation_data/1",
        "https://www.meetandengage.com/api/1.0/rest/organisation_data",
        "http://meetandengage.com/api/1.0/rest/organisation_data",
        "https://meetandengage.com/",
    ],
)
def test_nothing_is_sent_to_another_host_or_path(url: str) -> None:
    assert not CLIENT.permits("GET", url)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_ever_written(method: str) -> None:
    assert not CLIENT.permits(method, BASE + "/organisation_data")


def test_key_pair_goes_into_the_header_and_may_hold_a_colon_in_its_secret() -> None:
    kind, _, value = CLIENT.headers()["Authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(value).decode() == "the-key:se:cret-0123456789"


# What answers mean: the vendor documents no error, so each of these is an assumption


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_named_without_what_the_address_was_asked_for(status: int) -> None:
    location = "https://u:p@www.meetandengage.com/api/1.0/rest/organisation_data?account=a"
    found = classified(answer(status, b"", Location=location))
    assert isinstance(found, Moved)
    said = CLIENT.advice(found)
    assert "a redirect to https://www.meetandengage.com/api/1.0/rest/organisation_data," in said
    assert "api_url" in said
    assert "u:p" not in said


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
    assert isinstance(classified(answer(status, body)), Refused)


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
    assert type(classified(answer(403, {"error": "Forbidden"}))) is Refused
    assert type(classified(answer(503, b"<h1>Maintenance</h1>"))) is ServerError


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b"<h1>Forbidden</h1>", Breach),
        (403, {"error": "Forbidden"}, Breach),
        (503, b"<center>nginx</center>", Breach),
        (403, {"error": "Unknown data method"}, Refused),
        (403, b"<p>This key has been revoked</p>", Refused),
        (503, {"error": "The date range is too large"}, TooMuch),
    ],
)
def test_403_and_503_may_be_about_the_limit_once_something_has_succeeded(
    status: int, body: Any, expected: type[Answer]
) -> None:
    client = MeetEngageClient(BASE, CONFIG)
    client.has_succeeded = True
    assert type(classified(answer(status, body), client)) is expected


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_other_4xx_are_refusals_and_never_an_absence(status: int) -> None:
    """An unknown account or data method must not look like one without rows."""
    found = classified(answer(status, {"errors": ["Unknown data method"]}))
    assert type(found) is Refused
    assert "account and data_methods" in CLIENT.advice(found)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(408, TooMuch), (500, ServerError), (502, ServerError), (504, TooMuch)],
)
def test_of_server_errors_only_timeouts_are_about_the_size(
    status: int, expected: type[Broken]
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
    assert isinstance(classified(answer(200, {"error": {"message": words}})), Refused)


def test_authenticated_false_is_a_refusal_anywhere() -> None:
    assert isinstance(classified(answer(200, {"authenticated": False})), Refused)


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
    assert type(found) is Broken
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
    assert others_of({"meta": {"who": "Jane"}, "none": [], "warnings": ["a"]}) == ["meta"]
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


# The test of the credentials, and the limit


class AnsweringClient(MeetEngageClient):
    """A client whose server answers from a list."""

    def __init__(self, *answers: ApiResponse | Broken, **config: Any) -> None:
        super().__init__(BASE, {**CONFIG, **config})
        self.answers = list(answers)
        self.sent: list[str] = []
        self.pauses: list[float] = []
        self.pacer.pause = self.pauses.append  # type: ignore[method-assign,assignment] # nothing waits here

    @override
    def _send(
        self, request: HTTPRequest, tally: StreamTally, headers: Mapping[str, str]
    ) -> ApiResponse:
        self.sent.append(request.url.removeprefix(BASE))
        found = self.answers.pop(0)
        if isinstance(found, Broken):
            raise found
        return found

    def rows(self, method: str = "standard") -> Any:
        params: dict[str, Any] = {"account": "a", "data_method": method}
        request = HTTPRequest(BASE + "/organisation_data", params=params)
        return self.ask(request, StreamTally("test"), lambda response: response.json()["output"])


AUTHENTICATED = answer(200, {"authenticated": True})


def test_credentials_are_tested_once_before_anything_is_asked_for() -> None:
    client = AnsweringClient(AUTHENTICATED, answer(200, GOOD), answer(200, GOOD))
    client.rows()
    client.rows()
    assert client.sent == ["", "/organisation_data", "/organisation_data"]
    pair = base64.b64encode(b"the-key:se:cret-0123456789").decode()
    assert client.redaction.clean(f"sent {pair}") == "sent ***"


def test_data_method_is_refused_once_and_others_are_read() -> None:
    good = answer(200, GOOD)
    client = AnsweringClient(AUTHENTICATED, answer(403, b""), good, answer(404, b""), good)
    for method in ("wordless", "wordless", "standard", "gone", "gone", "standard"):
        if method == "standard":
            client.rows(method)
            continue
        with pytest.raises(MethodRefused, match="account and data_methods") as raised:
            client.rows(method)
        assert "accepts the key pair" in client.advice(raised.value)
    assert client.answers == []


@pytest.mark.parametrize(
    "problem",
    [answer(500, b""), answer(504, b""), answer(413, b""), TimedOut("slow", elsewhere=True)],
)
def test_failed_test_of_credentials_is_about_the_address_and_no_matter_of_size(
    problem: ApiResponse | Broken,
) -> None:
    client = AnsweringClient(problem)
    with pytest.raises(Broken) as raised:
        client.rows()
    assert type(raised.value) is Broken
    assert raised.value.elsewhere
    assert not client.has_succeeded


@pytest.mark.parametrize(
    "response",
    [
        answer(401, b""),
        answer(403, b""),
        answer(200, {"authenticated": False}),
        answer(200, {"authenticated": "true"}),
        answer(200, {"authenticated": 1}),
        answer(200, {}),
        answer(200, {"errors": ["Invalid key pair"]}),
    ],
)
def test_only_authenticated_true_is_good_and_a_bad_key_is_tried_once(response: ApiResponse) -> None:
    client = AnsweringClient(response)
    for _ in range(3):
        with pytest.raises(Refused):
            client.rows()
    assert client.sent == [""]


@pytest.mark.parametrize(
    "response", [answer(404, b""), answer(405, b""), answer(200, b"<html>"), answer(200, [])]
)
def test_no_such_api_at_that_address_is_about_the_address(response: ApiResponse) -> None:
    client = AnsweringClient(response)
    with pytest.raises(Broken) as raised:
        client.rows()
    assert raised.value.elsewhere
    assert "api_url" in client.advice(raised.value)


BREACH = answer(429, b"")


def test_after_a_breach_the_pauses_are_five_seconds_and_grow() -> None:
    client = AnsweringClient(AUTHENTICATED, BREACH, BREACH, BREACH, answer(200, {"output": [1]}))
    assert client.rows() == [1]
    assert client.pauses == [5, 5, 10]


def test_breach_at_the_test_of_credentials_is_waited_for_too() -> None:
    client = AnsweringClient(BREACH, AUTHENTICATED, answer(200, GOOD))
    client.rows()
    assert client.pauses == [5]


def test_retry_after_is_obeyed() -> None:
    asks = answer(429, b"", Retry_After="7")
    client = AnsweringClient(AUTHENTICATED, asks, answer(200, GOOD), asks, asks, answer(200, GOOD))
    client.rows()
    client.rows()
    assert client.pauses == [7, 7, 7]


def test_no_pause_after_a_breach_is_shorter_than_five_seconds() -> None:
    asks = answer(429, b"", Retry_After="1")
    client = AnsweringClient(AUTHENTICATED, asks, answer(200, GOOD))
    client.rows()
    assert client.pauses == [5]


def test_what_is_perhaps_a_breach_fails_one_window_and_in_the_end_the_run() -> None:
    good, perhaps = answer(200, GOOD), answer(503, b"")
    client = AnsweringClient(AUTHENTICATED, good, *[perhaps] * 5, good, *[perhaps] * 10)
    client.rows()
    with pytest.raises(Broken, match="HTTP 503"):
        client.rows()
    assert client.pauses == [5, 5, 10, 15, 20]
    client.rows()
    with pytest.raises(Broken, match="HTTP 503"):
        client.rows()
    for _ in range(2):
        with pytest.raises(Stopped, match="10 times in a row"):
            client.rows()
    assert client.answers == []


def test_fifth_breach_in_a_row_ends_the_run_and_nothing_is_sent_any_more() -> None:
    client = AnsweringClient(AUTHENTICATED, *[BREACH] * 5)
    for _ in range(2):
        with pytest.raises(Stopped, match=r"5 times in a row.*requests_per_minute"):
            client.rows()
    assert len(client.sent) == 6


def test_wait_of_an_hour_is_not_waited_for() -> None:
    client = AnsweringClient(AUTHENTICATED, answer(429, b"", Retry_After="3600"))
    with pytest.raises(Stopped, match="3600"):
        client.rows()
    assert client.pauses == []


def test_success_forgets_the_breaches_before_it() -> None:
    good = answer(200, GOOD)
    client = AnsweringClient(AUTHENTICATED, *[BREACH, BREACH, BREACH, BREACH, good] * 3)
    for _ in range(3):
        client.rows()
    assert client.pauses == [5, 5, 10, 15] * 3


def test_limit_of_the_vendor_is_ten_calls_in_five_seconds() -> None:
    """Heading "Rate Limits"."""
    assert MeetEngageClient.call_window == (10, 5.0)
