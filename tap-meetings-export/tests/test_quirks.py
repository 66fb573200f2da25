"""One test per quirk of the vendor, named after it; what every tap promises is in the suite.

Most runs are made within this process, because there are many: each position of each switch, over
several days.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from event_taps_core.testing import Run, differences, run_here
from event_taps_core.testing.promises.base import long
from event_taps_core.testing.sandbox import running_sandbox
from tap_meetings_export.tap import TapMeetingsExport

from .test_conformance import UNDER_TEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing import Sandbox, Warehouse

TAP = replace(UNDER_TEST, positions_per_run=4)
BIG, PAST, EMPTY, SMALL = 1041, 1187, 1302, 1377
HURRIED = {"requests_per_minute": 0, "max_retries": 0, "overlap_minutes": 0}
SMALLER = {"event_ids": [PAST, EMPTY, SMALL], "page_size": 20}
"""Enough for what does not show in the big event only; there are pages too."""
FILTERS = {"created_from", "last_modified_from"}
OF_BIG_PAGES = ("largest_page", "size_out_of_range", "short_pages")

NO_RUN = Run(0, b"", "")

Json = dict[str, Any]


@dataclass
class Fair:
    """A world, the tap that reads it day after day, and the tables that come of it."""

    sandbox: Sandbox
    tables: Warehouse = field(default_factory=TAP.warehouse)
    last: Run = NO_RUN

    def read(self, **settings: Any) -> Run:
        """Run the tap, from where it was, and load what comes."""
        self.sandbox.forget_requests()
        given = {**self.sandbox.settings, **HURRIED, **settings}
        self.last = run_here(TapMeetingsExport, given, self.last.state)
        self.tables.load(self.last.lines)
        return self.last

    def read_well(self, **settings: Any) -> Run:
        """Run the tap and insist on success."""
        run = self.read(**settings)
        assert run.exit_code == 0, run.stderr
        return run

    def read_three_days(self, **settings: Any) -> None:
        """Run the tap, successfully, and again on each of the two days after."""
        self.read_well(**settings)
        for _ in range(2):
            self.sandbox.advance()
            self.read_well(**settings)

    def change(self, kind: str, after_requests: int = 0) -> None:
        """Let something happen, as the n-th request from now comes in."""
        body = {"vendor": TAP.vendor, "kind": kind, "after_requests": after_requests}
        self.sandbox.has_changed = True
        self.sandbox.control("POST", "/change", body)

    def different(self, *, without: int | None = None, only: int | None = None) -> Json:
        """Compare with the truth: of all events, of all but one, or of one."""

        def is_compared(row: Json) -> bool:
            return row["event_id"] != str(without) and (
                only is None or row["event_id"] == str(only)
            )

        found = {
            name: differences(
                filter(is_compared, self.tables.table(name)),
                [row for row in self.sandbox.truth(name) if is_compared(row)],
            )
            for name in TAP.streams
        }
        return {name: sorted(lines)[:9] for name, lines in found.items() if lines}

    def queries(self, path: str = "/meetings/export", event_id: int | None = None) -> list[Json]:
        """Return the queries that the last run sent."""
        asked = [
            {name: values[0] for name, values in parse_qs(request.query).items()}
            for request in self.sandbox.requests()
            if request.path.endswith(path)
        ]
        return [query for query in asked if event_id is None or query["event_id"] == str(event_id)]

    def bookmark(self, event_id: int) -> str | None:
        """Return an event's bookmark in what the last run left."""
        return self.last.part_bookmarks("meetings").get(str(event_id))


def warnings(run: Run) -> list[str]:
    return [line for line in run.stderr.splitlines() if line.startswith("WARNING ")]


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox(TAP.vendor) as sandbox:
        yield sandbox


@pytest.fixture
def fair(running: Sandbox) -> Fair:
    """A world that has not changed, and a tap that has not read anything of it."""
    running.reset()
    return Fair(running)


# Every position of every switch


@pytest.mark.parametrize(
    "positions",
    [
        *TAP.complete_runs,
        *(
            long({name: position})
            for name, (_, *others) in TAP.complete_positions.items()
            for position in others
        ),
    ],
    ids=str,
)
def test_tables_equal_the_truth_day_after_day(fair: Fair, positions: dict[str, str]) -> None:
    fair.sandbox.switch(**positions)
    settings = SMALLER if positions.keys().isdisjoint(OF_BIG_PAGES) else {}
    fair.read_three_days(**settings)
    assert fair.different(without=BIG if settings else None) == {}


def mixed_positions(chance: random.Random) -> dict[str, str]:
    found = {name: chance.choice(values) for name, values in TAP.complete_positions.items()}
    if found["short_pages"] == "some":  # where the total counts meetings, nothing is promised
        found["total"] = "right"
    return found


@pytest.mark.parametrize("counted", ["none", "interactions"])
@pytest.mark.parametrize("mixture", [0, 1, *map(long, range(2, 6))])
def test_tables_equal_the_truth_under_mixed_positions(
    fair: Fair, mixture: int, counted: str
) -> None:
    """What follows the last page, for one, shows only where nothing is counted."""
    chance = random.Random(mixture)  # noqa: S311 - it has to repeat
    fair.sandbox.switch(**mixed_positions(chance) | {"metadata": counted})
    settings = {**SMALLER, "page_size": chance.choice([9, 20, 50, 500])}
    fair.read_three_days(**settings)
    assert fair.different(without=BIG) == {}


@pytest.mark.parametrize("past_end", ["empty", "repeated", "first", "404", "400"])
@pytest.mark.parametrize("errors", ["http", long("code_at_200")])
def test_pages_end_in_any_way_where_nothing_is_counted(
    fair: Fair, past_end: str, errors: str
) -> None:
    """And no page is as long as it was asked to be."""
    fair.sandbox.switch(metadata="none", past_end=past_end, errors=errors, largest_page="50")
    fair.read_well(event_ids=SMALLER["event_ids"])
    assert fair.different(without=BIG) == {}


# Where not everything can be read


def test_event_whose_key_was_switched_off_is_named_and_the_others_are_read(fair: Fair) -> None:
    fair.read_well()
    before = fair.bookmark(PAST)
    fair.sandbox.switch(event_access="one_off")
    fair.sandbox.advance()
    run = fair.read()
    assert run.exit_code == 1
    assert f"HTTP 401: The API key is switched off for event {PAST}. ({PAST})" in run.last_line
    assert fair.different(without=PAST) == {}
    assert fair.bookmark(PAST) == before
    assert fair.bookmark(BIG) != before
    fair.sandbox.switch(event_access="all")
    fair.read_well()
    assert fair.different() == {}


def test_event_whose_key_was_switched_off_does_not_hide_others_that_come_later(fair: Fair) -> None:
    """It may be the first that is read."""
    fair.sandbox.switch(event_access="one_off")
    for event_ids in ([PAST, SMALL], [SMALL, PAST]):
        fair.last = NO_RUN
        run = fair.read(event_ids=event_ids, concurrency=1)
        assert run.exit_code == 1
        assert {row["event_id"] for row in run.records("meetings")} == {str(SMALL)}


def test_unknown_event_is_named_and_is_no_failure_but_alone(fair: Fair) -> None:
    run = fair.read_well(event_ids=[SMALL, 9999])
    for stream in TAP.streams:
        (line,) = [line for line in run.stderr.splitlines() if f"Summary of {stream}:" in line]
        assert "1 absent (HTTP 404: " in line
        assert line.endswith("): 9999")
    run = fair.read(event_ids=[9998, 9999])  # nothing shows that the address is right
    assert run.exit_code == 1
    assert "api_url" in run.last_line
    assert "event_ids" in run.last_line


def test_total_without_regard_to_the_filters_is_said_once_and_fails_no_run(fair: Fair) -> None:
    fair.sandbox.switch(total="unfiltered")
    assert warnings(fair.read_well(**SMALLER)) == []
    before = fair.bookmark(SMALL)
    fair.sandbox.advance()
    lines = warnings(fair.read_well(**SMALLER))
    assert len(lines) == len(TAP.streams)
    assert all("without regard to the filters" in line for line in lines)
    assert fair.different(without=BIG) == {}
    assert fair.bookmark(SMALL) != before
    unfiltered = [query for query in fair.queries(event_id=SMALL) if not FILTERS & set(query)]
    assert len(unfiltered) <= len(FILTERS)


@pytest.mark.parametrize("filters", ["all_ignored", "work"])
def test_total_counts_where_it_is_the_filter_that_is_ignored_or_the_count_is_filtered_too(
    fair: Fair, filters: str
) -> None:
    fair.read_well(**SMALLER)
    before = fair.bookmark(SMALL)
    fair.sandbox.advance()
    fair.sandbox.switch(total="more", filters=filters)
    run = fair.read(**SMALLER)
    assert run.exit_code == 1
    assert "meetings: the API counts " in run.last_line
    assert fair.bookmark(SMALL) == before


def test_order_that_changes_is_no_trouble_or_is_named(fair: Fair) -> None:
    fair.sandbox.switch(ties="shuffled")
    run = fair.read(page_size=97)
    assert (run.exit_code == 0) <= (fair.different() == {})
    if run.exit_code:
        assert "the API counts " in run.last_line
    assert len(fair.queries(event_id=BIG)) > 1300 // 97


def test_order_that_changes_is_noticed_where_nothing_is_counted(fair: Fair) -> None:
    """By the rows that come twice; the walks together are likely to see all."""
    fair.sandbox.switch(ties="shuffled", metadata="none")
    fair.read_well(page_size=50, event_ids=[BIG])
    assert len(fair.queries(event_id=BIG)) >= 2 * 1240 // 50


# While pages are read

WHILE_PAGING = ("participant_joined", "meeting_inserted", "meeting_edited", "participant_edited")


@pytest.mark.parametrize("counted", ["none", long("interactions")])
@pytest.mark.parametrize("kind", WHILE_PAGING)
def test_change_while_paging_loses_nothing(fair: Fair, kind: str, counted: str) -> None:
    """In a full reading, and in one of the changes; the next run equals the truth."""
    fair.sandbox.switch(metadata=counted)
    settings = {"page_size": 97, "event_ids": [BIG]}
    fair.change(kind, 2)
    fair.change(kind, 5)
    fair.read_well(**settings)
    fair.sandbox.advance()
    fair.change(kind, 2)
    fair.change("meeting_inserted", 3)
    for _ in range(3):  # the changes may come with the first request of the next run
        fair.read_well(**settings)
    assert fair.different(only=BIG) == {}


@pytest.mark.parametrize("seed", [0, *map(long, range(1, 4))])
def test_many_changes_while_paging_lose_nothing(fair: Fair, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it has to repeat
    fair.sandbox.switch(**mixed_positions(chance))
    for _ in range(2):
        for _ in range(8):
            fair.change(chance.choice(WHILE_PAGING), chance.randrange(1, 12))
        fair.read_well(page_size=chance.choice([50, 97]))
    fair.read_well()
    fair.read_well()
    assert fair.different() == {}


@pytest.mark.parametrize("after", [2, 3, 5])
def test_meeting_that_is_deleted_while_paging_hides_no_other(fair: Fair, after: int) -> None:
    """Its own rows stay in the table until the next full refresh."""
    fair.change("meeting_deleted", after)
    fair.read_well(page_size=97, event_ids=[BIG])
    fair.read_well(page_size=97, event_ids=[BIG])
    lines = fair.different(only=BIG).get("meetings", [])
    assert [line for line in lines if line.startswith("missing")] == []


def test_meeting_that_is_deleted_goes_with_a_full_refresh(fair: Fair) -> None:
    fair.read_well()
    fair.change("meeting_deleted")
    fair.read_well()
    assert list(fair.different()) == ["meetings"]
    fair.last = NO_RUN
    fair.read_well()
    assert fair.different() == {}


# What is asked for


def test_full_export_first_then_what_is_new_and_what_was_changed(fair: Fair) -> None:
    """Two filters, never in one request, and no upper bound ("Suggested Sync Workflow")."""
    fair.read_well()
    assert {tuple(query) for query in fair.queries()} == {
        ("event_id", "page", "per_page", "order_by", "order")
    }
    fair.sandbox.advance()
    fair.read_well()
    assert {frozenset(FILTERS & set(query)) for query in fair.queries()} == {
        frozenset({name}) for name in FILTERS
    }
    assert {name for query in fair.queries() for name in query} == {
        *("event_id", "page", "per_page", "order_by", "order"),
        *FILTERS,
    }
    assert fair.different() == {}


def test_changes_are_asked_for_since_the_start_of_the_last_run(fair: Fair) -> None:
    """With an overlap; in whole seconds, and one more, since a bound may not belong to a filter."""
    before = time.time()
    first = fair.read_well(overlap_minutes=5)
    fair.read_well()
    read_at = datetime.fromisoformat(first.records("read_log")[0]["read_at"]).timestamp()
    filters = [query.get("created_from") or query["last_modified_from"] for query in fair.queries()]
    times = [
        query["timestamp"] for id_ in ("1041", "1377") for query in fair.queries(f"{id_}/list")
    ]
    for since in (*filters, *times):
        assert int(before) - 3 <= int(since) + 60 * 5 <= read_at - 1


def test_participants_are_asked_for_a_hundred_at_a_time_and_all_with_timestamp_0(
    fair: Fair,
) -> None:
    """As "Account Get - Entire Participant List" recommends and documents."""
    fair.read_well()
    queries = fair.queries("1041/list")
    assert {query["limit"] for query in queries} == {"100"}
    assert {query["timestamp"] for query in queries} == {"0"}
    fair.read_well(page_size=7, event_ids=[SMALL])
    assert {query["limit"] for query in fair.queries("1377/list")} == {"7"}


@pytest.mark.parametrize("broken", ["created_from", "last_modified_from"])
def test_bookmark_is_kept_only_when_both_readings_are_complete(fair: Fair, broken: str) -> None:
    fair.read_well()
    before = fair.bookmark(BIG)
    fair.sandbox.advance()
    fair.sandbox.break_path(f"event_id={BIG}&.*{broken}=", "500")
    run = fair.read()
    assert run.exit_code == 1
    assert fair.bookmark(BIG) == before
    assert fair.bookmark(SMALL) != before
    fair.sandbox.mend()
    fair.read_well()
    assert fair.different() == {}


def test_row_that_is_new_and_changed_comes_once(fair: Fair) -> None:
    fair.sandbox.switch(modified_filter="with_new")
    fair.read_well()
    fair.sandbox.advance()
    run = fair.read_well()
    rows = Counter(json.dumps(row, sort_keys=True) for row in run.records("meetings"))
    assert rows
    assert set(rows.values()) == {1}


def test_environment_that_cannot_sort_is_asked_without_an_order(fair: Fair) -> None:
    fair.sandbox.switch(order_by="error")
    run = fair.read_well(concurrency=1)
    (line,) = warnings(run)
    assert "does not sort" in line
    assert ["order_by" in query for query in fair.queries()].count(True) == 1


@pytest.mark.parametrize(
    ("position", "time_format", "named"),
    [
        ("created_ignored", "local", ("created_from",)),
        ("modified_ignored", "local", ("last_modified_from",)),
        ("timestamp_ignored", "local", ("timestamp",)),
        ("all_ignored", "unix", ("created_from", "last_modified_from", "timestamp")),
        *(
            long("all_ignored", form, ("created_from", "last_modified_from", "timestamp"))
            for form in ("local", "unix_text", "iso_offset")
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_environment_that_ignores_a_filter_is_said_once(
    fair: Fair, position: str, time_format: str, named: tuple[str, ...]
) -> None:
    fair.sandbox.switch(filters=position, time_format=time_format)
    assert warnings(fair.read_well(**SMALLER)) == []
    lines = warnings(fair.read_well(**SMALLER))
    said = [name for line in lines for name in named if f" ignore {name}:" in line]
    assert sorted(said) == sorted(named)
    assert len(lines) == len(named)
    assert fair.different(without=BIG) == {}


def test_environment_that_refuses_a_filter_is_read_in_full(fair: Fair) -> None:
    fair.sandbox.switch(filters="modified_refused")
    fair.read_well(**SMALLER)
    fair.sandbox.advance()
    (line,) = warnings(fair.read_well(**SMALLER))
    assert "refuses last_modified_from" in line
    assert fair.different(without=BIG) == {}


def test_event_ids_may_be_numbers_or_texts_and_repeated(fair: Fair) -> None:
    run = fair.read_well(event_ids=[SMALL, str(SMALL), str(PAST)])
    assert {row["event_id"] for row in run.records("meetings")} == {str(SMALL), str(PAST)}
    assert len(fair.queries(event_id=SMALL)) == 1


@pytest.mark.parametrize(
    "event_ids", [[], ["12a"], ["1041\n"], ["\uff11"], [-1], "1041", [None], [1.5]], ids=repr
)
def test_malformed_event_ids_are_refused(fair: Fair, event_ids: Any) -> None:
    run = run_here(TapMeetingsExport, {**fair.sandbox.settings, "event_ids": event_ids})
    assert run.exit_code == 1
    assert "setting event_ids" in run.stderr


# What comes


@pytest.mark.parametrize("identity", ["complete", "some_without", "names_only"])
def test_person_who_is_listed_twice_in_a_meeting_is_two_rows(fair: Fair, identity: str) -> None:
    """One for each role; no number is needed."""
    fair.sandbox.switch(listed_twice="yes", identity=identity)
    run = fair.read_well()
    assert not [line for line in warnings(run) if "a number" in line]
    assert fair.different() == {}
    assert {len(row["participant_key"]) for row in run.records("meetings")} == {32}


def test_undocumented_attributes_are_kept_and_replace_nothing(fair: Fair) -> None:
    fair.sandbox.switch(unknown_fields="present", row_id="present")
    run = fair.read_well()
    for row in run.records("meetings"):
        assert {"Rating", "Created By", "ID"} <= set(row["extra_fields"])
        assert "Event ID" not in row["extra_fields"]  # it says the same
    assert fair.different() == {}
