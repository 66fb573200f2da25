"""From a vendor's row to a typed record: nothing is lost, nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from singer_sdk import typing as th

from event_taps_core.columns import (
    COMMON_COLUMNS,
    EXTRA_FIELDS,
    NOTHING,
    READ_AT,
    Conversion,
    Row,
)
from event_taps_core.schema import INTEGER, TEXT, TIMESTAMP, column
from event_taps_core.values import (
    Unconvertible,
    boolean,
    integer,
    iso_date,
    json_text,
    number,
    snake_case,
    text,
    utc_timestamp,
)

if TYPE_CHECKING:
    from random import Random

SCHEMA = th.PropertiesList(
    th.Property("full_name", th.StringType),
    th.Property("age", th.IntegerType),
    th.Property("score", th.NumberType),
    th.Property("is_speaker", th.BooleanType),
    th.Property("ends_at", th.DateTimeType),
    th.Property("day", th.DateType),
    th.Property("venue", th.ObjectType(additional_properties=True)),
    th.Property("tags", th.ArrayType(th.CustomType({}))),
    th.Property("anything", th.CustomType({"type": ["string", "integer", "object", "null"]})),
    *COMMON_COLUMNS,
).to_dict()
PROPERTIES = SCHEMA["properties"]
TRUE, FALSE = ("true", "1"), ("false", "0")
RUN = "2026-03-01T12:00:00.000000Z"
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    return not isinstance(value, str) or (
        value.endswith("Z") and datetime.fromisoformat(value).utcoffset() == timedelta(0)
    )


@FORMATS.checks("date")
def is_date(value: object) -> bool:
    return not isinstance(value, str) or datetime.strptime(value, "%Y-%m-%d") is not None  # noqa: DTZ007 - a date has no zone


VALID = Draft202012Validator(SCHEMA, format_checker=FORMATS)

TEXTS = st.sampled_from(
    [
        *("", " ", "3", " -3 ", "+7", "3.0", "2.5", "1e5", "1e400", "1_000", "0x10", "nan"),
        *("true", "False", "1", "0", "yes", "null", "-", "007", "9" * 18, "9" * 19),
        *("2026-01-01", "20260101", "2026-13-01", "2026-02-30", "0000-00-00", "01/02/2026"),
        *("2026-01-01T10:00:00", "2026-01-01T10:00:00Z", "2026-01-01 10:00:00+02:00"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T24:00:00Z"),
        *("2026-01-01T10:00:00.5-00:30", "20260101T100000Z", "10:00", "tomorrow"),
    ]
) | st.text(max_size=12)
NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, 1, 2**53 + 1, 2**63, 2**64, 0.0, -0.0, 1.0, 3.0, 1e300, 5e-324])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)
NAMES = st.sampled_from(
    [
        *PROPERTIES,
        *("fullName", "FullName", "Full Name", "full-name", "FULL_NAME", "isSpeaker", "endsAt"),
        *("Ends At", "readAt", "Read At", "extraFields", "Day", "Age", "AGE", "Venue", "TAGS"),
        *("secretLink", "secret_link", "id", "_id", "", "_", "e-mail", "日本"),
    ]
) | st.text(max_size=6)
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=6)


def repr_of(value: Any) -> str:
    return getattr(value, "__name__", repr(value))


def convert(
    rows: list[Row], constants: dict[str, Any] | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Convert, and write times as the encoder does."""
    conversion = Conversion(PROPERTIES, **options)
    template = conversion.template({READ_AT: RUN, **(constants or {})})
    records: list[Row] = msgspec.to_builtins(conversion.convert(rows, template))
    return records


def one(row: Row, **options: Any) -> dict[str, Any]:
    (record,) = convert([row], **options)
    return record


def says_the_same(value: Any, kept: Any, declared: dict[str, Any]) -> bool:
    """Whether a column's value stands for what the vendor sent, by rules of this test's own."""
    if type(kept) is type(value) and kept == value:
        return True
    rules: dict[str, Callable[[], bool]] = {
        "date-time": lambda: datetime.fromisoformat(value) == datetime.fromisoformat(kept),
        "date": lambda: date.fromisoformat(value.strip()) == date.fromisoformat(kept),
        "string": lambda: bool(kept == json.dumps(value)),
        "boolean": lambda: str(value).strip().lower() in (TRUE if kept else FALSE),
        "integer": lambda: type(kept) is int and kept == Decimal(value),
        "number": lambda: type(kept) in (int, float) and kept == float(value),
    }
    kind = declared.get("format") or next(name for name in declared["type"] if name != "null")
    return rules[kind]()


@given(ROWS)
def test_nothing_is_ever_lost(rows: list[Row]) -> None:
    for row, record in zip(rows, convert(rows), strict=True):
        extra = dict(record[EXTRA_FIELDS] or {})
        for attribute, value in row.items():
            if attribute in extra:
                assert extra.pop(attribute) == value
                continue
            name = attribute if attribute in PROPERTIES else snake_case(attribute)
            if value in NOTHING and record[name] not in NOTHING:
                continue  # beside another spelling that says something
            assert says_the_same(value, record[name], PROPERTIES[name])
        assert not extra, "what the vendor did not send"


@given(ROWS)
def test_a_column_without_an_attribute_is_null(rows: list[Row]) -> None:
    for row, record in zip(rows, convert(rows), strict=True):
        extra = record[EXTRA_FIELDS] or {}
        taken = [name for name in row if name not in extra]
        columns = {name if name in PROPERTIES else snake_case(name) for name in taken}
        others = set(PROPERTIES) - columns - {READ_AT, EXTRA_FIELDS}
        assert all(record[column] is None for column in others)


@given(ROWS)
def test_records_validate_against_the_schema(rows: list[Row]) -> None:
    for record in convert(rows):
        VALID.validate(record)
        assert list(record) == [
            *(name for name in PROPERTIES if name != EXTRA_FIELDS),
            EXTRA_FIELDS,
        ]


@given(ROWS)
def test_records_can_be_written_and_read_back(rows: list[Row]) -> None:
    for record in convert(rows):
        assert msgspec.json.decode(msgspec.json.encode(record)) == record


@given(ROWS, st.randoms(use_true_random=False))
def test_a_record_depends_on_its_row_alone(rows: list[Row], random: Random) -> None:
    alone = [one(row) for row in rows]
    assert convert(rows) == alone
    order = list(range(len(rows)))
    random.shuffle(order)
    assert convert([rows[n] for n in order]) == [alone[n] for n in order]


@given(ROWS)
def test_the_vendors_rows_stay_as_they_are(rows: list[Row]) -> None:
    before = json.dumps(rows)
    convert(rows)
    assert json.dumps(rows) == before


@given(ROWS, VALUES)
def test_nothing_the_vendor_sends_overwrites_the_time_of_the_reading(
    rows: list[Row], value: object
) -> None:
    rows = [{**row, READ_AT: value, "readAt": value} for row in rows]
    for record in convert(rows):
        assert record[READ_AT] == RUN
        assert record[EXTRA_FIELDS][READ_AT] == value
        assert record[EXTRA_FIELDS]["readAt"] == value


@given(ROWS)
def test_deselected_and_secret_attributes_are_nowhere(rows: list[Row]) -> None:
    marker = "do-not-tell"
    rows = [{**row, "secretLink": marker, "age": marker, "Age": marker} for row in rows]
    dropped = {"secret_link", "age"}
    for record in convert(rows, dropped=dropped):
        assert "age" not in record
        assert marker not in json.dumps(record)
        names = {snake_case(name) for name in record[EXTRA_FIELDS] or ()}
        assert not dropped & names


@given(ROWS)
def test_without_extra_fields_the_columns_are_the_same(rows: list[Row]) -> None:
    without = convert(rows, keep_extra=False)
    assert without == [
        {name: value for name, value in record.items() if name != EXTRA_FIELDS}
        for record in convert(rows)
    ]


def test_of_two_attributes_for_one_column_neither_hides_the_other() -> None:
    record = one({"fullName": "Ada", "Full Name": "Ada L."})
    assert record["full_name"] == "Ada"
    assert record[EXTRA_FIELDS] == {"Full Name": "Ada L."}


@pytest.mark.parametrize("names", [("full_name", "fullName"), ("fullName", "full_name")])
def test_the_attribute_with_the_columns_own_name_comes_first(names: tuple[str, str]) -> None:
    record = one({name: name for name in names})
    assert record["full_name"] == "full_name"
    assert record[EXTRA_FIELDS] == {"fullName": "fullName"}


def test_what_does_not_fit_is_kept_under_the_vendors_name() -> None:
    record = one({"Age": "about thirty", "Ends At": "tomorrow", "shoe": 44})
    assert record["age"] is None
    assert record["ends_at"] is None
    assert record[EXTRA_FIELDS] == {"Age": "about thirty", "Ends At": "tomorrow", "shoe": 44}


def test_without_anything_undeclared_extra_fields_is_null() -> None:
    assert one({"fullName": "Ada"})[EXTRA_FIELDS] is None


@pytest.mark.parametrize("sent", [None, "other", 7])
def test_the_partitions_columns_are_not_overwritten(sent: object) -> None:
    """A null or another text here would be a wrong key: `read_log` speaks of the parent's id."""
    record = one({"fullName": sent}, constants={"full_name": "the parent's"})
    assert record["full_name"] == "the parent's"
    assert record[EXTRA_FIELDS] == {"fullName": sent}


def test_names_of_what_was_not_declared_are_reported() -> None:
    conversion = Conversion(PROPERTIES)
    conversion.convert([{"shoe": 1, "age": "x", "day": "2026-01-01"}], conversion.template({}))
    assert conversion.unknown == {"shoe", "age"}


@given(st.text())
def test_snake_case_is_idempotent_and_plain(name: str) -> None:
    once = snake_case(name)
    assert snake_case(once) == once
    assert once == "" or once.replace("_", "a").isascii()
    assert not once.startswith("_")
    assert not once.endswith("_")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("eventEndTime", "event_end_time"),
        ("HTTPStatus", "http_status"),
        ("Meeting ID", "meeting_id"),
        ("meetingID", "meeting_id"),
        ("e-mail", "e_mail"),
        ("_id", "id"),
        ("UTM Source (first)", "utm_source_first"),
        ("address2Line", "address2_line"),
        ("already_snake", "already_snake"),
        ("日本", ""),
    ],
)
def test_snake_case_table(name: str, column: str) -> None:
    assert snake_case(name) == column


MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001 - likewise
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)


@given(MOMENTS, st.sampled_from("T tx_"))
def test_utc_timestamp_is_the_same_instant(moment: datetime, separator: str) -> None:
    written = utc_timestamp(moment.isoformat(sep=separator))
    assert written.endswith("Z")
    assert datetime.fromisoformat(written) == moment
    assert utc_timestamp(written) == written


@given(MOMENTS, MOMENTS)
def test_utc_timestamps_of_whole_seconds_sort_as_text(one: datetime, other: datetime) -> None:
    one, other = one.replace(microsecond=0), other.replace(microsecond=0)
    written = utc_timestamp(one.isoformat()), utc_timestamp(other.isoformat())
    assert (written[0] < written[1]) == (one < other)


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("2019-01-08T11:47:02-05:00", "2019-01-08T16:47:02Z"),
        ("2019-01-08T11:47:02Z", "2019-01-08T11:47:02Z"),
        ("2019-01-08T11:47:02.5Z", "2019-01-08T11:47:02.500000Z"),
        ("20190108T114702Z", "2019-01-08T11:47:02Z"),
        ("2019-01-08T11:47Z", "2019-01-08T11:47:00Z"),
        ("2019-01-08T11:47:02+05:45", "2019-01-08T06:02:02Z"),
    ],
)
def test_utc_timestamp_table(sent: str, written: str) -> None:
    assert utc_timestamp(sent) == written


Form = Callable[[Any], Any]
FORMS: list[tuple[Form, object, tuple[object, ...]]] = [
    (iso_date, "2026-02-28", ("2026-02-28", " 2026-02-28 ", "20260228")),
    (integer, 3, ("3", " +3 ", "003", 3.0)),
    (integer, 0, (-0.0,)),
    (integer, 2**63 - 1, (str(2**63 - 1),)),
    (integer, -(2**63), (str(-(2**63)),)),
    (number, 2.5, ("2.5", " 2.50 ")),
    (number, -3, (" -3 ",)),
    (boolean, True, (True, "true", "True", " TRUE ", 1, "1")),
    (boolean, False, (False, "false", "FALSE", 0, "0")),
    *((text, str(sent), (sent,)) for sent in (7, 2.5, 2**64)),
    *((text, json.dumps(sent), (sent,)) for sent in (True, False)),
]
NONE_OF_A_FORM: list[tuple[Form, tuple[object, ...]]] = [
    (utc_timestamp, ("", "tomorrow", "2019-01-08", "2019-01-08T11:47:02", "11:47:02Z")),
    (utc_timestamp, ("2019-02-30T11:47:02Z", "2019-01-08T25:00:00Z", "0000-00-00T00:00:00Z")),
    (utc_timestamp, ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")),
    (utc_timestamp, ("01/08/2019 11:47 AM", "Tue, 08 Jan 2019 11:47:08 -0500", 1546944422)),
    (utc_timestamp, (1546944422.5, True, [], {})),
    (iso_date, ("2026-02-30", "2026-1-1", "01/02/2026", "", "soon", 20260101)),
    (integer, ("", "3.0", "3.5", "three", "1e3", "1_000", "0x1", "٣", "9" * 19, str(2**63))),
    (integer, (3.5, True, [], {})),
    (number, ("", "nan", "inf", "1e400", "1_0", "0x1", "2,5", "٣", True, [], {})),
    (boolean, ("yes", "no", "", 2, -1, 0.5, [], {})),
    (text, ([], {}, None)),
]


@pytest.mark.parametrize(
    ("form", "written", "sent"),
    [(form, written, sent) for form, written, several in FORMS for sent in several],
    ids=repr_of,
)
def test_a_value_in_another_form_is_brought_into_one(
    form: Form, written: object, sent: object
) -> None:
    assert form(sent) == written
    assert type(form(sent)) is type(written)


@pytest.mark.parametrize(
    ("form", "sent"),
    [(form, sent) for form, several in NONE_OF_A_FORM for sent in several],
    ids=repr_of,
)
def test_what_has_no_such_form_is_not_guessed_at(form: Form, sent: object) -> None:
    with pytest.raises(Unconvertible):
        form(sent)


@pytest.mark.parametrize("sent", [2**53 + 1, 2**63 - 1])
def test_integers_as_large_as_a_bigint_keep_every_digit(sent: int) -> None:
    assert one({"age": sent})["age"] == sent


@pytest.mark.parametrize(
    ("column", "large"),
    [
        *(("age", value) for value in (2**63, -(2**63) - 1, 2**64 - 1, 10**30, 1e300, "9" * 19)),
        ("score", 10**309),
    ],
)
def test_a_number_beyond_the_columns_type_is_extra(column: str, large: object) -> None:
    """It would stop the load, and again every night; every other value is where it belongs."""
    conversion = Conversion(PROPERTIES)
    template = conversion.template({})
    for name in (column, column.upper(), column.capitalize()):
        values = [1, large, None, 0, -5]
        records = conversion.convert([{name: value} for value in values], template)
        assert [record[column] for record in records] == [1, None, None, 0, -5]
        assert [record[EXTRA_FIELDS] for record in records] == [
            {name: value} if value is large else None for value in values
        ]


@pytest.mark.parametrize("sent", [2**64, -(10**30), 1e300])
def test_a_column_of_numbers_takes_what_floats_reach(sent: float) -> None:
    assert one({"score": sent})["score"] == sent


@pytest.mark.parametrize("sent", ["9007199254740993", "0.1000000000000000055511151231257827"])
def test_digits_that_a_number_cannot_hold_are_not_lost(sent: str) -> None:
    record = one({"score": sent})
    assert str(record["score"]) == sent or record[EXTRA_FIELDS] == {"score": sent}


def test_true_is_no_number() -> None:
    record = one({"age": True, "score": False})
    assert (record["age"], record["score"]) == (None, None)
    assert record[EXTRA_FIELDS] == {"age": True, "score": False}


def test_json_text_is_compact_and_keeps_order_and_letters() -> None:
    assert json_text({"name": "Thème", "a": [1, None]}) == '{"name":"Thème","a":[1,null]}'
    assert json_text('{ "a": 1 }') == '{ "a": 1 }'
    assert json_text(None) is None


# What fills a column, as it is declared


def without_blanks(value: str) -> str | None:
    if not value:
        raise Unconvertible(value)
    return None if value == "none" else "".join(value.split())


def in_zone(value: str, zone: str | None) -> str | None:
    return f"{value}{zone}" if zone else None


DECLARED = (
    column("id", INTEGER, "Its home is here."),
    column("number", INTEGER, "From several.", source=("theNumber", "id")),
    column("starts", TEXT, "As it is sent."),
    column("starts_utc", TIMESTAMP, "In UTC.", source="starts", convert=in_zone, context_item="at"),
    column("word", TEXT, "Without blanks.", source="WORD of mouth", convert=without_blanks),
    column("parent", INTEGER, "The same in a partition."),
    *COMMON_COLUMNS,
)
NONE = dict.fromkeys(("id", "number", "starts", "starts_utc", "word", EXTRA_FIELDS))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"id": 1}, {"id": 1, "number": 1}),
        ({"id": 1, "theNumber": 2}, {"id": 1, "number": 2}),
        ({"number": 3, "id": 1}, {"id": 1, "number": 1, EXTRA_FIELDS: {"number": 3}}),
        ({"id": 1, "the_number": None}, {"id": 1, "number": 1}),
        ({"id": 1, "theNumber": "x"}, {"id": 1, "number": 1, EXTRA_FIELDS: {"theNumber": "x"}}),
        ({"id": "x"}, {EXTRA_FIELDS: {"id": "x"}}),
        ({"The Number": 2, "number": "2"}, {"number": 2}),
        (
            {"theNumber": 2, "number": 3},
            {"number": 2, EXTRA_FIELDS: {"number": 3}},
        ),
        (
            {"starts": "2026-01-01T10:00:00"},
            {"starts": "2026-01-01T10:00:00", "starts_utc": "2026-01-01T08:00:00Z"},
        ),
        ({"starts": "soon"}, {"starts": "soon"}),
        (
            {"starts": "soon", "startsUTC": "?"},
            {"starts": "soon", EXTRA_FIELDS: {"startsUTC": "?"}},
        ),
        ({"wordOfMouth": " a b"}, {"word": "ab"}),
        ({"WORD of mouth": "a", "Word": " a "}, {"word": "a"}),
        ({"WORD of mouth": "", "word": "b"}, {"word": "b"}),
        ({"WORD of mouth": ""}, {EXTRA_FIELDS: {"WORD of mouth": ""}}),
        ({"WORD of mouth": "none"}, {}),
        ({"WORD of mouth": 7}, {EXTRA_FIELDS: {"WORD of mouth": 7}}),
        ({"parent": "7", "AT": "+02:00"}, {}),
        ({"parent": 8, "at": None}, {EXTRA_FIELDS: {"parent": 8, "at": None}}),
    ],
    ids=str,
)
def test_the_first_declared_source_that_says_something_fills_the_column(
    row: Row, expected: Row
) -> None:
    """Alone or beside rows with every attribute, which make the same columns contested."""
    constants = {"parent": 7, "at": "+02:00"}
    properties = th.PropertiesList(*DECLARED).to_dict()["properties"]
    every = dict.fromkeys(["id", "theNumber", "number", "starts_utc", "WORD of mouth", "word"])
    for rows in ([row], [row, every]):
        conversion = Conversion(properties, DECLARED)
        template = conversion.template(constants)
        record = msgspec.to_builtins(conversion.convert(rows, template))[0]
        assert record == {**NONE, "parent": 7, READ_AT: None, **expected}
        assert conversion.unknown == set(expected.get(EXTRA_FIELDS) or ())


def test_a_column_that_is_not_emitted_still_keeps_its_attribute_out_of_the_extra_fields() -> None:
    properties = th.PropertiesList(*DECLARED).to_dict()["properties"]
    conversion = Conversion(properties, DECLARED, dropped={"id", "starts"})
    template = conversion.template({"at": "+02:00"})
    (record,) = conversion.convert([{"id": 4, "starts": "2026-01-01T10:00:00"}], template)
    assert record["number"] == 4
    assert record["starts_utc"] == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert record[EXTRA_FIELDS] is None
    assert not {"id", "starts"} & record.keys()


def test_what_fills_a_column_is_nothing_that_a_catalog_tells() -> None:
    plain = column("word", TEXT, "Without blanks.")
    assert DECLARED[4].to_dict() == plain.to_dict()
