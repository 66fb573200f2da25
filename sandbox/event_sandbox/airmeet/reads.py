"""What can be read, by path: lists that are there at once, and reports that are prepared.

Numbers are sections of the article.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.airmeet import reports, shapes
from event_sandbox.airmeet.asked import FIVE
from event_sandbox.airmeet.errors import not_finished
from event_sandbox.airmeet.shapes import listed
from event_sandbox.airmeet.view import cursor
from event_sandbox.world.online import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.airmeet.asked import Asked
    from event_sandbox.airmeet.errors import Family
    from event_sandbox.airmeet.shapes import Shape
    from event_sandbox.airmeet.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.online import OnlineEvent
    from event_sandbox.world.online_people import Registration


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is there at once."""

    family: Family
    body: Callable[[Asked], Json]
    is_new_at_each_call: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Rows that are cut into pages, and prepared when they are asked for."""

    family: Family
    rows: Callable[..., list[Shape]]
    """Takes the view, the event, and the session or booth, if the path has one."""
    require: Callable[[Asked], None] = lambda _: None
    """Refuses what has no such report, or not yet."""
    is_prepared: bool = True


def envelope(body: dict[str, Json]) -> dict[str, Json]:
    """Put the rows of a newer endpoint into what stands around them."""
    return {**body, "statusCode": 200, "statusMessage": "SUCCESS"}


# Lists


def _whole(
    name: str, rows: Callable[[View, OnlineEvent], list[Shape]], switch: str = "empty_list"
) -> Callable[[Asked], Json]:
    """Send all rows at once; a switch says what stands in place of none."""
    return lambda asked: {name: listed(asked.view, rows(asked.view, asked.found), switch)}


def _airmeets(asked: Asked) -> Json:
    """4.1. `after` may be ignored, as one client found."""
    view, after = asked.view, asked.positions["airmeets_after"]
    ignored = after != "works"
    size = asked.size("size", 50, 500, five=not ignored)
    size = min(size, FIVE) if after == "ignored_by_fives" else size
    numbers = view.numbers()
    keys = [cursor(number) for number in numbers]
    shown = asked.cut(keys, size, ignored=ignored)
    data = [shapes.airmeet(view, event(view.world, number)) for number in numbers[shown]]
    return {"data": data, "cursors": asked.cursors(keys, shown, size)}


def _participants(asked: Asked) -> Json:
    """4.2. Newest first, unless the query sorts otherwise."""
    entries = asked.view.registrations(asked.found)
    if wanted := asked.query.get("emailIds"):
        emails = {email.strip().lower() for email in wanted.split(",")}
        entries = [entry for entry in entries if entry.person.email.lower() in emails]
    page = _in_order(asked, entries)[asked.cut_by_number(len(entries))]
    people = (shapes.participant(asked.view, asked.found, entry) for entry in page)
    return {
        "participants": listed(asked.view, people, "empty_list"),
        "userCount": len(page),
        "totalUserCount": len(entries),
    }


def _in_order(asked: Asked, entries: list[Registration]) -> list[Registration]:
    """4.2: sort participants; who has no registration date comes as if before all others."""
    query = asked.query
    keys: dict[str, Callable[[Registration], tuple[Any, ...]]] = {
        "name": lambda entry: (entry.person.first_name, entry.person.last_name, entry.number),
        "email": lambda entry: (entry.person.email, entry.number),
        "registrationDate": lambda entry: (entry.registered or 0, entry.number),
    }
    key = query.get("sortingKey") or "registrationDate"
    direction = query.get("sortingDirection") or "DESC"
    if key not in keys or direction not in ("ASC", "DESC"):
        asked.refuse("sorting is not valid")
    return sorted(entries, key=keys[key], reverse=direction == "DESC")


def _recordings(asked: Asked) -> Json:
    """4.13. Links are other ones at each call."""
    view, found = asked.view, asked.found
    wanted = asked.query.get("sessionIds")
    if not wanted and asked.positions["session_ids_param"] == "required":
        asked.refuse("sessionIds is required")
    shown = shapes.recordings(view, found)
    if wanted:
        keys = {key.strip() for key in wanted.split(",")}
        shown = [row for row in shown if row["session_id"] in keys]
    calls = shapes.calls_for_recordings(view, found)
    view.world.made_online["recordings", found.number] = calls + 1
    return {
        "recordings": listed(view, shown, "empty_list"),
        "recordingsCount": len(shown),
        "totalCount": len(shown),
    }


# What has no report yet


def _require_session(asked: Asked) -> None:
    """4.6: a finished one."""
    if asked.view.session_status(asked.found, *asked.child) != "FINISHED":
        raise not_finished(asked.positions, "Session")


def _require_end(asked: Asked) -> None:
    """4.8, 4.14: of the event."""
    if not asked.found.is_finished(asked.view.now):
        raise not_finished(asked.positions, "Airmeet")


READS: Final[dict[str, Listing | Report]] = {
    "airmeets": Listing("older", _airmeets),
    "airmeet/*/participants": Listing("older", _participants),
    "airmeet/*/info": Listing("older", lambda asked: shapes.info(asked.view, asked.found)),
    "airmeet/*/custom-fields": Listing("older", _whole("customFields", shapes.custom_fields)),
    "airmeet/*/attendees": Report("newer", reports.event_attendance),
    "session/*/attendees": Report("newer", reports.session_attendance, _require_session),
    "airmeet/*/booths": Listing("newer", _whole("booths", shapes.booths, "no_booths")),
    "airmeet/*/booth/*/booth-attendance": Report("newer", reports.booth_attendance, _require_end),
    "airmeet/*/polls": Report("newer", reports.polls, is_prepared=False),
    "airmeet/*/questions": Listing(
        "newer", lambda asked: envelope(_whole("data", reports.questions, "empty_report")(asked))
    ),
    "airmeet/*/tracks": Listing("newer", _whole("tracks", shapes.tracks)),
    "airmeet/*/utms": Report("newer", reports.utms),
    "airmeet/*/session-recordings": Listing("older", _recordings, is_new_at_each_call=True),
    "airmeet/*/event-replay-attendees": Report("older", reports.replays, _require_end),
}
"""By the path, with a star in the place of a key."""
