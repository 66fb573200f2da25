"""Which columns a sample of rows makes, of which types, and which keys go with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.typing import PropertiesList

from event_taps_core.columns import Conversion
from tap_meetengage import schemas
from tap_meetengage.schemas import Sample

DOCUMENTED = ["device", "email_address", "attended_online_live_chat", "registered", "country"]


def types(*rows: dict[str, Any]) -> dict[str, Any]:
    sample = Sample()
    sample.add(rows)
    declared = PropertiesList(*sample.columns()).to_dict()["properties"]
    return {name: schema["type"] for name, schema in declared.items()}


def test_documented_columns_are_always_there() -> None:
    assert list(types()) == DOCUMENTED
    assert types({"EmailAddress": None, "Device": "Mobile"}) == types()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", None], "string"),
        ([1, 2], "integer"),
        ([1, 2.5], "number"),
        ([2.5], "number"),
        ([True, None], "boolean"),
        ([1, "x"], "string"),
        ([True, 1], "string"),
        ([{"a": 1}], "object"),
        ([["a"], []], "array"),
        ([["a"], "a"], "string"),
        ([{"a": 1}, [1]], "string"),
        ([None], "string"),
        ([2**63], "string"),
    ],
)
def test_type_holds_everything_that_was_seen(values: list[Any], expected: str) -> None:
    found = types(*({"SomeThing": value} for value in values))["some_thing"]
    assert found == [expected, "null"]


@pytest.mark.parametrize("value", [True, 1, 0, "true", "FALSE", "1", None], ids=repr)
def test_documented_boolean_stays_one_while_its_values_can_be_booleans(value: Any) -> None:
    assert types({"Registered": value})["registered"] == ["boolean", "null"]


def test_documented_boolean_becomes_text_where_it_is_not() -> None:
    assert types({"Registered": True}, {"Registered": "Yes"})["registered"] == ["string", "null"]


def test_names_that_fit_one_column_are_one_column() -> None:
    assert types({"Email Address": "a"}, {"EmailAddress": "b"}) == types()
    assert types({"Chat Id": 1}, {"chatId": "b"})["chat_id"] == ["string", "null"]


def test_names_longer_than_postgresql_has_are_cut_and_stay_apart() -> None:
    question = "Which of the following best describes your current situation regarding "
    names = [*types({question + "employment?": 1, question + "education?": 2})][5:]
    assert len(set(names)) == 2
    assert all(len(name) == 63 and name.startswith("which_of_the") for name in names)


def test_attributes_named_like_our_columns_make_none() -> None:
    row = {"Account": "x", "WindowStart": 1, "row_key": 2, "ReadAt": 3, "extra fields": 4, "": 5}
    assert types(row) == types()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(st.sampled_from(["A", "B", "Registered"]), values), max_size=8))
def test_every_sampled_scalar_has_a_place_in_its_column(rows: list[dict[str, Any]]) -> None:
    """What is left to extra_fields: nested values, where a column holds scalars too."""
    sample = Sample()
    sample.add(rows)
    conversion = Conversion(PropertiesList(*sample.columns()).to_dict()["properties"])
    for row, record in zip(rows, conversion.convert(rows, conversion.template({})), strict=True):
        for attribute, value in row.items():
            if not isinstance(value, (dict, list)):
                assert attribute not in (record["extra_fields"] or {})
                assert (record[attribute.lower()] is None) is (value is None)


def test_columns_of_a_catalog_come_back_as_they_are() -> None:
    sample = Sample()
    sample.add([{"Chat": "a", "Interests": ["x"], "Minutes": 2.5, "Referrer": {"a": 1}}])
    made = PropertiesList(*schemas.with_keys(sample.columns(), ())).to_dict()
    again = PropertiesList(*schemas.with_keys(schemas.columns_in(made), ())).to_dict()
    assert again == made


def test_configured_keys_are_text_and_never_null() -> None:
    columns = schemas.with_keys(schemas.DOCUMENTED, ("email_address", "chat_id"))
    made = PropertiesList(*columns).to_dict()
    assert {"email_address", "chat_id", "window_start"} == set(made["required"])
    assert made["properties"]["chat_id"]["type"] == ["string"]
    assert "row_key" not in made["properties"]
    assert schemas.primary_key(("email_address",)) == ("email_address",)
    assert schemas.primary_key(()) == ("row_key",)
