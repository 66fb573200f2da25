"""The streams of tap-meetings-export: meetings, and the people who may have some."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from singer_sdk.streams.rest import PageContext
from typing_extensions import override

from event_taps_core import (
    AccessDenied,
    ApiError,
    BadResponse,
    ChangedSince,
    EventStream,
    NotFound,
    Page,
    ReadAgain,
    ReadInFull,
    Remark,
    Sources,
    make_room,
)
from tap_meetings_export import schemas
from tap_meetings_export.client import MEETINGS_PATH, PARTICIPANTS_PATH, BadRequest
from tap_meetings_export.envelope import counts_of, rows_of
from tap_meetings_export.paging import KEY, Keys, Pages, row_id
from tap_meetings_export.rows import (
    UNKNOWN_ZONE,
    has_identity,
    instant,
    names_account,
    person_key,
    said,
    with_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import ApiResponse, EventTap, Row, Wait

MAX_PARTICIPANTS: Final = 100
"""The most that "Account Get - Entire Participant List" recommends."""

_MAX_PASSES: Final = 5
"""The pages are read again as long as that brings what was missing, but not for ever."""

_ERRORS_AT_THE_END: Final = 2
"""So often an error has to come in place of a page to be believed to be the end."""

_IN_FULL: Final = "in_full"
"""An item of the context: everything is read, whatever was read before."""

_CREATED: Final = ("creation_time", "creation_date")


class _KeyMayChange(Exception):
    """A row among what changed has a key that is good for one reading only."""


class ExpoPlatformStream(EventStream):
    """What both streams share: events by the setting, pages, and what changed since the last run.

    Pages are read one after the other: how many there are is not documented to be known.
    """

    id_setting = "event_ids"
    parent_key = "event_id"
    incremental = ChangedSince
    replication_key = "read_at"

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
        self._sources = Sources(
            {column.name: column.source for column in self.columns if column.name in self._names}
        )
        self._order = self.order

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

    @property
    def page_size(self) -> int:
        """How many rows are asked for at once."""
        return int(self.config["page_size"])

    def since(self, context: Context | None) -> datetime | None:
        """Return from when on changes are asked for; None for everything."""
        return None if _IN_FULL in (context or {}) else self.progress.since(context)

    # What comes

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        for sent in rows_of(response.json()):
            row = with_columns(sent, self._sources)
            make_room(row, KEY)
            row[KEY] = self.key_of(row, sent) if sent else None  # None until it leaves `_reading`
            yield row

    def key_of(self, row: Row, sent: Row) -> str:
        """Make the key of who a row is about; `sent` is the row under the vendor's names."""
        raise NotImplementedError

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read an event: everything the first time, else what is new, then what was changed.

        The filters came one after the other. Where one is refused, everything is read instead; and
        so it is where a changed row lacks an id: it may have been loaded under another key.
        """
        written: set[int] = set()
        try:
            for params in self.readings(self.since(context)):
                yield from self._reading(context, params, written)
        except (BadRequest, _KeyMayChange) as problem:
            if self.since(context) is None:
                raise
            if isinstance(problem, BadRequest):
                self.log_once(
                    f"this environment refuses {', '.join(params)} ({problem.reason}), so "
                    "everything is read"
                )
            yield ReadInFull(self.name)
            in_full = {**(context or {}), _IN_FULL: True}
            yield from self._reading(in_full, self.everything, written)

    def _reading(
        self, context: Context | None, params: Row, written: set[int]
    ) -> Iterator[Page | Remark]:
        """Read everything, or what one filter lets through.

        A row that comes several times is written again only if it was changed in between.
        """
        since, is_first = self.since(context), True
        for page in self._complete(context, params):
            if isinstance(page, Remark):
                yield page
                continue
            if since is not None and is_first:
                self._watch_filters(page.rows, params, since)
            is_first = False
            rows = {hash((row_id(row), str(row))): row for row in page.rows}
            new = [row for one, row in rows.items() if one not in written]
            yield page._replace(rows=[{} if row[KEY] is None else row for row in new])
            written.update(rows)

    def _complete(self, context: Context | None, params: Row) -> Iterator[Page | Remark]:
        """Walk the pages, and again if rows are missing, as long as that helps.

        Raises:
            BadResponse: If rows are missing in the end.
        """
        pages, keys = Pages(), Keys(self._names)
        for earlier in range(_MAX_PASSES):
            pages.begin()
            yield from self._pass(context, params, pages, keys)
            if not pages.lack and not pages.is_doubtful:
                return
            if earlier > 0 and pages.found_new == 0 and not (pages.lack and pages.overlaps):
                break
        if pages.lack and not self._counts_everything(context, params, pages):
            raise BadResponse(pages.lack, retries=0)
        if pages.found_new:
            self.log_once(
                "rows keep moving from page to page, and nothing tells how many there are; "
                "what may be missing comes with the next full refresh"
            )

    def _pass(
        self, context: Context | None, params: Row, pages: Pages, keys: Keys
    ) -> Iterator[Page | Remark]:
        """Walk the pages once.

        An event is read in full next time, too, where a row's key is good for one reading only. Of
        two rows that nothing but a number tells apart, the changed one may come alone then, and
        would replace the other. One without an id may have got it, and would stand beside itself.
        """
        while not pages.ended and (page := self._next_page(context, params, pages)):
            response, sent = page
            rows, ids = keys.add(sent)
            pages.take(ids, counts_of(response.json()))
            if pages.repeats_first and len(sent) == self.page_size:
                raise BadResponse(
                    "page 2 is page 1 again, which is full, and nothing tells of all rows",
                    retries=0,
                )
            if not all(map(self._has_lasting_key, rows)):
                if self.since(context) is not None:
                    raise _KeyMayChange
                yield ReadAgain(self.name)
                self.log_once("some rows lack an id, so their events are read in full each time")
            yield Page(rows, len(response.content))
        if keys.repeated:
            yield ReadAgain(self.name)
            self.log_once(
                "some people are listed more than once in the same meeting, and no role tells "
                f"their rows apart; a number at the end of {KEY} does, so their events are read in "
                "full each time"
            )

    def _has_lasting_key(self, row: Row) -> bool:
        """Say whether a row's key stays when the row is mended; one that is no object has none."""
        return row[KEY] is None or (self.is_as_expected(row) and has_identity(row))

    def _next_page(
        self, context: Context | None, params: Row, pages: Pages
    ) -> tuple[ApiResponse, list[Row]] | None:
        """Ask for the next page.

        An error is how the vendor says that there is none if the total was met exactly. Else it has
        to come twice, and the page before it has to be there each time: then neither the event or
        the key has gone meanwhile, nor has a server failed for a moment.

        Returns:
            None if there is none.

        Raises:
            ApiError: What is said of the first page.
            BadResponse: If an error of a later one is not the end; what has pages is not absent.
        """
        reasons: set[str] = set()
        for _ in range(_ERRORS_AT_THE_END):
            try:
                return self._ask_page(context, params, pages.number)
            except ApiError as answer:
                if pages.number == 1:
                    raise
                if pages.meets_total and not isinstance(answer, AccessDenied):
                    return None
                reasons.add(answer.reason)
                may_be_the_end = isinstance(answer, (NotFound, BadRequest)) and len(reasons) == 1
                if not may_be_the_end or not self._is_there(context, params, pages.number - 1):
                    raise BadResponse(
                        f"{answer.reason}, after {pages.number - 1} pages", retries=0
                    ) from answer
        return None

    def _is_there(self, context: Context | None, params: Row, number: int) -> bool:
        """Say whether a page that had rows still has some."""
        try:
            _, rows = self._ask_page(context, params, number)
        except ApiError:
            return False
        return bool(rows)

    def _counts_everything(self, context: Context | None, params: Row, pages: Pages) -> bool:
        """Say whether the vendor counts rows without regard to a filter, and warn of it.

        It does if it counts as many where nothing is filtered, but sends rows there that did not
        come. If those came as well, it is the filter that is ignored, and the count is right.
        """
        if params == self.everything:
            return False
        response, rows = self._ask_page(context, self.everything, 1)
        _, ids = Keys(self._names).add(rows)
        if not pages.counts_like(counts_of(response.json())) or pages.known.issuperset(
            map(hash, ids)
        ):
            return False
        self.log_once(
            "this environment counts rows without regard to the filters, so nothing tells whether "
            "all came that were changed; what may be missing comes with the next full refresh"
        )
        return True

    def _ask_page(
        self, context: Context | None, params: Row, number: int
    ) -> tuple[ApiResponse, list[Row]]:
        """Ask for a page; without an order, if that is what the vendor does not like."""
        plain = {**self.page_params(context, number), **params}
        ordered = {**plain, **self._order}
        try:
            response, page = self.get_page(PageContext(context, ordered))
        except BadRequest as problem:
            if number > 1 or ordered == plain:
                raise
            response, page = self.get_page(PageContext(context, plain))
            self._order = {}
            self.log_once(f"this environment does not sort as it is asked to ({problem.reason})")
        return response, page.rows

    def _watch_filters(self, rows: list[Row], params: Row, since: datetime) -> None:
        """Say it if an environment sends what is older than it was asked for.

        The filters came one after the other, and not to all customers at once. Whatever is sent is
        written, so nothing is wrong but the time that it takes. It is noticed by the rows' times,
        where these can be read.
        """
        for name in params:
            times = [instant(row, self.filters[name]) for row in rows]
            if any(time is not None and time < since - UNKNOWN_ZONE for time in times):
                self.log_once(
                    f"this environment seems to ignore {name}: it sends older rows than it was "
                    "asked for, so each run takes as long as a full one"
                )


class MeetingsStream(ExpoPlatformStream):
    """Who meets whom, where and when: one row per participant of a meeting."""

    name = "meetings"
    path = MEETINGS_PATH
    primary_keys = ("event_id", "meeting_id", KEY)
    id_attributes = ("meeting_id",)
    columns = schemas.MEETINGS
    order: ClassVar[Row] = {"order_by": "account_id", "order": "ASC"}
    filters: ClassVar[dict[str, tuple[str, ...]]] = {
        "created_from": _CREATED,
        "last_modified_from": (*_CREATED, "last_modified"),
    }

    @override
    def page_params(self, context: Context | None, number: int) -> Row:
        event_id = (context or {})["event_id"]
        return {"event_id": event_id, "page": number, "per_page": self.page_size}

    @override
    def key_of(self, row: Row, sent: Row) -> str:
        """Make the key of a person in a role; so it does not depend on who else is listed."""
        role = said(row, "role").casefold()
        return person_key(row, has_account=names_account(sent, self._sources), role=role)


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
        return {"page": number, "limit": self.page_size}

    @property
    @override
    def page_size(self) -> int:
        return min(super().page_size, MAX_PARTICIPANTS)

    @override
    def key_of(self, row: Row, sent: Row) -> str:
        """Make the key of a person; an `id` is the account's here, as a row is an account."""
        return person_key(row)
