"""From the vendor's rows to the tap's: names, forms, and no secrets."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core import Broken
from tap_accelevents.rows import (
    Naming,
    is_secret,
    list_of_ids,
    list_of_objects,
    rows_of,
    without_secrets,
)

NEW_YORK = ZoneInfo("America/New_York")
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


def naming(*, with_secrets: bool = False) -> Naming:
    return Naming(
        {"event_url", "enable_chat", "stream_key", "ends", "ends_utc", "ids"},
        {"chatEnabled": "enable_chat"},
        {"ids": list_of_ids},
        ("speakerList",),
        with_secrets=with_secrets,
    )


def named(row: dict[str, Any], *, with_secrets: bool = False) -> dict[str, Any]:
    return naming(with_secrets=with_secrets).apply(row, {"event_url": "demo"}, NEW_YORK)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"chatEnabled": True}, {"enable_chat": True}),
        ({"enableChat": True}, {"enableChat": True}),
        ({"enableChat": None, "chatEnabled": True}, {"enable_chat": True}),
        ({"chatEnabled": True, "enableChat": None}, {"enable_chat": True}),
        ({"chatEnabled": None, "enableChat": False}, {"enableChat": False}),
        (
            {"chatEnabled": True, "enableChat": False},  # for the core to decide
            {"enable_chat": True, "enableChat": False},
        ),
        ({"eventUrl": "demo", "event_URL": "demo"}, {}),
        ({"eventUrl": "Demo"}, {"eventUrl": "Demo"}),
        ({"speakerList": [{"email": "someone@example.org"}]}, {}),
        ({"streamKey": "secret", "accessToken": "secret"}, {"streamKey": "secret"}),
        ({"brandNew": {"accessToken": "secret", "n": 1}}, {"brandNew": {"n": 1}}),
        ({"ids": "7"}, {"ids": [7]}),
        (
            {"ends": "2026/01/12 09:00"},
            {"ends": "2026/01/12 09:00", "ends_utc": "2026-01-12T14:00:00Z"},
        ),
        ({"ends": None}, {"ends": None, "ends_utc": None}),
    ],
    ids=str,
)
def test_attributes_get_names_that_lead_to_their_columns(
    row: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert named(row) == expected


def test_secrets_that_are_asked_for_stay() -> None:
    row = {"accessToken": "secret", "brandNew": {"accessToken": "secret"}}
    assert named(row, with_secrets=True) == row


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_secret_is_one_however_its_name_is_spelled(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_other_names_are_no_secrets(name: str) -> None:
    assert not is_secret(name)


def test_secrets_in_json_inside_a_text_are_taken_out_and_other_texts_stay() -> None:
    row = {"documents": '[{"key": "é", "zoom": "{\\"meeting_password\\": 1, \\"n\\": 2}"}]'}
    assert named(row) == {"documents": '[{"key":"é","zoom":"{\\"n\\":2}"}]'}
    assert named(row, with_secrets=True) == row
    for text in ('{ "a": 1 }', "[1, 2", "{x}", "[" * 100_000, "", "streamKey"):
        assert named({"documents": text}) == {"documents": text}


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


@given(st.dictionaries(NAMES, JSON))
def test_no_row_keeps_a_secret_but_as_a_column(row: dict[str, Any]) -> None:
    found = named(row)
    assert set(found) & set(SECRET_NAMES) <= {"streamKey", "stream_key"}
    assert not members(list(found.values())) & set(SECRET_NAMES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
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


def test_single_object_is_a_list_of_one() -> None:
    assert list_of_objects({"id": 1}) == [{"id": 1}]
    assert list_of_objects([{"id": 1}]) == [{"id": 1}]
    assert list_of_objects(None) is None


@pytest.mark.parametrize(
    "body",
    [
        [{"id": 1}],
        {"data": [{"id": 1}]},
        {"data": None, "sessions": [{"id": 1}]},
        {"data": [], "sessions": [{"id": 1}]},
        {"data": [{"id": 1}], "sessions": [], "errors": ["one of them"]},
    ],
    ids=repr,
)
def test_list_is_bare_or_under_one_of_its_names(body: Any) -> None:
    assert rows_of(body, ("data", "sessions")) == [{"id": 1}]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"data": []},
        {"data": None},
        {"data": [], "sessions": 0},
        {"data": [], "message": "No sessions yet", "errors": [], "status": 200},
        {"data": None, "message": "", "errors": None, "status": "ACTIVE"},
    ],
    ids=repr,
)
def test_empty_list_and_null_are_no_rows(body: Any) -> None:
    assert rows_of(body, ("data", "sessions")) == []


@pytest.mark.parametrize("body", [None, {}, "text", 7, {"rows": []}, {"data": {}}], ids=repr)
def test_what_is_no_list_is_broken(body: Any) -> None:
    with pytest.raises(Broken):
        rows_of(body, ("data", "sessions"))


@pytest.mark.parametrize(
    "body",
    [
        {"data": None, "message": "Something went wrong"},
        {"data": [], "errors": ["boom"]},
        {"data": [], "status": 500},
        {"sessions": None, "status": "503"},
        {"data": [], "success": False},
    ],
    ids=repr,
)
def test_no_rows_beside_an_error_are_not_an_empty_list(body: Any) -> None:
    with pytest.raises(Broken):
        rows_of(body, ("data", "sessions"))
