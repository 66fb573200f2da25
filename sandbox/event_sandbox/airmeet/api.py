"""The endpoints: tokens, reports that are prepared, envelopes.

"The article" in this package is the vendor's help page "Event Details"; numbers are its sections.
Only what reads is served. Everything else is recorded in the log and answered as the gateway
answers what it does not know: a tap must never call it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from starlette.responses import Response

from event_sandbox.airmeet import reports, shapes
from event_sandbox.airmeet.errors import error, no_such_route, not_finished, refusal
from event_sandbox.airmeet.pages import FIVE, Pager, as_empty
from event_sandbox.airmeet.tokens import ACCESS_KEY, SECRET_KEY, Tokens
from event_sandbox.airmeet.view import COMMUNITY, View, cursor
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import Json, Refusal, json_response
from event_sandbox.world.online import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from event_sandbox.airmeet.errors import Cause, Family
    from event_sandbox.airmeet.reports import Rows
    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions
    from event_sandbox.world.online_model import OnlineEvent, Registration

BASE_PATH: Final = "/airmeet/prod"

_PREPARING: Final = "Preparing your results. Try after 5 minutes to get the updated results"
_PREPARING_EVENT: Final = "Preparing your results.Try after 5 minutes to get the updated results"
"""In the sample of event attendance (4.5), the blank is missing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, with what its path leads to."""

    view: View
    request: Request
    family: Family
    event: OnlineEvent | None = None
    child: str = ""
    """The key of a session or a booth."""

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


class API(KeepingAPI):
    """The API as an ASGI application."""

    most_bytes = 512 * 1024 * 1024

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._tokens = Tokens()
        self._index: dict[str, int] = {}
        self._sessions: dict[str, int] = {}
        self._indexed_generation = -1
        self._final_pages: set[str] = set()
        older: Family = "older"
        newer: Family = "newer"
        self._reads: dict[tuple[str, ...], tuple[Family, Callable[[Asked], Response]]] = {
            ("airmeets",): (older, self._airmeets),
            ("airmeet", "", "participants"): (older, self._participants),
            ("airmeet", "", "info"): (older, self._info),
            ("airmeet", "", "custom-fields"): (older, self._custom_fields),
            ("airmeet", "", "attendees"): (newer, self._event_attendance),
            ("session", "", "attendees"): (newer, self._session_attendance),
            ("airmeet", "", "booths"): (newer, self._booths),
            ("airmeet", "", "booth", "", "booth-attendance"): (newer, self._booth_attendance),
            ("airmeet", "", "polls"): (newer, self._polls),
            ("airmeet", "", "questions"): (newer, self._questions),
            ("airmeet", "", "tracks"): (newer, self._tracks),
            ("airmeet", "", "utms"): (newer, self._utms),
            ("airmeet", "", "session-recordings"): (older, self._recordings),
            ("airmeet", "", "event-replay-attendees"): (older, self._replays),
        }

    def answer(self, request: Request) -> Response:
        """Let the request in, and answer it."""
        view = View(self._shared.world, self._shared.switches.of("airmeet"))
        parts = request.scope["path"][len(BASE_PATH) + 1 :].split("/")
        if request.method == "POST" and parts == ["auth"]:
            return self._auth(view.positions, request)
        keys = [*parts[1:2], *parts[3:4]]
        template = tuple("" if at in (1, 3) else part for at, part in enumerate(parts))
        known = self._reads.get(template)
        if request.method != "GET" or known is None or not all(keys):
            return no_such_route()
        family, read = known
        self._check_token(view, request, family)
        return read(self._find(view, request, family, parts[0], keys))

    # Authentication (section 3)

    def _auth(self, positions: Positions, request: Request) -> Response:
        given = [request.headers.get(f"x-airmeet-{kind}-key") for kind in ("access", "secret")]
        if given != [ACCESS_KEY, SECRET_KEY]:
            return error(positions, "older", 400, "Bad Request")
        if positions["keys"] == "revoked":
            return error(positions, "older", 403, "Forbidden")
        token = self._tokens.give(positions)
        if positions["auth_shape"] == "documented":
            return json_response({"success": True, "data": {"label": "sandbox", "token": token}})
        return json_response({"token": token, "communityId": COMMUNITY})

    def _check_token(self, view: View, request: Request, family: Family) -> None:
        positions = view.positions
        kind = request.headers.get("content-type", "")
        if positions["content_type"] == "required" and not kind.startswith("application/json"):
            raise Refusal(error(positions, family, 400, "Content-Type must be application/json"))
        token = request.headers.get("x-airmeet-access-token")
        if token is None or not self._tokens.is_known(token):
            raise refusal(positions, family, "bad_token")
        if not self._tokens.use(token, positions):
            raise refusal(positions, family, "expired_token")

    # What a path leads to

    def _find(
        self, view: View, request: Request, family: Family, kind: str, keys: list[str]
    ) -> Asked:
        """Find the event of a path, and refuse what is unknown or somebody else's."""
        asked = Asked(view, request, family)
        if not keys:
            return asked
        self._make_index(view)
        number, child = self._index.get(keys[0]), "".join(keys[1:])
        if kind == "session":
            number, child = self._find_session(view, keys[0]), keys[0]
        if number is None:
            asked.refuse("unknown")
        if number == FOREIGN:
            asked.refuse("foreign")
        return Asked(view, request, family, view.event(number), child)

    def _make_index(self, view: View) -> None:
        """Index the keys of the events; those of sessions only when one is asked for."""
        if self._indexed_generation != self._shared.generation:
            self._index = view.index()
            self._sessions = {}
            self._indexed_generation = self._shared.generation

    def _find_session(self, view: View, key: str) -> int | None:
        if not self._sessions:
            self._sessions = {
                session.key: number
                for number in self._index.values()
                for session in view.event(number).sessions
            }
        return self._sessions.get(key)

    # Lists that are there at once

    def _airmeets(self, asked: Asked) -> Response:
        """4.1. `after` may be ignored, as one client found."""
        view, after = asked.view, asked.positions["airmeets_after"]
        ignored = after != "works"
        numbers = view.numbers()
        size = asked.pager.size("size", 50, 500, five=not ignored)
        size = min(size, FIVE) if after == "ignored_by_fives" else size
        keys = [cursor(number) for number in numbers]
        page = asked.pager.cut(keys, size, has_total=False, ignored=ignored)
        data = [shapes.airmeet(view, view.event(n)) for n in numbers[page.first : page.last]]
        return json_response({"data": data, "cursors": page.cursors})

    def _participants(self, asked: Asked) -> Response:
        """4.2. Newest first, unless the query sorts otherwise."""
        return self._keep(asked, self._make_participants)

    def _make_participants(self, asked: Asked) -> Response:
        view, query = asked.view, asked.request.query_params
        entries = view.registrations(asked.found)
        if wanted := query.get("emailIds"):
            emails = {email.strip().lower() for email in wanted.split(",")}
            entries = [entry for entry in entries if entry.person.email.lower() in emails]
        entries = _in_order(asked, entries)
        page = entries[asked.pager.cut_by_number(len(entries))]
        shown = [shapes.participant(view, asked.found, entry) for entry in page]
        return json_response(
            {
                "participants": self._list(asked, shown),
                "userCount": len(page),
                "totalUserCount": len(entries),
            }
        )

    def _info(self, asked: Asked) -> Response:
        """4.3."""
        view, event = asked.view, asked.found
        sessions = [shapes.session(view, event, session) for session in event.sessions]
        return json_response(shapes.info(view, event, self._list(asked, sessions)))

    def _custom_fields(self, asked: Asked) -> Response:
        """4.4."""
        fields = [shapes.custom_field(asked.view, field) for field in asked.found.fields]
        return json_response({"customFields": self._list(asked, fields)})

    def _booths(self, asked: Asked) -> Response:
        """4.7. Null if there are none."""
        event = asked.found
        booths = [shapes.booth(asked.view, event, booth) for booth in event.booths]
        if not booths and asked.positions["no_booths"] == "null":
            return json_response({"booths": None})
        return json_response({"booths": booths})

    def _tracks(self, asked: Asked) -> Response:
        """4.11."""
        tracks = [shapes.track(asked.view, track) for track in asked.found.tracks]
        return json_response({"tracks": self._list(asked, tracks)})

    def _recordings(self, asked: Asked) -> Response:
        """4.13. Links are other ones at each call."""
        view, event = asked.view, asked.found
        wanted = asked.request.query_params.get("sessionIds")
        if not wanted and asked.positions["session_ids_param"] == "required":
            raise Refusal(error(asked.positions, "older", 400, "sessionIds is required"))
        keys = {key.strip() for key in wanted.split(",")} if wanted else None
        shown = [
            shapes.recording(view, event, session, number)
            for session, number in view.recordings(event)
            if keys is None or session.key in keys
        ]
        view.note_call_for_recordings(event)
        return json_response(
            {
                "recordings": self._list(asked, shown),
                "recordingsCount": len(shown),
                "totalCount": len(shown),
            }
        )

    def _questions(self, asked: Asked) -> Response:
        """4.10. No pages."""
        rows = reports.questions(asked.view, asked.found)
        return json_response(_envelope({"data": as_empty(asked.positions, list(rows))}))

    def _polls(self, asked: Asked) -> Response:
        """4.9. Pages, but no preparation."""
        return self._page(asked, lambda: reports.polls(asked.view, asked.found))

    # Reports that are prepared

    def _event_attendance(self, asked: Asked) -> Response:
        """4.5."""
        return self._report(asked, lambda: reports.event_attendance(asked.view, asked.found))

    def _session_attendance(self, asked: Asked) -> Response:
        """4.6. Only of finished sessions."""
        view, event = asked.view, asked.found
        session = next(s for s in event.sessions if s.key == asked.child)
        if view.session_status(event, session) != "FINISHED":
            raise not_finished(asked.positions, "Session")
        return self._report(asked, lambda: reports.session_attendance(view, event, session))

    def _booth_attendance(self, asked: Asked) -> Response:
        """4.8. Only of finished events."""
        view, event = asked.view, asked.found
        if all(booth.key != asked.child for booth in event.booths):
            asked.refuse("unknown")
        self._check_finished(asked)
        return self._report(asked, lambda: reports.booth_attendance(view, event, asked.child))

    def _utms(self, asked: Asked) -> Response:
        """4.12."""
        return self._report(asked, lambda: reports.utms(asked.view, asked.found))

    def _replays(self, asked: Asked) -> Response:
        """4.14. Only of finished events."""
        self._check_finished(asked)
        return self._report(asked, lambda: reports.replays(asked.view, asked.found))

    def _check_finished(self, asked: Asked) -> None:
        if not asked.found.is_finished(asked.view.now):
            raise not_finished(asked.positions, "Airmeet")

    def _report(self, asked: Asked, make: Callable[[], Rows]) -> Response:
        """Answer with a page of a report, or with 202 as long as that is being prepared."""
        preparation = self._shared.preparation
        report = _report_name(asked)
        if asked.found.number == asked.view.never_ready():
            preparation.ask(report)
            return self._pending(asked)
        if report and not preparation.is_ready(report):
            return self._pending(asked)
        response = self._page(asked, make)
        if asked.positions["report_memory"] == "walk" and asked.url in self._final_pages:
            preparation.forget(asked.path)
        return response

    def _pending(self, asked: Asked) -> Response:
        if asked.positions["pending_body"] == "empty":
            return Response(status_code=202)
        is_event = not asked.child and asked.path.endswith("/attendees")
        message = _PREPARING_EVENT if is_event else _PREPARING
        return json_response({"statusCode": 202, "statusMessage": message}, 202)

    def _page(self, asked: Asked, make: Callable[[], Rows]) -> Response:
        """Cut a page out of a report's rows (1 to 50)."""
        return self._keep(asked, lambda asked: self._make_page(asked, make()))

    def _make_page(self, asked: Asked, rows: Rows) -> Response:
        size = asked.pager.size("size", 50, 50)
        page = asked.pager.cut([key for key, _ in rows], size, has_total=True)
        (self._final_pages.add if page.is_final else self._final_pages.discard)(asked.url)
        data = as_empty(asked.positions, [row for _, row in rows[page.first : page.last]])
        return json_response(_envelope({"cursors": page.cursors, "data": data}))

    def _keep(self, asked: Asked, make: Callable[[Asked], Response]) -> Response:
        """Answer as before, if nothing changed since."""
        return self._kept.get(asked.url) or self._kept.keep(asked.url, make(asked))

    def _list(self, asked: Asked, items: list[Json]) -> list[Json] | None:
        return None if not items and asked.positions["empty_list"] == "null" else items


def _report_name(asked: Asked) -> str:
    """Name what has to be prepared before this page can be sent; nothing, if that is empty."""
    after = asked.request.query_params.get("after", "")
    form = asked.positions["pending_on"]
    if form == "first_page":
        return asked.path
    return "" if form == "later_page" and not after else f"{asked.path}?after={after}"


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


def _envelope(body: dict[str, Json]) -> dict[str, Json]:
    return {**body, "statusCode": 200, "statusMessage": "SUCCESS"}
