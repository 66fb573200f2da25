"""The stream that every tap's streams are made of.

A tap declares a stream in the SDK's own terms (`name`, `path`, `primary_keys`, `replication_key`,
`schema`, `get_new_paginator`, `parse_response`, `post_process`, `get_child_context`) and, where it
hangs on another stream, `parent` and `parent_key`. This class sends a partition's requests. Its
bases know the rest: `RecordStream` the rows, `IncrementalStream` what is read again, and
`OutputStream` what is written. `Run` reads partitions side by side.
"""

from __future__ import annotations

import itertools
import time
from functools import cached_property
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import quote

from singer_sdk.pagination import BaseAPIPaginator, SinglePagePaginator
from singer_sdk.streams.rest import PageContext, RESTStream
from typing_extensions import override

from event_taps_core.api_errors import AccessDenied, ApiError, BadResponse, NotFound, NotReady
from event_taps_core.json_values import objects_in
from event_taps_core.progress import Progress, SettlesAfter
from event_taps_core.reading import Wait
from event_taps_core.records import RecordStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core.base_tap import BaseTap
    from event_taps_core.columns import Row
    from event_taps_core.outcomes import Remark
    from event_taps_core.session import ApiResponse


PageToken = TypeVar("PageToken")
Sibling = TypeVar("Sibling", bound="EventStream")
_CLIMBING = frozenset({"", ".", ".."})


class _Asked(NamedTuple):
    """What is being prepared: when to ask again, and when to give up (monotonic seconds)."""

    due: float
    deadline: float


class Paginator(BaseAPIPaginator[PageToken]):
    """A paginator for vendors whose pages end in strange ways."""

    def fresh(self, rows: list[Row]) -> list[Row]:
        """Return those rows of a page that no earlier page held; all of them by default."""
        return rows

    def ends_with(self, answer: ApiError) -> bool:
        """Say whether an answer that is not records is the end of the pages; never by default."""
        del answer
        return False


class Page(NamedTuple):
    """The vendor's rows in one answer."""

    rows: list[Row]
    """Those of the stream that sent the request."""

    weight: int = 0
    """Size of the answer in bytes."""

    shared: Mapping[str, list[Row]] = MappingProxyType({})
    """Those of each selected stream that has it as its `source`, by name."""


class EventStream(RecordStream, RESTStream[Any]):
    """A stream of an API."""

    tap: BaseTap

    records_path: ClassVar[tuple[str, ...]] = ()
    """Attributes that lead from the body to the list of rows; a missing one is a broken answer."""

    parent: ClassVar[type[EventStream] | None] = None
    """The stream whose rows are this one's partitions (`get_child_context` makes the contexts)."""

    source: ClassVar[type[EventStream] | None] = None
    """The stream that sends the requests, where one answer feeds several streams.

    It has the same partitions, and no stream hangs on it.
    """

    recheck_parent: ClassVar[tuple[type[ApiError], ...]] = ()
    """Answers after which the parent is listed again: what has left the list is gone, not broken.

    An `NotFound` among them is believed only then.
    """

    id_setting: ClassVar[str | None] = None
    """The setting that lists the partitions by their ids, where no stream lists them."""

    incremental: ClassVar[type[Progress]] = SettlesAfter

    deferred: ClassVar[bool] = False
    """Whether the vendor prepares answers when asked (`NotReady`): these are asked for early."""

    poll_seconds: int = 60
    """How long to wait before asking again for what is pending."""

    pending_timeout_seconds: int = 3600
    """After this long, what is still pending is a named failure."""

    def __init__(self, tap: BaseTap) -> None:
        super().__init__(tap)
        self.has_been_read = False
        self._asked: dict[str, _Asked | ApiError] = {}

    # What a tap may override

    @property
    @override
    def url_base(self) -> str:
        return self.tap.client.base_url

    @override
    def get_url(self, context: Context | None) -> str:
        return self.url_for(self.path or "", context)

    def url_for(self, path: str, context: Context | None) -> str:
        """Fill a path from the context; an id can never add a path segment or a query.

        Raises:
            BadResponse: If an id would climb to another path, which URL libraries let `..` do.
        """
        names = [name for _, name, _, _ in Formatter().parse(path) if name]
        ids = {name: quote(str((context or {})[name]), safe="") for name in names}
        if not _CLIMBING.isdisjoint(ids.values()):
            raise BadResponse("an id that would lead to another path", retries=0)
        return self.url_base + path.format_map(ids)

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        return None

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Take the rows out of an answer that was classified as records.

        Raises:
            BadResponse: If there is no list where `records_path` says.
        """
        found = response.json()
        for attribute in self.records_path:
            if not isinstance(found, dict) or attribute not in found:
                raise BadResponse(f"no '{'.'.join(self.records_path)}' in the answer")
            found = found[attribute]
        return objects_in(found, ".".join(self.records_path))

    def rows_in(self, response: requests.Response) -> list[Row]:
        """Return what `parse_response` takes out of an answer.

        One odd row is one odd row (`prepare`). But where there are several and none is as it should
        be, it is the answer that is not: it is worth asking again.

        Raises:
            BadResponse: If there are several rows, and none of them has an id.
        """
        rows = list(self.parse_response(response))
        if len(rows) > 1 and not any(map(self.is_as_expected, rows)):
            names = " or ".join(map(repr, self.id_attributes))
            raise BadResponse(f"no row of {len(rows)} has {names or 'anything in it'}")
        return rows

    def sibling(self, stream_class: type[Sibling]) -> Sibling:
        """Return another stream of the same tap."""
        found = self.tap.streams[stream_class.name]
        assert isinstance(found, stream_class)  # noqa: S101 - by its name
        return found

    @cached_property
    def sender(self) -> EventStream:
        """The stream that sends this one's requests: its `source`, or itself."""
        return self if self.source is None else self.sibling(self.source)

    @cached_property
    def readers(self) -> list[EventStream]:
        """The selected streams that this one's answers feed, itself among them if it is one."""
        streams = (one for one in self.tap.streams.values() if isinstance(one, EventStream))
        return [one for one in streams if one.selected and one.sender is self]

    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read the pages of one partition; runs in a worker thread.

        Yields:
            A page, `Wait` where the vendor asks to come back later, or a remark about the
            partition.

        Raises:
            ApiError: If the partition cannot be read.
        """
        paginator = self.get_new_paginator() or SinglePagePaginator()
        asked = self._asked.pop(self.partition_id(context), None)
        if isinstance(asked, ApiError):
            raise asked
        deadline = asked and asked.deadline
        if asked is not None:
            yield Wait(asked.due)
        while not paginator.finished:
            try:
                response, page = self.get_page(PageContext(context, paginator.current_value))
            except NotReady as pending:
                asked = self._asked_at(pending, deadline)
                deadline = asked.deadline
                yield Wait(asked.due)
                continue
            except ApiError as answer:
                if _ends_with(paginator, answer):
                    return
                raise
            deadline = None
            if isinstance(paginator, Paginator):
                page = page._replace(rows=paginator.fresh(page.rows))
            yield page
            paginator.advance(response)

    def get_page(self, page: PageContext[Any]) -> tuple[ApiResponse, Page]:
        """Ask for a page; what `parse_response` finds broken is asked for again, too."""
        return self.tap.client.send(
            self.get_http_request(page=page),
            self.stats,
            lambda response: (response, self.page_of(response)),
        )

    def page_of(self, response: ApiResponse) -> Page:
        """Take the rows of all readers out of an answer; nobody's rows are not looked at."""
        shared = {one.name: one.rows_in(response) for one in self.readers if one is not self}
        rows = self.rows_in(response) if self.selected or not shared else []
        return Page(rows, len(response.content), shared)

    def list_again(self, context: Context | None) -> frozenset[int | str | None]:
        """Ask anew which rows a partition has, for `recheck_parent`; None is a row without an id.

        Raises:
            ApiError: If the list is not to be had, or not completely. An empty one may be either.
        """
        steps = EventStream.read_partition(self, context)
        pages = (step for step in steps if isinstance(step, Page))
        listed = frozenset(self.id_of(row) for page in pages for row in page.rows)
        if not listed:
            raise BadResponse("an empty list")
        return listed

    def _asked_at(self, pending: NotReady, deadline: float | None) -> _Asked:
        """Say when to ask again for what is pending.

        Raises:
            BadResponse: If it has been pending for too long.
        """
        self.stats.count_pending()
        now = time.monotonic()
        deadline = deadline or now + self.pending_timeout_seconds
        if now >= deadline:
            raise BadResponse(
                f"not ready after {self.pending_timeout_seconds} s ({pending.reason})"
            ) from pending
        return _Asked(min(deadline, now + (pending.seconds or self.poll_seconds)), deadline)

    def request_early(self, context: Context | None) -> None:
        """Ask for a partition that has to be prepared, so that this happens while others are read.

        What is ready at once is asked for again when its turn comes: keeping it would need memory
        for all partitions. What is final is kept for the reading, which names it.
        """
        paginator = self.get_new_paginator() or SinglePagePaginator()
        partition_id = self.partition_id(context)
        try:
            self._try_page(PageContext(context, paginator.current_value))
        except NotReady as pending:
            self._asked[partition_id] = self._asked_at(pending, None)
        except (NotFound, AccessDenied) as answer:
            self._asked[partition_id] = answer
        except BadResponse:
            return  # by its turn it may have mended

    def probe(self, contexts: list[Context | None]) -> None:
        """Ask for the first page of the first or last of some partitions: the API may be gone.

        Args:
            contexts: At least one.

        Raises:
            ApiError: If the API gives no records for either.
        """
        for context in contexts[:1] + contexts[1:][-1:]:
            paginator = self.get_new_paginator() or SinglePagePaginator()
            try:
                self._try_page(PageContext(context, paginator.current_value))
            except ApiError as answer:
                problem = answer
            else:
                return
        raise problem

    def _try_page(self, page: PageContext[Any]) -> None:
        """Ask for a page without looking at its rows."""
        self.tap.client.send(self.get_http_request(page=page), self.stats, lambda _: None)

    def own_contexts(self) -> list[Context | None]:
        """List the partitions of a stream that no other stream lists: the whole, or ids.

        A tap whose partitions are something else (windows of time) overrides this.
        """
        if self.id_setting is None or self.parent_key is None:
            return [None]
        ids = dict.fromkeys(str(one) for one in self.config.get(self.id_setting) or ())
        return [{self.parent_key: one} for one in ids]

    @classmethod
    def id_column(cls) -> str:
        """Name the column that holds what the streams that hang on this one call its id."""
        if cls.id_setting and cls.parent_key:
            return cls.parent_key
        return cls.primary_keys[-1]

    # The SDK's hooks

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Row, Any, Any]:
        """Read this stream and those that share its requests.

        The SDK's own version conforms, maps, counts and bookmarks record by record.
        """
        if not write_messages:  # BATCH: the SDK writes the files from the records
            yield from self.get_records(context)
        elif self.ABORT_AT_RECORD_COUNT is not None:
            self._sync_sample(self.ABORT_AT_RECORD_COUNT)
        else:
            self.tap.read(self.name)

    @override
    def get_records(self, context: Context | None) -> Iterator[Row]:
        yield from self.tap.records_of(self.name)

    def _sync_sample(self, limit: int) -> None:
        """Write the first records only, as `--test` asks."""
        for record in itertools.islice(self.get_records(None), limit):
            self._write_record_message(record)
        self.tap.message_writer.flush()


def _ends_with(paginator: BaseAPIPaginator[Any], answer: ApiError) -> bool:
    """Say whether an answer that is not records is the end of the pages.

    Raises:
        BadResponse: If there were pages, and it says that there is nothing.
    """
    if isinstance(paginator, Paginator) and paginator.ends_with(answer):
        return True
    if isinstance(answer, NotFound) and paginator.count:
        raise BadResponse(f"{answer.reason} after {paginator.count} pages") from answer
    return False
