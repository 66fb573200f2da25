"""Which columns a sample of rows makes, of which types, and which keys go with them."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.typing import PropertiesList

from tap_meetengage import schemas
from tap_meetengage.schemas import Sample

DOCUMENTED = ["device", "email_address", "attended_online_live_chat", "registered", "country"]


def types(*rows: dict[str, Any]) -> dict[str, Any]:
    sample = Sample()
    sample.add(rows)
    declared = PropertiesList(*sample.columns()).to_dict()["properties"]
    return {name: schema["type"] for name, schema in declared.items()}


def test_documented_columns_are_always_there_with_their_types() -> None:
    assert list(types()) == DOCUMENTED
    assert types({"EmailAddress": None, "Device": 7, "Registered": "Yes"}) == types()


@pytest.mark.parametrize("value", [1, 2.5, True, None, "a", {"a": 1}, [1], 2**63], ids=repr)
def test_what_is_found_is_text(value: Any) -> None:
    assert types({"SomeThing": value})["some_thing"] == ["string", "null"]


def test_names_that_fit_one_column_are_one_column() -> None:
    assert types({"Email Address": "a"}, {"EmailAddress": "b"}) == types()
    assert list(types({"Chat Id": 1}, {"chatId": "b"})) == [*DOCUMENTED, "chat_id"]


def test_names_longer_than_postgresql_has_are_cut_and_stay_apart() -> None:
    question = "Which of the following best describes your current situation regarding "
    names = [*types({question + "employment?": 1, question + "education?": 2})][5:]
    assert len(set(names)) == 2
    assert all(len(name) == 63 and name.startswith("which_of_the") for name in names)


def test_attributes_named_like_our_columns_make_none() -> None:
    row = {"Account": "x", "WindowStart": 1, "row_key": 2, "ReadAt": 3, "extra fields": 4, "": 5}
    assert types(row) == types()


def test_columns_of_a_catalog_come_back_as_they_are() -> None:
    sample = Sample()
    sample.add([{"Chat": "a", "Interests": ["x"], "Minutes": 2.5, "Referrer": {"a": 1}}])
    columns = schemas.with_types(sample.columns(), {"minutes": "number", "referrer": "object"})
    made = PropertiesList(*schemas.with_keys(columns, ())).to_dict()
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
