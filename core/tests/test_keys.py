"""Keys where the vendor gives none, and shards."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_taps_core.keys import SurrogateKey, digest, shard_of

if TYPE_CHECKING:
    from random import Random

    from event_taps_core.columns import Row

# Few different values, so that identities often meet.
ROWS = st.lists(
    st.fixed_dictionaries(
        {"person": st.sampled_from(["ada", "Ada", 1, "1", None, ["ada"], {"id": 1, "b": 2}])},
        optional={"minutes": st.integers(0, 2), "at": st.sampled_from(["09:00", "10:00"])},
    ),
    max_size=8,
)
KEY = SurrogateKey("key", lambda row: row["person"])
ORDERED = SurrogateKey("key", lambda row: row["person"], lambda row: row.get("minutes", 0))
either_key = pytest.mark.parametrize("key", [KEY, ORDERED], ids=["by content", "by order"])


def keyed(
    rows: list[Row], key: SurrogateKey = KEY, seen: dict[str, int] | None = None
) -> list[Row]:
    return key.add(copy.deepcopy(rows), {} if seen is None else seen)


def as_set(rows: list[Row]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@either_key
@given(rows=ROWS, random=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_change_their_keys(
    key: SurrogateKey, rows: list[Row], random: Random
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert as_set(keyed(rows, key)) == as_set(keyed(shuffled, key))


@either_key
@given(rows=ROWS)
def test_rows_keep_their_order_and_content(key: SurrogateKey, rows: list[Row]) -> None:
    assert [{k: v for k, v in row.items() if k != "key"} for row in keyed(rows, key)] == rows


@given(ROWS, ROWS)
def test_keys_are_unique_also_on_the_next_page(first: list[Row], second: list[Row]) -> None:
    seen: dict[str, int] = {}
    by_pages = [row["key"] for page in (first, second) for row in keyed(page, seen=seen)]
    assert sorted(by_pages) == sorted(row["key"] for row in keyed([*first, *second]))
    assert len(set(by_pages)) == len(by_pages)


@given(ROWS)
def test_a_row_added_later_changes_no_other_identitys_key(rows: list[Row]) -> None:
    newcomer = {"person": "grace"}
    assert [row for row in keyed([newcomer, *rows]) if row["person"] != "grace"] == keyed(rows)


def test_an_order_decides_before_the_content_does() -> None:
    """The first of an identity has the bare digest, and others have a number."""
    long_visit = {"person": "ada", "at": "09:00", "minutes": 9}
    short_visit = {"person": "ada", "at": "10:00", "minutes": 1}
    first = digest("ada")
    assert [row["key"] for row in keyed([long_visit, short_visit], KEY)] == [first, f"{first}-1"]
    assert [row["key"] for row in keyed([long_visit, short_visit], ORDERED)] == [
        f"{first}-1",
        first,
    ]


def test_digests_tell_types_apart() -> None:
    different = [1, "1", True, "true", None, "null", [], {}, [1], ["1"], [[1]], 1.5, "", [None]]
    assert len({digest(value) for value in different}) == len(different)
    assert digest("a", "b") != digest("ab") != digest(["a", "b"])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("ada@example.org",), "003460337d50efb4977ab0a18b03d2a4"),
        ((["external_id", "x-1"],), "e8e867d45de9109bdfbcd9e26594014c"),
        (({"b": [1, 2.5, None], "a": "日本"},), "c54bd23b5ada5545805d5371c345ef32"),
    ],
)
def test_digests_never_change_from_version_to_version(
    parts: tuple[object, ...], expected: str
) -> None:
    """Golden values: a change here makes every warehouse load all rows under new keys."""
    assert digest(*parts) == expected


@pytest.mark.parametrize("count", [2, 3, 8])
def test_shards_are_of_similar_size(count: int) -> None:
    sizes = [0] * count
    for n in range(4000):
        sizes[shard_of(f"event-{n}", count)] += 1
    assert max(sizes) < 1.2 * 4000 / count


def test_shards_never_change_from_version_to_version() -> None:
    """Golden values: a change here would leave parents unread by runs of mixed versions."""
    ids = ["", "1", "2", "abc", "d7e1a2b4-0000-4000-8000-000000000000", "日本"]
    assert [shard_of(parent_id, 7) for parent_id in ids] == [0, 2, 1, 2, 1, 2]


def test_a_row_whose_identity_cannot_be_told_is_known_by_its_content() -> None:
    key = SurrogateKey("key", lambda row: row["user"]["id"], lambda row: row["at"])
    rows: list[Row] = [
        {"user": {"id": 1}, "at": 1},
        {"user": "ada"},
        {"user": "ada"},
        {"user": None},
        {},
    ]
    keys = [row["key"] for row in key.add(rows, {})]
    assert len(set(keys)) == len(rows)
    assert keys == [row["key"] for row in key.add(rows, {})]
