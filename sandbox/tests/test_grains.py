"""What of the truths across vendors the marts do not show.

All else they do: `tests/test_end_to_end.py` compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from event_sandbox.testing import Client


def test_registrations_have_the_ids_that_vendors_tell(sandbox: Client) -> None:
    registrations = sandbox.grain("registrations")
    for vendor, stream, column in (
        ("accelevents", "attendees", "barcode"),
        ("expoplatform", "participants", "account_id"),
    ):
        told = [row["registration_id"] for row in registrations if row["vendor"] == vendor]
        assert told == [str(row[column]) for row in sandbox.truth(vendor, stream)]


def test_nobody_is_counted_where_no_record_names_anybody(sandbox: Client) -> None:
    def people() -> list[int | None]:
        kind = ("conferencesio", "poll_response")
        rows = sandbox.grain("engagement")
        return [row["people"] for row in rows if (row["vendor"], row["engagement_type"]) == kind]

    assert all(people())
    sandbox.control("POST", "/switches", {"conferencesio": {"poll_responses": "counts"}})
    assert people() == [None]
