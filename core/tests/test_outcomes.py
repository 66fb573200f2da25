"""What became of partitions, and from when on that is certain: a table, without any request."""

from __future__ import annotations

import pytest

from event_taps_core import BadResponse, NotFound, ReadAgain, ReadInFull, Suspect
from event_taps_core.outcomes import Outcome, Outcomes, Status
from event_taps_core.partitions import NO_END, Partition
from event_taps_core.summary import StreamStats, said_of_failures

STATUSES = {"r": Status.READ, "a": Status.ABSENT, "s": Status.SUSPECT, "f": Status.FAILED}


def outcome(letter: str, number: int) -> Outcome:
    """Make an outcome: a letter for its status, in capitals for another stream."""
    partition: Partition[str] = Partition({"id": number}, str(number), str(number), NO_END, ())
    status = STATUSES[letter.lower()]
    reason = "" if status is Status.READ else letter
    return Outcome("one" if letter.islower() else "other", partition, status, reason=reason)


@pytest.mark.parametrize(
    ("sequence", "confirmed", "failed"),
    [
        ("rrr", ["0", "1", "2"], []),
        ("aar", ["", "", "012"], []),
        ("aaa", ["", "", ""], []),
        ("aas", ["", "", "01"], ["2"]),
        ("aAr", ["", "", "012"], []),
        ("ssr", ["", "", "012"], []),
        ("rss", ["0", "1", "2"], []),
        ("sRs", ["", "1", ""], ["0", "2"]),
        ("sSr", ["", "", "02"], []),
        ("sar", ["", "1", "02"], []),
        ("fra", ["", "1", "2"], ["0"]),
        ("ffs", ["", "", ""], ["0", "1", "2"]),
    ],
)
def test_what_is_absent_or_suspect_waits_for_its_witness(
    sequence: str, confirmed: list[str], failed: list[str]
) -> None:
    outcomes = Outcomes()
    found = [outcomes.add(outcome(letter, at)) for at, letter in enumerate(sequence)]
    assert ["".join(one.partition.id for one in some) for some in found] == confirmed
    outcomes.end(["one"])
    names = outcomes.failed["one"].values()
    assert sorted(name for some in names for name in some) == failed


def test_a_list_that_others_hang_on_is_a_witness_for_what_is_absent_only() -> None:
    outcomes = Outcomes()
    absent, suspect = outcome("a", 0), outcome("s", 1)
    assert outcomes.add(absent) == []
    assert outcomes.note_records() == [absent]
    assert outcomes.add(suspect) == []


def test_parts_are_named_by_what_is_wrong_with_them() -> None:
    outcomes = Outcomes()
    outcomes.note("one", "x", NotFound("gone"))
    outcomes.note("one", "y", BadResponse("HTTP 500"))
    outcomes.note("one", "z", KeyError("k"))
    assert dict(outcomes.absent["one"]) == {"gone": ["x"]}
    assert dict(outcomes.failed["one"]) == {"HTTP 500": ["y"], "defect: KeyError('k')": ["z"]}


def test_remarks_change_what_follows_from_a_reading() -> None:
    read, absent = outcome("r", 0), outcome("a", 0)
    assert Suspect("one", "no list").apply(read).status is Status.SUSPECT
    assert Suspect("one", "no list").apply(absent) == absent
    assert not ReadAgain("one").apply(read).is_lasting
    assert (
        ReadInFull("one").apply(Outcome("one", read.partition, Status.READ, is_full=False)).is_full
    )


# In the lines at the end of a run

MANY = {f"reason {n}": [f"{n}a", f"{n}b"] for n in range(7)}
ONE_WITH_MANY = {"HTTP 404": [*"abcdefgh"]}


def test_of_many_reasons_and_ids_the_first_are_named_and_the_rest_is_a_number() -> None:
    """Vendors put ids into their words, so all may differ."""
    stats = StreamStats("visits", rows=3, requests=4, unread=9)
    stats.count_retry("HTTP 503", 0.4)
    stats.count_retry("HTTP 429", 2)
    assert stats.line(ONE_WITH_MANY, MANY) == (
        "visits: 3 rows, 4 requests, "
        "2 retries (1 x HTTP 429, 1 x HTTP 503), 2 s waited for them, "
        "8 absent (HTTP 404): a, b, c, d, e and 3 more, "
        + ", ".join(f"2 NOT READ (reason {n}): {n}a, {n}b" for n in range(5))
        + ", 4 more NOT READ for 2 other reasons, 9 not tried after that"
    )
    assert said_of_failures({"polls": ONE_WITH_MANY, "votes": ONE_WITH_MANY, "visits": MANY}) == (
        "polls, votes: HTTP 404 (a, b, c, ...); visits: reason 0 (0a, 0b); "
        "visits: reason 1 (1a, 1b); visits: reason 2 (2a, 2b); "
        "visits: 8 more for 4 other reasons"
    )
    parts = {one["reason"]: one["parts"] for one in stats.failures(MANY, "stopped")}
    assert parts == {
        **dict.fromkeys([f"reason {n}" for n in range(5)], 2),
        "2 other reasons": 4,
        "not tried after that": 9,
    }
    assert StreamStats("people").failures({}, "stopped") == [
        {"stream": "people", "reason": "stopped", "parts": 1}
    ]
