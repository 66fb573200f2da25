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


def convert(rows: list[Row]) -> list[dict[str, Any]]:
    """Convert, and write times as the encoder does."""
    conversion = Conversion(PROPERTIES)
    template = conversion.template({READ_AT: RUN})
    records: list[Row] = msgspec.to_builtins(conversion.convert(rows, template))
    return records


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
    """Nor made up, nor changed at its source; and what comes out is valid."""
    before = json.dumps(rows)
    records = convert(rows)
    assert json.dumps(rows) == before
    for row, record in zip(rows, records, strict=True):
        extra = dict(record[EXTRA_FIELDS] or {})
        filled = {READ_AT, EXTRA_FIELDS}
        for attribute, value in row.items():
            if attribute in extra:
                assert extra.pop(attribute) == value
                continue
            name = attribute if attribute in PROPERTIES else snake_case(attribute)
            filled.add(name)
            if value in NOTHING and record[name] not in NOTHING:
                continue  # beside another spelling that says something
            assert says_the_same(value, record[name], PROPERTIES[name])
        assert not extra, "what the vendor did not send"
        assert all(record[name] is None for name in PROPERTIES if name not in filled)
        VALID.validate(record)
        assert list(record) == [
            *(name for name in PROPERTIES if name != EXTRA_FIELDS),
            EXTRA_FIELDS,
        ]


@given(ROWS, st.randoms(use_true_random=False))
def test_a_record_depends_on_its_row_alone(rows: list[Row], random: Random) -> None:
    alone = [convert([row])[0] for row in rows]
    assert convert(rows) == alone
    order = list(range(len(rows)))
    random.shuffle(order)
    assert convert([rows[n] for n in order]) == [alone[n] for n in order]


@pytest.mark.parametrize(
    ("column", "taken", "kept"),
    [
        ("age", (2**53 + 1, 2**63 - 1, -(2**63)), (2**63, -(2**63) - 1, 10**30, 1e300, "9" * 19)),
        ("age", (), (True, False)),
        ("score", (2**64, -(10**30), 1e300, 0.5), (10**309, True, "9007199254740993.1" * 2)),
        ("is_speaker", (True, False), (2,)),
    ],
)
def test_what_is_beyond_a_columns_type_is_extra(
    column: str, taken: tuple[Any, ...], kept: tuple[Any, ...]
) -> None:
    """It would stop the load, and again every night; every other value is where it belongs."""
    conversion = Conversion(PROPERTIES)
    template = conversion.template({})
    for name in (column, column.upper(), column.capitalize()):
        for odd in ((), *((one,) for one in kept)):
            values = [*taken, None, *odd, *taken]
            records = conversion.convert([{name: value} for value in values], template)
            expected = [*taken, None, *[None for _ in odd], *taken]
            assert [record[column] for record in records] == expected
            assert [record[EXTRA_FIELDS] for record in records if record[EXTRA_FIELDS]] == [
                {name: value} for value in odd
            ]


# The forms of values

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


Form = Callable[[Any], Any]
FORMS: list[tuple[Form, object, tuple[object, ...]]] = [
    (snake_case, "event_end_time", ("eventEndTime", "Event End  Time", "_eventEnd-time")),
    (snake_case, "http_status", ("HTTPStatus", "http_status")),
    (snake_case, "meeting_id", ("Meeting ID", "meetingID")),
    (snake_case, "utm_source_first", ("UTM Source (first)",)),
    (snake_case, "address2_line", ("address2Line",)),
    (snake_case, "", ("日本", "_")),
    (utc_timestamp, "2019-01-08T16:47:02Z", ("2019-01-08T11:47:02-05:00", "20190108T164702Z")),
    (utc_timestamp, "2019-01-08T11:47:02.500000Z", ("2019-01-08 11:47:02.5Z",)),
    (utc_timestamp, "2019-01-08T06:02:00Z", ("2019-01-08T11:47+05:45",)),
    (json_text, '{"name":"Thème","a":[1,null]}', ({"name": "Thème", "a": [1, None]},)),
    *((json_text, sent, (sent,)) for sent in ('{ "a": 1 }', 7, None)),
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


@pytest.mark.parametrize(("form", "written", "sent"), FORMS, ids=repr_of)
def test_a_value_in_another_form_is_brought_into_one(
    form: Form, written: object, sent: tuple[object, ...]
) -> None:
    for value in sent:
        assert form(value) == written
        assert type(form(value)) is type(written)


@pytest.mark.parametrize(("form", "sent"), NONE_OF_A_FORM, ids=repr_of)
def test_what_has_no_such_form_is_not_guessed_at(form: Form, sent: tuple[object, ...]) -> None:
    for value in sent:
        with pytest.raises(Unconvertible):
            form(value)


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
        *(
            ({"parent": sent, "at": None}, {EXTRA_FIELDS: {"parent": sent, "at": None}})
            for sent in (None, 8, "other")
        ),
        ({"Starts": "a", "starts": "b"}, {"starts": "b", EXTRA_FIELDS: {"Starts": "a"}}),
        ({"STARTS": "a", "Starts": "b"}, {"starts": "a", EXTRA_FIELDS: {"Starts": "b"}}),
        ({"Starts UTC": "soon", "shoe": 44}, {EXTRA_FIELDS: {"Starts UTC": "soon", "shoe": 44}}),
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
        for keep_extra in (True, False):
            conversion = Conversion(properties, DECLARED, keep_extra=keep_extra)
            template = conversion.template(constants)
            record = msgspec.to_builtins(conversion.convert(rows, template))[0]
            whole = {**NONE, "parent": 7, READ_AT: None, **expected}
            extra = whole.pop(EXTRA_FIELDS)
            assert record == ({**whole, EXTRA_FIELDS: extra} if keep_extra else whole)
            assert conversion.unknown == set(extra or ())


def test_a_column_that_is_not_emitted_still_keeps_its_attribute_out_of_the_extra_fields() -> None:
    properties = th.PropertiesList(*DECLARED).to_dict()["properties"]
    conversion = Conversion(properties, DECLARED, dropped={"id", "starts"})
    template = conversion.template({"at": "+02:00"})
    (record,) = conversion.convert([{"id": 4, "Starts": "2026-01-01T10:00:00"}], template)
    assert record["number"] == 4
    assert record["starts_utc"] == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert record[EXTRA_FIELDS] is None
    assert not {"id", "starts"} & record.keys()


def test_what_fills_a_column_is_nothing_that_a_catalog_tells() -> None:
    plain = column("word", TEXT, "Without blanks.")
    assert DECLARED[4].to_dict() == plain.to_dict()
