"""The streams of tap-meetengage: one for each data method."""

from __future__ import annotations

import logging
import math
from collections import Counter
from datetime import timedelta
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    BadResponse,
    EventStream,
    Page,
    SetAside,
    SurrogateKey,
    TapError,
    TimedOut,
    digest,
    pages_of,
    read_envelope,
)
from tap_meetengage import schemas
from tap_meetengage.client import DATA_PATH
from tap_meetengage.errors import ServerError, TooMuch, require_success, unread_members, warnings_of
from tap_meetengage.windows import Span, first_day, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import IO

    from singer_sdk.helpers.types import Context

    from event_taps_core import ApiResponse, EventTap, Remark, Row, Wait
    from event_taps_core.schema import Column

OUTPUT: Final = "output"
_IN_MEMORY: Final = 3
"""A row that waits for its turn takes about so many times its size in the answer."""

_NO_METHOD: Final = "organisation_data"
"""The stream's name where nothing is left of the method's."""

_NESTED: Final[frozenset[type]] = frozenset({dict, list})
_NO_COLUMNS: Final = schemas.OURS | {""}


class DataMethod(NamedTuple):
    """A data method, by its exact name."""

    name: str
    stream: str
    keys: tuple[str, ...] = ()
    """The columns that are the key of its rows (setting `primary_keys`); none if `row_key` is."""

    types: Mapping[str, str] = MappingProxyType({})
    """Types of its columns (setting `column_types`)."""

    def require_columns(self) -> None:
        """Insist on columns that its rows can have.

        Raises:
            TapError: If a setting names others.
        """
        keys, types = set(self.keys), set(self.types)
        no_key = "all rows of a window have the same {}, so that is no key of the data method {!r}"
        no_column = "{} is no column of the data method {!r}"
        for setting, columns, problem in (
            ("primary_keys", keys & (_NO_COLUMNS - schemas.CONSTANTS), no_column),
            ("primary_keys", keys if keys <= schemas.CONSTANTS else set(), no_key),
            ("column_types", types & _NO_COLUMNS, no_column),
            ("column_types", types & keys, "{} is part of the key, which is text"),
        ):
            if columns:
                named = ", ".join(sorted(columns - {""})) or "a name without letters"
                raise TapError(f"setting {setting}: {problem.format(named, self.name)}")


def data_methods(config: Mapping[str, Any]) -> list[DataMethod]:
    """Return what the settings say of each data method.

    Streams whose names would be alike all get a piece of a digest.
    """
    methods = config["data_methods"]
    keys, types = config.get("primary_keys") or {}, config.get("column_types") or {}
    named = {method: schemas.column_name(f"{_NO_METHOD} {method}") for method in methods}
    taken = Counter([_NO_METHOD, *named.values()])
    return [
        DataMethod(
            method,
            f"{stream}_{digest(method)[:8]}" if taken[stream] > 1 else stream,
            tuple(map(schemas.column_name, keys.get(method) or ())),
            {schemas.column_name(name): kind for name, kind in (types.get(method) or {}).items()},
        )
        for method, stream in named.items()
    ]


STANDARD: Final = DataMethod("standard", "organisation_data_standard")


def content(row: Row) -> Row:
    """Identify a row by all that it holds, under names of columns, whatever columns there are."""
    if not any(map(schemas.is_long, row)) and _NESTED.isdisjoint(map(type, row.values())):
        return row
    record: Row = {}
    for attribute, value in row.items():
        name = schemas.column_name(attribute) if schemas.is_long(attribute) else attribute
        record[attribute if name in record else name] = schemas.sorted_json_text(value)
    return record


class OrganisationDataStream(EventStream):
    """Rows of a data method, as the Control Panel's Data page exports them."""

    name = STANDARD.stream
    path = DATA_PATH
    column_name = staticmethod(schemas.column_name)
    columns = schemas.with_keys(schemas.DOCUMENTED, ())
    records_path = (OUTPUT,)
    parent_key = "window_start"
    primary_keys = schemas.primary_key(())
    replication_key = "window_start"
    surrogate_key: ClassVar[SurrogateKey | None] = SurrogateKey(
        schemas.ROW_KEY.name, content, within=("window_start",)
    )

    def __init__(
        self,
        tap: EventTap,
        method: DataMethod = STANDARD,
        columns: Iterable[Column] = schemas.DOCUMENTED,
    ) -> None:
        self.__doc__ = f"Rows of the data method `{method.name}`, as the Data page exports them."
        self.method = method
        self.name = method.stream
        self.primary_keys = schemas.primary_key(method.keys)
        self.columns = schemas.with_keys(columns, method.keys)  # a catalog may know more
        super().__init__(tap)
        self._today = tap.run_started.date()
        self._max_days = math.inf
        self._halves_early = False

    # Windows

    @cached_property
    def spans(self) -> dict[str, Span]:
        """What each window asks for, by its first day."""
        return windows(
            window_days=int(self.config["window_days"]),
            start_date=first_day(self.config.get("start_date")),
            today=self._today,
            lookahead_days=int(self.config["lookahead_days"]),
        )

    @override
    def own_contexts(self) -> list[Context | None]:
        return [{"window_start": start} for start in self.spans]

    @override
    def ends_at(self, context: Context | None) -> str | None:
        """Return the window's last day: settling begins after it, and bookmarks are such days."""
        return self.spans[context["window_start"]].last.isoformat() if context else None

    # Reading

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read a window, in halves where it is too much for one answer.

        How much is too much is not documented; large reports of other systems time out. What has
        worked is remembered for the rest of the run, so that not every window has to find out. Of
        a server error nobody knows whether it is about the size: halves are a last resort.
        """
        assert context is not None  # noqa: S101 - see own_contexts
        spans, max_days = [self.spans[context["window_start"]]], self._max_days
        while spans:
            span = spans.pop(0)
            days = span.days(self._today)
            if span.first is not None and days > max_days:
                spans[:0] = span.halves(self._today)
                continue
            try:
                pages = self._ask_for(span)
            except (TooMuch, TimedOut, ServerError) as problem:
                if days <= 1:
                    raise BadResponse(
                        f"{problem.reason}, although it is as few days as can be asked for"
                    ) from problem
                if isinstance(problem, ServerError):
                    self._halves_early = True
                elif span.first is not None and span.last < self._today:  # it tells of others
                    self._max_days = min(self._max_days, days - days // 2)
                self.stats.count_retry(f"{problem.reason}: read in two parts", 0)
                spans[:0] = span.halves(self._today)
            else:
                yield from pages

    def _ask_for(self, span: Span) -> Iterable[Page]:
        """Ask for some days; what half of them may mend is not worth many tries.

        A server error is worth all of them, until they have not helped once.
        """
        asked = {"account": self.config["account"], "data_method": self.method.name}
        request = HTTPRequest(self.get_url(None), params=asked | span.params())
        send = partial(self.tap.client.send, request, self.stats, self._pages)
        if span.days(self._today) > 1:
            try:
                return send(max_retries=1)
            except (TooMuch, TimedOut):
                raise
            except BadResponse as problem:
                is_useless = isinstance(problem, ServerError) and self._halves_early
                if is_useless or problem.retries == 0:
                    raise
        return send()

    def _pages(self, response: ApiResponse) -> Iterable[Page]:
        """Look at the whole answer, once, before any of its rows is taken for one.

        Raises:
            ApiError: If it says that something is wrong, or has no list of rows.
        """
        if response.spooled is not None:
            self._look_at(read_envelope(response.spooled, OUTPUT))
            return _pages_in(response.spooled)
        body = response.json()
        if not isinstance(body, dict):
            raise BadResponse(f"JSON without '{OUTPUT}'")
        self._look_at({name: value for name, value in body.items() if name != OUTPUT})
        return [Page(self.rows_in(response), len(response.content))]

    def _look_at(self, members: Row) -> None:
        """Log warnings and the names of other members, each once; fail where there is an error."""
        shown = self.tap.client.presentable
        require_success(members, shown)
        for text in warnings_of(members):
            self.log_once(f"Meet & Engage warns: {shown(text)}")
        for name in unread_members(members):
            self.log_once(f"the answer also has {shown(name)!r}, which is not read", logging.INFO)

    @override
    def probe(self, contexts: list[Context | None]) -> None:
        """Ask for a single day: the smallest question that there is."""
        yesterday = self._today - timedelta(days=1)
        self._ask_for(Span(yesterday, yesterday))

    @override
    def end(self) -> None:
        """Doubt what is empty altogether: a name that is not known may be answered like that."""
        if not self.stats.rows and not self.stats.settled:
            self.logger.warning(
                "%s: no row in any window. If there should be some, check the settings account "
                "and data_methods: their exact spelling counts",
                self.name,
            )
        super().end()


class KeyedDataStream(OrganisationDataStream):
    """Rows of a data method that have a key of their own, by the setting `primary_keys`."""

    surrogate_key = None

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Set rows aside that have no key, and count those that share one.

        Raises:
            BadResponse: If no row has one: then it is the setting that is wrong.
        """
        names = [name for name in self.method.keys if name not in schemas.CONSTANTS]
        reason = (
            f"a row without {{!r}}, which is part of its key: change the setting primary_keys for "
            f"the data method {self.method.name!r}"
        )
        keys: Counter[str] = Counter()
        lacks: Counter[str] = Counter()
        for step in super().read_partition(context):
            rows: list[Row] = []
            for row in step.rows if isinstance(step, Page) else ():
                record = {schemas.column_name(name): value for name, value in row.items()}
                lack = next((name for name in names if not _can_be_key(record.get(name))), None)
                if lack is None:
                    keys[digest(*(str(record[name]) for name in names))] += 1
                elif row:
                    lacks[lack] += 1
                    continue
                rows.append(row)
            if lacks and not keys:
                raise BadResponse(reason.format(*lacks), retries=0)
            yield step._replace(rows=rows) if isinstance(step, Page) else step
        if doubles := keys.total() - len(keys):
            self.logger.warning(
                "%s: %s rows have the same %s as others of their window and replace them: "
                "change the setting primary_keys if they should not",
                self.name,
                doubles,
                ", ".join(self.method.keys),
            )
        for name, count in lacks.items():
            yield SetAside(self.name, reason.format(name), count)


def _can_be_key(value: Any) -> bool:
    return value is not None and value != "" and value.__class__ not in _NESTED


def _pages_in(file: IO[bytes]) -> Iterator[Page]:
    """Yield the rows of an answer that may be larger than the memory."""
    with file:
        before = 0
        for rows in pages_of(file, OUTPUT):
            yield Page(rows, _IN_MEMORY * (file.tell() - before))
            before = file.tell()
