"""The API: who may ask, what a path leads to, and how long a report takes.

Only what reads is served (`reads.READS`). Everything else is recorded in the log and answered as
the gateway answers what it does not know: a tap must never call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from event_sandbox.airmeet import reports
from event_sandbox.airmeet.asked import Asked
from event_sandbox.airmeet.errors import error, no_such_route, refusal
from event_sandbox.airmeet.reads import READS, Report, envelope
from event_sandbox.airmeet.shapes import listed
from event_sandbox.airmeet.tokens import TOKEN_HEADER, Tokens, has_keys
from event_sandbox.airmeet.view import COMMUNITY, View
from event_sandbox.kept import KeepingAPI
from event_sandbox.wire import Refusal, json_response
from event_sandbox.world.online import FOREIGN, event

if TYPE_CHECKING:
    from starlette.requests import Request

    from event_sandbox.airmeet.errors import Family
    from event_sandbox.shared import Shared
    from event_sandbox.switches import Positions
    from event_sandbox.world.online import OnlineEvent

BASE_PATH: Final = "/airmeet/prod"

_PREPARING: Final = "Preparing your results. Try after 5 minutes to get the updated results"
_PREPARING_EVENT: Final = "Preparing your results.Try after 5 minutes to get the updated results"
"""In the sample of event attendance (4.5), the blank is missing."""


class API(KeepingAPI):
    """The API as an ASGI application."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._tokens = Tokens()
        self._final_pages: set[str] = set()

    async def answer(self, request: Request) -> Response:
        """Let the request in, and answer it."""
        view = View(self._shared.world, self._shared.switches.of("airmeet"))
        parts = request.scope["path"][len(BASE_PATH) + 1 :].split("/")
        if request.method == "POST" and parts == ["auth"]:
            return self._auth(view.positions, request)
        keys = [*parts[1:2], *parts[3:4]]
        read = READS.get("/".join("*" if at in (1, 3) else part for at, part in enumerate(parts)))
        if request.method != "GET" or read is None or not all(keys):
            return no_such_route()
        self._check_token(view.positions, request, read.family)
        asked = Asked(view, request, read.family, *_find(view, read.family, parts[0], keys))
        if isinstance(read, Report):
            return self._report(asked, read)
        if read.is_new_at_each_call:
            return json_response(read.body(asked))
        return self.kept(asked.url, lambda: json_response(read.body(asked)))

    # Authentication (section 3)

    def _auth(self, positions: Positions, request: Request) -> Response:
        if not has_keys(request.headers):
            return error(positions, "older", 400, "Bad Request")
        if positions["keys"] == "revoked":
            return error(positions, "older", 403, "Forbidden")
        token = self._tokens.give(positions)
        if positions["auth_shape"] == "documented":
            return json_response({"success": True, "data": {"label": "sandbox", "token": token}})
        return json_response({"token": token, "communityId": COMMUNITY})

    def _check_token(self, positions: Positions, request: Request, family: Family) -> None:
        kind = request.headers.get("content-type", "")
        if positions["content_type"] == "required" and not kind.startswith("application/json"):
            raise Refusal(error(positions, family, 400, "Content-Type must be application/json"))
        if cause := self._tokens.use(request.headers.get(TOKEN_HEADER, ""), positions):
            raise refusal(positions, family, cause)

    # Answers, which are kept until something changes

    def _report(self, asked: Asked, report: Report) -> Response:
        """Answer with a page of a report, or with 202 as long as that is being prepared."""
        report.require(asked)
        preparation = self._shared.preparation
        if report.is_prepared:
            name = _report_name(asked)
            is_ready = not name or preparation.is_ready(name)
            if not is_ready or asked.found.number == asked.view.never_ready():
                return _pending(asked)
        response = self.kept(asked.url, lambda: self._page(asked, report))
        if asked.positions["report_memory"] == "walk" and asked.url in self._final_pages:
            preparation.forget(asked.path)
        return response

    def _page(self, asked: Asked, report: Report) -> Response:
        """Cut a page out of a report's rows (1 to 50); the ids of polls' rows are not sent."""
        rows = report.rows(asked.view, asked.found, *asked.child)
        keys, size = [row["id"] for row in rows], asked.size("size", 50, 50)
        page = asked.cut(keys, size)
        is_final = page.stop >= len(keys)
        (self._final_pages.add if is_final else self._final_pages.discard)(asked.url)
        cursors = asked.cursors(keys, page, size)
        if asked.positions["total_count"] == "present":
            cursors["totalCount"] = len(keys)
        shown = rows[page]
        if report.rows is reports.polls:
            shown = [{name: row[name] for name in row if name != "id"} for row in shown]
        data = listed(asked.view, shown, "empty_report")
        return json_response(envelope({"cursors": cursors, "data": data}))


def _find(
    view: View, family: Family, kind: str, keys: list[str]
) -> tuple[OnlineEvent | None, tuple[Any, ...]]:
    """Find the event of a path, and its session or booth; what is somebody else's is refused."""
    if not keys:
        return None, ()
    number = view.find(kind, keys[0])
    if number is None or number == FOREIGN:
        raise refusal(view.positions, family, "unknown" if number is None else "foreign")
    found = event(view.world, number)
    things: tuple[Any, ...] = found.sessions if kind == "session" else found.booths
    child = tuple(one for one in things if one.key == keys[-1])
    if len(keys) > 1 and not child:
        raise refusal(view.positions, family, "unknown")
    return found, child


def _pending(asked: Asked) -> Response:
    if asked.positions["pending_body"] == "empty":
        return Response(status_code=202)
    is_event = not asked.child and asked.path.endswith("/attendees")
    message = _PREPARING_EVENT if is_event else _PREPARING
    return json_response({"statusCode": 202, "statusMessage": message}, 202)


def _report_name(asked: Asked) -> str:
    """Name what has to be prepared before this page can be sent; nothing, if that is empty."""
    after = asked.query.get("after", "")
    form = asked.positions["pending_on"]
    if form == "first_page":
        return asked.path
    return "" if form == "later_page" and not after else f"{asked.path}?after={after}"
