"""The report over small warehouses: what it says, of nothing, of little and of very much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scripts.report.__main__ import main
from tests.made_up_marts import Page, make_warehouse

if TYPE_CHECKING:
    from pathlib import Path

A, B = {"vendor": "airmeet", "account": "main"}, {"vendor": "conferencesio", "account": "example"}
AT_SPRING, AT_AUTUMN = {**A, "event_key": "spring"}, {**B, "event_key": "autumn"}
SPRING = {**AT_SPRING, "event_id": "1", "event_name": "Spring"}
AUTUMN = {**AT_AUTUMN, "event_id": "2", "event_name": "Autumn"}
UNDATED = {**B, "event_key": "undated", "event_id": "3"}
UNKNOWN = "\N{EN DASH}"
RUN = "2026-06-01 03:00+00"
READ: dict[str, object] = {
    **dict.fromkeys(("last_read_at", "last_run_at", "last_run_ended_at"), RUN),
    **dict.fromkeys(("hours_behind", "failed_parts", "absent_parts", "parts"), 0),
    **dict.fromkeys(("is_behind", "is_failed"), False),
}


def report(folder: Path, *arguments: str) -> Page:
    assert main([f"--folder={folder}", *arguments]) == 0
    return Page((folder / "report.html").read_text())


def person(key: str, event: dict[str, str], **more: Any) -> dict[str, Any]:
    told = {"is_identified": True, "is_registered": True, "is_attended": True, "acts": 0, **more}
    return {**event, "person_key": key, **told}


def two_vendors() -> dict[str, list[dict[str, Any]]]:
    """Ada and Ben are at both vendors, Cyd at the first; so is Dan, unregistered and unknown."""
    people = [
        person("ada", AT_SPRING, acts=3),
        person("ben", AT_SPRING, is_attended=False),
        person("cyd", AT_SPRING),
        person("dan", AT_SPRING, is_registered=False, is_identified=False),
        person("ada", AT_AUTUMN, acts=1),
        person("ben", AT_AUTUMN, is_attended=None),
    ]
    # The end of a day is the midnight after it.
    spring = {"starts_at": "2026-03-01 09:00+00", "ends_at": "2026-03-03 00:00+00"}
    autumn = {"starts_at": "2026-09-01 09:00+00"}
    session = {**AT_SPRING, "session_key": "s", "session_id": "s"}
    seen = {**AT_SPRING, "session_key": "s", "mode": "live"}
    links = (
        (AT_SPRING, "ada", "mail", "launch"),
        (AT_SPRING, "ben", "mail", "launch"),
        (AT_SPRING, "cyd", None, None),
        (AT_AUTUMN, "ada", "mail", "launch"),  # which is not over: no part of the show-up rate
    )
    return {
        "dim_event": [
            {**SPRING, **spring, "has_ended": True},
            {**AUTUMN, **autumn, "has_ended": False},
            UNDATED,
        ],
        "dim_person": [
            {"person_key": key, "is_identified": True, "full_name": f"{key} Secret",
             "email": f"{key}@secret.example"}
            for key in ("ada", "ben", "cyd")
        ],
        "mart_event_funnel": [
            {**SPRING, **spring, "registered": 3, "attended": 2, "engaged": 1, "no_shows": 1,
             "engaged_rate": 0.5, "show_up_rate": 2 / 3},
            {**AUTUMN, **autumn, "registered": 2, "attended": 1, "engaged": 1, "engaged_rate": 1},
            UNDATED,
        ],
        "mart_person_engagement": people,
        "fct_event_attendance": [
            {name: value for name, value in row.items() if name != "acts"} for row in people
        ],
        "dim_session": [
            {**session, "session_name": "Opening", "scheduled_minutes": 60, **spring}
        ],
        "mart_session_scorecard": [
            {**session, "event_name": "Spring", "session_name": "Opening", "attended": 2,
             "evaluation_average": 4.25, "evaluation_responses": 8},
            {**session, "session_key": "t", "session_name": "Closing", "attended": None},
        ],
        "fct_attendance": [
            {**seen, "first_in_at": f"2026-03-01 {time}+00", "attended_minutes": minutes}
            for time, minutes in (("08:58", 60), ("09:06", 15), ("01:00", None))
        ],
        "fct_engagement": [
            {**AT_SPRING, "person_key": "ada", "engagement_type": "poll_response", "act_count": 3},
            {**AT_AUTUMN, "person_key": "ada", "engagement_type": "question", "act_count": 1},
        ],
        "fct_registration": [
            {**at, "person_key": key, "utm_source": source, "utm_campaign": campaign,
             "is_duplicate": False}
            for at, key, source, campaign in links
        ],
        "fct_meeting": [
            {**AT_SPRING, "meeting_status": status, "is_accepted": accepted,
             "is_held": held}
            for status, accepted, held in (
                ("confirmed", True, True), ("confirmed", True, False), ("pending", False, False)
            )
        ],
        "mart_freshness": [
            {**A, **READ, "stream": "airmeets", "parts": 1, "row_count": 1},
            {**A, **READ, "stream": "booths", "parts": 3, "absent_parts": 2,
             "absent_reasons": "no booths", "row_count": 7},
            {**B, **READ, "stream": "polls", "last_read_at": "2026-05-31 03:00+00",
             "is_behind": True, "hours_behind": 24, "parts": 2, "is_failed": True,
             "failed_parts": 2, "failed_reasons": "HTTP 500"},
        ],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_warehouse(tmp_path, **two_vendors()).close()
    return tmp_path


def test_every_section_says_what_it_found(folder: Path) -> None:
    findings = report(folder).findings
    assert findings == {
        "funnel": [
            "67% of those who registered came: 2 of 3, at the 1 event of which it can be told."
        ],
        "curves": [
            "Half of the people had arrived 2 minutes after the start at Airmeet.",
            "Stayed for at least half of a session: 50% at Airmeet.",
        ],
        "sessions": ["“Opening” had most people: 2."],
        "engagement": [
            (
                "People did something 4 times; 75% were answers to polls. 67% of those"
                " who came to an event took part: 2 of 3."
            )
        ],
        "campaigns": [
            (
                "“launch” (mail) brought most registrations: 3. 50% of those who came by such a"
                " link attended, and 100% of the others."
            )
        ],
        "meetings": [
            "67% of 3 meetings were accepted (2). 50% of the accepted ones took place (1)."
        ],
        "people": [
            (
                "67% of 3 people are on more than one platform (2). Airmeet and Conferences i/o"
                " share most: 2."
            )
        ],
        "freshness": [
            "The newest run could not read 1 of 3 streams completely.",
            "Something is missing in 2 of 3 streams.",
        ],
    }


def test_tables_hold_what_the_charts_show(folder: Path) -> None:
    page = report(folder)
    tables = page.tables
    assert tables["funnel"][0][1:] == [
        ["Spring", "Airmeet", "1 Mar 2026", "3", "2", "1", "67%", "1", UNKNOWN],
        ["Autumn", "Conferences i/o", "1 Sep 2026", "2", "1", "1", UNKNOWN, UNKNOWN, UNKNOWN],
        [
            "Event 3",
            "Conferences i/o",
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
        ],
    ]
    arrivals, stays = ({row[0]: row[1] for row in table} for table in tables["curves"])
    assert [arrivals[minute] for minute in ("-15", "-2", "0", "5", "6")] == [
        "0%", "50%", "50%", "50%", "100%",
    ]  # fmt: skip
    assert [stays[share] for share in ("0%", "25%", "30%", "100%")] == [
        "100%",
        "100%",
        "50%",
        "50%",
    ]
    assert tables["sessions"][0][1][-2:] == ["4.2", "8"]
    assert tables["engagement"][0][1:] == [
        ["Answers to polls", "3", "1", "1"],
        ["Questions asked", "1", "1", "1"],
    ]
    assert tables["campaigns"][0][1:] == [["launch", "mail", "3", "2", "2", "50%"]]
    assert tables["meetings"][0][1:] == [
        ["pending", "1", "33%", "0"],
        ["confirmed", "2", "67%", "1"],
    ]
    assert "Not among them: 1 record without either" in page.words
    assert tables["people"][0] == [
        ["Platform", "Airmeet", "Conferences i/o"],
        ["Airmeet", "3", "2"],
        ["Conferences i/o", "2", "2"],
    ]
    assert [row[:4] for row in tables["freshness"][1][1:]] == [
        ["polls", "Conferences i/o", "example", "2 parts could not be read: HTTP 500"],
        ["booths", "Airmeet", "main", "2 of 3 parts absent: no booths"],
        ["airmeets", "Airmeet", "main", "complete"],
    ]


def test_what_a_run_that_broke_off_has_read_is_not_called_complete(tmp_path: Path) -> None:
    killed = {**READ, "last_run_ended_at": None}
    streams = [
        {**A, **killed, "stream": "airmeets"},
        {**A, **killed, "stream": "booths", "is_behind": True, "hours_behind": 24},
        {**B, **READ, "stream": "polls", "is_behind": True, "hours_behind": 24},
        {**B, **READ, "stream": "app", "is_failed": True, "failed_parts": 1,
         "failed_reasons": "HTTP 401"},
    ]  # fmt: skip
    make_warehouse(tmp_path, mart_freshness=streams).close()
    page = report(tmp_path)
    assert page.findings["freshness"] == [
        (
            "The newest run could not read 1 of 4 streams completely."
            " The newest run of 1 account broke off, or is under way."
        ),
        "Something is missing in 3 of 4 streams.",
    ]
    assert [(row[0], row[3]) for row in page.tables["freshness"][1][1:]] == [
        ("app", "1 part could not be read: HTTP 401"),
        ("airmeets", "perhaps not complete: the newest run broke off"),
        ("booths", "not read before the newest run broke off"),
        ("polls", "nothing was due in the newest run"),
    ]


def test_arrivals_hours_away_are_left_out_and_said(folder: Path) -> None:
    assert "Left out: 1 whose time is more than an hour" in report(folder).words


def test_who_took_part_is_not_told_where_a_vendor_tells_no_acts(tmp_path: Path) -> None:
    make_warehouse(
        tmp_path,
        dim_event=[SPRING],
        mart_event_funnel=[{**SPRING, "attended": 1}],
        mart_person_engagement=[person("ada", AT_SPRING, acts=None)],
    ).close()
    assert f"Took part{UNKNOWN}" in " ".join(report(tmp_path).words.split())


def test_one_vendor(folder: Path) -> None:
    page = report(folder, "--vendor=airmeet", "--vendor=airmeet")
    assert "Airmeet, Airmeet" not in page.words
    assert [row[0] for row in page.tables["funnel"][0][1:]] == ["Spring"]
    assert page.findings["people"] == ["3 people were met, all on one platform: Airmeet."]
    assert page.findings["engagement"][0].startswith("People did something 3 times")
    assert page.findings["freshness"][0] == (
        "The newest runs read all that was due of all 2 streams."
    )
    assert "Conferences i/o" not in page.words


@pytest.mark.parametrize(
    ("arguments", "events"),
    [
        (("--from=2026-03-02",), ["Spring", "Autumn"]),
        (("--from=2026-03-03",), ["Autumn"]),
        (("--until=2026-09-01",), ["Spring", "Autumn"]),
        (("--until=2026-08-31",), ["Spring"]),
        (("--from=2026-03-01", "--until=2026-03-01"), ["Spring"]),
    ],
)
def test_a_period_has_the_events_that_are_partly_in_it(
    folder: Path, arguments: tuple[str, ...], events: list[str]
) -> None:
    page = report(folder, *arguments)
    assert [row[0] for row in page.tables["funnel"][0][1:]] == events
    assert "without 1 event of which nobody knows the day" in page.words


def test_nobody_is_named(folder: Path) -> None:
    assert "ecret" not in report(folder).html


def test_nothing_is_fetched_and_nothing_runs(folder: Path) -> None:
    html = report(folder).html
    for text in ("<script", "http:", "https:", "url(", "@import", " src=", "<link"):
        assert text not in html


def test_an_empty_warehouse(tmp_path: Path) -> None:
    make_warehouse(tmp_path).close()
    page = report(tmp_path)
    assert len(page.findings) == 8
    assert all(
        text.endswith(("known.", "told.", "completely."))
        for found in page.findings.values()
        for text in found
    )
    assert not any(tables for tables in page.tables.values())
    assert "None" not in page.words


def test_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    name = "</style><script>x</script> \"><img src=x> & {{ 7 * 7 }} '"
    rows = two_vendors()
    rows["mart_event_funnel"][0]["event_name"] = name
    rows["mart_session_scorecard"][0]["session_name"] = name
    rows["mart_freshness"][1]["absent_reasons"] = name
    make_warehouse(tmp_path, **rows).close()
    page = report(tmp_path)
    assert "<script" not in page.html
    assert "<img" not in page.html
    assert page.tables["funnel"][0][1][0] == name
    assert page.findings["sessions"] == [f"“{name}” had most people: 2."]


def test_ten_thousand_sessions_are_a_page_below_a_megabyte(tmp_path: Path) -> None:
    with make_warehouse(tmp_path) as warehouse:
        warehouse.execute("""
            insert into marts.mart_session_scorecard by name
            select
                i as session_key, i % 700 as event_key, 'airmeet' as vendor, 'main' as account,
                i as session_id, i as attended,
                'A session with a rather long name, number ' || i as session_name
            from range(10000) as numbers (i);
            insert into marts.mart_event_funnel by name
            select
                i as event_key, 'airmeet' as vendor, 'main' as account, i as event_id,
                i as registered, repeat('Long ', 40) as event_name
            from range(700) as numbers (i)
        """)
    page = report(tmp_path)
    assert len(page.html.encode()) < 1_000_000
    assert "The first 200 of 10,000 rows; the marts have them all." in page.words
    assert page.tables["sessions"][0][1][0].endswith("number 9999")


def test_a_warehouse_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"--folder={tmp_path}"]) == 1
    assert (
        "events.duckdb: './dev demo' or 'meltano run nightly' makes it" in capsys.readouterr().err
    )
    with make_warehouse(tmp_path) as warehouse:  # as an older version made it
        warehouse.execute("alter table marts.mart_freshness drop column is_behind")
    assert main([f"--folder={tmp_path}"]) == 1
    assert "has not all that the report needs" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from=2026-13-01",), "2026-13-01 is no day such as 2026-03-31"),
        (
            ("--from=2026-03-02", "--until=2026-03-01"),
            "--from 2026-03-02 is after --until 2026-03-01",
        ),
    ],
)
def test_a_period_that_is_none_is_said_in_the_last_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert capsys.readouterr().err.splitlines()[-1].endswith(said)
