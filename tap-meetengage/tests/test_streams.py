"""Names and keys of streams, and what becomes of rows."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from event_taps_core import ApiError, ApiResponse, BadResponse
from event_taps_core.errors import TapError
from event_taps_core.json_values import decode
from event_taps_core.streams import Page
from event_taps_core.testing import api_response
from tap_meetengage.errors import ServerError, TooMuch
from tap_meetengage.schemas import Sample, column_name, sorted_json_text
from tap_meetengage.streams import (
    OrganisationDataStream,
    content,
    stream_names,
)
from tap_meetengage.tap import TapMeetEngage

if TYPE_CHECKING:
    from tap_meetengage.windows import Span

SETTINGS: dict[str, Any] = {"key_id": "k", "key_secret": "secret-0123456789", "account": "acme"}


def stream(**settings: Any) -> OrganisationDataStream:
    tap = TapMeetEngage(config={**SETTINGS, **settings})
    tap.check_settings()
    return tap.data_streams[0]


def answer(body: Any, *, spooled: bool = False) -> ApiResponse:
    made = api_response(body, url="https://meetandengage.com/api/1.0/rest/organisation_data")
    if spooled:
        made.spooled = tempfile.TemporaryFile()  # noqa: SIM115 - the answer's reader closes it
        made.spooled.write(made.raw.read())
    return made


class Server:
    """What stands in for the client: answers by span."""

    def __init__(self, made: OrganisationDataStream, *answers: ApiResponse) -> None:
        self._stream = made
        self._answers = list(answers)

    def __call__(self, span: Span) -> Any:
        del span
        return self._stream._pages(self._answers.pop(0))  # noqa: SLF001 - the point of the test


def read(made: OrganisationDataStream, *answers: ApiResponse) -> list[dict[str, Any]]:
    """Return the records of the newest window."""
    made._ask_for = Server(made, *answers)  # type: ignore[method-assign] # noqa: SLF001 - in the client's place
    context = made.own_contexts()[-1]
    seen: dict[str, int] = {}
    records: list[dict[str, Any]] = []
    for page in made.read_partition(context):
        assert isinstance(page, Page)
        records += made.prepare(page.rows, context, seen, encode=False).records
    return records


# Names


def test_each_method_has_a_stream_of_its_own_name() -> None:
    names = stream_names(["standard", "chat-summary MI", "Chat Summary MI", "數據", "standard"])
    assert names["standard"] == "organisation_data_standard"
    assert names["chat-summary MI"].startswith("organisation_data_chat_summary_mi_")
    assert names["Chat Summary MI"].startswith("organisation_data_chat_summary_mi_")
    assert len(set(names.values())) == len(names) == 4


def test_names_of_streams_do_not_depend_on_the_order_of_the_methods() -> None:
    methods = ["MI Report", "mi-report", "standard"]
    assert stream_names(methods) == stream_names(reversed(methods))


@given(st.lists(st.text(min_size=1), max_size=6))
def test_names_are_unique_and_snake_case(methods: list[str]) -> None:
    names = stream_names(methods)
    assert list(names) == list(dict.fromkeys(methods))
    assert len(set(names.values())) == len(names)
    assert all(name.replace("_", "a").isalnum() and name.isascii() for name in names.values())


def test_streams_of_a_tap_are_those_of_the_setting() -> None:
    tap = TapMeetEngage(config={**SETTINGS, "data_methods": ["standard", "Attendance"]})
    found = {made.name: made.data_method for made in tap.data_streams}
    assert found == {
        "organisation_data_standard": "standard",
        "organisation_data_attendance": "Attendance",
    }


# Settings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"key_id": "a:b"}, "key_id"),
        ({"data_methods": []}, "data_methods"),
        ({"primary_keys": {"other": ["a"]}}, "primary_keys"),
        ({"primary_keys": {"standard": ["read_at"]}}, "primary_keys: read_at"),
        ({"primary_keys": {"standard": ["Row Key", "chat"]}}, "primary_keys: row_key"),
        ({"primary_keys": {"standard": ["extra_fields"]}}, "primary_keys: extra_fields"),
        ({"primary_keys": {"standard": ["!!!"]}}, "primary_keys: a name without letters"),
        ({"primary_keys": {"standard": ["account"]}}, "the same account"),
        ({"primary_keys": {"standard": ["window_start"]}}, "the same window_start"),
        ({"column_types": {"other": {"a": "number"}}}, "column_types: .*'other'"),
        ({"column_types": {"standard": {"Account": "number"}}}, "column_types: account is no"),
        ({"column_types": {"standard": {"ReadAt": "number"}}}, "column_types: read_at is no"),
        ({"column_types": {"standard": {"?": "number"}}}, "column_types: a name without letters"),
        (
            {
                "primary_keys": {"standard": ["chat"]},
                "column_types": {"standard": {"Chat": "date"}},
            },
            "column_types: chat is part of the key",
        ),
    ],
)
def test_settings_without_sense_are_named(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(TapError, match=named):
        stream(**settings)


def test_catalog_with_another_key_than_the_setting_is_refused() -> None:
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    changed = {**SETTINGS, "primary_keys": {"standard": ["email_address"]}}
    with pytest.raises(TapError, match="--discover"):
        TapMeetEngage(config=changed, catalog=catalog).check_settings()
    TapMeetEngage(config=SETTINGS, catalog=catalog).check_settings()


def test_column_of_a_catalog_is_a_column_of_the_run() -> None:
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    (entry,) = [one for one in catalog["streams"] if one["stream"] == "organisation_data_standard"]
    entry["schema"]["properties"]["chat_id"] = {"type": ["integer", "null"]}
    made = TapMeetEngage(config=SETTINGS, catalog=catalog).data_streams[0]
    sent = [{"Chat ID": 7, "Other": 1}, {"Chat ID": 0.5}]
    first, second = read(made, answer({"output": sent}))
    assert first["chat_id"] == 7
    assert first["extra_fields"] == {"Other": 1}
    assert (second["chat_id"], second["extra_fields"]) == (None, {"Chat ID": 0.5})


NIGHTS: tuple[dict[str, Any], ...] = (
    {"Score": 1},
    {"Score": 0.5},
    {"Score": "none"},
    {"Score": True},
    {"Score": [1, {"b": 2, "a": 1}]},
    {"Score": None},
)


def test_discovered_column_takes_whatever_comes_later() -> None:
    """A sample cannot fix a type, and no loader changes a column's type from night to night."""
    sample = Sample()
    sample.add([NIGHTS[0]])
    tap = TapMeetEngage(config=SETTINGS)
    made = tap.method_streams[0](tap, sample.columns())
    records = read(made, answer({"output": NIGHTS}))
    assert [record["score"] for record in records] == [
        "1",
        "0.5",
        "none",
        "true",
        '[1,{"a":1,"b":2}]',
        None,
    ]
    assert [record["extra_fields"] for record in records] == [None] * len(NIGHTS)


@pytest.mark.parametrize("named_like", ["Score", "score"])
@pytest.mark.parametrize(
    ("kind", "fitting"), [("integer", [0]), ("number", [0, 1]), ("array", [4]), ("date-time", [])]
)
def test_declared_type_holds_what_fits_and_the_rest_is_extra(
    kind: str, fitting: list[int], named_like: str
) -> None:
    made = stream(column_types={"standard": {named_like: kind}})
    assert made.schema["properties"]["score"]["type"] != ["string", "null"] or kind == "date-time"
    records = read(made, answer({"output": NIGHTS}))
    for at, (night, record) in enumerate(zip(NIGHTS, records, strict=True)):
        fits = at in fitting or night["Score"] is None
        assert record["score"] == (night["Score"] if fits else None)
        assert record["extra_fields"] == (None if fits else night)


def test_catalog_with_another_type_than_the_setting_is_refused() -> None:
    typed = {**SETTINGS, "column_types": {"standard": {"country": "object"}}}
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    with pytest.raises(TapError, match=r"setting column_types.*--discover"):
        TapMeetEngage(config=typed, catalog=catalog).check_settings()
    catalog = TapMeetEngage(config=typed).catalog_dict
    TapMeetEngage(config=typed, catalog=catalog).check_settings()


# Answers


@pytest.mark.parametrize("spooled", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"output": None},
        {"output": {}},
        {"output": [1, 2]},
        {"output": [{}, None]},
        {"rows": []},
        {"output": [], "errors": ["oops"]},
        {"errors": ["oops"], "output": [{"a": 1}]},
        {"meta": {"output": []}},
        [],
        [{"output": []}],
        b'{"output": [{"a": 1}, {"a": ',
        b'{"output": [{"a": 1}]',
        b"<html>",
        b"",
    ],
)
def test_what_is_no_list_of_rows_is_never_an_empty_one(body: Any, *, spooled: bool) -> None:
    with pytest.raises(ApiError) as raised:
        read(stream(), answer(body, spooled=spooled))
    assert isinstance(raised.value, BadResponse)


@pytest.mark.parametrize("spooled", [False, True])
def test_empty_output_is_no_rows(*, spooled: bool) -> None:
    assert read(stream(), answer({"output": [], "meta": {"a": 1}}, spooled=spooled)) == []


rows = st.lists(
    st.dictionaries(
        st.text(max_size=4),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner),
            max_leaves=3,
        ),
        max_size=4,
    ),
    max_size=6,
)


@given(rows=rows)
@hypothesis.settings(deadline=None)
def test_large_answers_have_the_rows_and_keys_of_small_ones(rows: list[dict[str, Any]]) -> None:
    """Which way an answer takes depends on its size, and must not be seen."""
    assume(any(rows) or not rows)
    body = {"output": [*rows, None]}
    small = read(stream(), answer(body))
    assert len(small) == len([row for row in rows if row])
    large = read(stream(), answer(body, spooled=True))
    assert [without_read_at(row) for row in large] == [without_read_at(row) for row in small]


def without_read_at(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "read_at"}


class Sends:
    """What stands in for requests: a problem the first time, or with each range that is longer."""

    def __init__(self, problem: BadResponse, max_days: int | None = None) -> None:
        self._problem = problem
        self._max_days = max_days
        self.days: list[int] = []

    def __call__(self, span: Span, max_retries: int | None) -> Any:
        del max_retries
        assert span.first is not None
        self.days.append((span.last - span.first).days + 1)
        fails = self.days[-1] > self._max_days if self._max_days else len(self.days) == 1
        if fails:
            raise self._problem
        return [Page([])]


def sent(made: OrganisationDataStream, sends: Sends) -> list[int]:
    """Return the days of each request for the first two windows."""
    made._send = sends  # type: ignore[method-assign] # noqa: SLF001 - in the client's place
    for context in made.own_contexts()[:2]:
        list(made.read_partition(context))
    return sends.days


def test_server_error_is_waited_out_before_anything_is_halved() -> None:
    made = stream(start_date="2026-01-01")
    assert sent(made, Sends(ServerError("HTTP 500"))) == [31, 31, 31]


def test_range_that_is_a_server_error_each_time_is_halved_and_no_size_remembered() -> None:
    made = stream(start_date="2026-01-01")
    days = sent(made, Sends(ServerError("HTTP 500"), max_days=20))
    assert days == [31, 31, 15, 16, 31, 15, 16]


def test_size_that_was_too_much_is_remembered() -> None:
    made = stream(start_date="2026-01-01")
    assert sent(made, Sends(TooMuch("HTTP 504"), max_days=20)) == [31, 15, 16, 16, 15]


# Rows and keys


def test_lists_and_objects_are_json_text_in_text_columns_and_themselves_elsewhere() -> None:
    row = {"AttendedOnlineLiveChat": ["123", "é"], "Device": {"a": 1}, "Interests": ["x"]}
    (record,) = read(stream(), answer({"output": [row]}))
    assert record["attended_online_live_chat"] == '["123","é"]'
    assert record["device"] == '{"a":1}'
    assert record["extra_fields"] == {"Interests": ["x"]}


def test_key_does_not_depend_on_which_columns_are_declared() -> None:
    """A later discovery may find more of them."""
    body = {"output": [{"Interests": ["x"], "Device": {"a": [1]}}]}
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    entry = next(one for one in catalog["streams"] if one["stream"] != "read_log")
    entry["schema"]["properties"]["interests"] = {"type": ["string", "null"]}
    more = TapMeetEngage(config=SETTINGS, catalog=catalog).data_streams[0]
    (first,), (second,) = read(stream(), answer(body)), read(more, answer(body))
    assert first["row_key"] == second["row_key"]
    assert second["interests"] == '["x"]'


def test_key_does_not_depend_on_the_order_of_members() -> None:
    members = {"b": 1, "a": {"d": [{"f": 1, "e": 2}], "c": 3}}
    other = {"a": {"c": 3, "d": [{"e": 2, "f": 1}]}, "b": 1}
    keys = {
        read(stream(), answer({"output": [{"Device": value}]}))[0]["row_key"]
        for value in (members, other)
    }
    assert len(keys) == 1


def test_long_names_are_those_of_their_columns_and_no_matter_of_the_key() -> None:
    question = "Which of the following best describes your current situation regarding "
    row = {question + "employment?": 1, question + "education?": ["a"]}
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    entry = next(one for one in catalog["streams"] if one["stream"] != "read_log")
    names = [column_name(attribute) for attribute in row]
    entry["schema"]["properties"] |= {name: {"type": ["string", "null"]} for name in names}
    more = TapMeetEngage(config=SETTINGS, catalog=catalog).data_streams[0]
    (record,) = read(more, answer({"output": [row]}))
    assert [record[name] for name in names] == ["1", '["a"]']
    assert record["extra_fields"] is None
    (without,) = read(stream(), answer({"output": [row]}))
    assert without["extra_fields"] == row
    assert without["row_key"] == record["row_key"]


def test_column_without_a_type_holds_what_it_can() -> None:
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    entry = next(one for one in catalog["streams"] if one["stream"] != "read_log")
    entry["schema"]["properties"]["score"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}
    made = TapMeetEngage(config=SETTINGS, catalog=catalog).data_streams[0]
    (record,) = read(made, answer({"output": [{"Score": {"v": 1}}]}))
    assert record["extra_fields"] == {"Score": {"v": 1}}


@given(st.dictionaries(st.text(), st.lists(st.integers()) | st.text() | st.none()))
def test_content_is_the_same_before_and_after_it_became_text(row: dict[str, Any]) -> None:
    assert content(content(row)) == content(row)
    assert decode(sorted_json_text(row).encode()) == decode(json.dumps(row).encode())


def test_equal_rows_are_counted_over_the_whole_window_in_whatever_order() -> None:
    twice = {"Device": "Mobile"}
    other = {"Device": "Tablet"}
    first = read(stream(), answer({"output": [twice, other, twice]}))
    second = read(stream(), answer({"output": [other, twice, twice]}))
    keys = [row["row_key"] for row in first]
    assert len(set(keys)) == 3
    assert set(keys) == {row["row_key"] for row in second}


def test_equal_rows_of_two_windows_have_two_keys() -> None:
    made = stream(start_date="2026-01-01")
    row = {"Device": "Mobile"}
    first, second, *_ = made.own_contexts()
    keys = {
        made.prepare([dict(row)], context, {}, encode=False).records[0]["row_key"]
        for context in (first, second)
    }
    assert len(keys) == 2


KEYED = {"primary_keys": {"standard": ["EmailAddress", "chat_id"]}}


def test_configured_keys_are_the_key() -> None:
    """Named as columns or as the vendor names them."""
    made = stream(**KEYED)
    assert made.primary_keys == ("account", "email_address", "chat_id")
    assert "row_key" not in made.schema["properties"]
    (record,) = read(made, answer({"output": [{"EmailAddress": "a@b.cd", "ChatId": 7}]}))
    assert (record["account"], record["email_address"], record["chat_id"]) == (
        "acme",
        "a@b.cd",
        "7",
    )


def test_account_and_window_may_be_part_of_configured_keys() -> None:
    made = stream(primary_keys={"standard": ["account", "window_start", "ChatId", "chat_id"]})
    assert made.primary_keys == ("account", "window_start", "chat_id")
    (record,) = read(made, answer({"output": [{"ChatId": 7}]}))
    assert (record["account"], record["chat_id"]) == ("acme", "7")
    assert record["window_start"]


@pytest.mark.parametrize("value", [None, "", [], ["a"], {}])
def test_row_without_its_configured_key_is_a_failure_that_names_the_setting(value: Any) -> None:
    body = {"output": [{"EmailAddress": "a@b.cd", "ChatId": value}]}
    with pytest.raises(BadResponse, match=r"'chat_id'.*primary_keys.*'standard'"):
        read(stream(**KEYED), answer(body))
    with pytest.raises(BadResponse, match="primary_keys"):
        read(stream(**KEYED), answer({"output": [{"EmailAddress": "a@b.cd"}]}))


def test_rows_with_the_same_configured_key_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    row = {"EmailAddress": "a@b.cd", "ChatId": 7}
    read(stream(**KEYED), answer({"output": [row, {**row, "Country": "GB"}, row]}))
    assert "2 rows have the same email_address, chat_id" in caplog.text


def test_sample_that_was_found_is_kept_where_a_window_cannot_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tap = TapMeetEngage(config=SETTINGS)
    made = tap.data_streams[0]
    pages = iter([[Page([{"Score": 5}], 1)]])

    def read_partition(*_: Any) -> Any:
        found = next(pages, None)
        if found is None:
            raise ServerError("HTTP 500")
        return found

    made.read_partition = read_partition  # type: ignore[method-assign,assignment] # in the server's place
    tap.client.has_succeeded = True
    assert "score" in {column.name for column in tap._sampled(made)}  # noqa: SLF001 - the point of the test
    assert "those of 1 rows: HTTP 500" in caplog.text


def test_other_members_are_named_once_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    made = stream()
    for _ in range(2):
        read(made, answer({"output": [], "summary": {"who": "Jane"}}))
    assert caplog.text.count("the answer also has 'summary'") == 1
    assert "Jane" not in caplog.text


def test_warnings_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    made = stream()
    for _ in range(2):
        read(made, answer({"output": [], "warnings": ["slow", "old"]}))
    assert caplog.text.count("Meet & Engage warns: slow") == 1
    assert caplog.text.count("Meet & Engage warns: old") == 1
