"""The sections of the report: each says in words what its figures show, and shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.report.parts import (
    MOST_BARS,
    Bars,
    Figure,
    Lines,
    Matrix,
    Section,
    Table,
    count,
    decimal,
    many,
    named,
    percent,
    pivoted,
    vendor,
)

if TYPE_CHECKING:
    from scripts.report.parts import Row
    from scripts.report.warehouse import Marts

FEW = 20  # people: an event of fewer is not called the best or the worst
FEW_ANSWERS = 5  # a session of fewer is not called the best rated
FUNNEL = ("Registered", "Attended", "Engaged")
FINE = ("complete", "nothing was due in the newest run")  # states of a stream
NOTHING = Table([], [])

ACTS = {
    "poll_response": "Answers to polls",
    "question": "Questions asked",
    "evaluation": "Answers to evaluations",
    "booth_visit": "Visits to booths",
    "chat": "Chats attended",
    "meeting_requested": "Meetings asked for",
    "meeting_confirmed": "Meetings confirmed",
    "meeting_held": "Meetings held",
}


def funnel(marts: Marts) -> Section:
    """From those who registered to those who came and did something."""
    table = marts.table("funnel")
    figure = Figure(
        _funnel_finding(table, marts.row("show_up")),
        table,
        Bars(FUNNEL, (*FUNNEL, "Show-up rate"), ("Platform", "Start")),
        f"Bars of the people who registered, attended and engaged{_largest(table, 'events')}.",
        "People are counted once per event. Attended: were there, registered or not. Engaged: did"
        " something, such as answer, ask or meet. Show-up rate: registered people who were there,"
        " per registered people; not told before an event is over. Who has no id or address counts"
        " as registered only: nothing tells whether they came.",
    )
    return Section("funnel", "Who registered, came and took part", [figure])


def _funnel_finding(table: Table, of: Row) -> str:
    if not table.rows:
        return "No event is known."
    told = [row for row in table.rows if row["Show-up rate"] is not None]
    if not told:
        return f"How many of those who registered came cannot be told of {_all(table, 'event')}."
    finding = (
        f"{percent(of['came'] / of['registered'])} of those who registered came:"
        f" {count(of['came'])} of {count(of['registered'])}, at the {many(len(told), 'event')} of"
        " which it can be told."
    )
    large = sorted(
        (row for row in told if row["Registered"] >= FEW), key=lambda row: row["Show-up rate"]
    )
    if len(large) > 1:
        fewest, most = (
            f"{named(row['Event'])} ({percent(row['Show-up rate'])})"
            for row in (large[0], large[-1])
        )
        finding += f" Where {FEW} or more had registered, most came to {most}, fewest to {fewest}."
    return finding


def curves(marts: Marts) -> Section:
    """When people came to sessions, and how long they stayed."""
    title = "When people came, and how long they stayed"
    figures, middle = marts.row("live_figures"), marts.rows("middle")
    return Section(
        "curves", title, [_arrivals(marts, figures, middle), _stays(marts, figures, middle)]
    )


def _arrivals(marts: Marts, figures: Row, middle: list[Row]) -> Figure:
    told = [row for row in middle if row["minute"] is not None]
    if not told:
        return Figure("When people came to sessions cannot be told.", NOTHING)
    when = " and ".join(f"{_around(row['minute'])} at {vendor(row['vendor'])}" for row in told)
    known, plausible = figures["plausible"], figures["timed"] - figures["plausible"]
    note = (
        f"The first arrival of {_part(known, figures['everybody'])} live attendances: their time"
        " and the session's start are known. Who came before is in the first point."
    )
    if plausible:
        note += (
            f" Left out: {count(plausible)} whose time is more than an hour before the start or"
            " after the end, as when a session takes place in another time zone than its app says."
        )
    return Figure(
        f"Half of the people had arrived {when}.",
        pivoted(marts.rows("arrivals"), percent),
        Lines("minutes from the scheduled start", ("-15", "start", "+15", "+30")),
        "Lines of the share of people who had come, from 15 minutes before a session's start to 30"
        " after.",
        note,
    )


def _around(minute: float) -> str:
    if abs(minute) < 1:
        return "at the start"
    return f"{many(round(abs(minute)), 'minute')} {'before' if minute < 0 else 'after'} the start"


def _stays(marts: Marts, figures: Row, middle: list[Row]) -> Figure:
    told = [row for row in middle if row["half"] is not None]
    if not told:
        return Figure("How long people stayed in sessions cannot be told.", NOTHING)
    who = " and ".join(f"{percent(row['half'])} at {vendor(row['vendor'])}" for row in told)
    return Figure(
        f"Stayed for at least half of a session: {who}.",
        pivoted(marts.rows("stays"), percent),
        Lines("of a session's scheduled time", ("0%", "25%", "50%", "75%", "100%")),
        "Lines of the share of people who stayed at least so much of a session's scheduled time.",
        f"The minutes of {_part(figures['measured'], figures['everybody'])} live attendances: they"
        " and the session's length are known.",
    )


def sessions(marts: Marts) -> Section:
    """Sessions, the best attended first."""
    table = marts.table("sessions")
    figure = Figure(
        _sessions_finding(table),
        table,
        Bars(
            ("On the list", "Attended"),
            ("Attended", "Of the list", "Minutes", "Rating"),
            ("Event", "Start"),
        ),
        f"Bars of the people on the list and in the session{_largest(table, 'sessions')}.",
        "Attended: people who were there, counted once. Of the list: per people on the session's"
        " list, where it has one. Minutes: the median of those who were there. Rating: the mean of"
        " all answers that are numbers; the scale is the organiser's.",
    )
    return Section("sessions", "Sessions, by attendance", [figure])


def _sessions_finding(table: Table) -> str:
    if not table.rows:
        return "No session is known."
    told = [row for row in table.rows if row["Attended"] is not None]
    if not told:
        return f"Who came cannot be told of {_all(table, 'session')}."
    first, middle = told[0], told[(len(told) - 1) // 2]
    finding = f"{named(first['Session'])} had most people: {count(first['Attended'])}."
    if len(told) > 1:
        finding += f" Half of {many(len(told), 'session')} had {count(middle['Attended'])} or more."
    rated = [row for row in told if (row["Answers"] or 0) >= FEW_ANSWERS and row["Rating"]]
    if len(rated) > 1:
        best = max(rated, key=lambda row: row["Rating"])
        finding += (
            f" {named(best['Session'])} was rated best: {decimal(best['Rating'])}, the mean of"
            f" {many(best['Answers'], 'answer')}."
        )
    return finding


def engagement(marts: Marts) -> Section:
    """What people did, by kind."""
    found, of = marts.table("engagement"), marts.row("taking_part")
    rows = [{**row, "Kind": ACTS.get(row["Kind"], row["Kind"])} for row in found.rows]
    acts = sum(row["Acts"] for row in rows)
    finding = "Nothing that people did is known."
    if acts:
        most = f"{percent(rows[0]['Acts'] / acts)} were {rows[0]['Kind'].lower()}"
        finding = f"People did something {many(acts, 'time')}; {most}."
    if acts and of["came"]:
        finding += (
            f" {percent(of['active'] / of['came'])} of those who came to an event took part:"
            f" {_of(of['active'], of['came'])}."
        )
    figure = Figure(
        finding,
        Table(found.names, rows),
        Bars(("Acts",), ("Acts", "People")),
        "Bars of the number of acts of each kind.",
        "People: those who are known to have done it; some answers are anonymous. A meeting counts"
        " for each person in it.",
    )
    return Section("engagement", "What people did", [figure])


def campaigns(marts: Marts) -> Section:
    """By which links people came."""
    table, of = marts.table("campaigns"), marts.row("link_figures")
    finding = "By which campaign people came cannot be told."
    if table.rows:
        most = table.rows[0]
        finding = (
            f"{named(most['Campaign'])} ({most['Source']}) brought most registrations:"
            f" {count(most['Registered'])}."
        )
    if of["rate"] is not None and of["other_rate"] is not None:
        finding += (
            f" {percent(of['rate'])} of those who came by such a link attended, and"
            f" {percent(of['other_rate'])} of the others."
        )
    figure = Figure(
        finding,
        table,
        Bars(FUNNEL, (*FUNNEL, "Show-up rate"), ("Source",)),
        f"Bars of the people who registered, attended and engaged{_largest(table, 'links')}.",
        f"The link is known of {_part(of['known'], of['everybody'])} registered people, each"
        " counted once per event. Show-up rate: of those at events of which it can be told.",
    )
    return Section("campaigns", "Campaigns", [figure])


def meetings(marts: Marts) -> Section:
    """What became of the meetings."""
    of = marts.row("meeting_figures")
    finding = "No meeting is known."
    if of["asked"]:
        finding = (
            f"{percent(of['accepted'] / of['asked'])} of {many(of['asked'], 'meeting')} were"
            f" accepted ({count(of['accepted'])})."
        )
    if of["accepted"] and of["told"]:
        finding += (
            f" {percent(of['held'] / of['accepted'])} of the accepted ones took place"
            f" ({count(of['held'])})."
        )
    figure = Figure(
        finding,
        marts.table("meetings"),
        Bars(("Meetings", "Held"), ("Meetings", "Of all", "Held")),
        "Bars of the number of meetings of each status, and of those that took place.",
        "Accepted: confirmed or completed. Where a meeting's people see different states, the one"
        " that is furthest on counts.",
    )
    return Section("meetings", "Meetings", [figure])


def people(marts: Marts) -> Section:
    """Who is on several platforms."""
    rows, of = marts.rows("people"), marts.row("people_figures")
    pairs = [row for row in rows if row["Platform"] < row["vendor"]]
    everybody = many(of["everybody"], "person", "people")
    finding = "No person is known."
    if pairs:
        most = max(pairs, key=lambda row: row["part"])
        finding = (
            f"{percent(of['several'] / of['everybody'])} of {everybody} are on more than one"
            f" platform ({count(of['several'])})."
        )
        if most["part"]:
            finding += (
                f" {vendor(most['Platform'])} and {vendor(most['vendor'])} share most:"
                f" {count(most['part'])}."
            )
    elif rows:
        finding = f"{everybody} were met, all on one platform: {vendor(rows[0]['Platform'])}."
    figure = Figure(
        finding,
        pivoted(rows, count),
        Matrix(),
        "A matrix of the platforms: how many people each has, and shares with each other.",
        "People at events who have an id or address of their own; identities that share an address"
        f" are one person. Not among them: {many(of['anonymous'], 'record')} without either.",
    )
    return Section("people", "People across platforms", [figure])


def freshness(marts: Marts) -> Section:
    """When each stream was last read, what failed and why, and what is missing."""
    table, accounts = marts.table("streams"), marts.table("accounts")
    overview = Figure(
        _freshness_finding(table, accounts),
        accounts,
        Bars(
            ("Streams", "Read"),
            ("Streams", "Read", "Failed", "With gaps", "Rows"),
            ("Account", "Newest run"),
        ),
        "Bars of the number of streams of each account, and of those that the newest run read.",
        "Read: the account's newest run read all of it that was due. Failed: it could not read some"
        " of it; the next run tries again. With gaps: the vendor says that there is nothing for"
        " some events, sessions or windows of time, which is not an error.",
    )
    if not table.rows:
        return Section("freshness", "Freshness and completeness", [overview])
    trouble = [row for row in table.rows if row["State"] not in FINE]
    every = Figure(
        f"Something is missing in {_of(len(trouble), len(table.rows))} streams.",
        table,
        points=[
            f"{vendor(row['Platform'])} ({row['Account']}) {row['Stream']}: {row['State']}"
            for row in trouble[:MOST_BARS]
        ],
    )
    return Section("freshness", "Freshness and completeness", [overview, every])


def _freshness_finding(table: Table, accounts: Table) -> str:
    if not table.rows:
        return "No stream was ever read completely."
    findings = []
    if failed := [row for row in table.rows if row["Parts failed"]]:
        findings.append(
            f"The newest run could not read {_of(len(failed), len(table.rows))} streams completely."
        )
    if broken_off := [row for row in accounts.rows if row["Ended"] is None]:
        findings.append(
            f"The newest run of {many(len(broken_off), 'account')} broke off, or is under way."
        )
    if not findings:
        findings.append(f"The newest runs read all that was due of {_all(table, 'stream')}.")
    return " ".join(findings)


def _largest(table: Table, what: str) -> str:
    number = len(table.rows)
    return f", of the first {MOST_BARS} of {count(number)} {what}" if number > MOST_BARS else ""


def _all(table: Table, what: str) -> str:
    number = len(table.rows)
    return f"the one {what}" if number == 1 else f"all {many(number, what)}"


def _of(part: int, whole: int) -> str:
    return f"{count(part)} of {count(whole)}"


def _part(part: int, whole: int) -> str:
    return f"{_of(part, whole)} ({percent(part / whole)})" if whole else "no"


SECTIONS = (funnel, curves, sessions, engagement, campaigns, meetings, people, freshness)
