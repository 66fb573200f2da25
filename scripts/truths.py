"""Whether the marts hold what the sandbox knows of people across vendors."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scripts.sandbox import Row, Sandbox

    Query = Callable[[str], list[Row]]

TRUTHS = ("people", "registrations", "attendance", "event_attendance", "engagement", "meetings")
"""What is compared."""

ROUNDED = 0.1
"""Minutes: times of check-ins may come without fractions of a second."""

REGISTRATIONS = """
    select vendor, event_id as event, person_key as person, registration_status as status,
        is_cancelled
    from marts.fct_registration join marts.dim_event using (event_key, vendor)
"""
ATTENDANCE = """
    select attended.vendor, event_id as event, person_key as person, session_id, mode,
        attended_minutes as minutes
    from marts.fct_attendance as attended
    join marts.dim_event as events on events.event_key = attended.event_key
    left join marts.dim_session as sessions on sessions.session_key = attended.session_key
"""
EVENT_ATTENDANCE = """
    select vendor, event_id as event, person_key as person
    from marts.fct_event_attendance
    join marts.dim_event using (event_key, vendor)
    where is_attended and is_identified
"""
ENGAGEMENT = """
    select vendor, event_id as event, engagement_type, count(*) as records,
        cast(sum(act_count) as bigint) as acts, count(distinct person_key) as people
    from marts.fct_engagement join marts.dim_event using (event_key, vendor)
    where engagement_type not like 'meeting%'
    group by 1, 2, 3
    union all
    select vendor, event_id, 'meeting', count(*), count(distinct meeting_key),
        count(distinct person_key) filter (where is_identified)
    from marts.fct_meeting_participant
    join marts.dim_event using (event_key, vendor)
    join marts.dim_person using (person_key)
    group by 1, 2
"""
MEETINGS = """
    select vendor, event_id as event, meeting_id, meeting_status as status, is_held, meeting_key
    from marts.fct_meeting join marts.dim_event using (event_key, vendor)
"""


def differences(sandbox: Sandbox, query: Query) -> dict[str, list[str]]:
    """Return of each truth what the marts lack and what they have too much, a few rows of it."""
    truths = {name: sandbox.truth(name) for name in TRUTHS}
    people = _People(truths["people"], query)
    compared = {
        "registrations": (
            [{**row, "registration_id": None} for row in truths["registrations"]],
            [{**row, "registration_id": None} for row in people.named(query(REGISTRATIONS))],
        ),
        "attendance": (truths["attendance"], people.named(query(ATTENDANCE))),
        "event_attendance": (truths["event_attendance"], people.named(query(EVENT_ATTENDANCE))),
        "engagement": (truths["engagement"], query(ENGAGEMENT)),
        "meetings": (
            [{**row, "status": row["status"].lower()} for row in truths["meetings"]],
            people.meetings(query),
        ),
    }
    found = {name: _different(*both) for name, both in compared.items()}
    return {name: said for name, said in {"people": people.wrong, **found}.items() if said}


class _People:
    """Who is who, by the truth and by the marts."""

    def __init__(self, truth: Iterable[Row], query: Query) -> None:
        bridge = {
            (row["vendor"], row["account"], row["id_type"], row["id"]): row
            for row in query("select * from marts.bridge_person_identity")
        }
        self._identified = {
            row["person_key"]
            for row in query("select person_key from marts.dim_person where is_identified")
        }
        self._names: dict[str, str] = {}
        self.wrong: list[str] = []
        groups: dict[str, set[str]] = {}
        keys: dict[str, set[str]] = {}
        expected = set()
        for row in truth:
            kind = "id" if row["id_type"] == "vendor_id" else "email"
            written = row["id"] if kind == "id" else compared(row["id"])
            identity = (row["vendor"], row["account"] or "main", kind, written)
            expected.add(identity)
            known = bridge.get(identity, {})
            if known.get("is_ambiguous") is not row["is_ambiguous"]:
                self.wrong.append(f"{identity}: {known}, not {row}")
            key = known.get("person_key")
            if key and row["joined"]:
                groups.setdefault(row["joined"], set()).add(key)
                keys.setdefault(key, set()).add(row["joined"])
                self._names[key] = row["person"]
        self.wrong += [
            f"one person of many keys: {one}" for one in groups.items() if len(one[1]) > 1
        ]
        self.wrong += [f"one key of many people: {one}" for one in keys.items() if len(one[1]) > 1]
        self.wrong += [f"too much: {one}" for one in sorted(bridge.keys() - expected)]

    def named(self, rows: Iterable[Row]) -> list[Row]:
        """Put the world's own names of people in the places of keys."""
        return [{**row, "person": self._name(row["person"])} for row in rows]

    def _name(self, key: str | None) -> str | None:
        return self._names.get(key) if key in self._identified and key else None

    def meetings(self, query: Query) -> list[Row]:
        """Return the meetings with the names of their people."""
        seats: dict[str, list[str | None]] = {}
        for row in query("select meeting_key, person_key from marts.fct_meeting_participant"):
            seats.setdefault(row["meeting_key"], []).append(self._name(row["person_key"]))
        return [
            {name: value for name, value in row.items() if name != "meeting_key"}
            | {"participants": seats[row["meeting_key"]]}
            for row in query(MEETINGS)
        ]


def compared(address: str) -> str:
    """Return an address in its normal form."""
    return unicodedata.normalize("NFC", address).strip().lower().removeprefix("mailto:")


def _different(truth: list[Row], rows: list[Row]) -> list[str]:
    """Return what only one of them has; minutes may differ by what an API rounds to seconds."""
    expected, actual = (Counter(map(_canonical, either)) for either in (truth, rows))
    found = [f"missing: {row}" for row in (expected - actual).elements()]
    found += [f"too much: {row}" for row in (actual - expected).elements()]
    if not found:
        pairs = zip(sorted(truth, key=_order), sorted(rows, key=_order), strict=True)
        found = [f"{one}, not {other}" for one, other in pairs if not _is_close(one, other)]
    return found[:10]


def _is_close(truth: Row, row: Row) -> bool:
    one, other = truth.get("minutes"), row.get("minutes")
    return one is other if one is None or other is None else abs(one - other) < ROUNDED


def _order(row: Row) -> tuple[str, float]:
    minutes = row.get("minutes")
    return _canonical(row), -1 if minutes is None else minutes


def _canonical(row: Row) -> str:
    return str(sorted((name, _plain(row[name])) for name in row if name != "minutes"))


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value
