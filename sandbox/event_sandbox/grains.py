"""Truths across vendors: what complete readings up to the world's day tell, put together.

They are written from the world and from what each vendor's records tell of people (`records`). What
an API cannot tell is null, or the row is absent. `person` is who can be known by the rule from what
the record tells: by the vendor's own id, else by an address that is not ambiguous. It is the
world's own id of that human; or the address, if two humans share it and no id tells one of them, so
that they pass for one. Columns are those of records under the switches' positions, as far as
these decide whom a record names; rows that no reader can reach under a position stay away as in the
streams' truths.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from event_sandbox.records import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from event_sandbox.records import Kind, Record, Told, Who
    from event_sandbox.wire import Row

Seen: TypeAlias = "tuple[str, str | None, Who]"
"""A vendor, its account, and whom one of its records names."""

Node: TypeAlias = "tuple[str | None, ...]"
"""What may join: one vendor's id of a person, or an address, in the form that is compared."""


def compared(address: str) -> str:
    """Give an address in the form in which addresses are compared."""
    return unicodedata.normalize("NFC", address.removeprefix("mailto:")).strip().lower()


class People:
    """Who is who by the rule: a vendor's own id joins first, then an address.

    An address that carries two ids of one vendor's account is ambiguous: it joins nobody.
    """

    def __init__(self, seen: Iterable[Seen]) -> None:
        self._seen = list(dict.fromkeys(seen))
        ids: dict[Node, set[str]] = defaultdict(set)
        for vendor, account, who in self._seen:
            if who.vendor_id and who.address:
                ids[vendor, account, compared(who.address)].add(who.vendor_id)
        self._ambiguous = {address for (*_, address), several in ids.items() if len(several) > 1}
        self._groups = _join(self._nodes(*one) for one in self._seen)
        self._names = self._name_groups()

    def _nodes(self, vendor: str, account: str | None, who: Who) -> list[Node]:
        """Give what a record joins."""
        nodes: list[Node] = []
        if who.vendor_id:
            nodes.append((vendor, account, who.vendor_id))
        if who.address and compared(who.address) not in self._ambiguous:
            nodes.append((compared(who.address),))
        return nodes

    def _name_groups(self) -> dict[Node, str]:
        """Name each group: by the human that its ids tell, else by its only one, else by itself."""
        by_id: dict[Node, set[str]] = defaultdict(set)
        humans: dict[Node, set[str]] = defaultdict(set)
        for vendor, account, who in self._seen:
            for node in self._nodes(vendor, account, who):
                humans[self._groups[node]].add(who.human)
                if who.vendor_id:
                    by_id[self._groups[node]].add(who.human)
        names = {}
        for group, all_of_it in humans.items():
            (name, *others) = by_id[group] or all_of_it
            names[group] = _written(group) if others else name
        return names

    def find(self, vendor: str, account: str | None, who: Who | None) -> str | None:
        """Give the person that a record names, if that can be told."""
        if who is None or not (nodes := self._nodes(vendor, account, who)):
            return None
        return self._names[self._groups[nodes[0]]]

    def rows(self) -> Iterator[Row]:
        """Give each id that a vendor writes, with its person and with its group by the rule."""
        written = dict.fromkeys(
            (vendor, account, *one)
            for vendor, account, who in self._seen
            for one in (("vendor_id", who.vendor_id), ("email", who.address))
            if one[1]
        )
        for told in written:
            row = dict(zip(("vendor", "account", "id_type", "id"), told, strict=True))
            is_email = row["id_type"] == "email"
            node: Node = (compared(str(row["id"])),) if is_email else (*told[:2], row["id"])
            joined = self._groups.get(node)
            yield {
                **row,
                "person": joined and self._names[joined],
                "joined": joined and _written(joined),
                "is_ambiguous": is_email and joined is None,
            }


def _written(group: Node) -> str:
    return ":".join(part or "" for part in group)


def _join(together: Iterable[list[Node]]) -> dict[Node, Node]:
    """Give each node the least node of its group; nodes of one list are in one group."""
    groups: dict[Node, set[Node]] = {}
    for nodes in together:
        group = set(nodes).union(*(groups.get(node, ()) for node in nodes))
        groups.update(dict.fromkeys(group, group))
    least = {id(group): min(group, key=str) for group in groups.values()}
    return {node: least[id(group)] for node, group in groups.items()}


class Reading:
    """All that complete readings of all vendors tell."""

    def __init__(self, tellers: Mapping[str, tuple[Told[object], object]]) -> None:
        self._tellers = tellers
        self.people = People(
            (vendor, told.account, record.who)
            for vendor, (told, view) in tellers.items()
            for kind in KINDS
            for record in told.of(kind, view)
            if record.who
        )

    def records(self, kind: Kind) -> Iterator[tuple[Record, Row]]:
        """Give the records of a kind, with the columns that all truths share."""
        for vendor, (told, view) in self._tellers.items():
            for record in told.of(kind, view):
                person = self.people.find(vendor, told.account, record.who)
                yield record, {"vendor": vendor, "event": record.event, "person": person}


def _people(reading: Reading) -> Iterator[Row]:
    """Give a row for each vendor, account, type of id, and id as the vendor writes it.

    `joined` names the group that the rule finds; it and `person` are null for an ambiguous address.
    Who has neither id nor address is absent.
    """
    return reading.people.rows()


def _registrations(reading: Reading) -> Iterator[Row]:
    """Give a row for each registration that a vendor lists, whether it tells a person or not.

    Where a vendor lists none, everybody who can be told apart on any session's list has one.
    """
    for record, shared in reading.records("registration"):
        yield {**shared, **record.told}
    for row in _told_apart(reading, "listed"):
        yield {**row, "registration_id": None, "status": None, "is_cancelled": None}


def _attendance(reading: Reading) -> Iterator[Row]:
    """Give a row for each person in a session, live or by replay.

    Of several records of one person's presence the longest counts (they tell of the same presence);
    what was watched of a recording adds up. A record that tells no person is a row of its own.
    `minutes` is null where a vendor does not tell them, or tells no end.
    """
    found: dict[tuple[object, ...], Row] = {}
    for number, (record, shared) in enumerate(reading.records("attendance")):
        row = {**shared, **record.told}
        minutes = row.pop("minutes")
        alone = number if row["person"] is None else None
        kept = found.setdefault((*row.values(), alone), {**row, "minutes": None})
        told = [one for one in (kept["minutes"], minutes) if one is not None]
        if told:
            kept["minutes"] = sum(told) if row["mode"] == "replay" else max(told)
    yield from found.values()


def _event_attendance(reading: Reading) -> Iterator[Row]:
    """Give a row for each person who can be told and was at an event.

    ExpoPlatform tells it of those only whose meeting was held.
    """
    return _told_apart(reading, "event_attendance")


def _told_apart(reading: Reading, kind: Kind) -> Iterator[Row]:
    """Give each person of an event once, of those that records of a kind tell."""
    rows = (shared for _, shared in reading.records(kind) if shared["person"])
    return iter({tuple(row.values()): row for row in rows}.values())


def _engagement(reading: Reading) -> Iterator[Row]:
    """Give a row for each event and type of engagement: `records` told, and `acts` in them.

    A record of a booth tells several visits; all records of a meeting tell one. `people` counts
    those who can be told, and is null where no record names anybody.
    """
    found: dict[tuple[object, ...], list[tuple[Record, Row]]] = defaultdict(list)
    for record, shared in reading.records("engagement"):
        key = (shared["vendor"], shared["event"], record.told["type"])
        found[key].append((record, shared))
    for (vendor, event, kind), members in found.items():
        named = any(record.who for record, _ in members)
        people = {shared["person"] for _, shared in members} - {None}
        yield {
            "vendor": vendor,
            "event": event,
            "engagement_type": kind,
            "records": len(members),
            "acts": sum(record.told.get("acts", 1) for record, _ in members),
            "people": len(people) if named else None,
        }


def _meetings(reading: Reading) -> Iterator[Row]:
    """Give a row for each meeting; `participants` has a null for each who cannot be told."""
    found: dict[tuple[object, ...], Row] = {}
    for record, shared in reading.records("meeting"):
        person = shared.pop("person")
        row = {**shared, **record.told}
        found.setdefault(tuple(row.values()), {**row, "participants": []})
        found[tuple(row.values())]["participants"].append(person)
    yield from found.values()


GRAINS: Final[dict[str, Callable[[Reading], Iterator[Row]]]] = {
    "people": _people,
    "registrations": _registrations,
    "attendance": _attendance,
    "event_attendance": _event_attendance,
    "engagement": _engagement,
    "meetings": _meetings,
}
