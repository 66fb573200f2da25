"""From the vendor's rows to the tap's: names, forms, and no secrets."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import BadResponse
from event_taps_core.testing import api_response
from tap_accelevents.paging import total_of
from tap_accelevents.rows import is_secret, list_of_ids, rows_of, without_secrets
from tap_accelevents.tap import TapAccelevents

Row = dict[str, Any]
SECRET_NAMES = (
    *("streamKey", "stream_key", "streamkey", "muxStreamKey", "rtmpUrl", "rtmpURL", "rtmp_url"),
    *("meetingPassword", "meeting_password", "accessToken", "access_token", "accesstoken"),
    *("cardType", "card_type", "lastFour", "last_four", "cardLastFour"),
)
PLAIN_NAMES = ("title", "sessionId", "streamUrl", "cardTag", "ticketType", "passwordHint")
NAMES = st.sampled_from([*SECRET_NAMES, *PLAIN_NAMES])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3).map(json.dumps)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"eventUrl": "demo", "eventurl": "demo", "eventId": "5"}, {}),
        ({"eventUrl": "Demo"}, {"extra_fields": {"eventUrl": "Demo"}}),
        (
            {"streamKey": "secret", "brandNew": {"accessToken": "secret", "n": 1}},
            {"extra_fields": {"brandNew": {"n": 1}}},
        ),
        ({"tags": {"id": 1}}, {"tags": [{"id": 1}]}),
    ],
    ids=str,
)
def test_what_is_loaded_of_a_session(row: Row, expected: Row) -> None:
    """But for what tells which it is, and for columns that are null."""
    tap = TapAccelevents(config={}, validate_config=False)
    context = {"event_url": "demo", "event_id": 5, "zone": "America/New_York"}
    rows = [{"sessionId": 9, **row}]
    (made,) = tap.event_streams["sessions"].prepare(rows, context, {}, encode=False).records
    known = ("account", "read_at", "event_url", "session_id")
    assert {k: v for k, v in made.items() if v is not None and k not in known} == expected


@pytest.mark.parametrize("name", [*SECRET_NAMES, *PLAIN_NAMES])
def test_secret_is_one_however_its_name_is_spelled_and_other_names_are_none(name: str) -> None:
    assert is_secret(name) is (name in SECRET_NAMES)


def test_secrets_in_json_inside_a_text_are_taken_out_and_other_texts_stay() -> None:
    sent = '[{"key": "é", "zoom": "{\\"meeting_password\\": 1, \\"n\\": 2}"}]'
    assert without_secrets(sent) == '[{"key":"é","zoom":"{\\"n\\":2}"}]'
    for text in ('{ "a": 1 }', "[1, 2", "{x}", "[" * 100_000, "", "streamKey"):
        assert without_secrets(text) == text


def members(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    if isinstance(value, str) and value[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            return members(json.loads(value))
    return set().union(*map(members, value)) if isinstance(value, list) else set()


@given(JSON)
def test_nothing_secret_is_left_at_any_depth_and_the_row_stays_as_it_was(value: Any) -> None:
    before = copy.deepcopy(value)
    left = without_secrets(value)
    assert not members(left) & set(SECRET_NAMES)
    assert value == before
    if not members(value) & set(SECRET_NAMES):
        assert left == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], []),
        (7, [7]),
        ("7", [7]),
        ([7, "8", 9.0], [7, 8, 9]),
        ("seven", "seven"),
        ([{"id": 7}], [{"id": 7}]),
    ],
    ids=repr,
)
def test_list_of_ids(value: Any, expected: Any) -> None:
    assert list_of_ids(value) == expected


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ([{"id": 1}], 1),
        ({"data": [{"id": 1}]}, 1),
        ({"data": None, "sessions": [{"id": 1}]}, 1),
        ({"data": [], "sessions": [{"id": 1}]}, 1),
        ({"data": [{"id": 1}], "sessions": [], "errors": ["one of them"]}, 1),
        ([], 0),
        ({"data": []}, 0),
        ({"data": None}, 0),
        ({"data": [], "sessions": 0}, 0),
        ({"data": [], "message": "No sessions yet", "errors": [], "status": 200}, 0),
        ({"data": None, "message": "", "errors": None, "status": "ACTIVE"}, 0),
    ],
    ids=repr,
)
def test_list_is_bare_or_under_one_of_its_names_and_may_be_empty_or_null(
    body: Any, count: int
) -> None:
    assert rows_of(body, ("data", "sessions")) == [{"id": 1}] * count


@pytest.mark.parametrize(
    "body",
    [
        *(None, {}, "text", 7, {"rows": []}, {"data": {}}),
        # no rows beside an error are not an empty list
        {"data": None, "message": "Something went wrong"},
        {"data": [], "errors": ["boom"]},
        {"data": [], "status": 500},
        {"sessions": None, "status": "503"},
        {"data": [], "success": False},
    ],
    ids=repr,
)
def test_what_is_no_list_is_broken(body: Any) -> None:
    with pytest.raises(BadResponse):
        rows_of(body, ("data", "sessions"))


@pytest.mark.parametrize(
    ("query", "is_first"),
    [("page=0&size=100", True), ("size=100&page=0", True), ("page=10&size=100", False)],
)
def test_no_rows_on_the_first_page_beside_a_count_are_not_an_empty_list(
    query: str,
    is_first: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """In whatever order a redirect puts the query."""
    orders = TapAccelevents(config={}, validate_config=False).event_streams["orders"]
    answer = api_response({"recordsTotal": 30, "data": []}, url=f"https://x.example/rest?{query}")
    fails = pytest.raises(BadResponse, match="counts 30") if is_first else contextlib.nullcontext()
    with fails:
        assert list(orders.parse_response(answer)) == []


@pytest.mark.parametrize(
    ("body", "query", "total"),
    [
        ({"recordsTotal": 7}, "?page=0", 7),
        ({"recordsTotal": "7.0"}, "?page=0", 7),
        ({"recordsTotal": 0}, "?page=0", None),
        ({"recordsTotal": None}, "?page=0", None),
        ({"recordsTotal": "x"}, "?page=0", None),
        ({"recordsFiltered": 7}, "?page=0", None),
        ([], "?page=0", None),
        (None, "?page=0", None),
        ({"recordsTotal": 7}, "?page=0&searchTimeStamp=11%2F20%2F2026", None),
    ],
    ids=repr,
)
def test_total_may_be_absent_or_a_text_and_is_not_looked_at_beside_changes(
    body: Any, query: str, total: int | None
) -> None:
    url = f"https://api.accelevents.com/rest/events/demo/staff/orders{query}"
    assert total_of(api_response(body, url=url)) == total
