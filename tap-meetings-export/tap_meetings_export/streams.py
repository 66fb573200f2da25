"""The streams of tap-meetings-export: meetings, and the people who may have some."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

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
    snake_case,
)
from tap_meetings_export import schemas
from tap_meetings_export.client import MEETINGS_PATH, PARTICIPANTS_PATH, BadRequest
from tap_meetings_export.envelope import counts_of, rows_of
from tap_meetings_export.paging import KEY, ExportPages, row_id
from tap_meetings_export.rows import (
    attributes_in,
    identity_of,
    is_older,
    person_key,
    text_in,
    with_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import EventTap, PageEvidence, Place, Row, Wait

_PARAMS: Final = "params"
"""An item of the context: what is asked for beside the page; a filter, an order."""

_TWINS: Final = (
    "some people are listed more than once in the same meeting, and no role tells their rows "
    f"apart; a number at the end of {KEY} does"
)


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

    size_param: ClassVar[str]
    """The parameter for how many rows a page has."""

    max_page_size: ClassVar[int] = 500

    id_is_account: ClassVar[bool] = False
    """Whether an `id` is the account's; in the export it may be the row's own, or the meeting's."""

    order: ClassVar[Row] = {}
    """Parameters that ask for an order in which no row moves to another page."""

    everything: ClassVar[Row] = {}
    """Parameters that ask for all rows."""

    filters: ClassVar[tuple[str, ...]]
    """The parameters that ask for what changed since a time, each in a reading of its own."""

    def __init__(self, tap: EventTap) -> None:
        super().__init__(tap)
        self.overlap = timedelta(minutes=int(tap.config["overlap_minutes"]))
        self._page_size = min(int(tap.config["page_size"]), self.max_page_size)
        columns = [column for column in self.columns if column.name not in ("event_id", KEY)]
        self._names = frozenset(column.name for column in columns)
        self._sources = Sources({column.name: column.source for column in columns})
        self._order = self.order

    @override
    def get_url_params(self, context: Context | None, next_page_token: Place | None) -> Row:
        """Ask for a page of an event, which the path names, or else a parameter."""
        event = context or {}
        named = {} if "{event_id}" in self.path else {"event_id": event["event_id"]}
        page = 1 if next_page_token is None else next_page_token.page
        size = {self.size_param: self._page_size}
        return {**named, "page": page, **size, **event.get(_PARAMS, {})}

    @override
    def get_new_paginator(self) -> ExportPages:
        return ExportPages(self._page_size, self._names)

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Give each row its key, of a person in a role: it depends on nobody else who is listed."""
        for sent in rows_of(response.json()):
            attributes = attributes_in(sent, self._sources)
            row = with_columns(sent, attributes)
            make_room(row, KEY)
            has_account = self.id_is_account or snake_case(attributes.get("account_id", "")) != "id"
            role = text_in(row, "role").casefold() if "role" in self._names else ""
            key = person_key(row, has_account=has_account, role=role)
            yield {**row, KEY: key if sent else None}  # None counts, until `_reading` empties it

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read an event: everything the first time, else what is new, then what was changed.

        The two filters of the export are never sent together: most likely both would have to hold,
        and a meeting that was never changed may have no time of modification. There is no upper
        bound. With one, a row that is changed while the pages are read would leave the window, and
        one of those behind it would move up past the beginning of the next page. So rows can only
        come in.

        The filters came one after the other. Where one is refused, everything is read instead; and
        so it is where a changed row lacks an id: it may have been loaded under another key.
        """
        since = self.progress.since(context)
        written: set[int] = set()
        if since is None:
            yield from self._reading(context, self.everything, None, written)
            return
        # Whole Unix seconds, and nobody says whether that second belongs to a filter.
        bound = int(since.timestamp()) - 1
        try:
            for name in self.filters:
                yield from self._reading(context, {name: bound}, since, written)
        except (BadRequest, _KeyMayChange) as problem:
            if isinstance(problem, BadRequest):
                self.log_once(
                    f"this environment refuses {name} ({problem.reason}), so everything is read"
                )
            yield ReadInFull(self.name)
            yield from self._reading(context, self.everything, None, written)

    def _reading(
        self, context: Context | None, params: Row, since: datetime | None, written: set[int]
    ) -> Iterator[Page | Wait | Remark]:
        """Read everything, or what one filter lets through.

        A row that comes several times is written again only if it was changed in between.
        """
        try:
            for number, step in enumerate(self._in_order({**(context or {}), _PARAMS: params})):
                if not isinstance(step, Page):
                    yield step
                    continue
                # Whatever is sent is written: nothing is wrong but the time that it takes.
                if number == 0 and since and any(is_older(row, since) for row in step.rows):
                    self.log_once(
                        f"this environment seems to ignore {', '.join(params)}: it sends older "
                        "rows than it was asked for, so each run takes as long as a full one"
                    )
                yield from self._passing_keys(step.rows, since)
                rows = {hash((row_id(row), str(row))): row for row in step.rows}
                new = [row for row_hash, row in rows.items() if row_hash not in written]
                yield step._replace(rows=[row if row[KEY] else {} for row in new])
                written.update(rows)
        except IncompletePages as incomplete:
            if since is None or not self._recount(context, incomplete.evidence):
                raise

    def _in_order(self, part: Row) -> Iterator[Page | Wait | Remark]:
        """Read in the order that is asked for, or without one if the vendor does not like that."""
        order = self._order  # another worker may find out meanwhile
        try:
            yield from super().read_partition({**part, _PARAMS: {**part[_PARAMS], **order}})
        except BadRequest as problem:
            if not order:
                raise
            yield from super().read_partition(part)
            self._order = {}
            self.log_once(f"this environment does not sort as it is asked to ({problem.reason})")

    def _passing_keys(self, rows: list[Row], since: datetime | None) -> Iterator[Remark]:
        """Have an event read in full next time, too, where a row's key is good for one reading.

        Of two rows that nothing but a number tells apart, the changed one may come alone then, and
        would replace the other. One without an id may have got it, and would stand beside itself.

        Raises:
            _KeyMayChange: If these are changes only, and one may have been loaded without its id.
        """
        lacks_id = not all(
            self.is_as_expected(row) and identity_of(row) for row in rows if row[KEY]
        )
        if lacks_id and since is not None:
            raise _KeyMayChange
        is_numbered = any("-" in (row[KEY] or "") for row in rows)
        for is_so, reason in ((lacks_id, "some rows lack an id"), (is_numbered, _TWINS)):
            if is_so:
                yield ReadAgain(self.name)
                self.log_once(f"{reason}, so their events are read in full each time")

    def _recount(self, context: Context | None, evidence: PageEvidence) -> bool:
        """Ask without the filter; say whether the vendor counts without regard to it, and warn.

        It does if it counts as many where nothing is filtered, but sends rows there that did not
        come. If those came as well, it is the filter that is ignored, and the count is right.
        """
        unfiltered = {**(context or {}), _PARAMS: self.everything}
        response, page = self.get_page(PageContext(unfiltered, None))
        (total, pages, _), counts = evidence.counts, counts_of(response.json())
        is_alike = total == counts.total if total is not None else pages == counts.pages is not None
        rows = self.get_new_paginator().fresh(page.rows)
        if not is_alike or evidence.rows.holds(list(map(row_id, rows))):
            return False
        self.log_once(
            "this environment counts rows without regard to the filters, so nothing tells whether "
            "all came that were changed; what may be missing comes with the next full refresh"
        )
        return True


class MeetingsStream(ExpoPlatformStream):
    """Who meets whom, where and when: one row per participant of a meeting."""

    name = "meetings"
    path = MEETINGS_PATH
    primary_keys = ("event_id", "meeting_id", KEY)
    id_attributes = ("meeting_id",)
    columns = schemas.MEETINGS
    size_param = "per_page"
    order: ClassVar[Row] = {"order_by": "account_id", "order": "ASC"}
    filters = ("created_from", "last_modified_from")


class ParticipantsStream(ExpoPlatformStream):
    """The people of an event, whether they have meetings or not."""

    name = "participants"
    path = PARTICIPANTS_PATH
    primary_keys = ("event_id", KEY)
    columns = schemas.PARTICIPANTS
    size_param = "limit"
    max_page_size = 100  # what "Account Get - Entire Participant List" recommends at most
    id_is_account = True  # as a row is an account
    everything: ClassVar[Row] = {"timestamp": 0}
    filters = ("timestamp",)
