"""The streams of tap-meetings-export: meetings, and the people who may have some."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from singer_sdk.streams.rest import PageContext
from typing_extensions import override

from event_taps_core import (
    ChangedSince,
    EventStream,
    IncompletePages,
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
from tap_meetings_export.paging import KEY, ExportPages, Keys, row_id
from tap_meetings_export.rows import (
    UNKNOWN_ZONE,
    has_identity,
    instant,
    names_account,
    person_key,
    text_in,
    with_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import ApiResponse, EventTap, PageEvidence, Place, Row, Wait

MAX_PARTICIPANTS: Final = 100
"""The most that "Account Get - Entire Participant List" recommends."""

_PARAMS: Final = "params"
"""An item of the context: what is asked for, everything or what one filter lets through."""

_KEYS: Final = "keys"
"""An item of the context: the keys of the rows of one reading."""

_UNORDERED: Final = "unordered"
"""An item of the context: no order is asked for."""

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
    def get_url_params(self, context: Context | None, next_page_token: Place | None) -> Row:
        event_context: Mapping[str, Any] = context or {}
        order = {} if _UNORDERED in event_context else self._order
        number = 1 if next_page_token is None else next_page_token.page
        return {**self.page_params(context, number), **event_context.get(_PARAMS, {}), **order}

    @property
    def page_size(self) -> int:
        """How many rows are asked for at once."""
        return int(self.config["page_size"])

    @override
    def get_new_paginator(self) -> ExportPages:
        return ExportPages(self.page_size)

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
        since = self.progress.since(context)
        written: set[int] = set()
        try:
            for params in self.readings(since):
                yield from self._reading(context, params, since, written)
        except (BadRequest, _KeyMayChange) as problem:
            if since is None:
                raise
            if isinstance(problem, BadRequest):
                self.log_once(
                    f"this environment refuses {', '.join(params)} ({problem.reason}), so "
                    "everything is read"
                )
            yield ReadInFull(self.name)
            yield from self._reading(context, self.everything, None, written)

    def _reading(
        self, context: Context | None, params: Row, since: datetime | None, written: set[int]
    ) -> Iterator[Page | Wait | Remark]:
        """Read everything, or what one filter lets through.

        A row that comes several times is written again only if it was changed in between. An event
        is read in full next time, too, where a row's key is good for one reading only. Of two rows
        that nothing but a number tells apart, the changed one may come alone then, and would
        replace the other. One without an id may have got it, and would stand beside itself.
        """
        keys, is_first = Keys(self._names), True
        part = {**(context or {}), _PARAMS: params, _KEYS: keys}
        try:
            for step in super().read_partition(part):
                if not isinstance(step, Page):
                    yield step
                    continue
                if since is not None and is_first:
                    self._watch_filters(step.rows, params, since)
                is_first = False
                if not all(map(self._has_lasting_key, step.rows)):
                    if since is not None:
                        raise _KeyMayChange
                    yield ReadAgain(self.name)
                    self.log_once(
                        "some rows lack an id, so their events are read in full each time"
                    )
                rows = {hash((row_id(row), str(row))): row for row in step.rows}
                new = [row for row_hash, row in rows.items() if row_hash not in written]
                yield step._replace(rows=[{} if row[KEY] is None else row for row in new])
                written.update(rows)
        except IncompletePages as incomplete:
            if params == self.everything or not self._recount(part, incomplete.evidence):
                raise
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

    def _recount(self, part: Context, evidence: PageEvidence) -> bool:
        """Ask without the filter; say whether the vendor counts without regard to it, and warn.

        It does if it counts as many where nothing is filtered, but sends rows there that did not
        come. If those came as well, it is the filter that is ignored, and the count is right.
        """
        unfiltered = {**part, _PARAMS: self.everything, _KEYS: Keys(self._names)}
        response, page = self.get_page(PageContext(unfiltered, None))
        before, now = evidence.counts, counts_of(response.json())
        has_total = before.total is not None
        is_alike = before.total == now.total if has_total else before.pages == now.pages is not None
        if not is_alike or evidence.rows.holds(list(map(row_id, page.rows))):
            return False
        self.log_once(
            "this environment counts rows without regard to the filters, so nothing tells whether "
            "all came that were changed; what may be missing comes with the next full refresh"
        )
        return True

    @override
    def get_page(self, page: PageContext[Place | None]) -> tuple[ApiResponse, Page]:
        """Ask for a page; without an order, if that is what the vendor does not like."""
        context, place = page.stream_context or {}, page.next_page_token
        is_ordered = bool(self._order)  # another worker may find out meanwhile
        try:
            response, rows_page = super().get_page(page)
        except BadRequest as problem:
            if not is_ordered or (place and place.page > 1):
                raise
            plain = {**context, _UNORDERED: True}
            response, rows_page = super().get_page(PageContext(plain, place))
            self._order = {}
            self.log_once(f"this environment does not sort as it is asked to ({problem.reason})")
        keys = context.get(_KEYS)
        return response, rows_page._replace(rows=keys.add(rows_page.rows)) if keys else rows_page

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
        role = text_in(row, "role").casefold()
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
