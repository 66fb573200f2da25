"""Names and keys of streams, and what becomes of answers and their rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from event_taps_core import ApiError, BadResponse
from event_taps_core.errors import TapError
from event_taps_core.json_values import decode
from event_taps_core.outcomes import SetAside
from event_taps_core.streams import Page
from event_taps_core.testing import ApiServer, Reply
from tap_meetengage.client import DATA_PATH, MeetEngageClient
from tap_meetengage.schemas import column_name, sorted_json_text
from tap_meetengage.streams import content, data_methods
from tap_meetengage.tap import TapMeetEngage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing.api_server import Script, Seen
    from tap_meetengage.streams import OrganisationDataStream

SETTINGS: dict[str, Any] = {
    "key_id": "k",
    "key_secret": "secret-0123456789",
    "account": "acme",
    "requests_per_minute": 0,
    "max_retries": 0,
}
STANDARD = "organisation_data_standard"
DAY = 86_400_000
TEXT = {"type": ["string", "null"]}
Records = list[dict[str, Any]]


class Api:
    """A scripted API, and taps that ask it."""

    def __init__(self) -> None:
        self.server = ApiServer().on("", {"authenticated": True})

    def tap(self, catalog: Any = None, **settings: Any) -> TapMeetEngage:
        config = {**SETTINGS, "api_url": self.server.api_url, **settings}
        return TapMeetEngage(config=config, catalog=catalog)

    def stream(self, catalog: Any = None, **settings: Any) -> OrganisationDataStream:
        tap = self.tap(catalog, **settings)
        tap.check_settings()
        return tap.data_streams[0]

    def read(
        self, made: OrganisationDataStream, script: Script, *, spooled: bool = False
    ) -> Records:
        """Return the records of the newest window; if `spooled`, its answer goes through a file."""
        self.server.on(DATA_PATH, script)
        context = made.own_contexts()[-1]
        with pytest.MonkeyPatch.context() as patch:
            if spooled:
                patch.setattr("event_taps_core.session._SPOOLED_BYTES", -1)
            steps = list(made.read_partition(context))
        assert not any(isinstance(step, SetAside) for step in steps)
        seen: dict[str, int] = {}
        pages = [step.rows for step in steps if isinstance(step, Page)]
        batches = [made.prepare(rows, context, seen, encode=False) for rows in pages]
        return [record for batch in batches for record in batch.records]

    def records(self, *rows: Any, catalog: Any = None, **settings: Any) -> Records:
        """Return what becomes of some rows."""
        return self.read(self.stream(catalog, **settings), {"output": list(rows)})


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    made = Api()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MeetEngageClient, "call_window", None)
        yield made
    made.server.close()


def catalog_with(columns: dict[str, Any]) -> dict[str, Any]:
    """Return a catalog with more columns than are documented."""
    catalog = TapMeetEngage(config=SETTINGS).catalog_dict
    (entry,) = [entry for entry in catalog["streams"] if entry["stream"] == STANDARD]
    entry["schema"]["properties"] |= columns
    return catalog


# Names


def names_of(methods: list[str]) -> dict[str, str]:
    return {method.name: method.stream for method in data_methods({"data_methods": methods})}


def test_each_method_has_a_stream_of_its_own_name_in_whatever_order() -> None:
    methods = ["standard", "chat-summary MI", "Chat Summary MI", "數據", "standard"]
    names = names_of(methods)
    assert names["standard"] == STANDARD
    assert names["chat-summary MI"].startswith("organisation_data_chat_summary_mi_")
    assert names["Chat Summary MI"].startswith("organisation_data_chat_summary_mi_")
    assert len(set(names.values())) == len(names) == 4
    assert names_of(methods[::-1]) == names


@given(st.lists(st.text(min_size=1), max_size=6))
def test_names_are_unique_and_snake_case(methods: list[str]) -> None:
    names = names_of(methods)
    assert list(names) == list(dict.fromkeys(methods))
    assert len(set(names.values())) == len(names)
    assert all(name.replace("_", "a").isalnum() and name.isascii() for name in names.values())


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
def test_settings_without_sense_are_named(api: Api, settings: dict[str, Any], named: str) -> None:
    with pytest.raises(TapError, match=named):
        api.stream(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"primary_keys": {"standard": ["email_address"]}},
        {"column_types": {"standard": {"country": "object"}}},
        {"column_types": {"standard": {"country": "date"}}},
    ],
)
def test_catalog_of_other_settings_is_refused(api: Api, settings: dict[str, Any]) -> None:
    """With another key or type."""
    (name,) = settings
    with pytest.raises(TapError, match=rf"setting {name}.*--discover"):
        api.stream(api.tap().catalog_dict, **settings)
    api.stream(api.tap(**settings).catalog_dict, **settings)


# Columns


def test_column_of_a_catalog_is_a_column_of_the_run(api: Api) -> None:
    catalog = catalog_with({"chat_id": {"type": ["integer", "null"]}})
    first, second = api.records({"Chat ID": 7, "Other": 1}, {"Chat ID": 0.5}, catalog=catalog)
    assert (first["chat_id"], first["extra_fields"]) == (7, {"Other": 1})
    assert (second["chat_id"], second["extra_fields"]) == (None, {"Chat ID": 0.5})


def test_column_without_a_type_holds_what_it_can(api: Api) -> None:
    catalog = catalog_with({"score": {"anyOf": [{"type": "number"}, {"type": "null"}]}})
    (record,) = api.records({"Score": {"v": 1}}, catalog=catalog)
    assert record["extra_fields"] == {"Score": {"v": 1}}


NIGHTS: tuple[dict[str, Any], ...] = (
    {"Score": 1},
    {"Score": 0.5},
    {"Score": "none"},
    {"Score": True},
    {"Score": [1, {"b": 2, "a": 1}]},
    {"Score": None},
)


def test_discovered_column_takes_whatever_comes_later(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """A sample cannot fix a type, and no loader changes a column's type from night to night.

    What has been found is kept where the next window cannot be read.
    """
    api.server.on(DATA_PATH, {"output": NIGHTS[:1]}, Reply(status=500))
    catalog = json.loads(api.tap().run_discovery())
    assert "those of 1 rows: HTTP 500" in caplog.text
    records = api.records(*NIGHTS, catalog=catalog)
    texts = ["1", "0.5", "none", "true", '[1,{"b":2,"a":1}]', None]
    assert [record["score"] for record in records] == texts
    assert [record["extra_fields"] for record in records] == [None] * len(NIGHTS)


@pytest.mark.parametrize("named_like", ["Score", "score"])
@pytest.mark.parametrize(
    ("kind", "fitting"), [("integer", [0]), ("number", [0, 1]), ("array", [4]), ("date-time", [])]
)
def test_declared_type_holds_what_fits_and_the_rest_is_extra(
    api: Api, kind: str, fitting: list[int], named_like: str
) -> None:
    records = api.records(*NIGHTS, column_types={"standard": {named_like: kind}})
    for at, (night, record) in enumerate(zip(NIGHTS, records, strict=True)):
        fits = at in fitting or night["Score"] is None
        assert record["score"] == (night["Score"] if fits else None)
        assert record["extra_fields"] == (None if fits else night)


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
        *map(Reply, (b'{"output": [{"a": 1}, {"a": ', b'{"output": [{"a": 1}]', b"<html>", b"")),
    ],
)
def test_what_is_no_list_of_rows_is_never_an_empty_one(
    api: Api, body: Any, *, spooled: bool
) -> None:
    with pytest.raises(ApiError) as raised:
        api.read(api.stream(), body, spooled=spooled)
    assert isinstance(raised.value, BadResponse)


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
def test_large_answers_have_the_rows_and_keys_of_small_ones(api: Api, rows: Records) -> None:
    """Which way an answer takes depends on its size, and must not be seen."""
    assume(any(rows) or not rows)
    made, body = api.stream(), {"output": [*rows, None]}
    small, large = (api.read(made, body, spooled=spooled) for spooled in (False, True))
    assert len(small) == len([row for row in rows if row])
    assert small == large


def test_members_beside_the_rows_are_logged_once_each(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """Warnings as they are, of others the names."""
    caplog.set_level("INFO")
    made = api.stream()
    body = {"output": [], "warnings": ["slow", "old"], "summary": {"who": "Jane"}}
    for _ in range(2):
        api.read(made, body)
    for said in ("warns: slow", "warns: old", "the answer also has 'summary'"):
        assert caplog.text.count(said) == 1
    assert "Jane" not in caplog.text


# Ranges that are too much


@pytest.mark.parametrize(
    ("status", "max_days", "expected"),
    [
        (500, None, [31, 31, 31]),
        (500, 20, [31, 31, 15, 16, 31, 15, 16]),
        (504, 20, [31, 15, 16, 15, 16]),
        (413, 10, [31, 15, 7, 8, 16, 8, 8, 7, 8, 8, 8]),
    ],
    ids=["once", "each time", "too much", "far too much"],
)
def test_range_is_halved(api: Api, status: int, max_days: int | None, expected: list[int]) -> None:
    """A server error is waited out first, and tells of no other range; a size is remembered."""
    days: list[int] = []

    def reply(seen: Seen) -> Any:
        first, last = (int(seen.query[name]) for name in ("from_date", "to_date"))
        days.append((last - first) // DAY + 1)
        fails = days[-1] > max_days if max_days else len(days) == 1
        return Reply(status=status) if fails else {"output": []}

    api.server.on(DATA_PATH, reply)
    made = api.stream(start_date="2026-01-01")
    for context in made.own_contexts()[:2]:
        list(made.read_partition(context))
    assert days == expected


# Keys


@pytest.mark.parametrize(
    ("rows", "others"),
    [
        # in whatever order, of rows and of members
        ([{"a": "x"}, {"a": "y"}, {"a": "x"}], [{"a": "y"}, {"a": "x"}, {"a": "x"}]),
        ([{"a": {"b": [{"f": 1, "e": 2}], "c": 3}}], [{"a": {"c": 3, "b": [{"e": 2, "f": 1}]}}]),
    ],
)
def test_keys_of_equal_rows_are_the_same_and_different(
    api: Api, rows: Records, others: Records
) -> None:
    keys = [record["row_key"] for record in api.records(*rows)]
    assert len(set(keys)) == len(rows)
    assert set(keys) == {record["row_key"] for record in api.records(*others)}


def test_equal_rows_of_two_windows_have_two_keys(api: Api) -> None:
    made = api.stream(start_date="2026-01-01")
    batches = (
        made.prepare([{"Device": "Mobile"}], context, {}, encode=False)
        for context in made.own_contexts()[:2]
    )
    assert len({batch.records[0]["row_key"] for batch in batches}) == 2


def test_key_does_not_depend_on_which_columns_are_declared_nor_on_long_names(api: Api) -> None:
    """A later discovery may find more of them."""
    question = "Which of the following best describes your current situation regarding "
    row = {question + "employment?": 1, question + "education?": ["a"], "Device": {"a": [1]}}
    names = [column_name(attribute) for attribute in row]
    (more,) = api.records(row, catalog=catalog_with(dict.fromkeys(names, TEXT)))
    assert [more[name] for name in names] == ["1", '["a"]', '{"a":[1]}']
    assert more["extra_fields"] is None
    (record,) = api.records(row)
    assert record["extra_fields"] == {name: row[name] for name in row if name != "Device"}
    assert record["row_key"] == more["row_key"]


@given(st.dictionaries(st.text(), st.lists(st.integers()) | st.text() | st.none()))
def test_content_is_the_same_before_and_after_it_became_text(row: dict[str, Any]) -> None:
    assert content(content(row)) == content(row)
    assert decode(sorted_json_text(row).encode()) == decode(json.dumps(row).encode())


KEYED = {"primary_keys": {"standard": ["EmailAddress", "chat_id"]}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["EmailAddress", "chat_id"], ("account", "email_address", "chat_id")),
        (
            ["account", "window_start", "ChatId", "chat_id"],
            ("account", "window_start", "chat_id"),
        ),
    ],
    ids=["named as columns or as the vendor does", "with the account and the window"],
)
def test_configured_keys_are_the_key(api: Api, keys: list[str], expected: tuple[str, ...]) -> None:
    made = api.stream(primary_keys={"standard": keys})
    assert made.primary_keys == expected
    assert "row_key" not in made.schema["properties"]
    (record,) = api.read(made, {"output": [{"EmailAddress": "a@b.cd", "ChatId": 7}]})
    assert (record["account"], record["email_address"], record["chat_id"]) == (
        *("acme", "a@b.cd"),
        "7",
    )
    assert record["window_start"]


@pytest.mark.parametrize("value", [None, "", [], ["a"], {}])
def test_row_without_its_configured_key_is_a_failure_that_names_the_setting(
    api: Api, value: Any
) -> None:
    """If no row has one; else it is set aside."""
    lacking, whole = ({"EmailAddress": "a@b.cd", "ChatId": chat} for chat in (value, 7))
    with pytest.raises(BadResponse, match="primary_keys"):
        api.records({"EmailAddress": "a@b.cd"}, **KEYED)
    with pytest.raises(BadResponse, match=r"'chat_id'.*primary_keys.*'standard'"):
        api.records(lacking, **KEYED)
    made = api.stream(**KEYED)
    api.server.on(DATA_PATH, {"output": [whole, lacking, lacking]})
    page, aside = made.read_partition(made.own_contexts()[-1])
    assert isinstance(page, Page)
    assert isinstance(aside, SetAside)
    assert (page.rows, aside.count) == ([whole], 2)
    assert "primary_keys" in aside.reason


def test_rows_with_the_same_configured_key_are_counted(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"EmailAddress": "a@b.cd", "ChatId": 7}
    api.records(row, {**row, "Country": "GB"}, row, **KEYED)
    assert "2 rows have the same email_address, chat_id" in caplog.text


@pytest.mark.parametrize(("settled", "is_doubted"), [(0, True), (3, False)])
def test_no_row_is_doubted_where_none_was_read_before(
    api: Api, caplog: pytest.LogCaptureFixture, settled: int, *, is_doubted: bool
) -> None:
    made = api.stream()
    made.stats.settled = settled
    made.end()
    assert ("no row in any window" in caplog.text) is is_doubted
