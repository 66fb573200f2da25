"""What can be read, by path: lists that are there at once, and reports that are prepared.

Numbers are sections of the article.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from event_sandbox.airmeet import known, reports, shapes
from event_sandbox.airmeet.errors import error, not_finished, refusal
from event_sandbox.airmeet.forms import listed
from event_sandbox.airmeet.pages import FIVE, Pager
from event_sandbox.airmeet.view import cursor
from event_sandbox.wire import Json, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from event_sandbox.airmeet.errors import Cause, Family
    from event_sandbox.airmeet.reports import Rows
    from event_sandbox.airmeet.view import View
    from event_sandbox.switches import Positions
    from event_sandbox.world.online_model import OnlineEvent, Registration


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, with what its path leads to."""

    view: View
    request: Request
    family: Family
    event: OnlineEvent | None = None
    child: tuple[str, ...] = ()
    """The key of a session or a booth, if the path has one."""

    @property
    def positions(self) -> Positions:
        """Give the positions of the switches."""
        return self.view.positions

    @property
    def found(self) -> OnlineEvent:
        """Give the event of the path."""
        assert self.event is not None  # noqa: S101 - all but /airmeets have one
        return self.event

    @property
    def pager(self) -> Pager:
        """Give what reads the page out of the query."""
        return Pager(self.positions, self.request.query_params, self.family)

    @property
    def path(self) -> str:
        """Give the name of the report that is asked for."""
        return str(self.request.scope["path"])

    @property
    def url(self) -> str:
        """Give all that an answer depends on, besides the state of the sandbox."""
        return f"{self.path}?{self.request.scope['query_string'].decode('latin-1')}"

    def refuse(self, cause: Cause) -> NoReturn:
        """Refuse in the form of the endpoint's family."""
        raise refusal(self.positions, self.family, cause)


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
    rows: Callable[..., Rows]
    """Takes the view, the event, and the key of a session or booth, if the path has one."""
    require: Callable[[Asked], None] = lambda _: None
    """Refuses what has no such report, or not yet."""
    is_prepared: bool = True


def envelope(body: dict[str, Json]) -> dict[str, Json]:
    """Put the rows of a newer endpoint into what stands around them."""
    return {**body, "statusCode": 200, "statusMessage": "SUCCESS"}


# Lists


def _airmeets(asked: Asked) -> Json:
    """4.1. `after` may be ignored, as one client found."""
    view, after = asked.view, asked.positions["airmeets_after"]
    ignored = after != "works"
    numbers = view.numbers()
    size = asked.pager.size("size", 50, 500, five=not ignored)
    size = min(size, FIVE) if after == "ignored_by_fives" else size
    keys = [cursor(number) for number in numbers]
    page = asked.pager.cut(keys, size, has_total=False, ignored=ignored)
    data = [shapes.airmeet(view, view.event(n)) for n in numbers[page.first : page.last]]
    return {"data": data, "cursors": page.cursors}


def _participants(asked: Asked) -> Json:
    """4.2. Newest first, unless the query sorts otherwise."""
    entries = known.registrations(asked.view, asked.found)
    if wanted := asked.request.query_params.get("emailIds"):
        emails = {email.strip().lower() for email in wanted.split(",")}
        entries = [entry for entry in entries if entry.person.email.lower() in emails]
    page = _in_order(asked, entries)[asked.pager.cut_by_number(len(entries))]
    people = (shapes.participant(asked.view, asked.found, entry) for entry in page)
    return {
        "participants": listed(asked.view, people, "empty_list"),
        "userCount": len(page),
        "totalUserCount": len(entries),
    }


def _in_order(asked: Asked, entries: list[Registration]) -> list[Registration]:
    """4.2: sort participants; who has no registration date comes as if before all others."""
    query = asked.request.query_params
    keys: dict[str, Callable[[Registration], tuple[Any, ...]]] = {
        "name": lambda entry: (entry.person.first_name, entry.person.last_name, entry.number),
        "email": lambda entry: (entry.person.email, entry.number),
        "registrationDate": lambda entry: (entry.registered or 0, entry.number),
    }
    key = query.get("sortingKey") or "registrationDate"
    direction = query.get("sortingDirection") or "DESC"
    if key not in keys or direction not in ("ASC", "DESC"):
        raise Refusal(error(asked.positions, asked.family, 400, "sorting is not valid"))
    return sorted(entries, key=keys[key], reverse=direction == "DESC")


def _info(asked: Asked) -> Json:
    """4.3."""
    view, event = asked.view, asked.found
    sessions = (shapes.session(view, event, session) for session in event.sessions)
    return shapes.info(view, event, listed(view, sessions, "empty_list"))


def _custom_fields(asked: Asked) -> Json:
    """4.4."""
    fields = (shapes.custom_field(asked.view, field) for field in asked.found.fields)
    return {"customFields": listed(asked.view, fields, "empty_list")}


def _booths(asked: Asked) -> Json:
    """4.7. Null if there are none."""
    booths = (shapes.booth(asked.view, asked.found, booth) for booth in asked.found.booths)
    return {"booths": listed(asked.view, booths, "no_booths")}


def _questions(asked: Asked) -> Json:
    """4.10. No pages."""
    rows = reports.questions(asked.view, asked.found)
    return envelope({"data": listed(asked.view, rows, "empty_report")})


def _tracks(asked: Asked) -> Json:
    """4.11."""
    tracks = (shapes.track(asked.view, track) for track in asked.found.tracks)
    return {"tracks": listed(asked.view, tracks, "empty_list")}


def _recordings(asked: Asked) -> Json:
    """4.13. Links are other ones at each call."""
    view, event = asked.view, asked.found
    wanted = asked.request.query_params.get("sessionIds")
    if not wanted and asked.positions["session_ids_param"] == "required":
        raise Refusal(error(asked.positions, asked.family, 400, "sessionIds is required"))
    keys = {key.strip() for key in wanted.split(",")} if wanted else None
    shown = [
        shapes.recording(view, event, session, number)
        for session, number in known.recordings(view, event)
        if keys is None or session.key in keys
    ]
    view.note_call_for_recordings(event)
    return {
        "recordings": listed(view, shown, "empty_list"),
        "recordingsCount": len(shown),
        "totalCount": len(shown),
    }


# What has no report yet


def _require_session(asked: Asked) -> None:
    """4.6: a finished one."""
    session = known.session_of(asked.found, *asked.child)
    if asked.view.session_status(asked.found, session) != "FINISHED":
        raise not_finished(asked.positions, "Session")


def _require_end(asked: Asked) -> None:
    """4.14: of the event."""
    if not asked.found.is_finished(asked.view.now):
        raise not_finished(asked.positions, "Airmeet")


def _require_booth(asked: Asked) -> None:
    """4.8: one of an event that has ended."""
    if all((booth.key,) != asked.child for booth in asked.found.booths):
        asked.refuse("unknown")
    _require_end(asked)


READS: Final[dict[str, Listing | Report]] = {
    "airmeets": Listing("older", _airmeets),
    "airmeet/*/participants": Listing("older", _participants),
    "airmeet/*/info": Listing("older", _info),
    "airmeet/*/custom-fields": Listing("older", _custom_fields),
    "airmeet/*/attendees": Report("newer", reports.event_attendance),
    "session/*/attendees": Report("newer", reports.session_attendance, _require_session),
    "airmeet/*/booths": Listing("newer", _booths),
    "airmeet/*/booth/*/booth-attendance": Report("newer", reports.booth_attendance, _require_booth),
    "airmeet/*/polls": Report("newer", reports.polls, is_prepared=False),
    "airmeet/*/questions": Listing("newer", _questions),
    "airmeet/*/tracks": Listing("newer", _tracks),
    "airmeet/*/utms": Report("newer", reports.utms),
    "airmeet/*/session-recordings": Listing("older", _recordings, is_new_at_each_call=True),
    "airmeet/*/event-replay-attendees": Report("older", reports.replays, _require_end),
}
"""By the path, with a star in the place of a key."""
