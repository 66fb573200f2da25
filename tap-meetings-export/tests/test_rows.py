"""Names of columns, and who a row is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core.columns import Sources
from tap_meetings_export import schemas
from tap_meetings_export.rows import attributes_in, is_older, person_key, with_columns

SOURCES = Sources({column.name: column.source for column in schemas.MEETINGS[1:]})
NAMES = ("meeting_id", "account_id", "first_name", "meeting_completion", "last_modified")


def columns_of(row: dict[str, Any]) -> dict[str, Any]:
    return with_columns(row, attributes_in(row, SOURCES))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", ["snake", "title", "spaced", "camel", "kebab", "upper"])
def test_names_in_any_style_are_one_column(name: str, style: str) -> None:
    words = name.split("_")
    spelled = {
        "snake": name,
        "title": " ".join("ID" if word == "id" else word.title() for word in words),
        "spaced": name.replace("_", " ").capitalize(),
        "camel": words[0] + "".join(word.title() for word in words[1:]),
        "kebab": "-".join(words),
        "upper": name.upper(),
    }[style]
    assert columns_of({spelled: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"ID Meeting": 1}, {"meeting_id": 1}),
        ({"id": 1}, {"account_id": 1}),
        ({"id": 1, "Account ID": 2}, {"id": 1, "account_id": 2}),
        ({"id": 1, "Account ID": None}, {"account_id": 1, "Account ID": None}),
        ({"id": 1, "account_id": None}, {"account_id": 1}),
        ({"visitor_id": 1, "user_id": 2, "id": 3}, {"account_id": 2, "visitor_id": 1, "id": 3}),
        ({"participant_id": "", "id": None}, {"account_id": "", "id": None}),
        ({"Account ID": 0, "id": 1}, {"account_id": 0, "id": 1}),
        ({"Email": "a", "email": "b"}, {"Email": "a", "email": "b"}),
        ({"Email": "a", "email": ""}, {"email": "a"}),
        ({"Event ID": 1, "What else": 2}, {"Event ID": 1, "What else": 2}),
        ({"Tags": ["A", "B"]}, {"tags": ["A", "B"]}),
    ],
    ids=str,
)
def test_likeliest_name_that_has_a_value_gets_the_column(
    row: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The others stay under the vendor's names, for `extra_fields`."""
    assert columns_of(row) == expected


VALUES = st.sampled_from([None, "", 1, "x", True, 2.5])
ROWS = st.dictionaries(
    st.sampled_from(
        ["id", "ID", "Account ID", "accountId", "account_id", "user_id", "Email", "email", "zzz"]
    ),
    VALUES,
)


@given(ROWS)
def test_no_value_is_ever_lost(row: dict[str, Any]) -> None:
    found = columns_of(row)
    kept = [value for value in row.values() if value not in (None, "")]
    assert sorted(map(str, kept)) == sorted(
        str(value) for value in found.values() if value not in (None, "")
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"account_id": 17, "email": "a@example.org"}, {"account_id": "17", "name": "Other"}),
        ({"account_id": None, "email": "A@Example.org "}, {"email": "a@example.org"}),
        ({"account_id": "", "email": "", "external_id": 4}, {"external_id": "4", "name": "x"}),
        ({"name": {"a": [1]}}, {"name": '{"a":[1]}'}),
        ({"name": "A", "company": "B", "status": "x"}, {"name": "A", "company": "B"}),
        ({"account_id": 0, "email": "a@example.org"}, {"email": "a@example.org"}),
        ({"account_id": "0", "external_id": 0, "name": "A"}, {"name": "A"}),
    ],
    ids=str,
)
def test_same_person_has_the_same_key(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert person_key(one) == person_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"account_id": 1}, {"account_id": 2}),
        ({"account_id": 1}, {"external_id": 1}),
        ({"name": "A", "company": "B"}, {"name": "A", "company": "C"}),
        ({"name": "A"}, {"first_name": "A"}),
    ],
    ids=str,
)
def test_other_people_have_other_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert person_key(one) != person_key(other)


def test_email_comes_before_an_id_that_may_be_anythings() -> None:
    row = {"account_id": 7, "email": "a@example.org"}
    assert person_key(row, has_account=False) == person_key({"email": "a@example.org"})
    row = {"account_id": 7, "external_id": "x"}
    assert person_key(row, has_account=False) == person_key({"account_id": 7})


NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-04 12:00:00",
        "2026-03-04T14:00:00+02:00",
        "2026-03-04T12:00:00Z",
        int(NOON.timestamp()),
        str(int(NOON.timestamp())),
        int(NOON.timestamp()) * 1000,
    ],
    ids=repr,
)
def test_row_is_older_than_a_time_in_whatever_zone(value: Any) -> None:
    assert is_older({"creation_time": value}, NOON + timedelta(hours=27))
    assert not is_older({"creation_time": value}, NOON + timedelta(hours=25))


@pytest.mark.parametrize(
    "value", ["12:00:00", "4 March", "9" * 40, "9" * 9000, 2026, "²", "", None, {"a": 1}], ids=ascii
)
def test_time_that_cannot_be_read_says_nothing_of_its_age(value: Any) -> None:
    assert not is_older({"creation_time": value}, NOON)


def test_latest_of_several_times_counts() -> None:
    row = {"creation_date": "2026-03-04", "last_modified": "2026-03-05"}
    assert not is_older(row, NOON + timedelta(hours=30))
    assert is_older({**row, "last_modified": None}, NOON + timedelta(hours=30))
