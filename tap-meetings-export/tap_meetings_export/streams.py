"""The streams of tap-meetings-export: meetings, and the people who may have some."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from singer_sdk.streams.rest import PageContext
from typing_extensions import override

from event_taps_core import Absent, Answer, Broken, ChangesStream, Page, Refused
from tap_meetings_export import schemas
from tap_meetings_export.client import MEETINGS_PATH, PARTICIPANTS_PATH, BadRequest
from tap_meetings_export.envelope import counts_of, rows_of
from tap_meetings_export.paging import KEY, Keys, Pages, row_id
from tap_meetings_export.rows import UNKNOWN_ZONE, instant, said, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import ApiResponse, EventStream, Row, Wait
    from event_taps_core.tap import EventTap

MOST_PARTICIPANTS: Final = 100
"""The most that "Account Get - Entire Participant List" recommends."""

_MOST_WALKS: Final = 5
"""The pages are walked again as long as that brings what was missing, but not for ever."""

_CREATED: Final = ("creation_time", "creation_date")


class ExpoPlatformStream(ChangesStream):
    """What both streams share: events by the setting, pages, and what changed since the last run.

    Pages are read one after the other: how many there are is not documented to be known.
    """

    id_setting = "event_ids"
    parent_key = "event_id"

    order: ClassVar[Row] = {}
    """Parameters that ask for an order in which no row moves to another page."""

    everything: ClassVar[Row] = {}
    """Parameters that ask for all rows."""

    filters: ClassVar[dict[str, tuple[str, ...]]]
    """The parameters that ask for what changed since a time (Unix seconds), each in a reading of
    its own; with the columns of which the latest time is not before it."""

    def __init__(self, tap: EventTap) -> None:
        super().__init__(tap)
        self.overlap = timedelta(minutes=int(tap.config["overlap_minutes"]))
        self._names = frozenset(column.name for column in self.columns) - {"event_id", KEY}
        self._order = self.order
        self._said: set[str] = set()
        self._saying = threading.Lock()

    # What to ask for

    def page_params(self, context: Context | None, number: int) -> Row:
        """Return the parameters that ask for a page of an event."""
        raise NotImplementedError

    def readings(self, since: datetime | None) -> list[Row]:
        """Return the parameters of each reading of all pages: everything, or what changed.

        The two filters of the export are never sent together: most likely both would have to hold,
        and a meeting that was never changed may have no time of modification. There is no upper
        bound. With one, a row that is changed while the pages are read would leave the window, and
        one of those behind it would move up past the beginning of the next page. So rows can only
        come in.
        """
        if since is None:
            return [self.everything]
        # The filters' times are whole seconds, and nobody says whether that second belongs to them.
        return [{name: int(since.timestamp()) - 1} for name in self.filters]

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        return next_page_token or self.page_params(context, 1)

    # What comes

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        return [with_columns(row, self._names) for row in rows_of(response.json())]

    @override
    def read_partition(
        self, context: Context | None, streams: Sequence[EventStream]
    ) -> Iterator[Page | Wait]:
        """Read an event: everything the first time, else what is new, then what was changed.

        The filters came one after the other. Where one is refused, everything is read instead.
        """
        since = self.since(context)
        written: set[int] = set()
        for params in self.readings(since):
            try:
                yield from self._reading(context, params, written)
            except BadRequest as problem:
                if params == self.everything:
                    raise
                self._say(
                    f"this environment refuses {', '.join(params)} ({problem.reason}), so "
                    "everything is read"
                )
                yield from self._reading(context, self.everything, written)
                return

    def _reading(self, context: Context | None, params: Row, written: set[int]) -> Iterator[Page]:
        """Read everything, or what one filter lets through.

        A row that comes several times is written again only if it was changed in between.
        """
        since = self.since(context)
        for number, page in enumerate(self._complete(context, params)):
            if since is not None and number == 0:
                self._watch_filters(page.rows[0], params, since)
            rows = {hash((row_id(row), str(row))): row for row in page.rows[0]}
            yield Page([[row for one, row in rows.items() if one not in written]], page.weight)
            written.update(rows)

    def _complete(self, context: Context | None, params: Row) -> Iterator[Page]:
        """Walk the pages, and again if rows are missing, as long as that helps.

        Raises:
            Broken: If rows are missing in the end.
        """
        pages = Pages()
        for walk in range(_MOST_WALKS):
            pages.begin()
            yield from self._walk(context, params, pages)
            if not pages.lack and not pages.is_doubtful:
                return
            if walk > 0 and pages.found_new == 0 and not (pages.lack and pages.overlaps):
                break
        if pages.lack:
            raise Broken(pages.lack, retries=0)
        if pages.found_new:
            self._say(
                "rows keep moving from page to page, and nothing tells how many there are; "
                "what may be missing comes with the next full refresh"
            )

    def _walk(self, context: Context | None, params: Row, pages: Pages) -> Iterator[Page]:
        """Walk the pages once."""
        keys = Keys(self._names)
        while not pages.ended:
            try:
                response, rows = self._ask_page(context, params, pages.number)
            except Answer as answer:
                if pages.number == 1:
                    raise
                if self._is_past_end(answer, context, params, pages):
                    break
                msg = f"{answer.reason}, after {pages.number - 1} pages"
                raise Broken(msg, retries=0) from answer  # what has pages is not absent
            rows = keys.add(rows)
            pages.take([row_id(row) for row in rows], counts_of(response.json()))
            yield Page([rows], len(response.content))
        if keys.repeated:
            self._say(
                "some people are listed more than once in the same meeting; a number at the end "
                f"of {KEY} tells their rows apart"
            )

    def _is_past_end(
        self, answer: Answer, context: Context | None, params: Row, pages: Pages
    ) -> bool:
        """Say whether an error is how the vendor says that there is no such page.

        It is if the total was met exactly. Else the page before is asked for again: if it is still
        there, it is not the event or the key that has gone meanwhile.
        """
        if isinstance(answer, Refused):
            return False
        if pages.meets_total:
            return True
        if not isinstance(answer, (Absent, BadRequest)):
            return False
        _, rows = self._ask_page(context, params, pages.number - 1)
        return bool(rows)

    def _ask_page(
        self, context: Context | None, params: Row, number: int
    ) -> tuple[ApiResponse, list[Row]]:
        """Ask for a page; without an order, if that is what the vendor does not like."""
        plain = {**self.page_params(context, number), **params}
        ordered = {**plain, **self._order}
        try:
            response, (rows,) = self._ask(PageContext(context, ordered), [self])
        except BadRequest as problem:
            if number > 1 or ordered == plain:
                raise
            response, (rows,) = self._ask(PageContext(context, plain), [self])
            self._order = {}
            self._say(f"this environment does not sort as it is asked to ({problem.reason})")
        return response, rows

    def _watch_filters(self, rows: list[Row], params: Row, since: datetime) -> None:
        """Say it if an environment sends what is older than it was asked for.

        The filters came one after the other, and not to all customers at once. Whatever is sent is
        written, so nothing is wrong but the time that it takes.
        """
        for name in params:
            times = [instant(row, self.filters[name]) for row in rows]
            if any(time is not None and time < since - UNKNOWN_ZONE for time in times):
                self._say(
                    f"this environment seems to ignore {name}: it sends older rows than it was "
                    "asked for, so each run takes as long as a full one"
                )

    def _say(self, message: str) -> None:
        """Warn of something once per run."""
        with self._saying:
            if message in self._said:
                return
            self._said.add(message)
        self.logger.warning("%s: %s", self.name, message)


class MeetingsStream(ExpoPlatformStream):
    """Who meets whom, where and when: one row per participant of a meeting."""

    name = "meetings"
    path = MEETINGS_PATH
    primary_keys = ("event_id", "meeting_id", KEY)
    columns = schemas.MEETINGS
    order: ClassVar[Row] = {"order_by": "account_id", "order": "ASC"}
    filters: ClassVar[dict[str, tuple[str, ...]]] = {
        "created_from": _CREATED,
        "last_modified_from": (*_CREATED, "last_modified"),
    }

    @override
    def page_params(self, context: Context | None, number: int) -> Row:
        event_id = (context or {})["event_id"]
        return {"event_id": event_id, "page": number, "per_page": self.config["page_size"]}

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Insist on meeting ids, which are part of the key.

        Raises:
            Broken: If a row has none.
        """
        rows = list(super().parse_response(response))
        if not all(said(row, "meeting_id") for row in rows):
            msg = "a row without a meeting id"
            raise Broken(msg, retries=1)
        return rows


class ParticipantsStream(ExpoPlatformStream):
    """The people of an event, whether they have meetings or not."""

    name = "participants"
    path = PARTICIPANTS_PATH
    primary_keys = ("event_id", KEY)
    columns = schemas.PARTICIPANTS
    everything: ClassVar[Row] = {"timestamp": 0}
    filters: ClassVar[dict[str, tuple[str, ...]]] = {"timestamp": ("last_modified",)}

    @override
    def page_params(self, context: Context | None, number: int) -> Row:
        return {"page": number, "limit": min(int(self.config["page_size"]), MOST_PARTICIPANTS)}
