"""The stream that every tap's streams are made of.

A tap declares a stream in the SDK's own terms (`name`, `path`, `primary_keys`, `replication_key`,
`schema`, `get_new_paginator`, `parse_response`, `post_process`, `get_child_context`) and, where it
hangs on another stream, `parent` and `parent_key`. This class sends a partition's requests. Its
bases know the rest: `RecordStream` the rows, `IncrementalStream` what is read again, and
`OutputStream` what is written. `Run` reads partitions side by side.
"""

from __future__ import annotations

import time
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from singer_sdk.pagination import BaseAPIPaginator, SinglePagePaginator
from singer_sdk.streams.rest import PageContext, RESTStream
from typing_extensions import override

from event_taps_core.address import path_with_ids
from event_taps_core.api_errors import AccessDenied, ApiError, BadResponse, NotFound, NotReady
from event_taps_core.json_values import objects_at
from event_taps_core.pages import IncompletePages, Pages
from event_taps_core.progress import Progress, SettlesAfter
from event_taps_core.reading import Wait
from event_taps_core.records import RecordStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core.base_tap import BaseTap
    from event_taps_core.columns import Row
    from event_taps_core.outcomes import Remark
    from event_taps_core.session import ApiResponse


MAX_EMPTY_PAGES = 200
"""After so many pages in a row without a row, the vendor is not believed to come to an end."""

Sibling = TypeVar("Sibling", bound="EventStream")


class Page(NamedTuple):
    """The vendor's rows in one answer."""

    rows: list[Row]
    """Those of the stream that sent the request."""

    weight: int = 0
    """Size of the answer in bytes."""

    shared: Mapping[str, list[Row]] = MappingProxyType({})
    """Those of each selected stream that has it as its `source`, by name."""


class _Preparing(NamedTuple):
    """What the vendor prepares; both times are those of `time.monotonic`, in seconds."""

    due: float
    """When to ask again."""

    deadline: float
    """When to give up: so long after the first such answer."""


class EventStream(RecordStream, RESTStream[Any]):
    """A stream of an API."""

    tap: BaseTap

    path: str = ""
    """Where the rows are, with the context's items in braces; empty for one that has a `source`."""

    records_path: ClassVar[tuple[str, ...]] = ()
    """Attributes that lead from the body to the list of rows; a missing one is a broken answer."""

    parent: ClassVar[type[EventStream] | None] = None
    """The stream whose rows are this one's partitions (`get_child_context` makes the contexts)."""

    source: ClassVar[type[EventStream] | None] = None
    """The one that sends the requests if an answer feeds several; no stream hangs on this one."""

    recheck_parent: ClassVar[tuple[type[ApiError], ...]] = ()
    """Answers after which the parent is listed again: what has left the list is gone, not broken;
    a `NotFound` among them is believed only then."""

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
        self._asked_early: dict[str, _Preparing | ApiError] = {}

    @property
    @override
    def url_base(self) -> str:
        return self.tap.client.base_url

    @override
    def get_url(self, context: Context | None) -> str:
        return self.url_for(self.path, context)

    def url_for(self, path: str, context: Context | None) -> str:
        """Fill a path from the context; an id can never add a path segment or a query.

        Raises:
            BadResponse: If an id would lead to another path.
        """
        try:
            return self.url_base + path_with_ids(path, context or {})
        except ValueError as error:
            raise BadResponse(str(error), retries=0) from error

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        return None

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Take the rows out of an answer that was classified as records.

        Raises:
            BadResponse: If there is no list where `records_path` says.
        """
        return objects_at(response.json(), self.records_path)

    def rows_in(self, response: requests.Response) -> list[Row]:
        """Return what `parse_response` takes out of an answer.

        Raises:
            BadResponse: If there are several rows, and none of them has an id: then it is the
                answer that is odd, and worth asking for again.
        """
        rows = list(self.parse_response(response))
        if len(rows) > 1 and not any(map(self.is_as_expected, rows)):
            names = " or ".join(map(repr, self.id_attributes))
            raise BadResponse(f"no row of {len(rows)} has {names or 'anything in it'}")
        return rows

    def sibling(self, stream_class: type[Sibling]) -> Sibling:
        """Return another stream of the same tap."""
        stream = self.tap.streams[stream_class.name]
        assert isinstance(stream, stream_class)  # noqa: S101 - by its name
        return stream

    @cached_property
    def sender(self) -> EventStream:
        """The stream that sends this one's requests: its `source`, or itself."""
        return self if self.source is None else self.sibling(self.source)

    @cached_property
    def readers(self) -> list[EventStream]:
        """The selected streams that this one's answers feed, itself among them if it is one."""
        streams = (value for value in self.tap.streams.values() if isinstance(value, EventStream))
        return [stream for stream in streams if stream.selected and stream.sender is self]

    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read the pages of one partition; runs in a worker thread.

        Yields:
            Pages, `Wait` where the vendor asks to come back later, remarks about the partition.

        Raises:
            ApiError: If the partition cannot be read.
        """
        paginator = self.get_new_paginator() or SinglePagePaginator()
        preparing = self._asked_early.pop(self.partition_id(context), None)
        if isinstance(preparing, ApiError):
            raise preparing
        if preparing is not None:
            yield Wait(preparing.due)
        empty = 0
        while not paginator.finished:
            try:
                next_page = _next_page(self, context, paginator)
            except NotReady as answer:
                preparing = _prepared_later(self, answer, preparing)
                yield Wait(preparing.due)
                continue
            if next_page is None:
                continue
            response, page = next_page
            news, preparing = [_news_of(page, paginator)], None
            try:
                empty = _count_empty(page, empty)
                _advance(paginator, response)
            finally:  # its rows are there, whatever comes of the next page
                del next_page, page, response  # or each partition that waits keeps one in memory
                yield news.pop()

    def get_page(self, page: PageContext[Any]) -> tuple[ApiResponse, Page]:
        """Ask for a page; what `parse_response` finds broken is asked for again, too."""
        request = self.get_http_request(page=page)
        return self.tap.client.send(request, self.stats, lambda got: (got, self.page_of(got)))

    def page_of(self, response: ApiResponse) -> Page:
        """Take the rows of all readers out of an answer; a paginator looks at this stream's."""
        shared = {one.name: one.rows_in(response) for one in self.readers if one is not self}
        is_needed = self.selected or not shared or self.get_new_paginator()
        return Page(self.rows_in(response) if is_needed else [], len(response.content), shared)

    def list_again(self, context: Context | None) -> frozenset[int | str | None]:
        """Ask anew which rows a partition has, for `recheck_parent`; None is a row without an id.

        Raises:
            ApiError: If the list is not to be had, not completely, or is empty.
        """
        listed: set[int | str | None] = set()
        for step in EventStream.read_partition(self, context):
            if isinstance(step, Wait):
                raise BadResponse("a list that has to be prepared first")
            listed.update(map(self.id_of, step.rows if isinstance(step, Page) else ()))
        if not listed:
            raise BadResponse("an empty list")
        return frozenset(listed)

    def request_early(self, context: Context | None) -> Iterator[Page]:
        """Ask for what has to be prepared, so that this happens while others are read.

        A reading without pages: what is ready at once is asked for again when its turn comes, as
        keeping it would need memory for all. What is final is kept for then, to be named.
        """
        try:
            self._try_first_page(context)
        except NotReady as answer:
            self._asked_early[self.partition_id(context)] = _prepared_later(self, answer, None)
        except (NotFound, AccessDenied) as answer:
            self._asked_early[self.partition_id(context)] = answer
        except BadResponse:
            pass  # by its turn it may have mended
        yield from ()

    def probe(self, contexts: list[Context | None]) -> None:
        """Ask for the first page of the first or last of one or more partitions.

        Raises:
            ApiError: If neither holds records.
        """
        for context in contexts[:1] + contexts[1:][-1:]:
            try:
                self._try_first_page(context)
            except ApiError as answer:
                problem = answer
            else:
                return
        raise problem

    def _try_first_page(self, context: Context | None) -> None:
        """Ask for the first page of a partition without looking at its rows."""
        paginator = self.get_new_paginator() or SinglePagePaginator()
        page = PageContext(context, paginator.current_value)
        self.tap.client.send(self.get_http_request(page=page), self.stats, lambda _: None)


def streams_in(module: ModuleType) -> tuple[type[EventStream], ...]:
    """Return the streams that a module declares, in its order: all that have a name."""
    classes = (value for value in vars(module).values() if isinstance(value, type))
    streams = (kind for kind in classes if issubclass(kind, EventStream) and "name" in vars(kind))
    return tuple(stream for stream in streams if stream.__module__ == module.__name__)


def _prepared_later(
    stream: EventStream, answer: NotReady, earlier: _Preparing | None
) -> _Preparing:
    """Say when to ask again for what is not ready."""
    stream.stats.count_pending()
    now, timeout = time.monotonic(), stream.pending_timeout_seconds
    deadline = earlier.deadline if earlier else now + timeout
    if now >= deadline:
        raise BadResponse(f"not ready after {timeout} s ({answer.reason})") from answer
    return _Preparing(min(deadline, now + (answer.seconds or stream.poll_seconds)), deadline)


def _news_of(page: Page, paginator: BaseAPIPaginator[Any]) -> Page:
    """Return a page with what no earlier one held; one that came before is nobody's news."""
    if not isinstance(paginator, Pages):
        return page
    fresh = paginator.fresh(page.rows)
    comes_again = bool(page.rows) and not fresh
    shared = {name: [] for name in page.shared} if comes_again else page.shared
    return page._replace(rows=fresh, shared=shared)


def _count_empty(page: Page, before: int) -> int:
    """Count the pages in a row without a row; one that only repeats earlier ones has some."""
    empty = 0 if page.rows or any(page.shared.values()) else before + 1
    if empty > MAX_EMPTY_PAGES:
        raise BadResponse(f"{MAX_EMPTY_PAGES:,} pages in a row without a row", retries=0)
    return empty


def _advance(paginator: BaseAPIPaginator[Any], response: ApiResponse) -> None:
    """Go on to the next page.

    Raises:
        BadResponse: If the page names itself as the next one, which the SDK would call a defect.
    """
    try:
        paginator.advance(response)
    except RuntimeError as error:
        if str(error).startswith("Loop detected"):
            raise BadResponse("a page names itself as the next one", retries=0) from error
        raise


def _next_page(
    stream: EventStream, context: Context | None, paginator: BaseAPIPaginator[Any]
) -> tuple[ApiResponse, Page] | None:
    """Ask for the next page; None if an error in its place ends the pages, or this pass.

    Raises:
        ApiError: If it is no end; what has pages is there, and was asked for as it should be.
    """
    try:
        if isinstance(paginator, Pages):
            return _page_or_end(stream, context, paginator)
        return stream.get_page(PageContext(context, paginator.current_value))
    except IncompletePages:
        raise
    except (NotFound, BadResponse) as answer:
        if not paginator.count:
            raise
        reason = f"{answer.reason} after {paginator.count} pages"
        raise BadResponse(reason, retries=0) from answer


def _page_or_end(
    stream: EventStream, context: Context | None, pages: Pages
) -> tuple[ApiResponse, Page] | None:
    """Ask for a page, and again where an error is in its place.

    Where no count says that there is none, the error has to come twice, and the page before to have
    rows in between: then neither the parent or the key has gone, nor has a server failed for a
    moment.
    """
    here = PageContext(context, pages.current_value)
    try:
        return stream.get_page(here)
    except ApiError as answer:
        if not pages.may_end_with(answer):
            raise
        problem, again = answer, []
    if not pages.evidence.has_all:
        again = stream.get_page(PageContext(context, pages.before))[1].rows
        try:
            return stream.get_page(here)
        except ApiError as answer:
            if answer.reason != problem.reason or not again:
                raise
    pages.end_with(problem, again)
    return None
