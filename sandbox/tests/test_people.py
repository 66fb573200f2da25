"""Some people are known to several vendors, and what the rule finds is who they are."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from event_sandbox.grains import compared
from event_sandbox.sandbox import Sandbox
from event_sandbox.testing import TODAY
from event_sandbox.world import SIZES, Size, advance, build_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.wire import Row

WORLDS = pytest.mark.parametrize(
    ("size", "seed"), [("small", 1), ("small", 7), ("small", 2026), ("demo", 7)]
)


@cache
def people(size: str, seed: int) -> list[Row]:
    return lines(Sandbox(build_world(seed, SIZES[size], TODAY)), "people")


WITH_MAILBOX, SMALL_WITH_MAILBOX = 11, Size(2, 100, 2)
"""A seed and size of a world in which two were invited by one address, and neither came."""

IS_HUMAN = re.compile(r"(programme|online|hub|chats|fairs)-\d{5}")

FORMS: list[Callable[[str], bool]] = [
    lambda text: text.isupper(),
    lambda text: text != text.strip(),
    lambda text: text.startswith("mailto:"),
]


def lines(sandbox: Sandbox, grain: str) -> list[Row]:
    return [json.loads(line) for line in sandbox.grain(grain).splitlines()]


def by(rows: list[Row], column: str, *columns: str) -> dict[Any, set[Any]]:
    """What stands in some columns beside each value of another, which is not null."""
    found = defaultdict(set)
    for row in rows:
        if row[column] is not None:
            found[row[column]].add(tuple(row[name] for name in columns))
    return found


def emails(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["id_type"] == "email"]


@WORLDS
def test_fifteen_percent_of_the_people_are_known_to_two_vendors_or_more(
    size: str, seed: int
) -> None:
    vendors = by(people(size, seed), "person", "vendor")
    share = sum(len(of) > 1 for of in vendors.values()) / len(vendors)
    assert 0.13 < share < 0.17
    assert any(len(of) > 2 for of in vendors.values())


@WORLDS
def test_an_address_is_written_differently_at_several_vendors(size: str, seed: int) -> None:
    """In capitals, with blanks around it, or with `mailto:`, beside the plain one elsewhere."""
    written = by(emails(people(size, seed)), "person", "vendor", "id")
    for is_form in FORMS:
        assert any(
            any(is_form(text) for _, text in of)
            and any(text == compared(text) for _, text in of)
            and len({compared(text) for _, text in of}) == 1
            and len({vendor for vendor, _ in of}) > 1
            for of in written.values()
        )


def test_vendors_show_only_what_they_take() -> None:
    """Airmeet's addresses are addresses, ExpoPlatform trims texts."""
    shown = {
        vendor: [row["id"] for row in emails(people("demo", 7)) if row["vendor"] == vendor]
        for vendor in ("airmeet", "expoplatform")
    }
    assert any(text.isupper() for text in shown["airmeet"])
    assert all(compared(text) == text.lower() for text in shown["airmeet"])
    assert any(text.startswith("mailto:") for text in shown["expoplatform"])
    assert all(text == text.strip() for text in shown["expoplatform"])


@WORLDS
def test_two_ids_of_one_vendor_share_a_mailbox_that_joins_nobody(size: str, seed: int) -> None:
    rows = people(size, seed)
    shared = [row for row in rows if row["is_ambiguous"]]
    assert {row["vendor"] for row in shared} >= {"conferencesio", "airmeet"}
    assert {row["id_type"] for row in shared} == {"email"}
    assert {row["joined"] for row in shared} == {None}
    assert {row["vendor"] for row in shared} <= {"conferencesio", "airmeet", "accelevents"}


@WORLDS
def test_somebody_whose_address_changed_is_known_by_one_id(size: str, seed: int) -> None:
    at_airmeet = [row for row in people(size, seed) if row["vendor"] == "airmeet"]
    addresses = by(emails(at_airmeet), "person", "id")
    (moved,) = [person for person, of in addresses.items() if len(of) > 1]
    ids = [row for row in at_airmeet if row["person"] == moved and row["id_type"] == "vendor_id"]
    assert len({compared(text) for (text,) in addresses[moved]}) == 2
    assert len(ids) == 1


@WORLDS
@pytest.mark.parametrize("days", [0, 9])
def test_the_rule_finds_the_humans_of_the_world(size: str, seed: int, days: int) -> None:
    """But for shared mailboxes: their addresses tell nobody, or whoever's id alone is seen."""
    world = build_world(seed, SIZES[size], TODAY)
    advance(world, days)
    rows = lines(Sandbox(world), "people")
    assert all((row["person"] is None) == row["is_ambiguous"] for row in rows)
    told = [row for row in rows if row["person"]]
    assert all(IS_HUMAN.fullmatch(row["person"]) for row in told)
    assert all(len(groups) == 1 for groups in by(told, "person", "joined").values())


def test_two_without_ids_who_share_a_mailbox_are_one_person_in_all_truths() -> None:
    """Nobody could know better: so their name is the address."""
    sandbox = Sandbox(build_world(WITH_MAILBOX, SMALL_WITH_MAILBOX, TODAY))
    rows = lines(sandbox, "people")
    (mailbox,) = {row["person"] for row in rows if row["person"] == compared(row["id"])}
    listed = [row["event"] for row in lines(sandbox, "registrations") if row["person"] == mailbox]
    assert len(listed) == 2
    assert len(set(listed)) == 1


@pytest.mark.parametrize(
    ("size", "seed"),
    [(SIZES["small"], 7), (SIZES["small"], 2026), (SMALL_WITH_MAILBOX, WITH_MAILBOX)],
)
def test_truths_name_people_as_the_truth_of_people_does(size: Size, seed: int) -> None:
    sandbox = Sandbox(build_world(seed, size, TODAY))
    known = {row["person"] for row in lines(sandbox, "people")} | {None}
    for grain in ("registrations", "attendance", "event_attendance"):
        assert {row["person"] for row in lines(sandbox, grain)} <= known
    met = [row["participants"] for row in lines(sandbox, "meetings")]
    assert {person for people in met for person in people} <= known


def test_addresses_are_compared_in_one_form_of_unicode() -> None:
    assert compared("rene\u0301@example.com") == compared("Ren\u00e9@example.com")
